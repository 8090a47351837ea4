// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads what stands behind `mask` and `sample`.
#include <math.h>

#include "shape/private.h"

static enum status read_what(struct shape_reader *reader, const struct settings_node *node,
                             struct shape_action *action) {
    static const struct {
        struct str name;
        unsigned mask;
    } kinds[] = {{STR_INIT("email"), SHAPE_MASK_EMAIL},
                 {STR_INIT("card"), SHAPE_MASK_CARD},
                 {STR_INIT("phone"), SHAPE_MASK_PHONE}};
    bool list = node->kind == SETTINGS_NODE_LIST;
    const struct settings_node *item = list ? node->child : node;
    for (; item; item = list ? item->next : NULL) {
        unsigned mask = 0;
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            bool named = item->kind == SETTINGS_NODE_VALUE && str_equal(item->text, kinds[i].name);
            mask |= named ? kinds[i].mask : 0;
        }
        if (!mask) {
            return shape_refuse(reader, item, "takes email, card or phone, or a list of them");
        }
        action->masks |= mask;
    }
    return action->masks ? STATUS_OK : shape_refuse(reader, node, "the list is empty");
}

static enum status read_with(struct shape_reader *reader, const struct settings_node *node,
                             struct shape_action *action) {
    if (node->kind != SETTINGS_NODE_VALUE || node->text.len > 64) {
        return shape_refuse(reader, node, "takes a text of at most 64 bytes");
    }
    action->with = arena_copy(&reader->rules->arena, node->text);
    return action->with.data ? STATUS_OK : shape_no_memory(reader);
}

enum status shape_mask_read(struct shape_reader *reader, const struct settings_node *node,
                            struct shape_action *action, const struct settings_node **paths) {
    bool map = node->kind == SETTINGS_NODE_MAP;
    bool with = false;
    enum status status = STATUS_OK;
    action->with = STR("***");
    for (const struct settings_node *child = map ? node->child : NULL; child && status == STATUS_OK;
         child = child->next) {
        if (str_equal(child->key, STR("what"))) {
            status = read_what(reader, child, action);
        } else if (str_equal(child->key, STR("pattern"))) {
            status = shape_pattern_read(reader, child, false, &action->pattern);
        } else if (str_equal(child->key, STR("with"))) {
            with = true;
            status = read_with(reader, child, action);
        } else if (str_equal(child->key, STR("in"))) {
            *paths = child;
        } else {
            return shape_refuse(reader, child, "no such key: there are what, pattern, with and in");
        }
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (!*paths || (!action->masks && !action->pattern)) {
        return shape_refuse(reader, node,
                            "takes what is hidden and where: {what: [email, card, phone], in: "
                            "properties} or {pattern: REGEX, with: TEXT, in: PATH}");
    }
    return with && !action->pattern ? shape_refuse(reader, node, "`with` goes with `pattern`")
                                    : STATUS_OK;
}

// "10%" or "0.5%".
static enum status read_keep(struct shape_reader *reader, const struct settings_node *node,
                             struct shape_action *action) {
    struct str digits = node->text;
    double percent = -1;
    if (node->kind == SETTINGS_NODE_VALUE && digits.len > 1 && digits.data[digits.len - 1] == '%') {
        digits.len--;
        struct settings_node number = {.kind = SETTINGS_NODE_VALUE, .plain = true, .text = digits};
        struct shape_scalar value;
        if (shape_scalar_read(reader, &number, &value) != STATUS_OK) {
            return shape_no_memory(reader);
        }
        percent = value.type == JSON_NUMBER ? value.number : -1;
    }
    if (!(percent >= 0 && percent <= 100)) {
        return shape_refuse(reader, node, "takes a share from 0%% to 100%%, like 12.5%%");
    }
    action->keep_all = percent >= 100;
    action->keep = action->keep_all ? UINT64_MAX : (uint64_t)ldexp(percent / 100, 64);
    return STATUS_OK;
}

static enum status read_by(struct shape_reader *reader, const struct settings_node *node,
                           struct shape_action *action) {
    bool value = node->kind == SETTINGS_NODE_VALUE;
    action->by_message = value && str_equal(node->text, STR("message"));
    return action->by_message || (value && str_equal(node->text, STR("actor")))
               ? STATUS_OK
               : shape_refuse(reader, node, "takes actor or message");
}

enum status shape_sample_read(struct shape_reader *reader, const struct settings_node *node,
                              struct shape_action *action) {
    bool keep = false;
    enum status status = STATUS_OK;
    if (node->kind == SETTINGS_NODE_VALUE) {
        return read_keep(reader, node, action);
    }
    for (const struct settings_node *child = node->kind == SETTINGS_NODE_MAP ? node->child : NULL;
         child && status == STATUS_OK; child = child->next) {
        if (str_equal(child->key, STR("keep"))) {
            keep = true;
            status = read_keep(reader, child, action);
        } else if (str_equal(child->key, STR("by"))) {
            status = read_by(reader, child, action);
        } else if (str_equal(child->key, STR("seed")) && child->kind == SETTINGS_NODE_VALUE) {
            action->seed = arena_copy(&reader->rules->arena, child->text);
            status = action->seed.data ? STATUS_OK : shape_no_memory(reader);
        } else {
            return shape_refuse(reader, child, "no such key: there are keep, by and seed");
        }
    }
    return status == STATUS_OK && !keep
               ? shape_refuse(reader, node, "takes a share that is kept: {keep: 10%%, by: actor}")
               : status;
}
