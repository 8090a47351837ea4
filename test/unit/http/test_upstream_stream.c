// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests that are passed on in parts: long bodies both ways, early and late replies, other protocols, clients that go.
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scene.h"

#define LONG ((size_t)24 * 1000 * 1000)

static size_t read_some(int fd, size_t wanted) {
    static char sink[65536];
    size_t total = 0;
    while (total < wanted) {
        ssize_t n = recv(fd, sink, wanted - total < sizeof sink ? wanted - total : sizeof sink, 0);
        if (n <= 0) {
            break;
        }
        total += (size_t)n;
    }
    return total;
}

static void send_long(int fd, size_t len) {
    static const char block[50000];
    while (len > 0) {
        size_t n = len < sizeof block ? len : sizeof block;
        ssize_t sent = send(fd, block, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        len -= (size_t)sent;
    }
}

// Reads a head byte by byte, so that nothing behind it is taken.
static bool read_head(int fd, char *out, size_t size) {
    size_t len = 0;
    while (len + 1 < size && recv(fd, out + len, 1, 0) == 1) {
        out[++len] = '\0';
        if (len >= 4 && memcmp(out + len - 4, "\r\n\r\n", 4) == 0) {
            return true;
        }
    }
    return false;
}

struct peer {
    atomic_size_t received;
    atomic_uint requests;
    atomic_uint ended; // connections whose end the peer has seen
    char head[4096];   // of the last request; read after the reply
};

// Takes a body of LONG bytes, says how much it was, and gives one back.
static void serve_long(int fd, unsigned number, void *context) {
    struct peer *peer = context;
    char text[200];
    (void)number;
    while (read_head(fd, peer->head, sizeof peer->head)) {
        atomic_fetch_add(&peer->requests, 1);
        atomic_fetch_add(&peer->received, read_some(fd, LONG));
        (void)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", LONG);
        backend_write(fd, text);
        send_long(fd, LONG);
    }
}

static void long_bodies_go_both_ways(void **state) {
    (void)state;
    struct peer peer = {.received = 0};
    struct scene scene;
    scene_open_with(&scene, serve_long, &peer, NULL);
    int fd = harness_connect(scene.proxy);
    for (unsigned i = 1; i <= 2; i++) { // the connections are used again
        char head[200];
        (void)snprintf(head, sizeof head,
                       "POST /stream HTTP/1.1\r\nHost: front\r\nContent-Length: %zu\r\n\r\n", LONG);
        harness_send_text(fd, head);
        send_long(fd, LONG);
        assert_true(read_head(fd, head, sizeof head));
        ASSERT_CONTAINS(head, "HTTP/1.1 200 OK");
        ASSERT_CONTAINS(head, "Content-Length: 24000000\r\n");
        assert_int_equal(read_some(fd, LONG), LONG);
        assert_int_equal(atomic_load(&peer.received), i * LONG);
    }
    ASSERT_CONTAINS(peer.head, "\r\nVia: 1.1 footfall\r\n");
    assert_int_equal(backend_accepted(scene.backend), 1);
    close(fd);
    scene_close(&scene);
}

// --- Bodies without a length ---------------------------------------------------------------------------------------------
static void serve_chunks(int fd, unsigned number, void *context) {
    struct peer *peer = context;
    (void)number;
    while (read_head(fd, peer->head, sizeof peer->head)) {
        static const char *const body = "5\r\nhello\r\n3\r\n!!!\r\n0\r\n\r\n";
        char got[200] = "";
        size_t len = 0;
        while (!strstr(got, "0\r\n\r\n")) { // how it is cut into chunks is up to the proxy
            ssize_t n = recv(fd, got + len, sizeof got - 1 - len, 0);
            if (n <= 0) {
                return;
            }
            len += (size_t)n;
            got[len] = '\0';
        }
        atomic_store(&peer->received, len);
        backend_write(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n");
        backend_write(fd, body);
    }
}

static void chunks_go_through(void **state) {
    (void)state;
    struct peer peer = {.received = 0};
    struct scene scene;
    scene_open_with(&scene, serve_chunks, &peer, NULL);
    const char *reply =
        scene_ask(&scene, "POST /stream HTTP/1.1\r\nHost: front\r\nConnection: close\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\n!!!\r\n0\r\n\r\n");
    ASSERT_CONTAINS(reply, "HTTP/1.1 200 OK");
    ASSERT_CONTAINS(reply, "!!!");
    ASSERT_LACKS(reply, "Trailer");
    ASSERT_CONTAINS(peer.head, "\r\nTransfer-Encoding: chunked\r\n");
    ASSERT_LACKS(peer.head, "Content-Length");
    scene_close(&scene);
}

// One event, and the next when the test has seen the first: the harness reads in between.
static void serve_events(int fd, unsigned number, void *context) {
    struct peer *peer = context;
    (void)number;
    if (!read_head(fd, peer->head, sizeof peer->head)) {
        return;
    }
    backend_write(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
    while (atomic_load(&peer->requests) == 0) {
        sched_yield();
    }
    backend_write(fd, "data: 2\n\n");
    char byte;
    (void)recv(fd, &byte, 1, 0); // until the proxy closes
    atomic_fetch_add(&peer->ended, 1);
}

static void events_come_as_they_are_sent_and_end_with_their_reader(void **state) {
    (void)state;
    struct peer peer = {.received = 0};
    struct scene scene;
    scene_open_with(&scene, serve_events, &peer, NULL);
    int fd = harness_connect(scene.proxy);
    harness_send_text(fd, "GET /events HTTP/1.1\r\nHost: front\r\n\r\n");
    ASSERT_CONTAINS(harness_read_until(fd, "data: 1\n\n", 1), "Content-Type: text/event-stream");
    atomic_store(&peer.requests, 1);
    ASSERT_CONTAINS(harness_read_until(fd, "data: 2\n\n", 1), "data: 2");
    close(fd);
    while (atomic_load(&peer.ended) == 0) {
        sched_yield();
    }
    scene_close(&scene);
}

// --- Faults --------------------------------------------------------------------------------------------------------------
static void serve_early(int fd, unsigned number, void *context) {
    struct peer *peer = context;
    (void)number;
    if (read_head(fd, peer->head, sizeof peer->head)) {
        atomic_fetch_add(&peer->requests, 1);
        backend_write(fd, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        (void)read_some(fd, SIZE_MAX);
    }
}

static void a_reply_before_the_body_ends_is_passed_on(void **state) {
    (void)state;
    struct peer peer = {.received = 0};
    struct scene scene;
    scene_open_with(&scene, serve_early, &peer, NULL);
    const char *reply = scene_ask(
        &scene, "POST /stream HTTP/1.1\r\nHost: front\r\nContent-Length: 1000000\r\n\r\nabc");
    ASSERT_CONTAINS(reply, "HTTP/1.1 403 ");
    ASSERT_CONTAINS(reply, "Connection: close");
    assert_int_equal(atomic_load(&peer.requests), 1);
    scene_close(&scene);
}

static void serve_and_break(int fd, unsigned number, void *context) {
    struct peer *peer = context;
    (void)number;
    if (read_head(fd, peer->head, sizeof peer->head)) {
        atomic_fetch_add(&peer->requests, 1);
        (void)read_some(fd, 10);
    }
}

static void a_body_that_was_begun_is_never_sent_again(void **state) {
    (void)state;
    static const char *const methods[] = {"POST", "PUT"};
    for (size_t i = 0; i < 2; i++) {
        struct peer peer = {.received = 0};
        struct scene scene;
        char head[200];
        scene_open_with(&scene, serve_and_break, &peer, NULL);
        int fd = harness_connect(scene.proxy);
        (void)snprintf(head, sizeof head,
                       "%s /stream HTTP/1.1\r\nHost: front\r\nContent-Length: 1000\r\n\r\n",
                       methods[i]);
        harness_send_text(fd, head);
        harness_send_text(fd, "0123456789abcdef");
        ASSERT_CONTAINS(harness_read_all(fd), "HTTP/1.1 502 ");
        assert_int_equal(atomic_load(&peer.requests), 1);
        close(fd);
        scene_close(&scene);
    }
}

static void serve_half_of_much(int fd, unsigned number, void *context) {
    struct peer *peer = context;
    (void)number;
    if (read_head(fd, peer->head, sizeof peer->head)) {
        backend_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf");
    }
}

static void serve_bad_chunks(int fd, unsigned number, void *context) {
    struct peer *peer = context;
    (void)number;
    if (read_head(fd, peer->head, sizeof peer->head)) {
        backend_write(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        backend_write(fd, "zz\r\n");
        (void)read_some(fd, SIZE_MAX);
    }
}

static void a_reply_that_breaks_off_is_seen_to(void **state) {
    (void)state;
    static backend_serve *const serves[] = {serve_half_of_much, serve_bad_chunks};
    for (size_t i = 0; i < 2; i++) {
        struct peer peer = {.received = 0};
        struct scene scene;
        scene_open_with(&scene, serves[i], &peer, NULL);
        const char *reply = scene_ask(&scene, GET);
        if (i == 0) {
            ASSERT_CONTAINS(reply, "Content-Length: 1000000\r\n");
        }
        ASSERT_LACKS(reply, "0\r\n\r\n\r\n");
        ASSERT_LACKS(reply, "\r\n0\r\n\r\n");
        scene_close(&scene);
    }
}

static void serve_and_stop(int fd, unsigned number, void *context) {
    struct peer *peer = context;
    (void)number;
    if (read_head(fd, peer->head, sizeof peer->head)) {
        backend_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf");
        (void)read_some(fd, SIZE_MAX);
        atomic_fetch_add(&peer->ended, 1);
    }
}

static void a_reply_that_stops_is_cut(void **state) {
    (void)state;
    const struct http_upstream_config config = {.stall_timeout_ms = 50};
    struct peer peer = {.received = 0};
    struct scene scene;
    scene_open_with(&scene, serve_and_stop, &peer, &config);
    ASSERT_CONTAINS(scene_ask(&scene, "GET /x HTTP/1.1\r\nHost: front\r\n\r\n"), "half");
    scene_close(&scene);
}

static void who_goes_takes_the_request_along(void **state) {
    (void)state;
    static const char *const requests[] = {
        "GET /x HTTP/1.1\r\nHost: front\r\n\r\n",
        "POST /stream HTTP/1.1\r\nHost: front\r\nContent-Length: 1000\r\n\r\nabc",
    };
    for (size_t i = 0; i < 2; i++) {
        struct peer peer = {.received = 0};
        struct scene scene;
        scene_open_with(&scene, serve_and_stop, &peer, NULL);
        int fd = harness_connect(scene.proxy);
        harness_send_text(fd, requests[i]);
        ASSERT_CONTAINS(harness_read_until(fd, "half", 1), "half");
        close(fd);
        while (atomic_load(&peer.ended) == 0) {
            sched_yield();
        }
        scene_close(&scene);
    }
}

static unsigned waiting(const struct scene *scene) {
    return http_upstream_load(scene->upstream).waiting;
}

static void who_goes_while_waiting_is_counted_no_more(void **state) {
    (void)state;
    const struct http_upstream_config config = {.connections = 1};
    struct peer peer = {.received = 0};
    struct scene scene;
    scene_open_with(&scene, serve_and_stop, &peer, &config);
    int first = harness_connect(scene.proxy);
    harness_send_text(first, "GET /x HTTP/1.1\r\nHost: front\r\n\r\n");
    ASSERT_CONTAINS(harness_read_until(first, "half", 1), "half");
    int second = harness_connect(scene.proxy);
    harness_send_text(second, "GET /x HTTP/1.1\r\nHost: front\r\n\r\n");
    while (waiting(&scene) == 0) {
        sched_yield();
    }
    close(second);
    int64_t end = harness_now_ms() + 10000;
    while (waiting(&scene) > 0 && harness_now_ms() < end) {
        sched_yield();
    }
    assert_int_equal(waiting(&scene), 0);
    close(first);
    scene_close(&scene);
}

// --- Another protocol ----------------------------------------------------------------------------------------------------
static void serve_switch(int fd, unsigned number, void *context) {
    struct peer *peer = context;
    char sink[64];
    ssize_t n;
    (void)number;
    if (!read_head(fd, peer->head, sizeof peer->head)) {
        return;
    }
    backend_write(fd, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                      "Upgrade: websocket\r\nSec-WebSocket-Accept: abc\r\n\r\nhello:");
    while ((n = recv(fd, sink, sizeof sink, 0)) > 0) {
        (void)send(fd, sink, (size_t)n, MSG_NOSIGNAL);
    }
    backend_write(fd, ":bye");
}

static void another_protocol_goes_through(void **state) {
    (void)state;
    struct peer peer = {.received = 0};
    struct scene scene;
    scene_open_with(&scene, serve_switch, &peer, NULL);
    int fd = harness_connect(scene.proxy);
    harness_send_text(fd, "GET /stream HTTP/1.1\r\nHost: front\r\nConnection: Upgrade\r\n"
                          "Upgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n");
    const char *reply = harness_read_until(fd, "hello:", 1);
    ASSERT_CONTAINS(reply, "HTTP/1.1 101 ");
    ASSERT_CONTAINS(reply, "Upgrade: websocket\r\n");
    ASSERT_CONTAINS(reply, "Connection: Upgrade\r\n");
    ASSERT_CONTAINS(reply, "Sec-WebSocket-Accept: abc\r\n");
    ASSERT_CONTAINS(peer.head, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    harness_send_text(fd, "ping");
    ASSERT_CONTAINS(harness_read_until(fd, "ping", 1), "ping");
    shutdown(fd, SHUT_WR);
    ASSERT_CONTAINS(harness_read_all(fd), ":bye");
    close(fd);
    scene_close(&scene);
}

static void a_silent_tunnel_is_closed(void **state) {
    (void)state;
    const struct http_upstream_config config = {.tunnel_timeout_ms = 50};
    struct peer peer = {.received = 0};
    struct scene scene;
    scene_open_with(&scene, serve_switch, &peer, &config);
    ASSERT_CONTAINS(scene_ask(&scene,
                              "GET /stream HTTP/1.1\r\nHost: front\r\nConnection: Upgrade\r\n"
                              "Upgrade: websocket\r\n\r\n"),
                    "hello:");
    scene_close(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_bodies_go_both_ways),
        cmocka_unit_test(chunks_go_through),
        cmocka_unit_test(events_come_as_they_are_sent_and_end_with_their_reader),
        cmocka_unit_test(a_reply_before_the_body_ends_is_passed_on),
        cmocka_unit_test(a_body_that_was_begun_is_never_sent_again),
        cmocka_unit_test(a_reply_that_breaks_off_is_seen_to),
        cmocka_unit_test(a_reply_that_stops_is_cut),
        cmocka_unit_test(who_goes_takes_the_request_along),
        cmocka_unit_test(who_goes_while_waiting_is_counted_no_more),
        cmocka_unit_test(another_protocol_goes_through),
        cmocka_unit_test(a_silent_tunnel_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
