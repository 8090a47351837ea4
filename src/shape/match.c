// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Conditions without actions: a set of rules that never act.
#include "shape/match.h"

#include <stdlib.h>

#include "base/check.h"
#include "shape/private.h"

struct shape_match {
    struct shape_rules *rules;
    unsigned most;
    unsigned types; // of which any can hold
    uint64_t names;
};

enum status shape_match_make(unsigned most, struct shape_match **out) {
    struct shape_match *match = calloc(1, sizeof *match);
    struct shape_rules *rules = calloc(1, sizeof *rules);
    if (!match || !rules) {
        free(match);
        free(rules);
        return STATUS_NO_MEMORY;
    }
    atomic_init(&rules->holders, 1);
    arena_init(&rules->arena, 4096, 0);
    match->rules = rules;
    match->most = most;
    rules->rules = arena_alloc_array(&rules->arena, most, sizeof rules->rules[0]);
    if (!rules->rules) {
        shape_match_free(match);
        return STATUS_NO_MEMORY;
    }
    *out = match;
    return STATUS_OK;
}

void shape_match_free(struct shape_match *match) {
    if (match) {
        shape_rules_release(match->rules);
        free(match);
    }
}

enum status shape_match_add(struct shape_match *match, const char *what, struct str name,
                            const struct settings_node *when, struct error *err) {
    struct shape_rules *rules = match->rules;
    struct shape_reader reader = {.rules = rules, .what = what, .name = name, .err = err};
    struct shape_condition *condition = NULL;
    CHECK(rules->count < match->most);
    enum status status = shape_condition_read(&reader, when, &condition);
    if (status != STATUS_OK) {
        return status;
    }
    struct shape_rule *rule = &rules->rules[rules->count++];
    *rule = (struct shape_rule){.types = shape_condition_types(condition),
                                .names = shape_condition_names(condition),
                                .when = condition};
    match->types |= rule->types;
    match->names |= rule->names;
    return STATUS_OK;
}

uint64_t shape_match_hash(const struct settings_node *when, uint64_t seed) {
    return shape_tree_hash(when, seed);
}

bool shape_match_may(const struct shape_match *match, const struct event *event) {
    return (match->types & 1U << event->type) != 0 &&
           (match->names & shape_name_bit(event->name)) != 0;
}

enum status shape_match_look(const struct shape_match *match, struct shape_worker *worker,
                             struct event *event, struct event_trees *trees, struct arena *arena,
                             void (*holds)(void *context, unsigned number), void *context) {
    const struct shape_rules *rules = match->rules;
    struct shape_event at = {
        .rules = rules, .worker = worker, .event = event, .trees = trees, .arena = arena};
    unsigned type = 1U << event->type;
    uint64_t name = shape_name_bit(event->name);
    if (shape_worker_begin(worker, rules) != STATUS_OK) {
        return STATUS_NO_MEMORY;
    }
    for (unsigned i = 0; i < rules->count && at.status == STATUS_OK; i++) {
        const struct shape_rule *rule = &rules->rules[i];
        if (!(rule->types & type) || !(rule->names & name)) {
            continue;
        }
        at.failure = STR_EMPTY;
        if (shape_condition_holds(&at, rule->when) == SHAPE_YES && !shape_is_failed(&at)) {
            holds(context, i);
        }
    }
    return at.status;
}
