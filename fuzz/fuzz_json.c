// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes into json_parse; what it accepts is written back from the tree and must parse to the same tree.
#include <stdlib.h>

#include "base/check.h"
#include "base/json_read.h"
#include "base/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct json_parser *parser;
static const struct json_limits limits = {.depth = 64, .values = 100000};

// Behind the input stand bytes that would close every container, which must not be read as part of it.
static struct str pad(const void *data, size_t size) {
    char *copy = malloc(size + JSON_PADDING);
    CHECK(copy != NULL);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    memset(copy + size, '}', JSON_PADDING);
    return str_make(copy, size);
}

static void write_tree(struct json_writer *w, const struct json_value *value) {
    int64_t integer;
    switch (value->type) {
    case JSON_NULL: json_null(w); break;
    case JSON_FALSE:
    case JSON_TRUE: json_bool(w, value->type == JSON_TRUE); break;
    case JSON_NUMBER:
        if (json_to_i64(value, &integer) && !str_equal(value->text, STR("-0"))) {
            json_i64(w, integer);
        } else {
            json_raw(w, value->raw);
        }
        break;
    case JSON_STRING: json_string(w, value->text); break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        value->type == JSON_ARRAY ? json_begin_array(w) : json_begin_object(w);
        for (const struct json_value *child = value->child; child; child = child->next) {
            if (value->type == JSON_OBJECT) {
                json_key(w, child->key);
            }
            write_tree(w, child);
        }
        value->type == JSON_ARRAY ? json_end_array(w) : json_end_object(w);
        break;
    }
}

static void check_same(const struct json_value *a, const struct json_value *b) {
    double x, y;
    CHECK(a->type == b->type && a->count == b->count);
    CHECK(str_equal(a->key, b->key) && str_equal(a->text, b->text));
    CHECK(json_to_double(a, &x) == json_to_double(b, &y));
    uint32_t count = 0;
    const struct json_value *other = b->child;
    for (const struct json_value *child = a->child; child; child = child->next, count++) {
        CHECK(other != NULL);
        check_same(child, other);
        other = other->next;
    }
    CHECK(other == NULL && count == a->count);
}

static void check_raw(struct str input, const struct json_value *value) {
    CHECK(value->raw.len > 0 && value->raw.data >= input.data);
    CHECK(value->raw.data + value->raw.len <= input.data + input.len);
    for (const struct json_value *child = value->child; child; child = child->next) {
        check_raw(value->raw, child);
    }
}

static void check_written(const struct json_value *root, struct arena *arena) {
    struct buffer out;
    struct json_writer w;
    struct error err;
    buffer_init(&out, 1 << 24);
    json_writer_init(&w, &out);
    write_tree(&w, root);
    CHECK(json_writer_status(&w) == STATUS_OK);
    struct str again = pad(out.data, out.len);
    const struct json_value *second = NULL;
    enum status status = json_parse(parser, again, &limits, arena, &second, &err);
    CHECK(status == STATUS_OK);
    check_same(root, second);
    free((void *)(uintptr_t)again.data);
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!parser) {
        enum status made = json_parser_make(&parser);
        CHECK(made == STATUS_OK);
    }
    struct arena arena;
    struct error err = {.status = STATUS_OK};
    struct str input = pad(data, size);
    const struct json_value *root = NULL;
    arena_init(&arena, 16384, 0);
    enum status status = json_parse(parser, input, &limits, &arena, &root, &err);
    if (status == STATUS_OK) {
        CHECK(str_is_utf8(input));
        check_raw(input, root);
        check_written(root, &arena);
    } else {
        CHECK(err.status == status && str_is_utf8(str_from_c(err.text)));
    }
    arena_free(&arena);
    free((void *)(uintptr_t)input.data);
    return 0;
}
