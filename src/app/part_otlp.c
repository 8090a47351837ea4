// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: spans on their way to a collector.
#include "app/parts.h"
#include "otlp/otlp.h"

static enum status start_otlp(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    struct otlp_config config = {
        .endpoint = settings_string(settings, "tracing.otlp.endpoint"),
        .headers = settings_string(settings, "tracing.otlp.headers"),
        .role = str_from_c(app_role_name(service->role)),
        .interval_ms = settings_integer(settings, "tracing.otlp.interval"),
        .queue_bytes = (size_t)settings_integer(settings, "tracing.otlp.queue"),
        .metrics_ms = settings_integer(settings, "tracing.otlp.metrics"),
        .clock = clock_system(),
        .random = random_system(),
    };
    return config.endpoint.len > 0 ? otlp_start(&config, &service->otlp, err) : STATUS_OK;
}

static void stop_otlp(struct app_service *service) {
    otlp_stop(service->otlp);
    service->otlp = NULL;
}

const struct app_part app_part_otlp = {APP_NEEDS_NOTHING, start_otlp, stop_otlp};
