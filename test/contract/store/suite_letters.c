// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Dead letters as people see them: pages, times, and marks that outlive what was derived.
#include "engines.h"

#include <stdio.h>

#include "store/letters.h"

static void put(struct store_batch *batch, unsigned partition, const char *project, int64_t offset,
                int64_t received_ms) {
    struct store_dead_letter letter = {.partition = partition,
                                       .offset = offset,
                                       .received_ms = received_ms,
                                       .stage = STR("apply"),
                                       .reason = STR("timestamp is out of range"),
                                       .record = STR("{}")};
    store_batch_dead_letter(batch, str_from_c(project), &letter);
}

static void fill(struct fixture *f) {
    struct store_batch *batch = begin(f, 2);
    for (int64_t offset = 0; offset < 6; offset++) {
        put(batch, 2, offset % 2 == 0 ? "shop" : "blog", offset, 1000 + offset / 3);
    }
    commit(batch, 6);
    batch = begin(f, 3);
    put(batch, 3, "shop", 0, 1001);
    put(batch, 3, "shop", 1, 86400000);
    commit(batch, 2);
    fixture_reopen(f);
}

static struct store_letter_query all(const char *project) {
    return (struct store_letter_query){
        .project = str_from_c(project), .from_ms = INT64_MIN, .to_ms = INT64_MAX, .limit = 100};
}

static void expect(struct fixture *f, struct store_letter_query query, const char *expected,
                   bool expected_more) {
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    bool more = false;
    char text[256] = "";
    size_t len = 0;
    assert_ok(store_letters_read(f->store, &query, &f->arena, &letters, &count, &more));
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.4s%u-%lld", i == 0 ? "" : " ",
                                letters[i].project.data, letters[i].partition,
                                (long long)letters[i].offset);
    }
    assert_string_equal(text, expected);
    assert_int_equal(more, expected_more);
}

#define EVERYTHING "shop3-1 blog2-5 shop2-4 blog2-3 shop3-0 shop2-2 blog2-1 shop2-0"

static void letters_come_in_pages(void **state) {
    struct fixture *f = *state;
    expect(f, all(NULL), "", false); // before any batch
    fill(f);
    expect(f, all(NULL), EVERYTHING, false);
    expect(f, all("shop"), "shop3-1 shop2-4 shop3-0 shop2-2 shop2-0", false);
    expect(f, all("none"), "", false);
    for (unsigned limit = 1; limit <= 9; limit++) {
        struct store_letter_query query = all(NULL);
        char text[256] = "";
        size_t len = 0;
        bool more = true;
        query.limit = limit;
        while (more) {
            struct store_dead_letter *letters = NULL;
            size_t count = 0;
            assert_ok(store_letters_read(f->store, &query, &f->arena, &letters, &count, &more));
            assert_true(count <= limit && (count == limit || !more));
            for (size_t i = 0; i < count; i++) {
                len += (size_t)snprintf(text + len, sizeof text - len, "%s%.4s%u-%lld",
                                        len == 0 ? "" : " ", letters[i].project.data,
                                        letters[i].partition, (long long)letters[i].offset);
                query.resume = true;
                query.after_ms = letters[i].received_ms;
                query.after_partition = letters[i].partition;
                query.after_offset = letters[i].offset;
            }
        }
        assert_string_equal(text, EVERYTHING);
    }
}

static void letters_of_a_time(void **state) {
    struct fixture *f = *state;
    fill(f);
    struct store_letter_query query = all(NULL);
    query.from_ms = 1001;
    query.to_ms = 86400000;
    expect(f, query, "blog2-5 shop2-4 blog2-3 shop3-0", false);
    query.limit = 3;
    expect(f, query, "blog2-5 shop2-4 blog2-3", true);
    query.resume = true;
    query.after_ms = 86400000; // where a page of a longer time ended
    query.after_partition = 3;
    query.after_offset = 1;
    expect(f, query, "blog2-5 shop2-4 blog2-3", true);
    query.from_ms = query.to_ms;
    expect(f, query, "", false);
    query = all("shop");
    query.limit = 0;
    expect(f, query, "", false);
    query = all("");
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    bool more = false;
    assert_status(store_letters_read(f->store, &query, &f->arena, &letters, &count, &more),
                  STATUS_INVALID);
}

static struct store_dead_letter named(unsigned partition, int64_t offset, int64_t received_ms) {
    return (struct store_dead_letter){.project = STR("shop"),
                                      .partition = partition,
                                      .offset = offset,
                                      .received_ms = received_ms};
}

static void mark(struct fixture *f, struct store_dead_letter letter,
                 enum store_letter_outcome outcome, enum status expected) {
    struct store_letter_mark made = {outcome, 5000, 7, 1234567890123};
    assert_status(store_letter_mark(f->store, &letter, &made), expected);
}

static void expect_mark(struct fixture *f, unsigned partition, int64_t offset,
                        enum store_letter_outcome outcome) {
    struct store_letter_mark got;
    assert_ok(store_letter_mark_get(f->store, partition, offset, &got));
    assert_int_equal(got.outcome, outcome);
    assert_int_equal(got.marked_ms, 5000);
    assert_int_equal(got.target, 7);
    assert_int_equal(got.target_end, 1234567890123);
}

static void letters_that_were_dealt_with_are_gone(void **state) {
    struct fixture *f = *state;
    struct store_letter_mark got;
    fill(f);
    assert_status(store_letter_mark_get(f->store, 2, 4, &got), STATUS_NOT_FOUND);
    mark(f, named(2, 4, 1001), STORE_LETTER_TAKING, STATUS_OK);
    expect(f, all("shop"), "shop3-1 shop2-4 shop3-0 shop2-2 shop2-0", false);
    expect_mark(f, 2, 4, STORE_LETTER_TAKING);
    mark(f, named(2, 4, 1001), STORE_LETTER_TAKING, STATUS_OK);
    mark(f, named(2, 4, 1001), STORE_LETTER_TAKEN, STATUS_OK);
    mark(f, named(2, 0, 1000), STORE_LETTER_DISCARDED, STATUS_OK);
    fixture_reopen(f);
    expect(f, all("shop"), "shop3-1 shop3-0 shop2-2", false);
    struct store_letter_query query = all("shop");
    query.limit = 2;
    expect(f, query, "shop3-1 shop3-0", true);
    expect_mark(f, 2, 4, STORE_LETTER_TAKEN);
    mark(f, named(2, 4, 1001), STORE_LETTER_TAKING, STATUS_EXISTS);
    mark(f, named(2, 4, 1001), STORE_LETTER_DISCARDED, STATUS_EXISTS);
    mark(f, named(2, 0, 1000), STORE_LETTER_TAKEN, STATUS_EXISTS);
    mark(f, named(65536, 0, 1000), STORE_LETTER_TAKEN, STATUS_INVALID);
}

// The store lost its newest writes, or the log is read again.
static void letters_that_were_dealt_with_do_not_come_back(void **state) {
    struct fixture *f = *state;
    fill(f);
    mark(f, named(2, 4, 1001), STORE_LETTER_TAKEN, STATUS_OK);
    mark(f, named(2, 2, 1000), STORE_LETTER_TAKING, STATUS_OK);
    struct store_batch *batch = begin(f, 2);
    put(batch, 2, "shop", 4, 1001);
    put(batch, 2, "shop", 2, 1000);
    commit(batch, 7);
    expect(f, all("shop"), "shop3-1 shop3-0 shop2-2 shop2-0", false);
}

static void age(struct fixture *f, int64_t before_ms, unsigned limit, unsigned expected,
                bool expected_more) {
    uint64_t removed = 77;
    bool more = !expected_more;
    assert_ok(store_letters_age(f->store, before_ms, limit, &removed, &more));
    assert_int_equal(removed, expected);
    assert_int_equal(more, expected_more);
}

// Where rows are written with their age nothing is to be removed here: test_cassandra_ages.c.
static bool ages(struct fixture *f) {
    uint64_t removed = 77;
    bool more = true;
    fill(f);
    assert_ok(store_letters_age(f->store, f->remote ? INT64_MAX : INT64_MIN, 10, &removed, &more));
    assert_int_equal(removed, 0);
    assert_false(more);
    expect(f, all(NULL), EVERYTHING, false);
    return !f->remote;
}

static void old_letters_go_step_by_step(void **state) {
    struct fixture *f = *state;
    if (!ages(f)) {
        return;
    }
    age(f, 1000, 10, 0, false); // "before": not that very moment
    expect(f, all(NULL), EVERYTHING, false);
    age(f, 1001, 2, 2, true);
    age(f, 1001, 2, 1, false);
    expect(f, all(NULL), "shop3-1 blog2-5 shop2-4 blog2-3 shop3-0", false);
    fixture_reopen(f);
    age(f, 1002, 0, 0, false);
    age(f, 1002, 4, 4, true);
    age(f, 1002, 4, 0, false);
    expect(f, all(NULL), "shop3-1", false);
    age(f, INT64_MAX, 4, 1, false);
    expect(f, all(NULL), "", false);
}

void suite_letters(struct suite *suite) {
    SUITE_ADD(suite, old_letters_go_step_by_step);
    SUITE_ADD(suite, letters_come_in_pages);
    SUITE_ADD(suite, letters_of_a_time);
    SUITE_ADD(suite, letters_that_were_dealt_with_are_gone);
    SUITE_ADD(suite, letters_that_were_dealt_with_do_not_come_back);
}
