// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Due times: clock changes both ways, weeks, months, leap days; and which addresses are nobody else's.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/private.h"

static struct timezone_rules *berlin;

static int set_up(void **state) {
    (void)state;
    struct error err;
    return timezone_load(STR("Europe/Berlin"), &berlin, &err) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    timezone_free(berlin);
    return 0;
}

static int64_t at(const char *text) {
    int64_t ms = 0;
    assert_true(clock_parse_rfc3339(str_from_c(text), &ms));
    return ms;
}

static struct delivery_schedule parse(const char *text) {
    struct delivery_schedule schedule;
    struct error err;
    assert_int_equal(delivery_schedule_parse(str_from_c(text), &schedule, &err), STATUS_OK);
    return schedule;
}

static void check_next(const char *schedule_text, const char *after, const char *expected) {
    struct delivery_schedule schedule = parse(schedule_text);
    int64_t next = delivery_schedule_next(&schedule, berlin, at(after));
    assert_true(next == at(expected));
    assert_true(delivery_schedule_last(&schedule, berlin, next) == next);
    assert_true(delivery_schedule_last(&schedule, berlin, next - 1) < next);
}

static void test_next(void **state) {
    (void)state;
    check_next("daily 06:00", "2026-11-25T04:59:59Z", "2026-11-25T05:00:00Z");
    check_next("daily 06:00", "2026-11-25T05:00:00Z", "2026-11-26T05:00:00Z");
    check_next("daily 00:00", "2026-11-25T12:00:00Z", "2026-11-25T23:00:00Z");
    check_next("weekly monday 06:00", "2026-11-25T12:00:00Z", "2026-11-30T05:00:00Z");
    check_next("weekly Sunday 06:00", "2026-11-25T12:00:00Z", "2026-11-29T05:00:00Z");
    check_next("monthly 08:30", "2028-02-01T07:30:00Z", "2028-03-01T07:30:00Z");
    check_next("monthly 08:30", "2026-12-31T12:00:00Z", "2027-01-01T07:30:00Z");
    // The clock goes forward on 2026-03-29 at 02:00, and back on 2026-10-25 at 03:00.
    check_next("daily 06:00", "2026-03-28T12:00:00Z", "2026-03-29T04:00:00Z");
    check_next("daily 06:00", "2026-10-24T12:00:00Z", "2026-10-25T05:00:00Z");
    check_next("daily 02:30", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"); // skipped: 03:30
    check_next("daily 02:30", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"); // twice: the first
    check_next("daily 02:30", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
}

static void check_period(const char *text, const char *due, const char *first, const char *last) {
    struct delivery_schedule schedule = parse(text);
    int32_t days[2], expected[2];
    delivery_schedule_period(&schedule, berlin, at(due), &days[0], &days[1]);
    assert_true(clock_parse_date(str_from_c(first), &expected[0]));
    assert_true(clock_parse_date(str_from_c(last), &expected[1]));
    assert_int_equal(days[0], expected[0]);
    assert_int_equal(days[1], expected[1]);
}

static void test_period(void **state) {
    (void)state;
    check_period("daily 06:00", "2026-11-25T05:00:00Z", "2026-11-24", "2026-11-24");
    check_period("daily 00:00", "2026-11-24T23:00:00Z", "2026-11-24", "2026-11-24");
    check_period("weekly monday 06:00", "2026-11-30T05:00:00Z", "2026-11-23", "2026-11-29");
    check_period("monthly 06:00", "2028-03-01T05:00:00Z", "2028-02-01", "2028-02-29");
    check_period("monthly 06:00", "2027-01-01T05:00:00Z", "2026-12-01", "2026-12-31");
}

static void test_mistakes(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "daily",
                                        "daily 6:00",
                                        "daily 24:00",
                                        "daily 06:60",
                                        "weekly 06:00",
                                        "weekly someday 06:00",
                                        "hourly",
                                        "monthly 1 06:00",
                                        "daily 06:00 x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct delivery_schedule schedule;
        struct error err;
        assert_int_equal(delivery_schedule_parse(str_from_c(texts[i]), &schedule, &err),
                         STATUS_INVALID);
    }
}

static bool is_public(const char *text) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1) {
        return delivery_address_is_public((struct sockaddr *)(void *)&six);
    }
    assert_int_equal(inet_pton(AF_INET, text, &four.sin_addr), 1);
    return delivery_address_is_public((struct sockaddr *)(void *)&four);
}

static void test_networks(void **state) {
    (void)state;
    static const char *const private[] = {"127.0.0.1",
                                          "10.1.2.3",
                                          "172.16.0.1",
                                          "172.31.255.255",
                                          "192.168.0.1",
                                          "169.254.169.254",
                                          "0.0.0.0",
                                          "100.64.0.1",
                                          "224.0.0.1",
                                          "255.255.255.255",
                                          "198.18.0.1",
                                          "::1",
                                          "::",
                                          "fe80::1",
                                          "fd00::1",
                                          "ff02::1",
                                          "::ffff:10.0.0.1",
                                          "64:ff9b::a00:1",
                                          "2002:7f00:1::",
                                          "2001:db8::1",
                                          "2001::1"};
    static const char *const public[] = {
        "93.184.216.34",      "172.32.0.1",           "172.15.255.255", "100.128.0.1",
        "2606:2800:220:1::1", "::ffff:93.184.216.34", "2a00::1"};
    for (size_t i = 0; i < sizeof private / sizeof private[0]; i++) {
        assert_false(is_public(private[i]));
    }
    for (size_t i = 0; i < sizeof public / sizeof public[0]; i++) {
        assert_true(is_public(public[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_period),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_networks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
