// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests that are passed on: what goes through, what stays behind, and that everyone gets the own reply.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/thread.h"
#include "scene.h"

// --- What goes through -------------------------------------------------------------------------------------------------
static void a_request_and_its_reply_go_through(void **state) {
    (void)state;
    static const char *const replies[] = {
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 7\r\n"
        "X-Two: a\r\nX-Two: b\r\nKeep-Alive: timeout=5\r\nConnection: x-private\r\nX-Private: 1\r\n"
        "Date: Mon, 01 Jan 2001 00:00:00 GMT\r\nX-Request-Id: theirs\r\n\r\n{\"a\":1}"};
    struct script script = SCRIPT(replies);
    struct scene scene;
    scene_open_with(&scene, scene_serve_script, &script, NULL);
    const char *reply = scene_ask(
        &scene, "POST /a%20b?x=1&y HTTP/1.1\r\nHost: front.example\r\nX-Request-Id: mine\r\n"
                "Connection: close, X-Drop\r\nX-Drop: 1\r\nTE: trailers\r\nX-Keep: 2\r\n"
                "traceparent: 00-1-2-01\r\nX-Forwarded-For: 198.51.100.9\r\n"
                "X-Forwarded-Host: evil.example\r\nContent-Length: 5\r\n\r\nhello");
    ASSERT_CONTAINS(reply, "HTTP/1.1 201 Created\r\n");
    ASSERT_CONTAINS(reply, "Content-Type: application/json\r\n");
    ASSERT_CONTAINS(reply, "X-Two: a\r\nX-Two: b\r\n");
    ASSERT_CONTAINS(reply, "X-Request-Id: mine\r\n");
    ASSERT_CONTAINS(reply, "\r\n\r\n{\"a\":1}");
    ASSERT_LACKS(reply, "Keep-Alive");
    ASSERT_LACKS(reply, "X-Private");
    ASSERT_LACKS(reply, "theirs");
    ASSERT_LACKS(reply, "2001");
    const char *request = scene_request(&script);
    char host[60];
    (void)snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%u\r\n", backend_port(scene.backend));
    ASSERT_CONTAINS(request, "POST /a%20b?x=1&y HTTP/1.1\r\n");
    ASSERT_CONTAINS(request, host);
    ASSERT_CONTAINS(request, "\r\nX-Keep: 2\r\n");
    ASSERT_CONTAINS(request, "\r\ntraceparent: 00-1-2-01\r\n");
    ASSERT_CONTAINS(request, "\r\nX-Request-Id: mine\r\n");
    ASSERT_CONTAINS(request, "\r\nX-Forwarded-For: 127.0.0.1\r\n");
    ASSERT_CONTAINS(request, "\r\nX-Forwarded-Proto: http\r\n");
    ASSERT_CONTAINS(request, "\r\nX-Forwarded-Host: front.example\r\n");
    ASSERT_CONTAINS(request, "\r\nContent-Length: 5\r\n");
    ASSERT_CONTAINS(request, "\r\n\r\nhello");
    ASSERT_LACKS(request, "X-Drop");
    ASSERT_LACKS(request, "TE:");
    ASSERT_LACKS(request, "198.51.100.9");
    ASSERT_LACKS(request, "evil.example");
    scene_close(&scene);
}

static void what_a_trusted_peer_says_is_passed_on(void **state) {
    (void)state;
    static const char *const replies[] = {OK_REPLY};
    struct script script = SCRIPT(replies);
    struct scene scene;
    scene_open_with(&scene, scene_serve_script, &script, NULL);
    const struct str network = STR("127.0.0.0/8");
    struct error err;
    assert_int_equal(http_networks_make(&network, 1, &scene.trusted, &err), STATUS_OK);
    scene_ask(
        &scene,
        "GET / HTTP/1.1\r\nHost: front\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.7\r\n"
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n\r\n");
    ASSERT_CONTAINS(scene_request(&script), "\r\nX-Forwarded-For: 203.0.113.7, 127.0.0.1\r\n");
    ASSERT_CONTAINS(scene_request(&script), "\r\nX-Forwarded-Proto: https\r\n");
    ASSERT_CONTAINS(scene_request(&script), "\r\nX-Forwarded-Host: shop.example\r\n");
    scene_close(&scene);
}

static void replies_of_every_framing_are_read(void **state) {
    (void)state;
    static const char *const replies[] = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n"
        "3;x=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" OK_REPLY,
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\n"
        "Vary: Accept-Encoding\r\nContent-Length: 3\r\n\r\nzip",
        "HTTP/1.1 304 Not Modified\r\nETag: \"7\"\r\nContent-Length: 99\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end",
        "HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nbare",
    };
    static const char *const expected[] = {"\r\n\r\nabcde",      "\r\n\r\nhi",
                                           "204 No Content\r\n", "Content-Encoding: gzip\r\n",
                                           "ETag: \"7\"\r\n",    "\r\nuntil the end\r\n",
                                           "\r\n\r\nbare"};
    struct script script = SCRIPT(replies);
    struct scene scene;
    scene_open_with(&scene, scene_serve_script, &script, NULL);
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        const char *reply = scene_ask(&scene, GET);
        ASSERT_CONTAINS(reply, expected[i]);
        if (i != 5) { // whose end is not known when its beginning is passed on
            ASSERT_LACKS(reply, "chunked");
        }
        assert_in_range(harness_count(reply, "Vary"), 0, 1);
    }
    // One connection for all up to the HTTP/1.0 reply, which closes it.
    assert_int_equal(backend_accepted(scene.backend), 2);
    scene_close(&scene);
}

static void a_reply_to_head_keeps_its_length(void **state) {
    (void)state;
    static const char *const replies[] = {
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1234\r\n\r\n", OK_REPLY};
    struct script script = SCRIPT(replies);
    struct scene scene;
    scene_open_with(&scene, scene_serve_script, &script, NULL);
    ASSERT_CONTAINS(
        scene_ask(&scene, "HEAD /x HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n"),
        "Content-Length: 1234\r\n");
    ASSERT_CONTAINS(scene_ask(&scene, GET), "\r\n\r\nhi");
    assert_int_equal(backend_accepted(scene.backend), 1);
    scene_close(&scene);
}

static void serve_slowly(int fd, unsigned number, void *context) {
    static const char REPLY[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                                "Content-Type: text/plain\r\n\r\n4\r\nslow\r\n2\r\nly\r\n0\r\n\r\n";
    char request[4096];
    const int on = 1;
    (void)number;
    (void)context;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // each byte a segment
    while (backend_read(fd, request, sizeof request)) {
        for (const char *c = REPLY; *c; c++) {
            const char one[2] = {*c, '\0'};
            backend_write(fd, one);
        }
    }
}

static void a_reply_may_come_byte_by_byte(void **state) {
    (void)state;
    struct scene scene;
    scene_open_with(&scene, serve_slowly, NULL, NULL);
    static const char *const old = "GET /x HTTP/1.0\r\n\r\n"; // no chunks in between
    ASSERT_CONTAINS(scene_ask(&scene, old), "\r\n\r\nslowly");
    ASSERT_CONTAINS(scene_ask(&scene, old), "\r\n\r\nslowly");
    assert_int_equal(backend_accepted(scene.backend), 1);
    scene_close(&scene);
}

// --- Many ------------------------------------------------------------------------------------------------------------------
static void echo(struct http_exchange *exchange, void *context) {
    (void)context;
    buffer_append_str(http_reply_body(exchange), exchange->request.target);
    buffer_append_str(http_reply_body(exchange), exchange->request.body);
    http_reply_send(exchange, 200, "text/plain");
}

static void echo_late(struct http_exchange *exchange, void *context) {
    http_exchange_offload(exchange, echo, context);
}

struct client {
    struct thread thread;
    const struct http_server *proxy;
    unsigned number;
};

#define ROUNDS 20

static void *run_client(void *context) {
    const struct client *client = context;
    int fd = harness_connect(client->proxy);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char request[600];
        char wanted[100];
        // Two at once, so that replies to one connection must be put in order, too.
        (void)snprintf(request, sizeof request,
                       "GET /%u/%u/a HTTP/1.1\r\nHost: f\r\n\r\n"
                       "POST /%u/%u/b HTTP/1.1\r\nHost: f\r\nContent-Length: 4\r\n\r\nbody",
                       client->number, i, client->number, i);
        (void)snprintf(wanted, sizeof wanted, "\r\n\r\n/%u/%u/bbody", client->number, i);
        harness_send_text(fd, request);
        const char *reply = harness_read_until(fd, wanted, 1);
        (void)snprintf(wanted, sizeof wanted, "\r\n\r\n/%u/%u/aHTTP/1.1 200", client->number, i);
        ASSERT_CONTAINS(reply, wanted);
    }
    close(fd);
    return NULL;
}

static void ask_by_many(unsigned pipeline, unsigned connections) {
    struct workers *workers = NULL;
    struct client clients[40];
    struct scene scene = {0};
    const struct http_upstream_config config = {.pipeline = pipeline, .connections = connections};
    assert_int_equal(workers_start(3, 1000, "echo", &workers), STATUS_OK);
    struct http_server_config back = {.workers = workers};
    struct http_server *server = harness_start(echo_late, NULL, &back);
    const uint16_t ports[] = {http_server_port(server), 0};
    scene_open(&scene, &config, ports);
    for (unsigned i = 0; i < 40; i++) {
        clients[i] = (struct client){.proxy = scene.proxy, .number = i};
        assert_int_equal(thread_start(&clients[i].thread, "client", run_client, &clients[i]),
                         STATUS_OK);
    }
    for (unsigned i = 0; i < 40; i++) {
        thread_join(&clients[i].thread);
    }
    scene_close(&scene);
    http_server_stop(server);
    workers_stop(workers);
}

static void everyone_gets_the_own_reply(void **state) {
    (void)state;
    ask_by_many(1, 64);
    ask_by_many(1, 2); // the others wait for room
    ask_by_many(8, 3);
}

static void large_bodies_go_both_ways(void **state) {
    (void)state;
    enum { SIZE = 3 << 20 };
    struct scene scene = {0};
    const struct http_upstream_config config = {0};
    struct http_server *server = harness_start(echo, NULL, NULL);
    const uint16_t ports[] = {http_server_port(server), 0};
    scene_open(&scene, &config, ports);
    char *request = malloc(SIZE + 200);
    assert_non_null(request);
    int head = snprintf(
        request, 200,
        "POST /big HTTP/1.1\r\nHost: f\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", SIZE);
    for (size_t i = 0; i < SIZE; i++) {
        request[(size_t)head + i] = (char)('a' + i % 26);
    }
    const char *reply = harness_talk(scene.proxy, request, (size_t)head + SIZE);
    const char *body = strstr(reply, "\r\n\r\n/big");
    assert_non_null(body);
    assert_int_equal(strlen(body + 8), SIZE);
    assert_memory_equal(body + 8, request + head, SIZE);
    free(request);
    scene_close(&scene);
    http_server_stop(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_and_its_reply_go_through),
        cmocka_unit_test(what_a_trusted_peer_says_is_passed_on),
        cmocka_unit_test(replies_of_every_framing_are_read),
        cmocka_unit_test(a_reply_to_head_keeps_its_length),
        cmocka_unit_test(a_reply_may_come_byte_by_byte),
        cmocka_unit_test(everyone_gets_the_own_reply),
        cmocka_unit_test(large_bodies_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
