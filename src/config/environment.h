// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a request asks for: property sources in Spring's order, the one that wins first.
//
//   for each profile, the last one first: for each folder, for each name (the last first, "application" at the end):
//       NAME-PROFILE.properties, .yml, .yaml        and then the same without a profile
//   Of several documents in a file the last one comes first.
#ifndef FOOTFALL_CONFIG_ENVIRONMENT_H
#define FOOTFALL_CONFIG_ENVIRONMENT_H

#include "base/json_write.h"
#include "config/backend.h"
#include "config/cipher.h"
#include "config/file.h"

#define CONFIG_NAMES_MAX 16    // applications and profiles of a request, each
#define CONFIG_SOURCES_MAX 512 // of a reply

struct config_source {
    struct str name;
    struct config_map map;
    struct config_source *next;
};
struct config_environment {
    struct config_asked asked;
    struct config_snapshot snapshot;
    struct config_source *first; // wins
    struct config_source *last;
    size_t count;
    struct config_environment *next; // of a weaker label of the same request; until they are read
};

// Those between the commas, each once, without what is empty, into CONFIG_NAMES_MAX. 0: none, or too many.
size_t config_names_split(struct str text, struct str *out);
// Takes a request apart and checks it; all but label are given. NOT_FOUND: what is asked for can be no name; NO_MEMORY. In arena, which also
// holds what is read.
MUST_CHECK enum status config_asked_make(struct arena *arena, struct str name, struct str profiles,
                                         struct str label, struct config_asked *out,
                                         struct error *err);
// Looks for the label and its folders; config_environment_free releases it. Of several labels ("a,b") the last one wins, with git.
MUST_CHECK enum status config_environment_look(struct config_backend *backend, struct arena *arena,
                                               const struct config_asked *asked,
                                               struct config_environment *out, struct error *err);
// Reads the files. cipher NULL: what is encrypted cannot be read, and is shown as invalid. NOT_FOUND (label), INVALID, SYNTAX and the like (a
// broken file), TOO_LARGE, IO, UNAVAILABLE, NO_MEMORY; err says where.
MUST_CHECK enum status config_environment_read(struct config_environment *environment,
                                               const struct config_cipher *cipher,
                                               struct error *err);
void config_environment_free(struct config_environment *environment);
// {"name":...,"propertySources":[...]}; origins: the v2 form.
void config_environment_write(const struct config_environment *environment, bool origins,
                              struct json_writer *writer);
// The value that wins; NULL: there is none.
const struct config_value *config_environment_find(const struct config_environment *environment,
                                                   struct str key);
// A value as JSON.
void config_value_write(struct json_writer *writer, const struct config_value *value);

#endif
