// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The log on Kafka: opening, closing, and what can be counted.
#include "eventlog/kafka.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"

#define SESSION_MS 10000
#define DELIVERY_MS 30000
#define WAITING_BYTES (64U * 1024 * 1024)
#define TOPIC_NAME_MAX 200 // Kafka's limit is 249; ".meta" and groups' names are made from it

// Kafka has retention of its own, by the topic's settings.
static enum status enforce_retention(struct eventlog *log, struct error *err) {
    (void)log;
    (void)err;
    return STATUS_OK;
}

static void stats(struct eventlog *base, struct eventlog_stats *out) {
    struct kafka_log *log = kafka_of(base);
    *out = (struct eventlog_stats){
        .appended_records = atomic_load(&log->appended_records),
        .appended_bytes = atomic_load(&log->appended_bytes),
        .commits = atomic_load(&log->commits),
        .refused = atomic_load(&log->refused),
        .waiting_bytes = atomic_load(&log->waiting_bytes),
        .writable = true,
        .reachable = atomic_load(&log->reachable),
        .surplus = atomic_load(&log->surplus),
    };
}

static void free_log(struct kafka_log *log) {
    kafka_lookers_close(log);
    kafka_producer_close(log->producer);
    if (log->descriptor >= 0) {
        close(log->descriptor);
    }
    pthread_rwlock_destroy(&log->producer_lock);
    pthread_mutex_destroy(&log->mutex);
    pthread_mutex_destroy(&log->look_mutex);
    arena_free(&log->arena);
    free(log);
}

static void close_log(struct eventlog *base) {
    struct kafka_log *log = kafka_of(base);
    CHECK(log->consumers == NULL); // consumers are closed before the log
    atomic_store(&log->closing, true);
    kafka_notify(log->descriptor);
    if (log->thread_started) {
        thread_join(&log->thread);
    }
    while (log->retiring != NULL) { // all reported, or the thread would not have ended
        struct kafka_producer *producer = log->retiring;
        log->retiring = producer->next;
        kafka_producer_close(producer);
    }
    free_log(log);
}

static const struct eventlog_engine kafka_engine = {
    .name = "kafka",
    .append = kafka_append,
    .give_up = kafka_give_up,
    .consumer_open = kafka_consumer_open,
    .consumer_close = kafka_consumer_close,
    .poll = kafka_poll,
    .consumer_wake = kafka_consumer_wake,
    .seek = kafka_seek,
    .commit = kafka_commit,
    .consumer_end = kafka_consumer_end,
    .partitions_info = kafka_partitions_info,
    .stats = stats,
    .enforce_retention = enforce_retention,
    .close = close_log,
};

// --- Opening ------------------------------------------------------------------------------------------------------

static bool is_topic_name(struct str name) {
    if (name.len == 0 || name.len > TOPIC_NAME_MAX || name.data[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '_' || c == '-';
        if (!fine) {
            return false;
        }
    }
    return true;
}

static enum status check(const struct eventlog_kafka_config *config, struct error *err) {
    if (str_trim(config->brokers).len == 0) {
        return error_set(err, STATUS_INVALID, "no Kafka brokers are named");
    }
    if (!is_topic_name(config->topic)) {
        return error_set(err, STATUS_INVALID,
                         "a Kafka topic's name has 1 to %d letters, digits, '.', '_' or '-', and "
                         "no '.' first: %.*s",
                         TOPIC_NAME_MAX, STR_ARG(config->topic));
    }
    if (config->partitions == 0 || config->partitions > EVENTLOG_PARTITIONS_MAX) {
        return error_set(err, STATUS_INVALID, "an event log has 1 to %d partitions, not %u",
                         EVENTLOG_PARTITIONS_MAX, config->partitions);
    }
    if (config->replication > 100 ||
        (config->replication > 0 && config->min_insync > config->replication)) {
        return error_set(err, STATUS_INVALID, "%u replicas of which %u in sync cannot be",
                         config->replication, config->min_insync);
    }
    if (config->retention_ms < 0 || config->session_timeout_ms < 0 ||
        config->delivery_timeout_ms < 0 || config->delivery_timeout_ms > 3600000 ||
        config->session_timeout_ms > 3600000) {
        return error_set(err, STATUS_INVALID,
                         "a time of Kafka's is negative or longer than an hour");
    }
    return STATUS_OK;
}

static bool copy_config(struct kafka_log *log, const struct eventlog_kafka_config *config) {
    struct eventlog_kafka_config *own = &log->config;
    *own = *config;
    own->brokers = arena_copy(&log->arena, str_trim(config->brokers));
    own->topic = arena_copy(&log->arena, config->topic);
    own->instance_id = arena_copy(&log->arena, config->instance_id);
    own->properties = arena_copy(&log->arena, config->properties);
    own->session_timeout_ms =
        config->session_timeout_ms > 0 ? config->session_timeout_ms : SESSION_MS;
    own->delivery_timeout_ms =
        config->delivery_timeout_ms > 0 ? config->delivery_timeout_ms : DELIVERY_MS;
    own->waiting_bytes_max =
        config->waiting_bytes_max > 0 ? config->waiting_bytes_max : WAITING_BYTES;
    return own->brokers.data && own->topic.data && own->instance_id.data && own->properties.data;
}

static struct kafka_log *new_log(const struct eventlog_kafka_config *config) {
    struct kafka_log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return NULL;
    }
    log->log.engine = &kafka_engine;
    log->log.partitions = config->partitions;
    arena_init(&log->arena, 1024, 0);
    pthread_rwlock_init(&log->producer_lock, NULL);
    pthread_mutex_init(&log->mutex, NULL);
    pthread_mutex_init(&log->look_mutex, NULL);
    atomic_init(&log->reachable, true);
    log->descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!copy_config(log, config) || log->descriptor < 0) {
        free_log(log);
        return NULL;
    }
    return log;
}

// Topics and epoch, by a handle that lives only for this.
static enum status open_topics(struct kafka_log *log, struct error *err) {
    rd_kafka_t *keeper = NULL;
    int64_t epoch = 0;
    enum status status =
        kafka_handle_open(log, KAFKA_LOOKER, STR("keeper"), NULL, NULL, NULL, &keeper, err);
    if (status != STATUS_OK) {
        return status;
    }
    (void)rd_kafka_poll_set_consumer(keeper);
    status = kafka_topics_open(log, keeper, err);
    if (status == STATUS_OK) {
        status = kafka_epoch_find(log, keeper, &epoch, err);
        log->log.epoch = epoch;
    }
    kafka_looker_destroy(keeper);
    return status;
}

enum status eventlog_open_kafka(const struct eventlog_kafka_config *config, struct eventlog **out,
                                struct error *err) {
    *out = NULL;
    enum status status = check(config, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct kafka_log *log = new_log(config);
    if (log == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the event log");
    }
    status = kafka_producer_open(log, &log->producer, err);
    if (status == STATUS_OK) {
        status = open_topics(log, err);
    }
    if (status == STATUS_OK) { // only now that it exists, or the client would hold it for unknown
        status = kafka_producer_use_topic(log, log->producer, err);
    }
    if (status == STATUS_OK) {
        status = thread_start(&log->thread, "kafka-reports", kafka_reports_run, log);
        log->thread_started = status == STATUS_OK;
        if (status != STATUS_OK) {
            (void)error_set(err, status, "the event log's thread did not start: %s",
                            status_text(status));
        }
    }
    if (status != STATUS_OK) {
        free_log(log);
        return status;
    }
    *out = &log->log;
    return STATUS_OK;
}
