// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Fills a struct error so that its text is always whole UTF-8 that ends in NUL.
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

// A cut may fall inside a character; the part of it that is left goes too.
static size_t without_partial_character(const char *text, size_t len) {
    size_t start = len;
    while (start > 0 && len - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) {
        start--;
    }
    if (start == 0 || (unsigned char)text[start - 1] < 0xC0) {
        return len;
    }
    start--;
    return str_is_utf8(str_make(text + start, len - start)) ? len : start;
}

enum status error_set(struct error *err, enum status status, const char *format, ...) {
    if (err == NULL) {
        return status;
    }
    // Not straight into err->text: callers wrap an error by passing that very text as an argument.
    char text[sizeof err->text];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (written < 0) {
        text[0] = '\0';
        written = 0;
    }
    size_t len = (size_t)written;
    if (len >= sizeof text) {
        len = without_partial_character(text, sizeof text - 1);
    }
    if (!str_is_utf8(str_make(text, len))) {
        for (size_t i = 0; i < len; i++) {
            text[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
        }
    }
    err->status = status;
    memcpy(err->text, text, len);
    err->text[len] = '\0';
    return status;
}
