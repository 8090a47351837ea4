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
void buffer_free(struct buffer *buffer);             // usable again afterwards, same max
void buffer_clear(struct buffer *buffer);            // len 0, failed OK, memory kept
// Room for `more` further bytes at data+len (so that a caller may write there and then add to len).
MUST_CHECK enum status buffer_reserve(struct buffer *buffer, size_t more);
void buffer_append(struct buffer *buffer, const void *data, size_t len);
void buffer_append_str(struct buffer *buffer, struct str s);
void buffer_append_char(struct buffer *buffer, char c);
__attribute__((format(printf, 2, 3))) void buffer_printf(struct buffer *buffer, const char *format, ...);
void buffer_append_i64(struct buffer *buffer, int64_t value);
void buffer_append_u64(struct buffer *buffer, uint64_t value);
// Removes n bytes from the front (moves the rest).
void buffer_consume(struct buffer *buffer, size_t n);
static inline enum status buffer_status(const struct buffer *buffer) {
    return buffer->failed;
}
static inline struct str buffer_str(const struct buffer *buffer) {
    return str_make(buffer->data, buffer->len);
}

#endif
