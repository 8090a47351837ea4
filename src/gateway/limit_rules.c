// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From texts to rates, routes and networks.
#include "gateway/limit_rules.h"

#include <stdlib.h>

static enum status read_rates(struct limit_rules *rules, const struct gateway_limits_config *config,
                              struct error *err) {
    const struct {
        struct str text;
        const char *setting;
        enum limit_kind kind;
    } rows[] = {
        {config->address, "limits.address", LIMIT_KIND_ADDRESS},
        {config->key, "limits.key", LIMIT_KIND_KEY},
        {config->account, "limits.account", LIMIT_KIND_ACCOUNT},
        {config->events, "limits.events", LIMIT_KIND_EVENTS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error reason = {STATUS_OK, ""};
        if (rows[i].text.len > 0 &&
            limit_rate_parse(rows[i].text, &rules->rates[rows[i].kind], &reason) != STATUS_OK) {
            return error_set(err, STATUS_INVALID, "%s: %s", rows[i].setting, reason.text);
        }
    }
    return STATUS_OK;
}

// HEAD counts as GET. 0: there is no such method.
static unsigned methods_of(struct str name) {
    char text[80];
    for (unsigned method = HTTP_GET_; method < HTTP_OTHER_; method <<= 1) {
        http_methods_text(method, text, sizeof text);
        if (str_equal(name, str_from_c(text))) {
            return method == HTTP_GET_ ? HTTP_GET_ | HTTP_HEAD_ : method;
        }
    }
    return 0;
}

// "METHOD PATTERN=RATE"; a pattern may hold no '='.
static enum status read_route(struct limit_route *route, struct str text, struct error *err) {
    struct error reason = {STATUS_OK, ""};
    route->text = strndup(text.data, text.len);
    if (!route->text) {
        return error_set(err, STATUS_NO_MEMORY, "limits: out of memory");
    }
    struct str rest = str_from_c(route->text);
    struct str name = str_cut(&rest, '=');
    route->methods = methods_of(str_cut(&name, ' '));
    route->pattern = str_trim(name);
    if (route->methods == 0 || route->pattern.len == 0 || route->pattern.data[0] != '/' ||
        !rest.data) {
        return error_set(err, STATUS_INVALID,
                         "limits.routes: \"%.*s\": METHOD /PATTERN=RATE is needed", STR_ARG(text));
    }
    route->kind = LIMIT_KINDS + (unsigned)(str_hash(route->pattern, route->methods) >> 33);
    if (limit_rate_parse(rest, &route->rate, &reason) != STATUS_OK) {
        return error_set(err, STATUS_INVALID, "limits.routes: %s", reason.text);
    }
    return STATUS_OK;
}

static enum status read_routes(struct limit_rules *rules,
                               const struct gateway_limits_config *config, struct error *err) {
    rules->routes = calloc(config->route_count + 1, sizeof *rules->routes);
    if (!rules->routes) {
        return error_set(err, STATUS_NO_MEMORY, "limits: out of memory");
    }
    for (size_t i = 0; i < config->route_count; i++) {
        enum status status =
            read_route(&rules->routes[rules->route_count++], config->routes[i], err);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status read_exempt(struct limit_rules *rules,
                               const struct gateway_limits_config *config, struct error *err) {
    struct error reason = {STATUS_OK, ""};
    if (config->exempt_count == 0) {
        return STATUS_OK;
    }
    enum status status =
        http_networks_make(config->exempt, config->exempt_count, &rules->exempt, &reason);
    return status == STATUS_OK ? STATUS_OK
                               : error_set(err, status, "limits.exempt: %s", reason.text);
}

enum status limit_rules_make(const struct gateway_limits_config *config, struct limit_rules **out,
                             struct error *err) {
    struct limit_rules *rules = calloc(1, sizeof *rules);
    *out = NULL;
    if (!rules) {
        return error_set(err, STATUS_NO_MEMORY, "limits: out of memory");
    }
    rules->body_bytes = config->body_bytes;
    enum status status = read_rates(rules, config, err);
    if (status == STATUS_OK) {
        status = read_routes(rules, config, err);
    }
    if (status == STATUS_OK) {
        status = read_exempt(rules, config, err);
    }
    if (status != STATUS_OK) {
        limit_rules_free(rules);
        return status;
    }
    *out = rules;
    return STATUS_OK;
}

void limit_rules_free(struct limit_rules *rules) {
    while (rules) {
        struct limit_rules *before = rules->before;
        for (size_t i = 0; i < rules->route_count; i++) {
            free(rules->routes[i].text);
        }
        free(rules->routes);
        http_networks_free(rules->exempt);
        free(rules);
        rules = before;
    }
}

static bool has_route(const struct http_route_table *tables, size_t count,
                      const struct limit_route *limit) {
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < tables[i].count; j++) {
            const struct http_route *route = &tables[i].routes[j];
            if (str_equal(limit->pattern, str_from_c(route->pattern)) &&
                (route->methods & limit->methods)) {
                return true;
            }
        }
    }
    return false;
}

enum status limit_rules_check_routes(const struct limit_rules *rules,
                                     const struct http_route_table *tables, size_t count,
                                     struct error *err) {
    for (size_t i = 0; i < rules->route_count; i++) {
        const struct limit_route *limit = &rules->routes[i];
        if (!has_route(tables, count, limit)) {
            char methods[80];
            http_methods_text(limit->methods, methods, sizeof methods);
            return error_set(err, STATUS_INVALID, "limits.routes: there is no route %s %.*s",
                             methods, STR_ARG(limit->pattern));
        }
    }
    return STATUS_OK;
}
