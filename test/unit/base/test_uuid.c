// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// UUIDs: what version 7 carries, and texts that come back byte for byte.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/uuid.h"

static void test_uuid_carries_time_version_and_variant(void **state) {
    (void)state;
    char text[UUID_TEXT_LEN + 1];
    // RFC 9562, appendix A.6: that time in the first 48 bits.
    uuid_v7(INT64_C(0x017F22E279B0), random_system(), text);
    assert_int_equal(strlen(text), UUID_TEXT_LEN);
    assert_memory_equal(text, "017f22e2-79b0-7", 15);
    assert_non_null(strchr("89ab", text[19]));
    assert_true(text[18] == '-' && text[23] == '-');
    assert_int_equal(strspn(text, "0123456789abcdef-"), UUID_TEXT_LEN);
    char later[UUID_TEXT_LEN + 1];
    uuid_v7(INT64_C(0x017F22E279B1), random_system(), later);
    assert_true(strcmp(text, later) < 0);
    uuid_v7(-5, random_system(), later);
    assert_memory_equal(later, "00000000-0000-7", 15);
}

static void test_text_and_bytes_stand_for_each_other(void **state) {
    (void)state;
    static const char text[] = "01a20750-df9f-77ca-b942-77c4dc846679";
    static const uint8_t expected[UUID_BYTES] = {0x01, 0xa2, 0x07, 0x50, 0xdf, 0x9f, 0x77, 0xca,
                                                 0xb9, 0x42, 0x77, 0xc4, 0xdc, 0x84, 0x66, 0x79};
    uint8_t bytes[UUID_BYTES];
    char back[UUID_TEXT_LEN];
    assert_true(uuid_read(text, bytes));
    assert_memory_equal(bytes, expected, UUID_BYTES);
    uuid_write(bytes, back);
    assert_memory_equal(back, text, UUID_TEXT_LEN);
}

// Every other form, upper case included, would not come back as it was.
static void test_other_forms_are_refused(void **state) {
    (void)state;
    static const char text[] = "01a20750-df9f-77ca-b942-77c4dc846679";
    static const char wrong[] = "AFgG:/`-\0\xff ";
    uint8_t bytes[UUID_BYTES];
    for (size_t at = 0; at < UUID_TEXT_LEN; at++) {
        for (size_t i = 0; i < sizeof wrong - 1; i++) {
            char changed[UUID_TEXT_LEN];
            memcpy(changed, text, UUID_TEXT_LEN);
            changed[at] = wrong[i];
            assert_int_equal(uuid_read(changed, bytes), text[at] == wrong[i]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uuid_carries_time_version_and_variant),
        cmocka_unit_test(test_text_and_bytes_stand_for_each_other),
        cmocka_unit_test(test_other_forms_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
