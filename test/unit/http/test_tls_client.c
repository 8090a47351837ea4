// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// TLS as a client, over a socket that does not block: whom it believes, what it shows, and how much it takes at a time.
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "secure.h"

static struct pki pki;

static int set_up(void **state) {
    (void)state;
    pki_begin(&pki);
    pki_make(&pki, "root", NULL, PKI_AUTHORITY, NULL);
    pki_make(&pki, "other", NULL, PKI_AUTHORITY, NULL);
    pki_make(&pki, "a", "root", PKI_SERVER, "DNS:a.test,IP:127.0.0.1");
    pki_make(&pki, "old", "root", PKI_EXPIRED, "DNS:a.test");
    pki_make(&pki, "client", "root", PKI_CLIENT, NULL);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    pki_end(&pki);
    return 0;
}

static void echo(struct http_exchange *exchange, void *context) {
    (void)context;
    buffer_append_str(http_reply_body(exchange), exchange->request.client_subject);
    buffer_append_str(http_reply_body(exchange), exchange->request.body);
    buffer_append_char(http_reply_body(exchange), '!');
    http_reply_send(exchange, 200, "text/plain");
}

static void wait_for(const struct http_transport *transport) {
    struct pollfd wait = {.fd = transport->fd, .events = POLLIN};
    if (http_transport_unsent(transport)) {
        wait.events |= POLLOUT;
    }
    assert_true(poll(&wait, 1, 10000) > 0);
}

static enum status connect_to(const struct http_server *server, struct http_transport *transport,
                              const struct http_tls_client *client, const char *name,
                              struct error *err) {
    int fd = harness_connect_port(http_server_tls_port(server));
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    http_transport_open(transport, fd);
    assert_int_equal(http_tls_connect(transport, client, str_from_c(name)), STATUS_OK);
    enum status status = http_transport_handshake(transport, err);
    while (status == STATUS_END) {
        wait_for(transport);
        status = http_transport_handshake(transport, err);
    }
    return status;
}

static void end(struct http_transport *transport) {
    int fd = transport->fd;
    http_transport_close(transport);
    close(fd);
}

static struct http_server *start(const char *pair, enum http_client_auth auth,
                                 struct http_certificates **out) {
    struct str file = str_from_c(pair);
    struct http_certificates_config config = {.files = &file, .file_count = 1, .client_auth = auth};
    if (auth != HTTP_CLIENT_AUTH_OFF) {
        config.client_ca = str_from_c(pki_path(&pki, "root.pem"));
    }
    *out = secure_certificates(&config);
    return secure_start(echo, NULL, *out, NULL);
}

static struct http_tls_client *make_client(const char *ca, const char *certificate,
                                           const char *key) {
    struct tls_client_settings settings = {.ca_file = str_from_c(ca),
                                           .certificate = str_from_c(certificate),
                                           .key = str_from_c(key),
                                           .verify = true};
    struct http_tls_client *client = NULL;
    struct error err = {STATUS_OK, ""};
    if (http_tls_client_make(&settings, &client, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return client;
}

static void test_whom_it_believes(void **state) {
    (void)state;
    static const struct {
        const char *ca;
        const char *pair;
        const char *name;
        enum status status;
        const char *reason;
    } CASES[] = {
        {"root.pem", "a", "a.test", STATUS_OK, ""},
        {"root.pem", "a", "127.0.0.1", STATUS_OK, ""},
        {"root.pem", "a", "b.test", STATUS_DENIED, "ostname mismatch"},
        {"root.pem", "a", "127.0.0.2", STATUS_DENIED, "IP address mismatch"},
        {"other.pem", "a", "a.test", STATUS_DENIED, "certificate"},
        {"root.pem", "old", "a.test", STATUS_DENIED, "expired"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct http_certificates *certificates = NULL;
        struct http_server *server =
            start(pki_pair(&pki, CASES[i].pair), HTTP_CLIENT_AUTH_OFF, &certificates);
        struct http_tls_client *client = make_client(pki_path(&pki, CASES[i].ca), NULL, NULL);
        struct http_transport transport;
        struct error err = {STATUS_OK, ""};
        assert_int_equal(connect_to(server, &transport, client, CASES[i].name, &err),
                         CASES[i].status);
        ASSERT_CONTAINS(err.text, CASES[i].reason);
        end(&transport);
        http_tls_client_free(client);
        http_server_stop(server);
        http_certificates_release(certificates);
    }
}

static size_t read_all_of(struct http_transport *transport, char *to, size_t room, char last) {
    size_t len = 0;
    while (len < room && (len == 0 || to[len - 1] != last)) {
        ssize_t n = http_transport_read(transport, to + len, room - len);
        if (n < 0 && errno == EAGAIN) {
            wait_for(transport);
            continue;
        }
        assert_true(n > 0);
        len += (size_t)n;
    }
    return len;
}

static void test_what_it_shows_and_sends(void **state) {
    (void)state;
    enum { LEN = 2 << 20 };
    struct http_certificates *certificates = NULL;
    struct http_server *server =
        start(pki_pair(&pki, "a"), HTTP_CLIENT_AUTH_REQUIRED, &certificates);
    struct http_tls_client *client = make_client(
        pki_path(&pki, "root.pem"), pki_path(&pki, "client.pem"), pki_path(&pki, "client.key"));
    struct http_transport transport;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(connect_to(server, &transport, client, "a.test", &err), STATUS_OK);
    assert_true(str_equal(http_tls_protocol(&transport), STR("http/1.1")));
    char *body = calloc(1, LEN);
    char *reply = calloc(1, LEN + 1000);
    assert_true(body && reply);
    memset(body, 'x', LEN);
    char head[100];
    int n = snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
                     LEN);
    struct iovec segments[2] = {{head, (size_t)n}, {body, LEN}};
    while (segments[0].iov_len + segments[1].iov_len > 0) {
        ssize_t taken = http_transport_write(&transport, segments, 2);
        if (taken < 0) {
            assert_int_equal(errno, EAGAIN);
            assert_true(http_transport_unsent(&transport));
            struct pollfd wait = {.fd = transport.fd, .events = POLLOUT};
            assert_true(poll(&wait, 1, 10000) > 0);
            continue;
        }
        for (int i = 0; i < 2; i++) {
            size_t used = (size_t)taken < segments[i].iov_len ? (size_t)taken : segments[i].iov_len;
            segments[i].iov_base = (char *)segments[i].iov_base + used;
            segments[i].iov_len -= used;
            taken -= (ssize_t)used;
        }
    }
    while (http_transport_flush(&transport) != 0) {
        wait_for(&transport);
    }
    size_t len = read_all_of(&transport, reply, LEN + 999, '!');
    assert_true(len > LEN);
    ASSERT_CONTAINS(reply, "\r\n\r\nCN=clientxxx");
    free(body);
    free(reply);
    end(&transport);
    http_tls_client_free(client);
    http_server_stop(server);
    http_certificates_release(certificates);
}

static void test_what_a_server_may_refuse(void **state) {
    (void)state;
    struct http_certificates *certificates = NULL;
    struct http_server *server =
        start(pki_pair(&pki, "a"), HTTP_CLIENT_AUTH_REQUIRED, &certificates);
    struct http_tls_client *client = make_client(pki_path(&pki, "root.pem"), NULL, NULL);
    struct http_transport transport;
    struct error err = {STATUS_OK, ""};
    char byte;
    // With TLS 1.3 the client is done before the server has seen that it shows nothing.
    if (connect_to(server, &transport, client, "a.test", &err) == STATUS_OK) {
        ssize_t n;
        while ((n = http_transport_read(&transport, &byte, 1)) < 0 && errno == EAGAIN) {
            wait_for(&transport);
        }
        assert_true(n < 0);
    }
    end(&transport);
    http_tls_client_free(client);
    http_server_stop(server);
    http_certificates_release(certificates);
}

static void test_what_it_cannot_be_made_of(void **state) {
    (void)state;
    struct http_tls_client *client = NULL;
    struct error err = {STATUS_OK, ""};
    struct tls_client_settings settings = {.ca_file = STR("/nowhere/ca.pem"), .verify = true};
    assert_int_equal(http_tls_client_make(&settings, &client, &err), STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "/nowhere/ca.pem");
    settings = (struct tls_client_settings){.certificate = STR("/nowhere/c.pem"), .verify = false};
    assert_int_equal(http_tls_client_make(&settings, &client, &err), STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "/nowhere/c.pem");
    settings = (struct tls_client_settings){.verify = false};
    assert_int_equal(http_tls_client_make(&settings, &client, &err), STATUS_OK);
    struct http_transport transport;
    http_transport_open(&transport, -1);
    assert_int_equal(http_tls_connect(&transport, client, STR("")), STATUS_INVALID);
    http_tls_client_free(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whom_it_believes),
        cmocka_unit_test(test_what_it_shows_and_sends),
        cmocka_unit_test(test_what_a_server_may_refuse),
        cmocka_unit_test(test_what_it_cannot_be_made_of),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
