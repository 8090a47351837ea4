// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What goes through a proxy in parts: bodies of requests, long replies, other protocols; and clients that go meanwhile.
#include <stdio.h>

#include "base/check.h"
#include "http/problem.h"
#include "http/upstream_private.h"

#define PENDING_FULL ((size_t)64 * 1024)
#define PENDING_MOST ((size_t)1024 * 1024) // a part is one read of the server's at most

// --- From the client -----------------------------------------------------------------------------------------------------
static void put_part(struct http_forward *forward, struct str part, bool last) {
    struct buffer *out = &forward->pending;
    if (forward->chunks && part.len > 0) {
        char line[24];
        int n = snprintf(line, sizeof line, "%zx\r\n", part.len);
        buffer_append(out, line, (size_t)n);
        buffer_append_str(out, part);
        buffer_append_str(out, STR("\r\n"));
    } else {
        buffer_append_str(out, part);
    }
    if (forward->chunks && last) {
        buffer_append_str(out, STR("0\r\n\r\n"));
    }
}

// The peer is told when the client says no more in another protocol; what it says itself still counts.
static void pass_end(const struct http_forward *forward) {
    if (forward->tunnel && forward->body_done && forward->pending.len == 0 && forward->connection) {
        (void)http_transport_end(&forward->connection->transport);
    }
}

static void take_part(struct http_exchange *exchange, struct str part, bool last, void *context) {
    struct http_forward *forward = context;
    struct http_upstream_connection *connection = forward->connection;
    (void)exchange;
    CHECK(connection != NULL); // before that it is paused
    forward->taken = true;
    forward->body_done = last;
    if (connection->write_broken) {
        return; // what it still says is waited for
    }
    put_part(forward, part, last);
    if (buffer_status(&forward->pending) != STATUS_OK) {
        http_upstream_break(connection, false, 503, "there is no memory for the request");
        return;
    }
    if (forward->pending.len == 0) {
        forward->waiting_us = last ? forward->home->loop->now_us : 0;
        pass_end(forward);
        return;
    }
    connection->unsent = forward;
    http_upstream_flush(connection);
    if (forward->pending.len > PENDING_FULL) {
        http_stream_pause(exchange);
    }
}

// The request is ended without its client; forward is gone after it.
static void end_request(struct http_forward *forward, unsigned status) {
    struct http_exchange *exchange = &forward->exchange->public;
    http_upstream_finish(forward);
    buffer_free(&forward->pending);
    if (status > 0 && !forward->replying) {
        http_reply_problem(exchange, status,
                           status == 413   ? STR("the body is too large")
                           : status == 408 ? STR("the body of the request did not come in time")
                                           : STR("the body of the request could not be taken"));
    } else {
        http_stream_abort(exchange);
    }
}

// Who sends the last events of a page, or a form, and goes, wants them to arrive all the same.
static bool goes_on(const struct http_forward *forward) {
    unsigned safe = HTTP_GET_ | HTTP_HEAD_ | HTTP_OPTIONS_; // RFC 9110 9.2.1
    return (forward->exchange->public.request.method & safe) == 0 && !forward->streams &&
           !forward->replying;
}

static void client_gone(struct http_exchange *exchange, unsigned status, void *context) {
    struct http_forward *forward = context;
    struct http_upstream_connection *connection = forward->connection;
    (void)exchange;
    if (goes_on(forward)) {
        return; // its reply goes nowhere
    }
    metrics_add(forward->home->upstream->abandoned, 1);
    if (!connection) {
        http_upstream_unqueue(forward);
        end_request(forward, status);
    } else if (connection->count == 1) {
        connection->first = connection->last = connection->unsent = NULL;
        connection->count = 0;
        http_upstream_left(connection->address, 1);
        end_request(forward, status);
        http_upstream_break(connection, true, 502, "its client has gone");
    } else {
        forward->cancelled = true; // others wait behind it for their replies
        connection->paused = false;
        http_upstream_watch(connection);
    }
}

static void room_for_more(struct http_exchange *exchange, void *context) {
    const struct http_forward *forward = context;
    (void)exchange;
    if (forward->connection) {
        forward->connection->paused = false;
        forward->connection->mark_us = forward->home->loop->now_us;
        http_upstream_watch(forward->connection);
    }
}

static const struct http_stream_events events = {take_part, room_for_more, client_gone};

void http_upstream_begin(struct http_forward *forward) {
    struct http_exchange *exchange = &forward->exchange->public;
    // What else is spoken after a switch (h2c) may hold requests, which nobody here would look at.
    forward->offers =
        http_stream_offers_switch(exchange) &&
        http_upstream_is_websocket(exchange->request.headers, exchange->request.header_count);
    forward->streams = !http_stream_is_whole(exchange);
    forward->chunks = forward->streams && http_stream_body_length(exchange) < 0;
    buffer_init(&forward->pending, PENDING_MOST);
    if (forward->streams) {
        http_stream_pause(exchange);
    }
    http_stream_begin(exchange, &events, forward);
}

bool http_upstream_body_left(const struct http_forward *forward) {
    return forward->streams && !(forward->body_done && forward->pending.len == 0);
}

void http_upstream_body_sent(struct http_forward *forward, size_t n) {
    buffer_consume(&forward->pending, n);
    pass_end(forward);
    if (forward->streams && !forward->body_done && forward->pending.len <= PENDING_FULL / 2) {
        http_stream_resume(&forward->exchange->public);
    }
}

// --- To the client -------------------------------------------------------------------------------------------------------
void http_upstream_pass(struct http_upstream_connection *connection, struct str part) {
    struct http_forward *forward = connection->first;
    if (!http_stream_write(&forward->exchange->public, part)) {
        connection->paused = true;
        http_upstream_watch(connection);
    }
}

bool http_upstream_start_reply(struct http_upstream_connection *connection,
                               const struct http_response *response) {
    struct http_forward *forward = connection->first;
    const struct http_message *message = &connection->message;
    struct http_exchange *exchange = &forward->exchange->public;
    int64_t length =
        message->chunked || message->until_close ? -1 : (int64_t)message->content_length;
    const char *type = http_upstream_copy_head(forward, response, true);
    forward->replying = true;
    forward->left = length < 0 ? UINT64_MAX : (uint64_t)length;
    return http_stream_head(exchange, response->status, type, length);
}

bool http_upstream_is_websocket(const struct http_header *headers, size_t count) {
    unsigned protocols = 0;
    bool other = false;
    for (size_t i = 0; i < count; i++) {
        if (str_equal_ignore_case(headers[i].name, STR("Upgrade"))) {
            protocols++;
            other = other || !str_equal_ignore_case(headers[i].value, STR("websocket"));
        }
    }
    return protocols == 1 && !other;
}

bool http_upstream_switch(struct http_upstream_connection *connection,
                          const struct http_response *response) {
    struct http_forward *forward = connection->first;
    struct http_exchange *exchange = &forward->exchange->public;
    (void)http_upstream_copy_head(forward, response, false);
    for (size_t i = 0; i < response->header_count; i++) {
        if (str_equal_ignore_case(response->headers[i].name, STR("Upgrade"))) {
            http_reply_header(exchange, "Upgrade", response->headers[i].value);
        }
    }
    if (buffer_status(&forward->exchange->headers) != STATUS_OK) {
        return false;
    }
    forward->replying = forward->tunnel = forward->streams = true;
    forward->left = UINT64_MAX;
    http_stream_switch(exchange);
    return true;
}
