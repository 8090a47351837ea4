// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Memory runs out once, at each allocation in turn, during a migration: it says so, and is finished by running it again.
#include "sites.h"

#include "base/log.h"
#include "support/failing_malloc.h"

#define PARTITIONS 2
#define EVENTS 12

// What is tried is what calls leave behind, not what a disk does: thousands of fsyncs would only take time.
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) {
    (void)fd;
    return 0;
}

static bool survives(struct site *source, const struct tally *expected, long n) {
    struct site target;
    struct move move;
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    site_open(&target, false, PARTITIONS);
    move_init(&move, source, &target);
    failing_malloc_arm(n);
    enum status status = migrate_run(&move.config, &report, &err);
    bool failed = failing_malloc_disarm();
    if (status == STATUS_OK) {
        assert_int_equal(report.difference_count, 0);
        migrate_report_free(&report);
    } else {
        assert_true(failed);
        assert_true(err.text[0] != '\0');
        move_finish(&move);
    }
    static struct tally got;
    site_tally(&target, 0, &got);
    tally_expect_equal(expected, &got);
    tally_free(&got);
    move_free(&move);
    site_close(&target);
    return failed;
}

static void each_allocation_fails_in_turn(void **state) {
    (void)state;
    static struct tally expected;
    struct site source;
    struct history history;
    history_make(&history, 51, EVENTS);
    site_open(&source, false, PARTITIONS);
    site_settle(&source);
    history_append(&history, source.log, 0, EVENTS);
    site_process(&source);
    site_tally(&source, 0, &expected);
    long n = 0;
    while (survives(&source, &expected, n)) {
        n++;
    }
    assert_true(n > 50); // else little was tried
    tally_free(&expected);
    site_close(&source);
    history_free(&history);
}

int main(void) {
    // Faults are what this is about; their log lines are not.
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
