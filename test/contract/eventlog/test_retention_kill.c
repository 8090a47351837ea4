// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// kill -9 while retention drops segments: what is left has no hole, and nothing goes that a consumer had not committed.
#include "eventlog_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"

enum { PARTITIONS = 4, KILLS = 6, NOISE = 4000, KEPT_BYTES = 200000, WORK_MOST = 25 };

static const struct eventlog_config config_of_both = {
    .partitions = PARTITIONS,
    .retention_bytes = KEPT_BYTES,
    .retention_waits_for_consumers = true,
};

static void set_up(struct fixture *fixture, const char *directory) {
    *fixture = (struct fixture){.engine = "rocksdb"};
    snprintf(fixture->directory, sizeof fixture->directory, "%s", directory);
    fixture_clock_init(&fixture->clock, 1774569600000LL);
    fixture->config = config_of_both;
    fixture->config.clock = &fixture->clock.clock;
}

// --- The child: appends, reads, commits and drops until it is killed --------------------------------------------------

// Each record says its number within its partition, which is its offset.
static void append_everywhere(struct fixture *fixture, struct random_seeded *noise) {
    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct eventlog_partition_info info;
        char key[32];
        char value[NOISE];
        fixture_key_for(i, PARTITIONS, key);
        assert_int_equal(eventlog_partition_info(fixture->log, i, STR("g"), &info), STATUS_OK);
        noise->source.fill(&noise->source, value, sizeof value);
        memcpy(value, &info.end, sizeof info.end);
        const struct eventlog_record record = {
            str_from_c(key), {value, sizeof value}, atomic_load(&fixture->clock.wall)};
        assert_int_equal(fixture_append(fixture, &record, 1), STATUS_OK);
    }
}

static void read_and_commit(struct eventlog_consumer *consumer) {
    struct eventlog_batch batch;
    while (eventlog_poll(consumer, 0, NOISE, &batch, NULL) == STATUS_OK) {
        assert_int_equal(eventlog_commit(consumer, batch.partition, batch.next_offset), STATUS_OK);
    }
}

static int run_child(const char *directory, int done) {
    struct fixture fixture;
    struct random_seeded noise;
    random_seeded_init(&noise, 3);
    set_up(&fixture, directory);
    fixture_open(&fixture);
    struct eventlog_consumer *consumer = fixture_consumer(&fixture, "g");
    for (;;) {
        append_everywhere(&fixture, &noise);
        read_and_commit(consumer);
        append_everywhere(&fixture, &noise); // these are not committed yet
        if (eventlog_enforce_retention(fixture.log, NULL) != STATUS_OK || write(done, "", 1) != 1) {
            return 3;
        }
    }
}

// --- The parent ---------------------------------------------------------------------------------------------------

// Lets a child work for so many rounds and some of the next one.
static void work(const char *directory, unsigned rounds) {
    int ends[2];
    char done[16];
    char byte;
    assert_int_equal(pipe(ends), 0);
    snprintf(done, sizeof done, "%d", ends[1]);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "test_retention_kill", "--child", directory, done, (char *)NULL);
        _exit(4);
    }
    close(ends[1]);
    for (unsigned i = 0; i < rounds; i++) {
        assert_int_equal(read(ends[0], &byte, 1), 1);
    }
    kill(child, SIGKILL);
    int outcome = 0;
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGKILL);
    close(ends[0]);
}

static void check(struct fixture *fixture, struct eventlog_partition_info before[PARTITIONS],
                  int64_t rounds) {
    int64_t next[PARTITIONS];
    struct eventlog_batch batch;
    fixture_open(fixture);
    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct eventlog_partition_info info;
        assert_int_equal(eventlog_partition_info(fixture->log, i, STR("g"), &info), STATUS_OK);
        assert_true(info.end >= before[i].end + 2 * rounds); // all that was acknowledged
        assert_true(info.begin >= before[i].begin);
        assert_true(info.begin <= info.committed);
        before[i] = info;
        next[i] = info.begin;
    }
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    enum status status = eventlog_poll(consumer, 0, 1, &batch, NULL); // takes the partitions
    assert_true(status == STATUS_OK || status == STATUS_TIMEOUT);     // all may be committed
    for (unsigned i = 0; i < PARTITIONS; i++) {
        assert_int_equal(eventlog_seek(consumer, i, before[i].begin), STATUS_OK);
    }
    while (eventlog_poll(consumer, 0, 100000, &batch, NULL) == STATUS_OK) {
        for (size_t i = 0; i < batch.count; i++) {
            int64_t number = -1;
            memcpy(&number, batch.records[i].value.data, sizeof number);
            assert_int_equal(batch.records[i].offset, next[batch.partition]++);
            assert_int_equal(number, batch.records[i].offset);
        }
    }
    for (unsigned i = 0; i < PARTITIONS; i++) {
        assert_int_equal(next[i], before[i].end);
    }
    eventlog_consumer_close(consumer);
    fixture_close(fixture);
}

static void what_is_left_has_no_hole(void **state) {
    (void)state;
    struct fixture made;
    struct fixture fixture;
    struct random_seeded seeded;
    struct eventlog_partition_info before[PARTITIONS] = {0};
    random_seeded_init(&seeded, 20261123);
    fixture_init(&made, "rocksdb");
    set_up(&fixture, made.directory);
    for (int i = 0; i < KILLS; i++) {
        unsigned rounds = (unsigned)random_below(&seeded.source, WORK_MOST);
        work(fixture.directory, rounds);
        if (i > 0 || rounds > 0) {
            check(&fixture, before, rounds);
        }
    }
    for (unsigned i = 0; i < PARTITIONS; i++) {
        assert_true(before[i].begin > 0); // or nothing was tried
    }
    fixture_free(&made);
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "--child") == 0) {
        return run_child(argv[2], (int)strtol(argv[3], NULL, 10));
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_left_has_no_hole)};
    return cmocka_run_group_tests_name("eventlog retention and kill", tests, NULL, NULL);
}
