// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Memory runs out once, at each allocation in turn, while events are processed: nothing is skipped and nothing counted twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drive.h"
#include "dump.h"
#include "steps.h"
#include "support/failing_malloc.h"

#define GAP_MS (30 * 60 * 1000LL)
#define ALWAYS_MS (3650 * 86400000LL)
#define EVENTS 40
#define FUNNEL_EVENTS 14 // every one more takes seconds

// As the worker's thread does: a poll that fails is tried again.
static bool finish(struct drive *drive) {
    for (unsigned steps = 0; steps < 10000; steps++) {
        if (drive_caught_up(drive)) {
            return true;
        }
        clock_manual_advance(&drive->clock, 1000);
        enum status status = worker_run_once(drive->workers[0], 0);
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
    }
    return false;
}

// False when fewer than n + 1 allocations were made.
static bool survives(struct history *history, const struct buffer *expected, uint32_t limit,
                     struct funnel_board *funnels, long n) {
    struct drive drive;
    struct buffer got;
    struct processor_config config = {
        .dedupe_window_ms = ALWAYS_MS, .cycle_events = 16, .breakdown_limit = limit};
    config.funnels = funnels;
    drive_open(&drive, 2);
    history_append(history, drive.log, 0, history->count);
    drive_start(&drive, &config, 1);
    failing_malloc_arm(n);
    bool finished = finish(&drive);
    bool failed = failing_malloc_disarm();
    assert_true(finished);
    buffer_init(&got, DUMP_BYTES_MAX);
    dump_store(drive.store, &got);
    assert_true(dump_equal(expected, &got, "recount"));
    buffer_free(&got);
    drive_close(&drive);
    return failed;
}

static void test_each_allocation_fails_in_turn(void **state) {
    (void)state;
    struct history history;
    struct buffer expected;
    history_make(&history, 91, EVENTS);
    buffer_init(&expected, DUMP_BYTES_MAX);
    dump_recount(&history, GAP_MS, 0, &expected);
    long n = 0;
    while (survives(&history, &expected, 0, NULL, n)) {
        n++;
    }
    assert_true(n > 20); // else nothing was tried
    buffer_free(&expected);
    history_free(&history);
}

static void test_each_allocation_of_funnels_fails_in_turn(void **state) {
    (void)state;
    static const uint8_t sets[FUNNEL_EVENTS];
    struct history history;
    struct buffer expected;
    struct funnel_board *funnels = NULL;
    assert_int_equal(funnel_board_make(steps_read(0), &funnels), STATUS_OK);
    history_make(&history, 93, FUNNEL_EVENTS);
    history.sets = sets;
    buffer_init(&expected, DUMP_BYTES_MAX);
    dump_recount(&history, GAP_MS, 0, &expected);
    assert_non_null(memmem(expected.data, expected.len, " buy ", 5));
    long n = 0;
    while (survives(&history, &expected, 0, funnels, n)) {
        n++;
    }
    assert_true(n > 20);
    buffer_free(&expected);
    history_free(&history);
    funnel_board_free(funnels);
}

// With breakdowns that are full at once; what is expected is what comes when memory never runs out.
static void test_each_allocation_of_folding_fails_in_turn(void **state) {
    (void)state;
    struct history history;
    struct buffer expected;
    struct drive drive;
    struct processor_config config = {
        .dedupe_window_ms = ALWAYS_MS, .cycle_events = 16, .breakdown_limit = 1};
    history_make(&history, 92, EVENTS);
    drive_open(&drive, 2);
    history_append(&history, drive.log, 0, EVENTS);
    drive_start(&drive, &config, 1);
    assert_true(finish(&drive));
    buffer_init(&expected, DUMP_BYTES_MAX);
    dump_store(drive.store, &expected);
    drive_close(&drive);
    assert_non_null(memmem(expected.data, expected.len, " page bits ", 11));
    long n = 0;
    while (survives(&history, &expected, 1, NULL, n)) {
        n++;
    }
    assert_true(n > 20);
    buffer_free(&expected);
    history_free(&history);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails_in_turn),
        cmocka_unit_test(test_each_allocation_of_funnels_fails_in_turn),
        cmocka_unit_test(test_each_allocation_of_folding_fails_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
