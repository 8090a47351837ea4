// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /reports/retention: of the users who were first seen in a day or week, how many came back how much later.
#include <stdio.h>

#include "reports/private.h"
#include "view/csv.h"
#include "view/page.h"

#define DAYS_BACK 90 // as far back as is counted
#define WEEKS_BACK 52
#define COLUMNS 15 // of the page; the rest is in JSON and CSV

struct retention {
    const struct reports_question *question;
    bool weeks;
    int32_t step;   // days of a unit
    int32_t first;  // day of the first cohort
    int32_t last;   // day on which the newest unit begins that may be known
    size_t count;   // cohorts
    int32_t back;   // most units
    int64_t *users; // by cohort, then by units later: count * (back + 1)
};

static int32_t monday_of(int32_t day) {
    return day - (day + 3) % 7;
}

static int32_t cohort_day(const struct retention *retention, size_t cohort) {
    return retention->first + (int32_t)cohort * retention->step;
}

// How many units of a cohort have begun.
static int32_t known_units(const struct retention *retention, size_t cohort) {
    int32_t units = (retention->last - cohort_day(retention, cohort)) / retention->step;
    return units < retention->back ? units : retention->back;
}

static int64_t *cell(const struct retention *retention, size_t cohort, int32_t units) {
    return &retention->users[cohort * (size_t)(retention->back + 1) + (size_t)units];
}

static void place(const struct retention *retention, const struct store_total *row) {
    int64_t units = 0;
    if (!str_to_i64(row->value, &units) || units < 0 || units > retention->back) {
        return; // counted by a later version, which goes further back
    }
    int32_t begin = row->day - (int32_t)units * retention->step;
    int32_t cohort = (begin - retention->first) / retention->step;
    if (begin >= retention->first && (begin - retention->first) % retention->step == 0 &&
        (size_t)cohort < retention->count) {
        *cell(retention, (size_t)cohort, (int32_t)units) += row->amount;
    }
}

static enum status read_retention(struct reports *reports, struct arena *arena,
                                  struct retention *retention) {
    const struct reports_question *question = retention->question;
    struct view_range range = question->range;
    retention->step = retention->weeks ? 7 : 1;
    retention->back = retention->weeks ? WEEKS_BACK : DAYS_BACK;
    retention->first = retention->weeks ? monday_of(range.first) : range.first;
    retention->last = retention->weeks ? monday_of(question->today) : question->today;
    int32_t newest = range.last < retention->last ? range.last : retention->last;
    retention->count = newest >= retention->first
                           ? (size_t)((newest - retention->first) / retention->step) + 1
                           : 0;
    size_t cells = (retention->count + 1) * (size_t)(retention->back + 1);
    retention->users = arena_alloc_array(arena, cells, sizeof *retention->users);
    if (!retention->users) {
        return STATUS_NO_MEMORY;
    }
    if (retention->count == 0) {
        return STATUS_OK;
    }
    int32_t until = cohort_day(retention, retention->count - 1) + retention->back * retention->step;
    struct store_total *rows = NULL;
    size_t count = 0;
    enum status status = store_totals_read(
        reports->config.store, question->project, retention->first,
        until < retention->last ? until : retention->last,
        retention->weeks ? REPORTS_METRIC(RETENTION_WEEK) : REPORTS_METRIC(RETENTION_DAY), arena,
        &rows, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        place(retention, &rows[i]);
    }
    return status;
}

// --- Forms ------------------------------------------------------------------------------------------------------------
static void send_json(struct http_exchange *exchange, const struct retention *retention) {
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_object(&w);
    reports_write_head(&w, retention->question);
    json_member_string(&w, STR("unit"), retention->weeks ? STR("week") : STR("day"));
    json_key(&w, STR("items"));
    json_begin_array(&w);
    for (size_t i = 0; i < retention->count; i++) {
        char date[11];
        clock_format_date(cohort_day(retention, i), date);
        json_begin_object(&w);
        json_member_string(&w, STR("cohort"), str_from_c(date));
        json_member_i64(&w, STR("users"), *cell(retention, i, 0));
        json_key(&w, STR("active"));
        json_begin_array(&w);
        for (int32_t units = 0; units <= known_units(retention, i); units++) {
            json_i64(&w, *cell(retention, i, units));
        }
        json_end_array(&w);
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
    reports_send_json(exchange, &w);
}

static void send_csv(struct http_exchange *exchange, const struct retention *retention) {
    struct view_csv csv;
    view_csv_init(&csv, http_reply_body(exchange));
    view_csv_header(&csv, retention->weeks ? "cohort,users,weeks_later,active,share"
                                           : "cohort,users,days_later,active,share");
    for (size_t i = 0; i < retention->count; i++) {
        char date[11];
        int64_t users = *cell(retention, i, 0);
        clock_format_date(cohort_day(retention, i), date);
        for (int32_t units = 0; users > 0 && units <= known_units(retention, i); units++) {
            int64_t active = *cell(retention, i, units);
            view_csv_text(&csv, str_from_c(date));
            view_csv_integer(&csv, users);
            view_csv_integer(&csv, units);
            view_csv_integer(&csv, active);
            view_csv_number(&csv, true, (double)active / (double)users);
            view_csv_end_row(&csv);
        }
    }
    view_send_csv(exchange, STR("retention"));
}

static void write_row(struct buffer *out, const struct retention *retention, size_t cohort) {
    char date[11];
    int64_t users = *cell(retention, cohort, 0);
    clock_format_date(cohort_day(retention, cohort), date);
    view_page_begin_row(out);
    view_page_cell_text(out, str_from_c(date));
    view_page_cell_integer(out, users);
    for (int32_t units = 1; units < COLUMNS; units++) {
        view_page_begin_cell(out, true);
        if (units <= known_units(retention, cohort)) {
            view_html_percent(out, users > 0,
                              users > 0 ? (double)*cell(retention, cohort, units) / (double)users
                                        : 0);
        }
        view_page_end_cell(out);
    }
    view_page_end_row(out);
}

static void send_page(struct http_exchange *exchange, const struct retention *retention) {
    struct buffer *out = http_reply_body(exchange);
    char names[COLUMNS + 1][16];
    struct view_column columns[COLUMNS + 1] = {{retention->weeks ? "Week of" : "First seen", false},
                                               {"Users", true}};
    for (int i = 1; i < COLUMNS; i++) {
        snprintf(names[i], sizeof names[i], "%s%d", retention->weeks ? "W" : "D", i);
        columns[i + 1] = (struct view_column){names[i], true};
    }
    reports_page_begin(out, retention->question, STR("Retention"));
    view_page_begin_table(out,
                          retention->weeks
                              ? "Of the users first seen in a week: who came back, by weeks later"
                              : "Of the users first seen on a day: who came back, by days later",
                          columns, COLUMNS + 1, true);
    for (size_t i = 0; i < retention->count; i++) {
        write_row(out, retention, i);
    }
    view_page_end_table(out, retention->count);
    view_page_end(out);
    view_page_send(exchange);
}

static bool ask_unit(struct http_exchange *exchange, struct str unit, bool *weeks) {
    *weeks = str_equal(unit, STR("week"));
    if (*weeks || !unit.data || str_equal(unit, STR("day"))) {
        return true;
    }
    view_refuse(exchange, "unit", STR("must be day or week"));
    return false;
}

void reports_handle_retention(struct http_exchange *exchange, void *context) {
    struct reports *reports = context;
    static const char *const names[] = {"project", "from", "to", "format", "unit"};
    struct reports_question question;
    struct retention retention = {.question = &question};
    if (!reports_ask(reports, exchange, names, 5, &question) ||
        !ask_unit(exchange, question.unit, &retention.weeks)) {
        return;
    }
    enum status status = read_retention(reports, &exchange->arena, &retention);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "reports", "The totals cannot be read");
        return;
    }
    static void (*const send[])(struct http_exchange *,
                                const struct retention *) = {send_json, send_csv, send_page};
    send[question.format](exchange, &retention);
}
