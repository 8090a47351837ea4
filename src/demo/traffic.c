// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The demo's traffic, day by day.
#include "demo/traffic.h"

#include <math.h>
#include <stdlib.h>

#define DAY_MS (24 * 3600 * 1000LL)
#define HOUR_MS (3600 * 1000LL)

// How awake people are in each local hour.
static const unsigned hours[24] = {6,  4,  3,  2,  2,  4,  10, 20, 34, 46, 54, 58,
                                   60, 58, 56, 55, 56, 60, 68, 76, 80, 70, 44, 20};

uint64_t demo_traffic_people(const struct demo_plan *plan) {
    if (plan->people > 0) {
        return plan->people;
    }
    uint64_t people = plan->events / 40;
    return people < 10 ? 10 : people;
}

// Weekends are quieter, and the shop grows a little.
static double day_weight(const struct demo_plan *plan, unsigned day) {
    int64_t start = plan->end_ms - (int64_t)(plan->days - day) * DAY_MS;
    int64_t weekday = (start / DAY_MS + 4) % 7; // 1970-01-01 was a Thursday
    double weekly = weekday == 0 || weekday == 6 ? 0.62 : 1.0;
    return weekly * (1.0 + 0.4 * day / plan->days);
}

// Cumulative rounding: the days' numbers add up to plan->events exactly.
static uint64_t events_before(const struct demo_plan *plan, unsigned day) {
    double sum = 0;
    double before = 0;
    for (unsigned i = 0; i < plan->days; i++) {
        before += i < day ? day_weight(plan, i) : 0;
        sum += day_weight(plan, i);
    }
    return day == plan->days ? plan->events
                             : (uint64_t)llround((double)plan->events * before / sum);
}

// A few people come often, many rarely: the square of a uniform number prefers low ones.
static uint64_t pick_person(struct random_source *random, uint64_t people) {
    double u = random_unit(random);
    return (uint64_t)(u * u * (double)people);
}

static int64_t pick_start(struct random_source *random, const struct demo_person *person,
                          int64_t day_start) {
    int64_t local = (int64_t)demo_pick(random_u64(random), hours, 24);
    int64_t hour = (local - person->country->utc_offset_hours + 48) % 24;
    return day_start + hour * HOUR_MS + (int64_t)random_below(random, (uint64_t)HOUR_MS);
}

static int by_time(const void *left, const void *right) {
    const struct demo_event *a = left;
    const struct demo_event *b = right;
    if (a->timestamp_ms != b->timestamp_ms) {
        return a->timestamp_ms < b->timestamp_ms ? -1 : 1;
    }
    if (a->id_high != b->id_high) {
        return a->id_high < b->id_high ? -1 : 1;
    }
    return a->id_low < b->id_low ? -1 : a->id_low > b->id_low;
}

static void add_visit(const struct demo_plan *plan, unsigned day, struct random_source *random,
                      struct demo_event *events, size_t *count, size_t wanted) {
    int64_t day_start = plan->end_ms - (int64_t)(plan->days - day) * DAY_MS;
    struct demo_person person;
    demo_person_make(plan->seed, pick_person(random, demo_traffic_people(plan)), &person);
    bool customer = person.signs_up && person.sign_up_at * plan->days < day;
    struct demo_event visit[DEMO_VISIT_MAX];
    unsigned made =
        demo_visit(random, &person, customer, pick_start(random, &person, day_start), visit);
    for (unsigned i = 0; i < made && *count < wanted; i++) {
        if (visit[i].timestamp_ms < plan->end_ms) {
            events[(*count)++] = visit[i];
        }
    }
}

enum status demo_traffic_day(const struct demo_plan *plan, unsigned day, struct demo_event **out,
                             size_t *count) {
    size_t wanted = (size_t)(events_before(plan, day + 1) - events_before(plan, day));
    struct demo_event *events = malloc((wanted + 1) * sizeof *events);
    if (!events) {
        return STATUS_NO_MEMORY;
    }
    struct random_seeded random;
    random_seeded_init(&random, demo_mix(plan->seed, day, 7));
    size_t made = 0;
    while (made < wanted) {
        add_visit(plan, day, &random.source, events, &made, wanted);
    }
    qsort(events, made, sizeof *events, by_time);
    *out = events;
    *count = made;
    return STATUS_OK;
}
