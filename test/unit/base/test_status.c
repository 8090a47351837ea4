// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Every status has a name and a text; a number outside the list is survived.
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_names_come_from_the_list(void **state) {
    (void)state;
    assert_string_equal(status_name(STATUS_OK), "OK");
    assert_string_equal(status_name(STATUS_NO_MEMORY), "NO_MEMORY");
    assert_string_equal(status_name(STATUS_TRUNCATED), "TRUNCATED");
    assert_string_equal(status_text(STATUS_NO_MEMORY), "out of memory");
    assert_string_equal(status_text(STATUS_END), "no more");
}

static void test_numbers_outside_are_unknown(void **state) {
    (void)state;
    assert_string_equal(status_name((enum status)1000), "UNKNOWN");
    assert_string_equal(status_text((enum status)1000), "unknown status");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_come_from_the_list),
        cmocka_unit_test(test_numbers_outside_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
