// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A check that fails stops the process and says where.
#include "base/check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_holding_condition_costs_nothing(void **state) {
    (void)state;
    CHECK(1 + 1 == 2);
}

static void test_broken_condition_aborts(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        check_failed("water > wine", "cana.c", 11);
    }
    close(ends[1]);
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
    char text[200] = "";
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    assert_non_null(strstr(text, "check failed: water > wine (cana.c:11)"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holding_condition_costs_nothing),
        cmocka_unit_test(test_broken_condition_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
