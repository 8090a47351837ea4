// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which bucket a request is counted in, and the reply when it is empty.
#include "gateway/limits.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "auth/keyring.h"
#include "base/metrics.h"
#include "gateway/limit_rules.h"
#include "gateway/routes.h"
#include "http/cors.h"
#include "http/problem.h"
#include "limit/table.h"

#define SECOND_NS INT64_C(1000000000)
#define ENTRIES_DEFAULT 65536

static const char *const kind_names[LIMIT_KINDS] = {
#define X(symbol, name, who) name,
    KIND_LIST(X)
#undef X
};
static const char *const kind_subjects[LIMIT_KINDS] = {
#define X(symbol, name, who) who,
    KIND_LIST(X)
#undef X
};

struct gateway_limits {
    struct limit_table *table;
    _Atomic(struct limit_rules *) rules; // in force
    char *path_prefix;
    struct clock *clock;
    metrics_id refused[LIMIT_KINDS];
    metrics_id too_large;
    metrics_id evicted;
};

static const struct limit_rules *rules_of(const struct gateway_limits *limits) {
    return atomic_load_explicit(&limits->rules, memory_order_acquire);
}

// --- Making ----------------------------------------------------------------------------------------------------------

static double read_evicted(void *context) {
    return (double)limit_table_evicted(context);
}

static void register_metrics(struct gateway_limits *limits) {
    char label[40];
    for (size_t i = 0; i < LIMIT_KINDS; i++) {
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
    limits->path_prefix = strndup(config->path_prefix.len > 0 ? config->path_prefix.data : "",
                                  config->path_prefix.len);
    size_t entries = config->entries > 0 ? config->entries : ENTRIES_DEFAULT;
    struct limit_rules *rules = NULL;
    enum status status = limit_rules_make(config, &rules, err);
    atomic_init(&limits->rules, rules);
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
    limit_rules_free(atomic_load(&limits->rules));
    free(limits->path_prefix);
    limit_table_free(limits->table);
    free(limits);
}

// Whoever asks at that moment may still look at the old ones: they stay until the end. People change limits seldom.
void gateway_limits_use(struct gateway_limits *limits, struct limit_rules *rules) {
    rules->before = atomic_load(&limits->rules);
    atomic_store_explicit(&limits->rules, rules, memory_order_release);
}

const struct limit_rules *gateway_limits_rules(const struct gateway_limits *limits) {
    return rules_of(limits);
}

enum status gateway_limits_change(struct gateway_limits *limits,
                                  const struct gateway_limits_config *config, struct error *err) {
    struct limit_rules *rules = NULL;
    enum status status = limit_rules_make(config, &rules, err);
    if (status == STATUS_OK) {
        gateway_limits_use(limits, rules);
    }
    return status;
}

enum status gateway_limits_check(const struct gateway_limits_config *config,
                                 const struct http_route_table *tables, size_t count,
                                 struct error *err) {
    struct limit_rules *rules = NULL;
    enum status status = limit_rules_make(config, &rules, err);
    if (status == STATUS_OK) {
        status = limit_rules_check_routes(rules, tables, count, err);
    }
    limit_rules_free(rules);
    return status;
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
static void put_headers(struct http_exchange *exchange, enum limit_kind kind,
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

static void refuse(struct gateway_limits *limits, struct http_exchange *exchange,
                   enum limit_kind kind, const struct limit_rate *rate,
                   const struct limit_outcome *outcome) {
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
    const struct limit_rules *rules = rules_of(limits);
    return rules->exempt && http_networks_hold(rules->exempt, exchange->request.remote_ip);
}

// tell: also those who stay within the limit are told how much is left.
static bool take(struct gateway_limits *limits, struct http_exchange *exchange,
                 enum limit_kind kind, const struct limit_rate *rate, uint64_t key, bool tell) {
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
    return route && route->access == AUTH_ACCESS_SEND && !gateway_route_is_configured(route);
}

bool gateway_limits_address(struct gateway_limits *limits, struct http_exchange *exchange,
                            const struct http_route *route) {
    const struct limit_rate *rate = &rules_of(limits)->rates[LIMIT_KIND_ADDRESS];
    if (limit_rate_limits(rate)) {
        uint64_t key =
            limit_table_key_address(limits->table, LIMIT_KIND_ADDRESS, exchange->request.remote_ip);
        struct limit_outcome outcome;
        if (!limit_table_take(limits->table, key, rate, 1, now_ns(limits), &outcome) &&
            !is_exempt(limits, exchange)) {
            if (brings_events(route)) {
                http_cors_allow(exchange); // without it an SDK sees a network that failed
            }
            refuse(limits, exchange, LIMIT_KIND_ADDRESS, rate, &outcome);
            return false;
        }
    }
    size_t most = rules_of(limits)->body_bytes;
    if (most > 0 && !brings_events(route) && !gateway_route_is_configured(route) &&
        exchange->request.body.len > most) {
        metrics_add(limits->too_large, 1);
        http_reply_problemf(exchange, 413, "At most %zu bytes may be sent here.", most);
        return false;
    }
    return true;
}

static bool take_route(struct gateway_limits *limits, struct http_exchange *exchange,
                       const struct http_route *route) {
    const struct auth_principal *principal = exchange->principal;
    const struct limit_rules *rules = rules_of(limits);
    for (size_t i = 0; i < rules->route_count; i++) {
        const struct limit_route *limit = &rules->routes[i];
        if (!limit_rate_limits(&limit->rate) || !(limit->methods & exchange->request.method) ||
            !str_equal(limit->pattern, str_from_c(route->pattern))) {
            continue;
        }
        uint64_t key =
            principal && principal->key_id[0]
                ? limit_table_key(limits->table, limit->kind, str_from_c(principal->key_id))
                : limit_table_key_address(limits->table, limit->kind, exchange->request.remote_ip);
        return take(limits, exchange, LIMIT_KIND_ROUTE, &limit->rate, key, false);
    }
    return true;
}

bool gateway_limits_principal(struct gateway_limits *limits, struct http_exchange *exchange,
                              const struct http_route *route) {
    const struct auth_principal *principal = exchange->principal;
    // Of a token it is "account:...", of a key one word.
    enum limit_kind kind =
        principal && strchr(principal->key_id, ':') ? LIMIT_KIND_ACCOUNT : LIMIT_KIND_KEY;
    const struct limit_rate *rate = &rules_of(limits)->rates[kind];
    if (!take_route(limits, exchange, route)) {
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
    const struct limit_rate *rate = &rules_of(limits)->rates[LIMIT_KIND_EVENTS];
    if (!limit_rate_limits(rate)) {
        return true;
    }
    uint64_t key = limit_table_key(limits->table, LIMIT_KIND_EVENTS, project);
    return take(limits, exchange, LIMIT_KIND_EVENTS, rate, key, false);
}
