// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Exchanges in parts, as HTTP/1 carries them.
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "http/problem.h"
#include "http/stream.h"

#define LIMIT 300000

struct told { // of the last exchange; read by the test after the reply or the count it waits for
    atomic_uint gone;
    atomic_uint gone_status;
    atomic_uint parts;
    atomic_uint handled;
    atomic_size_t written;
    struct http_exchange *held; // on the loop
};

static struct told told;

static void plan(struct http_exchange *exchange, struct http_body_plan *out, void *context) {
    (void)context;
    out->streams = !str_starts_with(exchange->request.path, STR("/whole"));
    out->body_bytes = str_starts_with(exchange->request.path, STR("/big")) ? SIZE_MAX : LIMIT;
}

// --- What the handlers do ------------------------------------------------------------------------------------------------
static void gone(struct http_exchange *exchange, unsigned status, void *context) {
    (void)context;
    atomic_store(&told.gone_status, status);
    atomic_fetch_add(&told.gone, 1);
    if (status > 0 && exchange->status == 0) {
        http_reply_problem(exchange, status, STR("told so"));
    } else {
        http_stream_abort(exchange);
    }
}

// Says how much came.
static void count_body(struct http_exchange *exchange, struct str part, bool last, void *context) {
    (void)context;
    (void)part;
    atomic_fetch_add(&told.parts, 1);
    if (last) {
        buffer_printf(http_reply_body(exchange), "%llu bytes",
                      (unsigned long long)http_stream_received(exchange));
        http_reply_send(exchange, 200, "text/plain");
    }
}

static void resume(struct http_exchange *exchange, void *context) {
    (void)context;
    http_stream_resume(exchange);
}

// Takes another part after another turn of the loop.
static void count_slowly(struct http_exchange *exchange, struct str part, bool last,
                         void *context) {
    if (!last) {
        http_stream_pause(exchange);
        http_exchange_resume(exchange, resume, NULL);
    }
    count_body(exchange, part, last, context);
}

static void echo_body(struct http_exchange *exchange, struct str part, bool last, void *context) {
    (void)context;
    if (!http_stream_write(exchange, part) && !last) {
        http_stream_pause(exchange);
    }
    if (last) {
        http_stream_end(exchange);
    }
}

static void pour(struct http_exchange *exchange, void *context) {
    static const char block[10000] = "0123456789";
    (void)context;
    while (atomic_load(&told.written) < (size_t)20 * 1000 * 1000) {
        atomic_fetch_add(&told.written, sizeof block);
        if (!http_stream_write(exchange, str_make(block, sizeof block))) {
            return;
        }
    }
    http_stream_end(exchange);
}

static const struct http_stream_events counting = {count_body, NULL, gone};
static const struct http_stream_events counting_slowly = {count_slowly, NULL, gone};
static const struct http_stream_events echoing = {echo_body, resume, gone};
static const struct http_stream_events pouring = {NULL, pour, gone};

static void begin_reply(struct http_exchange *exchange, const struct http_stream_events *events,
                        unsigned status, int64_t length) {
    http_stream_begin(exchange, events, NULL);
    assert_true(http_stream_head(exchange, status, "text/plain", length));
}

static void switch_over(struct http_exchange *exchange) {
    http_stream_begin(exchange, &echoing, NULL);
    http_reply_header(exchange, "Upgrade", STR("echo"));
    http_stream_switch(exchange);
}

static void handle(struct http_exchange *exchange, void *context) {
    struct str path = exchange->request.path;
    (void)context;
    atomic_fetch_add(&told.handled, 1);
    if (http_stream_offers_switch(exchange) && str_equal(path, STR("/switch"))) {
        switch_over(exchange);
    } else if (str_equal(path, STR("/echo")) && !http_stream_is_whole(exchange)) {
        begin_reply(exchange, &echoing, 200, http_stream_body_length(exchange));
    } else if (str_equal(path, STR("/big/pour"))) {
        begin_reply(exchange, &pouring, 200, -1);
        pour(exchange, NULL);
    } else if (str_equal(path, STR("/two"))) {
        begin_reply(exchange, &pouring, 200, -1);
        (void)http_stream_write(exchange, STR("one,"));
        (void)http_stream_write(exchange, STR("two"));
        http_stream_end(exchange);
    } else if (str_equal(path, STR("/short"))) {
        begin_reply(exchange, &pouring, 200, 10);
        (void)http_stream_write(exchange, STR("four"));
        http_stream_end(exchange);
    } else if (str_equal(path, STR("/hold"))) {
        http_stream_begin(exchange, &counting, NULL);
    } else if (str_equal(path, STR("/refuse"))) {
        http_reply_problem(exchange, 401, STR("no"));
    } else if (http_stream_is_whole(exchange)) {
        buffer_printf(http_reply_body(exchange), "whole %zu", exchange->request.body.len);
        http_reply_send(exchange, 200, "text/plain");
    } else if (str_equal(path, STR("/slowly"))) {
        http_stream_begin(exchange, &counting_slowly, NULL);
    } else {
        http_stream_begin(exchange, &counting, NULL);
    }
}

static struct http_server *start(void) {
    static const struct http_server_config config = {
        .plan = plan, .threads = 1, .drain_timeout_ms = 300, .body_timeout_ms = 200};
    memset(&told, 0, sizeof told);
    return harness_start(handle, NULL, &config);
}

static void wait_until_gone(void) {
    while (atomic_load(&told.gone) == 0) {
        sched_yield();
    }
}

static void wait_until_handled(unsigned times) {
    while (atomic_load(&told.handled) < times) {
        sched_yield();
    }
}

static void send_zeros(int fd, size_t len) {
    static const char zeros[16384];
    while (len > 0) {
        size_t n = len < sizeof zeros ? len : sizeof zeros;
        harness_send(fd, zeros, n);
        len -= n;
    }
}

// --- Bodies of requests ----------------------------------------------------------------------------------------------------
static void a_long_body_comes_in_parts(void **state) {
    (void)state;
    static const char *const paths[] = {"/count", "/slowly"};
    struct http_server *server = start();
    for (size_t i = 0; i < 2; i++) {
        char head[200];
        (void)snprintf(head, sizeof head,
                       "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 250000\r\n\r\n", paths[i]);
        int fd = harness_connect(server);
        harness_send_text(fd, head);
        send_zeros(fd, 250000);
        // The connection goes on behind it.
        harness_send_text(fd, "GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        const char *reply = harness_read_all(fd);
        ASSERT_CONTAINS(reply, "250000 bytes");
        ASSERT_CONTAINS(reply, "4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\n");
        close(fd);
    }
    assert_true(atomic_load(&told.parts) > 3);
    http_server_stop(server);
}

static void chunks_come_without_their_framing(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = harness_connect(server);
    harness_send_text(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    harness_send_text(fd, "5;x=y\r\nhel");
    ASSERT_CONTAINS(harness_read_until(fd, "hel\r\n", 1), "Transfer-Encoding: chunked\r\n");
    harness_send_text(fd, "lo\r\n3\r\n!!!\r\n0\r\nA: b\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\nConnec"
                          "tion: close\r\n\r\n");
    const char *reply = harness_read_all(fd);
    ASSERT_CONTAINS(reply, "0\r\n\r\nHTTP/1.1 200 OK");
    ASSERT_CONTAINS(reply, "whole 0");
    ASSERT_LACKS(reply, "A: b");
    close(fd);
    http_server_stop(server);
}

static void a_body_beyond_its_limit_is_413(void **state) {
    (void)state;
    struct http_server *server = start();
    const char *text = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 300001\r\n\r\n";
    ASSERT_CONTAINS(harness_talk(server, text, strlen(text)), "HTTP/1.1 413 ");
    assert_int_equal(atomic_load(&told.handled), 0);
    int fd = harness_connect(server);
    harness_send_text(fd, "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    harness_send_text(fd, "30d40\r\n");
    send_zeros(fd, 200000);
    harness_send_text(fd, "\r\n30d40\r\n");
    const char *reply = harness_read_all(fd);
    ASSERT_CONTAINS(reply, "HTTP/1.1 413 ");
    ASSERT_CONTAINS(reply, "Connection: close");
    assert_int_equal(atomic_load(&told.gone_status), 413);
    close(fd);
    http_server_stop(server);
}

static void broken_chunks_are_400(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = harness_connect(server);
    harness_send_text(fd,
                      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    ASSERT_CONTAINS(harness_read_all(fd), "HTTP/1.1 400 ");
    close(fd);
    http_server_stop(server);
}

static void a_body_that_stops_is_408(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = harness_connect(server);
    harness_send_text(fd, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    ASSERT_CONTAINS(harness_read_all(fd), "HTTP/1.1 408 ");
    close(fd);
    http_server_stop(server);
}

static void who_waits_to_be_told_is_told_when_the_body_is_wanted(void **state) {
    (void)state;
    static const char *const head =
        "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    struct http_server *server = start();
    char text[200];
    int fd = harness_connect(server);
    (void)snprintf(text, sizeof text, head, "/count");
    harness_send_text(fd, text);
    ASSERT_CONTAINS(harness_read_until(fd, "\r\n\r\n", 1), "HTTP/1.1 100 Continue");
    harness_send_text(fd, "12345");
    ASSERT_CONTAINS(harness_read_until(fd, "5 bytes", 1), "5 bytes");
    close(fd);
    (void)snprintf(text, sizeof text, head, "/refuse");
    const char *reply = harness_talk(server, text, strlen(text));
    assert_memory_equal(reply, "HTTP/1.1 401 ", 13);
    ASSERT_LACKS(reply, "100 Continue");
    http_server_stop(server);
}

// --- Replies ------------------------------------------------------------------------------------------------------------------
static void old_clients_get_no_chunks(void **state) {
    (void)state;
    struct http_server *server = start();
    const char *text = "GET /two HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    const char *reply = harness_talk(server, text, strlen(text));
    ASSERT_CONTAINS(reply, "Connection: close");
    ASSERT_CONTAINS(reply, "\r\n\r\none,two");
    ASSERT_LACKS(reply, "chunked");
    text =
        "HEAD /two HTTP/1.1\r\nHost: a\r\n\r\nHEAD /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    reply = harness_talk(server, text, strlen(text));
    assert_int_equal(harness_count(reply, "HTTP/1.1 200 OK"), 2);
    ASSERT_LACKS(reply, "two");
    http_server_stop(server);
}

static void replies_keep_the_order_of_requests(void **state) {
    (void)state;
    struct http_server *server = start();
    const char *text = "GET /two HTTP/1.1\r\nHost: a\r\n\r\nGET /whole HTTP/1.1\r\nHost: a\r\n\r\n"
                       "GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const char *reply = harness_talk(server, text, strlen(text));
    const char *first = strstr(reply, "one,");
    const char *whole = strstr(reply, "whole 0");
    assert_true(first && whole && first < whole);
    ASSERT_CONTAINS(whole, "one,");
    http_server_stop(server);
}

static void a_reply_waits_for_its_client(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = harness_connect(server);
    harness_send_text(fd, "GET /big/pour HTTP/1.0\r\n\r\n");
    wait_until_handled(1);
    char sink[65536];
    size_t total = 0;
    for (ssize_t n; (n = recv(fd, sink, sizeof sink, 0)) > 0;) {
        total += (size_t)n;
        // What was made and not yet read is in the kernel's buffers and in one of ours.
        assert_true(atomic_load(&told.written) < total + 12 * 1000 * 1000);
    }
    assert_true(total > 20 * 1000 * 1000);
    close(fd);
    http_server_stop(server);
}

static void a_reply_shorter_than_it_said_is_cut(void **state) {
    (void)state;
    struct http_server *server = start();
    const char *text = "GET /short HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n";
    const char *reply = harness_talk(server, text, strlen(text));
    ASSERT_CONTAINS(reply, "Content-Length: 10\r\n");
    assert_string_equal(strstr(reply, "\r\n\r\n"), "\r\n\r\nfour");
    http_server_stop(server);
}

static void who_goes_is_missed(void **state) {
    (void)state;
    static const char *const requests[] = {
        "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
        "GET /big/pour HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct http_server *server = start();
        int fd = harness_connect(server);
        harness_send_text(fd, requests[i]);
        wait_until_handled(1);
        close(fd);
        wait_until_gone();
        assert_int_equal(atomic_load(&told.gone_status), 0);
        http_server_stop(server);
    }
}

// --- Another protocol ------------------------------------------------------------------------------------------------------
static void another_protocol_goes_both_ways(void **state) {
    (void)state;
    struct http_server *server = start();
    int fd = harness_connect(server);
    harness_send_text(fd, "GET /switch HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n"
                          "Upgrade: echo\r\n\r\nGET nothing");
    const char *reply = harness_read_until(fd, "GET nothing", 1);
    ASSERT_CONTAINS(reply, "HTTP/1.1 101 Switching Protocols\r\n");
    ASSERT_CONTAINS(reply, "Connection: Upgrade\r\n");
    ASSERT_CONTAINS(reply, "Upgrade: echo\r\n");
    ASSERT_CONTAINS(reply, "\r\n\r\nGET nothing");
    harness_send_text(fd, "more");
    ASSERT_CONTAINS(harness_read_until(fd, "more", 1), "more");
    shutdown(fd, SHUT_WR);
    assert_string_equal(harness_read_all(fd), "");
    close(fd);
    http_server_stop(server);
}

static void an_offer_may_be_left(void **state) {
    (void)state;
    struct http_server *server = start();
    const char *text = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
                       "GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const char *reply = harness_talk(server, text, strlen(text));
    ASSERT_CONTAINS(reply, "whole 0");
    ASSERT_CONTAINS(reply, "one,");
    http_server_stop(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_body_comes_in_parts),
        cmocka_unit_test(chunks_come_without_their_framing),
        cmocka_unit_test(a_body_beyond_its_limit_is_413),
        cmocka_unit_test(broken_chunks_are_400),
        cmocka_unit_test(a_body_that_stops_is_408),
        cmocka_unit_test(who_waits_to_be_told_is_told_when_the_body_is_wanted),
        cmocka_unit_test(old_clients_get_no_chunks),
        cmocka_unit_test(replies_keep_the_order_of_requests),
        cmocka_unit_test(a_reply_waits_for_its_client),
        cmocka_unit_test(a_reply_shorter_than_it_said_is_cut),
        cmocka_unit_test(who_goes_is_missed),
        cmocka_unit_test(another_protocol_goes_both_ways),
        cmocka_unit_test(an_offer_may_be_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
