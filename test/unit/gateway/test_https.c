// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Redirections to HTTPS and the header that keeps browsers there.
#include "gateway/https.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../http/secure.h"
#include "http/forwarded.h"

struct setting {
    struct gateway_https https;
    struct http_networks *trusted;
};

static void handle(struct http_exchange *exchange, void *context) {
    const struct setting *setting = context;
    if (setting->trusted) {
        http_forwarded_believe(setting->trusted, exchange);
    }
    if (!gateway_https_handle(&setting->https, exchange)) {
        http_reply_send_static(exchange, 200, "text/plain", STR("fine"));
    }
}

static void assert_reply(const struct http_server *server, const char *request, const char *first,
                         const char *second) {
    char text[1000];
    snprintf(text, sizeof text, "%s\r\nConnection: close\r\n\r\n", request);
    const char *reply = harness_talk(server, text, strlen(text));
    ASSERT_CONTAINS(reply, first);
    ASSERT_CONTAINS(reply, second);
    ASSERT_LACKS(reply, "Strict-Transport-Security");
}

static void test_where_plain_requests_are_sent(void **state) {
    (void)state;
    struct setting setting = {{.redirect = true, .port = 8443, .hsts_seconds = 60}, NULL};
    struct http_server *server = harness_start(handle, &setting, NULL);
    assert_reply(server, "GET /a/b?c=d HTTP/1.1\r\nHost: x.test:8080", " 301 ",
                 "Location: https://x.test:8443/a/b?c=d\r\n");
    assert_reply(server, "HEAD / HTTP/1.1\r\nHost: [::1]:80", " 301 ",
                 "Location: https://[::1]:8443/\r\n");
    assert_reply(server, "POST /v1/track HTTP/1.1\r\nHost: x.test\r\nContent-Length: 0", " 308 ",
                 "Location: https://x.test:8443/v1/track\r\n");
    assert_reply(server, "GET //evil.test/ HTTP/1.1\r\nHost: x.test", " 301 ",
                 "Location: https://x.test:8443//evil.test/\r\n");
    assert_reply(server, "GET / HTTP/1.1\r\nHost: x@evil.test", " 400 ", "Host");
    assert_reply(server, "GET / HTTP/1.1\r\nHost: x/y", " 400 ", "Host");
    assert_reply(server, "GET / HTTP/1.1\r\nHost: ", " 400 ", "Host");
    // Not from somebody who is not trusted to know.
    assert_reply(server, "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https", " 301 ",
                 "Location: https://a:8443/");
    http_server_stop(server);
    setting.https.port = 443;
    setting.https.public_url = STR("https://events.test/");
    server = harness_start(handle, &setting, NULL);
    assert_reply(server, "GET /a? HTTP/1.1\r\nHost: x.test:8080", " 301 ",
                 "Location: https://events.test/a?\r\n");
    http_server_stop(server);
}

static void test_what_stays_plain(void **state) {
    (void)state;
    struct setting setting = {{.redirect = true, .hsts_seconds = 60}, NULL};
    struct http_server *server = harness_start(handle, &setting, NULL);
    assert_reply(server, "GET /health HTTP/1.1\r\nHost: a", " 200 ", "fine");
    assert_reply(server, "GET /health/ready HTTP/1.1\r\nHost: a", " 200 ", "fine");
    assert_reply(server, "GET /.well-known/acme-challenge/xyz HTTP/1.1\r\nHost: a", " 200 ",
                 "fine");
    assert_reply(server, "GET /healthy HTTP/1.1\r\nHost: a", " 301 ", "https://a/healthy");
    http_server_stop(server);
    setting.https.redirect = false;
    server = harness_start(handle, &setting, NULL);
    assert_reply(server, "GET / HTTP/1.1\r\nHost: a", " 200 ", "fine");
    http_server_stop(server);
}

static void test_what_came_through_https(void **state) {
    (void)state;
    struct setting setting = {{.redirect = true, .hsts_seconds = 31536000}, NULL};
    struct pki pki;
    pki_begin(&pki);
    pki_make(&pki, "a", NULL, PKI_SERVER, "DNS:a.test");
    struct str file = str_from_c(pki_pair(&pki, "a"));
    struct http_certificates_config config = {.files = &file, .file_count = 1};
    struct http_certificates *certificates = secure_certificates(&config);
    struct http_server *server = secure_start(handle, &setting, certificates, NULL);
    struct secure client;
    char text[2000];
    secure_connect(&client, server, NULL);
    assert_true(
        secure_ask(&client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "fine", text, sizeof text));
    ASSERT_CONTAINS(text, "200 OK");
    ASSERT_CONTAINS(text, "Strict-Transport-Security: max-age=31536000\r\n");
    secure_close(&client);
    http_server_stop(server);
    http_certificates_release(certificates);
    pki_end(&pki);
    // By a proxy that is trusted.
    struct str network = STR("127.0.0.1");
    struct error err;
    assert_int_equal(http_networks_make(&network, 1, &setting.trusted, &err), STATUS_OK);
    server = harness_start(handle, &setting, NULL);
    static const char REQUEST[] =
        "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n";
    const char *reply = harness_talk(server, REQUEST, sizeof REQUEST - 1);
    ASSERT_CONTAINS(reply, "200 OK");
    ASSERT_CONTAINS(reply, "Strict-Transport-Security: max-age=31536000\r\n");
    http_server_stop(server);
    http_networks_free(setting.trusted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_plain_requests_are_sent),
        cmocka_unit_test(test_what_stays_plain),
        cmocka_unit_test(test_what_came_through_https),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
