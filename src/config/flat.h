// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// All property sources in one: what counts, flat or put together again to lists and maps.
#ifndef FOOTFALL_CONFIG_FLAT_H
#define FOOTFALL_CONFIG_FLAT_H

#include "config/environment.h"

#define CONFIG_INDEX_MAX 10000 // of a list

enum config_form { CONFIG_FORM_JSON, CONFIG_FORM_YAML, CONFIG_FORM_PROPERTIES };

// What counts of all sources: a list comes whole from the strongest that has one of its items. NO_MEMORY.
MUST_CHECK enum status config_flat_merge(const struct config_environment *environment,
                                         struct config_map *out);
// Texts with placeholders resolved in place; INVALID: circles; TOO_LARGE, NO_MEMORY.
MUST_CHECK enum status config_flat_resolve(const struct config_environment *environment,
                                           struct config_map *map, size_t limit);
// INVALID: keys that fit no lists and maps; TOO_LARGE, NO_MEMORY.
MUST_CHECK enum status config_flat_write(const struct config_map *map, enum config_form form,
                                         struct buffer *out, struct error *err);

// Between flat.c, tree.c and flat_yaml.c: what properties stand for.
enum config_branch_kind {
    CONFIG_BRANCH_NULL,
    CONFIG_BRANCH_LEAF,
    CONFIG_BRANCH_LIST,
    CONFIG_BRANCH_MAP
};
struct config_branch {
    enum config_branch_kind kind;
    struct config_value value;       // of a leaf
    struct config_map names;         // of a map: its keys
    struct config_branch **children; // of a list; of a map by its keys
    size_t count, room;
};
MUST_CHECK enum status config_tree_make(const struct config_map *map, struct config_branch **root,
                                        struct error *err);
MUST_CHECK enum status config_yaml_write(const struct config_branch *root, struct buffer *out);

#endif
