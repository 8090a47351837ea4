// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From method and path to a handler: patterns with parameters, 404, and 405 with Allow.
//
// A route table is data, made by each role; the router is built once from several tables and is immutable, shared by threads.
// Patterns: "/users/:id/activities" (a parameter is one non-empty segment), "/v1/track", and "/shop/*" for "/shop" and all that is
// behind it. A trailing slash is part of the pattern. From the left, at each segment a literal wins over a parameter and that over a
// prefix, so that the longest prefix wins; where the method is not answered the next best is tried, but no prefix. A segment is compared
// with its escapes undone, or "/%73hop" would slip past a route for "/shop". GET routes answer HEAD too. Two routes that match the same are an
// error.
#ifndef FOOTFALL_HTTP_ROUTER_H
#define FOOTFALL_HTTP_ROUTER_H

#include "base/error.h"
#include "http/exchange.h"

typedef void http_handler(struct http_exchange *exchange, void *context);

// How handle is called. The first two may be written false and true.
enum http_route_way {
    HTTP_ROUTE_DIRECT = 0,   // on the loop, when the request is whole
    HTTP_ROUTE_BLOCKING = 1, // on the worker pool
    HTTP_ROUTE_STREAMS = 2,  // on the loop, when the head is there; the body comes as stream.h says
};

struct http_route {
    unsigned methods;    // HTTP_GET_ | …
    const char *pattern; // static
    unsigned
        access; // opaque to http: who may call; 0 is refused by http_router_make ("must name its access")
    enum http_route_way blocking;
    http_handler *handle;
};

struct http_route_table {
    const struct http_route *routes;
    size_t count;
    void *context; // given to every handler of this table
};

struct http_route_match {
    const struct http_route *route;
    void *context;
    unsigned allowed; // methods that the path would answer; for 405 and OPTIONS
};

struct http_router;
MUST_CHECK enum status http_router_make(const struct http_route_table *tables, size_t count,
                                        struct http_router **out, struct error *err);
void http_router_free(struct http_router *router);
// OK: *match filled, exchange->parameters decoded, exchange->route set. NOT_FOUND: no such path. UNSUPPORTED: path known,
// method not (match->allowed set). INVALID: a parameter with a broken escape, NUL or invalid UTF-8. NO_MEMORY.
MUST_CHECK enum status http_router_find(const struct http_router *router,
                                        struct http_exchange *exchange,
                                        struct http_route_match *match);
// The two ways on from there. Refuse sends 404, 405 with Allow (204 for OPTIONS), 400 or 503.
void http_router_call(struct http_exchange *exchange, const struct http_route_match *match);
void http_router_refuse(struct http_exchange *exchange, enum status status,
                        const struct http_route_match *match);
// Finds, and calls or refuses. For servers without a gateway in front.
void http_router_dispatch(const struct http_router *router, struct http_exchange *exchange);
// INVALID: not a pattern as above; err says why.
MUST_CHECK enum status http_router_check_pattern(const char *pattern, struct error *err);
// "GET, HEAD, POST" into out.
void http_methods_text(unsigned methods, char *out, size_t size);

#endif
