// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The processor as others see it: threads that share partitions, statistics, offsets told to the log.
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <time.h>

#include "drive.h"
#include "dump.h"

#define EVENTS 1200
#define PATIENCE_MS 30000

static bool caught_up(struct processor *processor, struct eventlog *log) {
    struct processor_partition_status partitions[8];
    size_t count = processor_partitions(processor, partitions, 8);
    assert_int_equal(count, eventlog_partition_count(log));
    for (size_t i = 0; i < count; i++) {
        assert_false(partitions[i].stuck);
        if (!partitions[i].owned || partitions[i].next_offset < partitions[i].log_end) {
            return false;
        }
    }
    return true;
}

static void wait_until_caught_up(struct processor *processor, struct eventlog *log) {
    struct clock *clock = clock_system();
    int64_t end = clock->mono_us(clock) + PATIENCE_MS * 1000LL;
    while (!caught_up(processor, log)) {
        assert_true(clock->mono_us(clock) < end);
        sched_yield();
    }
}

static void threads_give_the_recount(unsigned threads) {
    struct history history;
    struct drive drive; // for its log and store
    struct buffer expected, got;
    struct processor *processor;
    struct processor_stats stats;
    struct error err;
    history_make(&history, 77, EVENTS);
    drive_open(&drive, 4);
    struct processor_config config = {.log = drive.log,
                                      .store = drive.store,
                                      .clock = clock_system(),
                                      .enrichment = drive.enrichment,
                                      .threads = threads,
                                      .dedupe_window_ms = 3650 * 86400000LL};
    assert_int_equal(processor_start(&config, &processor, &err), STATUS_OK);
    for (size_t at = 0; at < EVENTS; at += 100) {
        history_append(&history, drive.log, at, at + 100);
    }
    wait_until_caught_up(processor, drive.log);
    processor_stats(processor, &stats);
    assert_int_equal(stats.applied + stats.duplicates + stats.bots + stats.dead_letters, EVENTS);
    assert_true(stats.cycles > 0);
    processor_stop(processor);
    for (unsigned i = 0; i < 4; i++) {
        struct eventlog_partition_info info;
        assert_int_equal(eventlog_partition_info(drive.log, i, STR("processor"), &info), STATUS_OK);
        assert_int_equal(info.committed, info.end); // told to the log when stopping
    }
    buffer_init(&expected, DUMP_BYTES_MAX);
    buffer_init(&got, DUMP_BYTES_MAX);
    dump_recount(&history, 30 * 60 * 1000LL, 0, &expected);
    dump_store(drive.store, &got);
    assert_true(dump_equal(&expected, &got, "threads"));
    buffer_free(&expected);
    buffer_free(&got);
    drive_close(&drive);
    history_free(&history);
}

static void test_one_thread(void **state) {
    (void)state;
    threads_give_the_recount(1);
}

static void test_three_threads_share_the_partitions(void **state) {
    (void)state;
    threads_give_the_recount(3);
}

static void test_stop_without_events(void **state) {
    (void)state;
    struct drive drive;
    struct processor *processor;
    struct error err;
    drive_open(&drive, 2);
    struct processor_config config = {
        .log = drive.log, .store = drive.store, .clock = clock_system(), .threads = 2};
    assert_int_equal(processor_start(&config, &processor, &err), STATUS_OK);
    processor_stop(processor);
    processor_stop(NULL);
    drive_close(&drive);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_thread),
        cmocka_unit_test(test_three_threads_share_the_partitions),
        cmocka_unit_test(test_stop_without_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
