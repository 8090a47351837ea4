// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The head of a forwarded request: what the client sent, without what was meant for us, and with what we know of the client.
#include "http/upstream_private.h"

// Names and punctuation of what is added, with the length of the body.
#define ADDED_ROOM (320 + 15 + HTTP_TRACEPARENT_LEN)

static bool is_listed(struct str name, const struct http_header *headers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (headers[i].name.len != 10 ||
            !str_equal_ignore_case(headers[i].name, STR("Connection"))) {
            continue;
        }
        struct str rest = headers[i].value;
        while (rest.data) {
            if (str_equal_ignore_case(str_trim(str_cut(&rest, ',')), name)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_one_of(struct str name, const struct str *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (name.len == names[i].len && str_equal_ignore_case(name, names[i])) {
            return true;
        }
    }
    return false;
}

bool http_is_hop_by_hop(struct str name, const struct http_header *headers, size_t count) {
    static const struct str NAMES[] = {STR_INIT("Connection"),
                                       STR_INIT("Keep-Alive"),
                                       STR_INIT("Proxy-Connection"),
                                       STR_INIT("TE"),
                                       STR_INIT("Transfer-Encoding"),
                                       STR_INIT("Upgrade"),
                                       STR_INIT("Trailer"),
                                       STR_INIT("Proxy-Authenticate"),
                                       STR_INIT("Proxy-Authorization"),
                                       STR_INIT("HTTP2-Settings")};
    return is_one_of(name, NAMES, sizeof NAMES / sizeof NAMES[0]) ||
           is_listed(name, headers, count);
}

// Written anew: by us, or because the body is here already.
static bool is_replaced(struct str name) {
    static const struct str NAMES[] = {STR_INIT("Host"),
                                       STR_INIT("Content-Length"),
                                       STR_INIT("Expect"),
                                       STR_INIT("X-Request-Id"),
                                       STR_INIT("X-Forwarded-For"),
                                       STR_INIT("X-Forwarded-Proto"),
                                       STR_INIT("X-Forwarded-Host")};
    return is_one_of(name, NAMES, sizeof NAMES / sizeof NAMES[0]);
}

// What only those may say of a client whom we trust.
static bool is_made_up(struct str name, const struct http_request *request) {
    return !request->peer_trusted && name.len == 9 && str_equal_ignore_case(name, STR("Forwarded"));
}

// Of a trace that is not continued the state means nothing (W3C Trace Context 3.3.1); the caller of what we ask for is us.
static bool is_of_trace(struct str name, const struct http_trace *trace) {
    static const struct str NAMES[] = {STR_INIT("traceparent"), STR_INIT("tracestate")};
    return trace && is_one_of(name, NAMES, http_trace_is_continued(trace) ? 1 : 2);
}

struct text {
    char *next;
};

static void put(struct text *text, struct str s) {
    if (s.data && s.len > 0) {
        memcpy(text->next, s.data, s.len);
        text->next += s.len;
    }
}

static void put_header(struct text *text, struct str name, struct str value) {
    put(text, name);
    put(text, STR(": "));
    put(text, value);
    put(text, STR("\r\n"));
}

static void put_length(struct text *text, size_t len) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + len % 10);
        len /= 10;
    } while (len > 0);
    put_header(text, STR("Content-Length"), str_make(digits + at, sizeof digits - at));
}

static struct str forwarded_proto(const struct http_exchange *exchange) {
    // Whoever ends TLS in front knows better than we; a client that makes it up deceives but itself.
    struct str given = http_request_header(exchange, STR("X-Forwarded-Proto"));
    return exchange->request.secure || str_equal(given, STR("https")) ? STR("https") : STR("http");
}

static void put_forwarded(struct text *text, const struct http_exchange_private *exchange) {
    const struct http_exchange *public = &exchange->public;
    const struct http_request *request = &public->request;
    put(text, STR("X-Forwarded-For: "));
    for (size_t i = 0; i < request->header_count && request->peer_trusted; i++) {
        if (str_equal_ignore_case(request->headers[i].name, STR("X-Forwarded-For"))) {
            put(text, request->headers[i].value);
            put(text, STR(", "));
        }
    }
    put(text, str_from_c(exchange->connection->ip));
    put(text, STR("\r\n"));
    put_header(text, STR("X-Forwarded-Proto"), forwarded_proto(public));
    struct str host = request->forwarded_host.data ? request->forwarded_host
                                                   : http_request_header(public, STR("Host"));
    if (host.data) {
        put_header(text, STR("X-Forwarded-Host"), host);
    }
    put_header(text, STR("X-Request-Id"), public->request_id);
    if (public->trace) {
        put_header(text, STR("traceparent"), str_from_c(public->trace->parent));
    }
}

static bool has_content(const struct http_request *request) {
    unsigned with = HTTP_POST_ | HTTP_PUT_ | HTTP_PATCH_;
    return request->body.len > 0 || (request->method & with) != 0;
}

bool http_upstream_write_head(struct http_forward *forward) {
    struct http_exchange *public = &forward->exchange->public;
    const struct http_request *request = &public->request;
    size_t room = ADDED_ROOM + public->request_id.len + HTTP_IP_TEXT_MAX;
    struct str host = http_request_header(public, STR("Host"));
    const struct http_header_edits *edits = &forward->policy->request;
    room += http_edits_room(edits);
    for (size_t i = 0; i < request->header_count; i++) {
        room += request->headers[i].name.len + request->headers[i].value.len + 4;
    }
    // What is told of the host may stand in two headers.
    char *begin = arena_alloc(&public->arena, room + host.len);
    if (!begin) {
        return false;
    }
    struct text text = {begin};
    for (size_t i = 0; i < request->header_count; i++) {
        struct str name = request->headers[i].name;
        if (!is_replaced(name) && !is_made_up(name, request) && !is_of_trace(name, public->trace) &&
            !http_edits_drop(edits, name) &&
            !http_is_hop_by_hop(name, request->headers, request->header_count)) {
            put_header(&text, name, request->headers[i].value);
        }
    }
    for (size_t i = 0; i < edits->set_count; i++) {
        put_header(&text, edits->set[i].name, edits->set[i].value);
    }
    put_forwarded(&text, forward->exchange);
    put_header(&text, STR("Via"), STR("1.1 footfall")); // RFC 9110 7.6.3
    if (forward->offers) {
        put_header(&text, STR("Connection"), STR("Upgrade"));
        put_header(&text, STR("Upgrade"), http_request_header(public, STR("Upgrade")));
    }
    if (forward->chunks) {
        put_header(&text, STR("Transfer-Encoding"), STR("chunked"));
    } else if (forward->streams) {
        put_length(&text, (size_t)http_stream_body_length(public));
    } else if (has_content(request)) {
        put_length(&text, request->body.len);
    }
    put(&text, STR("\r\n"));
    forward->head = str_make(begin, (size_t)(text.next - begin));
    forward->body = request->body;
    return true;
}

bool http_upstream_write_line(struct http_forward *forward, const struct http_upstream_target *to) {
    struct http_exchange *public = &forward->exchange->public;
    const struct http_request *request = &public->request;
    const struct http_forward_policy *policy = forward->policy;
    struct str authority = policy->host.data ? policy->host : str_from_c(to->authority);
    bool origin = request->target.len > 0 && request->target.data[0] == '/';
    size_t room = request->method_name.len + request->target.len + request->path.len +
                  request->query.len + policy->target.len + authority.len +
                  sizeof "  ? HTTP/1.1\r\nHost: \r\n";
    char *begin = arena_alloc(&public->arena, room);
    if (!begin) {
        return false;
    }
    struct text text = {begin};
    put(&text, request->method_name);
    put(&text, STR(" "));
    if (policy->target.data) {
        put(&text, policy->target);
    } else if (origin || !request->path.data) {
        put(&text, request->target);
    } else { // "http://host/path"
        put(&text, request->path);
        put(&text, request->query.data ? STR("?") : STR_EMPTY);
        put(&text, request->query);
    }
    put(&text, STR(" HTTP/1.1\r\n"));
    put_header(&text, STR("Host"), authority);
    forward->line = str_make(begin, (size_t)(text.next - begin));
    forward->size = forward->line.len + forward->head.len + forward->body.len;
    forward->sent = 0;
    return true;
}
