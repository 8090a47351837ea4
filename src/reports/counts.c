// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Grouping rows of day totals by value.
#include <stdlib.h>

#include "reports/events.h"

static int compare_rows(const void *a, const void *b) {
    const struct store_total *x = *(const struct store_total *const *)a;
    const struct store_total *y = *(const struct store_total *const *)b;
    return str_compare(x->value, y->value);
}

// A value's rows: rows[first] up to first + count.
struct group {
    struct str value;
    int64_t events;
    size_t first, count;
};

static int compare_by_events(const void *a, const void *b) {
    const struct group *x = a, *y = b;
    if (x->events != y->events) {
        return x->events < y->events ? 1 : -1;
    }
    return str_compare(x->value, y->value);
}

static size_t make_groups(const struct store_total **rows, size_t count, struct group *groups) {
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        if (made == 0 || !str_equal(groups[made - 1].value, rows[i]->value)) {
            groups[made++] = (struct group){.value = rows[i]->value, .first = i};
        }
        groups[made - 1].events += rows[i]->amount;
        groups[made - 1].count++;
    }
    return made;
}

static enum status fill_series(struct arena *arena, const struct store_total **rows,
                               const struct group *group, int32_t first, size_t days,
                               struct reports_series *out) {
    *out = (struct reports_series){.name = group->value, .events = group->events};
    out->by_day = arena_alloc_array(arena, days, sizeof *out->by_day);
    if (!out->by_day) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < group->count; i++) {
        const struct store_total *row = rows[group->first + i];
        if (row->day >= first && (size_t)(row->day - first) < days) {
            out->by_day[row->day - first] += row->amount;
        }
    }
    return STATUS_OK;
}

enum status reports_counts_make(struct arena *arena, struct reports_rows rows, int32_t first,
                                size_t limit, struct reports_counts *out) {
    const struct store_total **order = arena_alloc_array(arena, rows.count + 1, sizeof *order);
    struct group *groups = arena_alloc_array(arena, rows.count + 1, sizeof *groups);
    if (!order || !groups) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < rows.count; i++) {
        order[i] = &rows.rows[i];
    }
    qsort(order, rows.count, sizeof *order, compare_rows);
    size_t count = make_groups(order, rows.count, groups);
    for (size_t i = 0; i < count; i++) {
        out->total += groups[i].events;
    }
    if (!out->chronological) {
        qsort(groups, count, sizeof *groups, compare_by_events);
    }
    out->count = out->chronological || count < limit ? count : limit;
    out->series = arena_alloc_array(arena, out->count + 1, sizeof *out->series);
    enum status status = out->series ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < out->count; i++) {
        status = fill_series(arena, order, &groups[i], first, out->days, &out->series[i]);
    }
    return status;
}
