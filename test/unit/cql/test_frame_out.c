// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Frames of a client: many in a buffer, compressed where it helps, taken back where they do not fit.
#include "cql/frame.h"

#include <lz4.h>

#include "base/random.h"
#include "replies.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_requests_share_a_buffer(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    size_t first = cql_frame_begin(&out, CQL_OP_OPTIONS, 0);
    assert_int_equal(cql_frame_end(&out, first, false), STATUS_OK);
    size_t second = cql_frame_begin(&out, CQL_OP_QUERY, 0x1234);
    buffer_append_str(&out, STR("hello"));
    assert_int_equal(cql_frame_end(&out, second, true), STATUS_OK);
    size_t third = cql_frame_begin(&out, CQL_OP_EXECUTE, CQL_FRAME_STREAM_MAX);
    assert_int_equal(cql_frame_end(&out, third, true), STATUS_OK);
    struct buffer expected;
    buffer_init(&expected, 1000);
    put_hex(&expected, "04 00 0000 05 00000000"
                       "04 00 1234 07 00000005 68656c6c6f"
                       "04 00 7fff 0a 00000000");
    assert_true(str_equal(buffer_str(&out), buffer_str(&expected)));
    buffer_free(&out);
    buffer_free(&expected);
}

static void test_requests_are_compressed_when_it_helps(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 4 << 20);
    char body[100000];
    for (size_t i = 0; i < sizeof body; i++) {
        body[i] = (char)('a' + i % 26);
    }
    buffer_append_str(&out, STR("before"));
    size_t start = cql_frame_begin(&out, CQL_OP_QUERY, 5);
    buffer_append(&out, body, sizeof body);
    assert_int_equal(cql_frame_end(&out, start, true), STATUS_OK);
    assert_int_equal(start, 6);
    assert_true(out.len < 2000);
    assert_int_equal(out.data[start + 1], CQL_FRAME_COMPRESSED);
    // The length in the header is of what follows; that inflates to the body.
    struct str rest = buffer_str(&out);
    rest = str_make(rest.data + start + 5, rest.len - start - 5);
    uint32_t len = 0;
    uint32_t inflated = 0;
    assert_true(bytes_get_be32(&rest, &len) && len == rest.len);
    assert_true(bytes_get_be32(&rest, &inflated) && inflated == sizeof body);
    char again[sizeof body];
    assert_int_equal(LZ4_decompress_safe(rest.data, again, (int)rest.len, (int)sizeof again),
                     sizeof body);
    assert_memory_equal(again, body, sizeof body);

    // Noise, and what is short, goes as it is.
    struct random_seeded random;
    random_seeded_init(&random, 1);
    random.source.fill(&random.source, body, 1000);
    buffer_clear(&out);
    start = cql_frame_begin(&out, CQL_OP_QUERY, 5);
    buffer_append(&out, body, 1000);
    assert_int_equal(cql_frame_end(&out, start, true), STATUS_OK);
    assert_int_equal(out.len, 1009);
    assert_int_equal(out.data[1], 0);
    assert_memory_equal(out.data + 9, body, 1000);
    buffer_clear(&out);
    memset(body, 0, sizeof body);
    start = cql_frame_begin(&out, CQL_OP_QUERY, 5);
    buffer_append(&out, body, CQL_FRAME_COMPRESS_MIN - 1);
    assert_int_equal(cql_frame_end(&out, start, true), STATUS_OK);
    assert_int_equal(out.len, 9 + CQL_FRAME_COMPRESS_MIN - 1);
    buffer_free(&out);
}

static void test_a_request_too_large_is_taken_back(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 2000);
    char body[1500] = {0};
    size_t start = cql_frame_begin(&out, CQL_OP_QUERY, 1);
    assert_int_equal(cql_frame_end(&out, start, true), STATUS_OK);
    // It fits, but what LZ4 may need does not: it goes as it is.
    start = cql_frame_begin(&out, CQL_OP_QUERY, 2);
    buffer_append(&out, body, sizeof body);
    assert_int_equal(cql_frame_end(&out, start, true), STATUS_OK);
    assert_int_equal(out.len, 9 + 9 + sizeof body);
    size_t before = out.len;
    start = cql_frame_begin(&out, CQL_OP_QUERY, 3);
    buffer_append(&out, body, sizeof body);
    buffer_append(&out, body, 1);
    assert_int_equal(cql_frame_end(&out, start, true), STATUS_TOO_LARGE);
    assert_int_equal(out.len, before);
    start = cql_frame_begin(&out, CQL_OP_QUERY, 4);
    assert_int_equal(cql_frame_end(&out, start, true), STATUS_OK);
    assert_int_equal(out.len, before + 9);
    buffer_free(&out);
    // Not even the header.
    buffer_init(&out, 5);
    start = cql_frame_begin(&out, CQL_OP_QUERY, 1);
    assert_int_equal(cql_frame_end(&out, start, true), STATUS_TOO_LARGE);
    assert_int_equal(out.len, 0);
    buffer_free(&out);
}

static void test_requests_without_memory(void **state) {
    (void)state;
    char body[60000] = {0};
    for (long n = 0;; n++) {
        struct buffer out;
        buffer_init(&out, 1 << 20);
        failing_malloc_arm(n);
        size_t start = cql_frame_begin(&out, CQL_OP_QUERY, 1);
        buffer_append(&out, body, sizeof body);
        enum status status = cql_frame_end(&out, start, true);
        bool failed = failing_malloc_disarm();
        if (status == STATUS_OK) {
            // Without room to compress it goes as it is.
            assert_true(failed ? out.len == sizeof body + 9 : out.len < 1000);
        } else {
            assert_int_equal(status, STATUS_NO_MEMORY);
            assert_int_equal(out.len, 0);
        }
        assert_int_equal(buffer_status(&out), STATUS_OK);
        buffer_free(&out);
        if (!failed) {
            break;
        }
        assert_true(n < 100);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_share_a_buffer),
        cmocka_unit_test(test_requests_are_compressed_when_it_helps),
        cmocka_unit_test(test_a_request_too_large_is_taken_back),
        cmocka_unit_test(test_requests_without_memory),
    };
    return cmocka_run_group_tests_name("cql frame out", tests, NULL, NULL);
}
