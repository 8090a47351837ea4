// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The thread that reads the settings again.
#include "app/reload.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/command.h"
#include "app/service.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/thread.h"

#define REAP_US ((int64_t)250 * 1000) // while loops still hold upstreams that are not used any more
// Otherwise: a request that began before a change may hold the routes from before it, and with them upstreams, for as long as it takes.
#define REST_US ((int64_t)2 * 1000 * 1000)

struct app_reload {
    struct app_service
        *service; // up until app_reload_end has returned; NULL when that did not wait
    enum app_role role;
    int argc;
    char **argv;
    struct settings *current; // what was read last and is good; NULL: what the process began with
    const struct settings *first; // up with the service
    metrics_id refused;
    int64_t refresh_us;       // from one look at the config servers to the next; 0: none
    uint64_t asked_for, done; // how often: who waits knows when it is its turn
    struct error result;
    struct buffer changed; // keys, comma-separated
    struct thread thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    pthread_cond_t over; // one reading
    bool asked;
    bool ending;
    bool looking; // outside the mutex, and away from the service
};

static void reload_free(struct app_reload *reload) {
    thread_must(pthread_mutex_destroy(&reload->mutex));
    thread_must(pthread_cond_destroy(&reload->wake));
    thread_must(pthread_cond_destroy(&reload->over));
    settings_free(reload->current);
    buffer_free(&reload->changed);
    free(reload->argv);
    free(reload);
}

struct change { // what is being read
    struct settings *settings;
    struct gateway_routes *routes;
    struct gateway_upstreams *fresh;
};

static void change_free(struct change *change) {
    gateway_routes_free(change->routes);
    gateway_upstreams_free(change->fresh);
    settings_free(change->settings);
}

// --- Away from the service ---------------------------------------------------------------------------------------------
static void begin_looking(struct app_reload *reload) {
    reload->looking = true;
    thread_must(pthread_mutex_unlock(&reload->mutex));
}

// With the mutex held again. CLOSED: nobody is there any more.
static enum status end_looking(struct app_reload *reload, enum status status) {
    thread_must(pthread_mutex_lock(&reload->mutex));
    reload->looking = false;
    return reload->ending ? STATUS_CLOSED : status;
}

static enum status read_settings(struct app_reload *reload, struct change *change,
                                 struct error *err) {
    int used = 0;
    begin_looking(reload);
    char **words = app_copy_words(reload->argc, reload->argv);
    enum status status = words ? app_load_role_settings(reload->role, reload->argc, words, &used,
                                                        &change->settings, err)
                               : error_set(err, STATUS_NO_MEMORY, "out of memory");
    free(words);
    if (status == STATUS_OK) {
        status = app_routes_read(change->settings, &change->routes, err);
    }
    return end_looking(reload, status);
}

static enum status look_up(struct app_reload *reload, struct change *change, struct error *err) {
    begin_looking(reload);
    enum status status = gateway_upstreams_make(&change->fresh);
    if (status == STATUS_OK) {
        status = gateway_routes_look_up(change->routes, change->fresh, err);
    } else {
        (void)error_set(err, status, "no memory for the upstreams of the settings");
    }
    return end_looking(reload, status);
}

// --- With the service --------------------------------------------------------------------------------------------------
static enum status apply(struct app_reload *reload, struct change *change, struct error *err) {
    struct app_service *service = reload->service;
    struct gateway_routes *routes = change->routes;
    if (reload->ending) {
        return STATUS_CLOSED;
    }
    // Who ends this waits for it, who asks does not.
    thread_must(pthread_mutex_unlock(&reload->mutex));
    (void)app_service_enter(service); // it is up until this has ended
    change->routes = NULL;
    enum status status = app_change(service, change->settings, routes, change->fresh, err);
    if (status == STATUS_OK && service->audit.store) {
        // That it could not be noted does not undo it.
        status = gateway_audit_note(&service->audit, STR("settings read again"),
                                    str_from_c(app_role_name(reload->role)), STR_EMPTY, err);
    }
    app_service_leave(service);
    thread_must(pthread_mutex_lock(&reload->mutex));
    return status;
}

// False: it has no routes.
static bool recall(const struct app_reload *reload, struct change *change) {
    struct app_service *service = reload->service;
    (void)app_service_enter(service);
    bool has_routes = service->configured != NULL;
    if (has_routes) {
        gateway_routes_recall(change->routes, service->configured);
    }
    app_service_leave(service);
    return has_routes;
}

struct difference {
    struct buffer *changed;
    struct buffer restart; // of these, what waits for the next start
};

static void note(void *context, const char *key) {
    struct difference *difference = context;
    char row[100];
    (void)snprintf(row, sizeof row, "%s", key);
    buffer_printf(difference->changed, "%s%s", difference->changed->len > 0 ? "," : "", key);
    if (!app_setting_is_live(row)) {
        buffer_printf(&difference->restart, "%s%s", difference->restart.len > 0 ? "," : "", key);
    }
}

// They count: says what differs, and keeps them to compare with.
static void take_over(struct app_reload *reload, struct change *change) {
    struct difference difference = {.changed = &reload->changed};
    buffer_clear(&reload->changed);
    buffer_init(&difference.restart, 16384);
    settings_compare(reload->current ? reload->current : reload->first, change->settings, note,
                     &difference);
    app_configure_log_level(change->settings);
    LOG_INFO("app", "settings were read again", LOG_STR("changed", buffer_str(&reload->changed)));
    if (difference.restart.len > 0) {
        LOG_WARN("app", "settings that changed take effect at the next start",
                 LOG_STR("settings", buffer_str(&difference.restart)));
    }
    buffer_free(&difference.restart);
    settings_free(reload->current);
    reload->current = change->settings;
    change->settings = NULL;
    reload->refresh_us = settings_integer(reload->current, "config.refresh_interval") * 1000;
}

// With the mutex held, which it gives up for what may take long.
static void read_anew(struct app_reload *reload) {
    struct change change = {.settings = NULL};
    struct error err = {STATUS_OK, ""};
    enum status status = read_settings(reload, &change, &err);
    if (status == STATUS_OK && recall(reload, &change)) {
        status = look_up(reload, &change, &err);
    }
    if (status == STATUS_OK) {
        status = apply(reload, &change, &err);
    }
    if (status == STATUS_OK) {
        take_over(reload, &change);
    } else if (status != STATUS_CLOSED) {
        LOG_ERROR("app", "settings stay as they were", LOG_CSTR("reason", err.text));
        buffer_clear(&reload->changed);
        metrics_add(reload->refused, 1);
    }
    reload->result = err;
    reload->result.status = status;
    change_free(&change);
}

// Gives how many are left.
static size_t reap(struct app_reload *reload) {
    struct app_service *service = reload->service;
    thread_must(pthread_mutex_unlock(&reload->mutex));
    (void)app_service_enter(service);
    size_t left = service->configured ? gateway_upstreams_reap(service->configured) : 0;
    app_service_leave(service);
    thread_must(pthread_mutex_lock(&reload->mutex));
    return left;
}

static void *run(void *context) {
    struct app_reload *reload = context;
    struct clock *clock = clock_system();
    int64_t next_us = clock->mono_us(clock) + reload->refresh_us;
    thread_must(pthread_mutex_lock(&reload->mutex));
    while (!reload->ending) {
        int64_t left_us = reload->refresh_us > 0 ? next_us - clock->mono_us(clock) : REST_US;
        if (reload->asked || left_us <= 0) {
            uint64_t turn = reload->asked_for;
            reload->asked = false;
            read_anew(reload);
            next_us = clock->mono_us(clock) + reload->refresh_us;
            reload->done = turn;
            thread_must(pthread_cond_broadcast(&reload->over));
            continue;
        }
        int64_t rest_us = reap(reload) > 0 ? REAP_US : REST_US;
        if (!reload->asked && !reload->ending) {
            (void)thread_cond_wait_us(&reload->wake, &reload->mutex,
                                      left_us < rest_us ? left_us : rest_us);
        }
    }
    bool orphan = reload->service == NULL;
    thread_must(pthread_mutex_unlock(&reload->mutex));
    if (orphan) {
        reload_free(reload);
    }
    return NULL;
}

enum status app_reload_start(struct app_service *service, enum app_role role, int argc,
                             char *const *argv, struct app_reload **out) {
    struct app_reload *reload = calloc(1, sizeof *reload);
    if (!reload) {
        return STATUS_NO_MEMORY;
    }
    reload->service = service;
    reload->role = role;
    reload->argc = argc;
    reload->argv = app_copy_words(argc, argv);
    reload->first = service->settings;
    reload->refresh_us = settings_integer(service->settings, "config.refresh_interval") * 1000;
    reload->refused = metrics_counter("footfall_settings_refused_total",
                                      "Times that settings read again were refused.", NULL);
    buffer_init(&reload->changed, 16384);
    thread_cond_init(&reload->over);
    thread_must(pthread_mutex_init(&reload->mutex, NULL));
    thread_cond_init(&reload->wake);
    enum status status =
        reload->argv ? thread_start(&reload->thread, "reload", run, reload) : STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        reload_free(reload);
        return status;
    }
    *out = reload;
    return STATUS_OK;
}

void app_reload_ask(struct app_reload *reload) {
    thread_must(pthread_mutex_lock(&reload->mutex));
    reload->asked = true;
    thread_must(pthread_cond_signal(&reload->wake));
    thread_must(pthread_mutex_unlock(&reload->mutex));
}

enum status app_reload_now(struct app_reload *reload, struct buffer *changed, struct error *err) {
    thread_must(pthread_mutex_lock(&reload->mutex));
    uint64_t turn = ++reload->asked_for;
    reload->asked = true;
    thread_must(pthread_cond_signal(&reload->wake));
    while (reload->done < turn && !reload->ending) {
        thread_must(pthread_cond_wait(&reload->over, &reload->mutex));
    }
    enum status status = reload->ending ? STATUS_CLOSED : reload->result.status;
    *err = reload->result;
    buffer_append_str(changed, buffer_str(&reload->changed));
    thread_must(pthread_mutex_unlock(&reload->mutex));
    return status;
}

void app_reload_end(struct app_reload *reload) {
    if (!reload) {
        return;
    }
    thread_must(pthread_mutex_lock(&reload->mutex));
    struct app_service *service = reload->service;
    reload->ending = true;
    thread_must(pthread_cond_broadcast(&reload->over));
    thread_must(pthread_mutex_unlock(&reload->mutex));
    app_service_set_reload(service, NULL); // those who wait have heard of it
    thread_must(pthread_mutex_lock(&reload->mutex));
    bool orphan = reload->looking;
    if (orphan) {
        reload->service = NULL;
        thread_must(pthread_detach(reload->thread.handle));
    }
    thread_must(pthread_cond_signal(&reload->wake));
    thread_must(pthread_mutex_unlock(&reload->mutex));
    if (!orphan) {
        thread_join(&reload->thread);
        reload_free(reload);
    }
}
