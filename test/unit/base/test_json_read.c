// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// json_parse: what it refuses and how, exact slices, escapes, limits, duplicate keys, no memory.
#include "base/json_read.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "support/failing_malloc.h"

struct fixture {
    struct json_parser *parser;
    struct arena arena;
    struct error err;
    const struct json_value *root;
    char *input;
};

static const struct json_limits limits = {.depth = 16, .values = 100000, .bytes = 1 << 22};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof(*f));
    arena_init(&f->arena, 4096, 0);
    *state = f;
    return json_parser_make(&f->parser) == STATUS_OK ? 0 : -1;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    json_parser_free(f->parser);
    arena_free(&f->arena);
    free(f->input);
    free(f);
    return 0;
}

// The padding would close any container and string: it must never be taken for input.
static enum status parse_with(struct fixture *f, const void *data, size_t len,
                              const struct json_limits *with) {
    free(f->input);
    f->input = malloc(len + JSON_PADDING);
    assert_non_null(f->input);
    if (len > 0) {
        memcpy(f->input, data, len);
    }
    for (size_t i = 0; i < JSON_PADDING; i++) {
        f->input[len + i] = "\"}]"[i % 3];
    }
    arena_reset(&f->arena);
    f->err = (struct error){.status = STATUS_OK};
    f->root = NULL;
    enum status status =
        json_parse(f->parser, str_make(f->input, len), with, &f->arena, &f->root, &f->err);
    assert_int_equal(f->err.status, status);
    assert_int_equal(f->root != NULL, status == STATUS_OK);
    return status;
}

static enum status parse(struct fixture *f, const char *text) {
    return parse_with(f, text, strlen(text), &limits);
}

struct broken {
    const char *text;
    enum status status;
};

static const struct broken broken_inputs[] = {
    {"", STATUS_SYNTAX},
    {"  \n", STATUS_SYNTAX},
    {"{", STATUS_SYNTAX},
    {"[", STATUS_SYNTAX},
    {"}", STATUS_SYNTAX},
    {"[}", STATUS_SYNTAX},
    {"{]", STATUS_SYNTAX},
    {"[1,]", STATUS_SYNTAX},
    {"[,1]", STATUS_SYNTAX},
    {"[1 2]", STATUS_SYNTAX},
    {"[1,,2]", STATUS_SYNTAX},
    {"[1]]", STATUS_SYNTAX},
    {"[1] 2", STATUS_SYNTAX},
    {"{\"a\"}", STATUS_SYNTAX},
    {"{\"a\":}", STATUS_SYNTAX},
    {"{\"a\":1,}", STATUS_SYNTAX},
    {"{\"a\" 1}", STATUS_SYNTAX},
    {"{a:1}", STATUS_SYNTAX},
    {"{1:1}", STATUS_SYNTAX},
    {"{\"a\"::1}", STATUS_SYNTAX},
    {"[\"a\":1]", STATUS_SYNTAX},
    {"'a'", STATUS_SYNTAX},
    {"\"a", STATUS_SYNTAX},
    {"\"a\\\"", STATUS_SYNTAX},
    {"\"a\"b", STATUS_SYNTAX},
    {"1\"a\"", STATUS_SYNTAX},
    {"1\"a b,c\"", STATUS_SYNTAX},
    {"\"a\"\"b\"", STATUS_SYNTAX},
    {"\"a\nb\"", STATUS_SYNTAX},
    {"\"\\x\"", STATUS_SYNTAX},
    {"\"\\u12\"", STATUS_SYNTAX},
    {"\"\\u12g4\"", STATUS_SYNTAX},
    {"\"\\U0041\"", STATUS_SYNTAX},
    {"\"\\ud800\"", STATUS_INVALID_UTF8},
    {"\"\\udc00\"", STATUS_INVALID_UTF8},
    {"\"\\ud800\\ud800\"", STATUS_INVALID_UTF8},
    {"\"\\ud800\\u0041\"", STATUS_INVALID_UTF8},
    {"\"\\ud800x\"", STATUS_INVALID_UTF8},
    {"{\"\\udfff\":1}", STATUS_INVALID_UTF8},
    {"\"\xff\"", STATUS_INVALID_UTF8},
    {"\"\xc0\x80\"", STATUS_INVALID_UTF8},
    {"\"\xed\xa0\x80\"", STATUS_INVALID_UTF8},
    {"\"\xf4\x90\x80\x80\"", STATUS_INVALID_UTF8},
    {"\"\xe2\x82\"", STATUS_INVALID_UTF8},
    {"\xef\xbb\xbf{}", STATUS_SYNTAX},
    {"-", STATUS_SYNTAX},
    {"+1", STATUS_SYNTAX},
    {"01", STATUS_SYNTAX},
    {"-01", STATUS_SYNTAX},
    {"1.", STATUS_SYNTAX},
    {".5", STATUS_SYNTAX},
    {"1e", STATUS_SYNTAX},
    {"1e+", STATUS_SYNTAX},
    {"1.e5", STATUS_SYNTAX},
    {"0x10", STATUS_SYNTAX},
    {"1_000", STATUS_SYNTAX},
    {"NaN", STATUS_SYNTAX},
    {"Infinity", STATUS_SYNTAX},
    {"-Infinity", STATUS_SYNTAX},
    {"True", STATUS_SYNTAX},
    {"tru", STATUS_SYNTAX},
    {"truee", STATUS_SYNTAX},
    {"nul", STATUS_SYNTAX},
    {"[1]\f", STATUS_SYNTAX},
    {"[1\v]", STATUS_SYNTAX},
    {"[1]//x", STATUS_SYNTAX},
    {"[1\x1a]", STATUS_SYNTAX},
    {"\\", STATUS_SYNTAX},
    {"[\\]", STATUS_SYNTAX},
    {"{\"a\":1,\"a\":2}", STATUS_DUPLICATE_KEY},
    {"{\"a\":1,\"\\u0061\":2}", STATUS_DUPLICATE_KEY},
    {"{\"\":1,\"\":2}", STATUS_DUPLICATE_KEY},
    {"[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]", STATUS_DUPLICATE_KEY},
};

static void test_broken(void **state) {
    for (size_t i = 0; i < sizeof(broken_inputs) / sizeof(broken_inputs[0]); i++) {
        enum status status = parse(*state, broken_inputs[i].text);
        if (status != broken_inputs[i].status) {
            fail_msg("%s: %s", broken_inputs[i].text, status_name(status));
        }
    }
    static const char nul[] = "[1]\0";
    assert_int_equal(parse_with(*state, nul, sizeof(nul) - 1, &limits), STATUS_SYNTAX);
}

static void test_error_text(void **state) {
    struct fixture *f = *state;
    assert_int_equal(parse(f, "{\"type\":\"x\",\"price\":01}"), STATUS_SYNTAX);
    assert_string_equal(f->err.text, "malformed number at byte 20, after key \"price\"");
    assert_int_equal(parse(f, "[tru]"), STATUS_SYNTAX);
    assert_string_equal(f->err.text, "expected a value at byte 1");
    assert_int_equal(parse(f, "{\"title\":\"\xff\"}"), STATUS_INVALID_UTF8);
    assert_string_equal(f->err.text, "invalid UTF-8 at byte 10, after key \"title\"");
    assert_int_equal(parse(f, "{\"title\":\"a\tb\"}"), STATUS_SYNTAX);
    assert_string_equal(f->err.text,
                        "control character in a string at byte 11, after key \"title\"");
    assert_int_equal(parse(f, "{\"title\":\"ab}"), STATUS_SYNTAX);
    assert_string_equal(f->err.text, "string without closing quote at byte 9, after key \"title\"");
    assert_int_equal(parse(f, "{\"a\":\"x\\q\"}"), STATUS_SYNTAX);
    assert_string_equal(f->err.text, "unknown escape in a string at byte 7, after key \"a\"");
    assert_int_equal(parse(f, "{\"a\":1,\"a\":2}"), STATUS_DUPLICATE_KEY);
    assert_string_equal(f->err.text,
                        "a key appears twice in one object at byte 7, after key \"a\"");
    assert_int_equal(parse(f, "{\"\\n\\u001b[31m\":x}"), STATUS_SYNTAX);
    assert_string_equal(f->err.text, "expected a value at byte 16, after key \"??[31m\"");
}

static void test_truncation(void **state) {
    static const char whole[] = "{\"a\":[1,-2.5e+3,true,false,null,\"x\\\"\\u00e9\"],"
                                "\"\\ud83d\\ude00\":{\"b\":{},\"c\":[]},\"d\":\"\xe2\x82\xac\"}";
    assert_int_equal(parse(*state, whole), STATUS_OK);
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        assert_int_not_equal(parse_with(*state, whole, len, &limits), STATUS_OK);
    }
}

static void test_tree_and_raw(void **state) {
    struct fixture *f = *state;
    assert_int_equal(parse(f, " { \"a\" : [ 1 , { } ] ,\n\"b\\n\" : \"x\\ty\" , \"c\":-0.5e1 } "),
                     STATUS_OK);
    const struct json_value *root = f->root, *a = json_get(root, STR("a"));
    assert_int_equal(root->type, JSON_OBJECT);
    assert_int_equal(root->count, 3);
    assert_null(root->key.data);
    assert_ptr_equal(root->raw.data, f->input + 1);
    assert_int_equal(root->raw.len,
                     strlen(" { \"a\" : [ 1 , { } ] ,\n\"b\\n\" : \"x\\ty\" , \"c\":-0.5e1 }") - 1);
    assert_true(str_equal(a->raw, STR("[ 1 , { } ]")));
    assert_int_equal(a->count, 2);
    assert_true(str_equal(a->child->raw, STR("1")));
    assert_true(str_equal(a->child->next->raw, STR("{ }")));
    assert_null(a->child->next->next);
    assert_null(a->child->next->child);
    const struct json_value *b = json_get(root, STR("b\n"));
    assert_true(str_equal(b->text, STR("x\ty")));
    assert_true(str_equal(b->raw, STR("\"x\\ty\"")));
    assert_true(str_equal(json_get(root, STR("c"))->text, STR("-0.5e1")));
    assert_null(json_get(root, STR("d")));
    assert_null(json_get(NULL, STR("d")));
    assert_null(json_get(a, STR("d")));
    assert_null(json_get_string(root, STR("c")).data);
    assert_true(str_equal(json_get_string(root, STR("b\n")), STR("x\ty")));
    assert_int_equal(parse(f, "\"plain\""), STATUS_OK);
    assert_ptr_equal(f->root->text.data, f->input + 1); // no copy where none is needed
    assert_int_equal(parse(f, "\"\""), STATUS_OK);
    assert_true(f->root->text.len == 0 && f->root->text.data != NULL);
}

static void test_escapes(void **state) {
    struct fixture *f = *state;
    assert_int_equal(
        parse(f, "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\","
                 "\"a\\u0000b\",\"plain\",\"\\\\\"]"),
        STATUS_OK);
    const struct json_value *v = f->root->child;
    assert_true(str_equal(v->text, STR("\"\\/\b\f\n\r\t")));
    v = v->next;
    assert_true(str_equal(v->text, STR("A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
    v = v->next;
    assert_true(str_equal(v->text, STR("a\0b")));
    v = v->next;
    assert_true(str_equal(v->text, STR("plain")));
    assert_true(str_equal(v->next->text, STR("\\")));
}

static void test_numbers(void **state) {
    struct fixture *f = *state;
    int64_t i = 5;
    double d = 5;
    assert_int_equal(
        parse(f, "[0,-0,9223372036854775807,-9223372036854775808,9223372036854775808,"
                 "1.0,1e3,1e400,-1e400,1e-400,0.1,123456789012345678,1.7976931348623157e308,"
                 "4.9e-324,\"1\"]"),
        STATUS_OK);
    static const struct {
        bool whole;
        int64_t i;
        bool real;
        double d;
    } wanted[] = {{true, 0, true, 0},
                  {true, 0, true, -0.0},
                  {true, INT64_MAX, true, 9223372036854775807.0},
                  {true, INT64_MIN, true, -9223372036854775808.0},
                  {false, 0, true, 9223372036854775808.0},
                  {false, 0, true, 1},
                  {false, 0, true, 1000},
                  {false, 0, false, 0},
                  {false, 0, false, 0},
                  {false, 0, true, 0},
                  {false, 0, true, 0.1},
                  {true, 123456789012345678, true, 123456789012345678.0},
                  {false, 0, true, DBL_MAX},
                  {false, 0, true, 4.9e-324},
                  {false, 0, false, 0}};
    size_t n = 0;
    for (const struct json_value *v = f->root->child; v; v = v->next, n++) {
        assert_int_equal(json_to_i64(v, &i), wanted[n].whole);
        assert_true(!wanted[n].whole || i == wanted[n].i);
        assert_int_equal(json_to_double(v, &d), wanted[n].real);
        assert_true(!wanted[n].real || memcmp(&d, &wanted[n].d, sizeof(d)) == 0);
    }
    assert_int_equal(n, sizeof(wanted) / sizeof(wanted[0]));
    assert_false(json_to_i64(NULL, &i) || json_to_double(NULL, &d));
}

// "[[…]]".
static enum status parse_nested(struct fixture *f, size_t depth, const struct json_limits *with) {
    char text[2 * (JSON_DEPTH_MOST + 1)];
    assert_true(2 * depth <= sizeof(text));
    for (size_t i = 0; i < 2 * depth; i++) {
        text[i] = i < depth ? '[' : ']';
    }
    return parse_with(f, text, 2 * depth, with);
}

static void test_limits(void **state) {
    struct fixture *f = *state;
    const struct json_limits flat = {.depth = 0};
    const struct json_limits two = {.depth = 2, .values = 3, .bytes = 20};
    const struct json_limits huge = {.depth = UINT32_MAX};
    assert_int_equal(parse_with(f, "1", 1, &flat), STATUS_OK);
    assert_int_equal(parse_with(f, "[]", 2, &flat), STATUS_TOO_DEEP);
    assert_int_equal(parse_with(f, "[[1]]", 5, &two), STATUS_OK);
    assert_int_equal(parse_with(f, "[[1,2]]", 7, &two), STATUS_TOO_LARGE);
    assert_int_equal(parse_with(f, "[[[]]]", 6, &two), STATUS_TOO_DEEP);
    assert_int_equal(parse_with(f, "\"123456789012345678\"", 20, &two), STATUS_OK);
    assert_int_equal(parse_with(f, "\"1234567890123456789\"", 21, &two), STATUS_TOO_LARGE);
    enum { MANY = 4 << 20 };
    char *deep = malloc(MANY);
    assert_non_null(deep);
    memset(deep, '[', MANY);
    assert_int_equal(parse_with(f, deep, MANY, &huge), STATUS_TOO_DEEP);
    free(deep);
    assert_int_equal(parse_nested(f, JSON_DEPTH_MOST, &huge), STATUS_OK);
    assert_int_equal(parse_nested(f, JSON_DEPTH_MOST + 1, &huge), STATUS_TOO_DEEP);
    assert_int_equal(parse(f, "{}"), STATUS_OK); // after a large one, the parser still works
}

// {"k0":0,"k1":1,…} with one key repeated at the end when `repeat` is one of them.
static enum status parse_members(struct fixture *f, int count, int repeat, bool allow) {
    const struct json_limits with = {.depth = 1, .allow_duplicate_keys = allow};
    struct buffer text;
    buffer_init(&text, 1 << 24);
    for (int i = 0; i < count; i++) {
        buffer_printf(&text, "%c\"k%d\":%d", i == 0 ? '{' : ',', i, i);
    }
    if (repeat >= 0) {
        buffer_printf(&text, ",\"\\u006b%d\":0", repeat);
    }
    buffer_append_char(&text, '}');
    assert_int_equal(buffer_status(&text), STATUS_OK);
    enum status status = parse_with(f, text.data, text.len, &with);
    buffer_free(&text);
    return status;
}

static void test_duplicates(void **state) {
    static const int sizes[] = {1, 2, 15, 16, 17, 18, 31, 32, 33, 100, 30000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(parse_members(*state, sizes[i], -1, false), STATUS_OK);
        assert_int_equal(parse_members(*state, sizes[i], 0, false), STATUS_DUPLICATE_KEY);
        assert_int_equal(parse_members(*state, sizes[i], sizes[i] - 1, false),
                         STATUS_DUPLICATE_KEY);
        assert_int_equal(parse_members(*state, sizes[i], sizes[i] / 2, true), STATUS_OK);
    }
    struct fixture *f = *state;
    assert_int_equal(parse_members(f, 40, 3, false), STATUS_DUPLICATE_KEY);
    assert_non_null(strstr(f->err.text, "after key \"k3\""));
    assert_int_equal(parse(f, "[{\"a\":1},{\"a\":1}]"), STATUS_OK);
}

static void test_no_memory(void **state) {
    struct fixture *f = *state;
    struct json_parser *parser = NULL;
    for (long n = 0;; n++) {
        failing_malloc_arm(n);
        enum status status = json_parser_make(&parser);
        if (!failing_malloc_disarm()) {
            assert_int_equal(status, STATUS_OK);
            break;
        }
        assert_int_equal(status, STATUS_NO_MEMORY);
    }
    json_parser_free(parser);
    json_parser_free(NULL);
    char text[] =
        "{\"a\":[\"\\n\",1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20],\"b\":{\"a\":0,"
        "\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,\"j\":0,\"k\":0,"
        "\"l\":0,\"m\":0,\"n\":0,\"o\":0,\"p\":0,\"q\":0,\"r\":0}}";
    char padded[sizeof(text) + JSON_PADDING] = {0};
    memcpy(padded, text, sizeof(text));
    long refused = 0;
    bool failed = true;
    for (long n = 0; failed; n++) {
        struct arena arena;
        arena_init(&arena, 64, 0);
        failing_malloc_arm(n);
        enum status status = json_parse(f->parser, str_make(padded, sizeof(text) - 1), &limits,
                                        &arena, &f->root, &f->err);
        failed = failing_malloc_disarm();
        arena_free(&arena);
        // The arena asks again for less before it gives up, so that a failure may go unnoticed.
        assert_true(status == STATUS_OK || (failed && status == STATUS_NO_MEMORY));
        refused += status == STATUS_NO_MEMORY;
    }
    assert_true(refused >= 3); // nodes more than once, and the table of the large object
}

static void test_looks_like(void **state) {
    (void)state;
    assert_true(json_looks_like(STR(" \n{"), JSON_OBJECT));
    assert_true(json_looks_like(STR("["), JSON_ARRAY));
    assert_true(json_looks_like(STR("\"x"), JSON_STRING));
    assert_true(json_looks_like(STR("-1"), JSON_NUMBER));
    assert_true(json_looks_like(STR("true"), JSON_TRUE));
    assert_true(json_looks_like(STR("false"), JSON_FALSE));
    assert_true(json_looks_like(STR("null"), JSON_NULL));
    assert_false(json_looks_like(STR("  "), JSON_NULL));
    assert_false(json_looks_like(STR_EMPTY, JSON_NUMBER));
    assert_false(json_looks_like(STR("{"), JSON_ARRAY));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_error_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tree_and_raw, setup, teardown),
        cmocka_unit_test_setup_teardown(test_escapes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_duplicates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
        cmocka_unit_test(test_looks_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
