// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes as a stored value: decoders refuse or decode, and what decodes is stored again as the very same bytes.
#include <stdlib.h>

#include "base/check.h"
#include "store/kv/keys.h"
#include "store/kv/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buffer again;

// The encoding is canonical: one value, one form.
static void expect_same(struct str in) {
    CHECK(buffer_status(&again) == STATUS_OK);
    CHECK(str_equal(buffer_str(&again), in));
    buffer_clear(&again);
}

// Of a value that had less in it once: the rest is appended.
static void expect_begins(struct str in) {
    CHECK(buffer_status(&again) == STATUS_OK);
    CHECK(str_starts_with(buffer_str(&again), in));
    buffer_clear(&again);
}

static void try_timeline(struct str in) {
    struct store_actor actor = {STORE_ACTOR_ANONYMOUS, STR("a")};
    struct store_timeline_row row = {.timestamp_ms = 1764000000000};
    // An anonymous id equal to the actor's has a shorter form: what decodes from the longer one is not the same bytes.
    if (values_get_timeline(in, actor, &row) && !str_equal(row.anonymous_id, actor.id)) {
        values_put_timeline(&again, actor, &row);
        expect_same(in);
    }
}

static void try_actor(struct str in, struct arena *arena) {
    enum status status = STATUS_OK;
    struct store_actor_state state = {0};
    if (values_get_state(in, &state)) {
        values_put_state(&again, &state);
        expect_same(in);
    }
    struct store_actor_day day = {.day = 20000};
    if (!values_get_day(in, arena, &day, &status)) {
        CHECK(status == STATUS_CORRUPT);
    }
    struct store_session session = {.start_ms = 1764000000000};
    if (values_get_session(in, &session)) {
        values_put_session(&again, &session);
        expect_same(in);
    }
    int64_t last_ms = 0;
    const uint64_t *hashes = NULL;
    size_t count = 0;
    if (values_get_seen(in, arena, &last_ms, &hashes, &count, &status)) {
        values_put_seen(&again, last_ms, hashes, count);
        expect_same(in);
    }
}

static void try_people(struct str in) {
    struct store_profile profile = {0};
    if (values_get_profile(in, &profile)) {
        values_put_profile(&again, &profile);
        expect_same(in);
    }
    struct store_project project = {0};
    if (values_get_project(in, &project)) {
        values_put_project(&again, &project);
        expect_same(in);
    }
    struct store_key key = {0};
    if (values_get_key(in, &key)) {
        values_put_key(&again, &key);
        expect_same(in);
    }
    struct store_account account = {0};
    if (values_get_account(in, &account)) {
        values_put_account(&again, &account);
        expect_begins(in);
    }
    struct store_report report = {0};
    if (values_get_report(in, &report)) {
        values_put_report(&again, &report);
        expect_same(in);
    }
    struct store_dead_letter letter = {0};
    if (values_get_dead_letter(in, &letter)) {
        values_put_dead_letter(&again, &letter);
        expect_same(in);
    }
}

static void try_logins(struct str in) {
    struct store_signing_key key = {0};
    if (values_get_signing_key(in, &key)) {
        values_put_signing_key(&again, &key);
        expect_same(in);
    }
    struct store_family family = {0};
    if (values_get_family(in, &family)) {
        values_put_family(&again, &family);
        expect_same(in);
    }
    struct store_revocation revocation = {0};
    if (values_get_revocation(in, &revocation)) {
        values_put_revocation(&again, &revocation);
        expect_same(in);
    }
}

static void try_key(struct str in, struct arena *arena) {
    int64_t time = 0;
    (void)keys_timeline_time(in, &time);
    CHECK(keys_timeline_prefix(in) <= in.len);
    enum status status = STATUS_OK;
    struct str text;
    (void)keys_read_event_id(&in, arena, &text, &status);
    (void)keys_read_text(&in, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str in = str_make((const char *)data, size);
    struct arena arena;
    arena_init(&arena, 4096, 0);
    buffer_init(&again, (size_t)16 << 20);
    try_timeline(in);
    try_actor(in, &arena);
    try_people(in);
    try_logins(in);
    try_key(in, &arena);
    buffer_free(&again);
    arena_free(&arena);
    return 0;
}
