// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Messages: the bytes of every request; events and the replies of a beginning, each cut off at every byte; what flags put in front.
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

// --- Replies ------------------------------------------------------------------------------------------------------
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_of_a_beginning),
        cmocka_unit_test(test_requests_with_options),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_what_is_longer_than_its_length_field),
        cmocka_unit_test(test_events_of_hosts),
        cmocka_unit_test(test_changes_of_the_schema),
        cmocka_unit_test(test_replies_of_a_beginning),
        cmocka_unit_test(test_what_flags_put_in_front),
    };
    return cmocka_run_group_tests_name("cql message", tests, NULL, NULL);
}
