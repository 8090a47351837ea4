// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The spool under load and in trouble: many appenders while Kafka refuses, holds and takes as it likes; the turn back; kill -9.
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "base/thread.h"
#include "spool_bed.h"

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
        appender->kept[i] = bed_append(appender->bed, key, i) == STATUS_OK;
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
    bed_open(bed);
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
    while (bed_stats(bed).spooling || bed_stats(bed).spool_records > 0) {
        if (atomic_load(&bed->behind) != NULL) {
            (void)faulty_release(atomic_load(&bed->behind));
        }
        sched_yield();
    }
    for (unsigned i = 0; i < APPENDERS; i++) {
        char key[8];
        bool seen[ROUNDS] = {false};
        snprintf(key, sizeof key, "k%u", i);
        size_t count = bed_numbers_behind(bed, key, numbers, sizeof numbers / sizeof numbers[0]);
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
    while (!atomic_load(&stream->over) &&
           bed_append(stream->bed, "k", stream->count) == STATUS_OK) {
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
    bed_open(bed);
    bed_wait_direct(bed);
    assert_int_equal(thread_start(&stream.thread, "stream", append_on_and_on, &stream), STATUS_OK);
    for (int round = 0; round < 5; round++) {
        faulty_set(FAULTY_REFUSE);
        while (bed_stats(bed).spool_records < 10) {
            sched_yield();
        }
        faulty_set(FAULTY_PASS);
        while (bed_stats(bed).spooling) {
            sched_yield();
        }
    }
    atomic_store(&stream.over, true);
    thread_join(&stream.thread);
    bed_wait_direct(bed);
    assert_int_equal(bed_numbers_behind(bed, "k", numbers, MOST), stream.count);
    for (unsigned i = 0; i < stream.count; i++) {
        assert_int_equal(numbers[i], i);
    }
    free(numbers);
}

// --- kill -9 ------------------------------------------------------------------------------------------------------

static int run_child(const char *directory, int acknowledged) {
    struct bed bed = {.config = {.directory = directory,
                                 .partitions = BED_PARTITIONS,
                                 .clock = clock_system(),
                                 .open_behind = bed_open_behind,
                                 .context = &bed}};
    atomic_store(&bed.refusals, 1000000);
    bed_open(&bed);
    for (unsigned i = 0;; i++) {
        if (bed_append(&bed, "k", i) != STATUS_OK || write(acknowledged, "", 1) != 1) {
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
    bed_open(bed);
    bed_wait_direct(bed);
    unsigned numbers[1000];
    size_t count = bed_numbers_behind(bed, "k", numbers, 1000);
    assert_true(count >= acknowledged);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(numbers[i], i);
    }
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "--child") == 0) {
        return run_child(argv[2], (int)strtol(argv[3], NULL, 10));
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(spooling_ends_under_load_and_keeps_the_order),
        TEST(nothing_is_lost_in_any_order_of_events),
        TEST(what_was_acknowledged_outlives_a_kill),
    };
    return cmocka_run_group_tests_name("eventlog spool races", tests, NULL, NULL);
}
