// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The event log's contract for appending and reading, the same for every engine: run as `test_append_poll ENGINE`.
#include "eventlog_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"

static const char *engine;

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture_init(fixture, engine);
    fixture_open(fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    fixture_free(*state);
    free(*state);
    return 0;
}

// What follows a value may be anything, digits included.
static long number_of(const struct eventlog_view *view) {
    char text[16];
    snprintf(text, sizeof text, "%.*s", STR_ARG(view->value));
    return strtol(text, NULL, 10);
}

static void records_come_back_in_order_with_dense_offsets(void **state) {
    struct fixture *fixture = *state;
    struct eventlog_record records[50];
    char keys[50][32];
    char values[50][64];
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 50; i++) {
            snprintf(keys[i], sizeof keys[i], "person-%d", i % 7);
            snprintf(values[i], sizeof values[i], "%06d", round * 50 + i);
            records[i] = (struct eventlog_record){str_from_c(keys[i]), str_from_c(values[i]),
                                                  1000 - i * round};
        }
        assert_int_equal(fixture_append(fixture, records, 50), STATUS_OK);
    }
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    int64_t next[4] = {0};
    int last[7] = {-1, -1, -1, -1, -1, -1, -1};
    size_t seen = 0;
    struct eventlog_batch batch;
    while (fixture_poll(consumer, 1000, &batch, NULL) == STATUS_OK) {
        for (size_t i = 0; i < batch.count; i++, seen++) {
            const struct eventlog_view *view = &batch.records[i];
            assert_int_equal(view->offset, next[batch.partition]++);
            assert_int_equal(eventlog_partition_of(view->key, 4), batch.partition);
            int person = view->key.data[view->key.len - 1] - '0';
            int number = (int)number_of(view);
            assert_true(number > last[person]);
            last[person] = number;
            assert_int_equal(view->timestamp_ms, 1000 - (number % 50) * (number / 50));
            unsigned sum = 0;
            for (int j = 0; j < 64; j++) { // the 64 bytes behind a value may be read
                sum += (unsigned char)view->value.data[view->value.len + (size_t)j];
            }
            assert_true(sum < 64 * 256);
        }
        assert_int_equal(batch.next_offset, next[batch.partition]);
    }
    assert_int_equal(seen, 200);
    eventlog_consumer_close(consumer);
}

static void partitions_are_chosen_as_kafka_does(void **state) {
    (void)state;
    // org.apache.kafka.common.utils.UtilsTest: murmur2("21") = -973932308, murmur2("foobar") = -790332482.
    assert_int_equal(eventlog_partition_of(STR("21"), 1000), (-973932308 & 0x7fffffff) % 1000);
    assert_int_equal(eventlog_partition_of(STR("foobar"), 8), (-790332482 & 0x7fffffff) % 8);
}

static void an_append_with_a_record_too_large_keeps_nothing(void **state) {
    struct fixture *fixture = *state;
    char *large = calloc(1, EVENTLOG_RECORD_MAX);
    assert_non_null(large);
    struct eventlog_record records[2] = {
        {STR("k"), STR("small"), 1},
        {STR("k"), {large, EVENTLOG_RECORD_MAX}, 1},
    };
    assert_int_equal(fixture_append(fixture, records, 2), STATUS_TOO_LARGE);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    assert_int_equal(fixture_drain(consumer), 0);
    records[1].value.len--; // with the key, exactly the limit
    assert_int_equal(fixture_append(fixture, records, 2), STATUS_OK);
    assert_int_equal(fixture_append(fixture, NULL, 0), STATUS_OK);
    assert_int_equal(fixture_drain(consumer), 2);
    eventlog_consumer_close(consumer);
    free(large);
}

enum { APPENDERS = 4, APPENDS = 150, RECORDS = 5 };
struct appender {
    struct fixture *fixture;
    int number;
    struct thread thread;
};

static void *append_many(void *context) {
    struct appender *appender = context;
    struct waiting_append *waiting = calloc(APPENDS, sizeof *waiting);
    struct eventlog_record *records = calloc((size_t)APPENDS * RECORDS, sizeof *records);
    char(*values)[16] = calloc((size_t)APPENDS * RECORDS, sizeof *values);
    char key[16];
    snprintf(key, sizeof key, "%d", appender->number);
    for (int i = 0; i < APPENDS; i++) {
        for (int j = 0; j < RECORDS; j++) {
            int n = i * RECORDS + j;
            snprintf(values[n], sizeof values[n], "%08d", n);
            records[n] = (struct eventlog_record){str_from_c(key), str_from_c(values[n]), 1};
        }
        waiting_append_start(&waiting[i], appender->fixture->log, &records[(size_t)i * RECORDS],
                             RECORDS);
    }
    int refused = 0;
    for (int i = 0; i < APPENDS; i++) {
        refused += waiting_append_finish(&waiting[i]) != STATUS_OK;
    }
    free(values);
    free(records);
    free(waiting);
    return refused == 0 ? NULL : context;
}

static void many_appenders_share_commits_and_keep_their_order(void **state) {
    struct fixture *fixture = *state;
    struct appender appenders[APPENDERS];
    for (int i = 0; i < APPENDERS; i++) {
        appenders[i] = (struct appender){.fixture = fixture, .number = i};
        assert_int_equal(thread_start(&appenders[i].thread, "appender", append_many, &appenders[i]),
                         STATUS_OK);
    }
    for (int i = 0; i < APPENDERS; i++) {
        thread_join(&appenders[i].thread);
    }
    struct eventlog_stats stats;
    eventlog_stats(fixture->log, &stats);
    assert_int_equal(stats.appended_records, APPENDERS * APPENDS * RECORDS);
    assert_int_equal(stats.refused, 0);
    assert_int_equal(stats.waiting_bytes, 0);
    if (!fixture_is_memory(fixture)) { // in memory there is no fsync to share
        assert_true(stats.commits < APPENDERS * APPENDS / 2);
    }
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    int next[APPENDERS] = {0};
    struct eventlog_batch batch;
    while (fixture_poll(consumer, 10000, &batch, NULL) == STATUS_OK) {
        for (size_t i = 0; i < batch.count; i++) {
            int number = batch.records[i].key.data[0] - '0';
            assert_int_equal(number_of(&batch.records[i]), next[number]++);
        }
    }
    for (int i = 0; i < APPENDERS; i++) {
        assert_int_equal(next[i], APPENDS * RECORDS);
    }
    eventlog_consumer_close(consumer);
}

static void poll_gives_about_what_was_asked_for_in_turn(void **state) {
    struct fixture *fixture = *state;
    char keys[4][32];
    struct eventlog_record records[400];
    for (unsigned i = 0; i < 400; i++) {
        fixture_key_for(i % 4, 4, keys[i % 4]);
        records[i] = (struct eventlog_record){str_from_c(keys[i % 4]), STR("0123456789"), 1};
    }
    assert_int_equal(fixture_append(fixture, records, 400), STATUS_OK);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    unsigned turns[4] = {0};
    for (int i = 0; i < 20; i++) {
        struct eventlog_batch batch;
        assert_int_equal(fixture_poll(consumer, 100, &batch, NULL), STATUS_OK);
        assert_in_range(batch.count, 1, 10);
        turns[batch.partition]++;
    }
    for (int i = 0; i < 4 && !fixture_is_kafka(fixture);
         i++) { // brokers send what they please first
        assert_int_equal(turns[i], 5);
    }
    struct eventlog_batch batch;
    assert_int_equal(fixture_poll(consumer, 1, &batch, NULL), STATUS_OK);
    assert_int_equal(batch.count, 1);
    eventlog_consumer_close(consumer);
}

// More than the tail cache holds, so the first part must come from the store.
static void a_consumer_far_behind_reads_everything(void **state) {
    struct fixture *fixture = *state;
    enum { COUNT = 1000, LEN = 1000, APPEND_COUNT = 24 };
    char *text = malloc((size_t)COUNT * LEN);
    struct eventlog_record *records = calloc(COUNT, sizeof *records);
    assert_non_null(text);
    assert_non_null(records);
    unsigned long x = 1;
    for (size_t i = 0; i < (size_t)COUNT * LEN; i++) {
        x = x * 6364136223846793005UL + 1442695040888963407UL;
        text[i] = (char)('a' + (x >> 60));
    }
    for (size_t i = 0; i < COUNT; i++) {
        records[i] =
            (struct eventlog_record){str_make(text + i * LEN, 8), str_make(text + i * LEN, LEN), 1};
    }
    for (int i = 0; i < APPEND_COUNT; i++) {
        assert_int_equal(fixture_append(fixture, records, COUNT), STATUS_OK);
    }
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    size_t seen = 0;
    int64_t next[4] = {0};
    struct eventlog_batch batch;
    while (fixture_poll(consumer, 300000, &batch, NULL) == STATUS_OK) {
        for (size_t i = 0; i < batch.count; i++) {
            assert_int_equal(batch.records[i].offset, next[batch.partition]++);
            assert_memory_equal(batch.records[i].key.data, batch.records[i].value.data, 8);
        }
        seen += batch.count;
    }
    assert_int_equal(seen, (size_t)COUNT * APPEND_COUNT);
    eventlog_consumer_close(consumer);
    free(records);
    free(text);
}

struct poller {
    struct eventlog_consumer *consumer;
    struct thread thread;
    enum status status;
    size_t count;
};

static void *poll_long(void *context) {
    struct poller *poller = context;
    struct eventlog_batch batch;
    poller->status = eventlog_poll(poller->consumer, 600LL * 1000 * 1000, 1000, &batch, NULL);
    poller->count = batch.count;
    return NULL;
}

static void wake_ends_a_poll_that_waits(void **state) {
    struct fixture *fixture = *state;
    struct poller poller = {.consumer = fixture_consumer(fixture, "g")};
    assert_int_equal(thread_start(&poller.thread, "poller", poll_long, &poller), STATUS_OK);
    eventlog_consumer_wake(poller.consumer);
    thread_join(&poller.thread);
    assert_int_equal(poller.status, STATUS_TIMEOUT);
    assert_int_equal(poller.count, 0);
    eventlog_consumer_close(poller.consumer);
}

static void an_append_ends_a_poll_that_waits(void **state) {
    struct fixture *fixture = *state;
    struct poller poller = {.consumer = fixture_consumer(fixture, "g")};
    assert_int_equal(thread_start(&poller.thread, "poller", poll_long, &poller), STATUS_OK);
    assert_int_equal(fixture_append_one(fixture, "k", "v"), STATUS_OK);
    thread_join(&poller.thread);
    assert_int_equal(poller.status, STATUS_OK);
    assert_int_equal(poller.count, 1);
    eventlog_consumer_close(poller.consumer);
}

static void close_finishes_what_waits(void **state) {
    struct fixture *fixture = *state;
    enum { COUNT = 300 };
    static struct waiting_append waiting[COUNT];
    const struct eventlog_record record = {STR("k"), STR("v"), 1};
    for (int i = 0; i < COUNT; i++) {
        waiting_append_start(&waiting[i], fixture->log, &record, 1);
    }
    fixture_close(fixture);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(waiting_append_finish(&waiting[i]), STATUS_OK);
    }
}

struct gate {
    struct queue_waker entered;
    struct queue_waker leave;
};

static void wait_at_gate(struct eventlog_append *append) {
    struct gate *gate = append->context;
    queue_wake(&gate->entered);
    queue_wait(&gate->leave, -1);
}

// Appends do not wait in memory, so only an engine with a committer can be full.
static void too_much_waiting_is_refused(void **state) {
    struct fixture *fixture = *state;
    if (fixture_is_memory(fixture)) {
        return;
    }
    fixture_close(fixture);
    fixture->config.waiting_bytes_max = 100;
    fixture_open(fixture);
    struct gate gate;
    queue_waker_init(&gate.entered);
    queue_waker_init(&gate.leave);
    const struct eventlog_record record = {STR("k"),
                                           STR("0123456789012345678901234567890123456789"), 1};
    struct eventlog_append first = {
        .records = &record, .count = 1, .done = wait_at_gate, .context = &gate};
    eventlog_append(fixture->log, &first);
    queue_wait(&gate.entered, -1); // the committer is held up in done
    struct waiting_append waiting[3];
    for (int i = 0; i < 3; i++) {
        waiting_append_start(&waiting[i], fixture->log, &record, 1);
    }
    assert_int_equal(waiting_append_finish(&waiting[2]), STATUS_FULL);
    queue_wake(&gate.leave);
    assert_int_equal(waiting_append_finish(&waiting[0]), STATUS_OK);
    assert_int_equal(waiting_append_finish(&waiting[1]), STATUS_OK);
    struct eventlog_stats stats;
    eventlog_stats(fixture->log, &stats);
    assert_int_equal(stats.refused, 1);
    queue_waker_destroy(&gate.entered);
    queue_waker_destroy(&gate.leave);
}

int main(int argc, char **argv) {
    engine = argc > 1 ? argv[1] : "memory";
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(records_come_back_in_order_with_dense_offsets),
        TEST(partitions_are_chosen_as_kafka_does),
        TEST(an_append_with_a_record_too_large_keeps_nothing),
        TEST(many_appenders_share_commits_and_keep_their_order),
        TEST(poll_gives_about_what_was_asked_for_in_turn),
        TEST(a_consumer_far_behind_reads_everything),
        TEST(wake_ends_a_poll_that_waits),
        TEST(an_append_ends_a_poll_that_waits),
        TEST(close_finishes_what_waits),
        TEST(too_much_waiting_is_refused),
    };
    return cmocka_run_group_tests_name("eventlog append and poll", tests, NULL, NULL);
}
