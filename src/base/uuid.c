// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// UUIDs (RFC 9562), as text and as bytes.
#include "base/uuid.h"

static bool hyphen_behind(unsigned byte) {
    return byte == 3 || byte == 5 || byte == 7 || byte == 9;
}

// 0 to 15, or 16 for what is no lower-case hexadecimal digit.
static unsigned digit_of(char c) {
    unsigned digit = (unsigned)(unsigned char)c - '0';
    unsigned letter = (unsigned)(unsigned char)c - 'a';
    return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

bool uuid_read(const char *text, uint8_t bytes[UUID_BYTES]) {
    if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') {
        return false;
    }
    unsigned all = 0;
    for (unsigned i = 0; i < UUID_BYTES; i++) {
        unsigned high = digit_of(text[0]);
        unsigned low = digit_of(text[1]);
        all |= high | low;
        bytes[i] = (uint8_t)(high << 4 | (low & 15));
        text += hyphen_behind(i) ? 3 : 2;
    }
    return all < 16;
}

void uuid_write(const uint8_t bytes[UUID_BYTES], char text[UUID_TEXT_LEN]) {
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < UUID_BYTES; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
        if (hyphen_behind(i)) {
            *text++ = '-';
        }
    }
}

void uuid_v7(int64_t wall_ms, struct random_source *source, char out[UUID_TEXT_LEN + 1]) {
    uint8_t bytes[UUID_BYTES];
    uint64_t time = wall_ms < 0 ? 0 : (uint64_t)wall_ms;
    for (unsigned i = 0; i < 6; i++) {
        bytes[i] = (uint8_t)(time >> (40 - 8 * i));
    }
    source->fill(source, bytes + 6, 10);
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x70); // version
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80); // variant
    uuid_write(bytes, out);
    out[UUID_TEXT_LEN] = '\0';
}
