// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opening the log behind, and moving to it what waits in the spool: one thread, a megabyte of all partitions at a time, in order.
#include <stdlib.h>

#include "base/log.h"
#include "eventlog/spool.h"

#define DRAIN_BYTES ((size_t)1024 * 1024)
#define RECORD_BYTES_MOST ((size_t)EVENTLOG_RECORD_MAX)
#define SETTLE_RECORDS 2000 // so few left: not worth spooling for
#define REST_US (1000 * 1000)
#define SETTLE_US (5 * 1000) // while the spool still writes what was appended
#define RETRY_FIRST_US (50 * 1000)
#define RETRY_MOST_US (2 * 1000 * 1000)
#define GIVE_UP_US (100 * 1000)

// What is being moved, copied, because a poll gives one partition's records and takes back the last one's.
struct moving {
    struct eventlog_append append;
    struct eventlog_record *records;
    size_t capacity;
    char *bytes;
    size_t used;
    int64_t *next; // by partition: where it is moved up to; 0: nothing of it
    int64_t oldest_ms;
    struct queue_waker waker;
    atomic_bool done;
};

static bool is_closing(const struct spool_log *spool) {
    return atomic_load(&spool->closing);
}

// --- The log behind -----------------------------------------------------------------------------------------------

static bool try_open(struct spool_log *spool, struct error *last) {
    struct eventlog *behind = NULL;
    struct error err = {0};
    enum status status = spool->config.open_behind(spool->config.context, &behind, &err);
    if (status == STATUS_OK && eventlog_partition_count(behind) != spool->log.partitions) {
        status = error_set(&err, STATUS_CONFLICT,
                           "the log behind the spool has %u partitions, the spool has %u",
                           eventlog_partition_count(behind), spool->log.partitions);
        eventlog_close(behind);
    }
    if (status != STATUS_OK) {
        if (strcmp(last->text, err.text) != 0) { // not once a second the same
            LOG_WARN("spool", "Kafka cannot be reached yet; events are kept here meanwhile",
                     LOG_CSTR("reason", err.text));
            *last = err;
        }
        return false;
    }
    atomic_store(&spool->log.epoch, eventlog_epoch(behind));
    atomic_store(&spool->behind, behind);
    return true;
}

static bool open_behind(struct spool_log *spool, struct error *last) {
    while (atomic_load(&spool->behind) == NULL && !is_closing(spool)) {
        if (!try_open(spool, last)) {
            queue_wait(&spool->drain_waker, REST_US);
        }
    }
    return atomic_load(&spool->behind) != NULL && !is_closing(spool);
}

// --- Moving -------------------------------------------------------------------------------------------------------

static void note_done(struct eventlog_append *append) {
    struct moving *moving = append->context;
    atomic_store(&moving->done, true);
    queue_wake(&moving->waker);
}

static enum status append_once(struct spool_log *spool, struct moving *moving) {
    struct eventlog *behind = atomic_load(&spool->behind);
    atomic_store(&moving->done, false);
    behind->engine->append(behind, &moving->append);
    while (!atomic_load(&moving->done)) {
        queue_wait(&moving->waker, is_closing(spool) ? GIVE_UP_US : REST_US);
        if (is_closing(spool) && !atomic_load(&moving->done)) {
            behind->engine->give_up(behind); // the spool keeps it for the next start
        }
    }
    return moving->append.status;
}

static bool make_room(struct moving *moving, size_t more) {
    if (moving->bytes == NULL) {
        moving->bytes = malloc(DRAIN_BYTES + RECORD_BYTES_MOST);
    }
    if (moving->append.count + more > moving->capacity) {
        size_t capacity = 2 * moving->capacity + more + 256;
        struct eventlog_record *records = realloc(moving->records, capacity * sizeof *records);
        if (records == NULL) {
            return false;
        }
        moving->records = records;
        moving->capacity = capacity;
    }
    return moving->bytes != NULL;
}

static struct str copy(struct moving *moving, struct str from) {
    struct str to = str_make(moving->bytes + moving->used, from.len);
    if (from.len > 0) {
        memcpy(moving->bytes + moving->used, from.data, from.len);
        moving->used += from.len;
    }
    return to;
}

static void add(struct moving *moving, const struct eventlog_batch *batch) {
    for (size_t i = 0; i < batch->count; i++) {
        const struct eventlog_view *view = &batch->records[i];
        struct eventlog_record *record = &moving->records[moving->append.count++];
        record->key = copy(moving, view->key);
        record->value = copy(moving, view->value);
        record->timestamp_ms = view->timestamp_ms;
        if (view->timestamp_ms < moving->oldest_ms) {
            moving->oldest_ms = view->timestamp_ms;
        }
    }
    moving->next[batch->partition] = batch->next_offset;
}

// Until it is acknowledged or the spool closes.
static bool move(struct spool_log *spool, struct moving *moving) {
    int64_t pause = RETRY_FIRST_US;
    enum status logged = STATUS_OK;
    while (!is_closing(spool)) {
        enum status status = append_once(spool, moving);
        if (status == STATUS_OK) {
            atomic_fetch_add(&spool->drained_records, moving->append.count);
            return true;
        }
        spool_end_settling(spool, false);
        if (status != logged && !is_closing(spool)) {
            LOG_WARN("spool", "Kafka does not take what is kept here; tried again",
                     LOG_INT("records", moving->append.count),
                     LOG_CSTR("status", status_text(status)));
            logged = status;
        }
        queue_wait(&spool->drain_waker, pause);
        pause = pause < RETRY_MOST_US / 2 ? 2 * pause : RETRY_MOST_US;
    }
    return false;
}

static void commit(struct spool_log *spool, struct moving *moving) {
    for (unsigned i = 0; i < spool->log.partitions; i++) {
        if (moving->next[i] == 0) {
            continue;
        }
        enum status status = eventlog_commit(spool->reader, i, moving->next[i]);
        if (status != STATUS_OK) { // they may be moved twice
            LOG_WARN("spool", "the place in the spool cannot be kept", LOG_INT("partition", i),
                     LOG_CSTR("status", status_text(status)));
        }
        moving->next[i] = 0;
    }
}

// --- The drainer --------------------------------------------------------------------------------------------------

static void retry_damaged(struct spool_log *spool, const struct eventlog_batch *batch,
                          const struct error *err) {
    LOG_ERROR("spool", "a part of the spool cannot be read; it is tried again",
              LOG_INT("partition", batch->partition), LOG_CSTR("reason", err->text));
    queue_wait(&spool->drain_waker, REST_US);
    if (eventlog_seek(spool->reader, batch->partition, batch->next_offset) != STATUS_OK) {
        LOG_ERROR("spool", "a part of the spool cannot be looked at again",
                  LOG_INT("partition", batch->partition));
    }
}

// As much as is there, up to the limit; waits only for the first.
static void gather(struct spool_log *spool, struct moving *moving, int64_t wait_us) {
    moving->append.count = 0;
    moving->used = 0;
    moving->oldest_ms = INT64_MAX;
    enum status status = STATUS_OK;
    while (moving->used < DRAIN_BYTES && status == STATUS_OK && !is_closing(spool)) {
        struct eventlog_batch batch;
        struct error err = {0};
        status = eventlog_poll(spool->reader, moving->append.count == 0 ? wait_us : 0,
                               DRAIN_BYTES - moving->used, &batch, &err);
        if (status == STATUS_OK && make_room(moving, batch.count)) {
            add(moving, &batch);
        } else if (status == STATUS_OK) { // without memory, later
            queue_wait(&spool->drain_waker, REST_US);
            status = eventlog_seek(spool->reader, batch.partition, batch.records[0].offset);
        } else if (status == STATUS_CORRUPT || status == STATUS_IO) {
            retry_damaged(spool, &batch, &err);
        }
    }
    moving->append.records = moving->records;
}

static bool is_empty(const struct spool_log *spool) {
    struct eventlog_stats stats;
    eventlog_stats(spool->queue, &stats);
    return stats.waiting_bytes == 0 && spool_waiting_records(spool) == 0;
}

// Nothing was left to read. How long to wait for more, which comes in any mode: what was late or refused.
static int64_t rest(struct spool_log *spool, struct moving *moving) {
    int mode = atomic_load(&spool->mode);
    if (mode == SPOOL_DIRECT) {
        return REST_US;
    }
    if (mode == SPOOL_SPOOLING) {
        spool_begin_settling(spool);
    }
    if (!is_empty(spool)) {
        return SETTLE_US;
    }
    atomic_store(&spool->oldest_ms, 0);
    spool_end_settling(spool, true);
    free(moving->bytes); // not needed for long, perhaps
    moving->bytes = NULL;
    if (atomic_load(&spool->drained_records) > 0) {
        LOG_INFO("spool", "the spool is empty; events go to Kafka again",
                 LOG_INT("moved_since_start", atomic_load(&spool->drained_records)));
    }
    return REST_US;
}

static void move_on(struct spool_log *spool, struct moving *moving, struct error *last) {
    int64_t begin = spool->config.clock->mono_us(spool->config.clock);
    atomic_store(&spool->oldest_ms, moving->oldest_ms);
    if (!open_behind(spool, last) || !move(spool, moving)) {
        return; // closing
    }
    commit(spool, moving);
    int64_t took = spool->config.clock->mono_us(spool->config.clock) - begin;
    if (atomic_load(&spool->mode) == SPOOL_SPOOLING && took < 250 * spool->config.patience_ms &&
        spool_waiting_records(spool) <= SETTLE_RECORDS) {
        spool_begin_settling(spool);
    }
}

void *spool_drain_run(void *context) {
    struct spool_log *spool = context;
    struct moving moving = {.next = calloc(spool->log.partitions, sizeof *moving.next)};
    struct error last = {0};
    int64_t wait_us = 0;
    moving.append.done = note_done;
    moving.append.context = &moving;
    queue_waker_init(&moving.waker);
    while (moving.next == NULL && !is_closing(spool)) {
        queue_wait(&spool->drain_waker, REST_US);
        moving.next = calloc(spool->log.partitions, sizeof *moving.next);
    }
    while (moving.next != NULL && !is_closing(spool)) {
        gather(spool, &moving, wait_us);
        wait_us = 0;
        if (moving.append.count > 0) {
            move_on(spool, &moving, &last);
        } else if (open_behind(spool, &last)) {
            wait_us = rest(spool, &moving);
        }
    }
    queue_waker_destroy(&moving.waker);
    free(moving.records);
    free(moving.bytes);
    free(moving.next);
    return NULL;
}
