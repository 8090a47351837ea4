// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Generations that several processes fill together: handles, versions, signs, and partitions that are closed for good.
#include "engines.h"
#include "generation_rows.h"

#include "store/erasure.h"
#include "store/generations.h"

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
    rows_fill(old, 5, "ann");
    assert_int_equal(rows_events(f, f->store), 5);
    rows_begin(f, "note", false);
    assert_ok(store_generation_open(f->store, NULL, NULL, &next));
    rows_fill(next, 7, "bob");
    assert_ok(store_generation_progress(next, EPOCH, 2, &offset));
    assert_int_equal(offset, 7);
    assert_ok(store_generation_progress(next, EPOCH, 3, &offset));
    assert_int_equal(offset, 0);
    assert_ok(store_generation_switch(f->store, STR_EMPTY));
    assert_int_equal(rows_events(f, f->store), 7);
    assert_int_equal(rows_events(f, old), 5);
    assert_int_equal(rows_timeline(f, old), 3);
    rows_expect_owner(f, old, "ann");
    assert_ok(put_total(old, 6));
    assert_int_equal(rows_events(f, f->store), 7);
    store_close(old);
    store_close(next);
    assert_ok(store_generation_hold(f->store, &old, &number));
    assert_int_equal(number, 1);
    assert_int_equal(rows_events(f, old), 7);
    store_close(old);
}

static void a_version_that_is_past_changes_nothing(void **state) {
    struct fixture *f = *state;
    int64_t closing = 0;
    if (!is_shared(f)) {
        return;
    }
    struct store_generation_look before = look(f);
    rows_begin(f, "first", false);
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
    rows_begin(f, "", false);
    assert_ok(put_total(old, 5));
    assert_ok(
        store_batch_begin(old, EPOCH, 2, &open)); // it is asleep with its batch while others switch
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
    assert_int_equal(rows_offset(old), 5);
    assert_int_equal(rows_events(f, f->store), 5);
    // While it is under way nobody opens it; once it is given up anybody does.
    assert_ok(store_generation_reopen(other, EPOCH, 2));
    assert_status(put_total(old, 6), STATUS_UNAVAILABLE);
    assert_ok(store_generation_close_end(f->store, closing));
    assert_ok(store_generation_reopen(other, EPOCH, 2));
    assert_ok(put_total(old, 6));
    assert_int_equal(rows_events(f, f->store), 6);
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
    rows_fill(old, 5, "ann");
    rows_begin(f, "", false);
    int64_t filled = look(f).filled;
    assert_ok(store_generation_close_begin(f->store, NULL, &closing));
    assert_ok(store_generation_close(old, closing, EPOCH, 2, &offset));
    struct store_generation_ending ending = {
        .use_it = true, .generation = filled, .closing = closing};
    assert_ok(store_generation_end(f->store, &ending));
    assert_ok(store_generation_reopen(old, EPOCH, 2));
    assert_status(put_total(old, 6), STATUS_CONFLICT); // by what it remembers
    assert_status(put_total(old, 6), STATUS_UNAVAILABLE);
    rows_sweep(f, 2);
    assert_status(put_total(old, 6), STATUS_UNAVAILABLE);
    assert_int_equal(rows_events(f, old) + (int64_t)rows_timeline(f, old), 0);
    assert_int_equal(rows_letters(f, old) + rows_refusals(f, old), 0);
    rows_expect_owner(f, old, NULL);
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
    rows_begin(f, "", false);
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

void suite_generations_shared(struct suite *suite) {
    SUITE_ADD(suite, who_holds_a_generation_keeps_it);
    SUITE_ADD(suite, a_version_that_is_past_changes_nothing);
    SUITE_ADD(suite, a_closed_partition_takes_no_commit);
    SUITE_ADD(suite, after_a_switch_the_old_one_stays_closed);
    SUITE_ADD(suite, what_processes_say_is_told);
    SUITE_ADD(suite, an_erasure_is_told_by_the_generation_that_comes_after);
}
