// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Threads by pthreads (C11 <threads.h> aborts under ThreadSanitizer), named so that tools can tell them apart.
#ifndef FOOTFALL_BASE_THREAD_H
#define FOOTFALL_BASE_THREAD_H

#include <pthread.h>
#include <stdint.h>

#include "base/check.h"
#include "base/status.h"

struct thread {
    pthread_t handle;
};

// name: at most 15 bytes, shown by ps -L and in metrics (CPU seconds by thread name). All signals are blocked in it.
MUST_CHECK enum status thread_start(struct thread *thread, const char *name, void *(*run)(void *),
                                    void *context);
void thread_join(struct thread *thread);
// For pthread calls that fail only when we misuse them: stops the process when error is not 0.
static inline void thread_must(int error) {
    CHECK(error == 0);
}
// Waits on a condition variable made by thread_cond_init for at most `us` microseconds; false on time-out.
void thread_cond_init(pthread_cond_t *cond); // uses CLOCK_MONOTONIC
_Bool thread_cond_wait_us(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t us);

#endif
