// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests that are passed on through TLS: who is believed, what is shown, and that all of it arrives.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/thread.h"
#include "scene.h"
#include "secure.h"

static struct pki pki;

static int set_up(void **state) {
    (void)state;
    pki_begin(&pki);
    pki_make(&pki, "root", NULL, PKI_AUTHORITY, NULL);
    pki_make(&pki, "other", NULL, PKI_AUTHORITY, NULL);
    pki_make(&pki, "here", "root", PKI_SERVER, "IP:127.0.0.1");
    pki_make(&pki, "there", "root", PKI_SERVER, "DNS:there.test,IP:127.0.0.2");
    pki_make(&pki, "old", "root", PKI_EXPIRED, "IP:127.0.0.1");
    pki_make(&pki, "gateway", "root", PKI_CLIENT, NULL);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    pki_end(&pki);
    return 0;
}

static void echo(struct http_exchange *exchange, void *context) {
    (void)context;
    buffer_append_str(http_reply_body(exchange), exchange->request.target);
    buffer_append_str(http_reply_body(exchange), exchange->request.client_subject);
    buffer_append_str(http_reply_body(exchange), exchange->request.body);
    http_reply_send(exchange, 200, "text/plain");
}

struct stage {
    struct scene scene;
    struct http_server *server;
    struct http_certificates *certificates;
};

static void stage_open(struct stage *stage, const char *pair, enum http_client_auth auth,
                       const struct tls_client_settings *tls,
                       const struct http_upstream_config *config) {
    struct http_upstream_config filled = *config;
    struct str file = str_from_c(pki_pair(&pki, pair));
    struct http_certificates_config certificates = {
        .files = &file, .file_count = 1, .client_auth = auth};
    if (auth != HTTP_CLIENT_AUTH_OFF) {
        certificates.client_ca = str_from_c(pki_path(&pki, "root.pem"));
    }
    *stage = (struct stage){.scene = {.tls = true}};
    stage->certificates = secure_certificates(&certificates);
    stage->server = secure_start(echo, NULL, stage->certificates, NULL);
    const uint16_t ports[] = {http_server_tls_port(stage->server), 0};
    filled.tls = tls;
    scene_open(&stage->scene, &filled, ports);
}

static void stage_close(struct stage *stage) {
    scene_close(&stage->scene);
    http_server_stop(stage->server);
    http_certificates_release(stage->certificates);
}

static struct tls_client_settings believe(const char *ca, bool show) {
    return (struct tls_client_settings){
        .ca_file = str_from_c(pki_path(&pki, ca)),
        .certificate = str_from_c(show ? pki_path(&pki, "gateway.pem") : NULL),
        .key = str_from_c(show ? pki_path(&pki, "gateway.key") : NULL),
        .verify = true};
}

static const struct http_upstream_config DEFAULTS = {0};

static void requests_go_through_tls(void **state) {
    (void)state;
    struct tls_client_settings tls = believe("root.pem", false);
    struct stage stage;
    stage_open(&stage, "here", HTTP_CLIENT_AUTH_OFF, &tls, &DEFAULTS);
    for (unsigned i = 0; i < 5; i++) {
        ASSERT_CONTAINS(scene_ask(&stage.scene, GET), "\r\n\r\n/things?a=1");
    }
    stage_close(&stage);
}

static void the_certificate_of_the_gateway_is_shown(void **state) {
    (void)state;
    struct tls_client_settings tls = believe("root.pem", true);
    struct stage stage;
    stage_open(&stage, "here", HTTP_CLIENT_AUTH_REQUIRED, &tls, &DEFAULTS);
    ASSERT_CONTAINS(scene_ask(&stage.scene, GET), "\r\n\r\n/things?a=1CN=gateway");
    stage_close(&stage);
}

static void without_it_there_is_no_reply(void **state) {
    (void)state;
    struct tls_client_settings tls = believe("root.pem", false);
    struct stage stage;
    stage_open(&stage, "here", HTTP_CLIENT_AUTH_REQUIRED, &tls, &DEFAULTS);
    ASSERT_CONTAINS(scene_ask(&stage.scene, GET), "HTTP/1.1 50"); // 502, or 503 with TLS 1.2
    stage_close(&stage);
}

static void who_is_not_believed_gets_nothing(void **state) {
    (void)state;
    static const struct {
        const char *ca;
        const char *pair;
    } CASES[] = {{"other.pem", "here"}, {"root.pem", "there"}, {"root.pem", "old"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct tls_client_settings tls = believe(CASES[i].ca, false);
        struct stage stage;
        stage_open(&stage, CASES[i].pair, HTTP_CLIENT_AUTH_OFF, &tls, &DEFAULTS);
        const char *reply = scene_ask(&stage.scene, POST);
        ASSERT_CONTAINS(reply, "HTTP/1.1 503 ");
        ASSERT_CONTAINS(reply, "there is no TLS connection to it");
        stage_close(&stage);
    }
}

static void serve_plainly(int fd, unsigned number, void *context) {
    char bytes[2000];
    (void)number;
    (void)context;
    if (read(fd, bytes, sizeof bytes) > 0) {
        backend_write(fd, OK_REPLY);
    }
}

static void who_does_not_speak_tls_gets_nothing(void **state) {
    (void)state;
    struct tls_client_settings tls = believe("root.pem", false);
    const struct http_upstream_config config = {.tls = &tls};
    struct scene scene = {.tls = true, .backend = backend_start(serve_plainly, NULL)};
    const uint16_t ports[] = {backend_port(scene.backend), 0};
    scene_open(&scene, &config, ports);
    ASSERT_CONTAINS(scene_ask(&scene, POST), "HTTP/1.1 503 ");
    scene_close(&scene);
}

static void serve_silence(int fd, unsigned number, void *context) {
    char bytes[2000];
    (void)number;
    (void)context;
    while (read(fd, bytes, sizeof bytes) > 0) {
    }
}

static void a_handshake_takes_as_long_as_a_connection_may(void **state) {
    (void)state;
    struct tls_client_settings tls = believe("root.pem", false);
    const struct http_upstream_config config = {.tls = &tls, .connect_timeout_ms = 40};
    struct scene scene = {.tls = true, .backend = backend_start(serve_silence, NULL)};
    const uint16_t ports[] = {backend_port(scene.backend), 0};
    scene_open(&scene, &config, ports);
    ASSERT_CONTAINS(scene_ask(&scene, POST), "HTTP/1.1 503 ");
    scene_close(&scene);
}

static void large_bodies_go_both_ways(void **state) {
    (void)state;
    enum { SIZE = 3 << 20 };
    struct tls_client_settings tls = believe("root.pem", false);
    struct stage stage;
    stage_open(&stage, "here", HTTP_CLIENT_AUTH_OFF, &tls, &DEFAULTS);
    char *request = malloc(SIZE + 200);
    assert_non_null(request);
    int head = snprintf(
        request, 200,
        "POST /big HTTP/1.1\r\nHost: f\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", SIZE);
    for (size_t i = 0; i < SIZE; i++) {
        request[(size_t)head + i] = (char)('a' + i % 26);
    }
    const char *reply = harness_talk(stage.scene.proxy, request, (size_t)head + SIZE);
    const char *body = strstr(reply, "\r\n\r\n/big");
    assert_non_null(body);
    assert_int_equal(strlen(body + 8), SIZE);
    assert_memory_equal(body + 8, request + head, SIZE);
    free(request);
    stage_close(&stage);
}

// --- Many --------------------------------------------------------------------------------------------------------------
struct client {
    struct thread thread;
    const struct http_server *proxy;
    unsigned number;
};

static void *run_client(void *context) {
    const struct client *client = context;
    int fd = harness_connect(client->proxy);
    for (unsigned i = 0; i < 20; i++) {
        char request[100];
        char wanted[100];
        (void)snprintf(request, sizeof request, "GET /%u/%u/a HTTP/1.1\r\nHost: f\r\n\r\n",
                       client->number, i);
        (void)snprintf(wanted, sizeof wanted, "\r\n\r\n/%u/%u/a", client->number, i);
        harness_send_text(fd, request);
        harness_read_until(fd, wanted, 1);
    }
    close(fd);
    return NULL;
}

static void everyone_gets_the_own_reply(void **state) {
    (void)state;
    enum { CLIENTS = 12 };
    struct tls_client_settings tls = believe("root.pem", false);
    const struct http_upstream_config config = {.pipeline = 4, .connections = 2};
    struct client clients[CLIENTS];
    struct stage stage;
    stage_open(&stage, "here", HTTP_CLIENT_AUTH_OFF, &tls, &config);
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.proxy = stage.scene.proxy, .number = i};
        assert_int_equal(thread_start(&clients[i].thread, "client", run_client, &clients[i]),
                         STATUS_OK);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        thread_join(&clients[i].thread);
    }
    stage_close(&stage);
}

// --- Health checks -------------------------------------------------------------------------------------------------------
static void health_is_asked_through_tls_too(void **state) {
    (void)state;
    static const char *const CAS[] = {"root.pem", "other.pem"};
    static const char *const STATES[] = {"healthy", "unhealthy"};
    for (size_t i = 0; i < 2; i++) {
        struct tls_client_settings tls = believe(CAS[i], false);
        const struct http_upstream_config config = {
            .health = {.path = "/well", .interval_ms = 5, .timeout_ms = 5000}};
        struct stage stage;
        struct http_upstream_address_view view;
        stage_open(&stage, "here", HTTP_CLIENT_AUTH_OFF, &tls, &config);
        do {
            assert_int_equal(http_upstream_addresses(stage.scene.upstream, &view, 1), 1);
        } while (view.checks < 5);
        assert_string_equal(view.state, STATES[i]);
        stage_close(&stage);
    }
}

static void files_that_cannot_be_used_are_named(void **state) {
    (void)state;
    const struct tls_client_settings tls = {.ca_file = STR("/nowhere/ca.pem"), .verify = true};
    const struct str url = STR("https://127.0.0.1:443");
    const struct http_upstream_config config = {
        .name = "back", .urls = &url, .url_count = 1, .tls = &tls};
    struct http_upstream *upstream = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(http_upstream_make(&config, &upstream, &err), STATUS_INVALID);
    ASSERT_CONTAINS(err.text, "/nowhere/ca.pem");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_go_through_tls),
        cmocka_unit_test(the_certificate_of_the_gateway_is_shown),
        cmocka_unit_test(without_it_there_is_no_reply),
        cmocka_unit_test(who_is_not_believed_gets_nothing),
        cmocka_unit_test(who_does_not_speak_tls_gets_nothing),
        cmocka_unit_test(a_handshake_takes_as_long_as_a_connection_may),
        cmocka_unit_test(large_bodies_go_both_ways),
        cmocka_unit_test(everyone_gets_the_own_reply),
        cmocka_unit_test(health_is_asked_through_tls_too),
        cmocka_unit_test(files_that_cannot_be_used_are_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
