// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which paths take events in which dialect, and under which prefix they can be reached too.
#include <stdlib.h>

#include "activity/activity_private.h"

// X(handler, dialect, shape, has_type, type, answer, strict_query)
#define RECEIVER_LIST(X)                                                                           \
    X(plain, plain, ANY, false, TRACK, JSON, true)                                                 \
    X(segment_batch, segment, BATCH, false, TRACK, JSON, false)                                    \
    X(segment_track, segment, ONE, true, TRACK, JSON, false)                                       \
    X(segment_identify, segment, ONE, true, IDENTIFY, JSON, false)                                 \
    X(segment_page, segment, ONE, true, PAGE, JSON, false)                                         \
    X(segment_screen, segment, ONE, true, SCREEN, JSON, false)                                     \
    X(segment_group, segment, ONE, true, GROUP, JSON, false)                                       \
    X(segment_alias, segment, ONE, true, ALIAS, JSON, false)                                       \
    X(rudder_batch, rudder, BATCH, false, TRACK, JSON, false)                                      \
    X(posthog, posthog, ANY, false, TRACK, JSON, false)

#define X(name, dialect_, shape_, has_type_, type_, answer_, strict_)                              \
    static void receive_##name(struct http_exchange *exchange, void *context) {                    \
        static const struct activity_route route = {                                               \
            .dialect = &activity_dialect_##dialect_,                                               \
            .shape = ACTIVITY_##shape_,                                                            \
            .has_type = (has_type_),                                                               \
            .type = EVENT_##type_,                                                                 \
            .answer = ACTIVITY_ANSWER_##answer_,                                                   \
            .strict_query = (strict_),                                                             \
        };                                                                                         \
        activity_receive(context, exchange, &route);                                               \
    }
RECEIVER_LIST(X)
#undef X

#define PIXEL(name, type_)                                                                         \
    static void receive_##name(struct http_exchange *exchange, void *context) {                    \
        static const struct activity_route route = {                                               \
            .dialect = &activity_dialect_rudder,                                                   \
            .shape = ACTIVITY_ONE,                                                                 \
            .has_type = true,                                                                      \
            .type = EVENT_##type_,                                                                 \
            .answer = ACTIVITY_ANSWER_GIF,                                                         \
        };                                                                                         \
        activity_receive_pixel(context, exchange, &route);                                         \
    }
PIXEL(pixel_track, TRACK)
PIXEL(pixel_page, PAGE)
#undef PIXEL

#define SEND(pattern, handler)                                                                     \
    { HTTP_POST_, pattern, AUTH_ACCESS_SEND, false, handler }
#define ASK(methods, pattern, handler)                                                             \
    { methods, pattern, AUTH_ACCESS_PUBLIC, false, handler }
// The same with and without /v1: Segment's browser SDK appends to whatever its apiHost is.
#define SEND_V1(pattern, handler) SEND("/v1" pattern, handler), SEND(pattern, handler)
static const struct http_route paths[] = {
    SEND("/activities", receive_plain),
    SEND("/v1/import", receive_segment_batch),
    SEND("/v1/batch", receive_segment_batch),
    SEND("/v1/track", receive_segment_track),
    SEND("/v1/identify", receive_segment_identify),
    SEND("/v1/page", receive_segment_page),
    SEND("/v1/screen", receive_segment_screen),
    SEND("/v1/group", receive_segment_group),
    SEND("/v1/alias", receive_segment_alias),
    SEND_V1("/t", receive_segment_track),
    SEND_V1("/i", receive_segment_identify),
    SEND_V1("/p", receive_segment_page),
    SEND_V1("/s", receive_segment_screen),
    SEND_V1("/g", receive_segment_group),
    SEND_V1("/a", receive_segment_alias),
    SEND_V1("/b", receive_segment_batch),
    ASK(HTTP_POST_, "/v1/m", activity_handle_sdk_metrics),
    ASK(HTTP_POST_, "/m", activity_handle_sdk_metrics),
    ASK(HTTP_GET_, "/v1/projects/:key/settings", activity_handle_settings),
    {HTTP_GET_, "/sourceConfig/", AUTH_ACCESS_SEND, false, activity_handle_source_config},
    {HTTP_GET_, "/sourceConfig", AUTH_ACCESS_SEND, false, activity_handle_source_config},
    SEND("/beacon/v1/batch", receive_rudder_batch),
    {HTTP_GET_, "/pixel/v1/track", AUTH_ACCESS_SEND, false, receive_pixel_track},
    {HTTP_GET_, "/pixel/v1/page", AUTH_ACCESS_SEND, false, receive_pixel_page},
    SEND("/batch/", receive_posthog),
    SEND("/batch", receive_posthog),
    SEND("/e/", receive_posthog),
    SEND("/e", receive_posthog),
    SEND("/i/v0/e/", receive_posthog),
    SEND("/i/v0/e", receive_posthog),
    SEND("/capture/", receive_posthog),
    SEND("/capture", receive_posthog),
    ASK(HTTP_GET_, "/array/:key/config", activity_handle_array_config),
    ASK(HTTP_POST_, "/flags/", activity_handle_flags),
    ASK(HTTP_POST_, "/flags", activity_handle_flags),
};
#define PATH_COUNT (sizeof paths / sizeof paths[0])

struct activity_route_set {
    size_t route_count;
    size_t pattern_count;
    char *patterns[PATH_COUNT]; // of routes under the prefix
    struct http_route
        routes[4 * PATH_COUNT]; // a preflight for each, and all of it under the prefix
};

static void add_path(struct activity_route_set *set, struct http_route route, const char *pattern) {
    route.pattern = pattern;
    set->routes[set->route_count++] = route;
    // A preflight carries no key.
    set->routes[set->route_count++] = (struct http_route){
        HTTP_OPTIONS_, pattern, AUTH_ACCESS_PUBLIC, false, activity_handle_preflight};
}

static char *join(struct str prefix, const char *pattern) {
    size_t len = strlen(pattern);
    char *joined = malloc(prefix.len + len + 1);
    if (joined) {
        memcpy(joined, prefix.data, prefix.len);
        memcpy(joined + prefix.len, pattern, len + 1);
    }
    return joined;
}

// "/x7": a slash, then what needs no escape and is no parameter.
static bool prefix_is_sane(struct str prefix) {
    if (prefix.len < 2 || prefix.data[0] != '/' || prefix.data[prefix.len - 1] == '/') {
        return false;
    }
    for (size_t i = 0; i < prefix.len; i++) {
        char c = prefix.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '/' || c == '-' || c == '_' || c == '.')) {
            return false;
        }
    }
    return true;
}

enum status activity_route_set_make(struct str prefix, struct activity_route_set **out,
                                    struct error *err) {
    if (prefix.len > 0 && !prefix_is_sane(prefix)) {
        return error_set(
            err, STATUS_INVALID,
            "ingest.path_prefix: one like /x7 is needed: '/', then letters, digits and "
            "any of - _ . /");
    }
    struct activity_route_set *set = calloc(1, sizeof *set);
    if (!set) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the routes");
    }
    for (size_t i = 0; i < PATH_COUNT; i++) {
        add_path(set, paths[i], paths[i].pattern);
        if (prefix.len == 0) {
            continue;
        }
        char *pattern = join(prefix, paths[i].pattern);
        if (!pattern) {
            activity_route_set_free(set);
            return error_set(err, STATUS_NO_MEMORY, "no memory for the routes");
        }
        set->patterns[set->pattern_count++] = pattern;
        add_path(set, paths[i], pattern);
    }
    *out = set;
    return STATUS_OK;
}

struct http_route_table activity_route_set_table(const struct activity_route_set *set) {
    return (struct http_route_table){set->routes, set->route_count, NULL};
}

void activity_route_set_free(struct activity_route_set *set) {
    for (size_t i = 0; set && i < set->pattern_count; i++) {
        free(set->patterns[i]);
    }
    free(set);
}
