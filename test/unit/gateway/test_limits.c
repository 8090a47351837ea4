// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Limits as a client sees them: who is counted together, what a refusal says, and what is wrong with settings.
#include "../http/harness.h"

#include <stdio.h>
#include <string.h>

#include "auth/keyring.h"
#include "gateway/limits.h"

// The clock stands still: what is used up stays used up. Only one loop reads it.
struct world {
    struct clock_manual clock;
    struct gateway_limits *limits;
    struct http_router *router;
    struct http_networks *trusted;
    struct http_server *server;
};

static void answer(struct http_exchange *exchange, void *context) {
    (void)context;
    http_reply_send(exchange, 204, NULL);
}

static void answer_events(struct http_exchange *exchange, void *context) {
    struct world *world = context;
    if (gateway_limits_events(world->limits, exchange,
                              http_request_header(exchange, STR("Project")))) {
        http_reply_send(exchange, 204, NULL);
    }
}

static const struct http_route routes[] = {
    {HTTP_GET_ | HTTP_POST_, "/api", AUTH_ACCESS_VIEWER, false, answer},
    {HTTP_POST_, "/login", AUTH_ACCESS_PUBLIC, false, answer},
    {HTTP_POST_, "/v1/batch", AUTH_ACCESS_SEND, false, answer_events},
    {HTTP_POST_, "/x7/batch/", AUTH_ACCESS_SEND, false, answer_events},
};

// As the gateway does, with a key that is believed.
static void handle(struct http_exchange *exchange, void *context) {
    struct world *world = context;
    struct http_route_match match;
    http_forwarded_believe(world->trusted, exchange);
    enum status status = http_router_find(world->router, exchange, &match);
    if (!gateway_limits_address(world->limits, exchange, match.route)) {
        return;
    }
    if (status != STATUS_OK) {
        http_router_refuse(exchange, status, &match);
        return;
    }
    struct str key = http_request_header(exchange, STR("Key"));
    struct auth_principal *principal = arena_alloc_zero(&exchange->arena, sizeof *principal);
    assert_non_null(principal);
    (void)snprintf(principal->key_id, sizeof principal->key_id, "%.*s", STR_ARG(key));
    exchange->principal = key.data ? principal : NULL;
    if (gateway_limits_principal(world->limits, exchange, match.route)) {
        http_router_call(exchange, &match);
    }
}

static const struct http_route_table table = {routes, sizeof routes / sizeof routes[0], NULL};

static void start(struct world *world, struct gateway_limits_config config) {
    static const struct str trusted[] = {STR_INIT("127.0.0.0/8")};
    struct error err = {STATUS_OK, ""};
    *world = (struct world){.limits = NULL};
    clock_manual_init(&world->clock, 1000);
    config.clock = &world->clock.clock;
    config.random = random_system();
    struct http_route_table own = table;
    own.context = world;
    assert_int_equal(gateway_limits_make(&config, &world->limits, &err), STATUS_OK);
    assert_int_equal(gateway_limits_check(&config, &own, 1, &err), STATUS_OK);
    assert_int_equal(http_router_make(&own, 1, &world->router, &err), STATUS_OK);
    assert_int_equal(http_networks_make(trusted, 1, &world->trusted, &err), STATUS_OK);
    struct http_server_config server = {.threads = 1};
    world->server = harness_start(handle, world, &server);
}

static void stop(struct world *world) {
    http_server_stop(world->server);
    http_router_free(world->router);
    http_networks_free(world->trusted);
    gateway_limits_free(world->limits);
}

// headers: lines, each with its end; may be "". The reply is good until the next call.
static const char *ask(const struct world *world, const char *method, const char *path,
                       const char *headers) {
    char request[1024];
    int len = snprintf(request, sizeof request,
                       "%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n%s\r\n", method, path,
                       headers);
    return harness_talk(world->server, request, (size_t)len);
}

static void an_address_is_limited_wherever_it_asks(void **state) {
    (void)state;
    struct world world;
    start(&world, (struct gateway_limits_config){.address = STR("1/m burst 3")});
    const char *from = "X-Forwarded-For: 192.0.2.1\r\n";
    ASSERT_CONTAINS(ask(&world, "GET", "/api", from), "HTTP/1.1 204 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/nowhere", from), "HTTP/1.1 404 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/login", from), "HTTP/1.1 405 ");
    const char *reply = ask(&world, "GET", "/api", from);
    ASSERT_CONTAINS(reply, "HTTP/1.1 429 Too Many Requests\r\n");
    ASSERT_CONTAINS(reply, "Retry-After: 60\r\n");
    ASSERT_CONTAINS(reply, "RateLimit-Limit: 3\r\n");
    ASSERT_CONTAINS(reply, "RateLimit-Remaining: 0\r\n");
    ASSERT_CONTAINS(reply, "RateLimit-Reset: 180\r\n");
    ASSERT_CONTAINS(reply, "RateLimit-Policy: \"address\";q=3;w=180\r\n");
    ASSERT_CONTAINS(reply, "RateLimit: \"address\";r=0;t=180\r\n");
    ASSERT_CONTAINS(reply, "application/problem+json");
    ASSERT_CONTAINS(reply, "requestId");
    ASSERT_CONTAINS(ask(&world, "GET", "/nowhere", from), "HTTP/1.1 429 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "X-Forwarded-For: 192.0.2.2\r\n"), "HTTP/1.1 204 ");
    stop(&world);
}

static void addresses_of_a_64_are_one(void **state) {
    (void)state;
    struct world world;
    start(&world, (struct gateway_limits_config){.address = STR("1/m burst 1")});
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "X-Forwarded-For: 2001:db8:1:2::1\r\n"), " 204 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "X-Forwarded-For: 2001:db8:1:2:9::1\r\n"), " 429 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "X-Forwarded-For: 2001:db8:1:3::1\r\n"), " 204 ");
    stop(&world);
}

static void exempt_networks_are_not_limited(void **state) {
    (void)state;
    static const struct str exempt[] = {STR_INIT("198.51.100.0/24"), STR_INIT("::1/128")};
    struct world world;
    start(&world, (struct gateway_limits_config){.address = STR("1/m burst 1"),
                                                 .key = STR("1/m burst 1"),
                                                 .exempt = exempt,
                                                 .exempt_count = 2});
    for (unsigned i = 0; i < 5; i++) {
        const char *reply =
            ask(&world, "GET", "/api", "X-Forwarded-For: 198.51.100.9\r\nKey: k1\r\n");
        ASSERT_CONTAINS(reply, "HTTP/1.1 204 ");
    }
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "X-Forwarded-For: 198.51.101.9\r\n"), " 204 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "X-Forwarded-For: 198.51.101.9\r\n"), " 429 ");
    stop(&world);
}

static void a_key_is_limited_from_wherever_it_comes(void **state) {
    (void)state;
    struct world world;
    start(&world, (struct gateway_limits_config){.key = STR("1/m burst 2")});
    const char *reply = ask(&world, "GET", "/api", "Key: k1\r\nX-Forwarded-For: 192.0.2.1\r\n");
    ASSERT_CONTAINS(reply, "HTTP/1.1 204 ");
    ASSERT_CONTAINS(reply, "RateLimit: \"key\";r=1;t=60\r\n"); // whoever obeys never sees a 429
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "Key: k1\r\nX-Forwarded-For: 192.0.2.2\r\n"),
                    "HTTP/1.1 204 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "Key: k1\r\nX-Forwarded-For: 192.0.2.3\r\n"),
                    "HTTP/1.1 429 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "Key: k2\r\n"), "HTTP/1.1 204 ");
    clock_manual_advance(&world.clock, 60000);
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "Key: k1\r\n"), "HTTP/1.1 204 ");
    stop(&world);
}

static void an_account_has_a_limit_of_its_own(void **state) {
    (void)state;
    struct world world;
    start(&world,
          (struct gateway_limits_config){.key = STR("1/m burst 1"), .account = STR("1/m burst 2")});
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "Key: account:ada@example.org\r\n"),
                    "RateLimit: \"account\";r=1;t=60\r\n");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "Key: account:ada@example.org\r\n"), " 204 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "Key: account:ada@example.org\r\n"), " 429 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "Key: account:bob@example.org\r\n"), " 204 ");
    stop(&world);
}

static void a_route_has_a_limit_of_its_own(void **state) {
    (void)state;
    static const struct str limits[] = {STR_INIT("POST /login=1/m burst 1"),
                                        STR_INIT("GET /api=1/m burst 2")};
    struct world world;
    start(&world, (struct gateway_limits_config){.routes = limits, .route_count = 2});
    ASSERT_CONTAINS(ask(&world, "POST", "/login", "X-Forwarded-For: 192.0.2.1\r\n"), " 204 ");
    ASSERT_CONTAINS(ask(&world, "POST", "/login", "X-Forwarded-For: 192.0.2.1\r\n"), " 429 ");
    ASSERT_CONTAINS(ask(&world, "POST", "/login", "X-Forwarded-For: 192.0.2.2\r\n"), " 204 ");
    ASSERT_CONTAINS(ask(&world, "HEAD", "/api", "Key: k1\r\n"), " 204 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "Key: k1\r\n"), " 204 ");
    ASSERT_CONTAINS(ask(&world, "GET", "/api", "Key: k1\r\n"), " 429 ");
    ASSERT_CONTAINS(ask(&world, "POST", "/api", "Key: k1\r\n"), " 204 "); // another method
    stop(&world);
}

// posthog-js drops what got a 429 and sends again what got a 503.
static void events_get_the_status_that_makes_their_sdk_come_back(void **state) {
    (void)state;
    struct world world;
    start(&world, (struct gateway_limits_config){.events = STR("1/m burst 1"),
                                                 .address = STR("100/m"),
                                                 .path_prefix = STR("/x7")});
    ASSERT_CONTAINS(ask(&world, "POST", "/v1/batch", "Project: shop\r\n"), "HTTP/1.1 204 ");
    const char *reply = ask(&world, "POST", "/v1/batch", "Project: shop\r\n");
    ASSERT_CONTAINS(reply, "HTTP/1.1 429 ");
    ASSERT_CONTAINS(reply, "Retry-After: 60\r\n");
    reply = ask(&world, "POST", "/x7/batch/", "Project: shop\r\n");
    ASSERT_CONTAINS(reply, "HTTP/1.1 503 ");
    ASSERT_CONTAINS(reply, "Retry-After: 60\r\n");
    ASSERT_CONTAINS(ask(&world, "POST", "/x7/batch/", "Project: blog\r\n"), "HTTP/1.1 204 ");
    stop(&world);
}

static void a_page_may_read_why_it_was_refused(void **state) {
    (void)state;
    struct world world;
    start(&world, (struct gateway_limits_config){.address = STR("1/m burst 1")});
    const char *headers = "Origin: https://shop.example\r\n";
    (void)ask(&world, "POST", "/v1/batch", headers);
    const char *reply = ask(&world, "POST", "/v1/batch", headers);
    ASSERT_CONTAINS(reply, "HTTP/1.1 429 ");
    ASSERT_CONTAINS(reply, "Access-Control-Allow-Origin: https://shop.example\r\n");
    ASSERT_CONTAINS(reply, "Access-Control-Expose-Headers: Retry-After");
    ASSERT_LACKS(ask(&world, "GET", "/api", headers), "Access-Control");
    stop(&world);
}

static void bodies_are_limited_where_no_events_come(void **state) {
    (void)state;
    struct world world;
    start(&world, (struct gateway_limits_config){.body_bytes = 10});
    static const char request[] = "POST %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
                                  "Content-Length: 11\r\n\r\n12345678901";
    char text[200];
    int len = snprintf(text, sizeof text, request, "/api");
    ASSERT_CONTAINS(harness_talk(world.server, text, (size_t)len), "HTTP/1.1 413 ");
    len = snprintf(text, sizeof text, request, "/v1/batch");
    ASSERT_CONTAINS(harness_talk(world.server, text, (size_t)len), "HTTP/1.1 204 ");
    stop(&world);
}

static void limits_change_while_they_are_in_force(void **state) {
    (void)state;
    struct world world;
    struct error err = {STATUS_OK, ""};
    start(&world, (struct gateway_limits_config){.address = STR("1/m burst 2")});
    ASSERT_CONTAINS(ask(&world, "GET", "/api", ""), " 204 ");
    struct gateway_limits_config config = {.address = STR("1/m burst 1")};
    assert_int_equal(gateway_limits_change(world.limits, &config, &err), STATUS_OK);
    ASSERT_CONTAINS(ask(&world, "GET", "/api", ""), " 429 "); // its bucket is as full as it was
    config.address = STR("soon");
    assert_int_equal(gateway_limits_change(world.limits, &config, &err), STATUS_INVALID);
    ASSERT_CONTAINS(ask(&world, "GET", "/api", ""), " 429 "); // nothing has changed
    config.address = STR("none");
    assert_int_equal(gateway_limits_change(world.limits, &config, &err), STATUS_OK);
    ASSERT_CONTAINS(ask(&world, "GET", "/api", ""), " 204 ");
    stop(&world);
}

static void wrong_settings_are_named(void **state) {
    (void)state;
    static const struct {
        struct gateway_limits_config config;
        struct str route;
        const char *named;
    } cases[] = {
        {{.address = STR_INIT("many")}, STR_INIT(""), "limits.address"},
        {{.key = STR_INIT("1/y")}, STR_INIT(""), "limits.key"},
        {{.account = STR_INIT("1")}, STR_INIT(""), "limits.account"},
        {{.events = STR_INIT("0/s")}, STR_INIT(""), "limits.events"},
        {{.entries = 0}, STR_INIT("/login=1/s"), "limits.routes"},
        {{.entries = 0}, STR_INIT("POST /login"), "limits.routes"},
        {{.entries = 0}, STR_INIT("POST login=1/s"), "limits.routes"},
        {{.entries = 0}, STR_INIT("BREW /login=1/s"), "limits.routes"},
        {{.entries = 0}, STR_INIT("POST /login=soon"), "limits.routes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gateway_limits_config config = cases[i].config;
        struct gateway_limits *limits = NULL;
        struct error err = {STATUS_OK, ""};
        config.clock = clock_system();
        config.random = random_system();
        config.routes = &cases[i].route;
        config.route_count = cases[i].route.len > 0;
        assert_int_equal(gateway_limits_make(&config, &limits, &err), STATUS_INVALID);
        ASSERT_CONTAINS(err.text, cases[i].named);
    }
    const struct str networks[] = {STR_INIT("300.0.0.0/8")};
    const struct str unknown[] = {STR_INIT("DELETE /login=1/s")};
    struct gateway_limits *limits = NULL;
    struct error err = {STATUS_OK, ""};
    struct gateway_limits_config config = {
        .exempt = networks, .exempt_count = 1, .clock = clock_system(), .random = random_system()};
    assert_int_equal(gateway_limits_make(&config, &limits, &err), STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "limits.exempt");
    config.exempt_count = 0;
    config.routes = unknown;
    config.route_count = 1;
    assert_int_equal(gateway_limits_check(&config, &table, 1, &err), STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "DELETE /login");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_limited_wherever_it_asks),
        cmocka_unit_test(addresses_of_a_64_are_one),
        cmocka_unit_test(exempt_networks_are_not_limited),
        cmocka_unit_test(a_key_is_limited_from_wherever_it_comes),
        cmocka_unit_test(an_account_has_a_limit_of_its_own),
        cmocka_unit_test(a_route_has_a_limit_of_its_own),
        cmocka_unit_test(events_get_the_status_that_makes_their_sdk_come_back),
        cmocka_unit_test(a_page_may_read_why_it_was_refused),
        cmocka_unit_test(bodies_are_limited_where_no_events_come),
        cmocka_unit_test(limits_change_while_they_are_in_force),
        cmocka_unit_test(wrong_settings_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
