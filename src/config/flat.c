// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sources merged, and written as JSON and .properties.
#include "config/flat.h"
#include "config/placeholder.h"

// --- Merging ------------------------------------------------------------------------------------------------------------
struct item {
    const struct config_property *property;
    struct item *next;
};
struct list { // items of a list, of the source that had some last
    const struct config_source *source;
    struct item *first, *last;
};
struct merging {
    struct arena *arena;
    struct config_map *plain; // no items of lists
    struct config_map names;  // of lists, in order; value.line: place in lists, from 1
    struct list *lists;
    size_t room;
};

static enum status find_list(struct merging *m, struct str name, struct list **out) {
    const struct config_property *known = config_map_find(&m->names, name);
    if (known) {
        *out = &m->lists[known->value.line - 1];
        return STATUS_OK;
    }
    if (m->names.count == m->room) {
        size_t room = m->room ? m->room * 2 : 16;
        struct list *lists = arena_alloc_array(m->arena, room, sizeof *lists);
        if (!lists) {
            return STATUS_NO_MEMORY;
        }
        for (size_t i = 0; i < m->names.count; i++) {
            lists[i] = m->lists[i];
        }
        m->lists = lists;
        m->room = room;
    }
    *out = &m->lists[m->names.count];
    **out = (struct list){NULL, NULL, NULL};
    struct config_value place = {.kind = CONFIG_TEXT, .line = (unsigned)m->names.count + 1};
    return config_map_put(&m->names, name, place);
}

static enum status add_item(struct merging *m, const struct config_source *source,
                            const struct config_property *property, struct str name) {
    struct list *list = NULL;
    struct item *item = arena_alloc(m->arena, sizeof *item);
    if (!item || find_list(m, name, &list) != STATUS_OK) {
        return STATUS_NO_MEMORY;
    }
    if (list->source != source) {
        *list = (struct list){source, NULL, NULL}; // a stronger one has it: all of it
    }
    *item = (struct item){property, NULL};
    if (list->last) {
        list->last->next = item;
    } else {
        list->first = item;
    }
    list->last = item;
    return STATUS_OK;
}

static enum status add_source(struct merging *m, const struct config_source *source) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < source->map.count && status == STATUS_OK; i++) {
        const struct config_property *property = &source->map.items[i];
        struct str key = property->key;
        const char *bracket = key.len > 0 ? memchr(key.data, '[', key.len) : NULL;
        if (bracket) {
            status =
                add_item(m, source, property, str_make(key.data, (size_t)(bracket - key.data)));
        } else if (!str_equal(key, STR("spring.profiles"))) {
            status = config_map_put(m->plain, key, property->value);
        }
    }
    return status;
}

enum status config_flat_merge(const struct config_environment *environment,
                              struct config_map *out) {
    const struct config_source *sources[CONFIG_SOURCES_MAX];
    struct merging m = {.arena = environment->snapshot.arena, .plain = out};
    size_t count = 0;
    enum status status = STATUS_OK;
    config_map_init(out, m.arena);
    config_map_init(&m.names, m.arena);
    for (const struct config_source *source = environment->first; source; source = source->next) {
        sources[count++] = source;
    }
    while (count > 0 && status == STATUS_OK) { // the weakest first
        status = add_source(&m, sources[--count]);
    }
    for (size_t i = 0; i < m.names.count && status == STATUS_OK; i++) {
        for (const struct item *item = m.lists[i].first; item && status == STATUS_OK;
             item = item->next) {
            status = config_map_put(out, item->property->key, item->property->value);
        }
    }
    return status;
}

enum status config_flat_resolve(const struct config_environment *environment,
                                struct config_map *map, size_t limit) {
    struct buffer text;
    enum status status = STATUS_OK;
    buffer_init(&text, limit);
    for (size_t i = 0; i < map->count && status == STATUS_OK; i++) {
        struct config_value *value = &map->items[i].value;
        if (value->kind != CONFIG_TEXT ||
            !memmem(value->text.data ? value->text.data : "", value->text.len, "${", 2)) {
            continue;
        }
        buffer_clear(&text);
        status = config_placeholders_resolve(environment, value->text, &text);
        if (status == STATUS_OK) {
            value->text = arena_copy(map->arena, buffer_str(&text));
            status = value->text.data ? STATUS_OK : STATUS_NO_MEMORY;
        }
    }
    buffer_free(&text);
    return status;
}

// --- Writing ------------------------------------------------------------------------------------------------------------
static void write_json(struct json_writer *writer, const struct config_branch *branch) {
    switch (branch->kind) {
    case CONFIG_BRANCH_NULL: json_null(writer); break;
    case CONFIG_BRANCH_LEAF: config_value_write(writer, &branch->value); break;
    case CONFIG_BRANCH_LIST:
        json_begin_array(writer);
        for (size_t i = 0; i < branch->count; i++) {
            write_json(writer, branch->children[i]);
        }
        json_end_array(writer);
        break;
    case CONFIG_BRANCH_MAP:
        json_begin_object(writer);
        for (size_t i = 0; i < branch->count; i++) {
            json_key(writer, branch->names.items[i].key);
            write_json(writer, branch->children[i]);
        }
        json_end_object(writer);
        break;
    }
}

static enum status write_properties(const struct config_map *map, struct buffer *out) {
    for (size_t i = 0; i < map->count; i++) {
        buffer_append_str(out, i > 0 ? STR("\n") : STR(""));
        buffer_append_str(out, map->items[i].key);
        buffer_append_str(out, STR(": "));
        buffer_append_str(out, map->items[i].value.text);
    }
    return buffer_status(out);
}

enum status config_flat_write(const struct config_map *map, enum config_form form,
                              struct buffer *out, struct error *err) {
    struct config_branch *root = NULL;
    if (form == CONFIG_FORM_PROPERTIES) {
        return write_properties(map, out);
    }
    enum status status = config_tree_make(map, &root, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (form == CONFIG_FORM_YAML) {
        return config_yaml_write(root, out);
    }
    struct json_writer writer;
    json_writer_init(&writer, out);
    write_json(&writer, root);
    status = json_writer_status(&writer);
    return status == STATUS_OK ? buffer_status(out) : status;
}
