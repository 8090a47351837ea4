// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which settings differ, wherever they come from.
#include <stdio.h>

#include "base/settings_layer.h"

static bool same_tree(const struct settings_node *a, const struct settings_node *b) {
    if (!a || !b) {
        return a == b;
    }
    if (a->kind != b->kind || a->plain != b->plain || !str_equal(a->text, b->text) ||
        !str_equal(a->key, b->key) || a->count != b->count) {
        return false;
    }
    for (a = a->child, b = b->child; a && b; a = a->next, b = b->next) {
        if (!same_tree(a, b)) { // at most SETTINGS_TREE_DEPTH deep
            return false;
        }
    }
    return true;
}

static bool same_value(const struct setting_value *a, const struct setting_value *b) {
    if (a->item_count != b->item_count || !str_equal(a->text, b->text)) {
        return false;
    }
    for (size_t i = 0; i < a->item_count; i++) {
        if (!str_equal(a->items[i], b->items[i])) {
            return false;
        }
    }
    return same_tree(a->tree, b->tree);
}

static bool same_entries(const struct settings *before, const struct settings *after,
                         struct str list, struct settings_rows rows) {
    const struct settings_entries *old = settings_strongest_entries(before, list);
    const struct settings_entries *fresh = settings_strongest_entries(after, list);
    size_t count = old ? old->count : 0;
    if (count != (fresh ? fresh->count : 0)) {
        return false;
    }
    const struct settings_entry *a = old ? old->entries : NULL;
    const struct settings_entry *b = fresh ? fresh->entries : NULL;
    for (; a && b; a = a->next, b = b->next) {
        for (size_t i = 0; i < rows.count; i++) {
            if (a->values[i].set != b->values[i].set || !same_value(&a->values[i], &b->values[i])) {
                return false;
            }
        }
    }
    return true;
}

void settings_compare(const struct settings *before, const struct settings *after,
                      void (*take)(void *context, const char *key), void *context) {
    for (size_t i = 0; i < before->count; i++) {
        const char *key = before->table[i].key;
        if (!settings_is_row(&before->table[i])) {
            if (!same_value(settings_strongest(before, i), settings_strongest(after, i))) {
                take(context, key);
            }
            continue;
        }
        char name[SETTINGS_SUGGESTION];
        struct str list = str_make(key, strcspn(key, "["));
        struct settings_rows rows = {i, 1};
        (void)settings_find_rows(before, list, &rows);
        (void)snprintf(name, sizeof name, "%.*s", STR_ARG(list));
        if (!same_entries(before, after, list, rows)) {
            take(context, name);
        }
        i = rows.first + rows.count - 1;
    }
}
