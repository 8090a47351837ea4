// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the settings say of limits, read and checked; immutable. Private to src/gateway/.
#ifndef FOOTFALL_GATEWAY_LIMIT_RULES_H
#define FOOTFALL_GATEWAY_LIMIT_RULES_H

#include "gateway/limits.h"
#include "limit/rate.h"

// X(symbol, name in headers and metrics, what a person reads)
#define KIND_LIST(X)                                                                               \
    X(ADDRESS, "address", "Your address")                                                          \
    X(KEY, "key", "This key")                                                                      \
    X(ACCOUNT, "account", "This account")                                                          \
    X(EVENTS, "events", "This project")                                                            \
    X(ROUTE, "route", "You")
enum limit_kind {
#define X(symbol, name, who) LIMIT_KIND_##symbol,
    KIND_LIST(X)
#undef X
        LIMIT_KINDS
};

struct limit_route {
    unsigned kind; // of its buckets, which are its own wherever it stands among the settings
    unsigned methods;
    struct str pattern; // points into the text
    struct limit_rate rate;
    char *text;
};

struct limit_rules {
    struct limit_rules *before; // that were in force before; somebody may still be reading them
    struct limit_rate rates[LIMIT_KINDS]; // of ROUTE: unused
    struct limit_route *routes;
    size_t route_count;
    struct http_networks *exempt;
    size_t body_bytes;
};
// INVALID: err names the setting. NO_MEMORY.
MUST_CHECK enum status limit_rules_make(const struct gateway_limits_config *config,
                                        struct limit_rules **out, struct error *err);
void limit_rules_free(struct limit_rules *rules); // and those before; NULL is fine
// INVALID: a limit is for a route that none of the tables has.
MUST_CHECK enum status limit_rules_check_routes(const struct limit_rules *rules,
                                                const struct http_route_table *tables, size_t count,
                                                struct error *err);

#endif
