// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The queue: order of each producer, nothing lost, one wake a burst, with real threads.
#include "base/queue.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PRODUCERS 4
#define ITEMS 20000

struct item {
    int producer;
    int number;
    struct queue_node node;
};

static void test_oldest_first(void **state) {
    (void)state;
    struct queue queue;
    queue_init(&queue);
    assert_null(queue_take_all(&queue));
    struct item items[3];
    assert_true(queue_push(&queue, &items[0].node));
    assert_false(queue_push(&queue, &items[1].node));
    assert_false(queue_push(&queue, &items[2].node));
    struct queue_node *node = queue_take_all(&queue);
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_equal(CONTAINER_OF(node, struct item, node), &items[i]);
        node = node->next;
    }
    assert_null(node);
    assert_null(queue_take_all(&queue));
    assert_true(queue_push(&queue, &items[0].node));
}

struct producer {
    struct queue *queue;
    struct queue_waker *waker;
    struct item *items;
};

static void *produce(void *context) {
    struct producer *producer = context;
    for (int i = 0; i < ITEMS; i++) {
        if (queue_push(producer->queue, &producer->items[i].node)) {
            queue_wake(producer->waker);
        }
    }
    return NULL;
}

static void consume_all(struct queue *queue, struct queue_waker *waker) {
    int next[PRODUCERS] = {0};
    for (int taken = 0; taken < PRODUCERS * ITEMS;) {
        struct queue_node *node = queue_take_all(queue);
        if (node == NULL) {
            queue_wait(waker, -1); // hangs should a wake be lost
        }
        for (; node != NULL; node = node->next, taken++) {
            struct item *item = CONTAINER_OF(node, struct item, node);
            assert_int_equal(item->number, next[item->producer]);
            next[item->producer]++;
        }
    }
}

static void test_many_producers(void **state) {
    (void)state;
    struct queue queue;
    struct queue_waker waker;
    queue_init(&queue);
    queue_waker_init(&waker);
    struct producer producers[PRODUCERS];
    struct thread threads[PRODUCERS];
    for (int p = 0; p < PRODUCERS; p++) {
        producers[p] = (struct producer){&queue, &waker, calloc(ITEMS, sizeof(struct item))};
        assert_non_null(producers[p].items);
        for (int i = 0; i < ITEMS; i++) {
            producers[p].items[i].producer = p;
            producers[p].items[i].number = i;
        }
    }
    for (int p = 0; p < PRODUCERS; p++) {
        assert_int_equal(thread_start(&threads[p], "producer", produce, &producers[p]), STATUS_OK);
    }
    consume_all(&queue, &waker);
    for (int p = 0; p < PRODUCERS; p++) {
        thread_join(&threads[p]);
        free(producers[p].items);
    }
    assert_null(queue_take_all(&queue));
    queue_waker_destroy(&waker);
}

static void test_waiting(void **state) {
    (void)state;
    struct queue_waker waker;
    queue_waker_init(&waker);
    queue_wake(&waker);
    queue_wait(&waker, -1); // an earlier wake counts, once
    struct clock *clock = clock_system();
    int64_t start = clock->mono_us(clock);
    queue_wait(&waker, 20000);
    assert_true(clock->mono_us(clock) - start >= 20000);
    queue_wait(&waker, 0);
    queue_waker_destroy(&waker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oldest_first),
        cmocka_unit_test(test_many_producers),
        cmocka_unit_test(test_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
