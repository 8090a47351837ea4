// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share: the role, what a request asks for, and rows of day totals by metric.
#ifndef FOOTFALL_REPORTS_PRIVATE_H
#define FOOTFALL_REPORTS_PRIVATE_H

#include "base/json_write.h"
#include "base/thread.h"
#include "enrich/declared.h"
#include "reports/reports.h"
#include "view/asked.h"

// How many links a project had at the last look of the timer. Guarded by closing; kept until the role stops.
struct reports_seen_links {
    struct reports_seen_links *next;
    bool known;
    int64_t links;
    char project[];
};

struct reports {
    struct reports_config config;
    struct str dimensions[ENRICH_DECLARED_MAX]; // the configuration's
    struct view_zones *zones;
    pthread_mutex_t closing; // one look at a time
    struct reports_seen_links *seen_links;
    struct thread timer;
    pthread_mutex_t mutex; // guards stopping
    pthread_cond_t wake;
    bool stopping;
};

// --- What is asked for ------------------------------------------------------------------------------------------------
enum reports_compare {
    REPORTS_COMPARE_NOT,
    REPORTS_COMPARE_PREVIOUS,
    REPORTS_COMPARE_PREVIOUS_WEEK,
    REPORTS_COMPARE_PREVIOUS_YEAR
};
struct reports_question {
    struct str project;
    struct view_zone zone;
    int32_t today;
    int32_t date; // ?date=, today when not given
    struct view_range range;
    enum view_format format;
    unsigned limit;
    struct str by;   // data NULL: not given
    struct str unit; // the same
    enum reports_compare compare;
};
// names: which of project, date, from, to, format, limit, by, unit and compare the route takes. False: a problem was sent.
bool reports_ask(struct reports *reports, struct http_exchange *exchange, const char *const *names,
                 size_t count, struct reports_question *out);

// --- Totals -----------------------------------------------------------------------------------------------------------
struct reports_rows {
    const struct store_total *rows; // ordered by day, metric, value
    size_t count;
};
#define REPORTS_METRIC(symbol) (UINT64_C(1) << STORE_METRIC_##symbol)
// The part that is of one day and metric.
struct reports_rows reports_rows_of(struct reports_rows all, int32_t day, enum store_metric metric);
int64_t reports_amount(struct reports_rows all, int32_t day, enum store_metric metric); // the sum
// Median of SESSION_SECONDS of days first..last; false: no sessions. NO_MEMORY counts as *status.
bool reports_median_seconds(struct arena *arena, struct reports_rows all, struct view_range range,
                            double *out, enum status *status);

struct reports_item {
    struct str name;
    int64_t events;
    int64_t users;
};
struct reports_list {
    struct reports_item *items; // most events first, then by name
    size_t count;
};
// At most limit items out of rows of one metric and day; users from rows of another (may be empty).
MUST_CHECK enum status reports_list_make(struct arena *arena, struct reports_rows rows,
                                         struct reports_rows users, size_t limit,
                                         struct reports_list *out);

// Members of a range report that all have: project, timeZone, from, to.
void reports_write_head(struct json_writer *w, const struct reports_question *question);
void reports_member_ratio(struct json_writer *w, struct str key, int64_t part, int64_t whole);
void reports_member_known(struct json_writer *w, struct str key, bool known, double value);
// Ends a JSON reply; a stored text that is not UTF-8 is a 500.
void reports_send_json(struct http_exchange *exchange, const struct json_writer *w);

// The head of a range report's page.
void reports_page_begin(struct buffer *out, const struct reports_question *question,
                        struct str kind);

void reports_handle_daily(struct http_exchange *exchange, void *context);
void reports_handle_active(struct http_exchange *exchange, void *context);
void reports_handle_events(struct http_exchange *exchange, void *context);
void reports_handle_sessions(struct http_exchange *exchange, void *context);
void reports_handle_retention(struct http_exchange *exchange, void *context);
void reports_handle_funnels(struct http_exchange *exchange, void *context);
void reports_handle_funnel(struct http_exchange *exchange, void *context);

#endif
