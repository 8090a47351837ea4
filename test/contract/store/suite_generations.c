// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Generations of derived data: one is read while another is filled; a switch in one step; what is left of old ones goes.
#include "engines.h"

#include "store/erasure.h"
#include "store/generations.h"
#include "store/letters.h"

// Some of each kind of row, in a store that may be a generation of its own.
static void fill(struct store *store, int64_t amount, const char *user_id) {
    struct store_batch *batch = NULL;
    struct store_total total = {10, STORE_METRIC_EVENTS, STR_EMPTY, amount};
    struct store_timeline_row row = event("e1", 1000, "bought");
    struct store_actor_day day = {.day = 10, .first_ms = 1000, .last_ms = 2000};
    struct store_session session = {.start_ms = 1000, .end_ms = 2000};
    struct store_actor_state state = {.first_seen_ms = 1000, .last_seen_ms = amount};
    struct store_dead_letter letter = {.partition = 2,
                                       .offset = 1,
                                       .received_ms = 1000,
                                       .stage = STR("apply"),
                                       .reason = STR("because"),
                                       .record = STR("{}")};
    uint64_t hash = 7;
    assert_ok(store_batch_begin(store, EPOCH, 2, &batch));
    store_batch_total(batch, PROJECT, &total);
    store_batch_timeline(batch, PROJECT, user("ann"), &row);
    store_batch_actor(batch, PROJECT, user("ann"), &state);
    store_batch_actor_day(batch, PROJECT, user("ann"), &day);
    store_batch_session(batch, PROJECT, user("ann"), &session);
    store_batch_link(batch, PROJECT, STR("guest"), str_from_c(user_id), 1000);
    store_batch_refuse(batch, PROJECT, STR("0123456789abcdef0123456789abcdef"), true, 5);
    store_batch_seen(batch, 0, 1000, &hash, 1);
    store_batch_dead_letter(batch, PROJECT, &letter);
    assert_ok(store_batch_commit(batch, amount));
}

static int64_t events(struct fixture *f, struct store *store) {
    struct store_total *totals = NULL;
    size_t count = 0;
    assert_ok(store_totals_read(store, PROJECT, 10, 10, UINT64_MAX, &f->arena, &totals, &count));
    return count > 0 ? totals[0].amount : 0;
}

static size_t letters(struct fixture *f, struct store *store) {
    struct store_letter_query query = {
        .project = PROJECT, .from_ms = INT64_MIN, .to_ms = INT64_MAX, .limit = 10};
    struct store_dead_letter *found = NULL;
    size_t count = 0;
    bool more = false;
    assert_ok(store_letters_read(store, &query, &f->arena, &found, &count, &more));
    return count;
}

static size_t timeline(struct fixture *f, struct store *store) {
    struct store_actor actor = user("ann");
    struct store_session *sessions = NULL;
    struct store_actor_day *days = NULL;
    struct store_timeline_row *rows = NULL;
    struct store_timeline_query query = {
        .actors = &actor, .actor_count = 1, .from_ms = 0, .to_ms = INT64_MAX / 2000, .limit = 10};
    bool more = false;
    size_t found = 0;
    size_t count = 0;
    assert_ok(store_timeline_read(store, PROJECT, &query, &f->arena, &rows, &count, &more));
    found += count;
    assert_ok(store_actor_sessions(store, PROJECT, actor, INT64_MIN, INT64_MAX, &f->arena,
                                   &sessions, &count));
    found += count;
    assert_ok(
        store_actor_days(store, PROJECT, actor, INT32_MIN, INT32_MAX, &f->arena, &days, &count));
    return found + count;
}

static void expect_owner(struct fixture *f, struct store *store, const char *expected) {
    struct str owner = STR_EMPTY;
    enum status status = store_link_owner(store, PROJECT, STR("guest"), &f->arena, &owner);
    assert_status(status, expected ? STATUS_OK : STATUS_NOT_FOUND);
    if (expected) {
        assert_str(owner, expected);
    }
}

static size_t refusals(struct fixture *f, struct store *store) {
    struct store_refusal *rows = NULL;
    size_t count = 0;
    assert_ok(store_refusals(store, &f->arena, &rows, &count));
    return count;
}

static int64_t offset_of(struct store *store) {
    int64_t offset = -1;
    assert_ok(store_partition_offset(store, EPOCH, 2, &offset));
    return offset;
}

static void sweep(struct fixture *f, size_t rows) {
    bool more = true;
    while (more) {
        assert_ok(store_generation_sweep(f->store, rows, &more));
    }
}

// An engine without generations says so, to every call.
static bool has_none(struct fixture *f) {
    struct store_generation_start start = {.note = STR_EMPTY};
    struct str text;
    bool more = true;
    enum status status = store_generation_open(f->store, NULL, NULL, NULL);
    if (status != STATUS_UNSUPPORTED) {
        assert_status(status, STATUS_NOT_FOUND);
        return false;
    }
    assert_status(store_generation_begin(f->store, &start), STATUS_UNSUPPORTED);
    assert_status(store_generation_note(f->store, NULL, STR_EMPTY), STATUS_UNSUPPORTED);
    assert_status(store_generation_switch(f->store, STR_EMPTY), STATUS_UNSUPPORTED);
    assert_status(store_generation_abandon(f->store, STR_EMPTY), STATUS_UNSUPPORTED);
    assert_status(store_generation_past(f->store, &f->arena, &text), STATUS_UNSUPPORTED);
    assert_status(store_generation_sweep(f->store, 1, &more), STATUS_UNSUPPORTED);
    return true;
}

static void begin_one(struct fixture *f, const char *note, bool carry) {
    struct store_generation_start start = {.note = str_from_c(note), .carry = carry};
    assert_ok(store_generation_begin(f->store, &start));
}

static void a_generation_is_apart_until_the_switch(void **state) {
    struct fixture *f = *state;
    struct store *next = NULL;
    struct str note;
    if (has_none(f)) {
        return;
    }
    assert_status(store_generation_switch(f->store, STR_EMPTY), STATUS_NOT_FOUND);
    assert_status(store_generation_note(f->store, NULL, STR_EMPTY), STATUS_NOT_FOUND);
    assert_status(store_generation_past(f->store, &f->arena, &note), STATUS_NOT_FOUND);
    fill(f->store, 5, "ann");
    begin_one(f, "first", false);
    fixture_reopen(f);
    struct store_generation_start again = {.note = STR("no")};
    assert_status(store_generation_begin(f->store, &again), STATUS_EXISTS);
    assert_ok(store_generation_note(f->store, NULL, STR("changed")));
    assert_ok(store_generation_open(f->store, &f->arena, &note, &next));
    assert_str(note, "changed");
    assert_int_equal(offset_of(next), 0);
    assert_int_equal(events(f, next), 0);
    assert_int_equal(timeline(f, next) + letters(f, next) + refusals(f, next), 0);
    expect_owner(f, next, NULL);
    fill(next, 7, "bob");
    assert_int_equal(events(f, f->store), 5);
    assert_int_equal(events(f, next), 7);
    expect_owner(f, f->store, "ann");
    sweep(f, 3); // takes nothing of either
    assert_int_equal(timeline(f, next) + timeline(f, f->store), 6);
    store_close(next);
    assert_ok(store_generation_switch(f->store, STR("past")));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(events(f, f->store), 7);
        assert_int_equal(offset_of(f->store), 7);
        expect_owner(f, f->store, "bob");
        assert_ok(store_generation_past(f->store, &f->arena, &note));
        assert_str(note, "past");
        assert_status(store_generation_open(f->store, NULL, NULL, NULL), STATUS_NOT_FOUND);
        fixture_reopen(f);
    }
}

static void what_is_left_goes_and_its_number_never_comes_back(void **state) {
    struct fixture *f = *state;
    struct store *next = NULL;
    if (has_none(f)) {
        return;
    }
    fill(f->store, 5, "ann");
    for (int i = 0; i < 4; i++) {
        begin_one(f, "", false);
        assert_ok(store_generation_open(f->store, NULL, NULL, &next));
        assert_int_equal(events(f, next) + offset_of(next), 0);
        assert_int_equal(timeline(f, next) + letters(f, next) + refusals(f, next), 0);
        fill(next, 10 + i, "bob");
        store_close(next);
        if (i % 2 == 0) {
            assert_ok(store_generation_abandon(f->store, STR_EMPTY));
        } else {
            assert_ok(store_generation_switch(f->store, STR_EMPTY));
        }
        assert_int_equal(events(f, f->store), i == 0 ? 5 : i % 2 == 0 ? 9 + i : 10 + i);
        if (i != 1) {
            sweep(f, 1 + (size_t)i * 100);
        }
        fixture_reopen(f);
        assert_int_equal(letters(f, f->store), 1);
    }
}

static void one_that_begins_anew_is_empty(void **state) {
    struct fixture *f = *state;
    struct store *next = NULL;
    struct str note;
    if (has_none(f)) {
        return;
    }
    begin_one(f, "first", false);
    assert_ok(store_generation_open(f->store, NULL, NULL, &next));
    fill(next, 3, "ann");
    store_close(next);
    struct store_generation_start again = {.note = STR("second"), .again = true};
    assert_ok(store_generation_begin(f->store, &again));
    assert_ok(store_generation_open(f->store, &f->arena, &note, &next));
    assert_str(note, "second");
    assert_int_equal(events(f, next) + offset_of(next), 0);
    store_close(next);
}

static void links_and_refusals_are_carried(void **state) {
    struct fixture *f = *state;
    struct store *next = NULL;
    struct str *ids = NULL;
    size_t count = 0;
    if (has_none(f)) {
        return;
    }
    fill(f->store, 5, "ann");
    begin_one(f, "", true);
    assert_ok(store_generation_open(f->store, NULL, NULL, &next));
    expect_owner(f, next, "ann");
    assert_ok(store_links_of(next, PROJECT, STR("ann"), &f->arena, &ids, &count));
    assert_int_equal(count, 1);
    assert_int_equal(refusals(f, next), 1);
    assert_int_equal(events(f, next) + offset_of(next) + (int64_t)timeline(f, next), 0);
    store_close(next);
    assert_ok(store_generation_switch(f->store, STR_EMPTY));
    sweep(f, 2);
    expect_owner(f, f->store, "ann");
    assert_int_equal(refusals(f, f->store), 1);
}

static void a_letter_that_was_dealt_with_is_in_neither(void **state) {
    struct fixture *f = *state;
    struct store *next = NULL;
    struct store_dead_letter letter = {
        .project = PROJECT, .partition = 2, .offset = 1, .received_ms = 1000};
    struct store_letter_mark mark = {.outcome = STORE_LETTER_DISCARDED, .marked_ms = 9};
    if (has_none(f)) {
        return;
    }
    fill(f->store, 5, "ann");
    begin_one(f, "", false);
    assert_ok(store_generation_open(f->store, NULL, NULL, &next));
    fill(next, 5, "ann");
    assert_ok(store_letter_mark(f->store, &letter, &mark));
    assert_int_equal(letters(f, f->store) + letters(f, next), 0);
    store_close(next);
}

// --- Several processes --------------------------------------------------------------------------------------------------

static bool is_shared(struct fixture *f) {
    struct store_generation_look now;
    enum status status = store_generation_look(f->store, &f->arena, &now);
    if (status != STATUS_UNSUPPORTED) {
        assert_ok(status);
        return true;
    }
    struct store *held = NULL;
    struct str *signs = NULL;
    size_t count = 0;
    int64_t number = 0;
    assert_status(store_generation_hold(f->store, &held, &number), status);
    assert_status(store_generation_progress(f->store, EPOCH, 2, &number), status);
    assert_status(store_generation_sign(f->store, 1, STR("a"), STR("b")), status);
    assert_status(store_generation_signs(f->store, 1, &f->arena, &signs, &count), status);
    assert_status(store_generation_close_begin(f->store, NULL, &number), status);
    assert_status(store_generation_close(f->store, 1, EPOCH, 2, &number), status);
    assert_status(store_generation_close_end(f->store, 1), status);
    assert_status(store_generation_reopen(f->store, EPOCH, 2), status);
    return false;
}

static struct store_generation_look look(struct fixture *f) {
    struct store_generation_look now;
    assert_ok(store_generation_look(f->store, &f->arena, &now));
    return now;
}

static enum status put_total(struct store *store, int64_t amount) {
    struct store_batch *batch = NULL;
    struct store_total total = {10, STORE_METRIC_EVENTS, STR_EMPTY, amount};
    enum status status = store_batch_begin(store, EPOCH, 2, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    store_batch_total(batch, PROJECT, &total);
    return store_batch_commit(batch, amount);
}

static void who_holds_a_generation_keeps_it(void **state) {
    struct fixture *f = *state;
    struct store *old = NULL;
    struct store *next = NULL;
    int64_t number = -1;
    int64_t offset = -1;
    if (!is_shared(f)) {
        return;
    }
    assert_ok(store_generation_hold(f->store, &old, &number));
    assert_int_equal(number, 0);
    fill(old, 5, "ann");
    assert_int_equal(events(f, f->store), 5);
    begin_one(f, "note", false);
    assert_ok(store_generation_open(f->store, NULL, NULL, &next));
    fill(next, 7, "bob");
    assert_ok(store_generation_progress(next, EPOCH, 2, &offset));
    assert_int_equal(offset, 7);
    assert_ok(store_generation_progress(next, EPOCH, 3, &offset));
    assert_int_equal(offset, 0);
    assert_ok(store_generation_switch(f->store, STR_EMPTY));
    assert_int_equal(events(f, f->store), 7);
    assert_int_equal(events(f, old), 5);
    assert_int_equal(timeline(f, old), 3);
    expect_owner(f, old, "ann");
    assert_ok(put_total(old, 6));
    assert_int_equal(events(f, f->store), 7);
    store_close(old);
    store_close(next);
    assert_ok(store_generation_hold(f->store, &old, &number));
    assert_int_equal(number, 1);
    assert_int_equal(events(f, old), 7);
    store_close(old);
}

static void a_version_that_is_past_changes_nothing(void **state) {
    struct fixture *f = *state;
    int64_t closing = 0;
    if (!is_shared(f)) {
        return;
    }
    struct store_generation_look before = look(f);
    begin_one(f, "first", false);
    struct store_generation_start start = {
        .note = STR("late"), .again = true, .version = before.version};
    assert_status(store_generation_begin(f->store, &start), STATUS_CONFLICT);
    assert_status(store_generation_note(f->store, before.version, STR("late")), STATUS_CONFLICT);
    assert_status(store_generation_close_begin(f->store, before.version, &closing),
                  STATUS_CONFLICT);
    struct store_generation_look now = look(f);
    assert_str(now.note, "first");
    assert_int_equal(now.closing, 0);
    assert_ok(store_generation_note(f->store, now.version, STR("second")));
    struct store_generation_look again = look(f);
    start.version = again.version;
    assert_ok(store_generation_begin(f->store, &start));
    assert_int_equal(look(f).filled, now.filled + 1);
    struct store_generation_ending other = {.use_it = true, .generation = now.filled};
    assert_status(store_generation_end(f->store, &other), STATUS_CONFLICT);
    struct store_generation_ending unclosed = {
        .use_it = true, .generation = now.filled + 1, .closing = 1};
    assert_status(store_generation_end(f->store, &unclosed), STATUS_CONFLICT);
    unclosed.closing = 0;
    assert_ok(store_generation_end(f->store, &unclosed));
    assert_int_equal(look(f).generation, now.filled + 1);
}

static void a_closed_partition_takes_no_commit(void **state) {
    struct fixture *f = *state;
    struct store *old = NULL;
    struct store *other = NULL;
    struct store_batch *open = NULL;
    int64_t number = 0;
    int64_t closing = 0;
    int64_t offset = -1;
    if (!is_shared(f)) {
        return;
    }
    assert_ok(store_generation_hold(f->store, &old, &number));
    assert_ok(store_generation_hold(f->store, &other, &number));
    assert_status(store_generation_close_begin(f->store, NULL, &closing), STATUS_NOT_FOUND);
    begin_one(f, "", false);
    assert_ok(put_total(old, 5));
    assert_ok(store_batch_begin(old, EPOCH, 2, &open)); // it is asleep with its batch while others switch
    assert_ok(store_generation_close_begin(f->store, NULL, &closing));
    assert_ok(store_generation_close_begin(f->store, NULL, &number));
    assert_int_equal(number, closing);
    for (int i = 0; i < 2; i++) {
        assert_ok(store_generation_close(other, closing, EPOCH, 2, &offset));
        assert_int_equal(offset, 5);
        assert_ok(store_generation_close(other, closing, EPOCH, 3, &offset));
        assert_int_equal(offset, 0);
    }
    assert_status(store_batch_commit(open, 6), STATUS_CONFLICT);
    assert_status(put_total(old, 6), STATUS_UNAVAILABLE);
    assert_status(put_total(other, 6), STATUS_UNAVAILABLE);
    assert_int_equal(offset_of(old), 5);
    assert_int_equal(events(f, f->store), 5);
    // While it is under way nobody opens it; once it is given up anybody does.
    assert_ok(store_generation_reopen(other, EPOCH, 2));
    assert_status(put_total(old, 6), STATUS_UNAVAILABLE);
    assert_ok(store_generation_close_end(f->store, closing));
    assert_ok(store_generation_reopen(other, EPOCH, 2));
    assert_ok(put_total(old, 6));
    assert_int_equal(events(f, f->store), 6);
    // A partition that was closed before anything was committed, too; and an attempt of before is past.
    struct store_batch *batch = NULL;
    assert_status(store_batch_begin(old, EPOCH, 3, &batch), STATUS_UNAVAILABLE);
    assert_ok(store_generation_reopen(other, EPOCH, 3));
    assert_ok(store_batch_begin(old, EPOCH, 3, &batch));
    assert_ok(store_batch_commit(batch, 1));
    assert_ok(store_generation_close_begin(f->store, NULL, &number));
    assert_int_equal(number, closing + 1);
    assert_ok(store_generation_close(other, number, EPOCH, 2, &offset));
    assert_status(store_generation_close(other, closing, EPOCH, 2, &offset), STATUS_CONFLICT);
    store_close(old);
    store_close(other);
}

static void after_a_switch_the_old_one_stays_closed(void **state) {
    struct fixture *f = *state;
    struct store *old = NULL;
    int64_t number = 0;
    int64_t closing = 0;
    int64_t offset = -1;
    if (!is_shared(f)) {
        return;
    }
    assert_ok(store_generation_hold(f->store, &old, &number));
    fill(old, 5, "ann");
    begin_one(f, "", false);
    int64_t filled = look(f).filled;
    assert_ok(store_generation_close_begin(f->store, NULL, &closing));
    assert_ok(store_generation_close(old, closing, EPOCH, 2, &offset));
    struct store_generation_ending ending = {
        .use_it = true, .generation = filled, .closing = closing};
    assert_ok(store_generation_end(f->store, &ending));
    assert_ok(store_generation_reopen(old, EPOCH, 2));
    assert_status(put_total(old, 6), STATUS_CONFLICT); // by what it remembers
    assert_status(put_total(old, 6), STATUS_UNAVAILABLE);
    sweep(f, 2);
    assert_status(put_total(old, 6), STATUS_UNAVAILABLE);
    assert_int_equal(events(f, old) + (int64_t)timeline(f, old), 0);
    assert_int_equal(letters(f, old) + refusals(f, old), 0);
    expect_owner(f, old, NULL);
    assert_false(look(f).unswept);
    store_close(old);
}

static void what_processes_say_is_told(void **state) {
    struct fixture *f = *state;
    struct str *signs = NULL;
    size_t count = 0;
    if (!is_shared(f)) {
        return;
    }
    assert_ok(store_generation_sign(f->store, 3, STR("one"), STR("old")));
    assert_ok(store_generation_sign(f->store, 3, STR("one"), STR("a")));
    assert_ok(store_generation_sign(f->store, 3, STR("two"), STR("b")));
    assert_ok(store_generation_sign(f->store, 4, STR("two"), STR("c")));
    assert_ok(store_generation_signs(f->store, 3, &f->arena, &signs, &count));
    assert_int_equal(count, 2);
    assert_str(signs[0], "a");
    assert_str(signs[1], "b");
}

static void an_erasure_is_told_by_the_generation_that_comes_after(void **state) {
    struct fixture *f = *state;
    struct store *next = NULL;
    struct store_batch *batch = NULL;
    struct store_erasure_part part = {.part = 0, .done = false, .removed.states = 1};
    struct store_erasure_part *parts = NULL;
    size_t count = 0;
    if (!is_shared(f)) {
        return;
    }
    // An erasure that takes many batches at one offset, and is finished in the next generation at the same one.
    for (int i = 0; i < 5; i++) {
        assert_ok(store_batch_begin(f->store, EPOCH, 2, &batch));
        store_batch_erasure_part(batch, STR("receipt"), &part);
        assert_ok(store_batch_commit(batch, 1));
    }
    begin_one(f, "", false);
    assert_ok(store_generation_open(f->store, NULL, NULL, &next));
    part.done = true;
    assert_ok(store_batch_begin(next, EPOCH, 2, &batch));
    store_batch_erasure_part(batch, STR("receipt"), &part);
    assert_ok(store_batch_commit(batch, 1));
    assert_ok(store_erasure_parts(f->store, STR("receipt"), &f->arena, &parts, &count));
    assert_int_equal(count, 1);
    assert_true(parts[0].done);
    store_close(next);
}

void suite_generations(struct suite *suite) {
    SUITE_ADD(suite, a_generation_is_apart_until_the_switch);
    SUITE_ADD(suite, what_is_left_goes_and_its_number_never_comes_back);
    SUITE_ADD(suite, one_that_begins_anew_is_empty);
    SUITE_ADD(suite, links_and_refusals_are_carried);
    SUITE_ADD(suite, a_letter_that_was_dealt_with_is_in_neither);
    SUITE_ADD(suite, who_holds_a_generation_keeps_it);
    SUITE_ADD(suite, a_version_that_is_past_changes_nothing);
    SUITE_ADD(suite, a_closed_partition_takes_no_commit);
    SUITE_ADD(suite, after_a_switch_the_old_one_stays_closed);
    SUITE_ADD(suite, what_processes_say_is_told);
    SUITE_ADD(suite, an_erasure_is_told_by_the_generation_that_comes_after);
}
