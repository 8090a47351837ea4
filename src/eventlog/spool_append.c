// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Appending through the spool: to the log behind while it acknowledges in time, else to the spool. No caller ever waits.
#include <sched.h>
#include <stdlib.h>

#include "base/log.h"
#include "eventlog/spool.h"

#define TIMER_LOOKS 4   // within one patience, when nothing waits
#define HELD_MOST 10000 // appends; more are not held back

static int64_t now_us(const struct spool_log *spool) {
    return spool->config.clock->mono_us(spool->config.clock);
}

// --- Entries ------------------------------------------------------------------------------------------------------

static struct str copy(char **at, struct str from) {
    struct str to = str_make(*at, from.len);
    if (from.len > 0) {
        memcpy(*at, from.data, from.len);
        *at += from.len;
    }
    return to;
}

static struct spool_entry *new_entry(struct spool_log *spool, struct eventlog_append *append) {
    size_t bytes = 0;
    for (size_t i = 0; i < append->count; i++) {
        bytes += append->records[i].key.len + append->records[i].value.len;
    }
    struct spool_entry *entry =
        malloc(sizeof *entry + append->count * sizeof *entry->records + bytes);
    if (entry == NULL) {
        return NULL;
    }
    *entry = (struct spool_entry){.spool = spool, .caller = append};
    char *at = (char *)&entry->records[append->count];
    for (size_t i = 0; i < append->count; i++) {
        const struct eventlog_record *record = &append->records[i];
        entry->records[i] = (struct eventlog_record){
            copy(&at, record->key), copy(&at, record->value), record->timestamp_ms};
    }
    return entry;
}

static void release(struct spool_entry *entry) {
    if (atomic_fetch_sub(&entry->holders, 1) == 1) {
        free(entry);
    }
}

static void answer(struct spool_entry *entry, enum status status) {
    struct spool_log *spool = entry->spool;
    struct eventlog_append *caller = entry->caller;
    if (status != STATUS_OK) {
        atomic_fetch_add(&spool->refused, 1);
    }
    caller->status = status;
    caller->done(caller);
}

static void answer_direct(struct spool_entry *entry) {
    struct spool_log *spool = entry->spool;
    uint64_t bytes = 0;
    for (size_t i = 0; i < entry->behind.count; i++) {
        bytes += entry->records[i].key.len + entry->records[i].value.len;
    }
    atomic_fetch_add_explicit(&spool->direct_records, entry->behind.count, memory_order_relaxed);
    atomic_fetch_add_explicit(&spool->direct_bytes, bytes, memory_order_relaxed);
    answer(entry, STATUS_OK);
}

// --- To the spool -------------------------------------------------------------------------------------------------

static void begin_spooling(struct spool_log *spool, const char *reason) {
    int direct = SPOOL_DIRECT;
    if (atomic_compare_exchange_strong(&spool->mode, &direct, SPOOL_SPOOLING)) {
        LOG_WARN("spool", "Kafka does not acknowledge events; they are kept here until it does",
                 LOG_CSTR("reason", reason), LOG_CSTR("directory", spool->config.directory));
        queue_wake(&spool->drain_waker);
    }
}

static void note_oldest(struct spool_log *spool, int64_t timestamp_ms) {
    int64_t none = 0;
    if (atomic_load_explicit(&spool->oldest_ms, memory_order_relaxed) == 0) {
        atomic_compare_exchange_strong(&spool->oldest_ms, &none, timestamp_ms);
    }
}

static void done_kept(struct eventlog_append *append) {
    struct spool_entry *entry = CONTAINER_OF(append, struct spool_entry, kept);
    // The log behind may have it all the same, so "nothing was kept" would be too much.
    answer(entry, append->status == STATUS_OK ? STATUS_OK : STATUS_UNAVAILABLE);
    release(entry);
}

// The caller of this holds the entry, and has taken it out of the waiting list; one more holder is counted already.
static void keep(struct spool_entry *entry, const char *reason) {
    struct spool_log *spool = entry->spool;
    begin_spooling(spool, reason);
    note_oldest(spool, entry->records[0].timestamp_ms);
    entry->kept.records = entry->records;
    entry->kept.count = entry->behind.count;
    entry->kept.done = done_kept;
    spool->queue->engine->append(spool->queue, &entry->kept);
}

// --- To the log behind --------------------------------------------------------------------------------------------

static void unlink_entry(struct spool_log *spool, struct spool_entry *entry) {
    *(entry->previous != NULL ? &entry->previous->next : &spool->first) = entry->next;
    *(entry->next != NULL ? &entry->next->previous : &spool->last) = entry->previous;
    entry->waiting = false;
}

static void link_entry(struct spool_log *spool, struct spool_entry *entry) {
    entry->previous = spool->last;
    *(spool->last != NULL ? &spool->last->next : &spool->first) = entry;
    spool->last = entry;
    entry->waiting = true;
}

static void done_behind(struct eventlog_append *append) {
    struct spool_entry *entry = CONTAINER_OF(append, struct spool_entry, behind);
    struct spool_log *spool = entry->spool;
    pthread_mutex_lock(&spool->mutex);
    bool in_time = entry->waiting;
    if (in_time) {
        unlink_entry(spool, entry);
    }
    pthread_mutex_unlock(&spool->mutex);
    if (in_time && append->status == STATUS_OK) {
        answer_direct(entry);
    } else if (in_time) {
        atomic_fetch_add(&entry->holders, 1);
        keep(entry, status_text(append->status));
    }
    release(entry);
}

static void append_direct(struct spool_log *spool, struct eventlog *behind,
                          struct spool_entry *entry) {
    atomic_init(&entry->holders, 1);
    entry->behind.records = entry->records;
    entry->behind.count = entry->caller->count;
    entry->behind.done = done_behind;
    pthread_mutex_lock(&spool->mutex);
    entry->deadline = now_us(spool) + 1000 * spool->config.patience_ms;
    link_entry(spool, entry);
    pthread_mutex_unlock(&spool->mutex);
    behind->engine->append(behind, &entry->behind);
}

static void send_direct(struct spool_log *spool, struct eventlog_append *append) {
    struct spool_entry *entry = new_entry(spool, append);
    if (entry != NULL) {
        append_direct(spool, atomic_load(&spool->behind), entry);
    } else { // without memory for a copy
        note_oldest(spool, append->records[0].timestamp_ms);
        spool->queue->engine->append(spool->queue, append);
    }
}

// False when it is not SPOOLING any more.
static bool send_spooling(struct spool_log *spool, struct eventlog_append *append) {
    atomic_fetch_add(&spool->entering, 1); // before looking at the mode: settling waits for us
    bool spooling = atomic_load(&spool->mode) == SPOOL_SPOOLING;
    if (spooling) {
        note_oldest(spool, append->records[0].timestamp_ms);
        spool->queue->engine->append(spool->queue, append);
    }
    atomic_fetch_sub(&spool->entering, 1);
    return spooling;
}

// False when it is not SETTLING any more.
static bool hold(struct spool_log *spool, struct eventlog_append *append) {
    pthread_mutex_lock(&spool->mutex);
    bool settling = atomic_load(&spool->mode) == SPOOL_SETTLING;
    if (settling) {
        append->node.next = NULL;
        *spool->held_end = &append->node;
        spool->held_end = &append->node.next;
        spool->held_count++;
    }
    bool too_many = spool->held_count > HELD_MOST;
    pthread_mutex_unlock(&spool->mutex);
    if (too_many) {
        spool_end_settling(spool, false);
    }
    return settling;
}

void spool_append(struct eventlog *base, struct eventlog_append *append) {
    struct spool_log *spool = spool_of(base);
    atomic_fetch_add(&spool->appending, 1); // before looking at closing: close waits for us
    if (atomic_load(&spool->closing)) {
        atomic_fetch_add(&spool->refused, 1);
        append->status = STATUS_CLOSED;
        append->done(append);
    } else {
        bool taken = false;
        while (!taken) {
            int mode = atomic_load(&spool->mode);
            if (mode == SPOOL_DIRECT) {
                send_direct(spool, append);
                taken = true;
            } else {
                taken = mode == SPOOL_SETTLING ? hold(spool, append) : send_spooling(spool, append);
            }
        }
    }
    atomic_fetch_sub(&spool->appending, 1);
}

// --- Settling -----------------------------------------------------------------------------------------------------

void spool_begin_settling(struct spool_log *spool) {
    pthread_mutex_lock(&spool->mutex);
    int spooling = SPOOL_SPOOLING;
    spool->settle_until = now_us(spool) + 1000 * spool->config.patience_ms;
    (void)atomic_compare_exchange_strong(&spool->mode, &spooling, SPOOL_SETTLING);
    pthread_mutex_unlock(&spool->mutex);
    while (atomic_load(&spool->entering) > 0) {
        sched_yield();
    }
}

void spool_end_settling(struct spool_log *spool, bool direct) {
    for (;;) { // until nothing was held meanwhile, so that all keep their order
        pthread_mutex_lock(&spool->mutex);
        struct queue_node *node = spool->held;
        bool over = atomic_load(&spool->mode) != SPOOL_SETTLING;
        if (!over && node == NULL) {
            atomic_store(&spool->mode, direct ? SPOOL_DIRECT : SPOOL_SPOOLING);
            over = true;
        }
        spool->held = NULL;
        spool->held_end = &spool->held;
        spool->held_count = 0;
        pthread_mutex_unlock(&spool->mutex);
        while (node != NULL) {
            struct eventlog_append *append = CONTAINER_OF(node, struct eventlog_append, node);
            node = node->next;
            if (direct) {
                send_direct(spool, append);
            } else {
                note_oldest(spool, append->records[0].timestamp_ms);
                spool->queue->engine->append(spool->queue, append);
            }
        }
        if (over) {
            return;
        }
    }
}

// --- Patience -----------------------------------------------------------------------------------------------------

// The mutex is held, but not while entries go to the spool.
static void keep_late(struct spool_log *spool) {
    while (spool->first != NULL && spool->first->deadline <= now_us(spool)) {
        struct spool_entry *entry = spool->first;
        unlink_entry(spool, entry);
        atomic_fetch_add(&entry->holders, 1); // behind's done may come at any time
        pthread_mutex_unlock(&spool->mutex);
        keep(entry, "no answer in time");
        pthread_mutex_lock(&spool->mutex);
    }
}

void *spool_timer_run(void *context) {
    struct spool_log *spool = context;
    int64_t look_us = 1000 * spool->config.patience_ms / TIMER_LOOKS + 1;
    pthread_mutex_lock(&spool->mutex);
    for (;;) {
        keep_late(spool);
        if (atomic_load(&spool->mode) == SPOOL_SETTLING && spool->settle_until <= now_us(spool)) {
            pthread_mutex_unlock(&spool->mutex);
            spool_end_settling(spool, false);
            pthread_mutex_lock(&spool->mutex);
        }
        if (spool->first == NULL && atomic_load(&spool->closing) &&
            atomic_load(&spool->appending) == 0) {
            break;
        }
        int64_t wait_us = look_us;
        if (spool->first != NULL && spool->first->deadline - now_us(spool) < look_us) {
            wait_us = spool->first->deadline - now_us(spool);
        }
        thread_cond_wait_us(&spool->changed, &spool->mutex, wait_us > 0 ? wait_us : 1);
    }
    pthread_mutex_unlock(&spool->mutex);
    return NULL;
}
