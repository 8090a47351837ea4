// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Settings from YAML, by libyaml's events: nested mappings, dotted keys, lists of maps; everything cleverer is refused.
#include <stdio.h>
#include <yaml.h>

#include "base/buffer.h"
#include "base/settings_layer.h"
#include "base/utf8.h"

enum {
    PATH_MOST = 120, // bytes of a dotted key
    PLACE_MOST = 320,
    NESTING_MOST = 16,
    ITEMS_MOST = 4096,   // of one list
    ENTRIES_MOST = 1024, // of one list of maps
};

// A key of a mapping that is still open.
struct seen {
    struct str path;
    size_t line;
    const struct seen *before;
};

struct mapping {
    size_t path_len; // of the path that leads here
    const struct seen *seen;
};

struct load {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    struct settings *settings;
    struct setting_value *values;
    struct settings_entries *entries;
    struct settings_entry *entry; // of a list of maps, that is being read; NULL: none
    struct settings_rows rows;    // of that list
    const char *name;
    const struct str *places; // in place of name and line; NULL: none
    size_t place_count;
    char place[PLACE_MOST]; // of the line asked for last
    char path[PATH_MOST + 1];
    size_t path_len;
    struct mapping open[NESTING_MOST];
    size_t depth;
    struct error *err;
};

static size_t line_of(const struct load *load) {
    return load->event.start_mark.line + 1;
}

// "footfall.yaml:12", or whatever the caller calls that line. Until the next call.
static const char *place_of(struct load *load, size_t line) {
    if (line <= load->place_count) {
        (void)snprintf(load->place, sizeof load->place, "%.*s", STR_ARG(load->places[line - 1]));
    } else {
        (void)snprintf(load->place, sizeof load->place, "%s:%zu", load->name, line);
    }
    return load->place;
}

static const char *place(struct load *load) {
    return place_of(load, line_of(load));
}

// "<place>: <path>: <what>".
static enum status refuse(struct load *load, const char *what) {
    return error_set(load->err, STATUS_INVALID, "%s: %s%s%s", place(load),
                     load->path_len ? load->path : "", load->path_len ? ": " : "", what);
}

static enum status no_memory(const struct load *load) {
    return error_set(load->err, STATUS_NO_MEMORY, "%s: out of memory", load->name);
}

static enum status refuse_syntax(struct load *load) {
    const yaml_parser_t *parser = &load->parser;
    const char *problem = parser->problem ? parser->problem : "not YAML";
    if (parser->error == YAML_MEMORY_ERROR) {
        return no_memory(load);
    }
    if (parser->error == YAML_READER_ERROR) {
        return error_set(load->err, STATUS_INVALID, "%s: %s", place_of(load, parser->mark.line + 1),
                         problem);
    }
    return error_set(load->err, STATUS_INVALID, "%s: %s",
                     place_of(load, parser->problem_mark.line + 1), problem);
}

// Reads the next event and refuses what no settings file needs.
static enum status next(struct load *load) {
    if (load->has_event) {
        yaml_event_delete(&load->event);
        load->has_event = false;
    }
    if (!yaml_parser_parse(&load->parser, &load->event)) {
        return refuse_syntax(load);
    }
    load->has_event = true;
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (load->event.type) {
    case YAML_ALIAS_EVENT:
        return refuse(load, "aliases (*name) are not supported: write the value out");
    case YAML_SCALAR_EVENT:
        anchor = load->event.data.scalar.anchor;
        tag = load->event.data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = load->event.data.sequence_start.anchor;
        tag = load->event.data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = load->event.data.mapping_start.anchor;
        tag = load->event.data.mapping_start.tag;
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: break;
    }
    if (anchor) {
        return refuse(load, "anchors (&name) are not supported");
    }
    return tag ? refuse(load, "tags (!name) are not supported") : STATUS_OK;
}

static struct str scalar(const struct load *load) {
    return str_make((const char *)load->event.data.scalar.value, load->event.data.scalar.length);
}

static bool is_null(const struct load *load) {
    struct str text = scalar(load);
    return load->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text.len == 0 || str_equal(text, STR("~")) || str_equal(text, STR("null")));
}

static enum status refuse_key(struct load *load, struct str path) {
    char shown[SETTINGS_SHOWN], near[SETTINGS_SUGGESTION];
    utf8_show(path, shown, sizeof(shown));
    if (settings_suggest(load->settings, path, false, near) == SETTINGS_NOWHERE) {
        return error_set(load->err, STATUS_INVALID, "%s: %s: unknown key", place(load), shown);
    }
    return error_set(load->err, STATUS_INVALID, "%s: %s: unknown key; did you mean %s?",
                     place(load), shown, near);
}

static enum status refuse_twice(struct load *load, size_t first) {
    return error_set(load->err, STATUS_INVALID, "%s: %s: set twice; first in line %zu", place(load),
                     load->path, first);
}

// YAML wants the keys of one mapping unique. Only known keys come here, each once, so that the list stays short.
static enum status remember_key(struct load *load, struct mapping *mapping) {
    struct str path = str_make(load->path, load->path_len);
    for (const struct seen *seen = mapping->seen; seen; seen = seen->before) {
        if (str_equal(seen->path, path)) {
            return refuse_twice(load, seen->line);
        }
    }
    struct seen *seen = arena_alloc(&load->settings->arena, sizeof(*seen));
    if (!seen) {
        return no_memory(load);
    }
    *seen = (struct seen){.path = arena_copy(&load->settings->arena, path),
                          .line = line_of(load),
                          .before = mapping->seen};
    mapping->seen = seen;
    return seen->path.data ? STATUS_OK : no_memory(load);
}

// Within an entry the path begins with that of its list and "[]", which nobody may write.
static bool is_known(const struct load *load, struct str path) {
    struct settings_rows rows;
    bool written = !load->entry && path.len > 0 && memchr(path.data, '[', path.len);
    return !written && (settings_find(load->settings, path) != SETTINGS_NOWHERE ||
                        settings_is_group(load->settings, path) ||
                        settings_find_rows(load->settings, path, &rows));
}

// The event is a key: lengthens the path by it.
static enum status enter_key(struct load *load) {
    struct mapping *mapping = &load->open[load->depth - 1];
    load->path_len = mapping->path_len;
    load->path[load->path_len] = '\0';
    if (load->event.type != YAML_SCALAR_EVENT) {
        return refuse(load, "a key must be a plain word");
    }
    struct str key = scalar(load);
    if (str_equal(key, STR("<<"))) {
        return refuse(load, "merge keys (<<) are not supported");
    }
    char joined[PATH_MOST + 1];
    size_t dot = load->path_len > 0 ? 1 : 0;
    if (key.len > PATH_MOST - dot - load->path_len) {
        return refuse(load, "a key is too long to be known");
    }
    memcpy(joined, load->path, load->path_len);
    joined[load->path_len] = '.';
    memcpy(joined + load->path_len + dot, key.data, key.len);
    struct str path = str_make(joined, load->path_len + dot + key.len);
    if (!is_known(load, path)) {
        return refuse_key(load, path);
    }
    memcpy(load->path, path.data, path.len);
    load->path[path.len] = '\0';
    load->path_len = path.len;
    return remember_key(load, mapping);
}

static enum status read_items(struct load *load, const struct setting *setting, const char *where,
                              struct setting_value *value) {
    struct str *items = NULL;
    size_t count = 0, room = 0;
    for (;;) {
        enum status status = next(load);
        if (status != STATUS_OK) {
            return status;
        }
        if (load->event.type == YAML_SEQUENCE_END_EVENT) {
            return settings_value_read_items(load->settings, setting, items, count, where, value,
                                             load->err);
        }
        if (load->event.type != YAML_SCALAR_EVENT || is_null(load)) {
            return refuse(load,
                          "an item of this list is no text; put quotes around one with \": \"");
        }
        if (count == ITEMS_MOST) {
            return refuse(load, "too many items");
        }
        if (count == room) {
            room = room ? room * 2 : 16;
            struct str *more = arena_alloc_array(&load->settings->arena, room, sizeof(*more));
            if (!more) {
                return no_memory(load);
            }
            if (count > 0) {
                memcpy(more, items, count * sizeof(*more));
            }
            items = more;
        }
        items[count] = arena_copy(&load->settings->arena, scalar(load));
        if (!items[count++].data) {
            return no_memory(load);
        }
    }
}

static enum status read_setting(struct load *load, const struct setting *setting,
                                struct setting_value *value) {
    struct str where = arena_printf(&load->settings->arena, "%s: %s", place(load), load->path);
    struct str origin = arena_printf(&load->settings->arena, "%s", place(load));
    if (!where.data || !origin.data) {
        return no_memory(load);
    }
    if (value->set) {
        return refuse_twice(load, value->line);
    }
    value->origin = origin.data;
    value->line = line_of(load);
    if (load->event.type == YAML_SEQUENCE_START_EVENT) {
        return setting->type == SETTING_LIST ? read_items(load, setting, where.data, value)
                                             : refuse(load, "is a list, but takes one value");
    }
    if (is_null(load)) {
        return refuse(load, "has no value (leave the key out, or write \"\" for an empty text)");
    }
    return settings_value_read(load->settings, setting, scalar(load), where.data, value, load->err);
}

// The event begins a tree.
static enum status read_tree(struct load *load, struct setting_value *value) {
    static const enum settings_tree_event events[] = {
        [YAML_SCALAR_EVENT] = SETTINGS_TREE_VALUE,
        [YAML_SEQUENCE_START_EVENT] = SETTINGS_TREE_LIST,
        [YAML_SEQUENCE_END_EVENT] = SETTINGS_TREE_END,
        [YAML_MAPPING_START_EVENT] = SETTINGS_TREE_MAP,
        [YAML_MAPPING_END_EVENT] = SETTINGS_TREE_END,
    };
    struct settings_tree tree = {.arena = &load->settings->arena};
    for (bool done = false; !done;) {
        bool text = load->event.type == YAML_SCALAR_EVENT;
        bool plain = text && load->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        struct str origin = arena_printf(tree.arena, "%s", place(load));
        const char *what = NULL;
        enum status status =
            settings_tree_add(&tree, events[load->event.type], text ? scalar(load) : STR_EMPTY,
                              plain, origin.data, &done, &what);
        if (status != STATUS_OK || !origin.data) {
            return what ? refuse(load, what) : no_memory(load);
        }
        status = done ? STATUS_OK : next(load);
        if (status != STATUS_OK) {
            return status;
        }
    }
    *value = (struct setting_value){true, .tree = tree.root, .origin = tree.root->origin};
    return STATUS_OK;
}

static enum status read_keys(struct load *load, size_t outside);

// The event begins an item of a list of maps, at that path.
static enum status read_entry(struct load *load, struct settings_entry ***link) {
    struct arena *arena = &load->settings->arena;
    size_t len = load->path_len;
    if (load->event.type != YAML_MAPPING_START_EVENT) {
        return refuse(load, "an item of this list is no map of keys and values");
    }
    struct settings_entry *entry = arena_alloc_zero(arena, sizeof *entry);
    struct setting_value *values =
        arena_alloc_zero(arena, load->rows.count * sizeof(struct setting_value));
    struct str origin = arena_printf(arena, "%s", place(load));
    if (!entry || !values || !origin.data) {
        return no_memory(load);
    }
    *entry = (struct settings_entry){.values = values, .origin = origin.data};
    **link = entry;
    *link = &entry->next;
    if (load->depth == NESTING_MOST || len + 2 > PATH_MOST) {
        return refuse(load, "nested too deeply");
    }
    memcpy(load->path + len, "[]", 3);
    load->open[load->depth] = (struct mapping){.path_len = len + 2};
    load->entry = entry;
    enum status status = read_keys(load, load->depth++);
    if (status == STATUS_OK) {
        load->path[len] = '\0';
        load->path_len = len;
        load->entry = NULL;
    }
    return status;
}

// The event begins what stands behind the name of a list of maps.
static enum status read_entries(struct load *load) {
    struct str list = str_make(load->path, load->path_len);
    struct settings_entries *before = settings_entries_of(load->entries, list);
    if (load->event.type != YAML_SEQUENCE_START_EVENT) {
        return refuse(load, "takes a list: items that begin with \"- \" and hold keys and values");
    }
    if (before) {
        return refuse_twice(load, before->line);
    }
    struct settings_entries *entries = arena_alloc_zero(&load->settings->arena, sizeof *entries);
    struct str origin = arena_printf(&load->settings->arena, "%s", place(load));
    if (!entries || !origin.data) {
        return no_memory(load);
    }
    entries->list = arena_copy(&load->settings->arena, list);
    entries->origin = origin.data;
    entries->line = line_of(load);
    entries->next = load->entries;
    load->entries = entries;
    struct settings_entry **link = &entries->entries;
    enum status status = entries->list.data ? next(load) : no_memory(load);
    while (status == STATUS_OK && load->event.type != YAML_SEQUENCE_END_EVENT) {
        if (entries->count++ == ENTRIES_MOST) {
            return refuse(load, "too many items");
        }
        status = read_entry(load, &link);
        status = status == STATUS_OK ? next(load) : status;
    }
    return status;
}

// The event begins what stands behind a key.
static enum status read_value(struct load *load) {
    struct str path = str_make(load->path, load->path_len);
    int index = settings_find(load->settings, path);
    if (!load->entry && settings_find_rows(load->settings, path, &load->rows)) {
        return read_entries(load);
    }
    bool known = index != SETTINGS_NOWHERE;
    if (load->entry && known && load->settings->table[index].type == SETTING_TREE) {
        return read_tree(load, &load->entry->values[(size_t)index - load->rows.first]);
    }
    if (load->event.type == YAML_MAPPING_START_EVENT) {
        if (!settings_is_group(load->settings, path)) {
            return refuse(load, "takes a value, not keys of its own");
        }
        if (load->depth == NESTING_MOST) {
            return refuse(load, "nested too deeply");
        }
        load->open[load->depth++] = (struct mapping){.path_len = load->path_len};
        return STATUS_OK;
    }
    if (!known) {
        return refuse(load, "is a group of settings and has no value of its own");
    }
    struct setting_value *value =
        load->entry ? &load->entry->values[(size_t)index - load->rows.first] : &load->values[index];
    return read_setting(load, &load->settings->table[index], value);
}

// Reads keys and values to the end of the innermost open mapping and of those around it that are inside of `outside`.
static enum status read_keys(struct load *load, size_t outside) {
    while (load->depth > outside) {
        enum status status = next(load);
        if (status == STATUS_OK && load->event.type == YAML_MAPPING_END_EVENT) {
            load->depth--;
            continue;
        }
        status = status == STATUS_OK ? enter_key(load) : status;
        status = status == STATUS_OK ? next(load) : status;
        status = status == STATUS_OK ? read_value(load) : status;
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

// The event is the root's start.
static enum status read_root(struct load *load) {
    if (load->event.type == YAML_SCALAR_EVENT && is_null(load)) {
        return STATUS_OK; // a file of nothing but comments behind "---"
    }
    if (load->event.type != YAML_MAPPING_START_EVENT) {
        return refuse(load, "settings are keys and values, like \"listen: 127.0.0.1:8080\"");
    }
    load->open[load->depth++] = (struct mapping){.path_len = 0};
    enum status status = read_keys(load, 0);
    load->path_len = status == STATUS_OK ? 0 : load->path_len;
    return status;
}

static enum status read_stream(struct load *load) {
    bool had_document = false;
    for (;;) {
        enum status status = next(load);
        if (status != STATUS_OK || load->event.type == YAML_STREAM_END_EVENT) {
            return status;
        }
        if (load->event.type != YAML_DOCUMENT_START_EVENT) {
            continue;
        }
        if (had_document) {
            return refuse(load, "a second document (---) is not supported");
        }
        had_document = true;
        status = next(load);
        status = status == STATUS_OK ? read_root(load) : status;
        if (status != STATUS_OK) {
            return status;
        }
    }
}

enum status settings_yaml_load(struct settings *settings, enum settings_layer layer,
                               const struct settings_source *source, struct str yaml,
                               struct error *err) {
    struct load load = {.settings = settings,
                        .name = source->name,
                        .places = source->places,
                        .place_count = source->place_count,
                        .err = err};
    const char *name = source->name;
    if (yaml.len > SETTINGS_YAML_MOST) {
        return error_set(err, STATUS_TOO_LARGE, "%s: more than 1 MiB of settings", name);
    }
    load.values = settings_layer_begin(settings, layer);
    if (!load.values || !yaml_parser_initialize(&load.parser)) {
        return error_set(err, STATUS_NO_MEMORY, "%s: out of memory", name);
    }
    yaml_parser_set_encoding(&load.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&load.parser, (const unsigned char *)(yaml.data ? yaml.data : ""),
                                 yaml.len);
    enum status status = read_stream(&load);
    if (load.has_event) {
        yaml_event_delete(&load.event);
    }
    yaml_parser_delete(&load.parser);
    if (status == STATUS_OK) {
        settings_layer_commit(settings, layer, load.values);
        settings->entries[layer] = load.entries;
    }
    return status;
}

enum status settings_load_text(struct settings *settings, const char *name, struct str yaml,
                               struct error *err) {
    const struct settings_source source = {.name = name};
    return settings_yaml_load(settings, SETTINGS_REMOTE, &source, yaml, err);
}

enum status settings_load_places(struct settings *settings, const struct str *places, size_t count,
                                 struct str yaml, struct error *err) {
    const struct settings_source source = {"config server", places, count};
    return settings_yaml_load(settings, SETTINGS_REMOTE, &source, yaml, err);
}
