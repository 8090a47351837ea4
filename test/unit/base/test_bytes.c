// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Encodings: round trips, order, every truncation, overlong varints, CRC-32C vectors.
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint64_t edges[] = {0,          1,           0x7F,       0x80,
                                 0xFF,       0x100,       0x3FFF,     0x4000,
                                 0xFFFF,     0x10000,     0x7FFFFFFF, 0x80000000,
                                 0xFFFFFFFF, 0x100000000, INT64_MAX,  (uint64_t)INT64_MAX + 1,
                                 UINT64_MAX};
#define EDGES (sizeof edges / sizeof edges[0])

static void test_round_trips(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10000);
    for (size_t i = 0; i < EDGES; i++) {
        bytes_put_u8(&buffer, (uint8_t)edges[i]);
        bytes_put_be16(&buffer, (uint16_t)edges[i]);
        bytes_put_be32(&buffer, (uint32_t)edges[i]);
        bytes_put_be64(&buffer, edges[i]);
        bytes_put_varint(&buffer, edges[i]);
        bytes_put_zigzag(&buffer, (int64_t)edges[i]);
        bytes_put_str(&buffer, STR("key"));
        bytes_put_str(&buffer, STR_EMPTY);
    }
    assert_int_equal(buffer_status(&buffer), STATUS_OK);
    struct str in = buffer_str(&buffer);
    for (size_t i = 0; i < EDGES; i++) {
        uint8_t u8 = 0;
        uint16_t u16 = 0;
        uint32_t u32 = 0;
        uint64_t u64 = 0;
        int64_t i64 = 0;
        struct str text = STR_EMPTY;
        assert_true(bytes_get_u8(&in, &u8) && u8 == (uint8_t)edges[i]);
        assert_true(bytes_get_be16(&in, &u16) && u16 == (uint16_t)edges[i]);
        assert_true(bytes_get_be32(&in, &u32) && u32 == (uint32_t)edges[i]);
        assert_true(bytes_get_be64(&in, &u64) && u64 == edges[i]);
        assert_true(bytes_get_varint(&in, &u64) && u64 == edges[i]);
        assert_true(bytes_get_zigzag(&in, &i64) && i64 == (int64_t)edges[i]);
        assert_true(bytes_get_str(&in, &text) && str_equal(text, STR("key")));
        assert_true(bytes_get_str(&in, &text) && text.len == 0);
    }
    assert_int_equal(in.len, 0);
    buffer_free(&buffer);
}

static void test_big_endian_keeps_order(void **state) {
    (void)state;
    for (size_t i = 1; i < EDGES; i++) {
        struct buffer a;
        struct buffer b;
        buffer_init(&a, 8);
        buffer_init(&b, 8);
        bytes_put_be64(&a, edges[i - 1]);
        bytes_put_be64(&b, edges[i]);
        assert_true(str_compare(buffer_str(&a), buffer_str(&b)) < 0);
        buffer_free(&a);
        buffer_free(&b);
    }
}

static void test_truncation_leaves_the_cursor(void **state) {
    (void)state;
    struct str in = STR("\x80\x80\x80");
    struct str before = in;
    uint64_t u64 = 5;
    uint32_t u32 = 5;
    uint16_t u16 = 5;
    uint8_t u8 = 5;
    int64_t i64 = 5;
    struct str text = STR("x");
    assert_false(bytes_get_be32(&in, &u32));
    assert_false(bytes_get_be64(&in, &u64));
    assert_false(bytes_get_varint(&in, &u64));
    assert_false(bytes_get_zigzag(&in, &i64));
    assert_false(bytes_get_str(&in, &text));
    assert_ptr_equal(in.data, before.data);
    assert_int_equal(in.len, before.len);
    struct str empty = STR_EMPTY;
    assert_false(bytes_get_u8(&empty, &u8));
    assert_false(bytes_get_be16(&empty, &u16));
    assert_true(u64 == 5 && u32 == 5 && u16 == 5 && u8 == 5 && i64 == 5 && text.len == 1);
    struct str short_text = STR("\x04"
                                "abc");
    assert_false(bytes_get_str(&short_text, &text));
    assert_int_equal(short_text.len, 4);
    struct str giant = STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                           "abc");
    assert_false(bytes_get_str(&giant, &text));
    assert_int_equal(giant.len, 13);
}

static void test_overlong_varints_are_refused(void **state) {
    (void)state;
    static const struct str bad[] = {
        STR_INIT("\x80\x00"),                                     // 0 in two bytes
        STR_INIT("\xff\x80\x00"),                                 //
        STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),     // bit 64
        STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00"), // eleven bytes
        STR_INIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct str in = bad[i];
        uint64_t value = 0;
        assert_false(bytes_get_varint(&in, &value));
        assert_int_equal(in.len, bad[i].len);
    }
}

static void test_zigzag_is_protobufs(void **state) {
    (void)state;
    static const int64_t values[] = {0, -1, 1, -2};
    for (size_t i = 0; i < 4; i++) {
        struct buffer buffer;
        buffer_init(&buffer, 10);
        bytes_put_zigzag(&buffer, values[i]);
        assert_int_equal(buffer.len, 1);
        assert_int_equal(buffer.data[0], (char)i);
        buffer_free(&buffer);
    }
}

static void test_crc32c_vectors(void **state) {
    (void)state;
    // RFC 3720, appendix B.4, and the check value of the Rocksoft catalogue.
    unsigned char bytes[32] = {0};
    assert_true(bytes_crc32c(bytes, 32) == 0x8A9136AA);
    memset(bytes, 0xFF, sizeof bytes);
    assert_true(bytes_crc32c(bytes, 32) == 0x62A8AB43);
    for (unsigned char i = 0; i < 32; i++) {
        bytes[i] = i;
    }
    assert_true(bytes_crc32c(bytes, 32) == 0x46DD794E);
    assert_true(bytes_crc32c("123456789", 9) == 0xE3069283);
    assert_true(bytes_crc32c(NULL, 0) == 0);
}

static void test_crc32c_both_ways_agree(void **state) {
    (void)state;
    unsigned char bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * 131 + 7);
    }
    for (size_t start = 0; start < 9; start++) {
        for (size_t len = 0; len + start < sizeof bytes; len++) {
            assert_true(bytes_crc32c(bytes + start, len) ==
                        bytes_crc32c_portable(bytes + start, len));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_big_endian_keeps_order),
        cmocka_unit_test(test_truncation_leaves_the_cursor),
        cmocka_unit_test(test_overlong_varints_are_refused),
        cmocka_unit_test(test_zigzag_is_protobufs),
        cmocka_unit_test(test_crc32c_vectors),
        cmocka_unit_test(test_crc32c_both_ways_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
