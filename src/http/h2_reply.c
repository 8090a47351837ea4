// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Replies as frames: the same headers as in lines, in lower case; the body as far as windows allow.
#include <stdio.h>

#include "base/check.h"
#include "http/h2.h"

#define OWN_HEADERS 5 // :status, date, content-type, content-length, x-request-id
#define OUT_FULL ((size_t)64 * 1024)
#define FRAME_HEAD 9

struct header_list {
    nghttp2_nv *headers;
    size_t count;
};

static void add(struct header_list *list, struct str name, struct str value) {
    list->headers[list->count++] =
        (nghttp2_nv){(uint8_t *)(uintptr_t)name.data, (uint8_t *)(uintptr_t)value.data, name.len,
                     value.len, NGHTTP2_NV_FLAG_NONE};
}

// RFC 9113 8.2.2: what is about a connection has no place in HTTP/2.
static bool is_of_connection(struct str name) {
    static const struct str NAMES[] = {STR_INIT("connection"), STR_INIT("keep-alive"),
                                       STR_INIT("proxy-connection"), STR_INIT("transfer-encoding"),
                                       STR_INIT("upgrade")};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (str_equal(name, NAMES[i])) {
            return true;
        }
    }
    return false;
}

// "Name: value\r\n" each; names are made lower case where they stand.
static void add_lines(struct header_list *list, struct buffer *lines) {
    char *at = lines->data;
    char *end = lines->len > 0 ? at + lines->len : at; // NULL when there are none
    while (at < end) {
        char *colon = memchr(at, ':', (size_t)(end - at));
        char *stop = colon ? memchr(colon, '\r', (size_t)(end - colon)) : NULL;
        CHECK(stop != NULL); // http_reply_header wrote it
        for (char *c = at; c < colon; c++) {
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + ('a' - 'A')) : *c;
        }
        struct str name = str_make(at, (size_t)(colon - at));
        if (!is_of_connection(name)) {
            add(list, name, str_make(colon + 2, (size_t)(stop - colon) - 2));
        }
        at = stop + 2;
    }
}

static size_t count_lines(const struct buffer *lines) {
    size_t count = 0;
    for (size_t i = 0; i < lines->len; i++) {
        count += lines->data[i] == '\n';
    }
    return count;
}

static void add_own(struct header_list *list, struct http_exchange_private *exchange,
                    char status[12], char length[24]) {
    const struct http_exchange *public = &exchange->public;
    int n = snprintf(status, 12, "%u", public->status);
    add(list, STR(":status"), str_make(status, (size_t)n));
    add(list, STR("date"), str_make(http_loop_date(exchange->loop), 29));
    if (exchange->content_type) {
        add(list, STR("content-type"), str_from_c(exchange->content_type));
    }
    size_t total =
        exchange->flow.begun ? (size_t)exchange->flow.length : http_reply_length(exchange);
    bool known = !exchange->flow.begun || exchange->flow.length >= 0;
    if (known && public->status != 204 && public->status != 304) { // RFC 9110 8.6
        n = snprintf(length, 24, "%zu", total);
        add(list, STR("content-length"), str_make(length, (size_t)n));
    }
    add(list, STR("x-request-id"), public->request_id);
}

// Of the body, as far as it is there.
static struct str unsent(const struct http_exchange_private *exchange) {
    return exchange->flow.begun ? http_flow_unsent(exchange) : exchange->tail;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *user) {
    const struct http_exchange_private *exchange = source->ptr;
    const struct http_flow *flow = &exchange->flow;
    struct str left = unsent(exchange);
    size_t len = left.len < room ? left.len : room;
    (void)session;
    (void)id;
    (void)to;
    (void)user;
    if (flow->begun && len == 0 && !flow->over) {
        exchange->stream->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (flow->begun && len == 0 && flow->cut) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; // the stream is reset
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (len == left.len && (!flow->begun || (flow->over && !flow->cut))) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)len;
}

int http_h2_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
                      size_t length, nghttp2_data_source *source, void *user) {
    struct http_h2 *h2 = user;
    struct http_exchange_private *exchange = source->ptr;
    (void)session;
    (void)frame; // never padded
    if (h2->out.len >= OUT_FULL) {
        return NGHTTP2_ERR_WOULDBLOCK;
    }
    struct str left = unsent(exchange);
    CHECK(length <= left.len);
    buffer_append(&h2->out, head, FRAME_HEAD);
    buffer_append(&h2->out, left.data, length);
    if (buffer_status(&h2->out) != STATUS_OK) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (exchange->flow.begun) {
        http_flow_sent(exchange, length);
    } else {
        exchange->tail = str_make(left.data + length, left.len - length);
    }
    exchange->stream->mark_us = h2->connection->loop->now_us;
    return 0;
}

void http_h2_reply(struct http_exchange_private *exchange) {
    struct http_h2_stream *stream = exchange->stream;
    nghttp2_session *session = stream->h2->session;
    size_t most = OWN_HEADERS + count_lines(&exchange->headers);
    struct header_list list = {arena_alloc_array(&exchange->public.arena, most, sizeof(nghttp2_nv)),
                               0};
    char status[12];
    char length[24];
    int code = NGHTTP2_ERR_NOMEM;
    if (list.headers) {
        add_own(&list, exchange, status, length);
        add_lines(&list, &exchange->headers);
        bool parts = exchange->flow.begun && !exchange->flow.bodyless;
        exchange->tail = exchange->flow.begun ? STR_EMPTY : http_reply_payload(exchange);
        const nghttp2_data_provider body = {.source.ptr = exchange, .read_callback = read_body};
        code = nghttp2_submit_response(session, stream->id, list.headers, list.count,
                                       parts || exchange->tail.len > 0 ? &body : NULL);
    }
    stream->mark_us = exchange->loop->now_us;
    if (code != 0 && nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id,
                                               NGHTTP2_INTERNAL_ERROR) != 0) {
        stream->h2->broken = true;
    }
}

// --- Replies in parts --------------------------------------------------------------------------------------------------
static void look_at(struct http_h2_stream *stream) {
    struct http_exchange_private *exchange = stream->exchange;
    const struct http_flow *flow = &exchange->flow;
    nghttp2_session *session = stream->h2->session;
    int code = 0;
    if (!stream->headed && (flow->begun || (flow->over && flow->cut))) {
        stream->headed = true;
        stream->mark_us = exchange->loop->now_us;
        if (flow->begun) {
            http_h2_reply(exchange);
        } else { // given up before it began
            code = nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id,
                                             NGHTTP2_INTERNAL_ERROR);
        }
    } else if (stream->deferred && (flow->over || http_flow_unsent(exchange).len > 0)) {
        stream->deferred = false;
        stream->mark_us = exchange->loop->now_us;
        code = nghttp2_session_resume_data(session, stream->id);
    }
    stream->h2->broken = stream->h2->broken || code != 0;
}

void http_h2_look_at_parts(struct http_h2 *h2) {
    struct http_exchange_private *exchange = h2->connection->first;
    for (; exchange; exchange = exchange->next) {
        if (exchange->stream && (exchange->flow.begun || exchange->flow.cut)) {
            look_at(exchange->stream);
        }
        if (exchange->stream && http_h2_tell(exchange->stream) != 0) {
            h2->broken = true;
        }
    }
}

// What is written then is looked at later in the same turn of the loop.
void http_h2_make_room(struct http_h2 *h2) {
    struct http_exchange_private *exchange = h2->connection->first;
    for (; exchange; exchange = exchange->next) {
        if (exchange->stream) {
            (void)http_flow_make_room(exchange);
        }
    }
}
