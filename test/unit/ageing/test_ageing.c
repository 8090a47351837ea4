// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is older than its owner wants goes, all of it, and nothing that is younger.
#include "ageing/ageing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "store/letters.h"

#define DAY INT64_C(86400000)
#define NOW (20000 * DAY)
#define LETTERS 1000

struct fixture {
    struct store *store;
    struct clock_manual clock;
    struct arena arena;
};

static int set_up(void **state) {
    static struct fixture fixture;
    struct error err;
    fixture = (struct fixture){.store = NULL};
    clock_manual_init(&fixture.clock, NOW);
    arena_init(&fixture.arena, 4096, 0);
    assert_int_equal(store_open_memory(&fixture.store, &err), STATUS_OK);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    arena_free(&f->arena);
    store_close(f->store);
    return 0;
}

// One a minute, the last one now.
static void put_letters(struct fixture *f) {
    struct store_batch *batch = NULL;
    assert_int_equal(store_batch_begin(f->store, 1, 0, &batch), STATUS_OK);
    for (int64_t i = 0; i < LETTERS; i++) {
        struct store_dead_letter letter = {.offset = i,
                                           .received_ms = NOW - (LETTERS - 1 - i) * 60000,
                                           .stage = STR("decode"),
                                           .reason = STR("no JSON"),
                                           .record = STR("x")};
        store_batch_dead_letter(batch, i % 3 == 0 ? STR("blog") : STR("shop"), &letter);
    }
    assert_int_equal(store_batch_commit(batch, LETTERS), STATUS_OK);
}

static size_t count_letters(struct fixture *f, int64_t from_ms) {
    struct store_letter_query query = {.from_ms = from_ms, .to_ms = INT64_MAX, .limit = LETTERS};
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    bool more = false;
    assert_int_equal(store_letters_read(f->store, &query, &f->arena, &letters, &count, &more),
                     STATUS_OK);
    return count;
}

static struct ageing *start(struct fixture *f, int64_t age_ms) {
    struct ageing_config config = {
        .store = f->store, .clock = &f->clock.clock, .dead_letters_ms = age_ms};
    struct ageing *ageing = NULL;
    struct error err;
    assert_int_equal(ageing_start(&config, &ageing, &err), STATUS_OK);
    return ageing;
}

static void what_is_too_old_goes(void **state) {
    struct fixture *f = *state;
    uint64_t removed = 0;
    struct ageing *ageing = start(f, DAY); // nothing is that old: its own thread has nothing to do
    put_letters(f);
    assert_int_equal(ageing_pass(ageing, &removed), STATUS_OK);
    assert_int_equal(removed, 0);
    assert_int_equal(count_letters(f, INT64_MIN), LETTERS);
    ageing_stop(ageing);
    clock_manual_advance(&f->clock, DAY - INT64_C(300) * 60000); // all but the last 301 are older
    ageing = start(f, DAY);
    assert_int_equal(ageing_pass(ageing, &removed), STATUS_OK);
    assert_int_equal(count_letters(f, INT64_MIN), 301);
    assert_int_equal(count_letters(f, NOW - INT64_C(300) * 60000), 301);
    ageing_stop(ageing);
}

static void without_an_age_everything_stays(void **state) {
    struct fixture *f = *state;
    uint64_t removed = 1;
    put_letters(f);
    clock_manual_advance(&f->clock, 36500 * DAY);
    struct ageing *ageing = start(f, 0);
    assert_int_equal(ageing_pass(ageing, &removed), STATUS_OK);
    assert_int_equal(removed, 0);
    ageing_stop(ageing);
    ageing_stop(NULL);
    assert_int_equal(count_letters(f, INT64_MIN), LETTERS);
}

#define PEOPLE 700
#define SESSIONS_EACH 15 // more rows than a step looks at

// Each person was here once a day, the last time today.
static void put_sessions(struct fixture *f) {
    struct store_batch *batch = NULL;
    assert_int_equal(store_batch_begin(f->store, 1, 0, &batch), STATUS_OK);
    for (int64_t person = 0; person < PEOPLE; person++) {
        char id[16];
        struct store_actor actor = {
            STORE_ACTOR_USER, str_make(id, (size_t)snprintf(id, sizeof id, "%d", (int)person))};
        for (int64_t day = 0; day < SESSIONS_EACH; day++) {
            struct store_session session = {NOW - day * DAY - 1000, NOW - day * DAY, 2, 1};
            store_batch_session(batch, STR("shop"), actor, &session);
        }
    }
    assert_int_equal(store_batch_commit(batch, 1), STATUS_OK);
}

static size_t sessions_of(struct fixture *f, const char *id) {
    struct store_session *sessions = NULL;
    struct store_actor actor = {STORE_ACTOR_USER, str_from_c(id)};
    size_t count = 0;
    assert_int_equal(store_actor_sessions(f->store, STR("shop"), actor, 0, 2 * NOW, &f->arena,
                                          &sessions, &count),
                     STATUS_OK);
    return count;
}

static void sessions_go_eight_days_after_their_age(void **state) {
    struct fixture *f = *state;
    struct ageing_config config = {
        .store = f->store, .clock = &f->clock.clock, .sessions_ms = 3 * DAY};
    struct ageing *ageing = NULL;
    struct error err;
    uint64_t removed = 0;
    assert_int_equal(ageing_start(&config, &ageing, &err), STATUS_OK);
    put_sessions(f);
    put_letters(f);
    assert_int_equal(ageing_pass(ageing, &removed), STATUS_OK);
    ageing_stop(ageing);
    // Those that ended 0 to 11 days ago are left; whether this pass or the thread's own took the others.
    assert_int_equal(sessions_of(f, "0"), 12);
    assert_int_equal(sessions_of(f, "350"), 12);
    assert_int_equal(sessions_of(f, "699"), 12);
    assert_int_equal(count_letters(f, INT64_MIN), LETTERS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_too_old_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sessions_go_eight_days_after_their_age, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_an_age_everything_stays, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
