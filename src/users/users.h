// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The User Service: profiles, timelines and per-user daily reports over HTTP.
//
// All handlers block on the store and therefore are blocking routes. The project is the principal's, or ?project= when the principal
// may act on every project ("default" when it names none).
#ifndef FOOTFALL_USERS_H
#define FOOTFALL_USERS_H

#include "auth/keyring.h"
#include "base/clock.h"
#include "base/random.h"
#include "eventlog/eventlog.h"
#include "http/router.h"
#include "store/store.h"

struct users_config {
    struct store *store;
    const struct auth_keyring *keyring;
    struct clock *clock;
    struct random_source *random;
    // The log that control records go into; NULL with err when there is none, or none now. NULL: nothing can be erased.
    struct eventlog *(*log)(void *context, struct error *err);
    void *log_context;
};
struct users;
MUST_CHECK enum status users_start(const struct users_config *config, struct users **out,
                                   struct error *err);
struct http_route_table users_routes(struct users *users);
// The same routes without the role behind them, for a gateway that proxies to it; the handlers must not be called.
struct http_route_table users_route_patterns(void);
void users_stop(struct users *users); // NULL is fine

#endif
