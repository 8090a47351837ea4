// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Errors: every body of section 9, each cut off at every byte, and what people read of it.
#include "cql/message.h"

#include "replies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum status decode_error(struct str body, void *out, struct error *err) {
    return cql_decode_error(body, out, err);
}

// ERROR with that code, the message "oops", and what is said in hex behind.
static void put_error(struct buffer *body, uint32_t code, const char *hex) {
    buffer_clear(body);
    bytes_put_be32(body, code);
    cql_put_string(body, STR("oops"));
    put_hex(body, hex);
}

static void test_every_error_body(void **state) {
    (void)state;
    struct buffer body;
    buffer_init(&body, 1000);
    struct cql_server_error error;
    static const uint32_t plain[] = {0x0000, 0x000A, 0x0100, 0x1001, 0x1002, 0x1003,
                                     0x1600, 0x2000, 0x2100, 0x2200, 0x2300, 0x7777};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        put_error(&body, plain[i], "");
        assert_only_whole(&body, decode_error, &error);
        assert_int_equal(error.code, plain[i]);
        assert_true(str_equal(error.message, STR("oops")));
        assert_int_equal(error.required, 0);
    }
    put_error(&body, CQL_ERROR_UNAVAILABLE, "0004 00000003 00000001");
    assert_only_whole(&body, decode_error, &error);
    assert_true(error.consistency == CQL_QUORUM && error.required == 3 && error.received == 1);

    put_error(&body, CQL_ERROR_WRITE_TIMEOUT, "0006 00000001 00000002 0009 42415443485f4c4f47");
    assert_only_whole(&body, decode_error, &error);
    assert_true(error.consistency == CQL_LOCAL_QUORUM && error.received == 1);
    assert_true(error.required == 2 && error.write_type == CQL_WRITE_BATCH_LOG);

    put_error(&body, CQL_ERROR_READ_TIMEOUT, "0001 00000001 00000001 01");
    assert_only_whole(&body, decode_error, &error);
    assert_true(error.received == 1 && error.required == 1 && error.data_present);

    put_error(&body, CQL_ERROR_READ_FAILURE, "0005 00000001 00000003 00000002 00");
    assert_only_whole(&body, decode_error, &error);
    assert_true(error.received == 1 && error.required == 3 && error.failures == 2);
    assert_false(error.data_present);

    put_error(&body, CQL_ERROR_WRITE_FAILURE, "000a 00000000 00000001 00000001 0006 53494d504c45");
    assert_only_whole(&body, decode_error, &error);
    assert_true(error.received == 0 && error.required == 1 && error.failures == 1);
    assert_int_equal(error.write_type, CQL_WRITE_SIMPLE);

    put_error(&body, CQL_ERROR_CAS_WRITE_UNKNOWN, "0008 00000001 00000002");
    assert_only_whole(&body, decode_error, &error);
    assert_true(error.consistency == CQL_SERIAL && error.received == 1 && error.required == 2);

    put_error(&body, CQL_ERROR_FUNCTION_FAILURE, "0002 6b73 0001 66 0002 0003 696e74 0000");
    assert_only_whole(&body, decode_error, &error);
    assert_true(str_equal(error.keyspace, STR("ks")) && str_equal(error.name, STR("f")));

    put_error(&body, CQL_ERROR_ALREADY_EXISTS, "0002 6b73 0001 74");
    assert_only_whole(&body, decode_error, &error);
    assert_true(str_equal(error.keyspace, STR("ks")) && str_equal(error.name, STR("t")));

    put_error(&body, CQL_ERROR_UNPREPARED, "0003 010203");
    assert_only_whole(&body, decode_error, &error);
    assert_true(str_equal(error.unprepared_id, STR("\1\2\3")));
    buffer_free(&body);
}

static void test_every_write_type(void **state) {
    (void)state;
    static const struct {
        const char *word;
        enum cql_write_type type;
    } cases[] = {
        {"SIMPLE", CQL_WRITE_SIMPLE},
        {"BATCH", CQL_WRITE_BATCH},
        {"UNLOGGED_BATCH", CQL_WRITE_UNLOGGED_BATCH},
        {"COUNTER", CQL_WRITE_COUNTER},
        {"BATCH_LOG", CQL_WRITE_BATCH_LOG},
        {"CAS", CQL_WRITE_CAS},
        {"VIEW", CQL_WRITE_VIEW},
        {"CDC", CQL_WRITE_CDC},
        {"", CQL_WRITE_OTHER},
        {"simple", CQL_WRITE_OTHER},
        {"SOMETHING_NEW", CQL_WRITE_OTHER},
    };
    struct buffer body;
    struct cql_server_error error;
    buffer_init(&body, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_error(&body, CQL_ERROR_WRITE_TIMEOUT, "0006 00000001 00000002");
        cql_put_string(&body, str_from_c(cases[i].word));
        assert_int_equal(cql_decode_error(buffer_str(&body), &error, NULL), STATUS_OK);
        assert_int_equal(error.write_type, cases[i].type);
    }
    buffer_free(&body);
}

static void test_errors_in_words(void **state) {
    (void)state;
    static const struct {
        uint32_t code;
        enum status status;
        const char *hex;
        const char *text;
    } cases[] = {
        {CQL_ERROR_SERVER, STATUS_IO, "", "SERVER_ERROR: oops"},
        {CQL_ERROR_PROTOCOL, STATUS_UNSUPPORTED, "", "PROTOCOL_ERROR: oops"},
        {CQL_ERROR_BAD_CREDENTIALS, STATUS_DENIED, "", "BAD_CREDENTIALS: oops"},
        {CQL_ERROR_OVERLOADED, STATUS_UNAVAILABLE, "", "OVERLOADED: oops"},
        {CQL_ERROR_SYNTAX, STATUS_INVALID, "", "SYNTAX_ERROR: oops"},
        {CQL_ERROR_UNAUTHORIZED, STATUS_DENIED, "", "UNAUTHORIZED: oops"},
        {CQL_ERROR_ALREADY_EXISTS, STATUS_EXISTS, "0000 0000", "ALREADY_EXISTS: oops"},
        {0x7777, STATUS_IO, "", "UNKNOWN: oops"},
        {CQL_ERROR_UNAVAILABLE, STATUS_UNAVAILABLE, "0004 00000003 00000001",
         "UNAVAILABLE at QUORUM, 1 replicas alive of 3 needed: oops"},
        {CQL_ERROR_WRITE_TIMEOUT, STATUS_TIMEOUT, "0006 00000001 00000002 0003 434153",
         "WRITE_TIMEOUT at LOCAL_QUORUM, 1 of 2 answers (CAS): oops"},
        {CQL_ERROR_READ_FAILURE, STATUS_IO, "0005 00000001 00000003 00000002 00",
         "READ_FAILURE at ALL, 1 of 3 answers, 2 failures, without data: oops"},
        {CQL_ERROR_READ_TIMEOUT, STATUS_TIMEOUT, "0777 00000001 00000003 01",
         "READ_TIMEOUT at UNKNOWN, 1 of 3 answers, with data: oops"},
        {CQL_ERROR_CAS_WRITE_UNKNOWN, STATUS_TIMEOUT, "0008 00000001 00000002",
         "CAS_WRITE_UNKNOWN at SERIAL, 1 of 2 answers: oops"},
    };
    struct buffer body;
    struct cql_server_error server;
    struct error err;
    buffer_init(&body, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_error(&body, cases[i].code, cases[i].hex);
        assert_int_equal(cql_decode_error(buffer_str(&body), &server, NULL), STATUS_OK);
        assert_int_equal(cql_error_describe(&server, &err), cases[i].status);
        assert_string_equal(err.text, cases[i].text);
        assert_int_equal(cql_error_describe(&server, NULL), cases[i].status);
    }
    buffer_free(&body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_error_body),
        cmocka_unit_test(test_every_write_type),
        cmocka_unit_test(test_errors_in_words),
    };
    return cmocka_run_group_tests_name("cql message error", tests, NULL, NULL);
}
