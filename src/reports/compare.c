// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Choosing the earlier period, and writing what changed since.
#include "reports/compare.h"

#include <stdio.h>

#include "view/chart.h"
#include "view/page.h"

static const struct str names[] = {
    [REPORTS_COMPARE_NOT] = STR_INIT(""),
    [REPORTS_COMPARE_PREVIOUS] = STR_INIT("previous"),
    [REPORTS_COMPARE_PREVIOUS_WEEK] = STR_INIT("previous-week"),
    [REPORTS_COMPARE_PREVIOUS_YEAR] = STR_INIT("previous-year"),
};

bool reports_compare_ask(struct http_exchange *exchange, struct str text,
                         enum reports_compare *out) {
    *out = REPORTS_COMPARE_NOT;
    if (!text.data) {
        return true;
    }
    for (size_t i = REPORTS_COMPARE_PREVIOUS; i < sizeof names / sizeof names[0]; i++) {
        if (str_equal(names[i], text)) {
            *out = (enum reports_compare)i;
            return true;
        }
    }
    view_refuse(exchange, "compare", STR("must be previous, previous-week or previous-year"));
    return false;
}

static int32_t year_before(int32_t day) {
    int year = 0;
    unsigned month = 0, day_of_month = 0;
    clock_date_from_day(day, &year, &month, &day_of_month);
    bool leap_day = month == 2 && day_of_month == 29;
    return clock_day_from_date(year - 1, month, leap_day ? 28 : day_of_month);
}

struct view_range reports_compare_range(enum reports_compare compare, struct view_range range) {
    int32_t days = range.last - range.first + 1;
    int32_t back = days;
    if (compare == REPORTS_COMPARE_PREVIOUS_WEEK) {
        back = (days + 6) / 7 * 7;
    } else if (compare == REPORTS_COMPARE_PREVIOUS_YEAR) {
        back = range.last - year_before(range.last);
    }
    return (struct view_range){range.first - back, range.last - back};
}

struct reports_value reports_value_of(int64_t count) {
    return (struct reports_value){true, (double)count};
}

struct reports_value reports_value_ratio(int64_t part, int64_t whole) {
    bool known = whole > 0;
    return (struct reports_value){known, known ? (double)part / (double)whole : 0};
}

struct reports_value reports_value_change(struct reports_value now, struct reports_value before) {
    bool known = now.known && before.known;
    return (struct reports_value){known, known ? now.value - before.value : 0};
}

struct reports_value reports_value_percent(struct reports_value now, struct reports_value before) {
    bool known = now.known && before.known && before.value > 0;
    return (struct reports_value){known,
                                  known ? (now.value - before.value) / before.value * 100 : 0};
}

static void write_value(struct json_writer *w, const char *key, struct reports_value value) {
    reports_member_known(w, str_from_c(key), value.known, value.value);
}

void reports_compare_begin_json(struct json_writer *w,
                                const struct reports_comparison *comparison) {
    char from[11], to[11];
    clock_format_date(comparison->range.first, from);
    clock_format_date(comparison->range.last, to);
    json_key(w, STR("previous"));
    json_begin_object(w);
    json_member_string(w, STR("compare"), names[comparison->compare]);
    json_member_string(w, STR("from"), str_from_c(from));
    json_member_string(w, STR("to"), str_from_c(to));
    static const char *const members[] = {"totals", "change", "changePercent"};
    for (int part = 0; part < 3; part++) {
        json_key(w, str_from_c(members[part]));
        json_begin_object(w);
        for (size_t i = 0; i < comparison->count; i++) {
            const struct reports_figure *figure = &comparison->figures[i];
            write_value(w, figure->key,
                        part == 0   ? figure->before
                        : part == 1 ? reports_value_change(figure->now, figure->before)
                                    : reports_value_percent(figure->now, figure->before));
        }
        json_end_object(w);
    }
}

void reports_compare_csv(struct view_csv *csv, struct reports_value now,
                         struct reports_value before) {
    struct reports_value change = reports_value_change(now, before);
    struct reports_value percent = reports_value_percent(now, before);
    view_csv_number(csv, before.known, before.value);
    view_csv_number(csv, change.known, change.value);
    view_csv_number(csv, percent.known, percent.value);
}

// Without its sign: the arrow and the word have it.
static void write_amount(struct buffer *out, enum reports_figure_kind kind, bool known,
                         double value) {
    double amount = value < 0 ? -value : value;
    switch (kind) {
    case REPORTS_COUNT:
        if (known) {
            view_html_integer(out, (int64_t)amount);
        } else {
            buffer_append_str(out, STR("—"));
        }
        break;
    case REPORTS_SECONDS: view_html_duration(out, known, amount); break;
    case REPORTS_RATIO: view_html_percent(out, known, amount); break;
    }
}

static void write_cell(struct buffer *out, enum reports_figure_kind kind,
                       struct reports_value value) {
    view_page_begin_cell(out, true);
    write_amount(out, kind, value.known, value.value);
    view_page_end_cell(out);
}

static void write_change(struct buffer *out, const struct reports_figure *figure) {
    struct reports_value change = reports_value_change(figure->now, figure->before);
    struct reports_value percent = reports_value_percent(figure->now, figure->before);
    view_page_begin_cell(out, true);
    if (!change.known) {
        buffer_append_str(out, STR("not known"));
    } else if (change.value > 0 || change.value < 0) {
        buffer_append_str(out, change.value > 0 ? STR("▲ ") : STR("▼ "));
        write_amount(out, figure->kind, true, change.value);
        buffer_append_str(out, change.value > 0 ? STR(" more") : STR(" less"));
    } else {
        buffer_append_str(out, STR("= the same"));
    }
    view_page_end_cell(out);
    view_page_begin_cell(out, true);
    if (percent.known) {
        buffer_printf(out, "%+.1f %%", percent.value);
    } else {
        buffer_append_str(out, STR("—"));
    }
    view_page_end_cell(out);
}

void reports_compare_cells(struct buffer *out, const struct reports_figure *figure) {
    write_cell(out, figure->kind, figure->before);
    write_change(out, figure);
}

void reports_compare_page(struct buffer *out, const struct reports_comparison *comparison) {
    static const struct view_column columns[] = {{"Figure", false},
                                                 {"Now", true},
                                                 {"Before", true},
                                                 {"Change", true},
                                                 {"In per cent", true}};
    char from[11], to[11], caption[64];
    clock_format_date(comparison->range.first, from);
    clock_format_date(comparison->range.last, to);
    if (comparison->range.first == comparison->range.last) {
        snprintf(caption, sizeof caption, "Compared with %s", from);
    } else {
        snprintf(caption, sizeof caption, "Compared with %s to %s", from, to);
    }
    view_page_begin_table(out, caption, columns, 5, false);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct reports_figure *figure = &comparison->figures[i];
        view_page_begin_row(out);
        view_page_cell_text(out, str_from_c(figure->label));
        write_cell(out, figure->kind, figure->now);
        reports_compare_cells(out, figure);
        view_page_end_row(out);
    }
    view_page_end_table(out, comparison->count);
}

void reports_compare_chart(struct buffer *out, const struct view_chart *chart, const int64_t *now,
                           const int64_t *before) {
    const struct view_series series[] = {
        {.name = chart->unit, .values = now},
        {.name = "before, in the earlier period", .values = before, .muted = true}};
    view_chart_lines(out, chart, series, 2);
}
