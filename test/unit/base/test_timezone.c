// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Time zones: the C library as oracle over two centuries, days that begin late or never, files that lie.
#include "base/timezone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct timezone_rules *load(const char *name) {
    struct timezone_rules *rules = NULL;
    struct error err = {.text = ""};
    if (timezone_load(str_from_c(name), &rules, &err) != STATUS_OK) {
        print_message("%s\n", err.text);
        fail();
    }
    return rules;
}

static int32_t day_of(const char *date) {
    int32_t day = 0;
    assert_true(clock_parse_date(str_from_c(date), &day));
    return day;
}

static int64_t instant(const char *text) {
    int64_t ms = 0;
    assert_true(clock_parse_rfc3339(str_from_c(text), &ms));
    return ms;
}

static const char *const zones[] = {
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Santiago",
    "America/Havana",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
    "Pacific/Kwajalein",
    "Antarctica/Troll",
    "America/Scoresbysund",
    "America/Nuuk",
    "Etc/GMT+12",
    "UTC",
};

static void compare_at(const struct timezone_rules *rules, int64_t second) {
    time_t when = (time_t)second;
    struct tm tm;
    assert_non_null(localtime_r(&when, &tm));
    int hour = -1;
    int32_t day = timezone_day(rules, second * 1000 + 999, &hour);
    if (timezone_offset(rules, second * 1000) != tm.tm_gmtoff) {
        print_message("%s at %lld: %d, expected %ld\n", getenv("TZ"), (long long)second,
                      timezone_offset(rules, second * 1000), tm.tm_gmtoff);
        fail();
    }
    assert_int_equal(hour, tm.tm_hour);
    assert_int_equal(
        day, clock_day_from_date(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday));
}

static void test_two_centuries_agree_with_the_c_library(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct timezone_rules *rules = load(zones[i]);
        setenv("TZ", zones[i], 1);
        tzset();
        // 1900 to 2110, first in steps that meet every hour of the day, then closely round each change that was seen.
        int32_t before = timezone_offset(rules, INT64_C(-2208988800000));
        for (int64_t second = INT64_C(-2208988800); second < INT64_C(4417977600);
             second += 176461) {
            compare_at(rules, second);
            int32_t now = timezone_offset(rules, second * 1000);
            for (int64_t near = second; now != before && near > second - 176461; near -= 899) {
                compare_at(rules, near);
            }
            before = now;
        }
        timezone_free(rules);
    }
    unsetenv("TZ");
    tzset();
}

// By its definition: no earlier instant belongs to that day or a later one, and the instant itself does.
static void test_day_start_is_the_first_instant(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct timezone_rules *rules = load(zones[i]);
        for (int32_t day = day_of("2005-01-01"); day < day_of("2042-01-01"); day++) {
            int64_t start = timezone_day_start(rules, day);
            assert_true(timezone_day(rules, start, NULL) >= day);
            assert_true(timezone_day(rules, start - 1, NULL) < day);
            assert_true(start <= timezone_day_start(rules, day + 1));
        }
        timezone_free(rules);
    }
}

static void expect_start(const char *zone, const char *day, const char *start) {
    struct timezone_rules *rules = load(zone);
    assert_true(timezone_day_start(rules, day_of(day)) == instant(start));
    timezone_free(rules);
}

static void test_days_that_begin_in_odd_ways(void **state) {
    (void)state;
    expect_start("UTC", "2026-11-23", "2026-11-23T00:00:00Z");
    expect_start("Europe/Berlin", "2040-07-01", "2040-07-01T00:00:00+02:00");
    expect_start("Europe/Berlin", "2040-12-01", "2040-12-01T00:00:00+01:00");
    expect_start("America/New_York", "2050-03-14", "2050-03-14T00:00:00-04:00");
    expect_start("Asia/Kolkata", "2026-01-01", "2026-01-01T00:00:00+05:30");
    // The clock went from 23:59:59 to 01:00.
    expect_start("America/Sao_Paulo", "2017-10-15", "2017-10-15T01:00:00-02:00");
    expect_start("Australia/Lord_Howe", "2026-10-04", "2026-10-04T00:00:00+10:30");
    expect_start("Australia/Lord_Howe", "2026-10-05", "2026-10-05T00:00:00+11:00");
    // 30 December 2011 did not happen.
    expect_start("Pacific/Apia", "2011-12-29", "2011-12-29T00:00:00-10:00");
    expect_start("Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00");
    expect_start("Pacific/Apia", "2011-12-31", "2011-12-31T00:00:00+14:00");
    // At 00:01 back to 23:01: the day begins twice, the first time counts.
    expect_start("America/St_Johns", "2010-11-07", "2010-11-07T00:00:00-02:30");
}

static void test_fractions_before_1970_round_down(void **state) {
    (void)state;
    struct timezone_rules *rules = load("UTC");
    int hour = 0;
    assert_int_equal(timezone_day(rules, -1, &hour), -1);
    assert_int_equal(hour, 23);
    assert_int_equal(timezone_day(rules, 0, &hour), 0);
    assert_int_equal(hour, 0);
    timezone_free(rules);
    timezone_free(NULL);
}

static void test_names_are_judged(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "/etc/passwd",
                                      "../../../etc/passwd",
                                      "Europe/../UTC",
                                      "Europe/Berlin ",
                                      "Europe\\Berlin",
                                      "a.b",
                                      ":UTC",
                                      "\xc3\xa4"};
    struct error err;
    struct timezone_rules *rules = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(timezone_load(str_from_c(bad[i]), &rules, &err), STATUS_INVALID);
        assert_null(rules);
    }
    assert_int_equal(timezone_load(STR("Europe/Atlantis"), &rules, &err), STATUS_NOT_FOUND);
    assert_non_null(strstr(err.text, "/usr/share/zoneinfo/Europe/Atlantis"));
    assert_int_equal(timezone_load(STR("Europe"), &rules, &err), STATUS_NOT_FOUND);
    assert_int_equal(timezone_load(STR("zone1970"), &rules, NULL), STATUS_NOT_FOUND);
}

static void put_header(struct buffer *file, char version, const uint32_t counts[6]) {
    buffer_append_str(file, STR("TZif"));
    buffer_append_char(file, version);
    buffer_append(file, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    for (size_t i = 0; i < 6; i++) {
        bytes_put_be32(file, counts[i]);
    }
}

// A version 3 file with one type, no transitions, and that footer.
static enum status parse_footer(const char *footer, struct timezone_rules **rules) {
    struct buffer file;
    buffer_init(&file, 1000);
    put_header(&file, '3', (uint32_t[6]){0, 0, 0, 0, 1, 4});
    buffer_append(&file,
                  "\0\0\0\0\0\0"
                  "UTC",
                  10);
    put_header(&file, '3', (uint32_t[6]){0, 0, 0, 0, 1, 4});
    buffer_append(&file,
                  "\0\0\0\0\0\0"
                  "UTC",
                  10);
    buffer_printf(&file, "\n%s\n", footer);
    assert_int_equal(buffer_status(&file), STATUS_OK);
    struct error err;
    enum status status = timezone_parse(buffer_str(&file), rules, &err);
    buffer_free(&file);
    return status;
}

static void expect_footer_offset(const char *footer, const char *when, int32_t offset) {
    struct timezone_rules *rules = NULL;
    assert_int_equal(parse_footer(footer, &rules), STATUS_OK);
    assert_int_equal(timezone_offset(rules, instant(when)), offset);
    timezone_free(rules);
}

static void test_footers(void **state) {
    (void)state;
    expect_footer_offset("", "2026-01-01", 0);
    expect_footer_offset("IST-5:30", "2026-01-01", 19800);
    expect_footer_offset("<-03>3", "2026-01-01", -10800);
    expect_footer_offset("<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45", "2026-01-01", 49500);
    // RFC 8536, 3.3.1: daylight saving all year.
    expect_footer_offset("XXX3EDT4,0/0,J365/23", "2026-07-01", -14400);
    expect_footer_offset("XXX3EDT4,0/0,J365/23", "2025-12-31T23:30:00-04:00", -14400);
    expect_footer_offset("XXX3EDT4,0/0,J365/23", "2026-01-01T00:30:00-04:00", -14400);
    // J60 is 1 March in every year, 59 is 29 February in leap years.
    expect_footer_offset("AAA0BBB,J60/0,J300/0", "2024-02-29T12:00:00Z", 0);
    expect_footer_offset("AAA0BBB,J60/0,J300/0", "2024-03-01T00:00:00Z", 3600);
    expect_footer_offset("AAA0BBB,59/0,300/0", "2024-02-29T00:00:00Z", 3600);
    expect_footer_offset("AAA0BBB,59/0,300/0", "2023-02-28T23:59:59Z", 0);
    // Hours beyond the day (version 3): Thursday 50:00 is Saturday 02:00.
    expect_footer_offset("<-02>2<-01>,M3.4.4/50,M10.4.4/50", "2026-03-28T03:59:59Z", -7200);
    expect_footer_offset("<-02>2<-01>,M3.4.4/50,M10.4.4/50", "2026-03-28T04:00:00Z", -3600);
    static const char *const bad[] = {"X",
                                      "CET",
                                      "CET-25",
                                      "CET-1CEST",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M3.5.0,M10.5.0x",
                                      "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-1CEST,J0,J365",
                                      "CET-1CEST,366,1",
                                      "<CET-1",
                                      "CET-1:60",
                                      "CET-1CEST,M3.5.0/168,M10.5.0",
                                      "CET-1 "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct timezone_rules *rules = NULL;
        assert_int_equal(parse_footer(bad[i], &rules), STATUS_CORRUPT);
        assert_null(rules);
    }
}

static size_t read_zone(const char *path, char *out, size_t size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(out, 1, size, file);
    fclose(file);
    assert_true(len > 0 && len < size);
    return len;
}

static void test_damaged_files_are_refused_or_harmless(void **state) {
    (void)state;
    static char whole[100000];
    size_t len = read_zone("/usr/share/zoneinfo/Europe/Berlin", whole, sizeof whole);
    struct error err;
    struct timezone_rules *rules = NULL;
    for (size_t cut = 0; cut < len; cut++) {
        char *part = malloc(cut + 1); // its own size, so that a sanitizer sees a read too far
        assert_non_null(part);
        memcpy(part, whole, cut);
        assert_int_equal(timezone_parse(str_make(part, cut), &rules, &err), STATUS_CORRUPT);
        free(part);
    }
    for (size_t at = 0; at < len; at++) {
        for (int bit = 0; bit < 8; bit++) {
            whole[at] = (char)(whole[at] ^ 1 << bit);
            if (timezone_parse(str_make(whole, len), &rules, &err) == STATUS_OK) {
                (void)timezone_day_start(rules, 20000);
                (void)timezone_day(rules, INT64_MIN, NULL);
                (void)timezone_day(rules, INT64_MAX, NULL);
                timezone_free(rules);
            }
            whole[at] = (char)(whole[at] ^ 1 << bit);
        }
    }
}

static void test_version_1_files_are_read(void **state) {
    (void)state;
    struct buffer file;
    buffer_init(&file, 1000);
    put_header(&file, '\0', (uint32_t[6]){0, 0, 0, 1, 2, 8});
    bytes_put_be32(&file, 1000000000);
    bytes_put_u8(&file, 1);
    bytes_put_be32(&file, 3600);
    bytes_put_be16(&file, 0);
    bytes_put_be32(&file, (uint32_t)-7200);
    bytes_put_be16(&file, 4);
    buffer_append(&file, "ONE\0TWO", 8);
    struct error err;
    struct timezone_rules *rules = NULL;
    assert_int_equal(timezone_parse(buffer_str(&file), &rules, &err), STATUS_OK);
    assert_int_equal(timezone_offset(rules, INT64_C(999999999999)), 3600);
    assert_int_equal(timezone_offset(rules, INT64_C(1000000000000)), -7200);
    assert_int_equal(timezone_offset(rules, INT64_C(9000000000000)), -7200);
    timezone_free(rules);
    buffer_free(&file);
}

static void test_leap_seconds_are_not_supported(void **state) {
    (void)state;
    struct buffer file;
    buffer_init(&file, 1000);
    put_header(&file, '\0', (uint32_t[6]){0, 0, 1, 0, 1, 4});
    struct error err;
    struct timezone_rules *rules = NULL;
    assert_int_equal(timezone_parse(buffer_str(&file), &rules, &err), STATUS_UNSUPPORTED);
    buffer_free(&file);
}

static void test_every_allocation_may_fail(void **state) {
    (void)state;
    static const char *const names[] = {"UTC", "Europe/Berlin"};
    for (size_t i = 0; i < 2; i++) {
        long n = 0;
        for (;; n++) {
            struct timezone_rules *rules = NULL;
            failing_malloc_arm(n);
            enum status status = timezone_load(str_from_c(names[i]), &rules, NULL);
            if (!failing_malloc_disarm()) {
                assert_int_equal(status, STATUS_OK);
                timezone_free(rules);
                break;
            }
            assert_int_equal(status, STATUS_NO_MEMORY);
            assert_null(rules);
        }
        assert_true(n >= (i == 0 ? 1 : 4));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_centuries_agree_with_the_c_library),
        cmocka_unit_test(test_day_start_is_the_first_instant),
        cmocka_unit_test(test_days_that_begin_in_odd_ways),
        cmocka_unit_test(test_fractions_before_1970_round_down),
        cmocka_unit_test(test_names_are_judged),
        cmocka_unit_test(test_footers),
        cmocka_unit_test(test_damaged_files_are_refused_or_harmless),
        cmocka_unit_test(test_version_1_files_are_read),
        cmocka_unit_test(test_leap_seconds_are_not_supported),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
