// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Finds the project that a request's key belongs to: header, then query; the body is the reader's business.
#include "activity/activity_private.h"
#include "activity/intake.h"
#include "http/query.h"

#define QUERY_PARAMETERS_MAX 64

bool activity_find_project(void *context, struct str key, struct arena *arena,
                           struct str *project) {
    const struct activity *activity = context;
    struct auth_principal principal;
    if (key.len == 0 || key.len >= AUTH_KEY_TEXT_MAX) {
        return false;
    }
    if (!auth_keyring_find_write_key(activity->config.keyring, key, &principal) &&
        !auth_keyring_find_api_key(activity->config.keyring, key, &principal)) {
        return false;
    }
    if (!auth_allows(principal.role, AUTH_ACCESS_SEND) || principal.project[0] == '\0') {
        return false;
    }
    *project = arena_copy(arena, str_from_c(principal.project));
    return project->data != NULL;
}

static struct str project_of_principal(const struct http_exchange *exchange) {
    const struct auth_principal *principal = exchange->principal;
    return principal && principal->project[0] && auth_allows(principal->role, AUTH_ACCESS_SEND)
               ? str_from_c(principal->project)
               : STR_EMPTY;
}

static struct str project_of_header(struct activity *activity, struct http_exchange *exchange) {
    struct str header = http_request_header(exchange, STR("Authorization"));
    struct auth_credentials found = {.bearer = STR_EMPTY};
    struct str project = STR_EMPTY;
    // A header that cannot be read names no key; the body may.
    if (header.len == 0 ||
        auth_parse_authorization(&exchange->arena, header, &found) != STATUS_OK) {
        return STR_EMPTY;
    }
    struct str key = found.bearer.len > 0 ? found.bearer : found.user;
    return activity_find_project(activity, key, &exchange->arena, &project) ? project : STR_EMPTY;
}

static struct str project_of_query(struct activity *activity, struct http_exchange *exchange) {
    struct http_parameter parameters[QUERY_PARAMETERS_MAX];
    struct str project = STR_EMPTY;
    size_t count;
    if (exchange->request.query.len == 0 ||
        http_query_parse(&exchange->arena, exchange->request.query, parameters,
                         QUERY_PARAMETERS_MAX, &count) != STATUS_OK) {
        return STR_EMPTY;
    }
    for (size_t i = 0; i < count; i++) {
        if (intake_is_key_name(parameters[i].name) &&
            activity_find_project(activity, parameters[i].value, &exchange->arena, &project)) {
            return project;
        }
    }
    return STR_EMPTY;
}

struct str activity_project_of_request(struct activity *activity, struct http_exchange *exchange) {
    struct str project = project_of_principal(exchange);
    if (!project.data) {
        project = project_of_header(activity, exchange);
    }
    return project.data ? project : project_of_query(activity, exchange);
}
