// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Where files of central configuration come from: a directory, or a git repository.
//
// A request names a label; the backend makes a snapshot of it, whose files do not change while they are read (git), or may (a directory).
// Whatever path is asked for, only regular files below the backend's own folders are read.
#ifndef FOOTFALL_CONFIG_BACKEND_H
#define FOOTFALL_CONFIG_BACKEND_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define CONFIG_LOCATIONS_MAX 64

struct config_asked { // by a request, checked: no "..", nothing absolute
    struct str name;  // may be several, separated by commas
    struct str profiles;
    struct str label;                        // data NULL: not given
    const struct str *names, *profile_names; // taken apart
    size_t name_count, profile_count;
};

struct config_snapshot {
    const struct config_backend *backend;
    struct arena *arena;
    struct str version;                         // id of a commit; data NULL: there is none
    struct str locations[CONFIG_LOCATIONS_MAX]; // folders, "" or ending in '/'; the last one wins
    size_t location_count;
    void *state; // the backend's
};

struct config_backend_table {
    // Fills all but backend and arena. NOT_FOUND: no such label. UNAVAILABLE: nothing could be fetched yet. IO, NO_MEMORY.
    enum status (*look)(struct config_backend *backend, const struct config_asked *asked,
                        struct config_snapshot *snapshot, struct error *err);
    void (*release)(struct config_snapshot *snapshot); // NULL: nothing to do
    // The whole file, in the snapshot's arena. NOT_FOUND: there is none (or it is none of ours). TOO_LARGE, IO, NO_MEMORY.
    enum status (*read)(const struct config_snapshot *snapshot, struct str location,
                        struct str path, struct str *out, int64_t *modified_s, struct error *err);
    // What the source of that file is called; several: it has several documents, of which this is the index-th. data NULL: NO_MEMORY.
    struct str (*title)(const struct config_snapshot *snapshot, struct str location,
                        struct str path, bool several, size_t index);
    void (*stop)(struct config_backend *backend);
};
struct config_backend {
    const struct config_backend_table *table;
    const char *kind; // "directory", "git"
    const char *default_label;
    bool each_label;   // of several in a request each has files of its own
    bool has_state;    // "state" is "" and not null, as Spring's git backend has it
    size_t file_bytes; // the largest file that is read
};

// --- Directories -------------------------------------------------------------------------------------------------------
struct config_directory_config {
    const struct str *
        locations; // absolute or of the working directory, with {application}, {profile} and {label}
    size_t count;
    struct str default_label;
    size_t file_bytes;
};
// INVALID, NOT_FOUND: a folder is not there; NO_MEMORY.
MUST_CHECK enum status config_directory_start(const struct config_directory_config *config,
                                              struct config_backend **out, struct error *err);

// --- Git ---------------------------------------------------------------------------------------------------------------
struct config_git_config {
    struct str url;
    struct str folder;              // of our own copy; made
    const struct str *search_paths; // below the root, which counts always
    size_t count;
    struct str default_label;
    struct str username, password; // of https and ssh; empty: none
    struct str private_key;        // file for ssh; empty: the agent's
    int64_t interval_ms;
    size_t file_bytes;
};
// Fetches once before it returns, if there is no copy from before. UNAVAILABLE: that failed; INVALID, IO, NO_MEMORY.
MUST_CHECK enum status config_git_start(const struct config_git_config *config,
                                        struct config_backend **out, struct error *err);
// Fetches now, and waits for it up to a while. False: it goes on, or failed. Blocks.
bool config_git_fetch(struct config_backend *backend);
struct config_git_stats {
    int64_t fetched_ms; // wall clock of the last fetch that succeeded; 0: none
    uint64_t fetches, failures;
    char problem[200]; // of the last one; empty: it went well
};
void config_git_look(struct config_backend *backend, struct config_git_stats *out);

// --- For the backends ----------------------------------------------------------------------------------------------------
// The pattern with each name and each profile put in; labels too. Adds what is not there yet. TOO_LARGE, NO_MEMORY.
MUST_CHECK enum status config_locations_add(struct config_snapshot *snapshot, struct str pattern,
                                            const struct config_asked *asked, struct str label);

#endif
