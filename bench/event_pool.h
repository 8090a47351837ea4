// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Records for measuring event logs: events as the web gateway would write them, always the same ones.
#ifndef FOOTFALL_BENCH_EVENT_POOL_H
#define FOOTFALL_BENCH_EVENT_POOL_H

#include "eventlog/eventlog.h"

enum { EVENT_POOL = 50000 };

// EVENT_POOL records; *bytes: of their values together. Stops the process when there is no memory.
struct eventlog_record *event_pool_make(uint64_t *bytes);
void event_pool_free(struct eventlog_record *pool);

#endif
