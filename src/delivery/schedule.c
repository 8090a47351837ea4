// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Due times by the calendar of a zone.
#include "delivery/schedule.h"

#include "base/clock.h"

#define MINUTE_MS 60000LL

// --- Reading ------------------------------------------------------------------------------------------------------------
static bool read_minute(struct str text, unsigned *out) {
    uint64_t hour = 0, minute = 0;
    struct str rest = text;
    struct str before = str_cut(&rest, ':');
    if (before.len != 2 || rest.len != 2 || !str_to_u64(before, &hour) ||
        !str_to_u64(rest, &minute) || hour > 23 || minute > 59) {
        return false;
    }
    *out = (unsigned)(hour * 60 + minute);
    return true;
}

static bool read_weekday(struct str text, unsigned *out) {
    static const struct str names[] = {
        STR_INIT("monday"), STR_INIT("tuesday"),  STR_INIT("wednesday"), STR_INIT("thursday"),
        STR_INIT("friday"), STR_INIT("saturday"), STR_INIT("sunday")};
    for (unsigned i = 0; i < 7; i++) {
        if (str_equal_ignore_case(names[i], text)) {
            *out = i;
            return true;
        }
    }
    return false;
}

enum status delivery_schedule_parse(struct str text, struct delivery_schedule *out,
                                    struct error *err) {
    struct str rest = str_trim(text);
    struct str pace = str_cut(&rest, ' ');
    bool good = false;
    *out = (struct delivery_schedule){DELIVERY_DAILY, 0, 0};
    if (str_equal(pace, STR("daily"))) {
        good = read_minute(str_trim(rest), &out->minute);
    } else if (str_equal(pace, STR("monthly"))) {
        out->pace = DELIVERY_MONTHLY;
        good = read_minute(str_trim(rest), &out->minute);
    } else if (str_equal(pace, STR("weekly"))) {
        out->pace = DELIVERY_WEEKLY;
        rest = str_trim(rest);
        struct str weekday = str_cut(&rest, ' ');
        good = read_weekday(weekday, &out->weekday) && read_minute(str_trim(rest), &out->minute);
    }
    return good ? STATUS_OK
                : error_set(err, STATUS_INVALID,
                            "a schedule is \"daily 06:00\", \"weekly monday 06:00\" or \"monthly "
                            "06:00\"");
}

// --- Due times ------------------------------------------------------------------------------------------------------------
static bool is_on(const struct delivery_schedule *schedule, int32_t day) {
    int year = 0;
    unsigned month = 0, of_month = 0;
    switch (schedule->pace) {
    case DELIVERY_WEEKLY: // 1970-01-01 was a Thursday
        return (unsigned)(((day + 3) % 7 + 7) % 7) == schedule->weekday;
    case DELIVERY_MONTHLY: clock_date_from_day(day, &year, &month, &of_month); return of_month == 1;
    case DELIVERY_DAILY: break;
    }
    return true;
}

// A clock change between midnight and then moves it.
static int64_t instant(const struct delivery_schedule *schedule, const struct timezone_rules *rules,
                       int32_t day) {
    int64_t start = timezone_day_start(rules, day);
    int64_t plain = start + schedule->minute * MINUTE_MS;
    int64_t change = timezone_offset(rules, plain) - timezone_offset(rules, start);
    int64_t moved = plain - change * 1000;
    // Where the time is skipped there is none that the clock shows so.
    bool shown = timezone_offset(rules, moved) == timezone_offset(rules, plain);
    return shown ? moved : plain;
}

int64_t delivery_schedule_last(const struct delivery_schedule *schedule,
                               const struct timezone_rules *rules, int64_t now_ms) {
    int32_t day = timezone_day(rules, now_ms, NULL);
    while (!is_on(schedule, day) || instant(schedule, rules, day) > now_ms) {
        day--;
    }
    return instant(schedule, rules, day);
}

int64_t delivery_schedule_next(const struct delivery_schedule *schedule,
                               const struct timezone_rules *rules, int64_t after_ms) {
    int32_t day = timezone_day(rules, after_ms, NULL);
    while (!is_on(schedule, day) || instant(schedule, rules, day) <= after_ms) {
        day++;
    }
    return instant(schedule, rules, day);
}

void delivery_schedule_period(const struct delivery_schedule *schedule,
                              const struct timezone_rules *rules, int64_t due_ms, int32_t *first,
                              int32_t *last) {
    int32_t today = timezone_day(rules, due_ms, NULL);
    int year = 0;
    unsigned month = 0, day = 0;
    *last = today - 1;
    switch (schedule->pace) {
    case DELIVERY_DAILY: *first = *last; return;
    case DELIVERY_WEEKLY: *first = today - 7; return;
    case DELIVERY_MONTHLY: break;
    }
    clock_date_from_day(today, &year, &month, &day);
    *last = clock_day_from_date(year, month, 1) - 1;
    clock_date_from_day(*last, &year, &month, &day);
    *first = clock_day_from_date(year, month, 1);
}
