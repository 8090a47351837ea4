// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opaque cursors of paged lists: where a page ended, in base64url, with a check so that garbage is told from a position.
//
//   version and kind (1 byte)  payload  CRC-32C of both (4 bytes)
#ifndef FOOTFALL_USERS_CURSOR_H
#define FOOTFALL_USERS_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct users_timeline_position {
    int64_t timestamp_ms;
    struct str id;
};

// data NULL: no memory.
struct str users_cursor_timeline(struct arena *arena, struct users_timeline_position position);
struct str users_cursor_list(struct arena *arena, struct str id);
// False: not a cursor of that list (or no memory). Results live in arena.
bool users_cursor_read_timeline(struct arena *arena, struct str cursor,
                                struct users_timeline_position *out);
bool users_cursor_read_list(struct arena *arena, struct str cursor, struct str *id);

#endif
