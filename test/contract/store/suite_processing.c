// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Batches and offsets: atomicity, conflicts, epochs, the dedupe window, dead letters.
#include "engines.h"

#include <pthread.h>
#include <stdio.h>

static void expect_offset(struct fixture *f, unsigned partition, int64_t expected) {
    int64_t offset = -1;
    assert_ok(store_partition_offset(f->store, EPOCH, partition, &offset));
    assert_int_equal(offset, expected);
}

static void put_state(struct store_batch *batch, const char *id, uint64_t events) {
    struct store_actor_state state = {.events = events};
    store_batch_actor(batch, PROJECT, user(id), &state);
}

static void expect_events(struct fixture *f, const char *id, uint64_t events) {
    struct store_actor_state got;
    enum status status = store_actor_get(f->store, PROJECT, user(id), &f->arena, &got);
    assert_status(status, events == 0 ? STATUS_NOT_FOUND : STATUS_OK);
    if (events != 0) {
        assert_int_equal(got.events, events);
    }
}

static void a_new_partition_stands_at_zero(void **state) {
    struct fixture *f = *state;
    expect_offset(f, 0, 0);
    struct store_batch *batch = begin(f, 0);
    put_state(batch, "u", 1);
    commit(batch, 5);
    fixture_reopen(f);
    expect_offset(f, 0, 5);
    expect_offset(f, 1, 0);
    expect_events(f, "u", 1);
}

static void another_epoch_is_a_conflict(void **state) {
    struct fixture *f = *state;
    commit(begin(f, 0), 5);
    fixture_reopen(f);
    int64_t offset = 0;
    assert_status(store_partition_offset(f->store, EPOCH + 1, 0, &offset), STATUS_CONFLICT);
    assert_status(store_partition_offset(f->store, EPOCH + 1, 9, &offset), STATUS_CONFLICT);
    struct store_batch *batch = NULL;
    assert_status(store_batch_begin(f->store, EPOCH + 1, 0, &batch), STATUS_CONFLICT);
    expect_offset(f, 0, 5);
}

static void of_two_epochs_at_first_one_wins(void **state) {
    struct fixture *f = *state;
    struct store_batch *one = begin(f, 0);
    struct store_batch *two = NULL;
    assert_ok(store_batch_begin(f->store, EPOCH + 1, 1, &two));
    put_state(two, "u", 1);
    commit(one, 1);
    assert_status(store_batch_commit(two, 1), STATUS_CONFLICT);
    expect_events(f, "u", 0);
}

static void who_was_overtaken_writes_nothing(void **state) {
    struct fixture *f = *state;
    struct store_batch *slow = begin(f, 3);
    struct store_batch *quick = begin(f, 3);
    put_state(slow, "u", 1);
    put_state(slow, "v", 1);
    store_batch_link(slow, PROJECT, STR("a"), STR("u"), 1);
    put_state(quick, "u", 2);
    commit(quick, 8);
    assert_status(store_batch_commit(slow, 9), STATUS_CONFLICT);
    expect_offset(f, 3, 8);
    expect_events(f, "u", 2);
    expect_events(f, "v", 0);
    struct str owner;
    assert_status(store_link_owner(f->store, PROJECT, STR("a"), &f->arena, &owner),
                  STATUS_NOT_FOUND);
}

static void the_first_failure_sticks(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    put_state(batch, "u", 1);
    put_state(batch, "", 1); // no id
    put_state(batch, "v", 1);
    assert_status(store_batch_commit(batch, 5), STATUS_INVALID);
    expect_offset(f, 0, 0);
    expect_events(f, "u", 0);
    expect_events(f, "v", 0);
}

static void an_offset_never_goes_back(void **state) {
    struct fixture *f = *state;
    commit(begin(f, 0), 5);
    commit(begin(f, 0), 5);
    assert_status(store_batch_commit(begin(f, 0), 4), STATUS_INVALID);
    expect_offset(f, 0, 5);
    struct store_batch *batch = NULL;
    assert_status(store_batch_begin(f->store, EPOCH, 70000, &batch), STATUS_INVALID);
}

static void a_discarded_batch_leaves_nothing(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    size_t empty = store_batch_bytes(batch);
    put_state(batch, "u", 1);
    assert_true(store_batch_bytes(batch) > empty);
    store_batch_discard(batch);
    store_batch_discard(NULL);
    expect_offset(f, 0, 0);
    expect_events(f, "u", 0);
    assert_ok(store_flush(f->store));
}

struct seen {
    int64_t chunks[16];
    uint64_t sums[16];
    int64_t last_ms[16];
    size_t count, stop_after;
};

static bool note_chunk(int64_t chunk, int64_t last_ms, const uint64_t *hashes, size_t count,
                       void *context) {
    struct seen *seen = context;
    seen->chunks[seen->count] = chunk;
    seen->last_ms[seen->count] = last_ms;
    for (size_t i = 0; i < count; i++) {
        seen->sums[seen->count] += hashes[i];
    }
    seen->count++;
    return seen->count != seen->stop_after;
}

static void put_chunk(struct store_batch *batch, int64_t chunk) {
    const uint64_t hashes[] = {(uint64_t)chunk, UINT64_C(0xFF00000000000001)};
    store_batch_seen(batch, chunk, chunk * 10, hashes, 2);
}

static void expect_seen(struct fixture *f, unsigned partition, const int64_t *chunks,
                        size_t count) {
    struct seen seen = {0};
    assert_ok(store_seen_load(f->store, partition, note_chunk, &seen));
    assert_int_equal(seen.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(seen.chunks[i], chunks[i]);
        assert_int_equal(seen.last_ms[i], chunks[i] * 10);
        assert_int_equal(seen.sums[i], (uint64_t)chunks[i] + UINT64_C(0xFF00000000000001));
    }
}

static void the_dedupe_window_comes_back_in_order(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    put_chunk(batch, 0);
    put_chunk(batch, 300);
    put_chunk(batch, 7);
    commit(batch, 1);
    batch = begin(f, 1);
    put_chunk(batch, 1);
    commit(batch, 1);
    fixture_reopen(f);
    expect_seen(f, 0, (int64_t[]){0, 7, 300}, 3);
    expect_seen(f, 1, (int64_t[]){1}, 1);
    expect_seen(f, 2, NULL, 0);
    struct seen seen = {.stop_after = 2};
    assert_ok(store_seen_load(f->store, 0, note_chunk, &seen));
    assert_int_equal(seen.count, 2);
}

static void what_is_forgotten_is_gone(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 0);
    for (int64_t chunk = 0; chunk < 8; chunk++) {
        put_chunk(batch, chunk);
    }
    commit(batch, 1);
    batch = begin(f, 0);
    put_chunk(batch, 8);
    store_batch_seen_forget(batch, 3);
    store_batch_seen_forget(batch, 2);
    commit(batch, 2);
    expect_seen(f, 0, (int64_t[]){3, 4, 5, 6, 7, 8}, 6);
    batch = begin(f, 0);
    store_batch_seen_forget(batch, 7);
    store_batch_discard(batch);
    expect_seen(f, 0, (int64_t[]){3, 4, 5, 6, 7, 8}, 6);
    batch = begin(f, 0);
    put_chunk(batch, 4);
    put_chunk(batch, 9);
    store_batch_seen_forget(batch, 8);
    commit(batch, 3);
    fixture_reopen(f);
    expect_seen(f, 0, (int64_t[]){8, 9}, 2);
}

static void put_letter(struct store_batch *batch, const char *project, int64_t offset,
                       int64_t received_ms) {
    struct store_dead_letter letter = {.partition = 2,
                                       .offset = offset,
                                       .received_ms = received_ms,
                                       .stage = STR("decode"),
                                       .reason = STR("not JSON"),
                                       .record = str_make("\0\xFF{", 3)};
    store_batch_dead_letter(batch, str_from_c(project), &letter);
}

static void expect_letters(struct fixture *f, const char *project, unsigned limit,
                           const char *expected) {
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    assert_ok(
        store_dead_letters(f->store, str_from_c(project), limit, &f->arena, &letters, &count));
    char text[256] = "";
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%lld@%lld", i == 0 ? "" : " ",
                                (long long)letters[i].offset, (long long)letters[i].received_ms);
        assert_int_equal(letters[i].partition, 2);
        assert_str(letters[i].stage, "decode");
        assert_str(letters[i].reason, "not JSON");
        assert_true(str_equal(letters[i].record, str_make("\0\xFF{", 3)));
    }
    assert_string_equal(text, expected);
}

static void dead_letters_are_newest_first(void **state) {
    struct fixture *f = *state;
    struct store_batch *batch = begin(f, 2);
    put_letter(batch, "shop", 1, 100);
    put_letter(batch, "shop", 2, 300);
    put_letter(batch, "shop", 3, 300);
    put_letter(batch, "blog", 4, 200);
    put_letter(batch, "blog", 5, 400);
    commit(batch, 6);
    fixture_reopen(f);
    expect_letters(f, "shop", 10, "3@300 2@300 1@100");
    expect_letters(f, "shop", 2, "3@300 2@300");
    expect_letters(f, NULL, 10, "5@400 3@300 2@300 4@200 1@100");
    expect_letters(f, NULL, 1, "5@400");
    expect_letters(f, NULL, 3, "5@400 3@300 2@300");
    expect_letters(f, "none", 3, "");
    expect_letters(f, NULL, 0, "");
}

#define ROUNDS 60

struct committer {
    struct fixture *f;
    pthread_t thread;
    unsigned partition;
    int commits;
    enum status failed;
};

// Two committers on one partition: each round one gets through, the other meets the conflict.
static enum status commit_one(struct committer *committer, int64_t *offset) {
    struct store *store = committer->f->store;
    struct store_batch *batch = NULL;
    enum status status = store_batch_begin(store, EPOCH, committer->partition, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_partition_offset(store, EPOCH, committer->partition, offset);
    if (status != STATUS_OK || *offset == ROUNDS) {
        store_batch_discard(batch);
        return status;
    }
    put_state(batch, "u", (uint64_t)*offset + 1);
    status = store_batch_commit(batch, *offset + 1);
    committer->commits += status == STATUS_OK ? 1 : 0;
    return status == STATUS_CONFLICT ? STATUS_OK : status;
}

static void *commit_some(void *context) {
    struct committer *committer = context;
    int64_t offset = 0;
    while (offset < ROUNDS && committer->failed == STATUS_OK) {
        committer->failed = commit_one(committer, &offset);
    }
    return NULL;
}

static void partitions_commit_side_by_side(void **state) {
    struct fixture *f = *state;
    struct committer committers[4] = {{.f = f, .partition = 0},
                                      {.f = f, .partition = 0},
                                      {.f = f, .partition = 1},
                                      {.f = f, .partition = 16}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&committers[i].thread, NULL, commit_some, &committers[i]),
                         0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(committers[i].thread, NULL);
        assert_ok(committers[i].failed);
    }
    expect_offset(f, 0, ROUNDS);
    expect_offset(f, 1, ROUNDS);
    expect_offset(f, 16, ROUNDS);
    // No offset was reached twice.
    assert_int_equal(committers[0].commits + committers[1].commits, ROUNDS);
}

void suite_processing(struct suite *suite) {
    SUITE_ADD(suite, a_new_partition_stands_at_zero);
    SUITE_ADD(suite, another_epoch_is_a_conflict);
    SUITE_ADD(suite, of_two_epochs_at_first_one_wins);
    SUITE_ADD(suite, who_was_overtaken_writes_nothing);
    SUITE_ADD(suite, the_first_failure_sticks);
    SUITE_ADD(suite, an_offset_never_goes_back);
    SUITE_ADD(suite, a_discarded_batch_leaves_nothing);
    SUITE_ADD(suite, the_dedupe_window_comes_back_in_order);
    SUITE_ADD(suite, what_is_forgotten_is_gone);
    SUITE_ADD(suite, dead_letters_are_newest_first);
    SUITE_ADD(suite, partitions_commit_side_by_side);
}
