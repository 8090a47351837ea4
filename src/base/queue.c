// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A Treiber stack that is taken whole and turned round, which makes it a queue without the ABA problem.
#include "base/queue.h"

#include "base/clock.h"
#include "base/thread.h"

void queue_init(struct queue *queue) {
    atomic_init(&queue->head, NULL);
}

bool queue_push(struct queue *queue, struct queue_node *node) {
    struct queue_node *newest = atomic_load_explicit(&queue->head, memory_order_relaxed);
    do {
        node->next = newest;
        // Release: what the producer wrote into its object is seen by the consumer's acquire.
    } while (!atomic_compare_exchange_weak_explicit(&queue->head, &newest, node,
                                                    memory_order_release, memory_order_relaxed));
    return newest == NULL;
}

struct queue_node *queue_take_all(struct queue *queue) {
    if (atomic_load_explicit(&queue->head, memory_order_relaxed) == NULL) {
        return NULL; // without taking the cache line from the producers
    }
    struct queue_node *node = atomic_exchange_explicit(&queue->head, NULL, memory_order_acquire);
    struct queue_node *oldest = NULL;
    while (node != NULL) {
        struct queue_node *next = node->next;
        node->next = oldest;
        oldest = node;
        node = next;
    }
    return oldest;
}

void queue_waker_init(struct queue_waker *waker) {
    thread_must(pthread_mutex_init(&waker->mutex, NULL));
    thread_cond_init(&waker->cond);
    waker->signalled = false;
}

void queue_waker_destroy(struct queue_waker *waker) {
    thread_must(pthread_cond_destroy(&waker->cond));
    thread_must(pthread_mutex_destroy(&waker->mutex));
}

void queue_wake(struct queue_waker *waker) {
    thread_must(pthread_mutex_lock(&waker->mutex));
    waker->signalled = true;
    // Under the lock: the consumer may destroy the waker as soon as it has seen the flag.
    thread_must(pthread_cond_signal(&waker->cond));
    thread_must(pthread_mutex_unlock(&waker->mutex));
}

void queue_wait(struct queue_waker *waker, int64_t timeout_us) {
    struct clock *clock = clock_system();
    int64_t started = clock->mono_us(clock);
    int64_t left = timeout_us;
    thread_must(pthread_mutex_lock(&waker->mutex));
    while (!waker->signalled) {
        if (timeout_us < 0) {
            thread_must(pthread_cond_wait(&waker->cond, &waker->mutex));
        } else if (left <= 0 || !thread_cond_wait_us(&waker->cond, &waker->mutex, left)) {
            break;
        } else {
            left = timeout_us - (clock->mono_us(clock) - started);
        }
    }
    waker->signalled = false;
    thread_must(pthread_mutex_unlock(&waker->mutex));
}
