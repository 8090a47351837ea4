// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Memory runs out once, at each allocation in turn, while events are processed: nothing is skipped and nothing counted twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drive.h"
#include "dump.h"
#include "support/failing_malloc.h"

#define GAP_MS (30 * 60 * 1000LL)
#define ALWAYS_MS (3650 * 86400000LL)
#define EVENTS 40

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
static bool survives(struct history *history, const struct buffer *expected, long n) {
    struct drive drive;
    struct buffer got;
    struct processor_config config = {.dedupe_window_ms = ALWAYS_MS, .cycle_events = 16};
    drive_open(&drive, 2);
    history_append(history, drive.log, 0, EVENTS);
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
    dump_recount(&history, GAP_MS, &expected);
    long n = 0;
    while (survives(&history, &expected, n)) {
        n++;
    }
    assert_true(n > 20); // else nothing was tried
    buffer_free(&expected);
    history_free(&history);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
