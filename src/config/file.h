// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Files of central configuration taken apart: YAML and .properties become documents of flat properties, as Spring Boot makes them.
//
//   a: {b: [1, {c: x}]}   ->   a.b[0] = 1, a.b[1].c = x
//
// A file of several documents (--- in YAML, #--- in .properties) gives several; a document may say for which profiles it counts.
#ifndef FOOTFALL_CONFIG_FILE_H
#define FOOTFALL_CONFIG_FILE_H

#include "base/error.h"
#include "config/map.h"

#define CONFIG_FILE_DEPTH 64                   // lists and maps inside one another
#define CONFIG_FILE_VALUES ((size_t)64 * 1024) // of a file, what aliases repeat included
#define CONFIG_FILE_DOCUMENTS 256
#define CONFIG_KEY_MAX 2000 // bytes of a flat key

struct config_document {
    struct config_map map;
    struct config_document *next;
};
struct config_file {
    struct config_document *first;
    size_t count;
};

// All of the result lives in arena. INVALID, SYNTAX, TOO_LARGE, TOO_DEEP, INVALID_UTF8: err says what and in which line; NO_MEMORY.
MUST_CHECK enum status config_yaml_read(struct arena *arena, struct str text,
                                        struct config_file *out, struct error *err);
// The bytes are ISO 8859-1, as Java has it.
MUST_CHECK enum status config_properties_read(struct arena *arena, struct str text,
                                              struct config_file *out, struct error *err);
// The next document of a file. NULL: NO_MEMORY, or too many.
struct config_document *config_file_add(struct arena *arena, struct config_file *file);

// Whether the document counts for these profiles: spring.config.activate.on-profile, or spring.profiles as it was before, is absent or one
// of its expressions ("prod & !eu") holds. INVALID: an expression cannot be read.
MUST_CHECK enum status config_document_is_active(const struct config_document *document,
                                                 const struct str *profiles, size_t count,
                                                 bool *active, struct error *err);
// One expression: names with !, &, | and parentheses; & and | are not mixed without these. INVALID.
MUST_CHECK enum status config_profiles_match(struct str expression, const struct str *profiles,
                                             size_t count, bool *match);

#endif
