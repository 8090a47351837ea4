// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Making the shared data of enrichment from what the settings say.
#include "enrich/enrich.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum status no_memory(struct error *err) {
    return error_set(err, STATUS_NO_MEMORY, "no memory for enrichment");
}

static const struct str *copy_list(struct arena *arena, const struct str *from, size_t count) {
    struct str *to = arena_alloc_array(arena, count + 1, sizeof *to);
    for (size_t i = 0; to && i < count; i++) {
        to[i] = arena_copy(arena, from[i]);
        if (!to[i].data) {
            return NULL;
        }
    }
    return to;
}

static enum status copy_declared(struct enrichment *enrichment,
                                 const struct enrichment_config *config) {
    struct arena *arena = &enrichment->arena;
    struct enrich_declared *to = arena_alloc_array(arena, config->declared_count + 1, sizeof *to);
    if (!to) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < config->declared_count; i++) {
        const struct enrich_declared *from = &config->declared[i];
        to[i].name = arena_copy(arena, from->name);
        to[i].path = arena_copy(arena, from->path);
        to[i].events = copy_list(arena, from->events, from->event_count);
        to[i].event_count = from->event_count;
        if (!to[i].name.data || !to[i].path.data || !to[i].events) {
            return STATUS_NO_MEMORY;
        }
    }
    enrichment->declared = to;
    enrichment->declared_count = config->declared_count;
    return STATUS_OK;
}

static enum status copy_texts(struct enrichment *enrichment, const struct enrichment_config *config,
                              struct error *err) {
    enum status status = STATUS_OK;
    if (config->template_count > ENRICH_TEMPLATES_MAX) {
        return error_set(err, STATUS_INVALID, "at most %d templates of paths can be given",
                         ENRICH_TEMPLATES_MAX);
    }
    for (size_t i = 0; i < config->template_count && status == STATUS_OK; i++) {
        status = enrich_path_check_template(config->templates[i], err);
    }
    if (status == STATUS_OK) {
        status = enrich_declared_check(config->declared, config->declared_count, err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct arena *arena = &enrichment->arena;
    enrichment->paths = (struct enrich_paths){
        copy_list(arena, config->templates, config->template_count), config->template_count};
    enrichment->internal_hosts =
        copy_list(arena, config->internal_hosts, config->internal_host_count);
    enrichment->internal_host_count = config->internal_host_count;
    bool copied = enrichment->paths.templates && enrichment->internal_hosts;
    return copied && copy_declared(enrichment, config) == STATUS_OK ? STATUS_OK : no_memory(err);
}

static enum status load_rules(struct enrichment *enrichment, const struct enrichment_config *config,
                              struct error *err) {
    const char *path = AGENT_RULES_FILE;
    bool brands = false;
    if (str_equal(config->agent_rules, STR("builtin")) ||
        (config->agent_rules.len == 0 && access(path, R_OK) != 0)) {
        return STATUS_OK;
    }
    if (config->agent_rules.len > 0) {
        struct str copy = arena_copy(&enrichment->arena, config->agent_rules);
        if (!copy.data) {
            return no_memory(err);
        }
        path = copy.data;
    }
    // More than half of the rules are about devices, and nothing else asks for them.
    for (size_t i = 0; i < config->declared_count; i++) {
        brands = brands || str_equal(config->declared[i].path, STR("enriched.brand"));
    }
    return agent_rules_load(path, brands, &enrichment->rules, err);
}

static enum status open_locations(struct enrichment *enrichment,
                                  const struct enrichment_config *config, struct error *err) {
    if (config->locations.len == 0) {
        return STATUS_OK;
    }
    struct str path = arena_copy(&enrichment->arena, config->locations);
    return path.data ? enrich_locations_open(path.data, &enrichment->locations, err)
                     : no_memory(err);
}

enum status enrichment_make(const struct enrichment_config *config, struct enrichment **out,
                            struct error *err) {
    struct enrichment *enrichment = calloc(1, sizeof *enrichment);
    if (!enrichment) {
        return no_memory(err);
    }
    arena_init(&enrichment->arena, 4096, 0);
    enum status status = copy_texts(enrichment, config, err);
    status = status == STATUS_OK ? load_rules(enrichment, config, err) : status;
    status = status == STATUS_OK ? open_locations(enrichment, config, err) : status;
    if (status != STATUS_OK) {
        enrichment_free(enrichment);
        return status;
    }
    *out = enrichment;
    return STATUS_OK;
}

void enrichment_free(struct enrichment *enrichment) {
    if (enrichment) {
        agent_rules_free(enrichment->rules);
        enrich_locations_free(enrichment->locations);
        arena_free(&enrichment->arena);
        free(enrichment);
    }
}

enum status enrichment_reload(struct enrichment *enrichment, bool *changed, struct error *err) {
    *changed = false;
    return enrichment->locations ? enrich_locations_reload(enrichment->locations, changed, err)
                                 : STATUS_OK;
}

void enrichment_about_agents(const struct enrichment *enrichment, char out[ENRICHMENT_ABOUT]) {
    if (enrichment->rules) {
        (void)snprintf(out, ENRICHMENT_ABOUT, "uap-core %s (%zu rules)",
                       agent_rules_version(enrichment->rules),
                       agent_rules_count(enrichment->rules));
    } else {
        (void)snprintf(out, ENRICHMENT_ABOUT, "built in");
    }
}

void enrichment_about_locations(struct enrichment *enrichment, char out[ENRICHMENT_ABOUT]) {
    char about[ENRICH_LOCATIONS_ABOUT] = "none";
    if (enrichment->locations) {
        enrich_locations_about(enrichment->locations, about);
    }
    (void)snprintf(out, ENRICHMENT_ABOUT, "%s", about);
}
