// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests that are passed on: every way in which the other side can let us down.
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scene.h"

// --- What goes wrong -----------------------------------------------------------------------------------------------------
static void nobody_there_is_503(void **state) {
    (void)state;
    const uint16_t ports[] = {backend_unused_port(), 0};
    const struct http_upstream_config config = {.connect_timeout_ms = 200};
    struct scene scene = {0};
    scene_open(&scene, &config, ports);
    for (int i = 0; i < 3; i++) {
        const char *reply = scene_ask(&scene, POST);
        ASSERT_CONTAINS(reply, "HTTP/1.1 503 ");
        ASSERT_CONTAINS(reply, "Retry-After: 1\r\n");
        ASSERT_CONTAINS(reply, "application/problem+json");
        ASSERT_CONTAINS(reply, "The back service did not answer");
        ASSERT_CONTAINS(reply, "\"requestId\":");
    }
    scene_close(&scene);
}

static void pages_of_other_origins_may_read_why(void **state) {
    (void)state;
    static const char FROM_A_PAGE[] =
        "POST /v1/batch HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example.org\r\nConnection: close\r\n"
        "Content-Length: 2\r\n\r\n{}";
    const uint16_t ports[] = {backend_unused_port(), 0};
    for (int readable = 0; readable < 2; readable++) {
        const struct http_upstream_config config = {.connect_timeout_ms = 200,
                                                    .cross_origin = readable == 1};
        struct scene scene = {0};
        scene_open(&scene, &config, ports);
        const char *reply = scene_ask(&scene, FROM_A_PAGE);
        ASSERT_CONTAINS(reply, "HTTP/1.1 503 ");
        if (readable == 1) {
            ASSERT_CONTAINS(reply, "Access-Control-Allow-Origin: https://shop.example.org\r\n");
        } else {
            ASSERT_LACKS(reply, "Access-Control-");
        }
        scene_close(&scene);
    }
}

static void an_address_that_is_dead_is_passed_over(void **state) {
    (void)state;
    static const char *replies[64];
    for (size_t i = 0; i < 64; i++) {
        replies[i] = OK_REPLY;
    }
    struct script script = SCRIPT(replies);
    const struct http_upstream_config config = {.connect_timeout_ms = 200};
    struct scene scene = {.backend = backend_start(scene_serve_script, &script)};
    const uint16_t ports[] = {backend_unused_port(), backend_port(scene.backend),
                              backend_unused_port(), 0};
    scene_open(&scene, &config, ports);
    for (int i = 0; i < 20; i++) {
        ASSERT_CONTAINS(scene_ask(&scene, POST), "HTTP/1.1 200 OK");
    }
    scene_close(&scene);
}

static void no_reply_in_time_is_504(void **state) {
    (void)state;
    const struct http_upstream_config config = {.reply_timeout_ms = 40};
    struct scene scene;
    scene_open_with(&scene, scene_serve_nothing, NULL, &config);
    ASSERT_CONTAINS(scene_ask(&scene, GET), "HTTP/1.1 504 ");
    ASSERT_CONTAINS(scene_ask(&scene, POST), "HTTP/1.1 504 ");
    scene_close(&scene);
}

static void serve_half(int fd, unsigned number, void *context) {
    char request[4096];
    (void)number;
    (void)context;
    if (backend_read(fd, request, sizeof request)) {
        backend_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
        scene_serve_nothing(fd, number, context);
    }
}

static void a_reply_that_stops_half_way_is_504(void **state) {
    (void)state;
    const struct http_upstream_config config = {.total_timeout_ms = 60};
    struct scene scene;
    scene_open_with(&scene, serve_half, NULL, &config);
    ASSERT_CONTAINS(scene_ask(&scene, GET), "HTTP/1.1 504 ");
    scene_close(&scene);
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
        "HTTP/1.1 200 OK\r\nX-Cut: close",
    };
    struct script script = SCRIPT(replies);
    struct scene scene;
    scene_open_with(&scene, scene_serve_script, &script, NULL);
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        const char *reply = scene_ask(&scene, GET);
        if (!strstr(reply, "HTTP/1.1 502 ")) {
            print_error("to %s\ncame %s\n", replies[i], reply);
            fail();
        }
    }
    scene_close(&scene);
}

static void a_reply_nobody_asked_for_ends_the_connection(void **state) {
    (void)state;
    static const char *const replies[] = {OK_REPLY OK_REPLY, OK_REPLY};
    struct script script = SCRIPT(replies);
    struct scene scene;
    scene_open_with(&scene, scene_serve_script, &script, NULL);
    ASSERT_CONTAINS(scene_ask(&scene, GET), "\r\n\r\nhi");
    ASSERT_CONTAINS(scene_ask(&scene, GET), "\r\n\r\nhi");
    assert_int_equal(backend_accepted(scene.backend), 2);
    scene_close(&scene);
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
    struct script script = SCRIPT(replies);
    struct scene scene;
    scene_open_with(&scene, scene_serve_script, &script, NULL);
    for (size_t i = 0; i < 6; i++) {
        const char *reply = scene_ask(&scene, requests[i]);
        assert_memory_equal(reply + 9, expected[i], 3);
        assert_int_equal(atomic_load(&script.next), taken[i]);
    }
    scene_close(&scene);
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
    scene_open_with(&scene, serve_once_each, NULL, NULL);
    for (unsigned i = 0; i < 20; i++) {
        // By GET: the end of the connection may cross the next request.
        ASSERT_CONTAINS(scene_ask(&scene, GET), "\r\n\r\nhi");
    }
    scene_close(&scene);
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
    scene_open_with(&scene, serve_first, &requests, &config);
    int fd = harness_connect(scene.proxy);
#define KEEP_POST "POST /x HTTP/1.1\r\nHost: front\r\nContent-Length: 2\r\n\r\n{}"
    harness_send_text(fd, KEEP_POST KEEP_POST KEEP_POST);
    const char *reply = harness_read_until(fd, "\r\n\r\nhi", 3);
    assert_int_equal(harness_count(reply, "200 OK"), 3);
    assert_int_equal(atomic_load(&requests), 3);
    close(fd);
    scene_close(&scene);
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
    scene_open_with(&scene, serve_early, NULL, NULL);
    char *request = calloc(1, SIZE + 200);
    assert_non_null(request);
    int head = snprintf(
        request, 200,
        "POST /big HTTP/1.1\r\nHost: f\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", SIZE);
    ASSERT_CONTAINS(harness_talk(scene.proxy, request, (size_t)head + SIZE), "\r\n\r\nbig");
    free(request);
    scene_close(&scene);
}

static void stopping_does_not_wait_for_a_peer_that_hangs(void **state) {
    (void)state;
    struct scene scene;
    scene_open_with(&scene, scene_serve_nothing, NULL, NULL);
    int fd = harness_connect(scene.proxy);
    harness_send_text(fd, "GET / HTTP/1.1\r\nHost: f\r\n\r\n");
    unsigned connections = 0;
    unsigned exchanges = 0;
    while (exchanges == 0) {
        http_server_load(scene.proxy, &connections, &exchanges);
    }
    scene_close(&scene); // the test's own time limit is the judge
    close(fd);
}

static void wrong_addresses_are_named(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "127.0.0.1:80",
                                        "ftp://127.0.0.1:80",
                                        "https://",
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
        cmocka_unit_test(nobody_there_is_503),
        cmocka_unit_test(pages_of_other_origins_may_read_why),
        cmocka_unit_test(an_address_that_is_dead_is_passed_over),
        cmocka_unit_test(no_reply_in_time_is_504),
        cmocka_unit_test(a_reply_that_stops_half_way_is_504),
        cmocka_unit_test(garbage_is_502),
        cmocka_unit_test(a_reply_nobody_asked_for_ends_the_connection),
        cmocka_unit_test(only_what_is_idempotent_is_sent_twice),
        cmocka_unit_test(a_connection_that_was_closed_while_idle_is_not_used),
        cmocka_unit_test(what_stands_behind_a_last_reply_is_sent_elsewhere),
        cmocka_unit_test(an_early_reply_is_passed_on),
        cmocka_unit_test(stopping_does_not_wait_for_a_peer_that_hangs),
        cmocka_unit_test(wrong_addresses_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
