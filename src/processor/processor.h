// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The Activity Processor: reads the event log, and keeps profiles' observed state, timelines and totals up to date in the store.
//
//   eventlog_poll -> decode -> drop resent ids -> rules -> drop bots -> apply (pure) -> one store batch with its offset -> eventlog_commit
//
// A partition belongs to one of its threads at a time. What it writes is a function of the partition's log prefix alone, so a crash at
// any instruction changes no result.
#ifndef FOOTFALL_PROCESSOR_H
#define FOOTFALL_PROCESSOR_H

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "enrich/enrich.h"
#include "eventlog/eventlog.h"
#include "funnel/funnel.h"
#include "shape/shape.h"
#include "store/store.h"

#define PROCESSOR_GROUP "processor" // of consumers of the event log
#define PROCESSOR_REPLAY_GROUP "replay"

struct live_feed;
struct otlp_exporter;
struct processor_config {
    struct eventlog *log;
    struct store *store;
    struct clock *clock;    // for metrics only, never for results
    unsigned threads;       // 0: one
    int64_t session_gap_ms; // 0: 30 min
    // An event that was older when it came into the log is in no session, since those around it may be gone (store.h, store_sessions_age). 0: any age.
    int64_t session_age_ms;
    int64_t dedupe_window_ms;     // 0: 24 h, by log time
    size_t dedupe_ids;            // a partition; 0: 125 000
    size_t cache_bytes;           // of actor states, all threads together; 0: 12 MiB
    int64_t linger_us;            // wait for more before a small cycle; 0: 5 ms
    size_t cycle_events;          // at most so many in one store batch; 0: 20 000
    size_t batch_bytes;           // a store batch is committed when it has so many; 0: 2 MiB
    struct shape *shape;          // rules for events; NULL: none
    struct funnel_board *funnels; // outlives it; NULL: none
    bool keep_bots;               // false: known bots are dropped and counted
    // Fills a generation of the store anew beside the processor that keeps the present one (store/generations.h): a member of a group of its
    // own, which leaves the offsets of the log alone, and does not count what people replayed from dead letters or discarded a second time.
    bool replay;
    struct store *
        beside; // of a replay: the store as others read it, whose processor carries out control records first
    // Of a replay: events received before, or below that offset, are passed over; control records are not.
    int64_t replay_from_ms, replay_from_offset;
    struct otlp_exporter *otlp; // gets the spans of traced events; NULL: nobody
    struct live_feed *live;     // told of what is in the store; NULL: nobody
    struct enrichment
        *enrichment;          // outlives it; NULL: of its own, with nothing but what is built in
    uint32_t breakdown_limit; // different values of one a day and partition; 0: 2000
    const struct str *breakdown_limits; // "page=5000", "dimension:plan=100"; until start returns
    size_t breakdown_limit_count;
};
struct processor;

MUST_CHECK enum status processor_start(const struct processor_config *config,
                                       struct processor **out, struct error *err);
// INVALID: breakdown_limits are not right; err says which. With the enrichment that is to be used.
MUST_CHECK enum status processor_check_limits(const struct processor_config *config,
                                              struct error *err);
// Finishes the cycle it is in, commits, and frees. NULL is fine.
void processor_stop(struct processor *processor);

// Finishes and commits what is open, and takes nothing more until resumed; what it knows of its partitions stays to be asked. One thread.
void processor_pause(struct processor *processor);
// While it is paused: from now on it keeps another generation of the store.
void processor_move(struct processor *processor, struct store *store);
// Goes on from where the store stands. On failure it stays paused: the statuses of processor_start.
MUST_CHECK enum status processor_resume(struct processor *processor, struct error *err);

struct processor_partition_status {
    unsigned partition;
    bool owned;
    int64_t next_offset; // everything below is queryable
    int64_t log_end;
    int64_t
        processed_ms; // log time of the newest record below next_offset since start; 0: none yet
    bool stuck;       // the log or the store refuses; `problem` says why
    char problem[200];
};
struct processor_stats {
    uint64_t applied, duplicates, bots, filtered, dead_letters, cycles; // since start
};
void processor_stats(struct processor *processor, struct processor_stats *out);
// What came when a breakdown of its day and partition was full, since start: how many events, of about how many different values.
struct processor_folded {
    char project[72];
    char by[64]; // "page", "dimension:plan"
    uint64_t events, values;
};
// Fills up to max; returns how many there are.
size_t processor_folded(struct processor *processor, struct processor_folded *out, size_t max);
// footfall_processor_folded_events_total and ..._values_total, as lines of Prometheus text.
void processor_render_folded(struct processor *processor, struct buffer *out);
// Asks nobody. False for a partition that another process has.
bool processor_is_stuck(struct processor *processor, unsigned partition);
// Fills up to max; returns how many partitions there are.
size_t processor_partitions(struct processor *processor, struct processor_partition_status *out,
                            size_t max);

#endif
