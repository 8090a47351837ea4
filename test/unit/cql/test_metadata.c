// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Metadata: prepared statements cut off at every byte, types in types, counts that cannot be.
#include "cql/message.h"

#include <stdlib.h>

#include "replies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum status decode_prepared(struct str body, void *out, struct error *err) {
    return cql_decode_prepared(body, out, err);
}

// PREPARED: id "id", two markers of ks.t, partition key (1, 0), and two columns, one a map of lists.
static void put_prepared(struct buffer *body) {
    put_hex(body, "00000004 0002 6964");
    put_hex(body, "00000001 00000002 00000002 0001 0000");
    cql_put_string(body, STR("ks"));
    cql_put_string(body, STR("t"));
    put_column(body, NULL, NULL, "a");
    put_hex(body, "0009");
    put_column(body, NULL, NULL, "b");
    put_hex(body, "000d");
    put_hex(body, "00000000 00000002");
    put_column(body, "ks1", "t1", "x");
    put_hex(body, "0021 0009 0020 0031 0002 0002 0030");
    cql_put_string(body, STR("ks"));
    cql_put_string(body, STR("point"));
    put_hex(body, "0002 0001 78 0007 0001 79 0022 000d"); // one field of a set of texts
    put_column(body, "ks2", "t2", "y");
    put_hex(body, "0000");
    cql_put_string(body, STR("VectorType"));
}

static void test_prepared(void **state) {
    (void)state;
    struct buffer body;
    struct cql_prepared_reply prepared;
    struct cql_column column;
    buffer_init(&body, 1000);
    put_prepared(&body);
    assert_only_whole(&body, decode_prepared, &prepared);
    assert_true(str_equal(prepared.id, STR("id")));
    assert_int_equal(prepared.pk_count, 2);
    assert_int_equal(cql_prepared_pk_index(&prepared, 0), 1);
    assert_int_equal(cql_prepared_pk_index(&prepared, 1), 0);
    assert_true(prepared.markers.global && str_equal(prepared.markers.keyspace, STR("ks")));
    assert_true(str_equal(prepared.markers.table, STR("t")));
    assert_int_equal(prepared.markers.column_count, 2);
    assert_int_equal(prepared.columns.column_count, 2);
    assert_false(prepared.columns.global);
    assert_true(str_equal(prepared.columns.keyspace, STR("ks1")));
    assert_true(str_equal(prepared.columns.table, STR("t1")));
    struct str rest = prepared.markers.columns;
    assert_true(cql_take_column(&prepared.markers, &rest, &column));
    assert_true(str_equal(column.name, STR("a")) && column.type == CQL_INT);
    assert_true(cql_take_column(&prepared.markers, &rest, &column));
    assert_true(str_equal(column.name, STR("b")) && column.type == CQL_TEXT);
    assert_false(cql_take_column(&prepared.markers, &rest, &column));
    rest = prepared.columns.columns;
    assert_true(cql_take_column(&prepared.columns, &rest, &column));
    assert_true(str_equal(column.name, STR("x")) && column.type == CQL_MAP);
    assert_true(cql_take_column(&prepared.columns, &rest, &column));
    assert_true(str_equal(column.name, STR("y")) && column.type == CQL_CUSTOM);
    assert_int_equal(rest.len, 0);
    buffer_free(&body);
}

static void test_types_in_types(void **state) {
    (void)state;
    struct buffer body;
    struct cql_prepared_reply prepared;
    struct cql_column column;
    struct cql_type_option type;
    struct cql_type_option inner;
    buffer_init(&body, 1000);
    put_prepared(&body);
    assert_int_equal(cql_decode_prepared(buffer_str(&body), &prepared, NULL), STATUS_OK);
    struct str rest = prepared.columns.columns;
    assert_true(cql_take_column(&prepared.columns, &rest, &column));
    assert_true(cql_take_type(&column.option, &type));
    assert_true(type.type == CQL_MAP && type.part_count == 2 && column.option.len == 0);
    assert_true(cql_take_type(&type.parts, &inner) && inner.type == CQL_INT);
    assert_true(cql_take_type(&type.parts, &inner) && inner.type == CQL_LIST);
    assert_int_equal(type.parts.len, 0);
    assert_true(cql_take_type(&inner.parts, &type) && type.type == CQL_TUPLE);
    assert_int_equal(type.part_count, 2);
    assert_true(cql_take_type(&type.parts, &inner) && inner.type == CQL_BIGINT);
    assert_true(cql_take_type(&type.parts, &inner) && inner.type == CQL_UDT);
    assert_true(str_equal(inner.keyspace, STR("ks")) && str_equal(inner.name, STR("point")));
    assert_int_equal(inner.part_count, 2);
    struct str name;
    assert_true(cql_take_string(&inner.parts, &name) && str_equal(name, STR("x")));
    assert_true(cql_take_type(&inner.parts, &type) && type.type == CQL_DOUBLE);
    assert_true(cql_take_string(&inner.parts, &name) && str_equal(name, STR("y")));
    assert_true(cql_take_type(&inner.parts, &type) && type.type == CQL_SET);
    assert_true(cql_take_column(&prepared.columns, &rest, &column));
    assert_true(cql_take_type(&column.option, &type));
    assert_true(type.type == CQL_CUSTOM && str_equal(type.name, STR("VectorType")));
    buffer_free(&body);
}

static bool type_is_read(const char *hex, unsigned lists, enum cql_type *type) {
    struct buffer bytes;
    struct cql_type_option option = {0};
    buffer_init(&bytes, 1000);
    for (unsigned i = 0; i < lists; i++) {
        put_hex(&bytes, "0020");
    }
    put_hex(&bytes, hex);
    char *copy = exact_copy(buffer_str(&bytes));
    struct str in = str_make(copy, bytes.len);
    bool read = cql_take_type(&in, &option);
    *type = option.type;
    free(copy);
    buffer_free(&bytes);
    return read;
}

static void test_types_that_are_not_known(void **state) {
    (void)state;
    enum cql_type type;
    assert_true(type_is_read("0015", 0, &type) && type == CQL_CUSTOM); // a scalar of v5
    assert_true(type_is_read("000a", 0, &type) && type == CQL_CUSTOM);
    assert_true(type_is_read("0014", 0, &type) && type == CQL_TINYINT);
    assert_false(type_is_read("0023", 0, &type));
    assert_false(type_is_read("0032", 0, &type));
    assert_false(type_is_read("ffff", 0, &type));
    // Nested as deep as may be, and deeper.
    assert_true(type_is_read("0009", CQL_TYPE_DEPTH_MAX - 1, &type) && type == CQL_LIST);
    assert_false(type_is_read("0009", CQL_TYPE_DEPTH_MAX, &type));
    assert_false(type_is_read("0031 ffff", 0, &type));
    assert_false(type_is_read("0031 ffff 0009 0009", 0, &type));
    assert_true(type_is_read("0031 0000", 0, &type) && type == CQL_TUPLE);
}

static void test_prepared_that_cannot_be(void **state) {
    (void)state;
    static const char *const cases[] = {
        "00000002 0002 6964",                                 // rows
        "00000004 0000 00000000 00000000 00000000",           // no id
        "00000004 0002 6964 00000000 ffffffff 00000000",      // -1 markers
        "00000004 0002 6964 00000001 00010000 00000000",      // more than can be numbered
        "00000004 0002 6964 00000000 00000000 ffffffff",      // -1 parts of the key
        "00000004 0002 6964 00000000 00000000 7fffffff 0001", // parts that are not there
        "00000004 0002 6964 00000000 0000ffff 00000000 0001", // markers that are not there
    };
    struct buffer body;
    struct cql_prepared_reply prepared;
    buffer_init(&body, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buffer_clear(&body);
        put_hex(&body, cases[i]);
        char *copy = exact_copy(buffer_str(&body));
        assert_int_equal(cql_decode_prepared(str_make(copy, body.len), &prepared, NULL),
                         STATUS_CORRUPT);
        free(copy);
    }
    // As an INSERT without markers is: no metadata on either side.
    buffer_clear(&body);
    put_hex(&body, "00000004 0002 6964 00000000 00000000 00000000 00000004 00000000");
    assert_only_whole(&body, decode_prepared, &prepared);
    assert_int_equal(prepared.pk_count, 0);
    assert_int_equal(prepared.markers.keyspace.len, 0);
    assert_true(prepared.columns.no_metadata);
    buffer_free(&body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepared),
        cmocka_unit_test(test_types_in_types),
        cmocka_unit_test(test_types_that_are_not_known),
        cmocka_unit_test(test_prepared_that_cannot_be),
    };
    return cmocka_run_group_tests_name("cql metadata", tests, NULL, NULL);
}
