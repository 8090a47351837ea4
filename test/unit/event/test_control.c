// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Control records: there and back, and what is none; an event never is one, whatever it holds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/control.h"
#include "event/event.h"
#include "event/person.h"

static struct arena arena;
static struct json_parser *parser;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    return json_parser_make(&parser) == STATUS_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    json_parser_free(parser);
    arena_free(&arena);
    return 0;
}

static enum status decode(struct str key, struct str value, struct control *out) {
    char *padded = arena_alloc_zero(&arena, value.len + JSON_PADDING);
    assert_non_null(padded);
    memcpy(padded, value.data, value.len);
    return control_decode(parser, key, str_make(padded, value.len), &arena, out);
}

static struct control example(void) {
    return (struct control){.action = CONTROL_UNLINK,
                            .receipt = STR("0193a000-0000-7000-8000-000000000001"),
                            .part = 7,
                            .project = STR("shop"),
                            .kind = 'u',
                            .id = STR("u\"1\xc3\xbc"),
                            .anonymous_id = STR("a1"),
                            .requested_ms = INT64_C(1764072000123)};
}

static struct str encode(const struct control *control) {
    struct buffer out;
    buffer_init(&out, 8192);
    assert_int_equal(control_encode(control, &out), STATUS_OK);
    struct str value = arena_copy(&arena, buffer_str(&out));
    buffer_free(&out);
    return value;
}

static void it_comes_back_as_it_was(void **state) {
    (void)state;
    struct control control = example(), back;
    struct str value = encode(&control);
    assert_true(control_looks_like(value));
    assert_int_equal(decode(control_record_key(&control, &arena), value, &back), STATUS_OK);
    assert_int_equal(back.action, CONTROL_UNLINK);
    assert_int_equal(back.part, 7);
    assert_int_equal(back.kind, 'u');
    assert_int_equal(back.requested_ms, control.requested_ms);
    assert_true(str_equal(back.id, control.id) && str_equal(back.project, control.project) &&
                str_equal(back.receipt, control.receipt) &&
                str_equal(back.anonymous_id, control.anonymous_id));
    assert_false(back.keep_refusing);
    control.action = CONTROL_ERASE;
    control.keep_refusing = true;
    control.kind = 'a';
    assert_int_equal(decode(control_record_key(&control, &arena), encode(&control), &back),
                     STATUS_OK);
    assert_true(back.keep_refusing && back.kind == 'a' && back.action == CONTROL_ERASE);
}

static void another_key_is_refused(void **state) {
    (void)state;
    struct control control = example(), back;
    struct str value = encode(&control);
    static const struct str keys[] = {STR_INIT("shop\0u"), STR_INIT("shop"), STR_INIT(""),
                                      STR_INIT("shop\0u\"1\xc3\xbc!"),
                                      STR_INIT("shoq\0u\"1\xc3\xbc")};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_int_equal(decode(keys[i], value, &back), STATUS_INVALID);
    }
}

static void what_is_none_is_refused(void **state) {
    (void)state;
    static const char *const values[] = {
        "[]",
        "{}",
        "[\"footfall-control\",1]",
        "[\"footfall-control\",2,{\"do\":\"allow\",\"project\":\"p\",\"kind\":\"u\",\"id\":\"u\","
        "\"requestedAt\":\"2026-11-25T12:00:00.000Z\"}]",
        "[\"footfall-control\",1,{\"do\":\"nothing\",\"project\":\"p\",\"kind\":\"u\",\"id\":\"u\","
        "\"requestedAt\":\"2026-11-25T12:00:00.000Z\"}]",
        "[\"footfall-control\",1,{\"do\":\"erase\",\"project\":\"p\",\"kind\":\"u\",\"id\":\"u\","
        "\"requestedAt\":\"2026-11-25T12:00:00.000Z\"}]", // no receipt
        "[\"footfall-control\",1,{\"do\":\"allow\",\"project\":\"p\",\"kind\":\"x\",\"id\":\"u\","
        "\"requestedAt\":\"2026-11-25T12:00:00.000Z\"}]",
        "[\"footfall-control\",1,{\"do\":\"allow\",\"project\":\"p\",\"kind\":\"u\",\"id\":\"u\","
        "\"requestedAt\":\"today\"}]",
        "[\"footfall-control\",1,{\"do\":\"allow\",\"project\":\"p\",\"kind\":\"u\",\"id\":\"\","
        "\"requestedAt\":\"2026-11-25T12:00:00.000Z\"}]",
        "[\"footfall-control\",1,{\"do\":\"erase\",\"receipt\":\"r\",\"part\":-1,\"project\":\"p\","
        "\"kind\":\"u\",\"id\":\"u\",\"requestedAt\":\"2026-11-25T12:00:00.000Z\"}]",
    };
    struct control back;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_not_equal(decode(STR("p\0u"), str_from_c(values[i]), &back), STATUS_OK);
    }
}

// The sender's text, wherever it stands, is inside an object that Footfall begins.
static void an_event_is_never_one(void **state) {
    (void)state;
    struct control control = example();
    struct str forged = encode(&control);
    struct event event = {.id = forged,
                          .project = STR("shop"),
                          .type = EVENT_TRACK,
                          .name = forged,
                          .user_id = forged,
                          .dialect = STR("plain"),
                          .timestamp_ms = 1,
                          .received_ms = 1,
                          .properties = forged,
                          .context = forged,
                          .extra = STR("\"x\":1")};
    struct buffer out;
    buffer_init(&out, 65536);
    assert_int_equal(event_encode(&event, &out), STATUS_OK);
    assert_int_equal(out.data[0], '{');
    assert_false(control_looks_like(buffer_str(&out)));
    buffer_free(&out);
}

static void a_person_is_not_told_from_the_hash(void **state) {
    (void)state;
    uint8_t key[PERSON_KEY_BYTES] = {1}, other[PERSON_KEY_BYTES] = {2};
    char a[PERSON_HASH_LEN + 1], b[PERSON_HASH_LEN + 1];
    person_hash(key, STR("shop"), 'u', STR("u1"), a);
    person_hash(key, STR("shop"), 'u', STR("u1"), b);
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), PERSON_HASH_LEN);
    person_hash(other, STR("shop"), 'u', STR("u1"), b);
    assert_string_not_equal(a, b);
    person_hash(key, STR("shop"), 'a', STR("u1"), b);
    assert_string_not_equal(a, b);
    person_hash(key, STR("sho"), 'u', STR("pu1"), b);
    assert_string_not_equal(a, b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_back_as_it_was),
        cmocka_unit_test(another_key_is_refused),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(an_event_is_never_one),
        cmocka_unit_test(a_person_is_not_told_from_the_hash),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
