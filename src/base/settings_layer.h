// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the settings_*.c files share: layers of values, and how one value is read. Nobody else includes this.
#ifndef FOOTFALL_BASE_SETTINGS_LAYER_H
#define FOOTFALL_BASE_SETTINGS_LAYER_H

#include "base/arena.h"
#include "base/settings.h"

// Strongest first.
enum settings_layer {
    SETTINGS_FLAGS,
    SETTINGS_ENVIRONMENT,
    SETTINGS_REMOTE,
    SETTINGS_FILE,
    SETTINGS_DEFAULTS,
    SETTINGS_LAYERS, // how many
};

struct setting_value {
    bool set;
    struct str text;   // as written, NUL-terminated; of a list, the items joined by ", "
    int64_t number;    // INTEGER, BYTES in bytes, DURATION in milliseconds, BOOL 0 or 1
    struct str *items; // LIST
    size_t item_count;
    const struct settings_node *tree; // TREE
    const char *origin;
    size_t line; // in a file, from 1; otherwise 0
};

// One map of a list of maps.
struct settings_entry {
    struct settings_entry *next;
    struct setting_value *values; // of the list's rows
    const char *origin;
};

struct settings_entries {
    struct settings_entries *next; // of the same layer
    struct str list;
    struct settings_entry *entries;
    size_t count;
    const char *origin;
    size_t line;
};

// Rows of the table, one after another.
struct settings_rows {
    size_t first, count;
};

struct settings {
    const struct setting *table;
    size_t count;
    struct arena arena;                            // all values, until settings_free
    struct setting_value *layers[SETTINGS_LAYERS]; // count values each; NULL: not loaded
    struct settings_entries *entries[SETTINGS_LAYERS];
};

enum {
    SETTINGS_SHOWN = 81,      // room for a foreign text inside an error text
    SETTINGS_SUGGESTION = 96, // room for a key
    SETTINGS_NOWHERE = -1,
    SETTINGS_YAML_MOST = 1 << 20, // libyaml takes more than linear time on hostile input
};

// Values of a layer to be; they count once settings_layer_commit is called. NULL: no memory.
struct setting_value *settings_layer_begin(struct settings *settings, enum settings_layer layer);
void settings_layer_commit(struct settings *settings, enum settings_layer layer,
                           struct setting_value *values);

// Index in the table, or SETTINGS_NOWHERE.
int settings_find(const struct settings *settings, struct str key);
// Whether some key begins with group and a dot.
bool settings_is_group(const struct settings *settings, struct str group);

// --- settings_entries.c ----------------------------------------------------------------------------------------------
// Whether it is a row of a list of maps.
bool settings_is_row(const struct setting *setting);
// The rows of that list; false: there is no such list.
bool settings_find_rows(const struct settings *settings, struct str list,
                        struct settings_rows *out);
// What counts of it; NULL: no layer has it.
const struct settings_entries *settings_strongest_entries(const struct settings *settings,
                                                          struct str list);
struct settings_entries *settings_entries_of(struct settings_entries *first, struct str list);

// The setting whose key (or group, or alias) is closest to what was written, or SETTINGS_NOWHERE when none is close; out
// gets the key. With loose, '.', '_' and '-' count as the same, as in the environment.
int settings_suggest(const struct settings *settings, struct str wrong, bool loose,
                     char out[SETTINGS_SUGGESTION]);

// Reads and keeps one value. `where` begins the error text: "footfall.yaml:7: eventlog.partitions".
// "@path": what stands in that file, without line ends behind it; in the settings' arena. INVALID: it cannot be read, or is larger than 64 KiB.
MUST_CHECK enum status settings_secret_read(struct settings *settings, struct str text,
                                            const char *where, struct str *out, struct error *err);
MUST_CHECK enum status settings_value_read(struct settings *settings, const struct setting *setting,
                                           struct str text, const char *where,
                                           struct setting_value *value, struct error *err);
// The items of a list that came one by one. Copies them.
MUST_CHECK enum status settings_value_read_items(struct settings *settings,
                                                 const struct setting *setting,
                                                 const struct str *items, size_t count,
                                                 const char *where, struct setting_value *value,
                                                 struct error *err);

// Where YAML is from: a name, and lines; or a name for each line.
struct settings_source {
    const char *name;
    const struct str *places;
    size_t place_count;
};
// One layer from YAML.
MUST_CHECK enum status settings_yaml_load(struct settings *settings, enum settings_layer layer,
                                          const struct settings_source *source, struct str yaml,
                                          struct error *err);

// --- settings_tree.c -------------------------------------------------------------------------------------------------
// A tree that is put together by the events of a reader: a value, the beginning of a list or map, the end of one. In a map every other
// event is a key, and those are values.
struct settings_tree {
    struct arena *arena;
    struct settings_node *root;
    struct {
        struct settings_node *node;
        const struct settings_node **link; // where its next child goes
        struct str key;                    // that waits for what stands behind it
    } open[SETTINGS_TREE_DEPTH];
    size_t depth;
    size_t nodes;
};
enum settings_tree_event {
    SETTINGS_TREE_VALUE,
    SETTINGS_TREE_LIST,
    SETTINGS_TREE_MAP,
    SETTINGS_TREE_END
};
// *done: the tree is whole. INVALID with *what to complain of; NO_MEMORY.
MUST_CHECK enum status settings_tree_add(struct settings_tree *tree, enum settings_tree_event event,
                                         struct str text, bool plain, const char *origin,
                                         bool *done, const char **what);

// The layer whose value of this setting counts.
const struct setting_value *settings_strongest(const struct settings *settings, size_t index);

#endif
