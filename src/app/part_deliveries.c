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

static struct delivery_config read_config(const struct settings *settings) {
    return (struct delivery_config){
        .clock = clock_system(),
        .random = random_system(),
        .mail = {.url = settings_string(settings, "mail.url"),
                 .from = settings_string(settings, "mail.from"),
                 .username = settings_string(settings, "mail.username"),
                 .password = settings_string(settings, "mail.password"),
                 .plain = settings_bool(settings, "mail.allow_plain"),
                 .ca_file = settings_string(settings, "mail.ca_file")},
        .attempts = (unsigned)settings_integer(settings, "delivery.attempts"),
        .backoff_ms = settings_integer(settings, "delivery.backoff"),
    };
}

// entries: of config; free them.
static enum status read_entries(const struct settings *settings, struct delivery_entry **entries,
                                struct delivery_config *config, struct error *err) {
    size_t count = settings_entries(settings, "deliveries");
    *entries = calloc(count + 1, sizeof **entries);
    if (!*entries) {
        return error_set(err, STATUS_NO_MEMORY, "deliveries: out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        (*entries)[i] = read_entry(settings, i);
    }
    config->entries = *entries;
    config->entry_count = count;
    return STATUS_OK;
}

enum status app_deliveries_read(const struct settings *settings, struct deliveries_plan **out,
                                struct error *err) {
    struct delivery_config config = read_config(settings);
    struct delivery_entry *entries = NULL;
    enum status status = read_entries(settings, &entries, &config, err);
    if (status == STATUS_OK) {
        status = deliveries_plan_make(&config, out, err);
    }
    free(entries);
    return status;
}

static enum status start_deliveries(struct app_service *service, struct error *err) {
    struct delivery_config config = read_config(service->settings);
    struct delivery_entry *entries = NULL;
    enum status status = read_entries(service->settings, &entries, &config, err);
    if (status == STATUS_OK) {
        config.store = service->store;
        config.keyring = service->keyring;
        config.reports = reports_routes(service->reports);
        config.progress = app_report_progress;
        config.progress_context = service;
        status = deliveries_start(&config, &service->deliveries, err);
    }
    free(entries);
    return status;
}

static void stop_deliveries(struct app_service *service) {
    deliveries_stop(service->deliveries);
    service->deliveries = NULL;
}

const struct app_part app_part_deliveries = {APP_NEEDS_NOTHING, start_deliveries, stop_deliveries};
