// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Arenas: alignment, limits, reuse, and memory that runs out.
#include "base/arena.h"

#include <stdlib.h>

#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_allocations_are_aligned_and_apart(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 256, 0);
    char *previous = NULL;
    size_t previous_size = 0;
    for (size_t size = 0; size < 600; size += 7) {
        char *memory = arena_alloc(&arena, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 16, 0);
        memset(memory, (int)(size & 0x7F), size);
        if (previous_size > 0) {
            assert_int_equal(previous[0], (char)((size - 7) & 0x7F));
            assert_int_equal(previous[previous_size - 1], (char)((size - 7) & 0x7F));
        }
        previous = memory;
        previous_size = size;
    }
    arena_free(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_alloc(&arena, 1));
    arena_free(&arena);
}

static void test_zeroed_memory_is_zero_after_reuse(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    memset(arena_alloc(&arena, 900), 0xFF, 900);
    arena_reset(&arena);
    const char *zeroed = arena_alloc_array(&arena, 30, 30);
    for (size_t i = 0; i < 900; i++) {
        assert_int_equal(zeroed[i], 0);
    }
    arena_free(&arena);
}

static void test_sizes_that_overflow_are_refused(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 64, 0);
    // volatile: gcc would otherwise warn of what is tested here
    volatile size_t huge = SIZE_MAX;
    assert_null(arena_alloc(&arena, huge));
    assert_null(arena_alloc(&arena, huge - 15));
    assert_null(arena_alloc(&arena, huge - 40));
    assert_null(arena_alloc_array(&arena, huge / 2, 3));
    assert_null(arena_copy(&arena, str_make("", huge)).data);
    assert_non_null(arena_alloc(&arena, 1));
    assert_null(arena_alloc(&arena, huge));
    arena_free(&arena);
}

static void test_limit_holds(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 256, 1000);
    size_t got = 0;
    while (arena_alloc(&arena, 16) != NULL) {
        got += 16;
        assert_true(got <= 1000);
    }
    assert_true(got >= 900); // the last piece below the limit is used too
    assert_true(arena.used <= 1000);
    assert_null(arena_alloc(&arena, 500));
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 500));
    arena_free(&arena);

    arena_init(&arena, 4096, 100); // a limit below the chunk size
    assert_non_null(arena_alloc(&arena, 32));
    assert_null(arena_alloc(&arena, 100));
    arena_free(&arena);
}

static void test_reset_keeps_one_usual_chunk(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 256, 0);
    assert_non_null(arena_alloc(&arena, 10000));
    assert_non_null(arena_alloc(&arena, 10));
    assert_non_null(arena_alloc(&arena, 240));
    arena_reset(&arena);
    assert_int_equal(arena.used, 256);
    void *first = arena_alloc(&arena, 100);
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    arena_free(&arena);
}

static void test_a_large_one_does_not_waste_the_chunk(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    char *before = arena_alloc(&arena, 16);
    assert_non_null(arena_alloc(&arena, 5000));
    assert_ptr_equal(arena_alloc(&arena, 16), before + 16);
    arena_free(&arena);
}

static void test_copies_end_in_nul(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 64, 0);
    struct str copy = arena_copy(&arena, STR("shoe"));
    assert_string_equal(copy.data, "shoe");
    struct str empty = arena_copy(&arena, STR_EMPTY);
    assert_true(empty.len == 0 && empty.data != NULL && empty.data[0] == '\0');
    struct str text = arena_printf(&arena, "%s-%0100d", "n", 7);
    assert_int_equal(text.len, 102);
    assert_int_equal(text.data[101], '7');
    assert_int_equal(text.data[102], '\0');
    arena_free(&arena);
}

static void test_every_allocation_may_fail(void **state) {
    (void)state;
    long n = 0;
    for (;; n++) {
        struct arena arena;
        arena_init(&arena, 128, 0);
        failing_malloc_arm(n);
        bool whole = true;
        for (int i = 0; i < 20; i++) {
            whole =
                arena_copy(&arena, STR("thirty bytes or so of some text")).data != NULL && whole;
        }
        whole = arena_alloc_zero(&arena, 1000) != NULL && whole;
        whole = arena_printf(&arena, "%d", 5).data != NULL && whole;
        bool failed = failing_malloc_disarm();
        assert_int_equal(whole, !failed || n > 100);
        arena_free(&arena);
        if (!failed) {
            break;
        }
    }
    assert_true(n > 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations_are_aligned_and_apart),
        cmocka_unit_test(test_zeroed_memory_is_zero_after_reuse),
        cmocka_unit_test(test_sizes_that_overflow_are_refused),
        cmocka_unit_test(test_limit_holds),
        cmocka_unit_test(test_reset_keeps_one_usual_chunk),
        cmocka_unit_test(test_a_large_one_does_not_waste_the_chunk),
        cmocka_unit_test(test_copies_end_in_nul),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
