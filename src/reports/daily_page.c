// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The daily report as a printable page.
#include <stdio.h>

#include "reports/daily_compare.h"
#include "view/chart.h"
#include "view/page.h"

static void write_cards(struct buffer *out, const struct reports_daily *daily) {
    view_page_begin_cards(out);
    view_page_card(out, "Events", daily->events, NULL);
    view_page_card(out, "Active users", daily->active_users, NULL);
    view_page_card(out, "New users", daily->new_users, NULL);
    view_page_card(out, "Anonymous visitors", daily->anonymous_visitors, NULL);
    view_page_card(out, "Sessions", daily->sessions, NULL);
    view_page_begin_card(out, "Median session");
    view_html_duration(out, daily->has_median, daily->median_seconds);
    view_page_end_card(out, NULL);
    view_page_begin_card(out, "Bounce rate");
    bool any = daily->sessions > 0;
    view_html_percent(out, any, any ? (double)daily->bounces / (double)daily->sessions : 0);
    view_page_end_card(out, NULL);
    view_page_card(out, "Of bots", daily->bots, "events that do not count");
    view_page_card(out, "Filtered", daily->filtered, "events that do not count");
    view_page_end_cards(out);
}

static void label_hour(void *context, size_t point, char out[32]) {
    (void)context;
    snprintf(out, 32, "%02zu:00", point);
}

static void write_table(struct buffer *out, const char *caption, const char *what,
                        const struct reports_list *list, bool with_users) {
    const struct view_column columns[] = {{what, false}, {"Events", true}, {"Users", true}};
    view_page_begin_table(out, caption, columns, with_users ? 3 : 2, false);
    int64_t most = list->count > 0 ? list->items[0].events : 0;
    for (size_t i = 0; i < list->count; i++) {
        view_page_begin_row(out);
        struct str name = list->items[i].name;
        view_page_cell_text(out, name.len > 0 ? name : STR("(no name)"));
        view_page_cell_bar(out, list->items[i].events, most);
        if (with_users) {
            view_page_cell_integer(out, list->items[i].users);
        }
        view_page_end_row(out);
    }
    view_page_end_table(out, list->count);
}

void reports_daily_write_page(struct buffer *out, const struct reports_daily *daily) {
    char title[48], note[64] = "Still open: figures may change";
    view_date_long(daily->day, title);
    if (daily->closed) {
        snprintf(note, sizeof note, "Closed · revision %u", daily->revision);
    }
    struct view_page_head head = {.kind = STR("Daily user activity"),
                                  .title = str_from_c(title),
                                  .project = daily->project,
                                  .time_zone = daily->time_zone,
                                  .note = str_from_c(note)};
    view_page_begin(out, &head);
    write_cards(out, daily);
    struct view_chart chart = {
        .title = "Events by hour", .unit = "events", .count = 24, .label = label_hour};
    if (daily->previous) {
        struct reports_figure figures[REPORTS_DAILY_FIGURES];
        struct reports_comparison comparison;
        reports_daily_figures(daily, figures, &comparison);
        reports_compare_page(out, &comparison);
        reports_compare_chart(out, &chart, daily->hours, daily->previous->hours);
    } else {
        view_chart_bars(out, &chart, daily->hours);
    }
    view_page_begin_columns(out);
    write_table(out, "What was done", "Event", &daily->by_name, true);
    write_table(out, "Most active users", "User", &daily->top_users, false);
    write_table(out, "Pages", "Path", &daily->pages, false);
    write_table(out, "Where visitors came from", "Referrer", &daily->referrers, false);
    write_table(out, "Countries", "Country", &daily->countries, false);
    write_table(out, "Devices", "Device", &daily->devices, false);
    write_table(out, "Types of event", "Type", &daily->by_type, false);
    view_page_end_columns(out);
    view_page_end(out);
}
