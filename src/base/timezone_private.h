// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a loaded time zone is made of; between timezone.c and timezone_tzif.c only.
#ifndef FOOTFALL_BASE_TIMEZONE_PRIVATE_H
#define FOOTFALL_BASE_TIMEZONE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// When in a year the clocks change, as POSIX writes it: "M3.2.0/2", "J60", "59".
enum timezone_change_type {
    TIMEZONE_CHANGE_JULIAN,  // day 1..365, 29 February never counted
    TIMEZONE_CHANGE_ORDINAL, // day 0..365, 29 February counted
    TIMEZONE_CHANGE_WEEKDAY, // week 1..5 (5: last) of a month
};
struct timezone_change {
    enum timezone_change_type type;
    int day; // JULIAN, ORDINAL; of WEEKDAY: 0 is Sunday
    int week;
    int month;
    int32_t seconds; // local time of day, from -167 to 167 hours
};

// For instants behind the last transition of the table.
struct timezone_footer {
    bool present;
    bool has_dst;
    int32_t standard; // seconds east of UTC
    int32_t dst;
    struct timezone_change start; // of DST, by standard time
    struct timezone_change end;   // by DST
};

struct timezone_rules {
    size_t count;     // transitions
    int64_t *times;   // ascending, seconds since 1970
    int32_t *offsets; // in force from times[i] on
    int32_t first;    // offset before times[0]
    struct timezone_footer footer;
};

#endif
