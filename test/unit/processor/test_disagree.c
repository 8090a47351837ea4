// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What happens when the store and the log do not agree, or one of them cannot be used: nothing is skipped, and results converge.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drive.h"
#include "dump.h"

#define GAP_MS (30 * 60 * 1000LL)
#define EVENTS 300
#define EARLY 100
#define LATER 200

static const struct processor_config config = {.dedupe_window_ms = 3650 * 86400000LL,
                                               .cycle_events = 20};

// --- A log that cannot be read ------------------------------------------------------------------------------------

// The linker's --wrap puts this in front of the log: one partition cannot be read from an offset on, as the contract says it.
static struct {
    bool on, failed;
    enum status status;
    unsigned partition;
    unsigned told;
    int64_t from;
} damage;

enum status __real_eventlog_poll(struct eventlog_consumer *consumer, int64_t timeout_us,
                                 size_t max_bytes, struct eventlog_batch *batch, struct error *err);
enum status __wrap_eventlog_poll(struct eventlog_consumer *consumer, int64_t timeout_us,
                                 size_t max_bytes, struct eventlog_batch *batch, struct error *err);
enum status __real_eventlog_seek(struct eventlog_consumer *consumer, unsigned partition,
                                 int64_t offset);
enum status __wrap_eventlog_seek(struct eventlog_consumer *consumer, unsigned partition,
                                 int64_t offset);

enum status __wrap_eventlog_poll(struct eventlog_consumer *consumer, int64_t timeout_us,
                                 size_t max_bytes, struct eventlog_batch *batch,
                                 struct error *err) {
    enum status status = __real_eventlog_poll(consumer, timeout_us, max_bytes, batch, err);
    if (!damage.on || status != STATUS_OK || batch->partition != damage.partition ||
        batch->next_offset <= damage.from) {
        return status;
    }
    if (batch->records[0].offset < damage.from) { // what comes before the damage is good
        batch->count = (size_t)(damage.from - batch->records[0].offset);
        batch->next_offset = damage.from;
        return __real_eventlog_seek(consumer, damage.partition, damage.from);
    }
    if (damage.failed) {
        batch->count = 0;
        return STATUS_TIMEOUT;
    }
    damage.failed = true;
    damage.told++;
    *batch = (struct eventlog_batch){.partition = damage.partition, .next_offset = damage.from};
    return error_set(err, damage.status, "the batch fails its checksum");
}

enum status __wrap_eventlog_seek(struct eventlog_consumer *consumer, unsigned partition,
                                 int64_t offset) {
    if (partition == damage.partition) {
        damage.failed = false;
    }
    return __real_eventlog_seek(consumer, partition, offset);
}

// --- A store that cannot be made durable ----------------------------------------------------------------------------

static bool flushes_fail;

enum status __real_store_flush(struct store *store);
enum status __wrap_store_flush(struct store *store);
enum status __wrap_store_flush(struct store *store) {
    return flushes_fail ? STATUS_IO : __real_store_flush(store);
}

// --- Other processors that go on meanwhile ----------------------------------------------------------------------------

// While one asks where the store stands, others take in what `append` adds to the log.
static struct {
    void (*append)(void *context);
    void *context;
    int64_t records;
} others;

enum status __real_store_partition_offset(struct store *store, int64_t epoch, unsigned partition,
                                          int64_t *next_offset);
enum status __wrap_store_partition_offset(struct store *store, int64_t epoch, unsigned partition,
                                          int64_t *next_offset);
enum status __wrap_store_partition_offset(struct store *store, int64_t epoch, unsigned partition,
                                          int64_t *next_offset) {
    enum status status = __real_store_partition_offset(store, epoch, partition, next_offset);
    if (status == STATUS_OK && others.append) {
        others.append(others.context);
        others.append = NULL;
        *next_offset += others.records;
    }
    return status;
}

// --- What is expected ---------------------------------------------------------------------------------------------

static void expect_recount(const struct history *history, struct store *store) {
    struct buffer expected, got;
    buffer_init(&expected, DUMP_BYTES_MAX);
    buffer_init(&got, DUMP_BYTES_MAX);
    dump_recount(history, GAP_MS, 0, &expected);
    dump_store(store, &got);
    assert_true(dump_equal(&expected, &got, "recount"));
    buffer_free(&expected);
    buffer_free(&got);
}

static struct store *new_store(void) {
    struct store *store = NULL;
    struct error err;
    history_require(store_open_memory(&store, &err), "store");
    for (unsigned i = 0; i < HISTORY_PROJECTS; i++) {
        history_require(store_project_put(store, &history_projects[i]), "project");
    }
    return store;
}

struct bed {
    struct history history;
    struct drive drive;
    struct store *early; // stands where the log was after EARLY records
};

// The store that is in use stands at LATER records, and its worker is still there.
static void bed_open(struct bed *bed, unsigned partitions) {
    damage.on = damage.failed = false;
    damage.told = 0;
    history_make(&bed->history, 91, EVENTS);
    drive_open(&bed->drive, partitions);
    history_append(&bed->history, bed->drive.log, 0, EARLY);
    drive_start(&bed->drive, &config, 1);
    assert_true(drive_finish(&bed->drive, 1000));
    drive_stop(&bed->drive);
    bed->early = bed->drive.store;
    bed->drive.store = new_store();
    history_append(&bed->history, bed->drive.log, EARLY, LATER);
    drive_start(&bed->drive, &config, 1);
    assert_true(drive_finish(&bed->drive, 1000));
}

static void bed_close(struct bed *bed) {
    drive_close(&bed->drive);
    store_close(bed->early);
    history_free(&bed->history);
}

static void exchange_stores(struct bed *bed) {
    struct store *store = bed->drive.store;
    bed->drive.store = bed->early;
    bed->early = store;
}

static const struct partition_report *report_of(const struct bed *bed, unsigned partition) {
    return &bed->drive.shared.partitions[partition];
}

static struct eventlog_partition_info info_of(const struct bed *bed, unsigned partition) {
    struct eventlog_partition_info info;
    assert_int_equal(
        eventlog_partition_info(bed->drive.log, partition, STR(PROCESSOR_GROUP), &info), STATUS_OK);
    return info;
}

// --- Tests --------------------------------------------------------------------------------------------------------

static void test_a_store_that_lost_its_end_is_filled_again(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, 3);
    drive_stop(&bed.drive);
    exchange_stores(&bed);
    history_append(&bed.history, bed.drive.log, LATER, EVENTS);
    drive_start(&bed.drive, &config, 2);
    assert_true(drive_finish(&bed.drive, 1000));
    expect_recount(&bed.history, bed.drive.store);
    bed_close(&bed);
}

// Opened again after an error, the store may stand where it stood before: what is in memory then counts for nothing.
static void test_a_store_that_goes_back_under_a_worker_is_filled_again(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, 3);
    exchange_stores(&bed);
    struct worker *worker = bed.drive.workers[0];
    bed.drive.shared.config.store = bed.drive.store;
    worker->totals.store = bed.drive.store;
    worker->projects.store = bed.drive.store;
    history_append(&bed.history, bed.drive.log, LATER, EVENTS);
    assert_true(drive_finish(&bed.drive, 1000));
    expect_recount(&bed.history, bed.drive.store);
    bed_close(&bed);
}

// Or retention would drop what has to be read again.
static void test_the_place_in_the_log_goes_back_with_the_store(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, 1);
    drive_stop(&bed.drive);
    assert_int_equal(info_of(&bed, 0).committed, LATER);
    exchange_stores(&bed);
    drive_start(&bed.drive, &config, 1);
    damage.on = true; // nothing is read
    damage.partition = 0;
    damage.from = EARLY;
    damage.status = STATUS_IO;
    drive_step(&bed.drive);
    assert_int_equal(info_of(&bed, 0).committed, EARLY);
    damage.on = false;
    bed_close(&bed);
}

static void test_another_processor_took_over(void **state) {
    (void)state;
    struct bed bed;
    struct store_batch *batch = NULL;
    bed_open(&bed, 1);
    // Its batch is open when the other one commits the same records.
    history_append(&bed.history, bed.drive.log, LATER, LATER + 5);
    drive_step(&bed.drive);
    struct partition *partition = bed.drive.workers[0]->partitions;
    if (!partition->batch) {
        history_append(&bed.history, bed.drive.log, LATER + 5, LATER + 10);
        assert_int_equal(worker_run_once(bed.drive.workers[0], 0), STATUS_OK);
    }
    assert_non_null(partition->batch);
    int64_t epoch = eventlog_epoch(bed.drive.log);
    assert_int_equal(store_batch_begin(bed.drive.store, epoch, 0, &batch), STATUS_OK);
    assert_int_equal(store_batch_commit(batch, partition->stored_offset + 1), STATUS_OK);
    struct error err;
    assert_int_equal(cycle_commit(partition, &err), STATUS_CONFLICT);
    partition_set_back(partition, &err);
    assert_true(report_of(&bed, 0)->stuck);
    assert_non_null(strstr(report_of(&bed, 0)->problem, "another processor"));
    for (unsigned i = 0; i < 5 && report_of(&bed, 0)->stuck; i++) {
        drive_step(&bed.drive);
    }
    assert_true(drive_finish(&bed.drive, 100)); // goes on where the other one stands
    bed_close(&bed);
}

static void a_partition_that_cannot_be_read(enum status status) {
    struct bed bed;
    bed_open(&bed, 3);
    damage.partition = 1;
    damage.from = info_of(&bed, 1).end + 3;
    damage.status = status;
    damage.on = true;
    history_append(&bed.history, bed.drive.log, LATER, EVENTS);
    for (unsigned i = 0; i < 60; i++) {
        drive_step(&bed.drive);
    }
    assert_true(report_of(&bed, 1)->stuck);
    assert_non_null(strstr(report_of(&bed, 1)->problem, "checksum"));
    assert_int_equal(report_of(&bed, 1)->next_offset, damage.from);
    assert_in_range(damage.told, 3, 20); // asked again, and not all the time
    for (unsigned i = 0; i < 3; i += 2) {
        assert_false(report_of(&bed, i)->stuck);
        assert_int_equal(report_of(&bed, i)->next_offset, info_of(&bed, i).end);
    }
    damage.on = false;
    assert_true(drive_finish(&bed.drive, 60));
    expect_recount(&bed.history, bed.drive.store);
    bed_close(&bed);
}

static void test_a_damaged_log_stops_its_partition_only(void **state) {
    (void)state;
    a_partition_that_cannot_be_read(STATUS_CORRUPT);
}

static void test_an_unreadable_log_stops_its_partition_only(void **state) {
    (void)state;
    a_partition_that_cannot_be_read(STATUS_IO);
}

// New records would get the numbers of lost ones, which the store has: they would never be counted.
static void test_a_log_that_lost_its_end_is_not_read_over(void **state) {
    (void)state;
    struct bed bed;
    struct error err = {0};
    struct processor *processor = NULL;
    struct store_batch *batch = NULL;
    bed_open(&bed, 1);
    drive_stop(&bed.drive);
    int64_t epoch = eventlog_epoch(bed.drive.log);
    assert_int_equal(store_batch_begin(bed.drive.store, epoch, 0, &batch), STATUS_OK);
    assert_int_equal(store_batch_commit(batch, LATER + 10), STATUS_OK);
    struct processor_config whole = config;
    whole.log = bed.drive.log;
    whole.store = bed.drive.store;
    whole.clock = clock_system();
    assert_int_equal(processor_start(&whole, &processor, &err), STATUS_CORRUPT);
    assert_non_null(strstr(err.text, "lost records"));
    // Whoever goes on regardless stays stuck, also when the log has grown.
    drive_start(&bed.drive, &config, 1);
    drive_step(&bed.drive);
    assert_true(report_of(&bed, 0)->stuck);
    history_append(&bed.history, bed.drive.log, LATER, EVENTS);
    assert_false(drive_finish(&bed.drive, 100));
    assert_true(report_of(&bed, 0)->stuck);
    bed_close(&bed);
}

// Nothing can be read that would move the place; but nothing is waiting either.
static void test_records_that_are_gone_are_not_waited_for(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, 1);
    drive_stop(&bed.drive);
    store_close(bed.drive.store);
    bed.drive.store = new_store();
    struct error err;
    eventlog_close(bed.drive.log);
    struct eventlog_config log = {
        .partitions = 1, .retention_ms = 1, .clock = &bed.drive.clock.clock};
    assert_int_equal(eventlog_open_memory(&log, &bed.drive.log, &err), STATUS_OK);
    history_append(&bed.history, bed.drive.log, 0, EARLY);
    clock_manual_advance(&bed.drive.clock, 400 * 86400000LL);
    assert_int_equal(eventlog_enforce_retention(bed.drive.log, &err), STATUS_OK);
    assert_int_equal(info_of(&bed, 0).begin, EARLY);
    drive_start(&bed.drive, &config, 1);
    assert_true(drive_finish(&bed.drive, 10));
    history_append(&bed.history, bed.drive.log, EARLY, LATER);
    assert_true(drive_finish(&bed.drive, 100));
    assert_false(report_of(&bed, 0)->stuck);
    bed_close(&bed);
}

// processed_ms is what the closing of days goes by: records that were applied but not stored do not count.
static void test_what_was_not_stored_is_not_reported_as_processed(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, 1);
    int64_t before = report_of(&bed, 0)->processed_ms;
    assert_int_equal(before, bed.history.records[LATER - 1].timestamp_ms);
    struct partition *partition = bed.drive.workers[0]->partitions;
    partition->newest_ms = before + 5000; // of a cycle that
    const struct error err = {.status = STATUS_IO, .text = "failed"};
    partition_set_back(partition, &err);
    partition_retry(partition);
    assert_false(report_of(&bed, 0)->stuck);
    assert_int_equal(report_of(&bed, 0)->processed_ms, before);
    bed_close(&bed);
}

// Retention goes by the committed offset: what the store may still lose must be there to be read again.
static void test_the_log_is_told_only_of_what_is_durable(void **state) {
    (void)state;
    struct bed bed;
    bed_open(&bed, 1);
    partitions_flush(bed.drive.workers[0]);
    assert_int_equal(info_of(&bed, 0).committed, LATER);
    flushes_fail = true;
    history_append(&bed.history, bed.drive.log, LATER, EVENTS);
    assert_true(drive_finish(&bed.drive, 100));
    for (unsigned i = 0; i < 10; i++) {
        drive_step(&bed.drive);
    }
    partitions_flush(bed.drive.workers[0]);
    assert_int_equal(info_of(&bed, 0).committed, LATER);
    flushes_fail = false;
    partitions_flush(bed.drive.workers[0]);
    assert_int_equal(info_of(&bed, 0).committed, EVENTS);
    bed_close(&bed);
}

static void append_rest(void *context) {
    struct bed *bed = context;
    history_append(&bed->history, bed->drive.log, LATER, EVENTS);
}

static void test_a_processor_starts_while_others_go_on(void **state) {
    (void)state;
    struct bed bed;
    struct error err = {.status = STATUS_OK};
    struct processor *processor = NULL;
    bed_open(&bed, 1);
    drive_stop(&bed.drive);
    struct processor_config own = config;
    own.log = bed.drive.log;
    own.store = bed.drive.store;
    own.clock = clock_system();
    others.append = append_rest;
    others.context = &bed;
    others.records = EVENTS - LATER;
    enum status status = processor_start(&own, &processor, &err);
    assert_null(others.append);
    if (status != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    processor_stop(processor);
    bed_close(&bed);
}

// A log may deliver again what it delivered; ids would tell events, but not dead letters and figures.
static void test_records_below_the_stored_offset_are_not_looked_at(void **state) {
    (void)state;
    struct bed bed;
    struct eventlog_view views[EARLY];
    struct arena arena;
    struct error err;
    bed_open(&bed, 1);
    arena_init(&arena, 1 << 16, 0);
    for (unsigned i = 0; i < EARLY; i++) {
        const struct eventlog_record *record = &bed.history.records[i];
        char *value = arena_alloc(&arena, record->value.len + JSON_PADDING);
        assert_non_null(value);
        memcpy(value, record->value.data, record->value.len);
        memset(value + record->value.len, 0, JSON_PADDING);
        views[i] = (struct eventlog_view){.offset = i,
                                          .timestamp_ms = record->timestamp_ms,
                                          .key = record->key,
                                          .value = str_make(value, record->value.len)};
    }
    struct partition *partition = bed.drive.workers[0]->partitions;
    uint64_t duplicates = atomic_load(&bed.drive.shared.duplicates);
    uint64_t letters = atomic_load(&bed.drive.shared.dead_letters);
    assert_int_equal(cycle_apply(partition, views, EARLY, &err), STATUS_OK);
    assert_int_equal(cycle_commit(partition, &err), STATUS_OK);
    assert_int_equal(partition->stored_offset, LATER);
    assert_int_equal(atomic_load(&bed.drive.shared.duplicates), duplicates);
    assert_int_equal(atomic_load(&bed.drive.shared.dead_letters), letters);
    arena_free(&arena);
    bed_close(&bed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_store_that_lost_its_end_is_filled_again),
        cmocka_unit_test(test_a_store_that_goes_back_under_a_worker_is_filled_again),
        cmocka_unit_test(test_the_place_in_the_log_goes_back_with_the_store),
        cmocka_unit_test(test_another_processor_took_over),
        cmocka_unit_test(test_a_damaged_log_stops_its_partition_only),
        cmocka_unit_test(test_an_unreadable_log_stops_its_partition_only),
        cmocka_unit_test(test_a_log_that_lost_its_end_is_not_read_over),
        cmocka_unit_test(test_records_that_are_gone_are_not_waited_for),
        cmocka_unit_test(test_the_log_is_told_only_of_what_is_durable),
        cmocka_unit_test(test_a_processor_starts_while_others_go_on),
        cmocka_unit_test(test_records_below_the_stored_offset_are_not_looked_at),
        cmocka_unit_test(test_what_was_not_stored_is_not_reported_as_processed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
