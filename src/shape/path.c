// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Paths of rules: "properties.page.url", "/properties/utm~1x" (RFC 6901), "source.ip", "name".
#include <stddef.h>

#include "base/clock.h"
#include "shape/private.h"

#define KEY                                                                                        \
    "the record of the log stands under it, and a partition's events would no longer be one person's"
#define RECEIPT "it was written down when the event was received"
#define FIELD(name, kind, member, writable, why)                                                   \
    { STR_INIT(name), kind, offsetof(struct event, member), writable, why }
static const struct shape_field fields[] = {
    FIELD("id", SHAPE_FIELD_TEXT, id, false, "a resent event is known by it"),
    FIELD("project", SHAPE_FIELD_TEXT, project, false, KEY),
    FIELD("type", SHAPE_FIELD_TYPE, type, false, "it says what the rest means"),
    FIELD("name", SHAPE_FIELD_TEXT, name, true, NULL),
    FIELD("userId", SHAPE_FIELD_TEXT, user_id, false, KEY),
    FIELD("anonymousId", SHAPE_FIELD_TEXT, anonymous_id, false, KEY),
    FIELD("groupId", SHAPE_FIELD_TEXT, group_id, true, NULL),
    FIELD("previousId", SHAPE_FIELD_TEXT, previous_id, false, "it links one person's ids"),
    FIELD("timestamp", SHAPE_FIELD_TIME, timestamp_ms, false, "days and sessions go by it"),
    FIELD("receivedAt", SHAPE_FIELD_TIME, received_ms, false, RECEIPT),
    FIELD("originalTimestamp", SHAPE_FIELD_TEXT, original_timestamp, false, RECEIPT),
    FIELD("sentAt", SHAPE_FIELD_TEXT, sent_at, false, RECEIPT),
    FIELD("source.dialect", SHAPE_FIELD_TEXT, dialect, false, RECEIPT),
    FIELD("source.ip", SHAPE_FIELD_TEXT, ip, true, NULL),
    FIELD("source.userAgent", SHAPE_FIELD_TEXT, user_agent, true, NULL),
    FIELD("source.doNotTrack", SHAPE_FIELD_FLAG, do_not_track, false, RECEIPT),
    FIELD("source.globalPrivacyControl", SHAPE_FIELD_FLAG, global_privacy_control, false, RECEIPT),
};
#undef FIELD
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

static const struct str parts[SHAPE_ROOTS] = {
    [SHAPE_PROPERTIES] = STR_INIT("properties"),
    [SHAPE_TRAITS] = STR_INIT("traits"),
    [SHAPE_CONTEXT] = STR_INIT("context"),
};

// "~1" is '/', "~0" is '~'. In place; false: another escape.
static bool undo_escapes(char *text, size_t *len) {
    size_t to = 0;
    for (size_t i = 0; i < *len; i++) {
        char c = text[i];
        if (c == '~') {
            char next = i + 1 < *len ? text[i + 1] : '\0';
            if (next != '0' && next != '1') {
                return false;
            }
            c = next == '1' ? '/' : '~';
            i++;
        }
        text[to++] = c;
    }
    *len = to;
    return true;
}

static enum status split(struct shape_reader *reader, const struct settings_node *node,
                         struct shape_path *path) {
    bool pointer = path->text.data[0] == '/';
    struct arena *arena = &reader->rules->arena;
    struct str rest = arena_copy(arena, path->text);
    path->segments = arena_alloc_array(arena, SHAPE_SEGMENTS_MAX, sizeof path->segments[0]);
    if (!rest.data || !path->segments) {
        return shape_no_memory(reader);
    }
    rest = pointer ? str_make(rest.data + 1, rest.len - 1) : rest;
    while (rest.data) {
        struct str segment = str_cut(&rest, pointer ? '/' : '.');
        if (path->count == SHAPE_SEGMENTS_MAX) {
            return shape_refuse(reader, node, "\"%.*s\" has more than %d parts",
                                STR_ARG(path->text), SHAPE_SEGMENTS_MAX);
        }
        if (segment.len == 0 && !pointer) {
            return shape_refuse(
                reader, node,
                "\"%.*s\" has an empty part; write it as a JSON pointer if it is meant",
                STR_ARG(path->text));
        }
        // The copy is ours to change.
        if (pointer && !undo_escapes((char *)(uintptr_t)segment.data, &segment.len)) {
            return shape_refuse(reader, node,
                                "\"%.*s\": in a JSON pointer ~ is written ~0 and / is written ~1",
                                STR_ARG(path->text));
        }
        path->wild = path->wild || str_equal(segment, STR("*"));
        path->segments[path->count++] = segment;
    }
    return STATUS_OK;
}

// "source.ip" as two segments; the names hold one dot at most.
static const struct shape_field *field_of(const struct shape_path *path) {
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        struct str rest = fields[i].name;
        struct str first = str_cut(&rest, '.');
        bool same = path->count == (rest.data ? 2 : 1) && str_equal(path->segments[0], first) &&
                    (!rest.data || str_equal(path->segments[1], rest));
        if (same) {
            return &fields[i];
        }
    }
    return NULL;
}

static bool is_known_name(struct str name) {
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        struct str rest = fields[i].name;
        if (str_equal(str_cut(&rest, '.'), name)) {
            return true;
        }
    }
    return str_equal(name, STR("timestampClamped"));
}

static enum status find_root(struct shape_reader *reader, const struct settings_node *node,
                             struct shape_path *path) {
    path->field = field_of(path);
    if (path->field) {
        path->root = SHAPE_FIELD;
        return STATUS_OK;
    }
    for (unsigned root = SHAPE_PROPERTIES; root <= SHAPE_CONTEXT; root++) {
        if (str_equal(path->segments[0], parts[root])) {
            path->root = (enum shape_root)root;
            path->segments++;
            path->count--;
            return STATUS_OK;
        }
    }
    // A member that nobody knows may be meant, but a misspelt one is likelier: so it takes the form that nobody writes by chance.
    if (path->text.data[0] == '/' && !is_known_name(path->segments[0]) &&
        !str_equal(path->segments[0], STR("*")) && path->segments[0].len > 0) {
        path->root = SHAPE_EXTRA;
        return STATUS_OK;
    }
    return shape_refuse(reader, node,
                        "\"%.*s\" is nothing that an event has: it begins with properties, traits, "
                        "context or source, or is type, name, userId and the like; another member "
                        "is written as a JSON pointer, /integrations/All",
                        STR_ARG(path->text));
}

enum status shape_path_read(struct shape_reader *reader, const struct settings_node *node,
                            struct str text, const struct shape_path **out) {
    struct shape_rules *rules = reader->rules;
    for (struct shape_path *path = rules->paths; path; path = path->next) {
        if (str_equal(path->text, text)) {
            *out = path;
            return STATUS_OK;
        }
    }
    if (text.len == 0) {
        return shape_refuse(reader, node, "a path is empty");
    }
    struct shape_path *path = arena_alloc_zero(&rules->arena, sizeof *path);
    if (!path) {
        return shape_no_memory(reader);
    }
    path->text = arena_copy(&rules->arena, text);
    if (!path->text.data) {
        return shape_no_memory(reader);
    }
    enum status status = split(reader, node, path);
    status = status == STATUS_OK ? find_root(reader, node, path) : status;
    if (status != STATUS_OK) {
        return status;
    }
    path->number = rules->path_count++;
    path->next = rules->paths;
    rules->paths = path;
    *out = path;
    return STATUS_OK;
}
