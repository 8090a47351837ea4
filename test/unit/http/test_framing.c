// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is a request and where it ends: a table of attacks and odd but valid requests, whole and byte by byte, by the
// parser alone and over a socket.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"
#include "http/parse.h"

#define H "Host: a\r\n"
#define POST "POST / HTTP/1.1\r\n" H

struct sample {
    const char *name;
    struct str bytes;
    unsigned status;  // 0: accepted
    const char *body; // when accepted
};
#define SAMPLE(name, bytes, status, body)                                                          \
    { name, STR_INIT(bytes), status, body }

static const struct sample SAMPLES[] = {
    SAMPLE("plain", "GET / HTTP/1.1\r\n" H "\r\n", 0, ""),
    SAMPLE("empty lines first", "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, ""),
    SAMPLE("length", POST "Content-Length: 5\r\n\r\nhello", 0, "hello"),
    SAMPLE("length with blanks", POST "Content-Length:   5  \r\n\r\nhello", 0, "hello"),
    SAMPLE("length zero padded", POST "Content-Length: 005\r\n\r\nhello", 0, "hello"),
    SAMPLE("chunked", POST "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 0,
           "hello"),
    SAMPLE("chunked, other case", POST "transfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
           0, "hello"),
    SAMPLE("chunk extension",
           POST "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0;c\r\n\r\n", 0, "hello"),
    SAMPLE("trailers",
           POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n", 0,
           "hello"),
    SAMPLE("chunk size with zeros",
           POST "Transfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n00\r\n\r\n", 0, "hello"),
    SAMPLE("header without value", "GET / HTTP/1.1\r\n" H "X:\r\n\r\n", 0, ""),
    SAMPLE("value of obs-text", "GET / HTTP/1.1\r\n" H "X: \xC3\xA9\r\n\r\n", 0, ""),
    SAMPLE("IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 0, ""),
    SAMPLE("empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0, ""),
    SAMPLE("1.0 without host", "GET / HTTP/1.0\r\n\r\n", 0, ""),
    SAMPLE("absolute form", "GET http://a/x HTTP/1.1\r\n" H "\r\n", 0, ""),
    SAMPLE("absolute form without path", "GET http://a?q HTTP/1.1\r\n" H "\r\n", 0, ""),
    SAMPLE("absolute form, usual port", "GET HTTP://A:80/x HTTP/1.1\r\n" H "\r\n", 0, ""),
    SAMPLE("absolute form, usual port of https", "GET https://a/x HTTP/1.1\r\nHost: a:443\r\n\r\n",
           0, ""),
    SAMPLE("absolute form in 1.0", "GET http://other/x HTTP/1.0\r\n\r\n", 0, ""),
    SAMPLE("host with empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 0, ""),
    SAMPLE("asterisk", "OPTIONS * HTTP/1.1\r\n" H "\r\n", 0, ""),
    SAMPLE("upgrade ignored", "GET / HTTP/1.1\r\n" H "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n",
           0, ""),

    SAMPLE("CL and TE", POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           400, NULL),
    SAMPLE("TE and CL", POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
           400, NULL),
    SAMPLE("CL twice, different", POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400,
           NULL),
    SAMPLE("CL twice, same", POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400, NULL),
    SAMPLE("CL list", POST "Content-Length: 5, 5\r\n\r\nhello", 400, NULL),
    SAMPLE("CL sign", POST "Content-Length: +5\r\n\r\nhello", 400, NULL),
    SAMPLE("CL negative", POST "Content-Length: -5\r\n\r\nhello", 400, NULL),
    SAMPLE("CL hex", POST "Content-Length: 0x5\r\n\r\nhello", 400, NULL),
    SAMPLE("CL empty", POST "Content-Length:\r\n\r\nhello", 400, NULL),
    SAMPLE("CL with words", POST "Content-Length: 5 6\r\n\r\nhello", 400, NULL),
    SAMPLE("CL overflow", POST "Content-Length: 18446744073709551621\r\n\r\nhello", 400, NULL),
    SAMPLE("CL overlong", POST "Content-Length: 99999999999999999999999\r\n\r\nhello", 400, NULL),
    SAMPLE("CL too large", POST "Content-Length: 1001\r\n\r\n", 413, NULL),
    SAMPLE("TE unknown", POST "Transfer-Encoding: gzip\r\n\r\n", 501, NULL),
    SAMPLE("TE chunked twice", POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501,
           NULL),
    SAMPLE("TE header twice",
           POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
           NULL),
    SAMPLE("TE identity", POST "Transfer-Encoding: identity\r\n\r\n", 501, NULL),
    SAMPLE("TE with tab inside", POST "Transfer-Encoding: chun\tked\r\n\r\n0\r\n\r\n", 501, NULL),
    SAMPLE("TE in 1.0", "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
           NULL),
    SAMPLE("TE with blank before colon", POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400,
           NULL),
    SAMPLE("bare LF in request line", "GET / HTTP/1.1\n" H "\r\n", 400, NULL),
    SAMPLE("bare LF in header", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400, NULL),
    SAMPLE("bare LF as end", "GET / HTTP/1.1\r\n" H "\n", 400, NULL),
    SAMPLE("bare CR in value", "GET / HTTP/1.1\r\n" H "X: a\rY: b\r\n\r\n", 400, NULL),
    SAMPLE("bare CR after colon", "GET / HTTP/1.1\r\n" H "X:\rTransfer-Encoding: chunked\r\n\r\n",
           400, NULL),
    SAMPLE("CR CR LF", "GET / HTTP/1.1\r\n" H "X: a\r\r\n\r\n", 400, NULL),
    SAMPLE("bare CR in request line", "GET /\rHTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("folded", "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", 400, NULL),
    SAMPLE("folded by tab", "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n", 400, NULL),
    SAMPLE("first header folded", "GET / HTTP/1.1\r\n " H "\r\n", 400, NULL),
    SAMPLE("no host", "GET / HTTP/1.1\r\n\r\n", 400, NULL),
    SAMPLE("two hosts", "GET / HTTP/1.1\r\n" H H "\r\n", 400, NULL),
    SAMPLE("host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, NULL),
    SAMPLE("host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, NULL),
    SAMPLE("host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, NULL),
    SAMPLE("host with two ports", "GET / HTTP/1.1\r\nHost: a:80:81\r\n\r\n", 400, NULL),
    SAMPLE("host with a port in letters", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400, NULL),
    SAMPLE("host with a large port", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400, NULL),
    SAMPLE("host with a huge port", "GET / HTTP/1.1\r\nHost: a:4294967376\r\n\r\n", 400, NULL),
    SAMPLE("host that is a port", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400, NULL),
    SAMPLE("bare IPv6 host", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", 400, NULL),
    SAMPLE("open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, NULL),
    SAMPLE("name in brackets", "GET / HTTP/1.1\r\nHost: [a]\r\n\r\n", 400, NULL),
    SAMPLE("words behind brackets", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", 400, NULL),
    SAMPLE("other host in target", "GET http://other/x HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("other port in target", "GET http://a:81/x HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("other port in host", "GET http://a/x HTTP/1.1\r\nHost: a:81\r\n\r\n", 400, NULL),
    SAMPLE("host in target alone", "GET http://a/x HTTP/1.1\r\nHost:\r\n\r\n", 400, NULL),
    SAMPLE("blank before colon", "GET / HTTP/1.1\r\n" H "X : a\r\n\r\n", 400, NULL),
    SAMPLE("blank in name", "GET / HTTP/1.1\r\n" H "X Y: a\r\n\r\n", 400, NULL),
    SAMPLE("no colon", "GET / HTTP/1.1\r\n" H "nothing\r\n\r\n", 400, NULL),
    SAMPLE("empty name", "GET / HTTP/1.1\r\n" H ": a\r\n\r\n", 400, NULL),
    SAMPLE("control in name", "GET / HTTP/1.1\r\n" H "X\x01: a\r\n\r\n", 400, NULL),
    SAMPLE("NUL in name", "GET / HTTP/1.1\r\n" H "X\0Y: a\r\n\r\n", 400, NULL),
    SAMPLE("NUL in value", "GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n", 400, NULL),
    SAMPLE("control in value",
           "GET / HTTP/1.1\r\n" H "X: a\x01"
           "b\r\n\r\n",
           400, NULL),
    SAMPLE("DEL in value",
           "GET / HTTP/1.1\r\n" H "X: a\x7f"
           "b\r\n\r\n",
           400, NULL),
    SAMPLE("NUL in target", "GET /\0 HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("two blanks after method", "GET  / HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("two blanks before version", "GET /  HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("blank behind version", "GET / HTTP/1.1 \r\n" H "\r\n", 400, NULL),
    SAMPLE("tab in request line", "GET\t/ HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("no version", "GET /\r\n" H "\r\n", 400, NULL),
    SAMPLE("0.9", "GET / HTTP/0.9\r\n" H "\r\n", 505, NULL),
    SAMPLE("2.0", "GET / HTTP/2.0\r\n" H "\r\n", 505, NULL),
    SAMPLE("2.0 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, NULL),
    SAMPLE("version in small letters", "GET / http/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("unknown method", "FOO / HTTP/1.1\r\n" H "\r\n", 501, NULL),
    SAMPLE("small method", "get / HTTP/1.1\r\n" H "\r\n", 501, NULL),
    SAMPLE("connect", "CONNECT a:80 HTTP/1.1\r\n" H "\r\n", 501, NULL),
    SAMPLE("fragment", "GET /#a HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("8-bit target", "GET /\xC3\xA9 HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("relative target", "GET a HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("asterisk for GET", "GET * HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("ftp target", "GET ftp://a/ HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("user in target", "GET http://u@a/ HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("target without authority", "GET http:///a HTTP/1.1\r\n" H "\r\n", 400, NULL),
    SAMPLE("expectation", POST "Expect: tea\r\nContent-Length: 5\r\n\r\nhello", 417, NULL),
    SAMPLE("not HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n", 400, NULL),

    SAMPLE("chunk without size", POST "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n",
           400, NULL),
    SAMPLE("chunk size not hex", POST "Transfer-Encoding: chunked\r\n\r\ng\r\nhello\r\n0\r\n\r\n",
           400, NULL),
    SAMPLE("chunk size 0x", POST "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400,
           NULL),
    SAMPLE("chunk size sign", POST "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
           400, NULL),
    SAMPLE("chunk size blank", POST "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
           400, NULL),
    SAMPLE("chunk bare LF", POST "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 400,
           NULL),
    SAMPLE("chunk data bare LF", POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n",
           400, NULL),
    SAMPLE("chunk longer than said",
           POST "Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n", 400, NULL),
    SAMPLE("chunk extension bare LF",
           POST "Transfer-Encoding: chunked\r\n\r\n5;a\nhello\r\n0\r\n\r\n", 400, NULL),
    SAMPLE("chunk extension NUL",
           POST "Transfer-Encoding: chunked\r\n\r\n5;\0\r\nhello\r\n0\r\n\r\n", 400, NULL),
    SAMPLE("chunk size overflow", POST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
           413, NULL),
    SAMPLE("chunk size zeros", POST "Transfer-Encoding: chunked\r\n\r\n00000000000000005\r\n", 400,
           NULL),
    SAMPLE("chunks too large", POST "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413, NULL),
    SAMPLE("trailer bare LF", POST "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\n", 400, NULL),
    SAMPLE("trailer folded", POST "Transfer-Encoding: chunked\r\n\r\n0\r\n b\r\n\r\n", 400, NULL),
};
#define SAMPLE_COUNT (sizeof SAMPLES / sizeof SAMPLES[0])

static const struct http_parse_limits LIMITS = {100, 400, 1000, 10};

// Feeds `step` bytes at a time, in memory that moves each time, as a connection's does. Returns 0 or the refusal.
static unsigned parse(struct str bytes, size_t step, char *body, size_t *used) {
    struct http_head_parser parser;
    struct http_message message = {0};
    struct http_request request = {0};
    struct http_header headers[10];
    size_t skip = 0;
    while (skip + 2 <= bytes.len && memcmp(bytes.data + skip, "\r\n", 2) == 0) {
        skip += 2; // the connection does that
    }
    http_head_parser_init(&parser, &LIMITS);
    char *data = malloc(1);
    size_t len = 0;
    unsigned result = 999; // incomplete
    for (size_t at = skip; at < bytes.len && result == 999;) {
        size_t n = bytes.len - at < step ? bytes.len - at : step;
        char *moved = malloc(len + n);
        assert_non_null(moved);
        memcpy(moved, data, len);
        memcpy(moved + len, bytes.data + at, n);
        free(data);
        data = moved;
        len += n;
        at += n;
        enum http_parse_outcome outcome = HTTP_PARSE_COMPLETE;
        if (message.head_len == 0) {
            outcome = http_parse_head(&parser, &message, data, len, &request, headers);
        }
        if (outcome == HTTP_PARSE_COMPLETE) {
            outcome = http_parse_body(&message, data, len, LIMITS.body_bytes);
            len = outcome == HTTP_PARSE_MORE ? message.raw : len;
        }
        if (outcome == HTTP_PARSE_REFUSED) {
            assert_non_null(message.detail);
            result = message.refusal;
        } else if (outcome == HTTP_PARSE_COMPLETE) {
            result = 0;
            memcpy(body, data + message.head_len, message.body_len);
            body[message.body_len] = '\0';
            *used = at - (len - message.raw);
        }
    }
    free(data);
    return result;
}

static void test_table_in_any_pieces(void **state) {
    (void)state;
    static const size_t STEPS[] = {100000, 1, 2, 3, 7};
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        for (size_t j = 0; j < sizeof STEPS / sizeof STEPS[0]; j++) {
            char body[2000];
            size_t used = 0;
            unsigned status = parse(SAMPLES[i].bytes, STEPS[j], body, &used);
            if (status != SAMPLES[i].status) {
                fail_msg("%s, %zu bytes at a time: %u", SAMPLES[i].name, STEPS[j], status);
            }
            if (status == 0) {
                assert_string_equal(body, SAMPLES[i].body);
                assert_int_equal(used, SAMPLES[i].bytes.len);
            }
        }
    }
}

static void test_every_truncation_waits(void **state) {
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        if (SAMPLES[i].status != 0) {
            continue;
        }
        for (size_t len = 0; len < SAMPLES[i].bytes.len; len++) {
            char body[2000];
            size_t used = 0;
            unsigned status = parse(str_make(SAMPLES[i].bytes.data, len), 100000, body, &used);
            if (status != 999) {
                fail_msg("%s cut to %zu: %u", SAMPLES[i].name, len, status);
            }
        }
    }
}

static unsigned parse_filled(const char *before, char fill, size_t count, const char *after) {
    size_t room = strlen(before) + count + strlen(after) + 1;
    char *bytes = malloc(room);
    assert_non_null(bytes);
    memcpy(bytes, before, strlen(before));
    memset(bytes + strlen(before), fill, count);
    memcpy(bytes + strlen(before) + count, after, strlen(after) + 1);
    char body[2000];
    size_t used = 0;
    unsigned whole = parse(str_make(bytes, room - 1), 100000, body, &used);
    assert_int_equal(parse(str_make(bytes, room - 1), 1, body, &used), whole);
    free(bytes);
    return whole;
}

static void test_limits_are_exact(void **state) {
    (void)state;
    assert_int_equal(parse_filled("GET /", 'a', 99, " HTTP/1.1\r\n" H "\r\n"), 0);
    assert_int_equal(parse_filled("GET /", 'a', 100, " HTTP/1.1\r\n" H "\r\n"), 414);
    assert_int_equal(parse_filled("GET /", 'a', 5000, ""), 414);
    // "Host: a", "X: ", three line ends: 18 bytes.
    assert_int_equal(parse_filled("GET / HTTP/1.1\r\n" H "X: ", 'a', 400 - 16, "\r\n\r\n"), 0);
    assert_int_equal(parse_filled("GET / HTTP/1.1\r\n" H "X: ", 'a', 400 - 15, "\r\n\r\n"), 431);
    assert_int_equal(parse_filled("GET / HTTP/1.1\r\n" H "X: ", 'a', 5000, ""), 431);
    assert_int_equal(parse_filled("GET / HTTP/1.1\r\n" H, ' ', 0,
                                  "a:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\n\r\n"),
                     0);
    assert_int_equal(
        parse_filled("GET / HTTP/1.1\r\n" H, ' ', 0,
                     "a:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\n\r\n"),
        431);
    assert_int_equal(parse_filled(POST "Content-Length: 1000\r\n\r\n", 'b', 1000, ""), 0);
    assert_int_equal(
        parse_filled(POST "Transfer-Encoding: chunked\r\n\r\n3e8\r\n", 'b', 1000, "\r\n0\r\n\r\n"),
        0);
    assert_int_equal(parse_filled(POST "Transfer-Encoding: chunked\r\n\r\n3e8\r\n", 'b', 1000,
                                  "\r\n1\r\nb\r\n0\r\n\r\n"),
                     413);
    assert_int_equal(
        parse_filled(POST "Transfer-Encoding: chunked\r\n\r\n1;", 'x', 4000, "\r\nb\r\n0\r\n\r\n"),
        0);
    assert_int_equal(
        parse_filled(POST "Transfer-Encoding: chunked\r\n\r\n1;", 'x', 5000, "\r\nb\r\n0\r\n\r\n"),
        400);
    assert_int_equal(
        parse_filled(POST "Transfer-Encoding: chunked\r\n\r\n0\r\nT:", 'x', 5000, "\r\n\r\n"), 400);
}

static void echo(struct http_exchange *exchange, void *context) {
    (void)context;
    buffer_append_str(http_reply_body(exchange), exchange->request.body);
    http_reply_send(exchange, 200, "text/plain");
}

static void check_refusal(const struct sample *sample, const char *reply) {
    char line[32];
    snprintf(line, sizeof line, "HTTP/1.1 %u ", sample->status);
    if (strncmp(reply, line, strlen(line)) != 0) {
        fail_msg("%s: %s", sample->name, reply);
    }
    ASSERT_CONTAINS(reply, "Connection: close");
    ASSERT_CONTAINS(reply, "Content-Type: application/problem+json");
    ASSERT_LACKS(reply, "HTTP/1.1 200");
}

// A refused request takes the connection with it: what an attacker put behind it is never a request.
static void test_table_over_sockets(void **state) {
    (void)state;
    static const char SMUGGLED[] = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    struct http_server_config config = {.body_bytes = 1000};
    struct http_server *server = harness_start(echo, NULL, &config);
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        const struct sample *sample = &SAMPLES[i];
        int fd = harness_connect(server);
        harness_send(fd, sample->bytes.data, sample->bytes.len);
        if (sample->status != 0) {
            harness_send(fd, SMUGGLED, sizeof SMUGGLED - 1);
            check_refusal(sample, harness_read_all(fd));
        } else {
            const char *reply =
                harness_read_until(fd, sample->body[0] ? sample->body : "\r\n\r\n", 1);
            ASSERT_CONTAINS(reply, "HTTP/1.1 200 OK\r\n");
        }
        close(fd);
    }
    http_server_stop(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_in_any_pieces),
        cmocka_unit_test(test_every_truncation_waits),
        cmocka_unit_test(test_limits_are_exact),
        cmocka_unit_test(test_table_over_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
