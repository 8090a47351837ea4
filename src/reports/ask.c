// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From a report's query to what is asked for.
#include <stdio.h>

#include "auth/scope.h"
#include "http/query.h"
#include "reports/compare.h"
#include "reports/private.h"
#include "view/chart.h"
#include "view/page.h"

#define PARAMETERS_MAX 8

// The value of one of the route's parameters; data NULL when it was not given or is not one of them.
static struct str value_of(const char *const *names, const struct str *values, size_t count,
                           struct str name) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(str_from_c(names[i]), name)) {
            return values[i];
        }
    }
    return STR_EMPTY;
}

bool reports_ask(struct reports *reports, struct http_exchange *exchange, const char *const *names,
                 size_t count, struct reports_question *out) {
    struct str values[PARAMETERS_MAX] = {0};
    CHECK(count <= PARAMETERS_MAX);
    *out = (struct reports_question){.limit = 50};
    if (!http_query_read(exchange, names, values, count)) {
        return false;
    }
    if (!auth_scope_project(exchange, reports->config.keyring,
                            value_of(names, values, count, STR("project")), &out->project) ||
        !view_ask_zone(exchange, reports->zones, out->project, &out->zone)) {
        return false;
    }
    struct clock *clock = reports->config.clock;
    out->today = timezone_day(out->zone.rules, clock->wall_ms(clock), NULL);
    out->date = out->today;
    out->by = value_of(names, values, count, STR("by"));
    out->unit = value_of(names, values, count, STR("unit"));
    return view_ask_day(exchange, "date", value_of(names, values, count, STR("date")),
                        &out->date) &&
           view_ask_range(exchange, value_of(names, values, count, STR("from")),
                          value_of(names, values, count, STR("to")), out->today, &out->range) &&
           view_ask_format(exchange, value_of(names, values, count, STR("format")), &out->format) &&
           view_ask_limit(exchange, value_of(names, values, count, STR("limit")), &out->limit) &&
           reports_compare_ask(exchange, value_of(names, values, count, STR("compare")),
                               &out->compare);
}

void reports_write_head(struct json_writer *w, const struct reports_question *question) {
    char from[11], to[11];
    clock_format_date(question->range.first, from);
    clock_format_date(question->range.last, to);
    json_member_string(w, STR("project"), question->project);
    json_member_string(w, STR("timeZone"), question->zone.name);
    json_member_string(w, STR("from"), str_from_c(from));
    json_member_string(w, STR("to"), str_from_c(to));
}

void reports_member_known(struct json_writer *w, struct str key, bool known, double value) {
    json_key(w, key);
    if (known) {
        json_double(w, value);
    } else {
        json_null(w);
    }
}

void reports_member_ratio(struct json_writer *w, struct str key, int64_t part, int64_t whole) {
    reports_member_known(w, key, whole > 0, whole > 0 ? (double)part / (double)whole : 0);
}

void reports_send_json(struct http_exchange *exchange, const struct json_writer *w) {
    if (json_writer_status(w) == STATUS_INVALID_UTF8) {
        view_fail(exchange, STATUS_CORRUPT, "reports", "A stored name is not valid UTF-8");
        return;
    }
    http_reply_header(exchange, "Cache-Control", STR("private, no-cache"));
    http_reply_send(exchange, 200, "application/json");
}

void reports_page_begin(struct buffer *out, const struct reports_question *question,
                        struct str kind) {
    char from[11], to[11], first[32], last[32], title[80], note[32];
    clock_format_date(question->range.first, from);
    clock_format_date(question->range.last, to);
    view_date_short(question->range.first, first);
    view_date_short(question->range.last, last);
    snprintf(title, sizeof title, "%s %.4s to %s %.4s", first, from, last, to);
    snprintf(note, sizeof note, "%d days", question->range.last - question->range.first + 1);
    struct view_page_head head = {.kind = kind,
                                  .title = str_from_c(title),
                                  .project = question->project,
                                  .time_zone = question->zone.name,
                                  .note = str_from_c(note)};
    view_page_begin(out, &head);
}
