// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rules from a text and events from a text.
#include "unit/shape/harness.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

static const struct setting table[] = {
    {"privacy.ip", NULL, SETTING_CHOICE, "truncate", 0, 0, "truncate|keep|remove", "", false},
    {"privacy.do_not_track", NULL, SETTING_CHOICE, "ignore", 0, 0, "ignore|drop", "", false},
    {"privacy.global_privacy_control", NULL, SETTING_CHOICE, "ignore", 0, 0, "ignore|drop", "",
     false},
    {"privacy.projects", NULL, SETTING_LIST, "", 0, 0, NULL, "", false},
    {"privacy.hash_key", NULL, SETTING_STRING, "", 0, 0, NULL, "", true},
    {"rules[].name", NULL, SETTING_STRING, "", 0, 0, NULL, "", false},
    {"rules[].when", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
    {"rules[].do", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
};

struct settings *shape_settings(const char *yaml) {
    struct settings *settings = NULL;
    struct error err = {STATUS_OK, ""};
    CHECK(settings_make(table, sizeof table / sizeof table[0], &settings) == STATUS_OK);
    if (settings_load_text(settings, "footfall.yaml", str_from_c(yaml), &err) != STATUS_OK) {
        fprintf(stderr, "%s\n", err.text);
        CHECK(false);
    }
    return settings;
}

enum status shape_read(const char *yaml, struct shape_rules **out, struct error *err) {
    struct settings *settings = shape_settings(yaml);
    *out = NULL;
    enum status status = shape_rules_read(settings, out, err);
    settings_free(settings);
    return status;
}

// `"member":` is not there yet.
static void complete(char *text, size_t size, const char *member, const char *value) {
    char name[64], rest[8192];
    (void)snprintf(name, sizeof name, "\"%s\":", member);
    if (strstr(text, name) == NULL) {
        (void)snprintf(rest, sizeof rest, "%s", text + 1);
        (void)snprintf(text, size, "{%s%s%s%s", name, value, rest[0] == '}' ? "" : ",", rest);
    }
}

// What every event has is left out of what tests compare.
static void show(const struct event *event, char *out, size_t size) {
    static const char *const starts[] = {"\"name\":", "\"userId\":", "\"anonymousId\":"};
    struct buffer buffer;
    buffer_init(&buffer, 1024 * 1024);
    CHECK(event_encode(event, &buffer) == STATUS_OK);
    buffer_append_char(&buffer, '\0');
    const char *from = buffer.data;
    for (size_t i = 0; i < 3 && from == buffer.data; i++) {
        const char *found = strstr(buffer.data, starts[i]);
        from = found ? found : from;
    }
    const char *times = strstr(from, ",\"timestamp\":");
    const char *behind = strstr(from, "\"receivedAt\":\"");
    CHECK(times != NULL && behind != NULL);
    behind = strchr(behind + strlen("\"receivedAt\":\""), '"') + 1;
    (void)snprintf(out, size, "%.*s%s", (int)(times - from), from, behind);
    char *source = strstr(out, ",\"source\":{\"dialect\":\"\"}");
    if (source) {
        size_t len = strlen(",\"source\":{\"dialect\":\"\"}");
        memmove(source, source + len, strlen(source + len) + 1);
    }
    buffer_free(&buffer);
}

static void finish(const struct shape_rules *rules, const struct shape_outcome *outcome,
                   struct shaped *out) {
    out->fate = outcome->fate;
    out->changed = outcome->changed;
    if (outcome->fate != SHAPE_KEPT) {
        struct str name = shape_rule_name(rules, outcome->rule);
        (void)snprintf(out->rule, sizeof out->rule, "%.*s", STR_ARG(name));
    }
    if (outcome->reason.data) {
        (void)snprintf(out->reason, sizeof out->reason, "%.*s", STR_ARG(outcome->reason));
    }
}

struct shaped shape_event(const struct shape_rules *rules, const char *given, bool hidden) {
    struct shaped out = {.status = STATUS_OK};
    struct shape_counts counts[520] = {0};
    struct shape_worker *worker = NULL;
    struct json_parser *parser = NULL;
    struct shape_outcome outcome = {.fate = SHAPE_KEPT};
    struct event_trees trees;
    struct event event;
    struct arena arena;
    struct error err = {STATUS_OK, ""};
    char text[8192 + JSON_PADDING] = "";
    (void)snprintf(text, 8192, "%s", given);
    complete(text, 8192, "anonymousId", "\"a1\"");
    complete(text, 8192, "receivedAt", "\"2026-11-25T12:00:00.000Z\"");
    complete(text, 8192, "timestamp", "\"2026-11-25T12:00:00.000Z\"");
    complete(text, 8192, "type", "\"track\"");
    complete(text, 8192, "project", "\"shop\"");
    complete(text, 8192, "id", "\"m1\"");
    arena_init(&arena, 65536, 0);
    CHECK(json_parser_make(&parser) == STATUS_OK);
    CHECK(shape_worker_make(&worker) == STATUS_OK);
    if (event_decode(parser, str_from_c(text), &arena, &event, &trees, &err) != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", text, err.text);
        CHECK(false);
    }
    out.status = shape_apply(rules, worker, &event, &trees, &arena, counts, &outcome);
    if (out.status == STATUS_OK && outcome.fate == SHAPE_KEPT && hidden) {
        out.status = shape_hide_addresses(rules, worker, &event, &trees, &arena);
    }
    if (out.status == STATUS_OK) {
        finish(rules, &outcome, &out);
    }
    if (out.status == STATUS_OK && outcome.fate == SHAPE_KEPT) {
        show(&event, out.after, sizeof out.after);
        // The slices that the store gets and the trees that the rest looks into say the same.
        CHECK(event.properties.data == (trees.properties ? trees.properties->raw.data : NULL));
        CHECK(event.context.data == (trees.context ? trees.context->raw.data : NULL));
        CHECK(event.traits.data == (trees.traits ? trees.traits->raw.data : NULL));
    }
    memcpy(out.counts, counts, sizeof out.counts);
    shape_worker_free(worker);
    json_parser_free(parser);
    arena_free(&arena);
    return out;
}

struct shaped shape_with(const char *yaml, const char *event) {
    struct shape_rules *rules = NULL;
    struct error err = {STATUS_OK, ""};
    if (shape_read(yaml, &rules, &err) != STATUS_OK) {
        fprintf(stderr, "%s\n%s\n", yaml, err.text);
        CHECK(false);
    }
    struct shaped out = shape_event(rules, event, false);
    shape_rules_release(rules);
    return out;
}
