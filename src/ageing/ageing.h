// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Removes what is older than its owner wants to keep, where a store does not forget by itself: dead letters, and sessions of people.
//
//   thread ─ a pass now and then ─ steps of STEP_ROWS, with pauses, so that nobody who writes waits for long
//
// What is removed follows from the rows' own times and the clock alone: a pass that breaks off, or is done twice, harms nothing.
// Counted in footfall_retention_removed_total{kind}; a pass that removed something is logged.
#ifndef FOOTFALL_AGEING_AGEING_H
#define FOOTFALL_AGEING_AGEING_H

#include "base/clock.h"
#include "base/error.h"
#include "store/store.h"

struct ageing_config {
    struct store *store;     // outlives it
    struct clock *clock;     // whose wall clock rows' ages are counted by
    int64_t dead_letters_ms; // by receipt; 0: they stay
    int64_t sessions_ms;     // by their end, and STORE_SESSION_KEEP_MS later; 0: they stay
};
struct ageing;
// With nothing to remove there is no thread. NO_MEMORY, and what threads give.
MUST_CHECK enum status ageing_start(const struct ageing_config *config, struct ageing **out,
                                    struct error *err);
// Ends within a step; NULL is fine.
void ageing_stop(struct ageing *ageing);

// A whole pass over everything that has an age, in the caller's thread; *removed: rows, also on failure. CLOSED: it was told to stop. The
// store's statuses.
MUST_CHECK enum status ageing_pass(struct ageing *ageing, uint64_t *removed);

#endif
