// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Cursors, entity tags and email addresses as somebody sends them; a cursor that is read can be written again.
#include <stdlib.h>

#include "base/check.h"
#include "users/conditions.h"
#include "users/cursor.h"
#include "users/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct str text = {(const char *)data, size}, id, email;
    struct users_timeline_position position;
    arena_init(&arena, 8192, 0);
    if (users_cursor_read_timeline(&arena, text, &position)) {
        struct users_timeline_position again;
        struct str written = users_cursor_timeline(&arena, position);
        CHECK(users_cursor_read_timeline(&arena, written, &again));
        CHECK(again.timestamp_ms == position.timestamp_ms && str_equal(again.id, position.id));
    }
    if (users_cursor_read_list(&arena, text, &id)) {
        CHECK(id.len > 0);
    }
    (void)users_etag_list_names(text, true, 5, size % 2 == 0);
    if (users_email_normalise(&arena, text, &email)) {
        struct str again;
        CHECK(users_email_normalise(&arena, email, &again) && str_equal(again, email));
        CHECK(email.len <= USERS_EMAIL_MAX);
    }
    arena_free(&arena);
    return 0;
}
