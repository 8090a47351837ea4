// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Routings: made aside, exchanged under a lock that is held for a few instructions, counted by who uses them.
#include "gateway/routing.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/thread.h"

struct gateway_routing {
    struct gateway_routing *next;
    struct http_router *router;
    struct gateway_routes *routes;
    size_t holders; // one of them is being what counts
};

struct gateway_routings {
    pthread_mutex_t mutex;
    struct gateway_routing *current; // NULL: none yet
    struct gateway_routing *all;
    size_t own_count;
    struct http_route_table own[];
};

enum status gateway_routings_make(const struct http_route_table *own, size_t count,
                                  struct gateway_routings **out) {
    struct gateway_routings *made = calloc(1, sizeof *made + count * sizeof made->own[0]);
    if (!made) {
        return STATUS_NO_MEMORY;
    }
    thread_must(pthread_mutex_init(&made->mutex, NULL));
    made->own_count = count;
    for (size_t i = 0; i < count; i++) {
        made->own[i] = own[i];
    }
    *out = made;
    return STATUS_OK;
}

static void free_routing(struct gateway_routing *routing) {
    if (routing) {
        http_router_free(routing->router);
        gateway_routes_free(routing->routes);
        free(routing);
    }
}

void gateway_routings_free(struct gateway_routings *routings) {
    if (!routings) {
        return;
    }
    while (routings->all) {
        struct gateway_routing *routing = routings->all;
        routings->all = routing->next;
        free_routing(routing);
    }
    thread_must(pthread_mutex_destroy(&routings->mutex));
    free(routings);
}

// With the mutex held. Returns it when it is to be freed.
static struct gateway_routing *drop(struct gateway_routings *routings,
                                    struct gateway_routing *routing) {
    if (!routing || --routing->holders > 0) {
        return NULL;
    }
    struct gateway_routing **link = &routings->all;
    while (*link != routing) {
        link = &(*link)->next;
    }
    *link = routing->next;
    return routing;
}

static enum status make_router(const struct gateway_routings *routings,
                               const struct gateway_routes *routes,
                               const struct limit_rules *limits, struct http_router **out,
                               struct error *err) {
    size_t count = 0;
    const struct http_route_table *theirs = routes ? gateway_routes_tables(routes, &count) : NULL;
    struct http_route_table *tables = calloc(routings->own_count + count + 1, sizeof *tables);
    if (!tables) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the routes");
    }
    for (size_t i = 0; i < routings->own_count; i++) {
        tables[i] = routings->own[i];
    }
    for (size_t i = 0; i < count; i++) {
        tables[routings->own_count + i] = theirs[i];
    }
    count += routings->own_count;
    enum status status = limits ? limit_rules_check_routes(limits, tables, count, err) : STATUS_OK;
    status = status == STATUS_OK ? http_router_make(tables, count, out, err) : status;
    free(tables);
    return status;
}

enum status gateway_routings_prepare(const struct gateway_routings *routings,
                                     struct gateway_routes *routes,
                                     const struct limit_rules *limits, struct gateway_routing **out,
                                     struct error *err) {
    struct gateway_routing *made = calloc(1, sizeof *made);
    if (!made) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the routes");
    }
    enum status status = make_router(routings, routes, limits, &made->router, err);
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    made->routes = routes;
    made->holders = 1;
    *out = made;
    return STATUS_OK;
}

void gateway_routings_use(struct gateway_routings *routings, struct gateway_routing *routing) {
    thread_must(pthread_mutex_lock(&routings->mutex));
    routing->next = routings->all;
    routings->all = routing;
    struct gateway_routing *gone = drop(routings, routings->current);
    routings->current = routing;
    thread_must(pthread_mutex_unlock(&routings->mutex));
    free_routing(gone);
}

struct gateway_routing *gateway_routings_hold(struct gateway_routings *routings) {
    thread_must(pthread_mutex_lock(&routings->mutex));
    struct gateway_routing *routing = routings->current;
    routing->holders++;
    thread_must(pthread_mutex_unlock(&routings->mutex));
    return routing;
}

const struct http_router *gateway_routing_router(const struct gateway_routing *routing) {
    return routing->router;
}

void gateway_routings_let_go(struct gateway_routings *routings, struct gateway_routing *routing) {
    thread_must(pthread_mutex_lock(&routings->mutex));
    struct gateway_routing *gone = drop(routings, routing);
    thread_must(pthread_mutex_unlock(&routings->mutex));
    free_routing(gone);
}
