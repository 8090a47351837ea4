// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The demo's traffic, day by day, in order of time.
#ifndef FOOTFALL_DEMO_TRAFFIC_H
#define FOOTFALL_DEMO_TRAFFIC_H

#include "base/status.h"
#include "demo/visit.h"

struct demo_plan {
    uint64_t seed;
    uint64_t events; // in all, exactly
    unsigned days;   // the last `days` times 24 hours before end_ms
    int64_t end_ms;
    uint64_t people; // 0: a fitting number
};

// Events of day 0..days-1 (0 is the oldest), ascending by time, none after end_ms; *out belongs to the caller (free).
// Over all days exactly plan->events. NO_MEMORY.
MUST_CHECK enum status demo_traffic_day(const struct demo_plan *plan, unsigned day,
                                        struct demo_event **out, size_t *count);
uint64_t demo_traffic_people(const struct demo_plan *plan);

#endif
