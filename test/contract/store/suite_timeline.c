// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The timeline: order, ranges, paging through equal timestamps, merged actors, names.
#include "engines.h"

#include <stdio.h>

static void put(struct fixture *f, struct store_actor actor, const struct store_timeline_row *rows,
                size_t count) {
    struct store_batch *batch = begin(f, 0);
    for (size_t i = 0; i < count; i++) {
        store_batch_timeline(batch, PROJECT, actor, &rows[i]);
    }
    int64_t offset = 0;
    assert_ok(store_partition_offset(f->store, EPOCH, 0, &offset));
    commit(batch, offset + 1);
}

static struct store_timeline_query all_of(const struct store_actor *actors, size_t count) {
    return (struct store_timeline_query){.actors = actors,
                                         .actor_count = count,
                                         .from_ms = INT64_MIN,
                                         .to_ms = INT64_MAX,
                                         .limit = 100};
}

// Reads one page and compares its ids with the words of `expected`.
static void expect_page(struct fixture *f, const struct store_timeline_query *query,
                        const char *expected, bool expected_more) {
    struct store_timeline_row *rows = NULL;
    size_t count = 0;
    bool more = !expected_more;
    assert_ok(store_timeline_read(f->store, PROJECT, query, &f->arena, &rows, &count, &more));
    char ids[512] = "";
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(ids + len, sizeof ids - len, "%s%.*s", i == 0 ? "" : " ",
                                STR_ARG(rows[i].event_id));
    }
    assert_string_equal(ids, expected);
    assert_int_equal(more, expected_more);
}

static void a_row_comes_back_as_it_was_put(void **state) {
    struct fixture *f = *state;
    struct store_timeline_row row = {.event_id = STR("e1"),
                                     .type = 3,
                                     .name = STR("Signed Up"),
                                     .timestamp_ms = -5,
                                     .received_ms = 1700000000123,
                                     .anonymous_id = STR("anon"),
                                     .properties = STR("{\"a\":1}"),
                                     .traits = STR("{\"b\":2}"),
                                     .context = STR("{\"c\":3}"),
                                     .extra = STR("{\"d\":4}")};
    struct store_timeline_row bare = event("e2", 10, "");
    put(f, user("u"), (struct store_timeline_row[]){row, bare}, 2);
    fixture_reopen(f);
    struct store_actor actor = user("u");
    struct store_timeline_query query = all_of(&actor, 1);
    struct store_timeline_row *rows = NULL;
    size_t count = 0;
    bool more = true;
    assert_ok(store_timeline_read(f->store, PROJECT, &query, &f->arena, &rows, &count, &more));
    assert_int_equal(count, 2);
    assert_false(more);
    assert_str(rows[0].event_id, "e2");
    assert_int_equal(rows[0].name.len, 0);
    assert_null(rows[0].anonymous_id.data);
    assert_null(rows[0].properties.data);
    assert_null(rows[0].traits.data);
    assert_null(rows[0].context.data);
    assert_null(rows[0].extra.data);
    assert_str(rows[1].event_id, "e1");
    assert_int_equal(rows[1].type, 3);
    assert_str(rows[1].name, "Signed Up");
    assert_int_equal(rows[1].timestamp_ms, -5);
    assert_int_equal(rows[1].received_ms, 1700000000123);
    assert_str(rows[1].anonymous_id, "anon");
    assert_str(rows[1].properties, "{\"a\":1}");
    assert_str(rows[1].traits, "{\"b\":2}");
    assert_str(rows[1].context, "{\"c\":3}");
    assert_str(rows[1].extra, "{\"d\":4}");
}

static void an_anonymous_actor_keeps_its_id_in_the_row(void **state) {
    struct fixture *f = *state;
    struct store_timeline_row row = event("e", 1, "n");
    row.anonymous_id = STR("anon");
    put(f, anonymous("anon"), &row, 1);
    row.event_id = STR("f");
    row.anonymous_id = STR("another");
    put(f, anonymous("anon"), &row, 1);
    struct store_actor actor = anonymous("anon");
    struct store_timeline_query query = all_of(&actor, 1);
    struct store_timeline_row *rows = NULL;
    size_t count = 0;
    bool more = true;
    assert_ok(store_timeline_read(f->store, PROJECT, &query, &f->arena, &rows, &count, &more));
    assert_int_equal(count, 2);
    assert_str(rows[0].anonymous_id, "another");
    assert_str(rows[1].anonymous_id, "anon");
}

static void newest_first_and_equal_times_by_id_descending(void **state) {
    struct fixture *f = *state;
    struct store_timeline_row rows[] = {
        event("b", 5, "n"),  event("a", 5, "n"), event("ab", 5, "n"),      event("x", 7, "n"),
        event("y", -7, "n"), event("z", 0, "n"), event("\xC3\xA4", 5, "n")};
    put(f, user("u"), rows, 7);
    struct store_actor actor = user("u");
    struct store_timeline_query query = all_of(&actor, 1);
    expect_page(f, &query, "x \xC3\xA4 b ab a z y", false);
}

#define UUID_1 "00000000-0000-4000-8000-000000000000"
#define UUID_2 "0fa10000-0000-4000-8000-000000000000"
#define UUID_3 "ffffffff-ffff-ffff-ffff-ffffffffffff"
#define NO_UUID "0FA10000-0000-4000-8000-000000000000" // another id: it comes back as it was sent

static void uuids_come_back_and_stand_before_other_ids(void **state) {
    struct fixture *f = *state;
    struct store_timeline_row rows[] = {event("a", 5, "n"),     event(UUID_1, 5, "n"),
                                        event("zz", 5, "n"),    event(UUID_3, 5, "n"),
                                        event(NO_UUID, 5, "n"), event(UUID_2, 5, "n")};
    // Of two actors, so that the merge must agree with the order of keys.
    put(f, user("u"), rows, 3);
    put(f, anonymous("v"), rows + 3, 3);
    fixture_reopen(f);
    const struct store_actor actors[] = {user("u"), anonymous("v")};
    struct store_timeline_query query = all_of(actors, 2);
    expect_page(f, &query, UUID_3 " " UUID_2 " " UUID_1 " zz a " NO_UUID, false);
    query.resume = true;
    query.after_ms = 5;
    query.after_id = STR(UUID_2);
    query.limit = 2;
    expect_page(f, &query, UUID_1 " zz", true);
    query.after_id = STR("zz");
    expect_page(f, &query, "a " NO_UUID, false);
}

static void the_range_is_half_open(void **state) {
    struct fixture *f = *state;
    struct store_timeline_row rows[] = {event("a", 1, "n"), event("b", 2, "n"), event("c", 3, "n")};
    put(f, user("u"), rows, 3);
    struct store_actor actor = user("u");
    struct store_timeline_query query = all_of(&actor, 1);
    query.from_ms = 1;
    query.to_ms = 3;
    expect_page(f, &query, "b a", false);
    query.from_ms = 2;
    expect_page(f, &query, "b", false);
    query.to_ms = 2;
    expect_page(f, &query, "", false);
    query.from_ms = 5;
    expect_page(f, &query, "", false);
    query.from_ms = 3;
    query.to_ms = INT64_MAX;
    expect_page(f, &query, "c", false);
}

static void paging_never_skips_or_repeats_equal_times(void **state) {
    struct fixture *f = *state;
    struct store_timeline_row rows[] = {event("a", 5, "n"), event("b", 5, "n"), event("c", 5, "n"),
                                        event("d", 5, "n"), event("e", 4, "n")};
    put(f, user("u"), rows, 3);
    put(f, anonymous("v"), rows + 3, 2);
    struct store_actor actors[] = {user("u"), anonymous("v")};
    struct store_timeline_query query = all_of(actors, 2);
    query.limit = 2;
    expect_page(f, &query, "d c", true);
    query.resume = true;
    query.after_ms = 5;
    query.after_id = STR("c");
    expect_page(f, &query, "b a", true);
    query.after_id = STR("a");
    expect_page(f, &query, "e", false);
    query.after_ms = 4;
    query.after_id = STR("e");
    expect_page(f, &query, "", false);
    query.after_ms = 100; // a position newer than the range changes nothing
    query.to_ms = 5;
    expect_page(f, &query, "e", false);
}

static void a_full_page_knows_whether_there_is_more(void **state) {
    struct fixture *f = *state;
    struct store_timeline_row rows[] = {event("a", 1, "n"), event("b", 2, "n")};
    put(f, user("u"), rows, 2);
    struct store_actor actor = user("u");
    struct store_timeline_query query = all_of(&actor, 1);
    query.limit = 2;
    expect_page(f, &query, "b a", false);
    query.limit = 1;
    expect_page(f, &query, "b", true);
    query.limit = 0;
    expect_page(f, &query, "", true);
}

static void many_actors_make_one_timeline(void **state) {
    struct fixture *f = *state;
    struct store_actor actors[40];
    char names[40][16];
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "a%d", i);
        actors[i] = anonymous(names[i]);
        for (int j = 0; j < 5; j++) {
            char id[32];
            snprintf(id, sizeof id, "e%d-%d", i, j);
            struct store_timeline_row row = event(id, j * 40 + (i * 7) % 40, "n");
            put(f, actors[i], &row, 1);
        }
    }
    struct store_timeline_query query = all_of(actors, 40);
    query.limit = 7;
    int64_t expected = 199;
    bool more = true;
    while (more) {
        struct store_timeline_row *rows = NULL;
        size_t count = 0;
        assert_ok(store_timeline_read(f->store, PROJECT, &query, &f->arena, &rows, &count, &more));
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(rows[i].timestamp_ms, expected--);
        }
        query.resume = true;
        query.after_ms = rows[count - 1].timestamp_ms;
        query.after_id = rows[count - 1].event_id;
    }
    assert_int_equal(expected, -1);
}

static void kinds_and_projects_do_not_mix(void **state) {
    struct fixture *f = *state;
    struct store_timeline_row row = event("e", 1, "n");
    put(f, user("same"), &row, 1);
    struct store_actor actors[] = {anonymous("same"), user("sam"), user("same2")};
    struct store_timeline_query query = all_of(actors, 3);
    expect_page(f, &query, "", false);
}

static void a_name_selects(void **state) {
    struct fixture *f = *state;
    struct store_timeline_row rows[] = {event("a", 1, "x"), event("b", 2, "y"), event("c", 3, "x"),
                                        event("d", 4, "")};
    put(f, user("u"), rows, 4);
    struct store_actor actor = user("u");
    struct store_timeline_query query = all_of(&actor, 1);
    query.name = STR("x");
    query.limit = 1;
    expect_page(f, &query, "c", true);
    query.limit = 2;
    expect_page(f, &query, "c a", false);
    query.name = STR("");
    expect_page(f, &query, "d", false);
}

static void the_same_row_again_replaces(void **state) {
    struct fixture *f = *state;
    struct store_timeline_row first = event("a", 1, "old");
    struct store_timeline_row second = event("a", 1, "new");
    put(f, user("u"), (struct store_timeline_row[]){first, second}, 2);
    struct store_actor actor = user("u");
    struct store_timeline_query query = all_of(&actor, 1);
    query.name = STR("new");
    expect_page(f, &query, "a", false);
    put(f, user("u"), &first, 1);
    query.name = STR("old");
    expect_page(f, &query, "a", false);
}

void suite_timeline(struct suite *suite) {
    SUITE_ADD(suite, a_row_comes_back_as_it_was_put);
    SUITE_ADD(suite, an_anonymous_actor_keeps_its_id_in_the_row);
    SUITE_ADD(suite, newest_first_and_equal_times_by_id_descending);
    SUITE_ADD(suite, uuids_come_back_and_stand_before_other_ids);
    SUITE_ADD(suite, the_range_is_half_open);
    SUITE_ADD(suite, paging_never_skips_or_repeats_equal_times);
    SUITE_ADD(suite, a_full_page_knows_whether_there_is_more);
    SUITE_ADD(suite, many_actors_make_one_timeline);
    SUITE_ADD(suite, kinds_and_projects_do_not_mix);
    SUITE_ADD(suite, a_name_selects);
    SUITE_ADD(suite, the_same_row_again_replaces);
}
