// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From a request to the role that answers it, past authentication and authorisation.
#include "gateway/gateway.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/metrics.h"
#include "gateway/limit_rules.h"
#include "gateway/private.h"
#include "gateway/routing.h"
#include "gateway/spans.h"
#include "http/problem.h"
#include "http/query.h"

#define STATUS_CLASSES 5
#define QUERY_PARAMETERS_MAX 32

struct gateway {
    struct gateway_routings *routings;
    struct auth_keyring *keyring;
    struct auth_tokens *tokens;
    struct auth_refresh *refresh;
    const struct http_networks *trusted;
    struct gateway_https https;
    struct gateway_limits *limits; // NULL: none
    struct gateway_access_log *access_log;
    struct gateway_audit *audit; // NULL: none
    struct clock *clock;
    struct random_source *random;
    struct otlp_exporter *otlp;
    unsigned trace_one_in;
    atomic_uint traces;                 // that began here
    metrics_id replies[STATUS_CLASSES]; // 1xx..5xx
    metrics_id duration;
    metrics_id refused;
};

static void register_metrics(struct gateway *gateway) {
    static const char *const labels[STATUS_CLASSES] = {
        "code=\"1xx\"", "code=\"2xx\"", "code=\"3xx\"", "code=\"4xx\"", "code=\"5xx\""};
    static const double bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                    0.05,   0.1,   0.25,   0.5,   1,    5};
    for (unsigned i = 0; i < STATUS_CLASSES; i++) {
        gateway->replies[i] = metrics_counter("footfall_gateway_replies_total",
                                              "Replies by status class.", labels[i]);
    }
    gateway->duration =
        metrics_histogram("footfall_gateway_duration_seconds", "From request line to reply queued.",
                          NULL, bounds, sizeof bounds / sizeof bounds[0]);
    gateway->refused = metrics_counter("footfall_gateway_refused_total",
                                       "Requests without or with insufficient credentials.", NULL);
}

static enum status start_routes(struct gateway *gateway, const struct gateway_config *config,
                                struct error *err) {
    struct gateway_routing *routing = NULL;
    enum status status =
        gateway_routings_make(config->tables, config->table_count, &gateway->routings);
    if (status != STATUS_OK) {
        return error_set(err, status, "gateway: out of memory");
    }
    status = gateway_routings_prepare(gateway->routings, config->routes,
                                      config->limits ? gateway_limits_rules(config->limits) : NULL,
                                      &routing, err);
    if (status == STATUS_OK) {
        gateway_routings_use(gateway->routings, routing);
    }
    return status;
}

// Limits first: no route is ever there without those that were set for it.
enum status gateway_change(struct gateway *gateway, struct gateway_routes *routes,
                           const struct gateway_limits_config *limits, struct error *err) {
    struct limit_rules *rules = NULL;
    struct gateway_routing *routing = NULL;
    enum status status = gateway->limits ? limit_rules_make(limits, &rules, err) : STATUS_OK;
    if (status == STATUS_OK) {
        status = gateway_routings_prepare(gateway->routings, routes, rules, &routing, err);
    }
    if (status != STATUS_OK) {
        limit_rules_free(rules);
        return status;
    }
    if (gateway->limits) {
        gateway_limits_use(gateway->limits, rules);
    }
    gateway_routings_use(gateway->routings, routing);
    return STATUS_OK;
}

enum status gateway_start(const struct gateway_config *config, struct gateway **out,
                          struct error *err) {
    struct gateway *gateway = calloc(1, sizeof *gateway);
    if (!gateway) {
        return error_set(err, STATUS_NO_MEMORY, "gateway: out of memory");
    }
    enum status status = start_routes(gateway, config, err);
    if (status != STATUS_OK) {
        gateway_stop(gateway);
        return status;
    }
    gateway->limits = config->limits;
    gateway->keyring = config->keyring;
    gateway->tokens = config->tokens;
    gateway->refresh = config->refresh;
    gateway->trusted = config->trusted;
    gateway->https = config->https;
    gateway->access_log = config->access_log;
    gateway->audit = config->audit;
    gateway->clock = config->clock ? config->clock : clock_system();
    gateway->random = config->random ? config->random : random_system();
    gateway->otlp = config->otlp;
    gateway->trace_one_in = config->trace_one_in;
    register_metrics(gateway);
    *out = gateway;
    return STATUS_OK;
}

void gateway_stop(struct gateway *gateway) {
    if (gateway) {
        gateway_routings_free(gateway->routings);
        free(gateway);
    }
}

static void refuse_unauthenticated(const struct gateway *gateway, struct http_exchange *exchange,
                                   struct str detail) {
    metrics_add(gateway->refused, 1);
    http_reply_header(exchange, "WWW-Authenticate", STR("Bearer realm=\"footfall\""));
    // A person who opens a report in a browser is asked for the key as a password.
    struct str accept = http_request_header(exchange, STR("Accept"));
    if (str_contains_ignore_case(accept, STR("text/html"))) {
        http_reply_header(exchange, "WWW-Authenticate", STR("Basic realm=\"footfall\""));
    }
    http_reply_problem(exchange, 401, detail);
}

// The API key as bearer token, or as user name or password of Basic.
static bool find_principal(const struct gateway *gateway, const struct auth_credentials *given,
                           struct auth_principal *out) {
    return auth_keyring_find_api_key(gateway->keyring, given->bearer, out) ||
           auth_keyring_find_api_key(gateway->keyring, given->password, out) ||
           auth_keyring_find_api_key(gateway->keyring, given->user, out) ||
           auth_keyring_find_write_key(gateway->keyring, given->bearer, out) ||
           auth_keyring_find_write_key(gateway->keyring, given->user, out);
}

// Browsers send a Basic password that they were once given along with the forms of any page, and name the page.
static bool may_be_forged(const struct http_exchange *exchange,
                          const struct auth_credentials *given) {
    bool reads = exchange->request.method == HTTP_GET_ || exchange->request.method == HTTP_HEAD_;
    return !reads && !given->bearer.data &&
           http_request_header(exchange, STR("Origin")).data != NULL;
}

enum verdict {
    VERDICT_ALLOWED,
    VERDICT_REFUSED, // the reply was sent
    VERDICT_UNKNOWN, // no such key; nothing was sent
};

static enum verdict authenticate_token(const struct gateway *gateway,
                                       struct http_exchange *exchange, struct str token,
                                       struct auth_principal *principal) {
    struct error err = {STATUS_OK, ""};
    enum status status = auth_tokens_find(gateway->tokens, token, principal, &err);
    if (status == STATUS_OK) {
        return VERDICT_ALLOWED;
    }
    if (status == STATUS_NOT_FOUND) {
        return VERDICT_UNKNOWN;
    }
    if (status == STATUS_NO_MEMORY) {
        http_reply_problem(exchange, 503, STR("Out of memory."));
        return VERDICT_REFUSED;
    }
    metrics_add(gateway->refused, 1);
    http_reply_header(exchange, "WWW-Authenticate", // RFC 6750 3.1
                      STR("Bearer realm=\"footfall\", error=\"invalid_token\""));
    http_reply_problemf(exchange, 401, "This token is not valid: %s.", err.text);
    return VERDICT_REFUSED;
}

// header: of Authorization, which is there.
static enum verdict authenticate(const struct gateway *gateway, struct http_exchange *exchange,
                                 struct str header, struct auth_credentials *given,
                                 struct auth_principal **principal) {
    if (auth_parse_authorization(&exchange->arena, header, given) != STATUS_OK) {
        refuse_unauthenticated(gateway, exchange, STR("The Authorization header cannot be read."));
        return VERDICT_REFUSED;
    }
    *principal = arena_alloc_zero(&exchange->arena, sizeof **principal);
    if (!*principal) {
        http_reply_problem(exchange, 503, STR("Out of memory."));
        return VERDICT_REFUSED;
    }
    if (gateway->tokens && jwt_looks_like(given->bearer)) {
        return authenticate_token(gateway, exchange, given->bearer, *principal);
    }
    return find_principal(gateway, given, *principal) ? VERDICT_ALLOWED : VERDICT_UNKNOWN;
}

// Whoever may read all may read of one person; a person's own token is for that person.
static bool allows(const struct http_exchange *exchange, const struct auth_principal *principal,
                   enum auth_access access) {
    return auth_allows(principal->role, access) ||
           ((access == AUTH_ACCESS_SELF || access == AUTH_ACCESS_OWN) &&
            principal->role == AUTH_ROLE_SELF && principal->subject[0] &&
            str_equal(exchange->parameters[0], str_from_c(principal->subject)));
}

static enum verdict authorise(const struct gateway *gateway, struct http_exchange *exchange,
                              const struct http_route *route) {
    enum auth_access access = (enum auth_access)route->access;
    bool sends = access == AUTH_ACCESS_SEND;
    if (access == AUTH_ACCESS_PUBLIC || access == AUTH_ACCESS_CONFIG ||
        (sends && !gateway_route_is_configured(route))) {
        return VERDICT_ALLOWED; // a write key may stand in the body: the activity role looks for it
    }
    struct str header = http_request_header(exchange, STR("Authorization"));
    if (!header.data) {
        refuse_unauthenticated(gateway, exchange,
                               sends ? STR("Send a write key: Authorization: Bearer wk_...")
                                     : STR("Send an API key: Authorization: Bearer ff_..."));
        return VERDICT_REFUSED;
    }
    struct auth_credentials given;
    struct auth_principal *principal = NULL;
    enum verdict verdict = authenticate(gateway, exchange, header, &given, &principal);
    if (verdict != VERDICT_ALLOWED) {
        return verdict;
    }
    exchange->principal = principal;
    if (!sends && may_be_forged(exchange, &given)) { // write keys are no secrets
        metrics_add(gateway->refused, 1);
        http_reply_problem(exchange, 403,
                           STR("A web page must send its key as Authorization: Bearer to write."));
        return VERDICT_REFUSED;
    }
    if (!allows(exchange, principal, access)) {
        metrics_add(gateway->refused, 1);
        http_reply_problemf(exchange, 403, "A key with the role %s may not do this.",
                            auth_role_name(principal->role));
        return VERDICT_REFUSED;
    }
    return VERDICT_ALLOWED;
}

// Whether ?project= names one that is not known; of a principal for every project only, as the others see but their own.
static bool names_unknown_project(const struct gateway *gateway, struct http_exchange *exchange) {
    struct http_parameter parameters[QUERY_PARAMETERS_MAX];
    size_t count = 0;
    const struct auth_principal *principal = exchange->principal;
    if (!principal || principal->project[0] || exchange->request.query.len == 0 ||
        http_query_parse(&exchange->arena, exchange->request.query, parameters,
                         QUERY_PARAMETERS_MAX, &count) != STATUS_OK) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_equal(parameters[i].name, STR("project")) &&
            !auth_keyring_has_project(gateway->keyring, parameters[i].value)) {
            return true;
        }
    }
    return false;
}

struct attempt { // of a request that waits for another look at the keys
    const struct gateway *gateway;
    struct http_route_match match;
};

static void proceed(const struct gateway *gateway, struct http_exchange *exchange,
                    const struct http_route_match *match, bool looked);

static void looked_again(struct http_exchange *exchange, enum status status, void *context) {
    const struct attempt *attempt = context;
    if (status == STATUS_OK) {
        proceed(attempt->gateway, exchange, &attempt->match, true);
        return;
    }
    http_reply_header(exchange, "Retry-After", STR("1"));
    http_reply_problem(exchange, 503, STR("Keys cannot be looked up now; try again soon."));
}

static void look_again(const struct gateway *gateway, struct http_exchange *exchange,
                       const struct http_route_match *match) {
    struct attempt *attempt = arena_alloc(&exchange->arena, sizeof *attempt);
    if (!attempt) {
        http_reply_problem(exchange, 503, STR("Out of memory."));
        return;
    }
    *attempt = (struct attempt){gateway, *match};
    auth_refresh_ask(gateway->refresh, exchange, looked_again, attempt);
}

static void proceed(const struct gateway *gateway, struct http_exchange *exchange,
                    const struct http_route_match *match, bool looked) {
    enum verdict verdict = authorise(gateway, exchange, match->route);
    if (verdict == VERDICT_REFUSED) {
        return;
    }
    if (gateway->refresh && !looked &&
        (verdict == VERDICT_UNKNOWN || names_unknown_project(gateway, exchange))) {
        look_again(gateway, exchange, match);
    } else if (verdict == VERDICT_UNKNOWN) {
        refuse_unauthenticated(gateway, exchange, STR("This key or token is not known."));
    } else if (!gateway->limits ||
               gateway_limits_principal(gateway->limits, exchange, match->route)) {
        if (gateway->audit) {
            gateway_audit_watch(gateway->audit, exchange, match->route);
        }
        http_router_call(exchange, match);
    }
}

static void begin(struct gateway *gateway, struct http_exchange *exchange) {
    unsigned one_in = gateway->trace_one_in;
    bool sampled =
        one_in > 0 &&
        atomic_fetch_add_explicit(&gateway->traces, 1, memory_order_relaxed) % one_in == 0;
    exchange->handled_us = gateway->clock->mono_us(gateway->clock);
    http_trace_begin(exchange, sampled, gateway->random);
    if (exchange->trace && http_trace_is_continued(exchange->trace)) {
        http_reply_header(exchange, "X-Trace-Id", http_trace_id(exchange->trace));
    }
}

void gateway_handle(struct http_exchange *exchange, void *context) {
    struct gateway *gateway = context;
    struct http_route_match match;
    begin(gateway, exchange);
    if (gateway->trusted) {
        http_forwarded_believe(gateway->trusted, exchange);
    }
    if (gateway_https_handle(&gateway->https, exchange)) {
        return;
    }
    struct gateway_routing *routing = gateway_routings_hold(gateway->routings);
    exchange->held = routing;
    enum status status = http_router_find(gateway_routing_router(routing), exchange, &match);
    if (gateway->limits && !gateway_limits_address(gateway->limits, exchange, match.route)) {
        return;
    }
    if (status != STATUS_OK) {
        http_router_refuse(exchange, status, &match);
    } else {
        proceed(gateway, exchange, &match, false);
    }
}

void gateway_plan(struct http_exchange *exchange, struct http_body_plan *plan, void *context) {
    const struct gateway *gateway = context;
    // Not held until the exchange is handled, which may never be: whose a path is does not change with the routing.
    struct gateway_routing *routing = gateway_routings_hold(gateway->routings);
    struct http_route_match match;
    if (http_router_find(gateway_routing_router(routing), exchange, &match) == STATUS_OK) {
        plan->streams = match.route->blocking == HTTP_ROUTE_STREAMS;
        plan->body_bytes = gateway_route_body_limit(match.route);
    }
    exchange->route = NULL; // may go with the routing
    exchange->access = 0;
    gateway_routings_let_go(gateway->routings, routing);
}

// Not for those whose reply came from elsewhere than gateway_handle: they hold nothing.
void gateway_completed(const struct http_exchange *exchange, int64_t duration_us, void *context) {
    struct gateway *gateway = context;
    unsigned class = exchange->status / 100;
    if (class >= 1 && class <= STATUS_CLASSES) {
        metrics_add(gateway->replies[class - 1], 1);
    }
    metrics_observe(gateway->duration, (double)duration_us / 1e6);
    gateway_access_log_request(gateway->access_log, exchange, duration_us);
    gateway_span_put(gateway->otlp, exchange, duration_us);
    if (exchange->held) {
        gateway_routings_let_go(gateway->routings, exchange->held); // route and handler may go
    }
}

#define ADMIN_ROUTE(methods, pattern, handler)                                                     \
    { (methods), (pattern), AUTH_ACCESS_ADMIN, true, (handler) }
static const struct http_route admin_routes[] = {
    ADMIN_ROUTE(HTTP_GET_, "/projects", gateway_projects_list),
    ADMIN_ROUTE(HTTP_POST_, "/projects", gateway_projects_create),
    ADMIN_ROUTE(HTTP_GET_, "/keys", gateway_keys_list),
    ADMIN_ROUTE(HTTP_POST_, "/keys", gateway_keys_create),
    ADMIN_ROUTE(HTTP_DELETE_, "/keys/:id", gateway_keys_delete),
};

struct http_route_table gateway_admin_routes(struct gateway_admin *admin) {
    return (struct http_route_table){admin_routes, sizeof admin_routes / sizeof admin_routes[0],
                                     admin};
}
