// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Tokens against vectors that Cassandra gave, and routing keys of bound values.
#include "cql/token.h"

#include <stdlib.h>

#include "cql/values.h"
#include "replies.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_vectors(void **state) {
    (void)state;
    assert_true(cql_token(STR("test")) == INT64_C(-6017608668500074083));
    // An implementation with unsigned bytes gives 5170069825885792609, and no ASCII text shows it.
    assert_true(cql_token(STR("kremówki")) == INT64_C(4354931215268080151));
    struct buffer bytes;
    buffer_init(&bytes, 100);
    put_hex(&bytes, "00104327529fb645dd00b883ec39ae448bb800000400066a6b00");
    assert_true(cql_token(buffer_str(&bytes)) == INT64_C(-9223371632693506265));
    buffer_free(&bytes);
}

static void test_no_byte_beyond_is_read(void **state) {
    (void)state;
    char bytes[40];
    memset(bytes, 0x80, sizeof bytes);
    int64_t last = 0;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        char *copy = exact_copy(str_make(bytes, len));
        int64_t token = cql_token(str_make(copy, len));
        assert_true(token != last || len == 0);
        assert_true(token != INT64_MIN);
        last = token;
        free(copy);
    }
    assert_true(cql_token(STR_EMPTY) == 0);
}

struct bound {
    struct buffer out;
    struct buffer scratch;
    struct cql_values values;
};

static void bind_some(struct bound *bound) {
    buffer_init(&bound->out, 1 << 20);
    buffer_init(&bound->scratch, 1 << 20);
    cql_values_begin(&bound->values, &bound->out);
    cql_bind_text(&bound->values, STR("user"));
    cql_bind_int(&bound->values, 258);
    cql_bind_null(&bound->values);
    cql_bind_unset(&bound->values);
    cql_bind_text(&bound->values, STR(""));
}

static void bound_free(struct bound *bound) {
    buffer_free(&bound->out);
    buffer_free(&bound->scratch);
}

static enum status key_of(struct bound *bound, const uint16_t *parts, size_t count,
                          struct str *key) {
    return cql_routing_key(cql_values_bytes(&bound->values), bound->values.count, parts, count,
                           &bound->scratch, key);
}

static void test_key_of_one_part_is_the_value(void **state) {
    (void)state;
    struct bound bound;
    struct str key;
    bind_some(&bound);
    uint16_t part = 0;
    assert_int_equal(key_of(&bound, &part, 1, &key), STATUS_OK);
    assert_true(str_equal(key, STR("user")));
    assert_ptr_equal(key.data, bound.out.data + 4); // not copied
    part = 4;
    assert_int_equal(key_of(&bound, &part, 1, &key), STATUS_OK);
    assert_true(key.data != NULL && key.len == 0);
    for (part = 2; part <= 3; part++) {
        assert_int_equal(key_of(&bound, &part, 1, &key), STATUS_NOT_FOUND);
    }
    part = 5;
    assert_int_equal(key_of(&bound, &part, 1, &key), STATUS_NOT_FOUND);
    assert_int_equal(key_of(&bound, &part, 0, &key), STATUS_NOT_FOUND);
    bound_free(&bound);
}

static void test_key_of_many_parts(void **state) {
    (void)state;
    struct bound bound;
    struct str key;
    bind_some(&bound);
    const uint16_t parts[] = {1, 0, 4};
    for (int i = 0; i < 2; i++) { // scratch is used again
        assert_int_equal(key_of(&bound, parts, 3, &key), STATUS_OK);
        assert_int_equal(key.len, 7 + 7 + 3);
        assert_memory_equal(key.data, "\0\4\0\0\1\2\0\0\4user\0\0\0\0", key.len);
    }
    const uint16_t null_inside[] = {1, 2};
    assert_int_equal(key_of(&bound, null_inside, 2, &key), STATUS_NOT_FOUND);
    const uint16_t beyond[] = {1, 9};
    assert_int_equal(key_of(&bound, beyond, 2, &key), STATUS_NOT_FOUND);
    bound_free(&bound);
}

static void test_key_of_bad_values(void **state) {
    (void)state;
    struct bound bound;
    struct str key;
    bind_some(&bound);
    const uint16_t parts[] = {1, 0};
    struct str values = cql_values_bytes(&bound.values);
    for (size_t len = 0; len < 16; len++) {
        char *cut = exact_copy(str_make(values.data, len));
        assert_int_equal(cql_routing_key(str_make(cut, len), 5, parts, 2, &bound.scratch, &key),
                         STATUS_CORRUPT);
        free(cut);
    }
    bound_free(&bound);
    // A part longer than its length field can say.
    bind_some(&bound);
    char *big = calloc(1, 65536);
    assert_non_null(big);
    cql_values_begin(&bound.values, &bound.out);
    cql_bind_blob(&bound.values, str_make(big, 65536));
    cql_bind_blob(&bound.values, str_make(big, 65535));
    assert_int_equal(key_of(&bound, parts, 2, &key), STATUS_TOO_LARGE);
    assert_int_equal(key_of(&bound, parts, 1, &key), STATUS_OK);
    const uint16_t same[] = {1, 1};
    assert_int_equal(key_of(&bound, same, 2, &key), STATUS_OK);
    assert_int_equal(key.len, 2 * 65538);
    free(big);
    bound_free(&bound);
    bind_some(&bound);
    failing_malloc_arm(0);
    assert_int_equal(key_of(&bound, parts, 2, &key), STATUS_NO_MEMORY);
    assert_true(failing_malloc_disarm());
    assert_int_equal(key_of(&bound, parts, 2, &key), STATUS_OK);
    bound_free(&bound);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_no_byte_beyond_is_read),
        cmocka_unit_test(test_key_of_one_part_is_the_value),
        cmocka_unit_test(test_key_of_many_parts),
        cmocka_unit_test(test_key_of_bad_values),
    };
    return cmocka_run_group_tests_name("cql token", tests, NULL, NULL);
}
