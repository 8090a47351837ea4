// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// HTTP/2 as a weapon: each flood ends its own connection, and others are served meanwhile.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/workers.h"
#include "h2_peer.h"

static void answer(struct http_exchange *exchange, void *context) {
    static char large[100000];
    (void)context;
    if (str_equal(exchange->request.path, STR("/large"))) {
        buffer_append(http_reply_body(exchange), large, sizeof large);
    }
    http_reply_send(exchange, 200, "application/octet-stream");
}

static struct http_server *start(const struct http_server_config *config) {
    struct http_server_config filled = config ? *config : (struct http_server_config){0};
    filled.http2 = true;
    return harness_start(answer, NULL, &filled);
}

struct attack {
    const char *name;
    void (*send)(struct h2_peer *peer, unsigned i); // the i-th time
    unsigned times;
    int goaway; // -1: closed without a word will do as well
};

static void reset_at_once(struct h2_peer *peer, unsigned i) {
    h2_headers(peer, i, H2_POST, H2_HEAD_POST);
    h2_reset(peer, i);
}

static void ping(struct h2_peer *peer, unsigned i) {
    (void)i;
    h2_frame(peer, NGHTTP2_PING, 0, 0, "12345678", 8);
}

static void settings(struct h2_peer *peer, unsigned i) {
    (void)i;
    h2_frame(peer, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
}

static void priority(struct h2_peer *peer, unsigned i) {
    h2_frame(peer, NGHTTP2_PRIORITY, 0, h2_id(i), "\0\0\0\0\x10", 5);
}

static void window(struct h2_peer *peer, unsigned i) {
    (void)i;
    h2_window(peer, 0, 1);
}

static void empty_data(struct h2_peer *peer, unsigned i) {
    if (i == 0) {
        h2_headers(peer, 0, H2_POST, H2_HEAD_POST);
    }
    h2_data(peer, 0, false, "", 0);
}

static void continuation(struct h2_peer *peer, unsigned i) {
    if (i == 0) {
        h2_headers(peer, 0, NGHTTP2_FLAG_END_STREAM, H2_HEAD);
    }
    h2_frame(peer, NGHTTP2_CONTINUATION, 0, h2_id(0), "\0\1x\1y", 5);
}

static void empty_continuation(struct h2_peer *peer, unsigned i) {
    if (i == 0) {
        h2_headers(peer, 0, NGHTTP2_FLAG_END_STREAM, H2_HEAD);
    }
    h2_frame(peer, NGHTTP2_CONTINUATION, 0, h2_id(0), "", 0);
}

static void malformed(struct h2_peer *peer, unsigned i) {
    h2_headers(peer, i, H2_GET, H2_HEAD "Upper: x\n");
}

// A small block that stands for many large headers: one is put into the table, then named again and again (RFC 7541 6.1).
static void bomb(struct h2_peer *peer, unsigned i) {
    uint8_t block[16000];
    size_t len = h2_block(H2_HEAD, block, sizeof block);
    block[len++] = 0x40; // to be remembered
    block[len++] = 1;
    block[len++] = 'x';
    block[len++] = 127;
    block[len++] = 0x81; // 127 + 1 + 128 * 23 = 3072
    block[len++] = 23;
    memset(block + len, 'y', 3072);
    len += 3072;
    while (len < sizeof block) {
        block[len++] = 0x80 | 62; // the newest
    }
    h2_frame(peer, NGHTTP2_HEADERS, H2_GET, h2_id(i), block, len);
}

static const struct attack ATTACKS[] = {
    {"rapid reset", reset_at_once, 2000, NGHTTP2_ENHANCE_YOUR_CALM},
    {"ping", ping, 2000, NGHTTP2_ENHANCE_YOUR_CALM},
    {"settings", settings, 2000, NGHTTP2_ENHANCE_YOUR_CALM},
    {"priority", priority, 5000, NGHTTP2_ENHANCE_YOUR_CALM},
    {"window updates", window, 5000, NGHTTP2_ENHANCE_YOUR_CALM},
    {"empty data", empty_data, 2000, NGHTTP2_ENHANCE_YOUR_CALM},
    {"continuations", continuation, 200, -1},
    {"empty continuations", empty_continuation, 200, -1},
    {"malformed requests", malformed, 1000, NGHTTP2_ENHANCE_YOUR_CALM},
    {"header bomb", bomb, 10, NGHTTP2_ENHANCE_YOUR_CALM},
};

static void test_floods(void **state) {
    (void)state;
    struct http_server *server = start(NULL);
    struct h2_peer *other = h2_connect(server);
    unsigned asked = 0;
    for (size_t i = 0; i < sizeof ATTACKS / sizeof ATTACKS[0]; i++) {
        struct h2_peer *peer = h2_connect(server);
        assert_true(h2_ping(peer));
        for (unsigned n = 0; n < ATTACKS[i].times; n++) {
            ATTACKS[i].send(peer, n);
            if (n % 100 == 0) {
                h2_assert_alive(other, asked++);
            }
        }
        h2_wait_end(peer);
        if (peer->goaway != ATTACKS[i].goaway && ATTACKS[i].goaway >= 0) {
            print_error("%s: goaway %d\n", ATTACKS[i].name, peer->goaway);
            fail();
        }
        assert_int_not_equal(peer->goaway, NGHTTP2_NO_ERROR);
        h2_close(peer);
        h2_assert_alive(other, asked++);
    }
    h2_close(other);
    http_server_stop(server);
}

// Much of the same, but no attack.
static void test_busy_clients_are_left_alone(void **state) {
    (void)state;
    struct http_server *server = start(NULL);
    struct h2_peer *peer = h2_connect(server);
    for (unsigned i = 0; i < 1500; i++) {
        h2_headers(peer, i, H2_GET, ":method: GET\n:scheme: http\n:path: /large\n:authority: a\n");
        if (i % 4 == 0) {
            h2_reset(peer, i); // a page that is left: some replies are not wanted any more
        }
        while (i % 4 != 0 && !peer->replies[i].ended) {
            assert_true(h2_read(peer));
            h2_window(peer, 0, 40000);
            if (!peer->replies[i].ended) {
                h2_window(peer, h2_id(i), 40000);
            }
        }
        h2_window(peer, 0, 100000);
    }
    for (unsigned i = 0; i < 2000; i++) {
        h2_frame(peer, 0xbb, 0, 0, "x", 1); // of an extension: to be ignored, which costs nothing
    }
    h2_assert_alive(peer, 1501);
    assert_int_equal(peer->goaway, -1);
    h2_close(peer);
    http_server_stop(server);
}

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    bool open;
    atomic_uint handled;
};

static void wait_at(struct http_exchange *exchange, void *context) {
    struct gate *gate = context;
    pthread_mutex_lock(&gate->mutex);
    while (!gate->open) {
        pthread_cond_wait(&gate->opened, &gate->mutex);
    }
    pthread_mutex_unlock(&gate->mutex);
    http_reply_send(exchange, 204, NULL);
}

static void offload(struct http_exchange *exchange, void *context) {
    struct gate *gate = context;
    atomic_fetch_add(&gate->handled, 1);
    http_exchange_offload(exchange, wait_at, context);
}

// What was reset is still being worked on: it counts.
static void test_work_for_reset_streams_is_bounded(void **state) {
    (void)state;
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};
    struct workers *workers = NULL;
    assert_int_equal(workers_start(2, 1000, "work", &workers), STATUS_OK);
    struct http_server_config config = {.http2 = true, .workers = workers};
    struct http_server *server = harness_start(offload, &gate, &config);
    struct h2_peer *peer = h2_connect(server);
    for (unsigned i = 0; i < 400; i++) {
        h2_headers(peer, i, H2_GET, H2_HEAD);
        h2_reset(peer, i);
    }
    h2_wait_end(peer);
    assert_int_equal(peer->goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_true(atomic_load(&gate.handled) <= 200);
    h2_close(peer);
    pthread_mutex_lock(&gate.mutex);
    gate.open = true;
    pthread_cond_broadcast(&gate.opened);
    pthread_mutex_unlock(&gate.mutex);
    http_server_stop(server);
    workers_stop(workers);
}

static void test_memory_of_all_requests(void **state) {
    (void)state;
    static const char LENGTH[] = H2_HEAD_POST "content-length: 100000\n";
    static char part[16384];
    struct http_server_config config = {.memory_bytes = 300000};
    struct http_server *server = start(&config);
    struct h2_peer *peer = h2_connect(server);
    for (unsigned i = 0; i < 8; i++) {
        h2_headers(peer, i, H2_POST, LENGTH);
    }
    for (unsigned n = 0; n < 5; n++) {
        for (unsigned i = 0; i < 8; i++) {
            h2_data(peer, i, false, part, sizeof part);
        }
        assert_true(h2_ping(peer));
    }
    unsigned refused = 0;
    for (unsigned i = 0; i < 8; i++) {
        if (peer->replies[i].status == 503) {
            ASSERT_CONTAINS(peer->replies[i].headers, "retry-after: 1\n");
            refused++;
            continue;
        }
        h2_data(peer, i, false, part, sizeof part);
        h2_data(peer, i, true, part, 100000 - 6 * sizeof part);
        assert_int_equal(h2_wait(peer, i)->status, 200);
    }
    assert_in_range(refused, 1, 7);
    h2_assert_alive(peer, 8);
    h2_close(peer);
    http_server_stop(server);
}

static void test_too_many_streams(void **state) {
    (void)state;
    struct http_server *server = start(NULL);
    struct h2_peer *peer = h2_connect(server);
    assert_true(h2_ping(peer)); // our settings have come and were acknowledged
    for (unsigned i = 0; i < 110; i++) {
        h2_headers(peer, i, H2_POST, H2_HEAD_POST);
    }
    const struct h2_reply *refused = h2_wait(peer, 105);
    assert_true(refused->reset == NGHTTP2_REFUSED_STREAM ||
                refused->reset == NGHTTP2_PROTOCOL_ERROR || peer->goaway >= 0);
    h2_close(peer);
    http_server_stop(server);
}

static void test_time_outs(void **state) {
    (void)state;
    struct http_server_config config = {.header_timeout_ms = 100,
                                        .body_timeout_ms = 100,
                                        .write_timeout_ms = 100,
                                        .idle_timeout_ms = 60000};
    struct http_server *server = start(&config);
    // A header block that does not end.
    struct h2_peer *peer = h2_connect(server);
    h2_headers(peer, 0, NGHTTP2_FLAG_END_STREAM, H2_HEAD);
    h2_wait_end(peer);
    h2_close(peer);
    // A body that does not end: its stream alone.
    peer = h2_connect(server);
    h2_headers(peer, 0, H2_POST, H2_HEAD_POST);
    assert_int_equal(h2_wait(peer, 0)->status, 408);
    // A window that stays shut.
    h2_headers(peer, 1, H2_GET, ":method: GET\n:scheme: http\n:path: /large\n:authority: a\n");
    assert_int_equal(h2_wait(peer, 1)->reset, NGHTTP2_CANCEL);
    h2_window(peer, 0, 200000);
    h2_assert_alive(peer, 2);
    h2_close(peer);
    // A preface and no settings.
    int fd = harness_connect(server);
    harness_send_text(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    (void)harness_read_all(fd);
    close(fd);
    fd = harness_connect(server);
    harness_send_text(fd, "PRI * HTTP/2.0\r\n\r");
    (void)harness_read_all(fd);
    close(fd);
    http_server_stop(server);
    // Nothing at all; pings do not count.
    config = (struct http_server_config){.idle_timeout_ms = 200};
    server = start(&config);
    peer = h2_connect(server);
    h2_assert_alive(peer, 0);
    for (int i = 0; i < 20; i++) {
        h2_frame(peer, NGHTTP2_PING, 0, 0, "12345678", 8);
    }
    h2_wait_end(peer);
    assert_int_equal(peer->goaway, NGHTTP2_NO_ERROR);
    h2_close(peer);
    http_server_stop(server);
}

static void *stop(void *server) {
    http_server_stop(server);
    return NULL;
}

static void test_drain(void **state) {
    (void)state;
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};
    struct workers *workers = NULL;
    assert_int_equal(workers_start(2, 100, "work", &workers), STATUS_OK);
    struct http_server_config config = {.http2 = true, .workers = workers};
    struct http_server *server = harness_start(offload, &gate, &config);
    struct h2_peer *peer = h2_connect(server);
    struct h2_peer *idle = h2_connect(server);
    h2_headers(peer, 0, H2_GET, H2_HEAD);
    assert_true(h2_ping(peer));
    assert_true(h2_ping(idle));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop, server), 0);
    h2_wait_end(idle);
    assert_int_equal(idle->goaway, NGHTTP2_NO_ERROR);
    while (peer->goaway < 0 || peer->goaway_last == INT32_MAX) {
        assert_true(h2_read(peer));
    }
    assert_int_equal(peer->goaway_last, 1); // that one is taken
    pthread_mutex_lock(&gate.mutex);
    gate.open = true;
    pthread_cond_broadcast(&gate.opened);
    pthread_mutex_unlock(&gate.mutex);
    assert_int_equal(h2_wait(peer, 0)->status, 204);
    h2_wait_end(peer);
    pthread_join(thread, NULL);
    h2_close(idle);
    h2_close(peer);
    workers_stop(workers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floods),
        cmocka_unit_test(test_busy_clients_are_left_alone),
        cmocka_unit_test(test_work_for_reset_streams_is_bounded),
        cmocka_unit_test(test_memory_of_all_requests),
        cmocka_unit_test(test_too_many_streams),
        cmocka_unit_test(test_time_outs),
        cmocka_unit_test(test_drain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
