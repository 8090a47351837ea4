// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes as rules, and any others as an event: rules are refused or do something bounded, twice the same; what is kept is an event.
//
// The input is YAML, a NUL, and an event in its canonical form.
#include "base/check.h"
#include "shape/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct setting table[] = {
    {"privacy.ip", NULL, SETTING_CHOICE, "truncate", 0, 0, "truncate|keep|remove", "", false},
    {"privacy.do_not_track", NULL, SETTING_CHOICE, "ignore", 0, 0, "ignore|drop", "", false},
    {"privacy.global_privacy_control", NULL, SETTING_CHOICE, "ignore", 0, 0, "ignore|drop", "",
     false},
    {"privacy.projects", NULL, SETTING_LIST, "", 0, 0, NULL, "", false},
    {"privacy.hash_key", NULL, SETTING_STRING, "0123456789abcdef", 0, 0, NULL, "", true},
    {"rules[].name", NULL, SETTING_STRING, "", 0, 0, NULL, "", false},
    {"rules[].when", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
    {"rules[].do", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
};

static struct shape_rules *read_rules(struct str yaml) {
    struct settings *settings = NULL;
    struct shape_rules *rules = NULL;
    struct error err = {STATUS_OK, ""};
    CHECK(settings_make(table, sizeof table / sizeof table[0], &settings) == STATUS_OK);
    enum status status = settings_load_text(settings, "fuzz.yaml", yaml, &err);
    status = status == STATUS_OK ? shape_rules_read(settings, &rules, &err) : status;
    CHECK((status == STATUS_OK) == (rules != NULL));
    CHECK(rules || err.text[0]);
    settings_free(settings);
    return rules;
}

// The event in its canonical form, when it is kept. False: the bytes are no event.
static bool shape(const struct shape_rules *rules, struct str text, struct shape_outcome *outcome,
                  struct buffer *out) {
    static struct json_parser *parser;
    static struct shape_worker *worker;
    struct event_trees trees;
    struct event event;
    struct arena arena;
    struct error err;
    CHECK(parser || json_parser_make(&parser) == STATUS_OK);
    CHECK(worker || shape_worker_make(&worker) == STATUS_OK);
    arena_init(&arena, 65536, 0);
    char *copy = arena_alloc_zero(&arena, text.len + JSON_PADDING);
    CHECK(copy != NULL);
    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }
    bool right =
        event_decode(parser, str_make(copy, text.len), &arena, &event, &trees, &err) == STATUS_OK;
    if (right) {
        CHECK(shape_apply(rules, worker, &event, &trees, &arena, NULL, outcome) == STATUS_OK);
        CHECK(outcome->fate == SHAPE_KEPT || outcome->rule < shape_rules_count(rules));
    }
    if (right && outcome->fate == SHAPE_KEPT) {
        CHECK(shape_hide_addresses(rules, worker, &event, &trees, &arena) == STATUS_OK);
        CHECK(event_encode(&event, out) == STATUS_OK);
    }
    outcome->reason = STR_EMPTY; // is in the arena
    arena_free(&arena);
    return right;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str text = str_make((const char *)data, size);
    struct str yaml = str_cut(&text, '\0');
    struct shape_outcome first, second, again;
    struct buffer once, twice, thrice;
    struct shape_rules *rules = text.data ? read_rules(yaml) : NULL;
    buffer_init(&once, 1 << 24);
    buffer_init(&twice, 1 << 24);
    buffer_init(&thrice, 1 << 24);
    if (rules && shape(rules, text, &first, &once)) {
        CHECK(shape(rules, text, &second, &twice));
        CHECK(first.fate == second.fate && first.changed == second.changed);
        CHECK(str_equal(buffer_str(&once), buffer_str(&twice)));
        // Who reads what was made of it gets an event.
        CHECK(first.fate != SHAPE_KEPT || shape(rules, buffer_str(&once), &again, &thrice));
    }
    buffer_free(&once);
    buffer_free(&twice);
    buffer_free(&thrice);
    shape_rules_release(rules);
    return 0;
}
