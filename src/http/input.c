// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A connection's way in: where received bytes are kept, and how they become exchanges.
#include <errno.h>
#include <sys/socket.h>

#include "base/check.h"
#include "http/problem.h"
#include "http/server_private.h"

#define SMALL_BYTES ((size_t)4096)

static size_t pending(const struct http_connection *connection) {
    return connection->end - connection->start;
}

void http_connection_drop_input(struct http_connection *connection) {
    if (connection->block && !connection->shared) {
        http_block_release(&connection->loop->blocks, connection->block);
    }
    connection->block = NULL;
    connection->shared = false;
    connection->start = connection->end = 0;
}

// Follows Content-Length only as far as bytes really come, so that a claim costs the claimant.
static size_t wanted_capacity(const struct http_connection *connection) {
    size_t have = pending(connection);
    size_t twice = have * 2;
    const struct http_message *message = &connection->message;
    if (connection->receiving && connection->receiving->flow.incoming) {
        return HTTP_BLOCK_SHARED; // never more than one read is kept
    }
    if (connection->receiving && !message->chunked) {
        size_t whole = message->head_len + message->content_length;
        size_t step = twice > HTTP_BLOCK_SHARED ? twice : HTTP_BLOCK_SHARED;
        return whole < step ? whole : step;
    }
    return twice;
}

// Takes what is pending to the start of a block of the connection's own.
static bool move_input(struct http_connection *connection, size_t capacity) {
    struct http_block *to = http_block_take(&connection->loop->blocks, capacity);
    if (!to) {
        return false;
    }
    size_t len = pending(connection);
    const char *from = connection->block->data + connection->start;
    memcpy(to->data, from, len);
    if (connection->receiving && !connection->receiving->flow.incoming) {
        http_exchange_rebase(connection->receiving, from, to->data);
    }
    http_connection_drop_input(connection);
    connection->block = to;
    connection->end = len;
    return true;
}

// Whoever asks refuses the request then, which is counted. What is small is always let in: heads must be answered, and connections are counted by themselves.
bool http_server_is_full(const struct http_server *server, size_t wanted) {
    size_t held = atomic_load_explicit(&server->block_bytes, memory_order_relaxed);
    bool full = wanted > SMALL_BYTES && wanted + held > server->config.memory_bytes;
    if (full) {
        metrics_add(server->overloaded_total, 1);
    }
    return full;
}

bool http_connection_is_too_much(struct http_connection *connection) {
    size_t wanted = connection->block ? wanted_capacity(connection) : 0;
    if (!http_server_is_full(connection->loop->server, wanted)) {
        return false;
    }
    if (connection->receiving && connection->receiving->flow.incoming) {
        http_flow_refuse(connection, 503);
    } else {
        http_connection_refuse(connection, 503, "the server holds as many requests as it may");
    }
    return true;
}

bool http_connection_move_input(struct http_connection *connection) {
    return move_input(connection, pending(connection));
}

bool http_connection_stash(struct http_connection *connection) {
    if (!connection->block) {
        return true;
    }
    if (pending(connection) == 0) {
        http_connection_drop_input(connection);
        return true;
    }
    // Others read what is before, and the padding behind it: nothing may be appended there.
    if (connection->shared || connection->block->references > 1) {
        return move_input(connection, wanted_capacity(connection));
    }
    return true;
}

static bool make_room(struct http_connection *connection) {
    struct http_loop *loop = connection->loop;
    if (!connection->block) {
        if (loop->block && loop->block->capacity - loop->block_used < HTTP_READ_MIN) {
            http_block_release(&loop->blocks, loop->block);
            loop->block = NULL;
        }
        if (!loop->block) {
            loop->block = http_block_take(&loop->blocks, HTTP_BLOCK_SHARED);
            loop->block_used = 0;
        }
        connection->block = loop->block;
        connection->shared = true;
        connection->start = connection->end = loop->block_used;
        return loop->block != NULL;
    }
    CHECK(!connection->shared && connection->block->references == 1);
    size_t wanted = wanted_capacity(connection);
    if (connection->end < connection->block->capacity &&
        connection->start + wanted <= connection->block->capacity) {
        return true;
    }
    return move_input(connection, wanted > pending(connection) ? wanted : pending(connection) + 1);
}

// Where a request ends is known beforehand only with a Content-Length. What is read beyond the end of another one is moved
// once for each chunked request in it (parse_body), so there must not be much.
static size_t readable_room(const struct http_connection *connection) {
    size_t room = connection->block->capacity - connection->end;
    bool bounded = connection->receiving && !connection->message.chunked &&
                   !connection->receiving->flow.incoming;
    return bounded || room < HTTP_BLOCK_SHARED ? room : HTTP_BLOCK_SHARED;
}

// A block of its own that is full, and must become a larger one.
static bool must_grow(const struct http_connection *connection) {
    return connection->block && !connection->shared &&
           connection->start + wanted_capacity(connection) > connection->block->capacity;
}

bool http_connection_receive(struct http_connection *connection) {
    if (must_grow(connection) && http_connection_is_too_much(connection)) {
        return false;
    }
    if (!make_room(connection)) {
        http_connection_starve(connection);
        return false;
    }
    struct http_block *block = connection->block;
    ssize_t n;
    do { // once, but for records of TLS that came together
        n = http_transport_read(&connection->transport, block->data + connection->end,
                                readable_room(connection));
        if (n > 0) {
            connection->end += (size_t)n;
            connection->mark_us = connection->loop->now_us;
            metrics_add(connection->loop->server->received_bytes, (uint64_t)n);
        }
    } while (n > 0 && http_transport_pending(&connection->transport) &&
             readable_room(connection) > 0);
    if (n > 0) {
        return true;
    }
    if (n == 0) {
        connection->eof = true;
    } else if (errno != EAGAIN && errno != EINTR) {
        http_connection_close(connection);
        return false;
    }
    return true;
}

// A server should ignore empty lines in front of a request (RFC 9112 2.2).
static void skip_empty_lines(struct http_connection *connection) {
    const char *data = connection->block->data;
    while (connection->message.line == 0 && pending(connection) >= 2 &&
           data[connection->start] == '\r' && data[connection->start + 1] == '\n') {
        connection->start += 2;
    }
}

void http_connection_refuse(struct http_connection *connection, unsigned status,
                            const char *detail) {
    struct http_exchange_private *exchange = connection->receiving;
    if (exchange) {
        exchange->block = connection->block; // for the path, which the reply names
        exchange->block->references++;
    } else {
        exchange = http_exchange_take(connection->loop);
        if (!exchange) {
            http_connection_close(connection);
            return;
        }
        http_exchange_begin(exchange, connection);
        http_connection_append(connection, exchange);
    }
    connection->receiving = NULL;
    connection->start = connection->end;
    connection->input_done = true;
    connection->linger = true;
    exchange->close = true;
    if (status == 503) {
        http_reply_header(&exchange->public, "Retry-After", STR("1"));
    }
    metrics_add(connection->loop->server->rejected_total, 1);
    http_connection_hand_over(exchange);
    http_reply_problem(&exchange->public, status, str_from_c(detail));
}

static bool parse_head(struct http_connection *connection) {
    struct http_loop *loop = connection->loop;
    if (connection->block) {
        skip_empty_lines(connection);
    }
    if (pending(connection) == 0) {
        connection->hungry = true;
        return false;
    }
    struct http_exchange_private *exchange = http_exchange_take(loop);
    if (!exchange) {
        http_connection_starve(connection);
        return false;
    }
    struct http_message *message = &connection->message;
    enum http_parse_outcome outcome =
        http_parse_head(&loop->parser, message, connection->block->data + connection->start,
                        pending(connection), &exchange->public.request, exchange->header_slots);
    if (outcome != HTTP_PARSE_COMPLETE) {
        http_exchange_release(exchange);
        if (outcome == HTTP_PARSE_REFUSED) {
            http_connection_refuse(connection, message->refusal, message->detail);
            return false;
        }
        connection->hungry = true;
        if (connection->began_us == 0) {
            connection->began_us = loop->now_us;
        }
        return false;
    }
    http_exchange_begin(exchange, connection);
    exchange->http10 = message->http10;
    exchange->frames_chunks = !message->http10;
    exchange->flow.carried = true;
    exchange->public.request.protocol = message->http10 ? "HTTP/1.0" : "HTTP/1.1";
    unsigned most = loop->server->config.requests_per_connection;
    connection->requests++;
    if (most > 0 && connection->requests >= most) {
        connection->linger = true;
    }
    exchange->close = !message->keep_alive || connection->linger;
    http_connection_append(connection, exchange);
    connection->receiving = exchange;
    connection->began_us = 0;
    return true;
}

// How its body is to come. False: it is refused, or there is no memory.
static bool choose_way(struct http_connection *connection) {
    struct http_exchange_private *exchange = connection->receiving;
    bool in_parts = http_flow_wanted(connection);
    if (connection->message.content_length > connection->body_limit) {
        http_connection_refuse(connection, 413, "the body is too large");
        return false;
    }
    if (!in_parts) {
        return true;
    }
    if (!http_flow_open(connection)) {
        http_connection_starve(connection);
        return false;
    }
    const struct http_server *server = connection->loop->server;
    metrics_add(server->requests_total, 1);
    http_connection_hand_over(exchange);
    server->config.handle(&exchange->public, server->config.context);
    return true;
}

static bool parse_body(struct http_connection *connection) {
    static const struct str CONTINUE = STR_INIT("HTTP/1.1 100 Continue\r\n\r\n");
    struct http_message *message = &connection->message;
    struct http_exchange_private *exchange = connection->receiving;
    // Decoding writes in place, perhaps into the padding of a body that another thread reads.
    bool others = connection->block->references > 1;
    if (message->chunked && others && !move_input(connection, pending(connection))) {
        http_connection_starve(connection);
        return false;
    }
    char *data = connection->block->data + connection->start;
    switch (http_parse_body(message, data, pending(connection), connection->body_limit)) {
    case HTTP_PARSE_REFUSED:
        http_connection_refuse(connection, message->refusal, message->detail);
        return false;
    case HTTP_PARSE_MORE:
        // Not when part of the body is here already (RFC 9110 10.1.1).
        if (message->expects_continue && pending(connection) == message->head_len) {
            exchange->interim = CONTINUE;
        }
        message->expects_continue = false;
        connection->end = connection->start + message->raw;
        connection->hungry = true;
        return false;
    case HTTP_PARSE_COMPLETE: break;
    }
    if (exchange->interim.len == CONTINUE.len) {
        exchange->interim = STR_EMPTY; // the client did not wait
    }
    exchange->public.request.body = str_make(data + message->head_len, message->body_len);
    exchange->public.request.received_ms = connection->loop->now_ms;
    exchange->block = connection->block;
    exchange->block->references++;
    connection->start += message->raw;
    *message = (struct http_message){0};
    connection->receiving = NULL;
    connection->input_done = exchange->close;
    return true;
}

// Whether a plain connection speaks HTTP/2 from the start; then there is nothing here to parse.
static bool is_h2(struct http_connection *connection) {
    const struct http_server *server = connection->loop->server;
    if (!server->config.http2 || connection->transport.ssl || connection->requests > 0 ||
        !connection->block || connection->receiving) {
        return false;
    }
    enum status found =
        http_h2_look(connection->block->data + connection->start, pending(connection));
    if (found == STATUS_END && connection->began_us == 0) {
        connection->began_us = connection->loop->now_us;
    }
    if (found == STATUS_OK && !http_h2_open(connection)) {
        http_connection_starve(connection);
    }
    return found != STATUS_NOT_FOUND;
}

void http_connection_parse(struct http_connection *connection) {
    const struct http_server *server = connection->loop->server;
    connection->hungry = true;
    if (is_h2(connection)) {
        return;
    }
    connection->hungry = false;
    while (http_connection_may_parse(connection, server->config.pipeline_max)) {
        if (!connection->receiving && (!parse_head(connection) || !choose_way(connection))) {
            return;
        }
        struct http_exchange_private *exchange = connection->receiving;
        if (!exchange || exchange->flow.incoming) {
            if (exchange && http_connection_may_parse(connection, 0) &&
                !http_flow_take_body(connection)) {
                return;
            }
            continue;
        }
        if (!parse_body(connection)) {
            return;
        }
        connection->switching = exchange->flow.offered ? exchange : NULL;
        metrics_add(server->requests_total, 1);
        http_connection_hand_over(exchange);
        server->config.handle(&exchange->public, server->config.context);
    }
}
