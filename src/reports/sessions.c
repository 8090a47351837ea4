// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /reports/sessions: how many visits, how long, how many with a single event.
#include "reports/compare.h"
#include "view/chart.h"
#include "view/csv.h"
#include "view/page.h"

struct figures {
    int64_t sessions, bounces;
    bool has_median;
    double median;
};

struct visits {
    const struct reports_question *question;
    struct view_range range;
    const struct visits *previous; // NULL: it is compared with nothing
    struct figures total;
    struct figures *days;
    size_t count;
};

static enum status fill(struct arena *arena, struct reports_rows all, struct view_range range,
                        struct figures *out) {
    enum status status = STATUS_OK;
    *out = (struct figures){0};
    for (int32_t day = range.first; day <= range.last; day++) {
        out->sessions += reports_amount(all, day, STORE_METRIC_SESSIONS);
        out->bounces += reports_amount(all, day, STORE_METRIC_BOUNCES);
    }
    out->has_median = reports_median_seconds(arena, all, range, &out->median, &status);
    return status;
}

// The rows of one day out of those of many, so that a day's work follows its own rows.
static struct reports_rows cut_day(struct reports_rows *rest, int32_t day) {
    size_t count = 0;
    while (count < rest->count && rest->rows[count].day == day) {
        count++;
    }
    struct reports_rows own = {rest->rows, count};
    *rest = (struct reports_rows){count > 0 ? rest->rows + count : rest->rows, rest->count - count};
    return own;
}

static enum status read_visits(struct reports *reports, struct arena *arena,
                               struct visits *visits) {
    const struct reports_question *question = visits->question;
    struct view_range range = visits->range;
    visits->count = (size_t)(range.last - range.first) + 1;
    visits->days = arena_alloc_array(arena, visits->count, sizeof *visits->days);
    if (!visits->days) {
        return STATUS_NO_MEMORY;
    }
    static const uint64_t metrics =
        REPORTS_METRIC(SESSIONS) | REPORTS_METRIC(BOUNCES) | REPORTS_METRIC(SESSION_SECONDS);
    struct store_total *rows = NULL;
    size_t count = 0;
    enum status status = store_totals_read(reports->config.store, question->project, range.first,
                                           range.last, metrics, arena, &rows, &count);
    if (status != STATUS_OK) {
        return status;
    }
    struct reports_rows all = {rows, count}, rest = all;
    for (size_t i = 0; status == STATUS_OK && i < visits->count; i++) {
        int32_t day = range.first + (int32_t)i;
        status = fill(arena, cut_day(&rest, day), (struct view_range){day, day}, &visits->days[i]);
    }
    return status == STATUS_OK ? fill(arena, all, range, &visits->total) : status;
}

static int32_t day_of(const struct visits *visits, size_t i) {
    return visits->range.first + (int32_t)i;
}

static void write_figures(struct json_writer *w, const struct figures *figures) {
    json_member_i64(w, STR("count"), figures->sessions);
    reports_member_known(w, STR("medianSeconds"), figures->has_median, figures->median);
    reports_member_ratio(w, STR("bounceRate"), figures->bounces, figures->sessions);
}

static double bounce_rate(const struct figures *figures) {
    return figures->sessions > 0 ? (double)figures->bounces / (double)figures->sessions : 0;
}

#define FIGURES 3
static void compare(const struct visits *visits, struct reports_figure out[FIGURES],
                    struct reports_comparison *comparison) {
    const struct figures *now = &visits->total, *before = &visits->previous->total;
    out[0] =
        (struct reports_figure){"count", "Sessions", REPORTS_COUNT, reports_value_of(now->sessions),
                                reports_value_of(before->sessions)};
    out[1] = (struct reports_figure){"medianSeconds",
                                     "Median length",
                                     REPORTS_SECONDS,
                                     {now->has_median, now->median},
                                     {before->has_median, before->median}};
    out[2] = (struct reports_figure){"bounceRate", "Bounce rate", REPORTS_RATIO,
                                     reports_value_ratio(now->bounces, now->sessions),
                                     reports_value_ratio(before->bounces, before->sessions)};
    *comparison = (struct reports_comparison){visits->question->compare, visits->previous->range,
                                              out, FIGURES};
}

static void write_items(struct json_writer *w, const struct visits *visits) {
    json_key(w, STR("items"));
    json_begin_array(w);
    for (size_t i = 0; i < visits->count; i++) {
        char date[11];
        clock_format_date(day_of(visits, i), date);
        json_begin_object(w);
        json_member_string(w, STR("date"), str_from_c(date));
        write_figures(w, &visits->days[i]);
        json_end_object(w);
    }
    json_end_array(w);
}

static void send_json(struct http_exchange *exchange, const struct visits *visits) {
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_object(&w);
    reports_write_head(&w, visits->question);
    json_key(&w, STR("total"));
    json_begin_object(&w);
    write_figures(&w, &visits->total);
    json_end_object(&w);
    write_items(&w, visits);
    if (visits->previous) {
        struct reports_figure figures[FIGURES];
        struct reports_comparison comparison;
        compare(visits, figures, &comparison);
        reports_compare_begin_json(&w, &comparison);
        write_items(&w, visits->previous);
        json_end_object(&w);
    }
    json_end_object(&w);
    reports_send_json(exchange, &w);
}

static void send_csv(struct http_exchange *exchange, const struct visits *visits) {
    struct view_csv csv;
    view_csv_init(&csv, http_reply_body(exchange));
    view_csv_header(&csv, visits->previous ? "date,sessions,median_seconds,bounce_rate,"
                                             "previous_date,previous_sessions,change,"
                                             "change_percent,previous_median_seconds,"
                                             "previous_bounce_rate"
                                           : "date,sessions,median_seconds,bounce_rate");
    for (size_t i = 0; i < visits->count; i++) {
        const struct figures *day = &visits->days[i];
        char date[11];
        clock_format_date(day_of(visits, i), date);
        view_csv_text(&csv, str_from_c(date));
        view_csv_integer(&csv, day->sessions);
        view_csv_number(&csv, day->has_median, day->median);
        view_csv_number(&csv, day->sessions > 0, bounce_rate(day));
        if (visits->previous) {
            const struct figures *before = &visits->previous->days[i];
            clock_format_date(day_of(visits->previous, i), date);
            view_csv_text(&csv, str_from_c(date));
            reports_compare_csv(&csv, reports_value_of(day->sessions),
                                reports_value_of(before->sessions));
            view_csv_number(&csv, before->has_median, before->median);
            view_csv_number(&csv, before->sessions > 0, bounce_rate(before));
        }
        view_csv_end_row(&csv);
    }
    view_send_csv(exchange, STR("sessions"));
}

static void label_day(void *context, size_t point, char out[32]) {
    view_date_short(day_of(context, point), out);
}

static void write_chart(struct buffer *out, const struct visits *visits) {
    int64_t values[VIEW_RANGE_DAYS_MAX], before[VIEW_RANGE_DAYS_MAX];
    for (size_t i = 0; i < visits->count; i++) {
        values[i] = visits->days[i].sessions;
        before[i] = visits->previous ? visits->previous->days[i].sessions : 0;
    }
    struct view_chart chart = {.title = "Sessions per day",
                               .unit = "sessions",
                               .count = visits->count,
                               .label = label_day,
                               .context = (void *)(uintptr_t)visits};
    if (visits->previous) {
        reports_compare_chart(out, &chart, values, before);
    } else {
        view_chart_bars(out, &chart, values);
    }
}

static void write_cards(struct buffer *out, const struct figures *total) {
    view_page_begin_cards(out);
    view_page_card(out, "Sessions", total->sessions, NULL);
    view_page_begin_card(out, "Median length");
    view_html_duration(out, total->has_median, total->median);
    view_page_end_card(out, NULL);
    view_page_begin_card(out, "Bounce rate");
    view_html_percent(out, total->sessions > 0, bounce_rate(total));
    view_page_end_card(out, "sessions with a single event");
    view_page_end_cards(out);
}

static void write_table(struct buffer *out, const struct visits *visits) {
    static const struct view_column columns[] = {
        {"Date", false}, {"Sessions", true}, {"Median length", true}, {"Bounce rate", true}};
    view_page_begin_table(out, "Days, newest first", columns, 4, true);
    for (size_t i = visits->count; i-- > 0;) {
        const struct figures *day = &visits->days[i];
        char date[11];
        clock_format_date(day_of(visits, i), date);
        view_page_begin_row(out);
        view_page_cell_text(out, str_from_c(date));
        view_page_cell_integer(out, day->sessions);
        view_page_begin_cell(out, true);
        view_html_duration(out, day->has_median, day->median);
        view_page_end_cell(out);
        view_page_begin_cell(out, true);
        view_html_percent(out, day->sessions > 0, bounce_rate(day));
        view_page_end_cell(out);
        view_page_end_row(out);
    }
    view_page_end_table(out, visits->count);
}

static void send_page(struct http_exchange *exchange, const struct visits *visits) {
    struct buffer *out = http_reply_body(exchange);
    reports_page_begin(out, visits->question, STR("Sessions"));
    write_cards(out, &visits->total);
    if (visits->previous) {
        struct reports_figure figures[FIGURES];
        struct reports_comparison comparison;
        compare(visits, figures, &comparison);
        reports_compare_page(out, &comparison);
    }
    write_chart(out, visits);
    write_table(out, visits);
    view_page_end(out);
    view_page_send(exchange);
}

void reports_handle_sessions(struct http_exchange *exchange, void *context) {
    struct reports *reports = context;
    static const char *const names[] = {"project", "from", "to", "format", "compare"};
    struct reports_question question;
    if (!reports_ask(reports, exchange, names, 5, &question)) {
        return;
    }
    struct visits visits = {.question = &question, .range = question.range};
    struct visits previous = {.question = &question,
                              .range = reports_compare_range(question.compare, question.range)};
    enum status status = read_visits(reports, &exchange->arena, &visits);
    if (status == STATUS_OK && question.compare != REPORTS_COMPARE_NOT) {
        status = read_visits(reports, &exchange->arena, &previous);
        visits.previous = &previous;
    }
    if (status != STATUS_OK) {
        view_fail(exchange, status, "reports", "The totals cannot be read");
        return;
    }
    static void (*const send[])(struct http_exchange *,
                                const struct visits *) = {send_json, send_csv, send_page};
    send[question.format](exchange, &visits);
}
