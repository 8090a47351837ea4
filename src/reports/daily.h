// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The daily user activity report: from rows of totals to figures, and from figures to JSON, CSV and a page.
#ifndef FOOTFALL_REPORTS_DAILY_H
#define FOOTFALL_REPORTS_DAILY_H

#include "reports/private.h"

#define REPORTS_LIST_ITEMS 50 // of each list, when nothing else is asked for
#define REPORTS_TOP_USERS 10

struct reports_daily {
    struct str project;
    struct str time_zone;
    int32_t day;
    bool closed;
    uint32_t revision; // 0: not closed yet
    int64_t events;
    int64_t active_users, new_users, anonymous_visitors;
    bool has_people; // of closed days
    int64_t people;  // active users and visitors, linked ones once
    int64_t sessions, bounces;
    int64_t bots, filtered; // events that did not count
    bool has_median;
    double median_seconds;
    int64_t hours[24];
    enum reports_compare compare;
    const struct reports_daily *previous; // that it is compared with; NULL: nothing
    struct reports_list by_name, by_type, pages, referrers, countries, devices, top_users;
};

// Rows of the day: all that the report is made of and nothing else, which is also what the digest is of.
MUST_CHECK enum status reports_daily_rows(struct store *store, struct str project, int32_t day,
                                          struct arena *arena, struct reports_rows *out);
uint64_t reports_daily_digest(struct reports_rows rows);
// Events of the day that were dropped, as of bots and by rules. No part of the rows above: what never counted reopens no closed day.
MUST_CHECK enum status reports_daily_excluded(struct store *store, struct arena *arena,
                                              struct reports_daily *daily);
// Fills in all but project, time_zone, day, closed, revision, bots and filtered. CORRUPT: a value that the processor does not write.
MUST_CHECK enum status reports_daily_make(struct arena *arena, struct reports_rows rows,
                                          size_t limit, struct reports_daily *daily);

void reports_daily_write_json(struct json_writer *w, const struct reports_daily *daily);
void reports_daily_write_csv(struct buffer *out, const struct reports_daily *daily);
void reports_daily_write_page(struct buffer *out, const struct reports_daily *daily);

#endif
