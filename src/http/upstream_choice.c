// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which address a request goes to: of two taken by chance the one with fewer requests under way, none that failed lately as long as
// there is another.
//
// Two by chance are as good as the least of all for the longest queue, and unlike the least of all they do not send everybody to the
// same one, the one that has just come up or that answers fast because it fails.
#include "base/thread.h"
#include "http/upstream_private.h"

// --- Those that may be chosen ----------------------------------------------------------------------------------------
static bool is_present(const struct http_upstream_peer *peer) {
    return atomic_load_explicit(&peer->presence, memory_order_acquire) == HTTP_UPSTREAM_PRESENT;
}

// Apart from ejections.
static bool is_eligible(const struct http_upstream_peer *peer) {
    return is_present(peer) && !atomic_load_explicit(&peer->unhealthy, memory_order_relaxed);
}

// Looks at all of them only when something has changed, or an ejection has ended.
static void refresh(struct http_upstream_loop *home) {
    struct http_upstream *upstream = home->upstream;
    unsigned version = atomic_load_explicit(&upstream->version, memory_order_acquire);
    int64_t now_us = home->loop->now_us;
    if (version == home->version && now_us < home->candidates_until_us) {
        return;
    }
    home->version = version;
    home->candidates_until_us = INT64_MAX;
    home->candidate_count = 0;
    for (size_t i = 0; i < upstream->peer_count; i++) {
        const struct http_upstream_peer *peer = &upstream->peers[i];
        int64_t until_us = atomic_load_explicit(&peer->ejected_until_us, memory_order_relaxed);
        if (!is_eligible(peer)) {
            continue;
        }
        if (until_us <= now_us) {
            home->candidates[home->candidate_count++] = (unsigned)i;
        } else if (until_us < home->candidates_until_us) {
            home->candidates_until_us = until_us;
        }
    }
}

// All that are left are ejected: the one whose time is up first, since a service that is back is to be found at once.
static struct http_upstream_address *least_ejected(struct http_upstream_loop *home) {
    struct http_upstream *upstream = home->upstream;
    struct http_upstream_address *best = NULL;
    int64_t best_us = 0;
    for (size_t i = 0; i < upstream->peer_count; i++) {
        const struct http_upstream_peer *peer = &upstream->peers[i];
        int64_t until_us = atomic_load_explicit(&peer->ejected_until_us, memory_order_relaxed);
        if (is_eligible(peer) && (!best || until_us < best_us)) {
            best = &home->addresses[i];
            best_us = until_us;
        }
    }
    return best;
}

// None passes its health check. A check that is wrong, or late because a service has just come up, must not close the door to all of
// them: each is tried in turn, and says itself that it is away.
static struct http_upstream_address *last_resort(struct http_upstream_loop *home) {
    struct http_upstream *upstream = home->upstream;
    for (size_t i = 0; i < upstream->peer_count; i++) {
        size_t at = (home->turn + i) % upstream->peer_count;
        if (is_present(&upstream->peers[at])) {
            home->turn = at + 1;
            return &home->addresses[at];
        }
    }
    return NULL;
}

static unsigned active(const struct http_upstream_address *address) {
    return atomic_load_explicit(&address->peer->active, memory_order_relaxed);
}

// One of the candidates by chance, which is not the one at `except` in their list; count: how many there are without it.
static unsigned draw(const struct http_upstream_loop *home, unsigned count, unsigned except) {
    unsigned at = count > 1 ? (unsigned)random_below(home->loop->server->config.random, count) : 0;
    return at >= except ? at + 1 : at;
}

struct http_upstream_address *http_upstream_choose(struct http_upstream_loop *home, int avoid) {
    refresh(home);
    unsigned count = home->candidate_count;
    if (count == 0) {
        struct http_upstream_address *ejected = least_ejected(home);
        return ejected ? ejected : last_resort(home);
    }
    // The one to avoid changes places with the last, and is left out.
    for (unsigned i = 0; avoid >= 0 && i < count && count > 1; i++) {
        if (home->candidates[i] == (unsigned)avoid) {
            home->candidates[i] = home->candidates[count - 1];
            home->candidates[count - 1] = (unsigned)avoid;
            count--;
            break;
        }
    }
    unsigned first = draw(home, count, count);
    struct http_upstream_address *one = &home->addresses[home->candidates[first]];
    if (count == 1) {
        return one;
    }
    struct http_upstream_address *other =
        &home->addresses[home->candidates[draw(home, count - 1, first)]];
    return active(other) < active(one) ? other : one;
}

// --- What came of it ---------------------------------------------------------------------------------------------------
void http_upstream_began(struct http_upstream_address *address) {
    atomic_fetch_add_explicit(&address->peer->active, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&address->peer->requests, 1, memory_order_relaxed);
    metrics_add(address->peer->target->requests, 1);
}

void http_upstream_left(struct http_upstream_address *address, unsigned requests) {
    atomic_fetch_sub_explicit(&address->peer->active, requests, memory_order_relaxed);
}

static int64_t longer(const struct http_upstream_ejection *policy, unsigned times) {
    int64_t time = policy->base_ms * times;
    return (time < policy->longest_ms ? time : policy->longest_ms) * 1000;
}

static bool may_eject(const struct http_upstream *upstream, int64_t now_us) {
    unsigned eligible = 0;
    unsigned ejected = 0;
    for (size_t i = 0; i < upstream->peer_count; i++) {
        const struct http_upstream_peer *peer = &upstream->peers[i];
        eligible += is_eligible(peer);
        ejected += is_eligible(peer) && atomic_load(&peer->ejected_until_us) > now_us;
    }
    unsigned most = eligible * upstream->config.ejection.share / 100;
    return ejected < (most > 0 ? most : 1) && ejected + 1 < eligible;
}

static void eject(struct http_upstream_loop *home, struct http_upstream_peer *peer) {
    struct http_upstream *upstream = home->upstream;
    const struct http_upstream_ejection *policy = &upstream->config.ejection;
    struct random_source *random = home->loop->server->config.random;
    int64_t now_us = home->loop->now_us;
    thread_must(pthread_mutex_lock(&upstream->mutex));
    if (atomic_load(&peer->ejected_until_us) <= now_us && may_eject(upstream, now_us)) {
        int64_t time = longer(policy, atomic_fetch_add(&peer->ejections, 1) + 1);
        // Not all gateways come back to it at the same time.
        time += (int64_t)random_below(random, (uint64_t)time / 4 + 1);
        atomic_store(&peer->ejected_until_us, now_us + time);
        atomic_store(&peer->forgive_us, now_us + time + policy->base_ms * 1000);
        atomic_store(&peer->failures, policy->after - 1); // when it is back, one more is enough
        atomic_fetch_add(&peer->ejected, 1);
        metrics_add(peer->target->ejections, 1);
        atomic_fetch_add(&upstream->version, 1);
    }
    thread_must(pthread_mutex_unlock(&upstream->mutex));
}

void http_upstream_failed(struct http_upstream_loop *home, struct http_upstream_address *address,
                          bool unreachable) {
    struct http_upstream_peer *peer = address->peer;
    unsigned failures = atomic_fetch_add(&peer->failures, 1) + 1;
    atomic_fetch_add(&peer->failed, 1);
    metrics_add(peer->target->failures, 1);
    if (unreachable || failures >= home->upstream->config.ejection.after) {
        eject(home, peer);
    }
}

static bool is_failure(unsigned status) {
    return status == 502 || status == 503 || status == 504;
}

void http_upstream_replied(struct http_upstream_loop *home, struct http_upstream_address *address,
                           unsigned status) {
    struct http_upstream_peer *peer = address->peer;
    if (is_failure(status)) {
        http_upstream_failed(home, address, false);
        return;
    }
    if (atomic_load_explicit(&peer->failures, memory_order_relaxed) != 0) {
        atomic_store_explicit(&peer->failures, 0, memory_order_relaxed);
    }
    unsigned ejections = atomic_load_explicit(&peer->ejections, memory_order_relaxed);
    int64_t forgive_us = atomic_load_explicit(&peer->forgive_us, memory_order_relaxed);
    int64_t next_us = home->loop->now_us + home->upstream->config.ejection.base_ms * 1000;
    if (ejections > 0 && home->loop->now_us >= forgive_us &&
        atomic_compare_exchange_strong(&peer->forgive_us, &forgive_us, next_us)) {
        atomic_compare_exchange_strong(&peer->ejections, &ejections, ejections - 1);
    }
}
