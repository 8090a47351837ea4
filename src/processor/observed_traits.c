// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Merging observed traits as text: known members are scanned, not parsed, since we wrote them.
#include "processor/observed_traits.h"

#include "base/json_write.h"

// Finds a member by its key as json_write writes it. *from and *to are the bytes of key, colon and value.
static enum status find(struct str object, struct str written_key, size_t *from, size_t *to,
                        struct str *value) {
    struct json_scan scan;
    struct json_scan_member member;
    enum status status = json_scan_begin(&scan, object);
    while (status == STATUS_OK) {
        status = json_scan_next(&scan, &member);
        if (status == STATUS_OK && str_equal(member.key, written_key)) {
            *from = (size_t)(member.key.data - 1 - object.data);
            *to = (size_t)(member.raw.data + member.raw.len - object.data);
            *value = member.raw;
            return STATUS_OK;
        }
    }
    return status == STATUS_END ? STATUS_NOT_FOUND : STATUS_CORRUPT;
}

static void cut(struct buffer *out, size_t start, size_t from, size_t to) {
    // One of the commas around it goes as well.
    if (out->data[to] == ',') {
        to++;
    } else if (from > start + 1) {
        from--;
    }
    memmove(out->data + from, out->data + to, out->len - to);
    out->len -= to - from;
}

static enum status replace(struct buffer *out, size_t from, size_t to, struct str with) {
    enum status status = buffer_reserve(out, with.len);
    if (status != STATUS_OK) {
        return status;
    }
    memmove(out->data + from + with.len, out->data + to, out->len - to);
    memcpy(out->data + from, with.data, with.len);
    out->len = out->len - (to - from) + with.len;
    return STATUS_OK;
}

static enum status append(struct buffer *out, size_t start, struct str written_key,
                          struct str value) {
    out->len--; // the closing brace
    if (out->len - start > 1) {
        buffer_append_char(out, ',');
    }
    buffer_append_char(out, '"');
    buffer_append_str(out, written_key);
    buffer_append(out, "\":", 2);
    buffer_append_str(out, value);
    buffer_append_char(out, '}');
    return buffer_status(out);
}

static enum status merge_member(struct buffer *out, size_t start, struct str written_key,
                                const struct json_value *member, bool *changed) {
    struct str object = str_make(out->data + start, out->len - start);
    struct str value = STR_EMPTY;
    size_t from = 0, to = 0;
    enum status status = find(object, written_key, &from, &to, &value);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    bool known = status == STATUS_OK;
    if (member->type == JSON_NULL) {
        if (known) {
            cut(out, start, start + from, start + to);
            *changed = true;
        }
        return STATUS_OK;
    }
    size_t grows = known ? member->raw.len - value.len : written_key.len + member->raw.len + 4;
    if ((known && str_equal(value, member->raw)) ||
        (ptrdiff_t)(object.len + grows) > (ptrdiff_t)OBSERVED_TRAITS_MAX) {
        return STATUS_OK;
    }
    *changed = true;
    return known ? replace(out, start + to - value.len, start + to, member->raw)
                 : append(out, start, written_key, member->raw);
}

enum status observed_traits_merge(struct str known, const struct json_value *said,
                                  struct buffer *out, bool *changed) {
    struct buffer key;
    size_t start = out->len;
    *changed = false;
    buffer_init(&key, 6 * OBSERVED_TRAITS_MAX + 2);
    buffer_append_str(out, known.data ? known : STR("{}"));
    enum status status = buffer_status(out);
    for (const struct json_value *member = said->child; member && status == STATUS_OK;
         member = member->next) {
        if (member->key.len > OBSERVED_TRAITS_MAX) {
            continue;
        }
        struct json_writer writer;
        buffer_clear(&key);
        json_writer_init(&writer, &key);
        json_string(&writer, member->key);
        status = json_writer_status(&writer);
        if (status == STATUS_OK) {
            struct str written = str_make(key.data + 1, key.len - 2);
            status = merge_member(out, start, written, member, changed);
        }
    }
    buffer_free(&key);
    return status;
}
