// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opens and closes the engines under test.
#include "engines.h"

#include "cassandra_fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fixture_make_directory(char directory[64]) {
    const char *parent = getenv("TMPDIR");
    int len = snprintf(directory, 64, "%s/footfall-store-XXXXXX", parent == NULL ? "/tmp" : parent);
    assert_in_range(len, 1, 63);
    assert_non_null(mkdtemp(directory));
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *where) {
    (void)about;
    (void)type;
    (void)where;
    return remove(path);
}

void fixture_remove_directory(const char *directory) {
    nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void open_store(struct fixture *fixture) {
    struct error err = {0};
    enum status status = STATUS_OK;
    if (fixture->remote) {
        fixture->store = cassandra_fixture_open();
    } else if (strcmp(fixture->engine, "memory") == 0) {
        status = store_open_memory(&fixture->store, &err);
    } else {
        status = store_open_rocksdb(fixture->directory, NULL, &fixture->store, &err);
    }
    if (status != STATUS_OK) {
        fail_msg("%s", err.text);
    }
}

int fixture_setup(void **state, const char *engine) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->engine = engine;
    arena_init(&fixture->arena, 4096, 0);
    fixture->remote = strcmp(engine, "cassandra") == 0;
    if (fixture->remote) {
        store_close(cassandra_fixture_open()); // there are tables from here on
        cassandra_fixture_wipe();
    } else if (strcmp(engine, "memory") != 0) {
        fixture_make_directory(fixture->directory);
    }
    open_store(fixture);
    *state = fixture;
    return 0;
}

void fixture_reopen(struct fixture *fixture) {
    if (fixture->directory[0] != '\0' || fixture->remote) {
        store_close(fixture->store);
        open_store(fixture);
    }
}

int fixture_teardown(void **state) {
    struct fixture *fixture = *state;
    store_close(fixture->store);
    if (fixture->directory[0] != '\0') {
        fixture_remove_directory(fixture->directory);
    }
    arena_free(&fixture->arena);
    free(fixture);
    return 0;
}

void assert_str_(struct str actual, const char *expected, const char *file, int line) {
    if (expected == NULL ? actual.data != NULL : !str_equal(actual, str_from_c(expected))) {
        print_error("\"%.*s\" != \"%s\"\n", STR_ARG(actual), expected ? expected : "(none)");
        _fail(file, line);
    }
}

struct store_actor user(const char *id) {
    return (struct store_actor){STORE_ACTOR_USER, str_from_c(id)};
}

struct store_actor anonymous(const char *id) {
    return (struct store_actor){STORE_ACTOR_ANONYMOUS, str_from_c(id)};
}

struct store_batch *begin(struct fixture *fixture, unsigned partition) {
    struct store_batch *batch = NULL;
    assert_ok(store_batch_begin(fixture->store, EPOCH, partition, &batch));
    return batch;
}

void commit(struct store_batch *batch, int64_t next_offset) {
    assert_ok(store_batch_commit(batch, next_offset));
}

struct store_timeline_row event(const char *id, int64_t timestamp_ms, const char *name) {
    return (struct store_timeline_row){.event_id = str_from_c(id),
                                       .name = str_from_c(name),
                                       .timestamp_ms = timestamp_ms,
                                       .received_ms = timestamp_ms + 5};
}

void suite_add(struct suite *suite, const char *name, CMUnitTestFunction function) {
    assert_true(suite->count < sizeof suite->tests / sizeof suite->tests[0]);
    suite->tests[suite->count++] = (struct CMUnitTest){.name = name, .test_func = function};
}
