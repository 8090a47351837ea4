// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Fills in replies and turns them into bytes.
#include <strings.h>

#include "base/check.h"
#include "http/gzip.h"
#include "http/problem.h"
#include "http/server_private.h"

#define GZIP_LEVEL 5

static bool is_reserved(const char *name) {
    static const char *const RESERVED[] = {"Content-Length",    "Connection",   "Date",
                                           "Transfer-Encoding", "X-Request-Id", "Content-Type"};
    for (size_t i = 0; i < sizeof RESERVED / sizeof RESERVED[0]; i++) {
        if (strcasecmp(name, RESERVED[i]) == 0) {
            return true;
        }
    }
    return false;
}

void http_reply_header(struct http_exchange *exchange, const char *name, struct str value) {
    struct http_exchange_private *private = http_exchange_of(exchange);
    CHECK(!is_reserved(name));
    CHECK(name[0] != '\0' && strpbrk(name, "\r\n: ") == NULL);
    CHECK(value.len == 0 ||
          (!memchr(value.data, '\r', value.len) && !memchr(value.data, '\n', value.len) &&
           !memchr(value.data, '\0', value.len)));
    if (strcasecmp(name, "Content-Encoding") == 0) {
        private->has_content_encoding = true;
    } else if (strcasecmp(name, "ETag") == 0) {
        private->has_strong_etag = !str_starts_with(value, STR("W/"));
    }
    buffer_append_str(&private->headers, str_from_c(name));
    buffer_append_str(&private->headers, STR(": "));
    buffer_append_str(&private->headers, value);
    buffer_append_str(&private->headers, STR("\r\n"));
}

struct buffer *http_reply_body(struct http_exchange *exchange) {
    return &http_exchange_of(exchange)->body;
}

static struct str reply_body(const struct http_exchange_private *exchange) {
    return exchange->static_body.data ? exchange->static_body : buffer_str(&exchange->body);
}

static void compress(struct http_exchange_private *exchange) {
    struct str plain = reply_body(exchange);
    bool vary = false;
    bool wanted = http_reply_wants_gzip(exchange, plain.len, &vary);
    if (vary) {
        http_reply_header(&exchange->public, "Vary", STR("Accept-Encoding"));
    }
    if (!wanted) {
        return;
    }
    struct buffer packed;
    buffer_init(&packed, plain.len); // not worth it when it grows
    if (gzip_deflate(plain, GZIP_LEVEL, &packed) != STATUS_OK) {
        buffer_free(&packed); // the plain body is a full answer, too
        return;
    }
    packed.max = exchange->body.max;
    buffer_free(&exchange->body);
    exchange->body = packed;
    exchange->static_body = STR_EMPTY;
    http_reply_header(&exchange->public, "Content-Encoding", STR("gzip"));
}

// Leaves the caller's headers out, which may be what failed. Needs no memory.
static void fail(struct http_exchange_private *exchange) {
    static const struct str TEXT =
        STR_INIT("{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,"
                 "\"detail\":\"The reply could not be made.\"}");
    buffer_clear(&exchange->headers);
    buffer_clear(&exchange->body);
    exchange->foreign_length = -1;
    exchange->static_body = TEXT;
    exchange->public.status = 500;
    exchange->content_type = "application/problem+json";
}

bool http_reply_is_let_go(struct http_exchange_private *private, unsigned status) {
    struct http_exchange *public = &private->public;
    bool (*before)(struct http_exchange *, unsigned, void *) = public->before_reply;
    public->before_reply = NULL;
    if (!before || before(public, status, public->before_reply_context)) {
        return true;
    }
    buffer_clear(&private->headers);
    private->has_content_encoding = private->has_strong_etag = false;
    private->static_body = STR_EMPTY;
    http_reply_problem(public, 503, str_from_c(public->failure));
    return false;
}

static void finish(struct http_exchange_private *exchange, unsigned status,
                   const char *content_type) {
    CHECK(!exchange->sent && !exchange->flow.begun && status >= 200 && status <= 999);
    if (exchange->public.before_reply && !http_reply_is_let_go(exchange, status)) {
        return;
    }
    exchange->sent = true;
    exchange->public.status = status;
    exchange->content_type = content_type;
    if (content_type && !exchange->as_is && buffer_status(&exchange->body) == STATUS_OK) {
        compress(exchange);
    }
    if (buffer_status(&exchange->body) != STATUS_OK ||
        buffer_status(&exchange->headers) != STATUS_OK) {
        fail(exchange);
    }
    if (!exchange->content_type) {
        exchange->static_body = STR_EMPTY;
        buffer_clear(&exchange->body);
    }
    exchange->public.reply_bytes = reply_body(exchange).len;
    struct http_loop *loop = exchange->loop;
    if (!loop) {
        return; // detached.h
    }
    if (exchange->flow.events && exchange->flow.carried) {
        exchange->flow.over = true; // whoever streams is on the loop's thread
        http_flow_touch(exchange);
        return;
    }
    if (pthread_equal(loop->self, pthread_self())) {
        struct http_connection *connection = exchange->connection;
        if (http_connection_answered(exchange)) {
            http_connection_pump(connection);
        }
        return;
    }
    http_loop_take_back(exchange);
}

void http_reply_send(struct http_exchange *exchange, unsigned status, const char *content_type) {
    finish(http_exchange_of(exchange), status, content_type);
}

void http_reply_send_static(struct http_exchange *exchange, unsigned status,
                            const char *content_type, struct str body) {
    struct http_exchange_private *private = http_exchange_of(exchange);
    buffer_clear(&private->body);
    private->static_body = body;
    finish(private, status, content_type);
}

// --- Bytes -----------------------------------------------------------------------------------------------------------
struct head_writer {
    char *next;
    char *end;
    bool overflow;
};

static void put(struct head_writer *writer, struct str s) {
    if ((size_t)(writer->end - writer->next) < s.len) {
        writer->overflow = true;
        return;
    }
    if (s.len > 0) {
        memcpy(writer->next, s.data, s.len);
        writer->next += s.len;
    }
}

static void put_number(struct head_writer *writer, size_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put(writer, str_make(digits + at, sizeof digits - at));
}

static void put_status(struct head_writer *writer, unsigned status) {
    switch (status) { // the frequent ones
    case 200: put(writer, STR("HTTP/1.1 200 OK\r\nDate: ")); return;
    case 202: put(writer, STR("HTTP/1.1 202 Accepted\r\nDate: ")); return;
    case 101: put(writer, STR("HTTP/1.1 101 Switching Protocols\r\nDate: ")); return;
    default:
        put(writer, STR("HTTP/1.1 "));
        put_number(writer, status);
        put(writer, STR(" "));
        put(writer, str_from_c(http_status_title(status)));
        put(writer, STR("\r\nDate: "));
    }
}

static void put_framing(struct head_writer *writer, const struct http_flow *flow) {
    if (flow->chunks) {
        put(writer, STR("\r\nTransfer-Encoding: chunked"));
    } else if (flow->length >= 0) {
        put(writer, STR("\r\nContent-Length: "));
        put_number(writer, (size_t)flow->length);
    }
}

struct str http_reply_payload(const struct http_exchange_private *exchange) {
    const struct http_exchange *public = &exchange->public;
    bool none =
        public->request.method == HTTP_HEAD_ || public->status == 204 || public->status == 304;
    return none ? STR_EMPTY : reply_body(exchange);
}

size_t http_reply_length(const struct http_exchange_private *exchange) {
    return exchange->foreign_length < 0 ? reply_body(exchange).len
                                        : (size_t)exchange->foreign_length;
}

static void put_head(struct head_writer *writer, struct http_exchange_private *exchange) {
    struct http_exchange *public = &exchange->public;
    put_status(writer, public->status);
    put(writer, str_make(http_loop_date(exchange->loop), 29));
    if (exchange->content_type) {
        put(writer, STR("\r\nContent-Type: "));
        put(writer, str_from_c(exchange->content_type));
    }
    if (exchange->flow.begun) {
        put_framing(writer, &exchange->flow);
    } else if (public->status != 204 && public->status != 304) { // RFC 9110 8.6
        put(writer, STR("\r\nContent-Length: "));
        put_number(writer, http_reply_length(exchange));
    }
    put(writer, STR("\r\nX-Request-Id: "));
    put(writer, public->request_id);
    if (exchange->flow.switched) {
        put(writer, STR("\r\nConnection: Upgrade\r\n"));
    } else if (exchange->close) {
        put(writer, STR("\r\nConnection: close\r\n"));
    } else if (exchange->http10) {
        put(writer, STR("\r\nConnection: keep-alive\r\n"));
    } else {
        put(writer, STR("\r\n"));
    }
    put(writer, buffer_str(&exchange->headers));
    put(writer, STR("\r\n"));
}

// False: there was no memory for it, and another reply took its place.
static bool write_head(struct http_exchange_private *exchange, struct head_writer *writer) {
    *writer = (struct head_writer){exchange->inline_head, exchange->inline_head + HTTP_HEAD_INLINE,
                                   false};
    put_head(writer, exchange);
    char *begin = exchange->inline_head;
    bool ok = true;
    if (writer->overflow) {
        size_t room = HTTP_HEAD_INLINE + exchange->headers.len +
                      (exchange->content_type ? strlen(exchange->content_type) : 0);
        begin = arena_alloc(&exchange->public.arena, room);
        if (!begin) {
            fail(exchange);
            begin = exchange->inline_head;
            room = HTTP_HEAD_INLINE;
            exchange->flow.begun = ok = false;
        }
        *writer = (struct head_writer){begin, begin + room, false};
        put_head(writer, exchange);
        CHECK(!writer->overflow);
    }
    exchange->head = str_make(begin, (size_t)(writer->next - begin));
    return ok;
}

void http_reply_build(struct http_exchange_private *exchange) {
    if (exchange->streamed) {
        if (exchange->stream) {
            http_h2_reply(exchange);
        }
        return;
    }
    struct head_writer writer;
    (void)write_head(exchange, &writer);
    struct str body = http_reply_payload(exchange);
    // One segment is cheaper to send than two.
    if (body.len <= (size_t)(writer.end - writer.next)) {
        put(&writer, body);
        exchange->head.len += body.len;
        body = STR_EMPTY;
    }
    exchange->tail = body;
}

bool http_reply_build_head(struct http_exchange_private *exchange) {
    if (exchange->streamed) {
        return true; // http_h2_look_at_parts
    }
    struct head_writer writer;
    return write_head(exchange, &writer);
}
