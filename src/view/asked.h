// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading what a request asks for: days, ranges of days, limits and formats of the query; and saying why it cannot be had.
//
// Functions that return false have sent a problem that names the parameter; the exchange is gone then.
#ifndef FOOTFALL_VIEW_ASKED_H
#define FOOTFALL_VIEW_ASKED_H

#include "http/exchange.h"
#include "view/zones.h"

enum view_format { VIEW_JSON, VIEW_CSV, VIEW_HTML };

struct view_range {
    int32_t first, last; // days, both included
};

#define VIEW_RANGE_DAYS 30      // without from and to
#define VIEW_RANGE_DAYS_MAX 400 // a year and a month
#define VIEW_LIMIT_MAX 1000

// A 400 whose errors name the query parameter.
void view_refuse(struct http_exchange *exchange, const char *parameter, struct str detail);
// What failed below is logged, and a 503 (UNAVAILABLE, TIMEOUT) or 500 is sent.
void view_fail(struct http_exchange *exchange, enum status status, const char *component,
               const char *what);
// The zone of the project; view_fail when it cannot be had.
bool view_ask_zone(struct http_exchange *exchange, struct view_zones *zones, struct str project,
                   struct view_zone *out);
// text is the parameter's value, data NULL when it was not given: *day stays as it is then.
bool view_ask_day(struct http_exchange *exchange, const char *parameter, struct str text,
                  int32_t *day);
// from and to are dates, both included. Without to: today; without from: VIEW_RANGE_DAYS that end there.
bool view_ask_range(struct http_exchange *exchange, struct str from, struct str to, int32_t today,
                    struct view_range *out);
// 1..VIEW_LIMIT_MAX; *limit stays as it is when not given.
bool view_ask_limit(struct http_exchange *exchange, struct str text, unsigned *limit);
bool view_ask_format(struct http_exchange *exchange, struct str text, enum view_format *out);
// Sends the reply's body as a CSV file to be saved under <stem>.csv; stem is of [A-Za-z0-9._-].
void view_send_csv(struct http_exchange *exchange, struct str stem);

#endif
