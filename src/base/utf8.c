// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Text from outside, made fit to be shown.
#include "base/utf8.h"

#include <stdbool.h>

#include "base/check.h"

const char *utf8_show(struct str text, char *out, size_t size) {
    size_t used = 0;
    CHECK(size > 0);
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_sequence(text.data + i, text.len - i);
        size_t taken = len ? len : 1;
        if (used + taken >= size) {
            break;
        }
        // U+0080 to U+009F are control characters, too.
        bool control = len == 2 && memcmp(text.data + i, "\xc2\xa0", 2) < 0;
        if (len == 1 ? text.data[i] >= ' ' && text.data[i] != 0x7f : len > 1 && !control) {
            memcpy(out + used, text.data + i, taken);
            used += taken;
        } else {
            out[used++] = '?';
        }
        i += taken;
    }
    out[used] = '\0';
    return out;
}
