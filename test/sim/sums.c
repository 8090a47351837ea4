// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rows with the same key stand side by side once they are sorted.
#include "sums.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SUMS_MAX 65536

void sums_init(struct sums *sums) {
    *sums = (struct sums){.rows = calloc(SUMS_MAX, sizeof(struct sum_row))};
    if (!sums->rows) {
        abort();
    }
}

void sums_free(struct sums *sums) {
    free(sums->rows);
}

void sums_add(struct sums *sums, int32_t day, enum store_metric metric, const char *value,
              int64_t amount) {
    char key[300];
    if (!value) {
        return;
    }
    snprintf(key, sizeof key, "%" PRId32 " %02d %s", day, (int)metric, value);
    if (sums->count == SUMS_MAX) {
        abort();
    }
    sums->rows[sums->count++] = (struct sum_row){strdup(key), amount};
}

void sums_add_retention(struct sums *sums, int32_t first, int32_t last, sums_active *active,
                        const void *context) {
    char back[16];
    while (first <= last && !active(first, first, context)) {
        first++;
    }
    for (int32_t day = first; day <= last && day - first <= 90; day++) {
        snprintf(back, sizeof back, "%d", (int)(day - first));
        sums_add(sums, day, STORE_METRIC_RETENTION_DAY, back, active(day, day, context));
    }
    int32_t monday = first;
    while (monday % 7 != 4) { // day 4 was 1970-01-05, a Monday
        monday--;
    }
    for (int32_t week = 0; week <= 52 && monday + week * 7 <= last; week++) {
        int32_t begin = monday + week * 7;
        snprintf(back, sizeof back, "%d", (int)week);
        sums_add(sums, begin, STORE_METRIC_RETENTION_WEEK, back, active(begin, begin + 6, context));
    }
}

static int compare(const void *a, const void *b) {
    return strcmp(((const struct sum_row *)a)->key, ((const struct sum_row *)b)->key);
}

void sums_print(struct sums *sums, struct str project, struct buffer *out) {
    qsort(sums->rows, sums->count, sizeof(struct sum_row), compare);
    for (size_t i = 0; i < sums->count;) {
        int64_t sum = 0;
        size_t end = i;
        for (; end < sums->count && strcmp(sums->rows[i].key, sums->rows[end].key) == 0; end++) {
            sum += sums->rows[end].amount;
        }
        if (sum != 0) {
            buffer_printf(out, "total %.*s %s %" PRId64 "\n", STR_ARG(project), sums->rows[i].key,
                          sum);
        }
        for (; i < end; i++) {
            free(sums->rows[i].key);
        }
    }
    sums->count = 0;
}
