// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads what stands behind `when`: maps whose keys are paths, all, any, not, type or consent, and must all hold.
#include "shape/private.h"

#define ALL_TYPES ((1U << EVENT_TYPE_COUNT) - 1)

static struct shape_condition *make(struct shape_reader *reader, enum shape_condition_kind kind) {
    struct shape_condition *condition = arena_alloc_zero(&reader->rules->arena, sizeof *condition);
    if (condition) {
        condition->kind = kind;
        condition->types = ALL_TYPES;
    }
    return condition;
}

// One text, or a list of them; *count is at least 1.
static enum status read_texts(struct shape_reader *reader, const struct settings_node *node,
                              const char *what, struct str **out, size_t *count) {
    bool list = node->kind == SETTINGS_NODE_LIST;
    const struct settings_node *item = list ? node->child : node;
    *count = 0;
    *out = arena_alloc_array(&reader->rules->arena, list ? node->count + 1 : 1, sizeof **out);
    if (!*out) {
        return shape_no_memory(reader);
    }
    for (; item; item = list ? item->next : NULL) {
        if (item->kind != SETTINGS_NODE_VALUE || item->text.len == 0) {
            return shape_refuse(reader, item, "takes %s, or a list of them", what);
        }
        struct str copy = arena_copy(&reader->rules->arena, item->text);
        if (!copy.data) {
            return shape_no_memory(reader);
        }
        (*out)[(*count)++] = copy;
    }
    return *count > 0 ? STATUS_OK : shape_refuse(reader, node, "the list is empty");
}

static enum status read_types(struct shape_reader *reader, const struct settings_node *node,
                              struct shape_condition *condition) {
    struct str *names = NULL;
    size_t count = 0;
    condition->kind = SHAPE_IS_TYPE;
    condition->types = 0;
    enum status status = read_texts(reader, node, "a type of event", &names, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        enum event_type type = EVENT_TRACK;
        if (!event_type_from_name(names[i], &type)) {
            return shape_refuse(reader, node,
                                "\"%.*s\" is no type of event: track, identify, page, screen, "
                                "group or alias",
                                STR_ARG(names[i]));
        }
        condition->types |= 1U << type;
    }
    return status;
}

// Conditions of which all or any must hold, a list of maps; or one that must not.
static enum status read_list(struct shape_reader *reader, const struct settings_node *node,
                             struct shape_condition *condition) {
    struct shape_condition **link = &condition->child;
    if (condition->kind == SHAPE_NOT) {
        return node->kind == SETTINGS_NODE_LIST
                   ? shape_refuse(reader, node, "takes one condition; of several: {any: [...]}")
                   : shape_condition_read(reader, node, link);
    }
    if (node->kind != SETTINGS_NODE_LIST || !node->child) {
        return shape_refuse(reader, node, "takes a list of conditions");
    }
    for (const struct settings_node *item = node->child; item; item = item->next) {
        enum status status = shape_condition_read(reader, item, link);
        if (status != STATUS_OK) {
            return status;
        }
        link = &(*link)->next;
    }
    return STATUS_OK;
}

static enum status read_path(struct shape_reader *reader, const struct settings_node *node,
                             struct shape_condition *condition) {
    condition->kind = SHAPE_PATH;
    struct str text = str_equal(node->key, STR("dialect")) ? STR("source.dialect") : node->key;
    enum status status = shape_path_read(reader, node, text, &condition->path);
    return status == STATUS_OK ? shape_tests_read(reader, node, condition->path, &condition->tests)
                               : status;
}

static enum status read_member(struct shape_reader *reader, const struct settings_node *node,
                               struct shape_condition **out) {
    static const struct {
        struct str key;
        enum shape_condition_kind kind;
    } groups[] = {
        {STR_INIT("all"), SHAPE_ALL}, {STR_INIT("any"), SHAPE_ANY}, {STR_INIT("not"), SHAPE_NOT}};
    struct shape_condition *condition = make(reader, SHAPE_ALL);
    if (!condition) {
        return shape_no_memory(reader);
    }
    *out = condition;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (str_equal(node->key, groups[i].key)) {
            condition->kind = groups[i].kind;
            return read_list(reader, node, condition);
        }
    }
    if (str_equal(node->key, STR("type")) && node->kind != SETTINGS_NODE_MAP) {
        return read_types(reader, node, condition);
    }
    if (str_equal(node->key, STR("consent")) || str_equal(node->key, STR("consent_denied"))) {
        condition->kind = node->key.len == 7 ? SHAPE_CONSENT : SHAPE_CONSENT_DENIED;
        return read_texts(reader, node, "a category of consent", &condition->categories,
                          &condition->category_count);
    }
    return read_path(reader, node, condition);
}

enum status shape_condition_read(struct shape_reader *reader, const struct settings_node *node,
                                 struct shape_condition **out) {
    struct shape_condition *all = make(reader, SHAPE_ALL);
    if (!all) {
        return shape_no_memory(reader);
    }
    *out = all;
    if (node->kind != SETTINGS_NODE_MAP) {
        return shape_refuse(reader, node, "takes keys and values: a path and what is wanted of it");
    }
    struct shape_condition **link = &all->child;
    for (const struct settings_node *child = node->child; child; child = child->next) {
        enum status status = read_member(reader, child, link);
        if (status != STATUS_OK) {
            return status;
        }
        link = &(*link)->next;
    }
    if (all->child && !all->child->next) {
        *out = all->child; // one is itself
    }
    return STATUS_OK;
}

static uint64_t names_of(const struct shape_condition *condition) {
    const struct shape_test *test = condition->tests;
    bool name = condition->path->field && str_equal(condition->path->field->name, STR("name"));
    uint64_t names = 0;
    if (!name || test->kind != SHAPE_TEST_ONE_OF || test->ignore_case) {
        return UINT64_MAX;
    }
    for (size_t i = 0; i < test->count; i++) {
        names |= shape_name_bit(test->values[i].text); // what is no text matches no name
    }
    return names;
}

uint64_t shape_condition_names(const struct shape_condition *condition) {
    bool any = condition->kind == SHAPE_ANY;
    uint64_t names = any ? 0 : UINT64_MAX;
    if (condition->kind == SHAPE_PATH) {
        return names_of(condition);
    }
    if (any || condition->kind == SHAPE_ALL) {
        for (const struct shape_condition *child = condition->child; child; child = child->next) {
            names =
                any ? names | shape_condition_names(child) : names & shape_condition_names(child);
        }
    }
    return names;
}

unsigned shape_condition_types(const struct shape_condition *condition) {
    unsigned types = ALL_TYPES;
    if (condition->kind == SHAPE_IS_TYPE) {
        return condition->types;
    }
    if (condition->kind == SHAPE_ANY) {
        types = 0;
        for (const struct shape_condition *child = condition->child; child; child = child->next) {
            types |= shape_condition_types(child);
        }
    } else if (condition->kind == SHAPE_ALL) {
        for (const struct shape_condition *child = condition->child; child; child = child->next) {
            types &= shape_condition_types(child);
        }
    }
    return types;
}
