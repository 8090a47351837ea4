// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A slice of bytes: pointer and length, not owned, not NUL-terminated.
#ifndef FOOTFALL_BASE_STR_H
#define FOOTFALL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *data; // may be NULL when len is 0
    size_t len;       // bytes
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_INIT(literal)                                                                          \
    { (literal), sizeof(literal) - 1 } // for static initialisers
#define STR_EMPTY ((struct str){NULL, 0})
// For printf-like formats: printf("%.*s", STR_ARG(s)).
#define STR_ARG(s) (int)(s).len, ((s).data ? (s).data : "")

static inline struct str str_make(const char *data, size_t len) {
    return (struct str){data, len};
}
static inline struct str str_from_c(const char *text) {
    return text ? (struct str){text, strlen(text)} : STR_EMPTY;
}
static inline bool str_equal(struct str a, struct str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
static inline bool str_starts_with(struct str s, struct str prefix) {
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

bool str_equal_ignore_case(struct str a, struct str b);         // ASCII only
bool str_contains_ignore_case(struct str s, struct str needle); // ASCII only
int str_compare(struct str a, struct str b); // bytewise order, as memcmp then length
struct str str_trim(struct str s);           // without ASCII white space at both ends
// Cuts *rest at the first separator: returns what stands before it and leaves what stands after it in *rest;
// without a separator returns all and leaves *rest empty with data NULL.
struct str str_cut(struct str *rest, char separator);
// Whole s must be a decimal number in range; otherwise false and *out is untouched.
bool str_to_i64(struct str s, int64_t *out);
bool str_to_u64(struct str s, uint64_t *out);
// Valid UTF-8 by RFC 3629 (no surrogates, no overlong forms, at most U+10FFFF). NUL counts as valid here.
bool str_is_utf8(struct str s);
// Non-cryptographic 64-bit hash, stable across processes and versions (it is stored): XXH64-like quality, seed given.
uint64_t str_hash(struct str s, uint64_t seed);
// Kafka's murmur2 over the bytes (org.apache.kafka.common.utils.Utils.murmur2), for partitioning.
uint32_t str_murmur2(struct str s);

#endif
