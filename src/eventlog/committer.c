// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Group commit: everything that waits becomes one batch a partition, one transaction, one fsync.
//
// While the store waits for the disk, the next group gathers in the queue; so the busier the log, the more share an fsync.
#include <sched.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "eventlog/embedded.h"

#define IDLE_WAIT_US (30LL * 1000 * 1000) // looks after retention this often without appends
#define BROKEN_WAIT_US (1LL * 1000 * 1000)
#define KEEP_RAW_BYTES (256U * 1024) // a builder's buffer above this is given back after the group
#define AGE_SEGMENTS 16              // segments that the retention time is cut into, at least

static void builder_reset(struct embedded_log *log, unsigned partition) {
    struct embedded_builder *builder = &log->builders[partition];
    const struct embedded_partition *durable = &log->partitions[partition];
    size_t segments = segment_list_count(&durable->segments);
    buffer_clear(&builder->raw);
    if (builder->raw.capacity > KEEP_RAW_BYTES) {
        buffer_free(&builder->raw);
    }
    builder->count = 0;
    builder->touched = false;
    builder->base_offset = durable->end;
    builder->has_active = segments > 0;
    if (segments > 0) {
        builder->active = *segment_list_at(&durable->segments, segments - 1);
    }
}

static void forget_group(struct embedded_log *log) {
    for (unsigned i = 0; i < log->touched_count; i++) {
        builder_reset(log, log->touched[i]);
    }
    for (size_t i = 0; i < log->pending_count; i++) {
        tail_batch_release(log->pending[i].batch);
    }
    log->touched_count = 0;
    log->pending_count = 0;
}

void embedded_builders_reset(struct embedded_log *log) {
    forget_group(log);
    for (unsigned i = 0; i < log->log.partitions; i++) {
        builder_reset(log, i);
    }
}

static bool segment_is_over(const struct embedded_log *log,
                            const struct embedded_builder *builder) {
    const struct eventlog_config *config = &log->config;
    uint64_t most = EMBEDDED_SEGMENT_BYTES;
    if (config->retention_bytes > 0 && config->retention_bytes / 4 / log->log.partitions < most) {
        most = config->retention_bytes / 4 / log->log.partitions;
    }
    if (builder->active.bytes >= most) {
        return true;
    }
    int64_t span = config->retention_ms / AGE_SEGMENTS;
    return config->retention_ms > 0 && builder->base_timestamp > builder->active.oldest &&
           builder->base_timestamp - builder->active.oldest > span;
}

// Room for one more batch: in the pending list, and for its segment once it is durable, when nothing may fail any more.
static enum status reserve_pending(struct embedded_log *log, unsigned partition) {
    if (log->pending_count == log->pending_capacity) {
        size_t capacity = 2 * log->pending_capacity + 16;
        struct embedded_pending *grown = realloc(log->pending, capacity * sizeof *grown);
        if (grown == NULL) {
            return STATUS_NO_MEMORY;
        }
        log->pending = grown;
        log->pending_capacity = capacity;
    }
    pthread_mutex_lock(&log->mutex);
    enum status status =
        segment_list_reserve(&log->partitions[partition].segments, log->pending_count + 1);
    pthread_mutex_unlock(&log->mutex);
    return status;
}

static bool begin_segment(struct embedded_log *log, unsigned partition) {
    struct embedded_builder *builder = &log->builders[partition];
    if (builder->has_active && !segment_is_over(log, builder)) {
        return false;
    }
    if (builder->has_active) {
        log->store->engine->put_segment(log->store, partition, &builder->active);
    }
    builder->has_active = true;
    builder->active = (struct segment){
        .base = builder->base_offset,
        .end = builder->base_offset,
        .oldest = builder->base_timestamp,
        .newest = builder->newest_timestamp,
    };
    return true;
}

static void remember_pending(struct embedded_log *log, unsigned partition, bool new_segment) {
    const struct embedded_builder *builder = &log->builders[partition];
    struct tail_batch *batch = tail_batch_new(buffer_str(&builder->raw));
    if (batch != NULL) { // without memory for the cache, readers go to the store
        batch->base_offset = builder->base_offset;
        batch->base_timestamp = builder->base_timestamp;
        batch->count = builder->count;
        batch->partition = partition;
    }
    log->pending[log->pending_count++] = (struct embedded_pending){
        .batch = batch,
        .partition = partition,
        .active = builder->active,
        .new_segment = new_segment,
    };
}

static enum status flush_builder(struct embedded_log *log, unsigned partition) {
    struct embedded_builder *builder = &log->builders[partition];
    if (buffer_status(&builder->raw) != STATUS_OK || reserve_pending(log, partition) != STATUS_OK) {
        return STATUS_NO_MEMORY;
    }
    bool new_segment = begin_segment(log, partition);
    struct segment *active = &builder->active;
    if (builder->newest_timestamp > active->newest) {
        active->newest = builder->newest_timestamp;
    }
    const struct record_batch_header header = {
        .partition = partition,
        .base_offset = builder->base_offset,
        .count = builder->count,
        .base_timestamp = builder->base_timestamp,
        .segment_base = active->base,
        .segment_bytes = active->bytes,
        .segment_newest = active->newest,
        .raw_len = builder->raw.len,
    };
    buffer_clear(&log->encoded);
    enum status status =
        record_batch_encode(&log->context, &header, buffer_str(&builder->raw), &log->encoded);
    if (status != STATUS_OK) {
        return status;
    }
    log->store->engine->put_batch(log->store, partition, builder->base_offset,
                                  buffer_str(&log->encoded));
    active->bytes += log->encoded.len;
    log->used_bytes += log->encoded.len;
    active->end += builder->count;
    remember_pending(log, partition, new_segment);
    builder->base_offset += builder->count;
    builder->count = 0;
    buffer_clear(&builder->raw);
    return STATUS_OK;
}

static enum status add_record(struct embedded_log *log, const struct eventlog_record *record) {
    unsigned partition = eventlog_partition_of(record->key, log->log.partitions);
    struct embedded_builder *builder = &log->builders[partition];
    if (!builder->touched) {
        builder->touched = true;
        log->touched[log->touched_count++] = partition;
    }
    int64_t timestamp = record->timestamp_ms;
    if (builder->count == 0) {
        builder->base_timestamp = timestamp;
        builder->last_timestamp = timestamp;
        builder->newest_timestamp = timestamp;
    }
    if (timestamp > builder->newest_timestamp) {
        builder->newest_timestamp = timestamp;
    }
    record_batch_add(&builder->raw, record, &builder->last_timestamp);
    builder->count++;
    return builder->raw.len >= RECORD_BATCH_RAW_TARGET ? flush_builder(log, partition) : STATUS_OK;
}

static enum status encode_group(struct embedded_log *log, struct queue_node *node,
                                const struct queue_node *end) {
    enum status status = STATUS_OK;
    for (; node != end && status == STATUS_OK; node = node->next) {
        const struct eventlog_append *append = CONTAINER_OF(node, struct eventlog_append, node);
        for (size_t i = 0; i < append->count && status == STATUS_OK; i++) {
            status = add_record(log, &append->records[i]);
        }
    }
    for (unsigned i = 0; i < log->touched_count && status == STATUS_OK; i++) {
        if (log->builders[log->touched[i]].count > 0) {
            status = flush_builder(log, log->touched[i]);
        }
    }
    return status;
}

// The group is durable: readers may see it.
static void publish(struct embedded_log *log, uint64_t records, uint64_t bytes) {
    pthread_mutex_lock(&log->mutex);
    for (size_t i = 0; i < log->pending_count; i++) {
        struct embedded_pending *pending = &log->pending[i];
        struct embedded_partition *partition = &log->partitions[pending->partition];
        struct segment_list *segments = &partition->segments;
        if (pending->new_segment) {
            segment_list_push(segments, &pending->active);
        } else {
            *segment_list_at(segments, segment_list_count(segments) - 1) = pending->active;
        }
        partition->end = pending->active.end;
        if (pending->batch != NULL) {
            tail_cache_add(&log->cache, pending->batch);
            pending->batch = NULL;
        }
    }
    log->stats.commits++;
    log->stats.appended_records += records;
    log->stats.appended_bytes += bytes;
    embedded_notify(log);
    pthread_mutex_unlock(&log->mutex);
}

struct group_size {
    uint64_t records;
    uint64_t bytes;
    uint64_t appends;
};

static enum status write_group(struct embedded_log *log, struct queue_node *first,
                               const struct queue_node *end, const struct group_size *size) {
    enum status status = embedded_room(log);
    if (status != STATUS_OK) {
        return status;
    }
    status = encode_group(log, first, end);
    if (status != STATUS_OK) {
        log->store->engine->discard(log->store);
        forget_group(log);
        return STATUS_UNAVAILABLE; // no memory: the sender may try again
    }
    struct error err = {0};
    status = log->store->engine->commit(log->store, &err);
    if (status == STATUS_OK) {
        publish(log, size->records, size->bytes);
    } else {
        LOG_ERROR("eventlog", "a group commit failed", LOG_CSTR("reason", err.text),
                  LOG_INT("appends", size->appends));
        if (status != STATUS_UNAVAILABLE) {
            embedded_set_broken(log);
            status = STATUS_IO; // whatever it was, to the sender it is not acknowledged
        }
    }
    forget_group(log);
    return status;
}

// Where the group that starts at first ends: whole appends, up to the limit, at least one.
static struct queue_node *measure_group(struct queue_node *node, struct group_size *size) {
    *size = (struct group_size){0};
    while (node != NULL) {
        const struct eventlog_append *append = CONTAINER_OF(node, struct eventlog_append, node);
        uint64_t bytes = 0;
        for (size_t i = 0; i < append->count; i++) {
            bytes += append->records[i].key.len + append->records[i].value.len;
        }
        if (size->appends > 0 && size->bytes + bytes > EMBEDDED_GROUP_BYTES) {
            break;
        }
        size->bytes += bytes;
        size->records += append->count;
        size->appends++;
        node = node->next;
    }
    return node;
}

static void finish_group(struct embedded_log *log, struct queue_node *node,
                         const struct queue_node *end, const struct group_size *size,
                         enum status status) {
    atomic_fetch_sub(&log->waiting_bytes, size->bytes);
    if (status != STATUS_OK) {
        pthread_mutex_lock(&log->mutex);
        log->stats.refused += size->appends;
        pthread_mutex_unlock(&log->mutex);
    }
    while (node != end) {
        struct eventlog_append *append = CONTAINER_OF(node, struct eventlog_append, node);
        node = node->next; // done may free the append
        append->status = status;
        append->done(append);
    }
}

void embedded_commit_chain(struct embedded_log *log, struct queue_node *chain) {
    while (chain != NULL) {
        struct group_size size;
        struct queue_node *end = measure_group(chain, &size);
        pthread_mutex_lock(&log->write_mutex);
        enum status status = write_group(log, chain, end, &size);
        pthread_mutex_unlock(&log->write_mutex);
        finish_group(log, chain, end, &size, status);
        chain = end;
    }
}

// Without appends: retention on schedule, and trying to get a broken store back.
static int64_t rest(struct embedded_log *log) {
    pthread_mutex_lock(&log->write_mutex);
    enum status status = embedded_room(log);
    pthread_mutex_unlock(&log->write_mutex);
    return status == STATUS_OK ? IDLE_WAIT_US : BROKEN_WAIT_US;
}

void *embedded_committer_run(void *context) {
    struct embedded_log *log = context;
    for (;;) {
        struct queue_node *chain = queue_take_all(&log->queue);
        if (chain != NULL) {
            embedded_commit_chain(log, chain);
        } else if (!atomic_load(&log->closing)) {
            queue_wait(&log->waker, rest(log));
        } else if (atomic_load(&log->appending) > 0) {
            sched_yield(); // somebody is between looking at closing and pushing
        } else if ((chain = queue_take_all(&log->queue)) == NULL) {
            return NULL;
        } else {
            embedded_commit_chain(log, chain);
        }
    }
}
