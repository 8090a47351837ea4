// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a day is broken down by: metrics with values, and declared dimensions; how many values each may have; what was folded.
//
// A breakdown has a number: that of its metric, or BREAKDOWN_DECLARED and the place among the declared ones, which share a metric.
#ifndef FOOTFALL_PROCESSOR_BREAKDOWNS_H
#define FOOTFALL_PROCESSOR_BREAKDOWNS_H

#include <pthread.h>

#include "enrich/enrich.h"
#include "processor/intern.h"
#include "processor/processor.h"

#define BREAKDOWN_DECLARED ((unsigned)STORE_METRIC_END)
#define BREAKDOWN_COUNT (BREAKDOWN_DECLARED + ENRICH_DECLARED_MAX)
#define BREAKDOWN_LIMIT 2000 // without a setting
#define BREAKDOWN_NAME 64
#define BREAKDOWN_LATE_PART 8 // an eighth more than the limit may get rows late

struct breakdowns {
    uint32_t limits[BREAKDOWN_COUNT];
    const struct enrich_declared *declared; // the enrichment's
    size_t declared_count;
};
// INVALID: a limit names no breakdown, or is none ("page=5000"); err says which.
MUST_CHECK enum status breakdowns_make(const struct processor_config *config,
                                       const struct enrichment *enrichment, struct breakdowns *out,
                                       struct error *err);
// "page", "dimension:plan".
void breakdowns_name(const struct breakdowns *breakdowns, unsigned breakdown,
                     char out[BREAKDOWN_NAME]);
// BREAKDOWN_COUNT: there is none.
unsigned breakdowns_find(const struct breakdowns *breakdowns, struct str name);
enum store_metric breakdowns_metric(unsigned breakdown);
// Which breakdown a row of the totals belongs to; BREAKDOWN_COUNT: a dimension that is not declared any more.
unsigned breakdowns_of_row(const struct breakdowns *breakdowns, enum store_metric metric,
                           struct str value);

// --- What was folded since start ----------------------------------------------------------------------------------------
struct folded_counts {
    pthread_mutex_t mutex;
    struct processor_folded *rows; // in the order of their first appearance
    size_t count, capacity;
};
void folded_counts_init(struct folded_counts *counts);
void folded_counts_free(struct folded_counts *counts);
// Short of memory a new row is left out, and a log line says so: nobody's results depend on it.
void folded_counts_add(struct folded_counts *counts, const struct processor_folded *more);
void folded_counts_render(struct folded_counts *counts, struct buffer *out);
size_t folded_counts_look(struct folded_counts *counts, struct processor_folded *out, size_t max);

#endif
