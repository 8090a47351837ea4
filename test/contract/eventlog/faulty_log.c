// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The log that refuses and holds.
#include "faulty_log.h"

#include <stdlib.h>

#include "eventlog/engine.h"

struct faulty_log {
    struct eventlog log; // first member
    struct eventlog *memory;
    pthread_mutex_t mutex;
    struct queue_node *held; // newest first
    unsigned held_count;
};

static atomic_int current_mode;

void faulty_set(enum faulty_mode mode) {
    atomic_store(&current_mode, (int)mode);
}

static struct faulty_log *faulty_of(struct eventlog *log) {
    return CONTAINER_OF(log, struct faulty_log, log);
}

static void append(struct eventlog *base, struct eventlog_append *append) {
    struct faulty_log *log = faulty_of(base);
    switch ((enum faulty_mode)atomic_load(&current_mode)) {
    case FAULTY_PASS: eventlog_append(log->memory, append); break;
    case FAULTY_REFUSE:
        append->status = STATUS_UNAVAILABLE;
        append->done(append);
        break;
    case FAULTY_HOLD:
        pthread_mutex_lock(&log->mutex);
        append->node.next = log->held;
        log->held = &append->node;
        log->held_count++;
        pthread_mutex_unlock(&log->mutex);
        break;
    }
}

static struct queue_node *take_held(struct faulty_log *log) {
    struct queue_node *oldest = NULL;
    pthread_mutex_lock(&log->mutex);
    while (log->held != NULL) {
        struct queue_node *node = log->held;
        log->held = node->next;
        node->next = oldest;
        oldest = node;
    }
    log->held_count = 0;
    pthread_mutex_unlock(&log->mutex);
    return oldest;
}

unsigned faulty_release(struct eventlog *base) {
    struct faulty_log *log = faulty_of(base);
    unsigned count = 0;
    struct queue_node *node = take_held(log);
    for (; node != NULL; count++) {
        struct eventlog_append *held = CONTAINER_OF(node, struct eventlog_append, node);
        node = node->next;
        eventlog_append(log->memory, held);
    }
    return count;
}

unsigned faulty_held(struct eventlog *base) {
    struct faulty_log *log = faulty_of(base);
    pthread_mutex_lock(&log->mutex);
    unsigned count = log->held_count;
    pthread_mutex_unlock(&log->mutex);
    return count;
}

static void give_up(struct eventlog *base) {
    struct queue_node *node = take_held(faulty_of(base));
    while (node != NULL) {
        struct eventlog_append *held = CONTAINER_OF(node, struct eventlog_append, node);
        node = node->next;
        held->status = STATUS_UNAVAILABLE;
        held->done(held);
    }
}

static enum status consumer_open(struct eventlog *log,
                                 const struct eventlog_consumer_config *config,
                                 struct eventlog_consumer **out, struct error *err) {
    return eventlog_consumer_open(faulty_of(log)->memory, config, out, err);
}

static enum status partitions_info(struct eventlog *log, unsigned first, unsigned count,
                                   struct str group, struct eventlog_partition_info *out) {
    struct eventlog *memory = faulty_of(log)->memory;
    return memory->engine->partitions_info(memory, first, count, group, out);
}

static void stats(struct eventlog *log, struct eventlog_stats *out) {
    eventlog_stats(faulty_of(log)->memory, out);
    out->reachable = atomic_load(&current_mode) == FAULTY_PASS;
}

static enum status enforce_retention(struct eventlog *log, struct error *err) {
    return eventlog_enforce_retention(faulty_of(log)->memory, err);
}

static void close_log(struct eventlog *base) {
    struct faulty_log *log = faulty_of(base);
    give_up(base);
    pthread_mutex_destroy(&log->mutex);
    free(log);
}

// Consumers are the memory log's own, so what takes a consumer is never asked here.
static const struct eventlog_engine faulty_engine = {
    .name = "faulty",
    .append = append,
    .give_up = give_up,
    .consumer_open = consumer_open,
    .partitions_info = partitions_info,
    .stats = stats,
    .enforce_retention = enforce_retention,
    .close = close_log,
};

struct eventlog *faulty_open(struct eventlog *memory) {
    struct faulty_log *log = calloc(1, sizeof *log);
    assert_non_null(log);
    log->log.engine = &faulty_engine;
    log->log.partitions = memory->partitions;
    log->log.epoch = eventlog_epoch(memory);
    log->memory = memory;
    pthread_mutex_init(&log->mutex, NULL);
    return &log->log;
}
