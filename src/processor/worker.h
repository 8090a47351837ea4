// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One thread's share of the processor, without the thread: consumes its partitions, cycle by cycle. Simulation drives it step by step.
//
//   worker ─ consumer of the log
//     ├─ caches: actors, day totals, projects, User-Agents, interned strings
//     └─ partition ─ dedupe window, dirty lists, one open store batch          cycle.c: what happens to a batch of records
//
// After any failure a partition is set back: its open batch and all its caches are thrown away, and it is read again from the offset
// the store has. So a cycle need not undo anything, and nothing is ever skipped.
#ifndef FOOTFALL_PROCESSOR_WORKER_H
#define FOOTFALL_PROCESSOR_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/json_read.h"
#include "base/metrics.h"
#include "processor/actor_cache.h"
#include "processor/breakdowns.h"
#include "processor/day_totals.h"
#include "processor/dedupe.h"
#include "processor/dimensions.h"
#include "processor/processor.h"
#include "processor/refusals.h"

// What status calls see of a partition; written by the worker that owns it, under the mutex.
struct partition_report {
    bool owned;
    bool stuck;
    int64_t next_offset;
    int64_t processed_ms;
    char problem[200];
};
struct processor_shared {
    struct processor_config config; // with defaults filled in
    pthread_mutex_t mutex;
    struct partition_report *partitions;
    unsigned partition_count;
    struct enrichment *own_enrichment; // NULL: the configuration has one
    struct breakdowns breakdowns;
    struct folded_counts folded;
    _Atomic uint64_t applied, duplicates, bots, filtered, dead_letters, cycles;
    struct {
        metrics_id applied, duplicates, bots, filtered, dead_letters, late_sessions,
            without_session, cycles, visible;
    } metrics;
};
static inline struct str processor_group(const struct processor_config *config) {
    return config->replay ? STR(PROCESSOR_REPLAY_GROUP) : STR(PROCESSOR_GROUP);
}
MUST_CHECK enum status processor_shared_init(struct processor_shared *shared,
                                             const struct processor_config *config,
                                             struct error *err);
void processor_shared_free(struct processor_shared *shared);

// Counts of an open cycle; they join the shared ones when it is committed.
struct cycle_counts {
    uint64_t applied, duplicates, bots, filtered, dead_letters, late_sessions, without_session;
};

struct traced_event;
struct traces { // of an open cycle: traces.h
    struct traced_event *list;
    size_t count, capacity;
};

struct worker;
struct applied_event;
struct live_ring;
struct partition {
    struct partition *next; // owned by the same worker
    struct worker *worker;
    unsigned number;
    bool ready;      // loaded; false: waits for retry_us
    bool log_failed; // the log could not be read at resume_at
    bool log_lost;   // the log ended before the store: its new records have offsets of lost ones
    struct dedupe dedupe;
    struct refusals refusals;
    int64_t next_offset;    // behind the last record applied
    int64_t stored_offset;  // the store's
    int64_t flushed_offset; // told to the log
    unsigned failures;      // in a row
    int64_t retry_us;
    struct live_ring *ring; // of the live feed; NULL: there is none
    bool filling;           // reads records below next_offset again for the ring
    uint64_t fill_at;       // in the dedupe window, beside the records

    // The open cycle
    struct store_batch *batch; // NULL: none
    struct actor *dirty_actors, **dirty_actors_end;
    struct day_totals_dirty dirty_totals;
    size_t events;
    int64_t opened_us;
    int64_t commit_us; // how long commits have taken, the last ones counting most
    int64_t newest_ms; // record time of the last record
    int64_t stored_ms; // the same, of the last one that is in the store
    struct cycle_counts counts;
    struct shape_batch shaping; // the rules it goes by
    struct funnel_set *funnels; // and the funnels; NULL: none
    struct traces traces;
};

struct worker {
    struct processor_shared *shared;
    struct eventlog_consumer *consumer;
    struct partition *partitions;
    struct intern intern;
    struct actor_cache actors;
    struct day_totals_cache totals;
    struct project_zones projects;
    struct dimensions dimensions;
    struct shape_worker *shape;
    struct json_parser *parser;
    struct arena arena;           // of a step
    struct buffer scratch;        // of an event
    struct applied_event *events; // of a step
    struct store_actor_request *requests;
    struct actor **waiting; // for the requests
    size_t cache_bytes;
    int64_t flush_us; // when the store was last made durable
};

// Joins the group. The store's or the log's statuses.
MUST_CHECK enum status worker_open(struct processor_shared *shared, unsigned workers,
                                   struct worker **out, struct error *err);
// Waits for records, at most timeout_us, and deals with them. CLOSED: the log is closing.
MUST_CHECK enum status worker_run_once(struct worker *worker, int64_t timeout_us);
// Writes the open cycles, commits, leaves the group, frees. NULL is fine.
void worker_close(struct worker *worker);

// --- partition.c --------------------------------------------------------------------------------------------------------
// Takes a partition on; *start: where reading begins.
void partition_assigned(unsigned number, int64_t *start, void *context);
void partition_revoked(unsigned number, void *context);
// Throws away what is in memory; tried again later.
void partition_set_back(struct partition *partition, const struct error *err);
// The log could not be read at next_offset.
void partition_log_failed(struct partition *partition, const struct error *err);
// Loads what the store has, and reads on from there; or asks the log again.
void partition_retry(struct partition *partition);
// Commits the open cycle; sets the partition back when that fails.
void partition_finish(struct partition *partition);
// Makes the store durable and tells the log.
void partitions_flush(struct worker *worker);
// A cycle went through: what was wrong is over.
void partition_fine(struct partition *partition);

// --- cycle.c ----------------------------------------------------------------------------------------------------------
#define CYCLE_STEP_EVENTS 128 // decoded, loaded and applied together
// Decodes and applies; moves partition->next_offset behind the last record; commits when the cycle is full. On failure the partition
// must be set back.
MUST_CHECK enum status cycle_apply(struct partition *partition, const struct eventlog_view *records,
                                   size_t count, struct error *err);
// Writes and commits the open cycle, if there is one. On failure the partition must be set back.
MUST_CHECK enum status cycle_commit(struct partition *partition, struct error *err);
// Begins one, unless it is open.
MUST_CHECK enum status cycle_open(struct partition *partition, struct error *err);
void cycle_discard(struct partition *partition);
size_t cycle_cached_bytes(const struct worker *worker);

#endif
