// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A keyspace on the real Cassandra that FOOTFALL_TEST_CASSANDRA names, empty at the beginning of each test.
#ifndef FOOTFALL_TEST_CONTRACT_STORE_CASSANDRA_FIXTURE_H
#define FOOTFALL_TEST_CONTRACT_STORE_CASSANDRA_FIXTURE_H

#include "cql/cql.h"
#include "store/store.h"

// The configuration of stores in this executable's keyspace. Fails the test when there is no Cassandra.
struct store_cassandra_config cassandra_fixture_config(void);
struct store *cassandra_fixture_open(void);
// Opens a session of the test's own; close it with cql_session_close.
struct cql_session *cassandra_fixture_session(void);
// Runs a statement in which '#' stands for the keyspace and a dot. The result is the caller's.
struct cql_result *cassandra_fixture_query(struct cql_session *session, const char *text);
void cassandra_fixture_run(struct cql_session *session, const char *text);
// Removes all rows: making the tables anew for each test would take minutes. Tables that are empty are left alone.
void cassandra_fixture_wipe(void);

#endif
