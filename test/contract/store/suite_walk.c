// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Walks over everything a store holds, and what is written as it was elsewhere.
#include "engines.h"

#include "store/walk.h"

#include <stdio.h>
#include <stdlib.h>

// A line for each row of a kind; `bytes` a page. Skips the test where the engine cannot walk.
struct lines {
    char text[64][200];
    size_t count;
    size_t pages;
};

static int compare_lines(const void *a, const void *b) {
    return strcmp(a, b);
}

static void describe_people(const struct store_row *row, char rest[160]) {
    if (row->kind == STORE_ROW_PROJECT) {
        (void)snprintf(rest, 160, "%.*s in %.*s", STR_ARG(row->as.project.id),
                       STR_ARG(row->as.project.time_zone));
    } else if (row->kind == STORE_ROW_KEY) {
        (void)snprintf(rest, 160, "%.*s of %.*s", STR_ARG(row->as.key.id),
                       STR_ARG(row->as.key.project));
    } else if (row->kind == STORE_ROW_ACCOUNT) {
        (void)snprintf(rest, 160, "%.*s", STR_ARG(row->as.account.email));
    } else if (row->kind == STORE_ROW_PROFILE) {
        (void)snprintf(rest, 160, "%.*s v%llu", STR_ARG(row->as.profile.id),
                       (unsigned long long)row->as.profile.version);
    } else if (row->kind == STORE_ROW_VERSION_FLOOR) {
        (void)snprintf(rest, 160, "%llu", (unsigned long long)row->as.version_floor);
    } else if (row->kind == STORE_ROW_REPORT) {
        (void)snprintf(rest, 160, "%d.%u %.*s", row->as.report.day, row->as.report.revision,
                       STR_ARG(row->as.report.body));
    } else if (row->kind == STORE_ROW_DELIVERY) {
        const struct store_delivery *delivery = &row->as.delivery;
        (void)snprintf(rest, 160, "%.*s %lld %d x%u %lld %lld %.*s v%lld", STR_ARG(delivery->name),
                       (long long)delivery->due_ms, (int)delivery->state, delivery->attempts,
                       (long long)delivery->next_ms, (long long)delivery->changed_ms,
                       STR_ARG(delivery->error), (long long)delivery->version);
    }
}

static void describe_actor(const struct store_row *row, char rest[160]) {
    if (row->kind == STORE_ROW_STATE) {
        (void)snprintf(rest, 160, "%d events%.*s", (int)row->as.state.events,
                       STR_ARG(row->as.state.funnels));
    } else if (row->kind == STORE_ROW_DAY) {
        (void)snprintf(rest, 160, "%d: %u, %zu names", row->as.day.day, row->as.day.events,
                       row->as.day.name_count);
    } else if (row->kind == STORE_ROW_SESSION) {
        (void)snprintf(rest, 160, "%lld", (long long)row->as.session.start_ms);
    } else if (row->kind == STORE_ROW_TIMELINE) {
        (void)snprintf(rest, 160, "%lld %.*s %.*s", (long long)row->as.timeline.timestamp_ms,
                       STR_ARG(row->as.timeline.event_id), STR_ARG(row->as.timeline.name));
    } else if (row->kind == STORE_ROW_LINK) {
        (void)snprintf(rest, 160, "%.*s-%.*s %lld", STR_ARG(row->as.link.anonymous_id),
                       STR_ARG(row->as.link.user_id), (long long)row->as.link.linked_ms);
    }
}

static void describe_partition(const struct store_row *row, char rest[160]) {
    if (row->kind == STORE_ROW_TOTAL) {
        (void)snprintf(rest, 160, "%d %d %.*s %lld", row->as.total.day, (int)row->as.total.metric,
                       STR_ARG(row->as.total.value), (long long)row->as.total.amount);
    } else if (row->kind == STORE_ROW_SEEN) {
        (void)snprintf(rest, 160, "%lld %lld %zu", (long long)row->as.seen.chunk,
                       (long long)row->as.seen.last_ms, row->as.seen.count);
    } else if (row->kind == STORE_ROW_DEAD_LETTER) {
        (void)snprintf(rest, 160, "%lld %.*s", (long long)row->as.dead_letter.offset,
                       STR_ARG(row->as.dead_letter.reason));
    } else if (row->kind == STORE_ROW_LETTER_MARK) {
        const struct store_letter_mark *mark = &row->as.marked.mark;
        (void)snprintf(rest, 160, "%lld is %d since %lld to %u at %lld",
                       (long long)row->as.marked.offset, (int)mark->outcome,
                       (long long)mark->marked_ms, mark->target, (long long)mark->target_end);
    } else if (row->kind == STORE_ROW_OFFSET) {
        (void)snprintf(rest, 160, "%lld of %lld", (long long)row->as.offset.next_offset,
                       (long long)row->as.offset.epoch);
    }
}

static void describe(const struct store_row *row, char out[200]) {
    char rest[160] = "";
    describe_people(row, rest);
    describe_actor(row, rest);
    describe_partition(row, rest);
    (void)snprintf(out, 200, "%.*s/%c%.*s/%u: %s", STR_ARG(row->project),
                   row->actor.kind ? (int)row->actor.kind : '-', STR_ARG(row->actor.id),
                   row->partition, rest);
}

static void walk(struct fixture *f, enum store_row_kind kind, size_t bytes, struct lines *lines) {
    struct store_page page = {.more = true};
    *lines = (struct lines){.count = 0};
    while (page.more) {
        enum status status = store_walk(f->store, kind, page.position, bytes, &f->arena, &page);
        if (status == STATUS_UNSUPPORTED) {
            skip();
        }
        assert_ok(status);
        lines->pages++;
        for (size_t i = 0; i < page.count; i++) {
            assert_true(lines->count < 64);
            assert_int_equal(page.rows[i].kind, kind);
            describe(&page.rows[i], lines->text[lines->count++]);
        }
    }
    qsort(lines->text, lines->count, sizeof lines->text[0], compare_lines);
}

// Whatever the pages' size: expected is sorted, its lines end with newlines.
static void expect_walk(struct fixture *f, enum store_row_kind kind, const char *expected) {
    static const size_t sizes[] = {1, 300, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct lines lines;
        walk(f, kind, sizes[i], &lines);
        char text[4096] = "";
        size_t len = 0;
        for (size_t line = 0; line < lines.count; line++) {
            len += (size_t)snprintf(text + len, sizeof text - len, "%s\n", lines.text[line]);
        }
        assert_string_equal(text, expected);
    }
}

static void an_empty_store_has_no_rows(void **state) {
    struct fixture *f = *state;
    for (int kind = STORE_ROW_PROJECT; kind < STORE_ROW_END; kind++) {
        expect_walk(f, (enum store_row_kind)kind, "");
    }
    struct store_page page;
    assert_status(store_walk(f->store, (enum store_row_kind)99, STR_EMPTY, 1, &f->arena, &page),
                  STATUS_INVALID);
    assert_string_equal(store_row_kind_name(STORE_ROW_TOTAL), "day totals");
}

static void what_people_wrote_is_walked(void **state) {
    struct fixture *f = *state;
    struct store_project projects[] = {{STR("shop"), STR("Shop"), STR("UTC"), 1},
                                       {STR("blog"), STR("Blog"), STR("Europe/Rome"), 2}};
    struct store_key key = {
        STR("k1"), STR("shop"), STR("write"), STR("write"), STR("secret"), STR("label"), 3};
    struct store_account account = {
        STR("a@example.org"), STR("hash"), STR("admin"), STR(""), 4, STR("Ann"), true, 9};
    assert_ok(store_project_put(f->store, &projects[0]));
    assert_ok(store_project_put(f->store, &projects[1]));
    assert_ok(store_key_put(f->store, &key));
    assert_ok(store_account_put(f->store, &account));
    for (unsigned revision = 1; revision <= 2; revision++) {
        struct store_report report = {20000, revision, 5, 6, STR("{}")};
        assert_ok(store_report_put(f->store, STR("shop"), &report));
        assert_ok(store_report_put(f->store, STR("blog"), &report));
    }
    for (int i = 0; i < 3; i++) {
        struct store_profile profile = {.id = i == 0 ? STR("ann") : STR("bob"),
                                        .traits = STR("{}")};
        struct str project = i == 2 ? STR("blog") : STR("shop");
        assert_ok(store_profile_put(f->store, project, &profile, STORE_EXPECT_ANY, 0, NULL));
    }
    assert_ok(store_profile_delete(f->store, STR("shop"), STR("bob"), STORE_EXPECT_ANY, 0));
    fixture_reopen(f);
    expect_walk(f, STORE_ROW_PROJECT, "/-/0: blog in Europe/Rome\n/-/0: shop in UTC\n");
    expect_walk(f, STORE_ROW_KEY, "/-/0: k1 of shop\n");
    expect_walk(f, STORE_ROW_ACCOUNT, "/-/0: a@example.org\n");
    expect_walk(f, STORE_ROW_REPORT,
                "blog/-/0: 20000.1 {}\nblog/-/0: 20000.2 {}\n"
                "shop/-/0: 20000.1 {}\nshop/-/0: 20000.2 {}\n");
    expect_walk(f, STORE_ROW_PROFILE, "blog/-/0: bob v1\nshop/-/0: ann v1\n");
    expect_walk(f, STORE_ROW_VERSION_FLOOR, "shop/-/0: 1\n");
}

static void deliveries_are_walked_and_restored(void **state) {
    struct fixture *f = *state;
    struct store_delivery row = {STR("daily"), 500, STORE_DELIVERY_WAITING, 1, 600, 501,
                                 STR_EMPTY,    0};
    assert_ok(store_delivery_put(f->store, &row, 0));
    row.error = STR("refused");
    row.attempts = 2;
    assert_ok(store_delivery_put(f->store, &row, 1));
    struct store_delivery other = {STR("week"), 700, STORE_DELIVERY_GIVEN_UP, 9, 800, 701,
                                   STR("gone"), 12};
    assert_ok(store_delivery_restore(f->store, &other));
    other.attempts = 3; // what is there stays
    assert_ok(store_delivery_restore(f->store, &other));
    fixture_reopen(f);
    expect_walk(f, STORE_ROW_DELIVERY,
                "/-/0: daily 500 1 x2 600 501 refused v2\n"
                "/-/0: week 700 4 x9 800 701 gone v12\n");
    other.state = STORE_DELIVERY_UNDER_WAY; // and is gone on with
    assert_status(store_delivery_put(f->store, &other, 0), STATUS_PRECONDITION);
    assert_ok(store_delivery_put(f->store, &other, 12));
    other.version = 0;
    assert_status(store_delivery_restore(f->store, &other), STATUS_INVALID);
}

static void put_actor(struct store_batch *batch, struct store_actor actor, uint64_t events) {
    struct store_actor_state state = {.events = events,
                                      .funnels = events == 3 ? STR(" 7;") : STR_EMPTY};
    struct store_name_count names[] = {{STR("open"), 1}, {STR("sign up"), 2}};
    struct store_actor_day day = {.events = 3, .names = names, .name_count = 2};
    struct store_session session = {.start_ms = 1000, .end_ms = 2000, .events = 2};
    store_batch_actor(batch, PROJECT, actor, &state);
    for (day.day = 20000; day.day < 20002; day.day++) {
        store_batch_actor_day(batch, PROJECT, actor, &day);
    }
    store_batch_session(batch, PROJECT, actor, &session);
}

static void what_is_known_of_actors_is_walked(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    put_actor(batch, user("x"), 1);
    put_actor(batch, anonymous("x"), 2);
    commit(batch, 1);
    batch = begin(f, 1);
    put_actor(batch, user("y"), 3);
    store_batch_link(batch, PROJECT, STR("x"), STR("y"), 30);
    store_batch_link(batch, PROJECT, STR("x"), STR("y"), 20);
    store_batch_link(batch, PROJECT, STR("x"), STR("z"), 40);
    store_batch_link(batch, STR("blog"), STR("x"), STR("z"), 50);
    commit(batch, 1);
    fixture_reopen(f);
    expect_walk(f, STORE_ROW_STATE,
                "shop/ax/0: 2 events\nshop/ux/0: 1 events\nshop/uy/0: 3 events 7;\n");
    expect_walk(f, STORE_ROW_DAY,
                "shop/ax/0: 20000: 3, 2 names\nshop/ax/0: 20001: 3, 2 names\n"
                "shop/ux/0: 20000: 3, 2 names\nshop/ux/0: 20001: 3, 2 names\n"
                "shop/uy/0: 20000: 3, 2 names\nshop/uy/0: 20001: 3, 2 names\n");
    expect_walk(f, STORE_ROW_SESSION, "shop/ax/0: 1000\nshop/ux/0: 1000\nshop/uy/0: 1000\n");
    expect_walk(f, STORE_ROW_LINK, "blog/-/0: x-z 50\nshop/-/0: x-y 20\nshop/-/0: x-z 40\n");
}

static void timelines_of_all_actors_are_walked(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    struct store_timeline_row rows[] = {
        event("e1", 100, "open"), event("e2", -5, "open"),
        event("11111111-2222-3333-4444-555555555555", 100, "sign up")};
    for (size_t i = 0; i < 3; i++) {
        store_batch_timeline(batch, PROJECT, user("x"), &rows[i]);
        store_batch_timeline(batch, PROJECT, anonymous("x"), &rows[i]);
    }
    store_batch_timeline(batch, STR("blog"), user("y"), &rows[0]);
    commit(batch, 1);
    fixture_reopen(f);
    expect_walk(f, STORE_ROW_TIMELINE,
                "blog/uy/0: 100 e1 open\n"
                "shop/ax/0: -5 e2 open\n"
                "shop/ax/0: 100 11111111-2222-3333-4444-555555555555 sign up\n"
                "shop/ax/0: 100 e1 open\n"
                "shop/ux/0: -5 e2 open\n"
                "shop/ux/0: 100 11111111-2222-3333-4444-555555555555 sign up\n"
                "shop/ux/0: 100 e1 open\n");
}

static void put_partition(struct fixture *f, unsigned partition) {
    struct store_batch *batch = begin(f, partition);
    struct store_total totals[] = {{20000, STORE_METRIC_EVENTS, STR(""), 5 + (int64_t)partition},
                                   {20001, STORE_METRIC_NAME, STR("sign up"), 7}};
    uint64_t hashes[] = {1, 2, 3};
    struct store_dead_letter letter = {.partition = partition,
                                       .offset = 8,
                                       .received_ms = 9,
                                       .stage = STR("decode"),
                                       .reason = STR("not JSON"),
                                       .record = str_make("\0\xFF{", 3)};
    store_batch_total(batch, PROJECT, &totals[0]);
    store_batch_total(batch, PROJECT, &totals[1]);
    store_batch_seen(batch, -4, 10, hashes, 3);
    store_batch_seen(batch, 4, 10, hashes, 2);
    store_batch_dead_letter(batch, PROJECT, &letter);
    commit(batch, 100 + (int64_t)partition);
}

static void what_partitions_have_is_walked(void **state) {
    struct fixture *f = *state;
    put_partition(f, 0);
    put_partition(f, 300);
    fixture_reopen(f);
    expect_walk(f, STORE_ROW_TOTAL,
                "shop/-/0: 20000 1  5\nshop/-/0: 20001 3 sign up 7\n"
                "shop/-/300: 20000 1  305\nshop/-/300: 20001 3 sign up 7\n");
    expect_walk(f, STORE_ROW_SEEN,
                "/-/0: -4 10 3\n/-/0: 4 10 2\n/-/300: -4 10 3\n/-/300: 4 10 2\n");
    expect_walk(f, STORE_ROW_DEAD_LETTER, "shop/-/0: 8 not JSON\nshop/-/300: 8 not JSON\n");
    expect_walk(f, STORE_ROW_OFFSET, "/-/0: 100 of 77\n/-/300: 400 of 77\n");
}

static void mark_letter(struct fixture *f, unsigned partition, int64_t offset,
                        enum store_letter_outcome outcome) {
    struct store_dead_letter letter = {
        .project = PROJECT, .partition = partition, .offset = offset, .received_ms = 9};
    struct store_letter_mark mark = {outcome, 70, 3, -5};
    assert_ok(store_letter_mark(f->store, &letter, &mark));
}

// Also of letters that are gone.
static void marks_of_letters_are_walked(void **state) {
    struct fixture *f = *state;
    put_partition(f, 300);
    mark_letter(f, 300, 8, STORE_LETTER_DISCARDED);
    mark_letter(f, 300, -2, STORE_LETTER_TAKEN);
    mark_letter(f, 1, 8, STORE_LETTER_TAKING);
    fixture_reopen(f);
    expect_walk(f, STORE_ROW_LETTER_MARK,
                "/-/1: 8 is 1 since 70 to 3 at -5\n/-/300: -2 is 2 since 70 to 3 at -5\n"
                "/-/300: 8 is 3 since 70 to 3 at -5\n");
}

static void a_walk_goes_on_where_it_was(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    for (int i = 0; i < 9; i++) {
        char id[2] = {(char)('a' + i), '\0'};
        struct store_actor_state actor = {.events = 1};
        store_batch_actor(batch, PROJECT, user(id), &actor);
    }
    commit(batch, 1);
    struct store_page page = {.more = true};
    struct str position = STR_EMPTY;
    char seen[16] = "";
    while (page.more) {
        enum status status = store_walk(f->store, STORE_ROW_STATE, position, 1, &f->arena, &page);
        if (status == STATUS_UNSUPPORTED) {
            skip();
        }
        assert_ok(status);
        for (size_t i = 0; i < page.count; i++) {
            assert_int_equal(page.rows[i].actor.id.len, 1);
            (void)strncat(seen, page.rows[i].actor.id.data, 1);
        }
        // The same page again, of a store that was opened again.
        struct store_page again;
        fixture_reopen(f);
        assert_ok(store_walk(f->store, STORE_ROW_STATE, position, 1, &f->arena, &again));
        assert_int_equal(again.count, page.count);
        assert_true(str_equal(again.position, page.position));
        position = page.position;
    }
    assert_int_equal(strlen(seen), 9);
    for (int id = 'a'; id < 'a' + 9; id++) {
        assert_non_null(strchr(seen, id));
    }
    if (page.position.len > 0) {
        assert_status(store_walk(f->store, STORE_ROW_DAY, page.position, 1, &f->arena, &page),
                      STATUS_INVALID);
    }
    assert_status(store_walk(f->store, STORE_ROW_DAY, STR("nonsense"), 1, &f->arena, &page),
                  STATUS_INVALID);
}

// --- Restoring ------------------------------------------------------------------------------------------------------

static enum status restore(struct fixture *f, const struct store_profile *profiles, size_t count) {
    enum status status = store_profiles_restore(f->store, PROJECT, profiles, count);
    if (status == STATUS_UNSUPPORTED) {
        skip();
    }
    return status;
}

static void profiles_are_restored_as_they_were(void **state) {
    struct fixture *f = *state;
    struct store_profile profiles[] = {
        {STR("ann"), STR("ann@example.org"), STR("Ann"), STR("{\"a\":1}"), 7, 1000, 2000},
        {STR("bob"), STR_EMPTY, STR_EMPTY, STR("{}"), 1, 3000, 3000}};
    for (int i = 0; i < 2; i++) { // a second time changes nothing
        assert_ok(restore(f, profiles, 2));
        fixture_reopen(f);
        struct store_profile got;
        assert_ok(store_profile_get(f->store, PROJECT, STR("ann"), &f->arena, &got));
        assert_int_equal(got.version, 7);
        assert_int_equal(got.created_ms, 1000);
        assert_int_equal(got.updated_ms, 2000);
        assert_str(got.email, "ann@example.org");
        assert_str(got.name, "Ann");
        assert_str(got.traits, "{\"a\":1}");
        assert_ok(store_profile_get(f->store, PROJECT, STR("bob"), &f->arena, &got));
        assert_str(got.email, NULL);
        assert_str(got.name, NULL);
        struct str id;
        assert_ok(
            store_profile_find_email(f->store, PROJECT, STR("ann@example.org"), &f->arena, &id));
        assert_str(id, "ann");
    }
    // From here on it is a profile as any other.
    struct store_profile next = profiles[0];
    next.email = STR("new@example.org");
    next.updated_ms = 4000;
    assert_ok(store_profile_put(f->store, PROJECT, &next, STORE_EXPECT_VERSION, 7, NULL));
    assert_int_equal(next.version, 8);
    assert_int_equal(next.created_ms, 1000);
    struct str id;
    assert_status(
        store_profile_find_email(f->store, PROJECT, STR("ann@example.org"), &f->arena, &id),
        STATUS_NOT_FOUND);
    struct store_profile thief = {
        .id = STR("eve"), .email = STR("new@example.org"), .traits = STR("{}")};
    assert_status(store_profile_put(f->store, PROJECT, &thief, STORE_EXPECT_ANY, 0, NULL),
                  STATUS_CONFLICT);
}

static void a_newer_profile_stays(void **state) {
    struct fixture *f = *state;
    struct store_profile profile = {.id = STR("ann"),
                                    .name = STR("Old"),
                                    .traits = STR("{}"),
                                    .version = 3,
                                    .updated_ms = 1000};
    assert_ok(restore(f, &profile, 1));
    struct store_profile newer = {
        .id = STR("ann"), .name = STR("New"), .traits = STR("{}"), .updated_ms = 2000};
    assert_ok(store_profile_put(f->store, PROJECT, &newer, STORE_EXPECT_ANY, 0, NULL));
    assert_ok(restore(f, &profile, 1));
    struct store_profile got;
    assert_ok(store_profile_get(f->store, PROJECT, STR("ann"), &f->arena, &got));
    assert_int_equal(got.version, 4);
    assert_str(got.name, "New");
    profile.version = 0;
    assert_status(restore(f, &profile, 1), STATUS_INVALID);
    profile.version = UINT64_MAX;
    assert_status(restore(f, &profile, 1), STATUS_INVALID);
}

static void a_floor_only_rises(void **state) {
    struct fixture *f = *state;
    enum status status = store_version_floor_raise(f->store, PROJECT, 9);
    if (status == STATUS_UNSUPPORTED) {
        skip();
    }
    assert_ok(status);
    assert_ok(store_version_floor_raise(f->store, PROJECT, 4));
    fixture_reopen(f);
    struct store_profile made = {.id = STR("ann"), .traits = STR("{}")};
    assert_ok(store_profile_put(f->store, PROJECT, &made, STORE_EXPECT_ABSENT, 0, NULL));
    assert_int_equal(made.version, 10);
    struct store_profile other = {.id = STR("ann"), .traits = STR("{}")};
    assert_ok(store_profile_put(f->store, STR("blog"), &other, STORE_EXPECT_ABSENT, 0, NULL));
    assert_int_equal(other.version, 1);
    struct lines lines;
    walk(f, STORE_ROW_VERSION_FLOOR, 300, &lines);
    assert_true(lines.count > 0);
    for (size_t i = 0; i < lines.count; i++) { // several, where ids of a project have several
        assert_string_equal(lines.text[i], "shop/-/0: 9");
    }
    assert_status(store_version_floor_raise(f->store, PROJECT, UINT64_MAX), STATUS_INVALID);
}

void suite_walk(struct suite *suite) {
    SUITE_ADD(suite, an_empty_store_has_no_rows);
    SUITE_ADD(suite, what_people_wrote_is_walked);
    SUITE_ADD(suite, what_is_known_of_actors_is_walked);
    SUITE_ADD(suite, timelines_of_all_actors_are_walked);
    SUITE_ADD(suite, what_partitions_have_is_walked);
    SUITE_ADD(suite, marks_of_letters_are_walked);
    SUITE_ADD(suite, a_walk_goes_on_where_it_was);
    SUITE_ADD(suite, deliveries_are_walked_and_restored);
    SUITE_ADD(suite, profiles_are_restored_as_they_were);
    SUITE_ADD(suite, a_newer_profile_stays);
    SUITE_ADD(suite, a_floor_only_rises);
}
