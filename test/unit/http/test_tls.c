// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// TLS as a server: which certificate for whom, who is let in, what is refused, and new certificates while old connections last.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "secure.h"

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static struct pki pki;

static void say_who(struct http_exchange *exchange, void *context) {
    (void)context;
    struct buffer *body = http_reply_body(exchange);
    buffer_printf(body, "secure=%d subject=%.*s body=%zu. tls=%s", exchange->request.secure,
                  STR_ARG(exchange->request.client_subject), exchange->request.body.len,
                  exchange->request.tls ? exchange->request.tls : "");
    http_reply_send(exchange, 200, "text/plain");
}

static int set_up(void **state) {
    (void)state;
    pki_begin(&pki);
    pki_make(&pki, "root", NULL, PKI_AUTHORITY, NULL);
    pki_make(&pki, "other", NULL, PKI_AUTHORITY, NULL);
    pki_make(&pki, "a", "root", PKI_SERVER, "DNS:a.test,IP:127.0.0.1");
    pki_make(&pki, "wild", "root", PKI_SERVER, "DNS:*.w.test");
    pki_make(&pki, "client", "root", PKI_CLIENT, NULL);
    pki_make(&pki, "stranger", "other", PKI_CLIENT, NULL);
    pki_make(&pki, "expired", "root", PKI_EXPIRED, "DNS:a.test");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    pki_end(&pki);
    return 0;
}

static struct http_certificates *certificates_of(const char *first, const char *second,
                                                 enum http_client_auth auth) {
    struct str files[] = {str_from_c(pki_pair(&pki, first)),
                          second ? str_from_c(pki_pair(&pki, second)) : STR_EMPTY};
    struct http_certificates_config config = {
        .files = files, .file_count = second ? 2 : 1, .client_auth = auth, .http2 = false};
    char ca[400];
    snprintf(ca, sizeof ca, "%s", pki_path(&pki, "root.pem"));
    config.client_ca = auth == HTTP_CLIENT_AUTH_OFF ? STR_EMPTY : str_from_c(ca);
    return secure_certificates(&config);
}

static void assert_answers(struct secure *client, const char *part) {
    char text[4096];
    assert_int_equal(client->code, 1);
    assert_true(secure_ask(client, GET, ".", text, sizeof text) || strstr(text, "200 OK"));
    while (!strstr(text, "body=") &&
           secure_ask(client, "", "body=", text + strlen(text), sizeof text - strlen(text))) {
    }
    ASSERT_CONTAINS(text, "200 OK");
    ASSERT_CONTAINS(text, part);
}

static void test_the_name_chooses_the_certificate(void **state) {
    (void)state;
    static const struct {
        const char *asked;
        const char *shown;
    } CASES[] = {
        {"a.test", "a"},     {"A.TEST", "a"},      {"x.w.test", "wild"}, {"X.W.Test", "wild"},
        {"x.y.w.test", "a"}, {"w.test", "a"},      {"nobody.test", "a"}, {NULL, "a"},
        {"x.wtest", "a"},    {"*.w.test", "wild"},
    };
    struct http_certificates *certificates = certificates_of("a", "wild", HTTP_CLIENT_AUTH_OFF);
    struct http_server *server = secure_start(say_who, NULL, certificates, NULL);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct secure_options options = {.name = CASES[i].asked};
        struct secure client;
        secure_connect(&client, server, &options);
        assert_int_equal(client.code, 1);
        assert_string_equal(client.name, CASES[i].shown);
        assert_answers(&client, "secure=1 subject= body=0. tls=TLSv1.");
        secure_close(&client);
    }
    const char *plain = harness_talk(server, "GET / HTTP/1.0\r\n\r\n", 18);
    ASSERT_CONTAINS(plain, "secure=0");
    http_server_stop(server);
    http_certificates_release(certificates);
}

static void test_clients_check_what_they_see(void **state) {
    (void)state;
    struct http_certificates *certificates = certificates_of("a", "expired", HTTP_CLIENT_AUTH_OFF);
    struct http_server *server = secure_start(say_who, NULL, certificates, NULL);
    char root[400];
    char other[400];
    snprintf(root, sizeof root, "%s", pki_path(&pki, "root.pem"));
    snprintf(other, sizeof other, "%s", pki_path(&pki, "other.pem"));
    const struct {
        struct secure_options options;
        int code;
    } CASES[] = {
        {{.ca = root, .name = "a.test"}, 1},
        {{.ca = root, .name = "b.test"}, -1},
        {{.ca = other, .name = "a.test"}, -1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct secure client;
        secure_connect(&client, server, &CASES[i].options);
        assert_int_equal(client.code, CASES[i].code);
        secure_close(&client);
    }
    http_server_stop(server);
    http_certificates_release(certificates);
}

static void test_protocols_and_ciphers(void **state) {
    (void)state;
    static const struct {
        struct secure_options options;
        int code;
    } CASES[] = {
        {{.version = TLS1_3_VERSION}, 1},
        {{.version = TLS1_2_VERSION}, 1},
        {{.version = TLS1_1_VERSION}, -1},
        {{.version = TLS1_VERSION}, -1},
        {{.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}, 1},
        {{.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"}, 1},
        {{.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA"}, -1},
        {{.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES256-SHA384"}, -1},
        {{.version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"}, -1},
        {{.version = TLS1_2_VERSION, .ciphers = "aNULL"}, -1},
        {{.version = TLS1_2_VERSION, .ciphers = "eNULL"}, -1},
        {{.protocols = "\x08http/1.1"}, 1},
        {{.protocols = "\x02h2\x08http/1.1"}, 1},
        {{.protocols = "\x04imap"}, -1},
    };
    struct http_certificates *certificates = certificates_of("a", NULL, HTTP_CLIENT_AUTH_OFF);
    struct http_server *server = secure_start(say_who, NULL, certificates, NULL);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct secure client;
        secure_connect(&client, server, &CASES[i].options);
        assert_int_equal(client.code > 0, CASES[i].code > 0);
        if (client.code > 0) {
            assert_answers(&client, "secure=1");
            assert_null(SSL_get_current_compression(client.ssl));
        }
        secure_close(&client);
    }
    http_server_stop(server);
    http_certificates_release(certificates);
}

static void test_renegotiation_is_refused(void **state) {
    (void)state;
    struct http_certificates *certificates = certificates_of("a", NULL, HTTP_CLIENT_AUTH_OFF);
    struct http_server *server = secure_start(say_who, NULL, certificates, NULL);
    struct secure_options options = {.version = TLS1_2_VERSION};
    struct secure client;
    secure_connect(&client, server, &options);
    assert_answers(&client, "secure=1");
    assert_int_equal(SSL_renegotiate(client.ssl), 1);
    assert_true(SSL_do_handshake(client.ssl) <= 0);
    secure_close(&client);
    http_server_stop(server);
    http_certificates_release(certificates);
}

static void test_client_certificates(void **state) {
    (void)state;
    static const struct {
        enum http_client_auth auth;
        const char *shown;
        bool answered;
        const char *subject;
    } CASES[] = {
        {HTTP_CLIENT_AUTH_OFF, "client", true, "subject= "},
        {HTTP_CLIENT_AUTH_OPTIONAL, NULL, true, "subject= "},
        {HTTP_CLIENT_AUTH_OPTIONAL, "client", true, "subject=CN=client "},
        {HTTP_CLIENT_AUTH_OPTIONAL, "stranger", false, NULL},
        {HTTP_CLIENT_AUTH_REQUIRED, NULL, false, NULL},
        {HTTP_CLIENT_AUTH_REQUIRED, "client", true, "subject=CN=client "},
        {HTTP_CLIENT_AUTH_REQUIRED, "stranger", false, NULL},
        {HTTP_CLIENT_AUTH_REQUIRED, "a", false, NULL}, // a server's is no client's
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct http_certificates *certificates = certificates_of("a", NULL, CASES[i].auth);
        struct http_server *server = secure_start(say_who, NULL, certificates, NULL);
        char chain[400] = "";
        char key[400] = "";
        struct secure_options options = {0};
        if (CASES[i].shown) {
            snprintf(chain, sizeof chain, "%s/%s.pem", pki.directory, CASES[i].shown);
            snprintf(key, sizeof key, "%s/%s.key", pki.directory, CASES[i].shown);
            options = (struct secure_options){.certificate = chain, .key = key};
        }
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
            struct secure client;
            options.version = version;
            secure_connect(&client, server, &options);
            if (CASES[i].answered) {
                assert_answers(&client, CASES[i].subject);
            } else {
                char text[1000];
                assert_false(secure_ask(&client, GET, ".", text, sizeof text));
            }
            secure_close(&client);
        }
        http_server_stop(server);
        http_certificates_release(certificates);
    }
}

static void test_files_that_cannot_be_used(void **state) {
    (void)state;
    pki_write(&pki, "junk.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    pki_write(&pki, "empty.pem", "");
    char pairs[5][900];
    snprintf(pairs[0], sizeof pairs[0], "%s/none.pem", pki.directory);
    snprintf(pairs[1], sizeof pairs[1], "%s/junk.pem:%s/a.key", pki.directory, pki.directory);
    snprintf(pairs[2], sizeof pairs[2], "%s/a.pem:%s/wild.key", pki.directory, pki.directory);
    snprintf(pairs[3], sizeof pairs[3], "%s/a.pem", pki.directory);
    snprintf(pairs[4], sizeof pairs[4], "%s/empty.pem:%s/a.key", pki.directory, pki.directory);
    static const char *const NAMED[] = {"none.pem", "junk.pem", "wild.key", "a.pem", "empty.pem"};
    struct http_certificates *certificates = NULL;
    struct http_certificates_config config = {
        .file_count = 1, .clock = clock_system(), .random = random_system()};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct error err = {STATUS_OK, ""};
        struct str file = str_from_c(pairs[i]);
        config.files = &file;
        assert_int_equal(http_certificates_make(&config, &certificates, &err), STATUS_INVALID);
        ASSERT_CONTAINS(err.text, NAMED[i]);
    }
    struct error err = {STATUS_OK, ""};
    struct str good = str_from_c(pki_pair(&pki, "a"));
    config.files = &good;
    config.client_auth = HTTP_CLIENT_AUTH_REQUIRED;
    assert_int_equal(http_certificates_make(&config, &certificates, &err), STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "authorities");
    config.client_ca = STR("/nowhere/ca.pem");
    assert_int_equal(http_certificates_make(&config, &certificates, &err), STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "/nowhere/ca.pem");
}

static void wait_for_name(const struct http_server *server, const char *name) {
    int64_t deadline = harness_now_ms() + 10000;
    for (;;) {
        struct secure client;
        secure_connect(&client, server, NULL);
        bool same = strcmp(client.name, name) == 0;
        secure_close(&client);
        if (same) {
            return;
        }
        assert_true(harness_now_ms() < deadline);
        poll(NULL, 0, 5);
    }
}

static void test_new_certificates_without_a_restart(void **state) {
    (void)state;
    pki_copy(&pki, "a", "used");
    struct http_certificates *certificates = certificates_of("used", NULL, HTTP_CLIENT_AUTH_OFF);
    struct http_server *server = secure_start(say_who, NULL, certificates, NULL);
    struct error err = {STATUS_OK, ""};
    assert_int_equal(http_certificates_watch(certificates, 10, &err), STATUS_OK);
    struct secure lasting;
    secure_connect(&lasting, server, NULL);
    assert_string_equal(lasting.name, "a");
    pki_copy(&pki, "wild", "used"); // certificate, then key: in between they do not match
    wait_for_name(server, "wild");
    assert_answers(&lasting, "secure=1");
    pki_write(&pki, "used.pem", "broken");
    assert_int_equal(http_certificates_reload(certificates, &err), STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "used.pem");
    wait_for_name(server, "wild");
    pki_copy(&pki, "a", "used");
    http_certificates_touch(certificates);
    wait_for_name(server, "a");
    assert_answers(&lasting, "secure=1");
    secure_close(&lasting);
    http_certificates_unwatch(certificates);
    http_server_stop(server);
    http_certificates_release(certificates);
}

static bool resumed(const struct http_server *server, SSL_SESSION *session) {
    struct secure client = {.fd = harness_connect_port(http_server_tls_port(server))};
    client.context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(client.context, TLS1_2_VERSION);
    SSL_CTX_use_certificate_chain_file(client.context, pki_path(&pki, "client.pem"));
    SSL_CTX_use_PrivateKey_file(client.context, pki_path(&pki, "client.key"), SSL_FILETYPE_PEM);
    client.ssl = SSL_new(client.context);
    SSL_set_fd(client.ssl, client.fd);
    assert_int_equal(SSL_set_session(client.ssl, session), 1);
    client.code = SSL_connect(client.ssl);
    assert_int_equal(client.code, 1);
    bool again = SSL_session_reused(client.ssl) == 1;
    assert_answers(&client, "secure=1");
    secure_close(&client);
    return again;
}

// A ticket spares a handshake; but not the look at a client's certificate by authorities that have changed.
static void test_tickets(void **state) {
    (void)state;
    for (int auth = HTTP_CLIENT_AUTH_OFF; auth <= HTTP_CLIENT_AUTH_REQUIRED; auth++) {
        struct http_certificates *certificates =
            certificates_of("a", NULL, (enum http_client_auth)auth);
        struct http_server *server = secure_start(say_who, NULL, certificates, NULL);
        char chain[400];
        char key[400];
        snprintf(chain, sizeof chain, "%s", pki_path(&pki, "client.pem"));
        snprintf(key, sizeof key, "%s", pki_path(&pki, "client.key"));
        struct secure_options options = {
            .version = TLS1_2_VERSION, .certificate = chain, .key = key};
        struct secure client;
        struct error err = {STATUS_OK, ""};
        secure_connect(&client, server, &options);
        assert_answers(&client, "secure=1");
        SSL_SESSION *session = SSL_get1_session(client.ssl);
        secure_close(&client);
        assert_true(resumed(server, session));
        assert_int_equal(http_certificates_reload(certificates, &err), STATUS_OK);
        assert_int_equal(resumed(server, session), auth == HTTP_CLIENT_AUTH_OFF);
        SSL_SESSION_free(session);
        http_server_stop(server);
        http_certificates_release(certificates);
    }
}

static void test_large_bodies_and_many_requests(void **state) {
    (void)state;
    enum { LEN = 3 << 20, REQUESTS = 100 };
    struct http_certificates *certificates = certificates_of("a", NULL, HTTP_CLIENT_AUTH_OFF);
    struct http_server *server = secure_start(say_who, NULL, certificates, NULL);
    struct secure client;
    char *request = malloc(LEN + 200);
    char text[65536];
    assert_non_null(request);
    int head =
        snprintf(request, 200, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", LEN);
    memset(request + head, 'x', LEN);
    request[head + LEN] = '\0';
    secure_connect(&client, server, NULL);
    assert_true(secure_ask(&client, request, "body=3145728.", text, sizeof text));
    ASSERT_CONTAINS(text, "body=3145728.");
    // All in few records: more than the pipeline takes at a time, so that bytes wait where poll does not see them.
    for (int i = 0; i < REQUESTS; i++) {
        memcpy(request + (size_t)i * (sizeof GET - 1), GET, sizeof GET);
    }
    assert_true(SSL_write(client.ssl, request, (int)strlen(request)) > 0);
    size_t len = 0;
    while (harness_count(text, "body=0.") < REQUESTS) {
        int n = SSL_read(client.ssl, text + len, (int)(sizeof text - 1 - len));
        assert_true(n > 0);
        len += (size_t)n;
        text[len] = '\0';
    }
    secure_close(&client);
    free(request);
    http_server_stop(server);
    http_certificates_release(certificates);
}

static void test_handshakes_that_do_not_end(void **state) {
    (void)state;
    enum { IDLE = 40 };
    struct http_server_config config = {.handshakes = 8, .handshake_timeout_ms = 60000};
    struct http_certificates *certificates = certificates_of("a", NULL, HTTP_CLIENT_AUTH_OFF);
    struct http_server *server = secure_start(say_who, NULL, certificates, &config);
    struct secure before;
    secure_connect(&before, server, NULL);
    int fds[IDLE];
    for (int i = 0; i < IDLE; i++) { // each makes room for those behind it
        fds[i] = harness_connect_port(http_server_tls_port(server));
        harness_send(fds[i], "\x16\x03\x01", 3);
        if (i % 10 == 0) {
            struct secure client;
            secure_connect(&client, server, NULL);
            assert_answers(&client, "secure=1");
            secure_close(&client);
        }
    }
    assert_string_equal(harness_read_all(fds[0]), "");
    assert_answers(&before, "secure=1");
    for (int i = 0; i < IDLE; i++) {
        close(fds[i]);
    }
    secure_close(&before);
    http_server_stop(server);
    config = (struct http_server_config){.handshake_timeout_ms = 100};
    server = secure_start(say_who, NULL, certificates, &config);
    int64_t started = harness_now_ms();
    int fd = harness_connect_port(http_server_tls_port(server));
    assert_string_equal(harness_read_all(fd), "");
    assert_true(harness_now_ms() - started >= 95);
    close(fd);
    http_server_stop(server);
    http_certificates_release(certificates);
}

static void test_garbage(void **state) {
    (void)state;
    static const char *const GARBAGE[] = {
        GET, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage garbage", "\x15\x03\x01",
        "\x80\x2e\x01\x00\x02"};
    struct http_certificates *certificates = certificates_of("a", NULL, HTTP_CLIENT_AUTH_OFF);
    struct http_server *server = secure_start(say_who, NULL, certificates, NULL);
    for (size_t i = 0; i < sizeof GARBAGE / sizeof GARBAGE[0]; i++) {
        int fd = harness_connect_port(http_server_tls_port(server));
        harness_send(fd, GARBAGE[i], strlen(GARBAGE[i]));
        shutdown(fd, SHUT_WR);
        ASSERT_LACKS(harness_read_all(fd), "200");
        close(fd);
    }
    struct secure client;
    secure_connect(&client, server, NULL);
    assert_answers(&client, "secure=1");
    // Records of an established connection that were tampered with.
    assert_int_equal(send(client.fd, "\x17\x03\x03\x00\x14 not at all encrypted", 25, 0), 25);
    char text[100];
    assert_true(SSL_read(client.ssl, text, sizeof text) <= 0);
    secure_close(&client);
    http_server_stop(server);
    http_certificates_release(certificates);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_name_chooses_the_certificate),
        cmocka_unit_test(test_clients_check_what_they_see),
        cmocka_unit_test(test_protocols_and_ciphers),
        cmocka_unit_test(test_renegotiation_is_refused),
        cmocka_unit_test(test_client_certificates),
        cmocka_unit_test(test_files_that_cannot_be_used),
        cmocka_unit_test(test_new_certificates_without_a_restart),
        cmocka_unit_test(test_tickets),
        cmocka_unit_test(test_large_bodies_and_many_requests),
        cmocka_unit_test(test_handshakes_that_do_not_end),
        cmocka_unit_test(test_garbage),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
