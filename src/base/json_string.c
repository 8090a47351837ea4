// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Undoing the escapes of a JSON string.
#include "base/json_string.h"

#include "base/utf8.h"

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The number of \uXXXX at p, or -1.
static int32_t read_u(const char *p, const char *end) {
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return -1;
    }
    int32_t value = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

// A code point beyond U+FFFF is written as two escapes (RFC 8259 section 7). Returns the input it took, 0 on failure.
static size_t unescape_u(const char *p, const char *end, char **out, enum status *status) {
    int32_t unit = read_u(p, end);
    size_t taken = 6;
    if (unit < 0) {
        *status = STATUS_SYNTAX;
        return 0;
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
        int32_t low = unit < 0xdc00 ? read_u(p + 6, end) : -1;
        if (low < 0xdc00 || low > 0xdfff) {
            *status = STATUS_INVALID_UTF8;
            return 0;
        }
        unit = 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00);
        taken = 12;
    }
    // Through a buffer: room for exactly the rest of the input is promised, no more.
    char bytes[4];
    size_t len = utf8_encode((uint32_t)unit, bytes);
    memcpy(*out, bytes, len);
    *out += len;
    return taken;
}

static char short_escape(char c) {
    switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
    }
}

enum status json_string_unescape(struct str escaped, char *out, size_t *len, size_t *at) {
    const char *p = escaped.data, *end = escaped.data + escaped.len;
    char *to = out;
    while (p < end) {
        const char *backslash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((backslash ? backslash : end) - p);
        memcpy(to, p, plain);
        to += plain;
        p += plain;
        if (p == end) {
            break;
        }
        *at = (size_t)(p - escaped.data);
        char escape = end - p < 2 ? 0 : short_escape(p[1]);
        if (escape) {
            *to++ = escape;
            p += 2;
            continue;
        }
        enum status status = STATUS_OK;
        size_t taken = unescape_u(p, end, &to, &status);
        if (taken == 0) {
            return status;
        }
        p += taken;
    }
    *len = (size_t)(to - out);
    return STATUS_OK;
}
