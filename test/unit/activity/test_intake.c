// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Bodies in all their wrappings, whole and broken.
#include "activity/intake.h"
#include "http/gzip.h"
#include "http/query.h"
#include "unit/activity/reading.h"

#define MAX_BYTES ((size_t)64 * 1024)
static const struct str json = STR_INIT("{\"event\":\"a?>\"}");

struct unwrapping {
    struct arena arena;
    struct buffer inflated;
    struct intake out;
    struct error err;
    enum status status;
};

static void unwrap(struct unwrapping *u, struct str body) {
    arena_init(&u->arena, 1024, 0);
    char *padded = arena_alloc(&u->arena, body.len + 64);
    assert_non_null(padded);
    memcpy(padded, body.data, body.len);
    memset(padded + body.len, 0, 64);
    u->status = intake_read(str_make(padded, body.len), MAX_BYTES, &u->arena, &u->inflated, &u->out,
                            &u->err);
}

static void drop(struct unwrapping *u) {
    buffer_free(&u->inflated);
    arena_free(&u->arena);
}

static struct buffer packed(struct str text) {
    struct buffer out;
    buffer_init(&out, 4 * 1024 * 1024);
    assert_int_equal(gzip_deflate(text, 6, &out), STATUS_OK);
    return out;
}

static void expect_json(struct str body) {
    struct unwrapping u;
    unwrap(&u, body);
    assert_int_equal(u.status, STATUS_OK);
    assert_true(str_equal(str_trim(u.out.json), json));
    drop(&u);
}

static void expect_status(struct str body, enum status status) {
    struct unwrapping u;
    unwrap(&u, body);
    if (u.status != status) {
        fail_msg("%s for %.*s", status_name(u.status), STR_ARG(body));
    }
    drop(&u);
}

static void test_wrappings(void **state) {
    (void)state;
    expect_json(json);
    expect_json(STR("\xef\xbb\xbf {\"event\":\"a?>\"}"));
    expect_json(STR("eyJldmVudCI6ImE/PiJ9"));
    expect_json(STR("eyJldmVudCI6ImE_PiJ9\n"));
    expect_json(STR("data=eyJldmVudCI6ImE%2FPiJ9"));
    expect_json(STR("compression=base64&data=eyJldmVudCI6ImE%2FPiJ9&ver=1"));
    expect_json(STR("data=%7B%22event%22%3A%22a%3F%3E%22%7D"));
    struct buffer once = packed(json);
    struct buffer twice = packed(buffer_str(&once));
    expect_json(buffer_str(&once));
    expect_json(buffer_str(&twice));
    buffer_free(&once);
    buffer_free(&twice);
}

static void test_form_names_a_key(void **state) {
    struct unwrapping u;
    (void)state;
    unwrap(&u, STR("data=%7B%7D&api_key=wk_test"));
    ASSERT_STR(u.out.key, "wk_test");
    drop(&u);
}

// The wrapping that named it may be gone when the next one is undone.
static void test_a_key_outlives_its_form(void **state) {
    struct unwrapping u;
    struct buffer inner = packed(json);
    struct buffer form;
    (void)state;
    buffer_init(&form, 4096);
    buffer_append_str(&form, STR("token=wk_test&data="));
    http_percent_encode(&form, buffer_str(&inner));
    struct buffer outer = packed(buffer_str(&form));
    unwrap(&u, buffer_str(&outer));
    assert_int_equal(u.status, STATUS_OK);
    assert_true(str_equal(u.out.json, json));
    ASSERT_STR(u.out.key, "wk_test");
    drop(&u);
    buffer_free(&outer);
    buffer_free(&form);
    buffer_free(&inner);
}

static void test_broken(void **state) {
    (void)state;
    expect_status(STR(""), STATUS_INVALID);
    expect_status(STR("  \n"), STATUS_INVALID);
    expect_status(STR("hello, world"), STATUS_INVALID);
    expect_status(STR("===="), STATUS_INVALID);
    expect_status(STR("data="), STATUS_INVALID);
    expect_status(STR("data=%"), STATUS_INVALID);
    expect_status(STR("nothing=1"), STATUS_INVALID);
    expect_status(STR("\x1f\x8b"), STATUS_TRUNCATED);
    expect_status(STR("\x1f\x8bxxxxxxxxxxxxxxxxxxxxxx"), STATUS_CORRUPT);
    // base64 of base64 of base64 of base64 of base64
    expect_status(STR("VjFod1QxZHRWa2hWV0doVFltMW9jVmxyYUVOWlVUMDk="), STATUS_INVALID);
    struct buffer whole = packed(json);
    expect_status(str_make(whole.data, whole.len - 3), STATUS_TRUNCATED);
    whole.data[whole.len - 8] ^= 1;
    expect_status(buffer_str(&whole), STATUS_CORRUPT);
    buffer_free(&whole);
}

static void test_bomb(void **state) {
    static char zeros[2 * 1024 * 1024];
    struct buffer bomb = packed(str_make(zeros, sizeof zeros));
    (void)state;
    assert_true(bomb.len < 8192);
    expect_status(buffer_str(&bomb), STATUS_TOO_LARGE);
    buffer_free(&bomb);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrappings),
        cmocka_unit_test(test_form_names_a_key),
        cmocka_unit_test(test_a_key_outlives_its_form),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_bomb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
