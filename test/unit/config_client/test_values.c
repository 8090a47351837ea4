// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Keys and values as Spring lets people write them, and what a server is called.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "config_client/private.h"

static struct arena arena;

static const struct setting boolean = {.key = "b", .type = SETTING_BOOL};
static const struct setting choice = {
    .key = "c", .type = SETTING_CHOICE, .choices = "off|info|1.3"};
static const struct setting bytes = {.key = "s", .type = SETTING_BYTES};
static const struct setting duration = {.key = "d", .type = SETTING_DURATION};
static const struct setting text = {.key = "t", .type = SETTING_STRING};
static const struct setting number = {.key = "n", .type = SETTING_INTEGER};

static void becomes(const struct setting *setting, const char *written, const char *read) {
    struct str out = config_client_coerce(setting, str_from_c(written), &arena);
    if (!str_equal(out, str_from_c(read))) {
        fail_msg("%s became %.*s", written, STR_ARG(out));
    }
}

static void test_values(void **state) {
    (void)state;
    static const char *const yes[] = {"true", "TRUE", "on", "Yes", "1", " true "};
    static const char *const no[] = {"false", "OFF", "no", "0"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        becomes(&boolean, yes[i], "true");
    }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        becomes(&boolean, no[i], "false");
    }
    becomes(&boolean, "y", "y");
    becomes(&choice, "INFO", "info");
    becomes(&choice, "1.3", "1.3");
    becomes(&choice, "loud", "loud");
    becomes(&text, " as it is ", " as it is ");
    becomes(&number, " 12 ", "12");
}

static void test_sizes(void **state) {
    (void)state;
    becomes(&bytes, "10MB", "10MiB");
    becomes(&bytes, "1KB", "1KiB");
    becomes(&bytes, "2TB", "2TiB");
    becomes(&bytes, "10B", "10");
    becomes(&bytes, "10MiB", "10MiB");
    becomes(&bytes, "4096", "4096");
    becomes(&bytes, "MB", "MB");
    becomes(&bytes, "10PB", "10PB");
    becomes(&bytes, "-1MB", "-1MB");
    becomes(&bytes, "B", "B");
}

static void test_durations(void **state) {
    (void)state;
    becomes(&duration, "1500", "1500ms");
    becomes(&duration, "10s", "10s");
    becomes(&duration, "PT10S", "10000ms");
    becomes(&duration, "pt1h30m", "5400000ms");
    becomes(&duration, "P2D", "172800000ms");
    becomes(&duration, "P1DT1S", "86401000ms");
    static const char *const wrong[] = {"PT",
                                        "P",
                                        "PT1",
                                        "P1H",
                                        "PT1D",
                                        "PT0.5S",
                                        "PT-1S",
                                        "PTT1S",
                                        "-1",
                                        "PT1S ago",
                                        "P99999999999999999999D",
                                        "P9223372036854775807D"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        becomes(&duration, wrong[i], wrong[i]);
    }
}

static void test_keys(void **state) {
    (void)state;
    static const struct setting table[] = {
        {.key = "http.idle_timeout"}, {.key = "http.idle"}, {.key = "rules[].request_headers.set"}};
    static const struct {
        const char *written, *key;
    } rows[] = {
        {"http.idle_timeout", "http.idle_timeout"},
        {"http.idle-timeout", "http.idle_timeout"},
        {"http.idleTimeout", "http.idle_timeout"},
        {"HTTP.IDLE_TIMEOUT", "http.idle_timeout"},
        {"http.idle", "http.idle"},
        {"rules[].requestHeaders.set", "rules[].request_headers.set"},
        {"http.idle.timeout", NULL},
        {"http.idl", NULL},
        {"http.idle-", "http.idle"},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *key = config_client_find_key(table, 3, str_from_c(rows[i].written));
        if (rows[i].key) {
            assert_non_null(key);
            assert_string_equal(key, rows[i].key);
        } else {
            assert_null(key);
        }
    }
}

static void test_servers_are_shown_without_their_users(void **state) {
    (void)state;
    static const struct {
        const char *url, *shown;
    } rows[] = {
        {"http://host:8888", "http://host:8888"},
        {"http://user:pass@host:8888/base", "http://host:8888/base"},
        {"https://user:p@ss@host", "https://host"},
        {"http://host/a@b", "http://host/a@b"},
        {"user:pass@host", "host"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char shown[256];
        config_client_show(str_from_c(rows[i].url), shown);
        assert_string_equal(shown, rows[i].shown);
    }
}

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_servers_are_shown_without_their_users),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
