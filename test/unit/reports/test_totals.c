// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Figures out of rows of totals: slices, ranks, groups, digests; and that running out of memory is an answer, not a crash.
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "reports/compare.h"
#include "reports/daily.h"
#include "reports/events.h"

static const struct store_total rows[] = {
    {7, STORE_METRIC_EVENTS, STR_INIT(""), 10},
    {7, STORE_METRIC_NAME, STR_INIT("a"), 3},
    {7, STORE_METRIC_NAME, STR_INIT("b"), 4},
    {7, STORE_METRIC_NAME, STR_INIT("c"), 3},
    {7, STORE_METRIC_NAME_ACTORS, STR_INIT("a"), 2},
    {7, STORE_METRIC_NAME_ACTORS, STR_INIT("c"), 1},
    {7, STORE_METRIC_HOUR, STR_INIT("09"), 10},
    {7, STORE_METRIC_SESSION_SECONDS, STR_INIT("10"), 1},
    {7, STORE_METRIC_SESSION_SECONDS, STR_INIT("9"), 1},
    {8, STORE_METRIC_EVENTS, STR_INIT(""), 5},
    {8, STORE_METRIC_NAME, STR_INIT("c"), 5},
};
static const struct reports_rows all = {rows, sizeof rows / sizeof rows[0]};

static void test_slices(void **state) {
    (void)state;
    assert_int_equal(reports_rows_of(all, 7, STORE_METRIC_NAME).count, 3);
    assert_int_equal(reports_rows_of(all, 8, STORE_METRIC_NAME).count, 1);
    assert_int_equal(reports_rows_of(all, 9, STORE_METRIC_NAME).count, 0);
    assert_int_equal(reports_rows_of(all, 7, STORE_METRIC_TYPE).count, 0);
    assert_int_equal(reports_amount(all, 7, STORE_METRIC_EVENTS), 10);
    assert_int_equal(reports_amount(all, 6, STORE_METRIC_EVENTS), 0);
    assert_int_equal(reports_amount((struct reports_rows){NULL, 0}, 6, STORE_METRIC_EVENTS), 0);
}

static void test_lists(void **state) {
    (void)state;
    struct arena arena;
    struct reports_list list;
    arena_init(&arena, 4096, 0);
    assert_int_equal(reports_list_make(&arena, reports_rows_of(all, 7, STORE_METRIC_NAME),
                                       reports_rows_of(all, 7, STORE_METRIC_NAME_ACTORS), 2, &list),
                     STATUS_OK);
    assert_int_equal(list.count, 2);
    assert_true(str_equal(list.items[0].name, STR("b")));
    assert_int_equal(list.items[0].users, 0);
    assert_true(str_equal(list.items[1].name, STR("a"))); // as many as c, before it by name
    assert_int_equal(list.items[1].users, 2);
    arena_free(&arena);
}

static void test_counts(void **state) {
    (void)state;
    const struct store_total names[] = {{7, STORE_METRIC_NAME, STR_INIT("a"), 3},
                                        {7, STORE_METRIC_NAME, STR_INIT("c"), 3},
                                        {8, STORE_METRIC_NAME, STR_INIT("c"), 5},
                                        {9, STORE_METRIC_NAME, STR_INIT("b"), 1}};
    struct arena arena;
    struct reports_counts counts = {.days = 3};
    arena_init(&arena, 4096, 0);
    assert_int_equal(reports_counts_make(&arena, (struct reports_rows){names, 4}, 7, 2, &counts),
                     STATUS_OK);
    assert_int_equal(counts.total, 12);
    assert_int_equal(counts.count, 2);
    assert_true(str_equal(counts.series[0].name, STR("c")));
    assert_int_equal(counts.series[0].events, 8);
    assert_int_equal(counts.series[0].by_day[1], 5);
    assert_int_equal(counts.series[0].by_day[2], 0);
    counts = (struct reports_counts){.days = 3, .chronological = true};
    assert_int_equal(reports_counts_make(&arena, (struct reports_rows){names, 4}, 7, 1, &counts),
                     STATUS_OK);
    assert_int_equal(counts.count, 3);
    assert_true(str_equal(counts.series[1].name, STR("b")));
    arena_free(&arena);
}

static void assert_compared(enum reports_compare compare, const char *first, const char *last,
                            const char *earlier_first, const char *earlier_last) {
    struct view_range range, expected;
    assert_true(clock_parse_date(str_from_c(first), &range.first));
    assert_true(clock_parse_date(str_from_c(last), &range.last));
    assert_true(clock_parse_date(str_from_c(earlier_first), &expected.first));
    assert_true(clock_parse_date(str_from_c(earlier_last), &expected.last));
    range = reports_compare_range(compare, range);
    assert_int_equal(range.first, expected.first);
    assert_int_equal(range.last, expected.last);
}

static void test_compared_ranges(void **state) {
    (void)state;
    enum reports_compare week = REPORTS_COMPARE_PREVIOUS_WEEK, year = REPORTS_COMPARE_PREVIOUS_YEAR;
    assert_compared(REPORTS_COMPARE_PREVIOUS, "2026-03-01", "2026-03-01", "2026-02-28",
                    "2026-02-28");
    assert_compared(REPORTS_COMPARE_PREVIOUS, "2024-03-01", "2024-03-31", "2024-01-30",
                    "2024-02-29");
    assert_compared(week, "2026-03-04", "2026-03-04", "2026-02-25", "2026-02-25");
    assert_compared(week, "2026-03-02", "2026-03-08", "2026-02-23", "2026-03-01");
    assert_compared(week, "2026-03-02", "2026-03-09", "2026-02-16", "2026-02-23"); // eight days
    assert_compared(year, "2024-02-29", "2024-02-29", "2023-02-28", "2023-02-28");
    assert_compared(year, "2025-02-01", "2025-02-28", "2024-02-01", "2024-02-28");
    assert_compared(year, "2024-01-01", "2024-12-31", "2022-12-31", "2023-12-31");
}

static void test_changes(void **state) {
    (void)state;
    struct reports_value ten = reports_value_of(10), four = reports_value_of(4),
                         zero = reports_value_of(0), unknown = {false, 0};
    assert_true(reports_value_change(four, ten).value == -6);
    assert_true(reports_value_percent(four, ten).value == -60);
    assert_true(reports_value_change(four, zero).known);
    assert_false(reports_value_percent(four, zero).known);
    assert_false(reports_value_percent(zero, zero).known);
    assert_false(reports_value_change(four, unknown).known);
    assert_false(reports_value_change(unknown, four).known);
    assert_false(reports_value_percent(unknown, four).known);
    assert_false(reports_value_ratio(1, 0).known);
}

static void test_digest(void **state) {
    (void)state;
    struct store_total changed[11];
    memcpy(changed, rows, sizeof rows);
    struct reports_rows other = {changed, all.count};
    assert_true(reports_daily_digest(all) == reports_daily_digest(other));
    changed[3].amount++;
    assert_true(reports_daily_digest(all) != reports_daily_digest(other));
    changed[3] = rows[3];
    changed[3].value = STR("d");
    assert_true(reports_daily_digest(all) != reports_daily_digest(other));
    changed[3] = rows[3];
    changed[3].metric = STORE_METRIC_PAGE;
    assert_true(reports_daily_digest(all) != reports_daily_digest(other));
    other = (struct reports_rows){rows, all.count - 1};
    assert_true(reports_daily_digest(all) != reports_daily_digest(other));
}

static void test_daily(void **state) {
    (void)state;
    enum status status = STATUS_NO_MEMORY;
    // From no memory at all, a little more each time.
    for (size_t limit = 64; status != STATUS_OK; limit += 48) {
        struct arena arena;
        struct reports_daily daily = {.day = 7};
        arena_init(&arena, 64, limit);
        status = reports_daily_make(&arena, all, 50, &daily);
        if (status == STATUS_OK) {
            assert_int_equal(daily.events, 10);
            assert_true(daily.has_median && daily.median_seconds == 9.5);
            assert_int_equal(daily.hours[9], 10);
            assert_int_equal(daily.by_name.count, 3);
        } else {
            assert_int_equal(status, STATUS_NO_MEMORY);
        }
        arena_free(&arena);
        assert_true(limit < 65536);
    }
    // What the processor never writes is not guessed at.
    const struct store_total wrong[] = {{7, STORE_METRIC_HOUR, STR_INIT("24"), 1}};
    const struct store_total long_ago[] = {{7, STORE_METRIC_SESSION_SECONDS, STR_INIT("x"), 1}};
    struct arena arena;
    struct reports_daily daily = {.day = 7};
    arena_init(&arena, 4096, 0);
    assert_int_equal(reports_daily_make(&arena, (struct reports_rows){wrong, 1}, 50, &daily),
                     STATUS_CORRUPT);
    assert_int_equal(reports_daily_make(&arena, (struct reports_rows){long_ago, 1}, 50, &daily),
                     STATUS_CORRUPT);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices),  cmocka_unit_test(test_lists),
        cmocka_unit_test(test_counts),  cmocka_unit_test(test_digest),
        cmocka_unit_test(test_daily),   cmocka_unit_test(test_compared_ranges),
        cmocka_unit_test(test_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
