// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Upstreams: what a loop has of each, and the way of a request from its handler to a connection, again if need be.
#include "http/upstream.h"

#include <stdlib.h>

#include "base/thread.h"
#include "http/cors.h"
#include "http/problem.h"
#include "http/upstream_private.h"

#define SWEEP_LEAST_MS 5
#define SWEEP_MOST_MS 250
#define HEADER_BYTES ((size_t)32 * 1024)
#define STATUS_LINE_BYTES ((size_t)8 * 1024)

// --- The upstream ----------------------------------------------------------------------------------------------------
static void fill_limits(struct http_upstream_limits *limits) {
    limits->connections = limits->connections > 0 ? limits->connections : 4096;
    limits->active = limits->active > 0 ? limits->active : 16384;
    limits->waiting = limits->waiting > 0 ? limits->waiting : 10000;
    limits->retry_share = limits->retry_share > 0 ? limits->retry_share : 20;
    limits->retries_least = limits->retries_least > 0 ? limits->retries_least : 3;
}

static void fill_defaults(struct http_upstream_config *config) {
    config->connections = config->connections > 0 ? config->connections : 64;
    config->pipeline = config->pipeline > 0 ? config->pipeline : 1;
    config->connect_timeout_ms = config->connect_timeout_ms > 0 ? config->connect_timeout_ms : 1000;
    config->reply_timeout_ms = config->reply_timeout_ms > 0 ? config->reply_timeout_ms : 30000;
    config->total_timeout_ms = config->total_timeout_ms > 0 ? config->total_timeout_ms : 60000;
    config->stall_timeout_ms = config->stall_timeout_ms > 0 ? config->stall_timeout_ms : 60000;
    config->tunnel_timeout_ms = config->tunnel_timeout_ms > 0 ? config->tunnel_timeout_ms : 600000;
    config->idle_timeout_ms = config->idle_timeout_ms > 0 ? config->idle_timeout_ms : 20000;
    struct http_upstream_ejection *ejection = &config->ejection;
    ejection->after = ejection->after > 0 ? ejection->after : 5;
    ejection->base_ms = ejection->base_ms > 0 ? ejection->base_ms : 1000;
    ejection->longest_ms = ejection->longest_ms > 0 ? ejection->longest_ms : 30000;
    ejection->share = ejection->share > 0 ? ejection->share : 50;
    fill_limits(&config->limits);
    struct http_upstream_health *health = &config->health;
    health->interval_ms = health->interval_ms > 0 ? health->interval_ms : 2000;
    health->timeout_ms = health->timeout_ms > 0 ? health->timeout_ms : 1000;
    health->healthy_after = health->healthy_after > 0 ? health->healthy_after : 2;
    health->unhealthy_after = health->unhealthy_after > 0 ? health->unhealthy_after : 3;
    config->resolve_every_ms = config->resolve_every_ms > 0 ? config->resolve_every_ms : 30000;
    config->resolve = config->resolve ? config->resolve : http_upstream_resolve;
}

static enum status make_tls(struct http_upstream *upstream, struct error *err) {
    static const struct tls_client_settings DEFAULTS = {.verify = true};
    const struct tls_client_settings *settings = upstream->config.tls;
    return http_tls_client_make(settings ? settings : &DEFAULTS, &upstream->tls, err);
}

static enum status find_target(struct http_upstream *upstream, size_t i, struct error *err) {
    struct http_upstream_target *target = &upstream->targets[i];
    struct http_upstream_found found = {.count = 0};
    enum status status = http_upstream_parse_url(upstream->config.urls[i], target, err);
    if (status == STATUS_OK && target->tls && !upstream->tls) {
        status = make_tls(upstream, err);
    }
    if (status == STATUS_OK) {
        status = upstream->config.resolve(upstream->config.resolve_context, target->host,
                                          target->port, &found, err);
    }
    if (status == STATUS_OK) {
        http_upstream_update(upstream, i, &found);
    }
    return status;
}

enum status http_upstream_make(const struct http_upstream_config *config,
                               struct http_upstream **out, struct error *err) {
    if (config->url_count == 0) {
        return error_set(err, STATUS_INVALID, "no address is given for %s", config->name);
    }
    size_t peers = config->url_count * HTTP_UPSTREAM_ADDRESSES;
    struct http_upstream *upstream =
        calloc(1, sizeof *upstream + peers * sizeof upstream->peers[0]);
    struct http_upstream_target *targets = calloc(config->url_count, sizeof *targets);
    if (!upstream || !targets) {
        free(upstream);
        free(targets);
        return error_set(err, STATUS_NO_MEMORY, "no memory for the addresses of %s", config->name);
    }
    upstream->config = *config;
    upstream->targets = targets;
    upstream->target_count = config->url_count;
    upstream->peer_count = peers;
    thread_must(pthread_mutex_init(&upstream->mutex, NULL));
    fill_defaults(&upstream->config);
    for (size_t i = 0; i < peers; i++) {
        upstream->peers[i].target = &targets[i / HTTP_UPSTREAM_ADDRESSES];
    }
    for (size_t i = 0; i < config->url_count; i++) {
        targets[i].upstream = upstream;
        targets[i].peers = &upstream->peers[i * HTTP_UPSTREAM_ADDRESSES];
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->url_count && status == STATUS_OK; i++) {
        status = find_target(upstream, i, err);
    }
    if (status == STATUS_OK) {
        status = http_upstream_watch_names(upstream, err);
    }
    if (status == STATUS_OK) {
        status = http_upstream_start_checks(upstream, err);
    }
    if (status != STATUS_OK) {
        http_upstream_free(upstream);
        return status;
    }
    upstream->config.urls = NULL; // the caller's
    upstream->config.tls = NULL;
    http_upstream_register_metrics(upstream);
    *out = upstream;
    return STATUS_OK;
}

void http_upstream_free(struct http_upstream *upstream) {
    if (upstream) {
        http_upstream_stop_checks(upstream);
        http_upstream_unwatch_names(upstream);
        http_upstream_remove_gauges(upstream);
        http_tls_client_free(upstream->tls);
        thread_must(pthread_mutex_destroy(&upstream->mutex));
        free(upstream->targets);
        free(upstream);
    }
}

// --- What a loop has of it ---------------------------------------------------------------------------------------------
static void flush(struct http_upstream_loop *home) {
    while (home->dirty) {
        struct http_upstream_connection *connection = home->dirty;
        home->dirty = connection->next_dirty;
        connection->dirty = false;
        http_upstream_flush(connection);
    }
}

static void on_flush(uv_prepare_t *handle) {
    struct http_upstream_loop *home = handle->data;
    flush(home);
    http_upstream_leave_retired(home);
}

void http_upstream_loop_flush(struct http_loop *loop) {
    for (struct http_upstream_loop *home = loop->upstreams; home; home = home->next) {
        flush(home);
    }
}

static struct http_forward *pop_waiting(struct http_upstream_loop *home) {
    struct http_forward *forward = home->waiting;
    home->waiting = forward->next;
    if (!home->waiting) {
        home->waiting_last = NULL;
    }
    home->waiting_count--;
    http_upstream_waits_no_more(home->upstream);
    return forward;
}

void http_upstream_unqueue(struct http_forward *forward) {
    struct http_upstream_loop *home = forward->home;
    struct http_forward *before = NULL;
    for (struct http_forward *one = home->waiting; one; before = one, one = one->next) {
        if (one != forward) {
            continue;
        }
        if (before) {
            before->next = one->next;
        } else {
            home->waiting = one->next;
        }
        home->waiting_last = home->waiting_last == one ? before : home->waiting_last;
        home->waiting_count--;
        http_upstream_waits_no_more(home->upstream);
        return;
    }
}

static void on_sweep(uv_timer_t *timer) {
    struct http_upstream_loop *home = timer->data;
    bool busy = false;
    http_loop_update_time(home->loop);
    for (size_t i = 0; i < home->upstream->peer_count; i++) {
        http_upstream_sweep(home, home->addresses[i].free);
        http_upstream_sweep(home, home->addresses[i].full);
        busy = busy || home->addresses[i].connections > 0;
    }
    while (home->waiting &&
           home->loop->now_us - home->waiting->began_us > home->waiting->total_timeout_us) {
        http_upstream_fail(pop_waiting(home), 504, "no connection to it became free in time");
    }
    if (!busy && !home->waiting) {
        uv_timer_stop(timer);
    }
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void start_sweeping(struct http_upstream_loop *home) {
    const struct http_upstream_config *config = &home->upstream->config;
    if (uv_is_active((uv_handle_t *)&home->sweep)) {
        return;
    }
    int64_t shortest = least(config->connect_timeout_ms, config->reply_timeout_ms);
    shortest = least(least(shortest, config->total_timeout_ms), config->idle_timeout_ms) / 4;
    shortest = least(shortest, SWEEP_MOST_MS);
    uint64_t period = shortest < SWEEP_LEAST_MS ? SWEEP_LEAST_MS : (uint64_t)shortest;
    uv_timer_start(&home->sweep, on_sweep, period, period);
}

static struct http_upstream_loop *make_home(struct http_loop *loop,
                                            struct http_upstream *upstream) {
    size_t count = upstream->peer_count;
    struct http_upstream_loop *home = calloc(1, sizeof *home + count * sizeof home->addresses[0]);
    unsigned *candidates = calloc(count, sizeof *candidates);
    if (!home || !candidates) {
        free(home);
        free(candidates);
        return NULL;
    }
    const struct http_parse_limits limits = {STATUS_LINE_BYTES, HEADER_BYTES, SIZE_MAX,
                                             HTTP_UPSTREAM_HEADERS};
    http_response_parser_init(&home->parser, &limits);
    home->upstream = upstream;
    home->loop = loop;
    home->candidates = candidates;
    for (size_t i = 0; i < count; i++) {
        home->addresses[i].peer = &upstream->peers[i];
        home->addresses[i].target = upstream->peers[i].target;
    }
    home->flush.data = home->sweep.data = home;
    uv_prepare_init(&loop->uv, &home->flush);
    uv_prepare_start(&home->flush, on_flush);
    uv_timer_init(&loop->uv, &home->sweep);
    home->next = loop->upstreams;
    loop->upstreams = home;
    http_upstream_moved_in(home);
    return home;
}

static struct http_upstream_loop *home_of(struct http_loop *loop, struct http_upstream *upstream) {
    struct http_upstream_loop *home = loop->upstreams;
    while (home && home->upstream != upstream) {
        home = home->next;
    }
    return home ? home : make_home(loop, upstream);
}

// --- A request's way ---------------------------------------------------------------------------------------------------
void http_upstream_fail(struct http_forward *forward, unsigned status, const char *detail) {
    const struct http_upstream *upstream = forward->home->upstream;
    struct http_exchange *public = &forward->exchange->public;
    http_upstream_finish(forward);
    metrics_add(upstream->unanswered, 1);
    forward->connection = NULL;
    buffer_free(&forward->pending);
    if (forward->replying || forward->cancelled) {
        http_stream_abort(public);
        return;
    }
    if (upstream->config.cross_origin) {
        http_cors_allow(public);
    }
    if (status == 503) {
        http_reply_header(public, "Retry-After", STR("1"));
    }
    http_reply_problemf(public, status, "The %s service did not answer: %s.", upstream->config.name,
                        detail);
}

void http_upstream_again(struct http_forward *forward, bool untouched, unsigned status,
                         const char *detail) {
    bool costless = untouched || forward->sent == 0;
    bool allowed = costless || forward->idempotent;
    forward->connection = NULL;
    // Of a body in parts nothing is kept.
    if (!allowed || forward->taken || forward->replying || forward->cancelled ||
        forward->home->ending || forward->attempts >= HTTP_UPSTREAM_ATTEMPTS ||
        (!costless && !http_upstream_may_retry(forward))) {
        http_upstream_fail(forward, status, detail);
        return;
    }
    if (forward->streams) {
        http_stream_pause(&forward->exchange->public);
    }
    metrics_add(forward->home->upstream->retries, 1);
    http_upstream_dispatch(forward);
}

static void wait_for_room(struct http_forward *forward) {
    struct http_upstream_loop *home = forward->home;
    if (!http_upstream_may_wait(home->upstream)) {
        http_upstream_fail(forward, 503, "too many requests are waiting for it");
        return;
    }
    forward->next = NULL;
    if (home->waiting_last) {
        home->waiting_last->next = forward;
    } else {
        home->waiting = forward;
    }
    home->waiting_last = forward;
    home->waiting_count++;
}

// No connection may be made to the address that was chosen: perhaps another has one with room.
static struct http_upstream_connection *any_free(const struct http_upstream_loop *home,
                                                 bool alone) {
    struct http_upstream_connection *found = NULL;
    for (unsigned i = 0; i < home->candidate_count && !found; i++) {
        found = home->addresses[home->candidates[i]].free;
        while (found && alone && found->count > 0) {
            found = found->next;
        }
    }
    return found;
}

static bool has_connections(const struct http_upstream_loop *home) {
    for (size_t i = 0; i < home->upstream->peer_count; i++) {
        if (home->addresses[i].connections > 0) {
            return true;
        }
    }
    return false;
}

static void put(struct http_forward *forward, struct http_upstream_connection *connection) {
    const struct http_upstream_target *target = connection->address->target;
    if (!http_upstream_write_line(forward, target)) {
        http_upstream_fail(forward, 503, "there is no memory for the request");
        return;
    }
    forward->attempts++;
    forward->waiting_us = 0;
    forward->exchange->public.upstream = str_from_c(target->authority);
    http_upstream_put(connection, forward);
}

void http_upstream_dispatch(struct http_forward *forward) {
    struct http_upstream_loop *home = forward->home;
    struct http_upstream_address *address = http_upstream_choose(home, forward->avoid);
    if (!address) {
        http_upstream_fail(forward, 503, "its name leads to no address");
        return;
    }
    bool alone = http_forward_is_alone(forward);
    bool failed = false;
    struct http_upstream_connection *connection =
        http_upstream_connect(home, address, alone, &failed);
    start_sweeping(home);
    if (failed) {
        http_upstream_failed(home, address, true);
        forward->avoid = (int)(address - home->addresses);
        forward->attempts++;
        http_upstream_again(forward, true, 503, "nobody answers there");
        return;
    }
    connection = connection ? connection : any_free(home, alone);
    if (connection) {
        put(forward, connection);
    } else if (has_connections(home)) {
        wait_for_room(forward);
    } else { // and those of other loops do not help
        metrics_add(home->upstream->refused[HTTP_UPSTREAM_REFUSED_CONNECTION], 1);
        http_upstream_fail(forward, 503, "there are too many connections to it");
    }
}

static bool has_room(const struct http_upstream_loop *home) {
    for (size_t i = 0; i < home->upstream->peer_count; i++) {
        const struct http_upstream_address *address = &home->addresses[i];
        if (address->free || (address->connections < home->upstream->config.connections &&
                              atomic_load(&address->peer->presence) == HTTP_UPSTREAM_PRESENT)) {
            return true;
        }
    }
    return false;
}

void http_upstream_take_waiting(struct http_upstream_loop *home) {
    // Each once at most: the address that is chosen may be another than the one that has room.
    for (unsigned left = home->waiting_count; left > 0 && home->waiting && has_room(home); left--) {
        http_upstream_dispatch(pop_waiting(home));
    }
}

void http_upstream_forward(struct http_upstream *upstream, struct http_exchange *exchange) {
    static const struct http_forward_policy NOTHING;
    http_upstream_forward_by(upstream, exchange, &NOTHING);
}

static int64_t microseconds(int64_t chosen_ms, int64_t other_ms) {
    return (chosen_ms > 0 ? chosen_ms : other_ms) * 1000;
}

void http_upstream_forward_by(struct http_upstream *upstream, struct http_exchange *exchange,
                              const struct http_forward_policy *policy) {
    const struct http_upstream_config *config = &upstream->config;
    struct http_exchange_private *private = http_exchange_of(exchange);
    struct http_upstream_loop *home = home_of(private->loop, upstream);
    struct http_forward *forward = arena_alloc(&exchange->arena, sizeof *forward);
    unsigned idempotent = HTTP_GET_ | HTTP_HEAD_ | HTTP_PUT_ | HTTP_DELETE_ | HTTP_OPTIONS_;
    if (home && forward) {
        *forward = (struct http_forward){
            .exchange = private,
            .home = home,
            .policy = policy,
            .reply_timeout_us = microseconds(policy->reply_timeout_ms, config->reply_timeout_ms),
            .total_timeout_us = microseconds(policy->total_timeout_ms, config->total_timeout_ms),
            .avoid = -1,
            .began_us = private->loop->now_us,
            .idempotent = (exchange->request.method & idempotent) != 0};
    }
    if (home && forward) {
        http_upstream_begin(forward);
    }
    if (!home || !forward || !http_upstream_write_head(forward)) {
        http_reply_problem(exchange, 503, STR("Out of memory; try again soon."));
        return;
    }
    metrics_add(upstream->requests, 1);
    if (!http_upstream_admit(forward)) {
        http_upstream_fail(forward, 503, "too many requests to it are under way");
    } else if (home->waiting) {
        wait_for_room(forward); // not past those who came before
    } else {
        http_upstream_dispatch(forward);
    }
}

// --- The end -------------------------------------------------------------------------------------------------------------
static void break_all(struct http_upstream_loop *home) {
    for (size_t i = 0; i < home->upstream->peer_count; i++) {
        struct http_upstream_address *address = &home->addresses[i];
        while (address->free || address->full) {
            http_upstream_break(address->free ? address->free : address->full, false, 503,
                                "the gateway is stopping");
        }
    }
}

void http_upstream_loop_abort(struct http_loop *loop) {
    for (struct http_upstream_loop *home = loop->upstreams; home; home = home->next) {
        home->ending = true;
        while (home->waiting) {
            http_upstream_fail(pop_waiting(home), 503, "the gateway is stopping");
        }
        break_all(home);
    }
}

void http_upstream_loop_end(struct http_loop *loop) {
    for (struct http_upstream_loop *home = loop->upstreams; home; home = home->next) {
        home->ending = true;
        break_all(home);
        http_upstream_moved_out(home);
        uv_close((uv_handle_t *)&home->flush, NULL);
        uv_close((uv_handle_t *)&home->sweep, NULL);
    }
}

void http_upstream_loop_free(struct http_loop *loop) {
    while (loop->upstreams) {
        struct http_upstream_loop *home = loop->upstreams;
        loop->upstreams = home->next;
        free(home->candidates);
        free(home);
    }
}
