// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Random histories through the real log and store in memory, against a naive recount of their events.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drive.h"
#include "dump.h"

#define GAP_MS (30 * 60 * 1000LL)
#define ALWAYS_MS (3650 * 86400000LL)

static void recount_equals(uint64_t seed, size_t count, size_t cycle_events, size_t cache_bytes) {
    struct history history;
    struct drive drive;
    struct buffer expected, got;
    struct processor_config config = {
        .dedupe_window_ms = ALWAYS_MS, .cycle_events = cycle_events, .cache_bytes = cache_bytes};
    history_make(&history, seed, count);
    drive_open(&drive, 3);
    drive_start(&drive, &config, 1);
    history_append(&history, drive.log, 0, count);
    assert_true(drive_finish(&drive, 10000));
    buffer_init(&expected, DUMP_BYTES_MAX);
    buffer_init(&got, DUMP_BYTES_MAX);
    dump_recount(&history, GAP_MS, 0, &expected);
    dump_store(drive.store, &got);
    assert_true(dump_equal(&expected, &got, "recount"));
    buffer_free(&expected);
    buffer_free(&got);
    drive_close(&drive);
    history_free(&history);
}

static void test_recount_in_one_cycle(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        recount_equals(seed, 300, 0, 0);
    }
}

static void test_recount_event_by_event(void **state) {
    (void)state;
    for (uint64_t seed = 11; seed <= 14; seed++) {
        recount_equals(seed, 200, 1, 0);
    }
}

static void test_recount_without_a_cache(void **state) {
    (void)state;
    for (uint64_t seed = 21; seed <= 24; seed++) {
        recount_equals(seed, 300, 13, 1);
    }
}

static void test_recount_of_a_longer_history(void **state) {
    (void)state;
    recount_equals(31, 1500, 100, 65536);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recount_in_one_cycle),
        cmocka_unit_test(test_recount_event_by_event),
        cmocka_unit_test(test_recount_without_a_cache),
        cmocka_unit_test(test_recount_of_a_longer_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
