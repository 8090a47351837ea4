// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Projects, keys, accounts, closed reports, figures.
#include "engines.h"

static void projects_are_made_once_and_listed_by_id(void **state) {
    struct fixture *f = *state;
    struct store_project shop = {STR("shop"), STR("The Shop"), STR("Europe/Berlin"), 7};
    struct store_project blog = {STR("blog"), STR(""), STR("UTC"), 8};
    assert_ok(store_project_put(f->store, &shop));
    assert_ok(store_project_put(f->store, &blog));
    assert_status(store_project_put(f->store, &shop), STATUS_EXISTS);
    fixture_reopen(f);
    struct store_project *projects = NULL;
    size_t count = 0;
    assert_ok(store_projects(f->store, &f->arena, &projects, &count));
    assert_int_equal(count, 2);
    assert_str(projects[0].id, "blog");
    assert_str(projects[0].time_zone, "UTC");
    assert_str(projects[1].id, "shop");
    assert_str(projects[1].name, "The Shop");
    assert_str(projects[1].time_zone, "Europe/Berlin");
    assert_int_equal(projects[1].created_ms, 7);
}

static void keys_are_listed_and_revoked(void **state) {
    struct fixture *f = *state;
    struct store_key key = {.id = STR("k2"),
                            .project = STR("shop"),
                            .kind = STR("api"),
                            .role = STR("viewer"),
                            .secret = STR("abcdef"),
                            .label = STR("dashboard"),
                            .created_ms = 5};
    assert_ok(store_key_put(f->store, &key));
    assert_status(store_key_put(f->store, &key), STATUS_EXISTS);
    key.id = STR("k1");
    key.project = STR("");
    assert_ok(store_key_put(f->store, &key));
    fixture_reopen(f);
    struct store_key *keys = NULL;
    size_t count = 0;
    assert_ok(store_keys(f->store, &f->arena, &keys, &count));
    assert_int_equal(count, 2);
    assert_str(keys[0].id, "k1");
    assert_int_equal(keys[0].project.len, 0);
    assert_str(keys[1].project, "shop");
    assert_str(keys[1].kind, "api");
    assert_str(keys[1].role, "viewer");
    assert_str(keys[1].secret, "abcdef");
    assert_str(keys[1].label, "dashboard");
    assert_int_equal(keys[1].created_ms, 5);
    assert_ok(store_key_delete(f->store, STR("k2")));
    assert_status(store_key_delete(f->store, STR("k2")), STATUS_NOT_FOUND);
    assert_ok(store_keys(f->store, &f->arena, &keys, &count));
    assert_int_equal(count, 1);
}

static void accounts_are_made_once_and_listed_by_email(void **state) {
    struct fixture *f = *state;
    struct store_account b = {
        STR("b@example.org"), STR("$argon2id$..."), STR("admin"), STR(""), 1, STR("Bea"), true, 17};
    struct store_account a = {
        STR("a@example.org"), STR("$argon2id$"), STR("viewer"), PROJECT, 2, STR(""), false, 0};
    assert_ok(store_account_put(f->store, &b));
    assert_ok(store_account_put(f->store, &a));
    assert_status(store_account_put(f->store, &a), STATUS_EXISTS);
    fixture_reopen(f);
    struct store_account *accounts = NULL;
    size_t count = 0;
    assert_ok(store_accounts(f->store, &f->arena, &accounts, &count));
    assert_int_equal(count, 2);
    assert_str(accounts[0].email, "a@example.org");
    assert_str(accounts[0].project, "shop");
    assert_str(accounts[1].password_hash, "$argon2id$...");
    assert_str(accounts[1].role, "admin");
    assert_int_equal(accounts[1].created_ms, 1);
    assert_str(accounts[1].name, "Bea");
    assert_true(accounts[1].disabled);
    assert_int_equal(accounts[1].version, 17);
    assert_false(accounts[0].disabled);
}

static void accounts_change_by_version(void **state) {
    struct fixture *f = *state;
    struct store_account a = {
        STR("a@example.org"), STR("one"), STR("viewer"), PROJECT, 2, STR("Ann"), false, 3};
    struct store_account changed = {
        STR("a@example.org"), STR("two"), STR("admin"), STR(""), 99, STR(""), true, 4};
    assert_status(store_account_replace(f->store, &changed, 3), STATUS_NOT_FOUND);
    assert_status(store_account_delete(f->store, a.email), STATUS_NOT_FOUND);
    assert_ok(store_account_put(f->store, &a));
    assert_status(store_account_replace(f->store, &changed, 2), STATUS_PRECONDITION);
    assert_ok(store_account_replace(f->store, &changed, 3));
    assert_status(store_account_replace(f->store, &changed, 3), STATUS_PRECONDITION);
    fixture_reopen(f);
    struct store_account *accounts = NULL;
    size_t count = 0;
    assert_ok(store_accounts(f->store, &f->arena, &accounts, &count));
    assert_int_equal(count, 1);
    assert_str(accounts[0].password_hash, "two");
    assert_str(accounts[0].role, "admin");
    assert_int_equal(accounts[0].project.len, 0);
    assert_int_equal(accounts[0].created_ms, 2); // stays
    assert_true(accounts[0].disabled);
    assert_int_equal(accounts[0].version, 4);
    assert_ok(store_account_delete(f->store, a.email));
    assert_ok(store_accounts(f->store, &f->arena, &accounts, &count));
    assert_int_equal(count, 0);
    assert_status(store_account_replace(f->store, &changed, 4), STATUS_NOT_FOUND);
}

static void the_newest_revision_of_a_report_is_read(void **state) {
    struct fixture *f = *state;
    struct store_report got;
    assert_status(store_report_get(f->store, PROJECT, 5, &f->arena, &got), STATUS_NOT_FOUND);
    struct store_report report = {5, 1, 1000, UINT64_MAX, STR("{\"events\":1}")};
    assert_ok(store_report_put(f->store, PROJECT, &report));
    assert_status(store_report_put(f->store, PROJECT, &report), STATUS_EXISTS);
    report.revision = 2;
    report.body = STR("{\"events\":2}");
    assert_ok(store_report_put(f->store, PROJECT, &report));
    report.day = 4;
    report.revision = 9;
    assert_ok(store_report_put(f->store, PROJECT, &report));
    fixture_reopen(f);
    assert_ok(store_report_get(f->store, PROJECT, 5, &f->arena, &got));
    assert_int_equal(got.day, 5);
    assert_int_equal(got.revision, 2);
    assert_int_equal(got.closed_ms, 1000);
    assert_true(got.digest == UINT64_MAX);
    assert_str(got.body, "{\"events\":2}");
    assert_status(store_report_get(f->store, PROJECT, 6, &f->arena, &got), STATUS_NOT_FOUND);
    assert_status(store_report_get(f->store, STR("sho"), 5, &f->arena, &got), STATUS_NOT_FOUND);
}

static void figures_are_given(void **state) {
    struct fixture *f = *state;
    struct store_profile p = {.id = STR("u"), .traits = STR("{}")};
    assert_ok(store_profile_put(f->store, PROJECT, &p, STORE_EXPECT_ANY, 0, NULL));
    struct store_stats stats = {0};
    store_stats(f->store, &stats);
    assert_true(stats.writable);
    assert_true(stats.memory_bytes > 0);
    assert_int_equal(stats.disk_bytes > 0, f->directory[0] != '\0');
    store_close(NULL);
}

void suite_admin(struct suite *suite) {
    SUITE_ADD(suite, projects_are_made_once_and_listed_by_id);
    SUITE_ADD(suite, keys_are_listed_and_revoked);
    SUITE_ADD(suite, accounts_are_made_once_and_listed_by_email);
    SUITE_ADD(suite, accounts_change_by_version);
    SUITE_ADD(suite, the_newest_revision_of_a_report_is_read);
    SUITE_ADD(suite, figures_are_given);
}
