// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Who must not be erased (/erasure-holds), and erased users who are kept from coming back (/erasure-refusals).
#include "base/json_read.h"
#include "http/problem.h"
#include "http/query.h"
#include "users/control_log.h"
#include "users/erasures.h"
#include "users/input.h"

#define HOLD_NAME_MAX 200

static void write_hold(struct json_writer *w, const struct store_hold *hold) {
    json_begin_object(w);
    json_member_string(w, STR("person"), hold->person);
    json_member_string(w, STR("project"), hold->project);
    json_member_string(w, STR("name"), hold->name);
    json_member_time(w, STR("createdAt"), hold->created_ms);
    json_end_object(w);
}

void users_handle_holds(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY;
    struct store_hold *holds = NULL;
    size_t count = 0;
    if (!users_ask_project(users, exchange, &project)) {
        return;
    }
    enum status status = store_holds(users->config.store, &exchange->arena, &holds, &count);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The holds cannot be read");
        return;
    }
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_list(&w);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(holds[i].project, project)) {
            write_hold(&w, &holds[i]);
        }
    }
    json_end_list(&w, STR_EMPTY);
    http_reply_send(exchange, 200, "application/json");
}

static bool read_hold(struct http_exchange *exchange, struct str *id, struct str *name) {
    const struct json_value *root = NULL;
    if (!users_body_parse(exchange, &root)) {
        return false;
    }
    *id = json_get_string(root, STR("userId"));
    *name = json_get_string(root, STR("name"));
    if (!users_id_is_valid(*id) || name->len == 0 || name->len > HOLD_NAME_MAX ||
        memchr(name->data, '\0', name->len) || root->count != 2) {
        http_reply_problem(exchange, 400,
                           STR("A hold has a userId and a name of 1 to 200 bytes, such as a case's "
                               "number; the name is kept and shown."));
        return false;
    }
    return true;
}

void users_handle_hold_create(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY, id = STR_EMPTY, name = STR_EMPTY;
    char person[PERSON_HASH_LEN + 1];
    if (!users_ask_project(users, exchange, &project) || !read_hold(exchange, &id, &name) ||
        !users_ask_person(users, exchange, project, 'u', id, person)) {
        return;
    }
    struct store_hold hold = {project, str_make(person, PERSON_HASH_LEN), name,
                              users->config.clock->wall_ms(users->config.clock)};
    exchange->subject = arena_copy(&exchange->arena, hold.person);
    exchange->detail = name;
    enum status status = store_hold_put(users->config.store, &hold);
    if (status == STATUS_EXISTS) {
        http_reply_problem(exchange, 409, STR("There is a hold on that user."));
    } else if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The hold cannot be written");
    } else {
        struct json_writer w;
        json_writer_init(&w, http_reply_body(exchange));
        write_hold(&w, &hold);
        http_reply_send(exchange, 201, "application/json");
    }
}

void users_handle_hold_delete(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY;
    struct str person = exchange->parameters[0];
    if (!users_ask_project(users, exchange, &project)) {
        return;
    }
    enum status status = person.len == PERSON_HASH_LEN
                             ? store_hold_delete(users->config.store, project, person)
                             : STATUS_NOT_FOUND;
    if (status == STATUS_OK) {
        http_reply_send(exchange, 204, NULL);
    } else if (status == STATUS_NOT_FOUND) {
        http_reply_problem(exchange, 404, STR("There is no such hold."));
    } else {
        view_fail(exchange, status, "users", "The hold cannot be removed");
    }
}

// --- Refusals -----------------------------------------------------------------------------------------------------------

void users_handle_refusals(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY;
    struct store_refusal *rows = NULL;
    size_t count = 0;
    if (!users_ask_project(users, exchange, &project)) {
        return;
    }
    enum status status = store_refusals(users->config.store, &exchange->arena, &rows, &count);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The refusals cannot be read");
        return;
    }
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_list(&w);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(rows[i].project, project)) {
            json_begin_object(&w);
            json_member_string(&w, STR("person"), rows[i].person);
            json_member_string(&w, STR("project"), rows[i].project);
            json_member_time(&w, STR("since"), rows[i].since_ms);
            json_end_object(&w);
        }
    }
    json_end_list(&w, STR_EMPTY);
    http_reply_send(exchange, 200, "application/json");
}

enum status users_is_refused(struct users *users, struct arena *arena, struct str project,
                             char kind, struct str id, bool *refused) {
    struct store_refusal *rows = NULL;
    size_t count = 0;
    uint8_t key[STORE_SECRET_BYTES];
    char person[PERSON_HASH_LEN + 1];
    *refused = false;
    enum status status = store_refusals(users->config.store, arena, &rows, &count);
    if (status != STATUS_OK || count == 0) {
        return status;
    }
    users->config.random->fill(users->config.random, key, sizeof key);
    status = store_secret(users->config.store, USERS_PERSON_SECRET, key);
    if (status != STATUS_OK) {
        return status;
    }
    person_hash(key, project, kind, id, person);
    for (size_t i = 0; i < count; i++) {
        *refused = *refused || (str_equal(rows[i].project, project) &&
                                str_equal(rows[i].person, str_from_c(person)));
    }
    return STATUS_OK;
}

bool users_accept_not_refused(struct users *users, struct http_exchange *exchange,
                              struct str project, struct str id) {
    bool refused = false;
    enum status status = users_is_refused(users, &exchange->arena, project, 'u', id, &refused);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The refusals cannot be read");
    } else if (refused) {
        http_reply_problem(exchange, 409,
                           STR("That user was erased and is kept from coming back."));
    }
    return status == STATUS_OK && !refused;
}

// Through the log, in order with the events that are refused until then.
static void allow(struct users *users, struct http_exchange *exchange, struct str project,
                  char kind) {
    struct clock *clock = users->config.clock;
    bool refused = false;
    struct str id = exchange->parameters[0];
    enum status status = users_is_refused(users, &exchange->arena, project, kind, id, &refused);
    if (status != STATUS_OK || !refused) {
        if (status == STATUS_OK) {
            http_reply_problem(exchange, 404, STR("Nobody of that id is refused."));
        } else {
            view_fail(exchange, status, "users", "The refusals cannot be read");
        }
        return;
    }
    struct eventlog *log = users_log(users, exchange);
    if (!log) {
        return;
    }
    struct control control = {.action = CONTROL_ALLOW,
                              .project = project,
                              .kind = kind,
                              .id = id,
                              .requested_ms = clock->wall_ms(clock)};
    status = users_control_append(log, &control, 1, control.requested_ms, &exchange->arena);
    if (status == STATUS_OK) {
        http_reply_send(exchange, 202, NULL);
    } else {
        view_fail(exchange, status, "users", "The event log did not take it");
    }
}

void users_handle_allow(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    static const char *const names[] = {"project", "kind"};
    struct str values[2], project = STR_EMPTY;
    if (!http_query_read(exchange, names, values, 2) ||
        !users_scope(users, exchange, values[0], &project)) {
        return;
    }
    bool anonymous = str_equal(values[1], STR("anonymous"));
    if (values[1].data && !anonymous && !str_equal(values[1], STR("user"))) {
        view_refuse(exchange, "kind", STR("must be user or anonymous"));
        return;
    }
    char person[PERSON_HASH_LEN + 1];
    if (!users_ask_person(users, exchange, project, anonymous ? 'a' : 'u', exchange->parameters[0],
                          person)) {
        return;
    }
    exchange->subject = arena_copy(&exchange->arena, str_make(person, PERSON_HASH_LEN));
    allow(users, exchange, project, anonymous ? 'a' : 'u');
}
