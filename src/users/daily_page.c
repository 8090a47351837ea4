// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The printable page of a person's days.
#include "users/days.h"
#include "view/chart.h"
#include "view/median.h"
#include "view/page.h"

struct sums {
    int64_t events, sessions;
};

static struct sums sum(const struct users_daily *daily) {
    struct sums sums = {0};
    for (size_t i = 0; i < daily->count; i++) {
        sums.events += (int64_t)daily->days[i].events;
        sums.sessions += (int64_t)daily->days[i].sessions;
    }
    return sums;
}

static void label_day(void *context, size_t point, char out[32]) {
    const struct users_daily *daily = context;
    view_date_short(daily->range.first + (int32_t)point, out);
}

static void write_chart(struct buffer *out, const struct users_daily *daily) {
    int64_t values[VIEW_RANGE_DAYS_MAX] = {0};
    for (size_t i = 0; i < daily->count; i++) {
        int32_t at = daily->days[i].day - daily->range.first;
        if (at >= 0 && at < VIEW_RANGE_DAYS_MAX) {
            values[at] = (int64_t)daily->days[i].events;
        }
    }
    struct view_chart chart = {.title = "Events per day",
                               .unit = "events",
                               .count = (size_t)(daily->range.last - daily->range.first) + 1,
                               .label = label_day,
                               .context = (void *)(uintptr_t)daily};
    view_chart_bars(out, &chart, values);
}

static void write_names(struct buffer *out, const struct users_day *day) {
    for (size_t i = 0; i < day->name_count && i < 5; i++) {
        view_html_text(out, i > 0 ? STR(", ") : STR_EMPTY);
        view_html_text(out, day->names[i].name.len > 0 ? day->names[i].name : STR("(no name)"));
        buffer_append_str(out, STR("&nbsp;"));
        view_html_integer(out, day->names[i].events);
    }
    if (day->name_count > 5) {
        buffer_append_str(out, STR(", …"));
    }
}

static void write_table(struct buffer *out, const struct users_daily *daily) {
    static const struct view_column columns[] = {{"Date", false},
                                                 {"Events", true},
                                                 {"Sessions", true},
                                                 {"Median session", true},
                                                 {"What was done most", false}};
    view_page_begin_table(out, "Days, newest first", columns, 5, true);
    for (size_t i = daily->count; i-- > 0;) {
        const struct users_day *day = &daily->days[i];
        char date[11];
        double median = 0;
        clock_format_date(day->day, date);
        view_page_begin_row(out);
        view_page_cell_text(out, str_from_c(date));
        view_page_cell_integer(out, (int64_t)day->events);
        view_page_cell_integer(out, (int64_t)day->sessions);
        view_page_begin_cell(out, true);
        bool known = view_median_sorted(day->seconds, day->second_count, &median);
        view_html_duration(out, known, median);
        view_page_end_cell(out);
        view_page_begin_cell(out, false);
        write_names(out, day);
        view_page_end_cell(out);
        view_page_end_row(out);
    }
    view_page_end_table(out, daily->count);
}

void users_daily_write_page(struct http_exchange *exchange, const struct users_daily *daily) {
    struct buffer *out = http_reply_body(exchange);
    char from[11], to[11];
    clock_format_date(daily->range.first, from);
    clock_format_date(daily->range.last, to);
    struct str note = arena_printf(&exchange->arena, "%s to %s", from, to);
    struct sums sums = sum(daily);
    struct view_page_head head = {.kind = STR("Activity of a user"),
                                  .title = daily->person->id,
                                  .project = daily->project,
                                  .time_zone = daily->zone.name,
                                  .note = note};
    view_page_begin(out, &head);
    view_page_begin_cards(out);
    view_page_card(out, "Events", sums.events, NULL);
    view_page_card(out, "Active days", (int64_t)daily->count, NULL);
    view_page_card(out, "Sessions", sums.sessions, NULL);
    view_page_end_cards(out);
    write_chart(out, daily);
    write_table(out, daily);
    view_page_end(out);
    view_page_send(exchange);
}
