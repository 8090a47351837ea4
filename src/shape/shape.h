// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The rules that a process goes by at the moment, and what they have done since it started.
//
//   settings ─→ rules ──┐ swapped whole, while running
//                       ↓
//   shape ─→ [ rules now ] ←── held by each batch until it is committed: the old set goes with the last of them
//     └──→ counters by name, which a rule of the same name goes on with
//
// Any thread.
#ifndef FOOTFALL_SHAPE_H
#define FOOTFALL_SHAPE_H

#include "base/buffer.h"
#include "base/json_write.h"
#include "shape/rules.h"

struct shape;

// Takes over the caller's hold on rules, also when it fails: NO_MEMORY.
MUST_CHECK enum status shape_make(struct shape_rules *rules, struct shape **out);
void shape_free(struct shape *shape); // nobody uses it any more; NULL is fine
// The same with those of a running one: from now on these count. NO_MEMORY, and then all stays as it is.
MUST_CHECK enum status shape_change(struct shape *shape, struct shape_rules *rules);

// What a batch of events was shaped by and what that did; it counts once the batch is committed. Belongs to one thread.
struct shape_batch {
    struct shape *shape;
    struct shape_rules *rules; // held; NULL: none
    struct shape_counts *counts;
};
// The rules of this moment for a whole batch. NO_MEMORY.
MUST_CHECK enum status shape_batch_begin(struct shape_batch *batch, struct shape *shape);
void shape_batch_commit(struct shape_batch *batch);  // what it did counts
void shape_batch_discard(struct shape_batch *batch); // it did nothing

// What a rule did; the name is the snapshot's.
struct shape_rule_stats {
    char name[SHAPE_NAME_MAX + 1];
    struct shape_counts counts;
};
struct shape_stats {
    uint64_t fingerprint;
    uint64_t changes; // of the set, since start
    struct shape_rule_stats *rules;
    size_t count;
};
// Everything of this moment, in the arena. NO_MEMORY.
MUST_CHECK enum status shape_look(struct shape *shape, struct arena *arena,
                                  struct shape_stats *out);
// footfall_rule_events_total{rule="…",did="…"}, as lines of Prometheus text.
void shape_render_metrics(struct shape *shape, struct buffer *out);

#endif
