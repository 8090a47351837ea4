// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Flat properties (rules[0].name) as the YAML of our settings.
#include <stdio.h>

#include "base/json_write.h"
#include "config_client/private.h"

enum { INDEX_MOST = 4096 };

// A setting, or a whole list, from the strongest source that has some of it.
struct root {
    struct str key;
    bool list; // of maps, or a list whose items came one by one
    struct config_client_node *node;
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

static const struct setting *find(const struct mapping *mapping, struct str key) {
    const char *found = config_client_find_key(mapping->table, mapping->count, key);
    for (size_t i = 0; i < mapping->count && found; i++) {
        if (mapping->table[i].key == found) {
            return &mapping->table[i];
        }
    }
    return NULL;
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
static struct config_client_node *child_of(struct mapping *mapping,
                                           struct config_client_node *parent, struct str name,
                                           size_t index) {
    struct config_client_node **link = &parent->child;
    while (*link && (name.data ? !(*link)->name.data || !str_equal((*link)->name, name)
                               : !(*link)->name.data && (*link)->index < index)) {
        link = &(*link)->next;
    }
    bool there = *link && (name.data ? (*link)->name.data != NULL
                                     : !(*link)->name.data && (*link)->index == index);
    if (!there) {
        struct config_client_node *node = arena_alloc_zero(mapping->arena, sizeof *node);
        if (!node) {
            return NULL;
        }
        *node = (struct config_client_node){.name = name, .index = index, .next = *link};
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
    while (digits < name->len && name->data[digits] >= '0' && name->data[digits] <= '9') {
        size_t next = number * 10 + (size_t)(name->data[digits++] - '0');
        number = next < INDEX_MOST ? next : INDEX_MOST;
    }
    if (digits == name->len) {
        *index = number;
        *name = STR_EMPTY;
        name->data = NULL;
        return number < INDEX_MOST;
    }
    return true;
}

static enum status put(struct mapping *mapping, struct config_client_node *node, struct str rest,
                       const struct setting *setting,
                       const struct config_client_property *property) {
    for (size_t depth = 0; rest.len > 0; depth++) {
        struct str name = STR_EMPTY;
        size_t index = 0;
        if (depth == CONFIG_CLIENT_DEPTH || !take_step(&rest, &name, &index)) {
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
    bool items =
        setting && setting->type == SETTING_LIST; // what it coerces to is for its items to say
    node->value = true;
    node->text = setting && !items ? config_client_coerce(setting, property->text, mapping->arena)
                                   : property->text;
    node->plain = property->plain && !setting;
    return node->text.data ? STATUS_OK : no_memory(mapping);
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
    struct config_client_node *node = arena_alloc_zero(mapping->arena, sizeof *node);
    if (!root || !node) {
        return NULL;
    }
    *root = (struct root){.key = key, .list = list, .node = node, .from = property};
    *mapping->end = root;
    mapping->end = &root->next;
    return root;
}

// A property as one of ours.
struct place {
    struct str root;               // "rules", "limits.exempt"
    struct str rest;               // "[0].name", "[1]", ""
    const struct setting *setting; // whose value it is; NULL: something in a tree
    bool list;                     // the root has items
};

// "[0]" and "name" of "[0].name" become those of the row that is meant.
static enum status find_row(struct mapping *mapping, struct place *place) {
    const char *close = memchr(place->rest.data, ']', place->rest.len);
    size_t head = close ? (size_t)(close - place->rest.data) + 2 : place->rest.len;
    if (head >= place->rest.len) {
        return STATUS_OK; // of no row, which is for put to say
    }
    struct str name = str_make(place->rest.data + head, place->rest.len - head);
    struct str row =
        arena_printf(mapping->arena, "%.*s[].%.*s", STR_ARG(place->root),
                     (int)(memchr(name.data, '[', name.len)
                               ? (const char *)memchr(name.data, '[', name.len) - name.data
                               : (ptrdiff_t)name.len),
                     name.data);
    if (!row.data) {
        return no_memory(mapping);
    }
    place->setting = find(mapping, row);
    if (!place->setting || place->setting->type == SETTING_TREE) {
        place->setting = NULL;
        return STATUS_OK;
    }
    size_t written = row.len - place->root.len - 3;
    place->rest = arena_printf(mapping->arena, "%.*s%s%.*s", (int)head, place->rest.data,
                               place->setting->key + place->root.len + 3, (int)(name.len - written),
                               name.data + written);
    return place->rest.data ? STATUS_OK : no_memory(mapping);
}

// NOT_FOUND: none of ours.
static enum status find_place(struct mapping *mapping, struct str key, struct place *place) {
    size_t bracket = 0;
    while (bracket < key.len && key.data[bracket] != '[') {
        bracket++;
    }
    *place = (struct place){.root = str_make(key.data, bracket),
                            .rest = str_make(key.data + bracket, key.len - bracket)};
    place->list = bracket > 0 && is_list_of_maps(mapping, place->root);
    if (place->list) {
        return find_row(mapping, place);
    }
    place->setting = bracket > 0 ? find(mapping, place->root) : NULL;
    if (!place->setting || memchr(place->setting->key, '[', strlen(place->setting->key)) ||
        (place->rest.len > 0 && place->setting->type != SETTING_LIST)) {
        return STATUS_NOT_FOUND;
    }
    place->root = str_from_c(place->setting->key);
    place->list = place->rest.len > 0;
    return STATUS_OK;
}

static enum status add(struct mapping *mapping, const struct config_client_property *property) {
    static const struct str prefix = STR_INIT("footfall.");
    bool named = str_starts_with(property->key, prefix);
    struct str key = named
                         ? str_make(property->key.data + prefix.len, property->key.len - prefix.len)
                         : property->key;
    struct place place;
    enum status status = find_place(mapping, key, &place);
    if (status == STATUS_NOT_FOUND) {
        return property->shared && !named ? STATUS_OK : refuse(mapping, property, "unknown key");
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (str_starts_with(place.root, STR("config.import")) ||
        str_equal(place.root, STR("config.name")) || str_equal(place.root, STR("config.profile"))) {
        return refuse(mapping, property, "says where the configuration is, and cannot be in it");
    }
    if (property->hidden) {
        return refuse(mapping, property, "its value is neither a text nor a number");
    }
    struct root *root = root_of(mapping, place.root, place.list, property);
    if (!root) {
        return no_memory(mapping);
    }
    if (!str_equal(root->from->source, property->source)) {
        return STATUS_OK; // a stronger source has it
    }
    return put(mapping, root->node, place.rest, place.setting, property);
}

// --- As YAML: JSON on one line --------------------------------------------------------------------------------------------
// At most CONFIG_CLIENT_DEPTH deep, as is_sound.
static void write(struct json_writer *writer, const struct config_client_node *node) {
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
    for (const struct config_client_node *child = node->child; child; child = child->next) {
        if (map) {
            json_key(writer, child->name);
        }
        write(writer, child);
    }
    if (map) {
        json_end_object(writer);
    } else {
        json_end_array(writer);
    }
}

// Items from 0 without a gap, or names; not both.
static bool is_sound(const struct config_client_node *node) {
    size_t expected = 0;
    for (const struct config_client_node *child = node->child; child;
         child = child->next, expected++) {
        bool same = (child->name.data != NULL) == (node->child->name.data != NULL);
        if (!same || (!child->name.data && child->index != expected) || !is_sound(child)) {
            return false;
        }
    }
    return true;
}

static bool is_tree(const struct mapping *mapping, struct str list, struct str name) {
    for (size_t i = 0; i < mapping->count && name.data; i++) {
        const char *row = mapping->table[i].key;
        if (mapping->table[i].type == SETTING_TREE && strncmp(row, list.data, list.len) == 0 &&
            strncmp(row + list.len, "[].", 3) == 0 &&
            str_equal(str_from_c(row + list.len + 3), name)) {
            return true;
        }
    }
    return false;
}

static enum status fold_trees(struct mapping *mapping, const struct root *root) {
    for (struct config_client_node *item = root->node->child; item; item = item->next) {
        for (struct config_client_node *child = item->child; child; child = child->next) {
            if (is_tree(mapping, root->key, child->name) &&
                config_client_fold(child, mapping->arena) != STATUS_OK) {
                return no_memory(mapping);
            }
        }
    }
    return STATUS_OK;
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
        if (fold_trees(mapping, root) != STATUS_OK) {
            return STATUS_NO_MEMORY;
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
        if (buffer_status(&out->yaml) != STATUS_OK) {
            return error_set(mapping->err, buffer_status(&out->yaml), "too many settings");
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
