// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What only a store on disk promises: its directory, one process at a time, a full disk, corrupt rows, retention.
#include "engines.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/kv/keys.h"
#include "store/kv/kv.h"

static int setup(void **state) {
    return fixture_setup(state, "rocksdb");
}

static void a_missing_directory_is_made_for_this_user_only(void **state) {
    struct fixture *f = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/a/b", f->directory);
    struct store *store = NULL;
    struct error err = {0};
    assert_ok(store_open_rocksdb(path, NULL, &store, &err));
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    store_close(store);
}

static void a_directory_that_cannot_be_made_is_named(void **state) {
    (void)state;
    struct store *store = NULL;
    struct error err = {0};
    assert_status(store_open_rocksdb("/dev/null/store", NULL, &store, &err), STATUS_IO);
    assert_non_null(strstr(err.text, "/dev/null"));
}

static void a_second_opener_meets_a_conflict(void **state) {
    struct fixture *f = *state;
    struct store *store = NULL;
    struct error err = {0};
    assert_status(store_open_rocksdb(f->directory, NULL, &store, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, f->directory));
    assert_non_null(strstr(err.text, "in use"));
    pid_t child = fork();
    if (child == 0) {
        // The lock of another process, not only the list RocksDB keeps in this one.
        char *arguments[] = {"/proc/self/exe", "--open", f->directory, NULL};
        execv(arguments[0], arguments);
        _exit(99);
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), STATUS_CONFLICT);
}

static void corrupt_rows_are_told(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    struct store_actor_state put = {.events = 1};
    store_batch_actor(batch, PROJECT, user("u"), &put);
    commit(batch, 1);
    store_close(f->store);
    struct kv *kv = NULL;
    struct error err = {0};
    assert_ok(kv_rocksdb_make(f->directory, NULL, &kv, &err));
    struct kv_batch *raw = NULL;
    assert_ok(kv->engine->batch_make(kv, &raw));
    struct keys_key key;
    keys_actor(&key, KEYS_STATE, 0, PROJECT, user("u"));
    assert_ok(kv->engine->batch_put(raw, KV_ACTORS, keys_str(&key), STR("\x09garbage")));
    keys_actor(&key, KEYS_TIMELINE, 0, PROJECT, user("u"));
    keys_u8(&key, 1); // too short for a timestamp
    assert_ok(kv->engine->batch_put(raw, KV_TIMELINE, keys_str(&key), STR("")));
    keys_begin(&key, KEYS_PROJECT);
    keys_tail(&key, STR("shop"));
    assert_ok(kv->engine->batch_put(raw, KV_MAIN, keys_str(&key), STR("\xFF")));
    assert_ok(kv->engine->write(kv, raw));
    kv->engine->batch_free(raw);
    kv->engine->close(kv);
    assert_ok(store_open_rocksdb(f->directory, NULL, &f->store, &err));
    struct store_actor_state got;
    assert_status(store_actor_get(f->store, PROJECT, user("u"), &f->arena, &got), STATUS_CORRUPT);
    struct store_project *projects = NULL;
    size_t count = 0;
    assert_status(store_projects(f->store, &f->arena, &projects, &count), STATUS_CORRUPT);
    struct store_actor actor = user("u");
    struct store_timeline_query query = {
        .actors = &actor, .actor_count = 1, .from_ms = INT64_MIN, .to_ms = INT64_MAX, .limit = 9};
    struct store_timeline_row *rows = NULL;
    bool more = false;
    assert_status(store_timeline_read(f->store, PROJECT, &query, &f->arena, &rows, &count, &more),
                  STATUS_CORRUPT);
}

static enum status put_profile(struct fixture *f, const char *id, struct str traits) {
    struct store_profile p = {.id = str_from_c(id), .traits = traits};
    return store_profile_put(f->store, PROJECT, &p, STORE_EXPECT_ANY, 0, NULL);
}

struct reader {
    struct fixture *f;
    atomic_bool stop;
    atomic_int failures;
};

static void *read_on(void *context) {
    struct reader *reader = context;
    while (!atomic_load(&reader->stop)) {
        struct arena arena;
        arena_init(&arena, 4096, 0);
        struct store_profile p;
        struct store_profile *list = NULL;
        size_t count = 0;
        bool more = false;
        if (store_profile_get(reader->f->store, PROJECT, STR("before"), &arena, &p) != STATUS_OK ||
            store_profile_list(reader->f->store, PROJECT, STR_EMPTY, 10, &arena, &list, &count,
                               &more) != STATUS_OK) {
            atomic_fetch_add(&reader->failures, 1);
        }
        arena_free(&arena);
    }
    return NULL;
}

// A file size limit is a full disk that needs no privilege: writes beyond it fail with EFBIG.
static void set_file_limit(rlim_t bytes) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_stops_writes_until_there_is_room(void **state) {
    struct fixture *f = *state;
    signal(SIGXFSZ, SIG_IGN);
    char *filler = malloc(1 << 20);
    assert_non_null(filler);
    memset(filler, 'f', 1 << 20);
    struct str traits = str_make(filler, 1 << 20);
    assert_ok(put_profile(f, "before", STR("{}")));
    struct reader reader = {.f = f};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);

    set_file_limit(1 << 16);
    assert_status(put_profile(f, "lost", traits), STATUS_IO);
    struct store_stats stats;
    store_stats(f->store, &stats);
    assert_false(stats.writable);
    struct store_batch *batch = NULL;
    enum status status = store_batch_begin(f->store, EPOCH, 0, &batch); // reads only
    assert_ok(status);
    struct store_actor_state actor = {.events = 1};
    store_batch_actor(batch, PROJECT, user("u"), &actor);

    set_file_limit(RLIM_INFINITY);
    struct clock *clock = clock_system();
    int64_t deadline = clock->mono_us(clock) + 20000000;
    do {
        status = put_profile(f, "after", STR("{}"));
    } while (status == STATUS_IO && clock->mono_us(clock) < deadline);
    assert_ok(status);
    store_stats(f->store, &stats);
    assert_true(stats.writable);
    commit(batch, 1); // was begun before the database was opened again
    atomic_store(&reader.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&reader.failures), 0);
    fixture_reopen(f);
    struct store_profile p;
    assert_ok(store_profile_get(f->store, PROJECT, STR("before"), &f->arena, &p));
    assert_ok(store_profile_get(f->store, PROJECT, STR("after"), &f->arena, &p));
    struct store_actor_state got;
    assert_ok(store_actor_get(f->store, PROJECT, user("u"), &f->arena, &got));
    free(filler);
}

static size_t count_rows(struct store *store, struct arena *arena) {
    struct store_actor actor = user("u");
    struct store_timeline_query query = {
        .actors = &actor, .actor_count = 1, .from_ms = INT64_MIN, .to_ms = INT64_MAX, .limit = 99};
    struct store_timeline_row *rows = NULL;
    size_t count = 0;
    bool more = false;
    assert_ok(store_timeline_read(store, PROJECT, &query, arena, &rows, &count, &more));
    return count;
}

static void rows_past_retention_go(void **state) {
    struct fixture *f = *state;
    struct clock *clock = clock_system();
    int64_t now = clock->wall_ms(clock);
    struct store_batch *batch = begin(f, 0);
    struct store_timeline_row old = event("old", now - 100000000, "n");
    struct store_timeline_row young = event("young", now, "n");
    store_batch_timeline(batch, PROJECT, user("u"), &old);
    store_batch_timeline(batch, PROJECT, user("u"), &young);
    commit(batch, 1);
    assert_int_equal(count_rows(f->store, &f->arena), 2);
    store_close(f->store);
    struct store_config config = {.timeline_retention_ms = 86400000};
    struct error err = {0};
    assert_ok(store_open_rocksdb(f->directory, &config, &f->store, &err));
    int64_t deadline = clock->mono_us(clock) + 20000000;
    while (count_rows(f->store, &f->arena) != 1 && clock->mono_us(clock) < deadline) {
    }
    assert_int_equal(count_rows(f->store, &f->arena), 1);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--open") == 0) {
        struct store *store = NULL;
        struct error err;
        return (int)store_open_rocksdb(argv[2], NULL, &store, &err);
    }
    struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_missing_directory_is_made_for_this_user_only, setup,
                                        fixture_teardown),
        cmocka_unit_test(a_directory_that_cannot_be_made_is_named),
        cmocka_unit_test_setup_teardown(a_second_opener_meets_a_conflict, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(corrupt_rows_are_told, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_stops_writes_until_there_is_room, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(rows_past_retention_go, setup, fixture_teardown),
    };
    return cmocka_run_group_tests_name("store disk", tests, NULL, NULL);
}
