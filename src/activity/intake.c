// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Unwraps a body: gzip, form, base64, until JSON appears.
#include "activity/intake.h"

#include "base/json_read.h"
#include "http/gzip.h"
#include "http/query.h"

// Looks, the last of which must see JSON: in a form in base64 in gzip, say. Nobody goes further.
#define LAYERS_MAX 4
#define FORM_PARAMETERS_MAX 32

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+' || c == '-') {
        return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
}

static bool is_white(char c) {
    // A form that was not percent-encoded turns '+' into a space; it cannot be told from white space, so '+' must be escaped.
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool intake_decode_base64(struct str text, char *out, size_t *len) {
    uint32_t bits = 0;
    size_t digits = 0, n = 0, i = 0;
    for (; i < text.len && text.data[i] != '='; i++) {
        int digit = base64_digit(text.data[i]);
        if (digit < 0) {
            if (is_white(text.data[i])) {
                continue;
            }
            return false;
        }
        bits = bits << 6 | (uint32_t)digit;
        if (++digits % 4 == 0) {
            out[n++] = (char)(bits >> 16 & 0xff);
            out[n++] = (char)(bits >> 8 & 0xff);
            out[n++] = (char)(bits & 0xff);
        }
    }
    for (; i < text.len; i++) {
        if (text.data[i] != '=' && !is_white(text.data[i])) {
            return false;
        }
    }
    if (digits % 4 == 1) {
        return false;
    }
    if (digits % 4 >= 2) {
        out[n++] = (char)(bits >> (digits % 4 == 2 ? 4 : 10) & 0xff);
    }
    if (digits % 4 == 3) {
        out[n++] = (char)(bits >> 2 & 0xff);
    }
    *len = n;
    return true;
}

static bool looks_like_zlib(struct str data) {
    return data.len > 2 && data.data[0] == 0x78 &&
           ((unsigned char)data.data[0] * 256U + (unsigned char)data.data[1]) % 31 == 0;
}

static enum status unwrap_gzip(struct str *data, size_t max, struct buffer *inflated,
                               struct error *err) {
    struct buffer out;
    buffer_init(&out, max + JSON_PADDING);
    enum status status = gzip_inflate(*data, &out);
    if (status == STATUS_OK && out.len > max) {
        status = STATUS_TOO_LARGE;
    }
    if (status == STATUS_OK) {
        status = buffer_reserve(&out, JSON_PADDING);
    }
    // What it was made from may be the previous layer's.
    buffer_free(inflated);
    *inflated = out;
    if (status == STATUS_TOO_LARGE) {
        return error_set(err, status, "the body inflates to more than %zu bytes", max);
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "the body is broken gzip: %s", status_text(status));
    }
    *data = buffer_str(inflated);
    return STATUS_OK;
}

static enum status unwrap_base64(struct str *data, struct arena *arena, struct error *err) {
    size_t len;
    char *out = arena_alloc(arena, data->len / 4 * 3 + 4 + JSON_PADDING);
    if (!out) {
        return STATUS_NO_MEMORY;
    }
    if (!intake_decode_base64(*data, out, &len) || len == 0) {
        return error_set(err, STATUS_INVALID,
                         "the body is neither JSON, gzip, a form with `data`, nor base64");
    }
    *data = str_make(out, len);
    return STATUS_OK;
}

// "data=…", "compression=base64&data=…"
static bool looks_like_form(struct str data) {
    for (size_t i = 0; i < data.len && i < 32; i++) {
        if (data.data[i] == '=') {
            return i > 0 && i + 1 < data.len && data.data[i + 1] != '=';
        }
        char c = data.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')) {
            return false;
        }
    }
    return false;
}

bool intake_is_key_name(struct str name) {
    return str_equal(name, STR("writeKey")) || str_equal(name, STR("api_key")) ||
           str_equal(name, STR("token"));
}

static enum status unwrap_form(struct str *data, struct arena *arena, struct intake *out,
                               struct error *err) {
    struct http_parameter parameters[FORM_PARAMETERS_MAX];
    struct str found = STR_EMPTY;
    size_t count;
    enum status status =
        http_query_parse(arena, str_trim(*data), parameters, FORM_PARAMETERS_MAX, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (str_equal(parameters[i].name, STR("data"))) {
            found = parameters[i].value;
        } else if (intake_is_key_name(parameters[i].name)) {
            // A copy: what the form stands in is freed when the next wrapping is undone.
            out->key = arena_copy(arena, parameters[i].value);
            status = out->key.data ? STATUS_OK : STATUS_NO_MEMORY;
        }
    }
    if (status == STATUS_NO_MEMORY) {
        return status;
    }
    if (status != STATUS_OK || !found.data) {
        return error_set(err, STATUS_INVALID, "the body is a form without readable `data`");
    }
    char *copy = arena_alloc(arena, found.len + JSON_PADDING);
    if (!copy) {
        return STATUS_NO_MEMORY;
    }
    memcpy(copy, found.data, found.len);
    *data = str_make(copy, found.len);
    return STATUS_OK;
}

static struct str without_byte_order_mark(struct str data) {
    bool marked = str_starts_with(data, STR("\xef\xbb\xbf"));
    return marked ? str_make(data.data + 3, data.len - 3) : data;
}

enum status intake_read(struct str body, size_t max, struct arena *arena, struct buffer *inflated,
                        struct intake *out, struct error *err) {
    enum status status = STATUS_OK;
    struct str data = body;
    buffer_init(inflated, 0);
    *out = (struct intake){.json = STR_EMPTY};
    if (str_trim(body).len == 0) {
        return error_set(err, STATUS_INVALID, "the body is empty");
    }
    for (int layer = 0; status == STATUS_OK && layer < LAYERS_MAX; layer++) {
        data = without_byte_order_mark(data);
        if (json_looks_like(data, JSON_OBJECT) || json_looks_like(data, JSON_ARRAY)) {
            out->json = data;
            return STATUS_OK;
        }
        if (gzip_looks_like(data) || looks_like_zlib(data)) {
            status = unwrap_gzip(&data, max, inflated, err);
        } else if (looks_like_form(data)) {
            status = unwrap_form(&data, arena, out, err);
        } else {
            status = unwrap_base64(&data, arena, err);
        }
    }
    if (status == STATUS_OK) {
        return error_set(err, STATUS_INVALID, "the body is wrapped too many times");
    }
    return status == STATUS_NO_MEMORY ? error_set(err, status, "out of memory") : status;
}
