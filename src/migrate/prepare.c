// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What must be so before a migration begins or goes on.
#include "migrate/prepare.h"

struct preparing {
    const struct migrate_config *config;
    struct arena *arena;
    struct notes *notes;
};

// The source's stretch of a partition. CONFLICT: not everything in it is processed.
static enum status source_range(const struct migrate_config *config, unsigned partition,
                                struct notes_range *range, int64_t *behind, struct error *err) {
    const struct migrate_side *source = &config->source;
    struct eventlog_partition_info info;
    int64_t offset = 0;
    enum status status = eventlog_partition_info(source->log, partition, STR("migrate"), &info);
    if (status == STATUS_OK) {
        status =
            store_partition_offset(source->store, eventlog_epoch(source->log), partition, &offset);
    }
    if (status == STATUS_CONFLICT) {
        return error_set(err, status, "the source's store was not filled from its event log");
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "partition %u of the source: %s", partition,
                         status_text(status));
    }
    if (offset > info.end) {
        return error_set(
            err, STATUS_CORRUPT,
            "partition %u of the source: its store stands at offset %lld, its event log "
            "ends at %lld: the log has lost records",
            partition, (long long)offset, (long long)info.end);
    }
    *behind += info.end - offset;
    range->begin = info.begin;
    range->end = info.end;
    return STATUS_OK;
}

enum status prepare_source(const struct migrate_config *config, struct notes_range *ranges,
                           int64_t *behind, struct error *err) {
    enum status status = STATUS_OK;
    *behind = 0;
    for (unsigned i = 0; i < eventlog_partition_count(config->source.log) && status == STATUS_OK;
         i++) {
        status = source_range(config, i, &ranges[i], behind, err);
    }
    return status;
}

static enum status check_source(const struct preparing *preparing, struct notes_range *ranges,
                                struct error *err) {
    int64_t behind = 0;
    enum status status = prepare_source(preparing->config, ranges, &behind, err);
    if (status == STATUS_OK && behind != 0) {
        return error_set(err, STATUS_CONFLICT,
                         "%lld records of the source's event log are not processed yet: its "
                         "processor has to come to the end first",
                         (long long)behind);
    }
    return status;
}

static enum status check_target_log(const struct preparing *preparing, struct error *err) {
    struct eventlog *log = preparing->config->target.log;
    for (unsigned i = 0; i < preparing->notes->targets; i++) {
        struct eventlog_partition_info info;
        enum status status = eventlog_partition_info(log, i, STR("migrate"), &info);
        if (status != STATUS_OK) {
            return error_set(err, status, "partition %u of the target's event log: %s", i,
                             status_text(status));
        }
        if (info.begin != info.end) {
            return error_set(err, STATUS_CONFLICT,
                             "the target's event log is not empty: partition %u has %lld records",
                             i, (long long)(info.end - info.begin));
        }
        preparing->notes->places[i] = (struct notes_place){info.end, info.end};
    }
    return STATUS_OK;
}

// Projects come first of all rows, so they tell whether there are any. *same: they are the source's.
static enum status target_projects(const struct preparing *preparing, size_t *count, bool *same,
                                   struct error *err) {
    struct store_project *here = NULL;
    struct store_project *there = NULL;
    size_t here_count = 0;
    enum status status =
        store_projects(preparing->config->source.store, preparing->arena, &here, &here_count);
    if (status == STATUS_OK) {
        status = store_projects(preparing->config->target.store, preparing->arena, &there, count);
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "projects: %s", status_text(status));
    }
    *same = here_count == *count;
    for (size_t i = 0; i < here_count && *same; i++) {
        *same = str_equal(here[i].id, there[i].id) && here[i].created_ms == there[i].created_ms;
    }
    return STATUS_OK;
}

static enum status check_target_store(const struct preparing *preparing, struct error *err) {
    struct store *store = preparing->config->target.store;
    size_t projects = 0;
    bool same = false;
    enum status status = target_projects(preparing, &projects, &same, err);
    if (status != STATUS_OK) {
        return status;
    }
    bool empty = projects == 0;
    for (unsigned i = 0; i < preparing->notes->targets && empty; i++) {
        int64_t offset = 0;
        status = store_partition_offset(store, preparing->notes->target_epoch, i, &offset);
        if (status != STATUS_OK && status != STATUS_CONFLICT) {
            return error_set(err, status, "the target's store: %s", status_text(status));
        }
        empty = status == STATUS_OK && offset == 0;
    }
    return empty ? STATUS_OK
                 : error_set(err, STATUS_CONFLICT,
                             "the target's store is not empty: it has %zu projects, or rows of "
                             "another event log",
                             projects);
}

static enum status begin(const struct preparing *preparing, struct error *err) {
    enum status status = check_target_log(preparing, err);
    if (status == STATUS_OK) {
        status = check_target_store(preparing, err);
    }
    preparing->notes->step = NOTES_STEP_LOG;
    preparing->notes->kind = STORE_ROW_PROJECT;
    preparing->notes->began_ms = preparing->config->clock->wall_ms(preparing->config->clock);
    return status == STATUS_OK ? notes_write(preparing->config->notes_path, preparing->notes, err)
                               : status;
}

// --- Going on -------------------------------------------------------------------------------------------------------

static enum status check_done(const struct preparing *preparing, const struct notes_range *now,
                              struct error *err) {
    char when[CLOCK_RFC3339_LEN + 1];
    clock_format_rfc3339(preparing->notes->began_ms, when);
    int64_t more = 0;
    for (unsigned i = 0; i < preparing->notes->partitions; i++) {
        more += now[i].end - preparing->notes->ranges[i].end;
    }
    if (more != 0) {
        return error_set(err, STATUS_CONFLICT,
                         "the migration that began %s is done. The source has taken %lld records "
                         "since, which the target does not have",
                         when, (long long)more);
    }
    return error_set(err, STATUS_EXISTS, "the migration that began %s is done: nothing is left",
                     when);
}

// The notes must be of these two sides, and the source must stand where it stood.
static enum status go_on(const struct preparing *preparing, const struct notes_range *now,
                         int64_t target_epoch, struct error *err) {
    const char *path = preparing->config->notes_path;
    if (preparing->notes->source_epoch != eventlog_epoch(preparing->config->source.log) ||
        preparing->notes->partitions != eventlog_partition_count(preparing->config->source.log)) {
        return error_set(err, STATUS_CONFLICT, "%s is of another installation", path);
    }
    if (preparing->notes->target_epoch != target_epoch ||
        preparing->notes->targets != eventlog_partition_count(preparing->config->target.log)) {
        return error_set(err, STATUS_CONFLICT,
                         "the migration that %s tells of went to another event log. To begin "
                         "anew, remove that file and empty the target",
                         path);
    }
    if (preparing->notes->step == NOTES_STEP_DONE) {
        return check_done(preparing, now, err);
    }
    for (unsigned i = 0; i < preparing->notes->partitions; i++) {
        const struct notes_range *then = &preparing->notes->ranges[i];
        if (now[i].begin != then->begin || now[i].end != then->end) {
            return error_set(err, STATUS_CONFLICT,
                             "the source was in use after its migration was interrupted: its event "
                             "log has changed. To begin anew, remove %s and empty the target",
                             path);
        }
    }
    size_t projects = 0;
    bool same = false;
    enum status status = target_projects(preparing, &projects, &same, err);
    bool expected =
        preparing->notes->step > NOTES_STEP_ROWS ||
        (preparing->notes->step == NOTES_STEP_ROWS && preparing->notes->kind > STORE_ROW_PROJECT);
    if (status == STATUS_OK && expected && !same) {
        return error_set(err, STATUS_CONFLICT,
                         "the target's store is not the one that the interrupted migration wrote "
                         "to: it has other projects. To begin anew, remove %s and empty the "
                         "target",
                         path);
    }
    return status;
}

// Fills the notes: those of an interrupted run, or new ones.
enum status prepare(const struct migrate_config *config, struct arena *arena, struct notes *notes,
                    struct error *err) {
    const struct preparing preparing = {config, arena, notes};
    unsigned partitions = eventlog_partition_count(config->source.log);
    unsigned targets = eventlog_partition_count(config->target.log);
    struct notes_range *ranges = arena_alloc_array(arena, partitions, sizeof *ranges);
    struct notes_place *places = arena_alloc_array(arena, targets, sizeof *places);
    if (!ranges || !places) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    enum status status = check_source(&preparing, ranges, err);
    if (status != STATUS_OK) {
        return status;
    }
    int64_t target_epoch = eventlog_epoch(config->target.log);
    status = notes_read(config->notes_path, arena, notes, err);
    if (status == STATUS_OK) {
        return go_on(&preparing, ranges, target_epoch, err);
    }
    if (status != STATUS_NOT_FOUND) {
        return status;
    }
    *notes = (struct notes){.source_epoch = eventlog_epoch(config->source.log),
                            .target_epoch = target_epoch,
                            .ranges = ranges,
                            .partitions = partitions,
                            .places = places,
                            .targets = targets};
    return begin(&preparing, err);
}
