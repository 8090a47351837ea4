// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Exchanges without a loop: replies stay where they were written (reply.c).
#include "http/detached.h"

#include <stdlib.h>

#include "base/check.h"
#include "http/server_private.h"

#define HEADERS_MAX ((size_t)32 * 1024)

struct http_detached {
    struct http_exchange_private *exchange;
};

static enum status call(const struct http_router *router, struct http_exchange_private *private) {
    struct http_exchange *exchange = &private->public;
    struct http_route_match match;
    enum status status = http_router_find(router, exchange, &match);
    if (status == STATUS_UNSUPPORTED) {
        return STATUS_NOT_FOUND;
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (match.route->blocking != HTTP_ROUTE_BLOCKING) {
        return STATUS_NOT_FOUND;
    }
    match.route->handle(exchange, match.context);
    CHECK(private->sent); // such handlers answer before they return
    return STATUS_OK;
}

enum status http_detached_get(const struct http_router *router, struct str target,
                              const void *principal, size_t reply_bytes,
                              struct http_detached **out) {
    struct http_detached *detached = calloc(1, sizeof *detached);
    struct http_exchange_private *private = calloc(1, sizeof *private);
    if (!detached || !private) {
        free(detached);
        free(private);
        return STATUS_NO_MEMORY;
    }
    private->foreign_length = -1;
    private->state = HTTP_EXCHANGE_HANDLED;
    arena_init(&private->public.arena, 16 * 1024, 0);
    buffer_init(&private->body, reply_bytes);
    buffer_init(&private->headers, HEADERS_MAX);
    private->public.principal = principal;
    private->public.request_id = STR("detached");
    struct http_request *request = &private->public.request;
    request->method = HTTP_GET_;
    request->method_name = STR("GET");
    request->target = request->query = target;
    request->path = str_cut(&request->query, '?');
    request->protocol = "";
    detached->exchange = private;
    enum status status = call(router, private);
    if (status != STATUS_OK) {
        http_detached_free(detached);
        return status;
    }
    *out = detached;
    return STATUS_OK;
}

void http_detached_free(struct http_detached *detached) {
    if (detached) {
        arena_free(&detached->exchange->public.arena);
        buffer_free(&detached->exchange->body);
        buffer_free(&detached->exchange->headers);
        free(detached->exchange);
        free(detached);
    }
}

unsigned http_detached_status(const struct http_detached *detached) {
    return detached->exchange->public.status;
}

const char *http_detached_type(const struct http_detached *detached) {
    return detached->exchange->content_type ? detached->exchange->content_type : "";
}

struct str http_detached_body(const struct http_detached *detached) {
    return http_reply_payload(detached->exchange);
}
