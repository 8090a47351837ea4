// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The spool: what Kafka does not acknowledge is kept, answered, and moved on in order. One thing at a time; test_spool_races has the rest.
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "spool_bed.h"

enum { PATIENCE_MS = 20 };

static void while_kafka_acknowledges_nothing_is_spooled(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_wait_direct(bed);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(bed_append(bed, "k", i), STATUS_OK);
    }
    bed_assert_numbers_behind(bed, "k", 20);
    struct eventlog_stats stats = bed_stats(bed);
    assert_int_equal(stats.appended_records, 20);
    assert_int_equal(stats.drained_records, 0);
    assert_int_equal(stats.spool_records, 0);
    assert_true(stats.reachable);
    assert_int_equal(eventlog_epoch(bed->spool), eventlog_epoch(bed->fixture.log));
    assert_string_equal(eventlog_engine_name(bed->spool), "spool");
}

static void what_kafka_refuses_is_kept_and_moved_in_order(void **state) {
    struct bed *bed = *state;
    bed_open(bed);
    bed_wait_direct(bed);
    assert_int_equal(bed_append(bed, "k", 0), STATUS_OK);
    faulty_set(FAULTY_REFUSE);
    for (unsigned i = 1; i < 50; i++) {
        assert_int_equal(bed_append(bed, "k", i), STATUS_OK);
    }
    struct eventlog_stats stats = bed_stats(bed);
    assert_true(stats.spooling);
    assert_false(stats.reachable);
    assert_true(stats.writable);
    assert_int_equal(stats.spool_records, 49);
    assert_int_equal(stats.spool_oldest_ms, 1001);
    assert_int_equal(stats.appended_records, 50);
    bed_assert_numbers_behind(bed, "k", 1);
    faulty_set(FAULTY_PASS);
    bed_wait_direct(bed);
    assert_int_equal(bed_append(bed, "k", 50), STATUS_OK);
    bed_assert_numbers_behind(bed, "k", 51);
    stats = bed_stats(bed);
    assert_int_equal(stats.drained_records, 49);
    assert_int_equal(stats.spool_oldest_ms, 0);
}

static void an_answer_that_comes_too_late_is_a_duplicate(void **state) {
    struct bed *bed = *state;
    bed->config.patience_ms = PATIENCE_MS;
    bed_open(bed);
    bed_wait_direct(bed);
    faulty_set(FAULTY_HOLD);
    assert_int_equal(bed_append(bed, "k", 7),
                     STATUS_OK); // by the spool; and its memory is gone now
    assert_int_equal(faulty_held(atomic_load(&bed->behind)) >= 1, 1);
    faulty_set(FAULTY_PASS);
    assert_int_equal(faulty_release(atomic_load(&bed->behind)) >= 1, 1);
    while (bed_stats(bed).spool_records > 0) {
        (void)faulty_release(atomic_load(&bed->behind)); // what the drain had sent
        sched_yield();
    }
    unsigned numbers[8];
    size_t count = bed_numbers_behind(bed, "k", numbers, 8);
    assert_in_range(count, 2, 3);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(numbers[i], 7);
    }
}

static void kafka_may_be_away_at_start(void **state) {
    struct bed *bed = *state;
    struct eventlog_consumer *consumer = NULL;
    const struct eventlog_consumer_config config = {.group = STR("g")};
    struct eventlog_partition_info info;
    atomic_store(&bed->refusals, 1000000);
    bed_open(bed);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(bed_append(bed, "k", i), STATUS_OK);
    }
    assert_int_equal(eventlog_epoch(bed->spool), 0);
    assert_int_equal(eventlog_consumer_open(bed->spool, &config, &consumer, NULL),
                     STATUS_UNAVAILABLE);
    assert_int_equal(eventlog_partition_info(bed->spool, 0, STR("g"), &info), STATUS_UNAVAILABLE);
    struct eventlog_stats stats = bed_stats(bed);
    assert_true(stats.spooling);
    assert_false(stats.reachable);
    assert_int_equal(stats.spool_records, 20);
    atomic_store(&bed->refusals, 0);
    bed_wait_direct(bed);
    bed_assert_numbers_behind(bed, "k", 20);
    assert_int_equal(eventlog_consumer_open(bed->spool, &config, &consumer, NULL), STATUS_OK);
    assert_int_equal(fixture_drain(consumer), 20);
    eventlog_consumer_close(consumer);
}

static void a_spool_outlives_restarts(void **state) {
    struct bed *bed = *state;
    atomic_store(&bed->refusals, 1000000);
    for (unsigned i = 0; i < 3; i++) {
        bed_open(bed);
        assert_int_equal(bed_stats(bed).spool_records, i);
        assert_int_equal(bed_append(bed, "k", i), STATUS_OK);
        bed_close(bed);
    }
    atomic_store(&bed->refusals, 0);
    faulty_set(FAULTY_REFUSE);
    bed_open(bed);
    assert_true(bed_stats(bed).spooling);
    assert_int_equal(bed_append(bed, "k", 3), STATUS_OK);
    faulty_set(FAULTY_PASS);
    bed_wait_direct(bed);
    bed_assert_numbers_behind(bed, "k", 4);
    bed_close(bed);
    bed_open(bed); // what was moved is not moved again
    bed_wait_direct(bed);
    bed_assert_numbers_behind(bed, "k", 4);
}

static void closing_answers_all_and_loses_nothing(void **state) {
    struct bed *bed = *state;
    enum { COUNT = 30 };
    static struct waiting_append waiting[COUNT];
    static char values[COUNT][16];
    static struct eventlog_record records[COUNT];
    bed->config.patience_ms = PATIENCE_MS;
    bed_open(bed);
    bed_wait_direct(bed);
    faulty_set(FAULTY_HOLD);
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(values[i], sizeof values[i], "%08u", i);
        records[i] = (struct eventlog_record){STR("k"), str_from_c(values[i]), 1000 + i};
        waiting_append_start(&waiting[i], bed->spool, &records[i], 1);
    }
    bed_close(bed);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(waiting_append_finish(&waiting[i]), STATUS_OK);
    }
    faulty_set(FAULTY_PASS);
    bed_open(bed);
    bed_wait_direct(bed);
    bed_assert_numbers_behind(bed, "k", COUNT);
}

static void the_quota_is_kept_and_room_comes_back(void **state) {
    struct bed *bed = *state;
    struct random_seeded noise;
    static char value[4000];
    random_seeded_init(&noise, 11);
    bed->config.quota_bytes = 2000000;
    bed->config.clock = &bed->fixture.clock.clock; // what was moved goes when it is old enough
    bed_open(bed);
    bed_wait_direct(bed);
    faulty_set(FAULTY_REFUSE);
    enum status status = STATUS_OK;
    unsigned kept = 0;
    while (status == STATUS_OK && kept < 2000) {
        noise.source.fill(&noise.source, value, sizeof value);
        const struct eventlog_record record = {
            STR("k"), {value, sizeof value}, atomic_load(&bed->fixture.clock.wall)};
        struct waiting_append waiting;
        waiting_append_start(&waiting, bed->spool, &record, 1);
        status = waiting_append_finish(&waiting);
        kept += status == STATUS_OK;
    }
    assert_int_equal(status, STATUS_QUOTA);
    assert_false(bed_stats(bed).writable);
    assert_int_equal(bed_stats(bed).quota_bytes, 2000000);
    assert_int_equal(bed_stats(bed).spool_records, kept);
    faulty_set(FAULTY_PASS);
    while (bed_stats(bed).spooling) {
        fixture_clock_advance(&bed->fixture.clock, 1000);
        sched_yield();
    }
    assert_true(bed_stats(bed).writable); // Kafka takes them
    fixture_clock_advance(&bed->fixture.clock, 60000);
    assert_int_equal(eventlog_enforce_retention(bed->spool, NULL), STATUS_OK);
    faulty_set(FAULTY_REFUSE);
    status = STATUS_UNAVAILABLE;
    for (long i = 0; status != STATUS_OK && i < 5000; i++) { // files go in the background
        fixture_clock_advance(&bed->fixture.clock, 1000);
        status = bed_append(bed, "k", 1);
        sched_yield();
    }
    assert_int_equal(status, STATUS_OK);
}

static enum status open_other(void *context, struct eventlog **out, struct error *err) {
    struct bed *bed = context;
    const struct eventlog_config config = {.partitions = BED_PARTITIONS + 1,
                                           .clock = clock_system()};
    atomic_fetch_add(&bed->refusals, 1); // counts calls here
    return eventlog_open_memory(&config, out, err);
}

static void a_log_with_other_partitions_is_not_used(void **state) {
    struct bed *bed = *state;
    bed->config.open_behind = open_other;
    bed_open(bed);
    while (atomic_load(&bed->refusals) < 2) {
        sched_yield();
    }
    assert_true(bed_stats(bed).spooling);
    assert_int_equal(bed_append(bed, "k", 0), STATUS_OK);
    assert_int_equal(bed_stats(bed).spool_records, 1);
}

// What waits in it would go to other partitions than where the rest of its people's events are.
static void a_spool_of_another_number_is_told(void **state) {
    struct bed *bed = *state;
    struct error err = {STATUS_OK, ""};
    bed_open(bed);
    assert_int_equal(bed_append(bed, "a", 0), STATUS_OK);
    bed_close(bed);
    bed->config.partitions = BED_PARTITIONS + 1;
    assert_int_equal(eventlog_open_spool(&bed->config, &bed->spool, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "is of a topic with 4 partitions, kafka.partitions is 5"));
    bed->config.partitions = BED_PARTITIONS;
    bed_open(bed);
    bed_close(bed);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(while_kafka_acknowledges_nothing_is_spooled),
        TEST(what_kafka_refuses_is_kept_and_moved_in_order),
        TEST(an_answer_that_comes_too_late_is_a_duplicate),
        TEST(kafka_may_be_away_at_start),
        TEST(a_spool_outlives_restarts),
        TEST(closing_answers_all_and_loses_nothing),
        TEST(the_quota_is_kept_and_room_comes_back),
        TEST(a_log_with_other_partitions_is_not_used),
        TEST(a_spool_of_another_number_is_told),
    };
    return cmocka_run_group_tests_name("eventlog spool", tests, NULL, NULL);
}
