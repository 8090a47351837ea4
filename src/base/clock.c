// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The machine's clock and the manual one; RFC 3339 and calendar dates by hand, for they are made several times an event.
#include "base/clock.h"

#include <string.h>
#include <time.h>

#include "base/check.h"

#define DAY_MS INT64_C(86400000)
#define FIRST_MS (INT64_C(-62167219200000)) // 0000-01-01T00:00:00.000Z
#define LAST_MS INT64_C(253402300799999)    // 9999-12-31T23:59:59.999Z

static struct timespec read_clock(clockid_t id) {
    struct timespec now;
    int failed = clock_gettime(id, &now);
    CHECK(failed == 0);
    return now;
}

static int64_t system_wall_ms(struct clock *clock) {
    (void)clock;
    struct timespec now = read_clock(CLOCK_REALTIME);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_mono_us(struct clock *clock) {
    (void)clock;
    struct timespec now = read_clock(CLOCK_MONOTONIC);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct clock *clock_system(void) {
    static struct clock clock = {system_wall_ms, system_mono_us};
    return &clock;
}

static int64_t manual_wall_ms(struct clock *clock) {
    return ((struct clock_manual *)(void *)clock)->wall;
}

static int64_t manual_mono_us(struct clock *clock) {
    return ((struct clock_manual *)(void *)clock)->mono;
}

void clock_manual_init(struct clock_manual *manual, int64_t wall_ms) {
    *manual = (struct clock_manual){{manual_wall_ms, manual_mono_us}, wall_ms, 0};
}

void clock_manual_advance(struct clock_manual *manual, int64_t ms) {
    manual->wall += ms;
    manual->mono += ms * 1000;
}

// Both directions after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that the
// leap day is the last of its year, and 400 years are always 146097 days.
int32_t clock_day_from_date(int year, unsigned month, unsigned day) {
    int64_t y = (int64_t)year - (month <= 2 ? 1 : 0);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = month > 2 ? (int64_t)month - 3 : (int64_t)month + 9;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * 146097 + day_of_era - 719468);
}

void clock_date_from_day(int32_t day, int *year, unsigned *month, unsigned *day_of_month) {
    int64_t shifted = (int64_t)day + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    unsigned day_of_era = (unsigned)(shifted - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (5 * day_of_year + 2) / 153;
    *day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    *year = (int)(era * 400 + year_of_era) + (*month <= 2 ? 1 : 0);
}

static void put_digits(char *out, unsigned value, unsigned count) {
    for (unsigned i = count; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

static void put_date(int32_t day, char *out) {
    int year = 0;
    unsigned month = 0;
    unsigned day_of_month = 0;
    clock_date_from_day(day, &year, &month, &day_of_month);
    put_digits(out, (unsigned)year, 4);
    out[4] = '-';
    put_digits(out + 5, month, 2);
    out[7] = '-';
    put_digits(out + 8, day_of_month, 2);
}

void clock_format_rfc3339(int64_t ms, char out[CLOCK_RFC3339_LEN + 1]) {
    ms = ms < FIRST_MS ? FIRST_MS : ms > LAST_MS ? LAST_MS : ms;
    // From the first day on, so that the division need not round down below zero.
    uint64_t since_first = (uint64_t)(ms - FIRST_MS);
    put_date((int32_t)(since_first / (uint64_t)DAY_MS) + (int32_t)(FIRST_MS / DAY_MS), out);
    unsigned rest = (unsigned)(since_first % (uint64_t)DAY_MS);
    out[10] = 'T';
    put_digits(out + 11, rest / 3600000, 2);
    out[13] = ':';
    put_digits(out + 14, rest / 60000 % 60, 2);
    out[16] = ':';
    put_digits(out + 17, rest / 1000 % 60, 2);
    out[19] = '.';
    put_digits(out + 20, rest % 1000, 3);
    out[23] = 'Z';
    out[24] = '\0';
}

void clock_format_date(int32_t day, char out[11]) {
    int32_t first = (int32_t)(FIRST_MS / DAY_MS);
    int32_t last = (int32_t)(LAST_MS / DAY_MS);
    put_date(day < first ? first : day > last ? last : day, out);
    out[10] = '\0';
}

// Exactly count digits; the caller has looked that they are there.
static bool get_digits(const char *text, unsigned count, unsigned *out) {
    unsigned value = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

static bool is_leap(unsigned year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool get_date(const char *text, int32_t *day) {
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year = 0;
    unsigned month = 0;
    unsigned day_of_month = 0;
    if (!get_digits(text, 4, &year) || text[4] != '-' || !get_digits(text + 5, 2, &month) ||
        text[7] != '-' || !get_digits(text + 8, 2, &day_of_month) || month < 1 || month > 12) {
        return false;
    }
    unsigned length = month == 2 && is_leap(year) ? 29 : lengths[month - 1];
    if (day_of_month < 1 || day_of_month > length) {
        return false;
    }
    *day = clock_day_from_date((int)year, month, day_of_month);
    return true;
}

bool clock_parse_date(struct str s, int32_t *day) {
    return s.len == 10 && get_date(s.data, day);
}

// ".5", ".123456789": milliseconds, the rest cut off. Moves *s past it.
static bool get_fraction(struct str *s, unsigned *ms) {
    *ms = 0;
    if (s->len == 0 || s->data[0] != '.') {
        return true;
    }
    size_t end = 1;
    unsigned weight = 100;
    for (; end < s->len && s->data[end] >= '0' && s->data[end] <= '9'; end++) {
        *ms += (unsigned)(s->data[end] - '0') * weight;
        weight /= 10;
    }
    *s = str_make(s->data + end, s->len - end);
    return end > 1;
}

// "Z", "z", "+05:30": minutes east of UTC, and nothing behind.
static bool get_offset(struct str s, int *minutes) {
    *minutes = 0;
    if (s.len == 1) {
        return s.data[0] == 'Z' || s.data[0] == 'z';
    }
    unsigned hour = 0;
    unsigned minute = 0;
    if (s.len != 6 || (s.data[0] != '+' && s.data[0] != '-') || !get_digits(s.data + 1, 2, &hour) ||
        s.data[3] != ':' || !get_digits(s.data + 4, 2, &minute) || hour > 23 || minute > 59) {
        return false;
    }
    *minutes = (int)(hour * 60 + minute) * (s.data[0] == '-' ? -1 : 1);
    return true;
}

bool clock_parse_rfc3339(struct str s, int64_t *ms) {
    int32_t day = 0;
    if (s.len < 10 || !get_date(s.data, &day)) {
        return false;
    }
    if (s.len == 10) {
        *ms = day * DAY_MS;
        return true;
    }
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    const char *t = s.data + 10;
    if (s.len < 20 || (t[0] != 'T' && t[0] != 't' && t[0] != ' ') || !get_digits(t + 1, 2, &hour) ||
        t[3] != ':' || !get_digits(t + 4, 2, &minute) || t[6] != ':' ||
        !get_digits(t + 7, 2, &second) || hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    struct str rest = str_make(s.data + 19, s.len - 19);
    unsigned fraction = 0;
    int offset = 0;
    if (!get_fraction(&rest, &fraction) || !get_offset(rest, &offset)) {
        return false;
    }
    int64_t minutes = day * INT64_C(1440) + (int64_t)(hour * 60 + minute) - offset;
    if (second == 60) {
        // A leap second (RFC 3339, 5.7) ends a UTC day. Our days have none: it becomes the last moment of that day.
        if ((minutes + 1) % 1440 != 0) {
            return false;
        }
        second = 59;
        fraction = 999;
    }
    *ms = minutes * 60000 + (int64_t)(second * 1000 + fraction);
    return true;
}
