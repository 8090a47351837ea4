// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which bucket a request is counted in, and the reply when it is empty.
#include "gateway/limits.h"

#include <stdlib.h>

#include "auth/keyring.h"
#include "base/metrics.h"
#include "http/problem.h"
#include "limit/table.h"

#define SECOND_NS INT64_C(1000000000)
#define ENTRIES_DEFAULT 65536

// X(symbol, name in headers and metrics, what a person reads)
#define KIND_LIST(X)                                                                               \
    X(ADDRESS, "address", "Your address")                                                          \
    X(KEY, "key", "This key")                                                                      \
    X(ACCOUNT, "account", "This account")                                                          \
    X(EVENTS, "events", "This project")                                                            \
    X(ROUTE, "route", "You")
enum kind {
#define X(symbol, name, who) KIND_##symbol,
    KIND_LIST(X)
#undef X
        KINDS
};
static const char *const kind_names[KINDS] = {
#define X(symbol, name, who) name,
    KIND_LIST(X)
#undef X
};
static const char *const kind_subjects[KINDS] = {
#define X(symbol, name, who) who,
    KIND_LIST(X)
#undef X
};

struct route_limit {
    unsigned methods;
    struct str pattern; // points into the text
    struct limit_rate rate;
    char *text;
};

struct gateway_limits {
    struct limit_table *table;
    struct limit_rate rates[KINDS]; // of ROUTE: unused
    struct route_limit *routes;
    size_t route_count;
    struct http_networks *exempt;
    char *path_prefix;
    size_t body_bytes;
    struct clock *clock;
    metrics_id refused[KINDS];
    metrics_id too_large;
    metrics_id evicted;
};

// --- Making ----------------------------------------------------------------------------------------------------------

static enum status read_rates(struct gateway_limits *limits,
                              const struct gateway_limits_config *config, struct error *err) {
    const struct {
        struct str text;
        const char *setting;
        enum kind kind;
    } rows[] = {
        {config->address, "limits.address", KIND_ADDRESS},
        {config->key, "limits.key", KIND_KEY},
        {config->account, "limits.account", KIND_ACCOUNT},
        {config->events, "limits.events", KIND_EVENTS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error reason = {STATUS_OK, ""};
        if (rows[i].text.len > 0 &&
            limit_rate_parse(rows[i].text, &limits->rates[rows[i].kind], &reason) != STATUS_OK) {
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
static enum status read_route(struct route_limit *route, struct str text, struct error *err) {
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
    if (limit_rate_parse(rest, &route->rate, &reason) != STATUS_OK) {
        return error_set(err, STATUS_INVALID, "limits.routes: %s", reason.text);
    }
    return STATUS_OK;
}

static enum status read_routes(struct gateway_limits *limits,
                               const struct gateway_limits_config *config, struct error *err) {
    limits->routes = calloc(config->route_count + 1, sizeof *limits->routes);
    if (!limits->routes) {
        return error_set(err, STATUS_NO_MEMORY, "limits: out of memory");
    }
    for (size_t i = 0; i < config->route_count; i++) {
        enum status status =
            read_route(&limits->routes[limits->route_count++], config->routes[i], err);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status read_exempt(struct gateway_limits *limits,
                               const struct gateway_limits_config *config, struct error *err) {
    struct error reason = {STATUS_OK, ""};
    if (config->exempt_count == 0) {
        return STATUS_OK;
    }
    enum status status =
        http_networks_make(config->exempt, config->exempt_count, &limits->exempt, &reason);
    return status == STATUS_OK ? STATUS_OK
                               : error_set(err, status, "limits.exempt: %s", reason.text);
}

static double read_evicted(void *context) {
    return (double)limit_table_evicted(context);
}

static void register_metrics(struct gateway_limits *limits) {
    char label[40];
    for (size_t i = 0; i < KINDS; i++) {
        struct buffer text;
        buffer_init_fixed(&text, label, sizeof label - 1);
        buffer_printf(&text, "limit=\"%s\"", kind_names[i]);
        label[text.len] = '\0';
        limits->refused[i] =
            metrics_counter("footfall_limits_refused_total", "Requests refused by a limit.", label);
    }
    limits->too_large = metrics_counter("footfall_limits_refused_total",
                                        "Requests refused by a limit.", "limit=\"body\"");
    limits->evicted =
        metrics_gauge("footfall_limits_forgotten",
                      "Clients forgotten before their bucket was full; limits.clients "
                      "is too small when it grows.",
                      NULL, read_evicted, limits->table);
}

enum status gateway_limits_make(const struct gateway_limits_config *config,
                                struct gateway_limits **out, struct error *err) {
    struct gateway_limits *limits = calloc(1, sizeof *limits);
    *out = NULL;
    if (!limits) {
        return error_set(err, STATUS_NO_MEMORY, "limits: out of memory");
    }
    limits->clock = config->clock;
    limits->body_bytes = config->body_bytes;
    limits->path_prefix = strndup(config->path_prefix.len > 0 ? config->path_prefix.data : "",
                                  config->path_prefix.len);
    size_t entries = config->entries > 0 ? config->entries : ENTRIES_DEFAULT;
    enum status status = read_rates(limits, config, err);
    if (status == STATUS_OK) {
        status = read_routes(limits, config, err);
    }
    if (status == STATUS_OK) {
        status = read_exempt(limits, config, err);
    }
    if (status == STATUS_OK &&
        (!limits->path_prefix ||
         limit_table_make(entries, config->random, &limits->table) != STATUS_OK)) {
        status = error_set(err, STATUS_NO_MEMORY, "limits: out of memory");
    }
    if (status != STATUS_OK) {
        gateway_limits_free(limits);
        return status;
    }
    register_metrics(limits);
    *out = limits;
    return STATUS_OK;
}

void gateway_limits_free(struct gateway_limits *limits) {
    if (!limits) {
        return;
    }
    if (limits->evicted != 0) {
        metrics_gauge_remove(limits->evicted);
    }
    for (size_t i = 0; i < limits->route_count; i++) {
        free(limits->routes[i].text);
    }
    free(limits->routes);
    free(limits->path_prefix);
    http_networks_free(limits->exempt);
    limit_table_free(limits->table);
    free(limits);
}

static bool has_route(const struct http_route_table *tables, size_t count,
                      const struct route_limit *limit) {
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

enum status gateway_limits_check_routes(const struct gateway_limits *limits,
                                        const struct http_route_table *tables, size_t count,
                                        struct error *err) {
    for (size_t i = 0; i < limits->route_count; i++) {
        const struct route_limit *limit = &limits->routes[i];
        if (!has_route(tables, count, limit)) {
            char methods[80];
            http_methods_text(limit->methods, methods, sizeof methods);
            return error_set(err, STATUS_INVALID, "limits.routes: there is no route %s %.*s",
                             methods, STR_ARG(limit->pattern));
        }
    }
    return STATUS_OK;
}

// --- Replies ---------------------------------------------------------------------------------------------------------

// Paths on which PostHog's SDKs send.
static bool is_posthog(struct str path) {
    static const struct str paths[] = {STR_INIT("/batch"), STR_INIT("/e"), STR_INIT("/i/v0/e"),
                                       STR_INIT("/capture"), STR_INIT("/flags")};
    if (path.len > 1 && path.data[path.len - 1] == '/') {
        path.len--;
    }
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (str_equal(path, paths[i])) {
            return true;
        }
    }
    return false;
}

unsigned gateway_limits_status(const struct gateway_limits *limits,
                               const struct http_exchange *exchange) {
    struct str pattern = str_from_c(exchange->route);
    struct str prefix = str_from_c(limits->path_prefix);
    if (prefix.len > 0 && str_starts_with(pattern, prefix)) {
        pattern = str_make(pattern.data + prefix.len, pattern.len - prefix.len);
    }
    return is_posthog(pattern) ? 503 : 429;
}

static uint64_t seconds_up(int64_t ns) {
    return (uint64_t)((ns + SECOND_NS - 1) / SECOND_NS);
}

static void number_header(struct http_exchange *exchange, const char *name, uint64_t number) {
    char text[24];
    struct buffer out;
    buffer_init_fixed(&out, text, sizeof text);
    buffer_append_u64(&out, number);
    http_reply_header(exchange, name, buffer_str(&out));
}

// Both notations of draft-ietf-httpapi-ratelimit-headers: three headers until version 7, structured fields since.
static void put_headers(struct http_exchange *exchange, enum kind kind,
                        const struct limit_rate *rate, const struct limit_outcome *outcome) {
    char text[80];
    struct buffer out;
    uint64_t reset = seconds_up(outcome->reset_ns);
    number_header(exchange, "RateLimit-Limit", rate->burst);
    number_header(exchange, "RateLimit-Remaining", outcome->remaining);
    number_header(exchange, "RateLimit-Reset", reset);
    buffer_init_fixed(&out, text, sizeof text);
    buffer_printf(&out, "\"%s\";q=%u;w=%llu", kind_names[kind], rate->burst,
                  (unsigned long long)seconds_up(rate->interval_ns * rate->burst));
    http_reply_header(exchange, "RateLimit-Policy", buffer_str(&out));
    buffer_clear(&out);
    buffer_printf(&out, "\"%s\";r=%u;t=%llu", kind_names[kind], outcome->remaining,
                  (unsigned long long)reset);
    http_reply_header(exchange, "RateLimit", buffer_str(&out));
}

static void refuse(struct gateway_limits *limits, struct http_exchange *exchange, enum kind kind,
                   const struct limit_rate *rate, const struct limit_outcome *outcome) {
    uint64_t after = seconds_up(outcome->retry_ns);
    metrics_add(limits->refused[kind], 1);
    number_header(exchange, "Retry-After", after > 0 ? after : 1);
    put_headers(exchange, kind, rate, outcome);
    http_reply_problemf(exchange, gateway_limits_status(limits, exchange),
                        "%s asked too often; try again in %llu s.", kind_subjects[kind],
                        (unsigned long long)(after > 0 ? after : 1));
}

static int64_t now_ns(const struct gateway_limits *limits) {
    return limits->clock->mono_us(limits->clock) * 1000;
}

static bool is_exempt(const struct gateway_limits *limits, const struct http_exchange *exchange) {
    return limits->exempt && http_networks_hold(limits->exempt, exchange->request.remote_ip);
}

// tell: also those who stay within the limit are told how much is left.
static bool take(struct gateway_limits *limits, struct http_exchange *exchange, enum kind kind,
                 const struct limit_rate *rate, uint64_t key, bool tell) {
    struct limit_outcome outcome;
    if (limit_table_take(limits->table, key, rate, 1, now_ns(limits), &outcome)) {
        if (tell) {
            put_headers(exchange, kind, rate, &outcome);
        }
        return true;
    }
    if (is_exempt(limits, exchange)) {
        return true;
    }
    refuse(limits, exchange, kind, rate, &outcome);
    return false;
}

// --- Asking ----------------------------------------------------------------------------------------------------------

static bool brings_events(const struct http_route *route) {
    return route && route->access == AUTH_ACCESS_SEND;
}

// A page of another origin reads a refusal only with these; without them an SDK sees a network that failed.
static void allow_origin(struct http_exchange *exchange) {
    struct str origin = http_request_header(exchange, STR("Origin"));
    if (origin.len > 0) {
        http_reply_header(exchange, "Access-Control-Allow-Origin", origin);
        http_reply_header(exchange, "Access-Control-Allow-Credentials", STR("true"));
        http_reply_header(exchange, "Access-Control-Expose-Headers",
                          STR("Retry-After, X-Request-Id"));
        http_reply_header(exchange, "Vary", STR("Origin"));
    }
}

bool gateway_limits_address(struct gateway_limits *limits, struct http_exchange *exchange,
                            const struct http_route *route) {
    const struct limit_rate *rate = &limits->rates[KIND_ADDRESS];
    if (limit_rate_limits(rate)) {
        uint64_t key =
            limit_table_key_address(limits->table, KIND_ADDRESS, exchange->request.remote_ip);
        struct limit_outcome outcome;
        if (!limit_table_take(limits->table, key, rate, 1, now_ns(limits), &outcome) &&
            !is_exempt(limits, exchange)) {
            if (brings_events(route)) {
                allow_origin(exchange);
            }
            refuse(limits, exchange, KIND_ADDRESS, rate, &outcome);
            return false;
        }
    }
    if (limits->body_bytes > 0 && !brings_events(route) &&
        exchange->request.body.len > limits->body_bytes) {
        metrics_add(limits->too_large, 1);
        http_reply_problemf(exchange, 413, "At most %zu bytes may be sent here.",
                            limits->body_bytes);
        return false;
    }
    return true;
}

static bool take_route(struct gateway_limits *limits, struct http_exchange *exchange,
                       const struct http_route *route) {
    const struct auth_principal *principal = exchange->principal;
    for (size_t i = 0; i < limits->route_count; i++) {
        const struct route_limit *limit = &limits->routes[i];
        if (!limit_rate_limits(&limit->rate) || !(limit->methods & exchange->request.method) ||
            !str_equal(limit->pattern, str_from_c(route->pattern))) {
            continue;
        }
        unsigned kind = KIND_ROUTE + (unsigned)i;
        uint64_t key =
            principal && principal->key_id[0]
                ? limit_table_key(limits->table, kind, str_from_c(principal->key_id))
                : limit_table_key_address(limits->table, kind, exchange->request.remote_ip);
        return take(limits, exchange, KIND_ROUTE, &limit->rate, key, false);
    }
    return true;
}

bool gateway_limits_principal(struct gateway_limits *limits, struct http_exchange *exchange,
                              const struct http_route *route) {
    const struct auth_principal *principal = exchange->principal;
    // Of a token it is "account:...", of a key one word.
    enum kind kind = principal && strchr(principal->key_id, ':') ? KIND_ACCOUNT : KIND_KEY;
    const struct limit_rate *rate = &limits->rates[kind];
    if (limits->route_count > 0 && !take_route(limits, exchange, route)) {
        return false;
    }
    if (!principal || !principal->key_id[0] || !limit_rate_limits(rate)) {
        return true;
    }
    uint64_t key = limit_table_key(limits->table, kind, str_from_c(principal->key_id));
    return take(limits, exchange, kind, rate, key, true);
}

bool gateway_limits_events(struct gateway_limits *limits, struct http_exchange *exchange,
                           struct str project) {
    const struct limit_rate *rate = &limits->rates[KIND_EVENTS];
    if (!limit_rate_limits(rate)) {
        return true;
    }
    uint64_t key = limit_table_key(limits->table, KIND_EVENTS, project);
    return take(limits, exchange, KIND_EVENTS, rate, key, false);
}
