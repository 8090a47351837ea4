// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Scalars of YAML 1.1, by hand: the notations are few, and a regular expression would not compute them.
#include "config/scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 400 // bytes of a notation that is looked at

static bool is_one_of(struct str text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(text, str_from_c(words[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_null_word(struct str text) {
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    return is_one_of(text, words, sizeof words / sizeof words[0]);
}

static bool is_bool_word(struct str text, bool *value) {
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                      "YES",  "on",   "On",   "ON"};
    static const char *const no[] = {"false", "False", "FALSE", "no", "No",
                                     "NO",    "off",   "Off",   "OFF"};
    *value = is_one_of(text, yes, sizeof yes / sizeof yes[0]);
    return *value || is_one_of(text, no, sizeof no / sizeof no[0]);
}

// --- Doubles -----------------------------------------------------------------------------------------------------------
// Double.toString: plain from 1e-3 to 1e7, with an exponent outside; always a digit on both sides of the point.
size_t config_scalar_write_double(double number, char out[CONFIG_DOUBLE_MAX]) {
    char shortest[CONFIG_DOUBLE_MAX];
    if (isnan(number) || isinf(number)) {
        const char *word = isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
        return (size_t)snprintf(out, CONFIG_DOUBLE_MAX, "%s", word);
    }
    for (int digits = 0; digits < 17; digits++) {
        (void)snprintf(shortest, sizeof shortest, "%.*e", digits, number);
        double again = strtod(shortest, NULL);
        if (!(again < number) && !(again > number)) {
            break;
        }
    }
    const char *sign = signbit(number) ? "-" : "";
    char digits[20] = "0";
    size_t count = 0;
    char *e = strchr(shortest, 'e');
    for (const char *c = shortest; c < e; c++) {
        if (isdigit((unsigned char)*c) && count < sizeof digits) {
            digits[count++] = *c;
        }
    }
    int exponent = (int)strtol(e + 1, NULL, 10);
    double size = fabs(number);
    bool plain = !(size > 0) || (size >= 1e-3 && size < 1e7);
    if (!plain) {
        return (size_t)snprintf(out, CONFIG_DOUBLE_MAX, "%s%c.%.*sE%d", sign, digits[0],
                                count > 1 ? (int)count - 1 : 1, count > 1 ? digits + 1 : "0",
                                exponent);
    }
    int behind = (int)count - 1 - exponent; // digits behind the point that are needed
    return (size_t)snprintf(out, CONFIG_DOUBLE_MAX, "%.*f", behind > 1 ? behind : 1, number);
}

static enum status set_double(struct arena *arena, double number, struct config_value *value) {
    char text[CONFIG_DOUBLE_MAX];
    size_t len = config_scalar_write_double(number, text);
    value->kind = CONFIG_FLOAT;
    value->text = arena_copy(arena, str_make(text, len));
    return value->text.data ? STATUS_OK : STATUS_NO_MEMORY;
}

// --- Integers ----------------------------------------------------------------------------------------------------------
static enum status set_integer(struct arena *arena, bool negative, uint64_t number,
                               struct config_value *value) {
    value->kind = CONFIG_INTEGER;
    value->text = arena_printf(arena, "%s%llu", negative && number > 0 ? "-" : "",
                               (unsigned long long)number);
    return value->text.data ? STATUS_OK : STATUS_NO_MEMORY;
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

// Digits of the base with underscores between; false: none, others, or too many.
static bool read_digits(const char *text, int base, uint64_t *out) {
    uint64_t number = 0;
    size_t digits = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '_') {
            continue;
        }
        if (digit_of(*c) >= base || __builtin_mul_overflow(number, (uint64_t)base, &number) ||
            __builtin_add_overflow(number, (uint64_t)digit_of(*c), &number)) {
            return false;
        }
        digits++;
    }
    *out = number;
    return digits > 0;
}

// 0x1F, 0b101, 017.
static bool read_based(const char *text, uint64_t *out) {
    if (text[0] != '0' || !text[1]) {
        return false;
    }
    if (text[1] == 'x') {
        return read_digits(text + 2, 16, out);
    }
    return text[1] == 'b' ? read_digits(text + 2, 2, out) : read_digits(text + 1, 8, out);
}

// 190:20:30; each part behind the first is 0..59, of one or two digits.
static bool read_sixties(const char *text, uint64_t *out) {
    uint64_t number = 0, part = 0;
    char parts[NUMBER_MAX];
    (void)snprintf(parts, sizeof parts, "%s", text);
    char *rest = parts, *piece = NULL;
    for (bool first = true; (piece = strsep(&rest, ":")) != NULL; first = false) {
        if (!read_digits(piece, 10, &part) || (first && piece[0] == '0') ||
            (!first && (part > 59 || strlen(piece) > 2)) ||
            __builtin_mul_overflow(number, (uint64_t)60, &number) ||
            __builtin_add_overflow(number, part, &number)) {
            return false;
        }
    }
    *out = number;
    return true;
}

// [1-9][0-9_]* of any size; into out without underscores.
static bool read_decimal(const char *text, char out[NUMBER_MAX]) {
    size_t len = 0;
    if (text[0] < '1' || text[0] > '9') {
        return false;
    }
    for (const char *c = text; *c; c++) {
        if (isdigit((unsigned char)*c)) {
            out[len++] = *c;
        } else if (*c != '_') {
            return false;
        }
    }
    out[len] = '\0';
    return true;
}

// --- Floats ------------------------------------------------------------------------------------------------------------
static const char *skip_digits(const char *c, char *out, size_t *len) {
    for (; isdigit((unsigned char)*c) || *c == '_'; c++) {
        if (*c != '_') {
            out[(*len)++] = *c;
        }
    }
    return c;
}

// 1.5, 1., .5, 1e3, 1.5E-10, with underscores between digits.
static bool read_float(const char *text, double *out) {
    char digits[NUMBER_MAX];
    size_t len = 0;
    if (text[0] == '_') {
        return false;
    }
    const char *c = skip_digits(text, digits, &len);
    bool whole = len > 0, point = *c == '.', exponent = false;
    if (point) {
        digits[len++] = '.';
        c = skip_digits(c + 1, digits, &len);
        if (!whole && len < 2) {
            return false;
        }
    }
    if (*c == 'e' || *c == 'E') {
        exponent = true;
        digits[len++] = *c++;
        if (*c == '+' || *c == '-') {
            digits[len++] = *c++;
        }
        if (!isdigit((unsigned char)*c)) {
            return false;
        }
        c = skip_digits(c, digits, &len);
    }
    digits[len] = '\0';
    if (*c || (!point && !exponent)) {
        return false;
    }
    *out = strtod(digits, NULL);
    return true;
}

// 1:2.5
static bool read_sixties_float(const char *text, double *out) {
    char whole[NUMBER_MAX];
    uint64_t number = 0;
    double part = 0;
    (void)snprintf(whole, sizeof whole, "%s", text);
    char *point = strchr(whole, '.');
    if (!point || !strchr(whole, ':')) {
        return false;
    }
    char behind[NUMBER_MAX + 1];
    (void)snprintf(behind, sizeof behind, "0%s", point);
    *point = '\0';
    if (!read_sixties(whole, &number) || !read_float(behind, &part)) {
        return false;
    }
    *out = (double)number + part;
    return true;
}

static bool read_special(const char *text, bool signed_, double *out) {
    static const char *const infinities[] = {".inf", ".Inf", ".INF"};
    static const char *const nans[] = {".nan", ".NaN", ".NAN"};
    struct str word = str_from_c(text);
    if (is_one_of(word, infinities, 3)) {
        *out = (double)INFINITY;
        return true;
    }
    if (!signed_ && is_one_of(word, nans, 3)) {
        *out = (double)NAN;
        return true;
    }
    return false;
}

static enum status resolve_number(struct arena *arena, const char *text,
                                  struct config_value *value) {
    bool negative = text[0] == '-', signed_ = negative || text[0] == '+';
    const char *digits = text + signed_;
    char decimal[NUMBER_MAX];
    uint64_t number = 0;
    double real = 0;
    if (strcmp(digits, "0") == 0) {
        return set_integer(arena, false, 0, value);
    }
    if (read_decimal(digits, decimal)) {
        value->kind = CONFIG_INTEGER;
        value->text = arena_printf(arena, "%s%s", negative ? "-" : "", decimal);
        return value->text.data ? STATUS_OK : STATUS_NO_MEMORY;
    }
    if (read_based(digits, &number) || (strchr(digits, ':') && read_sixties(digits, &number))) {
        return set_integer(arena, negative, number, value);
    }
    if (read_special(digits, signed_, &real) || read_float(digits, &real) ||
        read_sixties_float(digits, &real)) {
        return set_double(arena, negative ? -real : real, value);
    }
    return STATUS_OK;
}

enum status config_scalar_resolve(struct arena *arena, struct str text, struct config_value *value,
                                  bool *is_null) {
    bool truth = false;
    value->kind = CONFIG_TEXT;
    value->text = text;
    *is_null = is_null_word(text);
    if (*is_null) {
        value->text = STR("");
        return STATUS_OK;
    }
    if (is_bool_word(text, &truth)) {
        value->kind = CONFIG_BOOL;
        value->text = truth ? STR("true") : STR("false");
        return STATUS_OK;
    }
    bool maybe = isdigit((unsigned char)text.data[0]) || strchr("+-.", text.data[0]);
    if (!maybe || text.len >= NUMBER_MAX || memchr(text.data, '\0', text.len)) {
        return STATUS_OK;
    }
    char copy[NUMBER_MAX];
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return resolve_number(arena, copy, value);
}
