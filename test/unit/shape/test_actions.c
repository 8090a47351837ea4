// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What actions make of events, and which fate they give them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/shape/harness.h"

#define KEY "privacy.hash_key: 0123456789abcdef\n"

static struct shaped act(const char *actions, const char *event) {
    char yaml[4096];
    (void)snprintf(yaml, sizeof yaml, KEY "rules:\n- name: r\n  do: %s\n", actions);
    return shape_with(yaml, event);
}

static void changes(void **state) {
    static const struct {
        const char *actions, *event, *after;
    } cases[] = {
        {"{set: {properties.a: 1}}", "{}", "{\"a\":1}"},
        {"{set: {properties.a: x}}", "{\"properties\":{\"a\":{\"b\":[1]},\"c\":2}}",
         "{\"a\":\"x\",\"c\":2}"},
        {"{set: {properties.a.b.c: true}}", "{\"properties\":{\"z\":0}}",
         "{\"z\":0,\"a\":{\"b\":{\"c\":true}}}"},
        {"{set: {properties.a: null, properties.b: 'x\"y', properties.c: '7'}}", "{}",
         "{\"a\":null,\"b\":\"x\\\"y\",\"c\":\"7\"}"},
        {"{set: {properties.l.0: z}}", "{\"properties\":{\"l\":[\"a\",\"b\"]}}",
         "{\"l\":[\"z\",\"b\"]}"},
        {"{set: {properties.a: {from: properties.b}}}", "{\"properties\":{\"b\":{\"x\":[1,{}]}}}",
         "{\"b\":{\"x\":[1,{}]},\"a\":{\"x\":[1,{}]}}"},
        {"{set: {properties.a: {from: userId}}}", "{\"userId\":\"u\",\"properties\":{}}",
         "{\"a\":\"u\"}"},
        {"{set: {properties.a: {from: properties.none}}}", "{\"properties\":{\"z\":1}}",
         "{\"z\":1}"},
        {"{set: {properties.a.b: {from: properties}}}", "{\"properties\":{\"z\":1}}",
         "{\"z\":1,\"a\":{\"b\":{\"z\":1}}}"},
        {"{rename: {properties.a: properties.b}}", "{\"properties\":{\"a\":[1],\"b\":2}}",
         "{\"b\":[1]}"},
        {"{rename: {properties.a: properties.a.b}}", "{\"properties\":{\"a\":1}}",
         "{\"a\":{\"b\":1}}"},
        {"{rename: {properties.none: properties.b}}", "{\"properties\":{\"a\":1}}", "{\"a\":1}"},
        {"{remove: properties.a}", "{\"properties\":{\"a\":1,\"b\":{\"a\":2}}}",
         "{\"b\":{\"a\":2}}"},
        {"{remove: [properties.a.b, properties.none.c]}",
         "{\"properties\":{\"a\":{\"b\":1,\"c\":2}}}", "{\"a\":{\"c\":2}}"},
        {"{remove: properties.*.price}",
         "{\"properties\":{\"a\":{\"price\":1},\"b\":[1],\"price\":3}}",
         "{\"a\":{},\"b\":[1],\"price\":3}"},
        {"{remove: properties.l.1}", "{\"properties\":{\"l\":[1,2,3]}}", "{\"l\":[1,3]}"},
        {"{remove: properties.l.*}", "{\"properties\":{\"l\":[1,2,3]}}", "{\"l\":[]}"},
        {"{lower: properties.a}", "{\"properties\":{\"a\":\"ABc\xc3\x84\",\"b\":\"X\"}}",
         "{\"a\":\"abc\xc3\x84\",\"b\":\"X\"}"},
        {"{trim: properties.a}", "{\"properties\":{\"a\":\" \\t x y \\n\"}}", "{\"a\":\"x y\"}"},
        {"{lower: [properties.n, properties.o]}", "{\"properties\":{\"n\":1,\"o\":{\"A\":\"B\"}}}",
         "{\"n\":1,\"o\":{\"A\":\"B\"}}"},
        {"{mask: {pattern: '[0-9]{3}-[0-9]{2}', with: '#', in: properties}}",
         "{\"properties\":{\"a\":\"x 123-45 y 678-90\",\"b\":[{\"c\":\"111-22\"}],\"d\":5}}",
         "{\"a\":\"x # y #\",\"b\":[{\"c\":\"#\"}],\"d\":5}"},
        // printf %s text | openssl dgst -sha256 -hmac 0123456789abcdef
        {"{hash: properties.a}", "{\"properties\":{\"a\":\"anna@example.org\"}}",
         "{\"a\":\"74861f6a5326cf79325652f483796cb75537d6a9f565236c8f6dd6656db7fe7f\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char wanted[1024];
        struct shaped shaped = act(cases[i].actions, cases[i].event);
        (void)snprintf(wanted, sizeof wanted, "\"properties\":%s", cases[i].after);
        assert_int_equal(shaped.status, STATUS_OK);
        if (shaped.fate != SHAPE_KEPT || !strstr(shaped.after, wanted)) {
            print_error("%s of %s: %d %s\n", cases[i].actions, cases[i].event, (int)shaped.fate,
                        shaped.after);
            fail();
        }
    }
}

static void whole_events(void **state) {
    static const struct {
        const char *actions, *event, *after;
    } cases[] = {
        {"{set: {name: New}}", "{\"name\":\"Old\"}", "\"name\":\"New\",\"anonymousId\":\"a1\""},
        {"{lower: name}", "{\"name\":\"BUY\"}", "\"name\":\"buy\",\"anonymousId\":\"a1\""},
        {"{set: {name: {from: properties.n}}}", "{\"name\":\"x\",\"properties\":{\"n\":\"y\"}}",
         "\"name\":\"y\",\"anonymousId\":\"a1\",\"properties\":{\"n\":\"y\"}"},
        {"{remove: [properties, traits, context]}",
         "{\"properties\":{\"a\":1},\"traits\":{},\"context\":{\"b\":2}}",
         "\"anonymousId\":\"a1\""},
        {"{remove: groupId}", "{\"groupId\":\"g\"}", "\"anonymousId\":\"a1\""},
        {"{set: {groupId: h}}", "{\"groupId\":\"g\"}", "\"anonymousId\":\"a1\",\"groupId\":\"h\""},
        {"{remove: [source.ip, source.userAgent]}",
         "{\"source\":{\"dialect\":\"\",\"ip\":\"1.2.3.4\",\"userAgent\":\"x\"}}",
         "\"anonymousId\":\"a1\""},
        {"{mask: {what: email, in: [properties, traits.note, source.userAgent]}}",
         "{\"properties\":{\"a\":[\"anna@example.org\"]},\"traits\":{\"note\":\"b@c.de\",\"x\":\"b@c.de\"},"
         "\"source\":{\"dialect\":\"\",\"userAgent\":\"bot (x@y.org)\"}}",
         "\"anonymousId\":\"a1\",\"properties\":{\"a\":[\"***@example.org\"]},"
         "\"traits\":{\"note\":\"***@c.de\",\"x\":\"b@c.de\"},"
         "\"source\":{\"dialect\":\"\",\"userAgent\":\"bot (***@y.org)\"}"},
        {"{rename: {properties.email: traits.email}}", "{\"properties\":{\"email\":\"x\",\"y\":1}}",
         "\"anonymousId\":\"a1\",\"properties\":{\"y\":1},\"traits\":{\"email\":\"x\"}"},
        {"[{remove: /integrations}, {set: {/channel: web}}]",
         "{\"integrations\":{\"All\":true},\"version\":1}",
         "\"anonymousId\":\"a1\",\"version\":1,\"channel\":\"web\""},
        {"{remove: /integrations}", "{\"integrations\":{\"All\":true}}", "\"anonymousId\":\"a1\""},
        {"{set: {/integrations/All: false}}", "{\"integrations\":{\"All\":true}}",
         "\"anonymousId\":\"a1\",\"integrations\":{\"All\":false}"},
        {"{set: {/fresh: 1}}", "{}", "\"anonymousId\":\"a1\",\"fresh\":1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char wanted[1024];
        struct shaped shaped = act(cases[i].actions, cases[i].event);
        (void)snprintf(wanted, sizeof wanted, "%s}", cases[i].after);
        assert_int_equal(shaped.fate, SHAPE_KEPT);
        assert_true(shaped.changed);
        assert_string_equal(shaped.after, wanted);
        assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_CHANGED], 1);
    }
}

// The event is as it was, byte for byte.
static void nothing_changed(void **state) {
    static const char *const actions[] = {"{remove: properties.none}",
                                          "{lower: properties.a}",
                                          "{trim: properties.a}",
                                          "{set: {properties.a: x}}",
                                          "{mask: {what: [email, card, phone], in: properties}}",
                                          "{sample: 100%}",
                                          "{rename: {traits.a: traits.b}}"};
    (void)state;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        struct shaped shaped = act(actions[i], "{\"properties\":{ \"a\" : \"x\" }}");
        assert_int_equal(shaped.fate, SHAPE_KEPT);
        assert_false(shaped.changed);
        assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_MATCHED], 1);
        assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_CHANGED], 0);
    }
}

// Failing loudly: a mask that could not be put on would otherwise let through what it should have hidden.
static void failures(void **state) {
    static const struct {
        const char *actions, *event, *reason;
    } cases[] = {
        {"{set: {properties.a.b: 1}}", "{\"properties\":{\"a\":\"text\"}}",
         "rule r: properties.a.b cannot be set: what stands at \"a\" is no object"},
        {"{set: {properties.l.7: 1}}", "{\"properties\":{\"l\":[]}}",
         "rule r: properties.l.7 cannot be set: what stands at \"l\" is no object"},
        {"{set: {name: {from: properties.n}}}", "{\"properties\":{\"n\":5}}",
         "rule r: name cannot be set from properties.n: it is no text"},
        {"{set: {name: {from: properties.n}}}", "{\"properties\":{\"n\":\"\"}}",
         "rule r: name would be empty, longer than 256 bytes or hold NUL"},
        {"{set: {name: {from: properties.n}}}", "{\"properties\":{\"n\":\"a\\u0000b\"}}",
         "rule r: name would be empty, longer than 256 bytes or hold NUL"},
        {"{set: {properties.t: {from: timestamp}}}", "{}",
         "rule r: properties.t cannot be set from timestamp: it is no text"},
        {"{trim: name}", "{\"name\":\"  \"}", "rule r: name would be empty"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct shaped shaped = act(cases[i].actions, cases[i].event);
        assert_int_equal(shaped.status, STATUS_OK);
        assert_int_equal(shaped.fate, SHAPE_DEAD_LETTER);
        assert_string_equal(shaped.reason, cases[i].reason);
        assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_FAILED], 1);
        assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_DEAD_LETTERED], 0);
    }
}

static void too_deep(void **state) {
    char event[200];
    (void)state;
    static const char open[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                      close[] = "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";
    assert_int_equal(strlen(open), 31);
    (void)snprintf(event, sizeof event, "{\"properties\":{\"a\":%s%s}}", open, close);
    struct shaped shaped = act("{rename: {properties.a: properties.b.c.d.e}}", event);
    assert_int_equal(shaped.fate, SHAPE_DEAD_LETTER);
    assert_string_equal(shaped.reason,
                        "rule r: the event would be larger or nested deeper than an event may be");
    shaped = act("{rename: {properties.a: properties.b}}", event);
    assert_int_equal(shaped.fate, SHAPE_KEPT);
}

static void fates(void **state) {
    (void)state;
    struct shaped shaped = act("[{lower: name}, {drop: because}]", "{\"name\":\"A\"}");
    assert_int_equal(shaped.fate, SHAPE_DROPPED);
    assert_string_equal(shaped.rule, "r");
    assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_DROPPED], 1);
    shaped = act("{dead_letter: look at this}", "{}");
    assert_int_equal(shaped.fate, SHAPE_DEAD_LETTER);
    assert_string_equal(shaped.reason, "look at this");
    assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_DEAD_LETTERED], 1);
    shaped = act("{sample: 0%}", "{}");
    assert_int_equal(shaped.fate, SHAPE_SAMPLED_OUT);
    assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_SAMPLED_OUT], 1);
}

static bool is_kept(const char *sample, const char *member, int i) {
    char event[200], actions[200];
    (void)snprintf(event, sizeof event, "{\"%s\":\"n%d\"}", member, i);
    (void)snprintf(actions, sizeof actions, "{sample: %s}", sample);
    return act(actions, event).fate == SHAPE_KEPT;
}

// The same ones each time, about as many as asked for, and those of a smaller share among those of a larger.
static void samples(void **state) {
    int kept = 0, by_message = 0, other_seed = 0;
    (void)state;
    for (int i = 0; i < 400; i++) {
        bool tenth = is_kept("10%", "userId", i);
        bool half = is_kept("{keep: 50%, by: actor}", "userId", i);
        assert_int_equal(half, is_kept("50%", "userId", i));
        assert_true(!tenth || half);
        kept += half;
        by_message += is_kept("{keep: 25%, by: message}", "id", i);
        other_seed += half != is_kept("{keep: 50%, seed: other}", "userId", i);
    }
    assert_in_range(kept, 160, 240);
    assert_in_range(by_message, 65, 135);
    assert_in_range(other_seed, 140, 260);
    // By actor all events of one stay or go, whatever their ids are.
    bool first = is_kept("50%", "id", 0);
    for (int i = 1; i < 50; i++) {
        assert_int_equal(is_kept("50%", "id", i), first);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes),         cmocka_unit_test(whole_events),
        cmocka_unit_test(nothing_changed), cmocka_unit_test(failures),
        cmocka_unit_test(too_deep),        cmocka_unit_test(fates),
        cmocka_unit_test(samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
