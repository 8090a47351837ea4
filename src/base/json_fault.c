// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Words for what is wrong with a JSON text.
#include "base/json_fault.h"

#include <stdbool.h>

#include "base/utf8.h"

enum { KEY_SHOWN = 64 }; // bytes of a key in an error text

enum status json_fault(struct error *err, enum status status, const char *what, size_t offset,
                       struct str key) {
    char shown[KEY_SHOWN + 1];
    if (!key.data) {
        return error_set(err, status, "%s at byte %zu", what, offset);
    }
    return error_set(err, status, "%s at byte %zu, after key \"%s\"", what, offset,
                     utf8_show(key, shown, sizeof(shown)));
}

static size_t find_bad_utf8(struct str in) {
    size_t i = 0;
    while (i < in.len) {
        size_t len = utf8_sequence(in.data + i, in.len - i);
        if (len == 0) {
            break;
        }
        i += len;
    }
    return i;
}

static bool is_key_end(struct str in, size_t i) {
    while (i < in.len &&
           (in.data[i] == ' ' || in.data[i] == '\t' || in.data[i] == '\n' || in.data[i] == '\r')) {
        i++;
    }
    return i < in.len && in.data[i] == ':';
}

// Follows the quotes from the front. Returns the first control character inside a string, or else where the last string
// begins; *key is the last string that stood before a colon.
static size_t find_in_strings(struct str in, struct str *key) {
    size_t start = 0;
    bool inside = false;
    for (size_t i = 0; i < in.len; i++) {
        if (inside && (unsigned char)in.data[i] < 0x20) {
            return i;
        }
        if (inside && in.data[i] == '\\') {
            i++;
        } else if (in.data[i] == '"') {
            if (inside && is_key_end(in, i + 1)) {
                *key = str_make(in.data + start + 1, i - start - 1);
            }
            start = inside ? start : i;
            inside = !inside;
        }
    }
    return start;
}

enum status json_fault_index(struct error *err, struct str input, enum json_index_result result) {
    struct str key = STR_EMPTY;
    size_t at;
    switch (result) {
    case JSON_INDEX_EMPTY:
        return json_fault(err, STATUS_SYNTAX, "expected a value, found nothing", input.len, key);
    case JSON_INDEX_UNCLOSED:
        at = find_in_strings(input, &key);
        return json_fault(err, STATUS_SYNTAX, "string without closing quote", at, key);
    case JSON_INDEX_CONTROL:
        at = find_in_strings(input, &key);
        return json_fault(err, STATUS_SYNTAX, "control character in a string", at, key);
    case JSON_INDEX_UTF8:
        at = find_bad_utf8(input);
        (void)find_in_strings(str_make(input.data, at), &key);
        return json_fault(err, STATUS_INVALID_UTF8, "invalid UTF-8", at, key);
    case JSON_INDEX_TOO_LARGE: return error_set(err, STATUS_TOO_LARGE, "JSON of 4 GiB or more");
    case JSON_INDEX_NO_MEMORY:
    case JSON_INDEX_OK: break;
    }
    return error_set(err, STATUS_NO_MEMORY, "out of memory while reading JSON");
}
