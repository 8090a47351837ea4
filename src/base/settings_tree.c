// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Values that are trees: put together by events, so that the reader of YAML needs to know no more than what it reads.
#include "base/settings_layer.h"

static bool has_key(const struct settings_node *map, struct str key) {
    for (const struct settings_node *child = map->child; child; child = child->next) {
        if (str_equal(child->key, key)) {
            return true;
        }
    }
    return false;
}

static enum status refuse(const char **what, const char *text) {
    *what = text;
    return STATUS_INVALID;
}

static enum status take_key(struct settings_tree *tree, enum settings_tree_event event,
                            struct str text, const char **what) {
    if (event != SETTINGS_TREE_VALUE) {
        return refuse(what, "a key must be a plain word");
    }
    if (has_key(tree->open[tree->depth - 1].node, text)) {
        return refuse(what, "a key is set twice");
    }
    struct str key = arena_copy(tree->arena, text);
    tree->open[tree->depth - 1].key = key;
    return key.data ? STATUS_OK : STATUS_NO_MEMORY;
}

static struct settings_node *add_node(struct settings_tree *tree, enum settings_tree_event event,
                                      struct str text, bool plain, const char *origin) {
    struct settings_node *node = arena_alloc_zero(tree->arena, sizeof *node);
    if (!node) {
        return NULL;
    }
    node->kind = event == SETTINGS_TREE_VALUE  ? SETTINGS_NODE_VALUE
                 : event == SETTINGS_TREE_LIST ? SETTINGS_NODE_LIST
                                               : SETTINGS_NODE_MAP;
    node->plain = plain;
    node->origin = origin;
    node->text = event == SETTINGS_TREE_VALUE ? arena_copy(tree->arena, text) : STR_EMPTY;
    if (event == SETTINGS_TREE_VALUE && !node->text.data) {
        return NULL;
    }
    if (tree->depth == 0) {
        tree->root = node;
        return node;
    }
    struct settings_node *parent = tree->open[tree->depth - 1].node;
    node->key = tree->open[tree->depth - 1].key;
    tree->open[tree->depth - 1].key = STR_EMPTY;
    *tree->open[tree->depth - 1].link = node;
    tree->open[tree->depth - 1].link = &node->next;
    parent->count++;
    return node;
}

enum status settings_tree_add(struct settings_tree *tree, enum settings_tree_event event,
                              struct str text, bool plain, const char *origin, bool *done,
                              const char **what) {
    *done = false;
    if (event == SETTINGS_TREE_END) {
        *done = --tree->depth == 0;
        return STATUS_OK;
    }
    if (!str_is_utf8(text) || (text.len > 0 && memchr(text.data, '\0', text.len))) {
        return refuse(what, "is not UTF-8 text without NUL");
    }
    if (tree->depth > 0 && tree->open[tree->depth - 1].node->kind == SETTINGS_NODE_MAP &&
        !tree->open[tree->depth - 1].key.data) {
        return take_key(tree, event, text, what);
    }
    if (++tree->nodes > SETTINGS_TREE_NODES) {
        return refuse(what, "holds too many values");
    }
    struct settings_node *node = add_node(tree, event, text, plain, origin);
    if (!node) {
        return STATUS_NO_MEMORY;
    }
    if (event == SETTINGS_TREE_VALUE) {
        *done = tree->depth == 0;
        return STATUS_OK;
    }
    if (tree->depth == SETTINGS_TREE_DEPTH) {
        return refuse(what, "nested too deeply");
    }
    tree->open[tree->depth].node = node;
    tree->open[tree->depth].link = &node->child;
    tree->open[tree->depth++].key = STR_EMPTY;
    return STATUS_OK;
}
