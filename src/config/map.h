// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Properties of central configuration: keys in the order in which they were first put, each with a value that has a type.
//
// A map and all it holds live in the arena that it was made with; whoever owns that may use it, one thread at a time.
#ifndef FOOTFALL_CONFIG_MAP_H
#define FOOTFALL_CONFIG_MAP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"

enum config_kind {
    CONFIG_TEXT,
    CONFIG_INTEGER, // digits with or without a minus in front: as JSON writes them, of any size
    CONFIG_FLOAT,   // 1000.0, 1.5E10: as JSON writes them; or Infinity, -Infinity, NaN
    CONFIG_BOOL,    // true, false
};
struct config_value {
    enum config_kind kind;
    struct str text;       // UTF-8
    unsigned line, column; // where it stands in its file, from 1; 0: not known
};
struct config_property {
    struct str key;
    struct config_value value;
};
struct config_map {
    struct arena *arena;
    struct config_property *items;
    size_t count, room;
    unsigned *slots; // index of an item + 1; 0: free
    size_t slot_count;
};

void config_map_init(struct config_map *map, struct arena *arena);
// Key and text are not copied. A key that is there keeps its place and gets the value. NO_MEMORY.
MUST_CHECK enum status config_map_put(struct config_map *map, struct str key,
                                      struct config_value value);
// NULL: there is none.
const struct config_property *config_map_find(const struct config_map *map, struct str key);

#endif
