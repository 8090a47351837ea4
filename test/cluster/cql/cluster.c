// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opening sessions with real servers, and saying what went wrong.
#include "cluster.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

#define AGREE_MS 30000

struct str cluster_contact_points(void) {
    const char *value = getenv("FOOTFALL_TEST_CASSANDRA");
    if (!value || !*value) {
        fail_msg("this test needs Cassandra: set FOOTFALL_TEST_CASSANDRA to host:port,... "
                 "(tools/cluster up cassandra 1)");
    }
    return str_from_c(value);
}

struct cql_config cluster_config(void) {
    // What is tested here breaks connections on purpose; the log would bury the results.
    log_configure(getenv("VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, 2);
    const char *username = getenv("FOOTFALL_TEST_CASSANDRA_USER");
    const char *password = getenv("FOOTFALL_TEST_CASSANDRA_PASSWORD");
    return (struct cql_config){.contact_points = cluster_contact_points(),
                               .username = str_from_c(username),
                               .password = str_from_c(password),
                               .connect_timeout_ms = 20000,
                               .request_timeout_ms = 30000};
}

struct cql_session *cluster_open(const struct cql_config *config) {
    struct cql_session *session = NULL;
    struct error err = {0};
    if (cql_session_open(config, &session, &err) != STATUS_OK) {
        fail_msg("no session: %s", err.text);
    }
    return session;
}

void cluster_assert_ok(const struct cql_request *request, enum status status) {
    if (status != STATUS_OK) {
        fail_msg("%s: %s", status_name(status), request->error.text);
    }
}

struct cql_result *cluster_query(struct cql_session *session, struct str text) {
    struct cql_request request = {
        .kind = CQL_REQUEST_QUERY, .text = text, .consistency = CQL_QUORUM, .idempotent = true};
    struct cql_result *result = NULL;
    enum status status = cql_execute_wait(session, &request, &result);
    if (status != STATUS_OK) {
        fail_msg("%.*s: %s: %s", STR_ARG(text), status_name(status), request.error.text);
    }
    return result;
}

void cluster_run(struct cql_session *session, struct str text) {
    cql_result_free(cluster_query(session, text));
}

static void await_agreement(struct cql_session *session) {
    struct error err = {0};
    if (cql_await_schema_agreement(session, AGREE_MS, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
}

void cluster_keyspace(struct cql_session *session, const char *name) {
    char text[256];
    struct cql_stats stats;
    cql_session_stats(session, &stats);
    unsigned hosts = stats.hosts_up + stats.hosts_down;
    int len = snprintf(text, sizeof text, "DROP KEYSPACE IF EXISTS %s", name);
    cluster_run(session, str_make(text, (size_t)len));
    await_agreement(session); // the next statement may go to a host that has not heard of it
    len = snprintf(text, sizeof text,
                   "CREATE KEYSPACE %s WITH replication = {'class': 'SimpleStrategy', "
                   "'replication_factor': %u}",
                   name, hosts < 3 ? 1 : 3);
    cluster_run(session, str_make(text, (size_t)len));
    await_agreement(session);
}

struct cql_prepared *cluster_prepare(struct cql_session *session, struct str text) {
    struct cql_prepared *prepared = NULL;
    struct error err = {0};
    if (cql_prepare(session, text, &prepared, &err) != STATUS_OK) {
        fail_msg("%.*s: %s", STR_ARG(text), err.text);
    }
    return prepared;
}

int64_t cluster_now_ms(void) {
    return clock_system()->mono_us(clock_system()) / 1000;
}
