// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The rules of the settings in a cycle: one set for all of its events, and counts that count when it is committed.
#ifndef FOOTFALL_PROCESSOR_SHAPING_H
#define FOOTFALL_PROCESSOR_SHAPING_H

#include "processor/apply.h"

// The rules of this moment, for a cycle that begins. NO_MEMORY.
MUST_CHECK enum status shaping_begin(struct partition *partition);
void shaping_commit(struct partition *partition);
void shaping_discard(struct partition *partition);

// Of a new event whose project and day are known. What is not *kept is counted in the day's totals or made a dead letter, and *outcome
// says so. On failure the partition must be set back.
MUST_CHECK enum status shaping_apply(struct partition *partition,
                                     const struct eventlog_view *record,
                                     struct applied_event *applied, bool *kept,
                                     const char **outcome);
// Counts it, and no more.
MUST_CHECK enum status shaping_drop_bot(struct partition *partition,
                                        const struct applied_event *applied);
// Of an erased person whose events are refused: the same.
MUST_CHECK enum status shaping_drop_refused(struct partition *partition,
                                            const struct applied_event *applied);
// What today's rules make of an event that was processed before, without counting it. batch is begun; it must be discarded, also on
// failure, once nobody needs the event any more. NO_MEMORY.
MUST_CHECK enum status shaping_again(struct partition *partition, struct applied_event *applied,
                                     struct shape_batch *batch, bool *kept);
// Addresses are cut: once nobody looks a country up any more. NO_MEMORY.
MUST_CHECK enum status shaping_hide(struct partition *partition, struct applied_event *applied);

#endif
