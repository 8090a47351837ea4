// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Slices: comparing, cutting, numbers at their limits, every edge of UTF-8, published vectors of both hashes.
#include "base/str.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_compare(void **state) {
    (void)state;
    assert_true(str_equal_ignore_case(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_equal_ignore_case(STR("a["), STR("a{"))); // differ by 0x20 and are no letters
    assert_false(str_equal_ignore_case(STR("ab"), STR("abc")));
    assert_true(str_equal_ignore_case(STR_EMPTY, STR("")));
    assert_true(str_contains_ignore_case(STR("Mozilla GoogleBOT/2.1"), STR("googlebot")));
    assert_true(str_contains_ignore_case(STR("xyz"), STR("Z")));
    assert_true(str_contains_ignore_case(STR_EMPTY, STR_EMPTY));
    assert_false(str_contains_ignore_case(STR("ab"), STR("abc")));
    assert_int_equal(str_compare(STR("a"), STR("ab")), -1);
    assert_int_equal(str_compare(STR("b"), STR("ab")), 1);
    assert_int_equal(str_compare(STR("\x80"), STR("a")), 1);
    assert_int_equal(str_compare(STR_EMPTY, STR("")), 0);
}

static void test_trim_and_cut(void **state) {
    (void)state;
    assert_true(str_equal(str_trim(STR(" \t\r\n a b \v\f")), STR("a b")));
    assert_int_equal(str_trim(STR("  ")).len, 0);
    assert_int_equal(str_trim(STR_EMPTY).len, 0);
    struct str rest = STR("a,,b");
    assert_true(str_equal(str_cut(&rest, ','), STR("a")));
    assert_true(str_equal(str_cut(&rest, ','), STR("")));
    assert_non_null(rest.data);
    assert_true(str_equal(str_cut(&rest, ','), STR("b")));
    assert_null(rest.data);
    assert_int_equal(str_cut(&rest, ',').len, 0);
    struct str ends = STR("a,");
    (void)str_cut(&ends, ',');
    assert_true(ends.data != NULL && ends.len == 0); // something empty stands behind the separator
}

static void test_numbers(void **state) {
    (void)state;
    int64_t i = 7;
    uint64_t u = 7;
    assert_true(str_to_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(str_to_i64(STR("9223372036854775807"), &i) && i == INT64_MAX);
    assert_true(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_true(str_to_u64(STR("000"), &u) && u == 0);
    assert_true(str_to_i64(STR("-0"), &i) && i == 0);
    i = 7;
    u = 7;
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1x",
                                      "0x1",
                                      "--1",
                                      "1.0",
                                      "9223372036854775808",
                                      "-9223372036854775809"};
    for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        assert_false(str_to_i64(str_from_c(bad[n]), &i));
    }
    assert_false(str_to_u64(STR("18446744073709551616"), &u));
    assert_false(str_to_u64(STR("99999999999999999999"), &u));
    assert_false(str_to_u64(STR("-1"), &u));
    assert_true(i == 7 && u == 7);
}

// What RFC 3629 says, written the other way round: decode, then judge the number.
static bool decodes(const unsigned char *p, size_t len) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t want = p[0] < 0x80       ? 1
                  : p[0] >> 5 == 6  ? 2
                  : p[0] >> 4 == 14 ? 3
                  : p[0] >> 3 == 30 ? 4
                                    : 0;
    if (want == 0 || want != len) {
        return false;
    }
    uint32_t value = want == 1 ? p[0] : p[0] & (0xFFU >> (want + 1));
    for (size_t i = 1; i < len; i++) {
        if (p[i] >> 6 != 2) {
            return false;
        }
        value = value << 6 | (p[i] & 0x3F);
    }
    return value >= least[want] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

static void test_utf8_every_lead_and_second_byte(void **state) {
    (void)state;
    static const unsigned char thirds[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0xBF, 0xC0, 0xFF};
    for (unsigned first = 0xC0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            unsigned char p[4] = {(unsigned char)first, (unsigned char)second, 0, 0};
            assert_int_equal(str_is_utf8(str_make((char *)p, 2)), decodes(p, 2));
            for (size_t t = 0; t < sizeof thirds; t++) {
                p[2] = thirds[t];
                // An ASCII third byte may follow a whole character of two.
                bool two = decodes(p, 2) && p[2] < 0x80;
                assert_int_equal(str_is_utf8(str_make((char *)p, 3)), two || decodes(p, 3));
                for (size_t f = 0; f < sizeof thirds; f++) {
                    p[3] = thirds[f];
                    bool parts =
                        (decodes(p, 2) && (decodes(p + 2, 2) || (p[2] < 0x80 && p[3] < 0x80))) ||
                        (decodes(p, 3) && p[3] < 0x80);
                    assert_int_equal(str_is_utf8(str_make((char *)p, 4)), parts || decodes(p, 4));
                }
            }
        }
    }
}

static void test_utf8_at_every_place(void **state) {
    (void)state;
    // The fast path looks at 16 bytes at a time: a bad byte or a good letter must be seen wherever it stands. The copy is
    // exactly as long as it says, so that a sanitizer sees a read too far.
    for (size_t len = 1; len < 70; len++) {
        char *text = malloc(len);
        assert_non_null(text);
        memset(text, 'a', len);
        assert_true(str_is_utf8(str_make(text, len)));
        for (size_t at = 0; at < len; at++) {
            text[at] = (char)0x80;
            assert_false(str_is_utf8(str_make(text, len)));
            text[at] = (char)0xC3;
            assert_false(str_is_utf8(str_make(text, len)));
            if (at + 1 < len) {
                text[at + 1] = (char)0xA4;
                assert_true(str_is_utf8(str_make(text, len)));
                text[at + 1] = 'a';
            }
            text[at] = 'a';
        }
        free(text);
    }
    assert_true(str_is_utf8(STR_EMPTY));
    assert_true(str_is_utf8(STR("a\0b")));
}

static void test_hash_vectors(void **state) {
    (void)state;
    assert_true(str_hash(STR_EMPTY, 0) == UINT64_C(0xEF46DB3751D8E999));
    assert_true(str_hash(STR("a"), 0) == UINT64_C(0xD24EC4F1A98C6E5B));
    assert_true(str_hash(STR("abc"), 0) == UINT64_C(0x44BC2CF5AD770999));
    assert_true(str_hash(STR("abc"), 1) != str_hash(STR("abc"), 0));
    // 32 bytes and more go by stripes.
    assert_true(str_hash(STR("Nobody inspects the spammish repetition"), 0) ==
                UINT64_C(0xFBCEA83C8A378BF1));
}

static void test_murmur2_as_kafka(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int32_t hash;
    } vectors[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        assert_int_equal((int32_t)str_murmur2(str_from_c(vectors[i].text)), vectors[i].hash);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_trim_and_cut),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_utf8_every_lead_and_second_byte),
        cmocka_unit_test(test_utf8_at_every_place),
        cmocka_unit_test(test_hash_vectors),
        cmocka_unit_test(test_murmur2_as_kafka),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
