// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A session with real servers: what an application does with it day by day.
#include "cluster.h"

#include <stdio.h>

static struct cql_session *session;

static int open_session(void **state) {
    (void)state;
    struct cql_config config = cluster_config();
    session = cluster_open(&config);
    cluster_keyspace(session, "cql_session");
    cluster_run(session,
                STR("CREATE TABLE cql_session.item (id text, n int, body blob, PRIMARY KEY "
                    "(id, n))"));
    struct error err;
    assert_int_equal(cql_await_schema_agreement(session, 30000, &err), STATUS_OK);
    return 0;
}

static int close_session(void **state) {
    (void)state;
    cql_session_close(session);
    return 0;
}

static void insert(struct cql_prepared *prepared, struct str id, int32_t n, struct str body) {
    struct buffer buffer;
    struct cql_values values;
    buffer_init(&buffer, 1 << 20);
    cql_values_begin(&values, &buffer);
    cql_bind_text(&values, id);
    cql_bind_int(&values, n);
    cql_bind_blob(&values, body);
    struct cql_request request = {.kind = CQL_REQUEST_EXECUTE,
                                  .prepared = prepared,
                                  .values = cql_values_bytes(&values),
                                  .value_count = values.count,
                                  .consistency = CQL_LOCAL_QUORUM,
                                  .idempotent = true};
    cluster_assert_ok(&request, cql_execute_wait(session, &request, NULL));
    buffer_free(&buffer);
}

static void test_writes_and_reads(void **state) {
    (void)state;
    struct cql_prepared *put = cluster_prepare(
        session, STR("INSERT INTO cql_session.item (id, n, body) VALUES (?, ?, ?)"));
    struct cql_prepared *get =
        cluster_prepare(session, STR("SELECT n, body FROM cql_session.item WHERE id = ?"));
    insert(put, STR("one"), 1, STR("first"));
    insert(put, STR("one"), 2, STR_EMPTY);
    struct buffer buffer;
    struct cql_values values;
    buffer_init(&buffer, 4096);
    cql_values_begin(&values, &buffer);
    cql_bind_text(&values, STR("one"));
    struct cql_request request = {.kind = CQL_REQUEST_EXECUTE,
                                  .prepared = get,
                                  .values = cql_values_bytes(&values),
                                  .value_count = values.count,
                                  .consistency = CQL_LOCAL_QUORUM,
                                  .idempotent = true};
    struct cql_result *result = NULL;
    cluster_assert_ok(&request, cql_execute_wait(session, &request, &result));
    assert_int_equal(cql_result_row_count(result), 2);
    struct cql_value row[2];
    int32_t n = 0;
    assert_int_equal(cql_result_next(result, row, 2), STATUS_OK);
    assert_int_equal(cql_get_int(row[0], &n), STATUS_OK);
    assert_int_equal(n, 1);
    assert_true(str_equal(row[1].bytes, STR("first")));
    assert_int_equal(cql_result_next(result, row, 2), STATUS_OK);
    assert_true(cql_is_null(row[1]));
    assert_int_equal(cql_result_next(result, row, 2), STATUS_END);
    cql_result_free(result);
    buffer_free(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_and_reads),
    };
    return cmocka_run_group_tests(tests, open_session, close_session);
}
