// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Keys with dots in them, put together again.
//
//   when: {properties.url: {prefix: /a}} is given as when.properties.url.prefix = /a, and read as when: {properties: {url: {prefix: /a}}}
//
// What follows a path is known by its name, as the words of conditions and actions are few. Who has a path that ends in one of them writes
// it in brackets, as Spring knows them: when[properties.prefix].
#include "config_client/private.h"

// What stands below these has paths, or further ones of these.
static const struct str containers[] = {
    STR_INIT("all"),    STR_INIT("any"),    STR_INIT("not"),         STR_INIT("set"),
    STR_INIT("rename"), STR_INIT("remove"), STR_INIT("hash"),        STR_INIT("mask"),
    STR_INIT("lower"),  STR_INIT("trim"),   STR_INIT("dead_letter"), STR_INIT("drop"),
    STR_INIT("sample"),
};
// What stands behind a path.
static const struct str ends[] = {
    STR_INIT("equals"), STR_INIT("one_of"),   STR_INIT("prefix"),      STR_INIT("suffix"),
    STR_INIT("above"),  STR_INIT("contains"), STR_INIT("matches"),     STR_INIT("exists"),
    STR_INIT("below"),  STR_INIT("at_least"), STR_INIT("ignore_case"), STR_INIT("at_most"),
    STR_INIT("from"),
};

static bool is_one_of(struct str name, const struct str *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(name, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_end(const struct config_client_node *node) {
    const struct config_client_node *child = node->child;
    return node->value || !child || !child->name.data ||
           is_one_of(child->name, ends, sizeof ends / sizeof ends[0]);
}

struct folding {
    struct arena *arena;
    struct config_client_node **end; // of what was put together
};

static void put(struct folding *folding, struct config_client_node *node, struct str name) {
    node->name = name;
    node->next = NULL;
    *folding->end = node;
    folding->end = &node->next;
}

// At most CONFIG_CLIENT_DEPTH deep, as the tree is.
static enum status expand(struct folding *folding, struct config_client_node *node,
                          struct str name) {
    if (is_end(node)) {
        put(folding, node, name);
        return STATUS_OK;
    }
    struct config_client_node *child = node->child;
    while (child) {
        struct config_client_node *next = child->next; // putting it changes that
        struct str longer =
            arena_printf(folding->arena, "%.*s.%.*s", STR_ARG(name), STR_ARG(child->name));
        enum status status = longer.data ? expand(folding, child, longer) : STATUS_NO_MEMORY;
        if (status != STATUS_OK) {
            return status;
        }
        child = next;
    }
    return STATUS_OK;
}

enum status config_client_fold(struct config_client_node *node, struct arena *arena) {
    struct config_client_node *child = node->child, *first = NULL;
    struct folding folding = {arena, &first};
    while (child) {
        struct config_client_node *next = child->next;
        bool inside = !child->name.data ||
                      is_one_of(child->name, containers, sizeof containers / sizeof containers[0]);
        enum status status =
            inside ? config_client_fold(child, arena) : expand(&folding, child, child->name);
        if (status != STATUS_OK) {
            return status;
        }
        if (inside) {
            put(&folding, child, child->name);
        }
        child = next;
    }
    node->child = first;
    return STATUS_OK;
}
