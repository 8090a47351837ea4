// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The processor's threads, and what others may ask about them.
#include "processor/processor.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/queue.h"
#include "base/thread.h"
#include "live/feed.h"
#include "processor/worker.h"

#define DEFAULT_SESSION_GAP_MS (30 * 60 * 1000LL)
#define DEFAULT_DEDUPE_WINDOW_MS (24 * 3600 * 1000LL)
#define DEFAULT_DEDUPE_IDS 125000
#define DEFAULT_CACHE_BYTES ((size_t)12 << 20)
#define DEFAULT_LINGER_US 5000
#define DEFAULT_CYCLE_EVENTS 20000
#define DEFAULT_BATCH_BYTES ((size_t)2 << 20)
#define THREADS_MAX 64
#define IDLE_US (1000 * 1000LL)
#define PAUSE_US (200 * 1000LL) // after the log failed as a whole

struct processor_thread {
    struct processor *processor;
    struct worker *worker;
    struct thread thread;
    bool started;
};

struct processor {
    struct processor_shared shared;
    struct processor_thread threads[THREADS_MAX];
    unsigned thread_count;
    atomic_bool stopping;
    struct queue_waker waker; // ends a pause
};

static void fill_in_defaults(struct processor_config *config) {
    config->threads = config->threads == 0            ? 1
                      : config->threads > THREADS_MAX ? THREADS_MAX
                                                      : config->threads;
    config->session_gap_ms =
        config->session_gap_ms > 0 ? config->session_gap_ms : DEFAULT_SESSION_GAP_MS;
    config->dedupe_window_ms =
        config->dedupe_window_ms > 0 ? config->dedupe_window_ms : DEFAULT_DEDUPE_WINDOW_MS;
    config->dedupe_ids = config->dedupe_ids > 0 ? config->dedupe_ids : DEFAULT_DEDUPE_IDS;
    config->cache_bytes = config->cache_bytes > 0 ? config->cache_bytes : DEFAULT_CACHE_BYTES;
    config->linger_us = config->linger_us > 0 ? config->linger_us : DEFAULT_LINGER_US;
    config->cycle_events = config->cycle_events > 0 ? config->cycle_events : DEFAULT_CYCLE_EVENTS;
    config->batch_bytes = config->batch_bytes > 0 ? config->batch_bytes : DEFAULT_BATCH_BYTES;
}

static metrics_id outcome(const char *label) {
    return metrics_counter("footfall_processor_events_total",
                           "Events read from the log, by what became of them", label);
}

static enum status make_breakdowns(struct processor_shared *shared, struct error *err) {
    struct processor_config *config = &shared->config;
    enum status status = STATUS_OK;
    if (!config->enrichment) {
        static const struct enrichment_config builtin = {.agent_rules = STR_INIT("builtin")};
        status = enrichment_make(&builtin, &shared->own_enrichment, err);
        config->enrichment = shared->own_enrichment;
    }
    if (status == STATUS_OK) {
        status = breakdowns_make(config, config->enrichment, &shared->breakdowns, err);
    }
    if (status != STATUS_OK) {
        enrichment_free(shared->own_enrichment);
        return status;
    }
    folded_counts_init(&shared->folded);
    return STATUS_OK;
}

enum status processor_shared_init(struct processor_shared *shared,
                                  const struct processor_config *config, struct error *err) {
    static const double bounds[] = {0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60};
    memset(shared, 0, sizeof *shared);
    shared->config = *config;
    fill_in_defaults(&shared->config);
    shared->partition_count = eventlog_partition_count(config->log);
    shared->partitions = calloc(shared->partition_count, sizeof *shared->partitions);
    if (!shared->partitions) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the processor");
    }
    enum status status = make_breakdowns(shared, err);
    if (status != STATUS_OK) {
        free(shared->partitions);
        shared->partitions = NULL;
        return status;
    }
    shared->metrics.applied = outcome("outcome=\"applied\"");
    shared->metrics.duplicates = outcome("outcome=\"duplicate\"");
    shared->metrics.bots = outcome("outcome=\"bot\"");
    shared->metrics.filtered = outcome("outcome=\"filtered\"");
    shared->metrics.dead_letters = outcome("outcome=\"dead_letter\"");
    shared->metrics.late_sessions =
        metrics_counter("footfall_processor_late_sessions_total",
                        "Events that belong to a session before their person's newest", NULL);
    shared->metrics.without_session = metrics_counter(
        "footfall_processor_without_session_total",
        "Events in no session, because they were older than retention.sessions when received",
        NULL);
    shared->metrics.cycles =
        metrics_counter("footfall_processor_cycles_total", "Store batches committed", NULL);
    shared->metrics.visible =
        metrics_histogram("footfall_processor_visible_seconds",
                          "From the receipt of a cycle's last event until it can be queried", NULL,
                          bounds, sizeof bounds / sizeof bounds[0]);
    if (config->live) {
        live_feed_set_partitions(config->live, shared->partition_count);
    }
    pthread_mutex_init(&shared->mutex, NULL);
    return STATUS_OK;
}

void processor_shared_free(struct processor_shared *shared) {
    if (shared->partitions) {
        pthread_mutex_destroy(&shared->mutex);
        free(shared->partitions);
        shared->partitions = NULL;
        folded_counts_free(&shared->folded);
        enrichment_free(shared->own_enrichment);
        shared->own_enrichment = NULL;
    }
}

static void *run(void *context) {
    struct processor_thread *thread = context;
    struct processor *processor = thread->processor;
    while (!atomic_load(&processor->stopping)) {
        enum status status = worker_run_once(thread->worker, IDLE_US);
        if (status == STATUS_CLOSED) {
            break;
        }
        if (status != STATUS_OK) {
            LOG_ERROR("processor", "the event log cannot be read",
                      LOG_CSTR("status", status_text(status)));
            queue_wait(&processor->waker, PAUSE_US);
        }
    }
    return NULL;
}

static enum status start_threads(struct processor *processor, struct error *err) {
    unsigned count = processor->shared.config.threads;
    for (unsigned i = 0; i < count; i++) {
        struct processor_thread *thread = &processor->threads[i];
        char name[16];
        snprintf(name, sizeof name, "processor-%u", i % 1000);
        thread->processor = processor;
        enum status status = worker_open(&processor->shared, count, &thread->worker, err);
        if (status != STATUS_OK) {
            return status;
        }
        processor->thread_count = i + 1;
        status = thread_start(&thread->thread, name, run, thread);
        if (status != STATUS_OK) {
            return error_set(err, status, "cannot start a processor thread: %s",
                             status_text(status));
        }
        thread->started = true;
    }
    return STATUS_OK;
}

// New records would get the offsets of lost ones, which the store has already: they would never be processed. So none are taken.
static enum status check_log(const struct processor_config *config, struct error *err) {
    unsigned count = eventlog_partition_count(config->log);
    struct eventlog_partition_info *infos = calloc(count, sizeof *infos);
    int64_t *offsets = calloc(count, sizeof *offsets);
    enum status status = STATUS_OK;
    if (infos == NULL || offsets == NULL) {
        status = error_set(err, STATUS_NO_MEMORY, "no memory for the processor");
        count = 0;
    }
    // The store before the log: other processors may be going on meanwhile. What cannot be asked now is asked by the worker again, and
    // reported.
    for (unsigned i = 0; i < count; i++) {
        if (store_partition_offset(config->store, eventlog_epoch(config->log), i, &offsets[i]) !=
            STATUS_OK) {
            offsets[i] = 0;
        }
    }
    if (count > 0 &&
        eventlog_partitions_info(config->log, processor_group(config), infos, count) != STATUS_OK) {
        count = 0;
    }
    for (unsigned i = 0; i < count && status == STATUS_OK; i++) {
        if (offsets[i] > infos[i].end) {
            status = error_set(err, STATUS_CORRUPT,
                               "partition %u: the store stands at offset %lld but the event log "
                               "ends at %lld: the log has lost records, or is an older copy; "
                               "restore log and store from the same moment",
                               i, (long long)offsets[i], (long long)infos[i].end);
        }
    }
    free(infos);
    free(offsets);
    return status;
}

enum status processor_start(const struct processor_config *config, struct processor **out,
                            struct error *err) {
    struct processor *processor = calloc(1, sizeof *processor);
    if (!processor) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the processor");
    }
    queue_waker_init(&processor->waker);
    atomic_init(&processor->stopping, false);
    enum status status = processor_shared_init(&processor->shared, config, err);
    if (status == STATUS_OK) {
        status = check_log(config, err);
    }
    if (status == STATUS_OK) {
        status = start_threads(processor, err);
    }
    if (status != STATUS_OK) {
        processor_stop(processor);
        return status;
    }
    *out = processor;
    return STATUS_OK;
}

void processor_pause(struct processor *processor) {
    atomic_store(&processor->stopping, true);
    for (unsigned i = 0; i < processor->thread_count; i++) {
        eventlog_consumer_wake(processor->threads[i].worker->consumer);
    }
    queue_wake(&processor->waker);
    for (unsigned i = 0; i < processor->thread_count; i++) {
        if (processor->threads[i].started) {
            thread_join(&processor->threads[i].thread);
        }
    }
    for (unsigned i = 0; i < processor->thread_count; i++) {
        worker_close(processor->threads[i].worker);
        processor->threads[i] = (struct processor_thread){.started = false};
    }
    processor->thread_count = 0;
    atomic_store(&processor->stopping, false);
}

void processor_move(struct processor *processor, struct store *store) {
    processor->shared.config.store = store;
}

enum status processor_resume(struct processor *processor, struct error *err) {
    enum status status = start_threads(processor, err);
    if (status != STATUS_OK) {
        processor_pause(processor);
    }
    return status;
}

void processor_stop(struct processor *processor) {
    if (!processor) {
        return;
    }
    processor_pause(processor);
    processor_shared_free(&processor->shared);
    queue_waker_destroy(&processor->waker);
    free(processor);
}

void processor_stats(struct processor *processor, struct processor_stats *out) {
    struct processor_shared *shared = &processor->shared;
    *out = (struct processor_stats){
        .applied = atomic_load(&shared->applied),
        .duplicates = atomic_load(&shared->duplicates),
        .bots = atomic_load(&shared->bots),
        .filtered = atomic_load(&shared->filtered),
        .dead_letters = atomic_load(&shared->dead_letters),
        .cycles = atomic_load(&shared->cycles),
    };
}

size_t processor_partitions(struct processor *processor, struct processor_partition_status *out,
                            size_t max) {
    struct processor_shared *shared = &processor->shared;
    unsigned count = max < shared->partition_count ? (unsigned)max : shared->partition_count;
    struct eventlog_partition_info *infos = calloc(count > 0 ? count : 1, sizeof *infos);
    bool known = infos != NULL &&
                 eventlog_partitions_info(shared->config.log, processor_group(&shared->config),
                                          infos, count) == STATUS_OK;
    for (unsigned i = 0; i < count; i++) {
        pthread_mutex_lock(&shared->mutex);
        const struct partition_report *report = &shared->partitions[i];
        // Another process may own it: what its processor has told the log is the best that is known.
        int64_t next = report->next_offset;
        if (!report->owned && known && infos[i].committed > next) {
            next = infos[i].committed;
        }
        out[i] = (struct processor_partition_status){
            .partition = i,
            .owned = report->owned,
            .next_offset = next,
            .log_end =
                known && infos[i].end > next ? infos[i].end : next, // more may have been read
            .processed_ms = report->processed_ms,
            .stuck = report->stuck,
        };
        memcpy(out[i].problem, report->problem, sizeof out[i].problem);
        pthread_mutex_unlock(&shared->mutex);
    }
    free(infos);
    return shared->partition_count;
}

bool processor_is_stuck(struct processor *processor, unsigned partition) {
    struct processor_shared *shared = &processor->shared;
    pthread_mutex_lock(&shared->mutex);
    bool stuck = partition < shared->partition_count && shared->partitions[partition].owned &&
                 shared->partitions[partition].stuck;
    pthread_mutex_unlock(&shared->mutex);
    return stuck;
}

size_t processor_folded(struct processor *processor, struct processor_folded *out, size_t max) {
    return folded_counts_look(&processor->shared.folded, out, max);
}

void processor_render_folded(struct processor *processor, struct buffer *out) {
    folded_counts_render(&processor->shared.folded, out);
}

enum status processor_check_limits(const struct processor_config *config, struct error *err) {
    struct breakdowns breakdowns;
    return breakdowns_make(config, config->enrichment, &breakdowns, err);
}
