// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Percent-decoding, form decoding, and query strings that name something unknown.
#include <stdio.h>

#include "harness.h"
#include "http/query.h"

static void test_percent_coding(void **state) {
    (void)state;
    static const struct {
        struct str text;
        struct str decoded;
        enum status status;
    } CASES[] = {
        {STR_INIT(""), STR_INIT(""), STATUS_OK},
        {STR_INIT("plain+plus"), STR_INIT("plain+plus"), STATUS_OK},
        {STR_INIT("a%20b%2Fc%2f"), STR_INIT("a b/c/"), STATUS_OK},
        {STR_INIT("%00"), STR_INIT("\0"), STATUS_OK},
        {STR_INIT("%c3%A9"), STR_INIT("\xC3\xA9"), STATUS_OK},
        {STR_INIT("%"), STR_INIT(""), STATUS_INVALID},
        {STR_INIT("%2"), STR_INIT(""), STATUS_INVALID},
        {STR_INIT("%zz"), STR_INIT(""), STATUS_INVALID},
        {STR_INIT("%2g"), STR_INIT(""), STATUS_INVALID},
        {STR_INIT("ok%"), STR_INIT(""), STATUS_INVALID},
    };
    struct arena arena;
    arena_init(&arena, 1024, 0);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct str out = STR_EMPTY;
        assert_int_equal(http_percent_decode(&arena, CASES[i].text, &out), CASES[i].status);
        if (CASES[i].status == STATUS_OK) {
            assert_true(str_equal(out, CASES[i].decoded));
            assert_non_null(out.data);
        }
    }
    struct buffer out;
    buffer_init(&out, 1000);
    http_percent_encode(&out, STR("aZ0-._~ /+%\xC3\0"));
    assert_true(str_equal(buffer_str(&out), STR("aZ0-._~%20%2F%2B%25%C3%00")));
    buffer_free(&out);
    arena_free(&arena);
}

static void test_every_byte_survives(void **state) {
    (void)state;
    char bytes[256];
    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
    }
    struct buffer out;
    struct arena arena;
    struct str back;
    buffer_init(&out, 1000);
    arena_init(&arena, 1024, 0);
    http_percent_encode(&out, str_make(bytes, 256));
    assert_int_equal(http_percent_decode(&arena, buffer_str(&out), &back), STATUS_OK);
    assert_true(str_equal(back, str_make(bytes, 256)));
    buffer_free(&out);
    arena_free(&arena);
}

static void test_forms(void **state) {
    (void)state;
    struct arena arena;
    struct http_parameter out[3];
    size_t count = 99;
    arena_init(&arena, 1024, 0);
    assert_int_equal(http_query_parse(&arena, STR_EMPTY, out, 3, &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(http_query_parse(&arena, STR("a=1+2&&b%3D=%26&c"), out, 3, &count), STATUS_OK);
    assert_int_equal(count, 3);
    assert_true(str_equal(out[0].name, STR("a")) && str_equal(out[0].value, STR("1 2")));
    assert_true(str_equal(out[1].name, STR("b=")) && str_equal(out[1].value, STR("&")));
    assert_true(str_equal(out[2].name, STR("c")) && str_equal(out[2].value, STR("")));
    assert_int_equal(http_query_parse(&arena, STR("a=b=c"), out, 3, &count), STATUS_OK);
    assert_true(str_equal(out[0].value, STR("b=c")));
    assert_int_equal(http_query_parse(&arena, STR("a&b&c&d"), out, 3, &count), STATUS_TOO_LARGE);
    assert_int_equal(http_query_parse(&arena, STR("a=%4"), out, 3, &count), STATUS_INVALID);
    assert_int_equal(http_query_parse(&arena, STR("%=a"), out, 3, &count), STATUS_INVALID);
    arena_free(&arena);
}

static void answer(struct http_exchange *exchange, void *context) {
    (void)context;
    static const char *const NAMES[] = {"from", "to"};
    struct str values[2];
    if (!http_query_read(exchange, NAMES, values, 2)) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        buffer_printf(http_reply_body(exchange), "%s=%s%.*s;", NAMES[i],
                      values[i].data ? ":" : "none", STR_ARG(values[i]));
    }
    http_reply_send(exchange, 200, "text/plain");
}

static void test_reading(void **state) {
    (void)state;
    static const struct {
        const char *query;
        const char *wanted;
    } CASES[] = {
        {"/", "from=none;to=none;"},
        {"/?", "from=none;to=none;"},
        {"/?from=1&to=", "from=:1;to=:;"},
        {"/?to=a%20b+c", "from=none;to=:a b c;"},
        {"/?till=1", "\"errors\":[{\"pointer\":\"?till\",\"detail\":\"is not known here\"}]"},
        {"/?to=1&to=2", "\"pointer\":\"?to\",\"detail\":\"is given twice\""},
        {"/?to=%", "\"pointer\":\"?to\",\"detail\":\"has a broken percent escape\""},
        {"/?to=%00", "\"pointer\":\"?to\",\"detail\":\"has a NUL byte\""},
        {"/?to=%ff", "\"pointer\":\"?to\",\"detail\":\"is not valid UTF-8\""},
        {"/?%ff=1", "\"pointer\":\"?\xEF\xBF\xBD\""},
        {"/?a%22b=1", "\"pointer\":\"?a\\\"b\""},
    };
    struct http_server *server = harness_start(answer, NULL, NULL);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "GET %s HTTP/1.0\r\n\r\n", CASES[i].query);
        const char *reply = harness_talk(server, text, strlen(text));
        ASSERT_CONTAINS(reply, CASES[i].wanted);
        ASSERT_CONTAINS(reply, i < 4 ? "HTTP/1.1 200" : "HTTP/1.1 400");
    }
    char many[1000] = "GET /?";
    for (int i = 0; i < 65; i++) {
        strncat(many, "from&", sizeof many - strlen(many) - 1);
    }
    strncat(many, " HTTP/1.0\r\n\r\n", sizeof many - strlen(many) - 1);
    ASSERT_CONTAINS(harness_talk(server, many, strlen(many)), "more than 64 parameters");
    http_server_stop(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percent_coding),
        cmocka_unit_test(test_every_byte_survives),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
