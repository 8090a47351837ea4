// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads what is wanted of the value at a path: a value, a list of them, or a map of tests that must all hold.
#include <stdlib.h>

#include "base/clock.h"
#include "shape/private.h"

#define SORTED_FROM 8 // values; fewer are looked through

static struct shape_test *make(struct shape_reader *reader, enum shape_test_kind kind) {
    struct shape_test *test = arena_alloc_zero(&reader->rules->arena, sizeof *test);
    if (test) {
        test->kind = kind;
    }
    return test;
}

static int compare(const void *a, const void *b) {
    return str_compare(((const struct shape_scalar *)a)->text,
                       ((const struct shape_scalar *)b)->text);
}

static void sort(struct shape_test *test) {
    bool texts = test->count >= SORTED_FROM && !test->ignore_case;
    for (size_t i = 0; i < test->count && texts; i++) {
        texts = test->values[i].type == JSON_STRING;
    }
    if (texts) {
        qsort(test->values, test->count, sizeof test->values[0], compare);
        test->sorted = true;
    }
}

// One value, or a list.
static enum status read_values(struct shape_reader *reader, const struct settings_node *node,
                               struct shape_test *test) {
    bool list = node->kind == SETTINGS_NODE_LIST;
    const struct settings_node *item = list ? node->child : node;
    test->values = arena_alloc_array(&reader->rules->arena, list ? node->count + 1 : 1,
                                     sizeof test->values[0]);
    if (!test->values) {
        return shape_no_memory(reader);
    }
    for (; item; item = list ? item->next : NULL) {
        enum status status = shape_scalar_read(reader, item, &test->values[test->count++]);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (test->count == 0) {
        return shape_refuse(reader, node, "the list is empty");
    }
    sort(test);
    return STATUS_OK;
}

static enum status read_text(struct shape_reader *reader, const struct settings_node *node,
                             struct shape_test *test) {
    if (node->kind != SETTINGS_NODE_VALUE || node->text.len == 0) {
        return shape_refuse(reader, node, "takes a text");
    }
    test->values = arena_alloc_array(&reader->rules->arena, 1, sizeof test->values[0]);
    if (!test->values) {
        return shape_no_memory(reader);
    }
    test->count = 1;
    enum status status = shape_scalar_read(reader, node, &test->values[0]);
    test->values[0].type = JSON_STRING; // 404 without quotes is a text here
    return status;
}

static enum status read_bound(struct shape_reader *reader, const struct settings_node *node,
                              bool inclusive, struct shape_bound *bound) {
    struct shape_scalar value;
    enum status status = shape_scalar_read(reader, node, &value);
    if (status != STATUS_OK) {
        return status;
    }
    if (bound->there) {
        return shape_refuse(reader, node, "a range has one lower and one upper end");
    }
    *bound = (struct shape_bound){.there = true, .inclusive = inclusive, .number = value.number};
    if (value.type != JSON_NUMBER) {
        bound->time = value.type == JSON_STRING && clock_parse_rfc3339(value.text, &bound->ms);
        if (!bound->time) {
            return shape_refuse(reader, node, "takes a number, or a time by RFC 3339");
        }
    }
    return STATUS_OK;
}

static enum status read_flag(struct shape_reader *reader, const struct settings_node *node,
                             bool *out) {
    bool right = node->kind == SETTINGS_NODE_VALUE && node->plain;
    *out = right && str_equal(node->text, STR("true"));
    return *out || (right && str_equal(node->text, STR("false")))
               ? STATUS_OK
               : shape_refuse(reader, node, "takes true or false");
}

static const struct {
    struct str key;
    enum shape_test_kind kind;
} keys[] = {
    {STR_INIT("equals"), SHAPE_TEST_ONE_OF},     {STR_INIT("one_of"), SHAPE_TEST_ONE_OF},
    {STR_INIT("prefix"), SHAPE_TEST_PREFIX},     {STR_INIT("suffix"), SHAPE_TEST_SUFFIX},
    {STR_INIT("contains"), SHAPE_TEST_CONTAINS}, {STR_INIT("matches"), SHAPE_TEST_MATCHES},
    {STR_INIT("exists"), SHAPE_TEST_EXISTS},     {STR_INIT("at_least"), SHAPE_TEST_RANGE},
    {STR_INIT("above"), SHAPE_TEST_RANGE},       {STR_INIT("at_most"), SHAPE_TEST_RANGE},
    {STR_INIT("below"), SHAPE_TEST_RANGE},
};

static enum status read_range(struct shape_reader *reader, const struct settings_node *node,
                              struct shape_test *range) {
    bool inclusive = str_starts_with(node->key, STR("at_"));
    bool low = str_equal(node->key, STR("at_least")) || str_equal(node->key, STR("above"));
    enum status status = read_bound(reader, node, inclusive, low ? &range->low : &range->high);
    if (status == STATUS_OK && range->low.there && range->high.there &&
        range->low.time != range->high.time) {
        return shape_refuse(reader, node, "a range is of numbers or of times, not of both");
    }
    return status;
}

static enum status read_test(struct shape_reader *reader, const struct settings_node *node,
                             struct shape_test *test) {
    switch (test->kind) {
    case SHAPE_TEST_ONE_OF: return read_values(reader, node, test);
    case SHAPE_TEST_MATCHES:
        return shape_pattern_read(reader, node, test->ignore_case, &test->pattern);
    case SHAPE_TEST_EXISTS: return read_flag(reader, node, &test->wanted);
    case SHAPE_TEST_RANGE: return read_range(reader, node, test);
    case SHAPE_TEST_PREFIX:
    case SHAPE_TEST_SUFFIX:
    case SHAPE_TEST_CONTAINS: break;
    }
    return read_text(reader, node, test);
}

static enum status find_kind(struct shape_reader *reader, const struct settings_node *node,
                             enum shape_test_kind *out) {
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (str_equal(node->key, keys[i].key)) {
            *out = keys[i].kind;
            return STATUS_OK;
        }
    }
    return shape_refuse(reader, node,
                        "no such test: there are equals, one_of, prefix, suffix, contains, "
                        "matches, at_least, at_most, above, below, exists and ignore_case");
}

// An event's own times are compared, and nothing else.
static enum status check_path(struct shape_reader *reader, const struct settings_node *node,
                              const struct shape_path *path, const struct shape_test *test) {
    bool time = path->field && path->field->kind == SHAPE_FIELD_TIME;
    bool number = test->kind == SHAPE_TEST_RANGE &&
                  ((test->low.there && !test->low.time) || (test->high.there && !test->high.time));
    if (time && (number || (test->kind != SHAPE_TEST_RANGE && test->kind != SHAPE_TEST_EXISTS))) {
        return shape_refuse(reader, node,
                            "%.*s takes at_least, at_most, above and below, with times",
                            STR_ARG(path->text));
    }
    return STATUS_OK;
}

// `ignore_case` holds for all tests of its map, wherever it stands.
static enum status read_map(struct shape_reader *reader, const struct settings_node *node,
                            const struct shape_path *path, const struct shape_test **out) {
    struct shape_test *first = NULL, **link = &first, *range = NULL;
    bool ignore_case = false;
    enum status status = STATUS_OK;
    for (const struct settings_node *child = node->child; child && status == STATUS_OK;
         child = child->next) {
        if (str_equal(child->key, STR("ignore_case"))) {
            status = read_flag(reader, child, &ignore_case);
        }
    }
    for (const struct settings_node *child = node->child; child && status == STATUS_OK;
         child = child->next) {
        enum shape_test_kind kind = SHAPE_TEST_EXISTS;
        if (str_equal(child->key, STR("ignore_case"))) {
            continue;
        }
        status = find_kind(reader, child, &kind);
        if (status != STATUS_OK) {
            return status;
        }
        bool again = kind == SHAPE_TEST_RANGE && range;
        struct shape_test *test = again ? range : make(reader, kind);
        if (!test) {
            return shape_no_memory(reader);
        }
        range = kind == SHAPE_TEST_RANGE ? test : range;
        test->ignore_case = ignore_case;
        status = read_test(reader, child, test);
        status = status == STATUS_OK ? check_path(reader, child, path, test) : status;
        if (!again) {
            *link = test;
            link = &test->next;
        }
    }
    *out = first;
    return status == STATUS_OK && !first ? shape_refuse(reader, node, "names no test") : status;
}

enum status shape_tests_read(struct shape_reader *reader, const struct settings_node *node,
                             const struct shape_path *path, const struct shape_test **out) {
    if (node->kind == SETTINGS_NODE_MAP) {
        return read_map(reader, node, path, out);
    }
    struct shape_test *test = make(reader, SHAPE_TEST_ONE_OF);
    if (!test) {
        return shape_no_memory(reader);
    }
    enum status status = read_values(reader, node, test);
    *out = test;
    return status == STATUS_OK ? check_path(reader, node, path, test) : status;
}
