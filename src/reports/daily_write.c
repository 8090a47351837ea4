// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The daily report as JSON and CSV.
#include <string.h>

#include "base/clock.h"
#include "reports/daily_compare.h"
#include "view/csv.h"

static void write_list(struct json_writer *w, struct str key, const struct reports_list *list,
                       struct str name, bool with_users) {
    json_key(w, key);
    json_begin_array(w);
    for (size_t i = 0; i < list->count; i++) {
        json_begin_object(w);
        json_member_string(w, name, list->items[i].name);
        json_member_i64(w, STR("events"), list->items[i].events);
        if (with_users) {
            json_member_i64(w, STR("users"), list->items[i].users);
        }
        json_end_object(w);
    }
    json_end_array(w);
}

static void write_sessions(struct json_writer *w, const struct reports_daily *daily) {
    json_key(w, STR("sessions"));
    json_begin_object(w);
    json_member_i64(w, STR("count"), daily->sessions);
    reports_member_known(w, STR("medianSeconds"), daily->has_median, daily->median_seconds);
    reports_member_ratio(w, STR("bounceRate"), daily->bounces, daily->sessions);
    json_end_object(w);
}

static void write_excluded(struct json_writer *w, const struct reports_daily *daily) {
    json_key(w, STR("excluded"));
    json_begin_object(w);
    json_member_i64(w, STR("bots"), daily->bots);
    json_member_i64(w, STR("filtered"), daily->filtered);
    json_end_object(w);
}

void reports_daily_write_json(struct json_writer *w, const struct reports_daily *daily) {
    char date[11];
    clock_format_date(daily->day, date);
    json_begin_object(w);
    json_member_string(w, STR("project"), daily->project);
    json_member_string(w, STR("date"), str_from_c(date));
    json_member_string(w, STR("timeZone"), daily->time_zone);
    json_member_bool(w, STR("closed"), daily->closed);
    json_member_u64(w, STR("revision"), daily->revision);
    json_member_i64(w, STR("events"), daily->events);
    write_list(w, STR("byName"), &daily->by_name, STR("name"), true);
    write_list(w, STR("byType"), &daily->by_type, STR("name"), false);
    json_member_i64(w, STR("activeUsers"), daily->active_users);
    json_member_i64(w, STR("newUsers"), daily->new_users);
    json_member_i64(w, STR("anonymousVisitors"), daily->anonymous_visitors);
    if (daily->has_people) {
        json_member_i64(w, STR("people"), daily->people);
    }
    write_sessions(w, daily);
    write_excluded(w, daily);
    write_list(w, STR("pages"), &daily->pages, STR("name"), false);
    write_list(w, STR("referrers"), &daily->referrers, STR("name"), false);
    write_list(w, STR("countries"), &daily->countries, STR("name"), false);
    write_list(w, STR("devices"), &daily->devices, STR("name"), false);
    json_key(w, STR("hours"));
    json_begin_array(w);
    for (size_t i = 0; i < 24; i++) {
        json_i64(w, daily->hours[i]);
    }
    json_end_array(w);
    write_list(w, STR("topUsers"), &daily->top_users, STR("userId"), false);
    reports_daily_compare_json(w, daily);
    json_end_object(w);
}

struct csv_rows {
    struct view_csv csv;
    char date[11];
    char previous[11]; // "": compared with nothing
};

// The cells of the day before; now and before may both be unknown.
static void end_row(struct csv_rows *rows, struct reports_value now, struct reports_value before) {
    if (rows->previous[0]) {
        view_csv_text(&rows->csv, str_from_c(before.known ? rows->previous : ""));
        reports_compare_csv(&rows->csv, now, before);
    }
    view_csv_end_row(&rows->csv);
}

static void begin_row(struct csv_rows *rows, const char *section, struct str name) {
    view_csv_text(&rows->csv, str_from_c(rows->date));
    view_csv_text(&rows->csv, str_from_c(section));
    view_csv_text(&rows->csv, name);
}

static void write_figures(struct csv_rows *rows, const struct reports_daily *daily) {
    static const char *const names[REPORTS_DAILY_FIGURES] = {"events",
                                                             "active users",
                                                             "new users",
                                                             "anonymous visitors",
                                                             "people",
                                                             "sessions",
                                                             "median session seconds",
                                                             "bounce rate",
                                                             "excluded bots",
                                                             "excluded filtered"};
    struct reports_figure figures[REPORTS_DAILY_FIGURES];
    struct reports_comparison comparison;
    reports_daily_figures(daily, figures, &comparison);
    for (size_t i = 0; i < REPORTS_DAILY_FIGURES; i++) {
        if (!figures[i].now.known && strcmp(figures[i].key, "people") == 0) {
            continue; // the day is open
        }
        begin_row(rows, "total", str_from_c(names[i]));
        view_csv_number(&rows->csv, figures[i].now.known, figures[i].now.value);
        view_csv_text(&rows->csv, STR_EMPTY);
        end_row(rows, figures[i].now, figures[i].before);
    }
}

static void write_rows(struct csv_rows *rows, const char *section, const struct reports_list *list,
                       bool with_users) {
    for (size_t i = 0; i < list->count; i++) {
        begin_row(rows, section, list->items[i].name);
        view_csv_integer(&rows->csv, list->items[i].events);
        if (with_users) {
            view_csv_integer(&rows->csv, list->items[i].users);
        } else {
            view_csv_text(&rows->csv, STR_EMPTY);
        }
        end_row(rows, (struct reports_value){0}, (struct reports_value){0});
    }
}

void reports_daily_write_csv(struct buffer *out, const struct reports_daily *daily) {
    struct csv_rows rows = {.previous = ""};
    view_csv_init(&rows.csv, out);
    clock_format_date(daily->day, rows.date);
    if (daily->previous) {
        clock_format_date(daily->previous->day, rows.previous);
    }
    view_csv_header(&rows.csv, daily->previous ? "date,section,name,value,users,previous_date,"
                                                 "previous_value,change,change_percent"
                                               : "date,section,name,value,users");
    write_figures(&rows, daily);
    write_rows(&rows, "event", &daily->by_name, true);
    write_rows(&rows, "type", &daily->by_type, false);
    write_rows(&rows, "page", &daily->pages, false);
    write_rows(&rows, "referrer", &daily->referrers, false);
    write_rows(&rows, "country", &daily->countries, false);
    write_rows(&rows, "device", &daily->devices, false);
    for (int hour = 0; hour < 24; hour++) {
        char name[3] = {(char)('0' + hour / 10), (char)('0' + hour % 10), '\0'};
        begin_row(&rows, "hour", str_from_c(name));
        view_csv_integer(&rows.csv, daily->hours[hour]);
        view_csv_text(&rows.csv, STR_EMPTY);
        struct reports_value before = {0};
        if (daily->previous) {
            before = reports_value_of(daily->previous->hours[hour]);
        }
        end_row(&rows, reports_value_of(daily->hours[hour]), before);
    }
    write_rows(&rows, "top user", &daily->top_users, false);
}
