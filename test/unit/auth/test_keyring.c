// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The keyring: who is found by which key, and that a removed key is not.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/keyring.h"

static struct auth_keyring *make(void) {
    struct auth_keyring *keyring = NULL;
    assert_int_equal(auth_keyring_make(&keyring), STATUS_OK);
    return keyring;
}

static enum status add_api_key(struct auth_keyring *keyring, const char *id, const char *key) {
    char hash[65];
    auth_key_hash(str_from_c(key), hash);
    return auth_keyring_add(keyring, str_from_c(id), STR("shop"), AUTH_ROLE_VIEWER,
                            str_make(hash, 64));
}

static void finds_keys_of_their_kind(void **state) {
    (void)state;
    struct auth_keyring *keyring = make();
    struct auth_principal found;
    assert_int_equal(
        auth_keyring_add(keyring, STR("k1"), STR("shop"), AUTH_ROLE_WRITE, STR("wk_1")), STATUS_OK);
    assert_int_equal(add_api_key(keyring, "k2", "ff_secret"), STATUS_OK);

    assert_true(auth_keyring_find_write_key(keyring, STR("wk_1"), &found));
    assert_int_equal(found.role, AUTH_ROLE_WRITE);
    assert_string_equal(found.project, "shop");
    assert_string_equal(found.key_id, "k1");
    assert_true(auth_keyring_find_api_key(keyring, STR("ff_secret"), &found));
    assert_int_equal(found.role, AUTH_ROLE_VIEWER);

    assert_false(auth_keyring_find_api_key(keyring, STR("wk_1"), &found));
    assert_false(auth_keyring_find_write_key(keyring, STR("ff_secret"), &found));
    assert_false(auth_keyring_find_write_key(keyring, STR_EMPTY, &found));
    assert_false(auth_keyring_find_api_key(keyring, STR(""), &found));
    auth_keyring_free(keyring);
}

// Knowing the stored hash must not open anything: neither as API key nor as write key.
static void hash_of_an_api_key_is_no_key(void **state) {
    (void)state;
    struct auth_keyring *keyring = make();
    struct auth_principal found;
    char hash[65];
    auth_key_hash(STR("ff_secret"), hash);
    assert_int_equal(add_api_key(keyring, "k", "ff_secret"), STATUS_OK);
    assert_false(auth_keyring_find_api_key(keyring, str_make(hash, 64), &found));
    assert_false(auth_keyring_find_write_key(keyring, str_make(hash, 64), &found));
    auth_keyring_free(keyring);
}

static void refuses_the_same_id_or_secret_twice(void **state) {
    (void)state;
    struct auth_keyring *keyring = make();
    assert_int_equal(add_api_key(keyring, "k1", "one"), STATUS_OK);
    assert_int_equal(add_api_key(keyring, "k1", "two"), STATUS_EXISTS);
    assert_int_equal(add_api_key(keyring, "k2", "one"), STATUS_EXISTS);
    assert_int_equal(add_api_key(keyring, "", "three"), STATUS_INVALID);
    auth_keyring_free(keyring);
}

static void keeps_many_keys_through_growth_and_removal(void **state) {
    (void)state;
    enum { COUNT = 500 };
    struct auth_keyring *keyring = make();
    struct auth_principal found;
    char id[16];
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(id, sizeof id, "k%d", i);
        assert_int_equal(add_api_key(keyring, id, id), STATUS_OK);
    }
    for (int i = 0; i < COUNT; i += 3) {
        (void)snprintf(id, sizeof id, "k%d", i);
        assert_true(auth_keyring_remove(keyring, str_from_c(id)));
        assert_false(auth_keyring_remove(keyring, str_from_c(id)));
    }
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(id, sizeof id, "k%d", i);
        assert_int_equal(auth_keyring_find_api_key(keyring, str_from_c(id), &found), i % 3 != 0);
    }
    auth_keyring_free(keyring);
}

static void knows_projects(void **state) {
    (void)state;
    struct auth_keyring *keyring = make();
    assert_false(auth_keyring_has_project(keyring, STR("shop")));
    assert_int_equal(auth_keyring_add_project(keyring, STR("shop")), STATUS_OK);
    assert_int_equal(auth_keyring_add_project(keyring, STR("shop")), STATUS_EXISTS);
    assert_true(auth_keyring_has_project(keyring, STR("shop")));
    assert_false(auth_keyring_has_project(keyring, STR("sho")));
    auth_keyring_free(keyring);
}

struct race {
    struct auth_keyring *keyring;
    atomic_bool stop;
};

static void *look_up(void *context) {
    struct race *race = context;
    struct auth_principal found;
    while (!atomic_load(&race->stop)) {
        if (!auth_keyring_find_write_key(race->keyring, STR("steady"), &found)) {
            return (void *)1;
        }
    }
    return NULL;
}

static void a_key_stays_found_while_others_come_and_go(void **state) {
    (void)state;
    struct race race = {.keyring = make()};
    assert_int_equal(
        auth_keyring_add(race.keyring, STR("s"), STR("p"), AUTH_ROLE_WRITE, STR("steady")),
        STATUS_OK);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, look_up, &race), 0);
    char id[16];
    for (int i = 0; i < 300; i++) {
        (void)snprintf(id, sizeof id, "k%d", i);
        assert_int_equal(add_api_key(race.keyring, id, id), STATUS_OK);
        if (i >= 20) {
            (void)snprintf(id, sizeof id, "k%d", i - 20);
            assert_true(auth_keyring_remove(race.keyring, str_from_c(id)));
        }
    }
    atomic_store(&race.stop, true);
    void *missed = NULL;
    assert_int_equal(pthread_join(thread, &missed), 0);
    assert_null(missed);
    auth_keyring_free(race.keyring);
}

static void replacing_leaves_what_is_given_and_nothing_else(void **state) {
    (void)state;
    struct auth_keyring *keyring = make();
    struct auth_principal found;
    const struct str projects[] = {STR_INIT("shop"), STR_INIT("blog")};
    const struct auth_keyring_key keys[] = {
        {STR_INIT("k1"), STR_INIT("shop"), AUTH_ROLE_WRITE, STR_INIT("wk_1")},
        {STR_INIT("k2"), STR_INIT("blog"), AUTH_ROLE_WRITE, STR_INIT("wk_2")},
        // Two processes may have stored the same key given beforehand.
        {STR_INIT("k3"), STR_INIT("blog"), AUTH_ROLE_WRITE, STR_INIT("wk_1")},
    };
    assert_int_equal(add_api_key(keyring, "old", "ff_old"), STATUS_OK);
    assert_int_equal(auth_keyring_replace(keyring, keys, 3, projects, 2), STATUS_OK);
    assert_false(auth_keyring_find_api_key(keyring, STR("ff_old"), &found));
    assert_true(auth_keyring_find_write_key(keyring, STR("wk_1"), &found));
    assert_string_equal(found.project, "shop");
    assert_true(auth_keyring_has_project(keyring, STR("blog")));
    // Something else was done since: the same content is new again.
    assert_true(auth_keyring_remove(keyring, STR("k1")));
    assert_int_equal(auth_keyring_replace(keyring, keys, 3, projects, 2), STATUS_OK);
    assert_true(auth_keyring_find_write_key(keyring, STR("wk_1"), &found));
    assert_int_equal(auth_keyring_replace(keyring, keys + 1, 1, projects, 1), STATUS_OK);
    assert_false(auth_keyring_find_write_key(keyring, STR("wk_1"), &found));
    assert_true(auth_keyring_find_write_key(keyring, STR("wk_2"), &found));
    assert_false(auth_keyring_has_project(keyring, STR("blog")));
    const struct auth_keyring_key bad = {STR_EMPTY, STR_INIT("shop"), AUTH_ROLE_WRITE,
                                         STR_INIT("wk_3")};
    assert_int_equal(auth_keyring_replace(keyring, &bad, 1, projects, 1), STATUS_INVALID);
    assert_true(auth_keyring_find_write_key(keyring, STR("wk_2"), &found));
    auth_keyring_free(keyring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_keys_of_their_kind),
        cmocka_unit_test(hash_of_an_api_key_is_no_key),
        cmocka_unit_test(refuses_the_same_id_or_secret_twice),
        cmocka_unit_test(keeps_many_keys_through_growth_and_removal),
        cmocka_unit_test(knows_projects),
        cmocka_unit_test(replacing_leaves_what_is_given_and_nothing_else),
        cmocka_unit_test(a_key_stays_found_while_others_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
