// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writing JSON into a buffer.
#include "base/json_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

void json_writer_init(struct json_writer *writer, struct buffer *out) {
    *writer = (struct json_writer){.out = out, .failed = STATUS_OK, .comma = false};
}

enum status json_writer_status(const struct json_writer *writer) {
    return writer->failed != STATUS_OK ? writer->failed : buffer_status(writer->out);
}

// Room for len bytes; a comma that must stand before them is written here. NULL when the writer has failed.
static char *begin(struct json_writer *writer, size_t len) {
    if (writer->failed != STATUS_OK ||
        buffer_reserve(writer->out, len + writer->comma) != STATUS_OK) {
        return NULL;
    }
    char *to = writer->out->data + writer->out->len;
    if (writer->comma) {
        *to++ = ',';
        writer->out->len++;
    }
    return to;
}

// A whole value of which the bytes are known.
static void put_value(struct json_writer *writer, const char *data, size_t len) {
    char *to = begin(writer, len);
    if (to) {
        memcpy(to, data, len);
        writer->out->len += len;
        writer->comma = true;
    }
}

static void put_open(struct json_writer *writer, char bracket) {
    char *to = begin(writer, 1);
    if (to) {
        *to = bracket;
        writer->out->len++;
        writer->comma = false;
    }
}

static void put_close(struct json_writer *writer, char bracket) {
    if (writer->failed == STATUS_OK) {
        buffer_append_char(writer->out, bracket);
        writer->comma = true;
    }
}

void json_begin_object(struct json_writer *writer) {
    put_open(writer, '{');
}

void json_end_object(struct json_writer *writer) {
    put_close(writer, '}');
}

void json_begin_array(struct json_writer *writer) {
    put_open(writer, '[');
}

void json_end_array(struct json_writer *writer) {
    put_close(writer, ']');
}

static bool is_plain(char c) {
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

// How many bytes from the front need neither an escape nor a look at their UTF-8.
static size_t plain_prefix(struct str s) {
    size_t i = 0;
#ifdef __SSE2__
    for (; s.len - i >= 16; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.data + i));
        // Signed: bytes of 0x80 and above are less than 0x20, too.
        __m128i hit = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)),
                                   _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                                                _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
        unsigned bits = (unsigned)_mm_movemask_epi8(hit);
        if (bits) {
            return i + (size_t)__builtin_ctz(bits);
        }
    }
#endif
    while (i < s.len && is_plain(s.data[i])) {
        i++;
    }
    return i;
}

static size_t escape_of(unsigned char c, char out[6]) {
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                   ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    out[0] = '\\';
    if (c < sizeof(letters) && letters[c]) {
        out[1] = letters[c];
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = hex[c >> 4];
    out[5] = hex[c & 15];
    return 6;
}

// The first character of s, which is not plain. Returns the bytes it took, 0 for invalid UTF-8.
static size_t put_special(struct buffer *out, struct str s) {
    unsigned char c = (unsigned char)s.data[0];
    char escape[6];
    if (c < 0x80) {
        buffer_append(out, escape, escape_of(c, escape));
        return 1;
    }
    size_t len = utf8_sequence(s.data, s.len);
    if (len == 3 &&
        (memcmp(s.data, "\xe2\x80\xa8", 3) == 0 || memcmp(s.data, "\xe2\x80\xa9", 3) == 0)) {
        buffer_append_str(out, s.data[2] == '\xa8' ? STR("\\u2028") : STR("\\u2029"));
    } else if (len > 0) {
        buffer_append(out, s.data, len);
    }
    return len;
}

static void put_string_slowly(struct json_writer *writer, struct str s, size_t plain) {
    struct buffer *out = writer->out;
    for (;;) {
        buffer_append(out, s.data, plain);
        s.data += plain;
        s.len -= plain;
        if (s.len == 0 || buffer_status(out) != STATUS_OK) {
            break;
        }
        size_t taken = put_special(out, s);
        if (taken == 0) {
            writer->failed = STATUS_INVALID_UTF8;
            return;
        }
        s.data += taken;
        s.len -= taken;
        // In a text of another script nearly every character is special: the scan would not pay.
        plain = s.len > 0 && is_plain(s.data[0]) ? plain_prefix(s) : 0;
    }
    buffer_append_char(out, '"');
}

// Quotes, the string, and for a key a colon.
static void put_string(struct json_writer *writer, struct str s, bool key) {
    size_t plain = plain_prefix(s);
    char *to = begin(writer, s.len + (key ? 3 : 2));
    if (!to) {
        return;
    }
    *to++ = '"';
    writer->comma = !key;
    if (plain == s.len) {
        if (s.len > 0) {
            memcpy(to, s.data, s.len);
        }
        to += s.len;
        *to++ = '"';
        if (key) {
            *to++ = ':';
        }
        writer->out->len = (size_t)(to - writer->out->data);
        return;
    }
    writer->out->len++;
    put_string_slowly(writer, s, plain);
    if (key && writer->failed == STATUS_OK) {
        buffer_append_char(writer->out, ':');
    }
}

void json_key(struct json_writer *writer, struct str key) {
    put_string(writer, key, true);
}

void json_string(struct json_writer *writer, struct str value) {
    put_string(writer, value, false);
}

void json_u64(struct json_writer *writer, uint64_t value) {
    char digits[20];
    size_t i = sizeof(digits);
    do {
        digits[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    put_value(writer, digits + i, sizeof(digits) - i);
}

void json_i64(struct json_writer *writer, int64_t value) {
    char digits[20];
    size_t i = sizeof(digits);
    uint64_t left = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--i] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0) {
        digits[--i] = '-';
    }
    put_value(writer, digits + i, sizeof(digits) - i);
}

void json_double(struct json_writer *writer, double value) {
    if (!isfinite(value)) {
        json_null(writer);
        return;
    }
    if (fabs(value) < 1e15 && value == (double)(int64_t)value && !(value == 0 && signbit(value))) {
        json_i64(writer, (int64_t)value);
        return;
    }
    // 17 digits always read back the same, 15 often do (IEEE 754, 5.12.2).
    char text[32];
    int len = 0;
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    put_value(writer, text, (size_t)len);
}

void json_bool(struct json_writer *writer, bool value) {
    if (value) {
        put_value(writer, "true", 4);
    } else {
        put_value(writer, "false", 5);
    }
}

void json_null(struct json_writer *writer) {
    put_value(writer, "null", 4);
}

void json_time(struct json_writer *writer, int64_t ms) {
    char text[CLOCK_RFC3339_LEN + 3];
    text[0] = '"';
    clock_format_rfc3339(ms, text + 1);
    text[CLOCK_RFC3339_LEN + 1] = '"';
    put_value(writer, text, CLOCK_RFC3339_LEN + 2);
}

void json_raw(struct json_writer *writer, struct str raw) {
    CHECK(raw.len > 0);
    put_value(writer, raw.data, raw.len);
}

void json_begin_list(struct json_writer *writer) {
    json_begin_object(writer);
    json_key(writer, STR("items"));
    json_begin_array(writer);
}

void json_end_list(struct json_writer *writer, struct str next) {
    json_end_array(writer);
    json_member_string_or_null(writer, STR("next"), next);
    json_end_object(writer);
}

void json_member_string(struct json_writer *writer, struct str key, struct str value) {
    json_key(writer, key);
    json_string(writer, value);
}

void json_member_string_or_null(struct json_writer *writer, struct str key, struct str value) {
    json_key(writer, key);
    if (value.data) {
        json_string(writer, value);
    } else {
        json_null(writer);
    }
}

void json_member_i64(struct json_writer *writer, struct str key, int64_t value) {
    json_key(writer, key);
    json_i64(writer, value);
}

void json_member_u64(struct json_writer *writer, struct str key, uint64_t value) {
    json_key(writer, key);
    json_u64(writer, value);
}

void json_member_double(struct json_writer *writer, struct str key, double value) {
    json_key(writer, key);
    json_double(writer, value);
}

void json_member_bool(struct json_writer *writer, struct str key, bool value) {
    json_key(writer, key);
    json_bool(writer, value);
}

void json_member_time(struct json_writer *writer, struct str key, int64_t ms) {
    json_key(writer, key);
    json_time(writer, ms);
}

void json_member_raw(struct json_writer *writer, struct str key, struct str raw) {
    json_key(writer, key);
    json_raw(writer, raw);
}

void json_join_lines(struct buffer *text, size_t from) {
    for (size_t i = from; i < text->len; i++) {
        char *c = &text->data[i];
        *c = *c == '\n' || *c == '\r' ? ' ' : *c;
    }
}
