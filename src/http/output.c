// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A connection's way out: replies that are ready, in the order of their requests, as few writes as possible.
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/check.h"
#include "http/server_private.h"

#define SEGMENTS 64

static int add_segment(struct iovec *segments, int count, struct str s) {
    if (s.len > 0) {
        segments[count].iov_base = (void *)(uintptr_t)s.data;
        segments[count].iov_len = s.len;
        count++;
    }
    return count;
}

static int gather(const struct http_connection *connection, struct iovec *segments) {
    int count = 0;
    for (const struct http_exchange_private *exchange = connection->first;
         exchange && count + 3 <= SEGMENTS; exchange = exchange->next) {
        count = add_segment(segments, count, exchange->interim);
        if (exchange->state != HTTP_EXCHANGE_READY && !exchange->flow.begun) {
            break;
        }
        count = add_segment(segments, count, exchange->head);
        count = add_segment(segments, count,
                            exchange->flow.begun ? http_flow_unsent(exchange) : exchange->tail);
        if (exchange->state != HTTP_EXCHANGE_READY) {
            break;
        }
    }
    return count;
}

static void consume(struct str *s, size_t *written) {
    size_t n = *written < s->len ? *written : s->len;
    if (n == 0) {
        return; // data may be NULL
    }
    s->data += n;
    s->len -= n;
    *written -= n;
}

// False: something of it is still to come, or to be written.
static bool consume_reply(struct http_exchange_private *exchange, size_t *written) {
    consume(&exchange->head, written);
    if (!exchange->flow.begun) {
        consume(&exchange->tail, written);
        return exchange->head.len == 0 && exchange->tail.len == 0;
    }
    struct str unsent = http_flow_unsent(exchange);
    size_t n = *written < unsent.len ? *written : unsent.len;
    http_flow_sent(exchange, n);
    *written -= n;
    return exchange->state == HTTP_EXCHANGE_READY && exchange->head.len == 0 && n == unsent.len;
}

// Where the end of the connection is the end of the body, nobody is to take for an end what is none (RFC 9112 8): a reset.
static void hide_end(const struct http_connection *connection,
                     const struct http_exchange_private *exchange) {
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (exchange->flow.begun && exchange->flow.length < 0 && !exchange->flow.chunks) {
        (void)setsockopt(connection->transport.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
}

static void advance(struct http_connection *connection, size_t written) {
    bool void_rest = false; // the end of the connection is the end of what was written
    bool cut = false;
    while (connection->first) {
        struct http_exchange_private *exchange = connection->first;
        consume(&exchange->interim, &written);
        if (exchange->state != HTTP_EXCHANGE_READY && !exchange->flow.begun) {
            break;
        }
        if (!consume_reply(exchange, &written)) {
            break;
        }
        void_rest = void_rest || (exchange->close && exchange->flow.begun);
        if (exchange->flow.cut) {
            cut = true;
            hide_end(connection, exchange);
        }
        connection->first = exchange->next;
        if (!connection->first) {
            connection->last = NULL;
        }
        connection->exchanges--;
        http_exchange_release(exchange);
    }
    CHECK(written == 0);
    if (cut || (void_rest && connection->first)) {
        http_connection_close(connection);
    }
}

// All replies were handed to TLS, and perhaps not yet to the socket.
static void flush_unsent(struct http_connection *connection) {
    if (http_transport_flush(&connection->transport) == 0) {
        return;
    }
    if (errno == EAGAIN) {
        connection->write_blocked = true;
    } else {
        http_connection_close(connection);
    }
}

void http_connection_flush(struct http_connection *connection) {
    struct iovec segments[SEGMENTS];
    size_t raw_before = connection->transport.raw_sent;
    if (!connection->closed) {
        advance(connection, 0); // what was written whole before it ended
    }
    while (!connection->closed && !connection->write_blocked) {
        int count = gather(connection, segments);
        if (count == 0) {
            flush_unsent(connection);
            return;
        }
        ssize_t n = http_transport_write(&connection->transport, segments, count);
        if (n >= 0) {
            connection->mark_us = connection->loop->now_us;
            metrics_add(connection->loop->server->sent_bytes, (uint64_t)n);
            advance(connection, (size_t)n);
        } else if (errno == EAGAIN) {
            connection->write_blocked = true;
        } else if (errno != EINTR) {
            http_connection_close(connection);
        }
    }
    if (connection->transport.raw_sent != raw_before) { // part of what was taken before
        connection->mark_us = connection->loop->now_us;
    }
}
