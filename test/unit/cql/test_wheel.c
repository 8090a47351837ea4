// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The timer wheel: nothing early, nothing lost, whatever timers do to one another.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/queue.h"
#include "base/random.h"
#include "cql/wheel.h"

#define TIMERS 2000

static struct cql_wheel wheel;
static int64_t now;

struct probe {
    struct cql_timer timer;
    int64_t due;
    unsigned fired;
    struct probe *stops;
    int64_t again_after;
};

static void on_fire(struct cql_timer *timer) {
    struct probe *probe = CONTAINER_OF(timer, struct probe, timer);
    assert_true(now >= probe->due);
    assert_false(cql_timer_runs(timer));
    probe->fired++;
    if (probe->stops) {
        cql_timer_stop(&wheel, &probe->stops->timer);
    }
    if (probe->again_after > 0) {
        probe->due = now + probe->again_after;
        cql_timer_start(&wheel, timer, probe->due, on_fire);
    }
}

static void start(struct probe *probe, int64_t due) {
    probe->due = due;
    cql_timer_start(&wheel, &probe->timer, due, on_fire);
}

static void test_none_fires_early_and_all_fire(void **state) {
    (void)state;
    static struct probe probes[TIMERS];
    struct random_seeded random;
    random_seeded_init(&random, 1);
    now = 123456789;
    cql_wheel_init(&wheel, now);
    for (int i = 0; i < TIMERS; i++) {
        start(&probes[i], now + (int64_t)random_below(&random.source, 20000));
    }
    int64_t end = now + 20000 + CQL_WHEEL_TICK_MS;
    while (now < end) {
        now += (int64_t)random_below(&random.source, 300);
        cql_wheel_advance(&wheel, now);
        for (int i = 0; i < TIMERS; i++) {
            // At most a tick late.
            assert_int_equal(probes[i].fired == 0 && probes[i].due + CQL_WHEEL_TICK_MS <= now, 0);
        }
    }
    for (int i = 0; i < TIMERS; i++) {
        assert_int_equal(probes[i].fired, 1);
    }
    assert_true(cql_wheel_next_ms(&wheel) == INT64_MAX);
}

static void test_says_when_it_wants_to_be_called(void **state) {
    (void)state;
    struct probe near = {0};
    struct probe far = {0};
    now = 1000;
    cql_wheel_init(&wheel, now);
    assert_true(cql_wheel_next_ms(&wheel) == INT64_MAX);
    start(&far, now + 3500);
    assert_in_range(cql_wheel_next_ms(&wheel), now + 3500, now + 3500 + CQL_WHEEL_TICK_MS);
    start(&near, now + 10);
    assert_in_range(cql_wheel_next_ms(&wheel), now + 10, now + 10 + CQL_WHEEL_TICK_MS);
    cql_timer_stop(&wheel, &near.timer);
    assert_in_range(cql_wheel_next_ms(&wheel), now + 3500, now + 3500 + CQL_WHEEL_TICK_MS);
    cql_timer_stop(&wheel, &far.timer);
    cql_timer_stop(&wheel, &far.timer); // twice is fine
    assert_true(cql_wheel_next_ms(&wheel) == INT64_MAX);
}

static void test_following_its_wishes_fires_all(void **state) {
    (void)state;
    struct probe probes[3] = {0};
    now = 77;
    cql_wheel_init(&wheel, now);
    start(&probes[0], now + 5);
    start(&probes[1], now + 5000);    // more than once round
    start(&probes[2], now + 1000000); // many times round
    unsigned calls = 0;
    while (cql_wheel_next_ms(&wheel) != INT64_MAX && calls++ < 1000) {
        now = cql_wheel_next_ms(&wheel);
        cql_wheel_advance(&wheel, now);
    }
    assert_int_equal(probes[0].fired + probes[1].fired + probes[2].fired, 3);
    assert_true(calls < 1000);
}

static void test_timers_stop_and_start_others(void **state) {
    (void)state;
    struct probe victim = {0};
    struct probe killer = {.stops = &victim};
    struct probe again = {.again_after = 1};
    now = 5000;
    cql_wheel_init(&wheel, now);
    start(&victim, now + 8); // the same slot; whichever comes first
    start(&killer, now + 8);
    start(&again, now + 8);
    now += 20;
    cql_wheel_advance(&wheel, now);
    assert_int_equal(killer.fired, 1);
    assert_int_equal(victim.fired, 0);
    assert_true(again.fired >= 1);
    assert_true(cql_timer_runs(&again.timer));
    // What is due already waits for the next tick, so that advance ends.
    now += 1000000;
    cql_wheel_advance(&wheel, now);
    again.again_after = 0;
    now += 100;
    cql_wheel_advance(&wheel, now);
    assert_true(cql_wheel_next_ms(&wheel) == INT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_fires_early_and_all_fire),
        cmocka_unit_test(test_says_when_it_wants_to_be_called),
        cmocka_unit_test(test_following_its_wishes_fires_all),
        cmocka_unit_test(test_timers_stop_and_start_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
