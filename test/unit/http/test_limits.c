// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the server does not put up with: slow clients, too many of them, too much of everything; and how it stops.
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"
#include "harness.h"

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static void reply_ok(struct http_exchange *exchange, void *context) {
    (void)context;
    http_reply_send_static(exchange, 200, "text/plain", STR("fine"));
}

static void test_slow_head(void **state) {
    (void)state;
    struct http_server_config config = {.header_timeout_ms = 100};
    struct http_server *server = harness_start(reply_ok, NULL, &config);
    int fd = harness_connect(server);
    harness_send_text(fd, GET);
    ASSERT_CONTAINS(harness_read_until(fd, "fine", 1), "200 OK");
    int64_t started = harness_now_ms();
    const char *text =
        "GET / HTTP/1.1\r\nHost: a\r\n"; // never ends, and bytes that trickle in do not help
    const char *reply = "";
    harness_send_text(fd, text);
    for (int i = 0; i < 20000 && !strstr(reply, "408"); i++) {
        struct timeval tick = {.tv_usec = 5000};
        char sink[2000] = "";
        harness_send_text(fd, "X: y\r\n");
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
        if (recv(fd, sink, sizeof sink - 1, 0) > 0) {
            ASSERT_CONTAINS(sink, "HTTP/1.1 408 Request Timeout");
            ASSERT_CONTAINS(sink, "Connection: close");
            break;
        }
        assert_true(harness_now_ms() - started < 5000);
    }
    assert_true(harness_now_ms() - started >= 95);
    close(fd);
    http_server_stop(server);
}

static void test_slow_body(void **state) {
    (void)state;
    struct http_server_config config = {.body_timeout_ms = 100};
    struct http_server *server = harness_start(reply_ok, NULL, &config);
    static const char *const STARTS[] = {
        "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel",
        "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
        "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    };
    for (size_t i = 0; i < sizeof STARTS / sizeof STARTS[0]; i++) {
        const char *reply = harness_talk(server, STARTS[i], strlen(STARTS[i]));
        ASSERT_CONTAINS(reply, "HTTP/1.1 408 Request Timeout");
        ASSERT_CONTAINS(reply, "\"instance\":\"/slow\"");
    }
    http_server_stop(server);
}

static void test_idle(void **state) {
    (void)state;
    struct http_server_config config = {.idle_timeout_ms = 100};
    struct http_server *server = harness_start(reply_ok, NULL, &config);
    int64_t started = harness_now_ms();
    assert_string_equal(harness_talk(server, "", 0), "");
    assert_true(harness_now_ms() - started >= 95);
    const char *reply =
        harness_talk(server, GET, strlen(GET)); // closed by the server, without a word
    ASSERT_CONTAINS(reply, "fine");
    assert_int_equal(harness_count(reply, "HTTP/1.1"), 1);
    http_server_stop(server);
}

static void reply_body(struct http_exchange *exchange, void *context) {
    http_reply_send_static(exchange, 200, "application/octet-stream", *(struct str *)context);
}

static void await_connections(struct http_server *server, unsigned wanted) {
    int64_t deadline = harness_now_ms() + 10000;
    unsigned connections;
    unsigned exchanges;
    do {
        assert_true(harness_now_ms() < deadline);
        http_server_load(server, &connections, &exchanges);
    } while (connections != wanted);
}

static void test_client_that_never_reads(void **state) {
    (void)state;
    struct str body = {calloc(1, 32 << 20), 32 << 20};
    assert_non_null(body.data);
    struct http_server_config config = {.write_timeout_ms = 100};
    struct http_server *server = harness_start(reply_body, &body, &config);
    int fd = harness_connect(server);
    harness_send_text(fd, GET);
    await_connections(server, 1);
    await_connections(server, 0);
    close(fd);
    http_server_stop(server);
    free((void *)(uintptr_t)body.data);
}

static void test_refusal_arrives_though_the_client_goes_on_sending(void **state) {
    (void)state;
    struct http_server_config config = {.body_bytes = 1000};
    struct http_server *server = harness_start(reply_ok, NULL, &config);
    char *body = calloc(1, 300000);
    assert_non_null(body);
    for (int i = 0; i < 20; i++) {
        int fd = harness_connect(server);
        harness_send_text(
            fd,
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 300000\r\n\r\n");
        harness_send(fd, body, 300000);
        const char *reply = harness_read_all(fd);
        ASSERT_CONTAINS(reply, "HTTP/1.1 413 Content Too Large");
        ASSERT_LACKS(reply, "100 Continue");
        close(fd);
    }
    free(body);
    http_server_stop(server);
}

static void test_connection_limit(void **state) {
    (void)state;
    struct http_server_config config = {.connections = 2};
    struct http_server *server = harness_start(reply_ok, NULL, &config);
    int fds[2];
    for (int i = 0; i < 2; i++) {
        fds[i] = harness_connect(server);
        harness_send_text(fds[i], GET);
        ASSERT_CONTAINS(harness_read_until(fds[i], "fine", 1), "200 OK");
    }
    const char *reply = harness_talk(server, GET, strlen(GET));
    ASSERT_CONTAINS(reply, "HTTP/1.1 503 Service Unavailable");
    ASSERT_CONTAINS(reply, "Connection: close");
    close(fds[0]);
    await_connections(server, 1);
    fds[0] = harness_connect(server);
    harness_send_text(fds[0], GET);
    ASSERT_CONTAINS(harness_read_until(fds[0], "fine", 1), "200 OK");
    close(fds[0]);
    close(fds[1]);
    http_server_stop(server);
}

static void await_bytes(const struct http_server *server, size_t bytes) {
    while (http_server_request_bytes(server) < bytes) {
        sched_yield();
    }
}

// 10 000 connections with a body of 4 MiB each would be 40 GiB: what all of them hold together is bounded, too.
static void test_memory_of_all_requests(void **state) {
    (void)state;
    enum { PART = 100000, HOLDERS = 4, BLOCK = 262144 };
    static char part[PART];
    static const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n";
    struct http_server_config config = {.memory_bytes = HOLDERS * BLOCK + 100000};
    struct http_server *server = harness_start(reply_ok, NULL, &config);
    int fds[HOLDERS];
    memset(part, 'x', sizeof part);
    for (size_t i = 0; i < HOLDERS; i++) {
        fds[i] = harness_connect(server);
        harness_send_text(fds[i], head);
        harness_send(fds[i], part, PART);
        await_bytes(server, (i + 1) * BLOCK);
    }
    int extra = harness_connect(server);
    harness_send_text(extra, head);
    harness_send(extra, part, PART);
    const char *reply = harness_read_all(extra);
    ASSERT_CONTAINS(reply, "HTTP/1.1 503 Service Unavailable");
    ASSERT_CONTAINS(reply, "Retry-After: 1");
    close(extra);
    // What is small goes on, and so does what was begun.
    extra = harness_connect(server);
    harness_send_text(extra, GET);
    ASSERT_CONTAINS(harness_read_until(extra, "fine", 1), "200 OK");
    for (int i = 0; i < HOLDERS; i++) {
        harness_send(fds[i], part, PART);
        ASSERT_CONTAINS(harness_read_until(fds[i], "fine", 1), "200 OK");
        close(fds[i]);
    }
    harness_send_text(extra, head);
    harness_send(extra, part, PART);
    harness_send(extra, part, PART);
    ASSERT_CONTAINS(harness_read_until(extra, "fine", 1), "200 OK");
    close(extra);
    http_server_stop(server);
}

static int64_t cpu_ms(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void test_out_of_descriptors(void **state) {
    (void)state;
    struct http_server *server = harness_start(reply_ok, NULL, NULL);
    int first = harness_connect(server);
    harness_send_text(first, GET);
    ASSERT_CONTAINS(harness_read_until(first, "fine", 1), "200 OK");
    int second = socket(AF_INET, SOCK_STREAM, 0);
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit low = {(rlim_t)second + 1, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(server))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(second, (struct sockaddr *)&address, sizeof address), 0);
    harness_send_text(second, GET);
    int64_t cpu = cpu_ms();
    struct timeval patience = {.tv_usec = 400000};
    char byte;
    setsockopt(second, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(recv(second, &byte, 1, 0), -1); // waits in the backlog
    assert_true(cpu_ms() - cpu < 200);               // and the loop does not spin
    harness_send_text(first, GET);
    ASSERT_CONTAINS(harness_read_until(first, "fine", 1), "200 OK");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ASSERT_CONTAINS(harness_read_until(second, "fine", 1), "200 OK");
    close(first);
    close(second);
    http_server_stop(server);
}

// --- Stopping --------------------------------------------------------------------------------------------------------
struct slot {
    _Atomic(struct http_exchange *) exchange;
};

static void keep(struct http_exchange *exchange, void *context) {
    atomic_store(&((struct slot *)context)->exchange, exchange);
}

static struct http_exchange *await_kept(struct slot *slot) {
    int64_t deadline = harness_now_ms() + 10000;
    while (!atomic_load(&slot->exchange)) {
        assert_true(harness_now_ms() < deadline);
    }
    return atomic_load(&slot->exchange);
}

static void *stop(void *server) {
    http_server_stop(server);
    return NULL;
}

static void test_stop_answers_what_is_in_flight(void **state) {
    (void)state;
    struct slot slot = {0};
    struct http_server *server = harness_start(keep, &slot, NULL);
    int busy = harness_connect(server);
    int idle = harness_connect(server);
    harness_send_text(busy, GET);
    struct http_exchange *exchange = await_kept(&slot);
    await_connections(server, 2);
    struct thread stopper;
    assert_int_equal(thread_start(&stopper, "stopper", stop, server), STATUS_OK);
    assert_string_equal(harness_read_all(idle), ""); // so the drain has begun
    close(idle);
    http_reply_send_static(exchange, 200, "text/plain", STR("last"));
    const char *reply = harness_read_all(busy);
    ASSERT_CONTAINS(reply, "Connection: close\r\n");
    ASSERT_CONTAINS(reply, "last");
    close(busy);
    thread_join(&stopper);
}

static void test_stop_does_not_wait_for_ever(void **state) {
    (void)state;
    struct slot slot = {0};
    struct http_server_config config = {.drain_timeout_ms = 50};
    struct http_server *server = harness_start(keep, &slot, &config);
    int fd = harness_connect(server);
    harness_send_text(fd, GET);
    struct http_exchange *exchange = await_kept(&slot);
    int64_t started = harness_now_ms();
    http_server_stop(server);
    assert_true(harness_now_ms() - started < 8000);
    assert_string_equal(harness_read_all(fd), "");
    close(fd);
    assert_true(str_equal(exchange->request.path, STR("/"))); // still there
    http_reply_send_static(exchange, 200, "text/plain", STR("too late"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_head),
        cmocka_unit_test(test_slow_body),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_client_that_never_reads),
        cmocka_unit_test(test_refusal_arrives_though_the_client_goes_on_sending),
        cmocka_unit_test(test_connection_limit),
        cmocka_unit_test(test_memory_of_all_requests),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_stop_answers_what_is_in_flight),
        cmocka_unit_test(test_stop_does_not_wait_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
