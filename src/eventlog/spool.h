// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The spool: a local RocksDB log in front of the log behind it (Kafka); private to src/eventlog/.
//
//   direct:    append ─→ copy ─→ behind ─→ acknowledged in time: done(OK)
//                          └── refused, or patience is over ──→ spool ─→ done(OK); spooling begins
//   spooling:  append ─→ spool ─→ done(OK)
//   drain:     spool ─→ behind, a megabyte at a time, in order, committed when acknowledged
//   settling:  little is left in the spool: appends are held, unanswered, until it is empty (direct) or patience is over (spooling);
//              otherwise the spool would never be empty under load, or events of one person would be overtaken
//
// What Kafka acknowledges after its time is in the log twice, under the same message id. Behind is handed a copy, because it may still
// be sending when the caller has long got its answer.
#ifndef FOOTFALL_EVENTLOG_SPOOL_H
#define FOOTFALL_EVENTLOG_SPOOL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "eventlog/engine.h"

#define SPOOL_GROUP STR("drain")

struct spool_log;

enum spool_mode { SPOOL_SPOOLING, SPOOL_SETTLING, SPOOL_DIRECT };

// An append on its way to the log behind. Freed by whoever lets go last: behind, or the spool.
struct spool_entry {
    struct spool_entry *next; // in the list of those that wait for behind
    struct spool_entry *previous;
    bool waiting;        // in that list; guarded by the mutex
    int64_t deadline;    // monotonic
    atomic_uint holders; // of the entry
    struct spool_log *spool;
    struct eventlog_append *caller;
    struct eventlog_append behind;
    struct eventlog_append kept;
    struct eventlog_record records[]; // and then their bytes
};

struct spool_log {
    struct eventlog log; // first member
    struct eventlog_spool_config config;
    struct eventlog *queue;            // the spool itself
    _Atomic(struct eventlog *) behind; // NULL until it could be opened
    atomic_int mode;                   // SETTLING is left under the mutex only
    atomic_uint entering; // threads that are putting an append into the spool because of SPOOLING
    atomic_bool closing;
    atomic_uint appending; // threads inside append
    _Atomic uint64_t direct_records, direct_bytes, refused, drained_records;
    _Atomic int64_t oldest_ms; // of what waits in the spool, 0: nothing

    pthread_mutex_t mutex;
    pthread_cond_t changed;    // closing, for the timer
    struct spool_entry *first; // what waits for behind, in the order of deadlines
    struct spool_entry *last;
    struct queue_node *held; // appends, oldest first, while settling
    struct queue_node **held_end;
    size_t held_count;
    int64_t settle_until; // monotonic
    struct thread timer;
    struct thread drainer;
    bool timer_started;
    bool drainer_started;
    struct queue_waker drain_waker;
    struct eventlog_consumer *reader; // of the spool; the drainer's
};

static inline struct spool_log *spool_of(struct eventlog *log) {
    return CONTAINER_OF(log, struct spool_log, log);
}

// --- spool.c
uint64_t spool_waiting_records(const struct spool_log *spool); // not moved, or not known to be

// --- spool_append.c
void spool_append(struct eventlog *log, struct eventlog_append *append);
void *spool_timer_run(void *spool);
// From SPOOLING to SETTLING, and until nobody puts appends into the spool any more.
void spool_begin_settling(struct spool_log *spool);
// From SETTLING, if it is that: what is held goes to the log behind, or to the spool; and so does what comes later.
void spool_end_settling(struct spool_log *spool, bool direct);

// --- spool_drain.c
void *spool_drain_run(void *spool);

#endif
