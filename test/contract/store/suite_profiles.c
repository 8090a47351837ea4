// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Profiles: expectations, versions, unique emails, listing, concurrent writers.
#include "engines.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static struct store_profile profile(const char *id, const char *email) {
    return (struct store_profile){.id = str_from_c(id),
                                  .email = str_from_c(email),
                                  .name = STR("Ada"),
                                  .traits = STR("{\"plan\":\"pro\"}"),
                                  .created_ms = 1000,
                                  .updated_ms = 1000};
}

static enum status put(struct fixture *f, struct store_profile *p, enum store_expect expect,
                       uint64_t version) {
    return store_profile_put(f->store, PROJECT, p, expect, version, NULL);
}

static void a_profile_comes_back_as_it_was_put(void **state) {
    struct fixture *f = *state;
    struct store_profile p = profile("u1", "ada@example.org");
    bool created = false;
    assert_ok(store_profile_put(f->store, PROJECT, &p, STORE_EXPECT_ANY, 0, &created));
    assert_true(created);
    assert_int_equal(p.version, 1);
    fixture_reopen(f);
    struct store_profile got;
    assert_ok(store_profile_get(f->store, PROJECT, STR("u1"), &f->arena, &got));
    assert_str(got.id, "u1");
    assert_str(got.email, "ada@example.org");
    assert_str(got.name, "Ada");
    assert_str(got.traits, "{\"plan\":\"pro\"}");
    assert_int_equal(got.version, 1);
    assert_int_equal(got.created_ms, 1000);
    assert_int_equal(got.updated_ms, 1000);
    assert_status(store_profile_get(f->store, STR("sho"), STR("u1"), &f->arena, &got),
                  STATUS_NOT_FOUND);
    assert_status(store_profile_get(f->store, PROJECT, STR("u"), &f->arena, &got),
                  STATUS_NOT_FOUND);
}

static void a_write_raises_the_version_and_keeps_the_creation_time(void **state) {
    struct fixture *f = *state;
    struct store_profile p = profile("u1", NULL);
    assert_ok(put(f, &p, STORE_EXPECT_ANY, 0));
    struct store_profile second = profile("u1", NULL);
    second.created_ms = 5555;
    second.updated_ms = 6666;
    second.name = STR_EMPTY;
    bool created = true;
    assert_ok(store_profile_put(f->store, PROJECT, &second, STORE_EXPECT_ANY, 0, &created));
    assert_false(created);
    assert_int_equal(second.version, 2);
    assert_int_equal(second.created_ms, 1000);
    struct store_profile got;
    assert_ok(store_profile_get(f->store, PROJECT, STR("u1"), &f->arena, &got));
    assert_int_equal(got.created_ms, 1000);
    assert_int_equal(got.updated_ms, 6666);
    assert_null(got.name.data);
    assert_null(got.email.data);
}

static void expectations_are_kept(void **state) {
    struct fixture *f = *state;
    struct store_profile p = profile("u1", NULL);
    assert_status(put(f, &p, STORE_EXPECT_PRESENT, 0), STATUS_NOT_FOUND);
    assert_status(put(f, &p, STORE_EXPECT_VERSION, 1), STATUS_PRECONDITION);
    assert_ok(put(f, &p, STORE_EXPECT_ABSENT, 0));
    assert_status(put(f, &p, STORE_EXPECT_ABSENT, 0), STATUS_EXISTS);
    assert_status(put(f, &p, STORE_EXPECT_VERSION, 2), STATUS_PRECONDITION);
    assert_ok(put(f, &p, STORE_EXPECT_VERSION, 1));
    assert_int_equal(p.version, 2);
    assert_ok(put(f, &p, STORE_EXPECT_PRESENT, 0));
    assert_int_equal(p.version, 3);
}

static void an_email_belongs_to_one_profile_of_its_project(void **state) {
    struct fixture *f = *state;
    struct store_profile a = profile("a", "x@example.org");
    struct store_profile b = profile("b", "x@example.org");
    assert_ok(put(f, &a, STORE_EXPECT_ANY, 0));
    assert_status(put(f, &b, STORE_EXPECT_ANY, 0), STATUS_CONFLICT);
    struct store_profile got;
    assert_status(store_profile_get(f->store, PROJECT, STR("b"), &f->arena, &got),
                  STATUS_NOT_FOUND);
    assert_ok(store_profile_put(f->store, STR("other"), &b, STORE_EXPECT_ANY, 0, NULL));
    assert_ok(put(f, &a, STORE_EXPECT_ANY, 0)); // its own email is no conflict
    struct str id;
    assert_ok(store_profile_find_email(f->store, PROJECT, STR("x@example.org"), &f->arena, &id));
    assert_str(id, "a");
    assert_status(store_profile_find_email(f->store, PROJECT, STR("X@example.org"), &f->arena, &id),
                  STATUS_NOT_FOUND);
}

static void a_changed_or_dropped_email_is_free_again(void **state) {
    struct fixture *f = *state;
    struct store_profile a = profile("a", "x@example.org");
    assert_ok(put(f, &a, STORE_EXPECT_ANY, 0));
    a.email = STR("y@example.org");
    assert_ok(put(f, &a, STORE_EXPECT_ANY, 0));
    struct store_profile b = profile("b", "x@example.org");
    assert_ok(put(f, &b, STORE_EXPECT_ANY, 0));
    struct str id;
    assert_ok(store_profile_find_email(f->store, PROJECT, STR("x@example.org"), &f->arena, &id));
    assert_str(id, "b");
    a.email = STR_EMPTY;
    assert_ok(put(f, &a, STORE_EXPECT_ANY, 0));
    assert_status(store_profile_find_email(f->store, PROJECT, STR("y@example.org"), &f->arena, &id),
                  STATUS_NOT_FOUND);
}

static void deleting_removes_the_email_claim(void **state) {
    struct fixture *f = *state;
    struct store_profile a = profile("a", "x@example.org");
    assert_status(store_profile_delete(f->store, PROJECT, STR("a"), STORE_EXPECT_ANY, 0),
                  STATUS_NOT_FOUND);
    assert_status(store_profile_delete(f->store, PROJECT, STR("a"), STORE_EXPECT_VERSION, 1),
                  STATUS_PRECONDITION);
    assert_ok(put(f, &a, STORE_EXPECT_ANY, 0));
    assert_status(store_profile_delete(f->store, PROJECT, STR("a"), STORE_EXPECT_VERSION, 9),
                  STATUS_PRECONDITION);
    assert_ok(store_profile_delete(f->store, PROJECT, STR("a"), STORE_EXPECT_VERSION, 1));
    fixture_reopen(f);
    struct store_profile got;
    assert_status(store_profile_get(f->store, PROJECT, STR("a"), &f->arena, &got),
                  STATUS_NOT_FOUND);
    struct str id;
    assert_status(store_profile_find_email(f->store, PROJECT, STR("x@example.org"), &f->arena, &id),
                  STATUS_NOT_FOUND);
    struct store_profile b = profile("b", "x@example.org");
    assert_ok(put(f, &b, STORE_EXPECT_ANY, 0));
}

static void a_version_is_never_given_twice(void **state) {
    struct fixture *f = *state;
    struct store_profile a = profile("a", NULL);
    for (int i = 0; i < 3; i++) {
        assert_ok(put(f, &a, STORE_EXPECT_ANY, 0));
    }
    assert_int_equal(a.version, 3);
    assert_ok(store_profile_delete(f->store, PROJECT, STR("a"), STORE_EXPECT_ANY, 0));
    fixture_reopen(f);
    assert_ok(put(f, &a, STORE_EXPECT_ABSENT, 0));
    assert_true(a.version > 3);
    assert_status(put(f, &a, STORE_EXPECT_VERSION, 3), STATUS_PRECONDITION);
}

static void a_list_is_bytewise_and_resumes(void **state) {
    struct fixture *f = *state;
    const char *ids[] = {"b", "a", "ab", "\xC3\xA4", "Z"};
    const char *sorted[] = {"Z", "a", "ab", "b", "\xC3\xA4"};
    for (size_t i = 0; i < 5; i++) {
        struct store_profile p = profile(ids[i], NULL);
        assert_ok(put(f, &p, STORE_EXPECT_ANY, 0));
        assert_ok(store_profile_put(f->store, STR("sho"), &p, STORE_EXPECT_ANY, 0, NULL));
        assert_ok(store_profile_put(f->store, STR("shopp"), &p, STORE_EXPECT_ANY, 0, NULL));
    }
    struct str after = STR_EMPTY;
    size_t seen = 0;
    bool more = true;
    while (more) {
        struct store_profile *page = NULL;
        size_t count = 0;
        assert_ok(store_profile_list(f->store, PROJECT, after, 2, &f->arena, &page, &count, &more));
        assert_in_range(count, 1, 2);
        for (size_t i = 0; i < count; i++) {
            assert_str(page[i].id, sorted[seen++]);
            assert_str(page[i].traits, "{\"plan\":\"pro\"}");
            after = page[i].id;
        }
    }
    assert_int_equal(seen, 5);
}

static void what_would_blur_keys_is_refused(void **state) {
    struct fixture *f = *state;
    struct store_profile p = profile("a", NULL);
    p.id = str_make("a\0b", 3);
    assert_status(put(f, &p, STORE_EXPECT_ANY, 0), STATUS_INVALID);
    p.id = STR_EMPTY;
    assert_status(put(f, &p, STORE_EXPECT_ANY, 0), STATUS_INVALID);
    char *longest = malloc(513);
    assert_non_null(longest);
    memset(longest, 'x', 513);
    p.id = str_make(longest, 513);
    assert_status(put(f, &p, STORE_EXPECT_ANY, 0), STATUS_INVALID);
    p.id = str_make(longest, 512);
    assert_ok(store_profile_put(f->store, str_make(longest, 512), &p, STORE_EXPECT_ANY, 0, NULL));
    assert_ok(
        store_profile_get(f->store, str_make(longest, 512), str_make(longest, 512), &f->arena, &p));
    free(longest);
}

#define WRITERS 4
#define ROUNDS 50

struct writer {
    struct fixture *f;
    pthread_t thread;
    int number;
    int wins;
};

static void *claim_emails(void *context) {
    struct writer *writer = context;
    for (int i = 0; i < ROUNDS; i++) {
        char id[32];
        char email[32];
        snprintf(id, sizeof id, "u%d-%d", writer->number, i);
        snprintf(email, sizeof email, "%d@example.org", i);
        struct store_profile p = profile(id, email);
        enum status status = put(writer->f, &p, STORE_EXPECT_ANY, 0);
        writer->wins += status == STATUS_OK ? 1 : 0;
        if (status != STATUS_OK && status != STATUS_CONFLICT) {
            writer->wins = -1000;
        }
    }
    return NULL;
}

static void of_many_writers_one_gets_the_email(void **state) {
    struct writer writers[WRITERS] = {0};
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.f = *state, .number = i};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, claim_emails, &writers[i]), 0);
    }
    int wins = 0;
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        wins += writers[i].wins;
    }
    assert_int_equal(wins, ROUNDS);
}

static void *raise_version(void *context) {
    struct writer *writer = context;
    while (writer->wins < ROUNDS) {
        struct arena arena;
        arena_init(&arena, 1024, 0);
        struct store_profile p = {0};
        enum status status =
            store_profile_get(writer->f->store, PROJECT, STR("shared"), &arena, &p);
        if (status == STATUS_OK) {
            status = put(writer->f, &p, STORE_EXPECT_VERSION, p.version);
        }
        arena_free(&arena);
        if (status != STATUS_OK && status != STATUS_PRECONDITION) {
            return NULL;
        }
        writer->wins += status == STATUS_OK ? 1 : 0;
    }
    return NULL;
}

static void no_update_by_version_is_lost(void **state) {
    struct fixture *f = *state;
    struct store_profile p = profile("shared", NULL);
    assert_ok(put(f, &p, STORE_EXPECT_ANY, 0));
    struct writer writers[WRITERS] = {0};
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.f = f, .number = i};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, raise_version, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        assert_int_equal(writers[i].wins, ROUNDS);
    }
    assert_ok(store_profile_get(f->store, PROJECT, STR("shared"), &f->arena, &p));
    assert_int_equal(p.version, 1 + WRITERS * ROUNDS);
}

void suite_profiles(struct suite *suite) {
    SUITE_ADD(suite, a_profile_comes_back_as_it_was_put);
    SUITE_ADD(suite, a_write_raises_the_version_and_keeps_the_creation_time);
    SUITE_ADD(suite, expectations_are_kept);
    SUITE_ADD(suite, an_email_belongs_to_one_profile_of_its_project);
    SUITE_ADD(suite, a_changed_or_dropped_email_is_free_again);
    SUITE_ADD(suite, deleting_removes_the_email_claim);
    SUITE_ADD(suite, a_version_is_never_given_twice);
    SUITE_ADD(suite, a_list_is_bytewise_and_resumes);
    SUITE_ADD(suite, what_would_blur_keys_is_refused);
    SUITE_ADD(suite, of_many_writers_one_gets_the_email);
    SUITE_ADD(suite, no_update_by_version_is_lost);
}
