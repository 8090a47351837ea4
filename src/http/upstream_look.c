// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What can be seen of an upstream and its addresses: as metrics, one set a URL, and as values.
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "http/upstream_private.h"

enum state { STATE_NONE, STATE_HEALTHY, STATE_UNHEALTHY, STATE_EJECTED, STATE_DRAINING };

static enum state state_of(const struct http_upstream_peer *peer, int64_t now_us) {
    switch (atomic_load(&peer->presence)) {
    case HTTP_UPSTREAM_EMPTY: return STATE_NONE;
    case HTTP_UPSTREAM_GONE: return STATE_DRAINING;
    default: break;
    }
    if (atomic_load(&peer->unhealthy)) {
        return STATE_UNHEALTHY;
    }
    return atomic_load(&peer->ejected_until_us) > now_us ? STATE_EJECTED : STATE_HEALTHY;
}

static int64_t now(void) {
    return clock_system()->mono_us(clock_system());
}

// --- Metrics ---------------------------------------------------------------------------------------------------------
static double count(const struct http_upstream_target *target, enum state state) {
    int64_t now_us = now();
    unsigned found = 0;
    for (size_t i = 0; i < HTTP_UPSTREAM_ADDRESSES; i++) {
        found += state_of(&target->peers[i], now_us) == state;
    }
    return found;
}

static double read_healthy(void *target) {
    return count(target, STATE_HEALTHY);
}

static double read_unhealthy(void *target) {
    return count(target, STATE_UNHEALTHY);
}

static double read_ejected(void *target) {
    return count(target, STATE_EJECTED);
}

static double read_active(void *context) {
    const struct http_upstream_target *target = context;
    unsigned active = 0;
    for (size_t i = 0; i < HTTP_UPSTREAM_ADDRESSES; i++) {
        active += atomic_load(&target->peers[i].active);
    }
    return active;
}

static metrics_id register_state(struct http_upstream_target *target, const char *labels,
                                 const char *state, double (*read)(void *context)) {
    char text[400];
    (void)snprintf(text, sizeof text, "%s,state=\"%s\"", labels, state);
    return metrics_gauge("footfall_upstream_addresses", "Addresses that a URL leads to.", text,
                         read, target);
}

static void register_target(struct http_upstream_target *target, const char *name) {
    char labels[360];
    (void)snprintf(labels, sizeof labels, "upstream=\"%s\",address=\"%s\"", name,
                   target->authority);
    target->requests = metrics_counter("footfall_upstream_address_requests_total",
                                       "Requests sent to the addresses of a URL.", labels);
    target->failures = metrics_counter("footfall_upstream_address_failures_total",
                                       "Of these, what counts towards an ejection.", labels);
    target->ejections = metrics_counter("footfall_upstream_address_ejections_total",
                                        "Times an address was left alone for a while.", labels);
    target->gauges[0] =
        metrics_gauge("footfall_upstream_address_active", "Requests whose replies have not come.",
                      labels, read_active, target);
    target->gauges[1] = register_state(target, labels, "healthy", read_healthy);
    target->gauges[2] = register_state(target, labels, "unhealthy", read_unhealthy);
    target->gauges[3] = register_state(target, labels, "ejected", read_ejected);
}

static void register_refusals(struct http_upstream *upstream) {
    static const char *const REASONS[] = {
        [HTTP_UPSTREAM_REFUSED_ACTIVE] = "active",
        [HTTP_UPSTREAM_REFUSED_WAITING] = "waiting",
        [HTTP_UPSTREAM_REFUSED_CONNECTION] = "connections",
        [HTTP_UPSTREAM_REFUSED_RETRY] = "retries",
    };
    for (size_t i = 0; i < HTTP_UPSTREAM_REFUSALS; i++) {
        char labels[100];
        (void)snprintf(labels, sizeof labels, "upstream=\"%s\",reason=\"%s\"",
                       upstream->config.name, REASONS[i]);
        upstream->refused[i] =
            metrics_counter("footfall_upstream_refused_total",
                            "Requests and retries that were above a limit.", labels);
    }
}

void http_upstream_register_metrics(struct http_upstream *upstream) {
    char label[64];
    (void)snprintf(label, sizeof label, "upstream=\"%s\"", upstream->config.name);
    upstream->requests = metrics_counter("footfall_upstream_requests_total",
                                         "Requests passed on to another process.", label);
    upstream->retries = metrics_counter("footfall_upstream_retries_total",
                                        "Requests that were tried again.", label);
    upstream->unanswered = metrics_counter("footfall_upstream_failures_total",
                                           "Requests answered with 502, 503 or 504.", label);
    upstream->abandoned =
        metrics_counter("footfall_upstream_abandoned_total",
                        "Requests whose clients went before the reply was whole.", label);
    upstream->connects =
        metrics_counter("footfall_upstream_connects_total", "Connections begun.", label);
    register_refusals(upstream);
    for (size_t i = 0; i < upstream->target_count; i++) {
        register_target(&upstream->targets[i], upstream->config.name);
    }
}

void http_upstream_remove_gauges(struct http_upstream *upstream) {
    for (size_t i = 0; i < upstream->target_count; i++) {
        for (size_t k = 0; k < HTTP_UPSTREAM_GAUGES; k++) {
            metrics_gauge_leave(upstream->targets[i].gauges[k], &upstream->targets[i]);
        }
    }
}

// --- Values ----------------------------------------------------------------------------------------------------------
static const char *const STATES[] = {
    [STATE_HEALTHY] = "healthy",
    [STATE_UNHEALTHY] = "unhealthy",
    [STATE_EJECTED] = "ejected",
    [STATE_DRAINING] = "draining",
};

size_t http_upstream_addresses(struct http_upstream *upstream,
                               struct http_upstream_address_view *out, size_t room) {
    int64_t now_us = now();
    size_t found = 0;
    thread_must(pthread_mutex_lock(&upstream->mutex));
    for (size_t i = 0; i < upstream->peer_count; i++) {
        const struct http_upstream_peer *peer = &upstream->peers[i];
        enum state state = state_of(peer, now_us);
        if (state == STATE_NONE || found++ >= room) {
            continue;
        }
        struct http_upstream_address_view *view = &out[found - 1];
        *view = (struct http_upstream_address_view){
            .authority = peer->target->authority,
            .state = STATES[state],
            .active = atomic_load(&peer->active),
            .connections = atomic_load(&peer->connections),
            .requests = atomic_load(&peer->requests),
            .failures = atomic_load(&peer->failed),
            .ejections = atomic_load(&peer->ejected),
            .checks = atomic_load(&peer->checks),
        };
        memcpy(view->ip, peer->text, sizeof view->ip);
    }
    thread_must(pthread_mutex_unlock(&upstream->mutex));
    return found;
}

struct http_upstream_load http_upstream_load(const struct http_upstream *upstream) {
    const struct http_upstream_limits *limits = &upstream->config.limits;
    struct http_upstream_load load = {
        .active = atomic_load(&upstream->active),
        .waiting = atomic_load(&upstream->waiting),
        .retrying = atomic_load(&upstream->retrying),
        .connections = atomic_load(&upstream->connections),
    };
    load.full = load.active >= limits->active || load.waiting >= limits->waiting;
    return load;
}

const char *http_upstream_name(const struct http_upstream *upstream) {
    return upstream->config.name;
}
