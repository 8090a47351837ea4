// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Settings from a table: flags, environment, YAML file, defaults; unknown keys and wrong types are refused by file, line and key.
//
// The table is data: the command line's --help, docs/configuration.md and the checks are made from the same list.
// Keys are dotted ("management.listen"). In the environment: FOOTFALL_ + upper case with '_' ("FOOTFALL_MANAGEMENT_LISTEN").
// As flag: "--management.listen=…" or "--management.listen …", and the short alias of the table ("--listen").
//
// A list of maps has a row for each key of its entries, one after another in the table: "routes[].path", "routes[].methods". Only YAML
// can hold one, as a sequence of mappings under "routes"; the strongest layer that has the list counts with all of it.
#ifndef FOOTFALL_BASE_SETTINGS_H
#define FOOTFALL_BASE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

enum setting_type {
    SETTING_STRING,   // any valid UTF-8 without NUL
    SETTING_BOOL,     // true | false
    SETTING_INTEGER,  // within min..max
    SETTING_BYTES,    // 512, 64KiB, 10MiB, 2GiB, 1TiB; within min..max; in bytes
    SETTING_DURATION, // 500ms, 30s, 15m, 24h, 7d; within min..max; in milliseconds
    SETTING_CHOICE,   // one of choices, separated by '|'
    SETTING_LIST,     // YAML sequence of strings, or comma-separated
    SETTING_ADDRESS,  // HOST:PORT, [v6]:PORT
    SETTING_TREE, // keys, lists and values as they stand in YAML, for the asker to judge; only in a list of maps
};

struct setting {
    const char *key;
    const char *alias; // flag without dashes, or NULL
    enum setting_type type;
    const char *fallback; // default, in the same notation
    int64_t min, max;     // INTEGER, BYTES, DURATION; both 0: no limit
    const char *choices;  // CHOICE only
    const char *help;     // one line
    unsigned traits;      // of enum setting_trait
};
enum setting_trait {
    SETTING_SECRET = 1, // never printed; "@PATH" stands for what is in that file
    SETTING_LIVE = 2,   // takes effect when the settings are read again; others at the next start
};
static inline bool setting_is_secret(const struct setting *setting) {
    return (setting->traits & SETTING_SECRET) != 0;
}

// What stands behind a key of type TREE. Lives as long as the settings.
enum settings_node_kind { SETTINGS_NODE_VALUE, SETTINGS_NODE_LIST, SETTINGS_NODE_MAP };
struct settings_node {
    enum settings_node_kind kind;
    bool plain;         // a value without quotes: true, 12, word
    struct str key;     // in a map, each once; data NULL: an item, or the root
    struct str text;    // of a value; NUL-terminated, UTF-8 without NUL
    const char *origin; // "footfall.yaml:12"
    size_t count;       // children
    const struct settings_node *child, *next;
};
#define SETTINGS_TREE_DEPTH 16   // lists and maps inside one another
#define SETTINGS_TREE_NODES 8192 // of one tree

struct settings;

MUST_CHECK enum status settings_make(const struct setting *table, size_t count,
                                     struct settings **out);
void settings_free(struct settings *settings);
// Another default than the table's, for a program that runs in several roles. A key that is not in the table, or a text that its
// type refuses, is a CHECK failure. NO_MEMORY.
MUST_CHECK enum status settings_change_default(struct settings *settings, const char *key,
                                               const char *text);

// Each layer may be loaded once or not at all (twice is a CHECK failure), in any order; strength is flags, environment, remote
// (central configuration), file, defaults. A layer that fails to load counts for nothing.
// Errors: INVALID with "footfall.yaml:12: management.listn: unknown key; did you mean management.listen?"; NO_MEMORY; of a file
// also NOT_FOUND, IO, and TOO_LARGE above 1 MiB. A text never shows the value of a secret.
// YAML: nested mappings and dotted keys mean the same; anchors, aliases, tags, merge keys and second documents are refused.
MUST_CHECK enum status settings_load_file(struct settings *settings, const char *path,
                                          struct error *err);
// The remote layer; name is shown in errors and origins ("central:12").
MUST_CHECK enum status settings_load_text(struct settings *settings, const char *name,
                                          struct str yaml, struct error *err);
// The same with a name for each line, NUL-terminated: what there is on line n is from places[n - 1], in errors and origins. Copied.
MUST_CHECK enum status settings_load_places(struct settings *settings, const struct str *places,
                                            size_t count, struct str yaml, struct error *err);
// envp as of main; only names that begin with prefix count, and an unknown one with that prefix is refused, but for those in
// `ignored` (NULL-terminated, full names).
MUST_CHECK enum status settings_load_environment(struct settings *settings, char *const *envp,
                                                 const char *prefix, const char *const *ignored,
                                                 struct error *err);
// Consumes flags from argv (argv[0] is the first flag, not the program); a BOOL flag without '=' means true and takes no
// word after it; stops at "--" or the first word that is no flag and
// reports its index in *used. Values of secrets are overwritten in argv, so that the list of processes does not show them for longer than
// it takes to get here.
MUST_CHECK enum status settings_load_flags(struct settings *settings, int argc, char *const *argv,
                                           int *used, struct error *err);

// The strongest value. Asking for a key that is not in the table, or with the wrong type, is a CHECK failure.
struct str settings_string(const struct settings *settings,
                           const char *key); // STRING, CHOICE, ADDRESS; NUL-terminated
int64_t settings_integer(const struct settings *settings,
                         const char *key); // INTEGER, BYTES, DURATION
bool settings_bool(const struct settings *settings, const char *key);
size_t settings_list(const struct settings *settings, const char *key, const struct str **items);
// Where the value came from: "flag", "environment", "footfall.yaml:12", "default".
const char *settings_origin(const struct settings *settings, const char *key);

// Lists of maps, by their name ("routes"), and entries from 0 by the row's key ("routes[].path"); asking for others is a CHECK failure.
// What an entry does not say is the row's default.
size_t settings_entries(const struct settings *settings, const char *list);
struct str settings_entry_string(const struct settings *settings, const char *key, size_t entry);
int64_t settings_entry_integer(const struct settings *settings, const char *key, size_t entry);
size_t settings_entry_list(const struct settings *settings, const char *key, size_t entry,
                           const struct str **items);
// NULL when it does not say.
const struct settings_node *settings_entry_tree(const struct settings *settings, const char *key,
                                                size_t entry);
// "footfall.yaml:12": where the value stands; where the entry begins when it does not say, or when key is the list's name.
const char *settings_entry_origin(const struct settings *settings, const char *key, size_t entry);

// Calls take for each key whose value differs, lists of maps by their name ("rules"). Both are of the same table.
void settings_compare(const struct settings *before, const struct settings *after,
                      void (*take)(void *context, const char *key), void *context);

// The table for people: every flag with its type, help and default; never fails but as the buffer does.
void settings_print_help(const struct settings *settings, struct buffer *out);
// What counts now, as YAML with the origin behind it: `listen: "127.0.0.1:8080" # footfall.yaml:12`; secrets are "***".
void settings_print_effective(const struct settings *settings, struct buffer *out);

// The strongest value as it would stand there, of a list of maps (by its name) how many it has: `"127.0.0.1:8080"`, `2 entries`.
void settings_print_value(const struct settings *settings, const char *key, struct buffer *out);

// "HOST:PORT" taken apart; host is copied into out (NUL-terminated).
MUST_CHECK enum status settings_split_address(struct str address, char *host, size_t host_size,
                                              uint16_t *port, struct error *err);

#endif
