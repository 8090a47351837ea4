// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A growing byte buffer that states its maximum when it is made.
//
//   data [0 ......... len | free ......... capacity]     capacity never above max
//
// An append either happens whole or not at all. After a failed append `failed` keeps the first status, and every later
// append does nothing: callers may write a whole document and look once at the end (buffer_status).
#ifndef FOOTFALL_BASE_BUFFER_H
#define FOOTFALL_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct buffer {
    char *data;
    size_t len;
    size_t capacity;
    size_t max;
    enum status failed; // STATUS_OK, NO_MEMORY or TOO_LARGE
};

void buffer_init(struct buffer *buffer, size_t max); // allocates nothing
// Over size bytes of the caller's that never grow; not to be given to buffer_free.
static inline void buffer_init_fixed(struct buffer *buffer, char *data, size_t size) {
    *buffer = (struct buffer){data, 0, size, size, STATUS_OK};
}
void buffer_free(struct buffer *buffer);  // usable again afterwards, same max
void buffer_clear(struct buffer *buffer); // len 0, failed OK, memory kept
// Room for `more` further bytes at data+len (so that a caller may write there and then add to len).
MUST_CHECK enum status buffer_reserve(struct buffer *buffer, size_t more);
// The way of the appends below when there is no room left.
void buffer_append_grow(struct buffer *buffer, const void *data, size_t len);
static inline void buffer_append(struct buffer *buffer, const void *data, size_t len) {
    if (__builtin_expect(buffer->failed == STATUS_OK && len <= buffer->capacity - buffer->len, 1)) {
        if (len > 0) { // data may be NULL when there is nothing to copy
            memcpy(buffer->data + buffer->len, data, len);
            buffer->len += len;
        }
        return;
    }
    buffer_append_grow(buffer, data, len);
}
static inline void buffer_append_str(struct buffer *buffer, struct str s) {
    buffer_append(buffer, s.data, s.len);
}
static inline void buffer_append_char(struct buffer *buffer, char c) {
    if (__builtin_expect(buffer->failed == STATUS_OK && buffer->len < buffer->capacity, 1)) {
        buffer->data[buffer->len++] = c;
        return;
    }
    buffer_append_grow(buffer, &c, 1);
}
__attribute__((format(printf, 2, 3))) void buffer_printf(struct buffer *buffer, const char *format,
                                                         ...);
void buffer_append_i64(struct buffer *buffer, int64_t value);
void buffer_append_u64(struct buffer *buffer, uint64_t value);
// The shortest notation that reads back as the same number; nan, inf and -inf for those that are no number.
void buffer_append_double(struct buffer *buffer, double value);
// Removes n bytes from the front (moves the rest).
void buffer_consume(struct buffer *buffer, size_t n);
static inline enum status buffer_status(const struct buffer *buffer) {
    return buffer->failed;
}
static inline struct str buffer_str(const struct buffer *buffer) {
    return str_make(buffer->data, buffer->len);
}

#endif
