// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /users/:id/activities: what a person did, newest first, under their user id and the anonymous ids linked to it.
#include "base/timezone.h"
#include "event/event.h"
#include "http/problem.h"
#include "http/query.h"
#include "users/cursor.h"
#include "users/private.h"

// An instant (RFC 3339), or a date: the day's first instant in the project's time zone.
static bool ask_instant(struct users *users, struct http_exchange *exchange, struct str project,
                        const char *parameter, struct str text, int64_t *out) {
    int32_t day = 0;
    if (!text.data) {
        return true;
    }
    if (clock_parse_date(text, &day)) {
        struct view_zone zone;
        if (!view_ask_zone(exchange, users->zones, project, &zone)) {
            return false;
        }
        *out = timezone_day_start(zone.rules, day);
        return true;
    }
    if (clock_parse_rfc3339(text, out)) {
        return true;
    }
    view_refuse(exchange, parameter,
                STR("must be a date such as 2026-11-23 or a time such as 2026-11-23T06:42:48Z"));
    return false;
}

static void write_row(struct json_writer *w, const struct store_timeline_row *row) {
    json_begin_object(w);
    json_member_string(w, STR("id"), row->event_id);
    json_member_string(w, STR("type"), event_type_name((enum event_type)row->type));
    json_member_string(w, STR("name"), row->name);
    json_member_time(w, STR("timestamp"), row->timestamp_ms);
    json_member_time(w, STR("receivedAt"), row->received_ms);
    json_member_raw(w, STR("properties"), row->properties.len > 0 ? row->properties : STR("{}"));
    if (row->traits.len > 0) {
        json_member_raw(w, STR("traits"), row->traits);
    }
    json_member_raw(w, STR("context"), row->context.len > 0 ? row->context : STR("{}"));
    if (row->anonymous_id.len > 0) {
        json_member_string(w, STR("anonymousId"), row->anonymous_id);
    }
    json_end_object(w);
}

static void send_rows(struct http_exchange *exchange, const struct store_timeline_row *rows,
                      size_t count, bool more) {
    struct str next = STR_EMPTY;
    if (more && count > 0) {
        const struct store_timeline_row *last = &rows[count - 1];
        next = users_cursor_timeline(
            &exchange->arena, (struct users_timeline_position){last->timestamp_ms, last->event_id});
        if (!next.data) {
            view_fail(exchange, STATUS_NO_MEMORY, "users", "The timeline cannot be written");
            return;
        }
    }
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_list(&w);
    for (size_t i = 0; i < count; i++) {
        write_row(&w, &rows[i]);
    }
    json_end_list(&w, next);
    if (json_writer_status(&w) == STATUS_INVALID_UTF8) {
        view_fail(exchange, STATUS_CORRUPT, "users", "A stored event is not valid UTF-8");
        return;
    }
    http_reply_send(exchange, 200, "application/json");
}

// Years 0 and 10000: wider than any event's time, and far from where arithmetic on times could overflow.
#define TIME_FIRST_MS (-62167219200000LL)
#define TIME_END_MS 253402300800000LL

enum { PROJECT, FROM, TO, NAME, LIMIT, CURSOR, COUNT };

static bool ask_query(struct users *users, struct http_exchange *exchange, struct str *project,
                      struct store_timeline_query *query) {
    static const char *const names[COUNT] = {"project", "from", "to", "name", "limit", "cursor"};
    struct str values[COUNT];
    struct users_timeline_position position;
    *query =
        (struct store_timeline_query){.from_ms = TIME_FIRST_MS, .to_ms = TIME_END_MS, .limit = 50};
    if (!http_query_read(exchange, names, values, COUNT) ||
        !users_scope(users, exchange, values[PROJECT], project) ||
        !ask_instant(users, exchange, *project, "from", values[FROM], &query->from_ms) ||
        !ask_instant(users, exchange, *project, "to", values[TO], &query->to_ms) ||
        !view_ask_limit(exchange, values[LIMIT], &query->limit)) {
        return false;
    }
    if (values[NAME].len > EVENT_NAME_MAX) {
        view_refuse(exchange, "name", STR("must be at most 256 bytes"));
        return false;
    }
    query->name = values[NAME];
    if (!values[CURSOR].data) {
        return true;
    }
    if (!users_cursor_read_timeline(&exchange->arena, values[CURSOR], &position)) {
        view_refuse(exchange, "cursor", STR("is not a cursor that this timeline gave"));
        return false;
    }
    query->resume = true;
    query->after_ms = position.timestamp_ms;
    query->after_id = position.id;
    return true;
}

void users_handle_timeline(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY;
    struct store_timeline_query query;
    struct users_person person;
    if (!ask_query(users, exchange, &project, &query) ||
        !users_person_ask(users, exchange, project, &person)) {
        return;
    }
    query.actors = person.actors;
    query.actor_count = person.actor_count;
    struct store_timeline_row *rows = NULL;
    size_t count = 0;
    bool more = false;
    enum status status = store_timeline_read(users->config.store, project, &query, &exchange->arena,
                                             &rows, &count, &more);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The timeline cannot be read");
        return;
    }
    send_rows(exchange, rows, count, more);
}
