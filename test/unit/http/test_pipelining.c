// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Replies from other threads, in any order, to pipelined requests; clients that leave, and clients that do not read.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/thread.h"
#include "harness.h"

#define HELD_MAX 64

// Keeps exchanges until the test lets them go.
struct holder {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct http_exchange *held[HELD_MAX];
    unsigned count;
};

static void holder_init(struct holder *holder) {
    memset(holder, 0, sizeof *holder);
    pthread_mutex_init(&holder->mutex, NULL);
    thread_cond_init(&holder->changed);
}

static void hold(struct http_exchange *exchange, void *context) {
    struct holder *holder = context;
    pthread_mutex_lock(&holder->mutex);
    assert_true(holder->count < HELD_MAX);
    holder->held[holder->count++] = exchange;
    pthread_cond_broadcast(&holder->changed);
    pthread_mutex_unlock(&holder->mutex);
}

// Takes out what is held as soon as that is `count`.
static void await(struct holder *holder, unsigned count, struct http_exchange **out) {
    int64_t deadline = harness_now_ms() + 10000;
    pthread_mutex_lock(&holder->mutex);
    while (holder->count < count) {
        int64_t left = deadline - harness_now_ms();
        if (left <= 0) {
            fail_msg("%u requests came, not %u", holder->count, count);
        }
        thread_cond_wait_us(&holder->changed, &holder->mutex, left * 1000);
    }
    assert_int_equal(holder->count, count);
    memcpy(out, holder->held, count * sizeof out[0]);
    holder->count = 0;
    pthread_mutex_unlock(&holder->mutex);
}

static void reply_echo(struct http_exchange *exchange) {
    buffer_printf(http_reply_body(exchange), "[%.*s %.*s]", STR_ARG(exchange->request.path),
                  STR_ARG(exchange->request.body));
    http_reply_send(exchange, 200, "text/plain");
}

static void send_numbered(int fd, unsigned first, unsigned count) {
    for (unsigned i = first; i < first + count; i++) {
        char text[200];
        char body[50];
        snprintf(body, sizeof body, "body-%u", i);
        snprintf(text, sizeof text, "POST /%u HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
                 i, strlen(body), body);
        harness_send_text(fd, text);
    }
}

static void check_order(const char *replies, unsigned first, unsigned count) {
    const char *at = replies;
    for (unsigned i = first; i < first + count; i++) {
        char wanted[60];
        snprintf(wanted, sizeof wanted, "[/%u body-%u]", i, i);
        at = strstr(at, wanted);
        if (!at) {
            fail_msg("%s is missing or out of order in: %s", wanted, replies);
        }
    }
}

static void test_replies_keep_the_order_of_requests(void **state) {
    (void)state;
    struct holder holder;
    holder_init(&holder);
    struct http_server *server = harness_start(hold, &holder, NULL);
    int fd = harness_connect(server);
    for (unsigned round = 0; round < 50; round++) {
        struct http_exchange *held[16];
        send_numbered(fd, round * 16, 16);
        await(&holder, 16, held);
        for (unsigned i = 16; i > 0; i--) { // the last first
            reply_echo(held[(i - 1) * 5 % 16]);
        }
        check_order(harness_read_until(fd, "]", 16), round * 16, 16);
    }
    close(fd);
    http_server_stop(server);
}

static void test_no_more_than_the_pipeline_is_taken(void **state) {
    (void)state;
    struct holder holder;
    holder_init(&holder);
    struct http_server_config config = {.pipeline_max = 4};
    struct http_server *server = harness_start(hold, &holder, &config);
    int fd = harness_connect(server);
    send_numbered(fd, 0, 40);
    for (unsigned round = 0; round < 10; round++) {
        struct http_exchange *held[4];
        await(&holder, 4, held); // fails when there are more
        unsigned connections;
        unsigned exchanges;
        http_server_load(server, &connections, &exchanges);
        assert_int_equal(connections, 1);
        assert_int_equal(exchanges, 4);
        for (unsigned i = 4; i > 0; i--) {
            reply_echo(held[i - 1]);
        }
        check_order(harness_read_until(fd, "]", 4), round * 4, 4);
    }
    close(fd);
    http_server_stop(server);
}

static void test_body_stays_while_more_is_read(void **state) {
    (void)state;
    struct holder holder;
    holder_init(&holder);
    struct http_server *server = harness_start(hold, &holder, NULL);
    int fds[8];
    struct http_exchange *held[64];
    for (unsigned i = 0; i < 8; i++) {
        fds[i] = harness_connect(server);
        harness_send_text(fds[i], "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nsecret");
    }
    for (unsigned i = 0; i < 8; i++) { // chunked bodies are decoded in place, near what is held
        harness_send_text(
            fds[i],
            "POST /y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            "1\r\na\r\n1\r\nb\r\n0\r\n\r\nPOST /z HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\npart");
    }
    await(&holder, 16, held);
    unsigned secrets = 0;
    unsigned pieces = 0;
    for (unsigned i = 0; i < 16; i++) {
        secrets += str_equal(held[i]->request.body, STR("secret")) ? 1 : 0;
        pieces += str_equal(held[i]->request.body, STR("ab")) ? 1 : 0;
        reply_echo(held[i]);
    }
    assert_int_equal(secrets, 8);
    assert_int_equal(pieces, 8);
    for (unsigned i = 0; i < 8; i++) {
        harness_send_text(fds[i], "ially");
    }
    await(&holder, 8, held);
    for (unsigned i = 0; i < 8; i++) {
        assert_true(str_equal(held[i]->request.body, STR("partially")));
        reply_echo(held[i]);
    }
    for (unsigned i = 0; i < 8; i++) {
        ASSERT_CONTAINS(harness_read_until(fds[i], "]", 3), "[/z partially]");
        close(fds[i]);
    }
    http_server_stop(server);
}

static void test_continue_waits_for_its_turn(void **state) {
    (void)state;
    struct holder holder;
    holder_init(&holder);
    struct http_server *server = harness_start(hold, &holder, NULL);
    int fd = harness_connect(server);
    struct http_exchange *held[2];
    send_numbered(fd, 0, 1);
    harness_send_text(
        fd, "POST /1 HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 6\r\n\r\n");
    await(&holder, 1, held);
    reply_echo(held[0]);
    const char *reply = harness_read_until(fd, "100 Continue\r\n\r\n", 1);
    ASSERT_CONTAINS(reply, "[/0 body-0]HTTP/1.1 100 Continue\r\n\r\n");
    harness_send_text(fd, "body-1");
    await(&holder, 1, held);
    reply_echo(held[0]);
    ASSERT_CONTAINS(harness_read_until(fd, "]", 1), "[/1 body-1]");
    // The body came along: no need to say continue.
    harness_send_text(
        fd,
        "POST /2 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\nbody-2");
    await(&holder, 1, held);
    reply_echo(held[0]);
    reply = harness_read_until(fd, "]", 1);
    ASSERT_CONTAINS(reply, "[/2 body-2]");
    ASSERT_LACKS(reply, "100 Continue");
    close(fd);
    http_server_stop(server);
}

static void await_load(struct http_server *server, unsigned wanted) {
    int64_t deadline = harness_now_ms() + 10000;
    unsigned connections;
    unsigned exchanges;
    do {
        assert_true(harness_now_ms() < deadline);
        http_server_load(server, &connections, &exchanges);
    } while (connections != wanted);
}

static void await_exchanges(struct http_server *server, unsigned wanted) {
    int64_t deadline = harness_now_ms() + 10000;
    unsigned connections;
    unsigned exchanges;
    do {
        assert_true(harness_now_ms() < deadline);
        http_server_load(server, &connections, &exchanges);
    } while (exchanges != wanted);
}

static void test_client_that_left_gets_nothing(void **state) {
    (void)state;
    struct holder holder;
    holder_init(&holder);
    struct http_server *server = harness_start(hold, &holder, NULL);
    struct http_exchange *held[3];
    int fd = harness_connect(server);
    send_numbered(fd, 0, 3);
    await(&holder, 3, held);
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    close(fd);
    await_load(server, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(held[i]->request.body.len == 6); // still ours
        reply_echo(held[i]);
    }
    http_server_stop(server);
}

struct flood {
    struct str body;
    atomic_uint handled;
};

static void reply_large(struct http_exchange *exchange, void *context) {
    struct flood *flood = context;
    atomic_fetch_add(&flood->handled, 1);
    http_reply_send_static(exchange, 200, "application/octet-stream", flood->body);
}

static void test_client_that_does_not_read_holds_the_server_back(void **state) {
    (void)state;
    enum { SIZE = 8 << 20, REQUESTS = 200 };
    char *body = malloc(SIZE);
    assert_non_null(body);
    for (size_t i = 0; i < SIZE; i++) {
        body[i] = (char)(i % 251);
    }
    struct flood flood = {.body = str_make(body, SIZE)};
    struct http_server *server = harness_start(reply_large, &flood, NULL);
    int fd = harness_connect(server);
    for (int i = 0; i < REQUESTS; i++) {
        harness_send_text(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    size_t got = 0;
    size_t whole = 0;
    char *sink = malloc(1 << 20);
    assert_non_null(sink);
    while (got == 0 || got < whole * 4) { // four replies, then leave
        ssize_t n = recv(fd, sink, (1 << 20) - 1, 0);
        assert_true(n > 0);
        if (whole == 0) {
            sink[n] = '\0';
            whole = (size_t)(strstr(sink, "\r\n\r\n") - sink) + 4 + SIZE;
        }
        for (ssize_t i = 0; i < n; i++) {
            size_t at = (got + (size_t)i) % whole;
            size_t head = whole - SIZE;
            if (at >= head && sink[i] != body[at - head]) {
                fail_msg("byte %zu of a reply is wrong", at - head);
            }
        }
        got += (size_t)n;
    }
    assert_true(atomic_load(&flood.handled) <= 4 + 2 * 16);
    close(fd);
    await_load(server, 0);
    free(sink);
    http_server_stop(server);
    free(body);
}

// Several threads answer requests of several loops at once.
static void *answer(void *context) {
    struct holder *holder = context;
    for (;;) {
        pthread_mutex_lock(&holder->mutex);
        while (holder->count == 0) {
            pthread_cond_wait(&holder->changed, &holder->mutex);
        }
        struct http_exchange *exchange = holder->held[--holder->count];
        pthread_mutex_unlock(&holder->mutex);
        if (!exchange) {
            return NULL;
        }
        reply_echo(exchange);
    }
}

static void test_many_threads_answer_many_connections(void **state) {
    (void)state;
    enum { THREADS = 3, CONNECTIONS = 4, ROUNDS = 200 };
    struct holder holder;
    holder_init(&holder);
    struct http_server_config config = {.threads = 2};
    struct http_server *server = harness_start(hold, &holder, &config);
    struct thread threads[THREADS];
    int fds[CONNECTIONS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(thread_start(&threads[i], "answer", answer, &holder), STATUS_OK);
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        fds[i] = harness_connect(server);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CONNECTIONS; i++) {
            send_numbered(fds[i], round * 8, 8);
        }
        for (int i = 0; i < CONNECTIONS; i++) {
            check_order(harness_read_until(fds[i], "]", 8), round * 8, 8);
        }
    }
    for (int i = 0; i < THREADS; i++) {
        hold(NULL, &holder);
    }
    for (int i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        close(fds[i]);
    }
    http_server_stop(server);
}

static void offload(struct http_exchange *exchange, void *context) {
    http_exchange_offload(exchange, hold, context);
}

struct gate {
    pthread_mutex_t mutex; // closed while the test holds it
    atomic_uint reached;
};

static void work_slowly(struct http_exchange *exchange, void *context) {
    struct gate *gate = context;
    atomic_fetch_add(&gate->reached, 1);
    pthread_mutex_lock(&gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
    reply_echo(exchange);
}

static void offload_slowly(struct http_exchange *exchange, void *context) {
    http_exchange_offload(exchange, work_slowly, context);
}

static void test_offload(void **state) {
    (void)state;
    struct holder holder;
    holder_init(&holder);
    struct workers *workers = NULL;
    assert_int_equal(workers_start(1, 2, "work", &workers), STATUS_OK);
    struct http_server_config config = {.workers = workers};
    struct http_server *server = harness_start(offload, &holder, &config);
    int fd = harness_connect(server);
    struct http_exchange *held[1];
    send_numbered(fd, 0, 1);
    await(&holder, 1, held);
    reply_echo(held[0]);
    check_order(harness_read_until(fd, "]", 1), 0, 1);
    close(fd);
    http_server_stop(server);

    struct gate gate = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    pthread_mutex_lock(&gate.mutex);
    server = harness_start(offload_slowly, &gate, &config);
    fd = harness_connect(server);
    send_numbered(fd, 0, 1);
    int64_t deadline = harness_now_ms() + 10000;
    while (atomic_load(&gate.reached) == 0) {
        assert_true(harness_now_ms() < deadline);
    }
    send_numbered(fd, 1, 2); // these two fill the queue
    await_exchanges(server, 3);
    int other = harness_connect(server);
    send_numbered(other, 0, 7);
    const char *reply = harness_read_until(other, "\"status\":503", 7);
    ASSERT_CONTAINS(reply, "Retry-After: 1\r\n");
    pthread_mutex_unlock(&gate.mutex);
    check_order(harness_read_until(fd, "]", 3), 0, 3);
    close(fd);
    close(other);
    http_server_stop(server);
    workers_stop(workers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies_keep_the_order_of_requests),
        cmocka_unit_test(test_no_more_than_the_pipeline_is_taken),
        cmocka_unit_test(test_body_stays_while_more_is_read),
        cmocka_unit_test(test_continue_waits_for_its_turn),
        cmocka_unit_test(test_client_that_left_gets_nothing),
        cmocka_unit_test(test_client_that_does_not_read_holds_the_server_back),
        cmocka_unit_test(test_many_threads_answer_many_connections),
        cmocka_unit_test(test_offload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
