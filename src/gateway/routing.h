// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which routes count now: a router that is exchanged as a whole while requests are under way. Private to gateway.
//
// Every exchange holds the routing that it was routed by until its reply is queued, so that no request sees two of them and none is
// freed under a request. The last one to let go of a routing that no longer counts frees it.
#ifndef FOOTFALL_GATEWAY_ROUTING_H
#define FOOTFALL_GATEWAY_ROUTING_H

#include "gateway/limit_rules.h"
#include "gateway/routes.h"
#include "http/router.h"

struct gateway_routing;
struct gateway_routings;

// own: our tables, copied; they are part of every routing.
MUST_CHECK enum status gateway_routings_make(const struct http_route_table *own, size_t count,
                                             struct gateway_routings **out);
// After the server: what an exchange that was given up on still holds goes, too. NULL is fine.
void gateway_routings_free(struct gateway_routings *routings);
// A routing of our tables with these routes (NULL for none), in which the rules of limits (NULL: none) find all routes that they name.
// Nothing changes yet. routes: owned on success alone. EXISTS, INVALID, NO_MEMORY.
MUST_CHECK enum status gateway_routings_prepare(const struct gateway_routings *routings,
                                                struct gateway_routes *routes,
                                                const struct limit_rules *limits,
                                                struct gateway_routing **out, struct error *err);
// It is what counts from now on. Any thread.
void gateway_routings_use(struct gateway_routings *routings, struct gateway_routing *routing);
// Any thread. The router is good until the routing is let go, once a hold.
struct gateway_routing *gateway_routings_hold(struct gateway_routings *routings);
const struct http_router *gateway_routing_router(const struct gateway_routing *routing);
void gateway_routings_let_go(struct gateway_routings *routings, struct gateway_routing *routing);

#endif
