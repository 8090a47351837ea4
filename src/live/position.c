// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Positions as text and back.
#include "live/position.h"

#include <sodium.h>

#include "base/bytes.h"

#define VERSION 1
#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

void live_position_write(struct buffer *out, struct buffer *scratch,
                         const struct live_position *position) {
    buffer_clear(scratch);
    bytes_put_u8(scratch, VERSION);
    bytes_put_zigzag(scratch, position->epoch);
    bytes_put_varint(scratch, position->count);
    for (unsigned i = 0; i < position->count; i++) {
        int64_t offset = position->offsets[i];
        bytes_put_varint(scratch, offset < 0 ? 0 : (uint64_t)offset + 1);
    }
    bytes_put_be32(scratch, bytes_crc32c(scratch->data, scratch->len));
    size_t size = sodium_base64_encoded_len(scratch->len, VARIANT);
    if (buffer_status(scratch) != STATUS_OK || buffer_reserve(out, size) != STATUS_OK) {
        out->failed = out->failed == STATUS_OK ? STATUS_NO_MEMORY : out->failed;
        return;
    }
    sodium_bin2base64(out->data + out->len, size, (const unsigned char *)scratch->data,
                      scratch->len, VARIANT);
    out->len += size - 1;
}

static bool read_offsets(struct str *in, unsigned count, int64_t *offsets) {
    for (unsigned i = 0; i < count; i++) {
        uint64_t number = 0;
        if (!bytes_get_varint(in, &number) || number > INT64_MAX) {
            return false;
        }
        offsets[i] = (int64_t)number - 1;
    }
    return in->len == 0;
}

bool live_position_read(struct str text, struct arena *arena, struct live_position *out) {
    size_t most = text.len / 4 * 3 + 3;
    unsigned char *bytes = most <= LIVE_POSITION_BYTES_MAX + 3 ? arena_alloc(arena, most) : NULL;
    size_t len = 0;
    const char *end = NULL;
    if (!bytes || text.len == 0 ||
        sodium_base642bin(bytes, most, text.data, text.len, NULL, &len, &end, VARIANT) != 0 ||
        end != text.data + text.len || len < 7) {
        return false;
    }
    struct str check = str_make((const char *)bytes + len - 4, 4);
    struct str in = str_make((const char *)bytes, len - 4);
    uint32_t expected = 0;
    uint8_t version = 0;
    uint64_t count = 0;
    int64_t epoch = 0;
    if (!bytes_get_be32(&check, &expected) || expected != bytes_crc32c(bytes, len - 4) ||
        !bytes_get_u8(&in, &version) || version != VERSION || !bytes_get_zigzag(&in, &epoch) ||
        !bytes_get_varint(&in, &count) || count > LIVE_PARTITIONS_MAX || count > in.len) {
        return false;
    }
    int64_t *offsets = arena_alloc_array(arena, count > 0 ? (size_t)count : 1, sizeof *offsets);
    if (!offsets || !read_offsets(&in, (unsigned)count, offsets)) {
        return false;
    }
    *out = (struct live_position){epoch, (unsigned)count, offsets};
    return true;
}
