// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Threads: names, masked signals, waiting by the monotonic clock.
#include "base/thread.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct seen {
    char name[16];
    bool masked;
};

static void *look(void *context) {
    struct seen *seen = context;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    seen->masked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGUSR1) == 1;
    pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
    return NULL;
}

static void test_named_and_without_signals(void **state) {
    (void)state;
    static const char *const names[][2] = {{"committer", "committer"},
                                           {"a-name-that-is-too-long", "a-name-that-is-"}};
    for (size_t i = 0; i < 2; i++) {
        struct seen seen = {"", false};
        struct thread thread;
        assert_int_equal(thread_start(&thread, names[i][0], look, &seen), STATUS_OK);
        thread_join(&thread);
        assert_string_equal(seen.name, names[i][1]);
        assert_true(seen.masked);
    }
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_int_equal(sigismember(&mask, SIGTERM), 0); // ours is as before
}

static void test_no_memory(void **state) {
    (void)state;
    struct seen seen = {"", false};
    struct thread thread;
    failing_malloc_arm(0);
    assert_int_equal(thread_start(&thread, "x", look, &seen), STATUS_NO_MEMORY);
    assert_true(failing_malloc_disarm());
}

static void test_waiting_ends_in_time(void **state) {
    (void)state;
    pthread_cond_t cond;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    thread_cond_init(&cond);
    struct clock *clock = clock_system();
    pthread_mutex_lock(&mutex);
    int64_t start = clock->mono_us(clock);
    // A wake-up without cause is allowed: the time-out still comes.
    while (thread_cond_wait_us(&cond, &mutex, 20000)) {
    }
    assert_true(clock->mono_us(clock) - start >= 20000);
    while (thread_cond_wait_us(&cond, &mutex, -1)) {
    }
    pthread_mutex_unlock(&mutex);
    pthread_cond_destroy(&cond);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named_and_without_signals),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_waiting_ends_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
