// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Buffers: whole appends or none, the maximum, the failure that sticks.
#include "base/buffer.h"

#include <math.h>
#include <stdlib.h>

#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_appends_add_up(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000000);
    assert_true(str_equal(buffer_str(&buffer), STR("")));
    buffer_append(&buffer, NULL, 0);
    buffer_append(&buffer, "ab", 2);
    buffer_append_str(&buffer, STR("cd"));
    buffer_append_str(&buffer, STR_EMPTY);
    buffer_append_char(&buffer, 'e');
    buffer_printf(&buffer, "[%d]", 42);
    assert_true(str_equal(buffer_str(&buffer), STR("abcde[42]")));
    for (int i = 0; i < 10000; i++) {
        buffer_append(&buffer, "0123456789", 10);
    }
    assert_int_equal(buffer_status(&buffer), STATUS_OK);
    assert_int_equal(buffer.len, 100009);
    assert_memory_equal(buffer.data + 99999, "0123456789", 10);
    buffer_free(&buffer);
    assert_int_equal(buffer.max, 1000000);
    buffer_append_char(&buffer, 'x');
    assert_true(str_equal(buffer_str(&buffer), STR("x")));
    buffer_free(&buffer);
}

static void test_maximum_is_exact_and_failure_sticks(void **state) {
    (void)state;
    for (size_t max = 0; max < 300; max += 13) {
        struct buffer buffer;
        buffer_init(&buffer, max);
        for (size_t i = 0; i < max; i++) {
            buffer_append_char(&buffer, 'a');
        }
        assert_int_equal(buffer_status(&buffer), STATUS_OK);
        assert_true(buffer.len == max && buffer.capacity <= max);
        buffer_append_char(&buffer, 'b');
        assert_int_equal(buffer_status(&buffer), STATUS_TOO_LARGE);
        assert_int_equal(buffer.len, max);
        buffer_clear(&buffer);
        assert_int_equal(buffer_status(&buffer), STATUS_OK);
        buffer_append(&buffer, "", 0);
        assert_int_equal(buffer_status(&buffer), STATUS_OK);
        buffer_free(&buffer);
    }
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_append_str(&buffer, STR("12345"));
    buffer_append_str(&buffer, STR("123456")); // one too many: none of it goes in
    buffer_append_str(&buffer, STR("x"));      // would fit, but the document is no longer whole
    assert_int_equal(buffer_reserve(&buffer, 1), STATUS_TOO_LARGE);
    assert_true(str_equal(buffer_str(&buffer), STR("12345")));
    buffer_free(&buffer);
}

static void test_reserve_refuses_sizes_that_overflow(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX);
    buffer_append_str(&buffer, STR("12345"));
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX - 4), STATUS_TOO_LARGE);
    buffer_free(&buffer);
}

static void test_printf_up_to_the_maximum(void **state) {
    (void)state;
    for (int len = 500; len < 530; len++) {
        struct buffer buffer;
        buffer_init(&buffer, (size_t)len);
        buffer_printf(&buffer, "%0*d", len, 7);
        assert_int_equal(buffer_status(&buffer), STATUS_OK);
        assert_int_equal(buffer.len, len);
        assert_int_equal(buffer.data[len - 1], '7');
        buffer_clear(&buffer);
        buffer_printf(&buffer, "%0*d", len + 1, 7);
        assert_int_equal(buffer_status(&buffer), STATUS_TOO_LARGE);
        assert_int_equal(buffer.len, 0);
        buffer_free(&buffer);
    }
}

static void expect_integer(int64_t value, const char *text) {
    struct buffer buffer;
    buffer_init(&buffer, 20);
    buffer_append_i64(&buffer, value);
    assert_true(str_equal(buffer_str(&buffer), str_from_c(text)));
    buffer_free(&buffer);
}

static void test_integers(void **state) {
    (void)state;
    expect_integer(0, "0");
    expect_integer(-1, "-1");
    expect_integer(1234567890, "1234567890");
    expect_integer(INT64_MAX, "9223372036854775807");
    expect_integer(INT64_MIN, "-9223372036854775808");
    struct buffer buffer;
    buffer_init(&buffer, 20);
    buffer_append_u64(&buffer, UINT64_MAX);
    assert_true(str_equal(buffer_str(&buffer), STR("18446744073709551615")));
    buffer_free(&buffer);
}

static void expect_double(double value, const char *text) {
    struct buffer buffer;
    buffer_init(&buffer, 100);
    buffer_append_double(&buffer, value);
    assert_true(str_equal(buffer_str(&buffer), str_from_c(text)));
    buffer_free(&buffer);
}

static void test_doubles_read_back_the_same(void **state) {
    (void)state;
    expect_double(0.1, "0.1");
    expect_double(1, "1");
    expect_double(-2.5, "-2.5");
    expect_double(0.1 + 0.2, "0.30000000000000004");
    expect_double((double)NAN, "nan");
    expect_double((double)-INFINITY, "-inf");
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        bits = bits * UINT64_C(6364136223846793005) + 1442695040888963407;
        double value;
        memcpy(&value, &bits, sizeof value);
        struct buffer buffer;
        buffer_init(&buffer, 100);
        buffer_append_double(&buffer, value);
        buffer_append_char(&buffer, '\0');
        assert_true(isnan(value) || strtod(buffer.data, NULL) == value);
        buffer_free(&buffer);
    }
}

static void test_consume(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100);
    buffer_consume(&buffer, 0);
    buffer_append_str(&buffer, STR("abcdef"));
    buffer_consume(&buffer, 2);
    assert_true(str_equal(buffer_str(&buffer), STR("cdef")));
    buffer_consume(&buffer, 4);
    assert_int_equal(buffer.len, 0);
    buffer_free(&buffer);
}

static void test_fixed_never_allocates(void **state) {
    (void)state;
    char bytes[8];
    struct buffer buffer;
    buffer_init_fixed(&buffer, bytes, sizeof bytes);
    failing_malloc_arm(0);
    buffer_append_str(&buffer, STR("12345678"));
    assert_int_equal(buffer_status(&buffer), STATUS_OK);
    buffer_append_char(&buffer, '9');
    assert_false(failing_malloc_disarm());
    assert_int_equal(buffer_status(&buffer), STATUS_TOO_LARGE);
}

static void test_every_allocation_may_fail(void **state) {
    (void)state;
    long n = 0;
    for (;; n++) {
        struct buffer buffer;
        buffer_init(&buffer, 100000);
        failing_malloc_arm(n);
        for (int i = 0; i < 1000; i++) {
            buffer_append(&buffer, "0123456789", 10);
        }
        buffer_printf(&buffer, "%0600d", 1);
        bool failed = failing_malloc_disarm();
        assert_int_equal(buffer_status(&buffer), failed ? STATUS_NO_MEMORY : STATUS_OK);
        assert_int_equal(buffer.len % 10, 0);
        buffer_free(&buffer);
        if (!failed) {
            break;
        }
    }
    assert_true(n > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends_add_up),
        cmocka_unit_test(test_maximum_is_exact_and_failure_sticks),
        cmocka_unit_test(test_reserve_refuses_sizes_that_overflow),
        cmocka_unit_test(test_printf_up_to_the_maximum),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_doubles_read_back_the_same),
        cmocka_unit_test(test_consume),
        cmocka_unit_test(test_fixed_never_allocates),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
