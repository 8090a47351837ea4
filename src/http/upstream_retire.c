// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The end of an upstream while the servers go on: each loop gives back what it has of it, and then it may be freed.
#include <stdlib.h>

#include "base/thread.h"
#include "http/upstream_private.h"

void http_upstream_moved_in(struct http_upstream_loop *home) {
    struct http_upstream *upstream = home->upstream;
    atomic_fetch_add(&upstream->homes, 1);
    thread_must(pthread_mutex_lock(&upstream->mutex));
    home->next_home = upstream->first;
    upstream->first = home;
    thread_must(pthread_mutex_unlock(&upstream->mutex));
}

// From here on it may be freed at any time.
void http_upstream_moved_out(struct http_upstream_loop *home) {
    struct http_upstream *upstream = home->upstream;
    thread_must(pthread_mutex_lock(&upstream->mutex));
    struct http_upstream_loop **link = &upstream->first;
    while (*link != home) {
        link = &(*link)->next_home;
    }
    *link = home->next_home;
    thread_must(pthread_mutex_unlock(&upstream->mutex));
    home->upstream = NULL;
    atomic_fetch_sub(&upstream->homes, 1);
}

static bool is_busy(const struct http_upstream_loop *home) {
    for (size_t i = 0; i < home->upstream->peer_count; i++) {
        if (home->addresses[i].connections > 0) {
            return true;
        }
    }
    return home->waiting != NULL;
}

static void on_closed(uv_handle_t *handle) {
    struct http_upstream_loop *home = handle->data;
    if (--home->closing == 0) {
        free(home->candidates);
        free(home);
    }
}

void http_upstream_leave_retired(struct http_upstream_loop *home) {
    if (home->ending || !atomic_load_explicit(&home->upstream->retired, memory_order_acquire) ||
        is_busy(home)) {
        return;
    }
    struct http_upstream_loop **link = &home->loop->upstreams;
    while (*link != home) {
        link = &(*link)->next;
    }
    *link = home->next;
    home->ending = true;
    http_upstream_moved_out(home);
    home->closing = 2;
    uv_close((uv_handle_t *)&home->flush, on_closed);
    uv_close((uv_handle_t *)&home->sweep, on_closed);
}

void http_upstream_retire(struct http_upstream *upstream) {
    if (atomic_exchange(&upstream->retired, true)) {
        return;
    }
    http_upstream_stop_checks(upstream);
    http_upstream_unwatch_names(upstream);
    // A loop that sleeps has no other reason to look.
    thread_must(pthread_mutex_lock(&upstream->mutex));
    for (struct http_upstream_loop *home = upstream->first; home; home = home->next_home) {
        uv_async_send(&home->loop->wake);
    }
    thread_must(pthread_mutex_unlock(&upstream->mutex));
}

bool http_upstream_is_unused(const struct http_upstream *upstream) {
    return atomic_load(&upstream->homes) == 0;
}
