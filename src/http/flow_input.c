// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// HTTP/1's way in for bodies in parts: no more is kept than one read brings.
#include "base/check.h"
#include "http/server_private.h"

static const struct str CONTINUE = STR_INIT("HTTP/1.1 100 Continue\r\n\r\n");

static bool names_upgrade(struct str value) {
    while (value.data) {
        if (str_equal_ignore_case(str_trim(str_cut(&value, ',')), STR("upgrade"))) {
            return true;
        }
    }
    return false;
}

// RFC 9110 7.8. With a body it would have to be read first; nobody does that.
static bool offers_switch(const struct http_connection *connection,
                          const struct http_exchange_private *exchange) {
    const struct http_message *message = &connection->message;
    const struct http_exchange *public = &exchange->public;
    return !message->http10 && !message->chunked && message->content_length == 0 &&
           !exchange->close && http_request_header(public, STR("Upgrade")).len > 0 &&
           names_upgrade(http_request_header(public, STR("Connection")));
}

bool http_flow_wanted(struct http_connection *connection) {
    const struct http_server_config *config = &connection->loop->server->config;
    struct http_message *message = &connection->message;
    struct http_exchange_private *exchange = connection->receiving;
    bool offered = offers_switch(connection, exchange);
    bool whole = !message->chunked &&
                 message->head_len + message->content_length <= connection->end - connection->start;
    struct http_body_plan plan = {.streams = false};
    if (config->plan && (!whole || offered)) {
        config->plan(&exchange->public, &plan, config->context);
    }
    connection->body_limit = plan.body_bytes > 0 ? plan.body_bytes : config->body_bytes;
    exchange->flow.offered = offered && plan.streams;
    return plan.streams && !whole;
}

bool http_flow_open(struct http_connection *connection) {
    struct http_exchange_private *exchange = connection->receiving;
    struct http_message *message = &connection->message;
    const char *head = connection->block->data + connection->start;
    char *copy = arena_alloc(&exchange->public.arena, message->head_len);
    if (!copy) {
        return false;
    }
    memcpy(copy, head, message->head_len);
    http_exchange_rebase(exchange, head, copy);
    connection->start += message->head_len;
    exchange->flow.incoming = true;
    exchange->flow.body_length = message->chunked ? -1 : (int64_t)message->content_length;
    message->head_len = message->raw = message->body_len = 0;
    return true;
}

void http_flow_refuse(struct http_connection *connection, unsigned status) {
    struct http_exchange_private *exchange = connection->receiving;
    connection->receiving = NULL;
    connection->start = connection->end;
    connection->input_done = true;
    connection->linger = true;
    exchange->close = true;
    metrics_add(connection->loop->server->rejected_total, 1);
    http_flow_fail(exchange, status);
}

static bool wait_for_more(struct http_connection *connection) {
    struct http_exchange_private *exchange = connection->receiving;
    struct http_message *message = &connection->message;
    if (message->expects_continue && exchange->flow.received == 0 && !exchange->flow.begun) {
        exchange->interim = CONTINUE;
    }
    message->expects_continue = false;
    connection->hungry = true;
    return false;
}

static void tell(struct http_connection *connection, struct str part, size_t used, bool last) {
    struct http_exchange_private *exchange = connection->receiving;
    if (exchange->interim.len == CONTINUE.len) {
        exchange->interim = STR_EMPTY; // the client did not wait
    }
    connection->message.expects_continue = false;
    connection->start += used;
    if (last) {
        connection->message = (struct http_message){0};
        connection->receiving = NULL;
        connection->input_done = exchange->close;
    }
    http_flow_tell(exchange, part, last);
}

static bool take_chunks(struct http_connection *connection) {
    struct http_message *message = &connection->message;
    const struct http_flow *flow = &connection->receiving->flow;
    // Decoding writes in place, perhaps into the padding of a body that another thread reads.
    if (connection->block->references > 1 && !http_connection_move_input(connection)) {
        http_connection_starve(connection);
        return false;
    }
    char *data = connection->block->data + connection->start;
    size_t len = connection->end - connection->start;
    message->raw = message->body_len = 0;
    switch (http_parse_body(message, data, len, connection->body_limit - flow->received)) {
    case HTTP_PARSE_REFUSED: http_flow_refuse(connection, message->refusal); return false;
    case HTTP_PARSE_MORE:
        tell(connection, str_make(data, message->body_len), len, false);
        return true;
    case HTTP_PARSE_COMPLETE: break;
    }
    tell(connection, str_make(data, message->body_len), message->raw, true);
    return true;
}

bool http_flow_take_body(struct http_connection *connection) {
    const struct http_flow *flow = &connection->receiving->flow;
    size_t len = connection->end - connection->start;
    if (len == 0) {
        return wait_for_more(connection);
    }
    if (connection->message.chunked) {
        return take_chunks(connection);
    }
    uint64_t left = flow->switched ? UINT64_MAX : (uint64_t)flow->body_length - flow->received;
    size_t n = len < left ? len : (size_t)left;
    tell(connection, str_make(connection->block->data + connection->start, n), n, n == left);
    return true;
}
