// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A partition's life with a worker: taken on, set back when something fails, tried again, given up; and its offset told to the log.
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "processor/feed.h"
#include "processor/traces.h"
#include "processor/worker.h"

#define RETRY_FIRST_US (100 * 1000LL)
#define RETRY_MOST_US (10 * 1000 * 1000LL)

static int64_t now_us(const struct worker *worker) {
    struct clock *clock = worker->shared->config.clock;
    return clock->mono_us(clock);
}

static void report(struct partition *partition, bool owned, const struct error *problem) {
    struct processor_shared *shared = partition->worker->shared;
    struct partition_report *to = &shared->partitions[partition->number];
    pthread_mutex_lock(&shared->mutex);
    bool news =
        problem && (!to->stuck || strncmp(to->problem, problem->text, sizeof to->problem - 1) != 0);
    to->owned = owned;
    // Without an open cycle, what lies between is a gap that retention left.
    to->next_offset =
        partition->ready && !partition->batch ? partition->next_offset : partition->stored_offset;
    to->stuck = problem != NULL;
    if (!problem) {
        to->processed_ms = partition->stored_ms;
    }
    memset(to->problem, 0, sizeof to->problem);
    if (problem) {
        memccpy(to->problem, problem->text, '\0', sizeof to->problem - 1);
    }
    pthread_mutex_unlock(&shared->mutex);
    if (news) {
        LOG_ERROR("processor", "a partition is stuck", LOG_INT("partition", partition->number),
                  LOG_INT("offset", partition->next_offset), LOG_CSTR("problem", problem->text));
    }
}

void partition_fine(struct partition *partition) {
    partition->failures = 0;
    partition->log_failed = false;
    report(partition, true, NULL);
}

static void try_later(struct partition *partition) {
    int64_t wait = RETRY_FIRST_US << (partition->failures < 10 ? partition->failures : 10);
    partition->failures++;
    partition->retry_us = now_us(partition->worker) + (wait < RETRY_MOST_US ? wait : RETRY_MOST_US);
}

static enum status log_info(const struct partition *partition,
                            struct eventlog_partition_info *info) {
    return eventlog_partition_info(partition->worker->shared->config.log, partition->number,
                                   processor_group(&partition->worker->shared->config), info);
}

// Reading goes on at the log's end meanwhile, so that records we cannot use are not read again and again. What arrives
// is ignored: the retry begins where the store stands.
static void park(struct partition *partition) {
    struct eventlog_partition_info info;
    enum status status = log_info(partition, &info);
    if (status == STATUS_OK) {
        status = eventlog_seek(partition->worker->consumer, partition->number, info.end);
    }
    if (status != STATUS_OK) {
        LOG_DEBUG("processor", "cannot wait at the log's end",
                  LOG_INT("partition", partition->number), LOG_CSTR("status", status_text(status)));
    }
}

static void forget(struct partition *partition) {
    struct worker *worker = partition->worker;
    cycle_discard(partition);
    actor_cache_forget(&worker->actors, partition->number);
    day_totals_cache_forget(&worker->totals, partition->number);
    traces_free(partition);
    dedupe_free(&partition->dedupe);
    refusals_free(&partition->refusals);
    partition->ready = false;
    store_partition_release(worker->shared->config.store, partition->number);
}

void partition_set_back(struct partition *partition, const struct error *err) {
    forget(partition);
    report(partition, true, err);
    try_later(partition);
    park(partition);
}

void partition_log_failed(struct partition *partition, const struct error *err) {
    partition_finish(partition);
    partition->log_failed = true;
    report(partition, true, err);
    try_later(partition);
}

// What the log was told may be above where the store stands: then the store is an older copy, or lost its end. Retention must not
// drop what has to be read again.
static void lower_commit(const struct partition *partition,
                         const struct eventlog_partition_info *info) {
    if (info->committed <= partition->next_offset || partition->worker->shared->config.replay) {
        return;
    }
    LOG_WARN("processor", "the store stands before the committed offset; reading again from there",
             LOG_INT("partition", partition->number), LOG_INT("store", partition->next_offset),
             LOG_INT("committed", info->committed));
    enum status status =
        eventlog_commit(partition->worker->consumer, partition->number, partition->next_offset);
    if (status != STATUS_OK) {
        LOG_WARN("processor", "cannot commit an offset", LOG_INT("partition", partition->number),
                 LOG_CSTR("status", status_text(status)));
    }
}

// Where the store stands, and its dedupe window. start: as feed_loaded has it.
static enum status load(struct partition *partition, int64_t *start, struct error *err) {
    const struct processor_config *config = &partition->worker->shared->config;
    struct eventlog_partition_info info;
    // Another process may have had it since this one last looked.
    store_partition_release(config->store, partition->number);
    enum status status = store_partition_offset(config->store, eventlog_epoch(config->log),
                                                partition->number, &partition->next_offset);
    if (status == STATUS_CONFLICT) {
        return error_set(err, status,
                         "the store was filled from another event log; give each its own store");
    }
    if (status == STATUS_OK) {
        dedupe_init(&partition->dedupe, config->dedupe_window_ms, config->dedupe_ids);
        status = dedupe_load(&partition->dedupe, config->store, partition->number);
    }
    if (status == STATUS_OK) {
        status = refusals_load(&partition->refusals, config->store, partition->number);
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "the store cannot be read: %s", status_text(status));
    }
    status = log_info(partition, &info);
    if (status != STATUS_OK) {
        return error_set(err, status, "the log cannot be read: %s", status_text(status));
    }
    partition->log_lost = partition->log_lost || partition->next_offset > info.end;
    if (partition->log_lost) {
        return error_set(err, STATUS_CORRUPT,
                         "the store stands at offset %lld, the log ends at %lld: the log has lost "
                         "records",
                         (long long)partition->next_offset, (long long)info.end);
    }
    lower_commit(partition, &info);
    partition->stored_offset = partition->next_offset;
    if (partition->next_offset < info.begin) {
        LOG_WARN("processor", "the log no longer has records that the store never saw",
                 LOG_INT("partition", partition->number), LOG_INT("from", partition->next_offset),
                 LOG_INT("to", info.begin));
        partition->next_offset = info.begin;
    }
    partition->ready = true;
    if (start) {
        *start = partition->next_offset;
    }
    feed_loaded(partition, info.begin, start);
    return STATUS_OK;
}

void partition_retry(struct partition *partition) {
    struct error err = {.status = STATUS_OK};
    enum status status = STATUS_OK;
    if (!partition->ready) {
        status = load(partition, NULL, &err);
        if (status == STATUS_OK) {
            partition->flushed_offset = -1;
        }
    }
    if (status == STATUS_OK) {
        status =
            eventlog_seek(partition->worker->consumer, partition->number, partition->next_offset);
        if (status != STATUS_OK) {
            (void)error_set(&err, status, "the log cannot be read: %s", status_text(status));
        }
    }
    if (status != STATUS_OK) {
        partition_set_back(partition, &err);
        return;
    }
    partition->retry_us = 0;
    if (!partition->log_failed) {
        report(partition, true, NULL);
    }
}

void partition_finish(struct partition *partition) {
    struct error err;
    if (cycle_commit(partition, &err) != STATUS_OK) {
        partition_set_back(partition, &err);
    }
}

void partitions_flush(struct worker *worker) {
    bool wanted = false;
    for (struct partition *p = worker->partitions; p; p = p->next) {
        wanted = wanted || (p->ready && p->stored_offset > p->flushed_offset);
    }
    worker->flush_us = now_us(worker);
    if (!wanted) {
        return;
    }
    enum status status = store_flush(worker->shared->config.store);
    if (status != STATUS_OK) {
        // Nothing is lost: the log keeps the records, and the next round tries again.
        LOG_WARN("processor", "the store cannot be made durable",
                 LOG_CSTR("status", status_text(status)));
        return;
    }
    for (struct partition *p = worker->partitions; p; p = p->next) {
        if (!p->ready || p->stored_offset <= p->flushed_offset) {
            continue;
        }
        if (worker->shared->config
                .replay) { // a group with offsets would hold the log's retention back
            p->flushed_offset = p->stored_offset;
            continue;
        }
        status = eventlog_commit(worker->consumer, p->number, p->stored_offset);
        if (status == STATUS_OK) {
            p->flushed_offset = p->stored_offset;
        } else {
            LOG_WARN("processor", "cannot commit an offset", LOG_INT("partition", p->number),
                     LOG_CSTR("status", status_text(status)));
        }
    }
}

void partition_assigned(unsigned number, int64_t *start, void *context) {
    struct worker *worker = context;
    struct error err = {.status = STATUS_OK};
    struct partition *partition = calloc(1, sizeof *partition);
    if (!partition) {
        return; // the worker tries again when records come without a place for them
    }
    partition->worker = worker;
    partition->number = number;
    partition->flushed_offset = -1;
    partition->next = worker->partitions;
    worker->partitions = partition;
    if (load(partition, start, &err) == STATUS_OK) {
        report(partition, true, NULL);
        return;
    }
    struct eventlog_partition_info info;
    if (log_info(partition, &info) == STATUS_OK) {
        *start = info.end; // as park does
    }
    forget(partition);
    report(partition, true, &err);
    try_later(partition);
}

void partition_revoked(unsigned number, void *context) {
    struct worker *worker = context;
    struct partition **at = &worker->partitions;
    while (*at && (*at)->number != number) {
        at = &(*at)->next;
    }
    struct partition *partition = *at;
    if (!partition) {
        return;
    }
    partition_finish(partition);
    partitions_flush(worker);
    *at = partition->next;
    forget(partition);
    feed_given_up(partition);
    report(partition, false, NULL);
    free(partition);
}
