// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The pool: every work once, FULL at the limit, CLOSED while stopping, queued works finished.
#include "base/workers.h"

#include <sched.h>

#include "base/thread.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WORKS 5000

struct job {
    struct work work;
    atomic_int *runs;
};

static void count_run(struct work *work) {
    struct job *job = CONTAINER_OF(work, struct job, work);
    atomic_fetch_add(job->runs, 1);
}

static void test_every_work_runs_once(void **state) {
    (void)state;
    static struct job jobs[WORKS];
    static atomic_int runs[WORKS];
    struct workers *workers = NULL;
    assert_int_equal(workers_start(3, WORKS, "pool", &workers), STATUS_OK);
    for (size_t i = 0; i < WORKS; i++) {
        jobs[i] = (struct job){{NULL, count_run}, &runs[i]};
        assert_int_equal(workers_submit(workers, &jobs[i].work), STATUS_OK);
    }
    workers_stop(workers);
    for (size_t i = 0; i < WORKS; i++) {
        assert_int_equal(atomic_load(&runs[i]), 1);
    }
}

// A work that waits until it is let go, so that a test can hold a pool's only thread.
struct gate {
    struct work work;
    struct queue_waker entered;
    struct queue_waker opened;
    char name[16];
};

static void pass_gate(struct work *work) {
    struct gate *gate = CONTAINER_OF(work, struct gate, work);
    pthread_getname_np(pthread_self(), gate->name, sizeof gate->name);
    queue_wake(&gate->entered);
    queue_wait(&gate->opened, -1);
}

static void gate_init(struct gate *gate) {
    gate->work.run = pass_gate;
    queue_waker_init(&gate->entered);
    queue_waker_init(&gate->opened);
}

static void gate_destroy(struct gate *gate) {
    queue_waker_destroy(&gate->entered);
    queue_waker_destroy(&gate->opened);
}

static void test_full_at_the_limit(void **state) {
    (void)state;
    struct workers *workers = NULL;
    struct gate gate;
    atomic_int runs = 0;
    struct job jobs[3];
    gate_init(&gate);
    assert_int_equal(workers_start(1, 2, "narrow", &workers), STATUS_OK);
    assert_int_equal(workers_submit(workers, &gate.work), STATUS_OK);
    queue_wait(&gate.entered, -1); // taken: now two may wait
    for (size_t i = 0; i < 3; i++) {
        jobs[i] = (struct job){{NULL, count_run}, &runs};
        assert_int_equal(workers_submit(workers, &jobs[i].work), i < 2 ? STATUS_OK : STATUS_FULL);
    }
    queue_wake(&gate.opened);
    workers_stop(workers);
    assert_int_equal(atomic_load(&runs), 2);
    assert_string_equal(gate.name, "narrow-0");
    gate_destroy(&gate);
}

struct late {
    struct work work;
    struct workers *workers;
    struct job job;
    enum status status;
};

// Submits until stopping has begun, from inside the pool, where the pool cannot be freed yet.
static void submit_until_closed(struct work *work) {
    struct late *late = CONTAINER_OF(work, struct late, work);
    do {
        late->status = workers_submit(late->workers, &late->job.work);
        if (late->status == STATUS_FULL) {
            sched_yield();
        }
    } while (late->status == STATUS_FULL);
}

static void test_closed_while_stopping(void **state) {
    (void)state;
    atomic_int runs = 0;
    struct job waiting = {{NULL, count_run}, &runs};
    struct late late = {.work = {NULL, submit_until_closed}, .job = {{NULL, count_run}, &runs}};
    struct gate gate;
    gate_init(&gate);
    assert_int_equal(workers_start(1, 2, "stop", &late.workers), STATUS_OK);
    assert_int_equal(workers_submit(late.workers, &gate.work), STATUS_OK);
    queue_wait(&gate.entered, -1);
    assert_int_equal(workers_submit(late.workers, &late.work), STATUS_OK);
    assert_int_equal(workers_submit(late.workers, &waiting.work), STATUS_OK);
    // With the one thread in submit_until_closed one place is free; fill it, so that only CLOSED ends the loop.
    struct gate second;
    gate_init(&second);
    queue_wake(&second.opened);
    queue_wake(&gate.opened);
    enum status status = STATUS_FULL;
    while (status == STATUS_FULL) {
        status = workers_submit(late.workers, &second.work);
    }
    assert_int_equal(status, STATUS_OK);
    workers_stop(late.workers);
    assert_true(late.status == STATUS_CLOSED || late.status == STATUS_OK);
    assert_int_equal(atomic_load(&runs), late.status == STATUS_OK ? 2 : 1);
    gate_destroy(&gate);
    gate_destroy(&second);
}

static void test_nonsense_is_refused(void **state) {
    (void)state;
    struct workers *workers = NULL;
    assert_int_equal(workers_start(0, 5, "x", &workers), STATUS_INVALID);
    assert_int_equal(workers_start(5, 0, "x", &workers), STATUS_INVALID);
    assert_null(workers);
    workers_stop(NULL);
}

static void test_every_allocation_may_fail(void **state) {
    (void)state;
    long n = 0;
    for (;; n++) {
        struct workers *workers = NULL;
        failing_malloc_arm(n);
        enum status status = workers_start(3, 5, "x", &workers);
        if (!failing_malloc_disarm()) {
            assert_int_equal(status, STATUS_OK);
            workers_stop(workers);
            break;
        }
        assert_int_equal(status, STATUS_NO_MEMORY);
        assert_null(workers);
    }
    assert_int_equal(n, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_work_runs_once),
        cmocka_unit_test(test_full_at_the_limit),
        cmocka_unit_test(test_closed_while_stopping),
        cmocka_unit_test(test_nonsense_is_refused),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
