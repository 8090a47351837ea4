// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Whether a condition holds of an event.
//
// What cannot be decided stops everything: `not` of it is no better known.
#include "base/clock.h"
#include "shape/private.h"

// ---- Values ---------------------------------------------------------------------------------------------------------

static bool is_text_equal(const struct shape_test *test, struct str a, struct str b) {
    return test->ignore_case ? str_equal_ignore_case(a, b) : str_equal(a, b);
}

static bool is_number_equal(const struct shape_scalar *wanted, struct str text) {
    struct json_value value = {.type = JSON_NUMBER, .text = text};
    int64_t integer;
    double number;
    // Ids are longer than what a double tells apart.
    if (wanted->whole && str_to_i64(text, &integer)) {
        return wanted->integer == integer;
    }
    return json_to_double(&value, &number) && !(number < wanted->number) &&
           !(number > wanted->number);
}

static bool is_equal(const struct shape_test *test, const struct shape_scalar *wanted,
                     const struct shape_value *value) {
    if (!value->there || wanted->type != value->type) {
        return false;
    }
    return value->type == JSON_STRING   ? is_text_equal(test, wanted->text, value->text)
           : value->type == JSON_NUMBER ? is_number_equal(wanted, value->text)
                                        : true;
}

static bool is_among(const struct shape_test *test, const struct shape_value *value) {
    size_t low = 0, high = test->count;
    if (!test->sorted) {
        for (size_t i = 0; i < test->count; i++) {
            if (is_equal(test, &test->values[i], value)) {
                return true;
            }
        }
        return false;
    }
    while (low < high && value->there && value->type == JSON_STRING) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(value->text, test->values[middle].text);
        if (order == 0) {
            return true;
        }
        *(order < 0 ? &high : &low) = order < 0 ? middle : middle + 1;
    }
    return false;
}

static bool contains(const struct shape_test *test, struct str text, struct str part) {
    if (test->ignore_case) {
        return str_contains_ignore_case(text, part);
    }
    return text.len >= part.len && memmem(text.data, text.len, part.data, part.len) != NULL;
}

static bool is_text_found(const struct shape_test *test, struct str text) {
    struct str part = test->values[0].text;
    if (text.len < part.len) {
        return false;
    }
    if (test->kind == SHAPE_TEST_CONTAINS) {
        return contains(test, text, part);
    }
    size_t at = test->kind == SHAPE_TEST_SUFFIX ? text.len - part.len : 0;
    return is_text_equal(test, part, str_make(text.data + at, part.len));
}

static bool is_beyond(const struct shape_bound *bound, int order) {
    return !bound->there || order > 0 || (order == 0 && bound->inclusive);
}

static bool is_in_range(const struct shape_test *test, const struct shape_value *value) {
    bool time = test->low.there ? test->low.time : test->high.time;
    if (time) {
        int64_t ms = value->ms;
        if (!value->has_ms &&
            (value->type != JSON_STRING || !clock_parse_rfc3339(value->text, &ms))) {
            return false;
        }
        return is_beyond(&test->low, (ms > test->low.ms) - (ms < test->low.ms)) &&
               is_beyond(&test->high, (test->high.ms > ms) - (test->high.ms < ms));
    }
    struct json_value node = {.type = JSON_NUMBER, .text = value->text};
    double number = 0;
    if (value->has_ms || value->type != JSON_NUMBER || !json_to_double(&node, &number)) {
        return false;
    }
    return is_beyond(&test->low, (number > test->low.number) - (number < test->low.number)) &&
           is_beyond(&test->high, (test->high.number > number) - (test->high.number < number));
}

static enum shape_answer answer(bool yes) {
    return yes ? SHAPE_YES : SHAPE_NO;
}

static enum shape_answer test_one(struct shape_event *at, const struct shape_test *test,
                                  const struct shape_value *value) {
    size_t begin = 0, end = 0;
    bool text = value->there && value->type == JSON_STRING && !value->has_ms;
    switch (test->kind) {
    case SHAPE_TEST_ONE_OF: return answer(is_among(test, value));
    case SHAPE_TEST_EXISTS: return answer(value->there == test->wanted);
    case SHAPE_TEST_RANGE: return answer(value->there && is_in_range(test, value));
    case SHAPE_TEST_MATCHES:
        return text ? shape_pattern_find(at, test->pattern, value->text, 0, &begin, &end)
                    : SHAPE_NO;
    case SHAPE_TEST_PREFIX:
    case SHAPE_TEST_SUFFIX:
    case SHAPE_TEST_CONTAINS: break;
    }
    return answer(text && is_text_found(test, value->text));
}

enum shape_answer shape_test_value(struct shape_event *at, const struct shape_test *tests,
                                   const struct shape_value *value) {
    enum shape_answer holds = SHAPE_YES;
    for (; tests && holds == SHAPE_YES; tests = tests->next) {
        holds = test_one(at, tests, value);
    }
    return holds;
}

// ---- Paths ----------------------------------------------------------------------------------------------------------

struct search {
    const struct shape_test *tests;
    enum shape_answer holds;
};

static bool test_visited(struct shape_event *at, struct json_value *node, void *context) {
    struct search *search = context;
    struct shape_value value = shape_node_value(node);
    search->holds = shape_test_value(at, search->tests, &value);
    return search->holds == SHAPE_NO;
}

// Of several values one must pass all tests; where there are none, what is absent must.
static enum shape_answer test_wild(struct shape_event *at, const struct shape_path *path,
                                   const struct shape_test *tests) {
    struct search search = {tests, SHAPE_UNDECIDED};
    bool none = true;
    shape_visit(at, path, test_visited, &search);
    none = search.holds == SHAPE_UNDECIDED && !shape_is_failed(at);
    if (none) {
        struct shape_value value = shape_node_value(NULL);
        return shape_test_value(at, tests, &value);
    }
    return search.holds;
}

static enum shape_answer test_path(struct shape_event *at,
                                   const struct shape_condition *condition) {
    const struct shape_path *path = condition->path;
    if (path->wild) {
        return test_wild(at, path, condition->tests);
    }
    struct shape_value value =
        path->field ? shape_field_value(at, path->field) : shape_node_value(shape_find(at, path));
    return shape_test_value(at, condition->tests, &value);
}

// ---- Groups ---------------------------------------------------------------------------------------------------------

static enum shape_answer all_hold(struct shape_event *at, const struct shape_condition *first) {
    enum shape_answer holds = SHAPE_YES;
    for (; first && holds == SHAPE_YES; first = first->next) {
        holds = shape_condition_holds(at, first);
    }
    return holds;
}

// At most SETTINGS_TREE_DEPTH groups are inside one another.
enum shape_answer shape_condition_holds(struct shape_event *at,
                                        const struct shape_condition *condition) {
    enum shape_answer holds = SHAPE_NO;
    switch (condition->kind) {
    case SHAPE_ALL: return all_hold(at, condition->child);
    case SHAPE_NOT:
        holds = all_hold(at, condition->child);
        return holds == SHAPE_UNDECIDED ? holds : answer(holds == SHAPE_NO);
    case SHAPE_IS_TYPE: return answer(condition->types & 1U << at->event->type);
    case SHAPE_PATH: return test_path(at, condition);
    case SHAPE_CONSENT:
    case SHAPE_CONSENT_DENIED: return shape_consent(at, condition);
    case SHAPE_ANY: break;
    }
    for (const struct shape_condition *child = condition->child; child && holds == SHAPE_NO;
         child = child->next) {
        holds = shape_condition_holds(at, child);
    }
    return holds;
}
