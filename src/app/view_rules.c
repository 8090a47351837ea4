// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What rules did, in /status: written, read back from peers, and added up.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/view.h"

// "ruleSet":null when processes do not go by the same rules, as for a moment when they are told of new ones.
void app_view_write_rules(struct json_writer *writer, const struct shape_stats *stats) {
    char fingerprint[17];
    int len = snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, stats->fingerprint);
    json_member_string_or_null(writer, STR("ruleSet"),
                               stats->fingerprint ? str_make(fingerprint, (size_t)len) : STR_EMPTY);
    json_key(writer, STR("rules"));
    json_begin_array(writer);
    for (size_t i = 0; i < stats->count; i++) {
        const struct shape_rule_stats *rule = &stats->rules[i];
        json_begin_object(writer);
        json_member_string(writer, STR("name"), str_from_c(rule->name));
        for (unsigned j = 0; j < SHAPE_COUNTS; j++) {
            json_member_u64(writer, shape_count_name((enum shape_count)j), rule->counts.of[j]);
        }
        json_end_object(writer);
    }
    json_end_array(writer);
}

static uint64_t read_u64(const struct json_value *object, struct str key) {
    const struct json_value *member = json_get(object, key);
    uint64_t value = 0;
    return member && member->type == JSON_NUMBER && str_to_u64(member->text, &value) ? value : 0;
}

enum status app_view_read_rules(const struct json_value *processor, struct arena *arena,
                                struct shape_stats *out) {
    const struct json_value *list = json_get(processor, STR("rules"));
    struct str fingerprint = json_get_string(processor, STR("ruleSet"));
    char text[17] = "";
    *out = (struct shape_stats){.count = 0};
    if (!list || list->type != JSON_ARRAY || list->count == 0) {
        return STATUS_OK;
    }
    if (fingerprint.len == 16) {
        memcpy(text, fingerprint.data, 16);
        out->fingerprint = strtoull(text, NULL, 16);
    }
    out->rules = arena_alloc_array(arena, list->count, sizeof *out->rules);
    if (!out->rules) {
        return STATUS_NO_MEMORY;
    }
    for (const struct json_value *item = list->child; item; item = item->next) {
        struct str name = json_get_string(item, STR("name"));
        struct shape_rule_stats *rule = &out->rules[out->count];
        if (name.len == 0 || name.len > SHAPE_NAME_MAX) {
            continue;
        }
        memcpy(rule->name, name.data, name.len);
        for (unsigned j = 0; j < SHAPE_COUNTS; j++) {
            rule->counts.of[j] = read_u64(item, shape_count_name((enum shape_count)j));
        }
        out->count++;
    }
    return STATUS_OK;
}

static struct shape_rule_stats *find(const struct shape_stats *stats, const char *name) {
    for (size_t i = 0; i < stats->count; i++) {
        if (strcmp(stats->rules[i].name, name) == 0) {
            return &stats->rules[i];
        }
    }
    return NULL;
}

enum status app_view_merge_rules(struct shape_stats *to, const struct shape_stats *from,
                                 struct arena *arena) {
    if (from->count == 0) {
        return STATUS_OK;
    }
    struct shape_rule_stats *rules =
        arena_alloc_array(arena, to->count + from->count, sizeof *rules);
    if (!rules) {
        return STATUS_NO_MEMORY;
    }
    if (to->count > 0) {
        memcpy(rules, to->rules, to->count * sizeof *rules);
    }
    to->fingerprint =
        to->count == 0 || to->fingerprint == from->fingerprint ? from->fingerprint : 0;
    to->rules = rules;
    for (size_t i = 0; i < from->count; i++) {
        struct shape_rule_stats *rule = find(to, from->rules[i].name);
        if (!rule) {
            to->rules[to->count++] = from->rules[i];
            continue;
        }
        for (unsigned j = 0; j < SHAPE_COUNTS; j++) {
            rule->counts.of[j] += from->rules[i].counts.of[j];
        }
    }
    return STATUS_OK;
}
