// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Funnels from settings: what is refused and how, when one is another one, which steps an event is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/json_read.h"
#include "funnel/funnel.h"

#define DAY_MS (24 * 3600000LL)

static enum status read_set(const char *yaml, struct funnel_set **out, struct error *err) {
    static const struct setting table[] = {
        {"funnels[].name", NULL, SETTING_STRING, "", 0, 0, NULL, "", false},
        {"funnels[].within", NULL, SETTING_DURATION, "7d", 1000, 64 * DAY_MS, NULL, "", false},
        {"funnels[].steps", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
    };
    struct settings *settings = NULL;
    *out = NULL;
    assert_int_equal(settings_make(table, 3, &settings), STATUS_OK);
    enum status status = settings_load_text(settings, "footfall.yaml", str_from_c(yaml), err);
    status = status == STATUS_OK ? funnel_set_read(settings, out, err) : status;
    settings_free(settings);
    return status;
}

static void refused(const char *yaml, const char *why) {
    struct funnel_set *set = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(read_set(yaml, &set, &err), STATUS_INVALID);
    assert_string_equal(err.text, why);
}

static struct funnel_set *accepted(const char *yaml) {
    struct funnel_set *set = NULL;
    struct error err = {STATUS_OK, ""};
    if (read_set(yaml, &set, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return set;
}

static void test_mistakes_say_where(void **state) {
    (void)state;
    refused("funnels:\n- {steps: [a, b]}",
            "footfall.yaml:2: funnels[].name: \"\" is no name: up to 64 letters, digits, and -_., "
            "of which the last does not begin it");
    refused("funnels:\n- {name: a b, steps: [a, b]}",
            "footfall.yaml:2: funnels[].name: \"a b\" is no name: up to 64 letters, digits, and "
            "-_., of which the last does not begin it");
    refused("funnels:\n- {name: a, steps: [a, b]}\n- {name: a, steps: [a, b]}",
            "footfall.yaml:3: funnels[].name: there is another funnel a");
    refused("funnels:\n- {name: a}", "footfall.yaml:2: funnel a: `steps` is missing");
    refused("funnels:\n- {name: a, steps: [b]}",
            "footfall.yaml:2: funnel a: takes a list of 2 to 16 steps");
    refused("funnels:\n- {name: a, steps: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}",
            "footfall.yaml:2: funnel a: takes a list of 2 to 16 steps");
    refused("funnels:\n- name: a\n  steps:\n  - b\n  - [c]",
            "footfall.yaml:5: funnel a: a step is an event's name, or a condition as of rules");
    refused("funnels:\n- name: a\n  steps:\n  - b\n  - {label: c}",
            "footfall.yaml:5: funnel a: a step says more than its label: which events it is");
    refused("funnels:\n- name: a\n  steps:\n  - b\n  - {name: c, label: [d]}",
            "footfall.yaml:5: funnel a: label: takes a text of at most 200 bytes");
    refused("funnels:\n- name: a\n  steps:\n  - b\n  - {type: walk}",
            "footfall.yaml:5: funnel a: type: \"walk\" is no type of event: track, identify, page, "
            "screen, group or alias");
}

static void test_windows_have_limits(void **state) {
    (void)state;
    struct funnel_set *set = NULL;
    struct error err = {STATUS_OK, ""};
    assert_int_equal(read_set("funnels:\n- {name: a, within: 65d, steps: [a, b]}", &set, &err),
                     STATUS_INVALID);
    assert_non_null(strstr(err.text, "footfall.yaml:2"));
    set = accepted("funnels:\n- {name: a, within: 64d, steps: [a, b]}");
    assert_int_equal(funnel_set_at(set, 0)->within_ms, FUNNEL_WITHIN_MAX_MS);
    funnel_set_release(set);
    set = accepted("funnels:\n- {name: a, steps: [a, b]}");
    assert_int_equal(funnel_set_at(set, 0)->within_ms, 7 * DAY_MS);
    funnel_set_release(set);
}

static void test_labels(void **state) {
    (void)state;
    struct funnel_set *set =
        accepted("funnels:\n- name: a\n  steps:\n  - Viewed\n  - {name: Added}\n"
                 "  - {type: page, label: Cart}\n  - {type: identify}");
    const struct funnel *funnel = funnel_set_find(set, STR("a"));
    static const char *const labels[] = {"Viewed", "Added", "Cart", "Step 4"};
    assert_int_equal(funnel->step_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(str_equal(funnel->labels[i], str_from_c(labels[i])));
    }
    assert_null(funnel_set_find(set, STR("b")));
    funnel_set_release(set);
}

static uint64_t id_of(const char *yaml) {
    struct funnel_set *set = accepted(yaml);
    uint64_t id = funnel_set_at(set, 0)->id;
    funnel_set_release(set);
    return id;
}

static void test_who_decides_which_it_is(void **state) {
    (void)state;
    uint64_t id = id_of("funnels:\n- {name: a, within: 1d, steps: [b, {type: page}]}");
    assert_int_equal(
        id, id_of("funnels:\n- {name: a, within: 24h, steps: [b, {type: page, label: Page}]}"));
    assert_int_not_equal(id, id_of("funnels:\n- {name: c, within: 1d, steps: [b, {type: page}]}"));
    assert_int_not_equal(id, id_of("funnels:\n- {name: a, within: 2d, steps: [b, {type: page}]}"));
    assert_int_not_equal(id, id_of("funnels:\n- {name: a, within: 1d, steps: [{type: page}, b]}"));
    assert_int_not_equal(id,
                         id_of("funnels:\n- {name: a, within: 1d, steps: [b, {type: screen}]}"));
    // Stored in totals: an id that changes would be another funnel.
    struct funnel_set *set =
        accepted("funnels:\n- {name: a, within: 1d, steps: [b, {type: page}]}");
    assert_string_equal(funnel_set_at(set, 0)->id_text, "4568ff13fed80e80");
    funnel_set_release(set);
}

// Of funnel a, as bits.
static unsigned steps_of(const struct funnel_set *set, const char *text) {
    struct arena arena;
    struct json_parser *parser = NULL;
    struct shape_worker *worker = NULL;
    struct event event;
    struct event_trees trees;
    struct error err;
    char padded[2048] = {0};
    uint16_t steps[FUNNELS_MAX];
    arena_init(&arena, 4096, 0);
    assert_int_equal(json_parser_make(&parser), STATUS_OK);
    assert_int_equal(shape_worker_make(&worker), STATUS_OK);
    assert_true(strlen(text) < sizeof padded - JSON_PADDING);
    memcpy(padded, text, strlen(text));
    assert_int_equal(
        event_decode(parser, str_make(padded, strlen(text)), &arena, &event, &trees, &err),
        STATUS_OK);
    assert_int_equal(funnel_set_match(set, worker, &event, &trees, &arena, steps), STATUS_OK);
    assert_true(steps[0] == 0 || funnel_set_may_match(set, &event));
    shape_worker_free(worker);
    json_parser_free(parser);
    arena_free(&arena);
    return steps[0];
}

#define EVENT(type, rest)                                                                          \
    "{\"id\":\"1\",\"project\":\"shop\",\"type\":\"" type "\",\"userId\":\"u\",\"timestamp\":"     \
    "\"2026-11-25T10:00:00.000Z\",\"receivedAt\":\"2026-11-25T10:00:00.000Z\"," rest "}"

static void test_which_steps_an_event_is(void **state) {
    (void)state;
    struct funnel_set *set = accepted(
        "funnels:\n- name: a\n  steps:\n  - Viewed\n  - {type: page, properties.path: /cart}\n"
        "  - {name: [Bought, Viewed], properties.total: {above: 10}}\n  - 7");
    assert_int_equal(steps_of(set, EVENT("track", "\"name\":\"Viewed\"")), 1);
    assert_int_equal(steps_of(set, EVENT("page", "\"name\":\"Viewed\"")), 1);
    assert_int_equal(
        steps_of(set, EVENT("page", "\"name\":\"x\",\"properties\":{\"path\":\"/cart\"}")), 2);
    assert_int_equal(
        steps_of(set, EVENT("track", "\"name\":\"x\",\"properties\":{\"path\":\"/cart\"}")), 0);
    assert_int_equal(
        steps_of(set, EVENT("track", "\"name\":\"Viewed\",\"properties\":{\"total\":11}")), 5);
    assert_int_equal(
        steps_of(set, EVENT("track", "\"name\":\"Bought\",\"properties\":{\"total\":10}")), 0);
    assert_int_equal(steps_of(set, EVENT("track", "\"name\":\"7\"")), 8);
    funnel_set_release(set);
}

static void test_board_swaps_sets(void **state) {
    (void)state;
    struct funnel_board *board = NULL;
    assert_null(funnel_board_hold(NULL));
    assert_int_equal(funnel_board_make(accepted("funnels: []"), &board), STATUS_OK);
    assert_null(funnel_board_hold(board)); // so that nothing is done where nothing is declared
    funnel_board_change(board, accepted("funnels:\n- {name: a, steps: [a, b]}"));
    struct funnel_set *held = funnel_board_hold(board);
    funnel_board_change(board, accepted("funnels:\n- {name: b, steps: [a, b]}"));
    assert_non_null(funnel_set_find(held, STR("a")));
    assert_false(funnel_set_has(held, 0));
    assert_true(funnel_set_has(held, funnel_set_at(held, 0)->id));
    funnel_set_release(held);
    held = funnel_board_hold(board);
    assert_null(funnel_set_find(held, STR("a")));
    funnel_set_release(held);
    funnel_board_free(board);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_say_where),
        cmocka_unit_test(test_windows_have_limits),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_who_decides_which_it_is),
        cmocka_unit_test(test_which_steps_an_event_is),
        cmocka_unit_test(test_board_swaps_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
