// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What actions do to an event that stays one: set, copy, rename, remove; texts are transform.c's.
#include "shape/private.h"

static struct str *field_text(const struct shape_event *at, const struct shape_field *field) {
    return (struct str *)(void *)((char *)at->event + field->offset);
}

static bool set_field(struct shape_event *at, const struct shape_path *path, struct str text) {
    struct str *member = field_text(at, path->field);
    if (text.len == 0 || text.len > EVENT_NAME_MAX || memchr(text.data, '\0', text.len)) {
        shape_fail(at,
                   arena_printf(at->arena, "%.*s would be empty, longer than %d bytes or hold NUL",
                                STR_ARG(path->text), EVENT_NAME_MAX));
        return false;
    }
    bool changed = !str_equal(*member, text);
    *member = text;
    return changed;
}

static bool is_same(const struct json_value *node, const struct shape_scalar *value) {
    return node->type == value->type && str_equal(node->raw, value->raw);
}

static bool set(struct shape_event *at, const struct shape_action *action) {
    if (action->path->field) {
        return set_field(at, action->path, action->value.text);
    }
    struct json_value *node = shape_place(at, action->path);
    if (!node || is_same(node, &action->value)) {
        return node && action->value.type == JSON_NULL; // a place that was made holds null
    }
    node->type = action->value.type;
    node->text = action->value.type == JSON_STRING || action->value.type == JSON_NUMBER
                     ? action->value.text
                     : STR_EMPTY;
    node->raw = action->value.raw;
    node->child = NULL;
    node->count = 0;
    return true;
}

// So that both places may be changed one without the other. NULL: no memory, or nested as deep as no event is.
static struct json_value *clone(struct shape_event *at, const struct json_value *node,
                                unsigned depth) {
    struct json_value *copy = arena_alloc(at->arena, sizeof *copy);
    if (!copy || depth > EVENT_DEPTH_MAX + 1) {
        at->status = copy ? at->status : STATUS_NO_MEMORY;
        return NULL;
    }
    *copy = *node;
    copy->next = NULL;
    const struct json_value **link = &copy->child;
    for (const struct json_value *child = node->child; child; child = child->next) {
        struct json_value *made = clone(at, child, depth + 1);
        if (!made) {
            return NULL;
        }
        *link = made;
        link = &made->next;
    }
    return copy;
}

static void put(struct json_value *place, const struct json_value *value) {
    struct str key = place->key;
    const struct json_value *next = place->next;
    *place = *value;
    place->key = key;
    place->next = next;
}

// What is not there is not copied.
static bool copy(struct shape_event *at, const struct shape_action *action) {
    const struct shape_path *from = action->from;
    const struct json_value *node = from->field ? NULL : shape_find(at, from);
    struct shape_value value =
        from->field ? shape_field_value(at, from->field) : shape_node_value(node);
    if (!value.there) {
        return false;
    }
    if (value.has_ms || (action->path->field && value.type != JSON_STRING) ||
        (from->field && value.type != JSON_STRING)) {
        shape_fail(at, arena_printf(at->arena, "%.*s cannot be set from %.*s: it is no text",
                                    STR_ARG(action->path->text), STR_ARG(from->text)));
        return false;
    }
    if (action->path->field) {
        return set_field(at, action->path, value.text);
    }
    struct json_value *made = node ? clone(at, node, 0) : NULL;
    struct json_value *place = shape_place(at, action->path);
    if (!place || (node && !made)) {
        return false;
    }
    if (made) {
        put(place, made);
        return true;
    }
    return shape_set_text(at, place, value.text);
}

// What stood at the new place is gone; what is not there is not renamed.
static bool rename_member(struct shape_event *at, const struct shape_action *action) {
    struct json_value *node = NULL;
    if (!shape_take_out(at, action->from, &node)) {
        return false;
    }
    struct json_value *place = shape_place(at, action->path);
    if (place) {
        put(place, node);
    }
    return true;
}

static bool remove_member(struct shape_event *at, const struct shape_action *action) {
    struct json_value *node = NULL;
    if (!action->path->field) {
        return shape_take_out(at, action->path, &node);
    }
    struct str *member = field_text(at, action->path->field);
    bool there = member->len > 0;
    *member = STR_EMPTY;
    return there;
}

bool shape_act(struct shape_event *at, const struct shape_action *action) {
    switch (action->kind) {
    case SHAPE_SET: return set(at, action);
    case SHAPE_COPY: return copy(at, action);
    case SHAPE_RENAME: return rename_member(at, action);
    case SHAPE_REMOVE: return remove_member(at, action);
    case SHAPE_HASH:
    case SHAPE_MASK:
    case SHAPE_LOWER:
    case SHAPE_TRIM: return shape_transform(at, action);
    case SHAPE_DROP:
    case SHAPE_DEAD_LETTER_IT:
    case SHAPE_SAMPLE: break;
    }
    return false; // decided by whoever goes through the rules
}
