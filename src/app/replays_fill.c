// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The thread of replays: fills a new generation of the store, switches, and removes what is left of old ones.
#include <inttypes.h>
#include <stdio.h>

#include "app/parts.h"
#include "app/replays_private.h"
#include "base/log.h"
#include "store/generations.h"

#define LOOK_US (20 * 1000LL)
#define PAUSE_LOOKS 500 // looks for which it does: 10 s, then it goes on
#define IDLE_US (1000 * 1000LL)

void app_replays_basis(const struct app_replays *replays, char basis[REPLAY_BASIS_LEN + 1]) {
    const struct app_service *service = replays->service;
    struct processor_config config = app_processor_config(service->settings);
    char agents[ENRICHMENT_ABOUT];
    char locations[ENRICHMENT_ABOUT];
    char text[ENRICHMENT_ABOUT * 2 + 160];
    enrichment_about_agents(replays->enrichment, agents);
    enrichment_about_locations(replays->enrichment, locations);
    struct shape_batch held = {.shape = NULL};
    uint64_t rules = 0;
    if (shape_batch_begin(&held, replays->shape) == STATUS_OK) {
        rules = shape_rules_fingerprint(held.rules);
    }
    shape_batch_discard(&held);
    int len = snprintf(text, sizeof text, "%016" PRIx64 " %s %s %lld %lld %lld %zu %d %u", rules,
                       agents, locations, (long long)config.session_gap_ms,
                       (long long)config.session_age_ms, (long long)config.dedupe_window_ms,
                       config.dedupe_ids, config.keep_bots, config.breakdown_limit);
    uint64_t hash = str_hash(str_make(text, (size_t)len), 1);
    for (size_t i = 0; i < config.breakdown_limit_count; i++) {
        hash = str_hash(config.breakdown_limits[i], hash);
    }
    for (size_t i = 0; i < replays->enrichment->declared_count; i++) {
        hash = str_hash(replays->enrichment->declared[i].name, hash);
        hash = str_hash(replays->enrichment->declared[i].path, hash);
    }
    struct funnel_set *funnels = funnel_board_hold(replays->funnels);
    for (size_t i = 0; funnels && i < funnel_set_count(funnels); i++) {
        hash = str_hash(str_from_c(funnel_set_at(funnels, i)->id_text), hash);
    }
    funnel_set_release(funnels);
    (void)snprintf(basis, REPLAY_BASIS_LEN + 1, "%016" PRIx64, hash);
}

void app_replays_close_filler(struct app_replays *replays) {
    processor_stop(replays->filler);
    replays->filler = NULL;
    if (replays->next) {
        store_close(replays->next);
        replays->next = NULL;
    }
}

void app_replays_release_basis(struct app_replays *replays) {
    shape_free(replays->shape);
    funnel_board_free(replays->funnels);
    enrichment_free(replays->enrichment);
    replays->shape = NULL;
    replays->funnels = NULL;
    replays->enrichment = NULL;
}

enum status app_replays_hold_basis(struct app_replays *replays, struct error *err) {
    struct shape_batch now = {.shape = NULL};
    if (replays->shape) {
        return STATUS_OK;
    }
    enum status status = app_enrichment_make(replays->service->settings, &replays->enrichment, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = shape_batch_begin(&now, replays->service->shape);
    if (status == STATUS_OK) {
        status = shape_make(shape_rules_hold(now.rules), &replays->shape);
    }
    shape_batch_discard(&now);
    if (status == STATUS_OK && replays->service->funnels) {
        struct funnel_set *set = funnel_board_hold(replays->service->funnels);
        status = set ? funnel_board_make(set, &replays->funnels) : STATUS_OK;
    }
    if (status != STATUS_OK) {
        app_replays_release_basis(replays);
        return error_set(err, status, "rules: %s", status_text(status));
    }
    return STATUS_OK;
}

// A generation must not be made by two sets of rules: one that was begun with others is begun anew.
static enum status settle_basis(struct app_replays *replays) {
    struct replay_record record;
    struct buffer note;
    char basis[REPLAY_BASIS_LEN + 1];
    (void)app_replays_active(replays, &record);
    app_replays_basis(replays, basis);
    if (strcmp(record.basis, basis) == 0) {
        return STATUS_OK;
    }
    if (record.basis[0]) {
        LOG_WARN("replay", "rules, enrichment or settings are others now: the replay begins anew",
                 LOG_CSTR("id", record.id));
    }
    buffer_init(&note, STORE_GENERATION_NOTE_MAX);
    memcpy(record.basis, basis, sizeof basis);
    record.processed = record.records = 0;
    record.state = REPLAY_RUNNING;
    enum status status = app_replays_note(&note, &record);
    if (status == STATUS_OK) {
        struct store_generation_start start = {
            .note = buffer_str(&note), .again = true, .carry = record.partial};
        status = store_generation_begin(replays->service->store, &start);
    }
    buffer_free(&note);
    if (status == STATUS_OK) {
        pthread_mutex_lock(&replays->mutex);
        memcpy(replays->current.basis, basis, sizeof basis);
        replays->current.processed = replays->current.records = 0;
        pthread_mutex_unlock(&replays->mutex);
    }
    return status;
}

// What the log has no more does not keep the new generation from being level with the old one.
static enum status skip_what_is_gone(struct app_replays *replays) {
    int64_t epoch = eventlog_epoch(replays->service->log);
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < replays->partitions && status == STATUS_OK; i++) {
        struct eventlog_partition_info info;
        struct store_batch *batch = NULL;
        int64_t stored = 0;
        status = store_partition_offset(replays->next, epoch, i, &stored);
        if (status == STATUS_OK) {
            status = eventlog_partition_info(replays->service->log, i, STR(PROCESSOR_GROUP), &info);
        }
        if (status != STATUS_OK || stored >= info.begin) {
            continue;
        }
        status = store_batch_begin(replays->next, epoch, i, &batch);
        if (status == STATUS_OK) {
            status = store_batch_commit(batch, info.begin);
        }
    }
    return status;
}

static enum status open_filler(struct app_replays *replays, struct error *err) {
    struct app_service *service = replays->service;
    struct replay_record record;
    enum status status = app_replays_hold_basis(replays, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = settle_basis(replays);
    if (status == STATUS_OK) {
        status = store_generation_open(service->store, NULL, NULL, &replays->next);
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "the store cannot be asked: %s", status_text(status));
    }
    (void)app_replays_active(replays, &record);
    return app_replays_start_filler(replays, &record, err);
}

enum status app_replays_start_filler(struct app_replays *replays,
                                     const struct replay_record *record, struct error *err) {
    struct app_service *service = replays->service;
    enum status status = record->partial ? skip_what_is_gone(replays) : STATUS_OK;
    if (status != STATUS_OK) {
        return error_set(err, status, "the new generation cannot be begun: %s",
                         status_text(status));
    }
    struct processor_config config = app_processor_config(service->settings);
    config.log = service->log;
    config.store = replays->next;
    config.shape = replays->shape;
    config.funnels = replays->funnels;
    config.enrichment = replays->enrichment;
    config.replay = true;
    config.beside = service->store;
    config.replay_from_ms = record->from_ms;
    config.replay_from_offset = record->from_offset;
    return processor_start(&config, &replays->filler, err);
}

struct sight {
    int64_t left; // records to read; -1: a partition is stuck, or nothing is known
    bool lost;    // the log dropped records that were still to be read
};

static struct sight look(struct app_replays *replays) {
    struct eventlog_partition_info info;
    struct sight sight = {.left = 0};
    int64_t processed = 0;
    size_t count = processor_partitions(replays->filler, replays->rows, replays->partitions);
    char problem[sizeof replays->rows->problem + 32] = "";
    for (size_t i = 0; i < count && sight.left >= 0; i++) {
        const struct processor_partition_status *row = &replays->rows[i];
        if (row->stuck || eventlog_partition_info(replays->service->log, (unsigned)i,
                                                  STR(PROCESSOR_GROUP), &info) != STATUS_OK) {
            (void)snprintf(problem, sizeof problem, "partition %zu: %s", i,
                           row->stuck ? row->problem : "the log cannot be asked");
            sight.left = -1;
            continue;
        }
        sight.lost = sight.lost || (row->owned && row->next_offset < info.begin);
        processed += row->next_offset > info.begin ? row->next_offset - info.begin : 0;
        sight.left += info.end > row->next_offset ? info.end - row->next_offset : 0;
    }
    app_replays_problem(replays, problem);
    pthread_mutex_lock(&replays->mutex);
    if (sight.left >= 0) {
        replays->current.processed = processed;
        replays->current.records = processed + sight.left;
    }
    sight.lost = sight.lost && !replays->current.partial;
    pthread_mutex_unlock(&replays->mutex);
    return sight;
}

// Whether the new generation has all that the old one has: answers never go back.
static bool has_all(struct app_replays *replays) {
    struct app_service *service = replays->service;
    int64_t epoch = eventlog_epoch(service->log);
    bool all = true;
    for (unsigned i = 0; i < replays->partitions && all; i++) {
        int64_t old = 0;
        int64_t new = 0;
        all = store_partition_offset(service->store, epoch, i, &old) == STATUS_OK &&
              store_partition_offset(replays->next, epoch, i, &new) == STATUS_OK && new >= old;
    }
    return all;
}

static bool must_leave(struct app_replays *replays) {
    return atomic_load(&replays->stopping) || atomic_load(&replays->cancelling);
}

// With the other processor paused. *switched: it happened.
static enum status try_switch(struct app_replays *replays, bool *switched, struct error *err) {
    bool all = false;
    for (unsigned i = 0; i < PAUSE_LOOKS && !all && !must_leave(replays); i++) {
        all = has_all(replays);
        if (!all) {
            queue_wait(&replays->waker, LOOK_US);
        }
    }
    if (!all || must_leave(replays)) {
        return STATUS_OK;
    }
    (void)look(replays); // for the record
    app_replays_close_filler(replays);
    enum status status = store_flush(replays->service->store);
    if (status == STATUS_OK) {
        status = app_replays_finish(replays, REPLAY_SWITCHED, "");
    }
    *switched = status == STATUS_OK;
    return status == STATUS_OK ? status
                               : error_set(err, status, "the generations cannot be switched: %s",
                                           status_text(status));
}

void app_replays_resume(struct app_replays *replays) {
    struct error err = {.status = STATUS_OK};
    while (processor_resume(replays->service->processor, &err) != STATUS_OK &&
           !atomic_load(&replays->stopping)) {
        LOG_ERROR("replay", "the processor cannot go on yet", LOG_CSTR("problem", err.text));
        queue_wait(&replays->waker, IDLE_US);
    }
}

// Level with the log. True: it may switch.
static bool caught_up(struct app_replays *replays) {
    pthread_mutex_lock(&replays->mutex);
    bool waits = replays->current.manual;
    bool news = waits && replays->current.state != REPLAY_CAUGHT_UP;
    if (waits) {
        replays->current.state = REPLAY_CAUGHT_UP;
    }
    pthread_mutex_unlock(&replays->mutex);
    if (news) {
        LOG_INFO("replay", "the replay is level with the log, and waits for somebody to switch");
    }
    return !waits;
}

// Until it is level with the log and has taken over, or must leave.
static enum status fill(struct app_replays *replays, bool *switched, struct error *err) {
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !*switched && !must_leave(replays)) {
        struct sight sight = look(replays);
        if (sight.lost) {
            return error_set(err, STATUS_PRECONDITION,
                             "the log's retention took records that were still to be read");
        }
        if (sight.left >= 0 && sight.left <= REPLAYS_LEVEL_RECORDS && caught_up(replays)) {
            processor_pause(replays->service->processor);
            status = try_switch(replays, switched, err);
            app_replays_resume(replays);
        } else {
            queue_wait(&replays->waker, LOOK_US);
        }
    }
    return status;
}

static void replay(struct app_replays *replays) {
    struct error err = {.status = STATUS_OK};
    bool switched = false;
    enum status status = atomic_load(&replays->cancelling) ? STATUS_OK : open_filler(replays, &err);
    if (status == STATUS_OK && replays->filler) {
        status = fill(replays, &switched, &err);
    }
    app_replays_close_filler(replays);
    if (!switched && atomic_load(&replays->cancelling)) {
        status = app_replays_finish(replays, REPLAY_CANCELLED, "");
        (void)error_set(&err, status, "it cannot be cancelled: %s", status_text(status));
    } else if (status == STATUS_PRECONDITION) {
        status = app_replays_finish(replays, REPLAY_FAILED, err.text);
        (void)error_set(&err, status, "it cannot be ended: %s", status_text(status));
    }
    if (status != STATUS_OK) {
        app_replays_problem(replays, err.text); // tried again
        queue_wait(&replays->waker, IDLE_US);
    }
    if (!app_replays_active(replays, NULL)) {
        app_replays_release_basis(replays);
    }
}

static void sweep(struct app_replays *replays) {
    bool more = true;
    while (more && !atomic_load(&replays->stopping) && !app_replays_active(replays, NULL)) {
        enum status status =
            store_generation_sweep(replays->service->store, REPLAYS_SWEEP_ROWS, &more);
        if (status != STATUS_OK) {
            LOG_WARN("replay", "what is left of an old generation cannot be removed yet",
                     LOG_CSTR("status", status_text(status)));
            return;
        }
    }
}

void *app_replays_run(void *context) {
    struct app_replays *replays = context;
    bool swept = false;
    while (!atomic_load(&replays->stopping)) {
        if (app_replays_active(replays, NULL)) {
            replay(replays);
            swept = false;
        } else if (!swept) {
            sweep(replays);
            swept = true;
        } else {
            queue_wait(&replays->waker, IDLE_US);
        }
    }
    app_replays_close_filler(replays);
    app_replays_release_basis(replays);
    return NULL;
}
