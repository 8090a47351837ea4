// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One thread that looks, and a list of those who wait for the next look.
#include "auth/refresh.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

#define INTERVAL_MS 2000
#define LEAST_MS 250
#define STOP_US ((int64_t)1000 * 1000)

struct waiter {
    struct waiter *next;
    void (*done)(struct waiter *waiter, enum status status);
};

struct asked {            // in the arena of its exchange
    struct waiter waiter; // first member
    struct http_exchange *exchange;
    auth_refresh_again *again;
    void *context;
    enum status status;
};

struct blocked {          // on the stack of its thread
    struct waiter waiter; // first member
    struct queue_waker waker;
    enum status status;
};

struct auth_refresh {
    struct auth_refresh_config config;
    struct thread thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct waiter *waiting;
    bool stopping;
    bool ended;       // the thread has nothing more to do
    bool left_behind; // nobody waits for the thread any more
    bool failing;     // the last look failed, which was logged
};

static void finish(struct waiter *waiting, enum status status) {
    while (waiting) {
        struct waiter *next = waiting->next; // done gives the memory away
        waiting->done(waiting, status);
        waiting = next;
    }
}

static enum status look(struct auth_refresh *refresh) {
    struct error err = {STATUS_OK, ""};
    enum status status = refresh->config.load(refresh->config.context, &err);
    if (status != STATUS_OK && !refresh->failing) {
        LOG_WARN("auth", "keys cannot be read; those known go on working",
                 LOG_CSTR("reason", err.text));
    } else if (status == STATUS_OK && refresh->failing) {
        LOG_INFO("auth", "keys can be read again");
    }
    refresh->failing = status != STATUS_OK;
    return status;
}

// With the mutex held. False: stop.
static bool wait_for_turn(struct auth_refresh *refresh, int64_t began_us) {
    struct clock *clock = clock_system();
    while (!refresh->stopping) {
        int64_t wanted =
            1000 * (refresh->waiting ? refresh->config.least_ms : refresh->config.interval_ms);
        int64_t left = began_us + wanted - clock->mono_us(clock);
        if (left <= 0) {
            return true;
        }
        (void)thread_cond_wait_us(&refresh->changed, &refresh->mutex, left);
    }
    return false;
}

static void release(struct auth_refresh *refresh) {
    thread_must(pthread_cond_destroy(&refresh->changed));
    thread_must(pthread_mutex_destroy(&refresh->mutex));
    free(refresh);
}

static void *run(void *context) {
    struct auth_refresh *refresh = context;
    struct clock *clock = clock_system();
    int64_t began_us = clock->mono_us(clock);
    thread_must(pthread_mutex_lock(&refresh->mutex));
    while (wait_for_turn(refresh, began_us)) {
        struct waiter *waiting = refresh->waiting;
        refresh->waiting = NULL;
        thread_must(pthread_mutex_unlock(&refresh->mutex));
        began_us = clock->mono_us(clock);
        finish(waiting, look(refresh));
        thread_must(pthread_mutex_lock(&refresh->mutex));
    }
    struct waiter *waiting = refresh->waiting;
    refresh->waiting = NULL;
    thread_must(pthread_mutex_unlock(&refresh->mutex));
    finish(waiting, STATUS_CLOSED);
    thread_must(pthread_mutex_lock(&refresh->mutex));
    refresh->ended = true;
    bool left_behind = refresh->left_behind;
    thread_must(pthread_cond_signal(&refresh->changed));
    thread_must(pthread_mutex_unlock(&refresh->mutex));
    if (left_behind) {
        release(refresh);
    }
    return NULL;
}

enum status auth_refresh_start(const struct auth_refresh_config *config, struct auth_refresh **out,
                               struct error *err) {
    struct auth_refresh *refresh = calloc(1, sizeof *refresh);
    if (!refresh) {
        return error_set(err, STATUS_NO_MEMORY, "keys: out of memory");
    }
    refresh->config = *config;
    refresh->config.interval_ms = config->interval_ms > 0 ? config->interval_ms : INTERVAL_MS;
    refresh->config.least_ms = config->least_ms > 0 ? config->least_ms : LEAST_MS;
    thread_must(pthread_mutex_init(&refresh->mutex, NULL));
    thread_cond_init(&refresh->changed);
    enum status status = thread_start(&refresh->thread, "keys", run, refresh);
    if (status != STATUS_OK) {
        release(refresh);
        return error_set(err, status, "keys: cannot start the thread that reads them: %s",
                         status_text(status));
    }
    *out = refresh;
    return STATUS_OK;
}

bool auth_refresh_stop(struct auth_refresh *refresh) {
    if (!refresh) {
        return true;
    }
    struct clock *clock = clock_system();
    int64_t deadline = clock->mono_us(clock) + STOP_US;
    thread_must(pthread_mutex_lock(&refresh->mutex));
    refresh->stopping = true;
    thread_must(pthread_cond_signal(&refresh->changed));
    int64_t left = STOP_US;
    while (!refresh->ended && left > 0) {
        (void)thread_cond_wait_us(&refresh->changed, &refresh->mutex, left);
        left = deadline - clock->mono_us(clock);
    }
    bool ended = refresh->ended;
    refresh->left_behind = !ended;
    struct thread thread = refresh->thread;
    thread_must(pthread_mutex_unlock(&refresh->mutex));
    if (ended) {
        thread_join(&thread);
        release(refresh);
    } else {
        thread_must(pthread_detach(thread.handle));
    }
    return ended;
}

unsigned auth_refresh_waiting(struct auth_refresh *refresh) {
    unsigned count = 0;
    thread_must(pthread_mutex_lock(&refresh->mutex));
    for (const struct waiter *waiter = refresh->waiting; waiter; waiter = waiter->next) {
        count++;
    }
    thread_must(pthread_mutex_unlock(&refresh->mutex));
    return count;
}

static bool add(struct auth_refresh *refresh, struct waiter *waiter) {
    thread_must(pthread_mutex_lock(&refresh->mutex));
    bool stopping = refresh->stopping;
    if (!stopping) {
        waiter->next = refresh->waiting;
        refresh->waiting = waiter;
        thread_must(pthread_cond_signal(&refresh->changed));
    }
    thread_must(pthread_mutex_unlock(&refresh->mutex));
    return !stopping;
}

static void run_again(struct http_exchange *exchange, void *context) {
    const struct asked *asked = context;
    asked->again(exchange, asked->status, asked->context);
}

static void asked_done(struct waiter *waiter, enum status status) {
    struct asked *asked = (struct asked *)(void *)waiter;
    asked->status = status;
    http_exchange_resume(asked->exchange, run_again, asked);
}

void auth_refresh_ask(struct auth_refresh *refresh, struct http_exchange *exchange,
                      auth_refresh_again *again, void *context) {
    struct asked *asked = arena_alloc(&exchange->arena, sizeof *asked);
    if (!asked) {
        again(exchange, STATUS_NO_MEMORY, context);
        return;
    }
    *asked = (struct asked){
        .waiter.done = asked_done, .exchange = exchange, .again = again, .context = context};
    if (!add(refresh, &asked->waiter)) {
        again(exchange, STATUS_CLOSED, context);
    }
}

static void blocked_done(struct waiter *waiter, enum status status) {
    struct blocked *blocked = (struct blocked *)(void *)waiter;
    blocked->status = status;
    queue_wake(&blocked->waker);
}

enum status auth_refresh_now(struct auth_refresh *refresh) {
    struct blocked blocked = {.waiter.done = blocked_done};
    queue_waker_init(&blocked.waker);
    enum status status = STATUS_CLOSED;
    if (add(refresh, &blocked.waiter)) {
        queue_wait(&blocked.waker, -1);
        status = blocked.status;
    }
    queue_waker_destroy(&blocked.waker);
    return status;
}
