// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// URLs taken apart, and paths: one spelling for one page, templates, and what is sent to break that.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>
#include <cmocka.h>

#include "base/random.h"
#include "enrich/path.h"
#include "enrich/url.h"

static const struct {
    const char *url, *host, *path;
} urls[] = {
    {"https://shop.test/a/b?x=1#y", "shop.test", "/a/b"},
    {"https://shop.test", "shop.test", "/"},
    {"https://shop.test?x", "shop.test", "/"},
    {"https://me:pw@shop.test:8080/a", "shop.test", "/a"},
    {"http://[::1]:80/a", "[::1]", "/a"},
    {"//cdn.test/x", "cdn.test", "/x"},
    {"/a/b?c=//d", "", "/a/b"},
    {"/a//b", "", "/a//b"},
    {"a/b", "", "a/b"},
    {"$direct", "", "$direct"},
    {"", "", "/"},
};

static void test_urls(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct str url = str_from_c(urls[i].url);
        if (!str_equal(enrich_url_host(url), str_from_c(urls[i].host)) ||
            !str_equal(enrich_url_path(url), str_from_c(urls[i].path))) {
            fail_msg("%s: %.*s %.*s", urls[i].url, STR_ARG(enrich_url_host(url)),
                     STR_ARG(enrich_url_path(url)));
        }
    }
}

static const struct {
    const char *url, *query;
} queries[] = {
    {"https://a.test/b?c=d&e#f?g", "c=d&e"},
    {"/a?b?c", "b?c"},
    {"?a=1", "a=1"},
    {"/a#b?c", ""},
    {"/a?", ""},
    {"", ""},
};

static void test_queries(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct str got = enrich_url_query(str_from_c(queries[i].url));
        assert_true(str_equal(got, str_from_c(queries[i].query)));
    }
    struct str query = STR("a=1&&b&=c&d=e=f"), name, value;
    char seen[64] = "";
    while (enrich_url_next_parameter(&query, &name, &value)) {
        size_t len = strlen(seen);
        (void)snprintf(seen + len, sizeof seen - len, "[%.*s|%.*s]", STR_ARG(name), STR_ARG(value));
    }
    assert_string_equal(seen, "[a|1][b|][|c][d|e=f]");
}

static void test_decoding(void **state) {
    (void)state;
    static const struct {
        const char *text, *decoded; // NULL: nobody's
    } cases[] = {
        {"May+%232", "May #2"},
        {"%C3%9C", "\xc3\x9c"},
        {"%", "%"},
        {"%4", "%4"},
        {"%zz", "%zz"},
        {"%00", NULL},
        {"a%0Ab", NULL},
        {"%ff", NULL},
        {"\x01", NULL},
        {"", NULL},
    };
    struct arena arena;
    arena_init(&arena, 1024, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str got;
        assert_int_equal(enrich_url_decode(str_from_c(cases[i].text), &arena, &got), STATUS_OK);
        if (!str_equal(got, str_from_c(cases[i].decoded)) || !got.data != !cases[i].decoded) {
            fail_msg("%s: %.*s", cases[i].text, STR_ARG(got));
        }
    }
    arena_free(&arena);
}

// --- Paths ------------------------------------------------------------------------------------------------------------

static const struct str templates[] = {STR_INIT("/orders/*"), STR_INIT("/users/*/posts/*"),
                                       STR_INIT("/docs/**"), STR_INIT("/orders/new")};
static const struct {
    const char *path, *normal;
} paths[] = {
    {"/", "/"},
    {"", ""},
    {"/a", "/a"},
    {"/A/b", "/A/b"},
    {"/a/", "/a"},
    {"//", "/"},
    {"//a///b//", "/a/b"},
    {"/%61%2D%7e", "/a-~"},
    {"/a%2fb", "/a%2Fb"},
    {"/a%20b%25", "/a%20b%25"},
    {"/%C3%A9t%c3%a9", "/\xc3\xa9t\xc3\xa9"},
    {"/%c3%28", "/%C3%28"},
    {"/%ff%fe", "/%FF%FE"},
    {"/%c2%85", "/%C2%85"},
    {"/%ed%a0%80", "/%ED%A0%80"},
    {"/%00%0a", "/%00%0A"},
    {"/%", "/%"},
    {"/%4", "/%4"},
    {"/%zz", "/%zz"},
    {"/%2561", "/%2561"}, // undone once, not twice
    {"/cart;jsessionid=0A1B", "/cart"},
    {"/cart;JSESSIONID=0A1B/x", "/cart/x"},
    {"/cart;sid=1;keep=2", "/cart;keep=2"},
    {"/a;b=c", "/a;b=c"},
    {"/(S(abc123))/page", "/page"},
    {"/(S(abc123)", "/(S(abc123)"},
    {"/(S(abc123))", "/"},
    {"/f(x)", "/f(x)"},
    {"a/b/", "a/b"},
    {"$direct", "$direct"},
    {"/orders/17", "/orders/*"},
    {"/orders/17/", "/orders/*"},
    {"/orders/new", "/orders/*"}, // the first that matches
    {"/orders", "/orders"},
    {"/orders/17/items", "/orders/17/items"},
    {"/users/u1/posts/2", "/users/*/posts/*"},
    {"/docs/a/b", "/docs/**"},
    {"/docs/a", "/docs/**"},
    {"/docs", "/docs"},
    {"orders/17", "orders/17"},
};

static void test_paths(void **state) {
    (void)state;
    struct enrich_paths settings = {templates, sizeof templates / sizeof templates[0]};
    struct arena arena;
    arena_init(&arena, 1024, 0);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct str got, again;
        struct str path = str_from_c(paths[i].path);
        assert_int_equal(enrich_path_normalise(&settings, path, &arena, &got), STATUS_OK);
        if (!str_equal(got, str_from_c(paths[i].normal))) {
            fail_msg("%s: %.*s", paths[i].path, STR_ARG(got));
        }
        assert_int_equal(enrich_path_normalise(&settings, got, &arena, &again), STATUS_OK);
        assert_true(str_equal(got, again));
    }
    arena_free(&arena);
}

// Whatever bytes come: what comes out is no longer, and UTF-8 when what went in was.
static void test_random_paths(void **state) {
    (void)state;
    static const char pieces[] = "/%;()Ss=abcDEF0189\xc3\xa9.j";
    struct enrich_paths none = {NULL, 0};
    struct random_seeded random;
    struct arena arena;
    random_seeded_init(&random, 11);
    arena_init(&arena, 4096, 0);
    for (unsigned round = 0; round < 20000; round++) {
        char text[40];
        struct str got, path = {text, (size_t)random_below(&random.source, sizeof text)};
        for (size_t i = 0; i < path.len; i++) {
            text[i] = pieces[random_below(&random.source, sizeof pieces - 1)];
        }
        arena_reset(&arena);
        assert_int_equal(enrich_path_normalise(&none, path, &arena, &got), STATUS_OK);
        assert_true(got.len <= path.len || str_equal(got, STR("/")));
        assert_true(!str_is_utf8(path) || str_is_utf8(got));
    }
    char *large = arena_alloc(&arena, 100000);
    assert_non_null(large);
    memset(large, '/', 100000);
    struct str got;
    assert_int_equal(enrich_path_normalise(&none, str_make(large, 100000), &arena, &got),
                     STATUS_OK);
    assert_true(str_equal(got, STR("/")));
    arena_free(&arena);
}

static void test_templates_are_checked(void **state) {
    (void)state;
    static const char *const bad[] = {"", "/", "orders/*", "/a//b", "/a*", "/**/b", "/a/", "/***"};
    struct error err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(enrich_path_check_template(str_from_c(bad[i]), &err), STATUS_INVALID);
    }
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++) {
        assert_int_equal(enrich_path_check_template(templates[i], &err), STATUS_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),         cmocka_unit_test(test_queries),
        cmocka_unit_test(test_decoding),     cmocka_unit_test(test_paths),
        cmocka_unit_test(test_random_paths), cmocka_unit_test(test_templates_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
