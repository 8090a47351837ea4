// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Actors: states, days, sessions, loading many at once; identity links.
#include "engines.h"

#include <stdio.h>

static struct store_actor_state a_state(uint64_t events) {
    return (struct store_actor_state){.first_seen_ms = 100,
                                      .last_seen_ms = 900,
                                      .events = events,
                                      .sessions = 3,
                                      .current = {800, 900, 2, 1},
                                      .activity_first_day = -4,
                                      .activity = STR("\x01\x00\x80")};
}

static void expect_state(const struct store_actor_state *got, uint64_t events) {
    assert_int_equal(got->first_seen_ms, 100);
    assert_int_equal(got->last_seen_ms, 900);
    assert_int_equal(got->events, events);
    assert_int_equal(got->sessions, 3);
    assert_int_equal(got->current.start_ms, 800);
    assert_int_equal(got->current.end_ms, 900);
    assert_int_equal(got->current.events, 2);
    assert_int_equal(got->current.page_views, 1);
    assert_int_equal(got->activity_first_day, -4);
    assert_true(str_equal(got->activity, STR("\x01\x00\x80")));
}

static void a_state_comes_back_as_it_was_put(void **state) {
    struct fixture *f = *state;
    struct store_actor_state got;
    assert_status(store_actor_get(f->store, PROJECT, user("u"), &f->arena, &got), STATUS_NOT_FOUND);
    struct store_batch *batch = begin(f, 0);
    struct store_actor_state put = a_state(7);
    store_batch_actor(batch, PROJECT, user("u"), &put);
    put = a_state(8);
    store_batch_actor(batch, PROJECT, user("u"), &put); // the later put wins
    put.traits = STR("{\"x\":1}");
    store_batch_actor(batch, PROJECT, anonymous("u"), &put);
    commit(batch, 1);
    fixture_reopen(f);
    assert_ok(store_actor_get(f->store, PROJECT, user("u"), &f->arena, &got));
    expect_state(&got, 8);
    assert_null(got.traits.data);
    assert_ok(store_actor_get(f->store, PROJECT, anonymous("u"), &f->arena, &got));
    assert_str(got.traits, "{\"x\":1}");
}

// A later row without funnels would leave them on one engine and not on another: whoever had some says that there are none any more.
static void progress_in_funnels_comes_back(void **state) {
    struct fixture *f = *state;
    static const char *const texts[] = {NULL, "0000000000000007 1 5:1:1;", "",
                                        "0000000000000007 2;"};
    for (int i = 0; i < 4; i++) {
        struct store_actor_state got, put = a_state((uint64_t)i + 1);
        struct store_batch *batch = begin(f, 0);
        if (i > 0) {
            store_batch_actor(batch, PROJECT, user("u"), &put); // replaced within the batch
        }
        put.funnels = texts[i] ? str_from_c(texts[i]) : STR_EMPTY;
        put.traits = i == 3 ? STR("{\"x\":1}") : STR_EMPTY;
        store_batch_actor(batch, PROJECT, user("u"), &put);
        commit(batch, i + 1);
        fixture_reopen(f);
        assert_ok(store_actor_get(f->store, PROJECT, user("u"), &f->arena, &got));
        expect_state(&got, (uint64_t)i + 1);
        assert_int_equal(got.funnels.data != NULL, texts[i] != NULL);
        assert_true(str_equal(got.funnels, put.funnels));
        assert_true(str_equal(got.traits, put.traits));
        struct store_actor_request request = {.project = PROJECT, .actor = user("u")};
        assert_ok(store_actors_load(f->store, &request, 1, &f->arena));
        assert_true(request.found && str_equal(request.state.funnels, put.funnels));
    }
}

static void put_day(struct store_batch *batch, const char *id, int32_t number, uint32_t events) {
    struct store_name_count names[] = {{STR("a"), 1}, {STR("b"), events}};
    struct store_actor_day day = {.day = number,
                                  .first_ms = (int64_t)number * 86400000 + 5,
                                  .last_ms = (int64_t)number * 86400000 + 50,
                                  .events = events,
                                  .sessions = 1,
                                  .by_type = {events, 0, 0, 0, 0, 2},
                                  .names = names,
                                  .name_count = 2};
    store_batch_actor_day(batch, PROJECT, user(id), &day);
}

static void days_are_inclusive_and_ascending(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    for (int32_t day = 3; day >= -3; day--) {
        put_day(batch, "u", day, (uint32_t)(day + 10));
        put_day(batch, "uu", day, 1);
    }
    commit(batch, 1);
    struct store_actor_day *days = NULL;
    size_t count = 0;
    assert_ok(store_actor_days(f->store, PROJECT, user("u"), -2, 2, &f->arena, &days, &count));
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        int32_t day = (int32_t)i - 2;
        assert_int_equal(days[i].day, day);
        assert_int_equal(days[i].first_ms, (int64_t)day * 86400000 + 5);
        assert_int_equal(days[i].last_ms, (int64_t)day * 86400000 + 50);
        assert_int_equal(days[i].events, day + 10);
        assert_int_equal(days[i].sessions, 1);
        assert_int_equal(days[i].by_type[0], day + 10);
        assert_int_equal(days[i].by_type[1], 0);
        assert_int_equal(days[i].by_type[5], 2);
        assert_int_equal(days[i].name_count, 2);
        assert_str(days[i].names[0].name, "a");
        assert_int_equal(days[i].names[1].events, day + 10);
    }
    assert_ok(store_actor_days(f->store, PROJECT, user("u"), INT32_MIN, INT32_MAX, &f->arena, &days,
                               &count));
    assert_int_equal(count, 7);
    assert_ok(store_actor_days(f->store, PROJECT, user("u"), 2, 1, &f->arena, &days, &count));
    assert_int_equal(count, 0);
}

static void sessions_go_by_their_end(void **state) {
    struct fixture *f = *state;
    struct store_session *sessions = NULL;
    struct buffer position;
    struct store_batch *batch = begin(f, 0);
    uint64_t removed = 0, all = 0;
    size_t count = 0;
    for (int64_t start = 0; start < 700; start += 100) {
        struct store_session session = {start, start + 50, 5, 2};
        store_batch_session(batch, PROJECT, user("u"), &session);
        store_batch_session(batch, PROJECT, anonymous("u"), &session);
    }
    commit(batch, 1);
    fixture_reopen(f);
    buffer_init(&position, 4096);
    for (size_t limit = 0; limit < 4; limit++) { // limit 0: nothing is looked at
        do {
            assert_ok(store_sessions_age(f->store, STORE_SESSION_KEEP_MS + 250, limit, &position,
                                         &removed));
            assert_true(removed <= limit);
            all += removed;
        } while (position.len > 0);
    }
    assert_int_equal(all, f->remote ? 0 : 4); // Cassandra forgets by itself
    assert_ok(
        store_actor_sessions(f->store, PROJECT, user("u"), -1, 1000, &f->arena, &sessions, &count));
    assert_int_equal(count, f->remote ? 7 : 5);
    assert_int_equal(sessions[0].start_ms, f->remote ? 0 : 200); // it ended at 250
    buffer_append_str(&position, STR("no key of a session"));
    assert_ok(store_sessions_age(f->store, INT64_MAX, 100, &position, &removed));
    assert_int_equal(removed, f->remote ? 0 : 10);
    assert_int_equal(position.len, 0);
    buffer_free(&position);
}

static void sessions_are_half_open_and_ascending(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    for (int64_t start = 500; start >= -500; start -= 100) {
        struct store_session session = {start, start + 50, 5, 2};
        store_batch_session(batch, PROJECT, user("u"), &session);
    }
    store_batch_session_remove(batch, PROJECT, user("u"), 0);
    commit(batch, 1);
    batch = begin(f, 0);
    store_batch_session_remove(batch, PROJECT, user("u"), 100);
    store_batch_session_remove(batch, PROJECT, user("u"), 12345); // absent: nothing happens
    commit(batch, 2);
    struct store_session *sessions = NULL;
    size_t count = 0;
    assert_ok(store_actor_sessions(f->store, PROJECT, user("u"), -200, 300, &f->arena, &sessions,
                                   &count));
    assert_int_equal(count, 3);
    assert_int_equal(sessions[0].start_ms, -200);
    assert_int_equal(sessions[1].start_ms, -100);
    assert_int_equal(sessions[2].start_ms, 200);
    assert_int_equal(sessions[2].end_ms, 250);
    assert_int_equal(sessions[2].events, 5);
    assert_int_equal(sessions[2].page_views, 2);
}

static void many_are_loaded_at_once(void **state) {
    struct fixture *f = *state;
    enum { COUNT = 300 };
    static struct store_actor_request requests[COUNT];
    static char ids[COUNT][16];
    struct store_batch *batch = begin(f, 0);
    for (int i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof ids[i], "u%d", i / 2);
        requests[i] = (struct store_actor_request){
            .project = PROJECT, .actor = user(ids[i]), .want_day = i % 2 == 1, .found = true};
        requests[i].day.day = 9;
        struct store_actor_state put = a_state((uint64_t)i);
        if (i % 4 == 0) {
            store_batch_actor(batch, PROJECT, user(ids[i]), &put);
        } else if (i % 4 == 1) {
            put_day(batch, ids[i], 9, (uint32_t)i);
        }
    }
    commit(batch, 1);
    assert_ok(store_actors_load(f->store, requests, COUNT, &f->arena));
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(requests[i].found, i % 4 < 2);
        if (i % 4 == 0) {
            expect_state(&requests[i].state, (uint64_t)i);
        } else if (i % 4 == 1) {
            assert_int_equal(requests[i].day.events, i);
            assert_int_equal(requests[i].day.day, 9);
        }
    }
    assert_ok(store_actors_load(f->store, requests, 0, &f->arena));
}

static void expect_owner(struct fixture *f, const char *anonymous_id, const char *owner) {
    struct str got = STR_EMPTY;
    enum status status =
        store_link_owner(f->store, PROJECT, str_from_c(anonymous_id), &f->arena, &got);
    assert_status(status, owner == NULL ? STATUS_NOT_FOUND : STATUS_OK);
    if (owner != NULL) {
        assert_str(got, owner);
    }
}

static void expect_links(struct fixture *f, const char *user_id, const char *expected) {
    struct str *ids = NULL;
    size_t count = 0;
    assert_ok(store_links_of(f->store, PROJECT, str_from_c(user_id), &f->arena, &ids, &count));
    char joined[256] = "";
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(joined + len, sizeof joined - len, "%s%.*s", i == 0 ? "" : " ",
                                STR_ARG(ids[i]));
    }
    assert_string_equal(joined, expected);
}

static void the_earliest_link_owns_then_the_least_user(void **state) {
    struct fixture *f = *state;
    expect_owner(f, "a", NULL);
    struct store_batch *batch = begin(f, 1);
    store_batch_link(batch, PROJECT, STR("a"), STR("zoe"), 100);
    store_batch_link(batch, PROJECT, STR("b"), STR("zoe"), 100);
    store_batch_link(batch, PROJECT, STR("c"), STR("zoe"), 100);
    commit(batch, 1);
    batch = begin(f, 2);
    store_batch_link(batch, PROJECT, STR("a"), STR("ann"), 99);
    store_batch_link(batch, PROJECT, STR("b"), STR("ann"), 100);
    store_batch_link(batch, PROJECT, STR("c"), STR("ann"), 101);
    commit(batch, 1);
    fixture_reopen(f);
    expect_owner(f, "a", "ann");
    expect_owner(f, "b", "ann");
    expect_owner(f, "c", "zoe");
    expect_links(f, "ann", "a b");
    expect_links(f, "zoe", "c");
    expect_links(f, "zo", "");
}

static void of_one_pair_the_earliest_time_stands(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 1);
    store_batch_link(batch, PROJECT, STR("a"), STR("u"), 50);
    store_batch_link(batch, PROJECT, STR("a"), STR("u"), 10);
    store_batch_link(batch, PROJECT, STR("a"), STR("u"), 90);
    store_batch_link(batch, PROJECT, STR("a"), STR("v"), 11);
    commit(batch, 1);
    expect_owner(f, "a", "u");
    batch = begin(f, 1);
    store_batch_link(batch, PROJECT, STR("a"), STR("u"), 1000); // says nothing new
    store_batch_link(batch, PROJECT, STR("a"), STR("v"), 12);
    commit(batch, 2);
    expect_owner(f, "a", "u");
    batch = begin(f, 1);
    store_batch_link(batch, PROJECT, STR("a"), STR("v"), 9);
    commit(batch, 3);
    expect_owner(f, "a", "v");
    expect_links(f, "u", "");
}

static void a_user_gets_at_most_a_thousand_links(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 1);
    for (int i = 0; i < 1100; i++) {
        char id[16];
        snprintf(id, sizeof id, "a%04d", i);
        store_batch_link(batch, PROJECT, str_from_c(id), STR("u"), 10);
        store_batch_link(batch, PROJECT, str_from_c(id), STR("w"), i < 50 ? 9 : 11);
    }
    commit(batch, 1);
    struct str *ids = NULL;
    size_t count = 0;
    assert_ok(store_links_of(f->store, PROJECT, STR("u"), &f->arena, &ids, &count));
    assert_int_equal(count, 1000);
    assert_str(ids[0], "a0050");
    assert_str(ids[999], "a1049");
    assert_ok(store_links_of(f->store, PROJECT, STR("w"), &f->arena, &ids, &count));
    assert_int_equal(count, 50);
}

void suite_actors(struct suite *suite) {
    SUITE_ADD(suite, a_state_comes_back_as_it_was_put);
    SUITE_ADD(suite, progress_in_funnels_comes_back);
    SUITE_ADD(suite, days_are_inclusive_and_ascending);
    SUITE_ADD(suite, sessions_are_half_open_and_ascending);
    SUITE_ADD(suite, sessions_go_by_their_end);
    SUITE_ADD(suite, many_are_loaded_at_once);
    SUITE_ADD(suite, the_earliest_link_owns_then_the_least_user);
    SUITE_ADD(suite, of_one_pair_the_earliest_time_stands);
    SUITE_ADD(suite, a_user_gets_at_most_a_thousand_links);
}
