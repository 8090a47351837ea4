// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What one event changes: pure in the log's prefix; no clock, no chance, no order of a hash table.
#ifndef FOOTFALL_PROCESSOR_APPLY_H
#define FOOTFALL_PROCESSOR_APPLY_H

#include "processor/worker.h"

#define APPLY_NAMES_A_DAY 500 // different names an actor and day; further ones are "(other)"

struct applied_event {
    struct event event;
    struct event_trees trees;
    struct event_dimensions dimensions;
    struct project *project;
    struct actor *actor;
    int32_t day; // local
    int hour;
    int64_t offset;
    int64_t logged_ms; // of its record
};

// The rules an event must keep to be applied, over those of decoding; err->text is a dead letter's reason.
MUST_CHECK enum status apply_check(const struct event *event, const struct eventlog_view *record,
                                   struct error *err);
// The actor and its day are in memory. Any failure: the partition must be set back.
MUST_CHECK enum status apply_event(struct partition *partition, struct applied_event *applied);
// The actor's day, read from the store when the actor was active then and it is not in memory.
MUST_CHECK enum status apply_actor_day(struct partition *partition, struct actor *actor,
                                       int32_t day, struct actor_day **out);
void apply_mark_dirty(struct partition *partition, struct actor *actor);

#endif
