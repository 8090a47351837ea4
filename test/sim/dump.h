// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Everything derived from a history as lines of text, from a store or by a naive recount of the events; equal texts mean equal data.
#ifndef FOOTFALL_TEST_SIM_DUMP_H
#define FOOTFALL_TEST_SIM_DUMP_H

#include "history.h"

#define DUMP_BYTES_MAX ((size_t)64 << 20)
#define DUMP_RECEIPTS_MAX 1000 // numbers of receipts are below

void dump_store(struct store *store, struct buffer *out);
// What dump_store should give: by rules of docs/definitions.md, one event at a time, with nothing of the processor's code.
// session_age_ms: events that were older when they came are in no session; 0: any age.
void dump_recount(const struct history *history, int64_t session_gap_ms, int64_t session_age_ms,
                  struct buffer *out);
// Prints the first line that differs; true when there is none.
bool dump_equal(const struct buffer *expected, const struct buffer *got, const char *what);

#endif
