// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Lists of maps: which rows of the table are theirs, and asking for the values of an entry.
#include "base/check.h"
#include "base/settings_layer.h"

#define MARK "[]."

// "routes" of "routes[].path"; data NULL when it is a key of its own.
static struct str list_of(const char *key) {
    const char *mark = strstr(key, MARK);
    return mark ? str_make(key, (size_t)(mark - key)) : STR_EMPTY;
}

bool settings_is_row(const struct setting *setting) {
    return list_of(setting->key).data != NULL;
}

bool settings_find_rows(const struct settings *settings, struct str list,
                        struct settings_rows *out) {
    size_t first = 0;
    while (first < settings->count && !(settings_is_row(&settings->table[first]) &&
                                        str_equal(list_of(settings->table[first].key), list))) {
        first++;
    }
    size_t end = first;
    while (end < settings->count && settings_is_row(&settings->table[end]) &&
           str_equal(list_of(settings->table[end].key), list)) {
        end++;
    }
    *out = (struct settings_rows){first, end - first};
    return out->count > 0;
}

struct settings_entries *settings_entries_of(struct settings_entries *first, struct str list) {
    while (first && !str_equal(first->list, list)) {
        first = first->next;
    }
    return first;
}

const struct settings_entries *settings_strongest_entries(const struct settings *settings,
                                                          struct str list) {
    struct settings_entries *found = NULL;
    for (int layer = 0; layer < SETTINGS_LAYERS && !found; layer++) {
        found = settings_entries_of(settings->entries[layer], list);
    }
    return found;
}

size_t settings_entries(const struct settings *settings, const char *list) {
    struct settings_rows rows;
    CHECK(settings_find_rows(settings, str_from_c(list), &rows));
    const struct settings_entries *entries = settings_strongest_entries(settings, str_from_c(list));
    return entries ? entries->count : 0;
}

static const struct settings_entry *entry_of(const struct settings *settings, struct str list,
                                             size_t index) {
    const struct settings_entries *entries = settings_strongest_entries(settings, list);
    CHECK(entries && index < entries->count);
    const struct settings_entry *entry = entries->entries;
    for (size_t i = 0; i < index; i++) {
        entry = entry->next;
    }
    return entry;
}

// What the entry says, or the row's default.
static const struct setting_value *ask(const struct settings *settings, const char *key,
                                       size_t index, unsigned types) {
    struct settings_rows rows;
    int row = settings_find(settings, str_from_c(key));
    CHECK(row != SETTINGS_NOWHERE && types & 1U << settings->table[row].type);
    CHECK(settings_find_rows(settings, list_of(key), &rows));
    const struct settings_entry *entry = entry_of(settings, list_of(key), index);
    const struct setting_value *value = &entry->values[(size_t)row - rows.first];
    return value->set ? value : &settings->layers[SETTINGS_DEFAULTS][row];
}

struct str settings_entry_string(const struct settings *settings, const char *key, size_t entry) {
    return ask(settings, key, entry,
               1U << SETTING_STRING | 1U << SETTING_CHOICE | 1U << SETTING_ADDRESS)
        ->text;
}

int64_t settings_entry_integer(const struct settings *settings, const char *key, size_t entry) {
    return ask(settings, key, entry,
               1U << SETTING_INTEGER | 1U << SETTING_BYTES | 1U << SETTING_DURATION)
        ->number;
}

size_t settings_entry_list(const struct settings *settings, const char *key, size_t entry,
                           const struct str **items) {
    const struct setting_value *value = ask(settings, key, entry, 1U << SETTING_LIST);
    *items = value->items;
    return value->item_count;
}

const struct settings_node *settings_entry_tree(const struct settings *settings, const char *key,
                                                size_t entry) {
    return ask(settings, key, entry, 1U << SETTING_TREE)->tree;
}

const char *settings_entry_origin(const struct settings *settings, const char *key, size_t entry) {
    struct str list = list_of(key);
    const struct settings_entry *found =
        entry_of(settings, list.data ? list : str_from_c(key), entry);
    if (list.data) {
        const struct setting_value *value = ask(settings, key, entry, ~0U);
        if (value !=
            &settings->layers[SETTINGS_DEFAULTS][settings_find(settings, str_from_c(key))]) {
            return value->origin;
        }
    }
    return found->origin;
}
