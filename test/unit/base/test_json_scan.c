// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// json_scan: members of the outermost container, strict commas and colons, hostile input, every truncation.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json_read.h"

// A tight copy, so that AddressSanitizer sees a byte too far. Returns the final status, and how many members came.
static enum status scan(const char *text, size_t len, size_t *count) {
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    struct json_scan s;
    struct json_scan_member member;
    *count = 0;
    enum status status = json_scan_begin(&s, str_make(copy, len));
    while (status == STATUS_OK) {
        status = json_scan_next(&s, &member);
        *count += status == STATUS_OK;
    }
    free(copy);
    return status;
}

static void test_members(void **state) {
    (void)state;
    struct json_scan s;
    struct json_scan_member m;
    struct str text =
        STR(" {\"a\" : [1,{\"x\":\"]}\"}] ,\"b\\\"\":\"q\\\"\\\\\",\"c\":-1.5 ,\"d\":true} ");
    assert_int_equal(json_scan_begin(&s, text), STATUS_OK);
    assert_int_equal(s.type, JSON_OBJECT);
    assert_int_equal(json_scan_next(&s, &m), STATUS_OK);
    assert_true(str_equal(m.key, STR("a")) && str_equal(m.raw, STR("[1,{\"x\":\"]}\"}]")));
    assert_int_equal(m.type, JSON_ARRAY);
    assert_int_equal(json_scan_next(&s, &m), STATUS_OK);
    assert_true(str_equal(m.key, STR("b\\\"")) && str_equal(m.raw, STR("\"q\\\"\\\\\"")));
    assert_int_equal(m.type, JSON_STRING);
    assert_int_equal(json_scan_next(&s, &m), STATUS_OK);
    assert_true(str_equal(m.key, STR("c")) && str_equal(m.raw, STR("-1.5")));
    assert_int_equal(m.type, JSON_NUMBER);
    assert_int_equal(json_scan_next(&s, &m), STATUS_OK);
    assert_true(str_equal(m.raw, STR("true")));
    assert_int_equal(m.type, JSON_TRUE);
    assert_int_equal(json_scan_next(&s, &m), STATUS_END);
    assert_int_equal(s.offset, text.len);
}

static void test_statuses(void **state) {
    static const struct {
        const char *text;
        enum status status;
        size_t count;
    } table[] = {
        {"", STATUS_SYNTAX, 0},
        {"1", STATUS_SYNTAX, 0},
        {"\"[]\"", STATUS_SYNTAX, 0},
        {"[]", STATUS_END, 0},
        {"{}", STATUS_END, 0},
        {" [ ] ", STATUS_END, 0},
        {"[1,2,3]", STATUS_END, 3},
        {"[1 2]", STATUS_SYNTAX, 1},
        {"[1,]", STATUS_SYNTAX, 1},
        {"[,1]", STATUS_SYNTAX, 0},
        {"[1,,2]", STATUS_SYNTAX, 1},
        {"[1}", STATUS_SYNTAX, 1},
        {"[]x", STATUS_SYNTAX, 0},
        {"[1]]", STATUS_SYNTAX, 1},
        {"{\"a\" 1}", STATUS_SYNTAX, 0},
        {"{a:1}", STATUS_SYNTAX, 0},
        {"{\"a\":}", STATUS_SYNTAX, 0},
        {"{\"a\":1,}", STATUS_SYNTAX, 1},
        {"{\"a\"::1}", STATUS_SYNTAX, 0},
        {"[1", STATUS_TRUNCATED, 1},
        {"[", STATUS_TRUNCATED, 0},
        {"{\"a", STATUS_TRUNCATED, 0},
        {"{\"a\"", STATUS_TRUNCATED, 0},
        {"{\"a\":", STATUS_TRUNCATED, 0},
        {"[\"a", STATUS_TRUNCATED, 0},
        {"[\"a\\", STATUS_TRUNCATED, 0},
        {"[[[]]", STATUS_TRUNCATED, 1},
        {"[\"a\"\"b\"]", STATUS_SYNTAX, 1},
        {"[1\"a\"]", STATUS_SYNTAX, 1},
        {"[x,y]", STATUS_END, 2}, // json_parse judges them
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        size_t count;
        enum status status = scan(table[i].text, strlen(table[i].text), &count);
        if (status != table[i].status || count != table[i].count) {
            fail_msg("%s: %s after %zu", table[i].text, status_name(status), count);
        }
    }
}

// Strings, escapes and brackets across every position of the 64-byte blocks.
static void test_block_edges(void **state) {
    (void)state;
    for (size_t shift = 0; shift < 140; shift++) {
        for (size_t slashes = 0; slashes < 8; slashes++) {
            char text[300];
            size_t len = 0, count;
            memcpy(text, "[{\"", 3);
            len = 3;
            memset(text + len, 'x', shift);
            len += shift;
            memset(text + len, '\\', slashes);
            len += slashes;
            static const char odd[] = "\"]}[{\":[\"}\"]},2]", even[] = "\":[\"}\\\\\"]},2]";
            memcpy(text + len, slashes % 2 ? odd : even, slashes % 2 ? sizeof(odd) : sizeof(even));
            len += slashes % 2 ? sizeof(odd) - 1 : sizeof(even) - 1;
            assert_int_equal(scan(text, len, &count), STATUS_END);
            assert_int_equal(count, 2);
            for (size_t cut = 1; cut < len; cut += shift % 7 + 1) {
                assert_int_equal(scan(text, cut, &count), STATUS_TRUNCATED);
            }
        }
    }
}

static void test_hostile(void **state) {
    enum { MANY = 4 << 20 };
    static const char *const fills[] = {"[", "{", "\"", "\\", "[\"", "\"\\", "[]", "{\"a\":"};
    char *text = malloc(MANY);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
        size_t count, len = strlen(fills[i]);
        for (size_t at = 0; at < MANY; at++) {
            text[at] = fills[i][at % len];
        }
        text[0] = '[';
        assert_int_not_equal(scan(text, MANY, &count), STATUS_OK);
        text[1] = '[';
        assert_int_not_equal(scan(text, MANY, &count), STATUS_OK);
        text[1] = '"';
        assert_int_not_equal(scan(text, MANY, &count), STATUS_OK);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_block_edges),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
