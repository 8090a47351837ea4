// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A session from inside: settings, loops, what is prepared, and what open waits for.
//
//   session ── loop 0 ── control (topology, events)
//           ├─ loop 1 ── hosts ── connections          each loop has hosts and connections of its own
//           └─ ...
//
// Settings do not change once open; `prepared` and what open waits for are guarded by mutex.
#ifndef FOOTFALL_CQL_SESSION_H
#define FOOTFALL_CQL_SESSION_H

#include <pthread.h>

#include "cql/loop.h"

struct cql_control;

enum cql_session_state {
    CQL_SESSION_OPENING,
    CQL_SESSION_OPEN,
    CQL_SESSION_FAILED,
};

struct cql_session {
    struct cql_config config; // defaults filled in, strings in texts
    struct arena texts;
    struct ssl_ctx_st *tls; // NULL: none
    struct cql_loop *loops;
    unsigned loop_count;
    atomic_uint next_loop;
    struct cql_control *control;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    enum cql_session_state state;
    unsigned settled_loops;
    unsigned connected_loops;
    pthread_mutex_t preparing; // one cql_prepare at a time
    struct error failure;
    unsigned prepared_count;
    struct cql_prepared *prepared; // newest first
    struct str local_dc;           // set before any loop has a topology, and the version likewise
    struct str server_version;
};

// On any loop, once: it has a connection (why is NULL), or has tried every host in vain.
void cql_session_settle(struct cql_session *session, const struct error *why);
// On loop 0, as long as it is opening.
void cql_session_fail(struct cql_session *session, const struct error *why);
void cql_session_submit(struct cql_session *session, struct cql_request *request);

// In wait.c: submits and waits for done, on any thread but a loop's. The request's status is returned.
MUST_CHECK enum status cql_session_wait(struct cql_session *session, struct cql_request *request,
                                        struct cql_result **result);

#endif
