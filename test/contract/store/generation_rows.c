// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rows of generations: written, and looked for.
#include "generation_rows.h"

#include "store/erasure.h"
#include "store/generations.h"
#include "store/letters.h"

// Some of each kind of row, in a store that may be a generation of its own.
void rows_fill(struct store *store, int64_t amount, const char *user_id) {
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

int64_t rows_events(struct fixture *f, struct store *store) {
    struct store_total *totals = NULL;
    size_t count = 0;
    assert_ok(store_totals_read(store, PROJECT, 10, 10, UINT64_MAX, &f->arena, &totals, &count));
    return count > 0 ? totals[0].amount : 0;
}

size_t rows_letters(struct fixture *f, struct store *store) {
    struct store_letter_query query = {
        .project = PROJECT, .from_ms = INT64_MIN, .to_ms = INT64_MAX, .limit = 10};
    struct store_dead_letter *found = NULL;
    size_t count = 0;
    bool more = false;
    assert_ok(store_letters_read(store, &query, &f->arena, &found, &count, &more));
    return count;
}

size_t rows_timeline(struct fixture *f, struct store *store) {
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

void rows_expect_owner(struct fixture *f, struct store *store, const char *expected) {
    struct str owner = STR_EMPTY;
    enum status status = store_link_owner(store, PROJECT, STR("guest"), &f->arena, &owner);
    assert_status(status, expected ? STATUS_OK : STATUS_NOT_FOUND);
    if (expected) {
        assert_str(owner, expected);
    }
}

size_t rows_refusals(struct fixture *f, struct store *store) {
    struct store_refusal *rows = NULL;
    size_t count = 0;
    assert_ok(store_refusals(store, &f->arena, &rows, &count));
    return count;
}

int64_t rows_offset(struct store *store) {
    int64_t offset = -1;
    assert_ok(store_partition_offset(store, EPOCH, 2, &offset));
    return offset;
}

void rows_sweep(struct fixture *f, size_t rows) {
    bool more = true;
    while (more) {
        assert_ok(store_generation_sweep(f->store, rows, &more));
    }
}

void rows_begin(struct fixture *f, const char *note, bool carry) {
    struct store_generation_start start = {.note = str_from_c(note), .carry = carry};
    assert_ok(store_generation_begin(f->store, &start));
}
