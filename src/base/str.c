// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Slices of bytes: comparing, cutting, numbers, UTF-8, and the two hashes whose results are stored.
#include "base/str.h"

static unsigned char lower(char c) {
    unsigned char byte = (unsigned char)c;
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + ('a' - 'A')) : byte;
}

static bool equal_ignore_case(const char *a, const char *b, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

bool str_equal_ignore_case(struct str a, struct str b) {
    return a.len == b.len && equal_ignore_case(a.data, b.data, a.len);
}

bool str_contains_ignore_case(struct str s, struct str needle) {
    for (size_t i = 0; needle.len <= s.len && i <= s.len - needle.len; i++) {
        if (needle.len == 0 || equal_ignore_case(s.data + i, needle.data, needle.len)) {
            return true;
        }
    }
    return false;
}

int str_compare(struct str a, struct str b) {
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
    if (order != 0) {
        return order < 0 ? -1 : 1;
    }
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s) {
    while (s.len > 0 && is_space(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.data[s.len - 1])) {
        s.len--;
    }
    return s;
}

struct str str_cut(struct str *rest, char separator) {
    struct str all = *rest;
    const char *found = all.len == 0 ? NULL : memchr(all.data, separator, all.len);
    if (found == NULL) {
        *rest = STR_EMPTY;
        return all;
    }
    size_t before = (size_t)(found - all.data);
    *rest = str_make(found + 1, all.len - before - 1);
    return str_make(all.data, before);
}

bool str_to_u64(struct str s, uint64_t *out) {
    if (s.len == 0) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.data[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool str_to_i64(struct str s, int64_t *out) {
    bool negative = s.len > 0 && s.data[0] == '-';
    uint64_t magnitude = 0;
    if (!str_to_u64(negative ? str_make(s.data + 1, s.len - 1) : s, &magnitude)) {
        return false;
    }
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
        return false;
    }
    // By way of unsigned: -INT64_MIN has no positive twin.
    *out = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}

static bool is_continuation(unsigned char byte) {
    return (byte & 0xC0) == 0x80;
}

// Length of the well-formed sequence at p (Unicode 15, table 3-7), 0 when there is none.
static size_t utf8_sequence(const unsigned char *p, size_t left) {
    unsigned char lead = p[0];
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    if (lead < 0xE0) {
        return left >= 2 && is_continuation(p[1]) ? 2 : 0;
    }
    if (lead < 0xF0) {
        unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;  // below: overlong
        unsigned char high = lead == 0xED ? 0x9F : 0xBF; // above: surrogates
        return left >= 3 && p[1] >= low && p[1] <= high && is_continuation(p[2]) ? 3 : 0;
    }
    unsigned char low = lead == 0xF0 ? 0x90 : 0x80;  // below: overlong
    unsigned char high = lead == 0xF4 ? 0x8F : 0xBF; // above: beyond U+10FFFF
    return left >= 4 && p[1] >= low && p[1] <= high && is_continuation(p[2]) &&
                   is_continuation(p[3])
               ? 4
               : 0;
}

bool str_is_utf8(struct str s) {
    const unsigned char *p = (const unsigned char *)s.data;
    size_t left = s.len;
    while (left > 0) {
        while (left >= 16) {
            uint64_t words[2];
            memcpy(words, p, sizeof words);
            if (((words[0] | words[1]) & UINT64_C(0x8080808080808080)) != 0) {
                break;
            }
            p += 16;
            left -= 16;
        }
        // A short run without the 16-byte test, so that text full of umlauts does not pay for it at each letter.
        for (int i = 0; i < 16 && left > 0; i++) {
            size_t length = utf8_sequence(p, left);
            if (length == 0) {
                return false;
            }
            p += length;
            left -= length;
        }
    }
    return true;
}

// The same on every machine, whatever its byte order; compilers make one load of it.
static uint32_t little_u32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t little_u64(const unsigned char *p) {
    return (uint64_t)little_u32(p) | (uint64_t)little_u32(p + 4) << 32;
}

static uint64_t rotate_left(uint64_t value, unsigned bits) {
    return value << bits | value >> (64 - bits);
}

// XXH64 by its specification (xxHash fast digest algorithm, doc/xxhash_spec.md, "XXH64 Algorithm Description").
#define XXH64_PRIME1 UINT64_C(0x9E3779B185EBCA87)
#define XXH64_PRIME2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define XXH64_PRIME3 UINT64_C(0x165667B19E3779F9)
#define XXH64_PRIME4 UINT64_C(0x85EBCA77C2B2AE63)
#define XXH64_PRIME5 UINT64_C(0x27D4EB2F165667C5)

static uint64_t xxh64_round(uint64_t lane, uint64_t input) {
    return rotate_left(lane + input * XXH64_PRIME2, 31) * XXH64_PRIME1;
}

// Eats whole stripes of 32 bytes.
static uint64_t xxh64_stripes(const unsigned char *p, size_t stripes, uint64_t seed) {
    uint64_t lanes[4] = {seed + XXH64_PRIME1 + XXH64_PRIME2, seed + XXH64_PRIME2, seed,
                         seed - XXH64_PRIME1};
    for (size_t i = 0; i < stripes; i++) {
        for (size_t lane = 0; lane < 4; lane++) {
            lanes[lane] = xxh64_round(lanes[lane], little_u64(p));
            p += 8;
        }
    }
    uint64_t hash = rotate_left(lanes[0], 1) + rotate_left(lanes[1], 7) +
                    rotate_left(lanes[2], 12) + rotate_left(lanes[3], 18);
    for (size_t lane = 0; lane < 4; lane++) {
        hash = (hash ^ xxh64_round(0, lanes[lane])) * XXH64_PRIME1 + XXH64_PRIME4;
    }
    return hash;
}

uint64_t str_hash(struct str s, uint64_t seed) {
    const unsigned char *p = (const unsigned char *)s.data;
    size_t left = s.len;
    uint64_t hash = seed + XXH64_PRIME5;
    if (left >= 32) {
        hash = xxh64_stripes(p, left / 32, seed);
        p += left / 32 * 32;
        left %= 32;
    }
    hash += s.len;
    for (; left >= 8; left -= 8, p += 8) {
        hash ^= xxh64_round(0, little_u64(p));
        hash = rotate_left(hash, 27) * XXH64_PRIME1 + XXH64_PRIME4;
    }
    if (left >= 4) {
        hash ^= (uint64_t)little_u32(p) * XXH64_PRIME1;
        hash = rotate_left(hash, 23) * XXH64_PRIME2 + XXH64_PRIME3;
        p += 4;
        left -= 4;
    }
    for (; left > 0; left--, p++) {
        hash ^= *p * XXH64_PRIME5;
        hash = rotate_left(hash, 11) * XXH64_PRIME1;
    }
    hash = (hash ^ hash >> 33) * XXH64_PRIME2;
    hash = (hash ^ hash >> 29) * XXH64_PRIME3;
    return hash ^ hash >> 32;
}

uint32_t str_murmur2(struct str s) {
    const uint32_t m = 0x5bd1e995;
    const unsigned char *p = (const unsigned char *)s.data;
    size_t left = s.len;
    uint32_t h = 0x9747b28cU ^ (uint32_t)s.len;
    for (; left >= 4; left -= 4, p += 4) {
        uint32_t k = little_u32(p) * m;
        k = (k ^ k >> 24) * m;
        h = h * m ^ k;
    }
    if (left > 0) {
        h ^= p[0];
        h ^= left > 1 ? (uint32_t)p[1] << 8 : 0;
        h ^= left > 2 ? (uint32_t)p[2] << 16 : 0;
        h *= m;
    }
    h = (h ^ h >> 13) * m;
    return h ^ h >> 15;
}
