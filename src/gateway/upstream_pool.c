// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The upstreams of configured routes: kept from one set of routes to the next, and freed when no set and no loop has them any more.
#include <stdlib.h>

#include "base/thread.h"
#include "gateway/routes_private.h"

struct gateway_pooled {
    struct gateway_pooled *next;
    struct http_upstream *upstream;
    struct arena arena; // name, text, URLs
    struct str text;
    atomic_uint sets; // of routes that lead to it
    bool retired;
};

struct gateway_upstreams {
    pthread_mutex_t mutex; // of the list
    struct gateway_pooled *first;
};

enum status gateway_upstreams_make(struct gateway_upstreams **out) {
    *out = calloc(1, sizeof **out);
    if (!*out) {
        return STATUS_NO_MEMORY;
    }
    thread_must(pthread_mutex_init(&(*out)->mutex, NULL));
    return STATUS_OK;
}

static void free_pooled(struct gateway_pooled *pooled) {
    http_upstream_free(pooled->upstream);
    arena_free(&pooled->arena);
    free(pooled);
}

void gateway_upstreams_free(struct gateway_upstreams *pool) {
    if (!pool) {
        return;
    }
    while (pool->first) {
        struct gateway_pooled *pooled = pool->first;
        pool->first = pooled->next;
        free_pooled(pooled);
    }
    thread_must(pthread_mutex_destroy(&pool->mutex));
    free(pool);
}

// --- Making ----------------------------------------------------------------------------------------------------------
static enum status make_upstream(const struct gateway_upstream_entry *entry,
                                 struct gateway_pooled *pooled, struct error *err) {
    struct arena *arena = &pooled->arena;
    struct http_upstream_config config = entry->config;
    struct str *urls = arena_alloc_array(arena, config.url_count, sizeof *urls);
    const char *health = config.health.path;
    config.name = arena_copy(arena, entry->name).data;
    config.health.path = health ? arena_copy(arena, str_from_c(health)).data : NULL;
    config.tls = &entry->tls; // read at once
    pooled->text = arena_copy(arena, entry->text);
    bool copied = urls && config.name && pooled->text.data && (!health || config.health.path);
    for (size_t i = 0; i < config.url_count && copied; i++) {
        urls[i] = arena_copy(arena, entry->config.urls[i]);
        copied = urls[i].data != NULL;
    }
    if (!copied) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the upstreams of the settings");
    }
    config.urls = urls;
    struct error reason = {STATUS_OK, ""};
    enum status status = http_upstream_make(&config, &pooled->upstream, &reason);
    return status == STATUS_OK
               ? status
               : error_set(err, status, "upstream %s: %s", config.name, reason.text);
}

static enum status make_pooled(struct gateway_upstreams *pool,
                               const struct gateway_upstream_entry *entry, struct error *err) {
    struct gateway_pooled *made = calloc(1, sizeof *made);
    if (!made) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the upstreams of the settings");
    }
    arena_init(&made->arena, 1024, 0);
    enum status status = make_upstream(entry, made, err);
    if (status != STATUS_OK) {
        free_pooled(made);
        return status;
    }
    thread_must(pthread_mutex_lock(&pool->mutex));
    made->next = pool->first;
    pool->first = made;
    thread_must(pthread_mutex_unlock(&pool->mutex));
    return STATUS_OK;
}

// With the mutex held. NULL: it has none that is said to be so.
static struct gateway_pooled *find(const struct gateway_upstreams *pool, struct str text) {
    struct gateway_pooled *pooled = pool->first;
    while (pooled && (pooled->retired || !str_equal(pooled->text, text))) {
        pooled = pooled->next;
    }
    return pooled;
}

void gateway_routes_recall(struct gateway_routes *routes, struct gateway_upstreams *pool) {
    thread_must(pthread_mutex_lock(&pool->mutex));
    for (size_t i = 0; i < routes->upstream_count; i++) {
        routes->upstreams[i].known = find(pool, routes->upstreams[i].text) != NULL;
    }
    thread_must(pthread_mutex_unlock(&pool->mutex));
}

enum status gateway_routes_look_up(const struct gateway_routes *routes,
                                   struct gateway_upstreams *fresh, struct error *err) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < routes->upstream_count && status == STATUS_OK; i++) {
        if (!routes->upstreams[i].known) {
            status = make_pooled(fresh, &routes->upstreams[i], err);
        }
    }
    return status;
}

// --- From set to set ---------------------------------------------------------------------------------------------------
void gateway_routes_adopt(struct gateway_routes *routes, struct gateway_upstreams *pool,
                          struct gateway_upstreams *fresh) {
    thread_must(pthread_mutex_lock(&pool->mutex));
    while (fresh->first) {
        struct gateway_pooled *made = fresh->first;
        fresh->first = made->next;
        made->next = pool->first;
        pool->first = made;
    }
    for (size_t i = 0; i < routes->upstream_count; i++) {
        struct gateway_upstream_entry *entry = &routes->upstreams[i];
        entry->pooled = find(pool, entry->text);
        CHECK(entry->pooled != NULL);
        entry->upstream = entry->pooled->upstream;
        atomic_fetch_add(&entry->pooled->sets, 1);
    }
    thread_must(pthread_mutex_unlock(&pool->mutex));
}

void gateway_routes_let_go(const struct gateway_routes *routes) {
    for (size_t i = 0; i < routes->upstream_count && routes->upstreams; i++) {
        struct gateway_pooled *pooled = routes->upstreams[i].pooled;
        if (pooled) {
            atomic_fetch_sub(&pooled->sets, 1);
        }
    }
}

enum status gateway_routes_connect(struct gateway_routes *routes, struct gateway_upstreams *pool,
                                   struct error *err) {
    struct gateway_upstreams *fresh = NULL;
    if (gateway_upstreams_make(&fresh) != STATUS_OK) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the upstreams of the settings");
    }
    gateway_routes_recall(routes, pool);
    enum status status = gateway_routes_look_up(routes, fresh, err);
    if (status == STATUS_OK) {
        gateway_routes_adopt(routes, pool, fresh);
    }
    gateway_upstreams_free(fresh);
    return status;
}

size_t gateway_upstreams_reap(struct gateway_upstreams *pool) {
    struct gateway_pooled *unused = NULL;
    size_t left = 0;
    thread_must(pthread_mutex_lock(&pool->mutex));
    struct gateway_pooled **link = &pool->first;
    while (*link) {
        struct gateway_pooled *pooled = *link;
        if (atomic_load(&pooled->sets) > 0) {
            link = &pooled->next;
            continue;
        }
        pooled->retired = true;
        http_upstream_retire(pooled->upstream);
        if (http_upstream_is_unused(pooled->upstream)) {
            *link = pooled->next;
            pooled->next = unused;
            unused = pooled;
        } else {
            left++;
            link = &pooled->next;
        }
    }
    thread_must(pthread_mutex_unlock(&pool->mutex));
    while (unused) {
        struct gateway_pooled *pooled = unused;
        unused = pooled->next;
        free_pooled(pooled);
    }
    return left;
}

size_t gateway_upstreams_visit(struct gateway_upstreams *pool,
                               void (*visit)(void *context, struct http_upstream *upstream),
                               void *context) {
    size_t count = 0;
    thread_must(pthread_mutex_lock(&pool->mutex));
    for (struct gateway_pooled *pooled = pool->first; pooled; pooled = pooled->next) {
        count++;
        if (visit) {
            visit(context, pooled->upstream);
        }
    }
    thread_must(pthread_mutex_unlock(&pool->mutex));
    return count;
}
