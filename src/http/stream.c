// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What handlers call to receive and answer in parts.
#include "http/stream.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/check.h"
#include "http/problem.h"
#include "http/server_private.h"

#define STATUS_CLIENT_GONE 499 // for logs: no reply was begun, and nobody is there to get one

void http_stream_begin(struct http_exchange *public, const struct http_stream_events *events,
                       void *context) {
    struct http_exchange_private *exchange = http_exchange_of(public);
    CHECK(events && !exchange->flow.events && !exchange->sent);
    exchange->flow.events = events;
    exchange->flow.context = context;
    // Of a connection that nothing more is read from, it is watched from now on whether its client goes.
    if (exchange->flow.incoming || exchange->flow.failed || exchange->connection->input_done) {
        http_flow_touch(exchange);
    }
}

bool http_stream_is_whole(const struct http_exchange *public) {
    return !((const struct http_exchange_private *)(const void *)public)->flow.incoming;
}

int64_t http_stream_body_length(const struct http_exchange *public) {
    return ((const struct http_exchange_private *)(const void *)public)->flow.body_length;
}

uint64_t http_stream_received(const struct http_exchange *public) {
    return ((const struct http_exchange_private *)(const void *)public)->flow.received;
}

void http_stream_pause(struct http_exchange *public) {
    http_exchange_of(public)->flow.paused = true;
}

void http_stream_resume(struct http_exchange *public) {
    struct http_exchange_private *exchange = http_exchange_of(public);
    if (exchange->flow.paused) {
        exchange->flow.paused = false;
        exchange->connection->mark_us = exchange->loop->now_us; // the client could do nothing
        http_flow_touch(exchange);
    }
}

static bool is_bodyless(const struct http_exchange *public, unsigned status) {
    return public->request.method == HTTP_HEAD_ || status == 204 || status == 304;
}

// Without a carrier that can do better the reply is sent when it ends.
static void collect(struct http_exchange_private *exchange, int64_t length) {
    exchange->as_is = true;
    if (exchange->public.request.method == HTTP_HEAD_) {
        exchange->foreign_length = length;
    }
}

bool http_stream_head(struct http_exchange *public, unsigned status, const char *content_type,
                      int64_t length) {
    struct http_exchange_private *exchange = http_exchange_of(public);
    struct http_flow *flow = &exchange->flow;
    CHECK(flow->events && !flow->begun && !exchange->sent && status >= 200 && status <= 999);
    if (flow->carried && public->before_reply && !http_reply_is_let_go(exchange, status)) {
        return false;
    }
    public->status = status;
    exchange->content_type = content_type;
    flow->bodyless = is_bodyless(public, status);
    flow->length = status == 204 || status == 304 ? -1 : length;
    flow->begun = flow->carried;
    if (!flow->carried) {
        collect(exchange, length);
        return true;
    }
    exchange->sent = true;
    flow->chunks = length < 0 && !flow->bodyless && !exchange->http10 && exchange->frames_chunks;
    // RFC 9112 6.3: what has no other end ends with the connection.
    exchange->close = exchange->close || exchange->loop->draining ||
                      (length < 0 && !flow->bodyless && exchange->http10);
    flow->cut = !http_reply_build_head(exchange);
    http_flow_touch(exchange);
    return true;
}

static void put_chunk(struct buffer *out, struct str part) {
    char line[24];
    int n = snprintf(line, sizeof line, "%zx\r\n", part.len);
    buffer_append(out, line, (size_t)n);
    buffer_append_str(out, part);
    buffer_append_str(out, STR("\r\n"));
}

bool http_stream_write(struct http_exchange *public, struct str part) {
    struct http_exchange_private *exchange = http_exchange_of(public);
    struct http_flow *flow = &exchange->flow;
    if (flow->bodyless || part.len == 0) {
        return true;
    }
    flow->written += part.len;
    if (flow->failed && flow->failure == 0) {
        return true; // nobody is there to make room
    }
    if (flow->at > 0) {
        buffer_consume(&exchange->body, flow->at);
        flow->at = 0;
    }
    if (flow->chunks) {
        put_chunk(&exchange->body, part);
    } else {
        buffer_append_str(&exchange->body, part);
    }
    if (!flow->carried) {
        return true;
    }
    CHECK(flow->begun && (flow->length < 0 || flow->written <= (uint64_t)flow->length));
    http_flow_touch(exchange);
    flow->wants_room = exchange->body.len >= HTTP_STREAM_FULL;
    return !flow->wants_room;
}

void http_stream_end(struct http_exchange *public) {
    struct http_exchange_private *exchange = http_exchange_of(public);
    struct http_flow *flow = &exchange->flow;
    if (!flow->carried) {
        http_reply_send(public, public->status, exchange->content_type);
        return;
    }
    CHECK(flow->begun && !flow->over);
    if (flow->chunks) {
        buffer_append_str(&exchange->body, STR("0\r\n\r\n"));
    }
    bool partial = flow->length >= 0 && !flow->bodyless && flow->written < (uint64_t)flow->length;
    flow->cut = flow->cut || partial || buffer_status(&exchange->body) != STATUS_OK;
    public->reply_bytes = flow->written;
    flow->over = true;
    http_flow_touch(exchange);
}

void http_stream_abort(struct http_exchange *public) {
    struct http_exchange_private *exchange = http_exchange_of(public);
    struct http_flow *flow = &exchange->flow;
    CHECK(!flow->over);
    if (!flow->carried) {
        buffer_clear(&exchange->body);
        buffer_clear(&exchange->headers);
        exchange->foreign_length = -1;
        http_reply_problem(public, 502, STR("The reply broke off."));
        return;
    }
    public->status = public->status > 0 ? public->status : STATUS_CLIENT_GONE;
    public->reply_bytes = flow->written;
    exchange->sent = flow->cut = flow->over = true;
    http_flow_touch(exchange);
}

bool http_stream_offers_switch(const struct http_exchange *public) {
    return ((const struct http_exchange_private *)(const void *)public)->flow.offered;
}

void http_stream_switch(struct http_exchange *public) {
    struct http_exchange_private *exchange = http_exchange_of(public);
    struct http_flow *flow = &exchange->flow;
    CHECK(flow->events && flow->offered && !flow->begun && !exchange->sent);
    public->status = 101;
    exchange->sent = exchange->close = true;
    flow->begun = flow->switched = flow->incoming = true;
    flow->length = flow->body_length = -1;
    flow->cut = !http_reply_build_head(exchange);
    struct http_connection *connection = exchange->connection;
    if (connection->switching == exchange) {
        connection->switching = NULL;
        connection->receiving = exchange;
        connection->input_done = false;
    }
    http_flow_touch(exchange);
}
