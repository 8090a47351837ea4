// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Between the files of configured routes.
#ifndef FOOTFALL_GATEWAY_ROUTES_PRIVATE_H
#define FOOTFALL_GATEWAY_ROUTES_PRIVATE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "gateway/routes.h"
#include "gateway/upstream_policies.h"

// As read; all of it in the arena of the set.
struct gateway_upstream_entry {
    struct str name;
    struct str text; // all that is said of it: the same text is the same upstream
    struct http_upstream_config config;
    struct tls_client_settings tls;
    bool known;                     // the pool has it already
    struct gateway_pooled *pooled;  // once connected
    struct http_upstream *upstream; // of it
};

struct gateway_route {
    struct http_route route; // first: a route is one of these
    const char *origin;      // "footfall.yaml:12"
    struct gateway_upstream_entry *to;
    size_t body_bytes;     // 0: not said
    bool rewrites;         // the path
    size_t strip_segments; // of the path, that go
    struct str replace;    // stands in their place
    bool takes_key;        // Authorization holds a key of ours, and is nobody else's business
    struct http_forward_policy policy; // without the target
};

struct gateway_routes {
    struct arena arena;
    struct gateway_upstream_entry *upstreams;
    size_t upstream_count;
    struct gateway_route *routes;
    struct http_route_table *tables;
    size_t route_count;
};

// --- upstream_pool.c: the set no longer leads to its upstreams.
void gateway_routes_let_go(const struct gateway_routes *routes);
// Handler of all of them; context is the struct gateway_route.
void gateway_routes_forward(struct http_exchange *exchange, void *route);
// --- routes_rules.c: of the route that is entry i of the settings; INVALID says where and what.
MUST_CHECK enum status gateway_routes_read_rules(const struct settings *settings, size_t i,
                                                 struct gateway_route *route, struct arena *arena,
                                                 struct error *err);
// "<origin of key>: <key>: <what>".
__attribute__((format(printf, 5, 6))) enum status gateway_routes_refuse(
    const struct settings *settings, const char *key, size_t i, struct error *err,
    const char *format, ...);

#endif
