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
        if (exchange->state != HTTP_EXCHANGE_READY) {
            break;
        }
        count = add_segment(segments, count, exchange->head);
        count = add_segment(segments, count, exchange->tail);
    }
    return count;
}

static void consume(struct str *s, size_t *written) {
    size_t n = *written < s->len ? *written : s->len;
    s->data += n;
    s->len -= n;
    *written -= n;
}

static void advance(struct http_connection *connection, size_t written) {
    while (connection->first) {
        struct http_exchange_private *exchange = connection->first;
        consume(&exchange->interim, &written);
        if (exchange->state != HTTP_EXCHANGE_READY) {
            break;
        }
        consume(&exchange->head, &written);
        consume(&exchange->tail, &written);
        if (exchange->head.len > 0 || exchange->tail.len > 0) {
            break;
        }
        connection->first = exchange->next;
        if (!connection->first) {
            connection->last = NULL;
        }
        connection->exchanges--;
        http_exchange_release(exchange);
    }
    CHECK(written == 0);
}

void http_connection_flush(struct http_connection *connection) {
    struct iovec segments[SEGMENTS];
    while (!connection->closed && !connection->write_blocked) {
        int count = gather(connection, segments);
        if (count == 0) {
            return;
        }
        ssize_t n;
        if (count == 1) {
            n = send(connection->fd, segments[0].iov_base, segments[0].iov_len, MSG_NOSIGNAL);
        } else {
            struct msghdr message = {.msg_iov = segments, .msg_iovlen = (size_t)count};
            n = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
        }
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
}
