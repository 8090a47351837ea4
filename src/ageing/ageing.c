// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The thread that removes what is too old, step by step.
#include "ageing/ageing.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "store/letters.h"

#define STEP_ROWS 256  // removed in one step
#define STEP_SEEN 4096 // or looked at
#define POSITION_MAX 4096
#define STEP_PAUSE_US INT64_C(20000)
// Between passes: a 24th of the age, so that an hour is enough for a day, and seconds for who tries it out.
#define PASS_PART 24
#define PASS_LEAST_US INT64_C(1000000)
#define PASS_MOST_US (INT64_C(3600) * 1000000)

// A kind of rows: what removes a step of it, and how it is called.
struct kind {
    const char *label; // of the metric
    enum status (*step)(struct store *store, int64_t before_ms, struct buffer *position,
                        uint64_t *removed, bool *more);
};

static enum status step_letters(struct store *store, int64_t before_ms, struct buffer *position,
                                uint64_t *removed, bool *more) {
    (void)position; // a step finds what is too old by itself
    return store_letters_age(store, before_ms, STEP_ROWS, removed, more);
}

static enum status step_sessions(struct store *store, int64_t before_ms, struct buffer *position,
                                 uint64_t *removed, bool *more) {
    enum status status = store_sessions_age(store, before_ms, STEP_SEEN, position, removed);
    *more = position->len > 0;
    return status;
}

enum { LETTERS, SESSIONS, KINDS };
static const struct kind kinds[KINDS] = {
    [LETTERS] = {"kind=\"dead_letters\"", step_letters},
    [SESSIONS] = {"kind=\"sessions\"", step_sessions},
};

struct ageing {
    struct store *store;
    struct clock *clock;
    int64_t ages_ms[KINDS];
    metrics_id removed[KINDS];
    struct thread thread;
    bool started;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopping; // under the mutex
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

static enum status remove_kind(struct ageing *ageing, unsigned kind, uint64_t *removed) {
    int64_t before_ms = ageing->clock->wall_ms(ageing->clock) - ageing->ages_ms[kind];
    struct buffer position;
    enum status status = STATUS_OK;
    bool more = true;
    buffer_init(&position, POSITION_MAX);
    while (more && status == STATUS_OK) {
        uint64_t step = 0;
        more = false;
        status = kinds[kind].step(ageing->store, before_ms, &position, &step, &more);
        *removed += step;
        metrics_add(ageing->removed[kind], step);
        if (status == STATUS_OK && more && !pause_for(ageing, STEP_PAUSE_US)) {
            status = STATUS_CLOSED;
        }
    }
    buffer_free(&position);
    return status;
}

enum status ageing_pass(struct ageing *ageing, uint64_t *removed) {
    enum status status = STATUS_OK;
    *removed = 0;
    for (unsigned kind = 0; kind < KINDS && status == STATUS_OK; kind++) {
        status = ageing->ages_ms[kind] > 0 ? remove_kind(ageing, kind, removed) : STATUS_OK;
    }
    return status;
}

// The least of the ages; 0: nothing has one.
static int64_t least_age(const struct ageing *ageing) {
    int64_t least = 0;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        int64_t age = ageing->ages_ms[kind];
        least = age > 0 && (least == 0 || age < least) ? age : least;
    }
    return least;
}

static void *run(void *context) {
    struct ageing *ageing = context;
    int64_t pause_us = least_age(ageing) / PASS_PART * 1000;
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
            LOG_INFO("retention", "removed what was too old", LOG_INT("rows", removed));
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
    ageing->store = config->store;
    ageing->clock = config->clock;
    ageing->ages_ms[LETTERS] = config->dead_letters_ms;
    ageing->ages_ms[SESSIONS] = config->sessions_ms;
    thread_must(pthread_mutex_init(&ageing->mutex, NULL));
    thread_cond_init(&ageing->wake);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        ageing->removed[kind] =
            metrics_counter("footfall_retention_removed_total", "Rows removed because of their age",
                            kinds[kind].label);
    }
    enum status status = STATUS_OK;
    if (least_age(ageing) > 0) {
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
