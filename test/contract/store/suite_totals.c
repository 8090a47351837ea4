// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Day totals: sums over partitions, order, selection, removal.
#include "engines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL UINT64_MAX

static void put(struct fixture *f, unsigned partition, int32_t day, enum store_metric metric,
                const char *value, int64_t amount) {
    struct store_batch *batch = begin(f, partition);
    struct store_total total = {day, metric, str_from_c(value), amount};
    store_batch_total(batch, PROJECT, &total);
    int64_t offset = 0;
    assert_ok(store_partition_offset(f->store, EPOCH, partition, &offset));
    commit(batch, offset + 1);
}

static void expect_text(const struct store_total *totals, size_t count, const char *expected) {
    char text[1024] = "";
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%d:%d:%.*s=%lld",
                                i == 0 ? "" : " ", totals[i].day, (int)totals[i].metric,
                                STR_ARG(totals[i].value), (long long)totals[i].amount);
    }
    assert_string_equal(text, expected);
}

static void expect(struct fixture *f, int32_t from, int32_t to, uint64_t metrics,
                   const char *expected) {
    struct store_total *totals = NULL;
    size_t count = 0;
    assert_ok(store_totals_read(f->store, PROJECT, from, to, metrics, &f->arena, &totals, &count));
    expect_text(totals, count, expected);
}

static void fill(struct fixture *f) {
    put(f, 1, 10, STORE_METRIC_NAME, "b", 5);
    put(f, 0, 10, STORE_METRIC_NAME, "b", 7);
    put(f, 0, 10, STORE_METRIC_NAME, "a", 1);
    put(f, 7, 10, STORE_METRIC_NAME, "ab", 2);
    put(f, 7, 10, STORE_METRIC_EVENTS, "", 9);
    put(f, 3, 10, STORE_METRIC_FILTERED, "rule", 4);
    put(f, 3, 10, STORE_METRIC_OS_VERSION, "iOS 17", 8);
    put(f, 3, 10, STORE_METRIC_FOLDING, "page late", 3);
    put(f, 3, 11, STORE_METRIC_EVENTS, "", 1);
    put(f, 0, -1, STORE_METRIC_EVENTS, "", 6);
}

static void partitions_are_summed_in_order(void **state) {
    struct fixture *f = *state;
    fill(f);
    fixture_reopen(f);
    expect(f, INT32_MIN, INT32_MAX, ALL,
           "-1:1:=6 10:1:=9 10:3:a=1 10:3:ab=2 10:3:b=12 10:22:rule=4 10:36:iOS 17=8 "
           "10:61:page late=3 11:1:=1");
}

static void days_and_metrics_select(void **state) {
    struct fixture *f = *state;
    fill(f);
    expect(f, 10, 10, UINT64_C(1) << STORE_METRIC_NAME, "10:3:a=1 10:3:ab=2 10:3:b=12");
    expect(f, 10, 11, UINT64_C(1) << STORE_METRIC_EVENTS, "10:1:=9 11:1:=1");
    expect(f, 10, 11, UINT64_C(1) << STORE_METRIC_EVENTS | UINT64_C(1) << STORE_METRIC_FILTERED,
           "10:1:=9 10:22:rule=4 11:1:=1");
    expect(f, 10, 10, UINT64_C(1) << STORE_METRIC_OS_VERSION, "10:36:iOS 17=8");
    expect(f, 12, 20, ALL, "");
    expect(f, 11, 10, ALL, "");
    expect(f, 10, 11, 0, "");
    expect(f, 10, 11, UINT64_C(1) << STORE_METRIC_PAGE, "");
}

static void a_put_is_absolute_and_zero_removes(void **state) {
    struct fixture *f = *state;
    fill(f);
    put(f, 0, 10, STORE_METRIC_NAME, "b", 8);
    put(f, 0, 10, STORE_METRIC_NAME, "a", 0);
    put(f, 7, 10, STORE_METRIC_NAME, "never there", 0);
    expect(f, 10, 10, UINT64_C(1) << STORE_METRIC_NAME, "10:3:ab=2 10:3:b=13");
}

static void a_partition_loads_its_own_day(void **state) {
    struct fixture *f = *state;
    fill(f);
    struct store_total *totals = NULL;
    size_t count = 0;
    assert_ok(store_totals_load(f->store, 0, PROJECT, 10, &f->arena, &totals, &count));
    expect_text(totals, count, "10:3:a=1 10:3:b=7");
    assert_ok(store_totals_load(f->store, 7, PROJECT, 10, &f->arena, &totals, &count));
    expect_text(totals, count, "10:1:=9 10:3:ab=2");
    assert_ok(store_totals_load(f->store, 3, PROJECT, 10, &f->arena, &totals, &count));
    expect_text(totals, count, "10:22:rule=4 10:36:iOS 17=8 10:61:page late=3");
    assert_ok(store_totals_load(f->store, 2, PROJECT, 10, &f->arena, &totals, &count));
    assert_int_equal(count, 0);
    assert_ok(store_totals_load(f->store, 0, STR("sho"), 10, &f->arena, &totals, &count));
    assert_int_equal(count, 0);
}

static void a_sum_stops_at_the_largest_number(void **state) {
    struct fixture *f = *state;
    put(f, 0, 1, STORE_METRIC_EVENTS, "", INT64_MAX);
    put(f, 1, 1, STORE_METRIC_EVENTS, "", INT64_MAX);
    expect(f, 1, 1, ALL, "1:1:=9223372036854775807");
}

// A partition may take back what another one counted.
static void a_sum_of_nothing_is_left_out(void **state) {
    struct fixture *f = *state;
    put(f, 0, 1, STORE_METRIC_NAME, "a", 2);
    put(f, 9, 1, STORE_METRIC_NAME, "a", -2);
    put(f, 0, 1, STORE_METRIC_NAME, "b", 3);
    put(f, 9, 1, STORE_METRIC_NAME, "b", -1);
    fixture_reopen(f);
    expect(f, 1, 1, ALL, "1:3:b=2");
    struct store_total *totals = NULL;
    size_t count = 0;
    assert_ok(store_totals_load(f->store, 9, PROJECT, 1, &f->arena, &totals, &count));
    expect_text(totals, count, "1:3:a=-2 1:3:b=-1");
}

static void a_long_value_is_kept_and_a_longer_refused(void **state) {
    struct fixture *f = *state;
    char value[1026];
    memset(value, 'v', sizeof value);
    struct store_total total = {1, STORE_METRIC_PAGE, str_make(value, 1024), 1};
    struct store_batch *batch = begin(f, 0);
    store_batch_total(batch, PROJECT, &total);
    commit(batch, 1);
    struct store_total *totals = NULL;
    size_t count = 0;
    assert_ok(store_totals_read(f->store, PROJECT, 1, 1, ALL, &f->arena, &totals, &count));
    assert_int_equal(count, 1);
    assert_true(str_equal(totals[0].value, total.value));
    batch = begin(f, 0);
    total.value.len = 1025;
    store_batch_total(batch, PROJECT, &total);
    assert_status(store_batch_commit(batch, 2), STATUS_INVALID);
}

void suite_totals(struct suite *suite) {
    SUITE_ADD(suite, partitions_are_summed_in_order);
    SUITE_ADD(suite, days_and_metrics_select);
    SUITE_ADD(suite, a_put_is_absolute_and_zero_removes);
    SUITE_ADD(suite, a_partition_loads_its_own_day);
    SUITE_ADD(suite, a_sum_stops_at_the_largest_number);
    SUITE_ADD(suite, a_sum_of_nothing_is_left_out);
    SUITE_ADD(suite, a_long_value_is_kept_and_a_longer_refused);
}
