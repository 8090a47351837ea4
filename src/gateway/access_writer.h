// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes lines to a file from a thread of its own; private to src/gateway/.
#ifndef FOOTFALL_GATEWAY_ACCESS_WRITER_H
#define FOOTFALL_GATEWAY_ACCESS_WRITER_H

#include "base/error.h"
#include "base/str.h"

struct access_writer;
// path empty: standard error. IO, NO_MEMORY.
MUST_CHECK enum status access_writer_start(struct str path, struct access_writer **out,
                                           struct error *err);
void access_writer_stop(struct access_writer *writer); // writes what is left; NULL is fine
// Takes a copy of the line, or drops it when there is no room. Any thread; waits for nothing but a short lock.
void access_writer_put(struct access_writer *writer, struct str line);
void access_writer_reopen(struct access_writer *writer);

#endif
