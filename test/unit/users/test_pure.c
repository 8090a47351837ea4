// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Merge patches by the RFC's own table, cursors, entity tags, what a profile may contain, merging days.
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "users/conditions.h"
#include "users/cursor.h"
#include "users/days.h"
#include "users/input.h"
#include "users/merge_patch.h"

static const struct json_value *parse(struct arena *arena, const char *text) {
    const struct json_limits limits = {.depth = 64};
    const struct json_value *root = NULL;
    struct json_parser *parser = NULL;
    size_t len = strlen(text);
    char *padded = arena_alloc_zero(arena, len + JSON_PADDING);
    assert_non_null(padded);
    memcpy(padded, text, len);
    assert_int_equal(json_parser_make(&parser), STATUS_OK);
    assert_int_equal(json_parse(parser, str_make(padded, len), &limits, arena, &root, NULL),
                     STATUS_OK);
    json_parser_free(parser);
    return root;
}

// RFC 7396, appendix A, and what it leaves to be derived.
static void test_merge_patch(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
        {"{\"\":1}", "{\"\":null}", "{}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena;
        struct buffer out;
        struct json_writer w;
        arena_init(&arena, 4096, 0);
        buffer_init(&out, 4096);
        json_writer_init(&w, &out);
        users_merge_patch(parse(&arena, cases[i][0]), parse(&arena, cases[i][1]), &w);
        buffer_append_char(&out, '\0');
        assert_string_equal(out.data, cases[i][2]);
        buffer_free(&out);
        arena_free(&arena);
    }
}

static void test_cursor(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct users_timeline_position in = {-1234567890123, STR("id with \xc3\xa4")}, out;
    struct str text = users_cursor_timeline(&arena, in);
    assert_true(users_cursor_read_timeline(&arena, text, &out));
    assert_int_equal(out.timestamp_ms, in.timestamp_ms);
    assert_true(str_equal(out.id, in.id));
    struct str id;
    assert_false(users_cursor_read_list(&arena, text, &id)); // of the other kind
    struct str list = users_cursor_list(&arena, STR("u1"));
    assert_true(users_cursor_read_list(&arena, list, &id));
    assert_true(str_equal(id, STR("u1")));
    assert_false(users_cursor_read_timeline(&arena, list, &out));
    // A change anywhere is noticed.
    for (size_t i = 0; i < text.len; i++) {
        char bytes[128];
        memcpy(bytes, text.data, text.len);
        bytes[i] = bytes[i] == 'A' ? 'B' : 'A';
        assert_false(users_cursor_read_timeline(&arena, str_make(bytes, text.len), &out));
        assert_false(users_cursor_read_timeline(&arena, str_make(text.data, i), &out));
    }
    assert_false(users_cursor_read_list(&arena, STR("!!!"), &id));
    char large[4096];
    memset(large, 'A', sizeof large);
    assert_false(users_cursor_read_list(&arena, str_make(large, sizeof large), &id));
    arena_free(&arena);
}

static void test_conditions(void **state) {
    (void)state;
    assert_true(users_etag_list_names(STR("\"5\""), true, 5, false));
    assert_true(users_etag_list_names(STR("\"4\" , \"5\""), true, 5, false));
    assert_true(users_etag_list_names(STR(" * "), true, 5, false));
    assert_false(users_etag_list_names(STR("*"), false, 0, false));
    assert_false(users_etag_list_names(STR("W/\"5\""), true, 5, false));
    assert_true(users_etag_list_names(STR("W/\"5\""), true, 5, true));
    assert_false(users_etag_list_names(STR("5"), true, 5, false));
    assert_false(users_etag_list_names(STR("\"55\""), true, 5, false));
    assert_false(users_etag_list_names(STR(""), true, 5, false));
    struct users_conditions match = {STR("\"5\""), STR_EMPTY};
    struct users_conditions create = {STR_EMPTY, STR("*")};
    assert_true(users_conditions_hold(&match, true, 5));
    assert_false(users_conditions_hold(&match, true, 6));
    assert_false(users_conditions_hold(&match, false, 0));
    assert_true(users_conditions_hold(&create, false, 0));
    assert_false(users_conditions_hold(&create, true, 1));
}

static void test_email(void **state) {
    (void)state;
    struct arena arena;
    struct str out;
    arena_init(&arena, 4096, 0);
    assert_true(users_email_normalise(&arena, STR("Ada.L+x@Example.ORG"), &out));
    assert_true(str_equal(out, STR("ada.l+x@example.org")));
    assert_true(users_email_normalise(&arena, STR("root@localhost"), &out));
    assert_true(users_email_normalise(&arena,
                                      STR("j\xc3\xbcrgen@b\xc3\xbc"
                                          "cher.example"),
                                      &out));
    static const char *const wrong[] = {"",       "a",       "@b",      "a@",          "a@b@c",
                                        "a b@c",  "a@b c",   "a@.b",    "a@b.",        "a@b..c",
                                        "a@-b.c", "a@b-.c",  "a\n@b",   "a@b\xff",     "<a@b>",
                                        "a@b\\",  "a\"@b.c", "a@b\x7f", "a\xc2\x85@b", "a,b@c.d"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(users_email_normalise(&arena, str_from_c(wrong[i]), &out));
    }
    char large[300];
    memset(large, 'a', sizeof large);
    large[64] = '@';
    assert_false(users_email_normalise(&arena, str_make(large, 255), &out));
    large[64] = 'a';
    large[65] = '@';
    assert_false(users_email_normalise(&arena, str_make(large, 80), &out));
    arena_free(&arena);
}

static void test_input(void **state) {
    (void)state;
    struct arena arena;
    struct users_input input;
    arena_init(&arena, 4096, 0);
    assert_true(users_input_read(&arena,
                                 parse(&arena, "{\"id\":\"u\",\"email\":null,\"name\":\"N\","
                                               "\"traits\":{\"a\":[{}]}}"),
                                 &input));
    assert_int_equal(input.fault_count, 0);
    assert_null(input.email.data);
    assert_true(str_equal(input.traits, STR("{\"a\":[{}]}")));
    assert_true(users_input_read(&arena,
                                 parse(&arena, "{\"id\":\"\",\"email\":3,\"name\":\"a\\u0007\","
                                               "\"traits\":[],\"a/b~c\":1}"),
                                 &input));
    assert_int_equal(input.fault_count, 5);
    assert_true(str_equal(input.faults[4].pointer, STR("/a~1b~0c")));
    struct buffer deep;
    buffer_init(&deep, 4096);
    buffer_append_str(&deep, STR("{\"traits\":{\"a\":"));
    for (int i = 0; i < 16; i++) {
        buffer_append_char(&deep, '[');
    }
    for (int i = 0; i < 16; i++) {
        buffer_append_char(&deep, ']');
    }
    buffer_append(&deep, "}}", 3);
    assert_true(users_input_read(&arena, parse(&arena, deep.data), &input));
    assert_int_equal(input.fault_count, 1);
    buffer_free(&deep);
    assert_false(users_id_is_valid(STR("")));
    assert_false(users_id_is_valid(STR("a\tb")));
    assert_false(users_id_is_valid(STR("\xff")));
    assert_true(users_id_is_valid(STR("a/b c\xe2\x82\xac")));
    arena_free(&arena);
}

static void test_days(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct store_name_count one[] = {{STR_INIT("a"), 2}, {STR_INIT("b"), 1}};
    struct store_name_count two[] = {{STR_INIT("b"), 4}};
    struct store_actor_day parts[] = {
        {.day = 7,
         .first_ms = 50,
         .last_ms = 60,
         .events = 3,
         .sessions = 1,
         .by_type = {3},
         .names = one,
         .name_count = 2},
        {.day = 6, .first_ms = 10, .last_ms = 10, .events = 1},
        {.day = 7,
         .first_ms = 40,
         .last_ms = 55,
         .events = 4,
         .sessions = 2,
         .by_type = {1, 3},
         .names = two,
         .name_count = 1},
    };
    struct users_day *days = NULL;
    size_t count = 0;
    assert_int_equal(users_days_merge(&arena, parts, 3, &days, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(days[0].day, 6);
    assert_int_equal(days[1].events, 7);
    assert_int_equal(days[1].first_ms, 40);
    assert_int_equal(days[1].last_ms, 60);
    assert_int_equal(days[1].sessions, 3);
    assert_int_equal(days[1].by_type[0], 4);
    assert_int_equal(days[1].name_count, 2);
    assert_true(str_equal(days[1].names[0].name, STR("b")));
    assert_int_equal(days[1].names[0].events, 5);
    assert_int_equal(users_days_merge(&arena, NULL, 0, &days, &count), STATUS_OK);
    assert_int_equal(count, 0);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge_patch), cmocka_unit_test(test_cursor),
        cmocka_unit_test(test_conditions),  cmocka_unit_test(test_email),
        cmocka_unit_test(test_input),       cmocka_unit_test(test_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
