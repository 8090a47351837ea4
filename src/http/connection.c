// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A connection from accept to close: what it waits for, which time-out applies, when it ends.
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "http/server_private.h"

#define KEEP_CONNECTIONS 256

static void on_poll(uv_poll_t *handle, int status, int events);

void http_connection_let_go(struct http_connection *connection) {
    struct http_loop *loop = connection->loop;
    if (!connection->closed || !connection->poll_closed || connection->exchanges > 0 ||
        connection->again || connection->touched || connection->pinned) {
        return;
    }
    free(connection->subject);
    connection->subject = NULL;
    loop->connection_count--;
    if (loop->free_connection_count < KEEP_CONNECTIONS) {
        connection->next = loop->free_connections;
        loop->free_connections = connection;
        loop->free_connection_count++;
    } else {
        free(connection);
    }
    http_loop_end_when_empty(loop);
}

static void on_closed(uv_handle_t *handle) {
    struct http_connection *connection = handle->data;
    connection->poll_closed = true;
    http_connection_let_go(connection);
}

// Those at handlers come back later; the others end here.
static void drop_exchanges(struct http_connection *connection) {
    struct http_exchange_private **link = &connection->first;
    while (*link) {
        struct http_exchange_private *exchange = *link;
        if (exchange->state == HTTP_EXCHANGE_HANDLED) {
            if (exchange->flow.carried) {
                http_flow_fail(exchange, 0);
            }
            link = &exchange->next;
            continue;
        }
        *link = exchange->next;
        connection->exchanges--;
        http_exchange_release(exchange);
    }
    connection->receiving = connection->switching = NULL;
}

void http_connection_close(struct http_connection *connection) {
    struct http_loop *loop = connection->loop;
    if (connection->closed) {
        return;
    }
    connection->closed = true;
    if (connection->previous) {
        connection->previous->next = connection->next;
    } else {
        loop->connections = connection->next;
    }
    if (connection->next) {
        connection->next->previous = connection->previous;
    }
    http_connection_drop_input(connection);
    drop_exchanges(connection);
    http_handshake_end(connection);
    http_h2_free(connection);
    uv_close((uv_handle_t *)&connection->poll, on_closed);
    http_transport_close(&connection->transport);
    close(connection->transport.fd);
    atomic_fetch_sub_explicit(&loop->server->connections, 1, memory_order_relaxed);
    http_accept_resume(loop);
}

void http_connection_starve(struct http_connection *connection) {
    LOG_ERROR("http", "no memory for a request; its connection is closed",
              LOG_CSTR("server", connection->loop->server->name));
    http_connection_close(connection);
}

static void set_events(struct http_connection *connection, int events) {
    if (events == connection->events) {
        return;
    }
    connection->events = events;
    if (events == 0) {
        uv_poll_stop(&connection->poll);
    } else if (uv_poll_start(&connection->poll, events, on_poll) != 0) {
        http_connection_close(connection);
    }
}

void http_connection_append(struct http_connection *connection,
                            struct http_exchange_private *exchange) {
    if (connection->last) {
        connection->last->next = exchange;
    } else {
        connection->first = exchange;
    }
    connection->last = exchange;
    connection->exchanges++;
    connection->pipelined = connection->pipelined || connection->exchanges > 1;
}

void http_connection_hand_over(struct http_exchange_private *exchange) {
    exchange->state = HTTP_EXCHANGE_HANDLED;
    atomic_fetch_add_explicit(&exchange->loop->server->exchanges, 1, memory_order_relaxed);
}

void http_connection_remove(struct http_connection *connection,
                            struct http_exchange_private *exchange) {
    struct http_exchange_private **link = &connection->first;
    struct http_exchange_private *before = NULL;
    while (*link != exchange) {
        before = *link;
        link = &before->next;
    }
    *link = exchange->next;
    if (connection->last == exchange) {
        connection->last = before;
    }
    connection->exchanges--;
    http_exchange_release(exchange);
}

bool http_connection_answered(struct http_exchange_private *exchange) {
    struct http_connection *connection = exchange->connection;
    struct http_loop *loop = exchange->loop;
    const struct http_server_config *config = &loop->server->config;
    atomic_fetch_sub_explicit(&loop->server->exchanges, 1, memory_order_relaxed);
    if (loop->draining && exchange == connection->last && connection->start == connection->end) {
        exchange->close = true;
        connection->input_done = true;
        connection->linger = true;
    }
    http_flow_leave_input(connection, exchange);
    connection->input_done = connection->input_done || (exchange->flow.begun && exchange->close);
    if (!connection->closed && !exchange->flow.begun && !exchange->flow.cut) {
        http_reply_build(exchange);
    }
    exchange->state = HTTP_EXCHANGE_READY;
    if (config->completed && !loop->silent) {
        int64_t now = config->clock->mono_us(config->clock);
        config->completed(&exchange->public, now - exchange->public.request.received_us,
                          config->context);
    }
    if (connection->closed || (exchange->streamed && !exchange->stream)) {
        http_connection_remove(connection, exchange);
        http_connection_let_go(connection);
        return false;
    }
    return true;
}

// With unread bytes in the socket, close would send a reset that can overtake the reply (RFC 9112 9.6).
static void finish(struct http_connection *connection) {
    if (!connection->linger || connection->eof || http_transport_end(&connection->transport) != 0) {
        http_connection_close(connection);
        return;
    }
    connection->lingering = true;
    connection->mark_us = connection->loop->now_us;
    http_connection_drop_input(connection);
    set_events(connection, UV_READABLE);
}

static void settle(struct http_connection *connection) {
    const struct http_server *server = connection->loop->server;
    if (connection->closed || connection->lingering) {
        return;
    }
    bool idle = connection->first == NULL && !connection->write_blocked &&
                connection->start == connection->end;
    if (connection->first == NULL && !connection->write_blocked &&
        (connection->input_done || (idle && connection->loop->draining))) {
        finish(connection);
        return;
    }
    bool held = connection->start == connection->end || !connection->shared;
    if (!held && http_connection_is_too_much(connection)) {
        return;
    }
    if (!http_connection_stash(connection)) {
        http_connection_starve(connection);
        return;
    }
    if (connection->write_blocked) {
        set_events(connection, UV_WRITABLE);
    } else if (connection->input_done || connection->eof) {
        // Nothing more is read; but when the client goes, what is done for it ends.
        bool watch = !connection->eof && http_flow_is_awaited(connection);
        set_events(connection, watch ? UV_DISCONNECT : 0);
    } else if (http_connection_may_parse(connection, server->config.pipeline_max)) {
        set_events(connection, UV_READABLE);
        if (http_transport_pending(&connection->transport)) {
            http_connection_read_again(connection);
        }
    }
    // Else the pipeline is full: reading stops when more really comes, which spares two system calls when it does not.
}

// The client half-closed: what it sent whole is answered, the rest is void.
static void end_input(struct http_connection *connection) {
    struct http_exchange_private *receiving = connection->receiving;
    if (receiving && receiving->flow.switched) {
        connection->receiving = NULL;
        http_flow_tell(receiving, STR_EMPTY, true);
    } else if (receiving && receiving->flow.incoming) {
        http_connection_close(connection);
        return;
    } else if (receiving) {
        http_connection_refuse(connection, 400, "the body ends before its length");
    }
    connection->input_done = true;
    connection->start = connection->end;
}

static void pump_h2(struct http_connection *connection) {
    if (connection->in_pump || connection->closed || connection->lingering) {
        return;
    }
    connection->in_pump = true;
    http_h2_pump(connection);
    connection->in_pump = false;
    if (connection->closed) {
        return;
    }
    if (http_h2_is_over(connection)) {
        connection->linger = true;
        finish(connection);
        return;
    }
    set_events(connection, UV_READABLE | (connection->write_blocked ? UV_WRITABLE : 0));
    if (http_transport_pending(&connection->transport)) {
        http_connection_read_again(connection);
    }
}

void http_connection_pump(struct http_connection *connection) {
    if (connection->h2) {
        pump_h2(connection);
        return;
    }
    unsigned pipeline_max = connection->loop->server->config.pipeline_max;
    if (connection->in_pump || connection->closed || connection->lingering) {
        return;
    }
    connection->in_pump = true;
    do {
        http_connection_parse(connection);
        if (connection->h2) {
            break;
        }
        if (connection->eof && connection->hungry && !connection->input_done) {
            end_input(connection);
        }
        http_connection_flush(connection);
    } while (http_flow_first_has_room(connection) ||
             (!connection->hungry && http_connection_may_parse(connection, pipeline_max)));
    connection->in_pump = false;
    if (connection->h2) { // that is what was parsed
        pump_h2(connection);
        return;
    }
    if (!connection->closed && http_flow_is_deserted(connection)) {
        http_connection_close(connection);
    }
    settle(connection);
}

static void discard(struct http_connection *connection) {
    char sink[4096];
    ssize_t n = recv(connection->transport.fd, sink, sizeof sink, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        http_connection_close(connection);
    }
}

// What was read into the loop's block is used up, or moved, or held by exchanges.
static void leave_shared(struct http_loop *loop, size_t end) {
    if (!loop->block) {
        return;
    }
    if (loop->block->references == 1) {
        loop->block_used = 0;
        return;
    }
    size_t used = (end + HTTP_BODY_PADDING + 63) & ~(size_t)63;
    loop->block_used = used < loop->block->capacity ? used : loop->block->capacity;
}

static void on_readable(struct http_connection *connection) {
    struct http_loop *loop = connection->loop;
    if (connection->h2) {
        connection->in_pump = true; // what handlers answer meanwhile goes out together
        http_h2_receive(connection);
        connection->in_pump = false;
        pump_h2(connection);
        return;
    }
    if (!http_connection_may_parse(connection, loop->server->config.pipeline_max)) {
        set_events(connection, connection->events & ~UV_READABLE);
        return;
    }
    if (!http_connection_receive(connection)) {
        return;
    }
    bool shared = connection->shared;
    size_t end = connection->end;
    http_connection_pump(connection);
    if (shared) {
        leave_shared(loop, end);
    }
}

void http_connection_read_again(struct http_connection *connection) {
    struct http_loop *loop = connection->loop;
    if (!connection->again) {
        connection->again = true;
        connection->next_again = loop->again;
        loop->again = connection;
        uv_async_send(&loop->wake);
    }
}

void http_connections_again(struct http_loop *loop) {
    struct http_connection *connection = loop->again;
    loop->again = NULL;
    while (connection) {
        struct http_connection *next = connection->next_again;
        connection->again = false;
        if (connection->closed) {
            http_connection_let_go(connection);
        } else if (!connection->lingering) {
            on_readable(connection);
        }
        connection = next;
    }
}

// The last words are an alert, which a reset must not overtake.
static void give_up_handshake(struct http_connection *connection) {
    connection->linger = true;
    finish(connection);
}

static void shake_hands(struct http_connection *connection) {
    enum status status = http_handshake_step(connection);
    if (status == STATUS_END) {
        bool unsent = http_transport_unsent(&connection->transport);
        set_events(connection, UV_READABLE | (unsent ? UV_WRITABLE : 0));
        return;
    }
    if (status != STATUS_OK) {
        give_up_handshake(connection);
        return;
    }
    connection->mark_us = connection->loop->now_us;
    connection->write_blocked = http_transport_unsent(&connection->transport);
    if (str_equal(http_tls_protocol(&connection->transport), STR("h2")) &&
        !http_h2_open(connection)) {
        http_connection_starve(connection);
        return;
    }
    http_connection_pump(connection);
}

static void on_poll(uv_poll_t *handle, int status, int events) {
    struct http_connection *connection = handle->data;
    if (status < 0) {
        http_connection_close(connection);
        return;
    }
    http_loop_update_time(connection->loop);
    if (connection->lingering) {
        discard(connection);
        return;
    }
    if (connection->handshaking) {
        shake_hands(connection);
        return;
    }
    if (events & UV_WRITABLE) {
        connection->write_blocked = false;
        if (!connection->h2) {
            http_connection_flush(connection);
        }
        http_connection_pump(connection);
    }
    if ((events & UV_READABLE) && !connection->closed && !connection->lingering) {
        on_readable(connection);
    }
    if ((events & UV_DISCONNECT) && !connection->closed && !connection->lingering) {
        connection->eof = true;
        http_connection_pump(connection);
    }
}

static void begin(struct http_connection *connection, bool tls, bool extra) {
    if (tls) {
        // One that is told something would have to be shaken hands with first.
        if (extra || !http_handshake_begin(connection)) {
            metrics_add(connection->loop->server->rejected_total, 1);
            http_connection_close(connection);
        } else {
            set_events(connection, UV_READABLE);
        }
    } else if (extra) {
        http_connection_refuse(connection, 503,
                               "the server has as many connections as it may have");
    } else {
        set_events(connection, UV_READABLE);
    }
}

void http_connection_open(struct http_loop *loop, int fd, const struct sockaddr_storage *address,
                          bool tls, bool extra) {
    struct http_connection *connection = loop->free_connections;
    if (connection) {
        loop->free_connections = connection->next;
        loop->free_connection_count--;
    } else {
        connection = malloc(sizeof *connection);
    }
    if (connection) {
        *connection = (struct http_connection){.loop = loop, .mark_us = loop->now_us};
        http_transport_open(&connection->transport, fd);
    }
    if (!connection || uv_poll_init(&loop->uv, &connection->poll, fd) != 0) {
        LOG_ERROR("http", "a connection could not be taken up",
                  LOG_CSTR("server", loop->server->name));
        free(connection);
        close(fd);
        atomic_fetch_sub_explicit(&loop->server->connections, 1, memory_order_relaxed);
        return;
    }
    connection->poll.data = connection;
    http_address_text(address, connection->ip);
    connection->next = loop->connections;
    if (connection->next) {
        connection->next->previous = connection;
    }
    loop->connections = connection;
    loop->connection_count++;
    http_loop_start_sweeping(loop);
    begin(connection, tls, extra);
}

void http_connection_drain(struct http_connection *connection) {
    if (connection->handshaking) {
        http_connection_close(connection);
        return;
    }
    if (connection->h2) {
        http_h2_drain(connection);
        http_connection_pump(connection);
        return;
    }
    connection->linger = true;
    connection->drained_idle = !connection->first && connection->start == connection->end;
    settle(connection);
}
