// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A user as a whole, from wherever it must be read and from memory alone.
#include "base/queue.h"
#include "engines.h"

static void put_profile(struct fixture *f, const char *id) {
    struct store_profile profile = {.id = str_from_c(id), .traits = STR("{\"plan\":\"pro\"}")};
    assert_ok(store_profile_put(f->store, PROJECT, &profile, STORE_EXPECT_ABSENT, 0, NULL));
}

static void put_state(struct store_batch *batch, struct store_actor actor, uint64_t events) {
    struct store_actor_state state = {.events = events, .sessions = 1};
    store_batch_actor(batch, PROJECT, actor, &state);
}

static enum status get(struct fixture *f, const char *id, enum store_reach reach,
                       struct store_user *out) {
    return store_user_get(f->store, PROJECT, str_from_c(id), reach, &f->arena, out);
}

static void a_user_is_profile_links_and_states(void **state) {
    struct fixture *f = *state;
    put_profile(f, "ann");
    put_profile(f, "quiet");
    struct store_batch *batch = begin(f, 1);
    put_state(batch, user("ann"), 5);
    put_state(batch, user("bob"), 6);
    put_state(batch, anonymous("phone"), 7);
    put_state(batch, anonymous("quiet"), 8);
    store_batch_link(batch, PROJECT, STR("phone"), STR("ann"), 10);
    store_batch_link(batch, PROJECT, STR("phone"), STR("bob"), 20);
    store_batch_link(batch, PROJECT, STR("unseen"), STR("ann"), 10);
    commit(batch, 1);
    for (int round = 0; round < 2; round++) {
        struct store_user got;
        assert_ok(get(f, "ann", STORE_REACH_ALL, &got));
        assert_true(got.has_profile);
        assert_str(got.profile.traits, "{\"plan\":\"pro\"}");
        assert_int_equal(got.actor_count, 3);
        assert_int_equal(got.actors[0].kind, STORE_ACTOR_USER);
        assert_str(got.actors[0].id, "ann");
        assert_str(got.actors[1].id, "phone");
        assert_int_equal(got.actors[2].kind, STORE_ACTOR_ANONYMOUS);
        assert_str(got.actors[2].id, "unseen");
        assert_true(got.found[0] && got.found[1] && !got.found[2]);
        assert_int_equal(got.states[0].events, 5);
        assert_int_equal(got.states[1].events, 7);
        assert_int_equal(got.states[2].events, 0);
        assert_ok(get(f, "bob", STORE_REACH_ALL, &got));
        assert_false(got.has_profile);
        assert_int_equal(got.actor_count, 1); // "phone" is ann's
        assert_ok(get(f, "quiet", STORE_REACH_ALL, &got));
        assert_int_equal(got.actor_count, 1);
        assert_false(got.found[0]);
        assert_status(get(f, "phone", STORE_REACH_ALL, &got), STATUS_NOT_FOUND);
        assert_status(get(f, "", STORE_REACH_ALL, &got), STATUS_INVALID);
        fixture_reopen(f);
    }
}

// Written a moment ago, and so in memory.
static void what_is_in_memory_is_read_from_there(void **state) {
    struct fixture *f = *state;
    put_profile(f, "ann");
    struct store_batch *batch = begin(f, 1);
    put_state(batch, user("ann"), 5);
    commit(batch, 1);
    struct store_user got;
    if (f->remote) {
        assert_status(get(f, "ann", STORE_REACH_MEMORY, &got), STATUS_UNAVAILABLE);
        return;
    }
    assert_ok(get(f, "ann", STORE_REACH_MEMORY, &got));
    assert_true(got.has_profile);
    assert_int_equal(got.actor_count, 1);
    assert_int_equal(got.states[0].events, 5);
    assert_status(get(f, "nobody", STORE_REACH_MEMORY, &got), STATUS_NOT_FOUND);
}

// A store that was just opened has read no rows yet, and a read that waits brings them into memory.
static void what_is_on_disk_is_not_waited_for(void **state) {
    struct fixture *f = *state;
    put_profile(f, "ann");
    struct store_batch *batch = begin(f, 1);
    put_state(batch, user("ann"), 5);
    commit(batch, 1);
    fixture_reopen(f);
    struct store_user got;
    bool waits = f->directory[0] != '\0' || f->remote;
    assert_status(get(f, "ann", STORE_REACH_MEMORY, &got), waits ? STATUS_UNAVAILABLE : STATUS_OK);
    assert_ok(get(f, "ann", STORE_REACH_ALL, &got));
    if (!f->remote) {
        assert_ok(get(f, "ann", STORE_REACH_MEMORY, &got));
    }
    assert_true(got.has_profile);
    assert_int_equal(got.states[0].events, 5);
}

static void links_are_not_looked_for_on_a_loop(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 1);
    put_state(batch, user("ann"), 1);
    put_state(batch, user("an"), 1);
    store_batch_link(batch, PROJECT, STR("phone"), STR("ann"), 10);
    commit(batch, 1);
    struct store_user got;
    assert_status(get(f, "ann", STORE_REACH_MEMORY, &got), STATUS_UNAVAILABLE);
    assert_status(get(f, "an", STORE_REACH_MEMORY, &got),
                  f->remote ? STATUS_UNAVAILABLE : STATUS_OK);
    assert_ok(get(f, "ann", STORE_REACH_ALL, &got));
    assert_int_equal(got.actor_count, 2);
}

struct asking {
    struct store_user_question question; // first member
    struct arena arena;
    struct queue_waker waker;
    atomic_bool answered;
};

static void note_answer(struct store_user_question *question) {
    struct asking *asking = (struct asking *)question;
    atomic_store(&asking->answered, true);
    queue_wake(&asking->waker);
}

static void begin_asking(struct fixture *f, struct asking *asking, const char *id) {
    *asking = (struct asking){
        .question = {.project = PROJECT, .id = str_from_c(id), .done = note_answer}};
    arena_init(&asking->arena, 4096, 0);
    queue_waker_init(&asking->waker);
    asking->question.arena = &asking->arena;
    assert_ok(store_user_ask(f->store, &asking->question));
}

static enum status end_asking(struct asking *asking) {
    while (!atomic_load(&asking->answered)) {
        queue_wait(&asking->waker, 1000 * 1000);
    }
    return asking->question.status;
}

static void free_asking(struct asking *asking) {
    queue_waker_destroy(&asking->waker);
    arena_free(&asking->arena);
}

// Only engines that ask other machines take questions.
static void nobody_waits_for_the_answer_to_a_question(void **state) {
    struct fixture *f = *state;
    static const char *const ids[] = {"ann", "quiet", "nobody", "linked"};
    enum { COUNT = sizeof ids / sizeof ids[0], TIMES = 25 };
    static struct asking asking[TIMES][COUNT];
    put_profile(f, "ann");
    put_profile(f, "quiet");
    struct store_batch *batch = begin(f, 1);
    put_state(batch, user("ann"), 5);
    put_state(batch, user("linked"), 6);
    store_batch_link(batch, PROJECT, STR("phone"), STR("linked"), 10);
    commit(batch, 1);
    if (!f->remote) {
        struct store_user_question question = {
            .project = PROJECT, .id = STR("ann"), .arena = &f->arena};
        assert_status(store_user_ask(f->store, &question), STATUS_UNSUPPORTED);
        return;
    }
    for (int i = 0; i < TIMES; i++) { // all at once
        for (int j = 0; j < COUNT; j++) {
            begin_asking(f, &asking[i][j], ids[j]);
        }
    }
    for (int i = 0; i < TIMES; i++) {
        assert_ok(end_asking(&asking[i][0]));
        assert_ok(end_asking(&asking[i][1]));
        assert_status(end_asking(&asking[i][2]), STATUS_NOT_FOUND);
        assert_status(end_asking(&asking[i][3]), STATUS_UNSUPPORTED);
        const struct store_user *ann = &asking[i][0].question.user;
        const struct store_user *quiet = &asking[i][1].question.user;
        assert_true(ann->has_profile && ann->found[0]);
        assert_str(ann->profile.traits, "{\"plan\":\"pro\"}");
        assert_int_equal(ann->states[0].events, 5);
        assert_int_equal(ann->actor_count, 1);
        assert_str(ann->actors[0].id, "ann");
        assert_true(quiet->has_profile && !quiet->found[0]);
        for (int j = 0; j < COUNT; j++) {
            free_asking(&asking[i][j]);
        }
    }
}

void suite_users(struct suite *suite) {
    SUITE_ADD(suite, a_user_is_profile_links_and_states);
    SUITE_ADD(suite, what_is_in_memory_is_read_from_there);
    SUITE_ADD(suite, what_is_on_disk_is_not_waited_for);
    SUITE_ADD(suite, links_are_not_looked_for_on_a_loop);
    SUITE_ADD(suite, nobody_waits_for_the_answer_to_a_question);
}
