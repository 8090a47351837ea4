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

static bool survives(struct site *source, unsigned targets, const struct tally *expected, long n) {
    struct site target;
    struct move move;
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    site_open(&target, false, targets);
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

static void fail_each_allocation(unsigned targets) {
    static struct tally expected;
    struct site source, target;
    struct move move;
    struct history history;
    history_make(&history, 51, EVENTS);
    site_open(&source, false, PARTITIONS);
    site_open(&target, false, targets);
    site_settle(&source);
    history_append(&history, source.log, 0, EVENTS);
    site_process(&source);
    move_init(&move, &source, &target);
    move_finish(&move);
    site_tally(&target, 0, &expected);
    long n = 0;
    while (survives(&source, targets, &expected, n)) {
        n++;
    }
    assert_true(n > 50); // else little was tried
    tally_free(&expected);
    move_free(&move);
    site_close(&target);
    site_close(&source);
    history_free(&history);
}

static void each_allocation_fails_in_turn(void **state) {
    (void)state;
    fail_each_allocation(PARTITIONS);
}

static void the_same_with_more_partitions(void **state) {
    (void)state;
    fail_each_allocation(3);
}

int main(void) {
    // Faults are what this is about; their log lines are not.
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails_in_turn),
        cmocka_unit_test(the_same_with_more_partitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
