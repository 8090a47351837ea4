// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: limits, from their settings to what the gateway and the activity role ask.
#include "app/parts.h"

static bool admit_events(void *context, struct http_exchange *exchange, struct str project,
                         size_t events, bool first) {
    struct app_service *service = context;
    (void)events;
    return !first || gateway_limits_events(service->limits, exchange, project);
}

static void give_back_events(void *context, struct str project, size_t events) {
    (void)context;
    (void)project;
    (void)events;
}

static enum status start_limits(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    bool front = app_is_front_door(service);
    struct gateway_limits_config config = {
        .events = settings_string(settings, "limits.events"),
        .path_prefix = settings_string(settings, "ingest.path_prefix"),
        .entries = (size_t)settings_integer(settings, "limits.clients"),
        .clock = clock_system(),
        .random = random_system(),
    };
    config.exempt_count = settings_list(settings, "limits.exempt", &config.exempt);
    if (front) {
        config.address = settings_string(settings, "limits.address");
        config.key = settings_string(settings, "limits.key");
        config.account = settings_string(settings, "limits.account");
        config.body_bytes = (size_t)settings_integer(settings, "limits.body");
        config.route_count = settings_list(settings, "limits.routes", &config.routes);
    }
    service->admission = (struct activity_admission){admit_events, give_back_events, service};
    return gateway_limits_make(&config, &service->limits, err);
}

static void stop_limits(struct app_service *service) {
    gateway_limits_free(service->limits);
    service->limits = NULL;
}

const struct app_part app_part_limits = {APP_NEEDS_STORE, start_limits, stop_limits};
