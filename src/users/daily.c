// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /users/:id/reports/daily: a person's days as JSON, CSV and a page.
#include "http/query.h"
#include "users/days.h"
#include "view/csv.h"
#include "view/median.h"

static int64_t total_seconds(const struct users_day *day) {
    int64_t total = 0;
    for (size_t i = 0; i < day->second_count; i++) {
        total += day->seconds[i];
    }
    return total;
}

static void write_sessions(struct json_writer *w, const struct users_day *day) {
    double median = 0;
    json_key(w, STR("sessions"));
    json_begin_object(w);
    json_member_u64(w, STR("count"), day->sessions);
    json_key(w, STR("medianSeconds"));
    if (view_median_sorted(day->seconds, day->second_count, &median)) {
        json_double(w, median);
    } else {
        json_null(w);
    }
    json_member_i64(w, STR("totalSeconds"), total_seconds(day));
    json_end_object(w);
}

static void write_day(struct json_writer *w, const struct users_daily *daily,
                      const struct users_day *day) {
    char date[11];
    clock_format_date(day->day, date);
    json_begin_object(w);
    json_member_string(w, STR("date"), str_from_c(date));
    json_member_string(w, STR("timeZone"), daily->zone.name);
    json_member_u64(w, STR("events"), day->events);
    json_key(w, STR("byName"));
    json_begin_array(w);
    for (size_t i = 0; i < day->name_count; i++) {
        json_begin_object(w);
        json_member_string(w, STR("name"), day->names[i].name);
        json_member_u64(w, STR("events"), day->names[i].events);
        json_end_object(w);
    }
    json_end_array(w);
    json_key(w, STR("byType"));
    json_begin_array(w);
    for (size_t type = 0; type < EVENT_TYPE_COUNT; type++) {
        if (day->by_type[type] > 0) {
            json_begin_object(w);
            json_member_string(w, STR("name"), event_type_name((enum event_type)type));
            json_member_u64(w, STR("events"), day->by_type[type]);
            json_end_object(w);
        }
    }
    json_end_array(w);
    write_sessions(w, day);
    json_member_time(w, STR("firstSeen"), day->first_ms);
    json_member_time(w, STR("lastSeen"), day->last_ms);
    json_end_object(w);
}

void users_daily_write_json(struct http_exchange *exchange, const struct users_daily *daily) {
    char from[11], to[11];
    clock_format_date(daily->range.first, from);
    clock_format_date(daily->range.last, to);
    struct json_writer w;
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_object(&w);
    json_member_string(&w, STR("project"), daily->project);
    json_member_string(&w, STR("userId"), daily->person->id);
    json_member_string(&w, STR("timeZone"), daily->zone.name);
    json_member_string(&w, STR("from"), str_from_c(from));
    json_member_string(&w, STR("to"), str_from_c(to));
    json_key(&w, STR("items"));
    json_begin_array(&w);
    for (size_t i = 0; i < daily->count; i++) {
        write_day(&w, daily, &daily->days[i]);
    }
    json_end_array(&w);
    json_key(&w, STR("next")); // as in every list; a range is never cut
    json_null(&w);
    json_end_object(&w);
    if (json_writer_status(&w) == STATUS_INVALID_UTF8) {
        view_fail(exchange, STATUS_CORRUPT, "users", "A stored name is not valid UTF-8");
        return;
    }
    http_reply_send(exchange, 200, "application/json");
}

void users_daily_write_csv(struct http_exchange *exchange, const struct users_daily *daily) {
    struct view_csv csv;
    view_csv_init(&csv, http_reply_body(exchange));
    view_csv_header(&csv, "date,events,track,identify,page,screen,group,alias,sessions,"
                          "median_session_seconds,first_seen,last_seen");
    for (size_t i = 0; i < daily->count; i++) {
        const struct users_day *day = &daily->days[i];
        char date[11], time[CLOCK_RFC3339_LEN + 1];
        double median = 0;
        bool known = view_median_sorted(day->seconds, day->second_count, &median);
        clock_format_date(day->day, date);
        view_csv_text(&csv, str_from_c(date));
        view_csv_integer(&csv, (int64_t)day->events);
        for (size_t type = 0; type < EVENT_TYPE_COUNT; type++) {
            view_csv_integer(&csv, (int64_t)day->by_type[type]);
        }
        view_csv_integer(&csv, (int64_t)day->sessions);
        view_csv_number(&csv, known, median);
        clock_format_rfc3339(day->first_ms, time);
        view_csv_text(&csv, str_from_c(time));
        clock_format_rfc3339(day->last_ms, time);
        view_csv_text(&csv, str_from_c(time));
        view_csv_end_row(&csv);
    }
    view_send_csv(exchange, STR("user-daily"));
}

static bool ask_daily(struct users *users, struct http_exchange *exchange,
                      struct users_daily *daily, enum view_format *format,
                      struct users_person *person) {
    enum { PROJECT, FROM, TO, FORMAT, COUNT };
    static const char *const names[COUNT] = {"project", "from", "to", "format"};
    struct str values[COUNT];
    struct clock *clock = users->config.clock;
    if (!http_query_read(exchange, names, values, COUNT) ||
        !users_scope(users, exchange, values[PROJECT], &daily->project) ||
        !view_ask_zone(exchange, users->zones, daily->project, &daily->zone)) {
        return false;
    }
    int32_t today = timezone_day(daily->zone.rules, clock->wall_ms(clock), NULL);
    return view_ask_range(exchange, values[FROM], values[TO], today, &daily->range) &&
           view_ask_format(exchange, values[FORMAT], format) &&
           users_person_ask(users, exchange, daily->project, person);
}

void users_handle_daily(struct http_exchange *exchange, void *context) {
    struct users *users = context;
    struct users_daily daily = {0};
    struct users_person person;
    enum view_format format = VIEW_JSON;
    if (!ask_daily(users, exchange, &daily, &format, &person)) {
        return;
    }
    struct users_day *days = NULL;
    daily.person = &person;
    enum status status = users_days_read(users, &exchange->arena, daily.project, &person,
                                         &daily.zone, daily.range, &days, &daily.count);
    if (status != STATUS_OK) {
        view_fail(exchange, status, "users", "The user's days cannot be read");
        return;
    }
    daily.days = days;
    static void (*const write[])(struct http_exchange *, const struct users_daily *) = {
        users_daily_write_json, users_daily_write_csv, users_daily_write_page};
    write[format](exchange, &daily);
}
