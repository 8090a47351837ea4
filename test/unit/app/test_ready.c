// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A role says on the port of its routes whether it is ready, and a gateway sees it there.
#include <stdio.h>
#include <string.h>

#include "../http/harness.h"
#include "app/command.h"
#include "app/service.h"
#include "gateway/upstream_policies.h"

static void wait_for(struct http_upstream *upstream, const char *wanted) {
    struct http_upstream_address_view view;
    uint64_t begun = 0;
    do {
        assert_int_equal(http_upstream_addresses(upstream, &view, 1), 1);
        begun = begun > 0 ? begun : view.checks + 1;
    } while (strcmp(view.state, wanted) != 0 || view.checks < begun + 3);
}

static struct http_upstream *look_from_gateway(const struct settings *settings,
                                               const struct http_server *server) {
    char text[60];
    struct error err = {STATUS_OK, ""};
    struct http_upstream *upstream = NULL;
    struct tls_client_settings tls;
    (void)snprintf(text, sizeof text, "http://127.0.0.1:%u", http_server_port(server));
    const struct str url = str_from_c(text);
    struct http_upstream_config config = {.name = "users", .urls = &url, .url_count = 1};
    gateway_upstream_policies(settings, &config, &tls);
    gateway_upstream_role_checks(settings, &config);
    config.health.interval_ms = 5;
    if (http_upstream_make(&config, &upstream, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return upstream;
}

static void a_gateway_sees_whether_a_role_is_ready(void **state) {
    (void)state;
    static struct app_service service = {.role = APP_ROLE_USERS};
    struct app_waiting waiting;
    struct error err = {STATUS_OK, ""};
    struct settings *settings = NULL;
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    assert_int_equal(settings_make(table, count, &settings), STATUS_OK);
    app_waiting_init(&waiting);
    service.waiting = &waiting;
    struct http_route_table routes = app_ready_routes(&service);
    const struct gateway_config config = {.tables = &routes, .table_count = 1};
    assert_int_equal(gateway_start(&config, &service.gateway, &err), STATUS_OK);
    struct http_server *server = harness_start(gateway_handle, service.gateway, NULL);
    struct http_upstream *upstream = look_from_gateway(settings, server);
    wait_for(upstream, "unhealthy");
    atomic_store(&service.ready, true);
    wait_for(upstream, "healthy");
    atomic_store(&service.ready, false); // it drains
    wait_for(upstream, "unhealthy");
    http_upstream_free(upstream);
    http_server_stop(server);
    gateway_stop(service.gateway);
    app_waiting_destroy(&waiting);
    settings_free(settings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gateway_sees_whether_a_role_is_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
