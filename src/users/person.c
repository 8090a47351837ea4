// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Everything known about one id: the profile, what was observed of the user, and of the anonymous ids linked to it.
#include "base/json_write.h"
#include "http/problem.h"
#include "users/conditions.h"
#include "users/private.h"

static enum status load_actors(struct users *users, struct arena *arena, struct str project,
                               struct users_person *out) {
    struct str *links = NULL;
    size_t link_count = 0;
    enum status status =
        store_links_of(users->config.store, project, out->id, arena, &links, &link_count);
    if (status != STATUS_OK) {
        return status;
    }
    size_t count = link_count + 1;
    out->actors = arena_alloc_array(arena, count, sizeof *out->actors);
    out->states = arena_alloc_array(arena, count, sizeof *out->states);
    out->found = arena_alloc_array(arena, count, sizeof *out->found);
    if (!out->actors || !out->states || !out->found) {
        return STATUS_NO_MEMORY;
    }
    out->actor_count = count;
    out->actors[0] = (struct store_actor){STORE_ACTOR_USER, out->id};
    for (size_t i = 0; i < link_count; i++) {
        out->actors[i + 1] = (struct store_actor){STORE_ACTOR_ANONYMOUS, links[i]};
    }
    return STATUS_OK;
}

enum status users_person_load(struct users *users, struct http_exchange *exchange,
                              struct str project, struct str id, struct users_person *out) {
    struct store *store = users->config.store;
    struct arena *arena = &exchange->arena;
    *out = (struct users_person){.id = id};
    enum status status = store_profile_get(store, project, id, arena, &out->profile);
    out->has_profile = status == STATUS_OK;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    status = load_actors(users, arena, project, out);
    if (status != STATUS_OK) {
        return status;
    }
    bool anything = out->has_profile;
    for (size_t i = 0; i < out->actor_count; i++) {
        status = store_actor_get(store, project, out->actors[i], arena, &out->states[i]);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
            return status;
        }
        out->found[i] = status == STATUS_OK;
        anything = anything || out->found[i];
    }
    return anything ? STATUS_OK : STATUS_NOT_FOUND;
}

bool users_person_ask(struct users *users, struct http_exchange *exchange, struct str project,
                      struct users_person *out) {
    struct str id = exchange->parameters[0];
    enum status status = STATUS_NOT_FOUND;
    if (id.len <= 512) { // what the store takes; longer ones cannot be anybody's
        status = users_person_load(users, exchange, project, id, out);
    }
    if (status == STATUS_NOT_FOUND) {
        http_reply_problem(exchange, 404, STR("There is no such user."));
    } else if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The user cannot be read");
    }
    return status == STATUS_OK;
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
