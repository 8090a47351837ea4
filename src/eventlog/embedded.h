// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The log that lives in this process, over a batch store: group commit, tail cache, groups, retention, quota.
//
//   eventlog_append ─→ queue ─→ committer (or the caller, in memory): builders ─→ one transaction ─→ ends, cache ─→ done()
//   eventlog_poll   ←─ tail cache, or the store through a cursor
//
// Two mutexes. write_mutex: held by whoever writes (committer, retention), also across the fsync. mutex: short; ends, segments,
// cache, groups, statistics. Order: write_mutex before mutex. What only the writer touches is marked W, the rest M.
#ifndef FOOTFALL_EVENTLOG_EMBEDDED_H
#define FOOTFALL_EVENTLOG_EMBEDDED_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/thread.h"
#include "eventlog/batch_store.h"
#include "eventlog/engine.h"
#include "eventlog/group.h"
#include "eventlog/record_batch.h"
#include "eventlog/tail_cache.h"

// Most raw bytes of one group commit; only a single larger append goes above.
#define EMBEDDED_GROUP_BYTES (4 * 1024 * 1024)
#define EMBEDDED_CACHE_BYTES (8 * 1024 * 1024)
#define EMBEDDED_SEGMENT_BYTES (1024 * 1024)
#define EMBEDDED_RETENTION_US (60LL * 1000 * 1000)

// One partition as it is on stable storage.
struct embedded_partition {
    int64_t begin;
    int64_t end;
    struct segment_list segments; // the last one is the active one; none when begin == end
};

// W: one partition's part of the group being written.
struct embedded_builder {
    struct buffer raw;
    int64_t base_offset; // of the batch being filled
    int64_t base_timestamp;
    int64_t last_timestamp;
    int64_t newest_timestamp;
    uint32_t count;
    bool touched; // stands in the list of this group's partitions
    bool has_active;
    struct segment active; // as it will be when this group is durable
    size_t drop;           // segments that retention is about to drop
    int64_t reclaimed;     // room below was given back
};

// W: a batch that becomes visible when the transaction is durable.
struct embedded_pending {
    struct tail_batch *batch; // NULL: no memory for the cache
    unsigned partition;
    struct segment active; // of its partition, this batch included
    bool new_segment;      // the batch is the first of it
};

struct embedded_log {
    struct eventlog log; // first member
    struct eventlog_config config;
    struct batch_store *store;
    bool threaded; // has a committer thread; else the appending thread commits

    struct queue queue;
    struct queue_waker waker;
    struct thread committer;
    bool committer_started;
    atomic_bool closing;
    atomic_uint appending; // threads inside append
    atomic_size_t waiting_bytes;

    pthread_mutex_t write_mutex;
    struct record_batch_context context; // W
    struct buffer encoded;               // W
    struct embedded_builder *builders;   // W
    unsigned *touched;                   // W
    unsigned touched_count;              // W
    struct embedded_pending *pending;    // W
    size_t pending_count;                // W
    size_t pending_capacity;             // W
    bool broken;                         // W: the store must be recovered first
    int64_t recover_at;                  // W: not before (monotonic)
    int64_t measured_at;                 // W
    int64_t retention_at;                // W: next scheduled run
    uint64_t used_bytes;                 // W: measured, and written since
    uint64_t free_bytes;                 // W
    bool held;                           // W: retention drops nothing

    pthread_mutex_t mutex;
    pthread_cond_t changed; // for polls that wait: new records, groups, wake, closing
    unsigned waiting_polls; // M
    struct embedded_partition *partitions; // M
    struct tail_cache cache;               // M
    struct group *groups;                  // M
    struct eventlog_stats stats;           // M
};

static inline struct embedded_log *embedded_of(struct eventlog *log) {
    return CONTAINER_OF(log, struct embedded_log, log);
}

// Takes over the store, also when it fails. epoch and partitions: what the store is marked with.
MUST_CHECK enum status embedded_open(struct batch_store *store,
                                     const struct eventlog_engine *engine,
                                     const struct eventlog_config *config, int64_t epoch,
                                     bool threaded, struct eventlog **out, struct error *err);

// --- engine table, shared by both engines
void embedded_append(struct eventlog *log, struct eventlog_append *append);
void embedded_give_up(struct eventlog *log);
enum status embedded_consumer_open(struct eventlog *log,
                                   const struct eventlog_consumer_config *config,
                                   struct eventlog_consumer **out, struct error *err);
void embedded_consumer_close(struct eventlog_consumer *consumer);
enum status embedded_poll(struct eventlog_consumer *consumer, int64_t timeout_us, size_t max_bytes,
                          struct eventlog_batch *batch, struct error *err);
void embedded_consumer_wake(struct eventlog_consumer *consumer);
enum status embedded_seek(struct eventlog_consumer *consumer, unsigned partition, int64_t offset);
enum status embedded_commit(struct eventlog_consumer *consumer, unsigned partition,
                            int64_t next_offset);
int64_t embedded_consumer_end(struct eventlog_consumer *consumer, unsigned partition);
enum status embedded_partitions_info(struct eventlog *log, unsigned first, unsigned count,
                                     struct str group, struct eventlog_partition_info *out);
void embedded_stats(struct eventlog *log, struct eventlog_stats *out);
enum status embedded_enforce_retention(struct eventlog *log, struct error *err);
void embedded_close(struct eventlog *log);

#define EMBEDDED_ENGINE(engine_name)                                                               \
    {                                                                                              \
        .name = (engine_name), .append = embedded_append, .give_up = embedded_give_up,             \
        .consumer_open = embedded_consumer_open, .consumer_close = embedded_consumer_close,        \
        .poll = embedded_poll, .consumer_wake = embedded_consumer_wake, .seek = embedded_seek,     \
        .commit = embedded_commit, .consumer_end = embedded_consumer_end,                          \
        .partitions_info = embedded_partitions_info, .stats = embedded_stats,                      \
        .enforce_retention = embedded_enforce_retention, .close = embedded_close                   \
    }

MUST_CHECK enum status embedded_check_config(const struct eventlog_config *config,
                                             struct error *err);
int64_t embedded_new_epoch(void);

// --- between the files of this folder
MUST_CHECK enum status embedded_load(struct embedded_log *log, struct error *err); // load.c; W
void embedded_load_free(struct embedded_partition *partitions, unsigned count);
void *embedded_committer_run(void *log); // committer.c
void embedded_commit_chain(struct embedded_log *log, struct queue_node *chain);
void embedded_builders_reset(
    struct embedded_log *log); // W: forget the group, start from what is durable
enum status embedded_retain(struct embedded_log *log, bool now,
                            struct error *err); // retention.c; W
// W: OK, QUOTA, or why the store cannot be written; recovers it and makes room where it can.
enum status embedded_room(struct embedded_log *log); // quota.c
void embedded_measure(struct embedded_log *log);
void embedded_set_broken(struct embedded_log *log);
void embedded_notify(struct embedded_log *log); // M held: wakes polls that wait

#endif
