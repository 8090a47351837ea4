// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Time behind one struct, so that tests and the simulation can own it; and RFC 3339 in both directions.
#ifndef FOOTFALL_BASE_CLOCK_H
#define FOOTFALL_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct clock {
    int64_t (*wall_ms)(struct clock *clock); // milliseconds since 1970-01-01T00:00:00Z
    int64_t (*mono_us)(struct clock *clock); // microseconds, never goes back, start undefined
};

// The machine's clock. Thread-safe.
struct clock *clock_system(void);

// A clock that stands still until told. Not thread-safe.
struct clock_manual {
    struct clock clock; // first member
    int64_t wall;
    int64_t mono;
};
void clock_manual_init(struct clock_manual *manual, int64_t wall_ms);
void clock_manual_advance(struct clock_manual *manual, int64_t ms);

#define CLOCK_RFC3339_LEN 24 // "2026-11-23T06:42:48.123Z"
// Writes exactly 24 bytes and a NUL. Years 0000..9999; outside is clamped.
void clock_format_rfc3339(int64_t ms, char out[CLOCK_RFC3339_LEN + 1]);
// RFC 3339 with 'T', 't' or ' ', any fraction, 'Z' or offset; a date alone is midnight UTC. Whole s must match.
bool clock_parse_rfc3339(struct str s, int64_t *ms);

// Proleptic Gregorian calendar without time zones. A "day" is a count since 1970-01-01.
int32_t clock_day_from_date(int year, unsigned month, unsigned day);
void clock_date_from_day(int32_t day, int *year, unsigned *month, unsigned *day_of_month);
bool clock_parse_date(struct str s, int32_t *day); // "2026-11-23", valid dates only
void clock_format_date(int32_t day, char out[11]);

#endif
