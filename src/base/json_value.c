// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Looking at a tree that json_parse made.
#include <math.h>

#include "base/json_index.h"
#include "base/json_read.h"

const struct json_value *json_get(const struct json_value *value, struct str key) {
    if (!value || value->type != JSON_OBJECT) {
        return NULL;
    }
    for (const struct json_value *member = value->child; member; member = member->next) {
        if (str_equal(member->key, key)) {
            return member;
        }
    }
    return NULL;
}

struct str json_get_string(const struct json_value *value, struct str key) {
    const struct json_value *member = json_get(value, key);
    return json_is_string(member) ? member->text : STR_EMPTY;
}

bool json_is_string(const struct json_value *value) {
    return value && value->type == JSON_STRING;
}

bool json_to_i64(const struct json_value *value, int64_t *out) {
    return value && value->type == JSON_NUMBER && str_to_i64(value->text, out);
}

// Up to 15 digits are exact in a double, so that reading them as an integer is reading them as a double.
static bool short_integer(struct str text, double *out) {
    size_t i = text.data[0] == '-' ? 1 : 0;
    int64_t number = 0;
    if (text.len - i > 15) {
        return false;
    }
    for (size_t j = i; j < text.len; j++) {
        if (text.data[j] < '0' || text.data[j] > '9') {
            return false;
        }
        number = number * 10 + (text.data[j] - '0');
    }
    *out = i ? -(double)number : (double)number; // negated as a double: -0 keeps its sign
    return true;
}

bool json_to_double(const struct json_value *value, double *out) {
    if (!value || value->type != JSON_NUMBER) {
        return false;
    }
    if (short_integer(value->text, out)) {
        return true;
    }
    double number = json_index_double(value->text.data, value->text.len);
    if (!isfinite(number)) {
        return false;
    }
    *out = number;
    return true;
}

bool json_looks_like(struct str input, enum json_type type) {
    size_t i = 0;
    while (i < input.len && (input.data[i] == ' ' || input.data[i] == '\t' ||
                             input.data[i] == '\n' || input.data[i] == '\r')) {
        i++;
    }
    if (i == input.len) {
        return false;
    }
    switch (input.data[i]) {
    case '{': return type == JSON_OBJECT;
    case '[': return type == JSON_ARRAY;
    case '"': return type == JSON_STRING;
    case 't': return type == JSON_TRUE;
    case 'f': return type == JSON_FALSE;
    case 'n': return type == JSON_NULL;
    default: return type == JSON_NUMBER;
    }
}
