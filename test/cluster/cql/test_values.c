// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Values of every type at its extremes, written to a real server and read back: the same bytes, and what the server itself says they are
// (its toJson).
#include "cluster.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct cql_session *session;

static int open_session(void **state) {
    (void)state;
    struct cql_config config = cluster_config();
    config.compression = true; // so that values go through that too
    session = cluster_open(&config);
    cluster_keyspace(session, "cql_values");
    cluster_run(session, STR("CREATE TYPE cql_values.point (x double, names frozen<set<text>>)"));
    cluster_run(
        session,
        STR("CREATE TABLE cql_values.v (id int PRIMARY KEY, c_ascii ascii, c_bigint bigint, "
            "c_blob blob, c_boolean boolean, c_decimal decimal, c_double double, "
            "c_float float, c_int int, c_timestamp timestamp, c_uuid uuid, c_text text, "
            "c_varint varint, c_timeuuid timeuuid, c_inet inet, c_date date, c_time time, "
            "c_smallint smallint, c_tinyint tinyint, c_list list<int>, "
            "c_map map<text, int>, c_set set<text>, c_frozen frozen<list<int>>, "
            "c_nested map<int, frozen<list<frozen<tuple<bigint, point>>>>>, "
            "c_udt point, c_tuple tuple<int, text, boolean>)"));
    cluster_run(session, STR("CREATE TABLE cql_values.counted (id int PRIMARY KEY, n counter)"));
    struct error err;
    assert_int_equal(cql_await_schema_agreement(session, 30000, &err), STATUS_OK);
    return 0;
}

static int close_session(void **state) {
    (void)state;
    cql_session_close(session);
    return 0;
}

// --- One value there and back -------------------------------------------------------------------------------------
struct bound {
    struct buffer buffer;
    struct cql_values values;
};

// Values of a statement that begin with an id.
static void begin(struct bound *bound, int32_t id) {
    buffer_init(&bound->buffer, 16 << 20);
    cql_values_begin(&bound->values, &bound->buffer);
    cql_bind_int(&bound->values, id);
}

static struct cql_result *execute(const char *text, struct bound *bound) {
    struct cql_request request = {.kind = CQL_REQUEST_EXECUTE,
                                  .prepared = cluster_prepare(session, str_from_c(text)),
                                  .values = cql_values_bytes(&bound->values),
                                  .value_count = bound->values.count,
                                  .consistency = CQL_QUORUM,
                                  .idempotent = true};
    struct cql_result *result = NULL;
    assert_int_equal(buffer_status(&bound->buffer), STATUS_OK);
    cluster_assert_ok(&request, cql_execute_wait(session, &request, &result));
    return result;
}

// The bytes of the value that was bound second; data NULL when it was null.
static struct str second_value(const struct bound *bound) {
    struct str bytes = cql_values_bytes(&bound->values);
    struct cql_elements list = {bytes}; // the same notation
    struct cql_value value;
    assert_int_equal(cql_next_element(&list, &value), STATUS_OK);
    assert_int_equal(cql_next_element(&list, &value), STATUS_OK);
    return value.bytes;
}

static void assert_read(int32_t id, const char *column, enum cql_type type, struct str bytes,
                        const char *json) {
    char text[200];
    struct bound key;
    struct cql_value row[2];
    snprintf(text, sizeof text, "SELECT %s, toJson(%s) FROM cql_values.v WHERE id = ?", column,
             column);
    begin(&key, id);
    struct cql_result *result = execute(text, &key);
    assert_int_equal(cql_result_column_type(result, 0), type);
    assert_int_equal(cql_result_next(result, row, 2), STATUS_OK);
    if (!str_equal(row[0].bytes, bytes) || cql_is_null(row[0]) != (bytes.data == NULL)) {
        fail_msg("%s: %zu bytes were written, %zu read; the server says %.*s", column, bytes.len,
                 row[0].bytes.len, STR_ARG(row[1].bytes));
    }
    if (json != NULL && !str_equal(row[1].bytes, str_from_c(json))) {
        fail_msg("%s: the server says %.*s, not %s", column, STR_ARG(row[1].bytes), json);
    }
    cql_result_free(result);
    buffer_free(&key.buffer);
}

// Writes what is bound, reads it back; frees.
static void write_and_read(const char *column, enum cql_type type, struct bound *bound,
                           const char *json) {
    static int32_t id = 0;
    char text[200];
    id++;
    // The id was bound before it was known.
    for (unsigned i = 0; i < 4; i++) {
        bound->buffer.data[4 + i] = (char)(uint8_t)((uint32_t)id >> (24 - 8 * i));
    }
    snprintf(text, sizeof text, "INSERT INTO cql_values.v (id, %s) VALUES (?, ?)", column);
    cql_result_free(execute(text, bound));
    assert_read(id, column, type, second_value(bound), json);
    buffer_free(&bound->buffer);
}

#define CHECK_VALUE(column, type, json, bind, ...)                                                 \
    do {                                                                                           \
        struct bound bound_;                                                                       \
        begin(&bound_, 0);                                                                         \
        bind(&bound_.values, __VA_ARGS__);                                                         \
        write_and_read(column, type, &bound_, json);                                               \
    } while (0)

// --- Types --------------------------------------------------------------------------------------------------------
static void test_integers(void **state) {
    (void)state;
    CHECK_VALUE("c_bigint", CQL_BIGINT, "-9223372036854775808", cql_bind_bigint, INT64_MIN);
    CHECK_VALUE("c_bigint", CQL_BIGINT, "9223372036854775807", cql_bind_bigint, INT64_MAX);
    CHECK_VALUE("c_bigint", CQL_BIGINT, "0", cql_bind_bigint, 0);
    CHECK_VALUE("c_bigint", CQL_BIGINT, "-1", cql_bind_bigint, -1);
    CHECK_VALUE("c_int", CQL_INT, "-2147483648", cql_bind_int, INT32_MIN);
    CHECK_VALUE("c_int", CQL_INT, "2147483647", cql_bind_int, INT32_MAX);
    CHECK_VALUE("c_smallint", CQL_SMALLINT, "-32768", cql_bind_smallint, INT16_MIN);
    CHECK_VALUE("c_smallint", CQL_SMALLINT, "32767", cql_bind_smallint, INT16_MAX);
    CHECK_VALUE("c_tinyint", CQL_TINYINT, "-128", cql_bind_tinyint, INT8_MIN);
    CHECK_VALUE("c_tinyint", CQL_TINYINT, "127", cql_bind_tinyint, INT8_MAX);
    CHECK_VALUE("c_boolean", CQL_BOOLEAN, "true", cql_bind_boolean, true);
    CHECK_VALUE("c_boolean", CQL_BOOLEAN, "false", cql_bind_boolean, false);
    static const int64_t varints[] = {0,     1,         -1,        127,       128,
                                      -128,  -129,      255,       256,       32767,
                                      32768, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof varints / sizeof varints[0]; i++) {
        char json[32];
        snprintf(json, sizeof json, "%lld", (long long)varints[i]);
        CHECK_VALUE("c_varint", CQL_VARINT, json, cql_bind_varint, varints[i]);
    }
}

static void test_reals(void **state) {
    (void)state;
    CHECK_VALUE("c_double", CQL_DOUBLE, "1.7976931348623157E308", cql_bind_double, DBL_MAX);
    CHECK_VALUE("c_double", CQL_DOUBLE, "2.2250738585072014E-308", cql_bind_double, DBL_MIN);
    CHECK_VALUE("c_double", CQL_DOUBLE, "4.9E-324", cql_bind_double, 4.9406564584124654e-324);
    CHECK_VALUE("c_double", CQL_DOUBLE, "-0.0", cql_bind_double, -0.0);
    // No JSON for these; the bytes must come back.
    CHECK_VALUE("c_double", CQL_DOUBLE, NULL, cql_bind_double, HUGE_VAL);
    CHECK_VALUE("c_double", CQL_DOUBLE, NULL, cql_bind_double, -HUGE_VAL);
    CHECK_VALUE("c_double", CQL_DOUBLE, NULL, cql_bind_double, NAN);
    CHECK_VALUE("c_float", CQL_FLOAT, "3.4028235E38", cql_bind_float, FLT_MAX);
    CHECK_VALUE("c_float", CQL_FLOAT, "1.17549435E-38", cql_bind_float, FLT_MIN);
    CHECK_VALUE("c_float", CQL_FLOAT, "-1.5", cql_bind_float, -1.5F);
    CHECK_VALUE("c_float", CQL_FLOAT, NULL, cql_bind_float, -HUGE_VALF);
    CHECK_VALUE("c_decimal", CQL_DECIMAL, "-1.25", cql_bind_decimal, 2, -125);
    CHECK_VALUE("c_decimal", CQL_DECIMAL, "0", cql_bind_decimal, 0, 0);
    CHECK_VALUE("c_decimal", CQL_DECIMAL, "9.223372036854775807", cql_bind_decimal, 18, INT64_MAX);
    CHECK_VALUE("c_decimal", CQL_DECIMAL, "-9.223372036854775808E+28", cql_bind_decimal, -10,
                INT64_MIN);
}

static void test_times(void **state) {
    (void)state;
    CHECK_VALUE("c_timestamp", CQL_TIMESTAMP, "\"1970-01-01 00:00:00.000Z\"", cql_bind_timestamp,
                0);
    CHECK_VALUE("c_timestamp", CQL_TIMESTAMP, "\"1969-12-31 23:59:59.999Z\"", cql_bind_timestamp,
                -1);
    CHECK_VALUE("c_timestamp", CQL_TIMESTAMP, "\"2026-11-25 07:13:55.123Z\"", cql_bind_timestamp,
                INT64_C(1795590835123));
    CHECK_VALUE("c_timestamp", CQL_TIMESTAMP, NULL, cql_bind_timestamp, INT64_MIN);
    CHECK_VALUE("c_timestamp", CQL_TIMESTAMP, NULL, cql_bind_timestamp, INT64_MAX);
    CHECK_VALUE("c_date", CQL_DATE, "\"1970-01-01\"", cql_bind_date, 0);
    CHECK_VALUE("c_date", CQL_DATE, "\"1969-12-31\"", cql_bind_date, -1);
    CHECK_VALUE("c_date", CQL_DATE, "\"2026-11-25\"", cql_bind_date, 20782);
    CHECK_VALUE("c_date", CQL_DATE, "\"-5877641-06-23\"", cql_bind_date, INT32_MIN);
    CHECK_VALUE("c_date", CQL_DATE, "\"+5881580-07-11\"", cql_bind_date, INT32_MAX);
    CHECK_VALUE("c_time", CQL_TIME, "\"00:00:00.000000000\"", cql_bind_bigint, 0);
    CHECK_VALUE("c_time", CQL_TIME, "\"23:59:59.999999999\"", cql_bind_bigint,
                INT64_C(86399999999999));
}

static void test_identities_and_addresses(void **state) {
    (void)state;
    const uint8_t uuid[16] = {0xff, 1, 2, 3, 4, 5, 0x46, 7, 0x88, 9, 10, 11, 12, 13, 14, 0xff};
    const uint8_t timeuuid[16] = {0xff, 1, 2, 3, 4, 5, 0x16, 7, 0x88, 9, 10, 11, 12, 13, 14, 0xff};
    const uint8_t zeros[16] = {0};
    const uint8_t local[4] = {127, 0, 0, 1};
    const uint8_t high[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    CHECK_VALUE("c_uuid", CQL_UUID, "\"ff010203-0405-4607-8809-0a0b0c0d0eff\"", cql_bind_uuid,
                uuid);
    CHECK_VALUE("c_uuid", CQL_UUID, "\"00000000-0000-0000-0000-000000000000\"", cql_bind_uuid,
                zeros);
    CHECK_VALUE("c_timeuuid", CQL_TIMEUUID, "\"ff010203-0405-1607-8809-0a0b0c0d0eff\"",
                cql_bind_uuid, timeuuid);
    CHECK_VALUE("c_inet", CQL_INET, "\"127.0.0.1\"", cql_bind_inet, local, 4);
    CHECK_VALUE("c_inet", CQL_INET, "\"fe80:0:0:0:0:0:0:ffff\"", cql_bind_inet, high, 16);
}

static void test_texts_and_blobs(void **state) {
    (void)state;
    CHECK_VALUE("c_ascii", CQL_ASCII, "\"a~\"", cql_bind_text, STR("a~"));
    CHECK_VALUE("c_text", CQL_TEXT, "\"kremówki\"", cql_bind_text, STR("kremówki"));
    CHECK_VALUE("c_text", CQL_TEXT, "\"\\u0000\"", cql_bind_text, str_make("\0", 1));
    CHECK_VALUE("c_text", CQL_TEXT, "\"\U0010FFFF\"", cql_bind_text, STR("\U0010FFFF"));
    CHECK_VALUE("c_text", CQL_TEXT, "\"\"", cql_bind_text, STR(""));
    CHECK_VALUE("c_blob", CQL_BLOB, "\"0x\"", cql_bind_blob, STR(""));
    CHECK_VALUE("c_blob", CQL_BLOB, "\"0x0080ff\"", cql_bind_blob, STR("\0\x80\xff"));
    CHECK_VALUE("c_blob", CQL_BLOB, "null", cql_bind_blob, STR_EMPTY);
    // Longer than any chunk of the reader, once of one byte (it compresses) and once of all sorts.
    const size_t len = 3000000;
    char *big = malloc(len);
    assert_non_null(big);
    memset(big, 'x', len);
    CHECK_VALUE("c_blob", CQL_BLOB, NULL, cql_bind_blob, str_make(big, len));
    struct random_seeded random;
    random_seeded_init(&random, 5);
    random.source.fill(&random.source, big, len);
    CHECK_VALUE("c_blob", CQL_BLOB, NULL, cql_bind_blob, str_make(big, len));
    free(big);
}

static void bind_integers(struct cql_values *values, int32_t count) {
    struct cql_collection list = cql_bind_begin_collection(values);
    for (int32_t i = 0; i < count; i++) {
        cql_bind_int(values, i - 1);
    }
    cql_bind_end(values, list, count);
}

// {"a": 1, "b": 2} as a map, its keys alone as a set.
static void bind_letters(struct cql_values *values, bool map) {
    struct cql_collection letters = cql_bind_begin_collection(values);
    for (int32_t i = 0; i < 2; i++) {
        cql_bind_text(values, i == 0 ? STR("a") : STR("b"));
        if (map) {
            cql_bind_int(values, i + 1);
        }
    }
    cql_bind_end(values, letters, 2);
}

static void bind_point(struct cql_values *values, double x) {
    struct cql_collection point = cql_bind_begin_tuple(values);
    cql_bind_double(values, x);
    bind_letters(values, false);
    cql_bind_end(values, point, 2);
}

static void bind_nested(struct cql_values *values, int32_t entries) {
    struct cql_collection map = cql_bind_begin_collection(values);
    for (int32_t i = 0; i < entries; i++) {
        cql_bind_int(values, i);
        struct cql_collection list = cql_bind_begin_collection(values);
        struct cql_collection tuple = cql_bind_begin_tuple(values);
        cql_bind_bigint(values, INT64_MIN);
        bind_point(values, 1.5);
        cql_bind_end(values, tuple, 2);
        cql_bind_end(values, list, 1);
    }
    cql_bind_end(values, map, entries);
}

static void bind_tuple(struct cql_values *values, int32_t first) {
    struct cql_collection tuple = cql_bind_begin_tuple(values);
    cql_bind_int(values, first);
    cql_bind_null(values);
    cql_bind_boolean(values, true);
    cql_bind_end(values, tuple, 3);
}

static void test_collections(void **state) {
    (void)state;
    CHECK_VALUE("c_list", CQL_LIST, "[-1, 0, 1]", bind_integers, 3);
    CHECK_VALUE("c_frozen", CQL_LIST, "[]", bind_integers, 0);
    CHECK_VALUE("c_frozen", CQL_LIST, NULL, bind_integers, 70000); // more than a [short] counts
    CHECK_VALUE("c_map", CQL_MAP, "{\"a\": 1, \"b\": 2}", bind_letters, true);
    CHECK_VALUE("c_set", CQL_SET, "[\"a\", \"b\"]", bind_letters, false);
    CHECK_VALUE("c_udt", CQL_UDT, "{\"x\": -0.5, \"names\": [\"a\", \"b\"]}", bind_point, -0.5);
    CHECK_VALUE("c_tuple", CQL_TUPLE, "[7, null, true]", bind_tuple, 7);
    CHECK_VALUE("c_nested", CQL_MAP,
                "{\"0\": [[-9223372036854775808, {\"x\": 1.5, \"names\": [\"a\", \"b\"]}]], "
                "\"1\": [[-9223372036854775808, {\"x\": 1.5, \"names\": [\"a\", \"b\"]}]]}",
                bind_nested, 2);
}

// --- What is no value ---------------------------------------------------------------------------------------------
static void test_null_unset_and_empty(void **state) {
    (void)state;
    static const char insert[] = "INSERT INTO cql_values.v (id, c_text) VALUES (?, ?)";
    struct bound bound;
    begin(&bound, -1);
    cql_bind_text(&bound.values, STR("kept"));
    cql_result_free(execute(insert, &bound));
    buffer_free(&bound.buffer);
    begin(&bound, -1);
    cql_bind_unset(&bound.values);
    cql_result_free(execute(insert, &bound));
    assert_read(-1, "c_text", CQL_TEXT, STR("kept"), "\"kept\"");
    buffer_free(&bound.buffer);
    begin(&bound, -1);
    cql_bind_text(&bound.values, STR(""));
    cql_result_free(execute(insert, &bound));
    assert_read(-1, "c_text", CQL_TEXT, STR(""), "\"\"");
    buffer_free(&bound.buffer);
    begin(&bound, -1);
    cql_bind_null(&bound.values);
    cql_result_free(execute(insert, &bound));
    assert_read(-1, "c_text", CQL_TEXT, STR_EMPTY, "null");
    buffer_free(&bound.buffer);
    // An empty collection that is not frozen is the same as none.
    begin(&bound, -1);
    bind_integers(&bound.values, 0);
    cql_result_free(execute("INSERT INTO cql_values.v (id, c_list) VALUES (?, ?)", &bound));
    assert_read(-1, "c_list", CQL_LIST, STR_EMPTY, "null");
    buffer_free(&bound.buffer);
}

static void test_counters(void **state) {
    (void)state;
    static const int64_t steps[] = {INT64_MAX, -5, INT64_MIN};
    int64_t expected = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct bound bound;
        buffer_init(&bound.buffer, 1000);
        cql_values_begin(&bound.values, &bound.buffer);
        cql_bind_bigint(&bound.values, steps[i]);
        cql_bind_int(&bound.values, 1);
        cql_result_free(execute("UPDATE cql_values.counted SET n = n + ? WHERE id = ?", &bound));
        buffer_free(&bound.buffer);
        expected += steps[i];
    }
    struct bound key;
    struct cql_value value;
    int64_t n = 0;
    begin(&key, 1);
    struct cql_result *result = execute("SELECT n FROM cql_values.counted WHERE id = ?", &key);
    assert_int_equal(cql_result_column_type(result, 0), CQL_COUNTER);
    assert_int_equal(cql_result_next(result, &value, 1), STATUS_OK);
    assert_int_equal(cql_get_bigint(value, &n), STATUS_OK);
    assert_true(n == expected);
    cql_result_free(result);
    buffer_free(&key.buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_identities_and_addresses),
        cmocka_unit_test(test_texts_and_blobs),
        cmocka_unit_test(test_collections),
        cmocka_unit_test(test_null_unset_and_empty),
        cmocka_unit_test(test_counters),
    };
    return cmocka_run_group_tests_name("cql values on a server", tests, open_session,
                                       close_session);
}
