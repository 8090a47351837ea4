// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Counts over time by one dimension.
#ifndef FOOTFALL_REPORTS_EVENTS_H
#define FOOTFALL_REPORTS_EVENTS_H

#include "reports/private.h"

struct reports_series {
    struct str name;
    int64_t events;
    int64_t *by_day; // question's days
};
struct reports_counts {
    struct str by;
    bool chronological; // hours and days stand in their own order, all of them
    int64_t total;      // events of all values, also of those behind the limit
    struct reports_series *series;
    size_t count;
    size_t days;
};

// rows: of one metric, any number of days from first on. Groups by value; the limit largest.
MUST_CHECK enum status reports_counts_make(struct arena *arena, struct reports_rows rows,
                                           int32_t first, size_t limit, struct reports_counts *out);

#endif
