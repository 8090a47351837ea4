// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Starts the parts of a role, waits for what they need, and stops them.
#include "app/service.h"

#include <stdio.h>

#include "app/engines.h"
#include "base/log.h"
#include "base/thread.h"

static bool may_be_away(const struct app_service *service, const struct app_part *part) {
    return ((part->needs & APP_NEEDS_STORE) && app_store_is_remote(service->settings)) ||
           ((part->needs & APP_NEEDS_LOG) && app_log_is_remote(service->settings)) ||
           (part->needs & (APP_NEEDS_NAMES | APP_NEEDS_REPOSITORY));
}

static void describe_needs(const struct app_service *service, const struct app_part *part,
                           char *out, size_t size) {
    char engine[300] = "";
    if (part->needs & APP_NEEDS_LOG) {
        app_describe_log(service->settings, engine, sizeof engine);
        (void)snprintf(out, size, "event log, %s", engine);
    } else if (part->needs & APP_NEEDS_STORE) {
        app_describe_store(service->settings, engine, sizeof engine);
        (void)snprintf(out, size, "store, %s", engine);
    } else if (part->needs & APP_NEEDS_REPOSITORY) {
        (void)snprintf(out, size, "repository of the configuration");
    } else {
        (void)snprintf(out, size, "addresses of the other processes");
    }
}

static enum status start_part(struct app_service *service, const struct app_part *part,
                              struct error *err) {
    char needs[340];
    describe_needs(service, part, needs, sizeof needs);
    for (;;) {
        enum status status = part->start ? part->start(service, err) : STATUS_OK;
        // Tables that this process may not make are made by another, or by footfall doctor --apply.
        bool missing = status == STATUS_NOT_FOUND && part->needs == APP_NEEDS_STORE;
        // A server that is only just coming up fails in ways of its own.
        bool confused = status == STATUS_IO && part->needs == APP_NEEDS_STORE;
        bool away = status == STATUS_UNAVAILABLE || status == STATUS_TIMEOUT || missing || confused;
        if (status == STATUS_OK) {
            app_waiting_over(service->waiting, needs);
        }
        if (!away || !may_be_away(service, part)) {
            return status;
        }
        if (!app_waiting_pause(service->waiting, needs, err->text)) {
            return error_set(err, STATUS_CLOSED, "stopped while waiting for %s", needs);
        }
    }
}

// Waits for those who are looking.
static void set_up(struct app_service *service, bool up) {
    thread_must(pthread_rwlock_wrlock(&service->lock));
    service->up = up;
    thread_must(pthread_rwlock_unlock(&service->lock));
}

void app_service_set_reload(struct app_service *service, struct app_reload *reload) {
    thread_must(pthread_rwlock_wrlock(&service->lock));
    service->reload = reload;
    thread_must(pthread_rwlock_unlock(&service->lock));
}

bool app_service_enter(struct app_service *service) {
    thread_must(pthread_rwlock_rdlock(&service->lock));
    if (service->up) {
        return true;
    }
    thread_must(pthread_rwlock_unlock(&service->lock));
    return false;
}

void app_service_leave(struct app_service *service) {
    thread_must(pthread_rwlock_unlock(&service->lock));
}

enum status app_service_start(struct app_service *service, enum app_role role,
                              const struct settings *settings, struct app_waiting *waiting,
                              struct error *err) {
    size_t count = 0;
    const struct app_part *const *parts = app_role_parts(role, &count);
    struct clock *clock = clock_system();
    *service = (struct app_service){.role = role, .settings = settings, .waiting = waiting};
    service->started_us = clock->mono_us(clock);
    thread_must(pthread_rwlock_init(&service->lock, NULL));
    thread_must(pthread_mutex_init(&service->asked_log_lock, NULL));
    thread_must(pthread_mutex_init(&service->trail_lock, NULL));
    for (; service->started < count; service->started++) {
        enum status status = start_part(service, parts[service->started], err);
        if (status != STATUS_OK) {
            app_service_stop(service);
            return status;
        }
    }
    set_up(service, true);
    app_register_gauges(service);
    return STATUS_OK;
}

void app_service_tell_ready(struct app_service *service) {
    struct clock *clock = clock_system();
    atomic_store(&service->ready, true);
    LOG_INFO("app", "ready", LOG_CSTR("role", app_role_name(service->role)),
             LOG_INT("microseconds", clock->mono_us(clock) - service->started_us));
}

void app_service_stop(struct app_service *service) {
    size_t count = 0;
    const struct app_part *const *parts = app_role_parts(service->role, &count);
    atomic_store(&service->ready, false);
    app_remove_gauges(service);
    set_up(service, false);
    while (service->started > 0) {
        const struct app_part *part = parts[--service->started];
        if (part->stop) {
            part->stop(service);
        }
    }
    if (service->left_behind) {
        return;
    }
    thread_must(pthread_rwlock_destroy(&service->lock));
    thread_must(pthread_mutex_destroy(&service->asked_log_lock));
    thread_must(pthread_mutex_destroy(&service->trail_lock));
    *service = (struct app_service){.role = service->role, .settings = service->settings};
}
