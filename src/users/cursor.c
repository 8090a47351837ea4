// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Packing and unpacking cursors.
#include "users/cursor.h"

#include <sodium.h>

#include "base/bytes.h"

// The upper four bits are the version of the layout.
enum { CURSOR_TIMELINE = 0x11, CURSOR_LIST = 0x12 };

#define CURSOR_ID_MAX 512 // what the store takes as an id
#define CURSOR_BYTES_MAX (1 + 8 + CURSOR_ID_MAX + 4)

static struct str seal(struct arena *arena, struct buffer *packed) {
    bytes_put_be32(packed, bytes_crc32c(packed->data, packed->len));
    if (buffer_status(packed) != STATUS_OK) {
        return STR_EMPTY;
    }
    size_t size = sodium_base64_encoded_len(packed->len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_alloc(arena, size);
    if (!text) {
        return STR_EMPTY;
    }
    sodium_bin2base64(text, size, (const unsigned char *)packed->data, packed->len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return str_make(text, size - 1);
}

// *payload: what stands between kind and check.
static bool unseal(struct arena *arena, struct str cursor, uint8_t kind, struct str *payload) {
    if (cursor.len >
        sodium_base64_ENCODED_LEN(CURSOR_BYTES_MAX, sodium_base64_VARIANT_URLSAFE_NO_PADDING)) {
        return false;
    }
    unsigned char *packed = arena_alloc(arena, CURSOR_BYTES_MAX);
    size_t len = 0;
    if (!packed || cursor.len == 0 ||
        sodium_base642bin(packed, CURSOR_BYTES_MAX, cursor.data, cursor.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len < 5 || packed[0] != kind) {
        return false;
    }
    struct str check = str_make((const char *)packed + len - 4, 4);
    uint32_t expected = 0;
    if (!bytes_get_be32(&check, &expected) || expected != bytes_crc32c(packed, len - 4)) {
        return false;
    }
    *payload = str_make((const char *)packed + 1, len - 5);
    return true;
}

struct str users_cursor_timeline(struct arena *arena, struct users_timeline_position position) {
    char bytes[CURSOR_BYTES_MAX];
    struct buffer packed;
    buffer_init_fixed(&packed, bytes, sizeof bytes);
    bytes_put_u8(&packed, CURSOR_TIMELINE);
    bytes_put_be64(&packed, (uint64_t)position.timestamp_ms);
    buffer_append_str(&packed, position.id);
    return seal(arena, &packed);
}

struct str users_cursor_list(struct arena *arena, struct str id) {
    char bytes[CURSOR_BYTES_MAX];
    struct buffer packed;
    buffer_init_fixed(&packed, bytes, sizeof bytes);
    bytes_put_u8(&packed, CURSOR_LIST);
    buffer_append_str(&packed, id);
    return seal(arena, &packed);
}

bool users_cursor_read_timeline(struct arena *arena, struct str cursor,
                                struct users_timeline_position *out) {
    struct str payload = STR_EMPTY;
    uint64_t timestamp = 0;
    if (!unseal(arena, cursor, CURSOR_TIMELINE, &payload) ||
        !bytes_get_be64(&payload, &timestamp) || !str_is_utf8(payload)) {
        return false;
    }
    *out = (struct users_timeline_position){(int64_t)timestamp, payload};
    return true;
}

bool users_cursor_read_list(struct arena *arena, struct str cursor, struct str *id) {
    return unseal(arena, cursor, CURSOR_LIST, id) && id->len > 0 && str_is_utf8(*id);
}
