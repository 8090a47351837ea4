// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Activity bitmaps against arrays of flags, in random orders; trailing counts against a recount.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/random.h"
#include "processor/actives.h"

#define SPAN 200
#define MARGIN 40
#define DAYS (SPAN + 2 * MARGIN)
#define FIRST 20000

static bool any(const bool *active, int32_t from, int32_t to) {
    for (int32_t day = from < 0 ? 0 : from; day <= to && day < DAYS; day++) {
        if (active[day]) {
            return true;
        }
    }
    return false;
}

static void test_neighbours(void **state) {
    (void)state;
    struct random_seeded random;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct actives actives = {0};
        bool active[DAYS] = {false};
        random_seeded_init(&random, seed);
        for (uint64_t n = random_below(&random.source, 40); n > 0; n--) {
            int32_t day = MARGIN + (int32_t)random_below(&random.source, SPAN);
            active[day] = true;
            assert_int_equal(actives_set(&actives, FIRST + day), STATUS_OK);
        }
        for (int32_t day = 0; day < DAYS; day++) {
            int32_t before = day - 1, after = day + 1;
            while (before >= 0 && !active[before]) {
                before--;
            }
            while (after < DAYS && !active[after]) {
                after++;
            }
            assert_int_equal(actives_has(&actives, FIRST + day), active[day]);
            assert_int_equal(actives_before(&actives, FIRST + day),
                             before < 0 ? INT32_MIN : FIRST + before);
            assert_int_equal(actives_after(&actives, FIRST + day),
                             after == DAYS ? INT32_MAX : FIRST + after);
        }
        actives_free(&actives);
    }
}

static void trailing_equals(uint64_t seed, int32_t length) {
    struct random_seeded random;
    struct actives actives = {0};
    bool active[DAYS] = {false};
    int counts[DAYS] = {0};
    random_seeded_init(&random, seed);
    for (uint64_t n = 1 + random_below(&random.source, 60); n > 0; n--) {
        int32_t day = MARGIN + (int32_t)random_below(&random.source, SPAN), from, to;
        if (active[day]) {
            continue;
        }
        active[day] = true;
        assert_int_equal(actives_set(&actives, FIRST + day), STATUS_OK);
        actives_gain(FIRST + day, length, actives_before(&actives, FIRST + day),
                     actives_after(&actives, FIRST + day), &from, &to);
        for (int32_t at = from; at <= to; at++) {
            counts[at - FIRST]++;
        }
    }
    for (int32_t day = 0; day < DAYS; day++) {
        assert_int_equal(counts[day], any(active, day - length + 1, day));
    }
    actives_free(&actives);
}

static void test_trailing_counts(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        trailing_equals(seed, 7);
        trailing_equals(seed, 30);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_trailing_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
