// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The role: its table of routes, its start and its stop.
#include "users/users.h"

#include <stdlib.h>

#include "auth/scope.h"
#include "base/thread.h"
#include "users/private.h"

static const struct http_route routes[] = {
    {HTTP_POST_, "/users", AUTH_ACCESS_EDITOR, true, users_handle_create},
    {HTTP_GET_, "/users", AUTH_ACCESS_VIEWER, true, users_handle_list},
    {HTTP_GET_, "/users/:id", AUTH_ACCESS_SELF, false, users_handle_get},
    {HTTP_PUT_, "/users/:id", AUTH_ACCESS_EDITOR, true, users_handle_put},
    {HTTP_PATCH_, "/users/:id", AUTH_ACCESS_EDITOR, true, users_handle_patch},
    {HTTP_DELETE_, "/users/:id", AUTH_ACCESS_EDITOR, true, users_handle_delete},
    {HTTP_GET_, "/users/:id/activities", AUTH_ACCESS_SELF, true, users_handle_timeline},
    {HTTP_GET_, "/users/:id/reports/daily", AUTH_ACCESS_SELF, true, users_handle_daily},
    {HTTP_GET_, "/users/:id/export", AUTH_ACCESS_SELF, true, users_handle_export},
    {HTTP_POST_, "/users/:id/erasure", AUTH_ACCESS_OWN, true, users_handle_erase},
    {HTTP_GET_, "/users/:id/erasures", AUTH_ACCESS_OWN, true, users_handle_own_erasures},
    {HTTP_DELETE_, "/users/:id/refusal", AUTH_ACCESS_ADMIN, true, users_handle_allow},
    {HTTP_GET_, "/export", AUTH_ACCESS_ADMIN, true, users_handle_project_export},
    {HTTP_POST_, "/import", AUTH_ACCESS_ADMIN, true, users_handle_project_import},
    {HTTP_GET_, "/erasures", AUTH_ACCESS_ADMIN, true, users_handle_erasures},
    {HTTP_GET_, "/erasures/:id", AUTH_ACCESS_ADMIN, true, users_handle_erasure},
    {HTTP_GET_, "/erasure-refusals", AUTH_ACCESS_ADMIN, true, users_handle_refusals},
    {HTTP_GET_, "/erasure-holds", AUTH_ACCESS_ADMIN, true, users_handle_holds},
    {HTTP_POST_, "/erasure-holds", AUTH_ACCESS_ADMIN, true, users_handle_hold_create},
    {HTTP_DELETE_, "/erasure-holds/:id", AUTH_ACCESS_ADMIN, true, users_handle_hold_delete},
};

enum status users_start(const struct users_config *config, struct users **out, struct error *err) {
    struct users *users = calloc(1, sizeof *users);
    if (!users) {
        return error_set(err, STATUS_NO_MEMORY, "users: no memory to start");
    }
    users->config = *config;
    thread_must(pthread_mutex_init(&users->export_lock, NULL));
    if (view_zones_make(config->store, &users->zones) != STATUS_OK) {
        users_stop(users);
        return error_set(err, STATUS_NO_MEMORY, "users: no memory to start");
    }
    *out = users;
    return STATUS_OK;
}

struct http_route_table users_routes(struct users *users) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], users};
}

struct http_route_table users_route_patterns(void) {
    return users_routes(NULL);
}

void users_stop(struct users *users) {
    if (users) {
        view_zones_free(users->zones);
        thread_must(pthread_mutex_destroy(&users->export_lock));
        free(users);
    }
}

bool users_scope(struct users *users, struct http_exchange *exchange, struct str asked,
                 struct str *project) {
    return auth_scope_project(exchange, users->config.keyring, asked, project);
}
