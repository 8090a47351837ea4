// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Starting named threads that take no signals; waiting by the monotonic clock.
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"

#define NAME_SIZE 16 // the kernel's TASK_COMM_LEN

struct start {
    void *(*run)(void *);
    void *context;
    char name[NAME_SIZE];
};

static void *begin(void *given) {
    struct start start = *(struct start *)given;
    free(given);
    // The name is for people: a thread without one works as well.
    (void)pthread_setname_np(pthread_self(), start.name);
    return start.run(start.context);
}

enum status thread_start(struct thread *thread, const char *name, void *(*run)(void *),
                         void *context) {
    struct start *start = malloc(sizeof *start);
    if (start == NULL) {
        return STATUS_NO_MEMORY;
    }
    start->run = run;
    start->context = context;
    snprintf(start->name, sizeof start->name, "%s", name);
    // A new thread inherits its maker's mask. Signals belong to the thread that asked for them, the loop of main.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    thread_must(pthread_sigmask(SIG_SETMASK, &all, &before));
    int failed = pthread_create(&thread->handle, NULL, begin, start);
    thread_must(pthread_sigmask(SIG_SETMASK, &before, NULL));
    if (failed != 0) {
        free(start);
        return failed == ENOMEM ? STATUS_NO_MEMORY : STATUS_UNAVAILABLE;
    }
    return STATUS_OK;
}

void thread_join(struct thread *thread) {
    thread_must(pthread_join(thread->handle, NULL));
}

void thread_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attributes;
    thread_must(pthread_condattr_init(&attributes));
    thread_must(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
    thread_must(pthread_cond_init(cond, &attributes));
    thread_must(pthread_condattr_destroy(&attributes));
}

_Bool thread_cond_wait_us(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t us) {
    // A year is as good as any longer time, and keeps the sum below within time_t.
    const int64_t longest = INT64_C(365) * 86400 * 1000000;
    us = us < 0 ? 0 : us > longest ? longest : us;
    struct timespec until;
    int failed = clock_gettime(CLOCK_MONOTONIC, &until);
    CHECK(failed == 0);
    until.tv_sec += us / 1000000;
    until.tv_nsec += us % 1000000 * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int result = pthread_cond_timedwait(cond, mutex, &until);
    CHECK(result == 0 || result == ETIMEDOUT);
    return result == 0;
}
