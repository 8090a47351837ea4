// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// TLS and logging in with real servers: tools/cluster up cassandra --cassandra-tls --auth. Without --auth nobody logs in.
#include <stdio.h>
#include <stdlib.h>

#include "cluster.h"

static void assert_works(const struct cql_config *config) {
    struct cql_session *session = cluster_open(config);
    struct cql_result *result =
        cluster_query(session, STR("SELECT key FROM system.local WHERE key='local'"));
    assert_int_equal(cql_result_row_count(result), 1);
    cql_result_free(result);
    cql_session_close(session);
}

static enum status open_fails(const struct cql_config *config, struct error *err) {
    struct cql_session *session = NULL;
    enum status status = cql_session_open(config, &session, err);
    cql_session_close(session);
    return status;
}

static struct str required(const char *name) {
    const char *value = getenv(name);
    if (!value || !*value) {
        fail_msg("this test needs %s (see tools/cluster env)", name);
    }
    return str_from_c(value);
}

static void test_tls_with_a_trusted_certificate(void **state) {
    (void)state;
    struct cql_config config = cluster_config();
    config.tls = (struct cql_tls){.enabled = true,
                                  .ca_file = required("FOOTFALL_TEST_CASSANDRA_CA"),
                                  .verify_peer = true,
                                  .verify_host = true};
    assert_works(&config);
    config.compression = true;
    config.threads = 2;
    assert_works(&config);
}

static void test_tls_with_a_strange_certificate(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = cluster_config();
    (void)required("FOOTFALL_TEST_CASSANDRA_CA");
    config.tls = (struct cql_tls){.enabled = true, .verify_peer = true, .verify_host = true};
    assert_int_equal(open_fails(&config, &err), STATUS_DENIED);
    assert_non_null(strstr(err.text, "certificate"));
    config.tls.verify_peer = false; // then it does not matter who signed it
    config.tls.verify_host = false;
    assert_works(&config);
}

static void test_tls_for_another_address(void **state) {
    (void)state;
    // By another address of the same loopback network nobody is reached; by a name that is not in the certificate it is refused.
    struct error err;
    struct cql_config config = cluster_config();
    char point[64];
    config.tls = (struct cql_tls){.enabled = true,
                                  .ca_file = required("FOOTFALL_TEST_CASSANDRA_CA"),
                                  .verify_peer = true,
                                  .verify_host = true};
    struct str first = config.contact_points;
    struct str rest = str_cut(&first, ',');
    struct str host = str_cut(&rest, ':');
    // An IPv4 address that is written as an IPv6 one is the same to the kernel, and not to the certificate.
    int len = snprintf(point, sizeof point, "[::ffff:%.*s]:%.*s", STR_ARG(host), STR_ARG(rest));
    config.contact_points = str_make(point, (size_t)len);
    assert_int_equal(open_fails(&config, &err), STATUS_DENIED);
    config.tls.verify_host = false;
    struct cql_session *session = NULL;
    assert_int_equal(cql_session_open(&config, &session, &err), STATUS_OK);
    cql_session_close(session);
}

static void test_a_large_value_over_tls(void **state) {
    (void)state;
    struct cql_config config = cluster_config();
    config.tls = (struct cql_tls){
        .enabled = true, .ca_file = required("FOOTFALL_TEST_CASSANDRA_CA"), .verify_peer = true};
    struct cql_session *session = cluster_open(&config);
    cluster_keyspace(session, "cql_tls");
    cluster_run(session, STR("CREATE TABLE cql_tls.t (id text PRIMARY KEY, body blob)"));
    struct error err;
    assert_int_equal(cql_await_schema_agreement(session, 30000, &err), STATUS_OK);
    struct cql_prepared *put =
        cluster_prepare(session, STR("INSERT INTO cql_tls.t (id, body) VALUES ('a', ?)"));
    size_t size = (size_t)3 * 1024 * 1024;
    char *big = malloc(size);
    for (size_t i = 0; i < size; i++) {
        big[i] = (char)(i * 2654435761u >> 11);
    }
    struct buffer buffer;
    struct cql_values values;
    buffer_init(&buffer, 2 * size);
    cql_values_begin(&values, &buffer);
    cql_bind_blob(&values, str_make(big, size));
    struct cql_request request = {.kind = CQL_REQUEST_EXECUTE,
                                  .prepared = put,
                                  .values = cql_values_bytes(&values),
                                  .value_count = values.count,
                                  .consistency = CQL_LOCAL_QUORUM,
                                  .idempotent = true};
    cluster_assert_ok(&request, cql_execute_wait(session, &request, NULL));
    struct cql_result *result =
        cluster_query(session, STR("SELECT body FROM cql_tls.t WHERE id='a'"));
    struct cql_value row[1];
    assert_int_equal(cql_result_next(result, row, 1), STATUS_OK);
    assert_true(str_equal(row[0].bytes, str_make(big, size)));
    cql_result_free(result);
    buffer_free(&buffer);
    free(big);
    cluster_run(session, STR("DROP KEYSPACE cql_tls"));
    cql_session_close(session);
}

static void test_logging_in(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = cluster_config();
    struct str username = required("FOOTFALL_TEST_CASSANDRA_USER");
    struct str password = required("FOOTFALL_TEST_CASSANDRA_PASSWORD");
    config.username = STR_EMPTY;
    assert_int_equal(open_fails(&config, &err), STATUS_DENIED);
    config.username = username;
    config.password = STR("not this one");
    assert_int_equal(open_fails(&config, &err), STATUS_DENIED);
    assert_null(strstr(err.text, "not this one"));
    config.password = password;
    assert_works(&config);
}

static void test_a_role_without_rights(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = cluster_config();
    config.username = required("FOOTFALL_TEST_CASSANDRA_USER");
    config.password = required("FOOTFALL_TEST_CASSANDRA_PASSWORD");
    struct cql_session *root = cluster_open(&config);
    cluster_run(root, STR("CREATE ROLE IF NOT EXISTS nobody WITH PASSWORD = 'p' AND LOGIN = true"));
    config.username = STR("nobody");
    config.password = STR("p");
    struct cql_session *session = NULL;
    assert_int_equal(cql_session_open(&config, &session, &err), STATUS_OK);
    struct cql_request request = {.kind = CQL_REQUEST_QUERY,
                                  .text = STR("SELECT role FROM system_auth.roles"),
                                  .consistency = CQL_ONE};
    assert_int_equal(cql_execute_wait(session, &request, NULL), STATUS_DENIED);
    assert_int_equal(request.server_error, 0x2100);
    cql_session_close(session);
    cluster_run(root, STR("DROP ROLE nobody"));
    cql_session_close(root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls_with_a_trusted_certificate),
        cmocka_unit_test(test_tls_with_a_strange_certificate),
        cmocka_unit_test(test_tls_for_another_address),
        cmocka_unit_test(test_a_large_value_over_tls),
        cmocka_unit_test(test_logging_in),
        cmocka_unit_test(test_a_role_without_rights),
    };
    size_t count = sizeof tests / sizeof tests[0];
    if (!getenv("FOOTFALL_TEST_CASSANDRA_USER")) {
        count -= 2; // nobody logs in there
    }
    return _cmocka_run_group_tests("cql security", tests, count, NULL, NULL);
}
