// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How much an upstream gets at the same time, over all loops. What would be above is refused at once: a service that is overloaded is
// not helped by requests that wait for it, and least of all by those that come a second time.
#include "http/upstream_private.h"

static bool enter(atomic_uint *count, unsigned most) {
    unsigned before = atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
    if (before < most) {
        return true;
    }
    atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
    return false;
}

static void leave(atomic_uint *count) {
    atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
}

bool http_upstream_admit(struct http_forward *forward) {
    struct http_upstream *upstream = forward->home->upstream;
    forward->admitted = enter(&upstream->active, upstream->config.limits.active);
    if (!forward->admitted) {
        metrics_add(upstream->refused[HTTP_UPSTREAM_REFUSED_ACTIVE], 1);
    }
    return forward->admitted;
}

void http_upstream_finish(struct http_forward *forward) {
    struct http_upstream *upstream = forward->home->upstream;
    if (forward->retrying) {
        leave(&upstream->retrying);
    }
    if (forward->admitted) {
        leave(&upstream->active);
    }
    forward->admitted = forward->retrying = false;
}

bool http_upstream_may_retry(struct http_forward *forward) {
    struct http_upstream *upstream = forward->home->upstream;
    const struct http_upstream_limits *limits = &upstream->config.limits;
    if (forward->retrying) {
        return true;
    }
    uint64_t active = atomic_load_explicit(&upstream->active, memory_order_relaxed);
    uint64_t most = active * limits->retry_share / 100;
    most = most > limits->retries_least ? most : limits->retries_least;
    forward->retrying = enter(&upstream->retrying, (unsigned)most);
    if (!forward->retrying) {
        metrics_add(upstream->refused[HTTP_UPSTREAM_REFUSED_RETRY], 1);
    }
    return forward->retrying;
}

bool http_upstream_may_wait(struct http_upstream *upstream) {
    bool may = enter(&upstream->waiting, upstream->config.limits.waiting);
    if (!may) {
        metrics_add(upstream->refused[HTTP_UPSTREAM_REFUSED_WAITING], 1);
    }
    return may;
}

void http_upstream_waits_no_more(struct http_upstream *upstream) {
    leave(&upstream->waiting);
}

bool http_upstream_may_connect(struct http_upstream *upstream) {
    return enter(&upstream->connections, upstream->config.limits.connections);
}

void http_upstream_disconnected(struct http_upstream *upstream) {
    leave(&upstream->connections);
}
