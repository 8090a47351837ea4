// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Making the daily report, and GET /reports/daily.
#include "reports/daily.h"
#include "reports/daily_compare.h"
#include "reports/people.h"

#include "base/bytes.h"
#include "view/page.h"

enum status reports_daily_rows(struct store *store, struct str project, int32_t day,
                               struct arena *arena, struct reports_rows *out) {
    static const uint64_t metrics =
        REPORTS_METRIC(EVENTS) | REPORTS_METRIC(TYPE) | REPORTS_METRIC(NAME) |
        REPORTS_METRIC(NAME_ACTORS) | REPORTS_METRIC(PAGE) | REPORTS_METRIC(REFERRER) |
        REPORTS_METRIC(COUNTRY) | REPORTS_METRIC(DEVICE) | REPORTS_METRIC(HOUR) |
        REPORTS_METRIC(ACTIVE_USERS) | REPORTS_METRIC(ACTIVE_ANONYMOUS) |
        REPORTS_METRIC(NEW_USERS) | REPORTS_METRIC(SESSIONS) | REPORTS_METRIC(BOUNCES) |
        REPORTS_METRIC(SESSION_SECONDS) | REPORTS_METRIC(TOP_ACTORS);
    struct store_total *rows = NULL;
    size_t count = 0;
    enum status status = store_totals_read(store, project, day, day, metrics, arena, &rows, &count);
    *out = (struct reports_rows){rows, status == STATUS_OK ? count : 0};
    return status;
}

enum status reports_daily_excluded(struct store *store, struct arena *arena,
                                   struct reports_daily *daily) {
    struct store_total *rows = NULL;
    size_t count = 0;
    enum status status =
        store_totals_read(store, daily->project, daily->day, daily->day,
                          REPORTS_METRIC(BOTS) | REPORTS_METRIC(FILTERED), arena, &rows, &count);
    struct reports_rows all = {rows, status == STATUS_OK ? count : 0};
    daily->bots = reports_amount(all, daily->day, STORE_METRIC_BOTS);
    daily->filtered = reports_amount(all, daily->day, STORE_METRIC_FILTERED);
    return status;
}

uint64_t reports_daily_digest(struct reports_rows rows) {
    uint64_t digest = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const struct store_total *row = &rows.rows[i];
        char bytes[12]; // big-endian, so that it is the same on all machines
        struct buffer figures;
        buffer_init_fixed(&figures, bytes, sizeof bytes);
        bytes_put_be32(&figures, (uint32_t)row->metric);
        bytes_put_be64(&figures, (uint64_t)row->amount);
        digest = str_hash(row->value, digest);
        digest = str_hash(buffer_str(&figures), digest);
    }
    return digest;
}

static enum status fill_hours(struct reports_rows rows, struct reports_daily *daily) {
    struct reports_rows hours = reports_rows_of(rows, daily->day, STORE_METRIC_HOUR);
    for (size_t i = 0; i < hours.count; i++) {
        uint64_t hour = 0;
        if (!str_to_u64(hours.rows[i].value, &hour) || hour > 23) {
            return STATUS_CORRUPT;
        }
        daily->hours[hour] += hours.rows[i].amount;
    }
    return STATUS_OK;
}

static enum status fill_lists(struct arena *arena, struct reports_rows rows, size_t limit,
                              struct reports_daily *daily) {
    const struct {
        enum store_metric metric;
        struct reports_list *list;
        size_t limit;
    } lists[] = {
        {STORE_METRIC_NAME, &daily->by_name, limit},
        {STORE_METRIC_TYPE, &daily->by_type, limit},
        {STORE_METRIC_PAGE, &daily->pages, limit},
        {STORE_METRIC_REFERRER, &daily->referrers, limit},
        {STORE_METRIC_COUNTRY, &daily->countries, limit},
        {STORE_METRIC_DEVICE, &daily->devices, limit},
        {STORE_METRIC_TOP_ACTORS, &daily->top_users, REPORTS_TOP_USERS},
    };
    struct reports_rows actors = reports_rows_of(rows, daily->day, STORE_METRIC_NAME_ACTORS);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct reports_rows users = {NULL, 0};
        if (lists[i].metric == STORE_METRIC_NAME) {
            users = actors;
        }
        enum status status =
            reports_list_make(arena, reports_rows_of(rows, daily->day, lists[i].metric), users,
                              lists[i].limit, lists[i].list);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

enum status reports_daily_make(struct arena *arena, struct reports_rows rows, size_t limit,
                               struct reports_daily *daily) {
    int32_t day = daily->day;
    enum status status = STATUS_OK;
    daily->events = reports_amount(rows, day, STORE_METRIC_EVENTS);
    daily->active_users = reports_amount(rows, day, STORE_METRIC_ACTIVE_USERS);
    daily->new_users = reports_amount(rows, day, STORE_METRIC_NEW_USERS);
    daily->anonymous_visitors = reports_amount(rows, day, STORE_METRIC_ACTIVE_ANONYMOUS);
    daily->sessions = reports_amount(rows, day, STORE_METRIC_SESSIONS);
    daily->bounces = reports_amount(rows, day, STORE_METRIC_BOUNCES);
    daily->has_median = reports_median_seconds(arena, rows, (struct view_range){day, day},
                                               &daily->median_seconds, &status);
    if (status == STATUS_OK) {
        status = fill_hours(rows, daily);
    }
    return status == STATUS_OK ? fill_lists(arena, rows, limit, daily) : status;
}

// closed and revision, as the last look of the timer left them.
static enum status fill_revision(struct reports *reports, struct arena *arena,
                                 struct reports_daily *daily) {
    struct store_report stored;
    enum status status =
        store_report_get(reports->config.store, daily->project, daily->day, arena, &stored);
    if (status == STATUS_OK) {
        daily->closed = true;
        daily->revision = stored.revision;
        daily->has_people = reports_people_read(stored.body, arena, &daily->people);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status compare_daily(struct reports *reports, struct arena *arena,
                                 enum reports_compare compare, struct reports_daily *daily) {
    struct reports_daily *previous = NULL;
    enum status status =
        reports_daily_previous(reports->config.store, arena, compare, daily, &previous);
    return status == STATUS_OK ? fill_revision(reports, arena, previous) : status;
}

static void send_daily(struct http_exchange *exchange, const struct reports_daily *daily,
                       enum view_format format) {
    struct buffer *out = http_reply_body(exchange);
    struct json_writer w;
    char stem[] = "daily-0000-00-00";
    switch (format) {
    case VIEW_JSON:
        json_writer_init(&w, out);
        reports_daily_write_json(&w, daily);
        reports_send_json(exchange, &w);
        break;
    case VIEW_CSV:
        reports_daily_write_csv(out, daily);
        clock_format_date(daily->day, stem + 6);
        view_send_csv(exchange, str_from_c(stem));
        break;
    case VIEW_HTML:
        reports_daily_write_page(out, daily);
        view_page_send(exchange);
        break;
    }
}

void reports_handle_daily(struct http_exchange *exchange, void *context) {
    struct reports *reports = context;
    static const char *const names[] = {"project", "date", "format", "limit", "compare"};
    struct reports_question question;
    if (!reports_ask(reports, exchange, names, 5, &question)) {
        return;
    }
    struct reports_rows rows;
    struct reports_daily daily = {
        .project = question.project, .time_zone = question.zone.name, .day = question.date};
    enum status status = reports_daily_rows(reports->config.store, question.project, question.date,
                                            &exchange->arena, &rows);
    if (status == STATUS_OK) {
        status = reports_daily_make(&exchange->arena, rows, question.limit, &daily);
    }
    if (status == STATUS_OK) {
        status = reports_daily_excluded(reports->config.store, &exchange->arena, &daily);
    }
    if (status == STATUS_OK) {
        status = fill_revision(reports, &exchange->arena, &daily);
    }
    if (status == STATUS_OK && question.compare != REPORTS_COMPARE_NOT) {
        status = compare_daily(reports, &exchange->arena, question.compare, &daily);
    }
    if (status != STATUS_OK) {
        view_fail(exchange, status, "reports", "The day's totals cannot be read");
        return;
    }
    send_daily(exchange, &daily, question.format);
}
