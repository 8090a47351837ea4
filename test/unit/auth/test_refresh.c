// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Looking at the keys again: who asks meanwhile shares one look, and everybody who waits is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/refresh.h"
#include "base/thread.h"

#define ASKERS 16

struct source {
    atomic_uint looks;
    atomic_bool held; // a look waits while it is
    enum status outcome;
    struct queue_waker waker;
};

static enum status load(void *context, struct error *err) {
    struct source *source = context;
    atomic_fetch_add(&source->looks, 1);
    while (atomic_load(&source->held)) {
        queue_wait(&source->waker, 1000);
    }
    return source->outcome == STATUS_OK ? STATUS_OK
                                        : error_set(err, source->outcome, "the store is away");
}

static struct auth_refresh *start(struct source *source, int64_t interval_ms) {
    struct auth_refresh *refresh = NULL;
    struct error err;
    const struct auth_refresh_config config = {
        .load = load, .context = source, .interval_ms = interval_ms, .least_ms = 1};
    queue_waker_init(&source->waker);
    assert_int_equal(auth_refresh_start(&config, &refresh, &err), STATUS_OK);
    return refresh;
}

static void looks_again_by_itself(void **state) {
    (void)state;
    struct source source = {.outcome = STATUS_OK};
    struct auth_refresh *refresh = start(&source, 1);
    while (atomic_load(&source.looks) < 5) {
        queue_wait(&source.waker, 1000);
    }
    assert_true(auth_refresh_stop(refresh));
    queue_waker_destroy(&source.waker);
}

struct asker {
    struct auth_refresh *refresh;
    struct thread thread;
    atomic_uint *asking;
    enum status status;
};

static void *ask(void *context) {
    struct asker *asker = context;
    atomic_fetch_add(asker->asking, 1);
    asker->status = auth_refresh_now(asker->refresh);
    return NULL;
}

static void start_askers(struct asker *askers, struct auth_refresh *refresh, atomic_uint *asking) {
    for (unsigned i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.refresh = refresh, .asking = asking};
        assert_int_equal(thread_start(&askers[i].thread, "asker", ask, &askers[i]), STATUS_OK);
    }
}

static void askers_share_a_look_that_begins_after_they_asked(void **state) {
    (void)state;
    struct source source = {.outcome = STATUS_OK};
    atomic_init(&source.held, true);
    struct auth_refresh *refresh = start(&source, INT64_C(3600000));
    struct asker askers[ASKERS];
    atomic_uint asking = 0;
    start_askers(askers, refresh, &asking);
    while (atomic_load(&asking) < ASKERS || atomic_load(&source.looks) == 0) {
        queue_wait(&source.waker, 1000);
    }
    assert_int_equal(atomic_load(&source.looks), 1); // held: nobody got a second one
    atomic_store(&source.held, false);
    for (unsigned i = 0; i < ASKERS; i++) {
        thread_join(&askers[i].thread);
        assert_int_equal(askers[i].status, STATUS_OK);
    }
    // The one that was under way, one for those who came meanwhile, one for who was late to the list.
    assert_in_range(atomic_load(&source.looks), 1, 3);
    assert_true(auth_refresh_stop(refresh));
    queue_waker_destroy(&source.waker);
}

static void a_failed_look_is_told(void **state) {
    (void)state;
    struct source source = {.outcome = STATUS_UNAVAILABLE};
    struct auth_refresh *refresh = start(&source, INT64_C(3600000));
    assert_int_equal(auth_refresh_now(refresh), STATUS_UNAVAILABLE);
    source.outcome = STATUS_OK;
    assert_int_equal(auth_refresh_now(refresh), STATUS_OK);
    assert_true(auth_refresh_stop(refresh));
    queue_waker_destroy(&source.waker);
}

static void stopping_sends_everybody_home(void **state) {
    (void)state;
    struct source source = {.outcome = STATUS_OK};
    struct auth_refresh *refresh = NULL;
    struct error err;
    const struct auth_refresh_config config = {.load = load,
                                               .context = &source,
                                               .interval_ms = INT64_C(3600000),
                                               .least_ms = INT64_C(3600000)};
    queue_waker_init(&source.waker);
    assert_int_equal(auth_refresh_start(&config, &refresh, &err), STATUS_OK);
    struct asker askers[ASKERS];
    atomic_uint asking = 0;
    start_askers(askers, refresh, &asking);
    while (auth_refresh_waiting(refresh) < ASKERS) {
        queue_wait(&source.waker, 1000);
    }
    assert_true(auth_refresh_stop(refresh));
    for (unsigned i = 0; i < ASKERS; i++) {
        thread_join(&askers[i].thread);
        assert_int_equal(askers[i].status, STATUS_CLOSED);
    }
    assert_int_equal(atomic_load(&source.looks), 0);
    queue_waker_destroy(&source.waker);
}

static void a_look_that_hangs_is_left_behind(void **state) {
    (void)state;
    static struct source source; // the thread may still be inside when the test is over
    atomic_store(&source.held, true);
    struct auth_refresh *refresh = start(&source, 1);
    while (atomic_load(&source.looks) == 0) {
        queue_wait(&source.waker, 1000);
    }
    assert_false(auth_refresh_stop(refresh));
    atomic_store(&source.held, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_again_by_itself),
        cmocka_unit_test(askers_share_a_look_that_begins_after_they_asked),
        cmocka_unit_test(a_failed_look_is_told),
        cmocka_unit_test(stopping_sends_everybody_home),
        cmocka_unit_test(a_look_that_hangs_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
