// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The thread that reads the settings again.
#include "app/reload.h"

#include <stdlib.h>
#include <unistd.h>

#include "app/command.h"
#include "app/configuration.h"
#include "app/service.h"
#include "base/log.h"
#include "base/random.h"
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
    char **envp;              // as the process began: secrets in it are overwritten later
    uint64_t asked_for, done; // how often: who waits knows when it is its turn
    struct error result;      // of the last time
    struct buffer keys;       // that changed then, separated by commas
    struct thread thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    pthread_cond_t over; // one reading
    bool asked;
    bool ending;
    bool looking;                   // outside the mutex, and away from the service
    struct app_configuration known; // under the mutex
};

static void reload_free(struct app_reload *reload) {
    thread_must(pthread_mutex_destroy(&reload->mutex));
    thread_must(pthread_cond_destroy(&reload->wake));
    thread_must(pthread_cond_destroy(&reload->over));
    app_configuration_free(&reload->known);
    buffer_free(&reload->keys);
    free(reload->argv);
    free(reload->envp);
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
                                 struct config_client_origin *origin, struct error *err) {
    int used = 0;
    begin_looking(reload);
    struct app_settings_source source = {.role = reload->role, .argc = reload->argc, .again = true};
    char **words = app_copy_words(reload->argc, reload->argv);
    source.argv = words;
    source.envp = reload->envp;
    enum status status = words ? app_read_settings(&source, &used, &change->settings, err)
                               : error_set(err, STATUS_NO_MEMORY, "out of memory");
    free(words);
    if (status == STATUS_OK) {
        status = app_routes_read(change->settings, &change->routes, err);
    }
    *origin = source.origin;
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
    struct error reason = {STATUS_OK, ""};
    if (status == STATUS_OK && service->audit.store &&
        gateway_audit_note(&service->audit, STR("settings read again"),
                           str_from_c(app_role_name(reload->role)), STR_EMPTY,
                           &reason) != STATUS_OK) {
        // That does not undo it.
        LOG_WARN("app", "that settings were read again is not in the audit log",
                 LOG_CSTR("reason", reason.text));
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

// Everything that can fail comes first. NOT_FOUND: there is nothing new, and nobody asked.
static enum status change_settings(struct app_reload *reload, struct change *change, bool asked,
                                   struct error *err) {
    struct config_client_origin origin = reload->known.origin;
    enum status status = read_settings(reload, change, &origin, err);
    if (status == STATUS_CLOSED) {
        return status;
    }
    app_configuration_note_origin(&reload->known, &origin);
    if (status == STATUS_OK && !asked &&
        !app_configuration_differs(&reload->known, change->settings)) {
        return STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK && recall(reload, change)) {
        status = look_up(reload, change, err);
    }
    return status == STATUS_OK ? apply(reload, change, err) : status;
}

// With the mutex held, which it gives up for what may take long.
static void read_anew(struct app_reload *reload, bool asked) {
    struct change change = {.settings = NULL};
    struct error err = {STATUS_OK, ""};
    enum status status = change_settings(reload, &change, asked, &err);
    buffer_clear(&reload->keys);
    if (status == STATUS_OK) {
        bool differs = app_configuration_differs(&reload->known, change.settings);
        app_configure_log_level(change.settings);
        app_configuration_note_change(&reload->known, change.settings);
        change.settings = NULL; // taken over
        buffer_append_str(&reload->keys, differs ? buffer_str(&reload->known.changed) : STR_EMPTY);
    } else if (status == STATUS_NOT_FOUND) {
        app_configuration_note_same(&reload->known);
    } else if (status != STATUS_CLOSED && (asked || status != STATUS_UNAVAILABLE)) {
        app_configuration_note_refusal(&reload->known, err.text, asked);
    }
    if (status == STATUS_OK && reload->known.origin.cached) {
        status = error_set(&err, STATUS_UNAVAILABLE, "no config server answers: %s",
                           reload->known.origin.problem);
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

// To the next look at the config servers, give or take a tenth: not all processes at once.
static int64_t next_look_us(const struct app_reload *reload) {
    struct clock *clock = clock_system();
    int64_t every_us =
        settings_integer(app_configuration_now(&reload->known), "config.refresh_interval") * 1000;
    return every_us == 0 ? INT64_MAX
                         : clock->mono_us(clock) + every_us - every_us / 10 +
                               (int64_t)random_below(random_system(), (uint64_t)every_us / 5 + 1);
}

static void *run(void *context) {
    struct app_reload *reload = context;
    struct clock *clock = clock_system();
    thread_must(pthread_mutex_lock(&reload->mutex));
    int64_t next_us = next_look_us(reload);
    while (!reload->ending) {
        int64_t left_us = next_us - clock->mono_us(clock);
        if (reload->asked || left_us <= 0) {
            bool asked = reload->asked;
            uint64_t turn = reload->asked_for;
            reload->asked = false;
            read_anew(reload, asked);
            reload->done = turn;
            next_us = reload->ending ? INT64_MAX : next_look_us(reload); // the settings may be gone
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

static char **copy_environment(void) {
    int count = 0;
    while (environ[count]) {
        count++;
    }
    return app_copy_words(count, environ);
}

enum status app_reload_start(struct app_service *service, const struct app_settings_source *source,
                             struct app_reload **out) {
    struct app_reload *reload = calloc(1, sizeof *reload);
    if (!reload) {
        return STATUS_NO_MEMORY;
    }
    reload->service = service;
    reload->role = source->role;
    reload->argc = source->argc;
    reload->argv = app_copy_words(source->argc, source->argv);
    reload->envp = copy_environment();
    buffer_init(&reload->keys, 65536);
    thread_must(pthread_mutex_init(&reload->mutex, NULL));
    thread_cond_init(&reload->wake);
    thread_cond_init(&reload->over);
    app_configuration_init(&reload->known, service->settings, &source->origin);
    enum status status = reload->argv && reload->envp
                             ? thread_start(&reload->thread, "reload", run, reload)
                             : STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        app_configuration_end(&reload->known);
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
    buffer_append_str(changed, buffer_str(&reload->keys));
    thread_must(pthread_mutex_unlock(&reload->mutex));
    return status;
}

void app_reload_write(struct app_reload *reload, struct json_writer *writer) {
    thread_must(pthread_mutex_lock(&reload->mutex));
    app_configuration_write(&reload->known, writer);
    thread_must(pthread_mutex_unlock(&reload->mutex));
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
    app_configuration_end(&reload->known);
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
