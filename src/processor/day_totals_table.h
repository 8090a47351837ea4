// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The inside of one table of day totals; for day_totals.c only.
#ifndef FOOTFALL_PROCESSOR_DAY_TOTALS_TABLE_H
#define FOOTFALL_PROCESSOR_DAY_TOTALS_TABLE_H

#include "processor/day_totals.h"

// Metric and value of a fixed cell; day and amount are 0. Static storage.
struct store_total day_totals_fixed_name(unsigned cell);

MUST_CHECK enum status day_totals_table_load(struct day_totals_cache *cache, unsigned partition,
                                             struct project *project, int32_t day,
                                             struct day_totals **out);
void day_totals_table_free(struct day_totals_cache *cache, struct day_totals *totals);
bool day_totals_table_has(const struct day_totals *totals, enum store_metric metric,
                          const struct intern_value *value);
// Finds or adds. NULL: no memory.
struct day_cell *day_totals_table_cell(struct day_totals_cache *cache, struct day_totals *totals,
                                       enum store_metric metric, struct intern_value *value,
                                       int64_t number);
// NULL: no memory.
struct folding *day_totals_table_folding(struct day_totals_cache *cache, struct day_totals *totals,
                                         unsigned breakdown);
struct leaders *day_totals_table_leaders(struct day_totals_cache *cache, struct day_totals *totals);

#endif
