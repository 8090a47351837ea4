// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Scalars of YAML 1.1 as SnakeYAML reads them, and doubles as Java writes them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/scalar.h"

static void check(const char *text, enum config_kind kind, const char *expected) {
    struct arena arena;
    struct config_value value;
    bool is_null = false;
    arena_init(&arena, 1024, 0);
    assert_int_equal(config_scalar_resolve(&arena, str_from_c(text), &value, &is_null), STATUS_OK);
    if (value.kind != kind || !str_equal(value.text, str_from_c(expected))) {
        fail_msg("%s: %d %.*s", text, (int)value.kind, STR_ARG(value.text));
    }
    arena_free(&arena);
}

static void words(void **state) {
    (void)state;
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
        check(nulls[i], CONFIG_TEXT, "");
    }
    check("yes", CONFIG_BOOL, "true");
    check("On", CONFIG_BOOL, "true");
    check("FALSE", CONFIG_BOOL, "false");
    check("off", CONFIG_BOOL, "false");
    static const char *const texts[] = {
        "y",     "n",     "tRue", "nul",  "a:b",  "1.2.3", "08",   "0o7", "2024-05-06",
        "12:61", "1:2:x", "0x",   "0b",   "+",    "-",     ".",    "._",  "1_x",
        "1.5:3", "e3",    "1e",   "1e+",  "12ab", "..",    "0x1G", "0b2", "-.nan",
        "0:1",   "01:1",  "_1",   "_1.5", "-",    "+.",    "1:",   ":1",  "1::2"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check(texts[i], CONFIG_TEXT, texts[i]);
    }
}

static void integers(void **state) {
    (void)state;
    check("0", CONFIG_INTEGER, "0");
    check("-0", CONFIG_INTEGER, "0");
    check("+12", CONFIG_INTEGER, "12");
    check("-3", CONFIG_INTEGER, "-3");
    check("1_000", CONFIG_INTEGER, "1000");
    check("12345678901234567890123", CONFIG_INTEGER, "12345678901234567890123");
    check("0x1F", CONFIG_INTEGER, "31");
    check("-0x10", CONFIG_INTEGER, "-16");
    check("0x_1F", CONFIG_INTEGER, "31");
    check("017", CONFIG_INTEGER, "15");
    check("-017", CONFIG_INTEGER, "-15");
    check("00", CONFIG_INTEGER, "0");
    check("0b1_0", CONFIG_INTEGER, "2");
    check("190:20:30", CONFIG_INTEGER, "685230");
    check("1:2", CONFIG_INTEGER, "62");
    check("0xFFFFFFFFFFFFFFFF", CONFIG_INTEGER, "18446744073709551615");
    check("0x10000000000000000", CONFIG_TEXT, "0x10000000000000000");
}

static void floats(void **state) {
    (void)state;
    check("1.5", CONFIG_FLOAT, "1.5");
    check("1.", CONFIG_FLOAT, "1.0");
    check(".5", CONFIG_FLOAT, "0.5");
    check("1e3", CONFIG_FLOAT, "1000.0");
    check("1.0E-5", CONFIG_FLOAT, "1.0E-5");
    check("0.001", CONFIG_FLOAT, "0.001");
    check("0.0001", CONFIG_FLOAT, "1.0E-4");
    check("9999999.5", CONFIG_FLOAT, "9999999.5");
    check("1.0e7", CONFIG_FLOAT, "1.0E7");
    check("123456789.5", CONFIG_FLOAT, "1.234567895E8");
    check("1.5e10", CONFIG_FLOAT, "1.5E10");
    check("-0.0", CONFIG_FLOAT, "-0.0");
    check("0.1", CONFIG_FLOAT, "0.1");
    check("1_2.3_4", CONFIG_FLOAT, "12.34");
    check("1:2.5", CONFIG_FLOAT, "62.5");
    check(".inf", CONFIG_FLOAT, "Infinity");
    check("-.INF", CONFIG_FLOAT, "-Infinity");
    check(".NaN", CONFIG_FLOAT, "NaN");
    check("1e400", CONFIG_FLOAT, "Infinity");
}

static void long_ones_are_texts(void **state) {
    (void)state;
    char digits[1001];
    memset(digits, '7', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    check(digits, CONFIG_TEXT, digits);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(integers),
                                       cmocka_unit_test(floats),
                                       cmocka_unit_test(long_ones_are_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
