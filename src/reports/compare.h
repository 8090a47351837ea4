// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A report next to that of an earlier period: which period, what changed, and how that is shown.
//
// Days are compared with days, whatever their hours: a day of 23 hours is a day. What is not known (a median without sessions) has no
// change, and what was 0 has none in per cent.
#ifndef FOOTFALL_REPORTS_COMPARE_H
#define FOOTFALL_REPORTS_COMPARE_H

#include "reports/private.h"
#include "view/chart.h"
#include "view/csv.h"

// As many days as range has. PREVIOUS: those that end the day before it. PREVIOUS_WEEK: so many whole weeks before that the two do not
// overlap, so weekdays meet their like. PREVIOUS_YEAR: those that end on the last day's date of the year before; 28 February for the 29th.
struct view_range reports_compare_range(enum reports_compare compare, struct view_range range);
// ?compare=; NOT when it was not given. False: a problem was sent.
bool reports_compare_ask(struct http_exchange *exchange, struct str text,
                         enum reports_compare *out);

enum reports_figure_kind { REPORTS_COUNT, REPORTS_SECONDS, REPORTS_RATIO };
struct reports_value {
    bool known;
    double value;
};
struct reports_figure {
    const char *key;   // of JSON
    const char *label; // of pages
    enum reports_figure_kind kind;
    struct reports_value now, before;
};
struct reports_value reports_value_of(int64_t count);
struct reports_value reports_value_ratio(int64_t part, int64_t whole);
struct reports_value reports_value_change(struct reports_value now, struct reports_value before);
struct reports_value reports_value_percent(struct reports_value now, struct reports_value before);

struct reports_comparison {
    enum reports_compare compare;
    struct view_range range; // of the earlier period
    const struct reports_figure *figures;
    size_t count;
};
// "previous":{"compare","from","to","totals","change","changePercent": more members may follow, then json_end_object.
void reports_compare_begin_json(struct json_writer *w, const struct reports_comparison *comparison);
// Three cells: before, change, change in per cent.
void reports_compare_csv(struct view_csv *csv, struct reports_value now,
                         struct reports_value before);
// Three cells of a table's row: before, change, change in per cent.
void reports_compare_cells(struct buffer *out, const struct reports_figure *figure);
// A table of the figures; directions are told by arrows and words.
void reports_compare_page(struct buffer *out, const struct reports_comparison *comparison);
// Both periods as lines, the earlier one muted.
void reports_compare_chart(struct buffer *out, const struct view_chart *chart, const int64_t *now,
                           const int64_t *before);

#endif
