// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A growing byte buffer: doubling up to its maximum, whole appends or none.
#include "base/buffer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

#define FIRST_CAPACITY 64

void buffer_init(struct buffer *buffer, size_t max) {
    *buffer = (struct buffer){.max = max, .failed = STATUS_OK};
}

void buffer_free(struct buffer *buffer) {
    free(buffer->data);
    buffer_init(buffer, buffer->max);
}

void buffer_clear(struct buffer *buffer) {
    buffer->len = 0;
    buffer->failed = STATUS_OK;
}

// Room for that many bytes in all.
static enum status grow(struct buffer *buffer, size_t needed) {
    size_t capacity = buffer->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : buffer->capacity;
    while (capacity < needed) {
        capacity = capacity > buffer->max / 2 ? buffer->max : capacity * 2;
    }
    if (capacity > buffer->max) {
        capacity = buffer->max;
    }
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        return STATUS_NO_MEMORY;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return STATUS_OK;
}

enum status buffer_reserve(struct buffer *buffer, size_t more) {
    if (buffer->failed != STATUS_OK || more <= buffer->capacity - buffer->len) {
        return buffer->failed;
    }
    buffer->failed =
        more > buffer->max - buffer->len ? STATUS_TOO_LARGE : grow(buffer, buffer->len + more);
    return buffer->failed;
}

void buffer_append_grow(struct buffer *buffer, const void *data, size_t len) {
    if (buffer_reserve(buffer, len) == STATUS_OK && len > 0) {
        memcpy(buffer->data + buffer->len, data, len);
        buffer->len += len;
    }
}

// For what does not fit the stack. Not straight into the buffer: vsnprintf wants room for a NUL, which max may forbid.
__attribute__((format(printf, 3, 0))) static void append_long(struct buffer *buffer, size_t len,
                                                              const char *format,
                                                              va_list arguments) {
    if (len > buffer->max - buffer->len) {
        buffer->failed = STATUS_TOO_LARGE;
        return;
    }
    char *text = malloc(len + 1);
    if (text == NULL) {
        buffer->failed = STATUS_NO_MEMORY;
        return;
    }
    vsnprintf(text, len + 1, format, arguments);
    buffer_append(buffer, text, len);
    free(text);
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    if (buffer->failed != STATUS_OK) {
        return;
    }
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len < 0) {
        buffer->failed = STATUS_INVALID;
    } else if ((size_t)len < sizeof text) {
        buffer_append(buffer, text, (size_t)len);
    } else {
        append_long(buffer, (size_t)len, format, again);
    }
    va_end(again);
}

void buffer_append_u64(struct buffer *buffer, uint64_t value) {
    char digits[20];
    char *at = digits + sizeof digits;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    buffer_append(buffer, at, (size_t)(digits + sizeof digits - at));
}

void buffer_append_i64(struct buffer *buffer, int64_t value) {
    // One append, so that it happens whole or not at all.
    char digits[20];
    char *at = digits + sizeof digits;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    if (value < 0) {
        *--at = '-';
    }
    buffer_append(buffer, at, (size_t)(digits + sizeof digits - at));
}

void buffer_append_double(struct buffer *buffer, double value) {
    char text[40];
    int len = 0;
    // Fifteen digits do for what people write; seventeen always read back the same (IEEE 754-2019, 5.12.2).
    for (int precision = 15; precision <= 17; precision++) {
        len = snprintf(text, sizeof text, "%.*g", precision, value);
        if (!isfinite(value) || strtod(text, NULL) == value) {
            break;
        }
    }
    CHECK(len > 0 && (size_t)len < sizeof text);
    // The sign of a NaN says nothing.
    buffer_append_str(buffer, isnan(value) ? STR("nan") : str_make(text, (size_t)len));
}

void buffer_consume(struct buffer *buffer, size_t n) {
    CHECK(n <= buffer->len);
    if (n > 0) {
        memmove(buffer->data, buffer->data + n, buffer->len - n);
        buffer->len -= n;
    }
}
