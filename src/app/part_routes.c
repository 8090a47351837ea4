// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: routes and upstreams of the settings, and changing them while requests are under way.
#include <stdlib.h>

#include "app/command.h"
#include "app/dead_letters.h"
#include "app/message_trail.h"
#include "app/parts.h"
#include "app/replays.h"

static enum status check_limits(const struct settings *settings,
                                const struct http_route_table *ours, size_t count,
                                const struct gateway_routes *routes, struct error *err) {
    const struct gateway_limits_config config = app_limits_config(settings, true);
    size_t configured = 0;
    const struct http_route_table *theirs = gateway_routes_tables(routes, &configured);
    struct http_route_table *tables = calloc(count + configured + 1, sizeof *tables);
    if (!tables) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the routes");
    }
    for (size_t i = 0; i < count; i++) {
        tables[i] = ours[i];
    }
    for (size_t i = 0; i < configured; i++) {
        tables[count + i] = theirs[i];
    }
    enum status status = gateway_limits_check(&config, tables, count + configured, err);
    free(tables);
    return status;
}

static enum status read_checked(const struct settings *settings,
                                const struct http_route_table *ours, size_t count,
                                struct gateway_routes **out, struct error *err) {
    struct gateway_routes *routes = NULL;
    enum status status = gateway_routes_read(settings, ours, count, &routes, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = check_limits(settings, ours, count, routes, err);
    if (status != STATUS_OK) {
        gateway_routes_free(routes);
        return status;
    }
    *out = routes;
    return STATUS_OK;
}

// Limits of routes are checked here, too, as they may be for these. Against the routes of all roles, so that what is accepted does not depend on where it is looked at.
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
        app_message_routes(&nothing),
        app_dead_letter_routes(&nothing),
        app_replay_routes(&nothing),
        gateway_audit_routes(&nothing.audit),
        app_management_routes(&nothing),
    };
    status = read_checked(settings, ours, sizeof ours / sizeof ours[0], out, err);
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

static enum status change_door(struct app_service *service, const struct settings *settings,
                               struct gateway_routes *routes, struct gateway_upstreams *fresh,
                               struct error *err) {
    bool front_door = app_is_front_door(service);
    const struct gateway_limits_config limits = app_limits_config(settings, front_door);
    if (!front_door || !service->configured) {
        gateway_routes_free(routes);
        return service->limits ? gateway_limits_change(service->limits, &limits, err) : STATUS_OK;
    }
    gateway_routes_adopt(routes, service->configured, fresh);
    enum status status = gateway_change(service->gateway, routes, &limits, err);
    if (status != STATUS_OK) {
        gateway_routes_free(routes);
    }
    return status;
}

struct checked { // all that can be wrong is not
    struct shape_rules *rules;
    struct funnel_set *funnels;
    struct deliveries_plan *deliveries;
};

static void release(struct checked *checked) {
    shape_rules_release(checked->rules);
    funnel_set_release(checked->funnels);
    deliveries_plan_free(checked->deliveries);
}

// Also what this role has nothing to do with: a mistake is refused by all processes, or by none.
static enum status check_all(struct app_service *service, const struct settings *settings,
                             struct checked *checked, struct error *err) {
    const struct gateway_quotas_sizes quotas = app_quotas_sizes(settings);
    *checked = (struct checked){.rules = NULL};
    if (gateway_quotas_check(&quotas, err) != STATUS_OK) {
        return STATUS_INVALID;
    }
    enum status status = service->shape ? app_shape_read(settings, &checked->rules, err)
                                        : app_shape_check(settings, err);
    if (status == STATUS_OK) {
        status = funnel_set_read(settings, &checked->funnels, err);
    }
    if (status == STATUS_OK) {
        status = app_deliveries_read(settings, &checked->deliveries, err);
    }
    return status;
}

enum status app_change(struct app_service *service, const struct settings *settings,
                       struct gateway_routes *routes, struct gateway_upstreams *fresh,
                       struct error *err) {
    struct checked checked;
    enum status status = check_all(service, settings, &checked, err);
    if (status != STATUS_OK) {
        release(&checked);
        gateway_routes_free(routes);
        return status;
    }
    status = change_door(service, settings, routes, fresh, err);
    if (status == STATUS_OK && service->quotas) {
        const struct gateway_quotas_sizes quotas = app_quotas_sizes(settings);
        status = gateway_quotas_change(service->quotas, &quotas, err);
    }
    if (status == STATUS_OK && service->shape) {
        status = app_shape_change(service, checked.rules, err);
        checked.rules = NULL; // taken over
    }
    if (status == STATUS_OK && service->funnels) {
        app_funnels_change(service, checked.funnels);
        checked.funnels = NULL;
    }
    if (status == STATUS_OK && service->deliveries) {
        deliveries_change(service->deliveries, checked.deliveries);
        checked.deliveries = NULL;
    }
    release(&checked);
    if (status == STATUS_OK) {
        const struct gateway_access_choice choice = app_access_choice(settings);
        gateway_access_log_change(service->access_log, &choice);
    }
    return status;
}
const struct app_part app_part_routes = {APP_NEEDS_NAMES, start_routes, stop_routes};
