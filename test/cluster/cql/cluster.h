// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A session with the real servers that the environment names, for tests of cql.
#ifndef FOOTFALL_TEST_CLUSTER_CQL_H
#define FOOTFALL_TEST_CLUSTER_CQL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cql/cql.h"

// FOOTFALL_TEST_CASSANDRA, "host:port,..."; fails the test with a sentence when it is not set.
struct str cluster_contact_points(void);
// Of a plain session that logs in where the environment says as whom, to be changed by the test.
struct cql_config cluster_config(void);
struct cql_session *cluster_open(const struct cql_config *config); // asserts
// Executes text, asserts OK; the result is the caller's.
struct cql_result *cluster_query(struct cql_session *session, struct str text);
void cluster_run(struct cql_session *session, struct str text); // without a result
// Drops and makes a keyspace with as many replicas as there are hosts, three at most, and waits for all to agree.
void cluster_keyspace(struct cql_session *session, const char *name);
struct cql_prepared *cluster_prepare(struct cql_session *session, struct str text); // asserts
void cluster_assert_ok(const struct cql_request *request, enum status status);
int64_t cluster_now_ms(void);

#endif
