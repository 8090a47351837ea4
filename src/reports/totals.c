// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Looking into rows of day totals: one day and metric, sums, medians, ranked lists.
#include <stdlib.h>

#include "base/check.h"
#include "reports/private.h"
#include "view/median.h"

static bool is_before(const struct store_total *row, int32_t day, enum store_metric metric) {
    return row->day != day ? row->day < day : row->metric < metric;
}

// Index of the first row that is not before day and metric.
static size_t lower_bound(struct reports_rows all, int32_t day, int metric) {
    size_t low = 0, high = all.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(&all.rows[middle], day, (enum store_metric)metric)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct reports_rows reports_rows_of(struct reports_rows all, int32_t day,
                                    enum store_metric metric) {
    size_t from = lower_bound(all, day, (int)metric);
    size_t to = lower_bound(all, day, (int)metric + 1);
    if (from >= to) {
        return (struct reports_rows){NULL, 0};
    }
    CHECK(all.rows != NULL);
    return (struct reports_rows){all.rows + from, to - from};
}

int64_t reports_amount(struct reports_rows all, int32_t day, enum store_metric metric) {
    struct reports_rows rows = reports_rows_of(all, day, metric);
    int64_t sum = 0;
    for (size_t i = 0; i < rows.count; i++) {
        sum += rows.rows[i].amount;
    }
    return sum;
}

bool reports_median_seconds(struct arena *arena, struct reports_rows all, struct view_range range,
                            double *out, enum status *status) {
    struct view_weighted *items = arena_alloc_array(arena, all.count + 1, sizeof *items);
    size_t count = 0;
    if (!items) {
        *status = STATUS_NO_MEMORY;
        return false;
    }
    for (int32_t day = range.first; day <= range.last; day++) {
        struct reports_rows rows = reports_rows_of(all, day, STORE_METRIC_SESSION_SECONDS);
        for (size_t i = 0; i < rows.count; i++) {
            if (!str_to_i64(rows.rows[i].value, &items[count].value)) {
                *status = STATUS_CORRUPT;
                return false;
            }
            items[count++].weight = rows.rows[i].amount;
        }
    }
    return view_median_weighted(items, count, out);
}

static int compare_items(const void *a, const void *b) {
    const struct reports_item *x = a, *y = b;
    if (x->events != y->events) {
        return x->events < y->events ? 1 : -1;
    }
    return str_compare(x->name, y->name);
}

enum status reports_list_make(struct arena *arena, struct reports_rows rows,
                              struct reports_rows users, size_t limit, struct reports_list *out) {
    struct reports_item *items = arena_alloc_array(arena, rows.count + 1, sizeof *items);
    if (!items) {
        return STATUS_NO_MEMORY;
    }
    size_t user = 0; // both are in the order of their values
    for (size_t i = 0; i < rows.count; i++) {
        struct str name = rows.rows[i].value;
        while (user < users.count && str_compare(users.rows[user].value, name) < 0) {
            user++;
        }
        bool known = user < users.count && str_equal(users.rows[user].value, name);
        items[i] =
            (struct reports_item){name, rows.rows[i].amount, known ? users.rows[user].amount : 0};
    }
    qsort(items, rows.count, sizeof *items, compare_items);
    *out = (struct reports_list){items, rows.count < limit ? rows.count : limit};
    return STATUS_OK;
}
