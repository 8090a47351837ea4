// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The canonical form there and back, what is no canonical form, and the rules that hold in every dialect.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/uuid.h"
#include "event/event.h"

#define NOW INT64_C(1795418971123)

struct scene {
    struct arena arena;
    struct json_parser *parser;
    struct random_seeded random;
    struct event event;
    struct event_trees trees;
    struct error err;
};

static int start(void **state) {
    static struct scene scene;
    arena_init(&scene.arena, 4096, 0);
    random_seeded_init(&scene.random, 7);
    assert_int_equal(json_parser_make(&scene.parser), STATUS_OK);
    *state = &scene;
    return 0;
}

static int end(void **state) {
    struct scene *scene = *state;
    arena_free(&scene->arena);
    json_parser_free(scene->parser);
    return 0;
}

static struct str padded(struct scene *scene, struct str text) {
    char *copy = arena_alloc(&scene->arena, text.len + JSON_PADDING);
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);
    memset(copy + text.len, 0, JSON_PADDING);
    return str_make(copy, text.len);
}

static enum status decode(struct scene *scene, struct str text) {
    return event_decode(scene->parser, padded(scene, text), &scene->arena, &scene->event,
                        &scene->trees, &scene->err);
}

static struct event small(void) {
    return (struct event){.id = STR("m1"),
                          .project = STR("p"),
                          .type = EVENT_TRACK,
                          .name = STR("go"),
                          .user_id = STR("u1"),
                          .timestamp_ms = NOW,
                          .received_ms = NOW,
                          .dialect = STR("plain")};
}

static const struct str everything = STR_INIT(
    "{\"id\":\"m1\",\"project\":\"p\",\"type\":\"group\",\"name\":\"\\u0001ü\",\"userId\":\"u1\",\"anonymousId\":\"a1\","
    "\"groupId\":\"g1\",\"previousId\":\"q1\",\"timestamp\":\"2026-11-23T07:29:31.123Z\","
    "\"receivedAt\":\"2026-11-23T07:29:31.123Z\",\"originalTimestamp\":\"x\",\"sentAt\":\"y\","
    "\"timestampClamped\":true,\"properties\":{\"n\":[1]},\"traits\":{},\"context\":{\"page\":{}},"
    "\"source\":{\"dialect\":\"segment\",\"ip\":\"::1\",\"userAgent\":\"UA\",\"trace\":\"00-1-2-01\",\"doNotTrack\":true,\"globalPrivacyControl\":true},\"integrations\":{\"All\":true},\"q\\\"\":1}");

static void test_there_and_back(void **state) {
    struct scene *scene = *state;
    struct buffer again;
    assert_int_equal(decode(scene, everything), STATUS_OK);
    assert_int_equal(scene->event.type, EVENT_GROUP);
    assert_true(scene->event.clamped);
    assert_true(scene->event.do_not_track && scene->event.global_privacy_control);
    assert_true(event_is_member(STR("source")));
    assert_false(event_is_member(STR("integrations")));
    assert_non_null(json_get(scene->trees.root, STR("integrations")));
    assert_int_equal(scene->event.timestamp_ms, NOW);
    assert_true(str_equal(scene->event.extra, STR("\"integrations\":{\"All\":true},\"q\\\"\":1")));
    assert_non_null(json_get(scene->trees.properties, STR("n")));
    assert_non_null(json_get(scene->trees.context, STR("page")));
    assert_int_equal(scene->trees.traits->count, 0);
    buffer_init(&again, 4096);
    assert_int_equal(event_encode(&scene->event, &again), STATUS_OK);
    assert_true(str_equal(buffer_str(&again), everything));
    buffer_free(&again);
}

static void test_absent_members_are_left_out(void **state) {
    struct buffer out;
    struct event event = small();
    (void)state;
    buffer_init(&out, 4096);
    assert_int_equal(event_encode(&event, &out), STATUS_OK);
    assert_true(str_equal(
        buffer_str(&out),
        STR("{\"id\":\"m1\",\"project\":\"p\",\"type\":\"track\",\"name\":\"go\",\"userId\":\"u1\","
            "\"timestamp\":\"2026-11-23T07:29:31.123Z\",\"receivedAt\":\"2026-11-23T07:29:31.123Z\","
            "\"source\":{\"dialect\":\"plain\"}}")));
    event.name = STR("\xff");
    buffer_clear(&out);
    assert_int_equal(event_encode(&event, &out), STATUS_INVALID_UTF8);
    buffer_free(&out);
}

static void test_what_is_no_canonical_form(void **state) {
    static const struct {
        const char *text;
        enum status status;
        const char *why;
    } table[] = {
        {"[]", STATUS_INVALID, "an object"},
        {"{}", STATUS_INVALID, "id is missing"},
        {"{\"id\":1}", STATUS_INVALID, "id: a string"},
        {"{\"id\":\"a\",\"type\":\"jump\"}", STATUS_INVALID, "type"},
        {"{\"timestamp\":\"soon\"}", STATUS_INVALID, "timestamp: a time"},
        {"{\"properties\":[]}", STATUS_INVALID, "properties: an object"},
        {"{\"source\":\"x\"}", STATUS_INVALID, "source: an object"},
        {"{\"id\":\"a\",\"id\":\"b\"}", STATUS_DUPLICATE_KEY, "id"},
        {"{\"id\":\"a\"", STATUS_SYNTAX, ""},
        {"{\"id\":\"a\",\"project\":\"p\",\"type\":\"page\",\"timestamp\":\"2026-11-23\",\"receivedAt\":\"2026-11-23\"}",
         STATUS_INVALID, "userId or anonymousId"},
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        enum status status = decode(scene, str_from_c(table[i].text));
        if (status != table[i].status || !strstr(scene->err.text, table[i].why)) {
            fail_msg("%s: %s, %s", table[i].text, status_name(status), scene->err.text);
        }
    }
}

static void test_finish_makes_ids_that_differ(void **state) {
    struct scene *scene = *state;
    struct event a = small(), b = small();
    a.id = b.id = STR_EMPTY;
    assert_int_equal(event_finish(&a, &scene->random.source, &scene->arena, &scene->err),
                     STATUS_OK);
    assert_int_equal(event_finish(&b, &scene->random.source, &scene->arena, &scene->err),
                     STATUS_OK);
    assert_int_equal(a.id.len, UUID_TEXT_LEN);
    assert_int_equal(a.id.data[14], '7');
    assert_false(str_equal(a.id, b.id));
}

static void test_finish_clamps_the_future(void **state) {
    struct scene *scene = *state;
    struct event event = small();
    event.timestamp_ms = NOW + EVENT_FUTURE_MAX_MS;
    assert_int_equal(event_finish(&event, &scene->random.source, &scene->arena, &scene->err),
                     STATUS_OK);
    assert_false(event.clamped);
    event.timestamp_ms++;
    assert_int_equal(event_finish(&event, &scene->random.source, &scene->arena, &scene->err),
                     STATUS_OK);
    assert_true(event.clamped);
    assert_int_equal(event.timestamp_ms, NOW);
    assert_true(str_equal(event.original_timestamp, STR("2026-11-24T07:29:31.124Z")));
}

static void test_finish_refuses(void **state) {
    static char long_text[300];
    struct scene *scene = *state;
    memset(long_text, 'x', sizeof long_text);
    struct event event = small();
    event.user_id = STR_EMPTY;
    assert_int_equal(event_finish(&event, &scene->random.source, &scene->arena, &scene->err),
                     STATUS_INVALID);
    assert_string_equal(scene->err.text, "userId or anonymousId is required");
    event = small();
    event.anonymous_id = str_make(long_text, EVENT_ACTOR_MAX + 1);
    assert_int_equal(event_finish(&event, &scene->random.source, &scene->arena, &scene->err),
                     STATUS_TOO_LARGE);
    assert_string_equal(scene->err.text, "anonymousId: 257 bytes, at most 256 allowed");
    event = small();
    event.group_id = STR("\xc0\x80");
    assert_int_equal(event_finish(&event, &scene->random.source, &scene->arena, &scene->err),
                     STATUS_INVALID_UTF8);
    event = small();
    event.id = str_make("a\0b", 3);
    assert_int_equal(event_finish(&event, &scene->random.source, &scene->arena, &scene->err),
                     STATUS_INVALID);
    event = small();
    event.timestamp_ms = INT64_C(631151999999); // 1989-12-31T23:59:59.999Z
    assert_int_equal(event_finish(&event, &scene->random.source, &scene->arena, &scene->err),
                     STATUS_INVALID);
    event.timestamp_ms++;
    assert_int_equal(event_finish(&event, &scene->random.source, &scene->arena, &scene->err),
                     STATUS_OK);
}

static void test_key_and_types(void **state) {
    struct scene *scene = *state;
    struct event event = small();
    enum event_type type;
    assert_true(str_equal(event_record_key(&event, &scene->arena), STR("p\0u1")));
    event.user_id = STR_EMPTY;
    event.anonymous_id = STR("a1");
    assert_true(str_equal(event_record_key(&event, &scene->arena), STR("p\0a1")));
    assert_true(event_type_from_name(STR("alias"), &type) && type == EVENT_ALIAS);
    assert_false(event_type_from_name(STR("Track"), &type));
    assert_true(str_equal(event_type_name(EVENT_SCREEN), STR("screen")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_there_and_back, start, end),
        cmocka_unit_test_setup_teardown(test_absent_members_are_left_out, start, end),
        cmocka_unit_test_setup_teardown(test_what_is_no_canonical_form, start, end),
        cmocka_unit_test_setup_teardown(test_finish_makes_ids_that_differ, start, end),
        cmocka_unit_test_setup_teardown(test_finish_clamps_the_future, start, end),
        cmocka_unit_test_setup_teardown(test_finish_refuses, start, end),
        cmocka_unit_test_setup_teardown(test_key_and_types, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
