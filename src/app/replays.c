// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is known of replays, and what others ask of them.
#include "app/replays.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/replays_private.h"
#include "base/log.h"
#include "store/generations.h"

// --- What is known ------------------------------------------------------------------------------------------------------

enum status app_replays_note(struct buffer *out, const struct replay_record *record) {
    struct json_writer writer;
    json_writer_init(&writer, out);
    replay_record_write(&writer, record);
    return json_writer_status(&writer);
}

enum status app_replays_past(struct buffer *out, const struct replay_record *ended,
                             const struct replay_record *past, size_t count) {
    struct replay_record all[REPLAYS_KEPT];
    struct json_writer writer;
    size_t kept = count < REPLAYS_KEPT ? count : REPLAYS_KEPT - 1;
    all[0] = *ended;
    memcpy(&all[1], past, kept * sizeof *all);
    json_writer_init(&writer, out);
    replay_records_write(&writer, all, kept + 1);
    return json_writer_status(&writer);
}

void app_replays_problem(struct app_replays *replays, const char *problem) {
    pthread_mutex_lock(&replays->mutex);
    bool new = strcmp(replays->current.problem, problem) != 0;
    (void)snprintf(replays->current.problem, sizeof replays->current.problem, "%s", problem);
    pthread_mutex_unlock(&replays->mutex);
    if (new &&problem[0]) {
        LOG_ERROR("replay", "the replay cannot go on yet", LOG_CSTR("problem", problem));
    }
}

enum status app_replays_finish(struct app_replays *replays, enum replay_state state,
                               const char *problem) {
    struct clock *clock = clock_system();
    struct replay_record past[REPLAYS_KEPT];
    struct buffer text;
    buffer_init(&text, STORE_GENERATION_NOTE_MAX);
    pthread_mutex_lock(&replays->mutex);
    size_t kept = replays->past_count < REPLAYS_KEPT ? replays->past_count : REPLAYS_KEPT - 1;
    past[0] = replays->current;
    past[0].state = state;
    past[0].ended_ms = clock->wall_ms(clock);
    (void)snprintf(past[0].problem, sizeof past[0].problem, "%s", problem);
    memcpy(&past[1], replays->past, kept * sizeof *past);
    pthread_mutex_unlock(&replays->mutex);
    enum status status = app_replays_past(&text, &past[0], &past[1], kept);
    if (status == STATUS_OK) {
        status = state == REPLAY_SWITCHED
                     ? store_generation_switch(replays->service->store, buffer_str(&text))
                     : store_generation_abandon(replays->service->store, buffer_str(&text));
    }
    buffer_free(&text);
    if (status != STATUS_OK) {
        return status;
    }
    pthread_mutex_lock(&replays->mutex);
    memcpy(replays->past, past, (kept + 1) * sizeof *past);
    replays->past_count = kept + 1;
    replays->active = false;
    atomic_store(&replays->cancelling, false);
    pthread_mutex_unlock(&replays->mutex);
    LOG_INFO("replay", "a replay is over", LOG_CSTR("id", past[0].id),
             LOG_CSTR("state", replay_state_name(state)), LOG_CSTR("problem", problem));
    return STATUS_OK;
}

bool app_replays_active(struct app_replays *replays, struct replay_record *out) {
    pthread_mutex_lock(&replays->mutex);
    bool active = replays->active;
    if (out) {
        *out = replays->current;
    }
    pthread_mutex_unlock(&replays->mutex);
    return active;
}

// --- Start and stop -----------------------------------------------------------------------------------------------------

static double read_state(void *context) {
    struct replay_record record;
    bool active = app_replays_active(context, &record);
    return !active ? 0 : record.state == REPLAY_CAUGHT_UP ? 2 : 1;
}

static double read_processed(void *context) {
    struct replay_record record;
    return app_replays_active(context, &record) ? (double)record.processed : 0;
}

static double read_records(void *context) {
    struct replay_record record;
    return app_replays_active(context, &record) ? (double)record.records : 0;
}

static void add_gauges(struct app_replays *replays) {
    replays->gauges[0] =
        metrics_gauge("footfall_replay_state", "Replay of the log: 0 none, 1 running, 2 caught up",
                      NULL, read_state, replays);
    replays->gauges[1] =
        metrics_gauge("footfall_replay_processed_records", "Records that the replay has read", NULL,
                      read_processed, replays);
    replays->gauges[2] =
        metrics_gauge("footfall_replay_log_records", "Records that it has to read in all", NULL,
                      read_records, replays);
}

static void free_replays(struct app_replays *replays) {
    for (size_t i = 0; i < REPLAYS_GAUGES; i++) {
        metrics_gauge_remove(replays->gauges[i]);
    }
    queue_waker_destroy(&replays->waker);
    pthread_mutex_destroy(&replays->mutex);
    free(replays->rows);
    free(replays->sharing.closed_at);
    free(replays);
}

// What the store knows of replays. UNSUPPORTED: it has no generations.
static enum status load(struct app_replays *replays) {
    struct store *store = replays->service->store;
    struct store_generation_look now;
    struct str text;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    enum status status = store_generation_look(store, &arena, &now);
    replays->shared = status != STATUS_UNSUPPORTED;
    if (replays->shared) {
        arena_free(&arena);
        return status;
    }
    status = store_generation_open(store, &arena, &text, NULL);
    replays->active = status == STATUS_OK;
    if (status == STATUS_OK) {
        status = replay_record_read(text, &replays->current);
    }
    if (status == STATUS_OK || status == STATUS_NOT_FOUND) {
        status = store_generation_past(store, &arena, &text);
        if (status == STATUS_OK) {
            status = replay_records_read(text, replays->past, &replays->past_count);
        }
    }
    arena_free(&arena);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status app_replays_start(struct app_service *service, struct app_replays **out,
                              struct error *err) {
    struct app_replays *replays = calloc(1, sizeof *replays);
    unsigned partitions = service->processor ? eventlog_partition_count(service->log) : 0;
    struct processor_partition_status *rows = calloc(partitions + 1, sizeof *rows);
    int64_t *closed_at = calloc(partitions + 1, sizeof *closed_at);
    if (!replays || !rows || !closed_at) {
        free(replays);
        free(rows);
        free(closed_at);
        return error_set(err, STATUS_NO_MEMORY, "no memory for replays");
    }
    replays->service = service;
    replays->rows = rows;
    replays->sharing.closed_at = closed_at;
    replays->partitions = partitions;
    pthread_mutex_init(&replays->mutex, NULL);
    queue_waker_init(&replays->waker);
    enum status status = load(replays);
    if (status == STATUS_OK && service->processor) {
        add_gauges(replays);
        status = thread_start(&replays->thread, "replay",
                              replays->shared ? app_shared_run : app_replays_run, replays);
        replays->has_thread = status == STATUS_OK;
    }
    if (status != STATUS_OK) {
        free_replays(replays);
        return status == STATUS_UNSUPPORTED
                   ? STATUS_OK // the routes say so
                   : error_set(err, status, "replays of the log: %s", status_text(status));
    }
    *out = replays;
    return STATUS_OK;
}

void app_replays_stop(struct app_replays *replays) {
    if (!replays) {
        return;
    }
    atomic_store(&replays->stopping, true);
    queue_wake(&replays->waker);
    if (replays->has_thread) {
        thread_join(&replays->thread);
    }
    free_replays(replays);
}

// --- What others ask ----------------------------------------------------------------------------------------------------

bool app_replays_running(struct app_replays *replays) {
    struct replay_record all[REPLAYS_KEPT + 1];
    size_t count = 0;
    bool active = false;
    if (!replays || !replays->shared) {
        return replays && app_replays_active(replays, NULL);
    }
    return app_shared_list(replays, all, &count, &active) != STATUS_OK || active;
}

bool app_replays_current(struct app_replays *replays, struct replay_record *out) {
    struct replay_record all[REPLAYS_KEPT + 1];
    size_t count = 0;
    bool active = false;
    if (!replays || !replays->shared) {
        return replays && app_replays_active(replays, out);
    }
    if (app_shared_list(replays, all, &count, &active) != STATUS_OK || !active) {
        return false;
    }
    *out = all[0];
    return true;
}

static enum status log_is_whole(struct eventlog *log, bool *whole) {
    unsigned partitions = eventlog_partition_count(log);
    enum status status = STATUS_OK;
    *whole = true;
    for (unsigned i = 0; i < partitions && status == STATUS_OK; i++) {
        struct eventlog_partition_info info;
        status = eventlog_partition_info(log, i, STR(PROCESSOR_GROUP), &info);
        *whole = *whole && (status != STATUS_OK || info.begin == 0);
    }
    return status;
}

// With the mutex held, so that nobody sees the generation without its record.
static enum status begin(struct app_replays *replays, const struct replay_record *record) {
    struct buffer note;
    if (replays->active) {
        return STATUS_EXISTS;
    }
    buffer_init(&note, STORE_GENERATION_NOTE_MAX);
    enum status status = app_replays_note(&note, record);
    if (status == STATUS_OK) {
        struct store_generation_start start = {.note = buffer_str(&note)};
        status = store_generation_begin(replays->service->store, &start);
    }
    buffer_free(&note);
    if (status == STATUS_OK) {
        replays->current = *record;
        replays->active = true;
    }
    return status;
}

enum status app_replays_prepare(struct eventlog *log, struct replay_record *asked) {
    struct clock *clock = clock_system();
    bool whole = false;
    enum status status = log_is_whole(log, &whole);
    if (status != STATUS_OK) {
        return status;
    }
    if (!whole && !asked->partial) {
        return STATUS_PRECONDITION;
    }
    asked->partial = !whole || asked->from_ms > 0 || asked->from_offset > 0;
    asked->state = REPLAY_RUNNING;
    asked->began_ms = clock->wall_ms(clock);
    asked->ended_ms = asked->processed = asked->records = 0;
    asked->basis[0] = asked->problem[0] = '\0';
    (void)snprintf(asked->id, sizeof asked->id, "%" PRId64, asked->began_ms);
    return STATUS_OK;
}

enum status app_replays_begin(struct app_replays *replays, struct replay_record *asked) {
    if (replays->shared) {
        return app_shared_begin(replays, asked);
    }
    enum status status = app_replays_prepare(replays->service->log, asked);
    if (status != STATUS_OK) {
        return status == STATUS_PRECONDITION && app_replays_running(replays) ? STATUS_EXISTS
                                                                             : status;
    }
    pthread_mutex_lock(&replays->mutex);
    status = begin(replays, asked);
    pthread_mutex_unlock(&replays->mutex);
    if (status == STATUS_OK) {
        LOG_INFO("replay", "a replay of the log begins", LOG_CSTR("id", asked->id));
        queue_wake(&replays->waker);
    }
    return status;
}

enum status app_replays_list(struct app_replays *replays, struct replay_record *out,
                             size_t *listed) {
    bool active = false;
    size_t count = 0;
    if (replays->shared) {
        return app_shared_list(replays, out, listed, &active);
    }
    pthread_mutex_lock(&replays->mutex);
    if (replays->active) {
        out[count++] = replays->current;
    }
    memcpy(&out[count], replays->past, replays->past_count * sizeof *out);
    count += replays->past_count;
    pthread_mutex_unlock(&replays->mutex);
    *listed = count;
    return STATUS_OK;
}

enum status app_replays_find(struct app_replays *replays, struct str id,
                             struct replay_record *out) {
    struct replay_record all[REPLAYS_KEPT + 1];
    size_t count = 0;
    enum status status = app_replays_list(replays, all, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (str_equal(id, str_from_c(all[i].id))) {
            *out = all[i];
            return STATUS_OK;
        }
    }
    return status == STATUS_OK ? STATUS_NOT_FOUND : status;
}

static enum status must_run(struct app_replays *replays, struct str id) {
    struct replay_record record;
    enum status status = app_replays_find(replays, id, &record);
    return status == STATUS_OK && record.ended_ms ? STATUS_PRECONDITION : status;
}

enum status app_replays_cancel(struct app_replays *replays, struct str id) {
    enum status status = must_run(replays, id);
    if (status != STATUS_OK) {
        return status;
    }
    if (replays->shared) {
        return app_shared_cancel(replays, id);
    }
    pthread_mutex_lock(&replays->mutex);
    bool still = replays->active && str_equal(id, str_from_c(replays->current.id));
    if (still) {
        atomic_store(&replays->cancelling, true);
    }
    pthread_mutex_unlock(&replays->mutex);
    queue_wake(&replays->waker);
    return still ? STATUS_OK : STATUS_PRECONDITION;
}

enum status app_replays_switch(struct app_replays *replays, struct str id) {
    struct buffer note;
    enum status status = must_run(replays, id);
    if (status != STATUS_OK) {
        return status;
    }
    if (replays->shared) {
        return app_shared_switch(replays, id);
    }
    buffer_init(&note, STORE_GENERATION_NOTE_MAX);
    pthread_mutex_lock(&replays->mutex);
    struct replay_record record = replays->current;
    status =
        replays->active && str_equal(id, str_from_c(record.id)) ? STATUS_OK : STATUS_PRECONDITION;
    record.manual = false;
    record.state = REPLAY_RUNNING;
    if (status == STATUS_OK) {
        status = app_replays_note(&note, &record);
    }
    if (status == STATUS_OK) {
        status = store_generation_note(replays->service->store, NULL, buffer_str(&note));
    }
    if (status == STATUS_OK) {
        replays->current.manual = false;
    }
    pthread_mutex_unlock(&replays->mutex);
    buffer_free(&note);
    queue_wake(&replays->waker);
    return status;
}
