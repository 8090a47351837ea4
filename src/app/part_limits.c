// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: limits, from their settings to what the gateway and the activity role ask.
#include "app/parts.h"

static bool admit_events(void *context, struct http_exchange *exchange, struct str project,
                         size_t events, bool first) {
    struct app_service *service = context;
    return (!first || gateway_limits_events(service->limits, exchange, project)) &&
           gateway_quotas_admit(service->quotas, exchange, project, events,
                                gateway_limits_status(service->limits, exchange));
}

static void give_back_events(void *context, struct str project, size_t events) {
    struct app_service *service = context;
    gateway_quotas_give_back(service->quotas, project, events);
}

struct gateway_quotas_sizes app_quotas_sizes(const struct settings *settings) {
    struct gateway_quotas_sizes sizes = {.events = settings_integer(settings, "quotas.events")};
    sizes.project_count = settings_list(settings, "quotas.projects", &sizes.projects);
    return sizes;
}

static enum status start_quotas(struct app_service *service, struct error *err) {
    struct gateway_quotas_config config = {
        .store = service->store,
        .clock = clock_system(),
        .random = random_system(),
        .sizes = app_quotas_sizes(service->settings),
    };
    return gateway_quotas_start(&config, &service->quotas, err);
}

static void stop_limits(struct app_service *service) {
    gateway_quotas_stop(service->quotas);
    gateway_limits_free(service->limits);
    service->quotas = NULL;
    service->limits = NULL;
}

struct gateway_limits_config app_limits_config(const struct settings *settings, bool front_door) {
    struct gateway_limits_config config = {
        .events = settings_string(settings, "limits.events"),
        .path_prefix = settings_string(settings, "ingest.path_prefix"),
        .entries = (size_t)settings_integer(settings, "limits.clients"),
        .clock = clock_system(),
        .random = random_system(),
    };
    config.exempt_count = settings_list(settings, "limits.exempt", &config.exempt);
    if (front_door) {
        config.address = settings_string(settings, "limits.address");
        config.key = settings_string(settings, "limits.key");
        config.account = settings_string(settings, "limits.account");
        config.body_bytes = (size_t)settings_integer(settings, "limits.body");
        config.route_count = settings_list(settings, "limits.routes", &config.routes);
    }
    return config;
}

static enum status start_limits(struct app_service *service, struct error *err) {
    struct gateway_limits_config config =
        app_limits_config(service->settings, app_is_front_door(service));
    service->admission = (struct activity_admission){admit_events, give_back_events, service};
    enum status status = gateway_limits_make(&config, &service->limits, err);
    if (status == STATUS_OK) {
        status = start_quotas(service, err);
    }
    if (status != STATUS_OK) {
        stop_limits(service);
    }
    return status;
}

const struct app_part app_part_limits = {APP_NEEDS_STORE, start_limits, stop_limits};
