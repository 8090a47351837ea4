// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The server as a client sees it: keep-alive, versions, HEAD, bodies in any pieces, compression, errors.
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/metrics.h"
#include "harness.h"
#include "http/problem.h"
#include "http/router.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void echo(struct http_exchange *exchange, void *context) {
    (void)context;
    struct buffer *body = http_reply_body(exchange);
    buffer_append_str(body, exchange->request.method_name);
    buffer_append_char(body, ' ');
    buffer_append_str(body, exchange->request.path);
    buffer_append_str(body, STR(" q="));
    buffer_append_str(body, exchange->request.query);
    buffer_append_str(body, STR(" b="));
    buffer_append_str(body, exchange->request.body);
    buffer_append_str(body, STR(" ip="));
    buffer_append_str(body, exchange->request.remote_ip);
    http_reply_send(exchange, 200, "text/plain");
}

static void test_keep_alive(void **state) {
    (void)state;
    struct http_server *server = harness_start(echo, NULL, NULL);
    int fd = harness_connect(server);
    for (int i = 0; i < 100; i++) {
        char request[100];
        char wanted[60];
        snprintf(request, sizeof request, "GET /%d?a=b HTTP/1.1\r\nHost: a\r\n\r\n", i);
        snprintf(wanted, sizeof wanted, "GET /%d q=a=b b= ip=127.0.0.1", i);
        harness_send_text(fd, request);
        const char *reply = harness_read_until(fd, wanted, 1);
        ASSERT_CONTAINS(reply, "HTTP/1.1 200 OK\r\nDate: ");
        ASSERT_CONTAINS(reply, " GMT\r\nContent-Type: text/plain\r\nContent-Length: ");
        ASSERT_CONTAINS(reply, "X-Request-Id: ");
        ASSERT_LACKS(reply, "Connection:");
    }
    close(fd);
    http_server_stop(server);
}

static const char *talk(struct http_server *server, const char *text) {
    return harness_talk(server, text, strlen(text));
}

static void test_versions_and_close(void **state) {
    (void)state;
    struct http_server *server = harness_start(echo, NULL, NULL);
    ASSERT_CONTAINS(talk(server, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                    "Connection: close\r\n");
    ASSERT_CONTAINS(talk(server, "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n"),
                    "Connection: close\r\n");
    const char *reply = talk(server, "GET / HTTP/1.0\r\n\r\n");
    ASSERT_CONTAINS(reply, "HTTP/1.1 200 OK\r\n");
    ASSERT_CONTAINS(reply, "Connection: close\r\n");
    int fd = harness_connect(server);
    harness_send_text(fd, "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    ASSERT_CONTAINS(harness_read_until(fd, "GET /1", 1), "Connection: keep-alive\r\n");
    harness_send_text(fd, "GET /2 HTTP/1.0\r\n\r\n");
    ASSERT_CONTAINS(harness_read_all(fd), "GET /2");
    close(fd);
    http_server_stop(server);
}

static void test_targets(void **state) {
    (void)state;
    struct http_server *server = harness_start(echo, NULL, NULL);
    int fd = harness_connect(server);
    harness_send_text(fd, GET("http://a:80/x/y?z=1") GET("HTTPS://A?z")
                              GET("/a?b?c") "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" GET("/last"));
    const char *reply = harness_read_until(fd, "GET /last q= b= ip=127.0.0.1", 1);
    ASSERT_CONTAINS(reply, "GET /x/y q=z=1 ");
    ASSERT_CONTAINS(reply, "GET / q=z ");
    ASSERT_CONTAINS(reply, "GET /a q=b?c ");
    ASSERT_CONTAINS(reply, "OPTIONS * q= ");
    close(fd);
    http_server_stop(server);
}

static void test_request_ids(void **state) {
    (void)state;
    struct http_server *server = harness_start(echo, NULL, NULL);
    ASSERT_CONTAINS(talk(server, "GET / HTTP/1.0\r\nX-Request-ID: aB9._:-\r\n\r\n"),
                    "X-Request-Id: aB9._:-\r\n");
    ASSERT_LACKS(talk(server, "GET / HTTP/1.0\r\nX-Request-ID: a b\r\n\r\n"), "X-Request-Id: a b");
    ASSERT_LACKS(talk(server, "GET / HTTP/1.0\r\nX-Request-ID: <script>\r\n\r\n"), "script");
    char text[300];
    snprintf(text, sizeof text, "GET / HTTP/1.0\r\nX-Request-ID: %0129d\r\n\r\n", 0);
    ASSERT_LACKS(talk(server, text), "0000000000000000000000");
    http_server_stop(server);
}

static void reply_with_parts(struct http_exchange *exchange, void *context) {
    (void)context;
    if (str_equal(exchange->request.path, STR("/204"))) {
        http_reply_header(exchange, "X-Extra", STR("1"));
        http_reply_send(exchange, 204, NULL);
    } else if (str_equal(exchange->request.path, STR("/large-header"))) {
        for (int i = 0; i < 50; i++) {
            http_reply_header(exchange, "X-Many", STR("0123456789012345678901234567890123456789"));
        }
        http_reply_send_static(exchange, 201, "text/plain", STR("static"));
    } else if (str_equal(exchange->request.path, STR("/failed"))) {
        http_reply_header(exchange, "X-Lost", STR("1"));
        char *data = calloc(1, 2000);
        buffer_append(http_reply_body(exchange), data, 2000); // above reply_bytes
        free(data);
        http_reply_send(exchange, 200, "text/plain");
    } else {
        buffer_append_str(http_reply_body(exchange), STR("0123456789"));
        http_reply_send(exchange, 200, "text/plain");
    }
}

static void test_bodiless_replies(void **state) {
    (void)state;
    struct http_server_config config = {.reply_bytes = 1500};
    struct http_server *server = harness_start(reply_with_parts, NULL, &config);
    const char *reply = talk(server, "HEAD / HTTP/1.0\r\n\r\n");
    ASSERT_CONTAINS(reply, "Content-Length: 10\r\n");
    ASSERT_LACKS(reply, "0123456789");
    reply = talk(server, "GET /204 HTTP/1.0\r\n\r\n");
    ASSERT_CONTAINS(reply, "HTTP/1.1 204 No Content\r\n");
    ASSERT_CONTAINS(reply, "X-Extra: 1\r\n");
    ASSERT_LACKS(reply, "Content-");
    reply = talk(server, "GET /large-header HTTP/1.0\r\n\r\n");
    assert_int_equal(harness_count(reply, "X-Many: 0123456789012345678901234567890123456789\r\n"),
                     50);
    ASSERT_CONTAINS(reply, "\r\n\r\nstatic");
    reply = talk(server, "GET /failed HTTP/1.0\r\n\r\n");
    ASSERT_CONTAINS(reply, "HTTP/1.1 500 Internal Server Error\r\n");
    ASSERT_CONTAINS(reply, "\"status\":500");
    ASSERT_LACKS(reply, "X-Lost");
    http_server_stop(server);
}

static void test_byte_by_byte(void **state) {
    (void)state;
    static const char REQUESTS[] = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" GET(
        "/2") "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: u\r\n\r\n" GET("/4");
    struct http_server *server = harness_start(echo, NULL, NULL);
    int fd = harness_connect(server);
    for (size_t i = 0; i < sizeof REQUESTS - 1; i++) {
        harness_send(fd, REQUESTS + i, 1);
    }
    const char *reply = harness_read_until(fd, "GET /4 q= b= ip=127.0.0.1", 1);
    ASSERT_CONTAINS(reply, "POST /1 q= b=hello ip");
    ASSERT_CONTAINS(reply, "GET /2 q= b= ip");
    ASSERT_CONTAINS(reply, "POST /3 q= b=abcde ip");
    close(fd);
    http_server_stop(server);
}

// Answers with the length and a hash of the body, and reads the promised padding.
static void digest(struct http_exchange *exchange, void *context) {
    (void)context;
    struct str body = exchange->request.body;
    volatile unsigned sum = 0;
    for (size_t i = 0; i < HTTP_BODY_PADDING; i++) {
        sum += (unsigned char)body.data[body.len + i];
    }
    buffer_printf(http_reply_body(exchange), "len=%zu hash=%016llx.", body.len,
                  (unsigned long long)str_hash(body, 1));
    http_reply_send(exchange, 200, "text/plain");
}

static void test_large_bodies(void **state) {
    (void)state;
    static const size_t SIZES[] = {0, 1, 4095, 4096, 16384, 65535, 65536, 65537, 300000, 3000000};
    struct http_server *server = harness_start(digest, NULL, NULL);
    char *body = malloc(3000000);
    assert_non_null(body);
    for (size_t i = 0; i < 3000000; i++) {
        body[i] = (char)(i * 7 % 251);
    }
    int fd = harness_connect(server);
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        char text[200];
        char wanted[80];
        snprintf(wanted, sizeof wanted, "len=%zu hash=%016llx.", SIZES[i],
                 (unsigned long long)str_hash(str_make(body, SIZES[i]), 1));
        snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
                 SIZES[i]);
        harness_send_text(fd, text);
        harness_send(fd, body, SIZES[i]);
        ASSERT_CONTAINS(harness_read_until(fd, ".", 1), "200 OK");
        harness_send_text(fd, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (size_t at = 0; at < SIZES[i];) {
            size_t n = SIZES[i] - at < 1 + at % 9973 ? SIZES[i] - at : 1 + at % 9973;
            snprintf(text, sizeof text, "%zx\r\n", n);
            harness_send_text(fd, text);
            harness_send(fd, body + at, n);
            harness_send_text(fd, "\r\n");
            at += n;
        }
        harness_send_text(fd, "0\r\n\r\n");
        ASSERT_CONTAINS(harness_read_until(fd, ".", 1), wanted);
    }
    close(fd);
    free(body);
    http_server_stop(server);
}

static void test_half_closed_client_is_answered(void **state) {
    (void)state;
    struct http_server *server = harness_start(echo, NULL, NULL);
    int fd = harness_connect(server);
    harness_send_text(fd,
                      GET("/half") "POST /cut HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    const char *reply = harness_read_all(fd);
    ASSERT_CONTAINS(reply, "GET /half");
    ASSERT_CONTAINS(reply, "HTTP/1.1 400 Bad Request");
    ASSERT_CONTAINS(reply, "\"instance\":\"/cut\"");
    close(fd);
    http_server_stop(server);
}

static void large(struct http_exchange *exchange, void *context) {
    (void)context;
    bool etag = str_equal(exchange->request.path, STR("/etag"));
    size_t size = str_equal(exchange->request.path, STR("/small")) ? 1023 : 5000;
    for (size_t i = 0; i < size; i++) {
        buffer_append_char(http_reply_body(exchange), 'x');
    }
    if (etag) {
        http_reply_header(exchange, "ETag", STR("\"1\""));
    }
    http_reply_send(exchange, 200,
                    str_equal(exchange->request.path, STR("/png")) ? "image/png"
                                                                   : "text/csv; charset=utf-8");
}

static void test_compression_is_negotiated(void **state) {
    (void)state;
    static const struct {
        const char *path;
        const char *accept;
        bool packed;
        bool vary;
    } CASES[] = {
        {"/", "Accept-Encoding: gzip", true, true},
        {"/", "Accept-Encoding: deflate, GZIP;q=0.5", true, true},
        {"/", "Accept-Encoding: x-gzip", true, true},
        {"/", "Accept-Encoding: br\r\nAccept-Encoding: gzip", true, true},
        {"/", "Accept-Encoding: *", true, true},
        {"/", "Accept-Encoding: *;q=0.1, gzip;q=0", false, true},
        {"/", "Accept-Encoding: gzip;q=0", false, true},
        {"/", "Accept-Encoding: gzip;q=0.000", false, true},
        {"/", "Accept-Encoding: gzip;q=0.5, identity", false, true},
        {"/", "Accept-Encoding: gzip;q=high", false, true},
        {"/", "Accept-Encoding:", false, true},
        {"/", "Accept: */*", false, true},
        {"/small", "Accept-Encoding: gzip", false, false},
        {"/png", "Accept-Encoding: gzip", false, false},
        {"/etag", "Accept-Encoding: gzip", false, false},
    };
    struct http_server *server = harness_start(large, NULL, NULL);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "GET %s HTTP/1.0\r\n%s\r\n\r\n", CASES[i].path,
                 CASES[i].accept);
        const char *reply = talk(server, text);
        if ((strstr(reply, "Content-Encoding: gzip") != NULL) != CASES[i].packed ||
            (strstr(reply, "Vary: Accept-Encoding") != NULL) != CASES[i].vary ||
            (strstr(reply, "xxxxxxxxxxxxxxxx") == NULL) != CASES[i].packed) {
            fail_msg("%s with %s: %.300s", CASES[i].path, CASES[i].accept, reply);
        }
    }
    http_server_stop(server);
}

static void count_completed(const struct http_exchange *exchange, int64_t duration_us,
                            void *context) {
    assert_true(duration_us >= 0 && duration_us < 10000000);
    assert_int_equal(exchange->status, 200);
    atomic_fetch_add((atomic_uint *)context, 1);
}

static void test_completed_metrics_and_request_limit(void **state) {
    (void)state;
    atomic_uint completed = 0;
    metrics_id total = metrics_counter("footfall_http_requests_total", "", "server=\"counted\"");
    uint64_t before = metrics_read(total);
    struct http_server_config config = {
        .name = "counted", .completed = count_completed, .requests_per_connection = 3};
    struct http_server *server = harness_start(echo, &completed, &config);
    const char *reply = talk(server, GET("/1") GET("/2") GET("/3") GET("/4"));
    ASSERT_CONTAINS(reply, "GET /3");
    ASSERT_LACKS(reply, "GET /4");
    assert_int_equal(harness_count(reply, "Connection: close"), 1);
    http_server_stop(server);
    assert_int_equal(atomic_load(&completed), 3);
    assert_int_equal(metrics_read(total) - before, 3);
}

static void test_start_says_why_it_cannot(void **state) {
    (void)state;
    struct http_server *server = harness_start(echo, NULL, NULL);
    struct http_server *second = NULL;
    struct error err = {0};
    struct http_server_config config = {.name = "second",
                                        .host = "127.0.0.1",
                                        .port = http_server_port(server),
                                        .threads = 2,
                                        .handle = echo,
                                        .clock = clock_system(),
                                        .random = random_system()};
    assert_int_equal(http_server_start(&config, &second, &err), STATUS_EXISTS);
    assert_null(second);
    ASSERT_CONTAINS(err.text, "another program uses it");
    config.host = "example";
    assert_int_equal(http_server_start(&config, &second, &err), STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "not an IP address");
    config.host = "192.0.2.1"; // RFC 5737: nobody's
    assert_int_equal(http_server_start(&config, &second, &err), STATUS_INVALID);
    http_server_stop(server);
    config.host = "localhost";
    assert_int_equal(http_server_start(&config, &second, &err), STATUS_OK);
    ASSERT_CONTAINS(talk(second, "GET /again HTTP/1.0\r\n\r\n"), "GET /again");
    http_server_stop(second);
    http_server_stop(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_versions_and_close),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_request_ids),
        cmocka_unit_test(test_bodiless_replies),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_large_bodies),
        cmocka_unit_test(test_half_closed_client_is_answered),
        cmocka_unit_test(test_compression_is_negotiated),
        cmocka_unit_test(test_completed_metrics_and_request_limit),
        cmocka_unit_test(test_start_says_why_it_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
