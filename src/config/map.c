// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// An ordered map: items in a row, and a table of hashes that leads to them.
#include "config/map.h"

#include <string.h>

#define FIRST_ROOM 16

void config_map_init(struct config_map *map, struct arena *arena) {
    *map = (struct config_map){.arena = arena};
}

// The slot of the key, or the free one where it would go; there is always one.
static unsigned *slot_of(const struct config_map *map, struct str key) {
    size_t at = str_hash(key, 0) & (map->slot_count - 1);
    while (map->slots[at] && !str_equal(map->items[map->slots[at] - 1].key, key)) {
        at = (at + 1) & (map->slot_count - 1);
    }
    return &map->slots[at];
}

static enum status grow(struct config_map *map) {
    size_t room = map->room ? map->room * 2 : FIRST_ROOM;
    struct config_property *items = arena_alloc_array(map->arena, room, sizeof *items);
    unsigned *slots = arena_alloc_array(map->arena, room * 2, sizeof *slots);
    if (!items || !slots) {
        return STATUS_NO_MEMORY;
    }
    if (map->count > 0) {
        memcpy(items, map->items, map->count * sizeof *items);
    }
    map->items = items;
    map->slots = slots;
    map->room = room;
    map->slot_count = room * 2;
    for (size_t i = 0; i < map->count; i++) {
        *slot_of(map, items[i].key) = (unsigned)i + 1;
    }
    return STATUS_OK;
}

enum status config_map_put(struct config_map *map, struct str key, struct config_value value) {
    if (map->count == map->room && grow(map) != STATUS_OK) {
        return STATUS_NO_MEMORY;
    }
    unsigned *slot = slot_of(map, key);
    if (*slot) {
        map->items[*slot - 1].value = value;
        return STATUS_OK;
    }
    map->items[map->count++] = (struct config_property){key, value};
    *slot = (unsigned)map->count;
    return STATUS_OK;
}

const struct config_property *config_map_find(const struct config_map *map, struct str key) {
    if (map->count == 0) {
        return NULL;
    }
    const unsigned *slot = slot_of(map, key);
    return *slot ? &map->items[*slot - 1] : NULL;
}
