// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The thread that removes what is too old, step by step.
#include "ageing/ageing.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "store/letters.h"

#define STEP_ROWS 256
#define STEP_PAUSE_US INT64_C(20000)
// Between passes: a 24th of the age, so that an hour is enough for a day, and seconds for who tries it out.
#define PASS_PART 24
#define PASS_LEAST_US INT64_C(1000000)
#define PASS_MOST_US (INT64_C(3600) * 1000000)

struct ageing {
    struct ageing_config config;
    struct thread thread;
    bool started;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopping; // under the mutex
    metrics_id removed;
};

// False: to stop.
static bool pause_for(struct ageing *ageing, int64_t us) {
    thread_must(pthread_mutex_lock(&ageing->mutex));
    if (!ageing->stopping) {
        (void)thread_cond_wait_us(&ageing->wake, &ageing->mutex, us);
    }
    bool go_on = !ageing->stopping;
    thread_must(pthread_mutex_unlock(&ageing->mutex));
    return go_on;
}

enum status ageing_pass(struct ageing *ageing, uint64_t *removed) {
    struct clock *clock = ageing->config.clock;
    int64_t before_ms = clock->wall_ms(clock) - ageing->config.dead_letters_ms;
    bool more = ageing->config.dead_letters_ms > 0;
    enum status status = STATUS_OK;
    *removed = 0;
    while (more && status == STATUS_OK) {
        uint64_t step = 0;
        status = store_letters_age(ageing->config.store, before_ms, STEP_ROWS, &step, &more);
        *removed += step;
        metrics_add(ageing->removed, step);
        if (status == STATUS_OK && more && !pause_for(ageing, STEP_PAUSE_US)) {
            status = STATUS_CLOSED;
        }
    }
    return status;
}

static void *run(void *context) {
    struct ageing *ageing = context;
    int64_t pause_us = ageing->config.dead_letters_ms / PASS_PART * 1000;
    pause_us = pause_us > PASS_MOST_US ? PASS_MOST_US : pause_us;
    pause_us = pause_us < PASS_LEAST_US ? PASS_LEAST_US : pause_us;
    do {
        uint64_t removed = 0;
        enum status status = ageing_pass(ageing, &removed);
        if (status != STATUS_OK && status != STATUS_CLOSED) {
            LOG_WARN("retention", "what is too old stays, trying again",
                     LOG_CSTR("status", status_text(status)));
        }
        if (removed > 0) {
            LOG_INFO("retention", "removed what was too old", LOG_INT("deadLetters", removed));
        }
    } while (pause_for(ageing, pause_us));
    return NULL;
}

static void release(struct ageing *ageing) {
    thread_must(pthread_cond_destroy(&ageing->wake));
    thread_must(pthread_mutex_destroy(&ageing->mutex));
    free(ageing);
}

enum status ageing_start(const struct ageing_config *config, struct ageing **out,
                         struct error *err) {
    struct ageing *ageing = calloc(1, sizeof *ageing);
    if (!ageing) {
        return error_set(err, STATUS_NO_MEMORY, "retention: no memory to start");
    }
    ageing->config = *config;
    thread_must(pthread_mutex_init(&ageing->mutex, NULL));
    thread_cond_init(&ageing->wake);
    ageing->removed = metrics_counter("footfall_retention_removed_total",
                                      "Rows removed because of their age", "kind=\"dead_letters\"");
    enum status status = STATUS_OK;
    if (config->dead_letters_ms > 0) {
        status = thread_start(&ageing->thread, "retention", run, ageing);
        ageing->started = status == STATUS_OK;
    }
    if (status != STATUS_OK) {
        release(ageing);
        return error_set(err, status, "retention: cannot start: %s", status_text(status));
    }
    *out = ageing;
    return STATUS_OK;
}

void ageing_stop(struct ageing *ageing) {
    if (!ageing) {
        return;
    }
    thread_must(pthread_mutex_lock(&ageing->mutex));
    ageing->stopping = true;
    thread_must(pthread_cond_signal(&ageing->wake));
    thread_must(pthread_mutex_unlock(&ageing->mutex));
    if (ageing->started) {
        thread_join(&ageing->thread);
    }
    release(ageing);
}
