// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the log on disk survives: kill -9 at any moment, a damaged file, a disk that refuses writes, a second process.
//
// The ledger is the oracle: a child process appends and reports every acknowledged append through a pipe before it is killed.
#include "eventlog_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"

enum { KILLS = 20, RECORDS = 8, WINDOW = 64, LEDGER = 100000 };

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture_init(fixture, "rocksdb");
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    fixture_free(*state);
    free(*state);
    return 0;
}

// --- The child: appends numbered groups of records until it is killed -------------------------------------------------

struct numbered {
    struct eventlog_append append;
    struct eventlog_record records[RECORDS];
    char values[RECORDS][32];
    uint32_t number;
    int ledger;
    struct queue_waker waker;
};

static void report(struct eventlog_append *append) {
    struct numbered *numbered = append->context;
    if (append->status != STATUS_OK ||
        write(numbered->ledger, &numbered->number, sizeof numbered->number) < 0) {
        _exit(3);
    }
    queue_wake(&numbered->waker);
}

static int run_child(const char *directory, uint32_t number, int ledger) {
    struct eventlog_config config = {.partitions = 4, .clock = clock_system()};
    struct eventlog *log = NULL;
    struct error err = {0};
    if (eventlog_open_rocksdb(directory, &config, &log, &err) != STATUS_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    static struct numbered window[WINDOW];
    static const char *const keys[RECORDS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (uint32_t i = 0;; i++, number++) {
        struct numbered *numbered = &window[i % WINDOW];
        if (i < WINDOW) {
            queue_waker_init(&numbered->waker);
        } else {
            queue_wait(&numbered->waker, -1);
        }
        numbered->number = number;
        numbered->ledger = ledger;
        numbered->append = (struct eventlog_append){
            .records = numbered->records, .count = RECORDS, .done = report, .context = numbered};
        for (int j = 0; j < RECORDS; j++) {
            snprintf(numbered->values[j], sizeof numbered->values[j], "%u", number);
            numbered->records[j] = (struct eventlog_record){
                str_from_c(keys[j]), str_from_c(numbered->values[j]), number};
        }
        eventlog_append(log, &numbered->append);
    }
}

// --- The parent ---------------------------------------------------------------------------------------------------

// Not a plain fork: RocksDB's threads of earlier rounds would be missing in the child.
static pid_t start_child(const char *directory, uint32_t number, int *ledger) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    char number_text[16];
    char ledger_text[16];
    snprintf(number_text, sizeof number_text, "%u", number);
    snprintf(ledger_text, sizeof ledger_text, "%d", ends[1]);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        execl("/proc/self/exe", "test_faults", "--child", directory, number_text, ledger_text,
              (char *)NULL);
        _exit(4);
    }
    close(ends[1]);
    *ledger = ends[0];
    return child;
}

static uint32_t read_ledger(int ledger, unsigned char *acknowledged, uint32_t most) {
    uint32_t count = 0;
    uint32_t number = 0;
    while (count < most && read(ledger, &number, sizeof number) == sizeof number) {
        assert_true(number < LEDGER);
        acknowledged[number] = 1;
        count++;
    }
    return count;
}

// Every acknowledged append is there, whole and once; any other is there whole or not at all.
static uint32_t compare(struct fixture *fixture, const unsigned char *acknowledged) {
    unsigned char *seen = calloc(LEDGER, 1);
    assert_non_null(seen);
    fixture_open(fixture);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "compare");
    int64_t next[4] = {0};
    uint32_t behind = 0;
    struct eventlog_batch batch;
    enum status status;
    while ((status = eventlog_poll(consumer, 0, 100000, &batch, NULL)) == STATUS_OK) {
        for (size_t i = 0; i < batch.count; i++) {
            assert_int_equal(batch.records[i].offset, next[batch.partition]++);
            uint64_t number = 0;
            assert_true(str_to_u64(batch.records[i].value, &number) && number < LEDGER);
            seen[number]++;
            behind = number >= behind ? (uint32_t)number + 1 : behind;
        }
    }
    assert_int_equal(status, STATUS_TIMEOUT);
    for (uint32_t i = 0; i < LEDGER; i++) {
        assert_true(seen[i] == RECORDS || (seen[i] == 0 && !acknowledged[i]));
    }
    eventlog_consumer_close(consumer);
    fixture_close(fixture);
    free(seen);
    return behind;
}

static void nothing_acknowledged_is_lost_by_kill_9(void **state) {
    struct fixture *fixture = *state;
    static unsigned char acknowledged[LEDGER];
    struct random_seeded seeded;
    random_seeded_init(&seeded, 20261123);
    uint32_t number = 0;
    for (int round = 0; round < KILLS; round++) {
        int ledger = -1;
        pid_t child = start_child(fixture->directory, number, &ledger);
        uint32_t wanted = (uint32_t)random_below(&seeded.source, 400) + 1;
        assert_int_equal(read_ledger(ledger, acknowledged, wanted), wanted);
        kill(child, SIGKILL);
        read_ledger(ledger, acknowledged, UINT32_MAX); // what it still said
        close(ledger);
        int outcome = 0;
        assert_int_equal(waitpid(child, &outcome, 0), child);
        assert_true(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGKILL);
        number = compare(fixture, acknowledged);
    }
}

static void a_second_process_is_told_of_the_first(void **state) {
    struct fixture *fixture = *state;
    static unsigned char acknowledged[LEDGER];
    int ledger = -1;
    pid_t child = start_child(fixture->directory, 0, &ledger);
    assert_int_equal(read_ledger(ledger, acknowledged, 1), 1);
    struct error err = {0};
    assert_int_equal(
        eventlog_open_rocksdb(fixture->directory, &fixture->config, &fixture->log, &err),
        STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "another process"));
    assert_null(fixture->log);
    kill(child, SIGKILL);
    close(ledger);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void another_partition_count_is_refused(void **state) {
    struct fixture *fixture = *state;
    fixture_open(fixture);
    fixture_close(fixture);
    static const unsigned counts[] = {3, 5, 20, 1024};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct error err = {0};
        fixture->config.partitions = counts[i];
        assert_int_equal(
            eventlog_open_rocksdb(fixture->directory, &fixture->config, &fixture->log, &err),
            STATUS_CONFLICT);
        assert_non_null(strstr(err.text, "has 4 partitions"));
        assert_non_null(strstr(err.text, "footfall migrate"));
    }
    unsigned there = 0;
    assert_int_equal(eventlog_rocksdb_partitions(fixture->directory, &there, NULL), STATUS_OK);
    assert_int_equal(there, 4);
    assert_int_equal(eventlog_rocksdb_partitions("/tmp/footfall-nowhere", &there, NULL),
                     STATUS_NOT_FOUND);
    assert_int_not_equal(access("/tmp/footfall-nowhere", F_OK), 0); // and none was made
    fixture->config.partitions = 4;
    fixture_open(fixture); // and nothing was spoilt
    fixture_close(fixture);
    fixture->config.partitions = 1025;
    assert_int_equal(
        eventlog_open_rocksdb(fixture->directory, &fixture->config, &fixture->log, NULL),
        STATUS_INVALID);
}

static void many_partitions_share_column_families(void **state) {
    struct fixture *fixture = *state;
    fixture->config.partitions = 50;
    fixture_open(fixture);
    for (unsigned i = 0; i < 50; i++) {
        char key[32];
        fixture_key_for(i, 50, key);
        assert_int_equal(fixture_append_one(fixture, key, "v"), STATUS_OK);
    }
    fixture_close(fixture);
    fixture_open(fixture);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    assert_int_equal(fixture_drain(consumer), 50);
    eventlog_consumer_close(consumer);
}

// --- Damage -------------------------------------------------------------------------------------------------------

static void append_noise(struct fixture *fixture, unsigned partition, size_t appends) {
    struct random_seeded seeded;
    random_seeded_init(&seeded, 7);
    char key[32];
    fixture_key_for(partition, 4, key);
    static char noise[20000];
    for (size_t i = 0; i < appends; i++) {
        seeded.source.fill(&seeded.source, noise, sizeof noise);
        const struct eventlog_record record = {str_from_c(key), {noise, sizeof noise}, 1};
        assert_int_equal(fixture_append(fixture, &record, 1), STATUS_OK);
    }
}

// Flips bits in the first third of the largest table: blocks that only reading will meet.
static void damage_largest_table(const char *directory) {
    char largest[512] = "";
    off_t size = 0;
    DIR *opened = opendir(directory);
    assert_non_null(opened);
    const struct dirent *entry;
    while ((entry = readdir(opened)) != NULL) {
        char path[512];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (strstr(entry->d_name, ".sst") != NULL && stat(path, &info) == 0 &&
            info.st_size > size) {
            size = info.st_size;
            memcpy(largest, path, sizeof path);
        }
    }
    closedir(opened);
    int file = open(largest, O_RDWR);
    assert_true(file >= 0);
    unsigned char byte = 0;
    assert_int_equal(pread(file, &byte, 1, size / 3), 1);
    byte ^= 0x55;
    assert_int_equal(pwrite(file, &byte, 1, size / 3), 1);
    close(file);
}

static void a_damaged_table_stops_its_partition_only(void **state) {
    struct fixture *fixture = *state;
    fixture_open(fixture);
    append_noise(fixture, 2, 40);
    append_noise(fixture, 1, 3);
    fixture_close(fixture);
    damage_largest_table(fixture->directory);
    fixture_open(fixture);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    size_t others = 0;
    int64_t reached = 0;
    struct eventlog_batch batch;
    struct error err = {0};
    enum status status;
    while ((status = eventlog_poll(consumer, 0, 50000, &batch, &err)) == STATUS_OK) {
        others += batch.partition == 1 ? batch.count : 0;
        reached = batch.partition == 2 ? batch.next_offset : reached;
    }
    assert_int_equal(status, STATUS_CORRUPT);
    assert_int_equal(batch.partition, 2);
    assert_int_equal(batch.next_offset, reached);
    assert_non_null(strstr(err.text, "partition 2"));
    assert_in_range(reached, 1, 20);
    others += fixture_drain(consumer); // the damaged partition is not tried again
    assert_int_equal(others, 3);
    assert_int_equal(eventlog_seek(consumer, 2, reached), STATUS_OK); // unless asked to
    assert_int_equal(eventlog_poll(consumer, 0, 50000, &batch, &err), STATUS_CORRUPT);
    assert_int_equal(eventlog_seek(consumer, 2, 35), STATUS_OK); // and behind it all is well
    assert_int_equal(fixture_drain(consumer), 5);
    eventlog_consumer_close(consumer);
}

// A limit on file sizes stands in for a full disk: writes fail half-way.
static void a_disk_that_refuses_writes_is_survived(void **state) {
    struct fixture *fixture = *state;
    signal(SIGXFSZ, SIG_IGN);
    fixture_open(fixture);
    append_noise(fixture, 1, 10);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit tight = {.rlim_cur = 300000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    static char noise[20000];
    memset(noise, 'n', sizeof noise);
    struct random_seeded seeded;
    random_seeded_init(&seeded, 9);
    size_t kept = 10;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && kept < 100) {
        seeded.source.fill(&seeded.source, noise, sizeof noise);
        status = fixture_append(fixture,
                                &(struct eventlog_record){STR("k"), {noise, sizeof noise}, 1}, 1);
        kept += status == STATUS_OK;
    }
    assert_int_equal(status, STATUS_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    struct eventlog_stats stats;
    eventlog_stats(fixture->log, &stats);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    assert_int_equal(fixture_drain(consumer), kept); // reading goes on meanwhile
    fixture_clock_advance(&fixture->clock, 2000);
    assert_int_equal(fixture_append_one(fixture, "k", "after"), STATUS_OK);
    eventlog_stats(fixture->log, &stats);
    assert_true(stats.writable);
    assert_in_range(fixture_drain(consumer), 1, 2); // the one not acknowledged may be there
    eventlog_consumer_close(consumer);
    fixture_close(fixture);
    fixture_open(fixture);
    consumer = fixture_consumer(fixture, "again");
    assert_in_range(fixture_drain(consumer), kept + 1, kept + 2);
    eventlog_consumer_close(consumer);
}

static void below_the_disk_reserve_appends_are_refused(void **state) {
    struct fixture *fixture = *state;
    fixture->config.disk_reserve_bytes = UINT64_MAX / 2;
    fixture_open(fixture);
    assert_int_equal(fixture_append_one(fixture, "k", "v"), STATUS_QUOTA);
    struct eventlog_stats stats;
    eventlog_stats(fixture->log, &stats);
    assert_false(stats.writable);
    assert_true(stats.disk_bytes > 0);
}

int main(int argc, char **argv) {
    if (argc == 5 && strcmp(argv[1], "--child") == 0) {
        return run_child(argv[2], (uint32_t)strtoul(argv[3], NULL, 10),
                         (int)strtol(argv[4], NULL, 10));
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_acknowledged_is_lost_by_kill_9),
        TEST(a_second_process_is_told_of_the_first),
        TEST(another_partition_count_is_refused),
        TEST(many_partitions_share_column_families),
        TEST(a_damaged_table_stops_its_partition_only),
        TEST(a_disk_that_refuses_writes_is_survived),
        TEST(below_the_disk_reserve_appends_are_refused),
    };
    return cmocka_run_group_tests_name("eventlog faults", tests, NULL, NULL);
}
