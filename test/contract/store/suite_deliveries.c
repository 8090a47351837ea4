// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What became of deliveries: versions, lists, rivals, what is long over.
#include <pthread.h>

#include "engines.h"
#include "store/deliveries.h"

#define DUE INT64_C(1795435200000)

static struct store_delivery row_at(const char *name, int64_t due_ms) {
    return (struct store_delivery){.name = str_from_c(name),
                                   .due_ms = due_ms,
                                   .state = STORE_DELIVERY_UNDER_WAY,
                                   .attempts = 1,
                                   .next_ms = due_ms + 7,
                                   .changed_ms = due_ms + 8};
}

static void a_row_is_written_over_the_version_that_was_read(void **state) {
    struct fixture *f = *state;
    struct store_delivery row = row_at("daily", DUE);
    struct store_delivery *rows = NULL;
    size_t count = 0;
    assert_ok(store_deliveries(f->store, STR("daily"), &f->arena, &rows, &count));
    assert_int_equal(count, 0);
    assert_status(store_delivery_put(f->store, &row, 3), STATUS_PRECONDITION);
    assert_ok(store_delivery_put(f->store, &row, 0));
    assert_status(store_delivery_put(f->store, &row, 0), STATUS_PRECONDITION);
    assert_status(store_delivery_put(f->store, &row, 2), STATUS_PRECONDITION);
    row.state = STORE_DELIVERY_GIVEN_UP;
    row.attempts = 9;
    row.error = STR("the receiver says 500");
    assert_ok(store_delivery_put(f->store, &row, 1));
    fixture_reopen(f);
    assert_ok(store_deliveries(f->store, STR("daily"), &f->arena, &rows, &count));
    assert_int_equal(count, 1);
    assert_str(rows[0].name, "daily");
    assert_true(rows[0].due_ms == DUE && rows[0].next_ms == DUE + 7 &&
                rows[0].changed_ms == DUE + 8);
    assert_int_equal(rows[0].state, STORE_DELIVERY_GIVEN_UP);
    assert_int_equal(rows[0].attempts, 9);
    assert_str(rows[0].error, "the receiver says 500");
    assert_int_equal(rows[0].version, 2);
    row.name = STR_EMPTY;
    assert_status(store_delivery_put(f->store, &row, 0), STATUS_INVALID);
}

static void the_last_due_come_first(void **state) {
    struct fixture *f = *state;
    struct store_delivery *rows = NULL;
    size_t count = 0;
    for (int64_t i = 0; i < 5; i++) {
        struct store_delivery row = row_at("a", DUE + (i * 3) % 5);
        struct store_delivery other = row_at("ab", DUE + i);
        assert_ok(store_delivery_put(f->store, &row, 0));
        assert_ok(store_delivery_put(f->store, &other, 0));
    }
    assert_ok(store_deliveries(f->store, STR("a"), &f->arena, &rows, &count));
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        assert_true(rows[i].due_ms == DUE + 4 - (int64_t)i);
        assert_str(rows[i].name, "a");
        assert_int_equal(rows[i].error.len, 0);
    }
}

#define RIVALS 8
struct rival {
    struct store *store;
    pthread_t thread;
    enum status status;
};

static void *claim(void *context) {
    struct rival *rival = context;
    struct store_delivery row = row_at("claimed", DUE);
    rival->status = store_delivery_put(rival->store, &row, 0);
    return NULL;
}

static void of_many_who_claim_one_delivers(void **state) {
    struct fixture *f = *state;
    struct rival rivals[RIVALS];
    int won = 0;
    for (int i = 0; i < RIVALS; i++) {
        rivals[i] = (struct rival){.store = f->store};
        assert_int_equal(pthread_create(&rivals[i].thread, NULL, claim, &rivals[i]), 0);
    }
    for (int i = 0; i < RIVALS; i++) {
        pthread_join(rivals[i].thread, NULL);
        won += rivals[i].status == STATUS_OK;
    }
    assert_true(won <= 1);
    assert_true(f->remote || won == 1);
}

static void what_is_long_over_is_swept(void **state) {
    struct fixture *f = *state;
    struct store_delivery old = row_at("old", DUE);
    struct store_delivery fresh = row_at("old", DUE + 1000);
    struct store_delivery *rows = NULL;
    size_t count = 0;
    assert_ok(store_delivery_put(f->store, &old, 0));
    assert_ok(store_delivery_put(f->store, &fresh, 0));
    assert_ok(store_deliveries_sweep(f->store, DUE + STORE_DELIVERIES_KEPT_MS + 500));
    assert_ok(store_deliveries(f->store, STR("old"), &f->arena, &rows, &count));
    assert_true(f->remote || count == 1);
    assert_true(rows[0].due_ms == DUE + 1000);
}

void suite_deliveries(struct suite *suite) {
    SUITE_ADD(suite, a_row_is_written_over_the_version_that_was_read);
    SUITE_ADD(suite, the_last_due_come_first);
    SUITE_ADD(suite, of_many_who_claim_one_delivers);
    SUITE_ADD(suite, what_is_long_over_is_swept);
}
