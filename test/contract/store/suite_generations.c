// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Generations of derived data: one is read while another is filled; a switch in one step; what is left of old ones goes.
#include "engines.h"
#include "generation_rows.h"

#include "store/erasure.h"
#include "store/generations.h"
#include "store/letters.h"
#include "store/walk.h"

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
    rows_fill(f->store, 5, "ann");
    rows_begin(f, "first", false);
    fixture_reopen(f);
    struct store_generation_start again = {.note = STR("no")};
    assert_status(store_generation_begin(f->store, &again), STATUS_EXISTS);
    assert_ok(store_generation_note(f->store, NULL, STR("changed")));
    assert_ok(store_generation_open(f->store, &f->arena, &note, &next));
    assert_str(note, "changed");
    assert_int_equal(rows_offset(next), 0);
    assert_int_equal(rows_events(f, next), 0);
    assert_int_equal(rows_timeline(f, next) + rows_letters(f, next) + rows_refusals(f, next), 0);
    rows_expect_owner(f, next, NULL);
    rows_fill(next, 7, "bob");
    assert_int_equal(rows_events(f, f->store), 5);
    assert_int_equal(rows_events(f, next), 7);
    rows_expect_owner(f, f->store, "ann");
    rows_sweep(f, 3); // takes nothing of either
    assert_int_equal(rows_timeline(f, next) + rows_timeline(f, f->store), 6);
    store_close(next);
    assert_ok(store_generation_switch(f->store, STR("past")));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rows_events(f, f->store), 7);
        assert_int_equal(rows_offset(f->store), 7);
        rows_expect_owner(f, f->store, "bob");
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
    rows_fill(f->store, 5, "ann");
    for (int i = 0; i < 4; i++) {
        rows_begin(f, "", false);
        assert_ok(store_generation_open(f->store, NULL, NULL, &next));
        assert_int_equal(rows_events(f, next) + rows_offset(next), 0);
        assert_int_equal(rows_timeline(f, next) + rows_letters(f, next) + rows_refusals(f, next),
                         0);
        rows_fill(next, 10 + i, "bob");
        store_close(next);
        if (i % 2 == 0) {
            assert_ok(store_generation_abandon(f->store, STR_EMPTY));
        } else {
            assert_ok(store_generation_switch(f->store, STR_EMPTY));
        }
        assert_int_equal(rows_events(f, f->store), i == 0 ? 5 : i % 2 == 0 ? 9 + i : 10 + i);
        if (i != 1) {
            rows_sweep(f, 1 + (size_t)i * 100);
        }
        fixture_reopen(f);
        assert_int_equal(rows_letters(f, f->store), 1);
    }
}

static void one_that_begins_anew_is_empty(void **state) {
    struct fixture *f = *state;
    struct store *next = NULL;
    struct str note;
    if (has_none(f)) {
        return;
    }
    rows_begin(f, "first", false);
    assert_ok(store_generation_open(f->store, NULL, NULL, &next));
    rows_fill(next, 3, "ann");
    store_close(next);
    struct store_generation_start again = {.note = STR("second"), .again = true};
    assert_ok(store_generation_begin(f->store, &again));
    assert_ok(store_generation_open(f->store, &f->arena, &note, &next));
    assert_str(note, "second");
    assert_int_equal(rows_events(f, next) + rows_offset(next), 0);
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
    rows_fill(f->store, 5, "ann");
    rows_begin(f, "", true);
    assert_ok(store_generation_open(f->store, NULL, NULL, &next));
    rows_expect_owner(f, next, "ann");
    assert_ok(store_links_of(next, PROJECT, STR("ann"), &f->arena, &ids, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows_refusals(f, next), 1);
    assert_int_equal(rows_events(f, next) + rows_offset(next) + (int64_t)rows_timeline(f, next), 0);
    store_close(next);
    assert_ok(store_generation_switch(f->store, STR_EMPTY));
    rows_sweep(f, 2);
    rows_expect_owner(f, f->store, "ann");
    assert_int_equal(rows_refusals(f, f->store), 1);
}

static void a_letter_that_was_dealt_with_is_in_neither(void **state) {
    struct fixture *f = *state;
    struct store *next = NULL;
    struct store_dead_letter letter = {
        .project = PROJECT, .partition = 2, .offset = 1, .received_ms = 1000};
    struct store_letter_mark mark = {.outcome = STORE_LETTER_DISCARDED, .marked_ms = 9};
    struct store_page page = {.more = false};
    if (has_none(f)) {
        return;
    }
    rows_fill(f->store, 5, "ann");
    rows_begin(f, "", false);
    assert_ok(store_generation_open(f->store, NULL, NULL, &next));
    rows_fill(next, 5, "ann");
    assert_ok(store_letter_mark(f->store, &letter, &mark));
    assert_int_equal(rows_letters(f, f->store) + rows_letters(f, next), 0);
    store_close(next);
    // The mark is of the log, and stays when the generation goes: whoever moves the installation finds it.
    assert_ok(store_generation_switch(f->store, STR_EMPTY));
    fixture_reopen(f);
    assert_ok(store_walk(f->store, STORE_ROW_LETTER_MARK, STR_EMPTY, 10, &f->arena, &page));
    assert_int_equal(page.count, 1);
    assert_int_equal(page.rows[0].as.marked.offset, 1);
}

void suite_generations(struct suite *suite) {
    SUITE_ADD(suite, a_generation_is_apart_until_the_switch);
    SUITE_ADD(suite, what_is_left_goes_and_its_number_never_comes_back);
    SUITE_ADD(suite, one_that_begins_anew_is_empty);
    SUITE_ADD(suite, links_and_refusals_are_carried);
    SUITE_ADD(suite, a_letter_that_was_dealt_with_is_in_neither);
}
