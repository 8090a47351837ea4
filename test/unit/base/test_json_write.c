// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// json_write: commas, every escape, UTF-8 refused, doubles that read back, full buffers.
#include "base/json_write.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct buffer out;
static struct json_writer w;

static int setup(void **state) {
    (void)state;
    buffer_init(&out, 1 << 20);
    json_writer_init(&w, &out);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    buffer_free(&out);
    return 0;
}

static void start(void) {
    buffer_clear(&out);
    json_writer_init(&w, &out);
}

static void check(const char *wanted) {
    assert_int_equal(json_writer_status(&w), STATUS_OK);
    buffer_append_char(&out, '\0');
    assert_string_equal(out.data, wanted);
    start();
}

static void write_document(void) {
    json_begin_object(&w);
    json_member_string(&w, STR("s"), STR("x"));
    json_member_string_or_null(&w, STR("n"), STR_EMPTY);
    json_member_string_or_null(&w, STR("e"), STR(""));
    json_member_i64(&w, STR("i"), INT64_MIN);
    json_member_u64(&w, STR("u"), UINT64_MAX);
    json_member_double(&w, STR("d"), 0.5);
    json_member_bool(&w, STR("t"), true);
    json_member_bool(&w, STR("f"), false);
    json_member_time(&w, STR("at"), 0);
    json_member_raw(&w, STR("r"), STR("{ }"));
    json_key(&w, STR("a\n"));
    json_begin_array(&w);
    json_begin_object(&w);
    json_end_object(&w);
    json_begin_array(&w);
    json_end_array(&w);
    json_null(&w);
    json_i64(&w, 0);
    json_end_array(&w);
    json_end_object(&w);
}

static const char document[] =
    "{\"s\":\"x\",\"n\":null,\"e\":\"\",\"i\":-9223372036854775808,\"u\":18446744073709551615,"
    "\"d\":0.5,\"t\":true,\"f\":false,\"at\":\"1970-01-01T00:00:00.000Z\",\"r\":{ },"
    "\"a\\n\":[{},[],null,0]}";

static void test_document(void **state) {
    (void)state;
    write_document();
    check(document);
}

static void test_escapes(void **state) {
    (void)state;
    json_string(&w, STR("\"\\/\b\f\n\r\t\x01\x1f\x7f<>&"));
    check("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f<>&\"");
    json_string(&w, STR("a\0b"));
    check("\"a\\u0000b\"");
    json_string(&w, STR("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"));
    check("\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"");
    json_string(&w, STR("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 and then some plain text\n"));
    check("\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 and then some plain text\\n\"");
}

// A character that needs care at each place of a vector and of the rest behind it.
static void test_every_position(void **state) {
    static const unsigned char special[] = {'"', '\\', 0x00, 0x1f, 0x80, 0xff};
    (void)state;
    for (size_t len = 1; len < 50; len++) {
        for (size_t at = 0; at < len; at++) {
            for (size_t i = 0; i < sizeof(special); i++) {
                char *text = malloc(len);
                assert_non_null(text);
                memset(text, 'x', len);
                text[at] = (char)special[i];
                json_string(&w, str_make(text, len));
                bool bad = special[i] >= 0x80;
                assert_int_equal(json_writer_status(&w), bad ? STATUS_INVALID_UTF8 : STATUS_OK);
                assert_true(bad || out.len == len + 2 + (special[i] < 0x20 ? 5 : 1));
                start();
                free(text);
            }
        }
    }
}

static void test_invalid_utf8(void **state) {
    static const char *const bad[] = {
        "\x80",     "\xc0\x80",        "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xe2\x82", "abc\xf0\x9f\x98", "\xe2\x80"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_begin_array(&w);
        json_string(&w, str_from_c(bad[i]));
        size_t len = out.len;
        write_document(); // the failure sticks and nothing more is written
        assert_int_equal(json_writer_status(&w), STATUS_INVALID_UTF8);
        assert_int_equal(out.len, len);
        start();
        json_key(&w, str_from_c(bad[i]));
        assert_int_equal(json_writer_status(&w), STATUS_INVALID_UTF8);
        start();
    }
}

static void test_doubles(void **state) {
    static const struct {
        double value;
        const char *text;
    } table[] = {{0, "0"},
                 {-0.0, "-0"},
                 {1, "1"},
                 {-42, "-42"},
                 {0.1, "0.1"},
                 {19.95, "19.95"},
                 {0.30000000000000004, "0.30000000000000004"},
                 {123456789012345, "123456789012345"},
                 {1e21, "1e+21"},
                 {5e-324, NULL},
                 {DBL_MAX, "1.7976931348623157e+308"},
                 {1.0 / 3, "0.3333333333333333"},
                 {9007199254740993.0, NULL},
                 {(double)NAN, "null"},
                 {(double)INFINITY, "null"},
                 {-(double)INFINITY, "null"}};
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        json_double(&w, table[i].value);
        if (table[i].text) {
            check(table[i].text);
        } else {
            buffer_append_char(&out, '\0');
            assert_true(strtod(out.data, NULL) == table[i].value);
            start();
        }
    }
}

// Exactly enough room is enough, and one byte less is refused without a byte too many.
static void test_full_buffer(void **state) {
    (void)state;
    for (size_t max = 0; max <= sizeof(document) - 1; max++) {
        struct buffer small;
        buffer_init(&small, max);
        json_writer_init(&w, &small);
        write_document();
        bool fits = max == sizeof(document) - 1;
        assert_int_equal(json_writer_status(&w), fits ? STATUS_OK : STATUS_TOO_LARGE);
        assert_true(small.len <= max);
        buffer_free(&small);
    }
}

static void test_lines_are_joined(void **state) {
    (void)state;
    buffer_append_str(&out, STR("first\n{\"a\":\r\n1,\n\"b\":\"\\n\"}"));
    json_join_lines(&out, 6);
    check("first\n{\"a\":  1, \"b\":\"\\n\"}");
    json_join_lines(&out, 0); // of nothing
    check("");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_document, setup, teardown),
        cmocka_unit_test_setup_teardown(test_escapes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_position, setup, teardown),
        cmocka_unit_test_setup_teardown(test_invalid_utf8, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doubles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_buffer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_are_joined, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
