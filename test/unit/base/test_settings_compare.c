// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which settings differ, what is shown of them, and lines that come from different places.
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/settings.h"

static const struct setting table[] = {
    {.key = "listen", .type = SETTING_ADDRESS, .fallback = "127.0.0.1:8080", .help = ""},
    {.key = "token",
     .type = SETTING_STRING,
     .fallback = "",
     .traits = SETTING_SECRET | SETTING_LIVE,
     .help = ""},
    {.key = "hosts", .type = SETTING_LIST, .fallback = "a,b", .help = ""},
    {.key = "rules[].name", .type = SETTING_STRING, .fallback = "", .help = ""},
    {.key = "rules[].when", .type = SETTING_TREE, .fallback = "", .help = ""},
    {.key = "limit", .type = SETTING_INTEGER, .fallback = "5", .help = ""},
};
enum { COUNT = sizeof table / sizeof table[0] };

static struct settings *load(const char *yaml) {
    struct settings *settings = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(settings_make(table, COUNT, &settings), STATUS_OK);
    if (settings_load_text(settings, "a.yaml", str_from_c(yaml), &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return settings;
}

static void note(void *context, const char *key) {
    struct buffer *keys = context;
    buffer_printf(keys, "%s ", key);
}

static void differ(const char *before, const char *after, const char *expected) {
    struct settings *old = load(before), *fresh = load(after);
    struct buffer keys;
    buffer_init(&keys, 1000);
    settings_compare(old, fresh, note, &keys);
    if (!str_equal(buffer_str(&keys), str_from_c(expected))) {
        fail_msg("%.*s is not %s", STR_ARG(buffer_str(&keys)), expected);
    }
    buffer_free(&keys);
    settings_free(old);
    settings_free(fresh);
}

static void test_differences(void **state) {
    (void)state;
    differ("", "", "");
    differ("", "listen: 127.0.0.1:8080\nhosts: [a, b]\nlimit: 5", ""); // said, but the same
    differ("", "limit: 6\ntoken: x", "token limit ");
    differ("hosts: a", "hosts: [a, b, c]", "hosts ");
    differ("hosts: 'a, b'", "hosts: [a, c]", "hosts ");
    differ("", "rules: []", "");
    differ("rules: [{name: a}]", "limit: 5\nrules: [{name: a}]", "");
    differ("rules: [{name: a}]", "rules: [{name: b}]", "rules ");
    differ("rules: [{name: a}]", "rules: [{name: a}, {name: a}]", "rules ");
    differ("rules: [{name: a, when: {b: 1}}]", "rules: [{when: {b: 1}, name: a}]", "");
    differ("rules: [{name: a, when: {b: 1}}]", "rules: [{name: a, when: {b: 2}}]", "rules ");
    differ("rules: [{name: a, when: {b: 1}}]", "rules: [{name: a, when: {c: 1}}]", "rules ");
    differ("rules: [{name: a, when: {b: 1}}]", "rules: [{name: a, when: {b: '1'}}]", "rules ");
    differ("rules: [{name: a, when: {b: [1]}}]", "rules: [{name: a, when: {b: [1, 2]}}]", "rules ");
    differ("rules: [{name: a, when: {b: [1]}}]", "rules: [{name: a}]", "rules ");
}

static void shows(const struct settings *settings, const char *key, const char *expected) {
    struct buffer text;
    buffer_init(&text, 1000);
    settings_print_value(settings, key, &text);
    assert_true(str_equal(buffer_str(&text), str_from_c(expected)));
    buffer_free(&text);
}

static void test_values_are_shown_without_secrets(void **state) {
    (void)state;
    struct settings *settings = load("token: geheim\nrules: [{name: a}, {name: b}]\nlimit: 7");
    shows(settings, "token", "\"***\"");
    shows(settings, "rules", "2 entries");
    shows(settings, "limit", "7");
    shows(settings, "hosts", "[\"a\", \"b\"]");
    shows(settings, "nothing", "");
    settings_free(settings);
}

static void test_lines_have_places_of_their_own(void **state) {
    (void)state;
    static const struct str places[] = {STR_INIT("file:one.yml"), STR_INIT("file:two.yml")};
    struct settings *settings = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(settings_make(table, COUNT, &settings), STATUS_OK);
    assert_int_equal(settings_load_places(settings, places, 2,
                                          STR("limit: 9\nrules: [{name: a, when: {b: 1}}]\n"),
                                          &err),
                     STATUS_OK);
    assert_string_equal(settings_origin(settings, "limit"), "file:one.yml");
    assert_string_equal(settings_entry_origin(settings, "rules[].name", 0), "file:two.yml");
    assert_string_equal(settings_entry_tree(settings, "rules[].when", 0)->child->origin,
                        "file:two.yml");
    settings_free(settings);
    assert_int_equal(settings_make(table, COUNT, &settings), STATUS_OK);
    assert_int_equal(
        settings_load_places(settings, places, 2, STR("hosts: a\nlimit: many\n"), &err),
        STATUS_INVALID);
    assert_string_equal(err.text, "file:two.yml: limit: \"many\" is not a whole number");
    settings_free(settings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_values_are_shown_without_secrets),
        cmocka_unit_test(test_lines_have_places_of_their_own),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
