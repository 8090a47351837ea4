// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Query parameters that several roles share, and the problems that answer wrong ones.
#include "view/asked.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/problem.h"

void view_refuse(struct http_exchange *exchange, const char *parameter, struct str detail) {
    char pointer[32];
    snprintf(pointer, sizeof pointer, "?%s", parameter);
    struct http_problem_error error = {str_from_c(pointer), detail};
    struct str text = arena_printf(&exchange->arena, "%s: %.*s", parameter, STR_ARG(detail));
    http_reply_problem_errors(exchange, 400, text.data ? text : detail, &error, 1);
}

void view_fail(struct http_exchange *exchange, enum status status, const char *component,
               const char *what) {
    LOG_ERROR(component, what, LOG_CSTR("status", status_name(status)),
              LOG_STR("request_id", exchange->request_id));
    bool later = status == STATUS_UNAVAILABLE || status == STATUS_TIMEOUT || status == STATUS_FULL;
    if (later) {
        http_reply_header(exchange, "Retry-After", STR("1"));
    }
    http_reply_problemf(exchange, later ? 503 : 500, "%s: %s.", what, status_text(status));
}

bool view_ask_zone(struct http_exchange *exchange, struct view_zones *zones, struct str project,
                   struct view_zone *out) {
    struct error err = {0};
    enum status status = view_zones_get(zones, project, out, &err);
    if (status == STATUS_OK) {
        return true;
    }
    LOG_ERROR("view", "no time zone", LOG_STR("project", project), LOG_CSTR("reason", err.text));
    http_reply_problemf(exchange, status == STATUS_UNAVAILABLE ? 503 : 500,
                        "The project's time zone is not known: %s.", err.text);
    return false;
}

bool view_ask_day(struct http_exchange *exchange, const char *parameter, struct str text,
                  int32_t *day) {
    if (!text.data || clock_parse_date(text, day)) {
        return true;
    }
    view_refuse(exchange, parameter, STR("must be a date such as 2026-11-23"));
    return false;
}

bool view_ask_range(struct http_exchange *exchange, struct str from, struct str to, int32_t today,
                    struct view_range *out) {
    out->last = today;
    if (!view_ask_day(exchange, "to", to, &out->last)) {
        return false;
    }
    out->first = out->last - (VIEW_RANGE_DAYS - 1);
    if (!view_ask_day(exchange, "from", from, &out->first)) {
        return false;
    }
    if (out->first > out->last) {
        view_refuse(exchange, "from", STR("must not be after to (today when to is not given)"));
        return false;
    }
    if (out->last - out->first >= VIEW_RANGE_DAYS_MAX) {
        view_refuse(exchange, "from", STR("must be at most 400 days before to, both included"));
        return false;
    }
    return true;
}

bool view_ask_limit(struct http_exchange *exchange, struct str text, unsigned *limit) {
    uint64_t number = 0;
    if (!text.data) {
        return true;
    }
    if (!str_to_u64(text, &number) || number < 1 || number > VIEW_LIMIT_MAX) {
        view_refuse(exchange, "limit", STR("must be a number from 1 to 1000"));
        return false;
    }
    *limit = (unsigned)number;
    return true;
}

bool view_ask_format(struct http_exchange *exchange, struct str text, enum view_format *out) {
    static const struct str names[] = {STR_INIT("json"), STR_INIT("csv"), STR_INIT("html")};
    *out = VIEW_JSON;
    if (!text.data) {
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_equal(names[i], text)) {
            *out = (enum view_format)i;
            return true;
        }
    }
    view_refuse(exchange, "format", STR("must be json, csv or html"));
    return false;
}

void view_send_csv(struct http_exchange *exchange, struct str stem) {
    struct str disposition =
        arena_printf(&exchange->arena, "attachment; filename=\"%.*s.csv\"", STR_ARG(stem));
    if (disposition.data) { // without memory the file has no name of its own, which harms nothing
        http_reply_header(exchange, "Content-Disposition", disposition);
    }
    http_reply_header(exchange, "Cache-Control", STR("no-store"));
    http_reply_header(exchange, "X-Content-Type-Options", STR("nosniff"));
    http_reply_send(exchange, 200, "text/csv; charset=utf-8; header=present");
}
