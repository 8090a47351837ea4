// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Lists of maps in settings: what is read, what is refused and in which words, what is printed, no memory.
#include "base/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/failing_malloc.h"

static const struct setting table[] = {
    {.key = "name", .type = SETTING_STRING, .fallback = "footfall", .help = "Its name."},
    {.key = "routes[].path", .type = SETTING_STRING, .fallback = "", .help = "Path."},
    {.key = "routes[].methods", .type = SETTING_LIST, .fallback = "GET,POST", .help = "Methods."},
    {.key = "routes[].headers.set", .type = SETTING_LIST, .fallback = "", .help = "Headers."},
    {.key = "routes[].timeout",
     .type = SETTING_DURATION,
     .fallback = "30s",
     .min = 1,
     .max = 60000,
     .help = "Time."},
    {.key = "gateway.peers[].url", .type = SETTING_STRING, .fallback = "", .help = "Peer."},
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

static const char two[] = "name: x\n"
                          "routes:\n"
                          "  - path: /shop/*\n"
                          "    methods: [GET]\n"
                          "    headers:\n"
                          "      set: [\"X-Shop: a, b\"]\n"
                          "    timeout: 2s\n"
                          "  - path: /orders/:id\n"
                          "gateway:\n"
                          "  peers: [{url: a}, {url: b}]\n";

static void test_entries(void **state) {
    (void)state;
    const struct str *items = NULL;
    assert_int_equal(settings_entries(settings, "routes"), 0);
    assert_int_equal(load(two), STATUS_OK);
    assert_int_equal(settings_entries(settings, "routes"), 2);
    assert_string_equal(settings_entry_string(settings, "routes[].path", 0).data, "/shop/*");
    assert_int_equal(settings_entry_list(settings, "routes[].methods", 0, &items), 1);
    assert_string_equal(items[0].data, "GET");
    assert_int_equal(settings_entry_list(settings, "routes[].headers.set", 0, &items), 1);
    assert_string_equal(items[0].data, "X-Shop: a, b");
    assert_int_equal(settings_entry_integer(settings, "routes[].timeout", 0), 2000);
    assert_string_equal(settings_entry_string(settings, "routes[].path", 1).data, "/orders/:id");
    assert_int_equal(settings_entry_list(settings, "routes[].methods", 1, &items), 2);
    assert_int_equal(settings_entry_integer(settings, "routes[].timeout", 1), 30000);
    assert_string_equal(settings_entry_origin(settings, "routes[].timeout", 0), "footfall.yaml:7");
    assert_string_equal(settings_entry_origin(settings, "routes[].timeout", 1), "footfall.yaml:8");
    assert_string_equal(settings_entry_origin(settings, "routes", 1), "footfall.yaml:8");
    assert_int_equal(settings_entries(settings, "gateway.peers"), 2);
    assert_string_equal(settings_entry_string(settings, "gateway.peers[].url", 1).data, "b");
}

static void test_refused(void **state) {
    static const struct {
        const char *yaml;
        const char *text;
    } cases[] = {
        {"routes: x",
         "footfall.yaml:1: routes: takes a list: items that begin with \"- \" and hold "
         "keys and values"},
        {"routes:\n  path: /x",
         "footfall.yaml:2: routes: takes a list: items that begin with \"- \" "
         "and hold keys and values"},
        {"routes: [x]",
         "footfall.yaml:1: routes: an item of this list is no map of keys and values"},
        {"routes:\n- path: a\n- pth: b",
         "footfall.yaml:3: routes[].pth: unknown key; did you mean routes[].path?"},
        {"routes:\n- timeout: 2h",
         "footfall.yaml:2: routes[].timeout: \"2h\" is not a duration like 500ms, 30s, 15m, 24h or "
         "7d, from 1ms to 1m"},
        {"routes:\n- path: a\n  path: b",
         "footfall.yaml:3: routes[].path: set twice; first in line 2"},
        {"routes:\n- headers: {set: a}\n  headers.set: b",
         "footfall.yaml:3: routes[].headers.set: set twice; first in line 2"},
        {"routes: []\nroutes: []", "footfall.yaml:2: routes: set twice; first in line 1"},
        {"gateway.peers: []\ngateway: {peers: []}",
         "footfall.yaml:2: gateway.peers: set twice; first in line 1"},
        {"routes[].path: x", "footfall.yaml:1: routes[].path: unknown key; did you mean "
                             "routes[].path?"},
        {"routes[]: {path: x}", "footfall.yaml:1: routes[]: unknown key; did you mean routes?"},
        {"ruotes: []", "footfall.yaml:1: ruotes: unknown key; did you mean routes?"},
        {"routes:\n- headers: {set: [a: b]}",
         "footfall.yaml:2: routes[].headers.set: an item of this list is no text; put quotes around "
         "one with \": \""},
        {"routes:\n- path: {a: b}",
         "footfall.yaml:2: routes[].path: takes a value, not keys of its own"},
        {"routes:\n- headers: x",
         "footfall.yaml:2: routes[].headers: is a group of settings and has no value of its own"},
        {"routes:\n- name: x", "footfall.yaml:2: routes[].name: unknown key; did you mean "
                               "routes[].path?"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(load(cases[i].yaml), STATUS_INVALID);
        assert_string_equal(err.text, cases[i].text);
        assert_int_equal(settings_entries(settings, "routes"), 0);
    }
}

static void test_only_in_a_file(void **state) {
    (void)state;
    char *const flags[] = {(char[]){"--routes[].path=x"}};
    char *const environment[] = {(char[]){"FOOTFALL_ROUTES[]_PATH=x"}, NULL};
    int used = 0;
    assert_int_equal(settings_load_flags(settings, 1, flags, &used, &err), STATUS_INVALID);
    assert_string_equal(err.text, "--routes[].path: unknown flag");
    assert_int_equal(settings_load_environment(settings, environment, "FOOTFALL_", NULL, &err),
                     STATUS_INVALID);
}

static void test_printed(void **state) {
    (void)state;
    struct buffer out;
    struct settings *again = NULL;
    assert_int_equal(load(two), STATUS_OK);
    buffer_init(&out, 65536);
    settings_print_effective(settings, &out);
    assert_int_equal(settings_make(table, COUNT, &again), STATUS_OK);
    assert_int_equal(settings_load_text(again, "again", buffer_str(&out), &err), STATUS_OK);
    assert_string_equal(settings_entry_string(again, "routes[].path", 1).data, "/orders/:id");
    settings_free(again);
    buffer_append_char(&out, '\0');
    assert_int_equal(buffer_status(&out), STATUS_OK);
    assert_non_null(strstr(out.data, "routes: # footfall.yaml:3\n"
                                     "  - path: \"/shop/*\" # footfall.yaml:3\n"
                                     "    methods: [\"GET\"] # footfall.yaml:4\n"
                                     "    headers.set: [\"X-Shop: a, b\"] # footfall.yaml:6\n"
                                     "    timeout: 2s # footfall.yaml:7\n"
                                     "  - path: \"/orders/:id\" # footfall.yaml:8\n"
                                     "    methods: [\"GET\", \"POST\"] # default\n"));
    buffer_clear(&out);
    settings_print_help(settings, &out);
    buffer_append_char(&out, '\0');
    assert_non_null(strstr(out.data, "\n  routes[].path TEXT\n      Path.\n"));
    buffer_free(&out);
}

static void test_nothing_printed(void **state) {
    (void)state;
    struct buffer out;
    assert_int_equal(load("routes: []"), STATUS_OK);
    buffer_init(&out, 65536);
    settings_print_effective(settings, &out);
    buffer_append_char(&out, '\0');
    assert_string_equal(out.data, "name: \"footfall\" # default\nroutes: [] # footfall.yaml:1\n"
                                  "gateway.peers: [] # default\n");
    buffer_free(&out);
}

static void test_no_memory(void **state) {
    (void)state;
    bool failed = true;
    for (long n = 0; failed; n++) {
        struct settings *made = NULL;
        failing_malloc_arm(n);
        enum status status = settings_make(table, COUNT, &made);
        if (status == STATUS_OK) {
            status = settings_load_text(made, "footfall.yaml", str_from_c(two), &err);
        }
        failed = failing_malloc_disarm();
        settings_free(made);
        assert_true(status == STATUS_OK || (failed && status == STATUS_NO_MEMORY));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_entries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_in_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_printed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_printed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
