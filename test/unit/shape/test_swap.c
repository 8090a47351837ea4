// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rules that are changed while they are used; counters that go on; fingerprints.
#include "shape/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/thread.h"
#include "unit/shape/harness.h"

static struct shape_rules *rules_of(const char *yaml) {
    struct shape_rules *rules = NULL;
    struct error err;
    assert_int_equal(shape_read(yaml, &rules, &err), STATUS_OK);
    return rules;
}

static const char one[] = "rules:\n- {name: a, do: {drop: x}}\n- {name: b, do: {drop: x}}\n";
static const char two[] = "rules:\n- {name: b, do: {lower: name}}\n- {name: c, do: {drop: x}}\n";

static uint64_t dropped(struct shape *shape, const char *name) {
    struct shape_stats stats;
    struct arena arena;
    uint64_t found = UINT64_MAX;
    arena_init(&arena, 4096, 0);
    assert_int_equal(shape_look(shape, &arena, &stats), STATUS_OK);
    for (size_t i = 0; i < stats.count; i++) {
        if (strcmp(stats.rules[i].name, name) == 0) {
            found = stats.rules[i].counts.of[SHAPE_COUNT_DROPPED];
        }
    }
    arena_free(&arena);
    return found;
}

static void counters(void **state) {
    struct shape *shape = NULL;
    struct shape_batch first, second;
    struct buffer text;
    (void)state;
    assert_int_equal(shape_make(rules_of(one), &shape), STATUS_OK);
    assert_int_equal(shape_batch_begin(&first, shape), STATUS_OK);
    first.counts[0].of[SHAPE_COUNT_DROPPED] = 3;
    first.counts[1].of[SHAPE_COUNT_DROPPED] = 4;
    assert_int_equal(dropped(shape, "a"), 0); // not before it is committed

    // A batch keeps the rules with which it began, and counts for them.
    assert_int_equal(shape_change(shape, rules_of(two)), STATUS_OK);
    assert_int_equal(shape_rules_written(first.rules), 2);
    assert_true(str_equal(shape_rule_name(first.rules, 0), STR("a")));
    assert_int_equal(shape_batch_begin(&second, shape), STATUS_OK);
    assert_true(str_equal(shape_rule_name(second.rules, 0), STR("b")));
    second.counts[0].of[SHAPE_COUNT_DROPPED] = 10;
    shape_batch_commit(&second);
    shape_batch_commit(&first);
    assert_null(first.rules);
    assert_int_equal(dropped(shape, "b"), 14);
    assert_int_equal(dropped(shape, "c"), 0);
    assert_int_equal(dropped(shape, "a"), UINT64_MAX); // is none any more
    assert_int_equal(dropped(shape, "(do-not-track)"), 0);

    // What was thrown away did nothing.
    assert_int_equal(shape_batch_begin(&first, shape), STATUS_OK);
    first.counts[0].of[SHAPE_COUNT_DROPPED] = 100;
    shape_batch_discard(&first);
    shape_batch_discard(&first);
    shape_batch_commit(&first);
    assert_int_equal(dropped(shape, "b"), 14);

    // Who comes back goes on.
    assert_int_equal(shape_change(shape, rules_of(one)), STATUS_OK);
    assert_int_equal(dropped(shape, "a"), 3);
    buffer_init(&text, 65536);
    shape_render_metrics(shape, &text);
    buffer_append_char(&text, '\0');
    assert_non_null(strstr(text.data, "# TYPE footfall_rule_events_total counter\n"));
    assert_non_null(
        strstr(text.data, "footfall_rule_events_total{rule=\"b\",did=\"dropped\"} 14\n"));
    assert_null(strstr(text.data, "rule=\"c\""));
    buffer_free(&text);
    shape_free(shape);
}

static void fingerprints(void **state) {
    static const char *const texts[] = {
        "rules: []",
        "rules:\n- {name: a, do: {drop: x}}",
        "rules:\n- {name: a, do: {drop: y}}",
        "rules:\n- {name: a, do: {dead_letter: x}}",
        "rules:\n- {name: a, when: {type: page}, do: {drop: x}}",
        "rules:\n- {name: a, when: {properties.a: 1}, do: {drop: x}}",
        "rules:\n- {name: a, when: {properties.a: '1'}, do: {drop: x}}",
        "privacy.ip: keep",
        "privacy.hash_key: 0123456789abcdef",
        "privacy.projects: [shop ip=keep]",
    };
    enum { COUNT = sizeof texts / sizeof texts[0] };
    uint64_t seen[COUNT];
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        struct shape_rules *rules = rules_of(texts[i]), *again = rules_of(texts[i]);
        seen[i] = shape_rules_fingerprint(rules);
        assert_int_equal(seen[i], shape_rules_fingerprint(again));
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(seen[i], seen[j]);
        }
        shape_rules_release(rules);
        shape_rules_release(again);
    }
}

#define ROUNDS 2000

struct user {
    struct shape *shape;
    atomic_bool *stop;
    uint64_t done;
};

// Half of its batches are thrown away.
static void *use(void *context) {
    struct user *user = context;
    for (unsigned i = 0; !atomic_load(user->stop) || i < 4; i++) {
        struct shape_batch batch;
        if (shape_batch_begin(&batch, user->shape) != STATUS_OK) {
            return NULL;
        }
        unsigned rule = str_equal(shape_rule_name(batch.rules, 0), STR("b")) ? 0 : 1;
        batch.counts[rule].of[SHAPE_COUNT_DROPPED]++;
        if (i % 2 == 0) {
            shape_batch_commit(&batch);
            user->done++;
        } else {
            shape_batch_discard(&batch);
        }
    }
    return NULL;
}

static void threads(void **state) {
    enum { USERS = 3 };
    struct shape *shape = NULL;
    struct thread handles[USERS];
    struct user users[USERS];
    atomic_bool stop;
    uint64_t done = 0;
    (void)state;
    atomic_init(&stop, false);
    assert_int_equal(shape_make(rules_of(one), &shape), STATUS_OK);
    for (size_t i = 0; i < USERS; i++) {
        users[i] = (struct user){shape, &stop, 0};
        assert_int_equal(thread_start(&handles[i], "user", use, &users[i]), STATUS_OK);
    }
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(shape_change(shape, rules_of(i % 2 == 0 ? two : one)), STATUS_OK);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < USERS; i++) {
        thread_join(&handles[i]);
        done += users[i].done;
    }
    assert_int_equal(dropped(shape, "b"), done);
    shape_free(shape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters),
        cmocka_unit_test(fingerprints),
        cmocka_unit_test(threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
