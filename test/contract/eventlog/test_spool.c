// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The spool: what Kafka does not acknowledge is kept, answered, and moved on in order, whatever happens when.
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "base/thread.h"
#include "faulty_log.h"

enum { PARTITIONS = 4, PATIENCE_MS = 20, LONG_MS = 3000000 };

struct bed {
    struct fixture fixture; // its directory is the spool's, its log the memory behind
    struct eventlog *spool;
    _Atomic(struct eventlog *) behind; // the last one opened; the spool closes it
    atomic_uint refusals;              // how often opening it fails, first
    struct eventlog_spool_config config;
};

static enum status open_behind(void *context, struct eventlog **out, struct error *err) {
    struct bed *bed = context;
    if (atomic_load(&bed->refusals) > 0) {
        atomic_fetch_sub(&bed->refusals, 1);
        return error_set(err, STATUS_UNAVAILABLE, "no broker answers");
    }
    *out = faulty_open(bed->fixture.log);
    atomic_store(&bed->behind, *out);
    return STATUS_OK;
}

static void open_spool(struct bed *bed) {
    struct error err = {0};
    if (eventlog_open_spool(&bed->config, &bed->spool, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
}

static void close_spool(struct bed *bed) {
    eventlog_close(bed->spool);
    bed->spool = NULL;
    atomic_store(&bed->behind, NULL);
}

static struct eventlog_stats stats_of(const struct bed *bed) {
    struct eventlog_stats stats;
    eventlog_stats(bed->spool, &stats);
    return stats;
}

static void wait_direct(const struct bed *bed) {
    while (stats_of(bed).spooling || stats_of(bed).spool_records > 0) {
        sched_yield();
    }
}

static int set_up(void **state) {
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    faulty_set(FAULTY_PASS);
    fixture_init(&bed->fixture, "memory");
    fixture_open(&bed->fixture);
    bed->config = (struct eventlog_spool_config){.directory = bed->fixture.directory,
                                                 .partitions = PARTITIONS,
                                                 .patience_ms = LONG_MS,
                                                 .clock = clock_system(),
                                                 .open_behind = open_behind,
                                                 .context = bed};
    *state = bed;
    return 0;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    faulty_set(FAULTY_PASS);
    close_spool(bed);
    fixture_free(&bed->fixture);
    free(bed);
    return 0;
}

static enum status append(struct bed *bed, const char *key, unsigned number) {
    char value[16];
    snprintf(value, sizeof value, "%08u", number);
    const struct eventlog_record record = {str_from_c(key), str_from_c(value), 1000 + number};
    struct waiting_append waiting;
    waiting_append_start(&waiting, bed->spool, &record, 1);
    return waiting_append_finish(&waiting);
}

static unsigned number_of(const struct eventlog_view *view) {
    char text[16];
    snprintf(text, sizeof text, "%.*s", STR_ARG(view->value));
    return (unsigned)strtoul(text, NULL, 10);
}

// The numbers that the log behind has, in order, of one key; returns how many.
static size_t numbers_behind(struct bed *bed, const char *key, unsigned *out, size_t max) {
    struct eventlog_consumer *consumer = fixture_consumer(&bed->fixture, "test");
    struct eventlog_batch batch;
    size_t count = 0;
    while (eventlog_poll(consumer, 0, 100000, &batch, NULL) == STATUS_OK) {
        for (size_t i = 0; i < batch.count; i++) {
            if (str_equal(batch.records[i].key, str_from_c(key))) {
                assert_true(count < max);
                assert_int_equal(batch.records[i].timestamp_ms,
                                 1000 + number_of(&batch.records[i]));
                out[count++] = number_of(&batch.records[i]);
            }
        }
    }
    eventlog_consumer_close(consumer);
    return count;
}

static void assert_numbers_behind(struct bed *bed, const char *key, unsigned count) {
    unsigned numbers[1000];
    assert_int_equal(numbers_behind(bed, key, numbers, 1000), count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(numbers[i], i);
    }
}

// --- One thing at a time ------------------------------------------------------------------------------------------

static void while_kafka_acknowledges_nothing_is_spooled(void **state) {
    struct bed *bed = *state;
    open_spool(bed);
    wait_direct(bed);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(append(bed, "k", i), STATUS_OK);
    }
    assert_numbers_behind(bed, "k", 20);
    struct eventlog_stats stats = stats_of(bed);
    assert_int_equal(stats.appended_records, 20);
    assert_int_equal(stats.drained_records, 0);
    assert_int_equal(stats.spool_records, 0);
    assert_true(stats.reachable);
    assert_int_equal(eventlog_epoch(bed->spool), eventlog_epoch(bed->fixture.log));
    assert_string_equal(eventlog_engine_name(bed->spool), "spool");
}

static void what_kafka_refuses_is_kept_and_moved_in_order(void **state) {
    struct bed *bed = *state;
    open_spool(bed);
    wait_direct(bed);
    assert_int_equal(append(bed, "k", 0), STATUS_OK);
    faulty_set(FAULTY_REFUSE);
    for (unsigned i = 1; i < 50; i++) {
        assert_int_equal(append(bed, "k", i), STATUS_OK);
    }
    struct eventlog_stats stats = stats_of(bed);
    assert_true(stats.spooling);
    assert_false(stats.reachable);
    assert_true(stats.writable);
    assert_int_equal(stats.spool_records, 49);
    assert_int_equal(stats.spool_oldest_ms, 1001);
    assert_int_equal(stats.appended_records, 50);
    assert_numbers_behind(bed, "k", 1);
    faulty_set(FAULTY_PASS);
    wait_direct(bed);
    assert_int_equal(append(bed, "k", 50), STATUS_OK);
    assert_numbers_behind(bed, "k", 51);
    stats = stats_of(bed);
    assert_int_equal(stats.drained_records, 49);
    assert_int_equal(stats.spool_oldest_ms, 0);
}

static void an_answer_that_comes_too_late_is_a_duplicate(void **state) {
    struct bed *bed = *state;
    bed->config.patience_ms = PATIENCE_MS;
    open_spool(bed);
    wait_direct(bed);
    faulty_set(FAULTY_HOLD);
    assert_int_equal(append(bed, "k", 7), STATUS_OK); // by the spool; and its memory is gone now
    assert_int_equal(faulty_held(atomic_load(&bed->behind)) >= 1, 1);
    faulty_set(FAULTY_PASS);
    assert_int_equal(faulty_release(atomic_load(&bed->behind)) >= 1, 1);
    while (stats_of(bed).spool_records > 0) {
        (void)faulty_release(atomic_load(&bed->behind)); // what the drain had sent
        sched_yield();
    }
    unsigned numbers[8];
    size_t count = numbers_behind(bed, "k", numbers, 8);
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
    open_spool(bed);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(append(bed, "k", i), STATUS_OK);
    }
    assert_int_equal(eventlog_epoch(bed->spool), 0);
    assert_int_equal(eventlog_consumer_open(bed->spool, &config, &consumer, NULL),
                     STATUS_UNAVAILABLE);
    assert_int_equal(eventlog_partition_info(bed->spool, 0, STR("g"), &info), STATUS_UNAVAILABLE);
    struct eventlog_stats stats = stats_of(bed);
    assert_true(stats.spooling);
    assert_false(stats.reachable);
    assert_int_equal(stats.spool_records, 20);
    atomic_store(&bed->refusals, 0);
    wait_direct(bed);
    assert_numbers_behind(bed, "k", 20);
    assert_int_equal(eventlog_consumer_open(bed->spool, &config, &consumer, NULL), STATUS_OK);
    assert_int_equal(fixture_drain(consumer), 20);
    eventlog_consumer_close(consumer);
}

static void a_spool_outlives_restarts(void **state) {
    struct bed *bed = *state;
    atomic_store(&bed->refusals, 1000000);
    for (unsigned i = 0; i < 3; i++) {
        open_spool(bed);
        assert_int_equal(stats_of(bed).spool_records, i);
        assert_int_equal(append(bed, "k", i), STATUS_OK);
        close_spool(bed);
    }
    atomic_store(&bed->refusals, 0);
    faulty_set(FAULTY_REFUSE);
    open_spool(bed);
    assert_true(stats_of(bed).spooling);
    assert_int_equal(append(bed, "k", 3), STATUS_OK);
    faulty_set(FAULTY_PASS);
    wait_direct(bed);
    assert_numbers_behind(bed, "k", 4);
    close_spool(bed);
    open_spool(bed); // what was moved is not moved again
    wait_direct(bed);
    assert_numbers_behind(bed, "k", 4);
}

static void closing_answers_all_and_loses_nothing(void **state) {
    struct bed *bed = *state;
    enum { COUNT = 30 };
    static struct waiting_append waiting[COUNT];
    static char values[COUNT][16];
    static struct eventlog_record records[COUNT];
    bed->config.patience_ms = PATIENCE_MS;
    open_spool(bed);
    wait_direct(bed);
    faulty_set(FAULTY_HOLD);
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(values[i], sizeof values[i], "%08u", i);
        records[i] = (struct eventlog_record){STR("k"), str_from_c(values[i]), 1000 + i};
        waiting_append_start(&waiting[i], bed->spool, &records[i], 1);
    }
    close_spool(bed);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(waiting_append_finish(&waiting[i]), STATUS_OK);
    }
    faulty_set(FAULTY_PASS);
    open_spool(bed);
    wait_direct(bed);
    assert_numbers_behind(bed, "k", COUNT);
}

static void the_quota_is_kept_and_room_comes_back(void **state) {
    struct bed *bed = *state;
    struct random_seeded noise;
    static char value[4000];
    random_seeded_init(&noise, 11);
    bed->config.quota_bytes = 2000000;
    bed->config.clock = &bed->fixture.clock.clock; // what was moved goes when it is old enough
    open_spool(bed);
    wait_direct(bed);
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
    assert_false(stats_of(bed).writable);
    assert_int_equal(stats_of(bed).quota_bytes, 2000000);
    assert_int_equal(stats_of(bed).spool_records, kept);
    faulty_set(FAULTY_PASS);
    while (stats_of(bed).spooling) {
        fixture_clock_advance(&bed->fixture.clock, 1000);
        sched_yield();
    }
    assert_true(stats_of(bed).writable); // Kafka takes them
    fixture_clock_advance(&bed->fixture.clock, 60000);
    assert_int_equal(eventlog_enforce_retention(bed->spool, NULL), STATUS_OK);
    faulty_set(FAULTY_REFUSE);
    status = STATUS_UNAVAILABLE;
    for (long i = 0; status != STATUS_OK && i < 5000; i++) { // files go in the background
        fixture_clock_advance(&bed->fixture.clock, 1000);
        status = append(bed, "k", 1);
        sched_yield();
    }
    assert_int_equal(status, STATUS_OK);
}

static enum status open_other(void *context, struct eventlog **out, struct error *err) {
    struct bed *bed = context;
    const struct eventlog_config config = {.partitions = PARTITIONS + 1, .clock = clock_system()};
    atomic_fetch_add(&bed->refusals, 1); // counts calls here
    return eventlog_open_memory(&config, out, err);
}

static void a_log_with_other_partitions_is_not_used(void **state) {
    struct bed *bed = *state;
    bed->config.open_behind = open_other;
    open_spool(bed);
    while (atomic_load(&bed->refusals) < 2) {
        sched_yield();
    }
    assert_true(stats_of(bed).spooling);
    assert_int_equal(append(bed, "k", 0), STATUS_OK);
    assert_int_equal(stats_of(bed).spool_records, 1);
}

// --- Everything at once -------------------------------------------------------------------------------------------

enum { APPENDERS = 4, ROUNDS = 250 };
struct appender {
    struct bed *bed;
    unsigned number;
    struct thread thread;
    bool kept[ROUNDS];
};

static void *append_many(void *context) {
    struct appender *appender = context;
    char key[8];
    snprintf(key, sizeof key, "k%u", appender->number);
    for (unsigned i = 0; i < ROUNDS; i++) {
        appender->kept[i] = append(appender->bed, key, i) == STATUS_OK;
    }
    return NULL;
}

struct trouble {
    struct bed *bed;
    struct thread thread;
    atomic_bool over;
};

static void *make_trouble(void *context) {
    struct trouble *trouble = context;
    struct random_seeded random;
    random_seeded_init(&random, 5);
    while (!atomic_load(&trouble->over)) {
        faulty_set((enum faulty_mode)random_below(&random.source, 3));
        for (uint64_t i = random_below(&random.source, 2000); i > 0; i--) {
            sched_yield();
        }
        struct eventlog *behind = atomic_load(&trouble->bed->behind);
        if (behind != NULL && random_below(&random.source, 2) == 0) {
            (void)faulty_release(behind);
        }
    }
    return NULL;
}

static void nothing_is_lost_in_any_order_of_events(void **state) {
    struct bed *bed = *state;
    static struct appender appenders[APPENDERS];
    static unsigned numbers[100 * ROUNDS];
    struct trouble trouble = {.bed = bed};
    bed->config.patience_ms = 1;
    open_spool(bed);
    assert_int_equal(thread_start(&trouble.thread, "trouble", make_trouble, &trouble), STATUS_OK);
    for (unsigned i = 0; i < APPENDERS; i++) {
        appenders[i] = (struct appender){.bed = bed, .number = i};
        assert_int_equal(thread_start(&appenders[i].thread, "appender", append_many, &appenders[i]),
                         STATUS_OK);
    }
    for (unsigned i = 0; i < APPENDERS; i++) {
        thread_join(&appenders[i].thread);
    }
    atomic_store(&trouble.over, true);
    thread_join(&trouble.thread);
    faulty_set(FAULTY_PASS);
    while (stats_of(bed).spooling || stats_of(bed).spool_records > 0) {
        if (atomic_load(&bed->behind) != NULL) {
            (void)faulty_release(atomic_load(&bed->behind));
        }
        sched_yield();
    }
    for (unsigned i = 0; i < APPENDERS; i++) {
        char key[8];
        bool seen[ROUNDS] = {false};
        snprintf(key, sizeof key, "k%u", i);
        size_t count = numbers_behind(bed, key, numbers, sizeof numbers / sizeof numbers[0]);
        for (size_t j = 0; j < count; j++) {
            seen[numbers[j]] = true;
        }
        for (unsigned j = 0; j < ROUNDS; j++) {
            assert_true(appenders[i].kept[j]); // there was no quota to reach
            assert_true(seen[j]);
        }
    }
}

struct stream {
    struct bed *bed;
    struct thread thread;
    atomic_bool over;
    unsigned count;
};

// One after another, each when the last was answered.
static void *append_on_and_on(void *context) {
    struct stream *stream = context;
    while (!atomic_load(&stream->over) && append(stream->bed, "k", stream->count) == STATUS_OK) {
        stream->count++;
    }
    return NULL;
}

// Appends that go on must not keep it from becoming empty, nor be overtaken at the turn.
static void spooling_ends_under_load_and_keeps_the_order(void **state) {
    struct bed *bed = *state;
    enum { MOST = 200000 };
    struct stream stream = {.bed = bed};
    unsigned *numbers = calloc(MOST, sizeof *numbers);
    assert_non_null(numbers);
    open_spool(bed);
    wait_direct(bed);
    assert_int_equal(thread_start(&stream.thread, "stream", append_on_and_on, &stream), STATUS_OK);
    for (int round = 0; round < 5; round++) {
        faulty_set(FAULTY_REFUSE);
        while (stats_of(bed).spool_records < 10) {
            sched_yield();
        }
        faulty_set(FAULTY_PASS);
        while (stats_of(bed).spooling) {
            sched_yield();
        }
    }
    atomic_store(&stream.over, true);
    thread_join(&stream.thread);
    wait_direct(bed);
    assert_int_equal(numbers_behind(bed, "k", numbers, MOST), stream.count);
    for (unsigned i = 0; i < stream.count; i++) {
        assert_int_equal(numbers[i], i);
    }
    free(numbers);
}

// --- kill -9 ------------------------------------------------------------------------------------------------------

static int run_child(const char *directory, int acknowledged) {
    struct bed bed = {.config = {.directory = directory,
                                 .partitions = PARTITIONS,
                                 .clock = clock_system(),
                                 .open_behind = open_behind,
                                 .context = &bed}};
    atomic_store(&bed.refusals, 1000000);
    open_spool(&bed);
    for (unsigned i = 0;; i++) {
        if (append(&bed, "k", i) != STATUS_OK || write(acknowledged, "", 1) != 1) {
            return 3;
        }
    }
}

static void what_was_acknowledged_outlives_a_kill(void **state) {
    struct bed *bed = *state;
    int ends[2];
    char descriptor[16];
    char byte;
    unsigned acknowledged = 0;
    assert_int_equal(pipe(ends), 0);
    snprintf(descriptor, sizeof descriptor, "%d", ends[1]);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "test_spool", "--child", bed->fixture.directory, descriptor,
              (char *)NULL);
        _exit(4);
    }
    close(ends[1]);
    while (acknowledged < 200 && read(ends[0], &byte, 1) == 1) {
        acknowledged++;
    }
    kill(child, SIGKILL);
    int outcome = 0;
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGKILL);
    while (read(ends[0], &byte, 1) == 1) {
        acknowledged++;
    }
    close(ends[0]);
    open_spool(bed);
    wait_direct(bed);
    unsigned numbers[1000];
    size_t count = numbers_behind(bed, "k", numbers, 1000);
    assert_true(count >= acknowledged);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(numbers[i], i);
    }
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "--child") == 0) {
        return run_child(argv[2], (int)strtol(argv[3], NULL, 10));
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(while_kafka_acknowledges_nothing_is_spooled),
        TEST(what_kafka_refuses_is_kept_and_moved_in_order),
        TEST(an_answer_that_comes_too_late_is_a_duplicate),
        TEST(kafka_may_be_away_at_start),
        TEST(a_spool_outlives_restarts),
        TEST(closing_answers_all_and_loses_nothing),
        TEST(the_quota_is_kept_and_room_comes_back),
        TEST(a_log_with_other_partitions_is_not_used),
        TEST(spooling_ends_under_load_and_keeps_the_order),
        TEST(nothing_is_lost_in_any_order_of_events),
        TEST(what_was_acknowledged_outlives_a_kill),
    };
    return cmocka_run_group_tests_name("eventlog spool", tests, NULL, NULL);
}
