// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Values: what rules are written with, and what stands in an event.
#include "base/json_write.h"
#include "shape/private.h"

// A number by RFC 8259, which YAML's are not all.
static bool is_number(struct str text, double *number) {
    size_t i = 0;
    size_t digits = 0;
    bool zero = false;
    if (i < text.len && text.data[i] == '-') {
        i++;
    }
    zero = i < text.len && text.data[i] == '0';
    for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        digits++;
    }
    if (digits == 0 || (zero && digits > 1)) {
        return false;
    }
    if (i < text.len && text.data[i] == '.') {
        size_t before = ++i;
        while (i < text.len && text.data[i] >= '0' && text.data[i] <= '9') {
            i++;
        }
        if (i == before) {
            return false;
        }
    }
    if (i < text.len && (text.data[i] == 'e' || text.data[i] == 'E')) {
        i++;
        i += i < text.len && (text.data[i] == '+' || text.data[i] == '-');
        size_t before = i;
        while (i < text.len && text.data[i] >= '0' && text.data[i] <= '9') {
            i++;
        }
        if (i == before) {
            return false;
        }
    }
    struct json_value value = {.type = JSON_NUMBER, .text = text};
    return i == text.len && json_to_double(&value, number);
}

static enum status as_json(struct shape_reader *reader, struct shape_scalar *out) {
    struct buffer buffer;
    struct json_writer writer;
    size_t room = 6 * out->text.len + 2;
    char *memory = arena_alloc(&reader->rules->arena, room);
    if (!memory) {
        return shape_no_memory(reader);
    }
    buffer_init_fixed(&buffer, memory, room);
    json_writer_init(&writer, &buffer);
    json_string(&writer, out->text);
    out->raw = buffer_str(&buffer);
    return json_writer_status(&writer) == STATUS_OK ? STATUS_OK : shape_no_memory(reader);
}

enum status shape_scalar_read(struct shape_reader *reader, const struct settings_node *node,
                              struct shape_scalar *out) {
    *out = (struct shape_scalar){.type = JSON_STRING};
    if (node->kind != SETTINGS_NODE_VALUE) {
        return shape_refuse(reader, node, "takes one value: a text, a number, true, false or null");
    }
    out->text = arena_copy(&reader->rules->arena, node->text);
    if (!out->text.data) {
        return shape_no_memory(reader);
    }
    out->raw = out->text;
    if (!node->plain) {
        return as_json(reader, out);
    }
    if (str_equal(node->text, STR("true"))) {
        out->type = JSON_TRUE;
    } else if (str_equal(node->text, STR("false"))) {
        out->type = JSON_FALSE;
    } else if (str_equal(node->text, STR("null")) || str_equal(node->text, STR("~"))) {
        out->type = JSON_NULL;
        out->raw = STR("null");
    } else if (is_number(node->text, &out->number)) {
        out->type = JSON_NUMBER;
        out->whole = str_to_i64(node->text, &out->integer);
    } else {
        return as_json(reader, out);
    }
    return STATUS_OK;
}

struct shape_value shape_node_value(const struct json_value *node) {
    if (!node) {
        return (struct shape_value){.type = JSON_NULL};
    }
    return (struct shape_value){.there = true, .type = node->type, .text = node->text};
}

struct shape_value shape_field_value(const struct shape_event *at,
                                     const struct shape_field *field) {
    const char *member = (const char *)at->event + field->offset;
    struct shape_value value = {.there = true, .type = JSON_STRING};
    switch (field->kind) {
    case SHAPE_FIELD_TEXT:
        value.text = *(const struct str *)(const void *)member;
        value.there = value.text.len > 0;
        break;
    case SHAPE_FIELD_TYPE: value.text = event_type_name(at->event->type); break;
    case SHAPE_FIELD_TIME:
        value.has_ms = true;
        value.ms = *(const int64_t *)(const void *)member;
        break;
    case SHAPE_FIELD_FLAG:
        value.there = *(const bool *)(const void *)member;
        value.type = JSON_TRUE;
        break;
    }
    return value;
}
