// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// UUIDs (RFC 9562), as text and as bytes.
#include "base/uuid.h"

#include <endian.h>
#include <string.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

// Eight characters, the first in the lowest byte whatever the machine's order.
static uint64_t load8(const char *text) {
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return le64toh(word);
}

// A digit in each byte, as the characters for them; no byte carries into the next.
static uint64_t characters_of(uint64_t digits) {
    uint64_t letters = (digits + EACH(6)) >> 4 & EACH(1);
    return digits + EACH('0') + letters * ('a' - '0' - 10);
}

// Eight digits as four bytes at once. False unless all are digits in lower case: only those come back as they were.
static bool read_digits(uint64_t text, uint8_t bytes[4]) {
    uint64_t digits = ((text & EACH(15)) + (text >> 6 & EACH(1)) * 9) & EACH(15);
    uint64_t pairs = (digits << 4 | digits >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    pairs = (pairs | pairs >> 8) & UINT64_C(0x0000ffff0000ffff);
    uint32_t packed = htole32((uint32_t)(pairs | pairs >> 16));
    memcpy(bytes, &packed, sizeof packed);
    return characters_of(digits) == text;
}

bool uuid_read(const char *text, uint8_t bytes[UUID_BYTES]) {
    if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') {
        return false;
    }
    // The groups of four are read in pairs, without the hyphen between them.
    uint64_t second = (load8(text + 9) & UINT32_MAX) | load8(text + 10) >> 32 << 32;
    uint64_t third = (load8(text + 19) & UINT32_MAX) | load8(text + 20) >> 32 << 32;
    bool all = read_digits(load8(text), bytes);
    all = read_digits(second, bytes + 4) && all;
    all = read_digits(third, bytes + 8) && all;
    return read_digits(load8(text + 28), bytes + 12) && all;
}

static void write_digits(const uint8_t bytes[4], char text[8]) {
    uint32_t packed;
    memcpy(&packed, bytes, sizeof packed);
    uint64_t pairs = le32toh(packed);
    pairs = (pairs | pairs << 16) & UINT64_C(0x0000ffff0000ffff);
    pairs = (pairs | pairs << 8) & UINT64_C(0x00ff00ff00ff00ff);
    uint64_t digits = (pairs >> 4 | pairs << 8) & EACH(15);
    uint64_t word = htole64(characters_of(digits));
    memcpy(text, &word, sizeof word);
}

void uuid_write(const uint8_t bytes[UUID_BYTES], char text[UUID_TEXT_LEN]) {
    char digits[2 * UUID_BYTES];
    for (unsigned i = 0; i < UUID_BYTES; i += 4) {
        write_digits(bytes + i, digits + 2 * (size_t)i);
    }
    memcpy(text, digits, 8);
    memcpy(text + 9, digits + 8, 4);
    memcpy(text + 14, digits + 12, 4);
    memcpy(text + 19, digits + 16, 4);
    memcpy(text + 24, digits + 20, 12);
    text[8] = text[13] = text[18] = text[23] = '-';
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
