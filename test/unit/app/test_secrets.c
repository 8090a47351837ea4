// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a process does about core dumps and debuggers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "app/command.h"
#include "app/secrets.h"

static struct settings *settings_of(int argc, char *const *argv) {
    struct settings *settings = NULL;
    struct error err = {STATUS_OK, ""};
    int used = 0;
    size_t count = 0;
    const struct setting *rows = app_settings_table(&count);
    assert_int_equal(settings_make(rows, count, &settings), STATUS_OK);
    assert_int_equal(settings_load_flags(settings, argc, argv, &used, &err), STATUS_OK);
    return settings;
}

static void a_process_can_be_looked_into_only_when_it_is_asked_for(void **state) {
    (void)state;
    char *const flags[] = {(char[]){"--process.core_dumps"}};
    struct rlimit before;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_CORE, &before), 0);
    assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
    struct settings *settings = settings_of(1, flags);
    app_secrets_seal(settings);
    settings_free(settings);
    assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_cur, before.rlim_cur);
    settings = settings_of(0, flags);
    app_secrets_seal(settings);
    settings_free(settings);
    assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_cur, 0);
    assert_int_equal(limit.rlim_max, 0);
    app_secrets_unseal();
    assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_can_be_looked_into_only_when_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
