// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Exchanges in parts, between those who carry them and their handlers: nothing is told from within a handler's call.
#include "base/check.h"
#include "http/server_private.h"

#define ROOM_AT (HTTP_STREAM_FULL / 4)

void http_flow_touch(struct http_exchange_private *exchange) {
    struct http_connection *connection = exchange->connection;
    struct http_loop *loop = exchange->loop;
    if (exchange->flow.carried && !connection->touched) {
        connection->touched = true;
        connection->next_touched = loop->touched;
        loop->touched = connection;
    }
}

void http_flow_tell(struct http_exchange_private *exchange, struct str part, bool last) {
    struct http_flow *flow = &exchange->flow;
    flow->received += part.len;
    flow->complete = last;
    if (!flow->over && flow->events->body) {
        flow->events->body(&exchange->public, part, last, flow->context);
    }
}

void http_flow_fail(struct http_exchange_private *exchange, unsigned status) {
    struct http_flow *flow = &exchange->flow;
    if (!flow->failed) {
        flow->failed = true;
        flow->failure = status;
        flow->paused = false;
    }
    if (flow->events && !flow->over && !flow->told_failure) {
        flow->told_failure = true;
        flow->events->gone(&exchange->public, flow->failure, flow->context);
    }
}

bool http_flow_make_room(struct http_exchange_private *exchange) {
    struct http_flow *flow = &exchange->flow;
    if (!flow->wants_room || flow->over || exchange->body.len - flow->at > ROOM_AT) {
        return false;
    }
    flow->wants_room = false;
    flow->events->room(&exchange->public, flow->context);
    return true;
}

struct str http_flow_unsent(const struct http_exchange_private *exchange) {
    size_t at = exchange->flow.at;
    return at < exchange->body.len ? str_make(exchange->body.data + at, exchange->body.len - at)
                                   : STR_EMPTY;
}

void http_flow_sent(struct http_exchange_private *exchange, size_t n) {
    exchange->flow.at += n;
    CHECK(exchange->flow.at <= exchange->body.len);
    if (exchange->flow.at == exchange->body.len) {
        exchange->body.len = exchange->flow.at = 0; // keeps what failed
    }
}

// --- Connections of HTTP/1 --------------------------------------------------------------------------------------------
// The rest of its body is not waited for.
void http_flow_leave_input(struct http_connection *connection,
                           struct http_exchange_private *exchange) {
    if (connection->switching == exchange) {
        connection->switching = NULL;
    }
    if (connection->receiving == exchange) {
        connection->receiving = NULL;
        connection->start = connection->end;
        connection->input_done = true;
        connection->linger = true;
        exchange->close = true;
    }
}

bool http_flow_is_awaited(const struct http_connection *connection) {
    for (const struct http_exchange_private *exchange = connection->first; exchange;
         exchange = exchange->next) {
        if (exchange->flow.events && exchange->flow.carried && !exchange->flow.switched &&
            exchange->state == HTTP_EXCHANGE_HANDLED) {
            return true;
        }
    }
    return false;
}

// Who waits for a reply in parts and says that he sends no more has gone, in all likelihood: then work for him ends. Whoever only
// half-closes cannot be told from him before something is written, which may be late. Browsers do not pipeline, so who did is a program
// that has sent all it wanted to, and is answered.
bool http_flow_is_deserted(const struct http_connection *connection) {
    return connection->eof && !connection->pipelined && connection->start == connection->end &&
           !connection->receiving && http_flow_is_awaited(connection);
}

bool http_flow_first_has_room(const struct http_connection *connection) {
    struct http_exchange_private *first = connection->closed ? NULL : connection->first;
    return first && first->flow.wants_room && http_flow_make_room(first);
}

static void settle(struct http_connection *connection) {
    connection->touched = false;
    connection->pinned = true;
    struct http_exchange_private *exchange = connection->first;
    while (
        exchange) { // from the start after each that was seen to: it may be gone, and others with it
        struct http_flow *flow = &exchange->flow;
        if (exchange->state == HTTP_EXCHANGE_HANDLED && flow->failed && !flow->told_failure) {
            http_flow_fail(exchange, flow->failure);
        }
        if (exchange->state == HTTP_EXCHANGE_HANDLED && flow->over) {
            bool open = http_connection_answered(exchange);
            exchange = open || connection->exchanges > 0 ? connection->first : NULL;
        } else {
            exchange = exchange->next;
        }
    }
    if (!connection->closed) {
        http_connection_pump(connection);
    }
    connection->pinned = false;
    http_connection_let_go(connection);
}

void http_flow_turn(uv_prepare_t *handle) {
    struct http_loop *loop = handle->data;
    do {
        while (loop->touched) {
            struct http_connection *connection = loop->touched;
            loop->touched = connection->next_touched;
            settle(connection);
        }
        // This turn comes after theirs: what was passed on in it would wait for something else to happen.
        http_upstream_loop_flush(loop);
    } while (loop->touched);
}
