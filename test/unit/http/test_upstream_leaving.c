// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests that are passed on for clients who do not wait: what is broken off, what goes on, and what is not begun.
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scene.h"

// Answers when it is told to, and sees when the proxy closes.
struct peer {
    atomic_uint requests;
    atomic_uint ended;
    atomic_bool answers;
    char head[4096]; // of the last request; read after requests
};

static void serve_when_told(int fd, unsigned number, void *context) {
    struct peer *peer = context;
    (void)number;
    char head[sizeof peer->head]; // connections may be many
    while (backend_read(fd, head, sizeof head)) {
        memcpy(peer->head, head, sizeof head);
        atomic_fetch_add(&peer->requests, 1);
        while (!atomic_load(&peer->answers)) {
            struct pollfd gone = {.fd = fd, .events = POLLRDHUP};
            if (poll(&gone, 1, 1) != 0) {
                atomic_fetch_add(&peer->ended, 1);
                return;
            }
        }
        backend_write(fd, OK_REPLY);
    }
}

static void wait_for(const atomic_uint *value, unsigned wanted) {
    int64_t deadline = harness_now_ms() + 5000;
    while (atomic_load(value) < wanted) {
        assert_true(harness_now_ms() < deadline);
        sched_yield();
    }
}

static int begin(const struct scene *scene, const char *request) {
    int fd = harness_connect(scene->proxy);
    harness_send_text(fd, request);
    return fd;
}

static void who_wanted_one_reply_only_is_missed_too(void **state) {
    (void)state;
    struct peer peer = {.requests = 0};
    struct scene scene;
    scene_open_with(&scene, serve_when_told, &peer, NULL);
    int fd = begin(&scene, GET); // Connection: close, so that nothing more is read
    wait_for(&peer.requests, 1);
    close(fd);
    wait_for(&peer.ended, 1);
    scene_close(&scene);
}

// A page sends its last events and is gone.
static void a_whole_request_that_changes_something_goes_on(void **state) {
    (void)state;
    static const char *const requests[] = {
        "POST /x HTTP/1.1\r\nHost: front\r\nContent-Length: 2\r\n\r\n{}",
        POST,
        "DELETE /x HTTP/1.1\r\nHost: front\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct peer peer = {.requests = 0};
        struct scene scene;
        scene_open_with(&scene, serve_when_told, &peer, NULL);
        int fd = begin(&scene, requests[i]);
        wait_for(&peer.requests, 1);
        close(fd);
        unsigned connections = 1;
        unsigned exchanges = 0;
        int64_t deadline = harness_now_ms() + 5000;
        while (connections > 0) { // until that is noticed
            assert_true(harness_now_ms() < deadline);
            http_server_load(scene.proxy, &connections, &exchanges);
        }
        assert_int_equal(exchanges, 1);
        atomic_store(&peer.answers, true);
        while (exchanges > 0) {
            assert_true(harness_now_ms() < deadline);
            http_server_load(scene.proxy, &connections, &exchanges);
        }
        // The connection has served, and serves again.
        assert_int_equal(atomic_load(&peer.ended), 0);
        ASSERT_CONTAINS(scene_ask(&scene, GET), "\r\n\r\nhi");
        assert_int_equal(backend_accepted(scene.backend), 1);
        scene_close(&scene);
    }
}

// Requests in h2c would pass by whoever looks at requests here.
static void no_protocol_but_websocket_is_offered(void **state) {
    (void)state;
    static const char *const protocols[] = {"h2c", "TLS/1.0", "websocket, h2c", "h2c, websocket"};
    struct peer peer = {.answers = true};
    struct scene scene;
    scene_open_with(&scene, serve_when_told, &peer, NULL);
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        char request[300];
        (void)snprintf(request, sizeof request,
                       "GET /stream HTTP/1.1\r\nHost: front\r\nConnection: Upgrade, "
                       "HTTP2-Settings\r\nUpgrade: %s\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
                       protocols[i]);
        int fd = begin(&scene, request);
        ASSERT_CONTAINS(harness_read_until(fd, "\r\n\r\nhi", 1), "HTTP/1.1 200 OK");
        ASSERT_LACKS(peer.head, "Upgrade");
        ASSERT_LACKS(peer.head, "HTTP2-Settings");
        close(fd);
    }
    scene_close(&scene);
}

static void serve_h2c(int fd, unsigned number, void *context) {
    char head[4096];
    (void)number;
    (void)context;
    while (backend_read(fd, head, sizeof head)) {
        backend_write(fd, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                          "Upgrade: h2c\r\n\r\n");
    }
}

static void another_protocol_than_was_offered_is_not_taken(void **state) {
    (void)state;
    struct scene scene;
    scene_open_with(&scene, serve_h2c, NULL, NULL);
    int fd = begin(&scene, "GET /stream HTTP/1.1\r\nHost: front\r\nConnection: Upgrade\r\n"
                           "Upgrade: websocket\r\n\r\n");
    ASSERT_CONTAINS(harness_read_until(fd, "}", 1), "HTTP/1.1 502 ");
    close(fd);
    scene_close(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_wanted_one_reply_only_is_missed_too),
        cmocka_unit_test(a_whole_request_that_changes_something_goes_on),
        cmocka_unit_test(no_protocol_but_websocket_is_offered),
        cmocka_unit_test(another_protocol_than_was_offered_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
