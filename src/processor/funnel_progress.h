// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How far one actor has come in one funnel: the events that are remembered of them, and what they come to by day of entry.
//
//   matches, ascending by time: | step 1 | step 3 | step 1 | step 2 | ...    closed: days that nothing changes any more
//                                  └── what the day on which a first step lies comes to: its chain
//
// A day's chain begins with one of its first steps. From there on each step is the earliest event behind the step before that may be it, up to
// the window from the first; of all beginnings the one that comes furthest counts, of equal ones the earliest. So a chain depends on which
// events are remembered and not on the order in which they came. How many are is bounded; what is forgotten is decided by the
// events alone. docs/definitions.md has these rules in words.
#ifndef FOOTFALL_PROCESSOR_FUNNEL_PROGRESS_H
#define FOOTFALL_PROCESSOR_FUNNEL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

#define PROGRESS_STEPS_MAX 16
#define PROGRESS_MATCHES_MAX 128                     // remembered
#define PROGRESS_SPARE_MAX 16                        // of those, in no chain: for what comes late
#define PROGRESS_LATE_MS (24 * 3600 * INT64_C(1000)) // behind the window, until a day is closed

struct funnel_progress_match {
    int64_t ms; // each once
    int32_t day;
    uint16_t steps; // bit 0: the first
    bool used;      // by a chain; of use within a call only
};
struct funnel_progress {
    struct funnel_progress *next; // the actor's, in the order in which they began
    uint64_t funnel;              // id
    int32_t closed;               // days up to this one
    uint32_t count;
    uint32_t capacity;
    struct funnel_progress_match *matches;
};
// What is remembered of a funnel that the actor has just come into. NULL: no memory.
struct funnel_progress *funnel_progress_make(uint64_t funnel);
void funnel_progress_free(struct funnel_progress *progress); // this one alone; NULL is fine
size_t funnel_progress_bytes(const struct funnel_progress *progress);

struct funnel_chain {
    unsigned reached; // 0: there is no first step
    int64_t ms[PROGRESS_STEPS_MAX];
};
struct funnel_change {
    int32_t day; // of entry
    struct funnel_chain before, after;
};
struct funnel_measure {
    int64_t within_ms;
    unsigned step_count;
};
// Adds an event; close: days up to this one are closed now. Calls changed for each day whose chain is another one now, ascending, until it fails. NO_MEMORY;
// what changed gives.
MUST_CHECK enum status funnel_progress_add(
    struct funnel_progress *progress, const struct funnel_measure *funnel,
    struct funnel_progress_match match, int32_t close,
    enum status (*changed)(const struct funnel_change *change, void *context), void *context);

// "ID CLOSED MS:DAY:STEPS ...;" for each, as it is stored. After the first match times and days are distances to the one before.
void funnel_progress_write(const struct funnel_progress *first, struct buffer *out);
// CORRUPT: it is nothing that funnel_progress_write writes. NO_MEMORY. *out is complete or NULL.
MUST_CHECK enum status funnel_progress_read(struct str text, struct funnel_progress **out);

#endif
