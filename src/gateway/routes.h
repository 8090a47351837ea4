// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Routes and upstreams of the settings: services that are not ours, behind the same door, with the same keys, limits and logs.
//
//   settings -> gateway_routes_read -> gateway_routes_connect -> tables for the router -> gateway_routes_forward -> http/upstream
//
// A set of routes does not change once it is connected, and is shared by all threads until it is freed. Upstreams live in a pool: when the
// settings are read again, one that is described as before is taken again with its connections. One that no set leads to any more goes
// when no loop holds a connection of it (gateway_upstreams_reap).
#ifndef FOOTFALL_GATEWAY_ROUTES_H
#define FOOTFALL_GATEWAY_ROUTES_H

#include "base/error.h"
#include "base/settings.h"
#include "http/router.h"

struct http_upstream;
struct gateway_upstreams;
MUST_CHECK enum status gateway_upstreams_make(struct gateway_upstreams **out);
void gateway_upstreams_free(struct gateway_upstreams *pool); // after the servers; NULL is fine
// Frees those that neither a set of routes nor a loop has any more; gives how many are still held by loops alone. Any thread but the
// loops'; not while routes are between recall and adopt.
size_t gateway_upstreams_reap(struct gateway_upstreams *pool);
// Calls visit (NULL: nobody) for each, with the pool locked; gives how many there are. Any thread.
size_t gateway_upstreams_visit(struct gateway_upstreams *pool,
                               void (*visit)(void *context, struct http_upstream *upstream),
                               void *context);

struct gateway_routes;
// Reads upstreams[] and routes[]; nothing of the settings is needed afterwards. ours: the routes that must not be covered, as patterns;
// their handlers are not called. INVALID: err is "footfall.yaml:12: routes[].access: ..."; NO_MEMORY.
MUST_CHECK enum status gateway_routes_read(const struct settings *settings,
                                           const struct http_route_table *ours, size_t count,
                                           struct gateway_routes **out, struct error *err);
// The same in three steps, so that names can be looked up while the pool may go away: remembers which upstreams the pool has; makes the
// others in a pool of the caller's, which looks names up and blocks; takes those over. One thread at a time. UNAVAILABLE: a name is not
// known (yet); INVALID, NO_MEMORY.
void gateway_routes_recall(struct gateway_routes *routes, struct gateway_upstreams *pool);
MUST_CHECK enum status gateway_routes_look_up(const struct gateway_routes *routes,
                                              struct gateway_upstreams *fresh, struct error *err);
void gateway_routes_adopt(struct gateway_routes *routes, struct gateway_upstreams *pool,
                          struct gateway_upstreams *fresh);
// All three at once; blocks.
MUST_CHECK enum status gateway_routes_connect(struct gateway_routes *routes,
                                              struct gateway_upstreams *pool, struct error *err);
// One table a route, as long as the set.
const struct http_route_table *gateway_routes_tables(const struct gateway_routes *routes,
                                                     size_t *count);
void gateway_routes_free(struct gateway_routes *routes); // before the pool; NULL is fine

// Whether it is one of such a set. Of these a write key is looked for in the Authorization header, as nobody looks into the body.
bool gateway_route_is_configured(const struct http_route *route);
// Bytes its body may have; 0: it does not say, or is none of these.
size_t gateway_route_body_limit(const struct http_route *route);

#endif
