// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Projects' time zones, and local days and hours by a small direct-mapped cache.
#include "processor/project_zones.h"

#include <stdlib.h>

#include "base/arena.h"

#define QUARTER_MS (15 * 60 * 1000LL)

void project_zones_init(struct project_zones *zones, struct store *store) {
    *zones = (struct project_zones){.store = store};
}

void project_zones_free(struct project_zones *zones) {
    for (struct project *project = zones->projects, *next; project; project = next) {
        next = project->next;
        timezone_free(project->rules);
        free(project);
    }
    *zones = (struct project_zones){.store = zones->store};
}

static enum status zone_name(struct store *store, struct str id, struct arena *arena,
                             struct str *name, struct error *err) {
    struct store_project *projects = NULL;
    size_t count = 0;
    enum status status = store_projects(store, arena, &projects, &count);
    if (status != STATUS_OK) {
        return error_set(err, status, "cannot read the projects: %s", status_text(status));
    }
    *name = STR("UTC");
    for (size_t i = 0; i < count; i++) {
        if (str_equal(projects[i].id, id) && projects[i].time_zone.len > 0) {
            *name = projects[i].time_zone;
        }
    }
    return STATUS_OK;
}

static enum status add(struct project_zones *zones, struct str id, struct project **out,
                       struct error *err) {
    struct arena arena;
    struct str name = STR_EMPTY;
    struct timezone_rules *rules = NULL;
    struct project *project = NULL;
    arena_init(&arena, 4096, 0);
    enum status status = zone_name(zones->store, id, &arena, &name, err);
    if (status != STATUS_OK) {
        goto out;
    }
    status = timezone_load(name, &rules, err);
    if (status != STATUS_OK) {
        goto out;
    }
    project = calloc(1, sizeof *project + id.len);
    if (!project) {
        timezone_free(rules);
        status = error_set(err, STATUS_NO_MEMORY, "no memory for a project");
        goto out;
    }
    if (id.len > 0) {
        memcpy(project->text, id.data, id.len);
    }
    project->id = str_make(project->text, id.len);
    project->rules = rules;
    project->number = zones->count++;
    project->next = zones->projects;
    zones->projects = project;
    *out = project;
out:
    arena_free(&arena);
    return status;
}

enum status project_zones_find(struct project_zones *zones, struct str id, struct project **out,
                               struct error *err) {
    struct project *project = zones->recent;
    if (!project || !str_equal(project->id, id)) {
        project = zones->projects;
        while (project && !str_equal(project->id, id)) {
            project = project->next;
        }
    }
    enum status status = project ? STATUS_OK : add(zones, id, &project, err);
    if (status == STATUS_OK) {
        zones->recent = project;
        *out = project;
    }
    return status;
}

int32_t project_day(struct project *project, int64_t ms, int *hour) {
    // Only times from 1990 on come here; there offsets are whole quarters, but a change may lie within one.
    int64_t quarter = ms / QUARTER_MS;
    struct project_zone_slot *slot = &project->slots[(uint64_t)quarter % PROJECT_ZONES_SLOTS];
    if (ms >= 0 && slot->quarter == quarter + 1) {
        if (hour) {
            *hour = slot->hour;
        }
        return slot->day;
    }
    int local_hour = 0, first_hour = 0, last_hour = 0;
    int32_t day = timezone_day(project->rules, ms, &local_hour);
    int32_t first = timezone_day(project->rules, quarter * QUARTER_MS, &first_hour);
    int32_t last = timezone_day(project->rules, (quarter + 1) * QUARTER_MS - 1, &last_hour);
    if (ms >= 0 && first == last && first == day && first_hour == last_hour &&
        first_hour == local_hour) {
        *slot = (struct project_zone_slot){quarter + 1, day, local_hour};
    }
    if (hour) {
        *hour = local_hour;
    }
    return day;
}
