// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Prepared statements: one object a text in the session, and per host of a loop what that host calls it.
//
// What the session learns when the statement is made (which markers are the partition key, which keyspace) does not change; the id may,
// and is kept per host. A host that is asked for the first time, or has forgotten, gets PREPARE before the request goes there; requests
// that need the statement meanwhile wait for that one answer.
#ifndef FOOTFALL_CQL_PREPARED_H
#define FOOTFALL_CQL_PREPARED_H

#include "cql/host.h"

// What several loops may learn at once is written by the one that claims it.
enum cql_learned { CQL_LEARNED_NOTHING, CQL_LEARNED_CLAIMED, CQL_LEARNED_ALL };

// Set before cql_prepare returns, constant from then on. Owner: the session.
struct cql_prepared {
    struct cql_prepared *next;
    unsigned index;
    atomic_int learned; // enum cql_learned
    char *text;
    size_t text_len;
    char *keyspace; // until it is learned NULL
    size_t keyspace_len;
    uint16_t *parts; // markers of the partition key, in its order
    uint16_t part_count;
};

enum cql_prepared_state { CQL_PREPARED_UNKNOWN, CQL_PREPARED_ASKED, CQL_PREPARED_READY };

struct cql_prepared_at {
    struct cql_host *host;
    struct cql_prepared *prepared;
    enum cql_prepared_state state;
    struct str id; // READY
    struct cql_exchange exchange;
    struct cql_line waiting;
};

MUST_CHECK enum status cql_prepared_make(struct str text, unsigned index,
                                         struct cql_prepared **out);
// READY: the try may go on. ASKED: it waits in line, and cql_call_prepared is called for it. UNKNOWN: nothing could be sent (*status: FULL:
// no stream id; NO_MEMORY, TOO_LARGE).
enum cql_prepared_state cql_prepared_need(struct cql_connection *connection, struct cql_host *host,
                                          const struct cql_prepared *prepared,
                                          struct cql_try *waiter, enum status *status);
// The id at that host; only after READY.
struct str cql_prepared_id(const struct cql_host *host, const struct cql_prepared *prepared);
// The host does not know it (any more).
void cql_prepared_unprepare(struct cql_host *host, const struct cql_prepared *prepared);
void cql_prepared_forget_host(struct cql_host *host);
// How the values of a statement are routed: false when it is not learned, or has no partition key among its markers.
static inline bool cql_prepared_has_route(const struct cql_prepared *prepared) {
    return atomic_load_explicit(&prepared->learned, memory_order_acquire) == CQL_LEARNED_ALL &&
           prepared->part_count > 0;
}
void cql_prepared_free_all(struct cql_session *session);

#endif
