// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /reports/events: how often what happened, by name, type, page and so on, day by day.
#include "reports/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "reports/breakdown.h"
#include "reports/compare.h"
#include "view/chart.h"
#include "view/csv.h"
#include "view/page.h"

static const struct dimension {
    struct str name;
    enum store_metric metric;
    const char *title;  // of the page
    const char *column; // of its table
} dimensions[] = {
    {STR_INIT("name"), STORE_METRIC_NAME, "Events by name", "Event"},
    {STR_INIT("type"), STORE_METRIC_TYPE, "Events by type", "Type"},
    {STR_INIT("page"), STORE_METRIC_PAGE, "Page views by page", "Path"},
    {STR_INIT("referrer"), STORE_METRIC_REFERRER, "Events by referrer", "Referrer"},
    {STR_INIT("channel"), STORE_METRIC_CHANNEL, "Page views by channel", "Channel"},
    {STR_INIT("source"), STORE_METRIC_CAMPAIGN_SOURCE, "Events by source", "Source"},
    {STR_INIT("medium"), STORE_METRIC_CAMPAIGN_MEDIUM, "Events by medium", "Medium"},
    {STR_INIT("campaign"), STORE_METRIC_CAMPAIGN, "Events by campaign", "Campaign"},
    {STR_INIT("region"), STORE_METRIC_REGION, "Events by region", "Region"},
    {STR_INIT("browserVersion"), STORE_METRIC_BROWSER_VERSION, "Events by version of the browser",
     "Browser"},
    {STR_INIT("osVersion"), STORE_METRIC_OS_VERSION, "Events by version of the operating system",
     "System"},
    {STR_INIT("country"), STORE_METRIC_COUNTRY, "Events by country", "Country"},
    {STR_INIT("device"), STORE_METRIC_DEVICE, "Events by device", "Device"},
    {STR_INIT("browser"), STORE_METRIC_BROWSER, "Events by browser", "Browser"},
    {STR_INIT("os"), STORE_METRIC_OS, "Events by operating system", "System"},
    {STR_INIT("hour"), STORE_METRIC_HOUR, "Events by hour of the day", "Hour"},
    {STR_INIT("day"), STORE_METRIC_EVENTS, "Events by day", "Day"},
};

struct asked {
    const struct reports_question *question;
    const struct dimension *dimension;
    struct dimension own; // what dimension points to when it is a declared one
    struct str declared;  // its name; data NULL: it is not
    struct reports_breakdown breakdown;
    struct reports_counts counts;
    // With ?compare=: the earlier days, all values, and of each item of counts its like there; events -1: may be among "(other)".
    struct view_range before;
    struct reports_breakdown before_breakdown;
    struct reports_counts before_counts;
    struct reports_series *before_items;
};

// "dimension:NAME". False: there is no such.
static bool find_declared(struct reports *reports, struct asked *asked, struct arena *arena) {
    struct str by = asked->question->by;
    if (!by.data || !reports_breakdown_declared(reports, by, &asked->declared)) {
        asked->declared = STR_EMPTY;
        return false;
    }
    struct str title = arena_printf(arena, "Events by %.*s", STR_ARG(asked->declared));
    struct str column = arena_copy(arena, asked->declared);
    asked->own = (struct dimension){by, STORE_METRIC_DIMENSION,
                                    title.data ? title.data : "Events by dimension",
                                    column.data ? column.data : "Value"};
    asked->dimension = &asked->own;
    return true;
}

static const struct dimension *find_dimension(struct str by) {
    if (!by.data) {
        return &dimensions[0];
    }
    for (size_t i = 0; i < sizeof dimensions / sizeof dimensions[0]; i++) {
        if (str_equal(dimensions[i].name, by)) {
            return &dimensions[i];
        }
    }
    return NULL;
}

// Every day of the range is an item, whether something happened or not.
static enum status make_days(struct arena *arena, struct reports_rows rows, struct view_range range,
                             struct reports_counts *out) {
    out->count = out->days;
    out->series = arena_alloc_array(arena, out->count, sizeof *out->series);
    if (!out->series) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < out->count; i++) {
        char date[11];
        int32_t day = range.first + (int32_t)i;
        clock_format_date(day, date);
        out->series[i].name = arena_copy(arena, str_from_c(date));
        if (!out->series[i].name.data) {
            return STATUS_NO_MEMORY;
        }
        out->series[i].events = reports_amount(rows, day, STORE_METRIC_EVENTS);
        out->total += out->series[i].events;
    }
    return STATUS_OK;
}

static enum status read_counts(struct reports *reports, struct arena *arena,
                               const struct asked *asked, struct view_range range, size_t limit,
                               struct reports_breakdown *breakdown, struct reports_counts *counts) {
    const struct reports_question *question = asked->question;
    struct store_total *rows = NULL;
    size_t count = 0;
    enum store_metric metric = asked->dimension->metric;
    *counts = (struct reports_counts){.by = asked->dimension->name,
                                      .chronological = metric == STORE_METRIC_HOUR ||
                                                       metric == STORE_METRIC_EVENTS,
                                      .days = (size_t)(range.last - range.first) + 1};
    *breakdown = (struct reports_breakdown){0};
    enum status status =
        store_totals_read(reports->config.store, question->project, range.first, range.last,
                          UINT64_C(1) << metric | REPORTS_METRIC(FOLDED), arena, &rows, &count);
    if (status != STATUS_OK) {
        return status;
    }
    struct reports_rows all = {rows, count};
    if (metric == STORE_METRIC_EVENTS) {
        return make_days(arena, all, range, counts);
    }
    status = reports_breakdown_make(arena, all, metric, asked->declared, breakdown);
    if (status != STATUS_OK) {
        return status;
    }
    return reports_counts_make(arena, breakdown->rows, range.first, limit, counts);
}

static int compare_names(const void *a, const void *b) {
    const struct reports_series *x = a, *y = b;
    return str_compare(x->name, y->name);
}

// Of each item its like in the earlier days: the same value, or the day in the same place.
static enum status pair_items(struct arena *arena, struct asked *asked) {
    const struct reports_counts *now = &asked->counts;
    struct reports_counts *before = &asked->before_counts;
    bool days = asked->dimension->metric == STORE_METRIC_EVENTS;
    asked->before_items = arena_alloc_array(arena, now->count + 1, sizeof *asked->before_items);
    int64_t *zeros = arena_alloc_array(arena, now->days, sizeof *zeros);
    if (!asked->before_items || !zeros) {
        return STATUS_NO_MEMORY;
    }
    memset(zeros, 0, now->days * sizeof *zeros);
    if (!days && before->count > 0) {
        qsort(before->series, before->count, sizeof *before->series, compare_names);
    }
    for (size_t i = 0; i < now->count; i++) {
        const struct reports_series *found =
            days                ? &before->series[i]
            : before->count > 0 ? bsearch(&now->series[i], before->series, before->count,
                                          sizeof *before->series, compare_names)
                                : NULL;
        if (found) {
            asked->before_items[i] = *found;
        } else {
            asked->before_items[i] =
                (struct reports_series){.name = now->series[i].name,
                                        .events = asked->before_breakdown.other > 0 ? -1 : 0,
                                        .by_day = zeros};
        }
    }
    return STATUS_OK;
}

static enum status read_both(struct reports *reports, struct arena *arena, struct asked *asked) {
    const struct reports_question *question = asked->question;
    enum status status = read_counts(reports, arena, asked, question->range, question->limit,
                                     &asked->breakdown, &asked->counts);
    if (status != STATUS_OK || question->compare == REPORTS_COMPARE_NOT) {
        return status;
    }
    asked->before = reports_compare_range(question->compare, question->range);
    status = read_counts(reports, arena, asked, asked->before, SIZE_MAX, &asked->before_breakdown,
                         &asked->before_counts);
    return status == STATUS_OK ? pair_items(arena, asked) : status;
}

static struct reports_value events_before(const struct reports_series *series) {
    return (struct reports_value){series->events >= 0, (double)series->events};
}

static void compare(const struct asked *asked, struct reports_figure *figure,
                    struct reports_comparison *out) {
    *figure = (struct reports_figure){"events", "Events", REPORTS_COUNT,
                                      reports_value_of(asked->counts.total),
                                      reports_value_of(asked->before_counts.total)};
    *out = (struct reports_comparison){asked->question->compare, asked->before, figure, 1};
}

static void write_items(struct json_writer *w, const struct reports_series *items, size_t count,
                        size_t days) {
    json_key(w, STR("items"));
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        const struct reports_series *series = &items[i];
        bool known = series->events >= 0;
        json_begin_object(w);
        json_member_string(w, STR("name"), series->name);
        json_key(w, STR("events"));
        if (known) {
            json_i64(w, series->events);
        } else {
            json_null(w);
        }
        if (series->by_day && known) {
            json_key(w, STR("byDay"));
            json_begin_array(w);
            for (size_t day = 0; day < days; day++) {
                json_i64(w, series->by_day[day]);
            }
            json_end_array(w);
        }
        json_end_object(w);
    }
    json_end_array(w);
}

static void send_json(struct http_exchange *exchange, const struct asked *asked) {
    const struct reports_counts *counts = &asked->counts;
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_object(&w);
    reports_write_head(&w, asked->question);
    json_member_string(&w, STR("by"), counts->by);
    json_member_i64(&w, STR("events"), counts->total);
    json_member_i64(&w, STR("other"), asked->breakdown.other);
    json_member_i64(&w, STR("otherValues"), asked->breakdown.other_values);
    json_member_bool(&w, STR("truncated"), asked->breakdown.other > 0);
    write_items(&w, counts->series, counts->count, counts->days);
    if (asked->before_items) {
        struct reports_figure figure;
        struct reports_comparison comparison;
        compare(asked, &figure, &comparison);
        reports_compare_begin_json(&w, &comparison);
        write_items(&w, asked->before_items, counts->count, counts->days);
        json_end_object(&w);
    }
    json_end_object(&w);
    reports_send_json(exchange, &w);
}

// What stands behind a row's events when two periods are compared.
static void write_before(struct view_csv *csv, const struct asked *asked, size_t item, size_t day,
                         int64_t now) {
    char date[11];
    if (!asked->before_items) {
        return;
    }
    const struct reports_series *before = &asked->before_items[item];
    struct reports_value value = events_before(before);
    if (value.known && before->by_day) {
        value = reports_value_of(before->by_day[day]);
    }
    clock_format_date(asked->before.first + (int32_t)day, date);
    view_csv_text(csv, str_from_c(date));
    reports_compare_csv(csv, reports_value_of(now), value);
}

static void write_header(struct view_csv *csv, const struct asked *asked) {
    bool days = asked->dimension->metric == STORE_METRIC_EVENTS;
    if (asked->before_items) {
        view_csv_header(csv, days
                                 ? "date,events,previous_date,previous_events,change,change_percent"
                                 : "date,name,events,previous_date,previous_events,change,"
                                   "change_percent");
    } else {
        view_csv_header(csv, days ? "date,events" : "date,name,events");
    }
}

// Nothing happened on that day, and not on its like either.
static bool is_empty(const struct asked *asked, size_t item, size_t day) {
    const struct reports_series *before = asked->before_items ? &asked->before_items[item] : NULL;
    return asked->counts.series[item].by_day[day] == 0 &&
           (!before || before->events < 0 || before->by_day[day] == 0);
}

// One row a value and day on which it occurred: what pivot tables like.
static void send_csv(struct http_exchange *exchange, const struct asked *asked) {
    const struct reports_counts *counts = &asked->counts;
    struct view_csv csv;
    view_csv_init(&csv, http_reply_body(exchange));
    write_header(&csv, asked);
    for (size_t i = 0; i < counts->count; i++) {
        CHECK(counts->series != NULL);
        const struct reports_series *series = &counts->series[i];
        if (!series->by_day) {
            view_csv_text(&csv, series->name);
            view_csv_integer(&csv, series->events);
            write_before(&csv, asked, i, i, series->events);
            view_csv_end_row(&csv);
            continue;
        }
        for (size_t day = 0; day < counts->days; day++) {
            char date[11];
            if (is_empty(asked, i, day)) {
                continue;
            }
            clock_format_date(asked->question->range.first + (int32_t)day, date);
            view_csv_text(&csv, str_from_c(date));
            view_csv_text(&csv, series->name);
            view_csv_integer(&csv, series->by_day[day]);
            write_before(&csv, asked, i, day, series->by_day[day]);
            view_csv_end_row(&csv);
        }
    }
    view_send_csv(exchange, STR("events"));
}

static void label_day(void *context, size_t point, char out[32]) {
    const struct asked *asked = context;
    view_date_short(asked->question->range.first + (int32_t)point, out);
}

static void label_item(void *context, size_t point, char out[32]) {
    const struct asked *asked = context;
    struct str name = asked->counts.series[point].name;
    snprintf(out, 32, "%.*s:00", STR_ARG(name));
}

// Hours: a point an hour. Days: a point a day. Else: a point a day, of all values that are listed.
static void sum_points(const struct asked *asked, const struct reports_series *items,
                       int64_t *values) {
    bool hours = asked->dimension->metric == STORE_METRIC_HOUR;
    for (size_t i = 0; i < asked->counts.count; i++) {
        if (hours || !items[i].by_day) {
            values[i] = items[i].events > 0 ? items[i].events : 0;
        }
        for (size_t day = 0; !hours && items[i].by_day && day < asked->counts.days; day++) {
            values[day] += items[i].by_day[day];
        }
    }
}

static void write_chart(struct buffer *out, const struct asked *asked) {
    const struct reports_counts *counts = &asked->counts;
    int64_t values[VIEW_RANGE_DAYS_MAX] = {0}, before[VIEW_RANGE_DAYS_MAX] = {0};
    bool hours = asked->dimension->metric == STORE_METRIC_HOUR;
    size_t count = hours ? counts->count : counts->days;
    struct view_chart chart = {.title = hours ? asked->dimension->title : "Events per day",
                               .unit = "events",
                               .count = count,
                               .label = hours ? label_item : label_day,
                               .context = (void *)(uintptr_t)asked};
    sum_points(asked, counts->series, values);
    if (count > 0 && asked->before_items) {
        sum_points(asked, asked->before_items, before);
        reports_compare_chart(out, &chart, values, before);
    } else if (count > 0) {
        view_chart_bars(out, &chart, values);
    }
}

static void write_table_before(struct buffer *out, const struct asked *asked, size_t item) {
    struct reports_figure figure = {.kind = REPORTS_COUNT,
                                    .now = reports_value_of(asked->counts.series[item].events),
                                    .before = events_before(&asked->before_items[item])};
    reports_compare_cells(out, &figure);
}

static void write_table(struct buffer *out, const struct asked *asked) {
    const struct reports_counts *counts = &asked->counts;
    const struct view_column columns[] = {{asked->dimension->column, false},
                                          {"Events", true},
                                          {"Share", true},
                                          {"Before", true},
                                          {"Change", true},
                                          {"In per cent", true}};
    view_page_begin_table(out, asked->dimension->title, columns, asked->before_items ? 6 : 3, true);
    int64_t most = 0;
    for (size_t i = 0; i < counts->count; i++) {
        most = counts->series[i].events > most ? counts->series[i].events : most;
    }
    for (size_t i = 0; i < counts->count; i++) {
        const struct reports_series *series = &counts->series[i];
        view_page_begin_row(out);
        view_page_cell_text(out, series->name.len > 0 ? series->name : STR("(no name)"));
        view_page_cell_bar(out, series->events, most);
        view_page_begin_cell(out, true);
        view_html_percent(out, counts->total > 0, (double)series->events / (double)counts->total);
        view_page_end_cell(out);
        if (asked->before_items) {
            write_table_before(out, asked, i);
        }
        view_page_end_row(out);
    }
    view_page_end_table(out, counts->count);
}

static void send_page(struct http_exchange *exchange, const struct asked *asked) {
    struct buffer *out = http_reply_body(exchange);
    reports_page_begin(out, asked->question, str_from_c(asked->dimension->title));
    view_page_begin_cards(out);
    view_page_card(out, "Events", asked->counts.total, NULL);
    view_page_card(out, "Listed below", (int64_t)asked->counts.count, NULL);
    if (asked->breakdown.other > 0) {
        view_page_card(out, "Of values without a line of their own", asked->breakdown.other, NULL);
        view_page_card(out, "About so many values", asked->breakdown.other_values, NULL);
    }
    view_page_end_cards(out);
    if (asked->before_items) {
        struct reports_figure figure;
        struct reports_comparison comparison;
        compare(asked, &figure, &comparison);
        reports_compare_page(out, &comparison);
    }
    write_chart(out, asked);
    write_table(out, asked);
    view_page_end(out);
    view_page_send(exchange);
}

static void refuse_dimension(const struct reports *reports, struct http_exchange *exchange) {
    struct str list = reports_breakdown_names(reports, &exchange->arena);
    struct str text = arena_printf(
        &exchange->arena,
        "must be name, type, page, referrer, channel, source, medium, campaign, country, region, "
        "device, browser, browserVersion, os, osVersion, hour, day or dimension:NAME; declared "
        "are: %.*s",
        STR_ARG(list));
    view_refuse(exchange, "by", text.data ? text : STR("is not known"));
}

void reports_handle_events(struct http_exchange *exchange, void *context) {
    struct reports *reports = context;
    static const char *const names[] = {"project", "from",  "to",     "by",
                                        "format",  "limit", "compare"};
    struct reports_question question;
    if (!reports_ask(reports, exchange, names, 7, &question)) {
        return;
    }
    struct asked asked = {.question = &question, .dimension = find_dimension(question.by)};
    if (!asked.dimension && !find_declared(reports, &asked, &exchange->arena)) {
        refuse_dimension(reports, exchange);
        return;
    }
    enum status status = read_both(reports, &exchange->arena, &asked);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "reports", "The totals cannot be read");
        return;
    }
    static void (*const send[])(struct http_exchange *,
                                const struct asked *) = {send_json, send_csv, send_page};
    send[question.format](exchange, &asked);
}
