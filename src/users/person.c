// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Everything known about one id: the profile, what was observed of the user, and of the anonymous ids linked to it.
#include "base/json_write.h"
#include "http/problem.h"
#include "users/conditions.h"
#include "users/private.h"

void users_person_make(struct users_person *out, struct str id, const struct store_user *user) {
    *out = (struct users_person){.id = id,
                                 .has_profile = user->has_profile,
                                 .profile = user->profile,
                                 .actors = user->actors,
                                 .actor_count = user->actor_count,
                                 .states = user->states,
                                 .found = user->found};
}

enum status users_person_load(struct users *users, struct http_exchange *exchange,
                              struct str project, struct str id, enum store_reach reach,
                              struct users_person *out) {
    if (id.len > 512) { // what the store takes; longer ones cannot be anybody's
        return STATUS_NOT_FOUND;
    }
    struct store_user user;
    enum status status =
        store_user_get(users->config.store, project, id, reach, &exchange->arena, &user);
    if (status == STATUS_OK) {
        users_person_make(out, id, &user);
    }
    return status;
}

bool users_person_loaded(struct http_exchange *exchange, enum status status) {
    if (status == STATUS_NOT_FOUND) {
        http_reply_problem(exchange, 404, STR("There is no such user."));
    } else if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The user cannot be read");
    }
    return status == STATUS_OK;
}

bool users_person_ask(struct users *users, struct http_exchange *exchange, struct str project,
                      struct users_person *out) {
    return users_person_loaded(
        exchange,
        users_person_load(users, exchange, project, exchange->parameters[0], STORE_REACH_ALL, out));
}

static void write_observed(struct json_writer *w, const struct users_person *person) {
    int64_t first = INT64_MAX, last = INT64_MIN;
    uint64_t events = 0, sessions = 0;
    bool any = false;
    for (size_t i = 0; i < person->actor_count; i++) {
        const struct store_actor_state *state = &person->states[i];
        if (person->found[i]) {
            first = state->first_seen_ms < first ? state->first_seen_ms : first;
            last = state->last_seen_ms > last ? state->last_seen_ms : last;
            events += state->events;
            sessions += state->sessions;
            any = true;
        }
    }
    json_key(w, STR("observed"));
    if (!any) {
        json_null(w);
        return;
    }
    struct str traits = person->found[0] ? person->states[0].traits : STR_EMPTY;
    json_begin_object(w);
    json_member_time(w, STR("firstSeen"), first);
    json_member_time(w, STR("lastSeen"), last);
    json_member_u64(w, STR("events"), events);
    json_member_u64(w, STR("sessions"), sessions);
    json_member_raw(w, STR("traits"), traits.len > 0 ? traits : STR("{}"));
    json_key(w, STR("anonymousIds"));
    json_begin_array(w);
    for (size_t i = 1; i < person->actor_count; i++) {
        json_string(w, person->actors[i].id);
    }
    json_end_array(w);
    json_end_object(w);
}

static void write_profile(struct json_writer *w, const struct store_profile *profile) {
    json_member_string_or_null(w, STR("email"), profile->email);
    json_member_string_or_null(w, STR("name"), profile->name);
    json_member_raw(w, STR("traits"), profile->traits.len > 0 ? profile->traits : STR("{}"));
    json_member_u64(w, STR("version"), profile->version);
    json_member_time(w, STR("createdAt"), profile->created_ms);
    json_member_time(w, STR("updatedAt"), profile->updated_ms);
}

static void write_no_profile(struct json_writer *w) {
    static const struct str names[] = {STR_INIT("email"),     STR_INIT("name"),
                                       STR_INIT("traits"),    STR_INIT("version"),
                                       STR_INIT("createdAt"), STR_INIT("updatedAt")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_member_raw(w, names[i], STR("null"));
    }
}

void users_person_write(struct json_writer *w, const struct users_person *person) {
    json_begin_object(w);
    json_member_string(w, STR("id"), person->id);
    if (person->has_profile) {
        write_profile(w, &person->profile);
    } else {
        write_no_profile(w);
    }
    if (person->actors) {
        write_observed(w, person);
    }
    json_end_object(w);
}

void users_person_send(struct http_exchange *exchange, unsigned status,
                       const struct users_person *person) {
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    users_person_write(&w, person);
    if (json_writer_status(&w) == STATUS_INVALID_UTF8) {
        view_fail(exchange, STATUS_CORRUPT, "users", "A stored profile is not valid UTF-8");
        return;
    }
    if (person->has_profile) {
        users_reply_etag(exchange, person->profile.version);
    }
    http_reply_header(exchange, "Cache-Control", STR("private, no-cache"));
    http_reply_send(exchange, status, "application/json");
}
