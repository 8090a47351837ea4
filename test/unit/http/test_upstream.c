// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests that are passed on: what goes through and what stays behind, and every way in which the other side can let us down.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend.h"
#include "base/thread.h"
#include "harness.h"
#include "http/forwarded.h"
#include "http/upstream.h"

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"

struct scene {
    struct backend *backend;
    struct http_upstream *upstream;
    struct http_networks *trusted;
    struct http_server *proxy;
};

static void forward(struct http_exchange *exchange, void *context) {
    struct scene *scene = context;
    if (scene->trusted) {
        http_forwarded_believe(scene->trusted, exchange);
    }
    http_upstream_forward(scene->upstream, exchange);
}

// In front of the ports, 0 at the end. config: what it leaves out is filled in.
static void open_scene(struct scene *scene, const struct http_upstream_config *config,
                       const uint16_t *ports) {
    static char urls[4][40];
    struct str texts[4];
    struct http_upstream_config filled = *config;
    struct error err = {STATUS_OK, ""};
    filled.name = "back";
    for (filled.url_count = 0; ports[filled.url_count] != 0; filled.url_count++) {
        size_t i = filled.url_count;
        (void)snprintf(urls[i], sizeof urls[i], "http://127.0.0.1:%u", ports[i]);
        texts[i] = str_from_c(urls[i]);
    }
    filled.urls = texts;
    if (http_upstream_make(&filled, &scene->upstream, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    struct http_server_config server = {.drain_timeout_ms = 300};
    scene->proxy = harness_start(forward, scene, &server);
}

static void close_scene(struct scene *scene) {
    http_server_stop(scene->proxy);
    http_upstream_free(scene->upstream);
    http_networks_free(scene->trusted);
    if (scene->backend) {
        backend_stop(scene->backend);
    }
}

static void open_with(struct scene *scene, backend_serve *serve, void *context,
                      const struct http_upstream_config *config) {
    static const struct http_upstream_config defaults = {0};
    *scene = (struct scene){.backend = backend_start(serve, context)};
    const uint16_t ports[] = {backend_port(scene->backend), 0};
    open_scene(scene, config ? config : &defaults, ports);
}

static const char *ask(const struct scene *scene, const char *request) {
    return harness_talk(scene->proxy, request, strlen(request));
}

#define GET "GET /things?a=1 HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n"
#define POST                                                                                       \
    "POST /things HTTP/1.1\r\nHost: front\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"

// --- What goes through -------------------------------------------------------------------------------------------------
struct script {
    const char *const *replies; // one a request, over all connections
    atomic_uint next;
    char request[65536]; // the last one
};

// Answers by the script; closes when it says so, by an empty reply before anything was written.
static void serve_script(int fd, unsigned number, void *context) {
    struct script *script = context;
    (void)number;
    while (backend_read(fd, script->request, sizeof script->request)) {
        const char *reply = script->replies[atomic_fetch_add(&script->next, 1)];
        if (!reply || reply[0] == '\0') {
            return;
        }
        backend_write(fd, reply);
        if (strstr(reply, "close") || strstr(reply, "HTTP/1.0")) {
            return;
        }
    }
}

static void a_request_and_its_reply_go_through(void **state) {
    (void)state;
    static const char *const replies[] = {
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 7\r\n"
        "X-Two: a\r\nX-Two: b\r\nKeep-Alive: timeout=5\r\nConnection: x-private\r\nX-Private: 1\r\n"
        "Date: Mon, 01 Jan 2001 00:00:00 GMT\r\nX-Request-Id: theirs\r\n\r\n{\"a\":1}"};
    struct script script = {.replies = replies};
    struct scene scene;
    open_with(&scene, serve_script, &script, NULL);
    const char *reply =
        ask(&scene, "POST /a%20b?x=1&y HTTP/1.1\r\nHost: front.example\r\nX-Request-Id: mine\r\n"
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
    const char *request = script.request;
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
    close_scene(&scene);
}

static void what_a_trusted_peer_says_is_passed_on(void **state) {
    (void)state;
    static const char *const replies[] = {OK_REPLY};
    struct script script = {.replies = replies};
    struct scene scene;
    open_with(&scene, serve_script, &script, NULL);
    const struct str network = STR("127.0.0.0/8");
    struct error err;
    assert_int_equal(http_networks_make(&network, 1, &scene.trusted, &err), STATUS_OK);
    ask(&scene,
        "GET / HTTP/1.1\r\nHost: front\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.7\r\n"
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n\r\n");
    ASSERT_CONTAINS(script.request, "\r\nX-Forwarded-For: 203.0.113.7, 127.0.0.1\r\n");
    ASSERT_CONTAINS(script.request, "\r\nX-Forwarded-Proto: https\r\n");
    ASSERT_CONTAINS(script.request, "\r\nX-Forwarded-Host: shop.example\r\n");
    close_scene(&scene);
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
                                           "ETag: \"7\"\r\n",    "\r\n\r\nuntil the end",
                                           "\r\n\r\nbare"};
    struct script script = {.replies = replies};
    struct scene scene;
    open_with(&scene, serve_script, &script, NULL);
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        const char *reply = ask(&scene, GET);
        ASSERT_CONTAINS(reply, expected[i]);
        ASSERT_LACKS(reply, "chunked");
        assert_in_range(harness_count(reply, "Vary"), 0, 1);
    }
    // One connection for all up to the HTTP/1.0 reply, which closes it.
    assert_int_equal(backend_accepted(scene.backend), 2);
    close_scene(&scene);
}

static void a_reply_to_head_keeps_its_length(void **state) {
    (void)state;
    static const char *const replies[] = {
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1234\r\n\r\n", OK_REPLY};
    struct script script = {.replies = replies};
    struct scene scene;
    open_with(&scene, serve_script, &script, NULL);
    ASSERT_CONTAINS(ask(&scene, "HEAD /x HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n"),
                    "Content-Length: 1234\r\n");
    ASSERT_CONTAINS(ask(&scene, GET), "\r\n\r\nhi");
    assert_int_equal(backend_accepted(scene.backend), 1);
    close_scene(&scene);
}

static void serve_slowly(int fd, unsigned number, void *context) {
    static const char REPLY[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                                "Content-Type: text/plain\r\n\r\n4\r\nslow\r\n2\r\nly\r\n0\r\n\r\n";
    char request[4096];
    (void)number;
    (void)context;
    while (backend_read(fd, request, sizeof request)) {
        for (const char *c = REPLY; *c; c++) {
            const char one[2] = {*c, '\0'};
            backend_write(fd, one);
            (void)usleep(200); // so that it is a segment of its own
        }
    }
}

static void a_reply_may_come_byte_by_byte(void **state) {
    (void)state;
    struct scene scene;
    open_with(&scene, serve_slowly, NULL, NULL);
    ASSERT_CONTAINS(ask(&scene, GET), "\r\n\r\nslowly");
    ASSERT_CONTAINS(ask(&scene, GET), "\r\n\r\nslowly");
    assert_int_equal(backend_accepted(scene.backend), 1);
    close_scene(&scene);
}

// --- What goes wrong -----------------------------------------------------------------------------------------------------
static void nobody_there_is_503(void **state) {
    (void)state;
    const uint16_t ports[] = {backend_unused_port(), 0};
    const struct http_upstream_config config = {.connect_timeout_ms = 200};
    struct scene scene = {0};
    open_scene(&scene, &config, ports);
    for (int i = 0; i < 3; i++) {
        const char *reply = ask(&scene, POST);
        ASSERT_CONTAINS(reply, "HTTP/1.1 503 ");
        ASSERT_CONTAINS(reply, "Retry-After: 1\r\n");
        ASSERT_CONTAINS(reply, "application/problem+json");
        ASSERT_CONTAINS(reply, "The back service did not answer");
        ASSERT_CONTAINS(reply, "\"requestId\":");
    }
    close_scene(&scene);
}

static void an_address_that_is_dead_is_passed_over(void **state) {
    (void)state;
    static const char *replies[64];
    for (size_t i = 0; i < 64; i++) {
        replies[i] = OK_REPLY;
    }
    struct script script = {.replies = replies};
    const struct http_upstream_config config = {.connect_timeout_ms = 200};
    struct scene scene = {.backend = backend_start(serve_script, &script)};
    const uint16_t ports[] = {backend_unused_port(), backend_port(scene.backend),
                              backend_unused_port(), 0};
    open_scene(&scene, &config, ports);
    for (int i = 0; i < 20; i++) {
        ASSERT_CONTAINS(ask(&scene, POST), "HTTP/1.1 200 OK");
    }
    close_scene(&scene);
}

static void serve_nothing(int fd, unsigned number, void *context) {
    char request[4096];
    (void)number;
    (void)context;
    while (backend_read(fd, request, sizeof request)) {
    }
}

static void no_reply_in_time_is_504(void **state) {
    (void)state;
    const struct http_upstream_config config = {.reply_timeout_ms = 40};
    struct scene scene;
    open_with(&scene, serve_nothing, NULL, &config);
    ASSERT_CONTAINS(ask(&scene, GET), "HTTP/1.1 504 ");
    ASSERT_CONTAINS(ask(&scene, POST), "HTTP/1.1 504 ");
    close_scene(&scene);
}

static void serve_half(int fd, unsigned number, void *context) {
    char request[4096];
    (void)number;
    (void)context;
    if (backend_read(fd, request, sizeof request)) {
        backend_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
        serve_nothing(fd, number, context);
    }
}

static void a_reply_that_stops_half_way_is_504(void **state) {
    (void)state;
    const struct http_upstream_config config = {.total_timeout_ms = 60};
    struct scene scene;
    open_with(&scene, serve_half, NULL, &config);
    ASSERT_CONTAINS(ask(&scene, GET), "HTTP/1.1 504 ");
    close_scene(&scene);
}

static void garbage_is_502(void **state) {
    (void)state;
    static const char *const replies[] = {
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n",
        "HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        "HTTP/1.1 200 OK\r\nX-Cut: close",
    };
    struct script script = {.replies = replies};
    struct scene scene;
    open_with(&scene, serve_script, &script, NULL);
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        const char *reply = ask(&scene, GET);
        if (!strstr(reply, "HTTP/1.1 502 ")) {
            print_error("to %s\ncame %s\n", replies[i], reply);
            fail();
        }
    }
    close_scene(&scene);
}

static void a_reply_nobody_asked_for_ends_the_connection(void **state) {
    (void)state;
    static const char *const replies[] = {OK_REPLY OK_REPLY, OK_REPLY};
    struct script script = {.replies = replies};
    struct scene scene;
    open_with(&scene, serve_script, &script, NULL);
    ASSERT_CONTAINS(ask(&scene, GET), "\r\n\r\nhi");
    ASSERT_CONTAINS(ask(&scene, GET), "\r\n\r\nhi");
    assert_int_equal(backend_accepted(scene.backend), 2);
    close_scene(&scene);
}

// --- Again or not ----------------------------------------------------------------------------------------------------------
static void only_what_is_idempotent_is_sent_twice(void **state) {
    (void)state;
    // "" closes the connection without a byte of a reply, as a process that is killed does.
    static const char *const replies[] = {"", OK_REPLY, "", "", OK_REPLY, "", OK_REPLY, "", "", ""};
    static const char *const requests[] = {
        GET,
        POST,
        "PUT /x HTTP/1.1\r\nHost: front\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        "PATCH /x HTTP/1.1\r\nHost: front\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        "DELETE /x HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n",
        GET};
    static const unsigned taken[] = {2, 3, 5, 6, 7, 10};
    static const char *const expected[] = {"200", "502", "200", "502", "200", "502"};
    struct script script = {.replies = replies};
    struct scene scene;
    open_with(&scene, serve_script, &script, NULL);
    for (size_t i = 0; i < 6; i++) {
        const char *reply = ask(&scene, requests[i]);
        assert_memory_equal(reply + 9, expected[i], 3);
        assert_int_equal(atomic_load(&script.next), taken[i]);
    }
    close_scene(&scene);
}

static void serve_once_each(int fd, unsigned number, void *context) {
    char request[4096];
    (void)number;
    (void)context;
    if (backend_read(fd, request, sizeof request)) {
        backend_write(fd, OK_REPLY);
    }
}

static void a_connection_that_was_closed_while_idle_is_not_used(void **state) {
    (void)state;
    struct scene scene;
    open_with(&scene, serve_once_each, NULL, NULL);
    for (unsigned i = 0; i < 20; i++) {
        // By GET: the end of the connection may cross the next request.
        ASSERT_CONTAINS(ask(&scene, GET), "\r\n\r\nhi");
    }
    close_scene(&scene);
}

// Takes whatever comes and answers the first request alone.
static void serve_first(int fd, unsigned number, void *context) {
    char request[4096];
    atomic_uint *requests = context;
    (void)number;
    if (backend_read(fd, request, sizeof request)) {
        atomic_fetch_add(requests, 1);
        backend_write(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    }
}

static void what_stands_behind_a_last_reply_is_sent_elsewhere(void **state) {
    (void)state;
    atomic_uint requests = 0;
    const struct http_upstream_config config = {.pipeline = 4, .connections = 1};
    struct scene scene;
    open_with(&scene, serve_first, &requests, &config);
    int fd = harness_connect(scene.proxy);
#define KEEP_POST "POST /x HTTP/1.1\r\nHost: front\r\nContent-Length: 2\r\n\r\n{}"
    harness_send_text(fd, KEEP_POST KEEP_POST KEEP_POST);
    const char *reply = harness_read_until(fd, "\r\n\r\nhi", 3);
    assert_int_equal(harness_count(reply, "200 OK"), 3);
    assert_int_equal(atomic_load(&requests), 3);
    close(fd);
    close_scene(&scene);
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
    open_scene(&scene, &config, ports);
    for (unsigned i = 0; i < 40; i++) {
        clients[i] = (struct client){.proxy = scene.proxy, .number = i};
        assert_int_equal(thread_start(&clients[i].thread, "client", run_client, &clients[i]),
                         STATUS_OK);
    }
    for (unsigned i = 0; i < 40; i++) {
        thread_join(&clients[i].thread);
    }
    close_scene(&scene);
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
    open_scene(&scene, &config, ports);
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
    close_scene(&scene);
    http_server_stop(server);
}

// A server may answer before it has read all, and close.
static void serve_early(int fd, unsigned number, void *context) {
    char byte;
    (void)number;
    (void)context;
    if (recv(fd, &byte, 1, 0) == 1) {
        backend_write(
            fd, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig");
        char sink[65536];
        while (recv(fd, sink, sizeof sink, 0) > 0) {
        }
    }
}

static void an_early_reply_is_passed_on(void **state) {
    (void)state;
    enum { SIZE = 3 << 20 };
    struct scene scene;
    open_with(&scene, serve_early, NULL, NULL);
    char *request = calloc(1, SIZE + 200);
    assert_non_null(request);
    int head = snprintf(
        request, 200,
        "POST /big HTTP/1.1\r\nHost: f\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", SIZE);
    ASSERT_CONTAINS(harness_talk(scene.proxy, request, (size_t)head + SIZE), "\r\n\r\nbig");
    free(request);
    close_scene(&scene);
}

static void stopping_does_not_wait_for_a_peer_that_hangs(void **state) {
    (void)state;
    struct scene scene;
    open_with(&scene, serve_nothing, NULL, NULL);
    int fd = harness_connect(scene.proxy);
    harness_send_text(fd, "GET / HTTP/1.1\r\nHost: f\r\n\r\n");
    unsigned connections = 0;
    unsigned exchanges = 0;
    while (exchanges == 0) {
        http_server_load(scene.proxy, &connections, &exchanges);
    }
    close_scene(&scene); // the test's own time limit is the judge
    close(fd);
}

static void wrong_addresses_are_named(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "127.0.0.1:80",
                                        "https://127.0.0.1:80",
                                        "http://",
                                        "http://:80",
                                        "http://127.0.0.1:0",
                                        "http://127.0.0.1:65536",
                                        "http://127.0.0.1:80/path",
                                        "http://user@127.0.0.1:80",
                                        "http://[::1]x:80"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct str url = str_from_c(wrong[i]);
        const struct http_upstream_config config = {.name = "back", .urls = &url, .url_count = 1};
        struct http_upstream *upstream = NULL;
        struct error err = {STATUS_OK, ""};
        assert_int_equal(http_upstream_make(&config, &upstream, &err), STATUS_INVALID);
        ASSERT_CONTAINS(err.text, wrong[i]);
    }
    const struct str unknown = STR("http://no-such-host.invalid:80");
    const struct http_upstream_config config = {.name = "back", .urls = &unknown, .url_count = 1};
    struct http_upstream *upstream = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(http_upstream_make(&config, &upstream, &err), STATUS_UNAVAILABLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_and_its_reply_go_through),
        cmocka_unit_test(what_a_trusted_peer_says_is_passed_on),
        cmocka_unit_test(replies_of_every_framing_are_read),
        cmocka_unit_test(a_reply_to_head_keeps_its_length),
        cmocka_unit_test(a_reply_may_come_byte_by_byte),
        cmocka_unit_test(nobody_there_is_503),
        cmocka_unit_test(an_address_that_is_dead_is_passed_over),
        cmocka_unit_test(no_reply_in_time_is_504),
        cmocka_unit_test(a_reply_that_stops_half_way_is_504),
        cmocka_unit_test(garbage_is_502),
        cmocka_unit_test(a_reply_nobody_asked_for_ends_the_connection),
        cmocka_unit_test(only_what_is_idempotent_is_sent_twice),
        cmocka_unit_test(a_connection_that_was_closed_while_idle_is_not_used),
        cmocka_unit_test(what_stands_behind_a_last_reply_is_sent_elsewhere),
        cmocka_unit_test(everyone_gets_the_own_reply),
        cmocka_unit_test(large_bodies_go_both_ways),
        cmocka_unit_test(an_early_reply_is_passed_on),
        cmocka_unit_test(stopping_does_not_wait_for_a_peer_that_hangs),
        cmocka_unit_test(wrong_addresses_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
