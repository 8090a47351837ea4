// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Signing keys, families of refresh tokens, revocations.
#include "store/tokens.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "engines.h"

// Cassandra counts the time to live by its own clock.
static int64_t now(void) {
    return (int64_t)time(NULL) * 1000;
}

static void signing_keys_take_the_next_number(void **state) {
    struct fixture *f = *state;
    static const char secret[] = {0, 1, (char)0xff, 0, 7};
    struct store_signing_key key = {
        2, STR("kid-b"), STR("EdDSA"), str_make(secret, sizeof secret), 10, 20};
    assert_ok(store_signing_key_put(f->store, &key));
    assert_status(store_signing_key_put(f->store, &key), STATUS_EXISTS);
    key.number = 1;
    key.kid = STR("kid-a");
    assert_ok(store_signing_key_put(f->store, &key));
    key.number = 0;
    assert_status(store_signing_key_put(f->store, &key), STATUS_INVALID);
    fixture_reopen(f);
    struct store_signing_key *keys = NULL;
    size_t count = 0;
    assert_ok(store_signing_keys(f->store, &f->arena, &keys, &count));
    assert_int_equal(count, 2);
    assert_str(keys[0].kid, "kid-a");
    assert_int_equal(keys[1].number, 2);
    assert_str(keys[1].algorithm, "EdDSA");
    assert_int_equal(keys[1].secret.len, sizeof secret);
    assert_memory_equal(keys[1].secret.data, secret, sizeof secret);
    assert_int_equal(keys[1].created_ms, 10);
    assert_int_equal(keys[1].signs_from_ms, 20);
    assert_ok(store_signing_key_delete(f->store, 1));
    assert_status(store_signing_key_delete(f->store, 1), STATUS_NOT_FOUND);
    assert_ok(store_signing_keys(f->store, &f->arena, &keys, &count));
    assert_int_equal(count, 1);
}

static struct store_family family(const char *id, int64_t expires_ms) {
    return (struct store_family){.id = str_from_c(id),
                                 .hash = STR("h1"),
                                 .account = STR("a@example.org"),
                                 .version = 5,
                                 .role = STR("viewer"),
                                 .project = STR(""),
                                 .subject = STR("u1"),
                                 .created_ms = 3,
                                 .expires_ms = expires_ms};
}

static void a_family_turns_from_its_newest_token_alone(void **state) {
    struct fixture *f = *state;
    int64_t end = now() + 3600 * 1000;
    struct store_family made = family("f1", end);
    struct store_family got;
    assert_status(store_family_get(f->store, STR("f1"), &f->arena, &got), STATUS_NOT_FOUND);
    assert_status(store_family_turn(f->store, STR("f1"), STR("h1"), STR("h2"), end, now()),
                  STATUS_PRECONDITION);
    assert_ok(store_family_put(f->store, &made, now()));
    assert_status(store_family_put(f->store, &made, now()), STATUS_EXISTS);
    assert_ok(store_family_turn(f->store, STR("f1"), STR("h1"), STR("h2"), end, now()));
    assert_status(store_family_turn(f->store, STR("f1"), STR("h1"), STR("h3"), end, now()),
                  STATUS_PRECONDITION);
    fixture_reopen(f);
    assert_ok(store_family_get(f->store, STR("f1"), &f->arena, &got));
    assert_str(got.id, "f1");
    assert_str(got.hash, "h2");
    assert_str(got.account, "a@example.org");
    assert_int_equal(got.version, 5);
    assert_str(got.role, "viewer");
    assert_int_equal(got.project.len, 0);
    assert_str(got.subject, "u1");
    assert_int_equal(got.created_ms, 3);
    assert_true(got.expires_ms == end);
    assert_ok(store_family_delete(f->store, STR("f1")));
    assert_status(store_family_delete(f->store, STR("f1")), STATUS_NOT_FOUND);
    assert_status(store_family_turn(f->store, STR("f1"), STR("h2"), STR("h3"), end, now()),
                  STATUS_PRECONDITION);
    made.expires_ms = now() - 1;
    assert_status(store_family_put(f->store, &made, now()), STATUS_INVALID);
}

#define RIVALS 8
struct rival {
    struct store *store;
    pthread_t thread;
    char hash[24];
    int64_t end;
    enum status status;
};

static void *turn(void *context) {
    struct rival *rival = context;
    rival->status = store_family_turn(rival->store, STR("f1"), STR("h1"), str_from_c(rival->hash),
                                      rival->end, now());
    return NULL;
}

static void of_many_who_turn_one_wins(void **state) {
    struct fixture *f = *state;
    int64_t end = now() + 3600 * 1000;
    struct store_family made = family("f1", end);
    struct rival rivals[RIVALS];
    assert_ok(store_family_put(f->store, &made, now()));
    for (int i = 0; i < RIVALS; i++) {
        rivals[i] = (struct rival){.store = f->store, .end = end};
        (void)snprintf(rivals[i].hash, sizeof rivals[i].hash, "rival-%d", i);
        assert_int_equal(pthread_create(&rivals[i].thread, NULL, turn, &rivals[i]), 0);
    }
    const struct rival *winner = NULL;
    int won = 0;
    for (int i = 0; i < RIVALS; i++) {
        pthread_join(rivals[i].thread, NULL);
        if (rivals[i].status == STATUS_OK) {
            winner = &rivals[i];
            won++;
        }
    }
    struct store_family got;
    assert_ok(store_family_get(f->store, STR("f1"), &f->arena, &got));
    // A server that is asked by many at once may leave an answer open, which is none that was won.
    assert_true(won <= 1);
    if (winner) {
        assert_str(got.hash, winner->hash);
    }
    if (!f->remote) {
        assert_int_equal(won, 1);
    }
}

static bool has(const struct store_revocation *rows, size_t count, struct str id) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(rows[i].id, id)) {
            return true;
        }
    }
    return false;
}

static void revocations_count_until_they_are_over(void **state) {
    struct fixture *f = *state;
    int64_t base = now();
    struct store_revocation one = {STR("one"), base + 60 * 1000};
    struct store_revocation two = {STR("two"), base + STORE_REVOCATION_AHEAD_MS};
    struct store_revocation far = {STR("far"), base + STORE_REVOCATION_AHEAD_MS + 1};
    struct store_revocation past = {STR("past"), base};
    assert_ok(store_revocation_put(f->store, &one, base));
    assert_ok(store_revocation_put(f->store, &one, base));
    assert_ok(store_revocation_put(f->store, &two, base));
    assert_ok(store_revocation_put(f->store, &past, base));
    assert_status(store_revocation_put(f->store, &far, base), STATUS_INVALID);
    fixture_reopen(f);
    struct store_revocation *rows = NULL;
    size_t count = 0;
    assert_ok(store_revocations(f->store, base, &f->arena, &rows, &count));
    assert_true(has(rows, count, one.id));
    assert_true(has(rows, count, two.id));
    assert_false(has(rows, count, past.id));
    assert_ok(store_revocations(f->store, base + 60 * 1000, &f->arena, &rows, &count));
    assert_false(has(rows, count, one.id));
    assert_true(has(rows, count, two.id));
}

static void what_is_over_is_swept(void **state) {
    struct fixture *f = *state;
    int64_t base = now();
    struct store_family brief = family("brief", base + 1000);
    struct store_family lasting = family("lasting", base + 3600 * 1000);
    struct store_revocation one = {STR("one"), base + 1000};
    struct store_family got;
    assert_ok(store_family_put(f->store, &brief, base));
    assert_ok(store_family_put(f->store, &lasting, base));
    assert_ok(store_revocation_put(f->store, &one, base));
    assert_ok(store_tokens_sweep(f->store, base + 1000));
    assert_ok(store_family_get(f->store, STR("lasting"), &f->arena, &got));
    if (!f->remote) { // rows end by themselves there
        assert_status(store_family_get(f->store, STR("brief"), &f->arena, &got), STATUS_NOT_FOUND);
    }
    struct store_revocation *rows = NULL;
    size_t count = 0;
    assert_ok(store_revocations(f->store, base + 1000, &f->arena, &rows, &count));
    assert_int_equal(count, 0);
}

void suite_tokens(struct suite *suite) {
    SUITE_ADD(suite, signing_keys_take_the_next_number);
    SUITE_ADD(suite, a_family_turns_from_its_newest_token_alone);
    SUITE_ADD(suite, of_many_who_turn_one_wins);
    SUITE_ADD(suite, revocations_count_until_they_are_over);
    SUITE_ADD(suite, what_is_over_is_swept);
}
