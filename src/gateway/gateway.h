// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The API Gateway: the one entry point. Routes by path, authenticates, authorises, counts and logs.
//
//   http server -> gateway_handle: route? may they? -> the role's handler (on the loop, or on the worker pool when it blocks)
//               -> gateway_completed: metrics, access log
//   Every request is a span of a trace (http/trace.h); spans are told by the access log, and to a collector (spans.h).
//
// In one process the roles' route tables are called directly. A role that runs elsewhere is a table whose handlers
// proxy (proxy.h); nothing else changes. A role in a process of its own has a gateway of its own with its own table
// alone, so that nobody need trust who knocks. Limits and people's tokens sit between "which route" and "call it" (gateway_handle).
#ifndef FOOTFALL_GATEWAY_H
#define FOOTFALL_GATEWAY_H

#include "auth/keyring.h"
#include "auth/refresh.h"
#include "auth/tokens.h"
#include "base/clock.h"
#include "base/random.h"
#include "gateway/access_log.h"
#include "gateway/audit.h"
#include "gateway/https.h"
#include "gateway/limits.h"
#include "gateway/routes.h"
#include "http/forwarded.h"
#include "http/router.h"
#include "http/server.h"
#include "store/store.h"

struct gateway_config {
    const struct http_route_table *tables; // of the roles; copied
    size_t table_count;
    struct gateway_routes
        *routes; // of the settings, connected; the gateway's once it is started; NULL: none
    struct auth_keyring *keyring;
    struct auth_tokens *tokens; // of people; NULL: none
    struct auth_refresh
        *refresh; // asked before a key or project is refused; NULL: the keyring knows all there are
    const struct http_networks *trusted; // whose X-Forwarded-* headers are believed; NULL: nobody's
    struct gateway_https https;          // public_url is the caller's
    struct gateway_limits *limits;       // NULL: none
    struct gateway_access_log *access_log; // NULL: none
    struct otlp_exporter *otlp;            // gets the spans of sampled requests; NULL: nobody
    struct gateway_audit *audit;           // NULL: none
    unsigned trace_one_in; // of the requests that name no trace one in so many is sampled; 0: none
    struct clock *clock;   // NULL: the machine's
    struct random_source *random; // NULL: the machine's
};
struct gateway;

// EXISTS when two routes clash, INVALID when one names no access; err says which.
MUST_CHECK enum status gateway_start(const struct gateway_config *config, struct gateway **out,
                                     struct error *err);
void gateway_stop(struct gateway *gateway); // after the server; NULL is fine
// Other routes of the settings and other limits in place of those before, in one step: all is checked first, then both change, for requests
// that come from now on; those under way keep their routes. routes: connected; owned on success alone. limits: as gateway_limits_make
// takes it; of a gateway without limits it does not count. INVALID, EXISTS, NO_MEMORY: all stays as it is. One thread at a time.
MUST_CHECK enum status gateway_change(struct gateway *gateway, struct gateway_routes *routes,
                                      const struct gateway_limits_config *limits,
                                      struct error *err);

// For struct http_server_config; context is the gateway.
void gateway_handle(struct http_exchange *exchange, void *gateway);
void gateway_plan(struct http_exchange *exchange, struct http_body_plan *plan, void *gateway);
void gateway_completed(const struct http_exchange *exchange, int64_t duration_us, void *gateway);

// Administration of projects and keys: GET/POST /projects, GET/POST /keys, DELETE /keys/:id (role admin).
struct gateway_admin {
    struct store *store;
    struct auth_keyring *keyring;
    struct auth_refresh *refresh; // as in struct gateway_config
    struct clock *clock;
    struct random_source *random;
};
struct http_route_table gateway_admin_routes(struct gateway_admin *admin);
// Makes what the store holds all that is in the keyring.
MUST_CHECK enum status gateway_load_keyring(struct store *store, struct auth_keyring *keyring,
                                            struct error *err);

// What POST /keys and the command line do: makes a key, stores it, adds it to the keyring (NULL: only stores). fixed: the key's text
// when it is given beforehand, else empty. project empty: all (API keys only). text receives the key, shown once.
struct gateway_key_request {
    struct str project;
    struct str role; // "write", "viewer", "editor", "admin"
    struct str label;
    struct str fixed;
    struct str
        id; // of the key, when it is given beforehand; EXISTS when the store has one of that id
};
MUST_CHECK enum status gateway_make_key(const struct gateway_admin *admin,
                                        const struct gateway_key_request *request,
                                        char id[AUTH_KEY_ID_MAX + 1], char text[AUTH_KEY_TEXT_MAX],
                                        struct error *err);

#endif
