// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Exchanges in parts, as HTTP/2 carries them.
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "h2_peer.h"
#include "http/stream.h"

// Sends len bytes, as the window of the stream allows.
static void upload(struct h2_peer *peer, unsigned number, size_t len) {
    static char bytes[16384];
    const struct h2_reply *reply = &peer->replies[number];
    size_t sent = 0;
    while (sent < len) {
        size_t n = len - sent < sizeof bytes ? len - sent : sizeof bytes;
        while (sent + n > (size_t)peer->window + reply->granted) {
            if (reply->ended || reply->reset >= 0 || !h2_read(peer)) {
                return;
            }
        }
        sent += n;
        h2_data(peer, number, sent == len, bytes, n);
    }
}

// --- Replies in parts --------------------------------------------------------------------------------------------------
#define TOTAL ((size_t)2000000)

static atomic_uint told_gone;

static void await_gone(unsigned times) {
    int64_t deadline = harness_now_ms() + 10000;
    while (atomic_load(&told_gone) < times) {
        assert_true(harness_now_ms() < deadline);
        sched_yield();
    }
    assert_int_equal(atomic_load(&told_gone), times);
}

static void go_on(struct http_exchange *exchange, void *context) {
    static char part[50000];
    size_t *written = context;
    bool room = true;
    while (*written < TOTAL && room) {
        *written += sizeof part;
        room = http_stream_write(exchange, str_make(part, sizeof part));
    }
    if (*written >= TOTAL) {
        http_stream_end(exchange);
        *written = 0;
    }
}

static void note_gone(struct http_exchange *exchange, unsigned status, void *context) {
    (void)status;
    (void)context;
    atomic_fetch_add(&told_gone, 1);
    http_stream_abort(exchange);
}

static const struct http_stream_events EVENTS = {.room = go_on, .gone = note_gone};

static void answer_in_parts(struct http_exchange *exchange, void *context) {
    struct str path = exchange->request.path;
    http_stream_begin(exchange, &EVENTS, context);
    if (str_equal(path, STR("/early"))) {
        http_stream_abort(exchange);
    } else if (str_equal(path, STR("/problem"))) {
        http_reply_send_static(exchange, 404, "text/plain", STR("whole"));
    } else if (!http_stream_head(exchange, 200, "text/plain",
                                 str_equal(path, STR("/cut")) ? 10 : -1)) {
        fail();
    } else if (str_equal(path, STR("/cut"))) {
        (void)http_stream_write(exchange, STR("first"));
        http_stream_abort(exchange);
    } else if (str_equal(path, STR("/live"))) {
        (void)http_stream_write(exchange, STR("data: 1"));
    } else {
        go_on(exchange, context);
    }
}

// --- Bodies in parts ---------------------------------------------------------------------------------------------------
static atomic_uint told_status;

static void go_on_reading(struct http_exchange *exchange, void *context) {
    (void)context;
    http_stream_resume(exchange);
}

// Lets what follows a large first part wait.
static void count_part(struct http_exchange *exchange, struct str part, bool last, void *context) {
    if (last) {
        buffer_printf(http_reply_body(exchange), "%llu bytes",
                      (unsigned long long)http_stream_received(exchange));
        http_reply_send(exchange, 200, "text/plain");
    } else if (part.len > 1000 && http_stream_received(exchange) == part.len) {
        http_stream_pause(exchange);
        http_exchange_resume(exchange, go_on_reading, context);
    }
}

static void answer_gone(struct http_exchange *exchange, unsigned status, void *context) {
    (void)context;
    atomic_store(&told_status, status);
    if (status > 0) {
        http_reply_send_static(exchange, status, "text/plain", STR("told so"));
    } else {
        atomic_fetch_add(&told_gone, 1);
        http_stream_abort(exchange);
    }
}

static const struct http_stream_events BODY_EVENTS = {.body = count_part, .gone = answer_gone};

static void read_in_parts(struct http_exchange *exchange, void *context) {
    if (http_stream_is_whole(exchange)) {
        http_reply_send_static(exchange, 200, "text/plain", STR("whole"));
    } else {
        http_stream_begin(exchange, &BODY_EVENTS, context);
    }
}

static void plan_parts(struct http_exchange *exchange, struct http_body_plan *plan, void *context) {
    (void)exchange;
    (void)context;
    plan->streams = true;
    plan->body_bytes = 3 << 20;
}

static void test_bodies_in_parts(void **state) {
    (void)state;
    struct http_server_config config = {
        .http2 = true, .plan = plan_parts, .body_bytes = 1000, .body_timeout_ms = 200};
    struct http_server *server = harness_start(read_in_parts, NULL, &config);
    struct h2_peer *peer = h2_connect(server);
    atomic_store(&told_gone, 0);
    assert_true(h2_ping(peer)); // its window is known
    h2_headers(peer, 0, H2_POST, H2_HEAD_POST);
    upload(peer, 0, 2 << 20);
    ASSERT_CONTAINS(h2_wait(peer, 0)->text, "2097152 bytes");
    h2_headers(peer, 1, H2_POST, H2_HEAD_POST);
    upload(peer, 1, (3 << 20) + 1);
    assert_int_equal(h2_wait(peer, 1)->status, 413);
    h2_headers(peer, 2, H2_POST, H2_HEAD_POST "content-length: 9000000\n");
    assert_int_equal(h2_wait(peer, 2)->status, 413);
    h2_headers(peer, 3, H2_POST, H2_HEAD_POST);
    h2_data(peer, 3, false, "abc", 3);
    assert_int_equal(h2_wait(peer, 3)->status, 408);
    h2_headers(peer, 4, H2_POST, H2_HEAD_POST);
    h2_data(peer, 4, false, "abc", 3);
    h2_reset(peer, 4);
    h2_assert_alive(peer, 5);
    await_gone(1);
    h2_headers(peer, 6, H2_POST, H2_HEAD_POST);
    h2_data(peer, 6, true, "", 0);
    ASSERT_CONTAINS(h2_wait(peer, 6)->text, "0 bytes");
    h2_close(peer);
    http_server_stop(server);
}

static void ask(struct h2_peer *peer, unsigned number, const char *path) {
    char lines[200];
    snprintf(lines, sizeof lines, ":method: GET\n:scheme: http\n:path: %s\n:authority: a\n", path);
    h2_headers(peer, number, H2_GET, lines);
}

static void test_replies_in_parts(void **state) {
    (void)state;
    atomic_store(&told_gone, 0);
    size_t written = 0;
    struct http_server_config config = {.http2 = true};
    struct http_server *server = harness_start(answer_in_parts, &written, &config);
    struct h2_peer *peer = h2_connect(server);
    h2_window(peer, 0, 1 << 30);
    ask(peer, 0, "/all");
    while (!peer->replies[0].ended) {
        size_t before = peer->replies[0].body;
        assert_true(h2_read(peer));
        if (peer->replies[0].body > before) {
            h2_window(peer, h2_id(0), (uint32_t)(peer->replies[0].body - before));
        }
    }
    assert_int_equal(peer->replies[0].body, TOTAL);
    ASSERT_LACKS(peer->replies[0].headers, "content-length");
    ask(peer, 1, "/cut");
    assert_int_equal(h2_wait(peer, 1)->reset, NGHTTP2_INTERNAL_ERROR);
    assert_string_equal(peer->replies[1].text, "first");
    ask(peer, 2, "/early");
    assert_int_equal(h2_wait(peer, 2)->reset, NGHTTP2_INTERNAL_ERROR);
    ask(peer, 3, "/problem");
    assert_int_equal(h2_wait(peer, 3)->status, 404);
    assert_string_equal(peer->replies[3].text, "whole");
    // What is there comes at once, and who asked may go.
    ask(peer, 4, "/live");
    while (peer->replies[4].body < 7) {
        assert_true(h2_read(peer));
    }
    h2_reset(peer, 4);
    assert_true(h2_ping(peer));
    ask(peer, 5, "/problem");
    assert_int_equal(h2_wait(peer, 5)->status, 404);
    await_gone(1);
    ask(peer, 6, "/live");
    assert_true(h2_ping(peer));
    h2_close(peer);
    http_server_stop(server);
    await_gone(2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_in_parts),
        cmocka_unit_test(test_replies_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
