// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads what stands behind `do`: a list of maps with one key each, or one of them.
#include "shape/private.h"

// Behind the last of those read so far.
struct list {
    const struct shape_action *first;
    struct shape_action *last;
};

static struct shape_action *add(struct shape_reader *reader, struct list *list,
                                enum shape_action_kind kind) {
    struct shape_action *action = arena_alloc_zero(&reader->rules->arena, sizeof *action);
    if (!action) {
        return NULL;
    }
    action->kind = kind;
    if (list->last) {
        list->last->next = action;
    } else {
        list->first = action;
    }
    list->last = action;
    return action;
}

static bool is_transform(enum shape_action_kind kind) {
    return kind == SHAPE_HASH || kind == SHAPE_MASK || kind == SHAPE_LOWER || kind == SHAPE_TRIM;
}

// A path that a rule may change, in this way.
static enum status read_target(struct shape_reader *reader, const struct settings_node *node,
                               struct str text, enum shape_action_kind kind,
                               const struct shape_path **out) {
    enum status status = shape_path_read(reader, node, text, out);
    if (status != STATUS_OK) {
        return status;
    }
    const struct shape_path *path = *out;
    if (path->field && !path->field->writable) {
        return shape_refuse(reader, node, "%.*s cannot be changed: %s", STR_ARG(path->text),
                            path->field->why);
    }
    if (path->field && kind == SHAPE_RENAME) {
        return shape_refuse(reader, node, "%.*s has its place; set another from it",
                            STR_ARG(path->text));
    }
    if (kind == SHAPE_REMOVE && path->field && str_equal(path->field->name, STR("name"))) {
        return shape_refuse(reader, node, "an event without a name counts as nothing; set another");
    }
    if (path->wild && !is_transform(kind) && kind != SHAPE_REMOVE) {
        return shape_refuse(reader, node, "\"%.*s\" names many places, and one is needed",
                            STR_ARG(path->text));
    }
    if (path->count == 0 && !path->field && kind != SHAPE_REMOVE && kind != SHAPE_MASK) {
        return shape_refuse(reader, node,
                            "\"%.*s\" is a whole part of the event; name what is in it",
                            STR_ARG(path->text));
    }
    return STATUS_OK;
}

static enum status read_reason(struct shape_reader *reader, const struct settings_node *node,
                               struct list *list, enum shape_action_kind kind) {
    if (node->kind != SETTINGS_NODE_VALUE || node->text.len == 0 || node->text.len > 200) {
        return shape_refuse(reader, node, "takes a reason, a text of at most 200 bytes");
    }
    struct shape_action *action = add(reader, list, kind);
    if (!action) {
        return shape_no_memory(reader);
    }
    action->reason = arena_copy(&reader->rules->arena, node->text);
    return action->reason.data ? STATUS_OK : shape_no_memory(reader);
}

// One path or a list of them; what holds for each is in *like.
static enum status read_paths(struct shape_reader *reader, const struct settings_node *node,
                              struct list *list, const struct shape_action *like) {
    const struct settings_node *item = node->kind == SETTINGS_NODE_LIST ? node->child : node;
    if (!item) {
        return shape_refuse(reader, node, "the list is empty");
    }
    for (; item; item = node->kind == SETTINGS_NODE_LIST ? item->next : NULL) {
        const struct shape_path *path = NULL;
        if (item->kind != SETTINGS_NODE_VALUE) {
            return shape_refuse(reader, item, "takes a path, or a list of them");
        }
        enum status status = read_target(reader, item, item->text, like->kind, &path);
        if (status != STATUS_OK) {
            return status;
        }
        struct shape_action *action = add(reader, list, like->kind);
        if (!action) {
            return shape_no_memory(reader);
        }
        *action = *like;
        action->path = path;
    }
    return STATUS_OK;
}

// {from: PATH}, in place of a value.
static enum status read_source(struct shape_reader *reader, const struct settings_node *node,
                               struct shape_action *action) {
    const struct settings_node *from = node->child;
    if (node->count != 1 || !str_equal(from->key, STR("from")) ||
        from->kind != SETTINGS_NODE_VALUE) {
        return shape_refuse(reader, node, "takes a value, or {from: PATH}");
    }
    action->kind = SHAPE_COPY;
    enum status status = shape_path_read(reader, from, from->text, &action->from);
    if (status == STATUS_OK && action->from->wild) {
        return shape_refuse(reader, from, "\"%.*s\" names many places, and one is needed",
                            STR_ARG(action->from->text));
    }
    return status;
}

static enum status check_name(struct shape_reader *reader, const struct settings_node *node,
                              const struct shape_action *action) {
    bool text = !action->path->field || action->kind == SHAPE_COPY ||
                (action->value.type == JSON_STRING && action->value.text.len > 0 &&
                 action->value.text.len <= EVENT_NAME_MAX);
    return text ? STATUS_OK
                : shape_refuse(reader, node, "%.*s takes a text of at most %d bytes",
                               STR_ARG(action->path->text), EVENT_NAME_MAX);
}

static enum status read_set(struct shape_reader *reader, const struct settings_node *node,
                            struct list *list) {
    if (node->kind != SETTINGS_NODE_MAP || !node->child) {
        return shape_refuse(reader, node, "takes paths and values: {properties.plan: free}");
    }
    for (const struct settings_node *child = node->child; child; child = child->next) {
        const struct shape_path *path = NULL;
        enum status status = read_target(reader, child, child->key, SHAPE_SET, &path);
        struct shape_action *action = status == STATUS_OK ? add(reader, list, SHAPE_SET) : NULL;
        if (!action) {
            return status == STATUS_OK ? shape_no_memory(reader) : status;
        }
        action->path = path;
        status = child->kind == SETTINGS_NODE_MAP
                     ? read_source(reader, child, action)
                     : shape_scalar_read(reader, child, &action->value);
        status = status == STATUS_OK ? check_name(reader, child, action) : status;
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status read_rename(struct shape_reader *reader, const struct settings_node *node,
                               struct list *list) {
    if (node->kind != SETTINGS_NODE_MAP || !node->child) {
        return shape_refuse(reader, node, "takes old and new paths: {properties.a: properties.b}");
    }
    for (const struct settings_node *child = node->child; child; child = child->next) {
        struct shape_action *action = add(reader, list, SHAPE_RENAME);
        if (!action) {
            return shape_no_memory(reader);
        }
        if (child->kind != SETTINGS_NODE_VALUE) {
            return shape_refuse(reader, child, "takes the new path");
        }
        enum status status = read_target(reader, child, child->key, SHAPE_RENAME, &action->from);
        status = status == STATUS_OK
                     ? read_target(reader, child, child->text, SHAPE_RENAME, &action->path)
                     : status;
        if (status != STATUS_OK) {
            return status;
        }
        if (action->from == action->path) {
            return shape_refuse(reader, child, "both paths are the same");
        }
    }
    return STATUS_OK;
}

static enum status read_hash(struct shape_reader *reader, const struct settings_node *node,
                             struct list *list) {
    enum status status = read_paths(reader, node, list, &(struct shape_action){.kind = SHAPE_HASH});
    return status == STATUS_OK && !reader->rules->has_hash_key
               ? shape_refuse(reader, node, "privacy.hash_key is needed, at least 16 bytes")
               : status;
}

static enum status read_mask(struct shape_reader *reader, const struct settings_node *node,
                             struct list *list) {
    struct shape_action like = {.kind = SHAPE_MASK};
    const struct settings_node *paths = NULL;
    enum status status = shape_mask_read(reader, node, &like, &paths);
    return status == STATUS_OK ? read_paths(reader, paths, list, &like) : status;
}

static enum status read_action(struct shape_reader *reader, const struct settings_node *node,
                               struct list *list) {
    struct str key = node->key;
    struct shape_action *sample = NULL;
    if (str_equal(key, STR("drop"))) {
        return read_reason(reader, node, list, SHAPE_DROP);
    }
    if (str_equal(key, STR("dead_letter"))) {
        return read_reason(reader, node, list, SHAPE_DEAD_LETTER_IT);
    }
    if (str_equal(key, STR("sample"))) {
        sample = add(reader, list, SHAPE_SAMPLE);
        return sample ? shape_sample_read(reader, node, sample) : shape_no_memory(reader);
    }
    if (str_equal(key, STR("set"))) {
        return read_set(reader, node, list);
    }
    if (str_equal(key, STR("rename"))) {
        return read_rename(reader, node, list);
    }
    if (str_equal(key, STR("remove"))) {
        return read_paths(reader, node, list, &(struct shape_action){.kind = SHAPE_REMOVE});
    }
    if (str_equal(key, STR("hash"))) {
        return read_hash(reader, node, list);
    }
    if (str_equal(key, STR("mask"))) {
        return read_mask(reader, node, list);
    }
    if (str_equal(key, STR("lower"))) {
        return read_paths(reader, node, list, &(struct shape_action){.kind = SHAPE_LOWER});
    }
    if (str_equal(key, STR("trim"))) {
        return read_paths(reader, node, list, &(struct shape_action){.kind = SHAPE_TRIM});
    }
    return shape_refuse(reader, node,
                        "no such action: there are drop, sample, dead_letter, set, rename, remove, "
                        "hash, mask, lower and trim");
}

enum status shape_actions_read(struct shape_reader *reader, const struct settings_node *node,
                               const struct shape_action **out) {
    bool several = node->kind == SETTINGS_NODE_LIST;
    const struct settings_node *item = several ? node->child : node;
    struct list list = {NULL, NULL};
    if (!item) {
        return shape_refuse(reader, node, "the list is empty");
    }
    for (; item; item = several ? item->next : NULL) {
        if (list.last &&
            (list.last->kind == SHAPE_DROP || list.last->kind == SHAPE_DEAD_LETTER_IT)) {
            return shape_refuse(reader, item, "the event is gone before this is done");
        }
        if (item->kind != SETTINGS_NODE_MAP || item->count != 1) {
            return shape_refuse(reader, item,
                                "takes a list of actions, each with one key: - drop: REASON");
        }
        enum status status = read_action(reader, item->child, &list);
        if (status != STATUS_OK) {
            return status;
        }
    }
    *out = list.first;
    return STATUS_OK;
}
