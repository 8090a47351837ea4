// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Makes lines for people of what was counted on both sides.
#include "migrate/report.h"

#include <string.h>

void report_init(struct migrate_report *report) {
    *report = (struct migrate_report){.line_count = 0};
    arena_init(&report->arena, (size_t)16 << 10, 0);
}

void migrate_report_free(struct migrate_report *report) {
    arena_free(&report->arena);
    *report = (struct migrate_report){.line_count = 0};
}

// A list in the arena whose capacity is the power of two above its count.
static struct migrate_line *add_line(struct arena *arena, struct migrate_line **lines,
                                     size_t *count) {
    if ((*count & (*count + 1)) == 0) {
        struct migrate_line *more = arena_alloc_array(arena, 2 * (*count + 1), sizeof *more);
        if (!more) {
            return NULL;
        }
        if (*count > 0) {
            memcpy(more, *lines, *count * sizeof *more);
        }
        *lines = more;
    }
    return &(*lines)[(*count)++];
}

static enum status add(struct migrate_report *report, bool is_difference,
                       const struct migrate_line *line) {
    struct migrate_line *to =
        is_difference ? add_line(&report->arena, &report->differences, &report->difference_count)
                      : add_line(&report->arena, &report->lines, &report->line_count);
    if (!line->what.data || !to) {
        return STATUS_NO_MEMORY;
    }
    *to = *line;
    return STATUS_OK;
}

static struct str name_group(struct arena *arena, const struct tally_group *group, bool with_day) {
    const char *kind = store_row_kind_name(group->kind);
    if (group->project.len == 0) {
        return str_from_c(kind);
    }
    if (!with_day) {
        return arena_printf(arena, "%s of %.*s", kind, STR_ARG(group->project));
    }
    char day[11];
    clock_format_date(group->day, day);
    return arena_printf(arena, "%s of %.*s, %s", kind, STR_ARG(group->project), day);
}

enum status report_add_rows(struct migrate_report *report, const struct tally *source,
                            const struct tally *target) {
    size_t count = 0;
    struct tally_group *groups = tally_merge(source, target, &report->arena, &count);
    enum status status = groups ? STATUS_OK : STATUS_NO_MEMORY;
    struct migrate_line line = {.same = true};
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct tally_sum here = tally_find(source, &groups[i]);
        struct tally_sum there = tally_find(target, &groups[i]);
        bool same = tally_sum_equal(&here, &there);
        line.source += here.count;
        line.target += there.count;
        line.same = line.same && same;
        if (!same) {
            struct migrate_line difference = {
                name_group(&report->arena, &groups[i], groups[i].kind == STORE_ROW_TOTAL),
                here.count, there.count, false};
            status = add(report, true, &difference);
        }
        bool last = i + 1 == count || groups[i + 1].kind != groups[i].kind ||
                    !str_equal(groups[i + 1].project, groups[i].project);
        if (last && status == STATUS_OK) {
            line.what = name_group(&report->arena, &groups[i], false);
            status = add(report, false, &line);
            line = (struct migrate_line){.same = true};
        }
    }
    return status;
}

enum status report_add_logs(struct migrate_report *report, const struct log_sums *sums,
                            unsigned partitions) {
    struct migrate_line all = {.what = STR("log records"), .same = true};
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < partitions && status == STATUS_OK; i++) {
        bool same = tally_sum_equal(&sums->source[i], &sums->target[i]);
        struct migrate_line one = {arena_printf(&report->arena, "log records of partition %u", i),
                                   sums->source[i].count, sums->target[i].count, same};
        all.source += one.source;
        all.target += one.target;
        all.same = all.same && same;
        if (!same) {
            status = add(report, true, &one);
        }
    }
    return status == STATUS_OK ? add(report, false, &all) : status;
}

enum status report_add_offset(struct migrate_report *report, unsigned partition, int64_t expected,
                              int64_t found) {
    struct migrate_line line = {
        arena_printf(&report->arena, "the offset of partition %u", partition), (uint64_t)expected,
        (uint64_t)found, expected == found};
    return expected == found ? STATUS_OK : add(report, true, &line);
}
