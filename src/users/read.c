// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /users and GET /users/:id.
#include "http/problem.h"
#include "http/query.h"
#include "users/conditions.h"
#include "users/cursor.h"
#include "users/input.h"
#include "users/private.h"

static void send_one(struct http_exchange *exchange, const struct users_person *person) {
    struct users_conditions conditions = users_conditions_of(exchange);
    if (conditions.if_match.data && !users_etag_list_names(conditions.if_match, person->has_profile,
                                                           person->profile.version, false)) {
        http_reply_problem(exchange, 412, STR("The profile has another version."));
        return;
    }
    if (conditions.if_none_match.data &&
        users_etag_list_names(conditions.if_none_match, person->has_profile,
                              person->profile.version, true)) {
        users_reply_etag(exchange, person->profile.version);
        http_reply_send(exchange, 304, NULL);
        return;
    }
    users_person_send(exchange, 200, person);
}

static bool ask_project(struct users *users, struct http_exchange *exchange, struct str *project) {
    static const char *const names[] = {"project"};
    struct str asked = STR_EMPTY;
    return http_query_read(exchange, names, &asked, 1) &&
           users_scope(users, exchange, asked, project);
}

// On a worker.
static void get_waiting(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY;
    struct users_person person;
    if (ask_project(users, exchange, &project) &&
        users_person_ask(users, exchange, project, &person)) {
        send_one(exchange, &person);
    }
}

struct question {
    struct store_user_question asked; // first member
    struct users *users;
    struct http_exchange *exchange;
};

// On the loop again.
static void answered(struct http_exchange *exchange, void *context) {
    const struct question *question = context;
    struct users_person person;
    if (question->asked.status == STATUS_UNSUPPORTED) {
        http_exchange_offload(exchange, get_waiting, question->users);
    } else if (users_person_loaded(exchange, question->asked.status)) {
        users_person_make(&person, question->asked.id, &question->asked.user);
        send_one(exchange, &person);
    }
}

static void take_answer(struct store_user_question *asked) {
    struct question *question = (struct question *)asked;
    http_exchange_resume(question->exchange, answered, question);
}

// Of an engine that asks other machines: no thread waits for the answer.
static void ask_away(struct users *users, struct http_exchange *exchange, struct str project) {
    struct question *question = arena_alloc_zero(&exchange->arena, sizeof *question);
    enum status status = STATUS_UNSUPPORTED;
    if (question != NULL) {
        *question = (struct question){.asked = {.project = project,
                                                .id = exchange->parameters[0],
                                                .arena = &exchange->arena,
                                                .done = take_answer},
                                      .users = users,
                                      .exchange = exchange};
        status = store_user_ask(users->config.store, &question->asked);
    }
    if (status != STATUS_OK) {
        http_exchange_offload(exchange, get_waiting, users);
    }
}

// On the loop: the hand-over to a worker and back costs more than a read of what is in memory.
void users_handle_get(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct str project = STR_EMPTY;
    struct users_person person;
    if (!ask_project(users, exchange, &project)) {
        return;
    }
    enum status status = users_person_load(users, exchange, project, exchange->parameters[0],
                                           STORE_REACH_MEMORY, &person);
    if (status == STATUS_UNAVAILABLE) {
        ask_away(users, exchange, project);
    } else if (users_person_loaded(exchange, status)) {
        send_one(exchange, &person);
    }
}

static void send_list(struct http_exchange *exchange, const struct store_profile *profiles,
                      size_t count, bool more) {
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_list(&w);
    for (size_t i = 0; i < count; i++) {
        struct users_person person = {
            .id = profiles[i].id, .has_profile = true, .profile = profiles[i]};
        users_person_write(&w, &person);
    }
    struct str next = STR_EMPTY;
    if (more && count > 0) {
        next = users_cursor_list(&exchange->arena, profiles[count - 1].id);
        if (!next.data) {
            view_fail(exchange, STATUS_NO_MEMORY, "users", "The list cannot be written");
            return;
        }
    }
    json_end_list(&w, next);
    if (json_writer_status(&w) == STATUS_INVALID_UTF8) {
        view_fail(exchange, STATUS_CORRUPT, "users", "A stored profile is not valid UTF-8");
        return;
    }
    http_reply_send(exchange, 200, "application/json");
}

// The profile with that address, as a list of none or one.
static void list_by_email(struct users *users, struct http_exchange *exchange, struct str project,
                          struct str text) {
    struct str email = STR_EMPTY, id = STR_EMPTY;
    if (!users_email_normalise(&exchange->arena, text, &email)) {
        view_refuse(exchange, "email", STR("must be an email address"));
        return;
    }
    struct store *store = users->config.store;
    struct store_profile profile;
    enum status status = store_profile_find_email(store, project, email, &exchange->arena, &id);
    if (status == STATUS_OK) {
        status = store_profile_get(store, project, id, &exchange->arena, &profile);
    }
    if (status == STATUS_OK || status == STATUS_NOT_FOUND) {
        send_list(exchange, &profile, status == STATUS_OK ? 1 : 0, false);
    } else {
        view_fail(exchange, status, "users", "The users cannot be read");
    }
}

void users_handle_list(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    enum { PROJECT, EMAIL, LIMIT, CURSOR, COUNT };
    static const char *const names[COUNT] = {"project", "email", "limit", "cursor"};
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
    if (values[EMAIL].data) {
        list_by_email(users, exchange, project, values[EMAIL]);
        return;
    }
    struct store_profile *profiles = NULL;
    size_t count = 0;
    bool more = false;
    enum status status = store_profile_list(users->config.store, project, after, limit,
                                            &exchange->arena, &profiles, &count, &more);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The users cannot be read");
        return;
    }
    send_list(exchange, profiles, count, more);
}
