// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The set of rules: read whole from the settings, held by who uses it, freed with the last.
#include "shape/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "shape/private.h"

static const struct str signals[SHAPE_SIGNALS] = {
    [SHAPE_DO_NOT_TRACK] = STR_INIT("(do-not-track)"),
    [SHAPE_GLOBAL_PRIVACY_CONTROL] = STR_INIT("(global-privacy-control)"),
};

struct str shape_count_name(enum shape_count count) {
    static const struct str names[SHAPE_COUNTS] = {
#define X(symbol, name, what) [SHAPE_COUNT_##symbol] = STR_INIT(name),
        SHAPE_COUNT_LIST(X)
#undef X
    };
    return names[count];
}

// ---- Complaints -----------------------------------------------------------------------------------------------------

enum status shape_no_memory(const struct shape_reader *reader) {
    return error_set(reader->err, STATUS_NO_MEMORY, "no memory for rules");
}

enum status shape_refuse(const struct shape_reader *reader, const struct settings_node *node,
                         const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bool key = node->key.data != NULL;
    return error_set(reader->err, STATUS_INVALID, "%s: %s %.*s: %.*s%s%s", node->origin,
                     reader->what, STR_ARG(reader->name), key ? (int)node->key.len : 0,
                     key ? node->key.data : "", key ? ": " : "", text);
}

// ---- Fingerprint ----------------------------------------------------------------------------------------------------

uint64_t shape_tree_hash(const struct settings_node *node, uint64_t hash) {
    if (!node) {
        return str_hash(STR("nothing"), hash);
    }
    hash = str_hash(node->key, hash + (uint64_t)node->kind * 2 + node->plain);
    hash = str_hash(node->text, hash + node->count);
    for (const struct settings_node *child = node->child; child; child = child->next) {
        hash = shape_tree_hash(child, hash);
    }
    return hash;
}

static uint64_t hash_settings(const struct settings *settings) {
    static const char *const keys[] = {"privacy.ip", "privacy.do_not_track",
                                       "privacy.global_privacy_control", "privacy.hash_key"};
    const struct str *items = NULL;
    uint64_t hash = settings_entries(settings, "rules");
    for (size_t i = 0; i < settings_entries(settings, "rules"); i++) {
        hash = str_hash(settings_entry_string(settings, "rules[].name", i), hash);
        hash = shape_tree_hash(settings_entry_tree(settings, "rules[].when", i), hash);
        hash = shape_tree_hash(settings_entry_tree(settings, "rules[].do", i), hash);
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        hash = str_hash(settings_string(settings, keys[i]), hash);
    }
    size_t count = settings_list(settings, "privacy.projects", &items);
    for (size_t i = 0; i < count; i++) {
        hash = str_hash(items[i], hash);
    }
    return hash;
}

// ---- Reading --------------------------------------------------------------------------------------------------------

static bool is_name(struct str name) {
    bool right = name.len > 0 && name.len <= SHAPE_NAME_MAX;
    for (size_t i = 0; i < name.len && right; i++) {
        char c = name.data[i];
        right = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '-' || c == '_' || c == '.';
    }
    return right;
}

static enum status read_name(struct shape_reader *reader, const struct settings *settings, size_t i,
                             struct shape_rule *rule) {
    struct shape_rules *rules = reader->rules;
    struct str name = settings_entry_string(settings, "rules[].name", i);
    const char *origin = settings_entry_origin(settings, "rules[].name", i);
    if (!is_name(name)) {
        return error_set(reader->err, STATUS_INVALID,
                         "%s: rules[].name: \"%.*s\" is no name: up to %d letters, digits, and -_.",
                         origin, STR_ARG(name), SHAPE_NAME_MAX);
    }
    for (unsigned j = 0; j < rules->count; j++) {
        if (str_equal(rules->rules[j].name, name)) {
            return error_set(reader->err, STATUS_INVALID,
                             "%s: rules[].name: there is another rule %.*s", origin, STR_ARG(name));
        }
    }
    rule->name = arena_copy(&rules->arena, name);
    reader->name = rule->name;
    return rule->name.data ? STATUS_OK : shape_no_memory(reader);
}

static enum status read_rule(struct shape_reader *reader, const struct settings *settings,
                             size_t i) {
    struct shape_rule *rule = &reader->rules->rules[i];
    const struct settings_node *when = settings_entry_tree(settings, "rules[].when", i);
    const struct settings_node *actions = settings_entry_tree(settings, "rules[].do", i);
    struct shape_condition *condition = NULL;
    enum status status = read_name(reader, settings, i, rule);
    if (status != STATUS_OK) {
        return status;
    }
    if (!actions) {
        return error_set(reader->err, STATUS_INVALID,
                         "%s: rule %.*s: it does nothing; `do` is missing",
                         settings_entry_origin(settings, "rules", i), STR_ARG(rule->name));
    }
    static const struct settings_node always = {.kind = SETTINGS_NODE_MAP};
    status = shape_condition_read(reader, when ? when : &always, &condition);
    if (status == STATUS_OK) {
        rule->when = condition;
        rule->types = shape_condition_types(condition);
        rule->names = shape_condition_names(condition);
        status = shape_actions_read(reader, actions, &rule->actions);
    }
    reader->rules->count++;
    return status;
}

static enum status read_rules(const struct settings *settings, bool with_key,
                              struct shape_rules **out, struct error *err) {
    struct shape_rules *rules = calloc(1, sizeof *rules);
    size_t count = settings_entries(settings, "rules");
    struct shape_reader reader = {.rules = rules, .what = "rule", .err = err};
    if (!rules) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for rules");
    }
    atomic_init(&rules->holders, 1);
    arena_init(&rules->arena, 4096, 0);
    rules->rules = arena_alloc_array(&rules->arena, count + 1, sizeof rules->rules[0]);
    enum status status = rules->rules ? STATUS_OK : shape_no_memory(&reader);
    if (count > SHAPE_RULES_MAX) {
        status =
            error_set(err, STATUS_INVALID, "%s: rules: more than %d rules",
                      settings_entry_origin(settings, "rules", SHAPE_RULES_MAX), SHAPE_RULES_MAX);
    }
    status = status == STATUS_OK ? shape_privacy_read(rules, settings, err) : status;
    rules->has_hash_key = rules->has_hash_key || !with_key;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = read_rule(&reader, settings, i);
    }
    if (status != STATUS_OK) {
        shape_rules_release(rules);
        return status;
    }
    rules->fingerprint = hash_settings(settings);
    *out = rules;
    return STATUS_OK;
}

enum status shape_rules_read(const struct settings *settings, struct shape_rules **out,
                             struct error *err) {
    return read_rules(settings, true, out, err);
}

enum status shape_rules_read_without_key(const struct settings *settings, struct shape_rules **out,
                                         struct error *err) {
    return read_rules(settings, false, out, err);
}

// ---- Holding --------------------------------------------------------------------------------------------------------

struct shape_rules *shape_rules_hold(struct shape_rules *rules) {
    atomic_fetch_add(&rules->holders, 1);
    return rules;
}

void shape_rules_release(struct shape_rules *rules) {
    if (!rules || atomic_fetch_sub(&rules->holders, 1) > 1) {
        return;
    }
    shape_patterns_free(rules->patterns);
    arena_free(&rules->arena);
    sodium_memzero(&rules->hash_state, sizeof rules->hash_state);
    free(rules);
}

unsigned shape_rules_count(const struct shape_rules *rules) {
    return rules->count + SHAPE_SIGNALS;
}

unsigned shape_rules_written(const struct shape_rules *rules) {
    return rules->count;
}

struct str shape_rule_name(const struct shape_rules *rules, unsigned rule) {
    CHECK(rule < shape_rules_count(rules));
    return rule < rules->count ? rules->rules[rule].name : signals[rule - rules->count];
}

uint64_t shape_rules_fingerprint(const struct shape_rules *rules) {
    return rules->fingerprint;
}
