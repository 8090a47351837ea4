// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Parts that values are made of; private to kv/values*.c.
#ifndef FOOTFALL_STORE_KV_VALUES_PART_H
#define FOOTFALL_STORE_KV_VALUES_PART_H

#include "base/bytes.h"

// Differences wrap, so that any two numbers may be stored as one and its distance to the other.
static inline void values_put_distance(struct buffer *out, int64_t from, int64_t to) {
    bytes_put_zigzag(out, (int64_t)((uint64_t)to - (uint64_t)from));
}

static inline bool values_get_distance(struct str *in, int64_t from, int64_t *to) {
    int64_t distance = 0;
    if (!bytes_get_zigzag(in, &distance)) {
        return false;
    }
    *to = (int64_t)((uint64_t)from + (uint64_t)distance);
    return true;
}

static inline bool values_get_u32(struct str *in, uint32_t *value) {
    uint64_t raw = 0;
    struct str rest = *in;
    if (!bytes_get_varint(&rest, &raw) || raw > UINT32_MAX) {
        return false;
    }
    *value = (uint32_t)raw;
    *in = rest;
    return true;
}

static inline bool values_get_i32(struct str *in, int32_t *value) {
    int64_t raw = 0;
    struct str rest = *in;
    if (!bytes_get_zigzag(&rest, &raw) || raw < INT32_MIN || raw > INT32_MAX) {
        return false;
    }
    *value = (int32_t)raw;
    *in = rest;
    return true;
}

// A text of its own, or none.
static inline bool values_get_optional(struct str *in, bool present, struct str *text) {
    *text = STR_EMPTY;
    return !present || bytes_get_str(in, text);
}

#endif
