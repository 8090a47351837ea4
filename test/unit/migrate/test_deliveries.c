// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What became of deliveries moves with an installation.
#include "sites.h"
#include "store/deliveries.h"

#define PARTITIONS 3

// What the store would have forgotten by itself is not carried on, and is no difference.
static void deliveries_of_long_ago_are_left_behind(void **state) {
    (void)state;
    struct site source, target;
    struct move move;
    struct arena arena;
    struct store_delivery *rows = NULL;
    size_t count = 0;
    int64_t now = clock_system()->wall_ms(clock_system());
    struct store_delivery old = {.name = STR("daily"),
                                 .due_ms = now - STORE_DELIVERIES_KEPT_MS - 1000,
                                 .state = STORE_DELIVERY_DELIVERED,
                                 .attempts = 1};
    site_open(&source, false, PARTITIONS);
    site_open(&target, false, PARTITIONS);
    site_settle(&source);
    assert_status(store_delivery_put(source.store, &old, 0), STATUS_OK);
    move_init(&move, &source, &target);
    move_finish(&move);
    arena_init(&arena, 4096, 0);
    assert_status(store_deliveries(target.store, STR("daily"), &arena, &rows, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].version, 4);
    assert_int_equal(rows[0].attempts, 3);
    assert_true(str_equal(rows[0].error, STR("late")));
    arena_free(&arena);
    move_free(&move);
    site_close(&source);
    site_close(&target);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deliveries_of_long_ago_are_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
