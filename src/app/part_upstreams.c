// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part of the gateway: where the other roles are, and their routes as a proxy's.
#include "app/parts.h"
#include "gateway/proxy.h"
#include "gateway/upstream_policies.h"

// Requests on a connection that are under way at a time, of routes that do not wait for the store. What the turn of a loop brings then
// shares system calls, which are four fifths of a hop. Activity answers them together, by one acknowledgement of the event log.
#define PIPELINE 8

static const struct {
    const char *name;
    const char *key; // of the addresses
    unsigned pipeline;
} roles[APP_UPSTREAMS] = {
    [APP_UPSTREAM_ACTIVITY] = {"activity", "gateway.activity", PIPELINE},
    [APP_UPSTREAM_USERS] = {"users", "gateway.users", PIPELINE},
    [APP_UPSTREAM_REPORTS] = {"reports", "gateway.reports", 1},
};

static void stop_upstreams(struct app_service *service) {
    gateway_proxy_free(&service->proxied_live);
    gateway_proxy_free(&service->proxied_deliveries);
    for (size_t i = 0; i < APP_UPSTREAMS; i++) {
        gateway_proxy_free(&service->proxied[i]);
        http_upstream_free(service->upstreams[i]);
        service->upstreams[i] = NULL;
    }
    activity_route_set_free(service->activity_patterns);
    service->activity_patterns = NULL;
}

static struct http_route_table patterns_of(const struct app_service *service, size_t role) {
    switch (role) {
    case APP_UPSTREAM_USERS: return users_route_patterns();
    case APP_UPSTREAM_REPORTS: return reports_route_patterns();
    default: return activity_route_set_table(service->activity_patterns);
    }
}

static enum status start_upstream(struct app_service *service, size_t role, struct error *err) {
    const struct settings *settings = service->settings;
    const struct str *urls = NULL;
    struct http_upstream_config config = {
        .name = roles[role].name,
        .url_count = settings_list(settings, roles[role].key, &urls),
        .pipeline = roles[role].pipeline,
        .cross_origin = role == APP_UPSTREAM_ACTIVITY,
    };
    struct tls_client_settings tls;
    gateway_upstream_policies(settings, &config, &tls);
    gateway_upstream_role_checks(settings, &config);
    struct error reason = {STATUS_OK, ""};
    config.urls = urls;
    enum status status = http_upstream_make(&config, &service->upstreams[role], &reason);
    if (status != STATUS_OK) {
        return error_set(err, status, "%s: %s", roles[role].key, reason.text);
    }
    status = gateway_proxy_make(patterns_of(service, role), service->upstreams[role],
                                &service->proxied[role]);
    return status == STATUS_OK ? status : error_set(err, status, "no memory for the routes");
}

static enum status start_upstreams(struct app_service *service, struct error *err) {
    enum status status = activity_route_set_make(
        settings_string(service->settings, "ingest.path_prefix"), &service->activity_patterns, err);
    for (size_t i = 0; i < APP_UPSTREAMS && status == STATUS_OK; i++) {
        status = start_upstream(service, i, err);
    }
    struct http_upstream *reports = service->upstreams[APP_UPSTREAM_REPORTS];
    if (status == STATUS_OK) {
        status = gateway_proxy_make(live_route_patterns(), reports, &service->proxied_live);
    }
    if (status == STATUS_OK) {
        status =
            gateway_proxy_make(deliveries_route_patterns(), reports, &service->proxied_deliveries);
    }
    if (status == STATUS_NO_MEMORY) {
        (void)error_set(err, status, "no memory for the routes");
    }
    if (status != STATUS_OK) {
        stop_upstreams(service);
    }
    return status;
}

const struct app_part app_part_upstreams = {APP_NEEDS_NAMES, start_upstreams, stop_upstreams};
