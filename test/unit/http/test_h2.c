// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// HTTP/2: the same exchanges as by HTTP/1.1, and requests that are not proper.
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/workers.h"
#include "h2_peer.h"
#include "secure.h"

#define LARGE ((size_t)300 * 1024)

static void answer(struct http_exchange *exchange, void *context) {
    const struct http_request *request = &exchange->request;
    struct buffer *body = http_reply_body(exchange);
    (void)context;
    if (str_equal(request->path, STR("/large"))) {
        static char text[LARGE];
        memset(text, 'x', sizeof text);
        buffer_append(body, text, sizeof text);
    } else if (str_equal(request->path, STR("/none"))) {
        http_reply_send(exchange, 204, NULL);
        return;
    } else {
        buffer_printf(body, "%.*s %.*s|%.*s|host=%.*s|cookie=%.*s|x=%.*s|%s|body=%zu.",
                      STR_ARG(request->method_name), STR_ARG(request->path),
                      STR_ARG(request->query), STR_ARG(http_request_header(exchange, STR("Host"))),
                      STR_ARG(http_request_header(exchange, STR("Cookie"))),
                      STR_ARG(http_request_header(exchange, STR("X-Thing"))), request->protocol,
                      request->body.len);
    }
    http_reply_header(exchange, "X-Reply", STR("Yes"));
    http_reply_send(exchange, 200, "text/plain");
}

static struct http_server *start(const struct http_server_config *config) {
    struct http_server_config filled = config ? *config : (struct http_server_config){0};
    filled.http2 = true;
    return harness_start(answer, NULL, &filled);
}

static void test_requests_and_replies(void **state) {
    (void)state;
    struct http_server *server = start(NULL);
    struct h2_peer *peer = h2_connect(server);
    h2_headers(peer, 0, H2_GET,
               ":method: GET\n:scheme: http\n:path: /a/b?c=d\n:authority: a.test:80\n"
               "cookie: a=1\nx-thing: y\ncookie: b=2\n");
    const struct h2_reply *reply = h2_wait(peer, 0);
    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->text,
                        "GET /a/b|c=d|host=a.test:80|cookie=a=1; b=2|x=y|HTTP/2|body=0.");
    ASSERT_CONTAINS(reply->headers, "x-reply: Yes\n");
    ASSERT_CONTAINS(reply->headers, "content-type: text/plain\n");
    ASSERT_CONTAINS(reply->headers, "x-request-id: ");
    ASSERT_LACKS(reply->headers, "onnection");
    // Without :authority a Host will do.
    h2_headers(peer, 1, H2_GET, ":method: GET\n:scheme: http\n:path: /\nhost: b.test\n");
    ASSERT_CONTAINS(h2_wait(peer, 1)->text, "host=b.test|");
    h2_headers(peer, 2, H2_GET, ":method: HEAD\n:scheme: http\n:path: /\n:authority: a\n");
    reply = h2_wait(peer, 2);
    assert_int_equal(reply->status, 200);
    assert_int_equal(reply->body, 0);
    ASSERT_CONTAINS(reply->headers, "content-length: 4");
    h2_headers(peer, 3, H2_GET, ":method: GET\n:scheme: http\n:path: /none\n:authority: a\n");
    reply = h2_wait(peer, 3);
    assert_int_equal(reply->status, 204);
    ASSERT_LACKS(reply->headers, "content-length");
    h2_headers(peer, 4, H2_POST,
               ":method: POST\n:scheme: http\n:path: /\n:authority: a\nexpect: 100-continue\n");
    while (peer->replies[4].interim == 0) {
        assert_true(h2_read(peer));
    }
    h2_data(peer, 4, false, "abc", 3);
    h2_data(peer, 4, true, "de", 2);
    ASSERT_CONTAINS(h2_wait(peer, 4)->text, "body=5.");
    // Trailers end a body as well.
    h2_headers(peer, 5, H2_POST, H2_HEAD_POST "content-length: 3\n");
    h2_data(peer, 5, false, "abc", 3);
    h2_headers(peer, 5, H2_GET, "x-trailer: t\n");
    ASSERT_CONTAINS(h2_wait(peer, 5)->text, "body=3.");
    h2_close(peer);
    ASSERT_CONTAINS(harness_talk(server, "GET /plain HTTP/1.0\r\n\r\n", 23), "GET /plain");
    http_server_stop(server);
}

static void test_windows(void **state) {
    (void)state;
    struct http_server *server = start(NULL);
    struct h2_peer *peer = h2_connect(server);
    h2_headers(peer, 0, H2_GET, ":method: GET\n:scheme: http\n:path: /large\n:authority: a\n");
    while (peer->replies[0].body < 65535) {
        assert_true(h2_read(peer));
    }
    assert_true(h2_ping(peer)); // no more came than the windows allow
    assert_int_equal(peer->replies[0].body, 65535);
    h2_window(peer, 0, LARGE);
    assert_true(h2_ping(peer));
    assert_int_equal(peer->replies[0].body, 65535);
    h2_window(peer, h2_id(0), LARGE);
    assert_true(h2_wait(peer, 0)->ended);
    assert_int_equal(peer->replies[0].body, LARGE);
    h2_close(peer);
    http_server_stop(server);
}

// Sends len bytes as fast as the server's windows allow, which h2_read must not see consumed by others.
static void upload(struct h2_peer *peer, unsigned number, size_t len) {
    static char bytes[16384];
    while (len > 0) {
        size_t n = len < sizeof bytes ? len : sizeof bytes;
        h2_data(peer, number, n == len, bytes, n);
        len -= n;
        if (!h2_ping(peer)) {
            return;
        }
    }
}

static void test_bodies(void **state) {
    (void)state;
    struct http_server_config config = {.body_bytes = 1 << 20};
    struct http_server *server = start(&config);
    struct h2_peer *peer = h2_connect(server);
    h2_headers(peer, 0, H2_POST, H2_HEAD_POST "content-length: 1048576\n");
    upload(peer, 0, 1 << 20);
    ASSERT_CONTAINS(h2_wait(peer, 0)->text, "body=1048576.");
    h2_headers(peer, 1, H2_POST, H2_HEAD_POST "content-length: 1048577\n");
    assert_int_equal(h2_wait(peer, 1)->status, 413);
    h2_headers(peer, 2, H2_POST, H2_HEAD_POST);
    upload(peer, 2, (1 << 20) + 1);
    assert_int_equal(h2_wait(peer, 2)->status, 413);
    h2_assert_alive(peer, 3);
    h2_close(peer);
    http_server_stop(server);
}

// Bodies of many streams at a time: those beyond what is held wait, and all come to their end.
static void test_many_bodies_at_once(void **state) {
    (void)state;
    enum { STREAMS = 60, CHUNK = 16384, CHUNKS = 8 };
    static char bytes[CHUNK];
    struct http_server *server = start(NULL);
    struct h2_peer *peer = h2_connect(server);
    for (unsigned i = 0; i < STREAMS; i++) {
        h2_headers(peer, i, H2_POST, H2_HEAD_POST);
    }
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        for (unsigned i = 0; i < STREAMS; i++) {
            h2_data(peer, i, false, bytes, CHUNK);
            if (i % 20 == 19) {
                assert_true(h2_ping(peer)); // the connection's window is open again
            }
        }
    }
    for (unsigned i = 0; i < STREAMS; i++) {
        h2_data(peer, i, true, "", 0);
    }
    for (unsigned i = 0; i < STREAMS; i++) {
        ASSERT_CONTAINS(h2_wait(peer, i)->text, "body=131072.");
    }
    h2_close(peer);
    http_server_stop(server);
}

static void test_requests_that_are_not_proper(void **state) {
    (void)state;
    static const char *const MALFORMED[] = {
        ":method: GET\n:scheme: http\n:authority: a\n",                  // no path
        ":method: GET\n:path: /\n:authority: a\n",                       // no scheme
        ":scheme: http\n:path: /\n:authority: a\n",                      // no method
        ":method: GET\n:scheme: http\n:path: /\n",                       // no host
        ":method: GET\n:scheme: http\n:path: \n:authority: a\n",         // an empty path
        ":method: GET\n" H2_HEAD,                                        // twice
        H2_HEAD ":path: /other\n",                                       // twice
        "x: y\n" H2_HEAD,                                                // behind a field
        H2_HEAD ":status: 200\n",                                        // a reply's
        H2_HEAD ":unknown: x\n",                                         //
        H2_HEAD "X-Upper: y\n",                                          // upper case
        H2_HEAD "connection: close\n",                                   // of the connection
        H2_HEAD "keep-alive: 5\n",                                       //
        H2_HEAD "proxy-connection: x\n",                                 //
        H2_HEAD "transfer-encoding: chunked\n",                          //
        H2_HEAD "upgrade: h2c\n",                                        //
        H2_HEAD "te: gzip\n",                                            //
        H2_HEAD "x: a\\r\\nInjected: yes\n",                             // bytes that end lines
        H2_HEAD "x: a\\nb\n",                                            //
        H2_HEAD "x: a\\rb\n",                                            //
        H2_HEAD "x: a\\0b\n",                                            //
        H2_HEAD "x\\r\\n: a\n",                                          //
        H2_HEAD "x y: a\n",                                              //
        ":method: GET\n:scheme: http\n:path: /\n:authority: a\\r\\nb\n", //
        ":method: GET\n:scheme: http\n:path: / HTTP/1.1\\r\\nX: y\n:authority: a\n",
        ":method: G T\n:scheme: http\n:path: /\n:authority: a\n",
        ":method: GET\n:scheme: http\n:path: /\nhost: a\nhost: b\n",
        H2_HEAD "content-length: 5\n",                    // but there is no body
        H2_HEAD "content-length: x\n",                    //
        H2_HEAD "content-length: 0\ncontent-length: 0\n", //
    };
    struct http_server *server = start(NULL);
    for (size_t i = 0; i < sizeof MALFORMED / sizeof MALFORMED[0]; i++) {
        struct h2_peer *peer = h2_connect(server);
        h2_headers(peer, 0, H2_GET, MALFORMED[i]);
        const struct h2_reply *reply = h2_wait(peer, 0);
        bool refused = reply->reset == NGHTTP2_PROTOCOL_ERROR || reply->status == 400 ||
                       peer->goaway == NGHTTP2_PROTOCOL_ERROR;
        if (!refused) {
            print_error("case %zu: status %u reset %d goaway %d\n", i, reply->status, reply->reset,
                        peer->goaway);
        }
        assert_true(refused);
        if (peer->goaway < 0) {
            h2_assert_alive(peer, 1);
        }
        h2_close(peer);
    }
    http_server_stop(server);
}

static void test_requests_that_are_answered_with_an_error(void **state) {
    (void)state;
    static const struct {
        const char *lines;
        unsigned status;
    } CASES[] = {
        {H2_HEAD "host: b.test\n", 400}, // another than :authority
        {":method: GET\n:scheme: http\n:path: /a#b\n:authority: a\n", 400},
        {":method: GET\n:scheme: http\n:path: a/b\n:authority: a\n", 400},
        {":method: CONNECT\n:authority: a:443\n", 501},
    };
    struct http_server *server = start(NULL);
    struct h2_peer *peer = h2_connect(server);
    unsigned number = 0;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        h2_headers(peer, number, H2_GET, CASES[i].lines);
        const struct h2_reply *reply = h2_wait(peer, number++);
        if (reply->status != CASES[i].status && reply->reset != NGHTTP2_PROTOCOL_ERROR) {
            print_error("case %zu: %u\n", i, reply->status);
            fail();
        }
    }
    h2_headers(peer, number, H2_GET, H2_HEAD "host: a.test\n");
    assert_int_equal(h2_wait(peer, number++)->status, 200);
    // The body is not as long as was said.
    h2_headers(peer, number, H2_POST, H2_HEAD_POST "content-length: 3\n");
    h2_data(peer, number, true, "abcd", 4);
    assert_int_equal(h2_wait(peer, number++)->reset, NGHTTP2_PROTOCOL_ERROR);
    h2_headers(peer, number, H2_POST, H2_HEAD_POST "content-length: 3\n");
    h2_data(peer, number, true, "ab", 2);
    assert_int_equal(h2_wait(peer, number++)->reset, NGHTTP2_PROTOCOL_ERROR);
    h2_assert_alive(peer, number);
    h2_close(peer);
    http_server_stop(server);
}

static void test_limits_of_headers(void **state) {
    (void)state;
    struct http_server_config config = {
        .header_bytes = 4096, .header_count = 20, .target_bytes = 200};
    struct http_server *server = start(&config);
    struct h2_peer *peer = h2_connect(server);
    char lines[40000] = H2_HEAD;
    size_t len = strlen(lines);
    for (int i = 0; i < 20; i++) {
        len += (size_t)snprintf(lines + len, sizeof lines - len, "cookie: a=1\n");
    }
    h2_headers(peer, 0, H2_GET, lines);
    assert_int_equal(h2_wait(peer, 0)->status, 431);
    int n = snprintf(lines, sizeof lines, "%s", H2_HEAD "x: ");
    memset(lines + n, 'y', 5000);
    snprintf(lines + n + 5000, 2, "\n");
    h2_headers(peer, 1, H2_GET, lines);
    assert_int_equal(h2_wait(peer, 1)->status, 431);
    n = snprintf(lines, sizeof lines, ":method: GET\n:scheme: http\n:authority: a\n:path: /");
    memset(lines + n, 'y', 200);
    snprintf(lines + n + 200, 2, "\n");
    h2_headers(peer, 2, H2_GET, lines);
    assert_int_equal(h2_wait(peer, 2)->status, 414);
    h2_assert_alive(peer, 3);
    h2_close(peer);
    http_server_stop(server);
}

static void test_what_is_no_http2(void **state) {
    (void)state;
    static const char *const BYTES[] = {
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "PRI / HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    struct http_server *server = start(NULL);
    for (size_t i = 0; i < sizeof BYTES / sizeof BYTES[0]; i++) {
        ASSERT_LACKS(harness_talk(server, BYTES[i], strlen(BYTES[i])), "200");
    }
    // Byte by byte it is one, though.
    struct h2_peer *peer = h2_connect(server);
    h2_assert_alive(peer, 0);
    h2_close(peer);
    int fd = harness_connect(server);
    static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    for (size_t i = 0; i < sizeof PREFACE - 1; i++) {
        harness_send(fd, PREFACE + i, 1);
    }
    char first[9];
    assert_int_equal(recv(fd, first, sizeof first, MSG_WAITALL), 9);
    assert_int_equal(first[3], NGHTTP2_SETTINGS);
    close(fd);
    http_server_stop(server);
    // Where it is not spoken it is a method that is not known.
    server = harness_start(answer, NULL, NULL);
    ASSERT_CONTAINS(harness_talk(server, PREFACE, 24), "HTTP/1.1 ");
    http_server_stop(server);
}

static void test_through_tls(void **state) {
    (void)state;
    struct pki pki;
    pki_begin(&pki);
    pki_make(&pki, "a", NULL, PKI_SERVER, "DNS:a.test");
    struct str file = str_from_c(pki_pair(&pki, "a"));
    struct http_certificates_config config = {.files = &file, .file_count = 1, .http2 = true};
    struct http_certificates *certificates = secure_certificates(&config);
    struct http_server *server = secure_start(answer, NULL, certificates, NULL);
    struct secure client;
    struct secure_options options = {.protocols = "\x08http/1.1\x02h2"};
    secure_connect(&client, server, &options);
    assert_int_equal(client.code, 1);
    const unsigned char *chosen = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(client.ssl, &chosen, &len);
    assert_true(str_equal(str_make((const char *)chosen, len), STR("h2")));
    uint8_t request[400];
    memcpy(request, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\0\1\5\0\0\0\1", 42);
    size_t block = h2_block(H2_HEAD, request + 42, sizeof request - 42);
    request[35] = (uint8_t)block;
    assert_true(SSL_write(client.ssl, request, (int)(42 + block)) > 0);
    char reply[4096];
    size_t have = 0;
    while (have < sizeof reply && !memmem(reply, have, "HTTP/2|body=0.", 14)) {
        int n = SSL_read(client.ssl, reply + have, (int)(sizeof reply - have));
        assert_true(n > 0);
        have += (size_t)n;
    }
    secure_close(&client);
    // Without ALPN it is HTTP/1.1.
    secure_connect(&client, server, NULL);
    assert_true(
        secure_ask(&client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "body=0.", reply, sizeof reply));
    ASSERT_CONTAINS(reply, "HTTP/1.1|body=0.");
    secure_close(&client);
    http_server_stop(server);
    http_certificates_release(certificates);
    pki_end(&pki);
}

static void answer_later(struct http_exchange *exchange, void *context) {
    http_exchange_offload(exchange, answer, context);
}

static void test_replies_from_other_threads(void **state) {
    (void)state;
    enum { REQUESTS = 90 };
    struct workers *workers = NULL;
    assert_int_equal(workers_start(4, 200, "work", &workers), STATUS_OK);
    struct http_server_config config = {.http2 = true, .workers = workers};
    struct http_server *server = harness_start(answer_later, NULL, &config);
    struct h2_peer *peer = h2_connect(server);
    for (unsigned i = 0; i < REQUESTS; i++) {
        h2_headers(peer, i, H2_GET, H2_HEAD);
        if (i % 3 == 0) {
            h2_reset(peer, i); // its reply finds nobody
        }
    }
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (i % 3 != 0) {
            assert_int_equal(h2_wait(peer, i)->status, 200);
        }
    }
    for (unsigned i = 0; i < REQUESTS; i++) {
        h2_headers(peer, REQUESTS + i, H2_GET, H2_HEAD);
    }
    h2_close(peer); // and now neither do these
    http_server_stop(server);
    workers_stop(workers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_and_replies),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_many_bodies_at_once),
        cmocka_unit_test(test_requests_that_are_not_proper),
        cmocka_unit_test(test_requests_that_are_answered_with_an_error),
        cmocka_unit_test(test_limits_of_headers),
        cmocka_unit_test(test_what_is_no_http2),
        cmocka_unit_test(test_through_tls),
        cmocka_unit_test(test_replies_from_other_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
