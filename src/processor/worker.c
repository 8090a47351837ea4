// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The loop's body: poll, apply, commit what is due, flush now and then.
#include "processor/worker.h"

#include <stdlib.h>

#include "base/log.h"
#include "processor/feed.h"

#define CATCHING_UP_US (100 * 1000LL) // oldest an open cycle gets while there is more to read
// A cycle that got so many events while it lingered stays open so many times as long: events that come fast share rows.
#define BUSY_EVENTS 8
#define BUSY_LINGERS 8
// A commit that takes long is worth more events: a cycle stays open so many times as long as commits have taken, within limits, so that
// a store that is busy gets fewer and larger ones and what it does for each event falls, instead of its answers coming later and later.
#define COMMIT_LINGERS 4
#define PACED_MOST_US (400 * 1000LL)
#define FLUSH_US (5 * 1000 * 1000LL)
#define ARENA_CHUNK ((size_t)512 << 10)
#define SCRATCH_MAX ((size_t)16 << 20)

static int64_t now_us(const struct worker *worker) {
    struct clock *clock = worker->shared->config.clock;
    return clock->mono_us(clock);
}

// --- Opening and closing --------------------------------------------------------------------------------------------

static enum status allocate(struct worker *worker) {
    const struct processor_config *config = &worker->shared->config;
    intern_init(&worker->intern);
    actor_cache_init(&worker->actors, &worker->intern);
    project_zones_init(&worker->projects, config->store);
    arena_init(&worker->arena, ARENA_CHUNK, 0);
    buffer_init(&worker->scratch, SCRATCH_MAX);
    worker->events = calloc(CYCLE_STEP_EVENTS, sizeof *worker->events);
    worker->requests = calloc(CYCLE_STEP_EVENTS, sizeof *worker->requests);
    worker->waiting = calloc(CYCLE_STEP_EVENTS, sizeof(struct actor *));
    enum status status =
        worker->events && worker->requests && worker->waiting ? STATUS_OK : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        status = day_totals_cache_init(&worker->totals, config->store, &worker->intern,
                                       &worker->shared->breakdowns);
    }
    if (status == STATUS_OK) {
        status = dimensions_init(&worker->dimensions, config->enrichment);
    }
    if (status == STATUS_OK) {
        status = json_parser_make(&worker->parser);
    }
    if (status == STATUS_OK && (config->shape || config->funnels)) {
        status = shape_worker_make(&worker->shape);
    }
    return status;
}

enum status worker_open(struct processor_shared *shared, unsigned workers, struct worker **out,
                        struct error *err) {
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the processor");
    }
    worker->shared = shared;
    worker->cache_bytes = shared->config.cache_bytes / (workers > 0 ? workers : 1);
    enum status status = allocate(worker);
    if (status != STATUS_OK) {
        status = error_set(err, status, "no memory for the processor");
    } else {
        struct eventlog_consumer_config config = {.group = processor_group(&shared->config),
                                                  .assigned = partition_assigned,
                                                  .revoked = partition_revoked,
                                                  .context = worker};
        worker->flush_us = now_us(worker);
        status = eventlog_consumer_open(shared->config.log, &config, &worker->consumer, err);
    }
    if (status != STATUS_OK) {
        worker_close(worker);
        return status;
    }
    *out = worker;
    return STATUS_OK;
}

void worker_close(struct worker *worker) {
    if (!worker) {
        return;
    }
    if (worker->consumer) {
        for (struct partition *p = worker->partitions; p; p = p->next) {
            partition_finish(p);
        }
        partitions_flush(worker);
        eventlog_consumer_close(worker->consumer); // gives the partitions up
    }
    json_parser_free(worker->parser);
    shape_worker_free(worker->shape);
    dimensions_free(&worker->dimensions);
    actor_cache_free(&worker->actors);
    day_totals_cache_free(&worker->totals);
    project_zones_free(&worker->projects);
    intern_free(&worker->intern);
    buffer_free(&worker->scratch);
    arena_free(&worker->arena);
    free(worker->events);
    free(worker->requests);
    free(worker->waiting);
    free(worker);
}

// --- Running --------------------------------------------------------------------------------------------------------

static struct partition *find(const struct worker *worker, unsigned number) {
    struct partition *partition = worker->partitions;
    while (partition && partition->number != number) {
        partition = partition->next;
    }
    return partition;
}

static int64_t linger_us(const struct partition *partition) {
    int64_t linger = partition->worker->shared->config.linger_us;
    int64_t paced = partition->commit_us * COMMIT_LINGERS;
    paced = paced < PACED_MOST_US ? paced : PACED_MOST_US;
    linger = linger > paced ? linger : paced;
    if (partition->events < BUSY_EVENTS || linger >= CATCHING_UP_US) {
        return linger;
    }
    int64_t busy = linger * BUSY_LINGERS;
    return busy < CATCHING_UP_US ? busy : CATCHING_UP_US;
}

// When an open cycle is to be committed: soon when the log has nothing more, later when more is coming for the same rows.
static int64_t due_us(const struct partition *partition) {
    const struct worker *worker = partition->worker;
    bool more = eventlog_consumer_end(worker->consumer, partition->number) > partition->next_offset;
    int64_t linger = linger_us(partition);
    return partition->opened_us + (more && linger < CATCHING_UP_US ? CATCHING_UP_US : linger);
}

static void finish_due(struct worker *worker) {
    int64_t now = now_us(worker);
    size_t bytes = 0;
    for (struct partition *p = worker->partitions; p; p = p->next) {
        if (p->batch && due_us(p) <= now) {
            partition_finish(p);
        }
        bytes += p->batch ? store_batch_bytes(p->batch) : 0;
    }
    size_t open_most = worker->shared->config.batch_bytes / 2 * 5; // of all open cycles
    bool crowded = bytes > open_most || cycle_cached_bytes(worker) > worker->cache_bytes;
    for (struct partition *p = worker->partitions; p && crowded; p = p->next) {
        partition_finish(p);
    }
}

static void retry_due(struct worker *worker) {
    for (struct partition *p = worker->partitions; p; p = p->next) {
        if (p->retry_us > 0 && p->retry_us <= now_us(worker)) {
            partition_retry(p);
        }
    }
}

// Until the first thing that is due.
static int64_t patience(const struct worker *worker, int64_t timeout_us) {
    int64_t now = now_us(worker);
    for (const struct partition *p = worker->partitions; p; p = p->next) {
        int64_t due = p->batch          ? p->opened_us + linger_us(p)
                      : p->retry_us > 0 ? p->retry_us
                                        : INT64_MAX;
        if (due != INT64_MAX && due - now < timeout_us) {
            timeout_us = due > now ? due - now : 0;
        }
    }
    return timeout_us;
}

// Memory was short when the partition was assigned: what has been read comes again, once there is a place for it.
static void take_on_late(struct worker *worker, const struct eventlog_batch *batch) {
    int64_t start = batch->count > 0 ? batch->records[0].offset : batch->next_offset;
    partition_assigned(batch->partition, &start, worker);
    if (eventlog_seek(worker->consumer, batch->partition, start) != STATUS_OK) {
        LOG_ERROR("processor", "a partition could not be read again",
                  LOG_INT("partition", batch->partition), LOG_INT("offset", start));
    }
}

static void take_batch(struct worker *worker, const struct eventlog_batch *batch) {
    struct error err;
    struct partition *partition = find(worker, batch->partition);
    if (!partition) {
        take_on_late(worker, batch);
        return;
    }
    if (!partition->ready) {
        return; // parked: read again from where the store stands
    }
    if (partition->log_failed) {
        partition_fine(partition);
    }
    size_t past = feed_fill(partition, batch);
    if (cycle_apply(partition, batch->records + past, batch->count - past, &err) != STATUS_OK) {
        partition_set_back(partition, &err);
    } else if (batch->next_offset > partition->next_offset) {
        partition->next_offset = batch->next_offset;
    }
}

enum status worker_run_once(struct worker *worker, int64_t timeout_us) {
    struct eventlog_batch batch = {0};
    struct error err = {.status = STATUS_OK};
    retry_due(worker);
    int64_t wait_us = patience(worker, timeout_us);
    // A large part of a cycle of one partition, so that a row is written once for many events.
    enum status status =
        eventlog_poll(worker->consumer, wait_us, worker->shared->config.batch_bytes, &batch, &err);
    if (status == STATUS_OK) {
        take_batch(worker, &batch);
        finish_due(worker);
    } else if (status == STATUS_TIMEOUT && wait_us < timeout_us) {
        finish_due(worker);
        status = STATUS_OK;
    } else if (status == STATUS_TIMEOUT) {
        // Nothing more to read: waiting longer would make nothing better.
        for (struct partition *p = worker->partitions; p; p = p->next) {
            partition_finish(p);
        }
        status = STATUS_OK;
    } else if (status == STATUS_CORRUPT || status == STATUS_IO) {
        struct partition *partition = find(worker, batch.partition);
        if (partition) {
            partition_log_failed(partition, &err);
            status = STATUS_OK;
        }
    }
    if (now_us(worker) - worker->flush_us >= FLUSH_US) {
        partitions_flush(worker);
    }
    return status;
}
