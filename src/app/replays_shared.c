// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What others ask of replays where several processes share the store: each answer is the store's, so that any process can give it.
#include <stdio.h>

#include "app/replays_private.h"
#include "base/log.h"

#define TRIES 10         // while processes that fill change the same row
#define ALL_KNOW_MS 1500 // each process that answers notices a switch within a second

static enum status read_past(const struct store_generation_look *now, struct replay_record *past,
                             size_t *count) {
    *count = 0;
    return now->past.data ? replay_records_read(now->past, past, count) : STATUS_OK;
}

enum status app_shared_list(struct app_replays *replays, struct replay_record *out, size_t *count,
                            bool *active) {
    struct store *store = replays->service->store;
    struct store_generation_look now;
    struct replay_sign *signs = NULL;
    size_t sign_count = 0;
    struct arena arena;
    arena_init(&arena, 8192, 0);
    *count = 0;
    *active = false;
    enum status status = store_generation_look(store, &arena, &now);
    if (status == STATUS_OK && now.filled != 0) {
        *active = true;
        status = replay_record_read(now.note, &out[0]);
        if (status == STATUS_OK) {
            status = replay_signs_load(store, now.filled, &arena, &signs, &sign_count);
        }
        if (status == STATUS_OK) {
            replay_signs_apply(&out[0], signs, sign_count);
        }
    }
    if (status == STATUS_OK) {
        status = read_past(&now, &out[*active], count);
        *count += *active;
    }
    if (status == STATUS_OK && !*active && *count > 0 && out[0].state == REPLAY_SWITCHED &&
        now.known_ms < ALL_KNOW_MS) {
        out[0].state =
            REPLAY_RUNNING; // who is told that it has switched gets the new answers, whoever gives them
        out[0].ended_ms = 0;
    }
    arena_free(&arena);
    return status;
}

enum status app_shared_begin(struct app_replays *replays, struct replay_record *asked) {
    struct replay_record all[REPLAYS_KEPT + 1];
    struct error err = {.status = STATUS_OK};
    struct eventlog *log = app_log_when_asked(replays->service, &err);
    struct buffer note;
    size_t count = 0;
    bool active = false;
    if (!log) {
        LOG_ERROR("replay", "the log cannot be opened", LOG_CSTR("problem", err.text));
        return STATUS_UNAVAILABLE;
    }
    enum status status = app_shared_list(replays, all, &count, &active);
    if (status != STATUS_OK || active) {
        return active ? STATUS_EXISTS : status;
    }
    status = app_replays_prepare(log, asked);
    if (status != STATUS_OK) {
        return status;
    }
    buffer_init(&note, STORE_GENERATION_NOTE_MAX);
    status = app_replays_note(&note, asked);
    if (status == STATUS_OK) {
        struct store_generation_start start = {.note = buffer_str(&note)};
        status = store_generation_begin(replays->service->store, &start);
    }
    buffer_free(&note);
    if (status == STATUS_OK) {
        LOG_INFO("replay", "a replay of the log begins", LOG_CSTR("id", asked->id));
        queue_wake(&replays->waker);
    }
    return status;
}

// The replay of that id, if it is the one that runs. PRECONDITION: it is not.
static enum status find_running(struct app_replays *replays, struct str id, struct arena *arena,
                                struct store_generation_look *now, struct replay_record *record) {
    enum status status = store_generation_look(replays->service->store, arena, now);
    if (status == STATUS_OK && now->filled == 0) {
        return STATUS_PRECONDITION;
    }
    if (status == STATUS_OK) {
        status = replay_record_read(now->note, record);
    }
    return status == STATUS_OK && !str_equal(id, str_from_c(record->id)) ? STATUS_PRECONDITION
                                                                         : status;
}

static enum status cancel(struct app_replays *replays, struct str id) {
    struct clock *clock = clock_system();
    struct store_generation_look now;
    struct replay_record record;
    struct replay_record past[REPLAYS_KEPT];
    struct buffer text;
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, 8192, 0);
    buffer_init(&text, STORE_GENERATION_NOTE_MAX);
    enum status status = find_running(replays, id, &arena, &now, &record);
    if (status == STATUS_OK) {
        status = read_past(&now, past, &count);
    }
    if (status == STATUS_OK) {
        record.state = REPLAY_CANCELLED;
        record.ended_ms = clock->wall_ms(clock);
        status = app_replays_past(&text, &record, past, count);
    }
    if (status == STATUS_OK) {
        struct store_generation_ending ending = {.past = buffer_str(&text),
                                                 .generation = now.filled};
        status = store_generation_end(replays->service->store, &ending);
        status = status == STATUS_NOT_FOUND ? STATUS_CONFLICT : status; // look again
    }
    buffer_free(&text);
    arena_free(&arena);
    return status;
}

static enum status let_it_switch(struct app_replays *replays, struct str id) {
    struct store_generation_look now;
    struct replay_record record;
    struct buffer note;
    struct arena arena;
    arena_init(&arena, 8192, 0);
    buffer_init(&note, STORE_GENERATION_NOTE_MAX);
    enum status status = find_running(replays, id, &arena, &now, &record);
    if (status == STATUS_OK) {
        record.manual = false;
        status = app_replays_note(&note, &record);
    }
    if (status == STATUS_OK) {
        status = store_generation_note(replays->service->store, now.version, buffer_str(&note));
        status = status == STATUS_NOT_FOUND ? STATUS_CONFLICT : status;
    }
    buffer_free(&note);
    arena_free(&arena);
    return status;
}

static enum status again(struct app_replays *replays, struct str id,
                         enum status (*once)(struct app_replays *replays, struct str id)) {
    enum status status = STATUS_CONFLICT;
    for (unsigned i = 0; i < TRIES && status == STATUS_CONFLICT; i++) {
        status = once(replays, id);
    }
    queue_wake(&replays->waker);
    return status == STATUS_CONFLICT ? STATUS_UNAVAILABLE : status;
}

enum status app_shared_cancel(struct app_replays *replays, struct str id) {
    return again(replays, id, cancel);
}

enum status app_shared_switch(struct app_replays *replays, struct str id) {
    return again(replays, id, let_it_switch);
}
