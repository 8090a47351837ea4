// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The value in the middle.
#include "view/median.h"

#include <stdlib.h>

static int compare(const void *a, const void *b) {
    const struct view_weighted *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

// The value at a position of the sorted list in which each item stands weight times.
static int64_t value_at(const struct view_weighted *items, size_t count, int64_t position) {
    size_t i = 0;
    while (i + 1 < count && (items[i].weight < 1 || position >= items[i].weight)) {
        position -= items[i].weight > 0 ? items[i].weight : 0;
        i++;
    }
    return items[i].value;
}

bool view_median_weighted(struct view_weighted *items, size_t count, double *out) {
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += items[i].weight > 0 ? items[i].weight : 0;
    }
    if (total == 0) {
        return false;
    }
    qsort(items, count, sizeof *items, compare);
    double low = (double)value_at(items, count, (total - 1) / 2);
    double high = (double)value_at(items, count, total / 2);
    *out = low + (high - low) / 2;
    return true;
}

bool view_median_sorted(const int64_t *values, size_t count, double *out) {
    if (count == 0) {
        return false;
    }
    double low = (double)values[(count - 1) / 2];
    double high = (double)values[count / 2];
    *out = low + (high - low) / 2;
    return true;
}
