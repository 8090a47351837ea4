// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// When a report is due, and which days it is about: "daily 06:00", "weekly monday 06:00", "monthly 06:00", in the project's time zone.
//
// A time that a clock change skips is due at the first instant behind it; one that comes twice is due the first time. The report is about
// what was over at the last midnight: the day before, the seven days before, the month before.
#ifndef FOOTFALL_DELIVERY_SCHEDULE_H
#define FOOTFALL_DELIVERY_SCHEDULE_H

#include <stdint.h>

#include "base/error.h"
#include "base/timezone.h"

enum delivery_pace { DELIVERY_DAILY, DELIVERY_WEEKLY, DELIVERY_MONTHLY };
struct delivery_schedule {
    enum delivery_pace pace;
    unsigned weekday; // 0: Monday
    unsigned minute;  // of the day
};
// INVALID: err says what is expected.
MUST_CHECK enum status delivery_schedule_parse(struct str text, struct delivery_schedule *out,
                                               struct error *err);
// The last due time at or before now_ms; the first after it.
int64_t delivery_schedule_last(const struct delivery_schedule *schedule,
                               const struct timezone_rules *rules, int64_t now_ms);
int64_t delivery_schedule_next(const struct delivery_schedule *schedule,
                               const struct timezone_rules *rules, int64_t after_ms);
// The days, both included, that a report due then is about.
void delivery_schedule_period(const struct delivery_schedule *schedule,
                              const struct timezone_rules *rules, int64_t due_ms, int32_t *first,
                              int32_t *last);

#endif
