// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Funnels: by day of entry, how many actors reached each step, and how long each took from the step before.
//
//   event ─→ which steps it is (funnel/) ─→ the actor's progress ─→ days whose chain changed ─→ day totals of the day of entry
//
// A cycle goes by the set of funnels of the moment in which it opens, like by its rules (docs/adr/0020). Without a funnel nothing is done.
#ifndef FOOTFALL_PROCESSOR_FUNNELS_H
#define FOOTFALL_PROCESSOR_FUNNELS_H

#include "processor/apply.h"
#include "processor/funnel_progress.h"

#define FUNNELS_REMEMBERED_MAX                                                                     \
    64 // of an actor; beyond, the oldest that is not declared any more goes

// With a cycle.
void funnels_begin(struct partition *partition);
void funnels_end(struct partition *partition);

// The event has been applied otherwise. Any failure: the partition must be set back.
MUST_CHECK enum status funnels_apply(struct partition *partition, struct applied_event *applied);

// The actor's progress as it is stored, in the worker's scratch; data NULL: never had any.
MUST_CHECK enum status funnels_text(struct partition *partition, struct actor *actor,
                                    struct str *out);

// Seconds as they are counted: from 64 on with six binary digits, rounded down, so that there are few different ones.
int64_t funnels_seconds(int64_t seconds);

#endif
