// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// YAML files: each document's tree becomes flat properties.
#include <stdio.h>

#include "config/scalar.h"
#include "config/yaml_tree.h"

struct flattening {
    struct arena *arena;
    struct config_map *map;
    size_t values; // put so far; aliases may repeat what is small in the file
    size_t depth;
    struct error *err;
};

static enum status no_memory(const struct flattening *f) {
    return error_set(f->err, STATUS_NO_MEMORY, "out of memory");
}

static enum status put(struct flattening *f, struct str path, const struct config_node *node,
                       struct config_value value) {
    value.line = node->value.line;
    value.column = node->value.column;
    return config_map_put(f->map, path, value) == STATUS_OK ? STATUS_OK : no_memory(f);
}

// What stands for the key in a path: a number or boolean becomes [12], [true].
static enum status key_text(struct flattening *f, const struct config_node *key, struct str *out) {
    if (key->kind != CONFIG_NODE_SCALAR) {
        return error_set(f->err, STATUS_INVALID, "line %u: a key is a list or a map",
                         key->value.line);
    }
    *out = key->value.text;
    if (key->value.kind != CONFIG_TEXT) {
        *out = arena_printf(f->arena, "[%.*s]", STR_ARG(key->value.text));
    }
    return out->data ? STATUS_OK : no_memory(f);
}

static enum status join(struct flattening *f, struct str path, struct str key, struct str *out) {
    bool dot = path.len > 0 && !(key.len > 0 && key.data[0] == '[');
    if (path.len + key.len > CONFIG_KEY_MAX) {
        return error_set(f->err, STATUS_TOO_LARGE, "a key has more than %d bytes", CONFIG_KEY_MAX);
    }
    *out = arena_printf(f->arena, "%.*s%s%.*s", STR_ARG(path), dot ? "." : "", STR_ARG(key));
    return out->data ? STATUS_OK : no_memory(f);
}

// --- Maps, with what << merges into them --------------------------------------------------------------------------------
struct pairs {
    struct config_map seen; // keys; the value is the index
    const struct config_node **values;
    size_t room;
    const struct pairs *stronger; // whose keys count in place of these; NULL: none
};

static enum status add_pair(struct flattening *f, struct pairs *pairs, struct str key,
                            const struct config_node *node) {
    if (pairs->seen.count == pairs->room) {
        size_t room = pairs->room ? pairs->room * 2 : 16;
        const struct config_node **values = arena_alloc_array(f->arena, room, sizeof *values);
        if (!values) {
            return no_memory(f);
        }
        for (size_t i = 0; i < pairs->seen.count; i++) {
            values[i] = pairs->values[i];
        }
        pairs->values = values;
        pairs->room = room;
    }
    pairs->values[pairs->seen.count] = node;
    struct config_value none = {.kind = CONFIG_TEXT};
    return config_map_put(&pairs->seen, key, none) == STATUS_OK ? STATUS_OK : no_memory(f);
}

static bool is_merge(const struct config_node *key) {
    return key->kind == CONFIG_NODE_SCALAR && key->plain && str_equal(key->text, STR("<<"));
}

// The map's own keys, each once.
static enum status own_pairs(struct flattening *f, const struct config_node *node,
                             struct pairs *pairs) {
    for (const struct config_link *link = node->first; link; link = link->next->next) {
        struct str key;
        if (is_merge(link->node)) {
            continue;
        }
        enum status status = key_text(f, link->node, &key);
        if (status == STATUS_OK && config_map_find(&pairs->seen, key)) {
            return error_set(f->err, STATUS_DUPLICATE_KEY, "line %u: the key %.*s stands twice",
                             link->node->value.line, STR_ARG(key));
        }
        status = status == STATUS_OK ? add_pair(f, pairs, key, link->next->node) : status;
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status merge_pairs(struct flattening *f, const struct config_node *node,
                               struct pairs *pairs);

// Keys of another map that are not there yet, its own merges after them.
static enum status merge_from(struct flattening *f, const struct config_node *from,
                              struct pairs *pairs) {
    if (from->kind != CONFIG_NODE_MAP) {
        return error_set(f->err, STATUS_INVALID, "line %u: << takes a map or a list of maps",
                         from->value.line);
    }
    if (f->depth == CONFIG_FILE_DEPTH) {
        return error_set(f->err, STATUS_TOO_DEEP, "merges are nested too deeply");
    }
    enum status status = STATUS_OK;
    for (const struct config_link *link = from->first; link && status == STATUS_OK;
         link = link->next->next) {
        struct str key = STR_EMPTY;
        if (f->values++ >= CONFIG_FILE_VALUES) {
            return error_set(f->err, STATUS_TOO_LARGE, "too many values");
        }
        status = is_merge(link->node) ? STATUS_OK : key_text(f, link->node, &key);
        if (status == STATUS_OK && !is_merge(link->node) && !config_map_find(&pairs->seen, key) &&
            !config_map_find(&pairs->stronger->seen, key)) {
            status = add_pair(f, pairs, key, link->next->node);
        }
    }
    f->depth++;
    status = status == STATUS_OK ? merge_pairs(f, from, pairs) : status;
    f->depth--;
    return status;
}

static enum status merge_pairs(struct flattening *f, const struct config_node *node,
                               struct pairs *pairs) {
    enum status status = STATUS_OK;
    for (const struct config_link *link = node->first; link && status == STATUS_OK;
         link = link->next->next) {
        const struct config_node *from = link->next->node;
        if (!is_merge(link->node)) {
            continue;
        }
        if (from->kind != CONFIG_NODE_LIST) {
            status = merge_from(f, from, pairs);
            continue;
        }
        for (const struct config_link *item = from->first; item && status == STATUS_OK;
             item = item->next) {
            status = merge_from(f, item->node, pairs);
        }
    }
    return status;
}

static enum status flatten(struct flattening *f, struct str path, const struct config_node *node);

static enum status flatten_pairs(struct flattening *f, struct str path, const struct pairs *pairs) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < pairs->seen.count && status == STATUS_OK; i++) {
        struct str longer;
        status = join(f, path, pairs->seen.items[i].key, &longer);
        status = status == STATUS_OK ? flatten(f, longer, pairs->values[i]) : status;
    }
    return status;
}

// What is merged comes first.
static enum status flatten_map(struct flattening *f, struct str path,
                               const struct config_node *node) {
    struct pairs own = {.room = 0}, merged = {.stronger = &own};
    config_map_init(&own.seen, f->arena);
    config_map_init(&merged.seen, f->arena);
    enum status status = own_pairs(f, node, &own);
    status = status == STATUS_OK ? merge_pairs(f, node, &merged) : status;
    status = status == STATUS_OK ? flatten_pairs(f, path, &merged) : status;
    return status == STATUS_OK ? flatten_pairs(f, path, &own) : status;
}

static enum status flatten_list(struct flattening *f, struct str path,
                                const struct config_node *node) {
    enum status status = STATUS_OK;
    size_t index = 0;
    if (!node->first) {
        return put(f, path, node, (struct config_value){.kind = CONFIG_TEXT, .text = STR("")});
    }
    for (const struct config_link *link = node->first; link && status == STATUS_OK;
         link = link->next) {
        char text[24];
        struct str longer;
        (void)snprintf(text, sizeof text, "[%zu]", index++);
        status = join(f, path, str_from_c(text), &longer);
        status = status == STATUS_OK ? flatten(f, longer, link->node) : status;
    }
    return status;
}

static enum status flatten(struct flattening *f, struct str path, const struct config_node *node) {
    if (f->values++ >= CONFIG_FILE_VALUES) {
        return error_set(f->err, STATUS_TOO_LARGE, "too many values");
    }
    if (node->kind == CONFIG_NODE_SCALAR) {
        return put(f, path, node, node->value);
    }
    if (f->depth == CONFIG_FILE_DEPTH) {
        return error_set(f->err, STATUS_TOO_DEEP, "nested too deeply");
    }
    f->depth++;
    enum status status =
        node->kind == CONFIG_NODE_MAP ? flatten_map(f, path, node) : flatten_list(f, path, node);
    f->depth--;
    return status;
}

static enum status add_document(struct flattening *f, const struct config_node *root,
                                struct config_file *file) {
    if (!root || (root->kind == CONFIG_NODE_SCALAR && root->is_null)) {
        return STATUS_OK; // an empty one is none
    }
    struct config_document *document = config_file_add(f->arena, file);
    if (!document) {
        return file->count < CONFIG_FILE_DOCUMENTS
                   ? no_memory(f)
                   : error_set(f->err, STATUS_TOO_LARGE, "more than %d documents",
                               CONFIG_FILE_DOCUMENTS);
    }
    f->map = &document->map;
    bool map = root->kind == CONFIG_NODE_MAP;
    return flatten(f, map ? STR("") : STR("document"), root);
}

enum status config_yaml_read(struct arena *arena, struct str text, struct config_file *out,
                             struct error *err) {
    struct config_yaml yaml = {.arena = arena, .err = err};
    struct flattening f = {.arena = arena, .err = err};
    *out = (struct config_file){.count = 0};
    if (!yaml_parser_initialize(&yaml.parser)) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    yaml_parser_set_encoding(&yaml.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&yaml.parser, (const unsigned char *)(text.data ? text.data : ""),
                                 text.len);
    struct config_node *root = NULL;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (status = config_yaml_next(&yaml, &root)) == STATUS_OK) {
        status = add_document(&f, root, out);
    }
    if (yaml.has_event) {
        yaml_event_delete(&yaml.event);
    }
    yaml_parser_delete(&yaml.parser);
    return status == STATUS_END ? STATUS_OK : status;
}
