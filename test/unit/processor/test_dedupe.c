// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The dedupe window: its edges by time and by count, and that a window loaded from the store is the one that was written.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/random.h"
#include "processor/dedupe.h"

#define DAY 86400000LL
#define MINUTE 60000LL

static bool see(struct dedupe *dedupe, int64_t offset, int64_t ms, uint64_t hash) {
    bool seen;
    assert_int_equal(dedupe_see(dedupe, offset, ms, hash, &seen), STATUS_OK);
    return seen;
}

static void test_window_by_time(void **state) {
    (void)state;
    struct dedupe dedupe;
    dedupe_init(&dedupe, DAY, 1000);
    assert_false(see(&dedupe, 0, 10 * DAY, 1));
    assert_true(see(&dedupe, 1, 11 * DAY, 1)); // a day later, to the minute
    assert_true(see(&dedupe, 2, 11 * DAY + MINUTE - 1, 1));
    assert_false(see(&dedupe, 3, 11 * DAY + MINUTE, 1)); // and gone
    assert_true(see(&dedupe, 4, 11 * DAY + MINUTE, 1));
    assert_int_equal(dedupe_count(&dedupe), 1);
    dedupe_free(&dedupe);
}

static void test_log_time_never_goes_back(void **state) {
    (void)state;
    struct dedupe dedupe;
    dedupe_init(&dedupe, DAY, 1000);
    assert_false(see(&dedupe, 0, 10 * DAY, 1));
    assert_false(see(&dedupe, 1, 12 * DAY, 2));
    assert_false(see(&dedupe, 2, 10 * DAY, 1)); // it left when the log's time was 12
    assert_true(see(&dedupe, 3, 12 * DAY, 1));
    dedupe_free(&dedupe);
}

static void test_window_by_count(void **state) {
    (void)state;
    struct dedupe dedupe;
    dedupe_init(&dedupe, DAY, 100);
    for (uint64_t n = 0; n < 5000; n++) {
        assert_false(see(&dedupe, (int64_t)n, DAY, n * 7919));
        if (n >= 99) {
            assert_true(see(&dedupe, (int64_t)n, DAY, (n - 99) * 7919));
        }
        if (n >= 100) {
            assert_int_equal(dedupe_count(&dedupe), 100);
        }
    }
    assert_false(see(&dedupe, 5000, DAY, 4899 * 7919)); // the 101st newest
    dedupe_free(&dedupe);
}

static void take_back(struct dedupe *dedupe, int64_t offset, uint64_t hash) {
    assert_false(see(dedupe, offset, DAY, hash));
    dedupe_take_back(dedupe);
}

static void test_an_id_is_taken_back(void **state) {
    (void)state;
    struct dedupe dedupe;
    dedupe_init(&dedupe, DAY, 3);
    take_back(&dedupe, 0, 1);
    assert_int_equal(dedupe_count(&dedupe), 0);
    for (uint64_t n = 1; n <= 3; n++) {
        assert_false(see(&dedupe, (int64_t)n, DAY, n));
    }
    take_back(&dedupe, 4, 4); // 1 had to leave for it
    assert_true(see(&dedupe, 5, DAY, 2));
    assert_true(see(&dedupe, 6, DAY, 3));
    assert_false(see(&dedupe, 7, DAY, 4));
    assert_false(see(&dedupe, 8, DAY, 1));
    dedupe_free(&dedupe);
}

static void commit(struct dedupe *dedupe, struct store *store, int64_t next_offset) {
    struct store_batch *batch;
    assert_int_equal(store_batch_begin(store, 1, 3, &batch), STATUS_OK);
    assert_int_equal(dedupe_write(dedupe, batch), STATUS_OK);
    assert_int_equal(store_batch_commit(batch, next_offset), STATUS_OK);
}

// Two windows get the same records; one is thrown away and loaded again and again.
static void loaded_window_equals(uint64_t seed) {
    struct random_seeded seeded;
    struct random_source *random = &seeded.source;
    struct dedupe kept, loaded;
    struct store *store;
    struct error err;
    random_seeded_init(&seeded, seed);
    size_t ids = 1 + (size_t)random_below(random, 1500);
    int64_t window = (int64_t)random_below(random, 3 * DAY), ms = 0;
    uint64_t range = 1 + random_below(random, 4000);
    assert_int_equal(store_open_memory(&store, &err), STATUS_OK);
    dedupe_init(&kept, window, ids);
    dedupe_init(&loaded, window, ids);
    for (int64_t offset = 0; offset < 6000; offset++) {
        uint64_t id = random_below(random, range);
        ms += (int64_t)random_below(random, 5 * MINUTE) - MINUTE;
        assert_int_equal(see(&kept, offset, ms, id), see(&loaded, offset, ms, id));
        if (random_below(random, 50) == 0) {
            commit(&loaded, store, offset + 1);
            if (random_below(random, 3) == 0) {
                dedupe_free(&loaded);
                dedupe_init(&loaded, window, ids);
                assert_int_equal(dedupe_load(&loaded, store, 3), STATUS_OK);
            }
        }
    }
    dedupe_free(&kept);
    dedupe_free(&loaded);
    store_close(store);
}

static void test_a_loaded_window_is_the_written_one(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        loaded_window_equals(seed);
    }
}

static bool count_chunk(int64_t chunk, int64_t last_ms, const uint64_t *hashes, size_t count,
                        void *context) {
    (void)chunk;
    (void)last_ms;
    (void)hashes;
    (void)count;
    ++*(size_t *)context;
    return true;
}

static void test_a_quiet_log_leaves_few_rows(void **state) {
    (void)state;
    struct dedupe dedupe;
    struct store *store;
    struct error err;
    size_t chunks = 0;
    assert_int_equal(store_open_memory(&store, &err), STATUS_OK);
    dedupe_init(&dedupe, DAY, 1000000);
    for (int64_t offset = 0; offset < 2000; offset++) { // a cycle an event, within a minute
        assert_false(see(&dedupe, offset, DAY + offset, (uint64_t)offset));
        commit(&dedupe, store, offset + 1);
    }
    assert_int_equal(store_seen_load(store, 3, count_chunk, &chunks), STATUS_OK);
    assert_int_equal(chunks, 8);
    // A window later there is nothing left but what is new.
    assert_false(see(&dedupe, 2000, 3 * DAY, 1));
    commit(&dedupe, store, 2001);
    chunks = 0;
    assert_int_equal(store_seen_load(store, 3, count_chunk, &chunks), STATUS_OK);
    assert_int_equal(chunks, 1);
    dedupe_free(&dedupe);
    store_close(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_by_time),
        cmocka_unit_test(test_log_time_never_goes_back),
        cmocka_unit_test(test_window_by_count),
        cmocka_unit_test(test_an_id_is_taken_back),
        cmocka_unit_test(test_a_loaded_window_is_the_written_one),
        cmocka_unit_test(test_a_quiet_log_leaves_few_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
