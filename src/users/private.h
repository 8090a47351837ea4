// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share: the role itself, and looking up whose request it is.
#ifndef FOOTFALL_USERS_PRIVATE_H
#define FOOTFALL_USERS_PRIVATE_H

#include <pthread.h>

#include "base/json_write.h"
#include "users/users.h"
#include "view/asked.h"

struct users {
    struct users_config config;
    struct view_zones *zones;
    pthread_mutex_t export_lock; // one reader of the log at a time
};

// What is held about one id: a profile, an actor that was observed, or both.
struct users_person {
    struct str id;
    bool has_profile;
    struct store_profile profile;
    // The user, then the anonymous ids that are linked to it.
    struct store_actor *actors;
    size_t actor_count;
    struct store_actor_state *states; // one an actor; events 0 and first_seen_ms 0 when not found
    bool *found;
};

// The project of the request, which is the value of ?project= in asked. False: a problem was sent.
bool users_scope(struct users *users, struct http_exchange *exchange, struct str asked,
                 struct str *project);
void users_person_make(struct users_person *out, struct str id, const struct store_user *user);
// Profile, actors and states. NOT_FOUND: neither profile nor observed.
MUST_CHECK enum status users_person_load(struct users *users, struct http_exchange *exchange,
                                         struct str project, struct str id, enum store_reach reach,
                                         struct users_person *out);
// Of what users_person_load gave: true for OK; else the 404 or 5xx was sent.
bool users_person_loaded(struct http_exchange *exchange, enum status status);
// Both at once, for the path's id.
bool users_person_ask(struct users *users, struct http_exchange *exchange, struct str project,
                      struct users_person *out);

// The profile's members; and what was observed, when the actors were loaded.
void users_person_write(struct json_writer *w, const struct users_person *person);
// The same as the reply's body; ETag when there is a profile.
void users_person_send(struct http_exchange *exchange, unsigned status,
                       const struct users_person *person);

void users_handle_create(struct http_exchange *exchange, void *context);
void users_handle_list(struct http_exchange *exchange, void *context);
void users_handle_get(struct http_exchange *exchange, void *context);
void users_handle_put(struct http_exchange *exchange, void *context);
void users_handle_patch(struct http_exchange *exchange, void *context);
void users_handle_delete(struct http_exchange *exchange, void *context);
void users_handle_timeline(struct http_exchange *exchange, void *context);
void users_handle_daily(struct http_exchange *exchange, void *context);

void users_handle_project_export(struct http_exchange *exchange, void *context);
void users_handle_project_import(struct http_exchange *exchange, void *context);
void users_handle_export(struct http_exchange *exchange, void *context);
void users_handle_erase(struct http_exchange *exchange, void *context);
void users_handle_erasures(struct http_exchange *exchange, void *context);
void users_handle_erasure(struct http_exchange *exchange, void *context);
void users_handle_own_erasures(struct http_exchange *exchange, void *context);
void users_handle_holds(struct http_exchange *exchange, void *context);
void users_handle_hold_create(struct http_exchange *exchange, void *context);
void users_handle_hold_delete(struct http_exchange *exchange, void *context);
void users_handle_refusals(struct http_exchange *exchange, void *context);
void users_handle_allow(struct http_exchange *exchange, void *context);

// --- holds.c
// Whether events of that id are refused since an erasure. The store's statuses.
MUST_CHECK enum status users_is_refused(struct users *users, struct arena *arena,
                                        struct str project, char kind, struct str id,
                                        bool *refused);
// False: a 409 or 5xx was sent.
bool users_accept_not_refused(struct users *users, struct http_exchange *exchange,
                              struct str project, struct str id);

#endif
