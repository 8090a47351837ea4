// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Receipts: GET /erasures, /erasures/:id and /users/:id/erasures.
#include "users/erasures.h"

#include "http/problem.h"
#include "http/query.h"
#include "users/cursor.h"

static void write_removed(struct json_writer *w, const struct store_erased *removed) {
    json_key(w, STR("removed"));
    json_begin_object(w);
    json_member_u64(w, STR("profiles"), removed->profiles);
    json_member_u64(w, STR("timelineEntries"), removed->timeline);
    json_member_u64(w, STR("sessions"), removed->sessions);
    json_member_u64(w, STR("days"), removed->days);
    json_member_u64(w, STR("states"), removed->states);
    json_member_u64(w, STR("links"), removed->links);
    json_member_u64(w, STR("topUserRows"), removed->leaders);
    json_member_u64(w, STR("deadLetters"), removed->letters);
    json_member_u64(w, STR("closedReports"), removed->reports);
    json_end_object(w);
}

static const char *state_of(const struct store_erasure *erasure, size_t begun, size_t done) {
    return erasure->failed          ? "failed"
           : done >= erasure->parts ? "done"
           : begun > 0              ? "running"
                                    : "requested";
}

void users_erasure_write(struct json_writer *w, const struct store_erasure *erasure,
                         const struct store_erasure_part *parts, size_t count) {
    struct store_erased removed = {0};
    int64_t finished_ms = 0;
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        done += parts[i].done;
        finished_ms = parts[i].done_ms > finished_ms ? parts[i].done_ms : finished_ms;
#define X(name) removed.name += parts[i].removed.name;
        STORE_ERASED_LIST(X)
#undef X
    }
    json_begin_object(w);
    json_member_string(w, STR("id"), erasure->id);
    json_member_string(w, STR("project"), erasure->project);
    json_member_string(w, STR("person"), erasure->person);
    json_member_string(w, STR("state"), str_from_c(state_of(erasure, count, done)));
    json_member_time(w, STR("requestedAt"), erasure->requested_ms);
    if (done >= erasure->parts && count > 0) {
        json_member_time(w, STR("finishedAt"), finished_ms);
    } else {
        json_member_raw(w, STR("finishedAt"), STR("null"));
    }
    json_member_bool(w, STR("keepRefusing"), erasure->keep_refusing);
    json_member_u64(w, STR("parts"), erasure->parts);
    json_member_u64(w, STR("partsDone"), done);
    write_removed(w, &removed);
    json_end_object(w);
}

static enum status write_one(struct users *users, struct http_exchange *exchange,
                             struct json_writer *w, const struct store_erasure *erasure) {
    struct store_erasure_part *parts = NULL;
    size_t count = 0;
    enum status status =
        store_erasure_parts(users->config.store, erasure->id, &exchange->arena, &parts, &count);
    if (status == STATUS_OK) {
        users_erasure_write(w, erasure, parts, count);
    }
    return status;
}

static bool load(struct users *users, struct http_exchange *exchange,
                 struct store_erasure **erasures, size_t *count) {
    enum status status = store_erasures(users->config.store, &exchange->arena, erasures, count);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The receipts cannot be read");
    }
    return status == STATUS_OK;
}

// The newest first: ids are ordered by time. person empty: of all.
static void send_page(struct users *users, struct http_exchange *exchange, struct str project,
                      struct str person, unsigned limit, struct str after) {
    struct store_erasure *erasures = NULL;
    size_t count = 0;
    if (!load(users, exchange, &erasures, &count)) {
        return;
    }
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_list(&w);
    struct str next = STR_EMPTY, last = STR_EMPTY;
    size_t sent = 0;
    enum status status = STATUS_OK;
    for (size_t i = count; i-- > 0 && status == STATUS_OK && !next.data;) {
        bool wanted = str_equal(erasures[i].project, project) &&
                      (person.len == 0 || str_equal(erasures[i].person, person)) &&
                      (after.len == 0 || str_compare(erasures[i].id, after) < 0);
        if (wanted && sent == limit) {
            next = users_cursor_list(&exchange->arena, last);
        } else if (wanted) {
            status = write_one(users, exchange, &w, &erasures[i]);
            last = erasures[i].id;
            sent++;
        }
    }
    json_end_list(&w, next);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The receipts cannot be read");
    } else if (person.len > 0 && sent == 0) {
        buffer_clear(http_reply_body(exchange));
        http_reply_problem(exchange, 404, STR("There was no erasure of that user."));
    } else {
        http_reply_send(exchange, 200, "application/json");
    }
}

void users_handle_erasures(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    enum { PROJECT, LIMIT, CURSOR, COUNT };
    static const char *const names[COUNT] = {"project", "limit", "cursor"};
    struct str values[COUNT], project = STR_EMPTY, after = STR_EMPTY;
    unsigned limit = 50;
    if (!http_query_read(exchange, names, values, COUNT) ||
        !users_scope(users, exchange, values[PROJECT], &project) ||
        !view_ask_limit(exchange, values[LIMIT], &limit)) {
        return;
    }
    if (values[CURSOR].data && !users_cursor_read_list(&exchange->arena, values[CURSOR], &after)) {
        view_refuse(exchange, "cursor", STR("is not a cursor that this list gave"));
        return;
    }
    send_page(users, exchange, project, STR_EMPTY, limit, after);
}

void users_handle_own_erasures(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY;
    char person[PERSON_HASH_LEN + 1];
    if (users_ask_project(users, exchange, &project) &&
        users_ask_person(users, exchange, project, 'u', exchange->parameters[0], person)) {
        send_page(users, exchange, project, str_make(person, PERSON_HASH_LEN), VIEW_LIMIT_MAX,
                  STR_EMPTY);
    }
}

void users_handle_erasure(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY;
    struct store_erasure *erasures = NULL;
    size_t count = 0;
    if (!users_ask_project(users, exchange, &project) ||
        !load(users, exchange, &erasures, &count)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(erasures[i].id, exchange->parameters[0]) ||
            !str_equal(erasures[i].project, project)) {
            continue;
        }
        struct json_writer w;
        json_writer_init(&w, http_reply_body(exchange));
        enum status status = write_one(users, exchange, &w, &erasures[i]);
        if (status == STATUS_OK) {
            http_reply_send(exchange, 200, "application/json");
        } else {
            view_fail(exchange, status, "users", "The receipt cannot be read");
        }
        return;
    }
    http_reply_problem(exchange, 404, STR("There is no such receipt."));
}
