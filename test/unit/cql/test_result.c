// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Results: rows of a body copied or taken over, pages, conditions, kinds, cut off at every byte, hostile counts, no memory.
#include "cql/result.h"

#include <stdlib.h>

#include "replies.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// Makes a result of a body in memory of exactly its length: borrowed, or a block that is handed over. The frame's memory is freed as a
// connection would.
static enum status make(struct str body, bool block, struct cql_result **out, struct error *err) {
    struct cql_reply reply;
    char *copy = exact_copy(body);
    struct cql_frame frame = {.opcode = CQL_OP_RESULT, .body = str_make(copy, body.len)};
    frame.block = block ? copy : NULL;
    assert_int_equal(cql_reply_open(&frame, &reply, NULL), STATUS_OK);
    enum status status = cql_result_make(&frame, &reply, out, err);
    cql_frame_free(&frame);
    if (!block) {
        free(copy);
    }
    return status;
}

// Two rows of int, text: (1, "a"), (null, "").
static void put_two_rows(struct buffer *body, struct str paging_state) {
    const enum cql_type types[] = {CQL_INT, CQL_TEXT};
    put_rows_head(body, types, 2, 2, paging_state);
    put_hex(body, "00000004 00000001 00000001 61 ffffffff 00000000");
}

static void assert_two_rows(struct cql_result *result) {
    struct cql_value values[2];
    int32_t number = 0;
    assert_int_equal(cql_result_kind(result), CQL_RESULT_ROWS);
    assert_int_equal(cql_result_row_count(result), 2);
    assert_int_equal(cql_result_column_count(result), 2);
    assert_true(str_equal(cql_result_column_name(result, 0), STR("c0")));
    assert_true(str_equal(cql_result_column_name(result, 1), STR("c1")));
    assert_int_equal(cql_result_column_type(result, 0), CQL_INT);
    assert_int_equal(cql_result_column_type(result, 1), CQL_TEXT);
    assert_int_equal(cql_result_column_option(result, 1).len, 2);
    assert_int_equal(cql_result_column_name(result, 2).len, 0);
    assert_int_equal(cql_result_column_type(result, 2), CQL_CUSTOM);
    assert_int_equal(cql_result_next(result, values, 2), STATUS_OK);
    assert_int_equal(cql_get_int(values[0], &number), STATUS_OK);
    assert_int_equal(number, 1);
    assert_true(str_equal(values[1].bytes, STR("a")));
    assert_int_equal(cql_result_next(result, values, 2), STATUS_OK);
    assert_true(cql_is_null(values[0]));
    assert_true(!cql_is_null(values[1]) && values[1].bytes.len == 0);
    assert_int_equal(cql_result_next(result, values, 2), STATUS_END);
    assert_int_equal(cql_result_next(result, values, 2), STATUS_END);
    assert_false(cql_result_applied(result));
}

static void test_rows(void **state) {
    (void)state;
    struct buffer body;
    struct cql_result *result = NULL;
    buffer_init(&body, 1000);
    put_two_rows(&body, STR_EMPTY);
    for (int block = 0; block < 2; block++) {
        assert_int_equal(make(buffer_str(&body), block == 1, &result, NULL), STATUS_OK);
        assert_two_rows(result);
        assert_false(cql_result_has_more(result));
        assert_null(cql_result_paging_state(result).data);
        cql_result_free(result);
    }
    buffer_clear(&body);
    put_two_rows(&body, STR("state"));
    assert_int_equal(make(buffer_str(&body), true, &result, NULL), STATUS_OK);
    assert_two_rows(result);
    assert_true(cql_result_has_more(result));
    assert_true(str_equal(cql_result_paging_state(result), STR("state")));
    cql_result_free(result);
    cql_result_free(NULL);
    buffer_free(&body);
}

static void test_rows_behind_warnings(void **state) {
    (void)state;
    struct buffer body;
    struct cql_reply reply;
    struct cql_result *result = NULL;
    buffer_init(&body, 1000);
    put_hex(&body, "0001 0003 657965");
    put_two_rows(&body, STR_EMPTY);
    struct cql_frame frame = {.opcode = CQL_OP_RESULT, .flags = CQL_FRAME_WARNING};
    frame.block = exact_copy(buffer_str(&body));
    frame.body = str_make(frame.block, body.len);
    assert_int_equal(cql_reply_open(&frame, &reply, NULL), STATUS_OK);
    assert_int_equal(cql_result_make(&frame, &reply, &result, NULL), STATUS_OK);
    assert_null(frame.block);
    assert_two_rows(result);
    cql_result_free(result);
    buffer_free(&body);
}

static void test_an_empty_page_may_have_a_successor(void **state) {
    (void)state;
    struct buffer body;
    struct cql_value value;
    struct cql_result *result = NULL;
    const enum cql_type type = CQL_INT;
    buffer_init(&body, 1000);
    put_rows_head(&body, &type, 1, 0, STR("next"));
    assert_int_equal(make(buffer_str(&body), false, &result, NULL), STATUS_OK);
    assert_int_equal(cql_result_next(result, &value, 1), STATUS_END);
    assert_true(cql_result_has_more(result));
    cql_result_free(result);
    buffer_free(&body);
}

static void test_another_number_of_columns(void **state) {
    (void)state;
    struct buffer body;
    struct cql_value values[3];
    struct cql_result *result = NULL;
    buffer_init(&body, 1000);
    put_two_rows(&body, STR_EMPTY);
    assert_int_equal(make(buffer_str(&body), false, &result, NULL), STATUS_OK);
    assert_int_equal(cql_result_next(result, values, 3), STATUS_CORRUPT);
    assert_int_equal(cql_result_next(result, values, 1), STATUS_CORRUPT);
    assert_int_equal(cql_result_next(result, values, 2), STATUS_OK);
    cql_result_free(result);
    buffer_free(&body);
}

static bool applied(const char *column, uint16_t type, const char *hex) {
    struct buffer body;
    struct cql_result *result = NULL;
    buffer_init(&body, 1000);
    put_hex(&body, "00000002 00000001 00000001 0002 6b73 0001 74");
    cql_put_string(&body, str_from_c(column));
    bytes_put_be16(&body, type);
    put_hex(&body, hex);
    assert_int_equal(make(buffer_str(&body), false, &result, NULL), STATUS_OK);
    bool answer = cql_result_applied(result);
    struct cql_value value;
    while (cql_result_next(result, &value, 1) == STATUS_OK) {
        assert_int_equal(cql_result_applied(result), answer); // also after iterating
    }
    cql_result_free(result);
    buffer_free(&body);
    return answer;
}

static void test_conditions(void **state) {
    (void)state;
    assert_true(applied("[applied]", CQL_BOOLEAN, "00000001 00000001 01"));
    assert_false(applied("[applied]", CQL_BOOLEAN, "00000001 00000001 00"));
    assert_false(applied("[applied]", CQL_BOOLEAN, "00000001 ffffffff"));
    assert_false(applied("[applied]", CQL_BOOLEAN, "00000000"));
    assert_false(applied("[applied]", CQL_BOOLEAN, "00000001 00000002 0101"));
    assert_false(applied("[applied]", CQL_TINYINT, "00000001 00000001 01"));
    assert_false(applied("applied", CQL_BOOLEAN, "00000001 00000001 01"));
}

static void test_kinds_without_rows(void **state) {
    (void)state;
    struct buffer body;
    struct cql_value value;
    struct cql_event change;
    struct cql_result *result = NULL;
    buffer_init(&body, 1000);
    put_hex(&body, "00000001");
    failing_malloc_arm(1000);
    assert_int_equal(make(buffer_str(&body), false, &result, NULL), STATUS_OK);
    failing_malloc_disarm();
    assert_int_equal(cql_result_kind(result), CQL_RESULT_VOID);
    assert_int_equal(cql_result_row_count(result), 0);
    assert_int_equal(cql_result_column_count(result), 0);
    assert_int_equal(cql_result_next(result, &value, 1), STATUS_END);
    assert_false(cql_result_has_more(result));
    assert_false(cql_result_applied(result));
    assert_int_equal(cql_result_keyspace(result).len, 0);
    assert_false(cql_result_schema_change(result, &change));
    cql_result_free(result);

    buffer_clear(&body);
    put_hex(&body, "00000003 0003 6b7331");
    assert_int_equal(make(buffer_str(&body), true, &result, NULL), STATUS_OK);
    assert_int_equal(cql_result_kind(result), CQL_RESULT_SET_KEYSPACE);
    assert_true(str_equal(cql_result_keyspace(result), STR("ks1")));
    assert_int_equal(cql_result_next(result, &value, 1), STATUS_END);
    cql_result_free(result);

    buffer_clear(&body);
    put_hex(&body, "00000005 0007 43524541544544 0005 5441424c45 0002 6b73 0001 74");
    assert_int_equal(make(buffer_str(&body), false, &result, NULL), STATUS_OK);
    assert_int_equal(cql_result_kind(result), CQL_RESULT_SCHEMA_CHANGE);
    assert_true(cql_result_schema_change(result, &change));
    assert_true(change.change == CQL_CHANGE_CREATED && str_equal(change.name, STR("t")));
    assert_int_equal(cql_result_row_count(result), 0);
    cql_result_free(result);
    buffer_free(&body);
}

static void test_cut_off_anywhere(void **state) {
    (void)state;
    struct buffer body;
    struct cql_result *result = NULL;
    struct error err;
    struct cql_value values[2];
    buffer_init(&body, 1000);
    put_two_rows(&body, STR("state"));
    for (size_t len = 0; len < body.len; len++) {
        for (int block = 0; block < 2; block++) {
            err.text[0] = '\0';
            enum status status = make(str_make(body.data, len), block == 1, &result, &err);
            if (status != STATUS_OK) {
                assert_int_equal(status, STATUS_CORRUPT);
                assert_true(err.text[0] != '\0' && result == NULL);
                continue;
            }
            do {
                status = cql_result_next(result, values, 2);
            } while (status == STATUS_OK);
            assert_int_equal(status, STATUS_CORRUPT);
            assert_int_equal(cql_result_next(result, values, 2), STATUS_CORRUPT);
            cql_result_free(result);
        }
    }
    static const char *const others[] = {"00000003 0003 6b7331",
                                         "00000005 0002 5550 0005 5441424c45 0002 6b73 0001 74"};
    for (size_t i = 0; i < 2; i++) {
        buffer_clear(&body);
        put_hex(&body, others[i]);
        for (size_t len = 0; len < body.len; len++) {
            assert_int_equal(make(str_make(body.data, len), len % 2 == 0, &result, &err),
                             STATUS_CORRUPT);
        }
    }
    buffer_free(&body);
}

static void test_counts_that_cannot_be(void **state) {
    (void)state;
    static const char *const cases[] = {
        "00000000",
        "00000006",
        "ffffffff", // kinds
        "00000002 00000001 ffffffff 0001 6b 0001 74 00000000",
        "00000002 00000001 00010000 0001 6b 0001 74 00000000",
        "00000002 00000001 7fffffff 0001 6b 0001 74 0001 63 0009 00000000",
        "00000002 00000001 00000001 0001 6b 0001 74 0001 63 0009 ffffffff",
        "00000002 00000001 00000001 0001 6b 0001 74 0001 63 0009 7fffffff 00000000",
        "00000002 00000001 00000001 0001 6b 0001 74 0001 63 0009 00000002 00000000 000000",
        "00000002 00000001 00000000 0001 6b 0001 74 7fffffff 00000000", // rows of nothing
        "00000002 00000004 0000ffff 00008000 00000000",
    };
    struct buffer body;
    struct cql_result *result = NULL;
    buffer_init(&body, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buffer_clear(&body);
        put_hex(&body, cases[i]);
        assert_int_equal(make(buffer_str(&body), i % 2 == 0, &result, NULL), STATUS_CORRUPT);
    }
    buffer_clear(&body);
    put_hex(&body, "00000004 0002 6964 00000000 00000000 00000000 00000004 00000000");
    assert_int_equal(make(buffer_str(&body), true, &result, NULL), STATUS_INVALID);
    buffer_free(&body);
}

static void test_rows_without_metadata(void **state) {
    (void)state;
    struct buffer body;
    struct cql_value values[2];
    struct cql_result *result = NULL;
    buffer_init(&body, 1000);
    put_hex(&body, "00000002 00000004 00000002 00000001 00000001 61 ffffffff");
    assert_int_equal(make(buffer_str(&body), false, &result, NULL), STATUS_OK);
    assert_int_equal(cql_result_column_count(result), 2);
    assert_int_equal(cql_result_column_name(result, 0).len, 0);
    assert_int_equal(cql_result_column_type(result, 0), CQL_CUSTOM);
    assert_int_equal(cql_result_next(result, values, 2), STATUS_OK);
    assert_true(str_equal(values[0].bytes, STR("a")) && cql_is_null(values[1]));
    cql_result_free(result);
    buffer_free(&body);
}

static void test_without_memory(void **state) {
    (void)state;
    struct buffer body;
    struct cql_reply reply;
    struct cql_result *result = NULL;
    buffer_init(&body, 1000);
    put_two_rows(&body, STR_EMPTY);
    for (int block = 0; block < 2; block++) {
        struct cql_frame frame = {.opcode = CQL_OP_RESULT};
        char *copy = exact_copy(buffer_str(&body));
        frame.body = str_make(copy, body.len);
        frame.block = block == 1 ? copy : NULL;
        assert_int_equal(cql_reply_open(&frame, &reply, NULL), STATUS_OK);
        failing_malloc_arm(0);
        assert_int_equal(cql_result_make(&frame, &reply, &result, NULL), STATUS_NO_MEMORY);
        assert_true(failing_malloc_disarm());
        assert_null(result);
        // The frame is as it was: it can be tried again.
        assert_int_equal(cql_result_make(&frame, &reply, &result, NULL), STATUS_OK);
        assert_two_rows(result);
        cql_result_free(result);
        cql_frame_free(&frame);
        if (block == 0) {
            free(copy);
        }
    }
    buffer_free(&body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_behind_warnings),
        cmocka_unit_test(test_an_empty_page_may_have_a_successor),
        cmocka_unit_test(test_another_number_of_columns),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_kinds_without_rows),
        cmocka_unit_test(test_cut_off_anywhere),
        cmocka_unit_test(test_counts_that_cannot_be),
        cmocka_unit_test(test_rows_without_metadata),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests_name("cql result", tests, NULL, NULL);
}
