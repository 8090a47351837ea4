// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the contract suite runs against: an engine by name, opened fresh for each test; and shorthands of all suites.
#ifndef FOOTFALL_TEST_CONTRACT_STORE_ENGINES_H
#define FOOTFALL_TEST_CONTRACT_STORE_ENGINES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "store/store.h"

#define EPOCH INT64_C(77)
#define PROJECT STR("shop")

struct fixture {
    const char *engine;
    char directory[64]; // of an engine on disk
    bool remote;        // other machines have the rows, and nothing is in memory
    struct store *store;
    struct arena arena;
};

int fixture_setup(void **state, const char *engine);
int fixture_teardown(void **state);
void fixture_reopen(struct fixture *fixture); // does nothing for an engine that forgets
void fixture_make_directory(char directory[64]);
void fixture_remove_directory(const char *directory);

#define assert_ok(expression) assert_status((expression), STATUS_OK)
#define assert_status(expression, expected)                                                        \
    assert_string_equal(status_name(expression), status_name(expected))
#define assert_str(actual, expected) assert_str_((actual), (expected), __FILE__, __LINE__)
void assert_str_(struct str actual, const char *expected, const char *file, int line);

struct store_actor user(const char *id);
struct store_actor anonymous(const char *id);
struct store_batch *begin(struct fixture *fixture, unsigned partition);
void commit(struct store_batch *batch, int64_t next_offset);
// A timeline row with this id and time, and a name.
struct store_timeline_row event(const char *id, int64_t timestamp_ms, const char *name);

// Each suite appends its tests to the list.
struct suite {
    struct CMUnitTest tests[128];
    size_t count;
};
void suite_add(struct suite *suite, const char *name, CMUnitTestFunction function);
#define SUITE_ADD(suite, function) suite_add((suite), #function, (function))
void suite_profiles(struct suite *suite);
void suite_timeline(struct suite *suite);
void suite_actors(struct suite *suite);
void suite_erasure(struct suite *suite);
void suite_totals(struct suite *suite);
void suite_users(struct suite *suite);
void suite_processing(struct suite *suite);
void suite_letters(struct suite *suite);
void suite_generations(struct suite *suite);
void suite_generations_shared(struct suite *suite);
void suite_admin(struct suite *suite);
void suite_ledger(struct suite *suite);
void suite_tokens(struct suite *suite);
void suite_deliveries(struct suite *suite);
void suite_walk(struct suite *suite);

#endif
