// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// After SIGKILL at any moment the derived rows are exactly those of the batches up to the stored offset.
#include "engines.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 24
#define ACTORS 5
#define PER_BATCH 20

static const struct store_config small = {.write_buffer_bytes = (size_t)1 << 20};

static void actor_name(char name[16], int64_t offset) {
    snprintf(name, 16, "u%lld", (long long)(offset % ACTORS));
}

// Event n adds a timeline row, and sets its actor's count and the day's total: each a function of the offset alone.
static void add_event(struct store_batch *batch, int64_t offset, const char *filler) {
    char name[16];
    char id[24];
    actor_name(name, offset);
    snprintf(id, sizeof id, "e%08lld", (long long)offset);
    struct store_timeline_row row = event(id, offset, "n");
    row.properties = str_from_c(filler);
    store_batch_timeline(batch, PROJECT, user(name), &row);
    struct store_actor_state state = {.events = (uint64_t)(offset / ACTORS + 1)};
    store_batch_actor(batch, PROJECT, user(name), &state);
    struct store_total total = {1, STORE_METRIC_EVENTS, STR(""), offset + 1};
    store_batch_total(batch, PROJECT, &total);
}

static _Noreturn void commit_for_ever(const char *directory, int pipe_end) {
    char filler[512];
    memset(filler, 'f', sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    struct error err;
    struct store *store = NULL;
    int64_t offset = 0;
    if (store_open_rocksdb(directory, &small, &store, &err) != STATUS_OK ||
        store_partition_offset(store, EPOCH, 0, &offset) != STATUS_OK) {
        _exit(1);
    }
    for (;;) {
        struct store_batch *batch = NULL;
        if (store_batch_begin(store, EPOCH, 0, &batch) != STATUS_OK) {
            _exit(1);
        }
        for (int i = 0; i < PER_BATCH; i++) {
            add_event(batch, offset++, filler);
        }
        if (store_batch_commit(batch, offset) != STATUS_OK ||
            write(pipe_end, "c", 1) != 1) { // tells the parent that it moves
            _exit(1);
        }
    }
}

static int64_t count_rows(struct store *store, struct store_actor actor, struct arena *arena) {
    struct store_timeline_query query = {
        .actors = &actor, .actor_count = 1, .from_ms = 0, .to_ms = INT64_MAX, .limit = 1000000};
    struct store_timeline_row *rows = NULL;
    size_t count = 0;
    bool more = false;
    assert_ok(store_timeline_read(store, PROJECT, &query, arena, &rows, &count, &more));
    for (size_t i = 1; i < count; i++) {
        assert_int_equal(rows[i - 1].timestamp_ms,
                         rows[i].timestamp_ms + ACTORS); // none is missing
    }
    return (int64_t)count;
}

// Everything in the store against what the offset says. Gives the offset.
static int64_t verify(const char *directory) {
    struct error err = {0};
    struct store *store = NULL;
    struct arena arena;
    arena_init(&arena, 1 << 16, 0);
    assert_ok(store_open_rocksdb(directory, &small, &store, &err));
    int64_t offset = 0;
    assert_ok(store_partition_offset(store, EPOCH, 0, &offset));
    assert_int_equal(offset % PER_BATCH, 0);
    int64_t rows = 0;
    for (int i = 0; i < ACTORS && offset > 0; i++) {
        char name[16];
        actor_name(name, i);
        struct store_actor_state state;
        assert_ok(store_actor_get(store, PROJECT, user(name), &arena, &state));
        assert_int_equal(state.events, offset / ACTORS);
        int64_t own = count_rows(store, user(name), &arena);
        assert_int_equal(own, offset / ACTORS);
        rows += own;
    }
    assert_int_equal(rows, offset);
    struct store_total *totals = NULL;
    size_t count = 0;
    assert_ok(store_totals_load(store, 0, PROJECT, 1, &arena, &totals, &count));
    assert_int_equal(count, offset > 0 ? 1 : 0);
    assert_int_equal(count == 0 ? 0 : totals[0].amount, offset);
    store_close(store);
    arena_free(&arena);
    return offset;
}

static void derived_rows_equal_the_stored_offset(void **state) {
    (void)state;
    char directory[64];
    fixture_make_directory(directory);
    int64_t last = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            // A new program: RocksDB's threads, which the parent has by now, do not survive a fork.
            char end[16];
            snprintf(end, sizeof end, "%d", ends[1]);
            char *arguments[] = {"/proc/self/exe", directory, end, NULL};
            close(ends[0]);
            execv(arguments[0], arguments);
            _exit(1);
        }
        close(ends[1]);
        // A different number of commits each round; what the child does when the signal comes is left to chance.
        char byte;
        int commits = 1 + round * 37 % 90;
        for (int i = 0; i < commits; i++) {
            assert_int_equal(read(ends[0], &byte, 1), 1);
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        int result = 0;
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFSIGNALED(result));
        close(ends[0]);
        int64_t offset = verify(directory);
        // A killed process loses nothing it committed: the page cache is the kernel's.
        assert_true(offset >= last + (int64_t)commits * PER_BATCH);
        last = offset;
    }
    fixture_remove_directory(directory);
}

int main(int argc, char **argv) {
    if (argc == 3) {
        commit_for_ever(argv[1], (int)strtol(argv[2], NULL, 10));
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(derived_rows_equal_the_stored_offset)};
    return cmocka_run_group_tests_name("store kill", tests, NULL, NULL);
}
