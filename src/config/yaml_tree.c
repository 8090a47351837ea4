// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// libyaml's events put together to a tree; what no configuration needs is refused.
#include "config/yaml_tree.h"

#include "base/check.h"
#include "config/scalar.h"

#define TAG_PREFIX "tag:yaml.org,2002:"

static enum status refuse(const struct config_yaml *yaml, enum status status, const char *what) {
    return error_set(yaml->err, status, "line %zu: %s", yaml->event.start_mark.line + 1, what);
}

static enum status no_memory(const struct config_yaml *yaml) {
    return error_set(yaml->err, STATUS_NO_MEMORY, "out of memory");
}

static enum status next_event(struct config_yaml *yaml) {
    if (yaml->has_event) {
        yaml_event_delete(&yaml->event);
        yaml->has_event = false;
    }
    if (yaml_parser_parse(&yaml->parser, &yaml->event)) {
        yaml->has_event = true;
        return STATUS_OK;
    }
    const yaml_parser_t *parser = &yaml->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        return no_memory(yaml);
    }
    size_t line =
        parser->error == YAML_READER_ERROR ? parser->mark.line : parser->problem_mark.line;
    return error_set(yaml->err, STATUS_SYNTAX, "line %zu: %s", line + 1,
                     parser->problem ? parser->problem : "not YAML");
}

static struct str text_of(const yaml_char_t *text) {
    return str_from_c((const char *)text);
}

// A tag decides where there is one: !!str 12 is a text, !!int "12" a number.
static enum status resolve(struct config_yaml *yaml, struct str tag, struct config_node *node) {
    static const char *const resolved[] = {"int", "float", "bool", "null"};
    bool plain = yaml->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool take = plain && tag.len == 0;
    node->plain = take;
    if (tag.len > 0 && !str_equal(tag, STR("!")) && !str_equal(tag, STR(TAG_PREFIX "str"))) {
        if (!str_starts_with(tag, STR(TAG_PREFIX))) {
            return refuse(yaml, STATUS_INVALID, "tags like this one are not supported");
        }
        struct str kind =
            str_make(tag.data + sizeof TAG_PREFIX - 1, tag.len - sizeof TAG_PREFIX + 1);
        for (size_t i = 0; i < sizeof resolved / sizeof resolved[0]; i++) {
            take = take || str_equal(kind, str_from_c(resolved[i]));
        }
        if (!take) {
            return refuse(yaml, STATUS_INVALID, "values with this tag are not supported");
        }
    }
    if (!take) {
        node->value.kind = CONFIG_TEXT;
        node->value.text = node->text;
        return STATUS_OK;
    }
    return config_scalar_resolve(yaml->arena, node->text, &node->value, &node->is_null);
}

static enum status remember(struct config_yaml *yaml, const yaml_char_t *name,
                            struct config_node *node) {
    if (!name) {
        return STATUS_OK;
    }
    struct config_anchor *anchor = arena_alloc(yaml->arena, sizeof *anchor);
    if (!anchor) {
        return no_memory(yaml);
    }
    *anchor = (struct config_anchor){arena_copy(yaml->arena, text_of(name)), node, yaml->anchors};
    yaml->anchors = anchor;
    return anchor->name.data ? STATUS_OK : no_memory(yaml);
}

static enum status find_anchor(struct config_yaml *yaml, struct config_node **node) {
    struct str name = text_of(yaml->event.data.alias.anchor);
    for (const struct config_anchor *anchor = yaml->anchors; anchor; anchor = anchor->before) {
        if (str_equal(anchor->name, name)) {
            *node = anchor->node;
            return anchor->node->open
                       ? refuse(yaml, STATUS_INVALID, "an alias stands inside what it names")
                       : STATUS_OK;
        }
    }
    return refuse(yaml, STATUS_INVALID, "an alias names nothing that was defined before");
}

// The event begins a node: makes it, and gives its anchor and tag.
static enum status make_node(struct config_yaml *yaml, struct config_node **out) {
    const yaml_event_t *event = &yaml->event;
    if (event->type == YAML_ALIAS_EVENT) {
        return find_anchor(yaml, out);
    }
    if (yaml->nodes++ == CONFIG_FILE_VALUES) {
        return refuse(yaml, STATUS_TOO_LARGE, "too many values");
    }
    struct config_node *node = arena_alloc_zero(yaml->arena, sizeof *node);
    if (!node) {
        return no_memory(yaml);
    }
    *out = node;
    node->value.line = (unsigned)event->start_mark.line + 1;
    node->value.column = (unsigned)event->start_mark.column + 1;
    if (event->type == YAML_SCALAR_EVENT) {
        node->text = arena_copy(yaml->arena, str_make((const char *)event->data.scalar.value,
                                                      event->data.scalar.length));
        enum status status = node->text.data ? STATUS_OK : no_memory(yaml);
        status =
            status == STATUS_OK ? resolve(yaml, text_of(event->data.scalar.tag), node) : status;
        return status == STATUS_OK ? remember(yaml, event->data.scalar.anchor, node) : status;
    }
    bool list = event->type == YAML_SEQUENCE_START_EVENT;
    node->kind = list ? CONFIG_NODE_LIST : CONFIG_NODE_MAP;
    node->open = true;
    return remember(
        yaml, list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor, node);
}

static enum status add_child(struct config_yaml *yaml, struct config_node *parent,
                             struct config_node *node) {
    struct config_link *link = arena_alloc(yaml->arena, sizeof *link);
    if (!link) {
        return no_memory(yaml);
    }
    *link = (struct config_link){node, NULL};
    if (parent->last) {
        parent->last->next = link;
    } else {
        parent->first = link;
    }
    parent->last = link;
    return STATUS_OK;
}

// From the event behind the document's start to the one of its end.
static enum status read_document(struct config_yaml *yaml, struct config_node **root) {
    struct config_node *open[CONFIG_FILE_DEPTH];
    size_t depth = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (status = next_event(yaml)) == STATUS_OK) {
        yaml_event_type_t type = yaml->event.type;
        if (type == YAML_DOCUMENT_END_EVENT) {
            return STATUS_OK;
        }
        if (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT) {
            CHECK(depth > 0); // libyaml counts them
            open[--depth]->open = false;
            continue;
        }
        struct config_node *node = NULL;
        status = make_node(yaml, &node);
        if (status != STATUS_OK) {
            break;
        }
        CHECK(node != NULL);
        if (depth > 0) {
            status = add_child(yaml, open[depth - 1], node);
        } else {
            *root = node;
        }
        if (status == STATUS_OK && node->open) {
            if (depth == CONFIG_FILE_DEPTH) {
                return refuse(yaml, STATUS_TOO_DEEP, "nested too deeply");
            }
            open[depth++] = node;
        }
    }
    return status;
}

enum status config_yaml_next(struct config_yaml *yaml, struct config_node **root) {
    *root = NULL;
    yaml->anchors = NULL;
    for (;;) {
        enum status status = next_event(yaml);
        if (status != STATUS_OK) {
            return status;
        }
        if (yaml->event.type == YAML_STREAM_END_EVENT) {
            return STATUS_END;
        }
        if (yaml->event.type == YAML_DOCUMENT_START_EVENT) {
            return read_document(yaml, root);
        }
    }
}
