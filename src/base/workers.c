// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A bounded list of works under one lock, and the threads that take from it.
#include "base/workers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t changed; // a work was added, or closing began
    struct work *oldest;
    struct work *newest;
    unsigned waiting;
    unsigned waiting_max;
    bool closing;
    unsigned started; // threads
    struct thread threads[];
};

// NULL once closing has begun and nothing is left.
static struct work *take(struct workers *workers) {
    thread_must(pthread_mutex_lock(&workers->mutex));
    while (workers->oldest == NULL && !workers->closing) {
        thread_must(pthread_cond_wait(&workers->changed, &workers->mutex));
    }
    struct work *work = workers->oldest;
    if (work != NULL) {
        workers->oldest = work->next;
        workers->newest = work->next == NULL ? NULL : workers->newest;
        workers->waiting--;
        work->next = NULL;
    }
    thread_must(pthread_mutex_unlock(&workers->mutex));
    return work;
}

static void *run_works(void *context) {
    struct work *work = NULL;
    while ((work = take(context)) != NULL) {
        work->run(work);
    }
    return NULL;
}

enum status workers_start(unsigned count, unsigned queue_max, const char *name,
                          struct workers **out) {
    *out = NULL;
    if (count == 0 || queue_max == 0) {
        return STATUS_INVALID;
    }
    struct workers *workers = calloc(1, sizeof *workers + count * sizeof workers->threads[0]);
    if (workers == NULL) {
        return STATUS_NO_MEMORY;
    }
    thread_must(pthread_mutex_init(&workers->mutex, NULL));
    thread_must(pthread_cond_init(&workers->changed, NULL));
    workers->waiting_max = queue_max;
    for (unsigned i = 0; i < count; i++) {
        char thread_name[16];
        // The number tells threads apart and must not be what is cut off.
        snprintf(thread_name, sizeof thread_name, "%.11s-%u", name, i % 1000);
        enum status status = thread_start(&workers->threads[i], thread_name, run_works, workers);
        if (status != STATUS_OK) {
            workers_stop(workers);
            return status;
        }
        workers->started++;
    }
    *out = workers;
    return STATUS_OK;
}

enum status workers_submit(struct workers *workers, struct work *work) {
    enum status status = STATUS_OK;
    thread_must(pthread_mutex_lock(&workers->mutex));
    if (workers->closing) {
        status = STATUS_CLOSED;
    } else if (workers->waiting == workers->waiting_max) {
        status = STATUS_FULL;
    } else {
        work->next = NULL;
        if (workers->newest == NULL) {
            workers->oldest = work;
        } else {
            workers->newest->next = work;
        }
        workers->newest = work;
        workers->waiting++;
        thread_must(pthread_cond_signal(&workers->changed));
    }
    thread_must(pthread_mutex_unlock(&workers->mutex));
    return status;
}

void workers_stop(struct workers *workers) {
    if (workers == NULL) {
        return;
    }
    thread_must(pthread_mutex_lock(&workers->mutex));
    workers->closing = true;
    thread_must(pthread_cond_broadcast(&workers->changed));
    thread_must(pthread_mutex_unlock(&workers->mutex));
    for (unsigned i = 0; i < workers->started; i++) {
        thread_join(&workers->threads[i]);
    }
    thread_must(pthread_cond_destroy(&workers->changed));
    thread_must(pthread_mutex_destroy(&workers->mutex));
    free(workers);
}
