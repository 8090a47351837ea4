// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Day totals as the naive recount collects them: a row each time something is counted, added up when they are printed.
#ifndef FOOTFALL_TEST_SIM_SUMS_H
#define FOOTFALL_TEST_SIM_SUMS_H

#include "base/buffer.h"
#include "store/store.h"

struct sum_row {
    char *key; // "day metric value"
    int64_t amount;
};
struct sums {
    struct sum_row *rows;
    size_t count;
};
void sums_init(struct sums *sums);
void sums_free(struct sums *sums);
// value NULL: nothing is counted.
void sums_add(struct sums *sums, int32_t day, enum store_metric metric, const char *value,
              int64_t amount);
// Of each active day and week how long ago the first was, up to 90 days and 52 weeks. first..last holds all active days.
typedef bool sums_active(int32_t from, int32_t to, const void *context);
void sums_add_retention(struct sums *sums, int32_t first, int32_t last, sums_active *active,
                        const void *context);
// Those that are not 0, as lines; and begins anew.
void sums_print(struct sums *sums, struct str project, struct buffer *out);

#endif
