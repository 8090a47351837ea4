// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Medians of session lengths and other counted values.
#ifndef FOOTFALL_VIEW_MEDIAN_H
#define FOOTFALL_VIEW_MEDIAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view_weighted {
    int64_t value;
    int64_t weight; // how often the value occurs; those below 1 count as 0
};
// Sorts items. An even number of values gives the mean of the two in the middle. False: no values.
bool view_median_weighted(struct view_weighted *items, size_t count, double *out);
// Of values that are sorted already.
bool view_median_sorted(const int64_t *values, size_t count, double *out);

#endif
