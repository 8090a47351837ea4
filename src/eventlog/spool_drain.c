// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opening the log behind, and moving to it what waits in the spool: one thread, one batch at a time, in order.
#include <stdlib.h>

#include "base/log.h"
#include "eventlog/spool.h"

#define DRAIN_BYTES ((size_t)1024 * 1024)
#define REST_US (1000 * 1000)
#define SETTLE_US (5 * 1000) // while the spool still writes what was appended
#define RETRY_FIRST_US (50 * 1000)
#define RETRY_MOST_US (2 * 1000 * 1000)
#define GIVE_UP_US (100 * 1000)

struct moving {
    struct eventlog_append append;
    struct eventlog_record *records;
    size_t capacity;
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

static bool fill(struct moving *moving, const struct eventlog_batch *batch) {
    if (moving->capacity < batch->count) {
        struct eventlog_record *records =
            realloc(moving->records, batch->count * sizeof *moving->records);
        if (records == NULL) {
            return false;
        }
        moving->records = records;
        moving->capacity = batch->count;
    }
    for (size_t i = 0; i < batch->count; i++) {
        const struct eventlog_view *view = &batch->records[i];
        moving->records[i] = (struct eventlog_record){view->key, view->value, view->timestamp_ms};
    }
    moving->append.records = moving->records;
    moving->append.count = batch->count;
    moving->append.done = note_done;
    moving->append.context = moving;
    return true;
}

// Until it is acknowledged or the spool closes. Without memory, later.
static bool move(struct spool_log *spool, struct moving *moving,
                 const struct eventlog_batch *batch) {
    int64_t pause = RETRY_FIRST_US;
    enum status logged = STATUS_OK;
    while (!is_closing(spool)) {
        enum status status = fill(moving, batch) ? append_once(spool, moving) : STATUS_NO_MEMORY;
        if (status == STATUS_OK) {
            atomic_fetch_add(&spool->drained_records, batch->count);
            return true;
        }
        if (status != logged && !is_closing(spool)) {
            LOG_WARN("spool", "Kafka does not take what is kept here; tried again",
                     LOG_INT("partition", batch->partition),
                     LOG_CSTR("status", status_text(status)));
            logged = status;
        }
        queue_wait(&spool->drain_waker, pause);
        pause = pause < RETRY_MOST_US / 2 ? 2 * pause : RETRY_MOST_US;
    }
    return false;
}

// --- The drainer --------------------------------------------------------------------------------------------------

// Nothing was left to read. What is being written comes to the reader, which looks on in either mode, so nothing is forgotten here.
static int64_t rest(struct spool_log *spool) {
    struct eventlog_stats stats;
    if (!atomic_load(&spool->spooling)) {
        return REST_US;
    }
    eventlog_stats(spool->queue, &stats);
    if (stats.waiting_bytes > 0) {
        return SETTLE_US;
    }
    atomic_store(&spool->oldest_ms, 0);
    atomic_store(&spool->spooling, false);
    if (atomic_load(&spool->drained_records) > 0) {
        LOG_INFO("spool", "the spool is empty; events go to Kafka again",
                 LOG_INT("moved_since_start", atomic_load(&spool->drained_records)));
    }
    return REST_US;
}

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

static void take_batch(struct spool_log *spool, struct moving *moving,
                       const struct eventlog_batch *batch, struct error *last) {
    atomic_store(&spool->oldest_ms, batch->records[0].timestamp_ms);
    if (!open_behind(spool, last) || !move(spool, moving, batch)) {
        return; // closing
    }
    enum status status = eventlog_commit(spool->reader, batch->partition, batch->next_offset);
    if (status != STATUS_OK) { // they may be moved twice
        LOG_WARN("spool", "the place in the spool cannot be kept",
                 LOG_CSTR("status", status_text(status)));
    }
}

void *spool_drain_run(void *context) {
    struct spool_log *spool = context;
    struct moving moving = {.records = NULL};
    struct error last = {0};
    int64_t wait_us = 0;
    queue_waker_init(&moving.waker);
    while (!is_closing(spool)) {
        struct eventlog_batch batch;
        struct error err = {0};
        enum status status = eventlog_poll(spool->reader, wait_us, DRAIN_BYTES, &batch, &err);
        wait_us = 0;
        if (status == STATUS_OK) {
            take_batch(spool, &moving, &batch, &last);
        } else if (status == STATUS_CORRUPT || status == STATUS_IO) {
            retry_damaged(spool, &batch, &err);
        } else if (open_behind(spool, &last)) {
            wait_us = rest(spool);
        }
    }
    queue_waker_destroy(&moving.waker);
    free(moving.records);
    return NULL;
}
