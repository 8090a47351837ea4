// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Tokens: MurmurHash3 (Austin Appleby, public domain) as Cassandra's Murmur3Partitioner computes it, and routing keys.
#include "cql/token.h"

#include "base/bytes.h"
#include "cql/notation.h"

#define C1 UINT64_C(0x87c37b91114253d5)
#define C2 UINT64_C(0x4cf5ad432745937f)
#define BLOCK_LEN 16

static inline uint64_t rotate_left(uint64_t value, unsigned bits) {
    return value << bits | value >> (64 - bits);
}

static inline uint64_t little_endian(const char *data) {
    uint64_t value = 0;
    for (unsigned i = 8; i-- > 0;) {
        value = value << 8 | (uint8_t)data[i];
    }
    return value;
}

static uint64_t finish(uint64_t k) {
    k ^= k >> 33;
    k *= UINT64_C(0xff51afd7ed558ccd);
    k ^= k >> 33;
    k *= UINT64_C(0xc4ceb9fe1a85ec53);
    k ^= k >> 33;
    return k;
}

// A byte of the tail where it belongs. Java's bytes are signed: from 0x80 on they set all bits above as well, and xor keeps that.
static uint64_t tail_byte(struct str tail, size_t i) {
    return (uint64_t)(int64_t)(int8_t)tail.data[i] << (8 * (i % 8));
}

static inline uint64_t mix_first(uint64_t k) {
    return rotate_left(k * C1, 31) * C2;
}

static inline uint64_t mix_second(uint64_t k) {
    return rotate_left(k * C2, 33) * C1;
}

int64_t cql_token(struct str routing_key) {
    uint64_t h1 = 0;
    uint64_t h2 = 0;
    struct str rest = routing_key;
    while (rest.len >= BLOCK_LEN) {
        h1 ^= mix_first(little_endian(rest.data));
        h1 = (rotate_left(h1, 27) + h2) * 5 + 0x52dce729;
        h2 ^= mix_second(little_endian(rest.data + 8));
        h2 = (rotate_left(h2, 31) + h1) * 5 + 0x38495ab5;
        rest.data += BLOCK_LEN;
        rest.len -= BLOCK_LEN;
    }
    uint64_t k1 = 0;
    uint64_t k2 = 0;
    for (size_t i = 0; i < rest.len; i++) {
        *(i < 8 ? &k1 : &k2) ^= tail_byte(rest, i);
    }
    h1 ^= mix_first(k1);
    h2 ^= mix_second(k2);
    h1 ^= routing_key.len;
    h2 ^= routing_key.len;
    h1 += h2;
    h2 += h1;
    h1 = finish(h1) + finish(h2);
    // The least token is reserved for "before all".
    return (int64_t)h1 == INT64_MIN ? INT64_MAX : (int64_t)h1;
}

// The value of that number. NOT_FOUND: null, unset or none.
static enum status value_at(struct str values, uint16_t value_count, uint16_t number,
                            struct str *out) {
    if (number >= value_count) {
        return STATUS_NOT_FOUND;
    }
    for (uint16_t i = 0; i <= number; i++) {
        if (!cql_take_bytes(&values, out)) {
            return STATUS_CORRUPT;
        }
    }
    return out->data == NULL ? STATUS_NOT_FOUND : STATUS_OK;
}

enum status cql_routing_key(struct str values, uint16_t value_count, const uint16_t *parts,
                            size_t part_count, struct buffer *scratch, struct str *out) {
    *out = STR_EMPTY;
    if (part_count == 0) {
        return STATUS_NOT_FOUND;
    }
    if (part_count == 1) {
        return value_at(values, value_count, parts[0], out);
    }
    buffer_clear(scratch);
    for (size_t i = 0; i < part_count; i++) {
        struct str part;
        enum status status = value_at(values, value_count, parts[i], &part);
        if (status != STATUS_OK) {
            return status;
        }
        cql_put_short_bytes(scratch, part);
        bytes_put_u8(scratch, 0); // end of component
    }
    if (buffer_status(scratch) == STATUS_OK) {
        *out = buffer_str(scratch);
    }
    return buffer_status(scratch);
}
