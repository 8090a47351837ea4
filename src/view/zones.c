// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A list of the zones seen so far, behind a mutex: there are few projects, and a look-up is some compares.
#include "view/zones.h"

#include <stdlib.h>

#include "base/thread.h"

struct zone_entry {
    struct zone_entry *next;
    struct timezone_rules *rules;
    struct str project; // both in text
    struct str name;
    char text[];
};

struct view_zones {
    struct store *store;
    pthread_mutex_t mutex;
    struct zone_entry *first;
};

enum status view_zones_make(struct store *store, struct view_zones **out) {
    struct view_zones *zones = calloc(1, sizeof *zones);
    if (!zones) {
        return STATUS_NO_MEMORY;
    }
    zones->store = store;
    thread_must(pthread_mutex_init(&zones->mutex, NULL));
    *out = zones;
    return STATUS_OK;
}

void view_zones_free(struct view_zones *zones) {
    if (!zones) {
        return;
    }
    while (zones->first) {
        struct zone_entry *entry = zones->first;
        zones->first = entry->next;
        timezone_free(entry->rules);
        free(entry);
    }
    thread_must(pthread_mutex_destroy(&zones->mutex));
    free(zones);
}

static struct zone_entry *find(const struct view_zones *zones, struct str project) {
    for (struct zone_entry *entry = zones->first; entry; entry = entry->next) {
        if (str_equal(entry->project, project)) {
            return entry;
        }
    }
    return NULL;
}

static enum status make_entry(const struct store_project *project, struct zone_entry **out,
                              struct error *err) {
    size_t size = sizeof(struct zone_entry) + project->id.len + project->time_zone.len;
    struct zone_entry *entry = malloc(size);
    if (!entry) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for a project's time zone");
    }
    enum status status = timezone_load(project->time_zone, &entry->rules, err);
    if (status != STATUS_OK) {
        free(entry);
        return status;
    }
    memcpy(entry->text, project->id.data, project->id.len);
    memcpy(entry->text + project->id.len, project->time_zone.data, project->time_zone.len);
    entry->project = str_make(entry->text, project->id.len);
    entry->name = str_make(entry->text + project->id.len, project->time_zone.len);
    *out = entry;
    return STATUS_OK;
}

static enum status load(const struct view_zones *zones, struct str project, struct zone_entry **out,
                        struct error *err) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct store_project *projects = NULL;
    size_t count = 0;
    enum status status = store_projects(zones->store, &arena, &projects, &count);
    if (status != STATUS_OK) {
        error_set(err, status, "the projects cannot be read: %s", status_text(status));
        goto out;
    }
    status = error_set(err, STATUS_NOT_FOUND, "there is no project \"%.*s\"", STR_ARG(project));
    for (size_t i = 0; i < count; i++) {
        if (str_equal(projects[i].id, project)) {
            status = make_entry(&projects[i], out, err);
            break;
        }
    }
out:
    arena_free(&arena);
    return status;
}

enum status view_zones_get(struct view_zones *zones, struct str project, struct view_zone *out,
                           struct error *err) {
    thread_must(pthread_mutex_lock(&zones->mutex));
    enum status status = STATUS_OK;
    struct zone_entry *entry = find(zones, project);
    if (!entry) {
        status = load(zones, project, &entry, err);
        if (status == STATUS_OK && entry) {
            entry->next = zones->first;
            zones->first = entry;
        }
    }
    if (status == STATUS_OK && entry) {
        *out = (struct view_zone){entry->name, entry->rules};
    }
    thread_must(pthread_mutex_unlock(&zones->mutex));
    return status;
}
