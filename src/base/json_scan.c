// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The shallow scan: finds the members of one container, 64 bytes at a time, without memory or recursion.
//
// Of a block of 64 bytes come bit masks (bit i is byte i): quotes, backslashes, opening and closing brackets. Escaped
// quotes are taken out, and a running xor over the rest tells which bytes lie inside strings (Langdale and Lemire,
// "Parsing Gigabytes of JSON per Second", 2019, section 3.1). Brackets outside strings are then counted by population.
#include "base/json_read.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK = 64 };

struct block {
    uint64_t quotes;
    uint64_t backslashes;
    uint64_t opens;
    uint64_t closes;
};

#ifdef __SSE2__
static inline uint64_t match(const __m128i v[4], char c) {
    const __m128i wanted = _mm_set1_epi8(c);
    uint64_t bits = 0;
    for (int i = 0; i < 4; i++) {
        unsigned part = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], wanted));
        bits |= (uint64_t)part << (16 * i);
    }
    return bits;
}

static inline struct block block_read(const char *p) {
    __m128i v[4], folded[4];
    for (int i = 0; i < 4; i++) {
        v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)i * 16));
        // '[' and '{' differ in bit 0x20 only, as do ']' and '}'.
        folded[i] = _mm_or_si128(v[i], _mm_set1_epi8(0x20));
    }
    return (struct block){.quotes = match(v, '"'),
                          .backslashes = match(v, '\\'),
                          .opens = match(folded, '{'),
                          .closes = match(folded, '}')};
}
#else
static inline struct block block_read(const char *p) {
    struct block block = {0};
    for (unsigned i = 0; i < BLOCK; i++) {
        const uint64_t bit = UINT64_C(1) << i;
        const char folded = (char)(p[i] | 0x20);
        block.quotes |= p[i] == '"' ? bit : 0;
        block.backslashes |= p[i] == '\\' ? bit : 0;
        block.opens |= folded == '{' ? bit : 0;
        block.closes |= folded == '}' ? bit : 0;
    }
    return block;
}
#endif

// The last bytes of the input, fewer than a block, are read from a copy.
static inline struct block block_at(struct str in, size_t at) {
    if (in.len - at >= BLOCK) {
        return block_read(in.data + at);
    }
    char last[BLOCK] = {0};
    memcpy(last, in.data + at, in.len - at);
    return block_read(last);
}

// Bytes that stand behind a backslash which is not itself escaped; *carry says so of the next block's first byte.
static inline uint64_t escaped_bytes(uint64_t backslashes, uint64_t *carry) {
    uint64_t escaped = *carry;
    uint64_t left = backslashes & ~escaped;
    *carry = 0;
    while (left) {
        uint64_t lowest = left & (~left + 1);
        uint64_t next = lowest << 1;
        if (next == 0) {
            *carry = 1;
        }
        escaped |= next;
        left &= ~(lowest | next);
    }
    return escaped;
}

// Bit i: xor of bits 0..i, which is 1 from an opening quote up to the byte before its closing one.
static inline uint64_t running_xor(uint64_t bits) {
    for (int shift = 1; shift < BLOCK; shift *= 2) {
        bits ^= bits << shift;
    }
    return bits;
}

// in begins with a bracket. Length of the container, or 0 when the input ends inside it.
static size_t container_length(struct str in) {
    uint64_t carry = 0;
    uint64_t inside = 0; // all ones when the block begins inside a string
    size_t depth = 0;
    for (size_t at = 0; at < in.len; at += BLOCK) {
        struct block block = block_at(in, at);
        if (block.backslashes | carry) {
            block.quotes &= ~escaped_bytes(block.backslashes, &carry);
        }
        uint64_t strings = running_xor(block.quotes) ^ inside;
        inside = (uint64_t)0 - (strings >> (BLOCK - 1));
        uint64_t opens = block.opens & ~strings;
        uint64_t closes = block.closes & ~strings;
        size_t closed = (size_t)__builtin_popcountll(closes);
        if (closed < depth) {
            depth += (size_t)__builtin_popcountll(opens) - closed;
            continue;
        }
        for (uint64_t both = opens | closes; both; both &= both - 1) {
            uint64_t lowest = both & (~both + 1);
            if (opens & lowest) {
                depth++;
            } else if (--depth == 0) {
                return at + (size_t)__builtin_ctzll(lowest) + 1;
            }
        }
    }
    return 0;
}

#ifdef __SSE2__
// Bytes from p to its first quote or backslash, as far as whole vectors reach; stops early on what is left.
static inline size_t plain_length(const char *p, size_t left) {
    size_t i = 0;
    for (; left - i >= 16; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                                   _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
        unsigned bits = (unsigned)_mm_movemask_epi8(hit);
        if (bits) {
            return i + (size_t)__builtin_ctz(bits);
        }
    }
    return i;
}
#else
static inline size_t plain_length(const char *p, size_t left) {
    (void)p;
    (void)left;
    return 0;
}
#endif

// in begins with a quote. Length with both quotes, or 0 when the input ends inside it.
static size_t string_length(struct str in) {
    size_t i = 1;
    while (i < in.len) {
        char c = in.data[i];
        if (c == '"') {
            return i + 1;
        }
        if (c == '\\') {
            i += 2;
        } else {
            i++;
            i += plain_length(in.data + i, in.len - i);
        }
    }
    return 0;
}

static bool is_white(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static size_t scalar_length(struct str in) {
    size_t i = 0;
    while (i < in.len && !is_white(in.data[i]) && !strchr(",:[]{}\"", in.data[i])) {
        i++;
    }
    return i;
}

static void advance(struct json_scan *scan, size_t n) {
    scan->rest.data += n;
    scan->rest.len -= n;
    scan->offset += n;
}

// The next byte that is not white space, left unread; '\0' with *ended at the end of the input.
static char peek(struct json_scan *scan, bool *ended) {
    size_t n = 0;
    while (n < scan->rest.len && is_white(scan->rest.data[n])) {
        n++;
    }
    if (n > 0) {
        advance(scan, n);
    }
    *ended = scan->rest.len == 0;
    return *ended ? '\0' : scan->rest.data[0];
}

enum status json_scan_begin(struct json_scan *scan, struct str input) {
    bool ended;
    *scan = (struct json_scan){.rest = input, .first = true};
    char c = peek(scan, &ended);
    if (c != '{' && c != '[') {
        return STATUS_SYNTAX;
    }
    scan->type = c == '{' ? JSON_OBJECT : JSON_ARRAY;
    advance(scan, 1);
    return STATUS_OK;
}

static enum json_type type_of(char first) {
    switch (first) {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_STRING;
    case 't': return JSON_TRUE;
    case 'f': return JSON_FALSE;
    case 'n': return JSON_NULL;
    default: return JSON_NUMBER;
    }
}

static enum status scan_key(struct json_scan *scan, struct json_scan_member *member) {
    bool ended;
    char c = peek(scan, &ended);
    if (c != '"') {
        return ended ? STATUS_TRUNCATED : STATUS_SYNTAX;
    }
    size_t len = string_length(scan->rest);
    if (len == 0) {
        return STATUS_TRUNCATED;
    }
    member->key = str_make(scan->rest.data + 1, len - 2);
    advance(scan, len);
    c = peek(scan, &ended);
    if (c != ':') {
        return ended ? STATUS_TRUNCATED : STATUS_SYNTAX;
    }
    advance(scan, 1);
    return STATUS_OK;
}

static enum status scan_value(struct json_scan *scan, struct json_scan_member *member) {
    bool ended;
    size_t len;
    char c = peek(scan, &ended);
    if (ended) {
        return STATUS_TRUNCATED;
    }
    member->type = type_of(c);
    if (c == '{' || c == '[' || c == '"') {
        len = c == '"' ? string_length(scan->rest) : container_length(scan->rest);
        if (len == 0) {
            return STATUS_TRUNCATED;
        }
    } else {
        len = scalar_length(scan->rest);
        if (len == 0) {
            return STATUS_SYNTAX;
        }
    }
    member->raw = str_make(scan->rest.data, len);
    advance(scan, len);
    return STATUS_OK;
}

// Behind the closing bracket only white space may stand.
static enum status scan_end(struct json_scan *scan) {
    bool ended;
    advance(scan, 1);
    (void)peek(scan, &ended);
    return ended ? STATUS_END : STATUS_SYNTAX;
}

enum status json_scan_next(struct json_scan *scan, struct json_scan_member *member) {
    bool ended;
    char c = peek(scan, &ended);
    if (ended) {
        return STATUS_TRUNCATED;
    }
    *member = (struct json_scan_member){.key = STR_EMPTY};
    if (c == (scan->type == JSON_OBJECT ? '}' : ']')) {
        return scan_end(scan);
    }
    if (!scan->first) {
        if (c != ',') {
            return STATUS_SYNTAX;
        }
        advance(scan, 1);
    }
    scan->first = false;
    if (scan->type == JSON_OBJECT) {
        enum status status = scan_key(scan, member);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return scan_value(scan, member);
}
