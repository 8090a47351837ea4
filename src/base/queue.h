// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// An intrusive queue from many threads to one: no allocation, one atomic operation a push, everything taken at once.
//
// Producers push nodes that live inside their own objects; the one consumer takes the whole chain in order of arrival.
// The push that finds the queue empty returns true: that producer, and only that one, must wake the consumer (uv_async_send,
// queue_wake). So a burst of a thousand pushes costs one wake-up.
#ifndef FOOTFALL_BASE_QUEUE_H
#define FOOTFALL_BASE_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct queue_node {
    struct queue_node *next;
};

struct queue {
    _Atomic(struct queue_node *) head; // newest first; taken and reversed by the consumer
};

void queue_init(struct queue *queue);
bool queue_push(struct queue *queue, struct queue_node *node); // any thread; true: it was empty
struct queue_node *queue_take_all(struct queue *queue); // consumer; oldest first; NULL when empty

// The sleeping side, for consumers that are plain threads.
struct queue_waker {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool signalled;
};
void queue_waker_init(struct queue_waker *waker);
void queue_waker_destroy(struct queue_waker *waker);
void queue_wake(struct queue_waker *waker); // any thread
void queue_wait(
    struct queue_waker *waker,
    int64_t
        timeout_us); // consumer; returns at a wake (also an earlier one) or time-out; <0: no time-out

// From a pointer to a member back to the object that holds it.
#define CONTAINER_OF(pointer, type, member)                                                        \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
