// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Chance: determinism by seed, uniformity, UUIDs, and processes that must not share.
#include "base/random.h"

#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_a_seed_means_the_same_for_ever(void **state) {
    (void)state;
    // xoshiro256** after splitmix64 of 0, as the reference code of its authors gives it.
    struct random_seeded seeded;
    random_seeded_init(&seeded, 0);
    assert_true(seeded.state[0] == UINT64_C(0xE220A8397B1DCDAF));
    assert_true(seeded.state[1] == UINT64_C(0x6E789E6AA1B965F4));
    assert_true(random_u64(&seeded.source) == UINT64_C(0x99EC5F36CB75F2B4));
    assert_true(random_u64(&seeded.source) == UINT64_C(0xBF6E1F784956452A));
}

static void test_same_seed_same_bytes(void **state) {
    (void)state;
    struct random_seeded a;
    struct random_seeded b;
    random_seeded_init(&a, 42);
    random_seeded_init(&b, 42);
    for (size_t len = 0; len < 100; len++) {
        unsigned char x[100];
        unsigned char y[100];
        a.source.fill(&a.source, x, len);
        b.source.fill(&b.source, y, len);
        assert_memory_equal(x, y, len);
    }
    random_seeded_init(&b, 43);
    assert_true(random_u64(&a.source) != random_u64(&b.source));
}

static void test_below_is_in_range_and_even(void **state) {
    (void)state;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 7);
    unsigned counts[10] = {0};
    for (int i = 0; i < 100000; i++) {
        uint64_t value = random_below(&seeded.source, 10);
        assert_true(value < 10);
        counts[value]++;
    }
    for (size_t i = 0; i < 10; i++) {
        assert_in_range(counts[i], 9500, 10500);
    }
    assert_int_equal(random_below(&seeded.source, 1), 0);
    uint64_t bound = (UINT64_C(1) << 63) + 1; // almost half of all values are skipped
    for (int i = 0; i < 1000; i++) {
        assert_true(random_below(&seeded.source, bound) < bound);
    }
}

static void test_unit_is_in_range(void **state) {
    (void)state;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 9);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double value = random_unit(&seeded.source);
        assert_true(value >= 0 && value < 1);
        sum += value;
    }
    assert_true(sum > 49000 && sum < 51000);
}

static void test_kernel_fills_any_size(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 16, 255, 256, 257, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char bytes[5001];
        memset(bytes, 0, sizeof bytes);
        for (int round = 0; round < 30; round++) {
            unsigned char more[5001] = {0};
            random_system()->fill(random_system(), more, sizes[i]);
            for (size_t at = 0; at < sizeof bytes; at++) {
                bytes[at] |= more[at];
            }
        }
        for (size_t at = 0; at < sizeof bytes; at++) {
            // 30 rounds leave a byte at zero once in 2^240; what lies behind is never touched.
            assert_int_equal(bytes[at] != 0, at < sizes[i]);
        }
    }
}

static void test_a_fork_gives_other_bytes(void **state) {
    (void)state;
    (void)random_u64(random_system()); // the pool is filled before the fork
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        uint64_t value = random_u64(random_system());
        _exit(write(ends[1], &value, sizeof value) == (ssize_t)sizeof value ? 0 : 1);
    }
    uint64_t theirs = 0;
    assert_int_equal(read(ends[0], &theirs, sizeof theirs), sizeof theirs);
    assert_true(theirs != random_u64(random_system()));
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_seed_means_the_same_for_ever),
        cmocka_unit_test(test_same_seed_same_bytes),
        cmocka_unit_test(test_below_is_in_range_and_even),
        cmocka_unit_test(test_unit_is_in_range),
        cmocka_unit_test(test_kernel_fills_any_size),
        cmocka_unit_test(test_a_fork_gives_other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
