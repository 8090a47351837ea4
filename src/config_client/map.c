// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Flat properties (rules[0].name) as the YAML of our settings.
#include <stdlib.h>

#include "base/json_write.h"
#include "config_client/config_client.h"

enum { DEPTH_MOST = 16, INDEX_MOST = 4096, NOTHING = -1 };

// A value, or what stands below a key or an index.
struct node {
    struct str name; // data NULL: an item, which index tells
    size_t index;
    bool value;
    struct str text;
    bool plain;
    struct node *child, *next; // children in the order of their index, or of coming
};

// A setting, or a whole list, from the strongest source that has some of it.
struct root {
    struct str key;
    bool list; // of maps, or a list whose items came one by one
    struct node *node;
    const struct config_client_property *from;
    struct root *next;
};

struct mapping {
    const struct setting *table;
    size_t count;
    struct arena *arena;
    struct root *roots, **end;
    struct error *err;
};

static enum status refuse(const struct mapping *mapping,
                          const struct config_client_property *property, const char *what) {
    return error_set(
        mapping->err, STATUS_INVALID, "%.*s: %.*s: %s",
        (int)(property->source.len > 200 ? 200 : property->source.len), property->source.data,
        (int)(property->key.len > 120 ? 120 : property->key.len), property->key.data, what);
}

static enum status no_memory(const struct mapping *mapping) {
    return error_set(mapping->err, STATUS_NO_MEMORY, "out of memory");
}

static int find(const struct mapping *mapping, struct str key) {
    for (size_t i = 0; i < mapping->count; i++) {
        if (str_equal(str_from_c(mapping->table[i].key), key)) {
            return (int)i;
        }
    }
    return NOTHING;
}

// Whether the table has rows "key[].…".
static bool is_list_of_maps(const struct mapping *mapping, struct str key) {
    for (size_t i = 0; i < mapping->count; i++) {
        const char *row = mapping->table[i].key;
        if (strncmp(row, key.data, key.len) == 0 && strncmp(row + key.len, "[].", 3) == 0) {
            return true;
        }
    }
    return false;
}

// --- Trees of what stands behind a key -----------------------------------------------------------------------------------
static struct node *child_of(struct mapping *mapping, struct node *parent, struct str name,
                             size_t index) {
    struct node **link = &parent->child;
    while (*link && (name.data ? !(*link)->name.data || !str_equal((*link)->name, name)
                               : !(*link)->name.data && (*link)->index < index)) {
        link = &(*link)->next;
    }
    bool there = *link && (name.data ? (*link)->name.data != NULL
                                     : !(*link)->name.data && (*link)->index == index);
    if (!there) {
        struct node *node = arena_alloc_zero(mapping->arena, sizeof *node);
        if (!node) {
            return NULL;
        }
        *node = (struct node){.name = name, .index = index, .next = *link};
        *link = node;
    }
    return *link;
}

// "[3]" or "[a.key]" at the front of rest, ".name" or "name"; false: neither.
static bool take_step(struct str *rest, struct str *name, size_t *index) {
    bool bracket = rest->data[0] == '[';
    size_t from = bracket || rest->data[0] == '.' ? 1 : 0, to = from;
    while (to < rest->len &&
           (bracket ? rest->data[to] != ']' : rest->data[to] != '.' && rest->data[to] != '[')) {
        to++;
    }
    *name = str_make(rest->data + from, to - from);
    if (name->len == 0 || (bracket && to == rest->len)) {
        return false;
    }
    size_t end = bracket ? to + 1 : to;
    *rest = str_make(rest->data + end, rest->len - end);
    if (!bracket) {
        return true;
    }
    size_t number = 0, digits = 0;
    while (digits < name->len && name->data[digits] >= '0' && name->data[digits] <= '9' &&
           number <= INDEX_MOST) {
        number = number * 10 + (size_t)(name->data[digits++] - '0');
    }
    if (digits == name->len) {
        *index = number;
        *name = STR_EMPTY;
        name->data = NULL;
        return number < INDEX_MOST;
    }
    return true;
}

static enum status put(struct mapping *mapping, struct node *node, struct str rest,
                       const struct config_client_property *property) {
    for (size_t depth = 0; rest.len > 0; depth++) {
        struct str name = STR_EMPTY;
        size_t index = 0;
        if (depth == DEPTH_MOST || !take_step(&rest, &name, &index)) {
            return refuse(mapping, property, "not a key that can be understood");
        }
        if (node->value) {
            return refuse(mapping, property, "stands below a key that has a value");
        }
        node = child_of(mapping, node, name, index);
        if (!node) {
            return no_memory(mapping);
        }
    }
    if (node->child || node->value) {
        return refuse(mapping, property, "has a value, and keys below it");
    }
    node->value = true;
    node->text = property->text;
    node->plain = property->plain;
    return STATUS_OK;
}

// --- Which properties are ours ---------------------------------------------------------------------------------------------
static struct root *root_of(struct mapping *mapping, struct str key, bool list,
                            const struct config_client_property *property) {
    for (struct root *root = mapping->roots; root; root = root->next) {
        if (str_equal(root->key, key)) {
            return root;
        }
    }
    struct root *root = arena_alloc_zero(mapping->arena, sizeof *root);
    struct node *node = arena_alloc_zero(mapping->arena, sizeof *node);
    if (!root || !node) {
        return NULL;
    }
    *root = (struct root){.key = key, .list = list, .node = node, .from = property};
    *mapping->end = root;
    mapping->end = &root->next;
    return root;
}

// "rules" of "rules[0].name", "limits.exempt" of "limits.exempt[1]"; false: none of ours.
static bool find_root(const struct mapping *mapping, struct str key, struct str *root, bool *list) {
    size_t bracket = 0;
    while (bracket < key.len && key.data[bracket] != '[') {
        bracket++;
    }
    *root = str_make(key.data, bracket);
    int index = find(mapping, *root);
    bool items = bracket < key.len;
    *list = is_list_of_maps(mapping, *root);
    return *list || (index != NOTHING && (!items || mapping->table[index].type == SETTING_LIST));
}

static enum status add(struct mapping *mapping, const struct config_client_property *property) {
    static const struct str prefix = STR_INIT("footfall.");
    bool named = str_starts_with(property->key, prefix);
    struct str key = named
                         ? str_make(property->key.data + prefix.len, property->key.len - prefix.len)
                         : property->key;
    struct str name = STR_EMPTY;
    bool list = false;
    if (!find_root(mapping, key, &name, &list)) {
        return property->shared && !named ? STATUS_OK : refuse(mapping, property, "unknown key");
    }
    if (str_starts_with(name, STR("config."))) {
        return refuse(mapping, property, "says where the configuration is, and cannot be in it");
    }
    if (property->hidden) {
        return refuse(mapping, property, "its value is neither a text nor a number");
    }
    struct root *root = root_of(mapping, name, list || key.len > name.len, property);
    if (!root) {
        return no_memory(mapping);
    }
    if (!str_equal(root->from->source, property->source)) {
        return STATUS_OK; // a stronger source has it
    }
    return put(mapping, root->node, str_make(key.data + name.len, key.len - name.len), property);
}

// --- As YAML: JSON on one line --------------------------------------------------------------------------------------------
static void write(struct json_writer *writer, const struct node *node) {
    if (node->value && node->plain) {
        json_raw(writer, node->text);
        return;
    }
    if (node->value) {
        json_string(writer, node->text);
        return;
    }
    bool map = node->child && node->child->name.data;
    if (map) {
        json_begin_object(writer);
    } else {
        json_begin_array(writer);
    }
    for (const struct node *child = node->child; child; child = child->next) {
        if (map) {
            json_key(writer, child->name);
        }
        write(writer, child); // at most DEPTH_MOST deep
    }
    if (map) {
        json_end_object(writer);
    } else {
        json_end_array(writer);
    }
}

// Items from 0 without a gap, or names; not both.
static bool is_sound(const struct node *node) {
    size_t expected = 0;
    for (const struct node *child = node->child; child; child = child->next, expected++) {
        bool same = (child->name.data != NULL) == (node->child->name.data != NULL);
        if (!same || (!child->name.data && child->index != expected) || !is_sound(child)) {
            return false;
        }
    }
    return true;
}

static enum status write_roots(struct mapping *mapping, struct config_client_text *out) {
    size_t count = 0;
    for (const struct root *root = mapping->roots; root; root = root->next) {
        count++;
    }
    out->sources = arena_alloc_array(mapping->arena, count + 1, sizeof *out->sources);
    if (!out->sources) {
        return no_memory(mapping);
    }
    for (const struct root *root = mapping->roots; root; root = root->next) {
        struct json_writer writer;
        if (!is_sound(root->node)) {
            return refuse(mapping, root->from, "items of a list are missing");
        }
        bool empty = root->list && root->node->value && root->node->text.len == 0;
        json_writer_init(&writer, &out->yaml);
        json_string(&writer, root->key);
        buffer_append_str(&out->yaml, STR(": "));
        json_writer_init(&writer, &out->yaml);
        if (empty) {
            json_raw(&writer, STR("[]"));
        } else {
            write(&writer, root->node);
        }
        if (json_writer_status(&writer) != STATUS_OK) {
            return refuse(mapping, root->from, "cannot be written as a setting");
        }
        buffer_append_char(&out->yaml, '\n');
        out->sources[out->lines++] = root->from->source;
    }
    return buffer_status(&out->yaml) == STATUS_OK
               ? STATUS_OK
               : error_set(mapping->err, buffer_status(&out->yaml), "too many settings");
}

enum status config_client_map(const struct setting *table, size_t count,
                              const struct config_client_reply *reply, struct arena *arena,
                              struct config_client_text *out, struct error *err) {
    struct mapping mapping = {.table = table, .count = count, .arena = arena, .err = err};
    mapping.end = &mapping.roots;
    *out = (struct config_client_text){.lines = 0};
    buffer_init(&out->yaml, 1 << 20);
    for (size_t i = 0; i < reply->count; i++) {
        enum status status = add(&mapping, &reply->properties[i]);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return write_roots(&mapping, out);
}
