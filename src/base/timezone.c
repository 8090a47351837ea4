// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Asking a time zone: which offset holds at an instant, and so which day it is and when a day begins.
#include "base/timezone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/timezone_private.h"

#define ZONEINFO "/usr/share/zoneinfo"
#define NAME_MAX_LEN 100           // the longest of the database has 32
#define FILE_MAX ((size_t)1 << 20) // the largest of the database has 4 KB
#define DAY_SECONDS 86400

static bool is_name(struct str name) {
    if (name.len == 0 || name.len > NAME_MAX_LEN || name.data[0] == '/') {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        // No dots at all, so that no name leads out of the directory.
        if (!letter && !(c >= '0' && c <= '9') && c != '/' && c != '_' && c != '-' && c != '+') {
            return false;
        }
    }
    return true;
}

static enum status read_whole(int fd, struct buffer *out) {
    enum status status = file_read_rest(fd, out);
    return status == STATUS_IO && errno == EISDIR ? STATUS_NOT_FOUND : status;
}

static enum status read_zone(struct str name, struct buffer *file, struct error *err) {
    char path[sizeof ZONEINFO + 1 + NAME_MAX_LEN];
    snprintf(path, sizeof path, ZONEINFO "/%.*s", STR_ARG(name));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return error_set(err, STATUS_NOT_FOUND,
                             "time zone \"%.*s\" is not known: there is no %s (package tzdata)",
                             STR_ARG(name), path);
        }
        return error_set(err, STATUS_IO, "cannot open %s: %s", path, strerror(errno));
    }
    enum status status = read_whole(fd, file);
    close(fd);
    if (status == STATUS_NOT_FOUND) {
        return error_set(err, status, "time zone \"%.*s\" is not known: %s is a directory",
                         STR_ARG(name), path);
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "cannot read %s: %s", path, status_text(status));
    }
    return STATUS_OK;
}

enum status timezone_load(struct str name, struct timezone_rules **out, struct error *err) {
    *out = NULL;
    if (!is_name(name)) {
        return error_set(err, STATUS_INVALID,
                         "\"%.*s\" is no name of a time zone, such as \"Europe/Berlin\"",
                         STR_ARG(name));
    }
    if (str_equal(name, STR("UTC"))) {
        *out = calloc(1, sizeof **out);
        return *out != NULL ? STATUS_OK : error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    struct buffer file;
    buffer_init(&file, FILE_MAX);
    struct error why = {.status = STATUS_OK};
    enum status status = read_zone(name, &file, err);
    if (status == STATUS_OK) {
        status = timezone_parse(buffer_str(&file), out, &why);
        if (status != STATUS_OK) {
            error_set(err, status, ZONEINFO "/%.*s: %s", STR_ARG(name), why.text);
        }
    }
    buffer_free(&file);
    return status;
}

void timezone_free(struct timezone_rules *rules) {
    if (rules != NULL) {
        free(rules->times);
        free(rules->offsets);
        free(rules);
    }
}

// ---- the footer ----------------------------------------------------------------------------------

// Days since 1970 of the day a rule names in that year (POSIX.1-2017, XBD 8.3, TZ).
static int64_t change_day(const struct timezone_change *change, int year) {
    int64_t new_year = clock_day_from_date(year, 1, 1);
    if (change->type == TIMEZONE_CHANGE_ORDINAL) {
        return new_year + change->day;
    }
    if (change->type == TIMEZONE_CHANGE_JULIAN) {
        // From 1 March on count back from the year's end, which has no leap day before it.
        return change->day < 60 ? new_year + change->day - 1
                                : clock_day_from_date(year + 1, 1, 1) + change->day - 366;
    }
    int64_t month_start = clock_day_from_date(year, (unsigned)change->month, 1);
    int64_t month_end = change->month == 12
                            ? clock_day_from_date(year + 1, 1, 1)
                            : clock_day_from_date(year, (unsigned)change->month + 1, 1);
    int64_t weekday = ((month_start + 4) % 7 + 7) % 7; // 1970-01-01 was a Thursday
    int64_t day = month_start + (change->day - weekday + 7) % 7 + 7 * (change->week - 1);
    return day < month_end ? day : day - 7;
}

// A stretch of time with one offset, from somewhere before the instant asked about to `end`.
struct segment {
    int32_t offset;
    int64_t end; // INT64_MAX: for ever
};

static struct segment footer_segment(const struct timezone_footer *footer, int64_t second) {
    struct segment segment = {footer->standard, INT64_MAX};
    // Beyond these years the calendar leaves int32_t; nobody lives there.
    const int64_t limit = INT64_C(60000000000);
    if (!footer->has_dst || second > limit || second < -limit) {
        return segment;
    }
    int64_t day = second / DAY_SECONDS - (second % DAY_SECONDS < 0 ? 1 : 0);
    int year = 0;
    unsigned month = 0;
    unsigned day_of_month = 0;
    clock_date_from_day((int32_t)day, &year, &month, &day_of_month);
    int64_t latest = INT64_MIN;
    for (int y = year - 1; y <= year + 1; y++) {
        int64_t end = change_day(&footer->end, y) * DAY_SECONDS + footer->end.seconds - footer->dst;
        int64_t start =
            change_day(&footer->start, y) * DAY_SECONDS + footer->start.seconds - footer->standard;
        if (end <= second && end > latest) {
            latest = end;
            segment.offset = footer->standard;
        }
        // When both fall together DST has no end ("all year", RFC 8536, 3.3.1).
        if (start <= second && start >= latest) {
            latest = start;
            segment.offset = footer->dst;
        }
        segment.end = end > second && end < segment.end ? end : segment.end;
        segment.end = start > second && start < segment.end ? start : segment.end;
    }
    return segment;
}

// ---- asking --------------------------------------------------------------------------------------

static struct segment segment_at(const struct timezone_rules *rules, int64_t second) {
    // The first transition behind the instant.
    size_t low = 0;
    size_t high = rules->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rules->times[middle] <= second) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == rules->count && rules->footer.present) {
        return footer_segment(&rules->footer, second);
    }
    return (struct segment){low == 0 ? rules->first : rules->offsets[low - 1],
                            low == rules->count ? INT64_MAX : rules->times[low]};
}

static int64_t floor_divide(int64_t value, int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

int32_t timezone_offset(const struct timezone_rules *rules, int64_t ms) {
    return segment_at(rules, floor_divide(ms, 1000)).offset;
}

int32_t timezone_day(const struct timezone_rules *rules, int64_t ms, int *hour) {
    int64_t second = floor_divide(ms, 1000);
    int64_t local = second + segment_at(rules, second).offset;
    int64_t day = floor_divide(local, DAY_SECONDS);
    if (hour != NULL) {
        *hour = (int)((local - day * DAY_SECONDS) / 3600);
    }
    return (int32_t)day;
}

int64_t timezone_day_start(const struct timezone_rules *rules, int32_t day) {
    int64_t midnight = (int64_t)day * DAY_SECONDS;
    // No offset reaches 26 hours (timezone_parse sees to it), so here it is still an earlier day.
    int64_t from = midnight - INT64_C(26) * 3600;
    for (;;) {
        struct segment segment = segment_at(rules, from);
        int64_t start = midnight - segment.offset;
        start = start > from ? start : from;
        if (start < segment.end) {
            return start * 1000;
        }
        from = segment.end;
    }
}
