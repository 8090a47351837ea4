// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From upstreams[] and routes[] of the settings to a set of routes, with everything that is wrong named by its line.
#include "gateway/routes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/keyring.h"
#include "base/check.h"
#include "gateway/routes_private.h"

#define NAME_MOST 32
#define METHODS 7

enum status gateway_routes_refuse(const struct settings *settings, const char *key, size_t i,
                                  struct error *err, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(err, STATUS_INVALID, "%s: %s: %s", settings_entry_origin(settings, key, i),
                     key, text);
}

static enum status no_memory(struct error *err) {
    return error_set(err, STATUS_NO_MEMORY, "no memory for the routes of the settings");
}

// --- Upstreams ---------------------------------------------------------------------------------------------------------
static bool is_name(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
            return false;
        }
    }
    return name.len > 0 && name.len <= NAME_MOST;
}

static bool is_visible(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c >= 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_role(struct str name) {
    return str_equal(name, STR("activity")) || str_equal(name, STR("users")) ||
           str_equal(name, STR("reports"));
}

static enum status check_name(const struct gateway_routes *set, const struct settings *settings,
                              size_t i, struct error *err) {
    static const char key[] = "upstreams[].name";
    struct str name = settings_entry_string(settings, key, i);
    if (!is_name(name)) {
        return gateway_routes_refuse(settings, key, i, err,
                                     "give it a name of at most %d lower-case letters, digits, "
                                     "'-' and '_'",
                                     NAME_MOST);
    }
    if (is_role(name)) {
        return gateway_routes_refuse(settings, key, i, err,
                                     "\"%.*s\" is a role of Footfall, whose addresses are "
                                     "gateway.%.*s; take another name",
                                     STR_ARG(name), STR_ARG(name));
    }
    for (size_t j = 0; j < i; j++) {
        if (str_equal(set->upstreams[j].name, name)) {
            return gateway_routes_refuse(settings, key, i, err,
                                         "\"%.*s\" is the name of that in %s, too; take another",
                                         STR_ARG(name), settings_entry_origin(settings, key, j));
        }
    }
    return STATUS_OK;
}

static enum status copy_urls(struct gateway_routes *set, const struct settings *settings, size_t i,
                             struct error *err) {
    static const char key[] = "upstreams[].urls";
    struct http_upstream_config *config = &set->upstreams[i].config;
    const struct str *urls = NULL;
    config->url_count = settings_entry_list(settings, key, i, &urls);
    if (config->url_count == 0) {
        return gateway_routes_refuse(settings, key, i, err,
                                     "name at least one address, such as http://127.0.0.1:9000");
    }
    struct str *copies = arena_alloc_array(&set->arena, config->url_count, sizeof *copies);
    if (!copies) {
        return no_memory(err);
    }
    struct str text = set->upstreams[i].text;
    for (size_t j = 0; j < config->url_count; j++) {
        if (!http_upstream_is_url(urls[j])) {
            return gateway_routes_refuse(settings, key, i, err,
                                         "\"%.*s\" is no address; write http://host:port or "
                                         "https://host:port",
                                         STR_ARG(urls[j]));
        }
        copies[j] = arena_copy(&set->arena, urls[j]);
        text = arena_printf(&set->arena, "%.*s %.*s", STR_ARG(text), STR_ARG(urls[j]));
        if (!copies[j].data || !text.data) {
            return no_memory(err);
        }
    }
    config->urls = copies;
    set->upstreams[i].text = text;
    return STATUS_OK;
}

// gateway.* holds for what an entry does not say; whom to trust and what to show does not.
static bool copy_policies(struct gateway_routes *set, const struct settings *settings, size_t i) {
    struct gateway_upstream_entry *entry = &set->upstreams[i];
    struct http_upstream_config *config = &entry->config;
    struct arena *arena = &set->arena;
    gateway_upstream_policies(settings, config, &entry->tls);
    struct str health = settings_entry_string(settings, "upstreams[].health_path", i);
    entry->tls = (struct tls_client_settings){
        .ca_file = arena_copy(arena, settings_entry_string(settings, "upstreams[].tls_ca", i)),
        .certificate =
            arena_copy(arena, settings_entry_string(settings, "upstreams[].tls_certificate", i)),
        .key = arena_copy(arena, settings_entry_string(settings, "upstreams[].tls_key", i)),
        .verify = true,
    };
    config->connections = (unsigned)settings_entry_integer(settings, "upstreams[].connections", i);
    config->connect_timeout_ms = settings_entry_integer(settings, "upstreams[].connect_timeout", i);
    config->reply_timeout_ms = settings_entry_integer(settings, "upstreams[].reply_timeout", i);
    config->total_timeout_ms = settings_entry_integer(settings, "upstreams[].total_timeout", i);
    config->idle_timeout_ms = settings_entry_integer(settings, "upstreams[].idle_timeout", i);
    config->tunnel_timeout_ms = settings_entry_integer(settings, "upstreams[].tunnel_timeout", i);
    config->health.interval_ms = settings_integer(settings, "gateway.health_interval");
    config->health.path = health.len > 0 ? arena_copy(arena, health).data : NULL;
    return entry->tls.ca_file.data && entry->tls.certificate.data && entry->tls.key.data &&
           (health.len == 0 || config->health.path);
}

// All that makes one upstream another.
static struct str describe(struct arena *arena, const struct gateway_upstream_entry *entry) {
    const struct http_upstream_config *config = &entry->config;
    struct str numbers =
        arena_printf(arena, "%u %lld %lld %lld %lld %lld %lld %lld %u %lld %u %u %u",
                     config->connections, (long long)config->connect_timeout_ms,
                     (long long)config->reply_timeout_ms, (long long)config->total_timeout_ms,
                     (long long)config->idle_timeout_ms, (long long)config->tunnel_timeout_ms,
                     (long long)config->health.interval_ms, (long long)config->resolve_every_ms,
                     config->ejection.after, (long long)config->ejection.base_ms,
                     config->ejection.share, config->limits.active, config->limits.retry_share);
    return arena_printf(arena, "%s\n%.*s\n%s\n%.*s\n%.*s\n%.*s", config->name, STR_ARG(numbers),
                        config->health.path ? config->health.path : "", STR_ARG(entry->tls.ca_file),
                        STR_ARG(entry->tls.certificate), STR_ARG(entry->tls.key));
}

static enum status read_upstream(struct gateway_routes *set, const struct settings *settings,
                                 size_t i, struct error *err) {
    CHECK(set->upstreams != NULL); // there is an i-th
    struct gateway_upstream_entry *entry = &set->upstreams[i];
    enum status status = check_name(set, settings, i, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct str health = settings_entry_string(settings, "upstreams[].health_path", i);
    if (health.len > 0 && (health.data[0] != '/' || !is_visible(health))) {
        return gateway_routes_refuse(settings, "upstreams[].health_path", i, err,
                                     "\"%.*s\" is no path; write it like /health", STR_ARG(health));
    }
    entry->name = arena_copy(&set->arena, settings_entry_string(settings, "upstreams[].name", i));
    if (!copy_policies(set, settings, i) || !entry->name.data) {
        return no_memory(err);
    }
    entry->config.name = entry->name.data;
    entry->text = describe(&set->arena, entry);
    return entry->text.data ? copy_urls(set, settings, i, err) : no_memory(err);
}

// --- Routes ------------------------------------------------------------------------------------------------------------
static enum status find_upstream(struct gateway_routes *set, const struct settings *settings,
                                 size_t i, struct error *err) {
    static const char key[] = "routes[].upstream";
    struct str name = settings_entry_string(settings, key, i);
    for (size_t j = 0; j < set->upstream_count; j++) {
        if (str_equal(set->upstreams[j].name, name)) {
            set->routes[i].to = &set->upstreams[j];
            return STATUS_OK;
        }
    }
    if (name.len == 0) {
        return gateway_routes_refuse(settings, key, i, err,
                                     "say where its requests go: the name of one of upstreams");
    }
    return gateway_routes_refuse(settings, key, i, err,
                                 "no upstream is named \"%.*s\"; add it "
                                 "to upstreams, or name one that is there",
                                 STR_ARG(name));
}

static enum status read_access(const struct settings *settings, size_t i, unsigned *out,
                               struct error *err) {
    static const char key[] = "routes[].access";
    static const struct {
        struct str name;
        enum auth_access access;
    } levels[] = {{STR_INIT("public"), AUTH_ACCESS_PUBLIC},
                  {STR_INIT("send"), AUTH_ACCESS_SEND},
                  {STR_INIT("viewer"), AUTH_ACCESS_VIEWER},
                  {STR_INIT("editor"), AUTH_ACCESS_EDITOR},
                  {STR_INIT("admin"), AUTH_ACCESS_ADMIN}};
    struct str text = settings_entry_string(settings, key, i);
    for (size_t j = 0; j < sizeof levels / sizeof levels[0]; j++) {
        if (str_equal(levels[j].name, text)) {
            *out = levels[j].access;
            return STATUS_OK;
        }
    }
    return gateway_routes_refuse(settings, key, i, err,
                                 "say who may call it: public, send, viewer, editor or admin");
}

static enum status read_methods(const struct settings *settings, size_t i, unsigned *out,
                                struct error *err) {
    static const char key[] = "routes[].methods";
    static const struct str names[METHODS] = {
        STR_INIT("GET"),   STR_INIT("HEAD"),   STR_INIT("POST"),    STR_INIT("PUT"),
        STR_INIT("PATCH"), STR_INIT("DELETE"), STR_INIT("OPTIONS"),
    };
    const struct str *texts = NULL;
    size_t count = settings_entry_list(settings, key, i, &texts);
    *out = 0;
    for (size_t j = 0; j < count; j++) {
        unsigned method = 0;
        for (unsigned k = 0; k < METHODS; k++) {
            method |= str_equal(names[k], texts[j]) ? 1u << k : 0;
        }
        if (method == 0) {
            return gateway_routes_refuse(settings, key, i, err,
                                         "\"%.*s\" is none of GET, HEAD, POST, PUT, PATCH, DELETE "
                                         "and OPTIONS",
                                         STR_ARG(texts[j]));
        }
        *out |= method;
    }
    return count > 0 ? STATUS_OK
                     : gateway_routes_refuse(settings, key, i, err, "name at least one method");
}

static struct str first_segment(struct str pattern) {
    struct str rest = str_make(pattern.data + 1, pattern.len - 1);
    return str_cut(&rest, '/');
}

// What the first segment says is whose a path is: ours or theirs. So no route of theirs can come before, behind or between our own.
static enum status check_first(const struct settings *settings, size_t i, struct str pattern,
                               const struct http_route_table *ours, size_t count,
                               struct error *err) {
    static const char key[] = "routes[].path";
    static const struct str reserved[] = {STR_INIT("health"), STR_INIT("metrics"), STR_INIT("auth"),
                                          STR_INIT(".well-known")};
    struct str first = first_segment(pattern);
    if (first.len == 0 || first.data[0] == ':' || first.data[0] == '*') {
        return gateway_routes_refuse(settings, key, i, err,
                                     "%.*s would cover paths of Footfall such as /health; begin "
                                     "with a segment of its own, such as /shop/*",
                                     STR_ARG(pattern));
    }
    bool taken = false;
    for (size_t j = 0; j < sizeof reserved / sizeof reserved[0]; j++) {
        taken = taken || str_equal(first, reserved[j]);
    }
    for (size_t j = 0; j < count; j++) {
        for (size_t k = 0; k < ours[j].count; k++) {
            struct str own = str_from_c(ours[j].routes[k].pattern);
            taken = taken || str_equal(first_segment(own), first);
        }
    }
    return taken ? gateway_routes_refuse(settings, key, i, err,
                                         "paths that begin with /%.*s are Footfall's own; take "
                                         "another first segment",
                                         STR_ARG(first))
                 : STATUS_OK;
}

static enum status read_path(const struct settings *settings, size_t i,
                             const struct http_route_table *ours, size_t count, struct error *err) {
    static const char key[] = "routes[].path";
    struct str pattern = settings_entry_string(settings, key, i);
    struct error reason = {STATUS_OK, ""};
    if (pattern.len == 0) {
        return gateway_routes_refuse(settings, key, i, err,
                                     "say which paths are meant: /shop/* or /orders/:id");
    }
    if (http_router_check_pattern(pattern.data, &reason) != STATUS_OK) {
        return gateway_routes_refuse(settings, key, i, err, "%s", reason.text);
    }
    for (size_t j = 0; j < pattern.len; j++) {
        unsigned char c = (unsigned char)pattern.data[j];
        if (c <= ' ' || c >= 0x7f || strchr("%?#\\\"<>", c)) {
            return gateway_routes_refuse(settings, key, i, err,
                                         "a path is written without blanks, escapes, '?' and '#'");
        }
    }
    for (const char *c = pattern.data; *c; c++) {
        bool segment = c[0] == '/' && c[1] == '.';
        const char *end = segment && c[2] == '.' ? c + 3 : c + 2;
        if ((c[0] == '/' && c[1] == '/') || (segment && (*end == '\0' || *end == '/'))) {
            return gateway_routes_refuse(settings, key, i, err,
                                         "a path has no empty segments and none of . and ..");
        }
    }
    return check_first(settings, i, pattern, ours, count, err);
}

// Whether both match the same paths, whatever their parameters are called.
static bool is_same_path(struct str a, struct str b) {
    while (a.data && b.data) {
        struct str x = str_cut(&a, '/'), y = str_cut(&b, '/');
        bool parameters = x.len > 0 && y.len > 0 && x.data[0] == ':' && y.data[0] == ':';
        if (!parameters && !str_equal(x, y)) {
            return false;
        }
    }
    return !a.data && !b.data;
}

static enum status check_clash(const struct gateway_routes *set, const struct settings *settings,
                               size_t i, struct error *err) {
    const struct gateway_route *route = &set->routes[i];
    for (size_t j = 0; j < i; j++) {
        const struct gateway_route *other = &set->routes[j];
        unsigned both = (route->route.methods | (route->route.methods & HTTP_GET_) << 1) &
                        (other->route.methods | (other->route.methods & HTTP_GET_) << 1);
        if (both &&
            is_same_path(str_from_c(route->route.pattern), str_from_c(other->route.pattern))) {
            return gateway_routes_refuse(settings, "routes[].path", i, err,
                                         "%s matches the same requests as %s in %s; leave one out, "
                                         "or give them different methods",
                                         route->route.pattern, other->route.pattern, other->origin);
        }
    }
    return STATUS_OK;
}

static enum status read_route(struct gateway_routes *set, const struct settings *settings, size_t i,
                              const struct http_route_table *ours, size_t count,
                              struct error *err) {
    CHECK(set->routes != NULL); // there is an i-th
    struct gateway_route *route = &set->routes[i];
    struct str pattern = settings_entry_string(settings, "routes[].path", i);
    route->origin =
        arena_copy(&set->arena, str_from_c(settings_entry_origin(settings, "routes[].path", i)))
            .data;
    route->route.pattern = arena_copy(&set->arena, pattern).data;
    route->route.handle = gateway_routes_forward;
    route->route.blocking = HTTP_ROUTE_STREAMS;
    if (!route->origin || !route->route.pattern) {
        return no_memory(err);
    }
    enum status status = read_path(settings, i, ours, count, err);
    status = status == STATUS_OK ? read_methods(settings, i, &route->route.methods, err) : status;
    status = status == STATUS_OK ? read_access(settings, i, &route->route.access, err) : status;
    status = status == STATUS_OK ? find_upstream(set, settings, i, err) : status;
    status = status == STATUS_OK ? check_clash(set, settings, i, err) : status;
    if (status != STATUS_OK) {
        return status;
    }
    route->takes_key = route->route.access != AUTH_ACCESS_PUBLIC;
    set->tables[i] = (struct http_route_table){&route->route, 1, route};
    return gateway_routes_read_rules(settings, i, route, &set->arena, err);
}

// --- The set -----------------------------------------------------------------------------------------------------------
enum status gateway_routes_read(const struct settings *settings,
                                const struct http_route_table *ours, size_t count,
                                struct gateway_routes **out, struct error *err) {
    struct gateway_routes *set = calloc(1, sizeof *set);
    if (!set) {
        return no_memory(err);
    }
    arena_init(&set->arena, 4096, 0);
    set->upstream_count = settings_entries(settings, "upstreams");
    set->route_count = settings_entries(settings, "routes");
    set->upstreams =
        arena_alloc_array(&set->arena, set->upstream_count + 1, sizeof set->upstreams[0]);
    set->routes = arena_alloc_array(&set->arena, set->route_count + 1, sizeof set->routes[0]);
    set->tables = arena_alloc_array(&set->arena, set->route_count + 1, sizeof set->tables[0]);
    bool made = set->upstreams && set->routes && set->tables;
    enum status status = made ? STATUS_OK : no_memory(err);
    for (size_t i = 0; i < set->upstream_count && status == STATUS_OK; i++) {
        status = read_upstream(set, settings, i, err);
    }
    for (size_t i = 0; i < set->route_count && status == STATUS_OK; i++) {
        status = read_route(set, settings, i, ours, count, err);
    }
    if (status != STATUS_OK) {
        gateway_routes_free(set);
        return status;
    }
    *out = set;
    return STATUS_OK;
}

const struct http_route_table *gateway_routes_tables(const struct gateway_routes *routes,
                                                     size_t *count) {
    *count = routes->route_count;
    return routes->tables;
}

void gateway_routes_free(struct gateway_routes *routes) {
    if (routes) {
        gateway_routes_let_go(routes);
        arena_free(&routes->arena);
        free(routes);
    }
}
