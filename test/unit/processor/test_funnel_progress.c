// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Chains of remembered events: by hand, in any order, at their bounds, and as text.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "processor/funnel_progress.h"
#include "processor/funnels.h"

#define HOUR (3600 * INT64_C(1000))
#define DAY (24 * HOUR)
#define DAYS 400

// What was counted: by day of entry, how many steps were reached, and when.
struct counted {
    struct funnel_chain days[DAYS];
};

static bool is_same(const struct funnel_chain *a, const struct funnel_chain *b) {
    return a->reached == b->reached && memcmp(a->ms, b->ms, a->reached * sizeof a->ms[0]) == 0;
}

// What was counted before is what is taken back.
static enum status note(const struct funnel_change *change, void *context) {
    struct counted *counted = context;
    assert_true(is_same(&counted->days[change->day], &change->before));
    assert_true(change->after.reached >= change->before.reached);
    counted->days[change->day] = change->after;
    return STATUS_OK;
}

static const struct funnel_measure three_steps = {.within_ms = 2 * DAY, .step_count = 3};

static void add(struct funnel_progress *progress, struct counted *counted, int64_t ms,
                unsigned steps) {
    struct funnel_progress_match match = {
        .ms = ms, .day = (int32_t)(ms / DAY), .steps = (uint16_t)steps};
    int32_t close =
        (int32_t)((ms + 1000 * DAY - three_steps.within_ms - PROGRESS_LATE_MS) / DAY - 1000) - 1;
    assert_int_equal(funnel_progress_add(progress, &three_steps, match, close, note, counted),
                     STATUS_OK);
}

static void expect(const struct counted *counted, int32_t day, unsigned reached, ...) {
    const struct funnel_chain *chain = &counted->days[day];
    va_list times;
    va_start(times, reached);
    assert_int_equal(chain->reached, reached);
    for (unsigned i = 0; i < reached; i++) {
        assert_int_equal(chain->ms[i], va_arg(times, int64_t));
    }
    va_end(times);
}

static void test_in_order(void **state) {
    (void)state;
    struct counted counted = {0};
    struct funnel_progress *progress = funnel_progress_make(1);
    add(progress, &counted, 10 * DAY, 1);
    add(progress, &counted, 10 * DAY + HOUR, 4); // not before the second step
    add(progress, &counted, 10 * DAY + 2 * HOUR, 2);
    add(progress, &counted, 10 * DAY + 3 * HOUR, 2); // the earliest counts
    add(progress, &counted, 12 * DAY, 4);            // to the moment
    expect(&counted, 10, 3, 10 * DAY, 10 * DAY + 2 * HOUR, 12 * DAY);
    add(progress, &counted, 12 * DAY + 1, 3); // two steps, but one of them at a time
    expect(&counted, 12, 1, 12 * DAY + 1);
    funnel_progress_free(progress);
}

static void test_window_counts_from_the_best_beginning(void **state) {
    (void)state;
    struct counted counted = {0};
    struct funnel_progress *progress = funnel_progress_make(1);
    add(progress, &counted, 10 * DAY, 1);
    add(progress, &counted, 10 * DAY + HOUR, 1);
    add(progress, &counted, 12 * DAY + 1, 2); // too late for the first, not for the second
    expect(&counted, 10, 2, 10 * DAY + HOUR, 12 * DAY + 1);
    add(progress, &counted, 11 * DAY, 2); // late: of equal ones the earliest
    expect(&counted, 10, 2, 10 * DAY, 11 * DAY);
    funnel_progress_free(progress);
}

static void test_same_moment_is_not_later(void **state) {
    (void)state;
    struct counted counted = {0};
    struct funnel_progress *progress = funnel_progress_make(1);
    add(progress, &counted, 10 * DAY, 1);
    add(progress, &counted, 10 * DAY, 2);
    expect(&counted, 10, 1, 10 * DAY);
    assert_int_equal(progress->count, 1);
    funnel_progress_free(progress);
}

static void test_days_close(void **state) {
    (void)state;
    struct counted counted = {0};
    struct funnel_progress *progress = funnel_progress_make(1);
    add(progress, &counted, 10 * DAY, 1);
    add(progress, &counted, 14 * DAY - 1, 2); // day 10 is open: 2 days and one more
    add(progress, &counted, 11 * DAY, 2);
    expect(&counted, 10, 2, 10 * DAY, 11 * DAY);
    add(progress, &counted, 14 * DAY, 2);
    assert_int_equal(progress->closed, 10);
    add(progress, &counted, 10 * DAY + 1, 2);
    add(progress, &counted, 10 * DAY - 1, 1);
    expect(&counted, 10, 2, 10 * DAY, 11 * DAY);
    expect(&counted, 9, 0);
    add(progress, &counted, 200 * DAY, 4);
    assert_int_equal(progress->count, 1);
    funnel_progress_free(progress);
}

// A few events in every order come to the same.
static void test_order_does_not_matter(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        unsigned steps;
    } events[] = {
        {10 * DAY, 1}, {10 * DAY + HOUR, 2}, {10 * DAY + 2 * HOUR, 1},
        {11 * DAY, 3}, {11 * DAY + HOUR, 4}, {11 * DAY + 5 * HOUR, 1},
        {12 * DAY, 2}, {12 * DAY + HOUR, 6}, {12 * DAY + 3 * HOUR, 4},
        {10 * DAY, 4},
    };
    enum { COUNT = sizeof events / sizeof events[0] };
    struct counted expected = {0};
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    for (unsigned turn = 0; turn < 2000; turn++) {
        struct counted counted = {0};
        struct funnel_progress *progress = funnel_progress_make(1);
        size_t order[COUNT] = {0};
        for (size_t i = 0; i < COUNT; i++) {
            size_t at = turn == 0 ? i : (size_t)random_below(&seeded.source, i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        for (size_t i = 0; i < COUNT; i++) {
            add(progress, &counted, events[order[i]].ms, events[order[i]].steps);
        }
        if (turn == 0) {
            expected = counted;
        }
        for (int32_t day = 0; day < DAYS; day++) {
            assert_true(is_same(&expected.days[day], &counted.days[day]));
        }
        funnel_progress_free(progress);
    }
    expect(&expected, 10, 3, 10 * DAY, 10 * DAY + HOUR, 11 * DAY + HOUR);
}

static void test_spare_ones_are_forgotten(void **state) {
    (void)state;
    struct counted counted = {0};
    struct funnel_progress *progress = funnel_progress_make(1);
    for (int64_t i = 0; i < 1000; i++) {
        add(progress, &counted, 10 * DAY + HOUR + i, 1);
    }
    assert_int_equal(progress->count, 1 + PROGRESS_SPARE_MAX);
    expect(&counted, 10, 1, 10 * DAY + HOUR);
    add(progress, &counted, 10 * DAY + 2 * HOUR, 2);
    add(progress, &counted, 10 * DAY + 3 * HOUR, 4);
    expect(&counted, 10, 3, 10 * DAY + HOUR, 10 * DAY + 2 * HOUR, 10 * DAY + 3 * HOUR);
    // One that is not behind another must not push out what chains are made of.
    for (int64_t i = 0; i < 1000; i++) {
        add(progress, &counted, 10 * DAY + 4 * HOUR + i, 4);
    }
    assert_int_equal(progress->count, 3 + PROGRESS_SPARE_MAX);
    expect(&counted, 10, 3, 10 * DAY + HOUR, 10 * DAY + 2 * HOUR, 10 * DAY + 3 * HOUR);
    funnel_progress_free(progress);
}

// Sixteen steps a day over a window of 64 days are more than is remembered: the oldest entries are closed as they are.
static void test_too_many_close_the_oldest(void **state) {
    (void)state;
    struct counted counted = {0};
    struct funnel_progress *progress = funnel_progress_make(1);
    const struct funnel_measure long_one = {.within_ms = 64 * DAY, .step_count = 16};
    for (int32_t day = 100; day < 160; day++) {
        for (int step = 0; step < 16; step++) {
            struct funnel_progress_match match = {
                .ms = day * DAY + step * HOUR, .day = day, .steps = (uint16_t)(1U << step)};
            assert_int_equal(
                funnel_progress_add(progress, &long_one, match, day - 66, note, &counted),
                STATUS_OK);
            assert_true(progress->count <= PROGRESS_MATCHES_MAX);
        }
    }
    assert_int_equal(progress->closed, 151); // 8 days of 16
    for (int32_t day = 100; day < 160; day++) {
        assert_int_equal(counted.days[day].reached, 16);
    }
    funnel_progress_free(progress);
}

// --- As text --------------------------------------------------------------------------------------------------------

static void free_all(struct funnel_progress *progress) {
    while (progress) {
        struct funnel_progress *next = progress->next;
        funnel_progress_free(progress);
        progress = next;
    }
}

static void test_text(void **state) {
    (void)state;
    struct counted counted = {0};
    struct buffer text, again;
    struct funnel_progress *first = funnel_progress_make(UINT64_C(0xfedcba9876543210)), *read;
    first->next = funnel_progress_make(7);
    add(first, &counted, 10 * DAY, 1);
    add(first, &counted, 11 * DAY + 5, 6);
    buffer_init(&text, 1 << 16);
    buffer_init(&again, 1 << 16);
    funnel_progress_write(first, &text);
    assert_true(str_equal(
        buffer_str(&text),
        STR("fedcba9876543210 7 864000000:10:1 86400005:1:6;0000000000000007 -2147483648;")));
    assert_int_equal(funnel_progress_read(buffer_str(&text), &read), STATUS_OK);
    funnel_progress_write(read, &again);
    assert_true(str_equal(buffer_str(&text), buffer_str(&again)));
    assert_int_equal(read->matches[1].ms, 11 * DAY + 5);
    assert_int_equal(read->matches[1].day, 11);
    free_all(read);
    free_all(first);
    assert_int_equal(funnel_progress_read(STR(""), &read), STATUS_OK);
    assert_null(read);
    buffer_free(&text);
    buffer_free(&again);
}

static void test_text_that_nobody_wrote(void **state) {
    (void)state;
    static const char *const texts[] = {
        ";",
        "x",
        "0000000000000007;",
        "000000000000000g 1;",
        "00000000000000007 1;",
        "0000000000000007 1",
        "0000000000000007 99999999999;",
        "0000000000000007 1 5:1:0;",
        "0000000000000007 1 5:1:65536;",
        "0000000000000007 1 5:1;",
        "0000000000000007 1 5:1:1 0:0:1;",
        "0000000000000007 1 5:1:1 -1:0:1;",
        "0000000000000007 1 9223372036854775807:1:1 1:0:1;",
        "0000000000000007 1 5:2147483647:1 1:1:1;",
        "0000000000000007 1  5:1:1;",
        "0000000000000007 1;0000000000000007 1;x;",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct funnel_progress *read = NULL;
        assert_int_equal(funnel_progress_read(str_from_c(texts[i]), &read), STATUS_CORRUPT);
        assert_null(read);
    }
}

static void test_seconds(void **state) {
    (void)state;
    static const int64_t pairs[][2] = {{0, 0},       {63, 63},      {64, 64},    {65, 64},
                                       {127, 126},   {128, 128},    {1000, 992}, {1007, 992},
                                       {1008, 1008}, {86399, 86016}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_int_equal(funnels_seconds(pairs[i][0]), pairs[i][1]);
    }
    for (int64_t s = 1; s < 64 * 86400; s = s * 9 / 8 + 1) {
        assert_true(funnels_seconds(s) <= s && s - funnels_seconds(s) <= s / 32);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_window_counts_from_the_best_beginning),
        cmocka_unit_test(test_same_moment_is_not_later),
        cmocka_unit_test(test_days_close),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_spare_ones_are_forgotten),
        cmocka_unit_test(test_too_many_close_the_oldest),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_that_nobody_wrote),
        cmocka_unit_test(test_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
