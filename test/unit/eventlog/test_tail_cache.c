// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The tail cache: bounded over all partitions, the oldest first, and a reader keeps what it found.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "eventlog/tail_cache.h"

static void add(struct tail_cache *cache, unsigned partition, int64_t base, uint32_t count) {
    char text[100];
    snprintf(text, sizeof text, "%u/%lld %60s", partition, (long long)base, "");
    struct tail_batch *batch = tail_batch_new(str_from_c(text));
    assert_non_null(batch);
    batch->partition = partition;
    batch->base_offset = base;
    batch->count = count;
    tail_cache_add(cache, batch);
}

static void finds_by_any_offset_of_a_batch(void **state) {
    (void)state;
    struct tail_cache cache;
    assert_int_equal(tail_cache_init(&cache, 2, 1000000), STATUS_OK);
    for (int64_t i = 0; i < 100; i++) {
        add(&cache, 1, i * 10, i == 50 ? 5 : 10); // a hole behind 504
    }
    for (int64_t offset = 0; offset < 1000; offset++) {
        struct tail_batch *batch = tail_cache_find(&cache, 1, offset);
        if (offset >= 505 && offset < 510) {
            assert_null(batch);
            continue;
        }
        assert_non_null(batch);
        assert_int_equal(batch->base_offset, offset / 10 * 10);
        tail_batch_release(batch);
    }
    assert_null(tail_cache_find(&cache, 1, 1000));
    assert_null(tail_cache_find(&cache, 0, 0));
    tail_cache_free(&cache);
}

static void the_oldest_goes_first_over_all_partitions(void **state) {
    (void)state;
    struct tail_cache cache;
    assert_int_equal(tail_cache_init(&cache, 3, 4000), STATUS_OK);
    add(&cache, 0, 0, 1);
    struct tail_batch *kept = tail_cache_find(&cache, 0, 0);
    assert_non_null(kept);
    for (int64_t i = 0; i < 50; i++) {
        add(&cache, 1 + (unsigned)(i % 2), i / 2, 1);
        assert_true(cache.bytes <= 4000);
    }
    assert_null(tail_cache_find(&cache, 0, 0));
    assert_memory_equal(kept->data, "0/0", 3); // still readable
    tail_batch_release(kept);
    struct tail_batch *newest = tail_cache_find(&cache, 2, 24);
    assert_non_null(newest);
    tail_batch_release(newest);
    assert_null(tail_cache_find(&cache, 2, 0));
    tail_cache_free(&cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_any_offset_of_a_batch),
        cmocka_unit_test(the_oldest_goes_first_over_all_partitions),
    };
    return cmocka_run_group_tests_name("tail cache", tests, NULL, NULL);
}
