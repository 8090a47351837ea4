// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rates, token buckets, and the counter of those who are at something at the same time.
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/thread.h"
#include "limit/table.h"

#define SECOND INT64_C(1000000000)
#define NOW (1000 * SECOND)

static struct limit_rate rate_of(const char *text) {
    struct limit_rate rate;
    struct error err = {STATUS_OK, ""};
    if (limit_rate_parse(str_from_c(text), &rate, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return rate;
}

static struct limit_table *table_of(size_t entries) {
    static struct random_seeded random;
    struct limit_table *table = NULL;
    random_seeded_init(&random, 7);
    assert_int_equal(limit_table_make(entries, &random.source, &table), STATUS_OK);
    return table;
}

static void test_rates_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t interval_ns;
        uint32_t burst;
    } good[] = {
        {"100/s", 10000000, 100},
        {"30/m burst 60", 2 * SECOND, 60},
        {" 1/h burst  5 ", 3600 * SECOND, 5},
        {"1000/d", 86400000000, 1000},
        {"none", 0, 0},
        {"0", 0, 0},
        {"1000000000/s burst 1", 1, 1},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct limit_rate rate = rate_of(good[i].text);
        assert_int_equal(rate.interval_ns, good[i].interval_ns);
        assert_int_equal(rate.burst, good[i].burst);
    }
    static const char *const bad[] = {
        "",
        "100",
        "100/",
        "/s",
        "-1/s",
        "100/x",
        "0/s",
        "1/s burst",
        "1/s burst 0",
        "1/s burst -3",
        "1/s bust 3",
        "1/s burst 3 4",
        "1000000001/s",
        "1.5/s",
        "1/d burst 4000000000",
        "99999999999999999999/s",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct limit_rate rate;
        struct error err = {STATUS_OK, ""};
        assert_int_equal(limit_rate_parse(str_from_c(bad[i]), &rate, &err), STATUS_INVALID);
        assert_true(err.text[0] != '\0');
    }
}

static void test_a_bucket_empties_and_fills(void **state) {
    (void)state;
    struct limit_table *table = table_of(100);
    struct limit_rate rate = rate_of("10/s burst 3");
    uint64_t key = limit_table_key(table, 1, STR("someone"));
    struct limit_outcome outcome;
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(limit_table_take(table, key, &rate, 1, NOW, &outcome));
        assert_int_equal(outcome.remaining, 2 - i);
        assert_int_equal(outcome.retry_ns, 0);
    }
    assert_int_equal(outcome.reset_ns, 3 * SECOND / 10);
    assert_false(limit_table_take(table, key, &rate, 1, NOW, &outcome));
    assert_int_equal(outcome.retry_ns, SECOND / 10);
    assert_int_equal(outcome.remaining, 0);
    // A refused attempt costs nothing.
    assert_false(limit_table_take(table, key, &rate, 1, NOW + SECOND / 10 - 1, &outcome));
    assert_true(limit_table_take(table, key, &rate, 1, NOW + SECOND / 10, &outcome));
    assert_false(limit_table_take(table, key, &rate, 1, NOW + SECOND / 10, &outcome));
    // It holds no more than the burst however long it stands.
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(limit_table_take(table, key, &rate, 1, NOW + 3600 * SECOND, &outcome));
    }
    assert_false(limit_table_take(table, key, &rate, 1, NOW + 3600 * SECOND, &outcome));
    limit_table_free(table);
}

static void test_cost(void **state) {
    (void)state;
    struct limit_table *table = table_of(100);
    struct limit_rate rate = rate_of("10/s burst 10");
    uint64_t key = limit_table_key(table, 1, STR("batches"));
    struct limit_outcome outcome;
    assert_true(limit_table_take(table, key, &rate, 7, NOW, &outcome));
    assert_int_equal(outcome.remaining, 3);
    assert_false(limit_table_take(table, key, &rate, 4, NOW, &outcome));
    assert_int_equal(outcome.retry_ns, SECOND / 10);
    assert_true(limit_table_take(table, key, &rate, 3, NOW, &outcome));
    // More than fits needs a full bucket and takes it whole.
    assert_false(limit_table_take(table, key, &rate, 1000, NOW + SECOND - 1, &outcome));
    assert_true(limit_table_take(table, key, &rate, 1000, NOW + SECOND, &outcome));
    assert_int_equal(outcome.remaining, 0);
    limit_table_free(table);
}

static void test_clock_going_back(void **state) {
    (void)state;
    struct limit_table *table = table_of(100);
    struct limit_rate rate = rate_of("1/s burst 5");
    uint64_t key = limit_table_key(table, 1, STR("time"));
    struct limit_outcome outcome;
    assert_true(limit_table_take(table, key, &rate, 1, NOW, &outcome));
    // An hour back: the bucket counts as empty, and fills from there as it always does.
    int64_t back = NOW - 3600 * SECOND;
    assert_false(limit_table_take(table, key, &rate, 1, back, &outcome));
    assert_int_equal(outcome.retry_ns, SECOND);
    assert_true(limit_table_take(table, key, &rate, 1, back + SECOND, &outcome));
    limit_table_free(table);
}

static void test_kinds_and_names_are_apart(void **state) {
    (void)state;
    struct limit_table *table = table_of(100);
    struct limit_rate rate = rate_of("1/s");
    struct limit_outcome outcome;
    uint64_t keys[] = {
        limit_table_key(table, 1, STR("a")),
        limit_table_key(table, 2, STR("a")),
        limit_table_key(table, 1, STR("b")),
        limit_table_key(table, 1, STR("")),
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_true(limit_table_take(table, keys[i], &rate, 1, NOW, &outcome));
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_false(limit_table_take(table, keys[i], &rate, 1, NOW, &outcome));
    }
    limit_table_free(table);
}

static void test_addresses(void **state) {
    (void)state;
    struct limit_table *table = table_of(100);
    static const struct {
        const char *a, *b;
        bool same;
    } pairs[] = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"::ffff:192.0.2.1", "192.0.2.1", true},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true}, // one /64
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"2001:DB8:1:2::1", "2001:0db8:1:2:0:0:0:1", true},
        {"no:address", "no:address", true},
        {"no:address", "2001:db8::1", false},
        {"", "192.0.2.1", false},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        uint64_t a = limit_table_key_address(table, 1, str_from_c(pairs[i].a));
        uint64_t b = limit_table_key_address(table, 1, str_from_c(pairs[i].b));
        assert_int_equal(a == b, pairs[i].same);
    }
    char longest[400];
    memset(longest, ':', sizeof longest);
    (void)limit_table_key_address(table, 1, str_make(longest, sizeof longest));
    limit_table_free(table);
}

// A flood of strangers neither grows the table nor lets go one who is nearer to empty than all of them.
static void test_many_clients(void **state) {
    (void)state;
    struct limit_table *table = table_of(700);
    size_t bytes = limit_table_bytes(table);
    struct limit_rate rate = rate_of("1/s burst 100");
    struct limit_outcome outcome;
    uint64_t greedy = limit_table_key(table, 1, STR("greedy"));
    for (unsigned i = 0; i < 100; i++) {
        assert_true(limit_table_take(table, greedy, &rate, 1, NOW, &outcome));
    }
    for (unsigned i = 0; i < 100000; i++) {
        char name[20];
        int len = snprintf(name, sizeof name, "stranger-%u", i);
        uint64_t key = limit_table_key(table, 1, str_make(name, (size_t)len));
        assert_true(limit_table_take(table, key, &rate, 1, NOW, &outcome));
    }
    assert_false(limit_table_take(table, greedy, &rate, 1, NOW, &outcome));
    assert_int_equal(limit_table_bytes(table), bytes);
    assert_true(limit_table_evicted(table) > 90000);
    limit_table_free(table);
}

static void test_full_buckets_go_unnoticed(void **state) {
    (void)state;
    struct limit_table *table = table_of(1);
    struct limit_rate rate = rate_of("1/s");
    struct limit_outcome outcome;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t key = limit_table_key(table, i, STR("x"));
        assert_true(limit_table_take(table, key, &rate, 1, NOW + i * SECOND, &outcome));
    }
    assert_int_equal(limit_table_evicted(table), 0);
    limit_table_free(table);
}

// --- Threads -----------------------------------------------------------------------------------------------------------

#define THREADS 4
#define ATTEMPTS 20000
#define BURST 5000

struct crowd {
    struct limit_table *table;
    struct limit_rate rate;
    atomic_uint allowed;
};

static void *push(void *context) {
    struct crowd *crowd = context;
    uint64_t key = limit_table_key(crowd->table, 1, STR("shared"));
    struct limit_outcome outcome;
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        if (limit_table_take(crowd->table, key, &crowd->rate, 1, NOW, &outcome)) {
            atomic_fetch_add(&crowd->allowed, 1);
        }
        uint64_t other = limit_table_key(crowd->table, 2 + i % 50, STR("other"));
        (void)limit_table_take(crowd->table, other, &crowd->rate, 1, NOW, &outcome);
    }
    return NULL;
}

// The clock stands still: whatever the threads do, as many get through as fit into the bucket.
static void test_threads_share_a_bucket(void **state) {
    (void)state;
    struct crowd crowd = {.table = table_of(1000), .rate = rate_of("1/s burst 5000")};
    struct thread threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(thread_start(&threads[i], "crowd", push, &crowd), STATUS_OK);
    }
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    assert_int_equal(atomic_load(&crowd.allowed), BURST);
    limit_table_free(crowd.table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates_are_read),
        cmocka_unit_test(test_a_bucket_empties_and_fills),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_clock_going_back),
        cmocka_unit_test(test_kinds_and_names_are_apart),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_many_clients),
        cmocka_unit_test(test_full_buckets_go_unnoticed),
        cmocka_unit_test(test_threads_share_a_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
