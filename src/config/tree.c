// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Flat keys put together again: a.b[0].c becomes maps and lists.
#include "config/flat.h"

struct walk {
    struct arena *arena;
    struct str key;               // all of it
    size_t at;                    // what was read
    struct str prefix;            // of names whose map cannot be: a text stands there
    enum config_branch_kind next; // what the part that was read stands for
    struct error *err;
};

static enum status refuse(const struct walk *w) {
    return error_set(w->err, STATUS_INVALID, "the key %.*s fits no lists and maps",
                     STR_ARG(w->key));
}

static enum status no_memory(const struct walk *w) {
    return error_set(w->err, STATUS_NO_MEMORY, "out of memory");
}

static struct config_branch *make(const struct walk *w, enum config_branch_kind kind) {
    struct config_branch *branch = arena_alloc_zero(w->arena, sizeof *branch);
    if (branch) {
        branch->kind = kind;
        config_map_init(&branch->names, w->arena);
    }
    return branch;
}

static enum status grow(const struct walk *w, struct config_branch *branch, size_t count) {
    if (count <= branch->room) {
        return STATUS_OK;
    }
    size_t room = branch->room ? branch->room * 2 : 4;
    room = room < count ? count : room;
    struct config_branch **children = arena_alloc_array(w->arena, room, sizeof *children);
    if (!children) {
        return no_memory(w);
    }
    for (size_t i = 0; i < branch->count; i++) {
        children[i] = branch->children[i];
    }
    branch->children = children;
    branch->room = room;
    return STATUS_OK;
}

// --- Parts of a key -----------------------------------------------------------------------------------------------------
static bool is_number(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

// A name up to a dot, or to a bracket with a number in it; other brackets belong to it.
static enum status read_name(struct walk *w, struct str *name) {
    size_t start = w->at, bracket = 0;
    bool in_bracket = false;
    w->next = CONFIG_BRANCH_LEAF;
    for (size_t i = start; i < w->key.len && w->next == CONFIG_BRANCH_LEAF; i++) {
        char c = w->key.data[i];
        if (c == '.') {
            w->next = CONFIG_BRANCH_MAP;
            w->at = i + 1;
            *name = str_make(w->key.data + start, i - start);
        } else if (c == '[') {
            in_bracket = true;
            bracket = i;
        } else if (c == ']' && in_bracket &&
                   is_number(str_make(w->key.data + bracket + 1, i - bracket - 1))) {
            w->next = CONFIG_BRANCH_LIST;
            w->at = bracket + 1;
            *name = str_make(w->key.data + start, bracket - start);
        }
    }
    if (w->next == CONFIG_BRANCH_LEAF) {
        *name = str_make(w->key.data + start, w->key.len - start);
        w->at = w->key.len;
        return STATUS_OK;
    }
    return name->len > 0 ? STATUS_OK : refuse(w);
}

// Behind a bracket: the number, its bracket, and what comes next.
static enum status read_index(struct walk *w, size_t *index) {
    const char *end = memchr(w->key.data + w->at, ']', w->key.len - w->at);
    uint64_t number = 0;
    struct str text = str_make(w->key.data + w->at, end ? (size_t)(end - w->key.data) - w->at : 0);
    if (!end || !is_number(text) || !str_to_u64(text, &number) || number >= CONFIG_INDEX_MAX) {
        return refuse(w);
    }
    *index = (size_t)number;
    w->at += text.len + 1;
    if (w->at == w->key.len) {
        w->next = CONFIG_BRANCH_LEAF;
        return STATUS_OK;
    }
    char c = w->key.data[w->at++];
    w->next = c == '.' ? CONFIG_BRANCH_MAP : CONFIG_BRANCH_LIST;
    return c == '.' || c == '[' ? STATUS_OK : refuse(w);
}

// --- Putting ------------------------------------------------------------------------------------------------------------
static enum status put_child(const struct walk *w, struct config_branch *map, struct str name,
                             struct config_branch *child) {
    const struct config_property *known = config_map_find(&map->names, name);
    if (!child) {
        return no_memory(w);
    }
    if (known) {
        map->children[known->value.line - 1] = child;
        return STATUS_OK;
    }
    struct config_value place = {.kind = CONFIG_TEXT, .line = (unsigned)map->count + 1};
    enum status status = grow(w, map, map->count + 1);
    if (status == STATUS_OK && config_map_put(&map->names, name, place) != STATUS_OK) {
        return no_memory(w);
    }
    if (status == STATUS_OK) {
        map->children[map->count++] = child;
    }
    return status;
}

static struct config_branch *child_of(const struct config_branch *map, struct str name) {
    const struct config_property *known = config_map_find(&map->names, name);
    return known ? map->children[known->value.line - 1] : NULL;
}

static struct config_branch *make_leaf(const struct walk *w, const struct config_value *value) {
    struct config_branch *leaf = make(w, CONFIG_BRANCH_LEAF);
    if (leaf) {
        leaf->value = *value;
    }
    return leaf;
}

// One part of the key, in a map: *branch is where the next part goes; NULL: it was the last.
static enum status put_name(struct walk *w, struct config_branch **branch,
                            const struct config_value *value) {
    struct config_branch *map = *branch;
    struct str name;
    enum status status = read_name(w, &name);
    if (status != STATUS_OK) {
        return status;
    }
    struct config_branch *child = child_of(map, name);
    *branch = NULL;
    if (w->next == CONFIG_BRANCH_LEAF) {
        struct str whole = arena_printf(w->arena, "%.*s%.*s", STR_ARG(w->prefix), STR_ARG(name));
        return whole.data ? put_child(w, map, whole, make_leaf(w, value)) : no_memory(w);
    }
    if (child && child->kind == w->next) {
        *branch = child;
        return STATUS_OK;
    }
    if (child && w->next == CONFIG_BRANCH_MAP) { // a text stands there: the rest goes beside it
        w->prefix = arena_printf(w->arena, "%.*s.", STR_ARG(name));
        *branch = map;
        return w->prefix.data ? STATUS_OK : no_memory(w);
    }
    if (child) {
        return refuse(w);
    }
    *branch = make(w, w->next);
    return put_child(w, map, name, *branch);
}

static enum status put_index(struct walk *w, struct config_branch **branch,
                             const struct config_value *value) {
    struct config_branch *list = *branch;
    size_t index = 0;
    enum status status = read_index(w, &index);
    status = status == STATUS_OK ? grow(w, list, index + 1) : status;
    while (status == STATUS_OK && list->count <= index) {
        list->children[list->count] = make(w, CONFIG_BRANCH_NULL);
        status = list->children[list->count++] ? STATUS_OK : no_memory(w);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct config_branch *child = list->children[index];
    *branch = NULL;
    if (w->next == CONFIG_BRANCH_LEAF) {
        list->children[index] = make_leaf(w, value);
        return list->children[index] ? STATUS_OK : no_memory(w);
    }
    if (child->kind == CONFIG_BRANCH_NULL) {
        child->kind = w->next;
    }
    *branch = child;
    return child->kind == w->next ? STATUS_OK : refuse(w);
}

enum status config_tree_make(const struct config_map *map, struct config_branch **root,
                             struct error *err) {
    struct walk w = {.arena = map->arena, .err = err};
    *root = make(&w, CONFIG_BRANCH_MAP);
    enum status status = *root ? STATUS_OK : no_memory(&w);
    for (size_t i = 0; i < map->count && status == STATUS_OK; i++) {
        struct config_branch *branch = *root;
        w = (struct walk){.arena = map->arena, .key = map->items[i].key, .err = err};
        w.next = CONFIG_BRANCH_MAP;
        while (branch && status == STATUS_OK) {
            status = w.next == CONFIG_BRANCH_LIST ? put_index(&w, &branch, &map->items[i].value)
                                                  : put_name(&w, &branch, &map->items[i].value);
        }
    }
    return status;
}
