// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Starts and stops the activity service, and hands each loop thread its own memory.
#include <stdlib.h>

#include "activity/activity_private.h"

#define INFLATED_DEFAULT ((size_t)20 * 1024 * 1024)
#define EVENTS_DEFAULT 10000
#define EVENT_BYTES_MOST ((size_t)512 * 1024)

// The registry lives in the activity, whose lock the destructor of a finishing thread needs.
struct owned_worker {
    struct activity_worker worker; // first member
    struct activity *activity;
};

static void unlink_worker(struct activity *activity, struct activity_worker *worker) {
    pthread_mutex_lock(&activity->lock);
    *worker->link = worker->next;
    if (worker->next) {
        worker->next->link = worker->link;
    }
    pthread_mutex_unlock(&activity->lock);
}

static void thread_ended(void *value) {
    struct owned_worker *owned = value;
    unlink_worker(owned->activity, &owned->worker);
    activity_worker_free(&owned->worker);
    free(owned);
}

static struct activity_worker *make_worker(struct activity *activity) {
    struct owned_worker *owned = malloc(sizeof *owned);
    if (!owned) {
        return NULL;
    }
    owned->activity = activity;
    struct activity_worker *worker = &owned->worker;
    if (activity_worker_init(worker) != STATUS_OK ||
        pthread_setspecific(activity->worker_key, owned) != 0) {
        activity_worker_free(worker);
        free(owned);
        return NULL;
    }
    pthread_mutex_lock(&activity->lock);
    worker->next = activity->workers;
    worker->link = &activity->workers;
    if (worker->next) {
        worker->next->link = &worker->next;
    }
    activity->workers = worker;
    pthread_mutex_unlock(&activity->lock);
    return worker;
}

struct activity_worker *activity_worker_get(struct activity *activity) {
    struct owned_worker *owned = pthread_getspecific(activity->worker_key);
    return owned ? &owned->worker : make_worker(activity);
}

static enum status set_limits(struct activity *activity, struct error *err) {
    struct activity_config *config = &activity->config;
    config->event_bytes = config->event_bytes ? config->event_bytes : EVENT_BYTES_MAX;
    config->inflated_bytes = config->inflated_bytes ? config->inflated_bytes : INFLATED_DEFAULT;
    config->events = config->events ? config->events : EVENTS_DEFAULT;
    if (config->event_bytes > EVENT_BYTES_MOST) {
        return error_set(err, STATUS_INVALID,
                         "events of %zu bytes are more than the log takes; at "
                         "most %zu",
                         config->event_bytes, EVENT_BYTES_MOST);
    }
    activity->limits = (struct activity_limits){
        .event_bytes = config->event_bytes,
        .events = config->events,
        .record_bytes = 2 * config->inflated_bytes,
    };
    return STATUS_OK;
}

enum status activity_start(const struct activity_config *config, struct activity **out,
                           struct error *err) {
    struct activity *activity = calloc(1, sizeof *activity);
    if (!activity) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    activity->config = *config;
    enum status status = set_limits(activity, err);
    if (status != STATUS_OK) {
        free(activity);
        return status;
    }
    if (pthread_key_create(&activity->worker_key, thread_ended) != 0) {
        free(activity);
        return error_set(err, STATUS_FULL, "the system has no thread-specific key left");
    }
    pthread_mutex_init(&activity->lock, NULL);
    activity_metrics_register(&activity->metrics);
    status = activity_route_set_make(config->path_prefix, &activity->routes, err);
    if (status != STATUS_OK) {
        activity_stop(activity);
        return status;
    }
    *out = activity;
    return STATUS_OK;
}

struct http_route_table activity_routes(struct activity *activity) {
    struct http_route_table table = activity_route_set_table(activity->routes);
    table.context = activity;
    return table;
}

void activity_stop(struct activity *activity) {
    if (!activity) {
        return;
    }
    // From here on no destructor runs; threads that still live leave theirs to us.
    pthread_key_delete(activity->worker_key);
    while (activity->workers) {
        struct activity_worker *worker = activity->workers;
        unlink_worker(activity, worker);
        activity_worker_free(worker);
        free((struct owned_worker *)(void *)worker);
    }
    activity_route_set_free(activity->routes);
    pthread_mutex_destroy(&activity->lock);
    free(activity);
}
