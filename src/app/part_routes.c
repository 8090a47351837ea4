// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: routes and upstreams of the settings, and reading them again while requests are under way.
#include "app/command.h"
#include "app/parts.h"

// Against the routes of all roles, so that what is accepted does not depend on where it is looked at.
enum status app_routes_read(const struct settings *settings, struct gateway_routes **out,
                            struct error *err) {
    struct app_service nothing = {.role = APP_ROLE_RUN};
    struct activity_route_set *activity = NULL;
    enum status status =
        activity_route_set_make(settings_string(settings, "ingest.path_prefix"), &activity, err);
    if (status != STATUS_OK) {
        return status;
    }
    const struct http_route_table ours[] = {
        activity_route_set_table(activity),
        users_route_patterns(),
        reports_route_patterns(),
        gateway_admin_routes(&nothing.admin),
        gateway_tokens_routes(nothing.people),
        app_status_routes(&nothing),
        gateway_audit_routes(&nothing.audit),
        app_management_routes(&nothing),
    };
    status = gateway_routes_read(settings, ours, sizeof ours / sizeof ours[0], out, err);
    activity_route_set_free(activity);
    return status;
}

static void stop_routes(struct app_service *service) {
    gateway_routes_free(service->routes);
    gateway_upstreams_free(service->configured);
    service->routes = NULL;
    service->configured = NULL;
}

static enum status start_routes(struct app_service *service, struct error *err) {
    enum status status = gateway_upstreams_make(&service->configured);
    if (status != STATUS_OK) {
        return error_set(err, status, "no memory for the routes of the settings");
    }
    status = app_routes_read(service->settings, &service->routes, err);
    if (status == STATUS_OK) {
        status = gateway_routes_connect(service->routes, service->configured, err);
    }
    if (status != STATUS_OK) {
        stop_routes(service);
    }
    return status;
}

enum status app_routes_change(struct app_service *service, const struct settings *settings,
                              struct error *err) {
    struct gateway_routes *routes = NULL;
    if (!service->configured) {
        return STATUS_OK; // a role that has none
    }
    enum status status = app_routes_read(settings, &routes, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = gateway_routes_connect(routes, service->configured, err);
    if (status == STATUS_OK) {
        status = gateway_change_routes(service->gateway, routes, err);
    }
    if (status != STATUS_OK) {
        gateway_routes_free(routes);
    }
    return status;
}

const struct app_part app_part_routes = {APP_NEEDS_NAMES, start_routes, stop_routes};
