// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A loop of a session and its thread: what is queued to it, its timers, its hosts and its requests.
//
//   other threads ─→ requests, commands ─→ wake ─→ calls ─→ connections' output ─→ (before the loop sleeps) one write each
//
// Everything belongs to the loop's thread but the two queues, `closing` and the counters.
#ifndef FOOTFALL_CQL_LOOP_H
#define FOOTFALL_CQL_LOOP_H

#include <stdatomic.h>
#include <uv.h>

#include "base/thread.h"
#include "cql/cql.h"
#include "cql/wheel.h"

struct cql_call;
struct cql_connection;
struct cql_host;
struct cql_loop;
struct cql_topology;
struct cql_try;

// Tries that wait for the same thing, oldest first.
struct cql_line {
    struct cql_try *first;
    struct cql_try **end;
    unsigned length;
};

// Something to be done on a loop's thread. The object belongs to run.
struct cql_command {
    struct queue_node node;
    void (*run)(struct cql_loop *loop, struct cql_command *command);
};

// Written by the loop alone, read by anybody.
struct cql_counters {
    _Atomic uint64_t requests, failures, retries, speculative, timeouts, late_replies, reprepared,
        writes, reads;
    _Atomic unsigned hosts_up, hosts_down, connections, in_flight, queued;
};
// Without a locked instruction, as there is one writer.
#define CQL_COUNT(counter, by)                                                                     \
    atomic_store_explicit(&(counter),                                                              \
                          atomic_load_explicit(&(counter), memory_order_relaxed) + (by),           \
                          memory_order_relaxed)

struct cql_loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_sleep;
    uv_timer_t ticker;
    struct cql_session *session;
    struct thread thread;
    unsigned index;
    bool initialised;
    bool running;
    bool shut;             // takes nothing more
    struct queue requests; // private_.node of cql_request
    struct queue commands;
    atomic_bool closing;

    struct cql_wheel wheel;
    int64_t now_ms;    // of the session's clock, monotonic
    int64_t ticker_ms; // when the ticker will ring; INT64_MAX: it is stopped
    uint64_t chance;   // state of cql_loop_chance

    struct cql_connection *dirty; // with output to be written before the loop sleeps
    char *cipher; // CQL_LOOP_CIPHER bytes, what a socket gives TLS; made when first needed

    struct cql_topology *topology; // NULL: none yet
    struct cql_host **hosts;
    unsigned host_count;
    unsigned host_capacity;
    struct cql_host **by_number; // as the topology counts them
    uint32_t next_serial;
    bool settled; // has told the session that it has a connection, or that every host failed once

    struct cql_call *calls; // all that are not done
    struct cql_call *free_calls;
    unsigned free_call_count;
    struct cql_line waiting; // for a stream id or a host
    struct buffer scratch;   // routing keys
    struct cql_choice *choices;
    struct cql_counters counters;
};

#define CQL_LOOP_CIPHER ((size_t)64 * 1024)

MUST_CHECK enum status cql_loop_init(struct cql_loop *loop, struct cql_session *session,
                                     unsigned index, struct error *err);
MUST_CHECK enum status cql_loop_start(struct cql_loop *loop, struct error *err);
// Any thread but its own; what is pending gets CLOSED. Frees what the loop holds.
void cql_loop_stop(struct cql_loop *loop);

// Any thread, until cql_loop_stop.
void cql_loop_submit(struct cql_loop *loop, struct cql_request *request);
void cql_loop_post(struct cql_loop *loop, struct cql_command *command);

// --- On its thread -------------------------------------------------------------------------------------------------
void cql_loop_update_time(struct cql_loop *loop); // at the start of each callback of libuv
void cql_loop_timer(struct cql_loop *loop, struct cql_timer *timer, int64_t after_ms,
                    void (*fire)(struct cql_timer *timer));
static inline void cql_loop_timer_stop(struct cql_loop *loop, struct cql_timer *timer) {
    cql_timer_stop(&loop->wheel, timer);
}
// Steele and Vigna's xorshift is good enough for choosing among hosts.
uint64_t cql_loop_chance(struct cql_loop *loop);

#endif
