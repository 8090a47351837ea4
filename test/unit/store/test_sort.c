// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The sort of a batch's keys against qsort: random keys, long shared prefixes, repeated keys, keys that are part of others.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "store/rocksdb/sort.h"

#define KEYS 3000

struct keys {
    struct str list[KEYS];
    size_t count;
};

static struct str key_of(const void *context, uint32_t number) {
    const struct keys *keys = context;
    return keys->list[number];
}

static int compare(const void *a_memory, const void *b_memory, void *context) {
    uint32_t a = *(const uint32_t *)a_memory;
    uint32_t b = *(const uint32_t *)b_memory;
    int order = str_compare(key_of(context, a), key_of(context, b));
    return order != 0 ? order : a < b ? -1 : a > b;
}

static void check_sorted(struct keys *keys, struct buffer *memory) {
    static uint32_t expected[KEYS];
    struct sort_item *sorted = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        expected[i] = (uint32_t)i;
    }
    qsort_r(expected, keys->count, sizeof expected[0], compare, keys);
    assert_int_equal(sort_keys(memory, keys->count, key_of, keys, &sorted), STATUS_OK);
    for (size_t i = 0; i < keys->count; i++) {
        assert_int_equal(sorted[i].number, expected[i]);
    }
}

// A table, a prefix that may be shared, then bytes of which few are different, so that many keys repeat or begin others.
static struct str make_key(struct arena *arena, struct random_source *random, const char *prefix,
                           unsigned values, size_t longest) {
    char text[64];
    size_t len = 0;
    text[len++] = (char)(1 + random_below(random, 3) * 40);
    for (; *prefix != '\0'; prefix++) {
        text[len++] = *prefix;
    }
    for (size_t more = random_below(random, longest + 1); more > 0; more--) {
        text[len++] = (char)(random_below(random, values) * 255 / values);
    }
    return arena_copy(arena, str_make(text, len));
}

static void test_order_is_that_of_the_bytes(void **state) {
    (void)state;
    static struct keys keys;
    static const char *const prefixes[] = {"", "p", "a prefix of some length\0"};
    struct random_seeded random;
    struct arena arena;
    struct buffer memory;
    random_seeded_init(&random, 11);
    arena_init(&arena, 1 << 16, 0);
    buffer_init(&memory, 1 << 20);
    for (unsigned round = 0; round < 60; round++) {
        keys.count = round < 5 ? round : random_below(&random.source, KEYS) + 1;
        const char *prefix = prefixes[round % 3];
        unsigned values = round % 2 == 0 ? 2 : 255;
        for (size_t i = 0; i < keys.count; i++) {
            keys.list[i] = make_key(&arena, &random.source, prefix, values, 12);
        }
        check_sorted(&keys, &memory);
        arena_reset(&arena);
    }
    buffer_free(&memory);
    arena_free(&arena);
}

// As an actor's events come: the same first bytes, each key before the one that came before it; then one out of turn.
static void test_falling_runs(void **state) {
    (void)state;
    static struct keys keys;
    struct arena arena;
    struct buffer memory;
    arena_init(&arena, 1 << 16, 0);
    buffer_init(&memory, 1 << 20);
    keys.count = 0;
    for (unsigned actor = 0; actor < 20; actor++) {
        for (unsigned event = 0; event < 40; event++) {
            keys.list[keys.count++] =
                arena_printf(&arena, "0prefix%02u-and-more-%03u", 40 - actor, 900 - event);
        }
    }
    check_sorted(&keys, &memory);
    struct str kept = keys.list[77];
    keys.list[77] = keys.list[50];
    keys.list[50] = kept;
    keys.list[300] = keys.list[299];
    check_sorted(&keys, &memory);
    buffer_free(&memory);
    arena_free(&arena);
}

static void test_nothing_and_too_much(void **state) {
    (void)state;
    static struct keys keys;
    struct buffer memory;
    struct sort_item *sorted = NULL;
    buffer_init(&memory, 64);
    keys.count = 0;
    check_sorted(&keys, &memory);
    assert_int_equal(sort_keys(&memory, 1000, key_of, &keys, &sorted), STATUS_TOO_LARGE);
    buffer_free(&memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_that_of_the_bytes),
        cmocka_unit_test(test_falling_runs),
        cmocka_unit_test(test_nothing_and_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
