// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Comparing one day with another.
#include "reports/daily_compare.h"

static struct reports_value median_of(const struct reports_daily *daily) {
    return (struct reports_value){daily->has_median, daily->median_seconds};
}

static struct reports_value bounce_rate_of(const struct reports_daily *daily) {
    return reports_value_ratio(daily->bounces, daily->sessions);
}

static struct reports_value people_of(const struct reports_daily *daily) {
    return (struct reports_value){daily->has_people, (double)daily->people};
}

void reports_daily_figures(const struct reports_daily *daily, struct reports_figure *figures,
                           struct reports_comparison *out) {
    static const struct reports_daily none = {0};
    const struct reports_daily *b = daily->previous ? daily->previous : &none;
    const struct reports_figure all[REPORTS_DAILY_FIGURES] = {
        {"events", "Events", REPORTS_COUNT, reports_value_of(daily->events),
         reports_value_of(b->events)},
        {"activeUsers", "Active users", REPORTS_COUNT, reports_value_of(daily->active_users),
         reports_value_of(b->active_users)},
        {"newUsers", "New users", REPORTS_COUNT, reports_value_of(daily->new_users),
         reports_value_of(b->new_users)},
        {"anonymousVisitors", "Anonymous visitors", REPORTS_COUNT,
         reports_value_of(daily->anonymous_visitors), reports_value_of(b->anonymous_visitors)},
        {"people", "People", REPORTS_COUNT, people_of(daily), people_of(b)},
        {"sessions", "Sessions", REPORTS_COUNT, reports_value_of(daily->sessions),
         reports_value_of(b->sessions)},
        {"medianSeconds", "Median session", REPORTS_SECONDS, median_of(daily), median_of(b)},
        {"bounceRate", "Bounce rate", REPORTS_RATIO, bounce_rate_of(daily), bounce_rate_of(b)},
        {"bots", "Of bots", REPORTS_COUNT, reports_value_of(daily->bots),
         reports_value_of(b->bots)},
        {"filtered", "Filtered", REPORTS_COUNT, reports_value_of(daily->filtered),
         reports_value_of(b->filtered)},
    };
    *out = (struct reports_comparison){
        daily->compare, {b->day, b->day}, figures, REPORTS_DAILY_FIGURES};
    for (size_t i = 0; i < REPORTS_DAILY_FIGURES; i++) {
        figures[i] = all[i];
        figures[i].before.known = figures[i].before.known && daily->previous;
    }
}

void reports_daily_compare_json(struct json_writer *w, const struct reports_daily *daily) {
    struct reports_figure figures[REPORTS_DAILY_FIGURES];
    struct reports_comparison comparison;
    if (!daily->previous) {
        return;
    }
    reports_daily_figures(daily, figures, &comparison);
    reports_compare_begin_json(w, &comparison);
    json_key(w, STR("hours"));
    json_begin_array(w);
    for (size_t i = 0; i < 24; i++) {
        json_i64(w, daily->previous->hours[i]);
    }
    json_end_array(w);
    json_end_object(w);
}

enum status reports_daily_previous(struct store *store, struct arena *arena,
                                   enum reports_compare compare, struct reports_daily *daily,
                                   struct reports_daily **out) {
    struct reports_daily *previous = arena_alloc_array(arena, 1, sizeof *previous);
    struct reports_rows rows;
    if (!previous) {
        return STATUS_NO_MEMORY;
    }
    struct view_range day = {daily->day, daily->day};
    *previous = (struct reports_daily){.project = daily->project,
                                       .time_zone = daily->time_zone,
                                       .day = reports_compare_range(compare, day).first};
    daily->compare = compare;
    *out = previous;
    daily->previous = previous;
    enum status status = reports_daily_rows(store, daily->project, previous->day, arena, &rows);
    if (status == STATUS_OK) {
        status = reports_daily_make(arena, rows, 1, previous); // its lists are not shown
    }
    if (status == STATUS_OK) {
        status = reports_daily_excluded(store, arena, previous);
    }
    return status;
}
