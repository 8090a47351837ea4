// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Configured routes in a gateway that answers: they and limits change together or not at all, upstreams stay or go.
#include "../http/harness.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../http/backend.h"
#include "app/command.h"
#include "auth/keyring.h"
#include "gateway/gateway.h"
#include "gateway/routes_private.h"
#include "gateway/routing.h"
#include "support/failing_malloc.h"

#define REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

struct world {
    struct backend *backend;
    struct auth_keyring *keyring;
    struct gateway_limits *limits;
    struct gateway_upstreams *pool;
    struct gateway *gateway;
    struct http_server *server;
    atomic_bool hold; // the backend answers nobody
};

static void answer_own(struct http_exchange *exchange, void *context) {
    (void)context;
    http_reply_send(exchange, 204, NULL);
}

static const struct http_route own_routes[] = {
    {HTTP_GET_, "/own", AUTH_ACCESS_PUBLIC, false, answer_own},
};
static const struct http_route_table ours = {own_routes, 1, NULL};

static void serve(int fd, unsigned number, void *context) {
    struct world *world = context;
    char request[2000];
    (void)number;
    while (backend_read(fd, request, sizeof request)) {
        while (atomic_load(&world->hold)) {
        }
        backend_write(fd, REPLY);
    }
}

static struct gateway_limits_config limits_of(const struct str *routes, size_t count) {
    return (struct gateway_limits_config){
        .routes = routes, .route_count = count, .clock = clock_system(), .random = random_system()};
}

// yaml with "%u" for the backend's port, several times.
static struct gateway_routes *read_routes(const struct world *world, const char *yaml) {
    char text[2000];
    struct buffer out;
    buffer_init_fixed(&out, text, sizeof text);
    struct str rest = str_from_c(yaml);
    while (rest.data) {
        buffer_append_str(&out, str_cut(&rest, '%'));
        if (rest.data) {
            buffer_append_u64(&out, backend_port(world->backend));
        }
    }
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    struct settings *settings = NULL;
    struct gateway_routes *routes = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(settings_make(table, count, &settings), STATUS_OK);
    if (settings_load_text(settings, "f.yaml", buffer_str(&out), &err) != STATUS_OK ||
        gateway_routes_read(settings, &ours, 1, &routes, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    settings_free(settings);
    return routes;
}

#define SHOP "upstreams:\n  - {name: shop, urls: ['http://127.0.0.1:%']}\n"
#define ROUTE(path) "routes:\n  - {path: " path ", upstream: shop, access: public}\n"

static struct gateway_routes *connected(struct world *world, const char *yaml) {
    struct gateway_routes *routes = read_routes(world, yaml);
    struct error err = {STATUS_OK, ""};
    assert_int_equal(gateway_routes_connect(routes, world->pool, &err), STATUS_OK);
    return routes;
}

static void open_world(struct world *world, const char *yaml) {
    struct error err = {STATUS_OK, ""};
    *world = (struct world){.backend = NULL};
    world->backend = backend_start(serve, world);
    struct gateway_limits_config limits = limits_of(NULL, 0);
    assert_int_equal(auth_keyring_make(&world->keyring), STATUS_OK);
    assert_int_equal(gateway_limits_make(&limits, &world->limits, &err), STATUS_OK);
    assert_int_equal(gateway_upstreams_make(&world->pool), STATUS_OK);
    struct gateway_config config = {.tables = &ours,
                                    .table_count = 1,
                                    .routes = connected(world, yaml),
                                    .keyring = world->keyring,
                                    .limits = world->limits};
    assert_int_equal(gateway_start(&config, &world->gateway, &err), STATUS_OK);
    const struct http_server_config server = {
        .plan = gateway_plan, .completed = gateway_completed, .threads = 2};
    world->server = harness_start(gateway_handle, world->gateway, &server);
}

static void close_world(struct world *world) {
    http_server_stop(world->server);
    gateway_stop(world->gateway);
    gateway_upstreams_free(world->pool);
    gateway_limits_free(world->limits);
    auth_keyring_free(world->keyring);
    backend_stop(world->backend);
}

static const char *ask(const struct world *world, const char *path) {
    char request[200];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    return harness_talk(world->server, request, (size_t)len);
}

static void change(struct world *world, const char *yaml, const char *limit) {
    const struct str text = str_from_c(limit);
    const struct gateway_limits_config limits = limits_of(&text, text.len > 0);
    struct error err = {STATUS_OK, ""};
    struct gateway_routes *routes = connected(world, yaml);
    if (gateway_change(world->gateway, routes, &limits, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
}

static size_t pooled(const struct world *world) {
    return gateway_upstreams_visit(world->pool, NULL, NULL);
}

static void an_upstream_that_is_said_to_be_the_same_keeps_its_connections(void **state) {
    (void)state;
    struct world world;
    open_world(&world, SHOP ROUTE("/shop/*"));
    const int fd = harness_connect(world.server); // one loop's connection to the backend
    harness_send_text(fd, "GET /shop/x HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_CONTAINS(harness_read_until(fd, "hi", 1), " 200 ");
    change(&world, SHOP ROUTE("/other/*"), "");
    assert_int_equal(gateway_upstreams_reap(world.pool), 0);
    assert_int_equal(pooled(&world), 1);
    harness_send_text(fd, "GET /other/x HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_CONTAINS(harness_read_until(fd, "hi", 1), " 200 ");
    assert_int_equal(backend_accepted(world.backend), 1);
    close(fd);
    ASSERT_CONTAINS(ask(&world, "/shop/x"), " 404 ");
    ASSERT_CONTAINS(ask(&world, "/own"), " 204 ");
    close_world(&world);
}

#define OTHER "upstreams:\n  - {name: shop, connections: 7, urls: ['http://127.0.0.1:%']}\n"

static void an_upstream_that_nobody_leads_to_goes(void **state) {
    (void)state;
    struct world world;
    open_world(&world, SHOP ROUTE("/shop/*"));
    for (unsigned i = 0; i < 8; i++) {
        ASSERT_CONTAINS(ask(&world, "/shop/x"), " 200 ");
    }
    change(&world, OTHER ROUTE("/shop/*"), "");
    assert_int_equal(pooled(&world), 2);
    while (gateway_upstreams_reap(world.pool) > 0) { // loops give back what they have
    }
    assert_int_equal(pooled(&world), 1);
    ASSERT_CONTAINS(ask(&world, "/shop/x"), " 200 ");
    // As before again: what is gone is made anew.
    change(&world, SHOP ROUTE("/shop/*"), "");
    ASSERT_CONTAINS(ask(&world, "/shop/x"), " 200 ");
    change(&world, "", "");
    while (pooled(&world) > 0) {
        (void)gateway_upstreams_reap(world.pool);
    }
    ASSERT_CONTAINS(ask(&world, "/shop/x"), " 404 ");
    close_world(&world);
}

static void what_is_under_way_keeps_its_upstream(void **state) {
    (void)state;
    struct world world;
    open_world(&world, SHOP ROUTE("/shop/*"));
    atomic_store(&world.hold, true);
    const int fd = harness_connect(world.server);
    harness_send_text(fd, "GET /shop/x HTTP/1.1\r\nHost: x\r\n\r\n");
    while (backend_accepted(world.backend) == 0) {
    }
    change(&world, "", "");
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(gateway_upstreams_reap(world.pool), 0); // a set of routes still has it
        assert_int_equal(pooled(&world), 1);
    }
    atomic_store(&world.hold, false);
    ASSERT_CONTAINS(harness_read_until(fd, "hi", 1), " 200 ");
    while (pooled(&world) > 0) {
        (void)gateway_upstreams_reap(world.pool);
    }
    close(fd);
    close_world(&world);
}

static void a_limit_may_name_a_configured_route(void **state) {
    (void)state;
    struct world world;
    open_world(&world, SHOP ROUTE("/shop/*"));
    change(&world, SHOP ROUTE("/shop/*"), "GET /shop/*=1/h burst 2");
    ASSERT_CONTAINS(ask(&world, "/shop/x"), " 200 ");
    ASSERT_CONTAINS(ask(&world, "/shop/y"), " 200 ");
    const char *reply = ask(&world, "/shop/z");
    ASSERT_CONTAINS(reply, " 429 ");
    ASSERT_CONTAINS(reply, "RateLimit-Policy: \"route\";q=2;w=7200\r\n");
    ASSERT_CONTAINS(ask(&world, "/own"), " 204 ");
    // Another route in its place begins with buckets of its own, and the one before has kept its.
    change(&world, SHOP ROUTE("/other/*"), "GET /other/*=1/h burst 2");
    ASSERT_CONTAINS(ask(&world, "/other/x"), " 200 ");
    change(&world, SHOP ROUTE("/shop/*"), "GET /shop/*=1/h burst 2");
    ASSERT_CONTAINS(ask(&world, "/shop/z"), " 429 ");
    close_world(&world);
}

static void what_is_wrong_changes_nothing(void **state) {
    (void)state;
    static const struct {
        const char *yaml;
        const char *limit;
        const char *said;
    } wrong[] = {
        {SHOP ROUTE("/new/*"), "GET /shop/*=1/h", "there is no route GET, HEAD /shop/*"},
        {SHOP ROUTE("/new/*"), "GET /new/*=soon", "limits.routes: "},
        {SHOP "routes:\n  - {path: /new, upstream: shop, access: public, methods: [GET]}\n",
         "POST /new=1/h", "there is no route POST /new"},
    };
    struct world world;
    open_world(&world, SHOP ROUTE("/shop/*"));
    change(&world, SHOP ROUTE("/shop/*"), "GET /shop/*=1/h burst 1");
    ASSERT_CONTAINS(ask(&world, "/shop/x"), " 200 ");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct str text = str_from_c(wrong[i].limit);
        const struct gateway_limits_config limits = limits_of(&text, 1);
        struct error err = {STATUS_OK, ""};
        struct gateway_routes *routes = connected(&world, wrong[i].yaml);
        assert_int_equal(gateway_change(world.gateway, routes, &limits, &err), STATUS_INVALID);
        ASSERT_CONTAINS(err.text, wrong[i].said);
        gateway_routes_free(routes);
        ASSERT_CONTAINS(ask(&world, "/shop/x"), " 429 ");
        ASSERT_CONTAINS(ask(&world, "/new/x"), " 404 ");
    }
    close_world(&world);
}

static void every_allocation_of_a_change_may_fail(void **state) {
    (void)state;
    struct world world;
    open_world(&world, SHOP ROUTE("/shop/*"));
    const struct str text = STR("GET /new/*=1/h burst 1");
    const struct gateway_limits_config limits = limits_of(&text, 1);
    struct gateway_routes *routes = connected(&world, SHOP ROUTE("/new/*"));
    long n = 0;
    for (bool failed = true; failed; n++) {
        struct error err = {STATUS_OK, ""};
        failing_malloc_arm(n);
        enum status status = gateway_change(world.gateway, routes, &limits, &err);
        failed = failing_malloc_disarm();
        assert_int_equal(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        ASSERT_CONTAINS(ask(&world, "/shop/x"), failed ? " 200 " : " 404 ");
    }
    assert_true(n > 4);
    ASSERT_CONTAINS(ask(&world, "/new/x"), " 200 ");
    close_world(&world);
}

static void upstreams_that_cannot_be_made(void **state) {
    (void)state;
    static const struct {
        const char *yaml;
        enum status status;
        const char *said;
    } wrong[] = {
        {"upstreams:\n  - {name: good, urls: ['http://127.0.0.1:%']}\n"
         "  - {name: shop, urls: ['http://nowhere.invalid:1']}\n",
         STATUS_UNAVAILABLE, "upstream shop: nowhere.invalid"},
        {"upstreams:\n  - {name: shop, urls: ['https://127.0.0.1:1'], tls_ca: /is/not/there}\n",
         STATUS_INVALID, "upstream shop: "},
    };
    struct world world;
    open_world(&world, SHOP ROUTE("/shop/*"));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error err = {STATUS_OK, ""};
        struct gateway_routes *routes = read_routes(&world, wrong[i].yaml);
        assert_int_equal(gateway_routes_connect(routes, world.pool, &err), wrong[i].status);
        ASSERT_CONTAINS(err.text, wrong[i].said);
        gateway_routes_free(routes);
        assert_int_equal(pooled(&world), 1); // nothing of it is left behind
    }
    close_world(&world);
}

static void every_allocation_of_connecting_may_fail(void **state) {
    (void)state;
    struct world world;
    open_world(&world, "");
    // Nobody is there: threads of a backend that answers the checks would allocate too, and take the failure for themselves.
    struct gateway_routes *routes = read_routes(
        &world, "upstreams:\n  - {name: shop, health_path: /, urls: ['http://127.0.0.1:9']}\n");
    enum status status = STATUS_NO_MEMORY;
    long n = 0;
    for (; status != STATUS_OK; n++) { // those of metrics do without
        struct error err = {STATUS_OK, ""};
        failing_malloc_arm(n);
        status = gateway_routes_connect(routes, world.pool, &err);
        (void)failing_malloc_disarm();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        assert_int_equal(pooled(&world), status == STATUS_OK ? 1 : 0);
    }
    assert_true(n > 4);
    gateway_routes_free(routes);
    close_world(&world);
}

// --- Routings alone ------------------------------------------------------------------------------------------------------
static struct gateway_routing *prepared(struct gateway_routings *routings) {
    struct gateway_routing *routing = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(gateway_routings_prepare(routings, NULL, NULL, &routing, &err), STATUS_OK);
    return routing;
}

static void a_routing_lives_as_long_as_somebody_holds_it(void **state) {
    (void)state;
    struct gateway_routings *routings = NULL;
    assert_int_equal(gateway_routings_make(&ours, 1, &routings), STATUS_OK);
    struct gateway_routing *first = prepared(routings), *second = prepared(routings);
    gateway_routings_use(routings, first);
    assert_ptr_equal(gateway_routings_hold(routings), first);
    assert_ptr_equal(gateway_routings_hold(routings), first);
    gateway_routings_use(routings, second);
    struct gateway_routing *held = gateway_routings_hold(routings);
    assert_ptr_equal(held, second);
    gateway_routings_let_go(routings, held);
    assert_non_null(gateway_routing_router(first)); // two hold it
    gateway_routings_let_go(routings, first);
    assert_non_null(gateway_routing_router(first));
    gateway_routings_let_go(routings, first); // freed, which the sanitizer sees
    // What an exchange that was given up on holds goes with the rest.
    (void)gateway_routings_hold(routings);
    gateway_routings_use(routings, prepared(routings));
    gateway_routings_free(routings);
    gateway_routings_free(NULL);
}

static void routes_that_clash_make_no_routing(void **state) {
    (void)state;
    static const struct http_route twice[] = {
        {HTTP_GET_, "/own", AUTH_ACCESS_PUBLIC, false, answer_own},
        {HTTP_GET_, "/own", AUTH_ACCESS_PUBLIC, false, answer_own}};
    static const struct http_route nobody[] = {{HTTP_GET_, "/own", 0, false, answer_own}};
    const struct http_route_table clash = {twice, 2, NULL}, open = {nobody, 1, NULL};
    struct gateway_routings *routings = NULL;
    struct gateway_routing *routing = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(gateway_routings_make(&clash, 1, &routings), STATUS_OK);
    assert_int_equal(gateway_routings_prepare(routings, NULL, NULL, &routing, &err), STATUS_EXISTS);
    ASSERT_CONTAINS(err.text, "routes /own and /own match the same requests");
    gateway_routings_free(routings);
    assert_int_equal(gateway_routings_make(&open, 1, &routings), STATUS_OK);
    assert_int_equal(gateway_routings_prepare(routings, NULL, NULL, &routing, &err),
                     STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "route /own must name its access");
    assert_null(routing);
    gateway_routings_free(routings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upstream_that_is_said_to_be_the_same_keeps_its_connections),
        cmocka_unit_test(an_upstream_that_nobody_leads_to_goes),
        cmocka_unit_test(what_is_under_way_keeps_its_upstream),
        cmocka_unit_test(a_limit_may_name_a_configured_route),
        cmocka_unit_test(what_is_wrong_changes_nothing),
        cmocka_unit_test(every_allocation_of_a_change_may_fail),
        cmocka_unit_test(upstreams_that_cannot_be_made),
        cmocka_unit_test(every_allocation_of_connecting_may_fail),
        cmocka_unit_test(a_routing_lives_as_long_as_somebody_holds_it),
        cmocka_unit_test(routes_that_clash_make_no_routing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
