// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Every allocation fails in turn: reading rules, applying them, changing them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "shape/shape.h"
#include "support/failing_malloc.h"
#include "unit/shape/harness.h"

static const char yaml[] =
    "privacy: {hash_key: 0123456789abcdef, projects: [shop ip=truncate]}\n"
    "rules:\n"
    "- {name: a, when: {any: [{type: page}, {properties.a.b: {one_of: [1, x], prefix: x}}]},\n"
    "   do: [{set: {properties.c.d: 1, name: n}}, {rename: {properties.a: traits.a}}]}\n"
    "- {name: b, when: {properties.*: {matches: '^x'}}, do: [{drop: x}]}\n"
    "- {name: c, do: [{mask: {what: email, pattern: '[0-9]+', in: traits}}, {hash: traits.h},\n"
    "   {remove: /integrations/All}, {sample: {keep: 100%, seed: s}}, {lower: name},\n"
    "   {set: {context.copy: {from: traits}}}]}\n";
static const char event[] =
    "{\"name\":\"N\",\"properties\":{\"a\":{\"b\":\"x\"}},\"traits\":{\"h\":\"h\",\"e\":\"a@b.cd 12\"},"
    "\"context\":{\"ip\":\"203.0.113.7\"},\"integrations\":{\"All\":true}}";

// Everything that a processor does with rules, for one event. OK or NO_MEMORY.
static enum status whole(const struct settings *settings, struct shape_rules *other) {
    struct shape_rules *rules = NULL;
    struct shape *shape = NULL;
    struct error err;
    enum status status = shape_rules_read(settings, &rules, &err);
    if (status != STATUS_OK) {
        return status;
    }
    status = shape_make(rules, &shape);
    if (status != STATUS_OK) {
        return status;
    }
    struct shape_batch batch;
    status = shape_batch_begin(&batch, shape);
    if (status == STATUS_OK) {
        status = shape_change(shape, shape_rules_hold(other));
        shape_batch_commit(&batch);
    }
    shape_free(shape);
    return status;
}

static void reading(void **state) {
    struct settings *settings = shape_settings(yaml);
    struct shape_rules *other = NULL;
    struct error err;
    bool failed = true;
    (void)state;
    assert_int_equal(shape_read("rules:\n- {name: other, do: {drop: x}}\n", &other, &err),
                     STATUS_OK);
    for (long n = 0; failed; n++) {
        failing_malloc_arm(n);
        enum status status = whole(settings, other);
        failed = failing_malloc_disarm();
        assert_int_equal(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
    }
    shape_rules_release(other);
    settings_free(settings);
}

struct fixture {
    struct shape_rules *rules;
    struct json_parser *parser;
    char text[1024 + JSON_PADDING];
};

static enum status apply(struct fixture *fixture, struct arena *arena) {
    struct shape_worker *worker = NULL;
    struct shape_outcome outcome;
    struct event_trees trees;
    struct event decoded;
    struct error err;
    enum status status =
        event_decode(fixture->parser, str_from_c(fixture->text), arena, &decoded, &trees, &err);
    status = status == STATUS_OK ? shape_worker_make(&worker) : status;
    if (status == STATUS_OK) {
        status = shape_apply(fixture->rules, worker, &decoded, &trees, arena, NULL, &outcome);
    }
    if (status == STATUS_OK) {
        assert_int_equal(outcome.fate, SHAPE_KEPT);
        status = shape_hide_addresses(fixture->rules, worker, &decoded, &trees, arena);
    }
    shape_worker_free(worker);
    return status;
}

// Small chunks, so that every allocation of the arena is one of malloc's.
static void applying(void **state) {
    struct fixture fixture = {.rules = NULL};
    struct error err;
    struct arena arena;
    bool failed = true;
    (void)state;
    assert_int_equal(shape_read(yaml, &fixture.rules, &err), STATUS_OK);
    assert_int_equal(json_parser_make(&fixture.parser), STATUS_OK);
    (void)snprintf(fixture.text, sizeof fixture.text, "%s%s",
                   "{\"id\":\"m\",\"project\":\"shop\",\"type\":\"track\","
                   "\"anonymousId\":\"a\",\"timestamp\":\"2026-11-25T12:00:00Z\","
                   "\"receivedAt\":\"2026-11-25T12:00:00Z\",",
                   event + 1);
    for (long n = 0; failed; n++) {
        arena_init(&arena, 64, 0);
        failing_malloc_arm(n);
        enum status status = apply(&fixture, &arena);
        failed = failing_malloc_disarm();
        assert_int_equal(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        arena_free(&arena);
    }
    json_parser_free(fixture.parser);
    shape_rules_release(fixture.rules);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(applying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
