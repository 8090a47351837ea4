// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the settings say of enrichment and of declared dimensions, for the processor and for reports.
#include "app/parts.h"
#include "base/log.h"

size_t app_dimension_names(const struct settings *settings, struct str names[ENRICH_DECLARED_MAX]) {
    size_t count = settings_entries(settings, "dimensions");
    count = count < ENRICH_DECLARED_MAX ? count : ENRICH_DECLARED_MAX;
    for (size_t i = 0; i < count; i++) {
        names[i] = settings_entry_string(settings, "dimensions[].name", i);
    }
    return count;
}

static enum status read_declared(const struct settings *settings, struct enrich_declared *declared,
                                 size_t *count, struct error *err) {
    *count = settings_entries(settings, "dimensions");
    if (*count > ENRICH_DECLARED_MAX) {
        return error_set(err, STATUS_INVALID, "%s: at most %d dimensions can be declared",
                         settings_entry_origin(settings, "dimensions", ENRICH_DECLARED_MAX),
                         ENRICH_DECLARED_MAX);
    }
    for (size_t i = 0; i < *count; i++) {
        struct error why;
        declared[i].name = settings_entry_string(settings, "dimensions[].name", i);
        declared[i].path = settings_entry_string(settings, "dimensions[].path", i);
        declared[i].event_count =
            settings_entry_list(settings, "dimensions[].events", i, &declared[i].events);
        if (enrich_declared_check(declared, i + 1, &why) != STATUS_OK) {
            return error_set(err, STATUS_INVALID, "%s: %s",
                             settings_entry_origin(settings, "dimensions", i), why.text);
        }
    }
    return STATUS_OK;
}

enum status app_enrichment_make(const struct settings *settings, struct enrichment **out,
                                struct error *err) {
    struct enrich_declared declared[ENRICH_DECLARED_MAX];
    struct enrichment_config config = {
        .agent_rules = settings_string(settings, "enrichment.user_agents"),
        .locations = settings_string(settings, "enrichment.locations"),
        .declared = declared,
    };
    config.template_count = settings_list(settings, "enrichment.paths", &config.templates);
    config.internal_host_count =
        settings_list(settings, "enrichment.internal_hosts", &config.internal_hosts);
    enum status status = read_declared(settings, declared, &config.declared_count, err);
    if (status == STATUS_OK) {
        status = enrichment_make(&config, out, err);
    }
    // A file that the settings name and that is not there is a mistake in them.
    return status == STATUS_NOT_FOUND ? error_set(err, STATUS_INVALID, "%s", err->text) : status;
}

static void tell(struct enrichment *enrichment, const char *what) {
    char agents[ENRICHMENT_ABOUT], locations[ENRICHMENT_ABOUT];
    enrichment_about_agents(enrichment, agents);
    enrichment_about_locations(enrichment, locations);
    LOG_INFO("app", what, LOG_CSTR("userAgents", agents), LOG_CSTR("locations", locations));
}

static enum status start_enrichment(struct app_service *service, struct error *err) {
    enum status status = app_enrichment_make(service->settings, &service->enrichment, err);
    if (status == STATUS_OK) {
        tell(service->enrichment, "enrichment");
    }
    return status;
}

static void stop_enrichment(struct app_service *service) {
    enrichment_free(service->enrichment);
    service->enrichment = NULL;
}

void app_enrichment_reload(struct app_service *service) {
    struct error err = {STATUS_OK, ""};
    bool changed = false;
    if (!service->enrichment) {
        return;
    }
    if (enrichment_reload(service->enrichment, &changed, &err) != STATUS_OK) {
        LOG_ERROR("app", "the file of locations stays as it was", LOG_CSTR("reason", err.text));
    } else if (changed) {
        tell(service->enrichment, "locations are exchanged");
    }
}

const struct app_part app_part_enrichment = {APP_NEEDS_NOTHING, start_enrichment, stop_enrichment};
