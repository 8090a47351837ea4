// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Authorization headers, roles, keys and passwords.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <sodium.h>
#include <cmocka.h>

#include "auth/keyring.h"

static void assert_str(struct str actual, const char *expected) {
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.data, expected, actual.len);
}

static void reads_basic_and_bearer(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    struct auth_credentials given;
    assert_int_equal(auth_parse_authorization(&arena, STR("Basic d2tfMTo="), &given), STATUS_OK);
    assert_str(given.user, "wk_1");
    assert_str(given.password, "");
    assert_int_equal(auth_parse_authorization(&arena, STR("basic  YTpiOmM"), &given), STATUS_OK);
    assert_str(given.user, "a");
    assert_str(given.password, "b:c");
    assert_int_equal(auth_parse_authorization(&arena, STR("Bearer ff_1"), &given), STATUS_OK);
    assert_str(given.bearer, "ff_1");
    assert_null(given.user.data);
    assert_int_equal(auth_parse_authorization(&arena, STR_EMPTY, &given), STATUS_OK);
    assert_null(given.bearer.data);
    arena_free(&arena);
}

static void refuses_what_it_cannot_read(void **state) {
    (void)state;
    static const char *const headers[] = {"",
                                          "Basic",
                                          "Bearer ",
                                          "Digest abc",
                                          "Basic !!!!",
                                          "Basic d2tf MTo=",
                                          "Basic /w==" /* byte ff */,
                                          "Basic d2tfMTo=x"};
    struct arena arena;
    arena_init(&arena, 1024, 0);
    struct auth_credentials given;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        assert_int_equal(auth_parse_authorization(&arena, str_from_c(headers[i]), &given),
                         STATUS_INVALID);
    }
    arena_free(&arena);
}

static void roles_allow_what_the_table_says(void **state) {
    (void)state;
    static const struct {
        enum auth_role role;
        bool public, send, viewer, editor, admin, self;
    } rows[] = {
        {AUTH_ROLE_NONE, true, false, false, false, false, false},
        {AUTH_ROLE_WRITE, true, true, false, false, false, false},
        {AUTH_ROLE_SELF, true, false, false, false, false, false},
        {AUTH_ROLE_VIEWER, true, false, true, false, false, true},
        {AUTH_ROLE_EDITOR, true, false, true, true, false, true},
        {AUTH_ROLE_ADMIN, true, false, true, true, true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(auth_allows(rows[i].role, AUTH_ACCESS_PUBLIC), rows[i].public);
        assert_int_equal(auth_allows(rows[i].role, AUTH_ACCESS_SEND), rows[i].send);
        assert_int_equal(auth_allows(rows[i].role, AUTH_ACCESS_VIEWER), rows[i].viewer);
        assert_int_equal(auth_allows(rows[i].role, AUTH_ACCESS_EDITOR), rows[i].editor);
        assert_int_equal(auth_allows(rows[i].role, AUTH_ACCESS_ADMIN), rows[i].admin);
        assert_int_equal(auth_allows(rows[i].role, AUTH_ACCESS_SELF), rows[i].self);
        enum auth_role role = AUTH_ROLE_NONE;
        bool known = auth_role_from_name(str_from_c(auth_role_name(rows[i].role)), &role);
        assert_int_equal(known, rows[i].role != AUTH_ROLE_NONE);
        assert_int_equal(role, rows[i].role);
    }
    // An access that no route may have is refused, whoever asks.
    assert_false(auth_allows(AUTH_ROLE_ADMIN, (enum auth_access)0));
}

static void makes_keys_that_differ(void **state) {
    (void)state;
    char a[AUTH_KEY_TEXT_MAX];
    char b[AUTH_KEY_TEXT_MAX];
    auth_make_api_key(random_system(), a);
    auth_make_api_key(random_system(), b);
    assert_string_not_equal(a, b);
    assert_int_equal(strlen(a), 3 + 43);
    assert_memory_equal(a, "ff_", 3);
    auth_make_write_key(random_system(), a);
    assert_int_equal(strlen(a), 3 + 24);
    assert_memory_equal(a, "wk_", 3);
    auth_make_password(random_system(), a);
    assert_int_equal(strlen(a), 20);
}

static void password_hash_opens_for_its_password_only(void **state) {
    (void)state;
    char hash[128];
    assert_int_equal(auth_password_hash(STR("correct horse"), hash), STATUS_OK);
    assert_non_null(strstr(hash, "$argon2id$"));
    assert_true(auth_password_verify(hash, STR("correct horse")));
    assert_false(auth_password_verify(hash, STR("correct hors")));
    assert_false(auth_password_verify("$argon2id$broken", STR("correct horse")));
}

// Who asks for an account that is not there must not learn it from the time: the parameters of the hash, which are its cost, are the same.
static void nobodys_hash_costs_what_others_do(void **state) {
    (void)state;
    struct random_source *random = random_system();
    char hash[128], nobody[128], other[128];
    assert_int_equal(auth_password_hash(STR("correct horse"), hash), STATUS_OK);
    assert_int_equal(auth_password_nobody(random, nobody), STATUS_OK);
    assert_int_equal(auth_password_nobody(random, other), STATUS_OK);
    const char *salt = strstr(hash, ",p=1$");
    assert_non_null(salt);
    assert_int_equal(strlen(nobody), strlen(hash));
    assert_memory_equal(nobody, hash, (size_t)(salt - hash) + strlen(",p=1$"));
    // It is understood, or it would be refused without the work.
    assert_int_equal(crypto_pwhash_str_needs_rehash(nobody, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                                    crypto_pwhash_MEMLIMIT_INTERACTIVE),
                     0);
    assert_false(auth_password_verify(nobody, STR("")));
    assert_false(auth_password_verify(nobody, STR("correct horse")));
    assert_string_not_equal(nobody, other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_basic_and_bearer),
        cmocka_unit_test(refuses_what_it_cannot_read),
        cmocka_unit_test(roles_allow_what_the_table_says),
        cmocka_unit_test(makes_keys_that_differ),
        cmocka_unit_test(password_hash_opens_for_its_password_only),
        cmocka_unit_test(nobodys_hash_costs_what_others_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
