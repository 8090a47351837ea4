// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Part: reports that are delivered, from their settings.
#include <stdlib.h>

#include "app/parts.h"

static struct delivery_entry read_entry(const struct settings *settings, size_t i) {
    struct delivery_entry entry = {
        .name = settings_entry_string(settings, "deliveries[].name", i),
        .report = settings_entry_string(settings, "deliveries[].report", i),
        .format = settings_entry_string(settings, "deliveries[].format", i),
        .project = settings_entry_string(settings, "deliveries[].project", i),
        .schedule = settings_entry_string(settings, "deliveries[].schedule", i),
        .to = settings_entry_string(settings, "deliveries[].to", i),
        .secret = settings_entry_string(settings, "deliveries[].secret", i),
        .allow_private = str_equal(settings_entry_string(settings, "deliveries[].allow_private", i),
                                   STR("true")),
        .origin = str_from_c(settings_entry_origin(settings, "deliveries", i)),
    };
    entry.parameter_count =
        settings_entry_list(settings, "deliveries[].parameters", i, &entry.parameters);
    return entry;
}

static enum status start_deliveries(struct app_service *service, struct error *err) {
    const struct settings *settings = service->settings;
    size_t count = settings_entries(settings, "deliveries");
    struct delivery_entry *entries = calloc(count + 1, sizeof *entries);
    if (!entries) {
        return error_set(err, STATUS_NO_MEMORY, "deliveries: out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        entries[i] = read_entry(settings, i);
    }
    struct delivery_config config = {
        .store = service->store,
        .keyring = service->keyring,
        .clock = clock_system(),
        .random = random_system(),
        .reports = reports_routes(service->reports),
        .entries = entries,
        .entry_count = count,
        .mail = {.url = settings_string(settings, "mail.url"),
                 .from = settings_string(settings, "mail.from"),
                 .username = settings_string(settings, "mail.username"),
                 .password = settings_string(settings, "mail.password"),
                 .plain = settings_bool(settings, "mail.allow_plain"),
                 .ca_file = settings_string(settings, "mail.ca_file")},
        .attempts = (unsigned)settings_integer(settings, "delivery.attempts"),
        .backoff_ms = settings_integer(settings, "delivery.backoff"),
        .progress = app_report_progress,
        .progress_context = service,
    };
    enum status status = deliveries_start(&config, &service->deliveries, err);
    free(entries);
    return status;
}

static void stop_deliveries(struct app_service *service) {
    deliveries_stop(service->deliveries);
    service->deliveries = NULL;
}

const struct app_part app_part_deliveries = {APP_NEEDS_NOTHING, start_deliveries, stop_deliveries};
