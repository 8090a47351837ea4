// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// That a stopped server is not freed under a thread that is still handing over a reply.
#include "harness.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/thread.h"

// Long for a server that stops too early, which takes some milliseconds.
#define PATIENCE_US 300000

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct http_server *server;
    struct http_exchange *exchange;
    bool waking; // the replying thread has handed over its reply and is about to wake the loop
    bool stopped;
    bool too_early;
} scene = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local bool is_replying;

// Stands before libuv's: holds the replying thread where it would be if it lost the processor.
int uv_async_send(uv_async_t *handle) {
    int (*send)(uv_async_t *) = NULL;
    void *found = dlsym(RTLD_NEXT, "uv_async_send");
    memcpy(&send, &found, sizeof send);
    if (is_replying) {
        pthread_mutex_lock(&scene.mutex);
        scene.waking = true;
        pthread_cond_broadcast(&scene.changed);
        while (!scene.stopped && thread_cond_wait_us(&scene.changed, &scene.mutex, PATIENCE_US)) {
        }
        scene.too_early = scene.stopped;
        pthread_mutex_unlock(&scene.mutex);
        if (scene.too_early) {
            return 0; // the handle is gone
        }
    }
    return send(handle);
}

static void keep(struct http_exchange *exchange, void *context) {
    (void)context;
    pthread_mutex_lock(&scene.mutex);
    scene.exchange = exchange;
    pthread_cond_broadcast(&scene.changed);
    pthread_mutex_unlock(&scene.mutex);
}

static void *reply(void *context) {
    (void)context;
    is_replying = true;
    http_reply_send(scene.exchange, 204, NULL);
    return NULL;
}

static void *stop(void *context) {
    (void)context;
    http_server_stop(scene.server);
    pthread_mutex_lock(&scene.mutex);
    scene.stopped = true;
    pthread_cond_broadcast(&scene.changed);
    pthread_mutex_unlock(&scene.mutex);
    return NULL;
}

static void test_stop_waits_for_who_is_replying(void **state) {
    (void)state;
    pthread_t replier, stopper;
    thread_cond_init(&scene.changed);
    struct http_server_config config = {.threads = 1};
    scene.server = harness_start(keep, NULL, &config);
    int fd = harness_connect(scene.server);
    harness_send_text(fd, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    pthread_mutex_lock(&scene.mutex);
    while (!scene.exchange) {
        pthread_cond_wait(&scene.changed, &scene.mutex);
    }
    assert_int_equal(pthread_create(&replier, NULL, reply, NULL), 0);
    while (!scene.waking) {
        pthread_cond_wait(&scene.changed, &scene.mutex);
    }
    pthread_mutex_unlock(&scene.mutex);
    assert_int_equal(pthread_create(&stopper, NULL, stop, NULL), 0);
    ASSERT_CONTAINS(harness_read_all(fd), "HTTP/1.1 204 "); // stopping woke the loop instead
    close(fd);
    pthread_join(replier, NULL);
    pthread_join(stopper, NULL);
    assert_false(scene.too_early);
    pthread_cond_destroy(&scene.changed);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stop_waits_for_who_is_replying)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
