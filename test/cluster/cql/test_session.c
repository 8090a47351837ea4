// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A session with real servers: what an application does with it day by day.
#include <stdio.h>
#include <stdlib.h>

#include "cluster.h"

#define ROWS 1000

static struct cql_session *session;
static struct cql_prepared *put;
static struct cql_prepared *get;

// The values of one statement, and the request that has them.
struct bound {
    struct buffer buffer;
    struct cql_values values;
};

static void bind_begin(struct bound *bound) {
    buffer_init(&bound->buffer, (size_t)32 * 1024 * 1024);
    cql_values_begin(&bound->values, &bound->buffer);
}

static struct cql_request request_of(const struct bound *bound,
                                     const struct cql_prepared *prepared) {
    return (struct cql_request){.kind = CQL_REQUEST_EXECUTE,
                                .prepared = prepared,
                                .values = cql_values_bytes(&bound->values),
                                .value_count = bound->values.count,
                                .consistency = CQL_LOCAL_QUORUM,
                                .idempotent = true};
}

static int open_session(void **state) {
    (void)state;
    struct error err;
    struct cql_config config = cluster_config();
    session = cluster_open(&config);
    cluster_keyspace(session, "cql_session");
    cluster_run(session,
                STR("CREATE TABLE cql_session.item (id text, n int, body blob, PRIMARY KEY "
                    "(id, n))"));
    cluster_run(session,
                STR("CREATE TABLE cql_session.pair (a text, b int, v text, PRIMARY KEY ((a, "
                    "b)))"));
    assert_int_equal(cql_await_schema_agreement(session, 30000, &err), STATUS_OK);
    put = cluster_prepare(session,
                          STR("INSERT INTO cql_session.item (id, n, body) VALUES (?, ?, ?)"));
    get = cluster_prepare(session, STR("SELECT n, body FROM cql_session.item WHERE id = ?"));
    return 0;
}

static int close_session(void **state) {
    (void)state;
    cluster_run(session, STR("DROP KEYSPACE cql_session"));
    cql_session_close(session);
    return 0;
}

static void insert(const char *id, int32_t n, struct str body) {
    struct bound bound;
    bind_begin(&bound);
    cql_bind_text(&bound.values, str_from_c(id));
    cql_bind_int(&bound.values, n);
    cql_bind_blob(&bound.values, body);
    struct cql_request request = request_of(&bound, put);
    cluster_assert_ok(&request, cql_execute_wait(session, &request, NULL));
    buffer_free(&bound.buffer);
}

// All rows of id, page by page. *pages counts them; sum of n is returned.
static long read_pages(const char *id, int32_t page_size, unsigned *pages, size_t *bytes) {
    struct bound bound;
    char *paging = NULL;
    long sum = 0;
    bool more = true;
    *pages = 0;
    *bytes = 0;
    bind_begin(&bound);
    cql_bind_text(&bound.values, str_from_c(id));
    struct cql_request request = request_of(&bound, get);
    request.page_size = page_size;
    while (more) {
        struct cql_result *result = NULL;
        struct cql_value row[2];
        cluster_assert_ok(&request, cql_execute_wait(session, &request, &result));
        ++*pages;
        while (cql_result_next(result, row, 2) == STATUS_OK) {
            int32_t n;
            assert_int_equal(cql_get_int(row[0], &n), STATUS_OK);
            sum += n;
            *bytes += row[1].bytes.len;
        }
        more = cql_result_has_more(result);
        free(paging);
        struct str next = cql_result_paging_state(result);
        paging = more ? malloc(next.len + 1) : NULL;
        if (paging) {
            memcpy(paging, next.data, next.len);
            request.paging_state = str_make(paging, next.len);
        }
        cql_result_free(result);
    }
    buffer_free(&bound.buffer);
    return sum;
}

static void test_writes_and_reads(void **state) {
    (void)state;
    struct bound bound;
    struct cql_value row[2];
    int32_t n = 0;
    struct cql_result *result = NULL;
    insert("one", 1, STR("first"));
    insert("one", 2, STR_EMPTY);       // null
    insert("one", 3, str_make("", 0)); // empty, which is not null
    bind_begin(&bound);
    cql_bind_text(&bound.values, STR("one"));
    struct cql_request request = request_of(&bound, get);
    cluster_assert_ok(&request, cql_execute_wait(session, &request, &result));
    assert_int_equal(cql_result_row_count(result), 3);
    assert_int_equal(cql_result_column_count(result), 2);
    assert_true(str_equal(cql_result_column_name(result, 1), STR("body")));
    assert_int_equal(cql_result_column_type(result, 1), CQL_BLOB);
    assert_int_equal(cql_result_next(result, row, 2), STATUS_OK);
    assert_int_equal(cql_get_int(row[0], &n), STATUS_OK);
    assert_int_equal(n, 1);
    assert_true(str_equal(row[1].bytes, STR("first")));
    assert_int_equal(cql_result_next(result, row, 2), STATUS_OK);
    assert_true(cql_is_null(row[1]));
    assert_int_equal(cql_result_next(result, row, 2), STATUS_OK);
    assert_false(cql_is_null(row[1]));
    assert_int_equal(row[1].bytes.len, 0);
    assert_int_equal(cql_result_next(result, row, 2), STATUS_END);
    cql_result_free(result);
    buffer_free(&bound.buffer);
}

static void test_reads_page_by_page(void **state) {
    (void)state;
    unsigned pages;
    size_t bytes;
    long expected = 0;
    for (int32_t n = 0; n < ROWS; n++) {
        insert("many", n, STR("0123456789"));
        expected += n;
    }
    assert_int_equal(read_pages("many", 100, &pages, &bytes), expected);
    assert_in_range(pages, 10, 11); // the last one may be empty
    assert_int_equal(bytes, ROWS * 10);
    assert_int_equal(read_pages("many", 0, &pages, &bytes), expected);
    assert_int_equal(pages, 1);
    assert_int_equal(read_pages("nobody", 100, &pages, &bytes), 0);
}

static void test_large_values_and_replies(void **state) {
    (void)state;
    unsigned pages;
    size_t bytes;
    size_t size = (size_t)1024 * 1024;
    char *big = malloc(size);
    for (size_t i = 0; i < size; i++) {
        big[i] = (char)(i * 2654435761u >> 13);
    }
    for (int32_t n = 0; n < 8; n++) {
        insert("large", n, str_make(big, size));
    }
    assert_int_equal(read_pages("large", 0, &pages, &bytes), 28);
    assert_int_equal(bytes, 8 * size);
    // More than the server takes: it says so, or ends the connection; the session goes on either way.
    char *huge = calloc(1, 20 * size);
    struct bound bound;
    bind_begin(&bound);
    cql_bind_text(&bound.values, STR("huge"));
    cql_bind_int(&bound.values, 1);
    cql_bind_blob(&bound.values, str_make(huge, 20 * size));
    struct cql_request request = request_of(&bound, put);
    assert_int_not_equal(cql_execute_wait(session, &request, NULL), STATUS_OK);
    buffer_free(&bound.buffer);
    free(huge);
    free(big);
    insert("after", 1, STR("still here"));
    assert_int_equal(read_pages("after", 10, &pages, &bytes), 1);
}

static void test_unset_leaves_a_column_alone(void **state) {
    (void)state;
    struct bound bound;
    unsigned pages;
    size_t bytes;
    insert("unset", 1, STR("keep"));
    bind_begin(&bound);
    cql_bind_text(&bound.values, STR("unset"));
    cql_bind_int(&bound.values, 1);
    cql_bind_unset(&bound.values);
    struct cql_request request = request_of(&bound, put);
    cluster_assert_ok(&request, cql_execute_wait(session, &request, NULL));
    buffer_free(&bound.buffer);
    assert_int_equal(read_pages("unset", 10, &pages, &bytes), 1);
    assert_int_equal(bytes, 4);
}

static bool put_if_absent(const struct cql_prepared *prepared, const char *value, char *was) {
    struct bound bound;
    struct cql_result *result = NULL;
    bind_begin(&bound);
    cql_bind_text(&bound.values, STR("lwt"));
    cql_bind_int(&bound.values, 1);
    cql_bind_text(&bound.values, str_from_c(value));
    struct cql_request request = request_of(&bound, prepared);
    request.serial_consistency = CQL_LOCAL_SERIAL;
    request.idempotent = false;
    cluster_assert_ok(&request, cql_execute_wait(session, &request, &result));
    bool applied = cql_result_applied(result);
    unsigned columns = cql_result_column_count(result);
    struct cql_value row[8];
    assert_in_range(columns, 1, 8);
    if (!applied) {
        assert_int_equal(cql_result_next(result, row, columns), STATUS_OK);
        snprintf(was, 32, "%.*s", STR_ARG(row[columns - 1].bytes));
    }
    cql_result_free(result);
    buffer_free(&bound.buffer);
    return applied;
}

static void test_conditions(void **state) {
    (void)state;
    char was[32] = "";
    struct cql_prepared *prepared = cluster_prepare(
        session, STR("INSERT INTO cql_session.pair (a, b, v) VALUES (?, ?, ?) IF NOT EXISTS"));
    assert_true(put_if_absent(prepared, "first", was));
    assert_false(put_if_absent(prepared, "second", was));
    assert_string_equal(was, "first");
}

static void run_batch(enum cql_batch_type type, const char *id, int32_t count) {
    struct bound bound;
    struct cql_batch_entry entries[100];
    size_t starts[101];
    bind_begin(&bound);
    for (int32_t n = 0; n < count; n++) {
        starts[n] = bound.buffer.len;
        cql_bind_text(&bound.values, str_from_c(id));
        cql_bind_int(&bound.values, n);
        cql_bind_blob(&bound.values, STR("in a batch"));
    }
    starts[count] = bound.buffer.len;
    for (int32_t n = 0; n < count; n++) {
        entries[n] = (struct cql_batch_entry){
            put, str_make(bound.buffer.data + starts[n], starts[n + 1] - starts[n]), 3};
    }
    struct cql_request request = {.kind = CQL_REQUEST_BATCH,
                                  .batch_type = type,
                                  .entries = entries,
                                  .entry_count = (size_t)count,
                                  .consistency = CQL_LOCAL_QUORUM};
    cluster_assert_ok(&request, cql_execute_wait(session, &request, NULL));
    buffer_free(&bound.buffer);
}

static void test_batches(void **state) {
    (void)state;
    unsigned pages;
    size_t bytes;
    run_batch(CQL_BATCH_UNLOGGED, "unlogged", 100);
    assert_int_equal(read_pages("unlogged", 1000, &pages, &bytes), 4950);
    run_batch(CQL_BATCH_LOGGED, "logged", 10);
    assert_int_equal(read_pages("logged", 1000, &pages, &bytes), 45);
}

static void test_compression(void **state) {
    (void)state;
    struct cql_config config = cluster_config();
    struct cql_session *plain = session;
    unsigned pages;
    size_t bytes;
    char *text = malloc(100000);
    memset(text, 'a', 100000);
    config.compression = true;
    session = cluster_open(&config);
    struct cql_prepared *plain_put = put;
    struct cql_prepared *plain_get = get;
    put = cluster_prepare(session,
                          STR("INSERT INTO cql_session.item (id, n, body) VALUES (?, ?, ?)"));
    get = cluster_prepare(session, STR("SELECT n, body FROM cql_session.item WHERE id = ?"));
    insert("lz4", 5, str_make(text, 100000));
    assert_int_equal(read_pages("lz4", 10, &pages, &bytes), 5);
    assert_int_equal(bytes, 100000);
    cql_session_close(session);
    session = plain;
    put = plain_put;
    get = plain_get;
    free(text);
}

// --- What the server refuses ---------------------------------------------------------------------------------------
static struct cql_request run_refused(struct str text) {
    struct cql_request request = {
        .kind = CQL_REQUEST_QUERY, .text = text, .consistency = CQL_ONE, .idempotent = true};
    struct cql_result *result = NULL;
    assert_int_not_equal(cql_execute_wait(session, &request, &result), STATUS_OK);
    assert_null(result);
    return request;
}

static void test_what_the_server_refuses(void **state) {
    (void)state;
    struct cql_request request = run_refused(STR("SELEKT 1"));
    assert_int_equal(request.status, STATUS_INVALID);
    assert_int_equal(request.server_error, 0x2000);
    request = run_refused(STR("SELECT * FROM no_such_keyspace.t"));
    assert_int_equal(request.status, STATUS_INVALID);
    assert_non_null(strstr(request.error.text, "no_such_keyspace"));
    request = run_refused(STR("SELECT * FROM cql_session.no_such_table"));
    assert_int_equal(request.status, STATUS_INVALID);
    request = run_refused(STR("CREATE TABLE cql_session.item (id text PRIMARY KEY)"));
    assert_int_equal(request.status, STATUS_EXISTS);
    request = run_refused(STR("CREATE KEYSPACE cql_session WITH replication = {'class': "
                              "'SimpleStrategy', 'replication_factor': 1}"));
    assert_int_equal(request.status, STATUS_EXISTS);
    request =
        run_refused(STR("CREATE KEYSPACE strange WITH replication = {'class': 'NoStrategy'}"));
    assert_int_equal(request.status, STATUS_INVALID);
    struct cql_prepared *prepared = NULL;
    struct error err;
    assert_int_equal(
        cql_prepare(session, STR("SELECT * FROM no_such_keyspace.t WHERE id = ?"), &prepared, &err),
        STATUS_INVALID);
    struct cql_prepared *count_wrong = put;
    struct bound bound;
    bind_begin(&bound);
    cql_bind_text(&bound.values, STR("too few"));
    request = request_of(&bound, count_wrong);
    assert_int_equal(cql_execute_wait(session, &request, NULL), STATUS_INVALID);
    buffer_free(&bound.buffer);
}

static void test_too_few_replicas(void **state) {
    (void)state;
    struct cql_stats stats;
    cql_session_stats(session, &stats);
    if (stats.hosts_up >= 3) {
        print_message("# all three are there, so this is for one node\n");
        return;
    }
    struct bound bound;
    bind_begin(&bound);
    cql_bind_text(&bound.values, STR("three"));
    cql_bind_int(&bound.values, 1);
    cql_bind_blob(&bound.values, STR("x"));
    struct cql_request request = request_of(&bound, put);
    request.consistency = CQL_THREE;
    assert_int_equal(cql_execute_wait(session, &request, NULL), STATUS_UNAVAILABLE);
    assert_int_equal(request.server_error, 0x1000);
    assert_false(request.sent_unknown);
    buffer_free(&bound.buffer);
}

// --- Schema under our feet -------------------------------------------------------------------------------------------
static unsigned columns_of(const struct cql_prepared *prepared, struct str *last) {
    struct bound bound;
    struct cql_result *result = NULL;
    struct cql_value row[8];
    static char text[32];
    bind_begin(&bound);
    cql_bind_text(&bound.values, STR("row"));
    struct cql_request request = request_of(&bound, prepared);
    cluster_assert_ok(&request, cql_execute_wait(session, &request, &result));
    unsigned columns = cql_result_column_count(result);
    assert_in_range(columns, 1, 8);
    assert_int_equal(cql_result_next(result, row, columns), STATUS_OK);
    snprintf(text, sizeof text, "%.*s", STR_ARG(row[columns - 1].bytes));
    *last = str_from_c(text);
    cql_result_free(result);
    buffer_free(&bound.buffer);
    return columns;
}

static void test_a_table_changes_under_a_statement(void **state) {
    (void)state;
    struct str last;
    struct error err;
    cluster_run(session, STR("CREATE TABLE cql_session.moving (id text PRIMARY KEY, m text)"));
    assert_int_equal(cql_await_schema_agreement(session, 30000, &err), STATUS_OK);
    struct cql_prepared *all =
        cluster_prepare(session, STR("SELECT * FROM cql_session.moving WHERE id = ?"));
    cluster_run(session, STR("INSERT INTO cql_session.moving (id, m) VALUES ('row', 'mm')"));
    assert_int_equal(columns_of(all, &last), 2);
    // A column before the one that was there: who decodes by the old metadata reads the wrong one.
    cluster_run(session, STR("ALTER TABLE cql_session.moving ADD a int"));
    assert_int_equal(cql_await_schema_agreement(session, 30000, &err), STATUS_OK);
    cluster_run(session, STR("UPDATE cql_session.moving SET a = 7 WHERE id = 'row'"));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(columns_of(all, &last), 3);
        assert_true(str_equal(last, STR("mm")));
    }
    cluster_run(session, STR("ALTER TABLE cql_session.moving DROP m"));
    assert_int_equal(cql_await_schema_agreement(session, 30000, &err), STATUS_OK);
    assert_int_equal(columns_of(all, &last), 2);
    // Gone and made anew: the server has dropped the statement, and it is prepared again.
    cluster_run(session, STR("DROP TABLE cql_session.moving"));
    assert_int_equal(cql_await_schema_agreement(session, 30000, &err), STATUS_OK);
    cluster_run(session, STR("CREATE TABLE cql_session.moving (id text PRIMARY KEY, z text)"));
    assert_int_equal(cql_await_schema_agreement(session, 30000, &err), STATUS_OK);
    cluster_run(session, STR("INSERT INTO cql_session.moving (id, z) VALUES ('row', 'zz')"));
    assert_int_equal(columns_of(all, &last), 2);
    assert_true(str_equal(last, STR("zz")));
    struct cql_stats stats;
    cql_session_stats(session, &stats);
    assert_true(stats.reprepared > 0);
}

static void test_says_with_whom_it_speaks(void **state) {
    (void)state;
    assert_true(cql_server_version(session).len >= 5);
    assert_true(str_equal(cql_local_dc(session), STR("datacenter1")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_and_reads),
        cmocka_unit_test(test_reads_page_by_page),
        cmocka_unit_test(test_large_values_and_replies),
        cmocka_unit_test(test_unset_leaves_a_column_alone),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_compression),
        cmocka_unit_test(test_what_the_server_refuses),
        cmocka_unit_test(test_too_few_replicas),
        cmocka_unit_test(test_a_table_changes_under_a_statement),
        cmocka_unit_test(test_says_with_whom_it_speaks),
    };
    return cmocka_run_group_tests(tests, open_session, close_session);
}
