// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The audit log: who administered what, when, from where, and what came of it. Entries are added to the store and never changed.
//
// A route is audited when it changes something and is for admins, or deletes what is a person's: keys, projects, accounts, profiles.
// Whoever is let in there leaves an entry, also when the act fails; who is refused at the door is in the access log. The entry is written
// after the act and before the answer: an answer of 2xx means that it is there. When it cannot be written the answer is a 503 that says so,
// and the entry goes to the log.
#ifndef FOOTFALL_GATEWAY_AUDIT_H
#define FOOTFALL_GATEWAY_AUDIT_H

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "http/router.h"
#include "store/ledger.h"

struct gateway_audit {
    struct store *store;
    struct clock *clock;
    struct random_source *random;
    _Atomic int64_t
        last_ms; // 0 to begin with. No two entries of a process have the same time: their order is that of the acts
};

// Lets the reply to this exchange be preceded by an entry when its route is audited. Handlers tell more by exchange->subject, detail
// and project. Before the handler is called.
void gateway_audit_watch(struct gateway_audit *audit, struct http_exchange *exchange,
                         const struct http_route *route);
// What nobody asked for over HTTP: the first start, a start with these settings. Blocks. The statuses of store_audit_append.
MUST_CHECK enum status gateway_audit_note(struct gateway_audit *audit, struct str action,
                                          struct str subject, struct str detail, struct error *err);

// GET /audit for admins; context is the struct gateway_audit.
struct http_route_table gateway_audit_routes(struct gateway_audit *audit);

#endif
