// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The thread that takes backups of a running process: when asked, and every interval.
#include <stdlib.h>

#include "backup/private.h"
#include "base/log.h"
#include "base/metrics.h"

#define REST_US (INT64_C(60) * 1000 * 1000) // the wall clock may be set meanwhile
#define RETRY_MS (INT64_C(5) * 60 * 1000)   // after a scheduled one failed

static double read_last(void *context, double (*of)(const struct backups *backups)) {
    struct backups *backups = context;
    thread_must(pthread_mutex_lock(&backups->mutex));
    double value = of(backups);
    thread_must(pthread_mutex_unlock(&backups->mutex));
    return value;
}

static double time_of(const struct backups *backups) {
    return (double)backups->newest_ms / 1000;
}
static double bytes_of(const struct backups *backups) {
    return (double)backups->last.bytes;
}
static double seconds_of(const struct backups *backups) {
    return backups->last.seconds;
}
static double read_interval(void *context) {
    const struct backups *backups = context;
    return (double)backups->config.interval_ms / 1000;
}
static double read_time(void *context) {
    return read_last(context, time_of);
}
static double read_bytes(void *context) {
    return read_last(context, bytes_of);
}
static double read_seconds(void *context) {
    return read_last(context, seconds_of);
}

static void add_metrics(struct backups *backups) {
    static const char help[] = "Backups, by result.";
    backups->taken = metrics_counter("footfall_backups_total", help, "result=\"taken\"");
    backups->failed = metrics_counter("footfall_backups_total", help, "result=\"failed\"");
    backups->gauges[0] =
        metrics_gauge("footfall_backup_last_success_timestamp_seconds",
                      "When the newest backup was taken; 0: never.", NULL, read_time, backups);
    backups->gauges[1] =
        metrics_gauge("footfall_backup_size_bytes", "Size of the last backup of this process.",
                      NULL, read_bytes, backups);
    backups->gauges[2] = metrics_gauge("footfall_backup_duration_seconds",
                                       "How long the last backup of this process took.", NULL,
                                       read_seconds, backups);
    backups->gauges[3] = metrics_gauge("footfall_backup_interval_seconds",
                                       "Time between backups; 0: only when asked for.", NULL,
                                       read_interval, backups);
}

static int64_t wall_ms(const struct backups *backups) {
    struct clock *clock = backups->config.backup.clock;
    return clock->wall_ms(clock);
}

// Mutex held, and given up meanwhile.
static void take(struct backups *backups) {
    struct backup_config config = backups->config.backup;
    struct backup_result result;
    struct error err = {STATUS_OK, ""};
    uint64_t ticket = backups->asked; // who asks from now on wants another
    bool scheduled = backups->next_ms <= wall_ms(backups);
    config.stopped = &backups->stopping;
    backups->under_way = true;
    thread_must(pthread_mutex_unlock(&backups->mutex));
    enum status status = backup_take(&config, &result, &err);
    if (status == STATUS_OK) {
        metrics_add(backups->taken, 1);
        LOG_INFO("backup", "taken", LOG_CSTR("name", result.name),
                 LOG_INT("files", (int64_t)result.files), LOG_INT("bytes", (int64_t)result.bytes),
                 LOG_INT("milliseconds", (int64_t)(result.seconds * 1000)));
    } else if (status != STATUS_CLOSED) {
        metrics_add(backups->failed, 1);
        LOG_ERROR("backup", "a backup could not be taken", LOG_CSTR("reason", err.text));
    }
    thread_must(pthread_mutex_lock(&backups->mutex));
    backups->under_way = false;
    backups->done = ticket;
    backups->error = err;
    backups->failures += status != STATUS_OK;
    if (status == STATUS_OK) {
        backups->last = result;
        backups->newest_ms = result.created_ms;
    }
    if (scheduled) {
        backups->next_ms =
            wall_ms(backups) + (status == STATUS_OK || backups->config.interval_ms < RETRY_MS
                                    ? backups->config.interval_ms
                                    : RETRY_MS);
    }
}

static void *run(void *context) {
    struct backups *backups = context;
    thread_must(pthread_mutex_lock(&backups->mutex));
    while (!atomic_load(&backups->stopping)) {
        int64_t left_ms =
            backups->next_ms == INT64_MAX ? INT64_MAX : backups->next_ms - wall_ms(backups);
        if (backups->asked != backups->done || left_ms <= 0) {
            take(backups);
            continue;
        }
        int64_t rest_us = left_ms < REST_US / 1000 ? left_ms * 1000 : REST_US;
        (void)thread_cond_wait_us(&backups->wake, &backups->mutex, rest_us);
    }
    thread_must(pthread_mutex_unlock(&backups->mutex));
    return NULL;
}

static void free_backups(struct backups *backups) {
    for (size_t i = 0; i < 4; i++) {
        metrics_gauge_remove(backups->gauges[i]);
    }
    thread_must(pthread_cond_destroy(&backups->wake));
    thread_must(pthread_mutex_destroy(&backups->mutex));
    free(backups);
}

enum status backups_start(const struct backups_config *config, struct backups **out,
                          struct error *err) {
    struct backups *backups = calloc(1, sizeof *backups);
    if (!backups) {
        return error_set(err, STATUS_NO_MEMORY, "backups: out of memory");
    }
    backups->config = *config;
    thread_must(pthread_mutex_init(&backups->mutex, NULL));
    thread_cond_init(&backups->wake);
    backups->next_ms = INT64_MAX;
    if (config->backup.directory[0]) {
        backups->newest_ms = backup_newest_ms(config->backup.directory);
    }
    if (config->backup.directory[0] && config->interval_ms > 0) {
        backups->next_ms = backups->newest_ms + config->interval_ms;
    }
    add_metrics(backups);
    enum status status = thread_start(&backups->thread, "backup", run, backups);
    if (status != STATUS_OK) {
        free_backups(backups);
        return error_set(err, status, "backups: the thread cannot be started");
    }
    *out = backups;
    return STATUS_OK;
}

void backups_stop(struct backups *backups) {
    if (!backups) {
        return;
    }
    thread_must(pthread_mutex_lock(&backups->mutex));
    atomic_store(&backups->stopping, true);
    thread_must(pthread_cond_signal(&backups->wake));
    thread_must(pthread_mutex_unlock(&backups->mutex));
    thread_join(&backups->thread);
    free_backups(backups);
}
