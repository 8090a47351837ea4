// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The copy on disk: who may read it, that it changes in one step, what is said when it cannot.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config_client/private.h"

static char folder[64];
static char path[128];

static int setup(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/footfall-copy-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/copy.json", folder);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void holds(const char *text) {
    struct buffer reply;
    struct error err = {STATUS_OK, ""};
    buffer_init(&reply, 1 << 20);
    assert_int_equal(config_client_recall(path, &reply, &err), STATUS_OK);
    assert_true(str_equal(buffer_str(&reply), str_from_c(text)));
    buffer_free(&reply);
}

static void test_keep_and_recall(void **state) {
    (void)state;
    struct error err = {STATUS_OK, ""};
    struct stat about;
    assert_int_equal(config_client_keep(path, STR("first"), &err), STATUS_OK);
    holds("first");
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(config_client_keep(path, STR("second one"), &err), STATUS_OK);
    holds("second one");
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(config_client_keep(path, STR(""), &err), STATUS_OK);
    holds("");
}

static void test_what_goes_wrong(void **state) {
    (void)state;
    struct error err = {STATUS_OK, ""};
    struct buffer reply;
    buffer_init(&reply, 100);
    assert_int_equal(config_client_recall(path, &reply, &err), STATUS_NOT_FOUND);
    assert_int_equal(config_client_keep("/tmp/footfall-is-not-there/x", STR("y"), &err), STATUS_IO);
    assert_non_null(strstr(err.text, "No such file"));
    char large[200] = "";
    memset(large, 'x', sizeof large - 1);
    assert_int_equal(config_client_keep(path, str_from_c(large), &err), STATUS_OK);
    assert_int_equal(config_client_recall(path, &reply, &err), STATUS_TOO_LARGE);
    assert_int_equal(config_client_recall(folder, &reply, &err), STATUS_IO);
    buffer_free(&reply);
    char long_path[1200];
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_equal(config_client_keep(long_path, STR("y"), &err), STATUS_TOO_LARGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keep_and_recall, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_goes_wrong, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
