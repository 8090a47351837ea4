// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: the access log.
#include "app/parts.h"

static enum gateway_access_mode mode_of(struct str name) {
    if (str_equal(name, STR("all"))) {
        return GATEWAY_ACCESS_ALL;
    }
    return str_equal(name, STR("off")) ? GATEWAY_ACCESS_OFF : GATEWAY_ACCESS_ERRORS;
}

struct gateway_access_choice app_access_choice(const struct settings *settings) {
    return (struct gateway_access_choice){
        .mode = mode_of(settings_string(settings, "logging.access")),
        .one_in = (unsigned)settings_integer(settings, "logging.access_sample"),
        .slow_us = settings_integer(settings, "logging.access_slow") * 1000,
    };
}

static enum status start_access_log(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    struct gateway_access_config config = {
        .choice = app_access_choice(settings),
        .path = settings_string(settings, "logging.access_file"),
    };
    return gateway_access_log_make(&config, &service->access_log, err);
}

static void stop_access_log(struct app_service *service) {
    gateway_access_log_free(service->access_log);
    service->access_log = NULL;
}

const struct app_part app_part_access_log = {APP_NEEDS_NOTHING, start_access_log, stop_access_log};
