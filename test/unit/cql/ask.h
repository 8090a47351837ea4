// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests of tests: sent, waited for, and counted how often they were done.
#ifndef FOOTFALL_TEST_UNIT_CQL_ASK_H
#define FOOTFALL_TEST_UNIT_CQL_ASK_H

#include "fake.h"

struct ask {
    struct cql_request request;
    struct buffer values;
    struct queue_waker waker;
    atomic_uint done;
    void (*then)(struct ask *ask); // on the loop's thread, before it counts as done
};

// EXECUTE of that statement with one text value; BATCH of two of it; QUERY. Not idempotent, 20 s.
void ask_execute(struct ask *ask, const struct cql_prepared *prepared, const char *key);
void ask_query(struct ask *ask, const char *text);
void ask_send(struct cql_session *session, struct ask *ask);
enum status ask_wait(struct ask *ask); // until it is done, once; frees what it holds
// All in one.
enum status ask_now(struct cql_session *session, struct ask *ask);

struct cql_prepared *ask_prepare(struct cql_session *session, const char *text); // asserts

#endif
