// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The settings table: its defaults are valid, and the documentation names every key with its default.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/command.h"

static char source_directory[1024] = ".";

static void every_default_is_valid(void **state) {
    (void)state;
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        struct settings *settings = NULL;
        struct error err = {STATUS_OK, ""};
        char flag[300];
        int used = 0;
        (void)snprintf(flag, sizeof flag, "--%s=%s", table[i].key, table[i].fallback);
        char *const argv[] = {flag, NULL};
        enum status status = app_load_settings(1, argv, &used, &settings, &err);
        bool flag_exists = strstr(table[i].key, "[].") == NULL; // a list of maps is for files
        if (status != STATUS_OK && table[i].fallback[0] && flag_exists) {
            print_error("%s: %s\n", table[i].key, err.text);
            fail();
        }
        settings_free(settings);
    }
}

static char *read_documentation(void) {
    char path[1100];
    (void)snprintf(path, sizeof path, "%s/docs/configuration.md", source_directory);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = calloc(1, 256 * 1024);
    assert_non_null(text);
    assert_true(fread(text, 1, 256 * 1024 - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void every_setting_is_documented(void **state) {
    (void)state;
    char *text = read_documentation();
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        char cell[200];
        (void)snprintf(cell, sizeof cell, "| `%s`%s |", table[i].key,
                       setting_is_secret(&table[i]) ? " (secret)" : "");
        const char *row = strstr(text, cell);
        if (!row) {
            print_error("docs/configuration.md lacks %s\n", table[i].key);
            fail();
        }
        const char *end = strchr(row, '\n');
        (void)snprintf(cell, sizeof cell, "| `%s` |", table[i].fallback);
        const char *value = table[i].fallback[0] ? strstr(row, cell) : row;
        if (!value || value > end) {
            print_error("docs/configuration.md has another default for %s\n", table[i].key);
            fail();
        }
    }
    free(text);
}

static void a_wrong_flag_is_named(void **state) {
    (void)state;
    char *const wrong[][3] = {
        {(char[]){"--listn=1:2"}, NULL, (char[]){"listn"}},
        {(char[]){"--http.threads=many"}, NULL, (char[]){"http.threads"}},
        {(char[]){"--listen"}, NULL, (char[]){"listen"}},
        {(char[]){"word"}, NULL, (char[]){"word"}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct settings *settings = NULL;
        struct error err = {STATUS_OK, ""};
        int used = 0;
        assert_int_not_equal(app_load_settings(1, wrong[i], &used, &settings, &err), STATUS_OK);
        assert_non_null(strstr(err.text, wrong[i][2]));
    }
}

// The variable is the test's own; to the program it would be a setting that does not exist.
static void take_source_directory(void) {
    const char *value = getenv("FOOTFALL_SOURCE_DIR");
    if (value) {
        (void)snprintf(source_directory, sizeof source_directory, "%s", value);
        (void)unsetenv("FOOTFALL_SOURCE_DIR");
    }
}

int main(void) {
    take_source_directory();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_valid),
        cmocka_unit_test(every_setting_is_documented),
        cmocka_unit_test(a_wrong_flag_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
