// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opens stores and sessions on the Cassandra under test, and empties its tables.
#include "cassandra_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "engines.h"

#define KEYSPACE "footfall_contract"

static struct str from_environment(const char *name) {
    const char *value = getenv(name);
    return value ? str_from_c(value) : STR_EMPTY;
}

struct store_cassandra_config cassandra_fixture_config(void) {
    const char *contact_points = getenv("FOOTFALL_TEST_CASSANDRA");
    if (!contact_points || !*contact_points) {
        fail_msg("this test needs Cassandra: set FOOTFALL_TEST_CASSANDRA to host:port,... "
                 "(tools/cluster up cassandra 1)");
    }
    log_configure(getenv("VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, 2);
    return (struct store_cassandra_config){
        .contact_points = str_from_c(contact_points),
        .keyspace = STR(KEYSPACE),
        .username = from_environment("FOOTFALL_TEST_CASSANDRA_USER"),
        .password = from_environment("FOOTFALL_TEST_CASSANDRA_PASSWORD"),
        .create_schema = true};
}

struct store *cassandra_fixture_open(void) {
    struct store_cassandra_config config = cassandra_fixture_config();
    struct store *store = NULL;
    struct error err = {0};
    if (store_open_cassandra(&config, &store, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return store;
}

struct cql_session *cassandra_fixture_session(void) {
    struct store_cassandra_config store = cassandra_fixture_config();
    struct cql_config config = {.contact_points = store.contact_points,
                                .username = store.username,
                                .password = store.password,
                                .request_timeout_ms = 60000,
                                .clock = clock_system(),
                                .random = random_system()};
    struct cql_session *session = NULL;
    struct error err = {0};
    if (cql_session_open(&config, &session, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return session;
}

struct cql_result *cassandra_fixture_query(struct cql_session *session, const char *text) {
    char expanded[2048];
    struct buffer buffer;
    buffer_init_fixed(&buffer, expanded, sizeof expanded);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '#') {
            buffer_append_str(&buffer, STR(KEYSPACE "."));
        } else {
            buffer_append_char(&buffer, *at);
        }
    }
    assert_ok(buffer_status(&buffer));
    struct cql_request request = {.kind = CQL_REQUEST_QUERY,
                                  .text = buffer_str(&buffer),
                                  .consistency = CQL_LOCAL_QUORUM,
                                  .idempotent = true};
    struct cql_result *result = NULL;
    enum status status = cql_execute_wait(session, &request, &result);
    if (status != STATUS_OK) {
        fail_msg("%s: %s: %s", text, status_name(status), request.error.text);
    }
    return result;
}

void cassandra_fixture_run(struct cql_session *session, const char *text) {
    cql_result_free(cassandra_fixture_query(session, text));
}

// Removals with a batch's stamp would hide rows of smaller ones, and a table that holds nothing else looks empty: what an earlier run left
// is truncated whatever it looks like.
static bool truncated_once;

static void empty_table(struct cql_session *session, struct str table) {
    char text[128];
    snprintf(text, sizeof text, "SELECT * FROM #%.*s LIMIT 1", STR_ARG(table));
    struct cql_result *result = cassandra_fixture_query(session, text);
    bool empty = cql_result_row_count(result) == 0;
    cql_result_free(result);
    if (!empty || !truncated_once) {
        snprintf(text, sizeof text, "TRUNCATE #%.*s", STR_ARG(table));
        cassandra_fixture_run(session, text);
    }
}

// Nor does what was swept of a generation show.
static bool had_generations(struct cql_session *session) {
    struct cql_result *result = cassandra_fixture_query(session, "SELECT name FROM #generations");
    bool had = cql_result_row_count(result) > 0;
    cql_result_free(result);
    return had;
}

void cassandra_fixture_wipe(void) {
    struct cql_session *session = cassandra_fixture_session();
    truncated_once = truncated_once && !had_generations(session);
    struct cql_result *tables =
        cassandra_fixture_query(session, "SELECT table_name FROM system_schema.tables "
                                         "WHERE keyspace_name = '" KEYSPACE "'");
    struct cql_value name;
    while (cql_result_next(tables, &name, 1) == STATUS_OK) {
        if (!str_starts_with(name.bytes, STR("schema_"))) {
            empty_table(session, name.bytes);
        }
    }
    truncated_once = true;
    cql_result_free(tables);
    cql_session_close(session);
}
