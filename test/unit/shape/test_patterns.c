// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Regular expressions end, whatever the value is; and what they do with long values.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/shape/harness.h"

static struct shaped match(const char *pattern, const char *value) {
    char yaml[2048], event[8192];
    (void)snprintf(yaml, sizeof yaml,
                   "rules:\n- {name: r, when: {properties.a: {matches: '%s'}}, do: {drop: x}}\n",
                   pattern);
    (void)snprintf(event, sizeof event, "{\"properties\":{\"a\":\"%s\"}}", value);
    return shape_with(yaml, event);
}

static const char *repeated(const char *part, size_t bytes, const char *end) {
    static char text[8192];
    struct buffer buffer;
    buffer_init_fixed(&buffer, text, sizeof text);
    while (buffer.len + strlen(part) <= bytes) {
        buffer_append_str(&buffer, str_from_c(part));
    }
    buffer_append(&buffer, end, strlen(end) + 1);
    return text;
}

// The usual bombs, short and as long as a value may be: with JIT and without, since some machines do not allow it.
static void bombs(void **state) {
    static const struct {
        const char *pattern, *part;
    } cases[] = {
        {"^(a+)+$", "a"},
        {"^(a|aa)+$", "a"},
        {"^(a|a?)+$", "a"},
        {"(x+x+)+y", "x"},
        {"^(([a-z])+.)+[A-Z]([a-z])+$", "a"},
        {"(.*a){20}!", "a"},
        {"^(?:(?:a{1,50}){1,50}){1,50}$", "a"},
    };
    static const size_t lengths[] = {40, 300, 2000, 4000};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t j = 0; j < sizeof lengths / sizeof lengths[0]; j++) {
            for (int jit = 0; jit < 2; jit++) {
                char pattern[200];
                (void)snprintf(pattern, sizeof pattern, "%s%s", jit ? "" : "(*NO_JIT)",
                               cases[i].pattern);
                struct shaped shaped = match(pattern, repeated(cases[i].part, lengths[j], "?"));
                assert_int_equal(shaped.status, STATUS_OK);
                assert_int_not_equal(shaped.fate, SHAPE_DROPPED);
                assert_true(shaped.fate == SHAPE_KEPT || strstr(shaped.reason, "too many steps"));
            }
        }
    }
    // One that cannot be told in that many steps: it was not just taken for a value that does not match.
    struct shaped shaped = match("^(a|aa)+$", repeated("a", 60, "?"));
    assert_int_equal(shaped.fate, SHAPE_DEAD_LETTER);
    assert_string_equal(shaped.reason, "rule r: a value takes a regular expression too many steps");
    assert_string_equal(shaped.rule, "r");
    assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_FAILED], 1);
    assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_MATCHED], 0);
}

// Undecided stays undecided inside of groups.
static void undecided(void **state) {
    static const char *const whens[] = {
        "{not: {properties.a: {matches: '^(a|aa)+$'}}}",
        "{any: [{properties.a: {matches: '^(a|aa)+$'}}, {type: track}]}",
        "{properties.*: {matches: '^(a|aa)+$'}}",
    };
    char event[200];
    (void)state;
    (void)snprintf(event, sizeof event, "{\"properties\":{\"a\":\"%s\"}}", repeated("a", 60, "?"));
    for (size_t i = 0; i < sizeof whens / sizeof whens[0]; i++) {
        char yaml[300];
        (void)snprintf(yaml, sizeof yaml, "rules:\n- {name: r, when: %s, do: {drop: x}}\n",
                       whens[i]);
        assert_int_equal(shape_with(yaml, event).fate, SHAPE_DEAD_LETTER);
    }
}

// Common ones get through long values.
static void usual(void **state) {
    (void)state;
    assert_int_equal(match("foo.*bar", repeated("x", 1900, "foo and bar")).fate, SHAPE_DROPPED);
    assert_int_equal(match("foo.*bar", repeated("foo ", 1900, "")).fate, SHAPE_KEPT);
    assert_int_equal(match("^https?://[^/]+/admin(/|$)", "https://example.org/admin").fate,
                     SHAPE_DROPPED);
    assert_int_equal(match("[\\w.+-]+@[\\w-]+\\.[\\w.]+", repeated("a.b-c ", 1900, "")).fate,
                     SHAPE_KEPT);
    assert_int_equal(match("^\\p{Lu}", "\xc3\x84nna").fate, SHAPE_DROPPED);
    assert_int_equal(match("(a)\\1", "baab").fate, SHAPE_DROPPED);
}

// The first 2 KiB are looked at, and their end is not the value's; a character is not cut in two.
static void long_values(void **state) {
    (void)state;
    assert_int_equal(match("needle", repeated("x", 2042, "needle")).fate, SHAPE_DROPPED);
    assert_int_equal(match("needle", repeated("x", 2043, "needle")).fate, SHAPE_KEPT);
    assert_int_equal(match("x$", repeated("x", 2047, "")).fate, SHAPE_DROPPED);
    assert_int_equal(match("x$", repeated("x", 3000, "y")).fate, SHAPE_KEPT);
    assert_int_equal(match("\xc3\xa4", repeated("x", 2047, "\xc3\xa4")).fate, SHAPE_KEPT);
}

static void masks(void **state) {
    static const struct {
        const char *pattern, *value, *after;
    } cases[] = {
        {"\\d+", "a1b22c", "a#b#c"},
        {"x*", "axxb", "a#b"},
        {"\xc3\xa4|b",
         "\xc3\xa4"
         "ab",
         "#a#"},
        {"(?=b)", "ab", "ab"},
        {"a\\Kb", "abab", "a#a#"},
        {"$", "ab", "ab"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char yaml[300], event[300], wanted[300];
        (void)snprintf(
            yaml, sizeof yaml,
            "rules:\n- {name: r, do: {mask: {pattern: '%s', with: '#', in: properties}}}\n",
            cases[i].pattern);
        (void)snprintf(event, sizeof event, "{\"properties\":{\"a\":\"%s\"}}", cases[i].value);
        (void)snprintf(wanted, sizeof wanted, "{\"a\":\"%s\"}", cases[i].after);
        struct shaped shaped = shape_with(yaml, event);
        assert_int_equal(shaped.fate, SHAPE_KEPT);
        if (!strstr(shaped.after, wanted)) {
            print_error("%s in %s: %s\n", cases[i].pattern, cases[i].value, shaped.after);
            fail();
        }
    }
}

// What is longer than is looked at is hidden whole; what cannot be decided does not pass.
static void masks_hide(void **state) {
    static const char rules[] =
        "rules:\n- {name: r, do: {mask: {pattern: '^(a|aa)+$', in: properties}}}\n";
    char event[4096];
    (void)state;
    (void)snprintf(event, sizeof event, "{\"properties\":{\"a\":\"%s\"}}", repeated("b", 2049, ""));
    struct shaped shaped = shape_with(rules, event);
    assert_int_equal(shaped.fate, SHAPE_KEPT);
    assert_non_null(strstr(shaped.after, "{\"a\":\"***\"}"));
    (void)snprintf(event, sizeof event, "{\"properties\":{\"a\":\"%s\"}}", repeated("a", 60, "?"));
    assert_int_equal(shape_with(rules, event).fate, SHAPE_DEAD_LETTER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bombs),       cmocka_unit_test(undecided), cmocka_unit_test(usual),
        cmocka_unit_test(long_values), cmocka_unit_test(masks),     cmocka_unit_test(masks_hide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
