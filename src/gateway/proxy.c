// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Copies of route tables with another handler.
#include "gateway/proxy.h"

#include <stdint.h>
#include <stdlib.h>

static void forward(struct http_exchange *exchange, void *upstream) {
    http_upstream_forward(upstream, exchange);
}

// What waits for the store there would hold up the replies behind it.
static void forward_alone(struct http_exchange *exchange, void *upstream) {
    static const struct http_forward_policy ALONE = {.alone = true};
    http_upstream_forward_by(upstream, exchange, &ALONE);
}

enum status gateway_proxy_make(struct http_route_table patterns, struct http_upstream *upstream,
                               struct http_route_table *out) {
    struct http_route *routes = calloc(patterns.count + 1, sizeof *routes);
    if (!routes) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < patterns.count; i++) {
        routes[i] = patterns.routes[i];
        routes[i].blocking = HTTP_ROUTE_DIRECT; // forwarding belongs to the loop
        routes[i].handle =
            patterns.routes[i].blocking == HTTP_ROUTE_DIRECT ? forward : forward_alone;
    }
    *out = (struct http_route_table){routes, patterns.count, upstream};
    return STATUS_OK;
}

void gateway_proxy_free(struct http_route_table *table) {
    free((void *)(uintptr_t)table->routes);
    *table = (struct http_route_table){0};
}
