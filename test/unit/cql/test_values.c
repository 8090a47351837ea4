// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Values: the bytes of each type at its extremes and back, nested collections, what is cut off or has the wrong length.
#include "cql/values.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "replies.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct list {
    struct buffer out;
    struct cql_values values;
};

static void begin(struct list *list) {
    buffer_init(&list->out, 1 << 20);
    cql_values_begin(&list->values, &list->out);
}

// The list is exactly these bytes; it begins anew.
static void assert_bytes(struct list *list, const char *hex) {
    struct buffer expected;
    buffer_init(&expected, 10000);
    put_hex(&expected, hex);
    assert_int_equal(buffer_status(&list->out), STATUS_OK);
    struct str got = cql_values_bytes(&list->values);
    if (!str_equal(got, buffer_str(&expected))) {
        print_error("expected %s, got %zu bytes:", hex, got.len);
        for (size_t i = 0; i < got.len; i++) {
            print_error(" %02x", (uint8_t)got.data[i]);
        }
        fail();
    }
    buffer_free(&expected);
    buffer_clear(&list->out);
    cql_values_begin(&list->values, &list->out);
}

static void test_bytes_of_fixed_types(void **state) {
    (void)state;
    struct list list;
    begin(&list);
    struct cql_values *values = &list.values;
    cql_bind_bigint(values, INT64_MIN);
    cql_bind_bigint(values, INT64_MAX);
    assert_int_equal(values->count, 2);
    assert_bytes(&list, "00000008 8000000000000000 00000008 7fffffffffffffff");
    cql_bind_timestamp(values, -1);
    assert_bytes(&list, "00000008 ffffffffffffffff");
    cql_bind_int(values, INT32_MIN);
    cql_bind_int(values, INT32_MAX);
    assert_bytes(&list, "00000004 80000000 00000004 7fffffff");
    cql_bind_smallint(values, INT16_MIN);
    cql_bind_smallint(values, INT16_MAX);
    assert_bytes(&list, "00000002 8000 00000002 7fff");
    cql_bind_tinyint(values, INT8_MIN);
    cql_bind_tinyint(values, INT8_MAX);
    assert_bytes(&list, "00000001 80 00000001 7f");
    cql_bind_boolean(values, true);
    cql_bind_boolean(values, false);
    assert_bytes(&list, "00000001 01 00000001 00");
    cql_bind_double(values, -0.0);
    cql_bind_double(values, HUGE_VAL);
    cql_bind_double(values, 1.5);
    assert_bytes(&list, "00000008 8000000000000000 00000008 7ff0000000000000 "
                        "00000008 3ff8000000000000");
    cql_bind_float(values, -1.5F);
    assert_bytes(&list, "00000004 bfc00000");
    cql_bind_date(values, 0);
    cql_bind_date(values, -1);
    cql_bind_date(values, INT32_MIN);
    cql_bind_date(values, INT32_MAX);
    assert_bytes(&list, "00000004 80000000 00000004 7fffffff 00000004 00000000 00000004 ffffffff");
    buffer_free(&list.out);
}

static void test_bytes_of_the_others(void **state) {
    (void)state;
    struct list list;
    begin(&list);
    struct cql_values *values = &list.values;
    cql_bind_null(values);
    cql_bind_unset(values);
    cql_bind_text(values, STR_EMPTY);
    cql_bind_text(values, STR(""));
    cql_bind_blob(values, STR_EMPTY);
    cql_bind_blob(values, str_make("\0\xff", 2));
    cql_bind_text(values, STR("kremówki"));
    assert_int_equal(values->count, 7);
    assert_bytes(&list, "ffffffff fffffffe ffffffff 00000000 ffffffff 00000002 00ff"
                        "00000009 6b72656dc3b3776b69");
    const uint8_t uuid[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};
    cql_bind_uuid(values, uuid);
    cql_bind_inet(values, uuid, 4);
    cql_bind_inet(values, uuid, 16);
    assert_bytes(&list, "00000010 000102030405060708090a0b0c0d0eff 00000004 00010203"
                        "00000010 000102030405060708090a0b0c0d0eff");
    static const struct {
        int64_t value;
        const char *hex;
    } varints[] = {
        {0, "00000001 00"},
        {127, "00000001 7f"},
        {128, "00000002 0080"},
        {-128, "00000001 80"},
        {-129, "00000002 ff7f"},
        {INT32_MAX, "00000004 7fffffff"},
        {INT64_C(1) << 55, "00000008 0080000000000000"},
        {INT64_MAX, "00000008 7fffffffffffffff"},
        {INT64_MIN, "00000008 8000000000000000"},
    };
    for (size_t i = 0; i < sizeof varints / sizeof varints[0]; i++) {
        cql_bind_varint(values, varints[i].value);
        assert_bytes(&list, varints[i].hex);
    }
    cql_bind_decimal(values, -2, -300);
    assert_bytes(&list, "00000006 fffffffe fed4");
    buffer_free(&list.out);
}

static void test_bytes_of_collections(void **state) {
    (void)state;
    struct list list;
    begin(&list);
    struct cql_values *values = &list.values;
    struct cql_collection empty = cql_bind_begin_collection(values);
    cql_bind_end(values, empty, 0);
    assert_int_equal(values->count, 1);
    // map<int, frozen<list<tinyint>>> {1: [2, 3], 4: []}
    struct cql_collection map = cql_bind_begin_collection(values);
    cql_bind_int(values, 1);
    struct cql_collection inner = cql_bind_begin_collection(values);
    cql_bind_tinyint(values, 2);
    cql_bind_tinyint(values, 3);
    cql_bind_end(values, inner, 2);
    cql_bind_int(values, 4);
    inner = cql_bind_begin_collection(values);
    cql_bind_end(values, inner, 0);
    cql_bind_end(values, map, 2);
    struct cql_collection tuple = cql_bind_begin_tuple(values);
    cql_bind_null(values);
    cql_bind_boolean(values, true);
    cql_bind_end(values, tuple, 2);
    assert_int_equal(values->count, 3);
    assert_int_equal(values->depth, 0);
    assert_bytes(&list, "00000004 00000000"
                        "0000002e 00000002"
                        "00000004 00000001 0000000e 00000002 00000001 02 00000001 03"
                        "00000004 00000004 00000004 00000000"
                        "00000009 ffffffff 00000001 01");
    buffer_free(&list.out);
}

static void test_lists_share_a_buffer(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    struct cql_values first;
    struct cql_values second;
    cql_values_begin(&first, &out);
    assert_int_equal(cql_values_bytes(&first).len, 0);
    cql_bind_int(&first, 1);
    struct str bytes = cql_values_bytes(&first);
    assert_int_equal(bytes.len, 8);
    cql_values_begin(&second, &out);
    cql_bind_tinyint(&second, 2);
    assert_int_equal(second.count, 1);
    assert_int_equal(cql_values_bytes(&second).len, 5);
    assert_memory_equal(cql_values_bytes(&second).data, "\0\0\0\1\2", 5);
    buffer_free(&out);
}

static void test_more_values_than_a_statement_can_have(void **state) {
    (void)state;
    struct list list;
    begin(&list);
    // Elements may be more.
    struct cql_collection collection = cql_bind_begin_collection(&list.values);
    for (int32_t i = 0; i < 70000; i++) {
        cql_bind_boolean(&list.values, true);
    }
    cql_bind_end(&list.values, collection, 70000);
    assert_int_equal(buffer_status(&list.out), STATUS_OK);
    assert_int_equal(list.values.count, 1);
    struct cql_value value = {cql_values_bytes(&list.values)};
    value.bytes = str_make(value.bytes.data + 4, value.bytes.len - 4);
    struct cql_elements elements;
    int32_t count = 0;
    assert_int_equal(cql_get_collection(value, &elements, &count), STATUS_OK);
    assert_int_equal(count, 70000);

    buffer_clear(&list.out);
    cql_values_begin(&list.values, &list.out);
    for (int32_t i = 0; i < UINT16_MAX; i++) {
        cql_bind_null(&list.values);
    }
    assert_int_equal(buffer_status(&list.out), STATUS_OK);
    cql_bind_null(&list.values);
    assert_int_equal(buffer_status(&list.out), STATUS_TOO_LARGE);
    buffer_free(&list.out);
}

static void test_a_full_buffer_stays_failed(void **state) {
    (void)state;
    for (size_t max = 0; max < 60; max++) {
        struct buffer out;
        struct cql_values values;
        buffer_init(&out, max);
        cql_values_begin(&values, &out);
        cql_bind_int(&values, 7);
        struct cql_collection outer = cql_bind_begin_collection(&values);
        struct cql_collection inner = cql_bind_begin_tuple(&values);
        cql_bind_text(&values, STR("long enough"));
        cql_bind_end(&values, inner, 1);
        cql_bind_end(&values, outer, 1);
        cql_bind_bigint(&values, 1);
        assert_int_equal(values.count, 3);
        assert_int_equal(buffer_status(&out),
                         max < 8 + 8 + 4 + 15 + 12 ? STATUS_TOO_LARGE : STATUS_OK);
        assert_true(out.len <= max);
        buffer_free(&out);
    }
    for (long n = 0;; n++) {
        struct list list;
        begin(&list);
        failing_malloc_arm(n);
        for (int i = 0; i < 100; i++) {
            struct cql_collection collection = cql_bind_begin_collection(&list.values);
            cql_bind_uuid(&list.values, (const uint8_t *)"0123456789abcdef");
            cql_bind_end(&list.values, collection, 1);
        }
        bool failed = failing_malloc_disarm();
        assert_int_equal(buffer_status(&list.out), failed ? STATUS_NO_MEMORY : STATUS_OK);
        buffer_free(&list.out);
        if (!failed) {
            assert_true(n > 2);
            break;
        }
    }
}

// --- Reading ------------------------------------------------------------------------------------------------------
// The value that was bound first, in memory of exactly its length.
static struct cql_value taken(struct list *list, char **owned) {
    struct str bytes = cql_values_bytes(&list->values);
    struct str value;
    assert_true(cql_take_bytes(&bytes, &value));
    *owned = exact_copy(value);
    buffer_clear(&list->out);
    cql_values_begin(&list->values, &list->out);
    return (struct cql_value){value.data == NULL ? STR_EMPTY : str_make(*owned, value.len)};
}

#define ROUND_TRIP(list, bind, get, type, value)                                                   \
    do {                                                                                           \
        char *owned_ = NULL;                                                                       \
        type out_;                                                                                 \
        type in_ = (value);                                                                        \
        bind(&(list)->values, in_);                                                                \
        struct cql_value taken_ = taken(list, &owned_);                                            \
        assert_int_equal(get(taken_, &out_), STATUS_OK);                                           \
        assert_memory_equal(&out_, &in_, sizeof in_);                                              \
        taken_.bytes.len--;                                                                        \
        bool may_be_shorter_ = str_equal(STR(#get), STR("cql_get_varint"));                        \
        assert_true(get(taken_, &out_) == STATUS_CORRUPT || may_be_shorter_);                      \
        free(owned_);                                                                              \
        taken_.bytes = STR_EMPTY;                                                                  \
        memset(&out_, 1, sizeof out_);                                                             \
        assert_int_equal(get(taken_, &out_), STATUS_OK);                                           \
        assert_memory_equal(&out_, &(type){0}, sizeof out_);                                       \
    } while (0)

static void test_fixed_types_come_back(void **state) {
    (void)state;
    struct list list;
    begin(&list);
    static const int64_t longs[] = {0, 1, -1, INT64_MIN, INT64_MAX, INT64_C(0x0123456789abcdef)};
    for (size_t i = 0; i < sizeof longs / sizeof longs[0]; i++) {
        ROUND_TRIP(&list, cql_bind_bigint, cql_get_bigint, int64_t, longs[i]);
        ROUND_TRIP(&list, cql_bind_timestamp, cql_get_bigint, int64_t, longs[i]);
        ROUND_TRIP(&list, cql_bind_varint, cql_get_varint, int64_t, longs[i]);
        ROUND_TRIP(&list, cql_bind_int, cql_get_int, int32_t, (int32_t)longs[i]);
        ROUND_TRIP(&list, cql_bind_date, cql_get_date, int32_t, (int32_t)longs[i]);
        ROUND_TRIP(&list, cql_bind_smallint, cql_get_smallint, int16_t, (int16_t)longs[i]);
        ROUND_TRIP(&list, cql_bind_tinyint, cql_get_tinyint, int8_t, (int8_t)longs[i]);
    }
    ROUND_TRIP(&list, cql_bind_date, cql_get_date, int32_t, INT32_MIN);
    ROUND_TRIP(&list, cql_bind_date, cql_get_date, int32_t, INT32_MAX);
    ROUND_TRIP(&list, cql_bind_int, cql_get_int, int32_t, INT32_MIN);
    for (unsigned bit = 0; bit < 63; bit++) {
        ROUND_TRIP(&list, cql_bind_varint, cql_get_varint, int64_t, INT64_C(1) << bit);
        ROUND_TRIP(&list, cql_bind_varint, cql_get_varint, int64_t, (INT64_C(1) << bit) - 1);
        ROUND_TRIP(&list, cql_bind_varint, cql_get_varint, int64_t, -(INT64_C(1) << bit));
        ROUND_TRIP(&list, cql_bind_varint, cql_get_varint, int64_t, -(INT64_C(1) << bit) - 1);
    }
    ROUND_TRIP(&list, cql_bind_boolean, cql_get_boolean, bool, true);
    ROUND_TRIP(&list, cql_bind_boolean, cql_get_boolean, bool, false);
    static const double doubles[] = {0, -0.0, 1.5, DBL_MAX, DBL_MIN, -DBL_MAX, HUGE_VAL, NAN};
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        ROUND_TRIP(&list, cql_bind_double, cql_get_double, double, doubles[i]);
    }
    static const float floats[] = {0, -0.0F, 1.5F, FLT_MAX, FLT_MIN, -FLT_MAX, HUGE_VALF, NAN};
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
        ROUND_TRIP(&list, cql_bind_float, cql_get_float, float, floats[i]);
    }
    buffer_free(&list.out);
}

static void test_the_others_come_back(void **state) {
    (void)state;
    struct list list;
    begin(&list);
    char *owned = NULL;
    const uint8_t uuid[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};
    const uint8_t zeros[16] = {0};
    uint8_t read[16];
    size_t len = 0;
    cql_bind_uuid(&list.values, uuid);
    struct cql_value value = taken(&list, &owned);
    assert_int_equal(cql_get_uuid(value, read), STATUS_OK);
    assert_memory_equal(read, uuid, 16);
    assert_int_equal(cql_get_inet(value, read, &len), STATUS_OK);
    assert_int_equal(len, 16);
    value.bytes.len = 15;
    assert_int_equal(cql_get_uuid(value, read), STATUS_CORRUPT);
    assert_int_equal(cql_get_inet(value, read, &len), STATUS_CORRUPT);
    value.bytes.len = 4;
    assert_int_equal(cql_get_inet(value, read, &len), STATUS_OK);
    assert_int_equal(len, 4);
    assert_memory_equal(read, "\0\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    value.bytes = STR_EMPTY;
    assert_int_equal(cql_get_uuid(value, read), STATUS_OK);
    assert_memory_equal(read, zeros, 16);
    assert_int_equal(cql_get_inet(value, read, &len), STATUS_OK);
    assert_int_equal(len, 0);
    free(owned);

    int32_t scale = 0;
    int64_t number = 0;
    struct cql_value unscaled;
    cql_bind_decimal(&list.values, INT32_MIN, INT64_MIN);
    value = taken(&list, &owned);
    assert_int_equal(cql_get_decimal(value, &scale, &unscaled), STATUS_OK);
    assert_int_equal(cql_get_varint(unscaled, &number), STATUS_OK);
    assert_true(scale == INT32_MIN && number == INT64_MIN);
    value.bytes.len = 4;
    assert_int_equal(cql_get_decimal(value, &scale, &unscaled), STATUS_CORRUPT);
    value.bytes = STR_EMPTY;
    assert_int_equal(cql_get_decimal(value, &scale, &unscaled), STATUS_OK);
    assert_true(cql_is_null(unscaled) && scale == 0);
    free(owned);
    buffer_free(&list.out);
}

static void test_long_varints(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        enum status status;
        int64_t value;
    } cases[] = {
        {"", STATUS_CORRUPT, 0},
        {"000000000000000000 7f", STATUS_OK, 127},
        {"ffffffffffffffffff 80", STATUS_OK, -128},
        {"00 7fffffffffffffff", STATUS_OK, INT64_MAX},
        {"00 8000000000000000", STATUS_TOO_LARGE, 0},
        {"ff 8000000000000000", STATUS_OK, INT64_MIN},
        {"ff 7fffffffffffffff", STATUS_TOO_LARGE, 0},
        {"01 0000000000000000", STATUS_TOO_LARGE, 0},
        {"0100 0000000000000000", STATUS_TOO_LARGE, 0},
        {"fe ffffffffffffffff", STATUS_TOO_LARGE, 0},
    };
    struct buffer bytes;
    buffer_init(&bytes, 100);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buffer_clear(&bytes);
        put_hex(&bytes, cases[i].hex);
        char *copy = exact_copy(buffer_str(&bytes));
        int64_t value = 1;
        assert_int_equal(cql_get_varint((struct cql_value){str_make(copy, bytes.len)}, &value),
                         cases[i].status);
        assert_int_equal(value, cases[i].value);
        free(copy);
    }
    buffer_free(&bytes);
}

static void test_collections_come_back(void **state) {
    (void)state;
    struct list list;
    begin(&list);
    struct cql_collection map = cql_bind_begin_collection(&list.values);
    cql_bind_text(&list.values, STR("a"));
    struct cql_collection tuple = cql_bind_begin_tuple(&list.values);
    cql_bind_int(&list.values, 5);
    cql_bind_null(&list.values);
    cql_bind_end(&list.values, tuple, 2);
    cql_bind_end(&list.values, map, 1);
    char *owned = NULL;
    struct cql_value value = taken(&list, &owned);
    struct cql_elements elements;
    struct cql_elements fields;
    struct cql_value element;
    int32_t count = 0;
    int32_t number = 0;
    assert_int_equal(cql_get_collection(value, &elements, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(cql_next_element(&elements, &element), STATUS_OK);
    assert_true(str_equal(element.bytes, STR("a")));
    assert_int_equal(cql_next_element(&elements, &element), STATUS_OK);
    cql_get_tuple(element, &fields);
    assert_int_equal(cql_next_element(&elements, &element), STATUS_END);
    assert_true(cql_is_null(element));
    assert_int_equal(cql_next_element(&fields, &element), STATUS_OK);
    assert_int_equal(cql_get_int(element, &number), STATUS_OK);
    assert_int_equal(number, 5);
    assert_int_equal(cql_next_element(&fields, &element), STATUS_OK);
    assert_true(cql_is_null(element));
    assert_int_equal(cql_next_element(&fields, &element), STATUS_END);
    // Cut off anywhere it never gives more than it has.
    for (size_t len = 0; len < value.bytes.len; len++) {
        char *cut = exact_copy(str_make(owned, len));
        struct cql_value shorter = {str_make(cut, len)};
        if (cql_get_collection(shorter, &elements, &count) == STATUS_OK) {
            enum status status;
            size_t found = 0;
            while ((status = cql_next_element(&elements, &element)) == STATUS_OK) {
                found++;
            }
            assert_true(found < 2);
            assert_int_equal(status, len == 9 ? STATUS_END : STATUS_CORRUPT);
        }
        free(cut);
    }
    free(owned);
    buffer_free(&list.out);
}

static void test_counts_that_cannot_be(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",         "000000",          "ffffffff",          "80000000",
        "00000001", "00000001 000000", "00000002 00000000", "7fffffff 00000000"};
    struct buffer bytes;
    buffer_init(&bytes, 100);
    struct cql_elements elements;
    int32_t count = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buffer_clear(&bytes);
        put_hex(&bytes, cases[i]);
        char *copy = exact_copy(buffer_str(&bytes));
        struct cql_value value = {str_make(copy, bytes.len)};
        assert_int_equal(cql_get_collection(value, &elements, &count), STATUS_CORRUPT);
        assert_int_equal(count, 0);
        free(copy);
    }
    struct cql_value null = {STR_EMPTY};
    assert_int_equal(cql_get_collection(null, &elements, &count), STATUS_OK);
    assert_int_equal(count, 0);
    struct cql_value element;
    assert_int_equal(cql_next_element(&elements, &element), STATUS_END);
    buffer_free(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_of_fixed_types),
        cmocka_unit_test(test_bytes_of_the_others),
        cmocka_unit_test(test_bytes_of_collections),
        cmocka_unit_test(test_lists_share_a_buffer),
        cmocka_unit_test(test_more_values_than_a_statement_can_have),
        cmocka_unit_test(test_a_full_buffer_stays_failed),
        cmocka_unit_test(test_fixed_types_come_back),
        cmocka_unit_test(test_the_others_come_back),
        cmocka_unit_test(test_long_varints),
        cmocka_unit_test(test_collections_come_back),
        cmocka_unit_test(test_counts_that_cannot_be),
    };
    return cmocka_run_group_tests_name("cql values", tests, NULL, NULL);
}
