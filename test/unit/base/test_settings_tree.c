// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Trees in settings: what is read, what is refused, what is printed and read again, no memory.
#include "base/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/failing_malloc.h"

static const struct setting table[] = {
    {.key = "rules[].name", .type = SETTING_STRING, .fallback = "", .help = "Name."},
    {.key = "rules[].when", .type = SETTING_TREE, .fallback = "", .help = "Which."},
};
enum { COUNT = sizeof(table) / sizeof(table[0]) };

static struct settings *settings;
static struct error err;

static int setup(void **state) {
    (void)state;
    return settings_make(table, COUNT, &settings) != STATUS_OK;
}

static int teardown(void **state) {
    (void)state;
    settings_free(settings);
    settings = NULL;
    return 0;
}

static enum status load(const char *yaml) {
    return settings_load_text(settings, "footfall.yaml", str_from_c(yaml), &err);
}

static const char example[] = "rules:\n"
                              "  - name: a\n"
                              "    when:\n"
                              "      type: [track, 'page']\n"
                              "      \"properties.a b\":\n"
                              "        at_least: 10\n"
                              "        text: \"x, \\\"y\\\" {\"\n"
                              "      empty: {}\n"
                              "      not: []\n"
                              "  - name: b\n"
                              "  - {name: c, when: word}\n";

static void test_read(void **state) {
    (void)state;
    assert_int_equal(load(example), STATUS_OK);
    const struct settings_node *map = settings_entry_tree(settings, "rules[].when", 0);
    assert_int_equal(map->kind, SETTINGS_NODE_MAP);
    assert_int_equal(map->count, 4);
    assert_null(map->key.data);
    const struct settings_node *list = map->child;
    assert_string_equal(list->key.data, "type");
    assert_int_equal(list->kind, SETTINGS_NODE_LIST);
    assert_string_equal(list->child->text.data, "track");
    assert_true(list->child->plain);
    assert_false(list->child->next->plain);
    assert_null(list->child->next->next);
    const struct settings_node *tests = list->next;
    assert_string_equal(tests->key.data, "properties.a b");
    assert_string_equal(tests->child->text.data, "10");
    assert_string_equal(tests->child->origin, "footfall.yaml:6");
    assert_string_equal(tests->child->next->text.data, "x, \"y\" {");
    assert_int_equal(tests->next->kind, SETTINGS_NODE_MAP);
    assert_int_equal(tests->next->count, 0);
    assert_int_equal(tests->next->next->kind, SETTINGS_NODE_LIST);
    assert_null(settings_entry_tree(settings, "rules[].when", 1));
    assert_string_equal(settings_entry_tree(settings, "rules[].when", 2)->text.data, "word");
    assert_string_equal(settings_entry_origin(settings, "rules[].when", 0), "footfall.yaml:4");
}

static void test_refused(void **state) {
    static const struct {
        const char *yaml;
        const char *text;
    } cases[] = {
        {"rules:\n- when: {a: 1,\n    a: 2}", "footfall.yaml:3: rules[].when: a key is set twice"},
        {"rules:\n- when: {[a]: 1}", "footfall.yaml:2: rules[].when: a key must be a plain word"},
        {"rules:\n- when: {a: &x 1}",
         "footfall.yaml:2: rules[].when: anchors (&name) are not supported"},
        {"rules:\n- when: {a: !t 1}",
         "footfall.yaml:2: rules[].when: tags (!name) are not supported"},
        {"rules:\n- when: {a: \"x\\0y\"}",
         "footfall.yaml:2: rules[].when: is not UTF-8 text without NUL"},
        {"rules:\n- when: [[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]",
         "footfall.yaml:2: rules[].when: nested too deeply"},
        {"rules:\n- when: {a: 1}\n  when: {b: 1}",
         "footfall.yaml:3: rules[].when: set twice; first in line 2"},
        {"rules:\n- when.a: 1", "footfall.yaml:2: rules[].when.a: unknown key; did you mean "
                                "rules[].when?"},
        {"rules:\n- when: {a: 1", "footfall.yaml:3: did not find expected ',' or '}'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(load(cases[i].yaml), STATUS_INVALID);
        assert_string_equal(err.text, cases[i].text);
    }
}

static void test_too_many(void **state) {
    struct buffer yaml;
    (void)state;
    buffer_init(&yaml, SETTINGS_TREE_NODES * 3 + 64);
    buffer_append_str(&yaml, STR("rules:\n- when: ["));
    for (size_t i = 0; i < SETTINGS_TREE_NODES; i++) {
        buffer_append_str(&yaml, STR("x, "));
    }
    buffer_append(&yaml, "x]\n", 4);
    assert_int_equal(load(yaml.data), STATUS_INVALID);
    buffer_free(&yaml);
    assert_string_equal(err.text, "footfall.yaml:2: rules[].when: holds too many values");
}

// What is printed is read as the same.
static void test_printed(void **state) {
    static const char line[] =
        "    when: {\"type\": [track, \"page\"], \"properties.a b\": {\"at_least\": 10, \"text\": "
        "\"x, \\\"y\\\" {\"}, \"empty\": {}, \"not\": []} # footfall.yaml:4\n";
    struct settings *again = NULL;
    struct buffer once, twice;
    (void)state;
    buffer_init(&once, 65536);
    buffer_init(&twice, 65536);
    assert_int_equal(load(example), STATUS_OK);
    settings_print_effective(settings, &once);
    assert_int_equal(settings_make(table, COUNT, &again), STATUS_OK);
    assert_int_equal(settings_load_text(again, "footfall.yaml", buffer_str(&once), &err),
                     STATUS_OK);
    settings_print_effective(again, &twice);
    buffer_append_char(&once, '\0');
    buffer_append_char(&twice, '\0');
    assert_non_null(strstr(once.data, line));
    assert_non_null(
        strstr(once.data, "  - name: \"b\" # footfall.yaml:10\n    when: {} # default\n"));
    assert_non_null(strstr(twice.data, "when: {\"type\": [track, \"page\"], "));
    settings_free(again);
    buffer_clear(&once);
    settings_print_help(settings, &once);
    buffer_append_char(&once, '\0');
    assert_non_null(strstr(once.data, "\n  rules[].when {KEY: VALUE}\n      Which.\n"));
    buffer_free(&once);
    buffer_free(&twice);
}

static void test_no_memory(void **state) {
    (void)state;
    bool failed = true;
    for (long n = 0; failed; n++) {
        struct settings *made = NULL;
        failing_malloc_arm(n);
        enum status status = settings_make(table, COUNT, &made);
        if (status == STATUS_OK) {
            status = settings_load_text(made, "footfall.yaml", str_from_c(example), &err);
        }
        failed = failing_malloc_disarm();
        settings_free(made);
        assert_true(status == STATUS_OK || (failed && status == STATUS_NO_MEMORY));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_printed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
