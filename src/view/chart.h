// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Charts in SVG: bars and lines, with titles that screen readers and pointers find.
#ifndef FOOTFALL_VIEW_CHART_H
#define FOOTFALL_VIEW_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

// labels: one a point, drawn where there is room; texts longer than 31 bytes are cut.
struct view_chart {
    const char *title;
    const char *unit; // "events"
    size_t count;     // of points, at least 1
    // Writes the label of a point: an hour, a date.
    void (*label)(void *context, size_t point, char out[32]);
    void *context;
};
struct view_series {
    const char *name;
    const int64_t *values; // chart.count of them, none below 0
    bool muted;            // dashed and grey: what is there to compare with
};
void view_chart_bars(struct buffer *out, const struct view_chart *chart, const int64_t *values);
// Up to 4 series, with a legend.
void view_chart_lines(struct buffer *out, const struct view_chart *chart,
                      const struct view_series *series, size_t count);
// The end of the value axis: a round number not below value and not far above it, whose quarters are whole numbers.
int64_t view_chart_ceiling(int64_t value);
// Calendar texts for titles and labels.
void view_date_long(int32_t day, char out[48]);  // "Sunday, 22 November 2026"
void view_date_short(int32_t day, char out[32]); // "22 Nov"

#endif
