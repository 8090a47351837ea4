// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Calendar against the C library over a wide range; RFC 3339 round trips, every form and every refusal.
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_dates_agree_with_the_c_library(void **state) {
    (void)state;
    for (int32_t day = -800000; day < 3000000; day += 17) {
        time_t seconds = (time_t)day * 86400;
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        int year = 0;
        unsigned month = 0;
        unsigned day_of_month = 0;
        clock_date_from_day(day, &year, &month, &day_of_month);
        assert_int_equal(year, tm.tm_year + 1900);
        assert_int_equal(month, tm.tm_mon + 1);
        assert_int_equal(day_of_month, tm.tm_mday);
        assert_int_equal(clock_day_from_date(year, month, day_of_month), day);
        assert_int_equal(timegm(&tm), seconds);
    }
}

static void test_days_at_the_ends_survive(void **state) {
    (void)state;
    static const int32_t ends[] = {INT32_MIN, INT32_MIN + 1, -1, 0, INT32_MAX - 1, INT32_MAX};
    for (size_t i = 0; i < 6; i++) {
        int year = 0;
        unsigned month = 0;
        unsigned day = 0;
        clock_date_from_day(ends[i], &year, &month, &day);
        assert_int_equal(clock_day_from_date(year, month, day), ends[i]);
    }
}

static void expect_format(int64_t ms, const char *text) {
    char out[CLOCK_RFC3339_LEN + 1];
    memset(out, 'x', sizeof out);
    clock_format_rfc3339(ms, out);
    assert_string_equal(out, text);
}

static void test_format(void **state) {
    (void)state;
    expect_format(0, "1970-01-01T00:00:00.000Z");
    expect_format(-1, "1969-12-31T23:59:59.999Z");
    expect_format(INT64_C(1795416168123), "2026-11-23T06:42:48.123Z");
    expect_format(INT64_C(951782400000), "2000-02-29T00:00:00.000Z");
    expect_format(INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z");
    expect_format(INT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
    expect_format(INT64_MIN, "0000-01-01T00:00:00.000Z");
    expect_format(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

static void test_round_trip_over_all_years(void **state) {
    (void)state;
    for (int64_t ms = INT64_C(-62167219200000); ms < INT64_C(253402300799999);
         ms += INT64_C(1234567891)) {
        char out[CLOCK_RFC3339_LEN + 1];
        clock_format_rfc3339(ms, out);
        int64_t back = 0;
        assert_true(clock_parse_rfc3339(str_make(out, CLOCK_RFC3339_LEN), &back));
        assert_true(back == ms);
    }
}

static void test_every_form_is_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"2026-11-23", INT64_C(1795392000000)},
        {"2026-11-23T06:42:48Z", INT64_C(1795416168000)},
        {"2026-11-23t06:42:48z", INT64_C(1795416168000)},
        {"2026-11-23 06:42:48Z", INT64_C(1795416168000)},
        {"2026-11-23T06:42:48.1Z", INT64_C(1795416168100)},
        {"2026-11-23T06:42:48.12Z", INT64_C(1795416168120)},
        {"2026-11-23T06:42:48.123456789Z", INT64_C(1795416168123)},
        {"2026-11-23T06:42:48.9999999999999999999999999Z", INT64_C(1795416168999)},
        {"2026-11-23T08:42:48.5+02:00", INT64_C(1795416168500)},
        {"2026-11-23T01:12:48-05:30", INT64_C(1795416168000)},
        {"2026-11-23T06:42:48-00:00", INT64_C(1795416168000)},
        {"2026-11-23T00:30:00+01:00", INT64_C(1795390200000)},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000)},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2016-12-31T23:59:60Z", INT64_C(1483228799999)},
        {"2017-01-01T00:59:60.5+01:00", INT64_C(1483228799999)},
        {"0000-01-01T00:00:00+23:59", INT64_C(-62167219200000) - INT64_C(86340000)},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t ms = 0;
        assert_true(clock_parse_rfc3339(str_from_c(good[i].text), &ms));
        assert_true(ms == good[i].ms);
    }
}

static void test_all_else_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11",
        "2026-11-2",
        "2026-11-23T",
        "2026-11-23T06:42",
        "2026-11-23T06:42Z",
        "2026-11-23T06:42:48",
        "2026-11-23T06:42:48.Z",
        "2026-11-23T06:42:48,5Z",
        "2026-11-23T06:42:48.5",
        "2026-11-23T06:42:48Zx",
        "2026-11-23T06:42:48ZZ",
        "2026-11-23X06:42:48Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T23:60:00Z",
        "2026-11-23T23:00:61Z",
        "2026-11-23T12:30:60Z",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "2026-01-32",
        "2026-02-29",
        "1900-02-29",
        "2024-02-30",
        "2026-04-31",
        "26-11-23",
        "2026/11/23",
        "2026-11-23T06:42:48+2:00",
        "2026-11-23T06:42:48+0200",
        "2026-11-23T06:42:48+24:00",
        "2026-11-23T06:42:48+01:60",
        "2026-11-23T06:42:48+01",
        "2026-11-23T06-42-48Z",
        " 2026-11-23",
        "2026-11-23 ",
        "+026-11-23",
        "2026-1a-23",
        "-026-11-23",
        "2026-11-23T06:42:4 Z",
        "2026-11-23T06:42:48.5 Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms = 5;
        assert_false(clock_parse_rfc3339(str_from_c(bad[i]), &ms));
        assert_true(ms == 5);
    }
    int64_t ms = 0;
    assert_false(clock_parse_rfc3339(STR_EMPTY, &ms));
    assert_false(clock_parse_rfc3339(str_make("2026-11-23\0", 11), &ms));
}

static void test_each_truncation_is_refused(void **state) {
    (void)state;
    struct str whole = STR("2026-11-23T06:42:48.123+01:00");
    for (size_t len = 0; len < whole.len; len++) {
        int64_t ms = 0;
        assert_int_equal(clock_parse_rfc3339(str_make(whole.data, len), &ms), len == 10);
    }
}

static void test_dates_alone(void **state) {
    (void)state;
    int32_t day = 0;
    assert_true(clock_parse_date(STR("2026-11-23"), &day));
    char out[11];
    clock_format_date(day, out);
    assert_string_equal(out, "2026-11-23");
    assert_false(clock_parse_date(STR("2026-11-23T06:42:48Z"), &day));
    assert_false(clock_parse_date(STR("2026-02-30"), &day));
    clock_format_date(INT32_MIN, out);
    assert_string_equal(out, "0000-01-01");
    clock_format_date(INT32_MAX, out);
    assert_string_equal(out, "9999-12-31");
}

static void test_manual_clock_stands_still(void **state) {
    (void)state;
    struct clock_manual manual;
    clock_manual_init(&manual, 1000);
    struct clock *clock = &manual.clock;
    assert_int_equal(clock->wall_ms(clock), 1000);
    int64_t mono = clock->mono_us(clock);
    clock_manual_advance(&manual, 50);
    assert_int_equal(clock->wall_ms(clock), 1050);
    assert_int_equal(clock->mono_us(clock) - mono, 50000);
}

static void test_system_clock_goes_forward(void **state) {
    (void)state;
    struct clock *clock = clock_system();
    assert_true(clock->wall_ms(clock) > INT64_C(1700000000000));
    int64_t before = clock->mono_us(clock);
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock->mono_us(clock);
        assert_true(now >= before);
        before = now;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_agree_with_the_c_library),
        cmocka_unit_test(test_days_at_the_ends_survive),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_round_trip_over_all_years),
        cmocka_unit_test(test_every_form_is_read),
        cmocka_unit_test(test_all_else_is_refused),
        cmocka_unit_test(test_each_truncation_is_refused),
        cmocka_unit_test(test_dates_alone),
        cmocka_unit_test(test_manual_clock_stands_still),
        cmocka_unit_test(test_system_clock_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
