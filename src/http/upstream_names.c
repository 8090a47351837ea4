// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Looks the names of an upstream up again, on a thread of its own because that blocks, and not for a known time.
#include <arpa/inet.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/thread.h"
#include "http/upstream_private.h"

// Outlives its upstream when that goes while a name is being looked up.
struct http_upstream_names {
    struct http_upstream *upstream;
    struct thread thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool looking; // the mutex is not held
    bool ending;
    http_upstream_resolver *resolve;
    void *resolve_context;
    int64_t every_us;
    const char *name;
    size_t count;
    struct http_upstream_name {
        char host[254];
        uint16_t port;
        size_t target;
        bool failing;
    } names[];
};

static void names_free(struct http_upstream_names *names) {
    thread_must(pthread_mutex_destroy(&names->mutex));
    thread_must(pthread_cond_destroy(&names->wake));
    free(names);
}

static void tell(struct http_upstream_names *names, struct http_upstream_name *name,
                 enum status status, const char *reason) {
    if (status != STATUS_OK && !name->failing) {
        LOG_WARN("http", "a name cannot be looked up again; what it led to stays in use",
                 LOG_CSTR("upstream", names->name), LOG_CSTR("name", name->host),
                 LOG_CSTR("reason", reason));
    } else if (status == STATUS_OK && name->failing) {
        LOG_INFO("http", "a name can be looked up again", LOG_CSTR("upstream", names->name),
                 LOG_CSTR("name", name->host));
    }
    name->failing = status != STATUS_OK;
}

// With the mutex held, which it gives up meanwhile.
static void look_up(struct http_upstream_names *names, struct http_upstream_name *name) {
    struct http_upstream_found found = {.count = 0};
    struct error err = {STATUS_OK, ""};
    names->looking = true;
    thread_must(pthread_mutex_unlock(&names->mutex));
    enum status status =
        names->resolve(names->resolve_context, name->host, name->port, &found, &err);
    thread_must(pthread_mutex_lock(&names->mutex));
    names->looking = false;
    if (names->ending) {
        return;
    }
    if (status == STATUS_OK && found.count == 0) {
        status = error_set(&err, STATUS_UNAVAILABLE, "it leads nowhere");
    }
    tell(names, name, status, err.text);
    if (status == STATUS_OK) {
        http_upstream_update(names->upstream, name->target, &found);
    }
}

static void *run(void *context) {
    struct http_upstream_names *names = context;
    thread_must(pthread_mutex_lock(&names->mutex));
    while (!names->ending) {
        if (!thread_cond_wait_us(&names->wake, &names->mutex, names->every_us)) {
            for (size_t i = 0; i < names->count && !names->ending; i++) {
                look_up(names, &names->names[i]);
            }
        }
    }
    bool orphan = names->upstream == NULL;
    thread_must(pthread_mutex_unlock(&names->mutex));
    if (orphan) {
        names_free(names);
    }
    return NULL;
}

static bool is_name(const char *host) {
    struct in6_addr address;
    return inet_pton(AF_INET, host, &address) != 1 && inet_pton(AF_INET6, host, &address) != 1;
}

enum status http_upstream_watch_names(struct http_upstream *upstream, struct error *err) {
    struct http_upstream_names *names =
        calloc(1, sizeof *names + upstream->target_count * sizeof names->names[0]);
    if (!names) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the names of %s",
                         upstream->config.name);
    }
    names->upstream = upstream;
    names->resolve = upstream->config.resolve;
    names->resolve_context = upstream->config.resolve_context;
    names->every_us = upstream->config.resolve_every_ms * 1000;
    names->name = upstream->config.name;
    for (size_t i = 0; i < upstream->target_count; i++) {
        const struct http_upstream_target *target = &upstream->targets[i];
        if (is_name(target->host)) {
            struct http_upstream_name *name = &names->names[names->count++];
            memcpy(name->host, target->host, sizeof name->host);
            name->port = target->port;
            name->target = i;
        }
    }
    thread_must(pthread_mutex_init(&names->mutex, NULL));
    thread_cond_init(&names->wake);
    enum status status =
        names->count > 0 ? thread_start(&names->thread, "names", run, names) : STATUS_OK;
    if (names->count == 0 || status != STATUS_OK) {
        names_free(names);
        return status == STATUS_OK
                   ? status
                   : error_set(err, status, "cannot start a thread: %s", status_text(status));
    }
    upstream->names = names;
    return STATUS_OK;
}

void http_upstream_unwatch_names(struct http_upstream *upstream) {
    struct http_upstream_names *names = upstream->names;
    if (!names) {
        return;
    }
    thread_must(pthread_mutex_lock(&names->mutex));
    names->ending = true;
    bool orphan = names->looking;
    if (orphan) { // nobody waits for a name server here; the thread ends when it hears of it
        names->upstream = NULL;
        thread_must(pthread_detach(names->thread.handle));
    }
    thread_must(pthread_cond_signal(&names->wake));
    thread_must(pthread_mutex_unlock(&names->mutex));
    if (!orphan) {
        thread_join(&names->thread);
        names_free(names);
    }
    upstream->names = NULL;
}
