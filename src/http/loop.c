// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A loop and its thread: replies from other threads, time-outs, and the end.
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "http/problem.h"
#include "http/server_private.h"

#define DRAIN_SWEEP_MS 20

static void on_sweep(uv_timer_t *timer);

void http_loop_update_time(struct http_loop *loop) {
    struct clock *clock = loop->server->config.clock;
    if (!loop->silent) { // else the clock may be gone
        loop->now_us = clock->mono_us(clock);
        loop->now_ms = clock->wall_ms(clock);
    }
}

const char *http_loop_date(struct http_loop *loop) {
    static const char *const DAYS[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t second = loop->now_ms / 1000;
    if (second != loop->date_second) {
        int64_t days = second / 86400;
        unsigned rest = (unsigned)(second % 86400);
        int year;
        unsigned month;
        unsigned day;
        clock_date_from_day((int32_t)days, &year, &month, &day);
        snprintf(loop->date, sizeof loop->date, "%s, %02u %s %04u %02u:%02u:%02u GMT",
                 DAYS[days % 7], day % 100, MONTHS[month - 1], (unsigned)year % 10000,
                 rest / 3600 % 24, rest / 60 % 60, rest % 60);
        loop->date_second = second;
    }
    return loop->date;
}

// --- Replies from other threads --------------------------------------------------------------------------------------
void http_loop_take_back(struct http_exchange_private *exchange) {
    struct http_loop *loop = exchange->loop;
    // Once pushed, the exchange no longer keeps the loop from ending.
    atomic_fetch_add_explicit(&loop->answering, 1, memory_order_relaxed);
    if (queue_push(&loop->answered, &exchange->answered)) {
        uv_async_send(&loop->wake);
    }
    atomic_fetch_sub_explicit(&loop->answering, 1, memory_order_release);
}

static void resume(struct http_exchange_private *exchange) {
    exchange->resumed = false;
    if (exchange->loop->silent && exchange->flow.begun) {
        http_stream_abort(&exchange->public);
        return;
    }
    if (exchange->loop->silent) { // whoever was to run is perhaps gone
        http_reply_problem(&exchange->public, 503, STR("The server is stopping."));
        return;
    }
    exchange->run(&exchange->public, exchange->run_context);
}

static void take_answered(struct http_loop *loop) {
    struct http_connection *dirty = NULL;
    struct queue_node *node = queue_take_all(&loop->answered);
    while (node) {
        struct http_exchange_private *exchange =
            CONTAINER_OF(node, struct http_exchange_private, answered);
        node = node->next;
        if (exchange->resumed) {
            resume(exchange);
            continue;
        }
        struct http_connection *connection = exchange->connection;
        if (http_connection_answered(exchange) && !connection->dirty) {
            connection->dirty = true;
            connection->next_dirty = dirty;
            dirty = connection;
        }
    }
    while (dirty) {
        struct http_connection *connection = dirty;
        dirty = connection->next_dirty;
        connection->dirty = false;
        http_connection_pump(connection);
    }
}

// --- The end ---------------------------------------------------------------------------------------------------------
static void close_listener(struct http_loop *loop) {
    uv_timer_stop(&loop->resume_accept);
    for (size_t i = 0; i < HTTP_LISTENERS; i++) {
        struct http_listener *listener = &loop->listeners[i];
        if (listener->open) {
            listener->open = false;
            uv_close((uv_handle_t *)&listener->poll, NULL);
            close(listener->fd);
        }
    }
}

static void close_all(struct http_loop *loop) {
    while (loop->connections) {
        http_connection_close(loop->connections);
    }
}

void http_loop_end_when_empty(struct http_loop *loop) {
    if (loop->draining && loop->connection_count == 0 && !loop->ending) {
        loop->ending = true;
        uv_close((uv_handle_t *)&loop->wake, NULL);
        uv_close((uv_handle_t *)&loop->sweep, NULL);
        uv_close((uv_handle_t *)&loop->turn, NULL);
        uv_close((uv_handle_t *)&loop->flows, NULL);
        uv_close((uv_handle_t *)&loop->resume_accept, NULL);
        http_upstream_loop_end(loop);
    }
}

static void begin_drain(struct http_loop *loop) {
    const struct http_server_config *config = &loop->server->config;
    loop->draining = true;
    loop->drain_deadline_us = loop->now_us + config->drain_timeout_ms * 1000;
    if (!loop->accept_paused) {
        http_accept_all(loop); // they are connected as far as the clients know
    }
    close_listener(loop);
    struct http_connection *next;
    for (struct http_connection *connection = loop->connections; connection; connection = next) {
        next = connection->next;
        http_connection_drain(connection);
    }
    if (loop->sweeping) {
        uv_timer_start(&loop->sweep, on_sweep, DRAIN_SWEEP_MS, DRAIN_SWEEP_MS);
    }
    http_loop_end_when_empty(loop);
}

static void on_wake(uv_async_t *handle) {
    struct http_loop *loop = handle->data;
    http_loop_update_time(loop);
    http_connections_again(loop);
    take_answered(loop);
    if (!loop->draining && atomic_load(&loop->server->draining)) {
        begin_drain(loop);
    }
}

static void on_sweep(uv_timer_t *timer) {
    struct http_loop *loop = timer->data;
    http_loop_update_time(loop);
    if (loop->draining && !loop->silent && loop->now_us >= loop->drain_deadline_us) {
        if (loop->connections) {
            LOG_WARN("http", "connections are cut: their replies were not ready in time",
                     LOG_CSTR("server", loop->server->name));
        }
        loop->silent = true;
        close_all(loop);
        http_upstream_loop_abort(loop);
    }
    struct http_connection *next;
    for (struct http_connection *connection = loop->connections; connection; connection = next) {
        next = connection->next;
        http_connection_sweep(connection, loop->now_us);
    }
    if (loop->connection_count == 0 && !loop->draining) {
        uv_timer_stop(timer);
        loop->sweeping = false;
    }
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

// One timer a loop, not one a connection: time-outs are late by a quarter of the shortest at most.
void http_loop_start_sweeping(struct http_loop *loop) {
    const struct http_server_config *config = &loop->server->config;
    if (loop->sweeping) {
        return;
    }
    int64_t shortest = least(config->header_timeout_ms, config->body_timeout_ms);
    shortest = least(shortest, least(config->idle_timeout_ms, config->write_timeout_ms));
    shortest = least(shortest, config->drain_timeout_ms) / 4;
    uint64_t period = shortest < 5 ? 5 : shortest > 500 ? 500 : (uint64_t)shortest;
    uv_timer_start(&loop->sweep, on_sweep, period, period);
    loop->sweeping = true;
}

// fds are set. On failure those that were opened are being closed, but not their fds.
static int open_listeners(struct http_loop *loop) {
    for (size_t i = 0; i < HTTP_LISTENERS; i++) {
        struct http_listener *listener = &loop->listeners[i];
        listener->loop = loop;
        listener->tls = i == HTTP_LISTENER_TLS;
        int code = listener->fd >= 0 ? uv_poll_init(&loop->uv, &listener->poll, listener->fd) : 0;
        if (code != 0) {
            while (i > 0) {
                uv_close((uv_handle_t *)&loop->listeners[--i].poll, NULL);
                loop->listeners[i].open = false;
            }
            return code;
        }
        listener->poll.data = listener;
        listener->open = listener->fd >= 0;
    }
    return 0;
}

static void begin_turn(uv_prepare_t *handle) {
    struct http_loop *loop = handle->data;
    loop->handshake_steps = 0;
}

enum status http_loop_init(struct http_loop *loop, struct http_server *server, unsigned index,
                           struct error *err) {
    const struct http_server_config *config = &server->config;
    // How long a body may be is known once its route is.
    struct http_parse_limits limits = {config->target_bytes, config->header_bytes, SIZE_MAX,
                                       config->header_count};
    loop->server = server;
    loop->index = index;
    loop->blocks.in_use = &server->block_bytes;
    loop->date_second = -1;
    queue_init(&loop->answered);
    http_head_parser_init(&loop->parser, &limits);
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, random_u64(config->random));
    memcpy(loop->id_prefix, digits, sizeof loop->id_prefix);
    int code = uv_loop_init(&loop->uv);
    if (code != 0) {
        return error_set(err, STATUS_IO, "cannot make an event loop: %s", uv_strerror(code));
    }
    code = uv_async_init(&loop->uv, &loop->wake, on_wake);
    if (code == 0) {
        code = open_listeners(loop);
        if (code != 0) {
            uv_close((uv_handle_t *)&loop->wake, NULL);
            uv_run(&loop->uv, UV_RUN_DEFAULT);
        }
    }
    if (code != 0) {
        uv_loop_close(&loop->uv);
        return error_set(err, STATUS_IO, "cannot make an event loop: %s", uv_strerror(code));
    }
    uv_timer_init(&loop->uv, &loop->sweep);
    uv_timer_init(&loop->uv, &loop->resume_accept);
    uv_prepare_init(&loop->uv, &loop->turn);
    uv_prepare_init(&loop->uv, &loop->flows);
    uv_prepare_start(&loop->flows, http_flow_turn); // the first to start is the last to run
    loop->flows.data = loop;
    loop->wake.data = loop->sweep.data = loop->resume_accept.data = loop->turn.data = loop;
    return STATUS_OK;
}

static void release_memory(struct http_loop *loop) {
    int code = uv_loop_close(&loop->uv);
    CHECK(code == 0);
    http_upstream_loop_free(loop);
    http_block_release(&loop->blocks, loop->block);
    loop->block = NULL;
    http_exchange_pool_free(loop);
    http_block_pool_free(&loop->blocks);
    while (loop->free_connections) {
        struct http_connection *connection = loop->free_connections;
        loop->free_connections = connection->next;
        free(connection);
    }
}

void http_loop_close(struct http_loop *loop) {
    close_listener(loop);
    loop->draining = true;
    http_loop_end_when_empty(loop);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    release_memory(loop);
}

void *http_loop_run(void *context) {
    struct http_loop *loop = context;
    struct http_server *server = loop->server;
    loop->self = pthread_self();
    for (size_t i = 0; i < HTTP_LISTENERS; i++) {
        if (loop->listeners[i].open) {
            uv_poll_start(&loop->listeners[i].poll, UV_READABLE, http_accept_ready);
        }
    }
    if (loop->listeners[HTTP_LISTENER_TLS].open) {
        uv_prepare_start(&loop->turn, begin_turn);
    }
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    while (atomic_load_explicit(&loop->answering, memory_order_acquire) > 0) {
        sched_yield(); // a few instructions, but whoever is in them may have lost the processor
    }
    release_memory(loop);
    pthread_mutex_lock(&server->mutex);
    bool last = --server->running == 0;
    bool abandoned = server->abandoned;
    pthread_cond_signal(&server->ended);
    pthread_mutex_unlock(&server->mutex);
    if (last && abandoned) {
        http_server_free(server);
    }
    return NULL;
}
