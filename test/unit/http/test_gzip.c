// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// gzip there and back: bombs, cuts at every byte, flipped bits, members, and what is no gzip.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

#include "http/gzip.h"

static struct buffer pack(struct str plain) {
    struct buffer out;
    buffer_init(&out, 1 << 24);
    assert_int_equal(gzip_deflate(plain, 6, &out), STATUS_OK);
    assert_true(gzip_looks_like(buffer_str(&out)));
    return out;
}

static enum status unpack(struct str packed, size_t max, struct str wanted) {
    struct buffer out;
    buffer_init(&out, max);
    enum status status = gzip_inflate(packed, &out);
    assert_true(out.len <= max);
    if (status == STATUS_OK) {
        assert_true(str_equal(buffer_str(&out), wanted));
    }
    buffer_free(&out);
    return status;
}

static struct str make_text(size_t len) {
    char *text = malloc(len + 1);
    assert_non_null(text);
    uint32_t state = 1;
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525u + 1013904223u;
        text[i] = (char)('a' + (state >> 24) % 7);
    }
    return str_make(text, len);
}

static void test_round_trips(void **state) {
    (void)state;
    static const size_t SIZES[] = {0, 1, 100, 16383, 16384, 16385, 1000000};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        struct str text = make_text(SIZES[i]);
        struct buffer packed = pack(text);
        assert_int_equal(unpack(buffer_str(&packed), SIZES[i] + 100000, text), STATUS_OK);
        assert_int_equal(unpack(buffer_str(&packed), SIZES[i], text),
                         STATUS_OK); // exactly the limit
        if (SIZES[i] > 0) {
            assert_int_equal(unpack(buffer_str(&packed), SIZES[i] - 1, text), STATUS_TOO_LARGE);
        }
        buffer_free(&packed);
        free((void *)(uintptr_t)text.data);
    }
}

static void test_a_bomb_stops_at_the_limit(void **state) {
    (void)state;
    size_t size = (size_t)8 << 20;
    char *zeros = calloc(1, size);
    assert_non_null(zeros);
    struct buffer packed = pack(str_make(zeros, size));
    assert_true(packed.len < size / 500);
    assert_int_equal(unpack(buffer_str(&packed), 100000, STR_EMPTY), STATUS_TOO_LARGE);
    free(zeros);
    buffer_free(&packed);
}

static void test_cut_at_every_byte(void **state) {
    (void)state;
    struct str text = make_text(3000);
    struct buffer packed = pack(text);
    for (size_t len = 0; len < packed.len; len++) {
        char *copy = malloc(len + 1); // so that a sanitizer sees a read behind the end
        assert_non_null(copy);
        memcpy(copy, packed.data, len);
        assert_int_equal(unpack(str_make(copy, len), 10000, STR_EMPTY), STATUS_TRUNCATED);
        free(copy);
    }
    buffer_free(&packed);
    free((void *)(uintptr_t)text.data);
}

static void test_damage_is_noticed(void **state) {
    (void)state;
    struct str text = make_text(500);
    struct buffer packed = pack(text);
    for (size_t i = 0; i < packed.len * 8; i++) {
        packed.data[i / 8] = (char)(packed.data[i / 8] ^ 1 << i % 8);
        // Some bits mean nothing (the time, the system, what fills the last byte): either an error or the same content.
        (void)!unpack(buffer_str(&packed), 10000, text);
        packed.data[i / 8] = (char)(packed.data[i / 8] ^ 1 << i % 8);
    }
    packed.data[packed.len - 6] = (char)(packed.data[packed.len - 6] ^ 1); // check sum
    assert_int_equal(unpack(buffer_str(&packed), 10000, text), STATUS_CORRUPT);
    buffer_free(&packed);
    free((void *)(uintptr_t)text.data);
}

static void test_members_and_what_follows(void **state) {
    (void)state;
    struct buffer packed = pack(STR("hello "));
    struct buffer second = pack(STR("world"));
    buffer_append_str(&packed, buffer_str(&second));
    assert_int_equal(unpack(buffer_str(&packed), 1000, STR("hello world")), STATUS_OK);
    assert_int_equal(unpack(buffer_str(&packed), 10, STR_EMPTY), STATUS_TOO_LARGE);
    assert_int_equal(unpack(str_make(packed.data, packed.len - 3), 1000, STR_EMPTY),
                     STATUS_TRUNCATED);
    buffer_append_char(&packed, '\0');
    assert_int_equal(unpack(buffer_str(&packed), 1000, STR_EMPTY), STATUS_SYNTAX);
    buffer_append_str(&packed, STR("trailing"));
    assert_int_equal(unpack(buffer_str(&packed), 1000, STR_EMPTY), STATUS_SYNTAX);
    buffer_free(&packed);
    buffer_free(&second);
}

static void test_zlib_streams(void **state) {
    (void)state;
    static const Bytef TEXT[] = "hello hello hello hello";
    for (int level = 0; level <= 9; level++) {
        Bytef packed[200];
        uLongf len = sizeof packed;
        assert_int_equal(compress2(packed, &len, TEXT, sizeof TEXT - 1, level), Z_OK);
        struct str stream = str_make((const char *)packed, len);
        assert_int_equal(unpack(stream, 1000, STR("hello hello hello hello")), STATUS_OK);
        assert_int_equal(unpack(str_make(stream.data, len - 1), 1000, STR_EMPTY), STATUS_TRUNCATED);
        packed[len] = 'x';
        assert_int_equal(unpack(str_make(stream.data, len + 1), 1000, STR_EMPTY), STATUS_SYNTAX);
    }
}

static void test_what_is_no_gzip(void **state) {
    (void)state;
    assert_int_equal(unpack(STR("{\"a\":1}"), 1000, STR_EMPTY), STATUS_SYNTAX);
    assert_int_equal(unpack(STR("x"), 1000, STR_EMPTY), STATUS_TRUNCATED); // 78: may become zlib
    assert_int_equal(unpack(STR("xyz"), 1000, STR_EMPTY), STATUS_SYNTAX);
    assert_int_equal(unpack(STR_EMPTY, 1000, STR_EMPTY), STATUS_TRUNCATED);
    assert_int_equal(unpack(STR("\x1f\x8b\x07\x00\x00\x00\x00\x00\x00\x00"), 1000, STR_EMPTY),
                     STATUS_CORRUPT);
    assert_false(gzip_looks_like(STR("\x1f")));
}

static void test_deflate_within_a_limit(void **state) {
    (void)state;
    struct str text = make_text(100000);
    struct buffer out;
    buffer_init(&out, 100);
    buffer_append_str(&out, STR("kept"));
    assert_int_equal(gzip_deflate(text, 6, &out), STATUS_TOO_LARGE);
    assert_true(str_equal(buffer_str(&out), STR("kept")));
    buffer_free(&out);
    free((void *)(uintptr_t)text.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_a_bomb_stops_at_the_limit),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_damage_is_noticed),
        cmocka_unit_test(test_members_and_what_follows),
        cmocka_unit_test(test_zlib_streams),
        cmocka_unit_test(test_what_is_no_gzip),
        cmocka_unit_test(test_deflate_within_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
