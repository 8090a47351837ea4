// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Messages: the bytes of every request, every reply and every error body read, each cut off at every byte.
#include "cql/message.h"

#include <stdlib.h>

#include "replies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// --- Requests -----------------------------------------------------------------------------------------------------
static void assert_hex(struct buffer *out, const char *hex) {
    struct buffer expected;
    buffer_init(&expected, 10000);
    put_hex(&expected, hex);
    assert_int_equal(buffer_status(out), STATUS_OK);
    assert_int_equal(out->len, expected.len);
    assert_memory_equal(out->data, expected.data, expected.len);
    buffer_free(&expected);
    buffer_clear(out);
}

static void test_requests_of_a_beginning(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 10000);
    cql_encode_startup(&out, false, STR("1.2"));
    assert_hex(&out, "0003 000b 43514c5f56455253494f4e 0005 332e302e30"
                     "000b 4452495645525f4e414d45 0008 466f6f7466616c6c"
                     "000e 4452495645525f56455253494f4e 0003 312e32");
    cql_encode_startup(&out, true, STR(""));
    assert_hex(&out, "0004 000b 43514c5f56455253494f4e 0005 332e302e30"
                     "000b 4452495645525f4e414d45 0008 466f6f7466616c6c"
                     "000e 4452495645525f56455253494f4e 0000"
                     "000b 434f4d5052455353494f4e 0003 6c7a34");
    cql_encode_options(&out);
    assert_int_equal(out.len, 0);
    cql_encode_auth_plain(&out, STR("me"), STR("pw1"));
    assert_hex(&out, "00000007 00 6d65 00 707731");
    cql_encode_register(&out);
    assert_hex(&out, "0003 000f 544f504f4c4f47595f4348414e4745 000d 5354415455535f4348414e4745"
                     "000d 534348454d415f4348414e4745");
    cql_encode_prepare(&out, STR("SELECT"));
    assert_hex(&out, "00000006 53454c454354");
    buffer_free(&out);
}

static void test_requests_with_options(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 10000);
    struct cql_query_options options = {.consistency = CQL_LOCAL_QUORUM};
    cql_encode_query(&out, STR("Q"), &options);
    assert_hex(&out, "00000001 51 0006 00");
    options.values = str_make("\0\0\0\1\7\377\377\377\377", 9);
    options.value_count = 2;
    cql_encode_execute(&out, STR("id"), &options);
    assert_hex(&out, "0002 6964 0006 01 0002 00000001 07 ffffffff");
    options.page_size = 5000;
    options.paging_state = STR("ps");
    options.serial_consistency = CQL_LOCAL_SERIAL;
    cql_encode_execute(&out, STR("id"), &options);
    assert_hex(&out, "0002 6964 0006 1d 0002 00000001 07 ffffffff 00001388 00000002 7073 0009");
    options.paging_state = STR("");
    options.value_count = 0;
    options.page_size = 0;
    cql_encode_query(&out, STR("Q"), &options);
    assert_hex(&out, "00000001 51 0006 18 00000000 0009");
    buffer_free(&out);
}

static void test_batches(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 10000);
    cql_encode_batch_begin(&out, CQL_BATCH_UNLOGGED, 2);
    cql_encode_batch_entry(&out, STR("id"), str_make("\0\0\0\1\7", 5), 1);
    cql_encode_batch_entry(&out, STR("x"), STR_EMPTY, 0);
    cql_encode_batch_end(&out, CQL_ONE, (enum cql_consistency)0);
    assert_hex(&out, "01 0002 01 0002 6964 0001 00000001 07 01 0001 78 0000 0001 00");
    cql_encode_batch_begin(&out, CQL_BATCH_LOGGED, 0);
    cql_encode_batch_end(&out, CQL_QUORUM, CQL_SERIAL);
    assert_hex(&out, "00 0000 0004 10 0008");
    buffer_free(&out);
}

static void test_what_is_longer_than_its_length_field(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    char *big = calloc(1, 65536);
    assert_non_null(big);
    cql_put_string(&out, str_make(big, 65535));
    assert_int_equal(buffer_status(&out), STATUS_OK);
    cql_put_string(&out, str_make(big, 65536));
    assert_int_equal(buffer_status(&out), STATUS_TOO_LARGE);
    buffer_clear(&out);
    cql_encode_auth_plain(&out, STR("me"), str_make(big, 65536));
    assert_int_equal(buffer_status(&out), STATUS_TOO_LARGE);
    cql_encode_auth_plain(&out, STR("me"), STR("pw"));
    assert_int_equal(buffer_status(&out), STATUS_TOO_LARGE); // it sticks
    free(big);
    buffer_free(&out);
}

// --- Replies, whole and cut ---------------------------------------------------------------------------------------
typedef enum status (*decoder)(struct str body, void *out, struct error *err);

// Every beginning of body must be refused with a sentence; body itself and body with more behind it are fine.
static void assert_only_whole(struct buffer *body, decoder decode, void *out) {
    struct error err;
    for (size_t len = 0; len < body->len; len++) {
        char *cut = exact_copy(str_make(body->data, len));
        memset(&err, 0, sizeof err);
        enum status status = decode(str_make(cut, len), out, &err);
        if (status != STATUS_CORRUPT || err.text[0] == '\0') {
            fail_msg("cut to %zu of %zu: %s", len, body->len, status_name(status));
        }
        assert_int_equal(decode(str_make(cut, len), out, NULL), STATUS_CORRUPT);
        free(cut);
    }
    buffer_append_str(body, STR("more"));
    assert_int_equal(decode(buffer_str(body), out, &err), STATUS_OK);
    body->len -= 4;
    assert_int_equal(decode(buffer_str(body), out, &err), STATUS_OK);
}

static enum status decode_error(struct str body, void *out, struct error *err) {
    return cql_decode_error(body, out, err);
}
static enum status decode_event(struct str body, void *out, struct error *err) {
    return cql_decode_event(body, out, err);
}
static enum status decode_schema_change(struct str body, void *out, struct error *err) {
    return cql_decode_schema_change(body, out, err);
}
static enum status decode_string(struct str body, void *out, struct error *err) {
    return cql_decode_authenticate(body, out, err);
}
static enum status decode_token(struct str body, void *out, struct error *err) {
    return cql_decode_auth_token(body, out, err);
}
static enum status decode_supported(struct str body, void *out, struct error *err) {
    return cql_decode_supported(body, out, err);
}
static enum status decode_prepared(struct str body, void *out, struct error *err) {
    return cql_decode_prepared(body, out, err);
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

static void put_words(struct buffer *body, const char *const *words) {
    buffer_clear(body);
    for (; *words != NULL; words++) {
        cql_put_string(body, str_from_c(*words));
    }
}

static void test_events_of_hosts(void **state) {
    (void)state;
    static const struct {
        const char *kind;
        const char *word;
        enum cql_event_kind expected;
        enum cql_change change;
    } cases[] = {
        {"TOPOLOGY_CHANGE", "NEW_NODE", CQL_EVENT_TOPOLOGY, CQL_CHANGE_NEW_NODE},
        {"TOPOLOGY_CHANGE", "REMOVED_NODE", CQL_EVENT_TOPOLOGY, CQL_CHANGE_REMOVED_NODE},
        {"TOPOLOGY_CHANGE", "MOVED_NODE", CQL_EVENT_TOPOLOGY, CQL_CHANGE_MOVED_NODE},
        {"TOPOLOGY_CHANGE", "EATEN_NODE", CQL_EVENT_TOPOLOGY, CQL_CHANGE_UNKNOWN},
        {"STATUS_CHANGE", "UP", CQL_EVENT_STATUS, CQL_CHANGE_UP},
        {"STATUS_CHANGE", "DOWN", CQL_EVENT_STATUS, CQL_CHANGE_DOWN},
    };
    struct buffer body;
    struct cql_event event;
    buffer_init(&body, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_words(&body, (const char *const[]){cases[i].kind, cases[i].word, NULL});
        put_hex(&body, i % 2 == 0 ? "04 7f000102 00002352"
                                  : "10 00000000000000000000000000000001 0000ffff");
        assert_only_whole(&body, decode_event, &event);
        assert_int_equal(event.kind, cases[i].expected);
        assert_int_equal(event.change, cases[i].change);
        assert_int_equal(event.host.len, i % 2 == 0 ? 4 : 16);
        assert_int_equal(event.host.port, i % 2 == 0 ? 9042 : 65535);
        assert_int_equal(event.host.address[event.host.len - 1], i % 2 == 0 ? 2 : 1);
    }
    // An address of another length, a port that is none.
    static const char *const bad[] = {
        "00 00002352", "05 7f00010203 00002352", "11 00",
        "ff",          "04 7f000102 00010000",   "04 7f000102 ffffffff"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put_words(&body, (const char *const[]){"STATUS_CHANGE", "UP", NULL});
        put_hex(&body, bad[i]);
        assert_int_equal(cql_decode_event(buffer_str(&body), &event, NULL), STATUS_CORRUPT);
    }
    put_words(&body, (const char *const[]){"TRACE_COMPLETE", "UP", NULL});
    assert_int_equal(cql_decode_event(buffer_str(&body), &event, NULL), STATUS_CORRUPT);
    buffer_free(&body);
}

static void test_changes_of_the_schema(void **state) {
    (void)state;
    struct buffer body;
    struct cql_event event;
    buffer_init(&body, 1000);
    put_words(&body, (const char *const[]){"SCHEMA_CHANGE", "CREATED", "KEYSPACE", "ks", NULL});
    assert_only_whole(&body, decode_event, &event);
    assert_true(event.kind == CQL_EVENT_SCHEMA && event.change == CQL_CHANGE_CREATED);
    assert_true(str_equal(event.target, STR("KEYSPACE")) && str_equal(event.keyspace, STR("ks")));
    assert_int_equal(event.name.len, 0);
    put_words(&body, (const char *const[]){"UPDATED", "TABLE", "ks", "t", NULL});
    assert_only_whole(&body, decode_schema_change, &event);
    assert_true(event.change == CQL_CHANGE_UPDATED && str_equal(event.name, STR("t")));
    put_words(&body, (const char *const[]){"DROPPED", "TYPE", "ks", "ty", NULL});
    assert_only_whole(&body, decode_schema_change, &event);
    assert_true(event.change == CQL_CHANGE_DROPPED && str_equal(event.name, STR("ty")));
    put_words(&body, (const char *const[]){"CREATED", "FUNCTION", "ks", "f", NULL});
    put_hex(&body, "0002 0003 696e74 0004 74657874");
    assert_only_whole(&body, decode_schema_change, &event);
    assert_true(str_equal(event.name, STR("f")));
    put_words(&body, (const char *const[]){"CREATED", "AGGREGATE", "ks", "a", NULL});
    put_hex(&body, "0000");
    assert_only_whole(&body, decode_schema_change, &event);
    buffer_free(&body);
}

static void test_replies_of_a_beginning(void **state) {
    (void)state;
    struct buffer body;
    struct str out;
    buffer_init(&body, 1000);
    cql_put_string(&body, STR("org.apache.cassandra.auth.PasswordAuthenticator"));
    assert_only_whole(&body, decode_string, &out);
    assert_int_equal(out.len, 47);
    buffer_clear(&body);
    put_hex(&body, "ffffffff");
    assert_only_whole(&body, decode_token, &out);
    assert_null(out.data);
    buffer_clear(&body);
    put_hex(&body, "00000002 6162");
    assert_only_whole(&body, decode_token, &out);
    assert_true(str_equal(out, STR("ab")));
    buffer_clear(&body);
    put_hex(&body, "0002");
    cql_put_string(&body, STR("CQL_VERSION"));
    put_hex(&body, "0001 0005 332e342e37");
    cql_put_string(&body, STR("COMPRESSION"));
    put_hex(&body, "0002 0006 736e61707079 0003 6c7a34");
    assert_only_whole(&body, decode_supported, &out);
    assert_true(cql_supported_has(out, STR("COMPRESSION"), STR("lz4")));
    assert_true(cql_supported_has(out, STR("COMPRESSION"), STR("snappy")));
    assert_true(cql_supported_has(out, STR("CQL_VERSION"), STR("3.4.7")));
    assert_false(cql_supported_has(out, STR("COMPRESSION"), STR("zstd")));
    assert_false(cql_supported_has(out, STR("CQL_VERSION"), STR("lz4")));
    assert_false(cql_supported_has(STR_EMPTY, STR("CQL_VERSION"), STR("lz4")));
    // What was not looked through gives no, not more.
    for (size_t len = 0; len < out.len - 3; len++) {
        char *cut = exact_copy(str_make(out.data, len));
        assert_false(cql_supported_has(str_make(cut, len), STR("COMPRESSION"), STR("lz4")));
        free(cut);
    }
    buffer_free(&body);
}

// --- In front of bodies -------------------------------------------------------------------------------------------
static void test_what_flags_put_in_front(void **state) {
    (void)state;
    static const char tracing[] = "000102030405060708090a0b0c0d0e0f";
    static const char warnings[] = "0002 0001 61 0002 6263";
    static const char payload[] = "0002 0001 6b 00000002 7678 0001 6c ffffffff";
    struct buffer body;
    struct cql_reply reply;
    buffer_init(&body, 1000);
    for (unsigned flags = 0; flags < 16; flags += 2) {
        buffer_clear(&body);
        put_hex(&body, (flags & CQL_FRAME_TRACING) != 0 ? tracing : "");
        put_hex(&body, (flags & CQL_FRAME_WARNING) != 0 ? warnings : "");
        put_hex(&body, (flags & CQL_FRAME_CUSTOM_PAYLOAD) != 0 ? payload : "");
        size_t front = body.len;
        buffer_append_str(&body, STR("body"));
        for (size_t len = 0; len <= body.len; len++) {
            char *cut = exact_copy(str_make(body.data, len));
            struct cql_frame frame = {
                .flags = (uint8_t)flags, .opcode = CQL_OP_RESULT, .body = str_make(cut, len)};
            assert_int_equal(cql_reply_open(&frame, &reply, NULL),
                             len < front ? STATUS_CORRUPT : STATUS_OK);
            if (len == body.len) {
                assert_true(str_equal(reply.body, STR("body")));
                assert_int_equal(reply.opcode, CQL_OP_RESULT);
                assert_int_equal(reply.traced, (flags & CQL_FRAME_TRACING) != 0);
                assert_int_equal(reply.tracing_id[15], reply.traced ? 15 : 0);
                assert_int_equal(reply.warning_count, (flags & CQL_FRAME_WARNING) != 0 ? 2 : 0);
            }
            if (len == body.len && reply.warning_count == 2) {
                struct str warning;
                assert_true(cql_take_string(&reply.warnings, &warning));
                assert_true(cql_take_string(&reply.warnings, &warning));
                assert_true(str_equal(warning, STR("bc")));
                assert_int_equal(reply.warnings.len, 0);
            }
            free(cut);
        }
    }
    buffer_free(&body);
}

// --- Metadata -----------------------------------------------------------------------------------------------------
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
        cmocka_unit_test(test_requests_of_a_beginning),
        cmocka_unit_test(test_requests_with_options),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_what_is_longer_than_its_length_field),
        cmocka_unit_test(test_every_error_body),
        cmocka_unit_test(test_every_write_type),
        cmocka_unit_test(test_errors_in_words),
        cmocka_unit_test(test_events_of_hosts),
        cmocka_unit_test(test_changes_of_the_schema),
        cmocka_unit_test(test_replies_of_a_beginning),
        cmocka_unit_test(test_what_flags_put_in_front),
        cmocka_unit_test(test_prepared),
        cmocka_unit_test(test_types_in_types),
        cmocka_unit_test(test_types_that_are_not_known),
        cmocka_unit_test(test_prepared_that_cannot_be),
    };
    return cmocka_run_group_tests_name("cql message", tests, NULL, NULL);
}
