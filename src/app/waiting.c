// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A condition variable, the time of the last line, and the pause that doubles.
#include "app/waiting.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

#define FIRST_PAUSE_US (100 * 1000LL)
#define LONGEST_PAUSE_US (3 * 1000000LL)
#define TELL_US (30 * 1000000LL)

static int64_t now_us(void) {
    struct clock *clock = clock_system();
    return clock->mono_us(clock);
}

void app_waiting_init(struct app_waiting *waiting) {
    *waiting = (struct app_waiting){.stopping = false};
    thread_must(pthread_mutex_init(&waiting->mutex, NULL));
    thread_cond_init(&waiting->changed);
}

void app_waiting_destroy(struct app_waiting *waiting) {
    thread_must(pthread_cond_destroy(&waiting->changed));
    thread_must(pthread_mutex_destroy(&waiting->mutex));
}

static void tell(struct app_waiting *waiting, const char *what, const char *why, int64_t now) {
    if (waiting->began_us == 0) {
        waiting->began_us = now;
        waiting->pause_us = FIRST_PAUSE_US;
        LOG_WARN("app", "waiting", LOG_CSTR("for", what), LOG_CSTR("reason", why));
    } else if (now - waiting->told_us >= TELL_US) {
        LOG_WARN("app", "still waiting", LOG_CSTR("for", what), LOG_CSTR("reason", why),
                 LOG_INT("seconds", (now - waiting->began_us) / 1000000));
    } else {
        return;
    }
    waiting->told_us = now;
}

bool app_waiting_pause(struct app_waiting *waiting, const char *what, const char *why) {
    int64_t now = now_us();
    thread_must(pthread_mutex_lock(&waiting->mutex));
    tell(waiting, what, why, now);
    (void)snprintf(waiting->text, sizeof waiting->text, "%s: %s", what, why);
    int64_t until = now + waiting->pause_us;
    while (!waiting->stopping && now < until) {
        (void)thread_cond_wait_us(&waiting->changed, &waiting->mutex, until - now);
        now = now_us();
    }
    int64_t longer = waiting->pause_us * 2;
    waiting->pause_us = longer < LONGEST_PAUSE_US ? longer : LONGEST_PAUSE_US;
    bool go_on = !waiting->stopping;
    thread_must(pthread_mutex_unlock(&waiting->mutex));
    return go_on;
}

void app_waiting_rest(struct app_waiting *waiting, int64_t us) {
    int64_t until = now_us() + us;
    thread_must(pthread_mutex_lock(&waiting->mutex));
    for (int64_t now = now_us(); !waiting->stopping && now < until; now = now_us()) {
        (void)thread_cond_wait_us(&waiting->changed, &waiting->mutex, until - now);
    }
    thread_must(pthread_mutex_unlock(&waiting->mutex));
}

void app_waiting_over(struct app_waiting *waiting, const char *what) {
    thread_must(pthread_mutex_lock(&waiting->mutex));
    if (waiting->began_us > 0) {
        LOG_INFO("app", "is there", LOG_CSTR("what", what),
                 LOG_INT("seconds", (now_us() - waiting->began_us) / 1000000));
    }
    waiting->began_us = 0;
    waiting->text[0] = '\0';
    thread_must(pthread_mutex_unlock(&waiting->mutex));
}

void app_waiting_text(struct app_waiting *waiting, char out[APP_WAITING_TEXT]) {
    thread_must(pthread_mutex_lock(&waiting->mutex));
    (void)snprintf(out, APP_WAITING_TEXT, "%s", waiting->text);
    thread_must(pthread_mutex_unlock(&waiting->mutex));
}

void app_waiting_stop(struct app_waiting *waiting) {
    thread_must(pthread_mutex_lock(&waiting->mutex));
    waiting->stopping = true;
    thread_must(pthread_cond_broadcast(&waiting->changed));
    thread_must(pthread_mutex_unlock(&waiting->mutex));
}

bool app_waiting_stopped(struct app_waiting *waiting) {
    thread_must(pthread_mutex_lock(&waiting->mutex));
    bool stopping = waiting->stopping;
    thread_must(pthread_mutex_unlock(&waiting->mutex));
    return stopping;
}
