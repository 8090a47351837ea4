// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Settings: every type, every layer, what is refused and in which words, no memory.
#include "base/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/failing_malloc.h"

static const struct setting table[] = {
    {.key = "name", .type = SETTING_STRING, .fallback = "footfall", .help = "Its name."},
    {.key = "management.listen",
     .alias = "listen",
     .type = SETTING_ADDRESS,
     .fallback = "127.0.0.1:9090",
     .help = "Where the management API listens."},
    {.key = "management.token",
     .type = SETTING_STRING,
     .traits = SETTING_SECRET,
     .help = "Who may."},
    {.key = "management.grace_period",
     .type = SETTING_DURATION,
     .fallback = "30s",
     .min = 500,
     .max = 86400000,
     .help = "How long to drain."},
    {.key = "eventlog.partitions",
     .type = SETTING_INTEGER,
     .fallback = "8",
     .min = 1,
     .max = 1024,
     .help = "Partitions."},
    {.key = "eventlog.segment.size",
     .type = SETTING_BYTES,
     .fallback = "64MiB",
     .min = 65536,
     .max = INT64_C(1) << 40,
     .help = "Bytes of a segment."},
    {.key = "log.level",
     .type = SETTING_CHOICE,
     .choices = "debug|info|error",
     .fallback = "info",
     .help = "How much to say."},
    {.key = "log.colour", .type = SETTING_BOOL, .fallback = "false", .help = "Colours."},
    {.key = "gateway.origins", .type = SETTING_LIST, .fallback = "", .help = "Allowed origins."},
    {.key = "gateway.tls", .type = SETTING_ADDRESS, .fallback = "", .help = "TLS, off if empty."},
    {.key = "admin.secret",
     .type = SETTING_INTEGER,
     .fallback = "1",
     .min = 1,
     .max = 9,
     .traits = SETTING_SECRET,
     .help = "A secret number."},
};
enum { COUNT = sizeof(table) / sizeof(table[0]) };

static struct settings *settings;
static struct error err;

static int setup(void **state) {
    (void)state;
    return settings_make(table, COUNT, &settings) == STATUS_OK ? 0 : -1;
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

static void test_defaults(void **state) {
    const struct str *items;
    (void)state;
    assert_string_equal(settings_string(settings, "name").data, "footfall");
    assert_string_equal(settings_string(settings, "management.token").data, "");
    assert_int_equal(settings_integer(settings, "management.grace_period"), 30000);
    assert_int_equal(settings_integer(settings, "eventlog.segment.size"), 64 << 20);
    assert_false(settings_bool(settings, "log.colour"));
    assert_int_equal(settings_list(settings, "gateway.origins", &items), 0);
    assert_string_equal(settings_origin(settings, "name"), "default");
}

static void test_yaml(void **state) {
    const struct str *items;
    (void)state;
    assert_int_equal(load("# mine\nname: \"a shop\"\nmanagement:\n  listen: '[::1]:80'\n"
                          "management.grace_period: 15m\neventlog: {partitions: 16, segment.size: "
                          "1GiB}\nlog:\n  colour: true\n  level: debug\ngateway:\n  origins:\n"
                          "    - https://a.example\n    - b, c\n"),
                     STATUS_OK);
    assert_string_equal(settings_string(settings, "name").data, "a shop");
    assert_string_equal(settings_string(settings, "management.listen").data, "[::1]:80");
    assert_int_equal(settings_integer(settings, "management.grace_period"), 900000);
    assert_int_equal(settings_integer(settings, "eventlog.partitions"), 16);
    assert_int_equal(settings_integer(settings, "eventlog.segment.size"), 1 << 30);
    assert_true(settings_bool(settings, "log.colour"));
    assert_int_equal(settings_list(settings, "gateway.origins", &items), 2);
    assert_true(str_equal(items[1], STR("b, c")));
    assert_string_equal(settings_origin(settings, "management.listen"), "footfall.yaml:4");
}

static void test_empty_yaml(void **state) {
    static const char *const empty[] = {"", "# nothing\n", "---\n", "---\n...\n", "{}", "~"};
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        assert_int_equal(load(empty[i]), STATUS_OK);
        teardown(state);
        setup(state);
    }
}

static const struct {
    const char *yaml, *text;
} refused_yaml[] = {
    {"\nmanagement:\n  listn: x", "footfall.yaml:3: management.listn: unknown key; did you mean "
                                  "management.listen?"},
    {"managment: {listen: x}", "footfall.yaml:1: managment: unknown key; did you mean management?"},
    {"xyzzy: 1", "footfall.yaml:1: xyzzy: unknown key"},
    {"\"na\\nme!\": 1", "footfall.yaml:1: na?me!: unknown key; did you mean name?"},
    {"eventlog.partitions: many", "footfall.yaml:1: eventlog.partitions: \"many\" is not a whole "
                                  "number from 1 to 1024"},
    {"eventlog.partitions: 0", "footfall.yaml:1: eventlog.partitions: \"0\" is not a whole number "
                               "from 1 to 1024"},
    {"eventlog.partitions: 1025", "\"1025\" is not a whole number"},
    {"eventlog.segment.size: 1KiB", "\"1KiB\" is not a size like 512, 64KiB or 10MiB, from 64KiB "
                                    "to 1TiB"},
    {"eventlog.segment.size: 99999999999TiB", "is not a size"},
    {"eventlog.segment.size: 1MB", "is not a size"},
    {"management.grace_period: 30", "is not a duration like 500ms, 30s, 15m, 24h or 7d, from "
                                    "500ms to 1d"},
    {"management.grace_period: -1s", "is not a duration"},
    {"log.level: loud", "\"loud\" is not one of debug|info|error"},
    {"log.level: debug|info", "is not one of"},
    {"log.colour: yes", "\"yes\" is not true or false"},
    {"management.listen: 8080", "is not an address"},
    {"management.listen: \"\"", "is not an address"},
    {"name: \"a\\0b\"", "is not UTF-8 text without NUL"},
    {"name:", "footfall.yaml:1: name: has no value"},
    {"name: ~", "has no value"},
    {"name: [a]", "is a list, but takes one value"},
    {"name: {a: b}", "takes a value, not keys of its own"},
    {"management: 5", "is a group of settings"},
    {"management: [5]", "is a group of settings"},
    {"gateway.origins: [a, [b]]", "is no text"},
    {"gateway.origins: [a, ~]", "is no text"},
    {"name: a\nlisten: b\n", "listen: unknown key; did you mean"},
    {"name: a\nname: b", "footfall.yaml:2: name: set twice; first in line 1"},
    {"log: {level: info}\n\nlog.level: debug", "footfall.yaml:3: log.level: set twice; first in "
                                               "line 1"},
    {"log: {level: info}\nlog: {colour: true}", "footfall.yaml:2: log: set twice; first in line 1"},
    {"name: &a x", "anchors"},
    {"name: *a", "aliases"},
    {"log: {<<: {level: info}}", "merge keys"},
    {"name: !!binary aGk=", "tags"},
    {"name: a\n---\nname: b", "footfall.yaml:2: a second document"},
    {"- a", "settings are keys and values"},
    {"just text", "settings are keys and values"},
    {"{[a]: b}", "a key must be a plain word"},
    {"gateway.origins: [a\n", "footfall.yaml:2: "},
    {"name: \"a", "footfall.yaml:1: "},
    {"name: \xff", "footfall.yaml:1: "},
    {"\tname: a", "footfall.yaml:1: "},
};

static void test_refused_yaml(void **state) {
    for (size_t i = 0; i < sizeof(refused_yaml) / sizeof(refused_yaml[0]); i++) {
        assert_int_equal(load(refused_yaml[i].yaml), STATUS_INVALID);
        if (!strstr(err.text, refused_yaml[i].text)) {
            fail_msg("%s\n  gave   %s\n  wanted %s", refused_yaml[i].yaml, err.text,
                     refused_yaml[i].text);
        }
        assert_string_equal(settings_string(settings, "name").data, "footfall");
        teardown(state);
        setup(state);
    }
}

static void test_secrets(void **state) {
    struct buffer out;
    (void)state;
    assert_int_equal(load("admin.secret: hunter2"), STATUS_INVALID);
    assert_null(strstr(err.text, "hunter2"));
    char *const flags[] = {(char[]){"--management.token=hunter2"}, (char[]){"--name"},
                           (char[]){"a\"b\n"}};
    char *const wrong[] = {(char[]){"--managment.token=hunter2"}};
    int used = 0;
    assert_int_equal(settings_load_flags(settings, 1, wrong, &used, &err), STATUS_INVALID);
    assert_string_equal(err.text,
                        "--managment.token: unknown flag; did you mean --management.token?");
    assert_int_equal(settings_load_flags(settings, 3, flags, &used, &err), STATUS_OK);
    assert_string_equal(settings_string(settings, "management.token").data, "hunter2");
    buffer_init(&out, 65536);
    settings_print_effective(settings, &out);
    settings_print_help(settings, &out);
    buffer_append_char(&out, '\0');
    assert_int_equal(buffer_status(&out), STATUS_OK);
    assert_null(strstr(out.data, "hunter2"));
    assert_non_null(strstr(out.data, "management.token: \"***\" # flag\n"));
    assert_non_null(strstr(out.data, "name: \"a\\\"b\\x0a\" # flag\n"));
    assert_non_null(strstr(out.data, "eventlog.partitions: 8 # default\n"));
    assert_non_null(strstr(out.data, "  --management.listen, --listen HOST:PORT\n      Where the "
                                     "management API listens. (default 127.0.0.1:9090)\n"));
    buffer_free(&out);
}

static void test_secrets_in_files(void **state) {
    (void)state;
    char path[] = "/tmp/footfall-secret-XXXXXX";
    char flag[100];
    int used = 0;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "hunter2\n\r\n", 10), 10);
    assert_int_equal(close(fd), 0);
    (void)snprintf(flag, sizeof flag, "--management.token=@%s", path);
    char *const flags[] = {flag};
    assert_int_equal(settings_load_flags(settings, 1, flags, &used, &err), STATUS_OK);
    assert_string_equal(settings_string(settings, "management.token").data, "hunter2");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(load("management.token: \"@/nowhere/to/be/found\""), STATUS_INVALID);
    assert_non_null(strstr(err.text, "file /nowhere/to/be/found: No such file"));
    // Only what is secret may stand in a file.
    assert_int_equal(load("name: \"@/nowhere\""), STATUS_OK);
    assert_string_equal(settings_string(settings, "name").data, "@/nowhere");
}

static void test_secret_flags_are_wiped(void **state) {
    (void)state;
    char first[] = "--management.token=hunter2";
    char *const flags[] = {first};
    int used = 0;
    assert_int_equal(settings_load_flags(settings, 1, flags, &used, &err), STATUS_OK);
    assert_string_equal(first, "--management.token=*******");
    assert_string_equal(settings_string(settings, "management.token").data, "hunter2");
}

// What is printed must come back when it is read: a YAML reader folds or refuses these when they stand bare.
static void test_line_breaks_of_unicode_are_printed_escaped(void **state) {
    (void)state;
    static const char value[] =
        "\xc2\x85 \xc2\x9f \xc2\xa0 \xe2\x80\xa8 \xe2\x80\xa9 \xef\xbb\xbf \xef\xbf\xbf \xe2\x82\xac";
    struct buffer out;
    assert_int_equal(load("name: \"\\N \\x9f \\xa0 \\L \\P \\uFEFF \\uFFFF \\u20AC\""), STATUS_OK);
    assert_string_equal(settings_string(settings, "name").data, value);
    buffer_init(&out, 65536);
    settings_print_effective(settings, &out);
    buffer_append_char(&out, '\0');
    assert_int_equal(buffer_status(&out), STATUS_OK);
    assert_non_null(
        strstr(out.data,
               "name: \"\\u0085 \\u009f \xc2\xa0 \\u2028 \\u2029 \\ufeff \\uffff \xe2\x82\xac\""));
    buffer_free(&out);
}

static void test_layers(void **state) {
    char *const flags[] = {(char[]){"--listen"}, (char[]){"a:1"}, (char[]){"--log.colour"},
                           (char[]){"run"}};
    char *const environment[] = {(char[]){"PATH=/bin"},
                                 (char[]){"FOOTFALL_MANAGEMENT_LISTEN=b:2"},
                                 (char[]){"FOOTFALL_MANAGEMENT_GRACE_PERIOD=2s"},
                                 (char[]){"FOOTFALL_GATEWAY_ORIGINS= x , ,y"},
                                 (char[]){"FOOTFALL_CONFIG=/etc/x"},
                                 NULL};
    static const char *const ignored[] = {"FOOTFALL_CONFIG", NULL};
    const struct str *items;
    int used = 0;
    (void)state;
    assert_int_equal(load("management: {listen: 'c:3', grace_period: 3s}\nname: remote"),
                     STATUS_OK);
    assert_int_equal(settings_load_environment(settings, environment, "FOOTFALL_", ignored, &err),
                     STATUS_OK);
    assert_string_equal(settings_string(settings, "management.listen").data, "b:2");
    assert_int_equal(settings_load_flags(settings, 4, flags, &used, &err), STATUS_OK);
    assert_int_equal(used, 3);
    assert_string_equal(settings_string(settings, "management.listen").data, "a:1");
    assert_string_equal(settings_origin(settings, "management.listen"), "flag");
    assert_int_equal(settings_integer(settings, "management.grace_period"), 2000);
    assert_string_equal(settings_origin(settings, "management.grace_period"), "environment");
    assert_string_equal(settings_string(settings, "name").data, "remote");
    assert_true(settings_bool(settings, "log.colour"));
    assert_int_equal(settings_list(settings, "gateway.origins", &items), 2);
    assert_true(str_equal(items[0], STR("x")) && str_equal(items[1], STR("y")));
}

static void test_refused_environment(void **state) {
    char *const unknown[] = {(char[]){"FOOTFALL_MANAGEMENT_LISTN=x"}, NULL};
    char *const wrong[] = {(char[]){"FOOTFALL_EVENTLOG_PARTITIONS=x"}, NULL};
    (void)state;
    assert_int_equal(settings_load_environment(settings, unknown, "FOOTFALL_", NULL, &err),
                     STATUS_INVALID);
    assert_string_equal(err.text, "FOOTFALL_MANAGEMENT_LISTN: no such setting; did you mean "
                                  "FOOTFALL_MANAGEMENT_LISTEN?");
    assert_int_equal(settings_load_environment(settings, wrong, "FOOTFALL_", NULL, &err),
                     STATUS_INVALID);
    assert_string_equal(err.text,
                        "FOOTFALL_EVENTLOG_PARTITIONS: \"x\" is not a whole number from 1 to 1024");
}

static void test_refused_flags(void **state) {
    static const struct {
        const char *first, *second, *text;
    } cases[] = {
        {"--listn=x", NULL, "--listn: unknown flag; did you mean --listen?"},
        {"-x", NULL, "-x: unknown flag"},
        {"--=x", NULL, "--: unknown flag"},
        {"--listen", NULL, "--listen: needs a value"},
        {"--name=a", "--name=b", "--name: given twice"},
        {"--listen=a:1", "--management.listen=b:2", "--management.listen: given twice"},
        {"--log.colour=maybe", NULL, "--log.colour: \"maybe\" is not true or false"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char first[64], second[64];
        snprintf(first, sizeof(first), "%s", cases[i].first);
        snprintf(second, sizeof(second), "%s", cases[i].second ? cases[i].second : "");
        char *const argv[] = {first, second};
        int used = 0;
        assert_int_equal(settings_load_flags(settings, cases[i].second ? 2 : 1, argv, &used, &err),
                         STATUS_INVALID);
        assert_string_equal(err.text, cases[i].text);
    }
    char *const words[] = {(char[]){"--name=a"}, (char[]){"--"}, (char[]){"--name=b"}};
    int used = 0;
    assert_int_equal(settings_load_flags(settings, 3, words, &used, &err), STATUS_OK);
    assert_int_equal(used, 1);
}

static void test_address(void **state) {
    char host[16];
    uint16_t port = 0;
    (void)state;
    assert_int_equal(settings_split_address(STR("[::1]:65535"), host, sizeof(host), &port, &err),
                     STATUS_OK);
    assert_string_equal(host, "::1");
    assert_int_equal(port, 65535);
    assert_int_equal(settings_split_address(STR("host:0"), host, sizeof(host), &port, &err),
                     STATUS_OK);
    assert_string_equal(host, "host");
    static const char *const bad[] = {"",
                                      "host",
                                      "host:",
                                      ":80",
                                      "::1:80",
                                      "[::1]",
                                      "[]:80",
                                      "h:x",
                                      "h:65536",
                                      "[host]:80",
                                      "h:-1",
                                      "[::1:80",
                                      "a-name-longer-than-room:1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
            settings_split_address(str_from_c(bad[i]), host, sizeof(host), &port, &err),
            STATUS_INVALID);
    }
}

static void test_file(void **state) {
    char path[] = "settings-test-XXXXXX";
    (void)state;
    assert_int_equal(settings_load_file(settings, "no-such-file.yaml", &err), STATUS_NOT_FOUND);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const char text[] = "name: from file\n";
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    enum status status = settings_load_file(settings, path, &err);
    close(fd);
    unlink(path);
    assert_int_equal(status, STATUS_OK);
    assert_string_equal(settings_string(settings, "name").data, "from file");
}

static void test_no_memory(void **state) {
    static const char yaml[] = "name: x\ngateway.origins: [a, b, c]\nlog: {level: debug}\n";
    (void)state;
    bool failed = true;
    long refused = 0;
    for (long n = 0; failed; n++) {
        struct settings *made = NULL;
        failing_malloc_arm(n);
        enum status status = settings_make(table, COUNT, &made);
        if (status == STATUS_OK) {
            status = settings_load_text(made, "footfall.yaml", str_from_c(yaml), &err);
        }
        failed = failing_malloc_disarm();
        settings_free(made);
        // The arena asks again for less before it gives up, so that a failure may go unnoticed.
        assert_true(status == STATUS_OK || (failed && status == STATUS_NO_MEMORY));
        refused += status == STATUS_NO_MEMORY;
    }
    assert_true(refused >= 1);
    settings_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_yaml, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_yaml, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_yaml, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secrets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secrets_in_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secret_flags_are_wiped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_breaks_of_unicode_are_printed_escaped, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_layers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_environment, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_flags, setup, teardown),
        cmocka_unit_test_setup_teardown(test_address, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
