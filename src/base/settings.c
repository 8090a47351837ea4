// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Settings: the layers, and asking for the strongest value.
#include "base/settings.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/settings_layer.h"

static enum status load_defaults(struct settings *settings) {
    struct setting_value *values = settings_layer_begin(settings, SETTINGS_DEFAULTS);
    if (!values) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *setting = &settings->table[i];
        enum status status = settings_value_read(settings, setting, str_from_c(setting->fallback),
                                                 setting->key, &values[i], NULL);
        if (status == STATUS_NO_MEMORY) {
            return status;
        }
        CHECK(status == STATUS_OK); // a default that its own type refuses is a bug of the table
        values[i].origin = "default";
    }
    settings_layer_commit(settings, SETTINGS_DEFAULTS, values);
    return STATUS_OK;
}

enum status settings_make(const struct setting *table, size_t count, struct settings **out) {
    struct settings *settings = calloc(1, sizeof(*settings));
    if (!settings) {
        return STATUS_NO_MEMORY;
    }
    settings->table = table;
    settings->count = count;
    arena_init(&settings->arena, 16384, 0);
    enum status status = load_defaults(settings);
    if (status != STATUS_OK) {
        settings_free(settings);
        return status;
    }
    *out = settings;
    return STATUS_OK;
}

enum status settings_change_default(struct settings *settings, const char *key, const char *text) {
    int index = settings_find(settings, str_from_c(key));
    CHECK(index != SETTINGS_NOWHERE);
    struct setting_value *value = &settings->layers[SETTINGS_DEFAULTS][index];
    *value = (struct setting_value){.set = false};
    enum status status =
        settings_value_read(settings, &settings->table[index], str_from_c(text), key, value, NULL);
    CHECK(status == STATUS_OK || status == STATUS_NO_MEMORY);
    value->origin = "default";
    return status;
}

void settings_free(struct settings *settings) {
    if (settings) {
        arena_free(&settings->arena);
        free(settings);
    }
}

struct setting_value *settings_layer_begin(struct settings *settings, enum settings_layer layer) {
    CHECK(settings->layers[layer] == NULL);
    // One more than needed, so that an empty table is no special case.
    return arena_alloc_array(&settings->arena, settings->count + 1, sizeof(struct setting_value));
}

void settings_layer_commit(struct settings *settings, enum settings_layer layer,
                           struct setting_value *values) {
    settings->layers[layer] = values;
}

int settings_find(const struct settings *settings, struct str key) {
    for (size_t i = 0; i < settings->count; i++) {
        if (str_equal(str_from_c(settings->table[i].key), key)) {
            return (int)i;
        }
    }
    return SETTINGS_NOWHERE;
}

bool settings_is_group(const struct settings *settings, struct str group) {
    for (size_t i = 0; i < settings->count; i++) {
        struct str key = str_from_c(settings->table[i].key);
        if (key.len > group.len && key.data[group.len] == '.' && str_starts_with(key, group)) {
            return true;
        }
    }
    return false;
}

const struct setting_value *settings_strongest(const struct settings *settings, size_t index) {
    for (int layer = 0; layer < SETTINGS_DEFAULTS; layer++) {
        const struct setting_value *values = settings->layers[layer];
        if (values && values[index].set) {
            return &values[index];
        }
    }
    return &settings->layers[SETTINGS_DEFAULTS][index];
}

static const struct setting_value *ask(const struct settings *settings, const char *key,
                                       unsigned types) {
    int index = settings_find(settings, str_from_c(key));
    CHECK(index != SETTINGS_NOWHERE);
    CHECK(types & 1U << settings->table[index].type && !settings_is_row(&settings->table[index]));
    return settings_strongest(settings, (size_t)index);
}

struct str settings_string(const struct settings *settings, const char *key) {
    return ask(settings, key, 1U << SETTING_STRING | 1U << SETTING_CHOICE | 1U << SETTING_ADDRESS)
        ->text;
}

int64_t settings_integer(const struct settings *settings, const char *key) {
    return ask(settings, key, 1U << SETTING_INTEGER | 1U << SETTING_BYTES | 1U << SETTING_DURATION)
        ->number;
}

bool settings_bool(const struct settings *settings, const char *key) {
    return ask(settings, key, 1U << SETTING_BOOL)->number != 0;
}

size_t settings_list(const struct settings *settings, const char *key, const struct str **items) {
    const struct setting_value *value = ask(settings, key, 1U << SETTING_LIST);
    *items = value->items;
    return value->item_count;
}

const char *settings_origin(const struct settings *settings, const char *key) {
    int index = settings_find(settings, str_from_c(key));
    CHECK(index != SETTINGS_NOWHERE);
    return settings_strongest(settings, (size_t)index)->origin;
}
