// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A role's routes behind a real server on a free port, an in-memory store with a project, and a client: for tests of routes.
#ifndef FOOTFALL_TEST_ROUTE_SERVER_H
#define FOOTFALL_TEST_ROUTE_SERVER_H

#include "auth/keyring.h"
#include "base/clock.h"
#include "http/router.h"
#include "http/server.h"
#include "store/store.h"

struct route_server {
    struct store *store;
    struct auth_keyring *keyring;
    struct clock_manual clock; // what the role sees; set it before route_server_start
    struct random_seeded random;
    struct auth_principal principal; // who all requests are from
    struct workers *workers;
    struct http_router *router;
    struct http_server *server;
    char *reply; // of the last call
};
struct route_reply {
    unsigned status;
    const char *head; // status line and headers
    const char *body;
};

// Store with project "default" in that time zone, keyring, an admin of all projects. wall_ms: the clock's time.
void route_server_prepare(struct route_server *rs, const char *time_zone, int64_t wall_ms);
void route_server_start(struct route_server *rs, struct http_route_table routes);
// Stops the server, so that the role may be stopped then; route_server_free gives back the rest.
void route_server_stop(struct route_server *rs);
void route_server_free(struct route_server *rs);

// headers: lines that end in CRLF, or NULL. body: NULL for none. The reply is good until the next call.
struct route_reply route_call(struct route_server *rs, const char *method, const char *target,
                              const char *headers, const char *body);
// The value of a header of the reply, copied into out.
const char *route_header(struct route_reply reply, const char *name, char *out, size_t size);

// Fail the test and show the reply.
void route_assert_status(struct route_reply reply, unsigned expected);
void route_assert_has(const char *text, const char *part);
#define ASSERT_REPLY(reply, expected) route_assert_status((reply), (expected))
#define ASSERT_HAS(text, part) route_assert_has((text), (part))

#endif
