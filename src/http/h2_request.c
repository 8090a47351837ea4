// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From the headers and bytes of a stream to an exchange like any other.
#include "base/check.h"
#include "http/h2.h"
#include "http/problem.h"

#define HEADER_OVERHEAD 32 // of each, as RFC 9113 10.5.1 counts
#define HEADER_BOMB 8      // so many times the limit is more than a mistake
#define BLOCK_FIRST ((size_t)4096)

int http_h2_begin_stream(struct http_h2 *h2, int32_t id) {
    struct http_connection *connection = h2->connection;
    struct http_loop *loop = connection->loop;
    h2->active_us = loop->now_us;
    if (connection->exchanges >= HTTP_H2_EXCHANGES) {
        metrics_add(loop->server->rejected_total, 1);
        return nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, id,
                                         NGHTTP2_REFUSED_STREAM) == 0
                   ? 0
                   : NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    struct http_exchange_private *exchange = http_exchange_take(loop);
    if (!exchange) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    struct http_h2_stream *stream = arena_alloc_zero(&exchange->public.arena, sizeof *stream);
    if (!stream || nghttp2_session_set_stream_user_data(h2->session, id, stream) != 0) {
        http_exchange_release(exchange);
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    *stream = (struct http_h2_stream){.h2 = h2,
                                      .exchange = exchange,
                                      .id = id,
                                      .began_us = loop->now_us,
                                      .mark_us = loop->now_us};
    exchange->stream = stream;
    exchange->streamed = true;
    exchange->connection = connection;
    exchange->public.request.headers = exchange->header_slots;
    http_connection_append(connection, exchange);
    return 0;
}

// --- Headers -----------------------------------------------------------------------------------------------------------
static void refuse_later(struct http_h2_stream *stream, unsigned status, const char *detail) {
    if (stream->status == 0) {
        stream->status = status;
        stream->detail = detail;
    }
}

static int add_slot(struct http_h2_stream *stream, struct str name, struct str value) {
    struct http_exchange_private *exchange = stream->exchange;
    struct http_request *request = &exchange->public.request;
    if (request->header_count >= exchange->loop->server->config.header_count) {
        refuse_later(stream, 431, "there are too many headers");
        return 0;
    }
    exchange->header_slots[request->header_count++] = (struct http_header){name, value};
    return 0;
}

static int add_pseudo_header(struct http_h2_stream *stream, struct str name, struct str value) {
    struct http_request *request = &stream->exchange->public.request;
    if (str_equal(name, STR(":method"))) {
        request->method_name = value;
    } else if (str_equal(name, STR(":path"))) {
        if (value.len > stream->exchange->loop->server->config.target_bytes) {
            refuse_later(stream, 414, "the request target is too long");
        }
        request->target = value;
    } else if (str_equal(name, STR(":authority"))) {
        stream->authority = value;
        return add_slot(stream, STR("Host"), value);
    }
    return 0; // :scheme is what we see ourselves
}

static int add_field(struct http_h2_stream *stream, struct str name, struct str value) {
    if (str_equal(name, STR("host")) && stream->authority.data) {
        // RFC 9113 8.3.1: one that differs could lead those behind us elsewhere.
        if (!str_equal_ignore_case(stream->authority, value)) {
            refuse_later(stream, 400, ":authority and Host name different places");
        }
        return 0;
    }
    if (str_equal(name, STR("cookie"))) {
        stream->cookies++;
    } else if (str_equal(name, STR("content-length"))) {
        uint64_t length = 0;
        // That it is a number nghttp2 has checked; not that it is one of 64 bits.
        stream->has_length = true;
        stream->content_length = str_to_u64(value, &length) ? (size_t)length : SIZE_MAX;
    }
    return add_slot(stream, name, value);
}

int http_h2_add_header(struct http_h2_stream *stream, struct str name, bool name_lasts,
                       struct str value) {
    struct arena *arena = &stream->exchange->public.arena;
    size_t most = stream->exchange->loop->server->config.header_bytes;
    stream->header_bytes += name.len + value.len + HEADER_OVERHEAD;
    if (stream->header_bytes > most * HEADER_BOMB) {
        http_h2_calm(stream->h2, "headers");
        return 0;
    }
    if (stream->header_bytes > most) {
        refuse_later(stream, 431, "the headers are too large");
    }
    if (stream->head_done || stream->refused || stream->status != 0) {
        return 0; // a trailer, or of a request that is refused
    }
    struct str kept = name_lasts ? name : arena_copy(arena, name);
    value = arena_copy(arena, value);
    if (!kept.data || !value.data) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return name.data[0] == ':' ? add_pseudo_header(stream, kept, value)
                               : add_field(stream, kept, value);
}

// RFC 9113 8.2.3: clients may split them, handlers know but one.
static bool join_cookies(struct http_h2_stream *stream) {
    struct http_exchange_private *exchange = stream->exchange;
    struct http_request *request = &exchange->public.request;
    struct http_header *slots = exchange->header_slots;
    char *text = arena_alloc(&exchange->public.arena, stream->header_bytes + stream->cookies * 2);
    size_t len = 0;
    size_t kept = 0;
    struct http_header *first = NULL;
    if (!text) {
        return false;
    }
    for (size_t i = 0; i < request->header_count; i++) {
        if (!str_equal(slots[i].name, STR("cookie"))) {
            slots[kept++] = slots[i];
            continue;
        }
        if (first) {
            memcpy(text + len, "; ", 2);
            len += 2;
        } else {
            first = &slots[kept];
            slots[kept++] = slots[i];
        }
        memcpy(text + len, slots[i].value.data, slots[i].value.len);
        len += slots[i].value.len;
    }
    CHECK(first != NULL); // there are two at least
    request->header_count = kept;
    first->value = str_make(text, len);
    return true;
}

static void check_target(struct http_h2_stream *stream) {
    struct http_request *request = &stream->exchange->public.request;
    struct http_message message = {0};
    request->method = http_method_of(request->method_name);
    if (str_equal(request->method_name, STR("CONNECT"))) {
        refuse_later(stream, 501, "this server is no proxy");
    } else if (request->target.len == 0 ||
               http_parse_target(&message, request) != HTTP_PARSE_COMPLETE) {
        refuse_later(stream, 400, "the request target is not valid");
    }
}

static bool wants_continue(const struct http_exchange_private *exchange) {
    return str_equal_ignore_case(http_request_header(&exchange->public, STR("expect")),
                                 STR("100-continue"));
}

static int send_continue(const struct http_h2_stream *stream) {
    static uint8_t name[] = ":status";
    static uint8_t value[] = "100";
    const nghttp2_nv header = {name, value, sizeof name - 1, sizeof value - 1,
                               NGHTTP2_NV_FLAG_NONE};
    return nghttp2_submit_headers(stream->h2->session, NGHTTP2_FLAG_NONE, stream->id, NULL, &header,
                                  1, NULL) >= 0
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

// How much of a body the route takes.
static void find_limit(struct http_h2_stream *stream) {
    const struct http_server_config *config = &stream->exchange->loop->server->config;
    struct http_body_plan plan = {.streams = false};
    if (config->plan && stream->status == 0 && !stream->whole) {
        config->plan(&stream->exchange->public, &plan, config->context);
    }
    stream->incoming = plan.streams;
    stream->body_limit = plan.body_bytes > 0 ? plan.body_bytes : config->body_bytes;
    if (stream->content_length > stream->body_limit) {
        refuse_later(stream, 413, "the body is larger than this server takes");
    }
}

static void hand_over_head(struct http_h2_stream *stream) {
    struct http_exchange_private *exchange = stream->exchange;
    const struct http_server *server = exchange->loop->server;
    exchange->flow.carried = exchange->flow.incoming = true;
    exchange->flow.body_length = stream->has_length ? (int64_t)stream->content_length : -1;
    metrics_add(server->requests_total, 1);
    http_connection_hand_over(exchange);
    server->config.handle(&exchange->public, server->config.context);
}

int http_h2_complete_head(struct http_h2_stream *stream, bool whole) {
    struct http_exchange_private *exchange = stream->exchange;
    struct http_connection *connection = stream->h2->connection;
    stream->head_done = true;
    if (stream->refused) {
        return 0; // reset
    }
    check_target(stream);
    if (stream->cookies > 1 && !join_cookies(stream)) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    http_exchange_begin(exchange, connection);
    exchange->public.request.received_us = stream->began_us;
    connection->requests++;
    stream->mark_us = connection->loop->now_us;
    stream->whole = whole;
    find_limit(stream);
    if (stream->status != 0) {
        http_h2_refuse(stream, stream->status, stream->detail);
        return 0;
    }
    unsigned most = connection->loop->server->config.requests_per_connection;
    if (most > 0 && connection->requests >= most) {
        stream->h2->goaway_due = true;
    }
    int code = wants_continue(exchange) ? send_continue(stream) : 0;
    if (stream->incoming && code == 0) {
        hand_over_head(stream);
    }
    return code;
}

void http_h2_refuse(struct http_h2_stream *stream, unsigned status, const char *detail) {
    struct http_exchange_private *exchange = stream->exchange;
    struct http_h2 *h2 = stream->h2;
    stream->refused = true;
    h2->held -= stream->body_len;
    stream->body_len = 0;
    http_block_release(&exchange->loop->blocks, exchange->block);
    exchange->block = NULL;
    metrics_add(exchange->loop->server->rejected_total, 1);
    http_connection_hand_over(exchange);
    if (status == 503) {
        http_reply_header(&exchange->public, "Retry-After", STR("1"));
    }
    http_reply_problem(&exchange->public, status, str_from_c(detail));
    http_h2_let_in(h2);
}

// --- Bodies ------------------------------------------------------------------------------------------------------------
// Follows content-length only as far as bytes really come, so that a claim costs the claimant.
static enum status make_room(struct http_h2_stream *stream, size_t more) {
    struct http_exchange_private *exchange = stream->exchange;
    struct http_block_pool *pool = &exchange->loop->blocks;
    size_t need = stream->body_len + more;
    if (exchange->block && need <= exchange->block->capacity) {
        return STATUS_OK;
    }
    size_t wanted = exchange->block ? exchange->block->capacity * 2 : BLOCK_FIRST;
    if (stream->content_length > wanted && !stream->incoming) {
        wanted = stream->content_length < HTTP_BLOCK_SHARED || exchange->block
                     ? stream->content_length
                     : HTTP_BLOCK_SHARED;
    }
    wanted = wanted > need ? wanted : need;
    if (http_server_is_full(exchange->loop->server, wanted)) {
        return STATUS_FULL;
    }
    struct http_block *block = http_block_take(pool, wanted);
    if (!block) {
        return STATUS_NO_MEMORY;
    }
    if (exchange->block) {
        memcpy(block->data, exchange->block->data, stream->body_len);
        http_block_release(pool, exchange->block);
    }
    exchange->block = block;
    return STATUS_OK;
}

static bool is_oldest(const struct http_h2_stream *stream) {
    const struct http_exchange_private *exchange = stream->h2->connection->first;
    while (exchange != stream->exchange) {
        if (exchange->stream && exchange->state == HTTP_EXCHANGE_RECEIVING) {
            return false;
        }
        exchange = exchange->next;
    }
    return true;
}

static int consume(const struct http_h2_stream *stream, size_t len) {
    return nghttp2_session_consume_stream(stream->h2->session, stream->id, len) == 0
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

// --- Bodies in parts ---------------------------------------------------------------------------------------------------
static bool may_tell(const struct http_h2_stream *stream) {
    const struct http_flow *flow = &stream->exchange->flow;
    return flow->events && !flow->paused && !flow->over && !flow->failed && !flow->complete;
}

void http_h2_fail(struct http_h2_stream *stream, unsigned status) {
    struct http_flow *flow = &stream->exchange->flow;
    stream->refused = true;
    flow->failed = true;
    flow->failure = status;
    flow->paused = false;
    metrics_add(stream->exchange->loop->server->rejected_total, 1);
    http_flow_touch(stream->exchange);
}

int http_h2_tell(struct http_h2_stream *stream) {
    struct http_exchange_private *exchange = stream->exchange;
    size_t len = stream->body_len;
    if (!stream->incoming || !may_tell(stream) || (len == 0 && !stream->whole)) {
        return 0;
    }
    stream->body_len = 0;
    http_flow_tell(exchange, len > 0 ? str_make(exchange->block->data, len) : STR_EMPTY,
                   stream->whole);
    return len > 0 && !stream->whole ? consume(stream, len) : 0;
}

// What is not taken at once waits: a window of it at most, as the client is told of more room only when it was taken.
static int add_part(struct http_h2_stream *stream, const uint8_t *data, size_t len) {
    struct http_exchange_private *exchange = stream->exchange;
    if (stream->refused || exchange->flow.over || exchange->flow.failed) {
        return 0;
    }
    stream->mark_us = exchange->loop->now_us;
    if (len > stream->body_limit - stream->total) {
        http_h2_fail(stream, 413);
        return 0;
    }
    stream->total += len;
    if (stream->body_len == 0 && may_tell(stream)) {
        http_flow_tell(exchange, str_make((const char *)data, len), false);
        return consume(stream, len);
    }
    enum status status = make_room(stream, len);
    if (status == STATUS_FULL) {
        http_h2_fail(stream, 503);
        return 0;
    }
    if (status != STATUS_OK) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    memcpy(exchange->block->data + stream->body_len, data, len);
    stream->body_len += len;
    return 0;
}

// --- Bodies as a whole -------------------------------------------------------------------------------------------------
int http_h2_add_body(struct http_h2_stream *stream, const uint8_t *data, size_t len) {
    struct http_exchange_private *exchange = stream->exchange;
    struct http_h2 *h2 = stream->h2;
    if (stream->incoming) {
        return add_part(stream, data, len);
    }
    if (stream->refused || exchange->state != HTTP_EXCHANGE_RECEIVING) {
        return 0; // its window stays shut
    }
    if (len > stream->body_limit - stream->body_len) {
        http_h2_refuse(stream, 413, "the body is larger than this server takes");
        return 0;
    }
    enum status status = make_room(stream, len);
    if (status == STATUS_FULL) {
        http_h2_refuse(stream, 503, "the server holds as many requests as it may");
        return 0;
    }
    if (status != STATUS_OK) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    memcpy(exchange->block->data + stream->body_len, data, len);
    stream->body_len += len;
    stream->mark_us = exchange->loop->now_us;
    h2->held += len;
    if (h2->held > HTTP_H2_HELD_MAX && !is_oldest(stream)) {
        stream->withheld += len;
        h2->withheld += len;
        return 0;
    }
    return consume(stream, len);
}

void http_h2_let_in(struct http_h2 *h2) {
    struct http_exchange_private *exchange = h2->connection->first;
    for (; exchange && h2->withheld > 0; exchange = exchange->next) {
        struct http_h2_stream *stream = exchange->stream;
        if (!stream || stream->withheld == 0) {
            continue;
        }
        if (h2->held > HTTP_H2_HELD_MAX && !is_oldest(stream)) {
            return;
        }
        if (exchange->state == HTTP_EXCHANGE_RECEIVING && consume(stream, stream->withheld) != 0) {
            h2->broken = true;
        }
        stream->mark_us = h2->connection->loop->now_us;
        h2->withheld -= stream->withheld;
        stream->withheld = 0;
    }
}

void http_h2_complete(struct http_h2_stream *stream) {
    struct http_exchange_private *exchange = stream->exchange;
    const struct http_server *server = exchange->loop->server;
    struct http_h2 *h2 = stream->h2;
    stream->whole = true;
    if (stream->incoming) {
        if (http_h2_tell(stream) != 0) {
            h2->broken = true;
        }
        return;
    }
    if (stream->refused || exchange->state != HTTP_EXCHANGE_RECEIVING) {
        return;
    }
    if (exchange->block) {
        exchange->public.request.body = str_make(exchange->block->data, stream->body_len);
    }
    exchange->public.request.received_ms = exchange->loop->now_ms;
    h2->held -= stream->body_len;
    stream->body_len = 0;
    metrics_add(server->requests_total, 1);
    exchange->flow.carried = true;
    http_connection_hand_over(exchange);
    http_h2_let_in(h2);
    server->config.handle(&exchange->public, server->config.context);
}

void http_h2_leave(struct http_h2_stream *stream) {
    struct http_exchange_private *exchange = stream->exchange;
    struct http_h2 *h2 = stream->h2;
    h2->active_us = h2->connection->loop->now_us;
    h2->held -= stream->incoming ? 0 : stream->body_len;
    h2->withheld -= stream->withheld;
    exchange->stream = NULL;
    if (exchange->state == HTTP_EXCHANGE_HANDLED) {
        exchange->flow.failed = true; // who answers in parts is told
        http_flow_touch(exchange);
    } else {
        http_connection_remove(h2->connection, exchange);
    }
    http_h2_let_in(h2);
}
