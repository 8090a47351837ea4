// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The handler of configured routes: refuses paths that could mean something else behind us, rewrites, and passes on.
#include <stdlib.h>

#include "gateway/routes_private.h"
#include "http/problem.h"
#include "http/query.h"

// Escapes undone up to the first ';', behind which some servers see parameters: is it "." or ".."? Anything a server could take for a
// separator, or for the end of the path, is refused, too.
static bool is_safe_segment(struct str segment) {
    size_t dots = 0, len = 0;
    bool parameters = false;
    for (size_t i = 0; i < segment.len; i++) {
        int c = (unsigned char)segment.data[i];
        if (c == '%') {
            c = http_percent_escape(segment, i);
            if (c < 0) {
                return false;
            }
            i += 2;
        }
        if (c < ' ' || c == 0x7f || c == '/' || c == '\\') {
            return false;
        }
        parameters = parameters || c == ';';
        if (!parameters) {
            len++;
            dots += c == '.';
        }
    }
    bool empty = parameters && len == 0; // "/;/" is "//" to them
    return !empty && (len != dots || len == 0 || len > 2);
}

// Our routes were chosen by the segments as they are: whoever stands behind must see the same ones.
static bool is_safe_path(struct str path) {
    struct str rest = str_make(path.data + 1, path.len - 1);
    while (rest.data) {
        struct str segment = str_cut(&rest, '/');
        if ((segment.len == 0 && rest.data) || !is_safe_segment(segment)) {
            return false;
        }
    }
    return true;
}

// Replacement, what is left of the path, query.
static struct str rewrite(struct http_exchange *exchange, const struct gateway_route *route) {
    const struct http_request *request = &exchange->request;
    struct str rest = str_make(request->path.data + 1, request->path.len - 1);
    for (size_t i = 0; i < route->strip_segments && rest.data; i++) {
        (void)str_cut(&rest, '/');
    }
    // Of "/shop" as a whole nothing is left, which is "/" unless something stands in its place.
    const char *slash = rest.data || route->replace.len == 0 ? "/" : "";
    return arena_printf(&exchange->arena, "%.*s%s%.*s%s%.*s", STR_ARG(route->replace), slash,
                        STR_ARG(rest), request->query.data ? "?" : "", STR_ARG(request->query));
}

void gateway_routes_forward(struct http_exchange *exchange, void *context) {
    const struct gateway_route *route = context;
    const struct http_request *request = &exchange->request;
    if (!is_safe_path(request->path)) {
        http_reply_problem(exchange, 400,
                           STR("The path holds a segment that is empty, . or .., or an escape that "
                               "is broken or hides a separator."));
        return;
    }
    if (route->body_bytes > 0 && request->body.len > route->body_bytes) { // one that came whole
        http_reply_problemf(exchange, 413, "At most %zu bytes may be sent here.",
                            route->body_bytes);
        return;
    }
    const struct http_forward_policy *policy = &route->policy;
    if (route->rewrites) {
        struct http_forward_policy *own = arena_alloc(&exchange->arena, sizeof *own);
        struct str target = rewrite(exchange, route);
        if (!own || !target.data) {
            http_reply_problem(exchange, 503, STR("Out of memory; try again soon."));
            return;
        }
        *own = *policy;
        own->target = target;
        policy = own;
    }
    http_upstream_forward_by(route->to->upstream, exchange, policy);
}

bool gateway_route_is_configured(const struct http_route *route) {
    return route && route->handle == gateway_routes_forward;
}

size_t gateway_route_body_limit(const struct http_route *route) {
    // The route is the first member.
    return gateway_route_is_configured(route)
               ? ((const struct gateway_route *)(const void *)route)->body_bytes
               : 0;
}
