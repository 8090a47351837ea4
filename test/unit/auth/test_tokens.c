// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Access tokens: who stands behind one, what ends one, and what is remembered of those that were verified.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/token_cache.h"
#include "auth/tokens.h"

#define NOW_MS INT64_C(1800000000000)

struct fixture {
    struct clock_manual clock;
    struct auth_keyring *keyring;
    struct auth_tokens *tokens;
    struct buffer text;
};

static int set_up(void **state) {
    static struct fixture f;
    clock_manual_init(&f.clock, NOW_MS);
    buffer_init(&f.text, JWT_TOKEN_MAX);
    assert_int_equal(auth_keyring_make(&f.keyring), STATUS_OK);
    struct auth_tokens_config config = {.issuer = STR("footfall"),
                                        .audience = STR("footfall"),
                                        .access_s = 900,
                                        .keyring = f.keyring,
                                        .clock = &f.clock.clock,
                                        .random = random_system()};
    assert_int_equal(auth_tokens_make(&config, &f.tokens), STATUS_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    auth_tokens_free(f->tokens);
    auth_keyring_free(f->keyring);
    buffer_free(&f->text);
    return 0;
}

static struct auth_tokens_key make_key(const char *kid, int64_t signs_from_ms) {
    struct auth_tokens_key key = {.can_sign = true, .signs_from_ms = signs_from_ms};
    assert_int_equal(jwt_key_generate(JWT_EDDSA, str_from_c(kid), random_system(), &key.key),
                     STATUS_OK);
    return key;
}

// The same key each time, for states that differ in something else alone.
static struct auth_tokens_key same_key(void) {
    static struct buffer secret;
    struct auth_tokens_key key = {.can_sign = true, .signs_from_ms = NOW_MS - 1};
    if (secret.len == 0) {
        struct auth_tokens_key first = make_key("k1", 0);
        static char memory[512];
        buffer_init_fixed(&secret, memory, sizeof memory);
        assert_int_equal(jwt_key_private(first.key, &secret), STATUS_OK);
        jwt_key_free(first.key);
    }
    assert_int_equal(jwt_key_from_private(JWT_EDDSA, STR("k1"), buffer_str(&secret), &key.key),
                     STATUS_OK);
    return key;
}

static void set_state(struct fixture *f, int64_t version, struct str revoked) {
    struct auth_tokens_key key = same_key();
    struct auth_tokens_account accounts[] = {{STR("zoe@example.org"), 1},
                                             {STR("ann@example.org"), version}};
    struct auth_tokens_state state = {.keys = &key,
                                      .key_count = 1,
                                      .accounts = accounts,
                                      .account_count = 2,
                                      .revoked = &revoked,
                                      .revoked_count = revoked.len > 0};
    assert_int_equal(auth_tokens_replace(f->tokens, &state), STATUS_OK);
}

static struct auth_grant ann(void) {
    return (struct auth_grant){.subject = STR("ann@example.org"),
                               .role = AUTH_ROLE_EDITOR,
                               .project = STR("shop"),
                               .account = STR("ann@example.org"),
                               .version = 7,
                               .family = STR("fam")};
}

static void issue(struct fixture *f, const struct auth_grant *grant) {
    buffer_clear(&f->text);
    assert_int_equal(auth_tokens_issue(f->tokens, grant, &f->text), STATUS_OK);
}

static enum status find(struct fixture *f, struct auth_principal *out) {
    return auth_tokens_find(f->tokens, buffer_str(&f->text), out, NULL);
}

static void a_token_says_who(void **state) {
    struct fixture *f = *state;
    struct auth_principal who;
    struct auth_grant grant = ann();
    buffer_clear(&f->text);
    assert_int_equal(auth_tokens_issue(f->tokens, &grant, &f->text), STATUS_UNAVAILABLE); // no key
    set_state(f, 7, STR_EMPTY);
    issue(f, &grant);
    for (int i = 0; i < 2; i++) { // verified, then remembered
        memset(&who, 0, sizeof who);
        assert_int_equal(find(f, &who), STATUS_OK);
        assert_int_equal(who.role, AUTH_ROLE_EDITOR);
        assert_string_equal(who.project, "shop");
        assert_string_equal(who.subject, "ann@example.org");
        assert_string_equal(who.key_id, "account:ann@example.org");
    }
    grant.role = AUTH_ROLE_SELF;
    grant.subject = STR("u1");
    issue(f, &grant);
    assert_int_equal(find(f, &who), STATUS_OK);
    assert_string_equal(who.key_id, "self:u1");
    grant.project = STR("");
    issue(f, &grant); // of which project is that person?
    assert_int_equal(find(f, &who), STATUS_DENIED);
    grant.role = AUTH_ROLE_WRITE;
    issue(f, &grant);
    assert_int_equal(find(f, &who), STATUS_DENIED);
}

static void a_token_ends_with_its_time(void **state) {
    struct fixture *f = *state;
    struct auth_principal who;
    struct auth_grant grant = ann();
    set_state(f, 7, STR_EMPTY);
    issue(f, &grant);
    assert_int_equal(find(f, &who), STATUS_OK);
    clock_manual_advance(&f->clock, (900 + JWT_LEEWAY_S) * 1000 - 1000);
    assert_int_equal(find(f, &who), STATUS_OK);
    clock_manual_advance(&f->clock, 1000);
    assert_int_equal(find(f, &who), STATUS_DENIED);
}

static void what_changes_ends_tokens_that_were_remembered(void **state) {
    struct fixture *f = *state;
    struct auth_principal who;
    struct auth_grant grant = ann();
    set_state(f, 7, STR_EMPTY);
    issue(f, &grant);
    assert_int_equal(find(f, &who), STATUS_OK);
    set_state(f, 8, STR_EMPTY); // its account
    assert_int_equal(find(f, &who), STATUS_NOT_FOUND);
    set_state(f, 7, STR_EMPTY);
    assert_int_equal(find(f, &who), STATUS_OK);
    set_state(f, 7, STR("f:fam")); // its login
    assert_int_equal(find(f, &who), STATUS_DENIED);
    set_state(f, 7, STR("f:another"));
    assert_int_equal(find(f, &who), STATUS_OK);
    struct arena arena;
    struct str id;
    int64_t expires = 0;
    arena_init(&arena, 4096, 0);
    assert_int_equal(auth_tokens_identify(f->tokens, buffer_str(&f->text), &arena, &id, &expires),
                     STATUS_OK);
    assert_int_equal(expires, NOW_MS / 1000 + 900);
    set_state(f, 7, id); // itself
    assert_int_equal(find(f, &who), STATUS_DENIED);
    arena_free(&arena);
    struct auth_tokens_state nothing = {.key_count = 0};
    assert_int_equal(auth_tokens_replace(f->tokens, &nothing), STATUS_OK);
    assert_int_equal(find(f, &who), STATUS_NOT_FOUND); // its key
}

static void a_token_of_an_api_key_goes_with_it(void **state) {
    struct fixture *f = *state;
    struct auth_principal who;
    struct auth_grant grant = {.subject = STR("key_1"),
                               .role = AUTH_ROLE_VIEWER,
                               .project = STR(""),
                               .account = STR("key:key_1")};
    set_state(f, 7, STR_EMPTY);
    issue(f, &grant);
    assert_int_equal(find(f, &who), STATUS_NOT_FOUND);
    assert_int_equal(
        auth_keyring_add(f->keyring, STR("key_1"), STR(""), AUTH_ROLE_ADMIN, STR("hash")),
        STATUS_OK);
    assert_int_equal(find(f, &who), STATUS_OK);
    assert_string_equal(who.key_id, "key_1");
    assert_true(auth_keyring_remove(f->keyring, STR("key_1")));
    assert_int_equal(find(f, &who), STATUS_NOT_FOUND);
}

static void the_newest_key_whose_time_has_come_signs(void **state) {
    struct fixture *f = *state;
    struct auth_tokens_key keys[] = {make_key("old", NOW_MS - 2), make_key("new", NOW_MS - 1),
                                     make_key("next", NOW_MS + 5000), make_key("sealed", NOW_MS)};
    keys[3].can_sign = false;
    struct auth_tokens_state all = {.keys = keys, .key_count = 4};
    assert_int_equal(auth_tokens_replace(f->tokens, &all), STATUS_OK);
    static const char *const expected[] = {"new", "next"};
    struct auth_grant grant = ann();
    for (int i = 0; i < 2; i++) {
        struct arena arena;
        struct jwt jwt;
        arena_init(&arena, 4096, 0);
        issue(f, &grant);
        assert_int_equal(jwt_read(buffer_str(&f->text), &arena, &jwt, NULL), STATUS_OK);
        assert_true(str_equal(jwt.kid, str_from_c(expected[i])));
        arena_free(&arena);
        clock_manual_advance(&f->clock, 5000);
    }
    struct json_writer writer;
    struct jwks *set = NULL;
    buffer_clear(&f->text);
    json_writer_init(&writer, &f->text);
    auth_tokens_write_jwks(f->tokens, &writer);
    assert_int_equal(json_writer_status(&writer), STATUS_OK);
    assert_int_equal(jwks_read(buffer_str(&f->text), &set, NULL), STATUS_OK);
    assert_int_equal(jwks_count(set), 4); // the next one as well
    jwks_free(set);
}

static void the_cache_forgets_by_generation_and_stays_within_bounds(void **state) {
    (void)state;
    struct token_cache *cache = NULL;
    struct auth_principal who = {.role = AUTH_ROLE_VIEWER};
    struct auth_principal found;
    assert_int_equal(token_cache_make(16, random_system(), &cache), STATUS_OK);
    struct token_hash hash = token_cache_hash(cache, STR("token"));
    assert_false(token_cache_find(cache, hash, 1, 10, &found));
    token_cache_put(cache, hash, 1, 20, &who);
    assert_true(token_cache_find(cache, hash, 1, 19, &found));
    assert_int_equal(found.role, AUTH_ROLE_VIEWER);
    assert_false(token_cache_find(cache, hash, 1, 20, &found));
    assert_false(token_cache_find(cache, hash, 2, 10, &found));
    assert_false(token_cache_find(cache, token_cache_hash(cache, STR("Token")), 1, 10, &found));
    unsigned kept = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < 5000; i++) {
            char text[16];
            (void)snprintf(text, sizeof text, "t%d", i);
            hash = token_cache_hash(cache, str_from_c(text));
            if (pass == 0) {
                token_cache_put(cache, hash, 3, 20, &who);
            } else {
                kept += token_cache_find(cache, hash, 3, 10, &found);
            }
        }
    }
    assert_true(kept > 0 && kept <= 256);
    token_cache_free(cache);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_token_says_who),
        TEST(a_token_ends_with_its_time),
        TEST(what_changes_ends_tokens_that_were_remembered),
        TEST(a_token_of_an_api_key_goes_with_it),
        TEST(the_newest_key_whose_time_has_come_signs),
        cmocka_unit_test(the_cache_forgets_by_generation_and_stays_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
