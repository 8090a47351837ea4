// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /reports/active: daily, weekly and monthly active users.
#include <stdio.h>

#include "reports/compare.h"
#include "view/chart.h"
#include "view/csv.h"
#include "view/page.h"

struct day_figures {
    int64_t daily, weekly, monthly; // distinct users of 1, 7 and 30 days that end this day
    int64_t anonymous, new_users;
};

struct active {
    const struct reports_question *question;
    struct view_range range;
    const struct active *previous; // NULL: it is compared with nothing
    struct day_figures *days;
    size_t count; // days up to today: what lies behind is not known yet
};

static enum status read_active(struct reports *reports, struct arena *arena,
                               struct active *active) {
    const struct reports_question *question = active->question;
    struct view_range range = active->range;
    range.last = range.last < question->today ? range.last : question->today;
    active->count = range.last >= range.first ? (size_t)(range.last - range.first) + 1 : 0;
    active->days = arena_alloc_array(arena, active->count + 1, sizeof *active->days);
    if (!active->days) {
        return STATUS_NO_MEMORY;
    }
    if (active->count == 0) {
        return STATUS_OK;
    }
    static const uint64_t metrics = REPORTS_METRIC(ACTIVE_USERS) | REPORTS_METRIC(ACTIVE_USERS_7) |
                                    REPORTS_METRIC(ACTIVE_USERS_30) |
                                    REPORTS_METRIC(ACTIVE_ANONYMOUS) | REPORTS_METRIC(NEW_USERS);
    struct store_total *rows = NULL;
    size_t count = 0;
    enum status status = store_totals_read(reports->config.store, question->project, range.first,
                                           range.last, metrics, arena, &rows, &count);
    struct reports_rows all = {rows, status == STATUS_OK ? count : 0};
    for (size_t i = 0; i < active->count; i++) {
        int32_t day = range.first + (int32_t)i;
        active->days[i] = (struct day_figures){
            .daily = reports_amount(all, day, STORE_METRIC_ACTIVE_USERS),
            .weekly = reports_amount(all, day, STORE_METRIC_ACTIVE_USERS_7),
            .monthly = reports_amount(all, day, STORE_METRIC_ACTIVE_USERS_30),
            .anonymous = reports_amount(all, day, STORE_METRIC_ACTIVE_ANONYMOUS),
            .new_users = reports_amount(all, day, STORE_METRIC_NEW_USERS),
        };
    }
    return status;
}

static int32_t day_of(const struct active *active, size_t i) {
    return active->range.first + (int32_t)i;
}

static int64_t all_new_users(const struct active *active) {
    int64_t sum = 0;
    for (size_t i = 0; i < active->count; i++) {
        sum += active->days[i].new_users;
    }
    return sum;
}

// Distinct users of the last day, and of the days that end there; they cannot be added up over days.
#define FIGURES 5
static void compare(const struct active *active, struct reports_figure out[FIGURES],
                    struct reports_comparison *comparison) {
    static const struct day_figures none = {0};
    const struct active *previous = active->previous;
    bool any = active->count > 0;
    const struct day_figures *now = any ? &active->days[active->count - 1] : &none;
    const struct day_figures *before = any ? &previous->days[active->count - 1] : &none;
    out[0] = (struct reports_figure){"daily", "Daily active users, on the last day", REPORTS_COUNT,
                                     reports_value_of(now->daily), reports_value_of(before->daily)};
    out[1] =
        (struct reports_figure){"weekly", "Weekly active users", REPORTS_COUNT,
                                reports_value_of(now->weekly), reports_value_of(before->weekly)};
    out[2] =
        (struct reports_figure){"monthly", "Monthly active users", REPORTS_COUNT,
                                reports_value_of(now->monthly), reports_value_of(before->monthly)};
    out[3] = (struct reports_figure){"stickiness", "Stickiness", REPORTS_RATIO,
                                     reports_value_ratio(now->daily, now->monthly),
                                     reports_value_ratio(before->daily, before->monthly)};
    out[4] = (struct reports_figure){"newUsers", "New users, in the whole range", REPORTS_COUNT,
                                     reports_value_of(all_new_users(active)),
                                     reports_value_of(all_new_users(previous))};
    for (size_t i = 0; i < FIGURES; i++) {
        out[i].now.known = out[i].now.known && any;
        out[i].before.known = out[i].before.known && any;
    }
    *comparison =
        (struct reports_comparison){active->question->compare, previous->range, out, FIGURES};
}

static void write_items(struct json_writer *w, const struct active *active) {
    json_key(w, STR("items"));
    json_begin_array(w);
    for (size_t i = 0; i < active->count; i++) {
        const struct day_figures *day = &active->days[i];
        char date[11];
        clock_format_date(day_of(active, i), date);
        json_begin_object(w);
        json_member_string(w, STR("date"), str_from_c(date));
        json_member_i64(w, STR("daily"), day->daily);
        json_member_i64(w, STR("weekly"), day->weekly);
        json_member_i64(w, STR("monthly"), day->monthly);
        reports_member_ratio(w, STR("stickiness"), day->daily, day->monthly);
        json_member_i64(w, STR("newUsers"), day->new_users);
        json_member_i64(w, STR("anonymousVisitors"), day->anonymous);
        json_end_object(w);
    }
    json_end_array(w);
}

static void send_json(struct http_exchange *exchange, const struct active *active) {
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_object(&w);
    reports_write_head(&w, active->question);
    write_items(&w, active);
    if (active->previous) {
        struct reports_figure figures[FIGURES];
        struct reports_comparison comparison;
        compare(active, figures, &comparison);
        reports_compare_begin_json(&w, &comparison);
        write_items(&w, active->previous);
        json_end_object(&w);
    }
    json_end_object(&w);
    reports_send_json(exchange, &w);
}

static void send_csv(struct http_exchange *exchange, const struct active *active) {
    struct view_csv csv;
    view_csv_init(&csv, http_reply_body(exchange));
    view_csv_header(&csv,
                    active->previous
                        ? "date,daily,weekly,monthly,stickiness,new_users,anonymous_visitors,"
                          "previous_date,previous_daily,change,change_percent,previous_weekly,"
                          "previous_monthly,previous_new_users,previous_anonymous_visitors"
                        : "date,daily,weekly,monthly,stickiness,new_users,anonymous_visitors");
    for (size_t i = 0; i < active->count; i++) {
        const struct day_figures *day = &active->days[i];
        char date[11];
        clock_format_date(day_of(active, i), date);
        view_csv_text(&csv, str_from_c(date));
        view_csv_integer(&csv, day->daily);
        view_csv_integer(&csv, day->weekly);
        view_csv_integer(&csv, day->monthly);
        bool any = day->monthly > 0;
        view_csv_number(&csv, any, any ? (double)day->daily / (double)day->monthly : 0);
        view_csv_integer(&csv, day->new_users);
        view_csv_integer(&csv, day->anonymous);
        if (active->previous) {
            const struct day_figures *before = &active->previous->days[i];
            clock_format_date(day_of(active->previous, i), date);
            view_csv_text(&csv, str_from_c(date));
            reports_compare_csv(&csv, reports_value_of(day->daily),
                                reports_value_of(before->daily));
            view_csv_integer(&csv, before->weekly);
            view_csv_integer(&csv, before->monthly);
            view_csv_integer(&csv, before->new_users);
            view_csv_integer(&csv, before->anonymous);
        }
        view_csv_end_row(&csv);
    }
    view_send_csv(exchange, STR("active-users"));
}

static void label_day(void *context, size_t point, char out[32]) {
    view_date_short(day_of(context, point), out);
}

static void write_chart(struct buffer *out, const struct active *active) {
    int64_t daily[VIEW_RANGE_DAYS_MAX], weekly[VIEW_RANGE_DAYS_MAX], monthly[VIEW_RANGE_DAYS_MAX];
    int64_t before[VIEW_RANGE_DAYS_MAX];
    for (size_t i = 0; i < active->count; i++) {
        daily[i] = active->days[i].daily;
        before[i] = active->previous ? active->previous->days[i].daily : 0;
        weekly[i] = active->days[i].weekly;
        monthly[i] = active->days[i].monthly;
    }
    const struct view_series series[] = {
        {.name = "daily active users", .values = daily},
        {.name = "weekly", .values = weekly},
        {.name = "monthly", .values = monthly},
        {.name = "daily before, in the earlier period", .values = before, .muted = true}};
    struct view_chart chart = {.title = "Active users",
                               .unit = "users",
                               .count = active->count,
                               .label = label_day,
                               .context = (void *)(uintptr_t)active};
    view_chart_lines(out, &chart, series, active->previous ? 4 : 3);
}

static void write_cards(struct buffer *out, const struct active *active) {
    const struct day_figures *last = &active->days[active->count - 1];
    char date[32], hint[48];
    view_date_short(day_of(active, active->count - 1), date);
    snprintf(hint, sizeof hint, "on %s", date);
    view_page_begin_cards(out);
    view_page_card(out, "Daily active users", last->daily, hint);
    view_page_card(out, "Weekly active users", last->weekly, "in the 7 days ending there");
    view_page_card(out, "Monthly active users", last->monthly, "in the 30 days ending there");
    view_page_begin_card(out, "Stickiness");
    bool any = last->monthly > 0;
    view_html_percent(out, any, any ? (double)last->daily / (double)last->monthly : 0);
    view_page_end_card(out, "daily of monthly");
    view_page_card(out, "New users", all_new_users(active), "in the whole range");
    view_page_end_cards(out);
}

static void write_table(struct buffer *out, const struct active *active) {
    static const struct view_column columns[] = {{"Date", false},
                                                 {"Daily", true},
                                                 {"Weekly", true},
                                                 {"Monthly", true},
                                                 {"Stickiness", true},
                                                 {"New users", true},
                                                 {"Anonymous visitors", true}};
    view_page_begin_table(out, "Days, newest first", columns, 7, true);
    for (size_t i = active->count; i-- > 0;) {
        const struct day_figures *day = &active->days[i];
        char date[11];
        clock_format_date(day_of(active, i), date);
        view_page_begin_row(out);
        view_page_cell_text(out, str_from_c(date));
        view_page_cell_integer(out, day->daily);
        view_page_cell_integer(out, day->weekly);
        view_page_cell_integer(out, day->monthly);
        view_page_begin_cell(out, true);
        bool any = day->monthly > 0;
        view_html_percent(out, any, any ? (double)day->daily / (double)day->monthly : 0);
        view_page_end_cell(out);
        view_page_cell_integer(out, day->new_users);
        view_page_cell_integer(out, day->anonymous);
        view_page_end_row(out);
    }
    view_page_end_table(out, active->count);
}

static void send_page(struct http_exchange *exchange, const struct active *active) {
    struct buffer *out = http_reply_body(exchange);
    reports_page_begin(out, active->question, STR("Active users"));
    if (active->count > 0) {
        write_cards(out, active);
        if (active->previous) {
            struct reports_figure figures[FIGURES];
            struct reports_comparison comparison;
            compare(active, figures, &comparison);
            reports_compare_page(out, &comparison);
        }
        write_chart(out, active);
    }
    write_table(out, active);
    view_page_end(out);
    view_page_send(exchange);
}

void reports_handle_active(struct http_exchange *exchange, void *context) {
    struct reports *reports = context;
    static const char *const names[] = {"project", "from", "to", "format", "compare"};
    struct reports_question question;
    if (!reports_ask(reports, exchange, names, 5, &question)) {
        return;
    }
    struct active active = {.question = &question, .range = question.range};
    struct active previous = {.question = &question};
    enum status status = read_active(reports, &exchange->arena, &active);
    if (status == STATUS_OK && question.compare != REPORTS_COMPARE_NOT) {
        struct view_range range =
            question.range; // days that are still to come have nothing to compare
        range.last = active.count > 0 ? range.first + (int32_t)active.count - 1 : range.last;
        previous.range = reports_compare_range(question.compare, range);
        status = read_active(reports, &exchange->arena, &previous);
        active.previous = &previous;
    }
    if (status != STATUS_OK) {
        view_fail(exchange, status, "reports", "The totals cannot be read");
        return;
    }
    static void (*const send[])(struct http_exchange *,
                                const struct active *) = {send_json, send_csv, send_page};
    send[question.format](exchange, &active);
}
