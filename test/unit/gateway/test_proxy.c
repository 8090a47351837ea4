// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A gateway in front of a role in another process: the same routes, the same rules, and the role checks for itself.
#include "../http/harness.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/gateway.h"
#include "gateway/proxy.h"

struct side { // one of the two processes
    struct auth_keyring *keyring;
    struct gateway *gateway;
    struct http_server *server;
};

struct world {
    struct side role;
    struct side front;
    struct http_upstream *upstream;
    struct http_route_table proxied;
    struct http_networks *trusted;
    struct workers *workers; // of the role
    atomic_uint calls;       // of the role's handlers
};

static void say_what(struct http_exchange *exchange, void *context) {
    struct world *world = context;
    atomic_fetch_add(&world->calls, 1);
    const struct auth_principal *principal = exchange->principal;
    if (http_request_header(exchange, STR("Tell")).data) {
        struct str state = http_request_header(exchange, STR("tracestate"));
        buffer_printf(http_reply_body(exchange), "trace=%.*s caller=%s state=%.*s",
                      STR_ARG(http_trace_id(exchange->trace)), exchange->trace->caller,
                      STR_ARG(state));
        http_reply_send(exchange, 200, "text/plain");
        return;
    }
    buffer_printf(http_reply_body(exchange), "key=%s id=%.*s body=%.*s ip=%.*s",
                  principal ? principal->key_id : "", STR_ARG(exchange->parameters[0]),
                  STR_ARG(exchange->request.body), STR_ARG(exchange->request.remote_ip));
    http_reply_send(exchange, 200, "text/plain");
}

static const struct http_route routes[] = {
    {HTTP_POST_, "/send", AUTH_ACCESS_SEND, false, say_what},
    {HTTP_GET_, "/people/:id", AUTH_ACCESS_VIEWER, true, say_what},
    {HTTP_PUT_, "/people/:id", AUTH_ACCESS_EDITOR, true, say_what},
};

static void add_key(struct side *side, const char *id, enum auth_role role, const char *key) {
    char hash[65];
    auth_key_hash(str_from_c(key), hash);
    assert_int_equal(
        auth_keyring_add(side->keyring, str_from_c(id), STR("shop"), role, str_make(hash, 64)),
        STATUS_OK);
}

static void start_side(struct side *side, const struct http_route_table *table,
                       const struct http_networks *trusted) {
    struct error err;
    struct gateway_config config = {.tables = table,
                                    .table_count = 1,
                                    .keyring = side->keyring,
                                    .trusted = trusted,
                                    .access_log = NULL};
    assert_int_equal(gateway_start(&config, &side->gateway, &err), STATUS_OK);
}

static int set_up(void **state) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    struct error err;
    const struct str network = STR("127.0.0.0/8");
    assert_int_equal(auth_keyring_make(&world->role.keyring), STATUS_OK);
    assert_int_equal(auth_keyring_make(&world->front.keyring), STATUS_OK);
    add_key(&world->role, "v", AUTH_ROLE_VIEWER, "ff_viewer");
    add_key(&world->front, "v", AUTH_ROLE_VIEWER, "ff_viewer");
    add_key(&world->front, "e", AUTH_ROLE_EDITOR, "ff_front_only");
    assert_int_equal(http_networks_make(&network, 1, &world->trusted, &err), STATUS_OK);
    const struct http_route_table table = {routes, sizeof routes / sizeof routes[0], world};
    start_side(&world->role, &table, world->trusted);
    assert_int_equal(workers_start(1, 16, "worker", &world->workers), STATUS_OK);
    struct http_server_config server = {.workers = world->workers};
    world->role.server = harness_start(gateway_handle, world->role.gateway, &server);
    char text[40];
    (void)snprintf(text, sizeof text, "http://127.0.0.1:%u", http_server_port(world->role.server));
    const struct str url = str_from_c(text);
    const struct http_upstream_config upstream = {.name = "people", .urls = &url, .url_count = 1};
    assert_int_equal(http_upstream_make(&upstream, &world->upstream, &err), STATUS_OK);
    assert_int_equal(gateway_proxy_make(table, world->upstream, &world->proxied), STATUS_OK);
    start_side(&world->front, &world->proxied, NULL);
    world->front.server = harness_start(gateway_handle, world->front.gateway, NULL);
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    http_server_stop(world->front.server);
    http_server_stop(world->role.server);
    workers_stop(world->workers);
    gateway_stop(world->front.gateway);
    gateway_stop(world->role.gateway);
    gateway_proxy_free(&world->proxied);
    http_upstream_free(world->upstream);
    http_networks_free(world->trusted);
    auth_keyring_free(world->front.keyring);
    auth_keyring_free(world->role.keyring);
    free(world);
    return 0;
}

static const char *ask(const struct world *world, const char *line, const char *headers,
                       const char *body) {
    char request[1024];
    int len = snprintf(
        request, sizeof request,
        "%s HTTP/1.1\r\nHost: front\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s", line,
        headers, strlen(body), body);
    return harness_talk(world->front.server, request, (size_t)len);
}

#define VIEWER "Authorization: Bearer ff_viewer\r\n"

static void the_role_sees_what_the_client_sent(void **state) {
    const struct world *world = *state;
    ASSERT_CONTAINS(ask(world, "GET /people/a%20b", VIEWER, ""), "key=v id=a b body= ip=127.0.0.1");
    ASSERT_CONTAINS(ask(world, "POST /send", "", "{\"writeKey\":\"x\"}"),
                    "key= id= body={\"writeKey\":\"x\"}");
    // Who is not trusted by the front cannot say where it comes from.
    ASSERT_CONTAINS(ask(world, "GET /people/1", VIEWER "X-Forwarded-For: 6.6.6.6\r\n", ""),
                    "ip=127.0.0.1");
}

static void what_is_refused_never_reaches_the_role(void **state) {
    struct world *world = *state;
    ASSERT_CONTAINS(ask(world, "GET /people/1", "", ""), "HTTP/1.1 401 ");
    ASSERT_CONTAINS(ask(world, "PUT /people/1", VIEWER, "{}"), "HTTP/1.1 403 ");
    ASSERT_CONTAINS(ask(world, "GET /nowhere", VIEWER, ""), "HTTP/1.1 404 ");
    ASSERT_CONTAINS(ask(world, "DELETE /people/1", VIEWER, ""), "HTTP/1.1 405 ");
    assert_int_equal(atomic_load(&world->calls), 0);
}

static void the_role_does_not_take_the_gateways_word(void **state) {
    struct world *world = *state;
    ASSERT_CONTAINS(ask(world, "PUT /people/1", "Authorization: Bearer ff_front_only\r\n", "{}"),
                    "HTTP/1.1 401 ");
    assert_int_equal(atomic_load(&world->calls), 0);
}

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"

// The role's span is called by the front's, which is called by the client's.
static void a_trace_goes_on_in_the_role(void **state) {
    const struct world *world = *state;
    const char *reply = ask(world, "POST /send",
                            "Tell: me\r\ntraceparent: 00-" TRACE_ID
                            "-00f067aa0ba902b7-01\r\ntracestate: vendor=opaque\r\n",
                            "");
    ASSERT_CONTAINS(reply, "trace=" TRACE_ID " caller=");
    ASSERT_CONTAINS(reply, "state=vendor=opaque");
    ASSERT_LACKS(reply, "caller=00f067aa0ba902b7");
    assert_int_equal(harness_count(reply, "X-Trace-Id: " TRACE_ID "\r\n"), 1);
    reply = ask(world, "POST /send",
                "Tell: me\r\ntraceparent: 00-" TRACE_ID "-0000000000000000-01\r\n"
                "tracestate: vendor=opaque\r\n",
                "");
    ASSERT_LACKS(reply, TRACE_ID);
    ASSERT_LACKS(reply, "X-Trace-Id");
    ASSERT_CONTAINS(reply, "trace=");
    ASSERT_LACKS(reply, "vendor");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_role_sees_what_the_client_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_refused_never_reaches_the_role, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_role_does_not_take_the_gateways_word, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_trace_goes_on_in_the_role, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
