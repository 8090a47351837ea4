// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The embedded log's life: open, close, taking appends in, and what can be looked at.
#include "eventlog/embedded.h"

#include <sched.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/random.h"

#define WAITING_BYTES_DEFAULT (64U * 1024 * 1024)
#define ENCODED_MAX ((size_t)2 * RECORD_BATCH_RAW_MAX + 4096) // a batch, or zstd's bound for it

enum status embedded_check_config(const struct eventlog_config *config, struct error *err) {
    if (config->partitions == 0 || config->partitions > EVENTLOG_PARTITIONS_MAX) {
        return error_set(err, STATUS_INVALID, "an event log has 1 to %d partitions, not %u",
                         EVENTLOG_PARTITIONS_MAX, config->partitions);
    }
    if (config->retention_ms < 0) {
        return error_set(err, STATUS_INVALID, "the event log's retention time is negative");
    }
    return STATUS_OK;
}

int64_t embedded_new_epoch(void) {
    return (int64_t)(random_u64(random_system()) >> 2) + 1;
}

static void free_log(struct embedded_log *log) {
    unsigned count = log->log.partitions;
    for (unsigned i = 0; log->builders != NULL && i < count; i++) {
        buffer_free(&log->builders[i].raw);
    }
    free(log->builders);
    free(log->touched);
    free(log->pending);
    buffer_free(&log->encoded);
    record_batch_context_free(&log->context);
    tail_cache_free(&log->cache);
    embedded_load_free(log->partitions, count);
    group_free_all(&log->groups);
    log->store->engine->close(log->store);
    pthread_mutex_destroy(&log->write_mutex);
    pthread_mutex_destroy(&log->mutex);
    pthread_cond_destroy(&log->changed);
    queue_waker_destroy(&log->waker);
    free(log);
}

static struct embedded_log *new_log(struct batch_store *store, const struct eventlog_engine *engine,
                                    const struct eventlog_config *config, int64_t epoch) {
    struct embedded_log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        store->engine->close(store);
        return NULL;
    }
    log->log = (struct eventlog){engine, config->partitions, epoch};
    log->config = *config;
    if (log->config.waiting_bytes_max == 0) {
        log->config.waiting_bytes_max = WAITING_BYTES_DEFAULT;
    }
    log->store = store;
    log->free_bytes = UINT64_MAX;
    log->stats.writable = true;
    log->stats.reachable = true;
    log->stats.quota_bytes = config->quota_bytes;
    queue_init(&log->queue);
    queue_waker_init(&log->waker);
    pthread_mutex_init(&log->write_mutex, NULL);
    pthread_mutex_init(&log->mutex, NULL);
    thread_cond_init(&log->changed);
    buffer_init(&log->encoded, ENCODED_MAX);
    log->builders = calloc(config->partitions, sizeof *log->builders);
    log->touched = calloc(config->partitions, sizeof *log->touched);
    for (unsigned i = 0; log->builders != NULL && i < config->partitions; i++) {
        buffer_init(&log->builders[i].raw, RECORD_BATCH_RAW_MAX);
    }
    bool cached =
        tail_cache_init(&log->cache, config->partitions, EMBEDDED_CACHE_BYTES) == STATUS_OK;
    if (!cached || log->builders == NULL || log->touched == NULL) {
        free_log(log);
        return NULL;
    }
    return log;
}

enum status embedded_open(struct batch_store *store, const struct eventlog_engine *engine,
                          const struct eventlog_config *config, int64_t epoch, bool threaded,
                          struct eventlog **out, struct error *err) {
    struct embedded_log *log = new_log(store, engine, config, epoch);
    if (log == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the event log");
    }
    enum status status = embedded_load(log, err);
    if (status == STATUS_OK) {
        embedded_measure(log);
        // Not before consumers could say that they stand further back than what they committed.
        log->retention_at = log->measured_at + EMBEDDED_RETENTION_US;
        log->threaded = threaded;
        if (threaded) {
            status = thread_start(&log->committer, "log-committer", embedded_committer_run, log);
            log->committer_started = status == STATUS_OK;
            if (status != STATUS_OK) {
                error_set(err, status, "the event log's committer thread did not start: %s",
                          status_text(status));
            }
        }
    }
    if (status != STATUS_OK) {
        free_log(log);
        return status;
    }
    *out = &log->log;
    return STATUS_OK;
}

void embedded_close(struct eventlog *base) {
    struct embedded_log *log = embedded_of(base);
    atomic_store(&log->closing, true);
    pthread_mutex_lock(&log->mutex);
    embedded_notify(log);
    for (struct group *group = log->groups; group != NULL; group = group->next) {
        CHECK(group->member_count == 0); // consumers are closed before the log
    }
    pthread_mutex_unlock(&log->mutex);
    if (log->committer_started) {
        queue_wake(&log->waker);
        thread_join(&log->committer);
    }
    while (atomic_load(&log->appending) > 0) {
        sched_yield();
    }
    free_log(log);
}

static void refuse(struct embedded_log *log, struct eventlog_append *append, enum status status) {
    pthread_mutex_lock(&log->mutex);
    log->stats.refused++;
    pthread_mutex_unlock(&log->mutex);
    append->status = status;
    append->done(append);
}

void embedded_append(struct eventlog *base, struct eventlog_append *append) {
    struct embedded_log *log = embedded_of(base);
    atomic_fetch_add(&log->appending, 1); // before looking at closing: the committer waits for us
    size_t bytes = 0;
    for (size_t i = 0; i < append->count; i++) {
        bytes += append->records[i].key.len + append->records[i].value.len;
    }
    if (atomic_load(&log->closing)) {
        refuse(log, append, STATUS_CLOSED);
    } else {
        // An append larger than the limit may pass alone, or it never could.
        size_t before = atomic_fetch_add(&log->waiting_bytes, bytes);
        if (before > 0 && before + bytes > log->config.waiting_bytes_max) {
            atomic_fetch_sub(&log->waiting_bytes, bytes);
            refuse(log, append, STATUS_FULL);
        } else if (!log->threaded) {
            append->node.next = NULL;
            embedded_commit_chain(log, &append->node);
        } else if (queue_push(&log->queue, &append->node)) {
            queue_wake(&log->waker);
        }
    }
    atomic_fetch_sub(&log->appending, 1);
}

// There are no brokers that could stay away: what waits is on its way to the disk.
void embedded_give_up(struct eventlog *base) {
    (void)base;
}

void embedded_notify(struct embedded_log *log) {
    if (log->waiting_polls > 0) {
        pthread_cond_broadcast(&log->changed);
    }
}

enum status embedded_partitions_info(struct eventlog *base, unsigned first, unsigned count,
                                     struct str name, struct eventlog_partition_info *out) {
    struct embedded_log *log = embedded_of(base);
    pthread_mutex_lock(&log->mutex);
    const struct group *group = group_find(log->groups, name);
    for (unsigned i = 0; i < count; i++) {
        out[i] = (struct eventlog_partition_info){
            .begin = log->partitions[first + i].begin,
            .end = log->partitions[first + i].end,
            .committed = group == NULL ? -1 : group->shares[first + i].committed,
        };
    }
    pthread_mutex_unlock(&log->mutex);
    return STATUS_OK;
}

void embedded_stats(struct eventlog *base, struct eventlog_stats *out) {
    struct embedded_log *log = embedded_of(base);
    pthread_mutex_lock(&log->mutex);
    *out = log->stats;
    pthread_mutex_unlock(&log->mutex);
    out->waiting_bytes = atomic_load(&log->waiting_bytes);
}

enum status embedded_enforce_retention(struct eventlog *base, struct error *err) {
    struct embedded_log *log = embedded_of(base);
    pthread_mutex_lock(&log->write_mutex);
    enum status status = embedded_retain(log, true, err);
    embedded_measure(log);
    pthread_mutex_unlock(&log->write_mutex);
    return status;
}
