// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Consumers: taking and giving up partitions, waiting, and reading from the cache or the store.
#include <stdlib.h>

#include "base/check.h"
#include "eventlog/embedded.h"

#define READ_CHUNK ((size_t)256 * 1024)

struct position {
    int64_t offset;
    bool failed;                 // could not be read there; a seek tries again
    struct batch_cursor *cursor; // NULL until the store is asked
};

struct embedded_consumer {
    struct eventlog_consumer consumer; // first member
    struct eventlog_consumer_config config;
    struct group *group;
    struct position *positions; // one a partition
    unsigned turn;              // the partition to look at first
    bool woken;                 // M
    struct record_batch_context context;
    struct arena arena; // batches read from the store
    struct eventlog_view *views;
    size_t view_count;
    size_t view_capacity;
    struct tail_batch **held; // referenced until the next poll
    size_t held_count;
    size_t held_capacity;
};

static struct embedded_consumer *consumer_of(struct eventlog_consumer *consumer) {
    return CONTAINER_OF(consumer, struct embedded_consumer, consumer);
}

static struct embedded_log *log_of(const struct embedded_consumer *consumer) {
    return embedded_of(consumer->consumer.log);
}

static const struct group_member *member_of(const struct embedded_consumer *consumer) {
    return (const struct group_member *)(const void *)consumer;
}

static void release_batches(struct embedded_consumer *consumer) {
    for (size_t i = 0; i < consumer->held_count; i++) {
        tail_batch_release(consumer->held[i]);
    }
    consumer->held_count = 0;
    consumer->view_count = 0;
    arena_reset(&consumer->arena);
}

static void free_consumer(struct embedded_consumer *consumer) {
    struct embedded_log *log = log_of(consumer);
    release_batches(consumer);
    for (unsigned i = 0; consumer->positions != NULL && i < log->log.partitions; i++) {
        if (consumer->positions[i].cursor != NULL) {
            log->store->engine->cursor_close(consumer->positions[i].cursor);
        }
    }
    free(consumer->positions);
    free(consumer->views);
    free(consumer->held);
    arena_free(&consumer->arena);
    record_batch_context_free(&consumer->context);
    free(consumer);
}

enum status embedded_consumer_open(struct eventlog *base,
                                   const struct eventlog_consumer_config *config,
                                   struct eventlog_consumer **out, struct error *err) {
    struct embedded_log *log = embedded_of(base);
    struct embedded_consumer *consumer = calloc(1, sizeof *consumer);
    if (consumer == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for a consumer");
    }
    consumer->consumer.log = base;
    consumer->config = *config;
    arena_init(&consumer->arena, READ_CHUNK, 0);
    consumer->positions = calloc(base->partitions, sizeof *consumer->positions);
    if (consumer->positions == NULL) {
        free_consumer(consumer);
        return error_set(err, STATUS_NO_MEMORY, "no memory for a consumer");
    }
    pthread_mutex_lock(&log->mutex);
    consumer->group = group_obtain(&log->groups, config->group, base->partitions);
    bool joined =
        consumer->group != NULL && group_join(consumer->group, member_of(consumer)) == STATUS_OK;
    if (joined) {
        consumer->group->looks = config->looks;
    }
    embedded_notify(log);
    pthread_mutex_unlock(&log->mutex);
    if (!joined) {
        free_consumer(consumer);
        return error_set(err, STATUS_NO_MEMORY, "no memory for a consumer group");
    }
    // The caller's bytes may go away; the group's stay as long as the log.
    consumer->config.group = str_make(consumer->group->name, consumer->group->name_len);
    *out = &consumer->consumer;
    return STATUS_OK;
}

static void give_up(struct embedded_log *log, struct embedded_consumer *consumer,
                    unsigned partition) {
    pthread_mutex_unlock(&log->mutex);
    if (consumer->config.revoked != NULL) {
        consumer->config.revoked(partition, consumer->config.context);
    }
    struct position *position = &consumer->positions[partition];
    if (position->cursor != NULL) {
        log->store->engine->cursor_close(position->cursor);
        position->cursor = NULL;
    }
    pthread_mutex_lock(&log->mutex);
    consumer->group->shares[partition].owner = NULL;
    embedded_notify(log);
}

static void take(struct embedded_log *log, struct embedded_consumer *consumer, unsigned partition) {
    struct group_share *share = &consumer->group->shares[partition];
    share->owner = member_of(consumer);
    int64_t begin = log->partitions[partition].begin;
    int64_t start = share->committed > begin ? share->committed : begin;
    pthread_mutex_unlock(&log->mutex);
    if (consumer->config.assigned != NULL) {
        consumer->config.assigned(partition, &start, consumer->config.context);
    }
    consumer->positions[partition] = (struct position){.offset = start < 0 ? 0 : start};
    pthread_mutex_lock(&log->mutex);
}

// M held, but not during the callbacks.
static void rebalance(struct embedded_log *log, struct embedded_consumer *consumer) {
    unsigned partition = 0;
    while (group_next_revoked(consumer->group, member_of(consumer), &partition)) {
        give_up(log, consumer, partition);
    }
    while (group_next_assigned(consumer->group, member_of(consumer), &partition)) {
        take(log, consumer, partition);
    }
}

void embedded_consumer_close(struct eventlog_consumer *base) {
    struct embedded_consumer *consumer = consumer_of(base);
    struct embedded_log *log = log_of(consumer);
    pthread_mutex_lock(&log->mutex);
    for (unsigned i = 0; i < log->log.partitions; i++) {
        if (consumer->group->shares[i].owner == member_of(consumer)) {
            give_up(log, consumer, i);
        }
    }
    group_leave(consumer->group, member_of(consumer));
    embedded_notify(log);
    pthread_mutex_unlock(&log->mutex);
    free_consumer(consumer);
}

void embedded_consumer_wake(struct eventlog_consumer *base) {
    struct embedded_consumer *consumer = consumer_of(base);
    struct embedded_log *log = log_of(consumer);
    pthread_mutex_lock(&log->mutex);
    consumer->woken = true;
    embedded_notify(log);
    pthread_mutex_unlock(&log->mutex);
}

static bool owns(const struct embedded_consumer *consumer, unsigned partition) {
    return consumer->group->shares[partition].owner == member_of(consumer);
}

int64_t embedded_consumer_end(struct eventlog_consumer *base, unsigned partition) {
    struct embedded_consumer *consumer = consumer_of(base);
    struct embedded_log *log = log_of(consumer);
    pthread_mutex_lock(&log->mutex);
    int64_t end = owns(consumer, partition) ? log->partitions[partition].end : -1;
    pthread_mutex_unlock(&log->mutex);
    return end;
}

enum status embedded_seek(struct eventlog_consumer *base, unsigned partition, int64_t offset) {
    struct embedded_consumer *consumer = consumer_of(base);
    struct embedded_log *log = log_of(consumer);
    enum status status = STATUS_OK;
    pthread_mutex_lock(&log->mutex);
    if (!owns(consumer, partition)) {
        status = STATUS_NOT_FOUND;
    } else if (offset > log->partitions[partition].end) {
        status = STATUS_INVALID;
    } else {
        consumer->positions[partition].offset = offset;
        consumer->positions[partition].failed = false;
    }
    pthread_mutex_unlock(&log->mutex);
    return status;
}

enum status embedded_commit(struct eventlog_consumer *base, unsigned partition,
                            int64_t next_offset) {
    struct embedded_consumer *consumer = consumer_of(base);
    struct embedded_log *log = log_of(consumer);
    pthread_mutex_lock(&log->mutex);
    enum status status = !owns(consumer, partition)                     ? STATUS_NOT_FOUND
                         : next_offset > log->partitions[partition].end ? STATUS_INVALID
                                                                        : STATUS_OK;
    pthread_mutex_unlock(&log->mutex);
    // Only the owner gets here, and a consumer belongs to one thread, so nobody else writes this row.
    if (status == STATUS_OK) {
        status = log->store->engine->put_committed(log->store, partition, consumer->config.group,
                                                   next_offset);
    }
    if (status == STATUS_OK) {
        pthread_mutex_lock(&log->mutex);
        consumer->group->shares[partition].committed = next_offset;
        pthread_mutex_unlock(&log->mutex);
    }
    return status;
}

// --- Reading ------------------------------------------------------------------------------------------------------

struct reading {
    struct embedded_consumer *consumer;
    unsigned partition;
    int64_t offset; // the next record to deliver
    int64_t end;    // read no further
    size_t max_bytes;
    size_t bytes;
    bool full;
    struct error *err;
};

static enum status damaged(const struct reading *reading, const char *what) {
    return error_set(reading->err, STATUS_CORRUPT,
                     "partition %u of the event log cannot be read at offset %lld: %s",
                     reading->partition, (long long)reading->offset, what);
}

static bool push_view(struct embedded_consumer *consumer, const struct eventlog_view *view) {
    if (consumer->view_count == consumer->view_capacity) {
        size_t capacity = 2 * consumer->view_capacity + 256;
        struct eventlog_view *views = realloc(consumer->views, capacity * sizeof *views);
        if (views == NULL) {
            return false;
        }
        consumer->views = views;
        consumer->view_capacity = capacity;
    }
    consumer->views[consumer->view_count++] = *view;
    return true;
}

// Adds a raw batch's records from reading->offset on, as far as there is room.
static enum status read_records(struct reading *reading, struct record_batch_reader *reader) {
    for (;;) {
        struct eventlog_view view;
        enum status status = record_batch_next(reader, &view);
        if (status == STATUS_END) {
            return STATUS_OK;
        }
        if (status != STATUS_OK) {
            return damaged(reading, "a batch does not hold the records that it says");
        }
        if (view.offset < reading->offset) {
            continue;
        }
        size_t bytes = view.key.len + view.value.len;
        if (reading->consumer->view_count > 0 && reading->bytes + bytes > reading->max_bytes) {
            reading->full = true;
            return STATUS_OK;
        }
        if (!push_view(reading->consumer, &view)) {
            return error_set(reading->err, STATUS_NO_MEMORY, "no memory for reading the event log");
        }
        reading->bytes += bytes;
        reading->offset = view.offset + 1;
    }
}

static enum status read_held(struct reading *reading) {
    struct embedded_consumer *consumer = reading->consumer;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < consumer->held_count && status == STATUS_OK && !reading->full; i++) {
        const struct tail_batch *batch = consumer->held[i];
        struct record_batch_reader reader;
        record_batch_reader_init(&reader, str_make(batch->data, batch->len), batch->base_offset,
                                 batch->base_timestamp, batch->count);
        status = read_records(reading, &reader);
    }
    return status;
}

// M held: references to consecutive cached batches from the offset on, about as many as will be read.
static void hold_cached(struct embedded_log *log, const struct reading *reading) {
    struct embedded_consumer *consumer = reading->consumer;
    int64_t offset = reading->offset;
    size_t bytes = 0;
    while (offset < reading->end && (bytes == 0 || bytes < reading->max_bytes)) {
        if (consumer->held_count == consumer->held_capacity) {
            size_t capacity = 2 * consumer->held_capacity + 32;
            void *held = realloc(consumer->held, capacity * sizeof(struct tail_batch *));
            if (held == NULL) {
                return;
            }
            consumer->held = held;
            consumer->held_capacity = capacity;
        }
        struct tail_batch *batch = tail_cache_find(&log->cache, reading->partition, offset);
        if (batch == NULL) {
            return;
        }
        consumer->held[consumer->held_count++] = batch;
        bytes += batch->len;
        offset = batch->base_offset + (int64_t)batch->count;
    }
}

static enum status read_stored_batch(struct embedded_log *log, struct reading *reading,
                                     struct batch_cursor *cursor) {
    struct embedded_consumer *consumer = reading->consumer;
    struct str encoded = STR_EMPTY;
    enum status status =
        log->store->engine->cursor_read(cursor, reading->offset, &encoded, reading->err);
    if (status != STATUS_OK) {
        return status == STATUS_END ? damaged(reading, "there is no batch") : status;
    }
    struct record_batch_header header;
    struct str payload;
    if (record_batch_parse(encoded, &header, &payload) != STATUS_OK ||
        header.partition != reading->partition) {
        return damaged(reading, "the batch fails its checksum");
    }
    if (header.base_offset > reading->offset ||
        reading->offset - header.base_offset >= (int64_t)header.count) {
        return damaged(reading, "the batch is missing");
    }
    char *raw = arena_alloc(&consumer->arena, header.raw_len + RECORD_BATCH_PADDING);
    if (raw == NULL) {
        return error_set(reading->err, STATUS_NO_MEMORY, "no memory for reading the event log");
    }
    status = record_batch_decompress(&consumer->context, &header, payload, raw);
    if (status != STATUS_OK) {
        return status == STATUS_CORRUPT ? damaged(reading, "the batch does not decompress")
                                        : error_set(reading->err, status, "no memory for zstd");
    }
    cursor->next = header.base_offset + (int64_t)header.count;
    struct record_batch_reader reader;
    record_batch_reader_init(&reader, str_make(raw, header.raw_len), header.base_offset,
                             header.base_timestamp, header.count);
    return read_records(reading, &reader);
}

static enum status read_stored(struct embedded_log *log, struct reading *reading) {
    struct position *position = &reading->consumer->positions[reading->partition];
    const struct batch_store_engine *store = log->store->engine;
    if (position->cursor == NULL) {
        position->cursor = store->cursor_open(log->store, reading->partition);
        if (position->cursor == NULL) {
            return error_set(reading->err, STATUS_NO_MEMORY, "no memory for reading the event log");
        }
    }
    enum status status = store->pin(log->store);
    if (status != STATUS_OK) {
        return error_set(reading->err, status, "the event log's store is being recovered");
    }
    while (status == STATUS_OK && !reading->full && reading->offset < reading->end &&
           reading->bytes < reading->max_bytes) {
        status = read_stored_batch(log, reading, position->cursor);
    }
    store->unpin(log->store);
    return status;
}

// M held at the start and at the end. OK with records; END: nothing after all, look again; TIMEOUT: the store is away for now.
static enum status read_partition(struct embedded_log *log, struct reading *reading,
                                  struct eventlog_batch *batch) {
    struct embedded_consumer *consumer = reading->consumer;
    struct position *position = &consumer->positions[reading->partition];
    hold_cached(log, reading);
    pthread_mutex_unlock(&log->mutex);
    enum status status;
    if (consumer->held_count > 0) {
        if (position->cursor != NULL) {
            log->store->engine->cursor_rest(position->cursor);
        }
        status = read_held(reading);
    } else {
        status = read_stored(log, reading);
    }
    pthread_mutex_lock(&log->mutex);
    if (consumer->view_count >
        0) { // what was read before a failure is good; the next poll meets it again
        position->offset = reading->offset;
        *batch = (struct eventlog_batch){.partition = reading->partition,
                                         .records = consumer->views,
                                         .count = consumer->view_count,
                                         .next_offset = reading->offset};
        return STATUS_OK;
    }
    if (log->partitions[reading->partition].begin > position->offset) {
        return STATUS_END; // retention was faster
    }
    if (status == STATUS_CORRUPT || status == STATUS_IO) {
        position->failed = true;
        batch->partition = reading->partition;
        batch->next_offset = position->offset;
    }
    return status;
}

// M held. The next partition, in turn, that has something to read or to complain about.
static bool choose_partition(struct embedded_log *log, struct embedded_consumer *consumer,
                             unsigned *chosen) {
    for (unsigned i = 0; i < log->log.partitions; i++) {
        unsigned partition = (consumer->turn + i) % log->log.partitions;
        struct position *position = &consumer->positions[partition];
        const struct embedded_partition *durable = &log->partitions[partition];
        if (!owns(consumer, partition) || position->failed) {
            continue;
        }
        if (position->offset < durable->begin) {
            position->offset = durable->begin;
        }
        if (position->offset != durable->end) {
            consumer->turn = partition + 1;
            *chosen = partition;
            return true;
        }
    }
    return false;
}

// M held. As read_partition; END when there is nothing to read.
static enum status poll_once(struct embedded_log *log, struct embedded_consumer *consumer,
                             size_t max_bytes, struct eventlog_batch *batch, struct error *err) {
    unsigned partition = 0;
    while (choose_partition(log, consumer, &partition)) {
        struct position *position = &consumer->positions[partition];
        struct reading reading = {.consumer = consumer,
                                  .partition = partition,
                                  .offset = position->offset,
                                  .end = log->partitions[partition].end,
                                  .max_bytes = max_bytes > 0 ? max_bytes : 1,
                                  .err = err};
        if (position->offset > reading.end) {
            position->failed = true;
            batch->partition = partition;
            batch->next_offset = position->offset;
            return damaged(&reading, "the partition ends before that offset; was the log replaced "
                                     "by an older copy?");
        }
        enum status status = read_partition(log, &reading, batch);
        if (status != STATUS_END) {
            return status;
        }
        release_batches(consumer);
    }
    return STATUS_END;
}

enum status embedded_poll(struct eventlog_consumer *base, int64_t timeout_us, size_t max_bytes,
                          struct eventlog_batch *batch, struct error *err) {
    struct embedded_consumer *consumer = consumer_of(base);
    struct embedded_log *log = log_of(consumer);
    struct clock *clock = clock_system(); // a wait is real time even where the log's clock is not
    int64_t deadline = timeout_us > 0 ? clock->mono_us(clock) + timeout_us : 0;
    enum status status = STATUS_END;
    release_batches(consumer);
    pthread_mutex_lock(&log->mutex);
    for (;;) {
        if (atomic_load(&log->closing)) {
            status = STATUS_CLOSED;
            break;
        }
        rebalance(log, consumer);
        status = poll_once(log, consumer, max_bytes, batch, err);
        if (status != STATUS_END && status != STATUS_UNAVAILABLE) {
            break;
        }
        int64_t left = timeout_us > 0 ? deadline - clock->mono_us(clock) : 0;
        if (consumer->woken || left <= 0) {
            consumer->woken = false;
            status = STATUS_TIMEOUT;
            break;
        }
        log->waiting_polls++;
        thread_cond_wait_us(&log->changed, &log->mutex, left);
        log->waiting_polls--;
    }
    pthread_mutex_unlock(&log->mutex);
    return status;
}
