// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /users/:id/export: everything held about a person, a JSON object a line, made part by part while it is sent.
//
//   worker: a part from the store → loop: write it → room? → worker: the next part
#include <stdatomic.h>
#include <stdlib.h>

#include "event/event.h"
#include "http/problem.h"
#include "http/stream.h"
#include "users/erasures.h"

#define PAGE_ROWS 500
#define PART_MAX ((size_t)64 << 20)
#define LETTERS_MAX 100000
#define TIME_FIRST_MS (-62167219200000LL)
#define TIME_END_MS 253402300800000LL
#define DAY_FIRST (-719528) // the year 0
#define DAY_END 2932896     // and 9999

enum stage { STAGE_PROFILE, STAGE_TIMELINE, STAGE_ACTORS, STAGE_LETTERS, STAGE_REPORTS, STAGE_END };

struct export {
    struct users *users;
    struct str project;
    struct users_person person; // in the exchange's arena
    enum stage stage;
    struct store_timeline_query query;
    char after_id[512];
    size_t actor; // whose sessions and days are next
    struct arena arena;
    struct buffer part;
    size_t line; // where in part the last one begins
    struct json_writer w;
    enum status status;
    bool begun;
    bool waits; // for room
    atomic_bool gone;
};

static void free_export(struct export *export) {
    arena_free(&export->arena);
    buffer_free(&export->part);
    free(export);
}

// --- Lines --------------------------------------------------------------------------------------------------------------

static struct json_writer *begin_line(struct export *export, const char *kind) {
    export->w.comma = false;
    export->line = export->part.len;
    json_begin_object(&export->w);
    json_member_string(&export->w, STR("kind"), str_from_c(kind));
    return &export->w;
}

static void end_line(struct export *export) {
    json_end_object(&export->w);
    json_join_lines(&export->part, export->line);
    buffer_append_char(&export->part, '\n');
    export->w.comma = false;
}

static void write_actor(struct json_writer *w, struct store_actor actor) {
    json_member_string(w, actor.kind == STORE_ACTOR_USER ? STR("userId") : STR("anonymousId"),
                       actor.id);
}

static void put_observed(struct export *export, size_t i) {
    const struct store_actor_state *state = &export->person.states[i];
    struct json_writer *w = begin_line(export, "observed");
    write_actor(w, export->person.actors[i]);
    json_member_time(w, STR("firstSeen"), state->first_seen_ms);
    json_member_time(w, STR("lastSeen"), state->last_seen_ms);
    json_member_u64(w, STR("events"), state->events);
    json_member_u64(w, STR("sessions"), state->sessions);
    json_member_raw(w, STR("traits"), state->traits.len > 0 ? state->traits : STR("{}"));
    if (state->funnels.len > 0) {
        json_member_string(w, STR("funnels"), state->funnels);
    }
    end_line(export);
}

static void put_profile(struct export *export) {
    const struct users_person *person = &export->person;
    struct json_writer *w = NULL;
    if (person->has_profile) {
        const struct store_profile *profile = &person->profile;
        w = begin_line(export, "profile");
        json_member_string(w, STR("id"), person->id);
        json_member_string_or_null(w, STR("email"), profile->email);
        json_member_string_or_null(w, STR("name"), profile->name);
        json_member_raw(w, STR("traits"), profile->traits.len > 0 ? profile->traits : STR("{}"));
        json_member_u64(w, STR("version"), profile->version);
        json_member_time(w, STR("createdAt"), profile->created_ms);
        json_member_time(w, STR("updatedAt"), profile->updated_ms);
        end_line(export);
    }
    for (size_t i = 0; i < person->actor_count; i++) {
        if (i > 0) {
            w = begin_line(export, "link");
            json_member_string(w, STR("userId"), person->id);
            write_actor(w, person->actors[i]);
            end_line(export);
        }
        if (person->found[i]) {
            put_observed(export, i);
        }
    }
}

static void put_activity(struct export *export, const struct store_timeline_row *row) {
    struct json_writer *w = begin_line(export, "activity");
    json_member_string(w, STR("id"), row->event_id);
    json_member_string(w, STR("type"), event_type_name((enum event_type)row->type));
    json_member_string(w, STR("name"), row->name);
    json_member_time(w, STR("timestamp"), row->timestamp_ms);
    json_member_time(w, STR("receivedAt"), row->received_ms);
    const struct {
        struct str name, value;
    } objects[] = {{STR("properties"), row->properties},
                   {STR("traits"), row->traits},
                   {STR("context"), row->context},
                   {STR("extra"), row->extra}};
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        if (objects[i].value.len > 0) {
            json_member_raw(w, objects[i].name, objects[i].value);
        }
    }
    if (row->anonymous_id.len > 0) {
        json_member_string(w, STR("anonymousId"), row->anonymous_id);
    }
    end_line(export);
}

static void put_session(struct export *export, struct store_actor actor,
                        const struct store_session *session) {
    struct json_writer *w = begin_line(export, "session");
    write_actor(w, actor);
    json_member_time(w, STR("start"), session->start_ms);
    json_member_time(w, STR("end"), session->end_ms);
    json_member_u64(w, STR("events"), session->events);
    json_member_u64(w, STR("pageViews"), session->page_views);
    end_line(export);
}

static void put_day(struct export *export, struct store_actor actor,
                    const struct store_actor_day *day) {
    char date[11];
    struct json_writer *w = begin_line(export, "day");
    clock_format_date(day->day, date);
    write_actor(w, actor);
    json_member_string(w, STR("date"), str_make(date, 10));
    json_member_time(w, STR("first"), day->first_ms);
    json_member_time(w, STR("last"), day->last_ms);
    json_member_u64(w, STR("events"), day->events);
    json_member_u64(w, STR("sessions"), day->sessions);
    json_key(w, STR("byName"));
    json_begin_object(w);
    for (size_t i = 0; i < day->name_count; i++) {
        json_member_u64(w, day->names[i].name, day->names[i].events);
    }
    json_end_object(w);
    end_line(export);
}

// --- Parts --------------------------------------------------------------------------------------------------------------

static enum status fill_timeline(struct export *export, bool *more) {
    struct store_timeline_row *rows = NULL;
    size_t count = 0;
    enum status status = store_timeline_read(export->users->config.store, export->project,
                                             &export->query, &export->arena, &rows, &count, more);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        put_activity(export, &rows[i]);
    }
    if (status == STATUS_OK && *more && count > 0) {
        const struct store_timeline_row *last = &rows[count - 1];
        if (last->event_id.len > sizeof export->after_id) {
            return STATUS_CORRUPT;
        }
        memcpy(export->after_id, last->event_id.data, last->event_id.len);
        export->query.resume = true;
        export->query.after_ms = last->timestamp_ms;
        export->query.after_id = str_make(export->after_id, last->event_id.len);
    }
    return status;
}

static enum status fill_actor(struct export *export, size_t at) {
    struct store *store = export->users->config.store;
    struct store_actor actor = export->person.actors[at];
    struct store_session *sessions = NULL;
    struct store_actor_day *days = NULL;
    size_t count = 0;
    enum status status = store_actor_sessions(store, export->project, actor, TIME_FIRST_MS,
                                              TIME_END_MS, &export->arena, &sessions, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        put_session(export, actor, &sessions[i]);
    }
    if (status == STATUS_OK && export->person.found[at] &&
        export->person.states[at].current.events > 0) {
        put_session(export, actor, &export->person.states[at].current);
    }
    if (status == STATUS_OK) {
        status = store_actor_days(store, export->project, actor, DAY_FIRST, DAY_END, &export->arena,
                                  &days, &count);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        put_day(export, actor, &days[i]);
    }
    return status;
}

// A record that is no UTF-8 goes out with what cannot be read replaced.
static void put_letter(struct export *export, const struct store_dead_letter *letter) {
    struct json_writer *w = begin_line(export, "deadLetter");
    json_member_time(w, STR("receivedAt"), letter->received_ms);
    json_member_string(w, STR("stage"), letter->stage);
    json_member_string(w, STR("reason"), letter->reason);
    json_member_string(w, STR("record"),
                       str_is_utf8(letter->record) ? letter->record : STR("(not text)"));
    end_line(export);
}

static bool names_person(const struct export *export, struct str record) {
    for (size_t i = 0; i < export->person.actor_count; i++) {
        char text[4096];
        struct buffer needle;
        struct json_writer w;
        buffer_init_fixed(&needle, text, sizeof text);
        json_writer_init(&w, &needle);
        json_string(&w, export->person.actors[i].id);
        if (json_writer_status(&w) == STATUS_OK && record.len > 0 &&
            memmem(record.data, record.len, text, needle.len)) {
            return true;
        }
    }
    return false;
}

static enum status fill_letters(struct export *export) {
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    enum status status = store_dead_letters(export->users->config.store, export->project,
                                            LETTERS_MAX, &export->arena, &letters, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (names_person(export, letters[i].record)) {
            put_letter(export, &letters[i]);
        }
    }
    return status;
}

// Rows of reports that say their id: the most active users of a day.
static enum status fill_reports(struct export *export) {
    struct store_total *totals = NULL;
    size_t count = 0;
    const struct store_actor_state *state = &export->person.states[0];
    if (!export->person.found[0] || state->activity.len == 0) {
        return STATUS_OK;
    }
    int32_t first = state->activity_first_day;
    int32_t last = first + (int32_t)state->activity.len * 8;
    enum status status =
        store_totals_read(export->users->config.store, export->project, first, last,
                          UINT64_C(1) << STORE_METRIC_TOP_ACTORS, &export->arena, &totals, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (str_equal(totals[i].value, export->person.id)) {
            char date[11];
            struct json_writer *w = begin_line(export, "topUser");
            clock_format_date(totals[i].day, date);
            json_member_string(w, STR("userId"), export->person.id);
            json_member_string(w, STR("date"), str_make(date, 10));
            json_member_i64(w, STR("events"), totals[i].amount);
            end_line(export);
        }
    }
    return status;
}

static enum status fill_stage(struct export *export) {
    enum status status = STATUS_OK;
    bool more = false;
    switch (export->stage) {
    case STAGE_PROFILE: put_profile(export); break;
    case STAGE_TIMELINE: status = fill_timeline(export, &more); break;
    case STAGE_ACTORS:
        status = fill_actor(export, export->actor);
        more = ++export->actor < export->person.actor_count;
        break;
    case STAGE_LETTERS: status = fill_letters(export); break;
    case STAGE_REPORTS: status = fill_reports(export); break;
    case STAGE_END: break;
    }
    if (!more && export->stage != STAGE_END) {
        export->stage = (enum stage)(export->stage + 1);
    }
    return status;
}

// --- Sending ------------------------------------------------------------------------------------------------------------

static void send_part(struct http_exchange *exchange, void *context);

// On a worker: something to write, or the end.
static void make_part(struct http_exchange *exchange, void *context) {
    struct export *export = context;
    buffer_clear(&export->part);
    json_writer_init(&export->w, &export->part);
    while (export->status == STATUS_OK && export->part.len == 0 && export->stage != STAGE_END) {
        arena_reset(&export->arena);
        export->status = fill_stage(export);
        if (export->status == STATUS_OK) {
            export->status = json_writer_status(&export->w);
        }
    }
    http_exchange_resume(exchange, send_part, export);
}

static void next_part(struct http_exchange *exchange, struct export *export) {
    export->waits = false;
    if (!http_exchange_try_offload(exchange, make_part, export)) {
        http_stream_abort(exchange); // what was sent ends in the middle, and the client sees that
        free_export(export);
    }
}

static void have_room(struct http_exchange *exchange, void *context) {
    struct export *export = context;
    if (export->waits) {
        next_part(exchange, export);
    }
}

static void client_gone(struct http_exchange *exchange, unsigned status, void *context) {
    struct export *export = context;
    (void)status;
    atomic_store(&export->gone, true);
    if (export->waits) { // else a worker has it, and send_part will see
        http_stream_abort(exchange);
        free_export(export);
    }
}

static const struct http_stream_events events = {.room = have_room, .gone = client_gone};

static bool begin(struct http_exchange *exchange, struct export *export) {
    http_stream_begin(exchange, &events, export);
    export->begun = true;
    http_reply_header(exchange, "Cache-Control", STR("private, no-store"));
    http_reply_header(exchange, "Content-Disposition",
                      STR("attachment; filename=\"export.ndjson\""));
    return http_stream_head(exchange, 200, "application/x-ndjson", -1);
}

// On the loop.
static void send_part(struct http_exchange *exchange, void *context) {
    struct export *export = context;
    if (export->status != STATUS_OK && !export->begun) {
        view_fail(exchange, export->status, "users", "The export cannot be made");
        free_export(export);
        return;
    }
    if (export->status != STATUS_OK || atomic_load(&export->gone)) {
        http_stream_abort(exchange);
        free_export(export);
        return;
    }
    if (!export->begun && !begin(exchange, export)) {
        free_export(export); // another reply was sent
        return;
    }
    bool room = export->part.len == 0 || http_stream_write(exchange, buffer_str(&export->part));
    if (export->stage == STAGE_END) {
        http_stream_end(exchange);
        free_export(export);
    } else if (room) {
        next_part(exchange, export);
    } else {
        export->waits = true;
    }
}

void users_handle_export(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY;
    struct users_person person;
    if (!users_ask_project(users, exchange, &project) ||
        !users_person_ask(users, exchange, project, &person)) {
        return;
    }
    struct export *export = calloc(1, sizeof *export);
    struct str own = arena_copy(&exchange->arena, project);
    if (!export || !own.data) {
        free(export);
        view_fail(exchange, STATUS_NO_MEMORY, "users", "The export cannot be made");
        return;
    }
    export->users = users;
    export->project = own;
    export->person = person;
    export->query = (struct store_timeline_query){.actors = person.actors,
                                                  .actor_count = person.actor_count,
                                                  .from_ms = TIME_FIRST_MS,
                                                  .to_ms = TIME_END_MS,
                                                  .limit = PAGE_ROWS};
    arena_init(&export->arena, (size_t)64 << 10, 0);
    buffer_init(&export->part, PART_MAX);
    make_part(exchange, export);
}
