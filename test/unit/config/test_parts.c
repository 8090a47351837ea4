// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The ordered map, the cache of replies, the login, and what a request may ask for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/keyring.h"
#include "config/cache.h"
#include "config/environment.h"
#include "config/login.h"

static void a_map_keeps_its_order(void **state) {
    (void)state;
    struct arena arena;
    struct config_map map;
    arena_init(&arena, 4096, 0);
    config_map_init(&map, &arena);
    assert_null(config_map_find(&map, STR("k1")));
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 1000; i++) {
            struct config_value value = {.kind = CONFIG_TEXT, .line = i + round};
            struct str key = arena_printf(&arena, "k%u", i);
            assert_int_equal(config_map_put(&map, key, value), STATUS_OK);
        }
    }
    assert_int_equal(map.count, 1000);
    assert_true(str_equal(map.items[999].key, STR("k999")));
    assert_int_equal(config_map_find(&map, STR("k500"))->value.line, 501);
    assert_null(config_map_find(&map, STR("k1000")));
    arena_free(&arena);
}

static bool has(struct config_cache *cache, const char *key, size_t len) {
    struct buffer out;
    buffer_init(&out, 100000);
    bool found = config_cache_find(cache, str_from_c(key), &out);
    assert_int_equal(out.len, found ? len : 0);
    buffer_free(&out);
    return found;
}

static void a_cache_forgets_what_is_unused(void **state) {
    (void)state;
    struct config_cache *cache = NULL;
    char value[100];
    memset(value, 'x', sizeof value);
    assert_int_equal(config_cache_make(1000, &cache), STATUS_OK);
    for (unsigned i = 0; i < 9; i++) { // 102 bytes each
        char key[8];
        (void)snprintf(key, sizeof key, "k%u", i);
        config_cache_put(cache, str_from_c(key), str_make(value, sizeof value));
    }
    assert_true(has(cache, "k0", sizeof value));
    config_cache_put(cache, STR("k9"), str_make(value, sizeof value));
    assert_false(has(cache, "k1", sizeof value));
    assert_true(has(cache, "k0", sizeof value));
    assert_true(has(cache, "k9", sizeof value));
    config_cache_put(cache, STR("k9"), STR("short"));
    assert_true(has(cache, "k9", 5));
    config_cache_put(cache, STR("large"), str_make(value, 0));
    assert_true(has(cache, "large", 0));
    for (unsigned i = 0; i < 1000; i++) {
        char key[8];
        (void)snprintf(key, sizeof key, "s%u", i);
        config_cache_put(cache, str_from_c(key), STR(""));
    }
    assert_true(has(cache, "s999", 0));
    assert_false(has(cache, "s0", 0));
    config_cache_free(cache);
    assert_int_equal(config_cache_make(0, &cache), STATUS_OK);
    config_cache_put(cache, STR("k"), STR("v"));
    assert_false(has(cache, "k", 1));
    config_cache_free(cache);
}

static void check_login(struct str password) {
    struct random_seeded random;
    struct config_login *login = NULL;
    random_seeded_init(&random, 3);
    assert_int_equal(config_login_make(STR("spring"), password, &random.source, &login), STATUS_OK);
    assert_false(config_login_is_open(login));
    for (unsigned i = 0; i < 2; i++) {
        assert_false(config_login_check(login, STR("spring"), STR("wrong")));
        assert_false(config_login_check(login, STR("spring"), STR("")));
        assert_false(config_login_check(login, STR("other"), STR("right")));
        assert_false(config_login_check(login, STR(""), STR("right")));
        assert_true(config_login_check(login, STR("spring"), STR("right")));
    }
    config_login_free(login);
}

static void logins_are_checked(void **state) {
    (void)state;
    char hash[128];
    struct config_login *login = NULL;
    struct random_seeded random;
    random_seeded_init(&random, 3);
    check_login(STR("right"));
    assert_int_equal(auth_password_hash(STR("right"), hash), STATUS_OK);
    check_login(str_from_c(hash));
    assert_int_equal(config_login_make(STR("u"), STR(""), &random.source, &login), STATUS_OK);
    assert_true(config_login_is_open(login));
    assert_true(config_login_check(login, STR("x"), STR("y")));
    config_login_free(login);
    assert_int_equal(config_login_make(STR("u"), STR("$argon2id$broken"), &random.source, &login),
                     STATUS_OK);
    assert_false(config_login_check(login, STR("u"), STR("$argon2id$broken")));
    config_login_free(login);
}

static void requests_are_checked(void **state) {
    (void)state;
    static const char *const wrong[] = {"",     ",",   "..",   "a..b", "(_)etc",   "a(_)(_)b",
                                        "a\\b", "a#b", "a\nb", "\xff", "a(_).git", "/a"};
    struct arena arena;
    struct config_asked asked;
    struct error err = {STATUS_OK, ""};
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct str text = str_from_c(wrong[i]);
        assert_int_equal(config_asked_make(&arena, text, STR("p"), STR_EMPTY, &asked, &err),
                         STATUS_NOT_FOUND);
        assert_int_equal(config_asked_make(&arena, STR("a"), text, STR_EMPTY, &asked, &err),
                         STATUS_NOT_FOUND);
    }
    assert_int_equal(
        config_asked_make(&arena, STR("a, b,a"), STR("p,q"), STR("f(_)x"), &asked, &err),
        STATUS_OK);
    assert_int_equal(asked.name_count, 2);
    assert_true(str_equal(asked.names[1], STR("b")));
    assert_true(str_equal(asked.label, STR("f/x")));
    assert_int_equal(config_asked_make(&arena, STR("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"),
                                       STR("p"), STR_EMPTY, &asked, &err),
                     STATUS_NOT_FOUND);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_keeps_its_order), cmocka_unit_test(a_cache_forgets_what_is_unused),
        cmocka_unit_test(logins_are_checked), cmocka_unit_test(requests_are_checked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
