// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A person's days: what the store holds of several actors, put together day by day.
#ifndef FOOTFALL_USERS_DAYS_H
#define FOOTFALL_USERS_DAYS_H

#include "event/event.h"
#include "users/private.h"

struct users_day {
    int32_t day;
    int64_t first_ms, last_ms;
    uint64_t events;
    uint64_t sessions; // that started on this day
    uint64_t by_type[EVENT_TYPE_COUNT];
    struct store_name_count *names; // most events first, then by name
    size_t name_count;
    const int64_t *seconds; // lengths of the sessions, ascending
    size_t second_count;
};

// Merges days of all actors (any order) into one list, ascending by day; it lives in arena.
MUST_CHECK enum status users_days_merge(struct arena *arena, const struct store_actor_day *parts,
                                        size_t part_count, struct users_day **out, size_t *count);
// Reads and merges; days outside the range are not in it, nor are days without events.
MUST_CHECK enum status users_days_read(struct users *users, struct arena *arena, struct str project,
                                       const struct users_person *person,
                                       const struct view_zone *zone, struct view_range range,
                                       struct users_day **out, size_t *count);

struct users_daily {
    struct str project;
    const struct users_person *person;
    struct view_zone zone;
    struct view_range range;
    const struct users_day *days;
    size_t count;
};
void users_daily_write_json(struct http_exchange *exchange, const struct users_daily *daily);
void users_daily_write_csv(struct http_exchange *exchange, const struct users_daily *daily);
void users_daily_write_page(struct http_exchange *exchange, const struct users_daily *daily);

#endif
