// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Erasing: what goes, what stays, what comes back; receipts, holds, refusals, secrets.
#include "engines.h"

#include "store/erasure.h"
#include "store/letters.h"

#define T0 INT64_C(1764000000000)
#define PERSON STR("0123456789abcdef")

static void put_all(struct fixture *f, struct store_actor actor, unsigned partition, int64_t offset,
                    const char *event_id, int64_t ms) {
    struct store_batch *batch = begin(f, partition);
    struct store_timeline_row row = event(event_id, ms, "Login");
    struct store_actor_state state = {.events = 1, .first_seen_ms = ms, .last_seen_ms = ms};
    struct store_actor_day day = {.day = 20000, .events = 1, .first_ms = ms, .last_ms = ms};
    struct store_session session = {ms, ms, 1, 0};
    store_batch_timeline(batch, PROJECT, actor, &row);
    store_batch_actor(batch, PROJECT, actor, &state);
    store_batch_actor_day(batch, PROJECT, actor, &day);
    store_batch_session(batch, PROJECT, actor, &session);
    commit(batch, offset);
}

static size_t entries_of(struct fixture *f, struct store_actor actor) {
    struct store_timeline_query query = {
        .actors = &actor, .actor_count = 1, .from_ms = 0, .to_ms = INT64_C(1) << 50, .limit = 100};
    struct store_timeline_row *rows = NULL;
    size_t count = 0;
    bool more = false;
    assert_ok(store_timeline_read(f->store, PROJECT, &query, &f->arena, &rows, &count, &more));
    return count;
}

static void expect_rows(struct fixture *f, struct store_actor actor, size_t expected) {
    struct store_actor_state state;
    struct store_actor_day *days = NULL;
    struct store_session *sessions = NULL;
    size_t count = 0;
    assert_int_equal(entries_of(f, actor), expected);
    assert_status(store_actor_get(f->store, PROJECT, actor, &f->arena, &state),
                  expected > 0 ? STATUS_OK : STATUS_NOT_FOUND);
    assert_ok(store_actor_days(f->store, PROJECT, actor, 0, 40000, &f->arena, &days, &count));
    assert_int_equal(count, expected > 0);
    assert_ok(store_actor_sessions(f->store, PROJECT, actor, 0, INT64_C(1) << 50, &f->arena,
                                   &sessions, &count));
    assert_int_equal(count, expected);
}

static struct store_erased erase(struct fixture *f, struct store_actor actor, unsigned partition,
                                 int64_t next_offset) {
    struct store_erased removed = {0};
    struct store_batch *batch = begin(f, partition);
    bool more = true;
    assert_ok(store_batch_erase(batch, PROJECT, actor, 100, &removed, &more));
    assert_false(more);
    commit(batch, next_offset);
    return removed;
}

static void rows_of_the_actor_go_and_no_others(void **state) {
    struct fixture *f = *state;
    put_all(f, user("u"), 0, 1, "e1", T0);
    put_all(f, user("u"), 0, 2, "e2", T0 + 5);
    put_all(f, anonymous("u"), 0, 3, "e3", T0);
    put_all(f, user("u2"), 1, 1, "e4", T0);
    struct store_erased removed = erase(f, user("u"), 0, 4);
    fixture_reopen(f);
    assert_int_equal(removed.timeline, 2);
    assert_int_equal(removed.sessions, 2);
    assert_int_equal(removed.days, 1);
    assert_int_equal(removed.states, 1);
    expect_rows(f, user("u"), 0);
    expect_rows(f, anonymous("u"), 1);
    expect_rows(f, user("u2"), 1);
    removed = erase(f, user("nobody"), 0, 5);
    assert_int_equal(removed.timeline + removed.sessions + removed.days + removed.states, 0);
}

static void what_comes_later_is_not_hidden(void **state) {
    struct fixture *f = *state;
    put_all(f, user("u"), 0, 1, "e1", T0);
    (void)erase(f, user("u"), 0, 2);
    // Received by a machine whose clock is behind that of the one before.
    put_all(f, user("u"), 0, 3, "e2", T0 - 5000);
    expect_rows(f, user("u"), 1);
    (void)erase(f, user("u"), 0, 4);
    expect_rows(f, user("u"), 0);
}

static void much_goes_in_parts(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    for (int i = 0; i < 25; i++) {
        char id[] = {'e', (char)('a' + i), '\0'};
        struct store_timeline_row row = event(id, T0 + i, "Login");
        store_batch_timeline(batch, PROJECT, user("u"), &row);
    }
    struct store_actor_state known = {.events = 25};
    store_batch_actor(batch, PROJECT, user("u"), &known);
    commit(batch, 25);
    struct store_erased removed = {0};
    bool more = true;
    unsigned rounds = 0;
    while (more) {
        struct store_actor_state left;
        assert_ok(store_actor_get(f->store, PROJECT, user("u"), &f->arena, &left));
        batch = begin(f, 0);
        assert_ok(store_batch_erase(batch, PROJECT, user("u"), 10, &removed, &more));
        commit(batch, more ? 25 : 26);
        rounds++;
    }
    assert_int_equal(rounds, 3);
    assert_int_equal(removed.timeline, 25);
    assert_int_equal(entries_of(f, user("u")), 0);
}

static void link(struct fixture *f, unsigned partition, const char *anonymous_id,
                 const char *user_id, int64_t ms, int64_t offset) {
    struct store_batch *batch = begin(f, partition);
    store_batch_link(batch, PROJECT, str_from_c(anonymous_id), str_from_c(user_id), ms);
    commit(batch, offset);
}

static void expect_owner(struct fixture *f, const char *anonymous_id, const char *expected) {
    struct str owner = STR_EMPTY;
    assert_status(store_link_owner(f->store, PROJECT, str_from_c(anonymous_id), &f->arena, &owner),
                  expected ? STATUS_OK : STATUS_NOT_FOUND);
    if (expected) {
        assert_str(owner, expected);
    }
}

static void links_of_a_user_go_and_come_again(void **state) {
    struct fixture *f = *state;
    struct str *ids = NULL;
    size_t count = 0;
    link(f, 0, "a1", "u", T0, 1);
    link(f, 0, "a2", "u", T0, 2);
    link(f, 1, "a1", "v", T0 + 9, 1);
    struct store_erased removed = erase(f, user("u"), 0, 3);
    assert_int_equal(removed.links, 2);
    expect_owner(f, "a1", "v");
    expect_owner(f, "a2", NULL);
    assert_ok(store_links_of(f->store, PROJECT, STR("u"), &f->arena, &ids, &count));
    assert_int_equal(count, 0);
    link(f, 0, "a2", "u", T0 + 500, 4); // later than the one that went
    expect_owner(f, "a2", "u");
    link(f, 0, "a2", "u", T0 + 900, 5);
    link(f, 0, "a1", "u", T0 + 5, 6); // earlier than v's
    expect_owner(f, "a1", "u");
    assert_ok(store_links_of(f->store, PROJECT, STR("u"), &f->arena, &ids, &count));
    assert_int_equal(count, 2);
}

static void of_others_the_earliest_link_still_stands(void **state) {
    struct fixture *f = *state;
    link(f, 0, "a1", "u", T0, 1);
    link(f, 1, "a1", "v", T0 + 9, 1);
    link(f, 0, "b", "gone", T0, 2);
    (void)erase(f, user("gone"), 0, 3);
    link(f, 0, "a1", "u", T0 + 50, 4); // of the same partition, once more and later
    expect_owner(f, "a1", "u");
    link(f, 0, "a1", "u", T0 - 50, 5);
    expect_owner(f, "a1", "u");
}

static void one_link_goes_alone(void **state) {
    struct fixture *f = *state;
    struct str *users = NULL;
    size_t count = 0;
    link(f, 0, "a", "u", T0, 1);
    link(f, 0, "a", "v", T0 + 1, 2);
    link(f, 0, "b", "v", T0 + 1, 3);
    assert_ok(store_link_users(f->store, PROJECT, STR("a"), &f->arena, &users, &count));
    assert_int_equal(count, 2);
    assert_str(users[0], "u");
    assert_str(users[1], "v");
    struct store_erased removed = {0};
    struct store_batch *batch = begin(f, 0);
    assert_ok(store_batch_unlink(batch, PROJECT, STR("a"), STR("v"), &removed));
    assert_ok(store_batch_unlink(batch, PROJECT, STR("nothing"), STR("v"), &removed));
    commit(batch, 4);
    assert_int_equal(removed.links, 1);
    assert_ok(store_link_users(f->store, PROJECT, STR("a"), &f->arena, &users, &count));
    assert_int_equal(count, 1);
    expect_owner(f, "b", "v");
}

static void letter(struct store_batch *batch, unsigned partition, int64_t offset,
                   const char *record) {
    struct store_dead_letter row = {.partition = partition,
                                    .offset = offset,
                                    .received_ms = T0 + offset,
                                    .stage = STR("decode"),
                                    .reason = STR("because"),
                                    .record = str_from_c(record)};
    store_batch_dead_letter(batch, PROJECT, &row);
}

static void dead_letters_with_the_text_go(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 2);
    letter(batch, 2, 1, "{\"userId\":\"u1\"}");
    letter(batch, 2, 2, "{\"userId\":\"u11\"}");
    letter(batch, 2, 3, "");
    commit(batch, 4);
    batch = begin(f, 3);
    letter(batch, 3, 1, "{\"userId\":\"u1\"}");
    commit(batch, 2);
    struct store_erased removed = {0};
    batch = begin(f, 2);
    assert_ok(store_batch_letters_remove(batch, PROJECT, STR("\"u1\""), &removed));
    commit(batch, 5);
    assert_int_equal(removed.letters, 1);
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    assert_ok(store_dead_letters(f->store, PROJECT, 10, &f->arena, &letters, &count));
    assert_int_equal(count, 3); // that of another partition is that partition's to remove
}

// Where they are kept behind their mark they hold the same.
static void dead_letters_that_were_dealt_with_go_too(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 2);
    letter(batch, 2, 1, "{\"userId\":\"u1\"}");
    letter(batch, 2, 2, "{\"userId\":\"u1\"}");
    commit(batch, 3);
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    assert_ok(store_dead_letters(f->store, PROJECT, 10, &f->arena, &letters, &count));
    assert_int_equal(count, 2);
    struct store_letter_mark mark = {.outcome = STORE_LETTER_DISCARDED, .marked_ms = T0};
    assert_ok(store_letter_mark(f->store, &letters[0], &mark));
    assert_ok(store_dead_letters(f->store, PROJECT, 10, &f->arena, &letters, &count));
    assert_int_equal(count, 1);
    struct store_erased removed = {0};
    batch = begin(f, 2);
    assert_ok(store_batch_letters_remove(batch, PROJECT, STR("\"u1\""), &removed));
    commit(batch, 4);
    assert_true(removed.letters >= 1); // some engines remove what is dealt with at once
    assert_ok(store_dead_letters(f->store, PROJECT, 10, &f->arena, &letters, &count));
    assert_int_equal(count, 0);
}

static void receipts_tell_what_was_removed(void **state) {
    struct fixture *f = *state;
    struct store_erasure erasure = {.id = STR("0193a000-0000-7000-8000-000000000001"),
                                    .project = PROJECT,
                                    .person = PERSON,
                                    .requested_ms = T0,
                                    .parts = 2,
                                    .keep_refusing = true};
    assert_ok(store_erasure_put(f->store, &erasure));
    erasure.failed = true;
    assert_ok(store_erasure_put(f->store, &erasure));
    erasure.id = STR("0193a000-0000-7000-8000-000000000000");
    erasure.failed = erasure.keep_refusing = false;
    assert_ok(store_erasure_put(f->store, &erasure));
    struct store_erasure_part part = {.part = 1, .removed = {.timeline = 7, .reports = 2}};
    struct store_batch *batch = begin(f, 0);
    store_batch_erasure_part(batch, erasure.id, &part);
    commit(batch, 0);
    part = (struct store_erasure_part){
        .part = 1, .done = true, .done_ms = T0 + 4, .removed = {.timeline = 9, .profiles = 1}};
    batch = begin(f, 0);
    store_batch_erasure_part(batch, erasure.id, &part);
    commit(batch, 1);
    fixture_reopen(f);
    struct store_erasure *erasures = NULL;
    struct store_erasure_part *parts = NULL;
    size_t count = 0;
    assert_ok(store_erasures(f->store, &f->arena, &erasures, &count));
    assert_int_equal(count, 2);
    assert_str(erasures[0].id, "0193a000-0000-7000-8000-000000000000");
    assert_str(erasures[1].person, "0123456789abcdef");
    assert_true(erasures[1].failed && erasures[1].keep_refusing && !erasures[0].failed);
    assert_int_equal(erasures[1].parts, 2);
    assert_int_equal(erasures[1].requested_ms, T0);
    assert_ok(store_erasure_parts(f->store, erasure.id, &f->arena, &parts, &count));
    assert_int_equal(count, 1);
    assert_int_equal(parts[0].part, 1);
    assert_true(parts[0].done);
    assert_int_equal(parts[0].done_ms, T0 + 4);
    assert_int_equal(parts[0].removed.timeline, 9);
    assert_int_equal(parts[0].removed.profiles, 1);
    assert_int_equal(parts[0].removed.reports, 0);
}

static void refusals_come_and_go(void **state) {
    struct fixture *f = *state;
    struct store_refusal *refusals = NULL;
    size_t count = 0;
    assert_ok(store_refusals(f->store, &f->arena, &refusals, &count));
    assert_int_equal(count, 0);
    struct store_batch *batch = begin(f, 5);
    store_batch_refuse(batch, PROJECT, PERSON, true, T0);
    store_batch_refuse(batch, PROJECT, STR("other"), true, T0);
    commit(batch, 1);
    batch = begin(f, 5);
    store_batch_refuse(batch, PROJECT, STR("other"), false, T0);
    commit(batch, 2);
    fixture_reopen(f);
    assert_ok(store_refusals(f->store, &f->arena, &refusals, &count));
    assert_int_equal(count, 1);
    assert_int_equal(refusals[0].partition, 5);
    assert_int_equal(refusals[0].since_ms, T0);
    assert_str(refusals[0].project, "shop");
    assert_str(refusals[0].person, "0123456789abcdef");
}

// Whose they are only a hash tells; the partition of the person takes over when it has something to say.
static void carried_refusals_go_with_the_persons_own(void **state) {
    struct fixture *f = *state;
    struct store_refusal *refusals = NULL;
    size_t count = 0;
    struct store_batch *batch = begin(f, STORE_PARTITION_CARRIED);
    store_batch_refuse(batch, PROJECT, PERSON, true, T0);
    store_batch_refuse(batch, PROJECT, STR("other"), true, T0);
    store_batch_refuse(batch, STR("blog"), STR("other"), true, T0);
    commit(batch, 0);
    batch = begin(f, 5);
    store_batch_refuse(batch, PROJECT, PERSON, false, T0);
    commit(batch, 1);
    batch = begin(f, 6);
    store_batch_refuse(batch, PROJECT, STR("other"), true, T0 + 1);
    commit(batch, 1);
    fixture_reopen(f);
    assert_ok(store_refusals(f->store, &f->arena, &refusals, &count));
    assert_int_equal(count, 2);
    bool first = refusals[0].partition == 6;
    assert_int_equal(refusals[!first].partition, 6);
    assert_int_equal(refusals[!first].since_ms, T0 + 1);
    assert_int_equal(refusals[first].partition, STORE_PARTITION_CARRIED);
    assert_str(refusals[first].project, "blog");
}

static void holds_come_and_go(void **state) {
    struct fixture *f = *state;
    struct store_hold hold = {PROJECT, PERSON, STR("case 7"), T0};
    struct store_hold *holds = NULL;
    size_t count = 0;
    assert_ok(store_hold_put(f->store, &hold));
    assert_status(store_hold_put(f->store, &hold), STATUS_EXISTS);
    fixture_reopen(f);
    assert_ok(store_holds(f->store, &f->arena, &holds, &count));
    assert_int_equal(count, 1);
    assert_str(holds[0].name, "case 7");
    assert_str(holds[0].project, "shop");
    assert_ok(store_hold_delete(f->store, PROJECT, PERSON));
    assert_status(store_hold_delete(f->store, PROJECT, PERSON), STATUS_NOT_FOUND);
    assert_ok(store_holds(f->store, &f->arena, &holds, &count));
    assert_int_equal(count, 0);
}

static void revisions_can_be_written_anew(void **state) {
    struct fixture *f = *state;
    struct store_report report = {
        .day = 20000, .revision = 1, .closed_ms = T0, .digest = 9, .body = STR("{\"r\":1}")};
    struct store_report *reports = NULL;
    size_t count = 0;
    assert_ok(store_report_put(f->store, PROJECT, &report));
    report.revision = 2;
    assert_ok(store_report_put(f->store, PROJECT, &report));
    report.revision = 1;
    report.body = STR("{}");
    assert_ok(store_report_rewrite(f->store, PROJECT, &report));
    report.revision = 3;
    assert_status(store_report_rewrite(f->store, PROJECT, &report), STATUS_NOT_FOUND);
    fixture_reopen(f);
    assert_ok(store_report_revisions(f->store, PROJECT, 20000, &f->arena, &reports, &count));
    assert_int_equal(count, 2);
    assert_int_equal(reports[0].revision, 2);
    assert_int_equal(reports[0].day, 20000);
    assert_str(reports[0].body, "{\"r\":1}");
    assert_str(reports[1].body, "{}");
    assert_int_equal(reports[1].digest, 9);
    assert_ok(store_report_revisions(f->store, PROJECT, 20001, &f->arena, &reports, &count));
    assert_int_equal(count, 0);
}

static void a_secret_is_the_first_one(void **state) {
    struct fixture *f = *state;
    uint8_t first[STORE_SECRET_BYTES] = {1, 2, 3};
    uint8_t second[STORE_SECRET_BYTES] = {4};
    uint8_t other[STORE_SECRET_BYTES] = {5};
    assert_ok(store_secret(f->store, STR("person"), first));
    fixture_reopen(f);
    assert_ok(store_secret(f->store, STR("person"), second));
    assert_memory_equal(first, second, sizeof first);
    assert_ok(store_secret(f->store, STR("other"), other));
    assert_int_equal(other[0], 5);
}

static void what_is_no_id_is_refused(void **state) {
    struct fixture *f = *state;
    struct store_erased removed = {0};
    bool more = false;
    struct store_batch *batch = begin(f, 0);
    assert_status(store_batch_erase(batch, PROJECT, user(""), 1, &removed, &more), STATUS_INVALID);
    assert_status(store_batch_erase(batch, PROJECT, user("u"), 1, &removed, &more),
                  STATUS_INVALID); // it sticks
    store_batch_discard(batch);
    batch = begin(f, 0);
    assert_status(store_batch_erase(batch, PROJECT, user("u"), 0, &removed, &more), STATUS_INVALID);
    store_batch_discard(batch);
}

void suite_erasure(struct suite *suite) {
    SUITE_ADD(suite, rows_of_the_actor_go_and_no_others);
    SUITE_ADD(suite, what_comes_later_is_not_hidden);
    SUITE_ADD(suite, much_goes_in_parts);
    SUITE_ADD(suite, links_of_a_user_go_and_come_again);
    SUITE_ADD(suite, of_others_the_earliest_link_still_stands);
    SUITE_ADD(suite, one_link_goes_alone);
    SUITE_ADD(suite, dead_letters_with_the_text_go);
    SUITE_ADD(suite, dead_letters_that_were_dealt_with_go_too);
    SUITE_ADD(suite, receipts_tell_what_was_removed);
    SUITE_ADD(suite, refusals_come_and_go);
    SUITE_ADD(suite, carried_refusals_go_with_the_persons_own);
    SUITE_ADD(suite, holds_come_and_go);
    SUITE_ADD(suite, revisions_can_be_written_anew);
    SUITE_ADD(suite, a_secret_is_the_first_one);
    SUITE_ADD(suite, what_is_no_id_is_refused);
}
