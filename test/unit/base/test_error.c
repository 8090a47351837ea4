// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Error texts end in NUL, are valid UTF-8 and may wrap themselves.
#include "base/error.h"

#include <string.h>

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_status_comes_back(void **state) {
    (void)state;
    struct error err;
    assert_int_equal(error_set(&err, STATUS_IO, "disk %d: %s", 3, "gone"), STATUS_IO);
    assert_int_equal(err.status, STATUS_IO);
    assert_string_equal(err.text, "disk 3: gone");
    assert_int_equal(error_set(NULL, STATUS_FULL, "nobody listens"), STATUS_FULL);
}

static void test_text_may_wrap_itself(void **state) {
    (void)state;
    struct error err;
    error_set(&err, STATUS_IO, "inner");
    error_set(&err, STATUS_CORRUPT, "outer: %s", err.text);
    assert_string_equal(err.text, "outer: inner");
}

static void test_long_text_is_cut_between_characters(void **state) {
    (void)state;
    static const char *const letters[] = {"a", "\u00e4", "\u20ac", "\U0001f600"};
    for (size_t lead = 0; lead < 5; lead++) {
        for (size_t l = 0; l < 4; l++) {
            char text[1200] = "....";
            text[lead] = '\0';
            while (strlen(text) < 600) {
                memcpy(text + strlen(text), letters[l], strlen(letters[l]) + 1);
            }
            struct error err;
            error_set(&err, STATUS_INVALID, "%s", text);
            size_t len = strlen(err.text);
            assert_true(len <= sizeof err.text - 1 && len >= sizeof err.text - 4);
            assert_true(str_is_utf8(str_from_c(err.text)));
            assert_memory_equal(err.text, text, len);
        }
    }
}

static void test_bytes_that_are_no_utf8_are_shown_as_question_marks(void **state) {
    (void)state;
    struct error err;
    error_set(&err, STATUS_INVALID, "bad %s.", "\xff\xfe");
    assert_string_equal(err.text, "bad ??.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_comes_back),
        cmocka_unit_test(test_text_may_wrap_itself),
        cmocka_unit_test(test_long_text_is_cut_between_characters),
        cmocka_unit_test(test_bytes_that_are_no_utf8_are_shown_as_question_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
