// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rules that are refused, and in which words: file, line, rule and key.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/shape/harness.h"

static void check(const char *yaml, const char *text) {
    struct shape_rules *rules = NULL;
    struct error err = {STATUS_OK, ""};
    if (shape_read(yaml, &rules, &err) != STATUS_INVALID || strcmp(err.text, text) != 0) {
        print_error("%s\nwanted: %s\ngot:    %s\n", yaml, text, err.text);
        shape_rules_release(rules);
        fail();
    }
    assert_null(rules);
}

static void names(void **state) {
    char yaml[200];
    (void)state;
    check("rules:\n- do: {drop: x}\n",
          "footfall.yaml:2: rules[].name: \"\" is no name: up to 64 letters, digits, and -_.");
    check("rules:\n- do: {drop: x}\n  name: a b\n",
          "footfall.yaml:3: rules[].name: \"a b\" is no name: up to 64 letters, digits, and -_.");
    check("rules:\n- {name: a, do: {drop: x}}\n- {name: a, do: {drop: x}}\n",
          "footfall.yaml:3: rules[].name: there is another rule a");
    check("rules:\n- name: a\n", "footfall.yaml:2: rule a: it does nothing; `do` is missing");
    (void)snprintf(yaml, sizeof yaml, "rules:\n- {name: %065d, do: {drop: x}}\n", 1);
    struct shape_rules *rules = NULL;
    struct error err;
    assert_int_equal(shape_read(yaml, &rules, &err), STATUS_INVALID);
}

struct refused {
    const char *part, *text;
};

// head, the part, and tail are the rules.
static void check_all(const char *head, const char *tail, const char *begin,
                      const struct refused *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char yaml[1024], text[1024];
        (void)snprintf(yaml, sizeof yaml, "%s%s%s", head, cases[i].part, tail);
        (void)snprintf(text, sizeof text, "%s%s", begin, cases[i].text);
        check(yaml, text);
    }
}

static void conditions(void **state) {
    static const struct refused cases[] = {
        {"[]", "takes keys and values: a path and what is wanted of it"},
        {"x", "takes keys and values: a path and what is wanted of it"},
        {"{type: purchase}",
         "type: \"purchase\" is no type of event: track, identify, page, screen, "
         "group or alias"},
        {"{type: []}", "type: the list is empty"},
        {"{propertes.a: 1}",
         "propertes.a: \"propertes.a\" is nothing that an event has: it begins with properties, "
         "traits, context or source, or is type, name, userId and the like; another member is "
         "written as a JSON pointer, /integrations/All"},
        {"{properties..a: 1}", "properties..a: \"properties..a\" has an empty part; write it as a "
                               "JSON pointer if it is meant"},
        {"{/properties/a~2: 1}",
         "/properties/a~2: \"/properties/a~2\": in a JSON pointer ~ is written ~0 and / is written "
         "~1"},
        {"{properties.a: {prefx: b}}",
         "prefx: no such test: there are equals, one_of, prefix, suffix, contains, matches, "
         "at_least, at_most, above, below, exists and ignore_case"},
        {"{properties.a: {}}", "properties.a: names no test"},
        {"{properties.a: {ignore_case: true}}", "properties.a: names no test"},
        {"{properties.a: {ignore_case: maybe, equals: x}}", "ignore_case: takes true or false"},
        {"{properties.a: {exists: 'true'}}", "exists: takes true or false"},
        {"{properties.a: []}", "properties.a: the list is empty"},
        {"{properties.a: [[1]]}", "takes one value: a text, a number, true, false or null"},
        {"{properties.a: {prefix: ''}}", "prefix: takes a text"},
        {"{properties.a: {prefix: [x]}}", "prefix: takes a text"},
        {"{properties.a: {matches: '(a'}}",
         "matches: \"(a\" is no regular expression: missing closing parenthesis at byte 2"},
        {"{properties.a: {matches: '\\C'}}",
         "matches: \"\\C\" is no regular expression: using \\C is disabled by the application at "
         "byte 2"},
        {"{properties.a: {at_least: soon}}", "at_least: takes a number, or a time by RFC 3339"},
        {"{properties.a: {at_least: 1, above: 2}}",
         "above: a range has one lower and one upper end"},
        {"{properties.a: {at_least: 1, below: 2026-01-01}}",
         "below: a range is of numbers or of times, not of both"},
        {"{timestamp: 2026-01-01}",
         "timestamp: timestamp takes at_least, at_most, above and below, with times"},
        {"{timestamp: {at_least: 5}}",
         "at_least: timestamp takes at_least, at_most, above and below, with times"},
        {"{not: [{type: page}]}", "not: takes one condition; of several: {any: [...]}"},
        {"{any: {type: page}}", "any: takes a list of conditions"},
        {"{all: []}", "all: takes a list of conditions"},
        {"{any: [page]}", "takes keys and values: a path and what is wanted of it"},
        {"{consent: {a: 1}}", "consent: takes a category of consent, or a list of them"},
    };
    (void)state;
    check_all("rules:\n- name: r\n  do: {drop: x}\n  when: ", "\n",
              "footfall.yaml:4: rule r: ", cases, sizeof cases / sizeof cases[0]);
}

#define KEY_REASON                                                                                 \
    "the record of the log stands under it, and a partition's events would no longer be one "      \
    "person's"
static const struct refused refused_actions[] = {
    {"[]", "the list is empty"},
    {"x", "takes a list of actions, each with one key: - drop: REASON"},
    {"{drop: x, lower: name}", "takes a list of actions, each with one key: - drop: REASON"},
    {"{delete: properties.a}", "delete: no such action: there are drop, sample, dead_letter, set, "
                               "rename, remove, hash, mask, lower and trim"},
    {"{drop: ''}", "drop: takes a reason, a text of at most 200 bytes"},
    {"[{drop: x}, {lower: name}]", "the event is gone before this is done"},
    {"[{dead_letter: x}, {lower: name}]", "the event is gone before this is done"},
    {"{set: {userId: x}}", "userId: userId cannot be changed: " KEY_REASON},
    {"{set: {anonymousId: x}}", "anonymousId: anonymousId cannot be changed: " KEY_REASON},
    {"{set: {project: x}}", "project: project cannot be changed: " KEY_REASON},
    {"{hash: userId}", "hash: userId cannot be changed: " KEY_REASON},
    {"{lower: [userId]}", "userId cannot be changed: " KEY_REASON},
    {"{remove: /anonymousId}", "remove: /anonymousId cannot be changed: " KEY_REASON},
    {"{rename: {userId: properties.a}}", "userId: userId cannot be changed: " KEY_REASON},
    {"{rename: {properties.a: userId}}", "properties.a: userId cannot be changed: " KEY_REASON},
    {"{set: {id: x}}", "id: id cannot be changed: a resent event is known by it"},
    {"{set: {type: page}}", "type: type cannot be changed: it says what the rest means"},
    {"{set: {timestamp: x}}", "timestamp: timestamp cannot be changed: days and sessions go by it"},
    {"{set: {previousId: x}}",
     "previousId: previousId cannot be changed: it links one person's ids"},
    {"{remove: source}",
     "remove: \"source\" is nothing that an event has: it begins with properties, traits, context "
     "or source, or is type, name, userId and the like; another member is written as a JSON "
     "pointer, /integrations/All"},
    {"{remove: /source/other}",
     "remove: \"/source/other\" is nothing that an event has: it begins with properties, traits, "
     "context or source, or is type, name, userId and the like; another member is written as a "
     "JSON pointer, /integrations/All"},
    {"{remove: name}", "remove: an event without a name counts as nothing; set another"},
    {"{rename: {name: properties.a}}", "name: name has its place; set another from it"},
    {"{set: {properties.*.a: 1}}",
     "properties.*.a: \"properties.*.a\" names many places, and one is needed"},
    {"{set: {properties.a: {from: traits.*}}}",
     "from: \"traits.*\" names many places, and one is needed"},
    {"{set: {properties.a: {frm: traits.b}}}", "properties.a: takes a value, or {from: PATH}"},
    {"{set: {properties.a: [1]}}",
     "properties.a: takes one value: a text, a number, true, false or null"},
    {"{set: {properties: 1}}",
     "properties: \"properties\" is a whole part of the event; name what is in it"},
    {"{set: {name: 5}}", "name: name takes a text of at most 256 bytes"},
    {"{set: {name: ''}}", "name: name takes a text of at most 256 bytes"},
    {"{set: x}", "set: takes paths and values: {properties.plan: free}"},
    {"{rename: {properties.a: properties.a}}", "properties.a: both paths are the same"},
    {"{rename: {properties.a: [b]}}", "properties.a: takes the new path"},
    {"{rename: []}", "rename: takes old and new paths: {properties.a: properties.b}"},
    {"{remove: []}", "remove: the list is empty"},
    {"{remove: [{a: b}]}", "takes a path, or a list of them"},
    {"{hash: properties.a}", "hash: privacy.hash_key is needed, at least 16 bytes"},
    {"{mask: {what: ssn, in: properties}}", "what: takes email, card or phone, or a list of them"},
    {"{mask: {what: email}}",
     "mask: takes what is hidden and where: {what: [email, card, phone], in: properties} or "
     "{pattern: REGEX, with: TEXT, in: PATH}"},
    {"{mask: {what: email, in: properties, with: x}}", "mask: `with` goes with `pattern`"},
    {"{mask: {what: email, at: properties}}",
     "at: no such key: there are what, pattern, with and in"},
    {"{mask: {pattern: '[', in: properties}}",
     "pattern: \"[\" is no regular expression: missing terminating ] for character class at "
     "byte 1"},
    {"{sample: 10}", "sample: takes a share from 0% to 100%, like 12.5%"},
    {"{sample: 101%}", "sample: takes a share from 0% to 100%, like 12.5%"},
    {"{sample: {by: actor}}", "sample: takes a share that is kept: {keep: 10%, by: actor}"},
    {"{sample: {keep: 10%, by: chance}}", "by: takes actor or message"},
    {"{sample: {keep: 10%, per: day}}", "per: no such key: there are keep, by and seed"},
};

static void actions(void **state) {
    (void)state;
    check_all("rules:\n- name: r\n  do: ", "\n", "footfall.yaml:3: rule r: ", refused_actions,
              sizeof refused_actions / sizeof refused_actions[0]);
}

static void lines(void **state) {
    (void)state;
    check("rules:\n- name: r\n  do:\n  - lower: properties.a\n  - drp: x\n",
          "footfall.yaml:5: rule r: drp: no such action: there are drop, sample, dead_letter, set, "
          "rename, remove, hash, mask, lower and trim");
    check(
        "rules:\n- name: r\n  when:\n    any:\n    - type: page\n    - properties.a:\n        "
        "matchs: x\n  do: {drop: x}\n",
        "footfall.yaml:7: rule r: matchs: no such test: there are equals, one_of, prefix, suffix, "
        "contains, matches, at_least, at_most, above, below, exists and ignore_case");
}

static void privacy(void **state) {
#define PROJECTS                                                                                   \
    "is not written PROJECT ip=truncate|keep|remove do_not_track=ignore|drop "                     \
    "global_privacy_control=ignore|drop"
    (void)state;
    check("privacy.hash_key: short", "footfall.yaml:1: privacy.hash_key: has less than 16 bytes");
    check("privacy.projects: [shop]", "footfall.yaml:1: privacy.projects: \"shop\" " PROJECTS);
    check("privacy.projects: [shop ip=some]",
          "footfall.yaml:1: privacy.projects: \"shop ip=some\" " PROJECTS);
    check("privacy.projects: [shop dnt=drop]",
          "footfall.yaml:1: privacy.projects: \"shop dnt=drop\" " PROJECTS);
    check("privacy.projects: [shop ip=keep, shop ip=remove]",
          "footfall.yaml:1: privacy.projects: \"shop\" is named twice");
}

static void too_many(void **state) {
    static char yaml[SHAPE_RULES_MAX * 64 + 128] = "rules:\n";
    size_t len = strlen(yaml);
    struct shape_rules *rules = NULL;
    struct error err;
    (void)state;
    for (int i = 0; i < SHAPE_RULES_MAX; i++) {
        len += (size_t)snprintf(yaml + len, sizeof yaml - len, "- {name: r%d, do: {drop: x}}\n", i);
    }
    assert_int_equal(shape_read(yaml, &rules, &err), STATUS_OK);
    assert_int_equal(shape_rules_written(rules), SHAPE_RULES_MAX);
    shape_rules_release(rules);
    (void)snprintf(yaml + len, sizeof yaml - len, "- {name: one-more, do: {drop: x}}\n");
    check(yaml, "footfall.yaml:502: rules: more than 500 rules");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names), cmocka_unit_test(conditions), cmocka_unit_test(actions),
        cmocka_unit_test(lines), cmocka_unit_test(privacy),    cmocka_unit_test(too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
