// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How often who may ask: limits per address, key, account, project and route, and the replies of those who asked too often.
//
//   request -> gateway_limits_address (whoever it is) -> authentication -> gateway_limits_principal (key, account, route) -> handler
//                                                        events -> gateway_limits_events (project)
//
// Buckets are in one limit_table of a fixed size. Networks that are exempt are looked up only when a bucket says no, so that they cost
// nothing on the way of those who stay within their limits. Each process counts for itself: n gateways allow n times as much.
#ifndef FOOTFALL_GATEWAY_LIMITS_H
#define FOOTFALL_GATEWAY_LIMITS_H

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "http/forwarded.h"
#include "http/router.h"

// Rates are texts as limit_rate_parse reads them; empty: none.
struct gateway_limits_config {
    struct str address; // all requests of an address (IPv6: of a /64)
    struct str key;     // of an API key
    struct str account; // of an account
    struct str events;  // requests that bring a project events
    // "POST /auth/token=10/m burst 20": for each key or account, or address where there is none.
    const struct str *routes;
    size_t route_count;
    const struct str *exempt; // networks
    size_t exempt_count;
    struct str path_prefix; // of the activity role's paths; empty: none
    size_t body_bytes;      // of a request that brings no events; 0: what the server allows
    size_t entries;         // of the table of buckets
    struct clock *clock;
    struct random_source *random;
};
struct gateway_limits;
// INVALID: err names the setting. NO_MEMORY.
MUST_CHECK enum status gateway_limits_make(const struct gateway_limits_config *config,
                                           struct gateway_limits **out, struct error *err);
void gateway_limits_free(struct gateway_limits *limits); // after the server; NULL is fine
// Other rules (limit_rules.h) from now on, without a request being dropped; buckets stay as full as they are. Owned. One thread at a time.
struct limit_rules;
void gateway_limits_use(struct gateway_limits *limits, struct limit_rules *rules);
const struct limit_rules *gateway_limits_rules(const struct gateway_limits *limits); // in force
// Reads config as gateway_limits_make does, and uses it; on failure nothing changes.
MUST_CHECK enum status gateway_limits_change(struct gateway_limits *limits,
                                             const struct gateway_limits_config *config,
                                             struct error *err);
// Whether config is right, and each limit of a route is for one that the tables have. INVALID: err names the setting. NO_MEMORY.
MUST_CHECK enum status gateway_limits_check(const struct gateway_limits_config *config,
                                            const struct http_route_table *tables, size_t count,
                                            struct error *err);

// Any thread. False: a reply was sent (429, or 503 where that is what makes an SDK send again, or 413). route: NULL when there is none.
MUST_CHECK bool gateway_limits_address(struct gateway_limits *limits,
                                       struct http_exchange *exchange,
                                       const struct http_route *route);
// Once exchange->principal is known, or known to be nobody.
MUST_CHECK bool gateway_limits_principal(struct gateway_limits *limits,
                                         struct http_exchange *exchange,
                                         const struct http_route *route);
MUST_CHECK bool gateway_limits_events(struct gateway_limits *limits, struct http_exchange *exchange,
                                      struct str project);
// The status of a reply that says "not now": 429, but 503 on the paths of PostHog's SDKs, whose browser library sends again what got a
// 5xx and drops what got a 4xx.
unsigned gateway_limits_status(const struct gateway_limits *limits,
                               const struct http_exchange *exchange);

#endif
