// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The spool's life, what can be looked at, and reading, which passes through to the log behind.
#include "eventlog/spool.h"

#include <sched.h>
#include <stdlib.h>

#include "base/check.h"

#define PATIENCE_MS 2000
// What was moved stays so long, because retention goes by segments and a segment is a sixteenth of it: long enough for segments to
// be few, short enough to count little against the quota.
#define KEPT_MS (16 * 1000)

static enum status no_behind(struct error *err) {
    return error_set(err, STATUS_UNAVAILABLE, "Kafka has not answered since start");
}

static enum status consumer_open(struct eventlog *log,
                                 const struct eventlog_consumer_config *config,
                                 struct eventlog_consumer **out, struct error *err) {
    struct eventlog *behind = atomic_load(&spool_of(log)->behind);
    return behind == NULL ? no_behind(err)
                          : behind->engine->consumer_open(behind, config, out, err);
}

static enum status partitions_info(struct eventlog *log, unsigned first, unsigned count,
                                   struct str group, struct eventlog_partition_info *out) {
    struct eventlog *behind = atomic_load(&spool_of(log)->behind);
    return behind == NULL ? STATUS_UNAVAILABLE
                          : behind->engine->partitions_info(behind, first, count, group, out);
}

// A consumer belongs to the log behind, and knows it; so these are never asked.
static void consumer_close(struct eventlog_consumer *consumer) {
    consumer->log->engine->consumer_close(consumer);
}

static enum status poll_consumer(struct eventlog_consumer *consumer, int64_t timeout_us,
                                 size_t max_bytes, struct eventlog_batch *batch,
                                 struct error *err) {
    return consumer->log->engine->poll(consumer, timeout_us, max_bytes, batch, err);
}

static void consumer_wake(struct eventlog_consumer *consumer) {
    consumer->log->engine->consumer_wake(consumer);
}

static enum status seek(struct eventlog_consumer *consumer, unsigned partition, int64_t offset) {
    return consumer->log->engine->seek(consumer, partition, offset);
}

static enum status commit(struct eventlog_consumer *consumer, unsigned partition,
                          int64_t next_offset) {
    return consumer->log->engine->commit(consumer, partition, next_offset);
}

static int64_t consumer_end(struct eventlog_consumer *consumer, unsigned partition) {
    return consumer->log->engine->consumer_end(consumer, partition);
}

uint64_t spool_waiting_records(const struct spool_log *spool) {
    uint64_t records = 0;
    for (unsigned i = 0; i < spool->log.partitions; i++) {
        struct eventlog_partition_info info;
        if (eventlog_partition_info(spool->queue, i, SPOOL_GROUP, &info) == STATUS_OK) {
            int64_t from = info.committed > info.begin ? info.committed : info.begin;
            records += (uint64_t)(info.end - from);
        }
    }
    return records;
}

static void stats(struct eventlog *log, struct eventlog_stats *out) {
    struct spool_log *spool = spool_of(log);
    struct eventlog *behind = atomic_load(&spool->behind);
    struct eventlog_stats queue;
    struct eventlog_stats of_behind = {.reachable = false};
    eventlog_stats(spool->queue, &queue);
    if (behind != NULL) {
        eventlog_stats(behind, &of_behind);
    }
    bool spooling = atomic_load(&spool->mode) != SPOOL_DIRECT;
    *out = (struct eventlog_stats){
        .appended_records = atomic_load(&spool->direct_records) + queue.appended_records,
        .appended_bytes = atomic_load(&spool->direct_bytes) + queue.appended_bytes,
        .commits = of_behind.commits + queue.commits,
        .refused = atomic_load(&spool->refused) + queue.refused,
        .waiting_bytes = of_behind.waiting_bytes + queue.waiting_bytes,
        .disk_bytes = of_behind.disk_bytes + queue.disk_bytes,
        .quota_bytes = queue.quota_bytes,
        .writable = !spooling || queue.writable,
        .reachable = of_behind.reachable,
        .surplus = of_behind.surplus,
        .spooling = spooling,
        .spool_records = spool_waiting_records(spool),
        .spool_bytes = queue.disk_bytes,
        .spool_oldest_ms = atomic_load(&spool->oldest_ms),
        .drained_records = atomic_load(&spool->drained_records),
    };
}

static enum status enforce_retention(struct eventlog *log, struct error *err) {
    struct spool_log *spool = spool_of(log);
    struct eventlog *behind = atomic_load(&spool->behind);
    enum status status = eventlog_enforce_retention(spool->queue, err);
    return status == STATUS_OK && behind != NULL ? eventlog_enforce_retention(behind, err) : status;
}

static void give_up(struct eventlog *log) {
    struct eventlog *behind = atomic_load(&spool_of(log)->behind);
    if (behind != NULL) {
        behind->engine->give_up(behind);
    }
}

// Order matters: everybody has been answered or is in the spool before behind goes, and behind has let go of the entries before the
// spool does.
static void close_log(struct eventlog *log) {
    struct spool_log *spool = spool_of(log);
    atomic_store(&spool->closing, true);
    while (atomic_load(&spool->appending) > 0) {
        sched_yield();
    }
    pthread_mutex_lock(&spool->mutex);
    pthread_cond_broadcast(&spool->changed);
    pthread_mutex_unlock(&spool->mutex);
    if (spool->timer_started) {
        thread_join(&spool->timer);
    }
    if (spool->drainer_started) {
        queue_wake(&spool->drain_waker);
        eventlog_consumer_wake(spool->reader);
        thread_join(&spool->drainer);
    }
    spool_end_settling(spool, false);
    give_up(log); // what has not been acknowledged in time is in the spool
    eventlog_close(atomic_load(&spool->behind));
    eventlog_consumer_close(spool->reader);
    eventlog_close(spool->queue);
    CHECK(spool->first == NULL);
    pthread_mutex_destroy(&spool->mutex);
    pthread_cond_destroy(&spool->changed);
    queue_waker_destroy(&spool->drain_waker);
    free(spool);
}

static const struct eventlog_engine spool_engine = {
    .name = "spool",
    .append = spool_append,
    .give_up = give_up,
    .consumer_open = consumer_open,
    .consumer_close = consumer_close,
    .poll = poll_consumer,
    .consumer_wake = consumer_wake,
    .seek = seek,
    .commit = commit,
    .consumer_end = consumer_end,
    .partitions_info = partitions_info,
    .stats = stats,
    .enforce_retention = enforce_retention,
    .close = close_log,
};

// What waits in it went by another number of partitions, and may have to go there still.
static enum status check_count(const struct spool_log *spool, struct error *err) {
    struct error none = {STATUS_OK, ""};
    unsigned there = 0;
    enum status status = eventlog_rocksdb_partitions(spool->config.directory, &there, &none);
    return status == STATUS_OK && there != spool->config.partitions
               ? error_set(err, STATUS_CONFLICT,
                           "the spool in %s is of a topic with %u partitions, kafka.partitions is "
                           "%u: start with the former topic until nothing waits in it (/status), "
                           "then remove the directory",
                           spool->config.directory, there, spool->config.partitions)
               : STATUS_OK; // what is wrong with it opening tells
}

static enum status start(struct spool_log *spool, struct error *err) {
    const struct eventlog_config config = {.partitions = spool->config.partitions,
                                           .retention_ms = KEPT_MS,
                                           .retention_waits_for_consumers = true,
                                           .quota_bytes = spool->config.quota_bytes,
                                           .disk_reserve_bytes = spool->config.disk_reserve_bytes,
                                           .clock = spool->config.clock};
    const struct eventlog_consumer_config reader = {.group = SPOOL_GROUP};
    enum status status = check_count(spool, err);
    if (status == STATUS_OK) {
        status = eventlog_open_rocksdb(spool->config.directory, &config, &spool->queue, err);
    }
    if (status == STATUS_OK) {
        status = eventlog_consumer_open(spool->queue, &reader, &spool->reader, err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = thread_start(&spool->timer, "spool-timer", spool_timer_run, spool);
    spool->timer_started = status == STATUS_OK;
    if (status == STATUS_OK) {
        status = thread_start(&spool->drainer, "spool-drain", spool_drain_run, spool);
        spool->drainer_started = status == STATUS_OK;
    }
    return status == STATUS_OK ? STATUS_OK
                               : error_set(err, status, "the spool's threads did not start: %s",
                                           status_text(status));
}

enum status eventlog_open_spool(const struct eventlog_spool_config *config, struct eventlog **out,
                                struct error *err) {
    *out = NULL;
    if (config->patience_ms < 0 || config->patience_ms > 3600000) {
        return error_set(err, STATUS_INVALID, "the spool's patience is negative or above an hour");
    }
    struct spool_log *spool = calloc(1, sizeof *spool);
    if (spool == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the spool");
    }
    spool->log.engine = &spool_engine;
    spool->log.partitions = config->partitions;
    spool->config = *config;
    spool->config.patience_ms = config->patience_ms > 0 ? config->patience_ms : PATIENCE_MS;
    atomic_init(&spool->mode, SPOOL_SPOOLING); // until it is known to be empty and Kafka there
    spool->held_end = &spool->held;
    pthread_mutex_init(&spool->mutex, NULL);
    thread_cond_init(&spool->changed);
    queue_waker_init(&spool->drain_waker);
    enum status status = start(spool, err);
    if (status != STATUS_OK) {
        close_log(&spool->log);
        return status;
    }
    *out = &spool->log;
    return STATUS_OK;
}
