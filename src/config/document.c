// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Documents of a file, and for which profiles one counts.
#include "config/file.h"

#include <stdio.h>

#define ON_PROFILE "spring.config.activate.on-profile"
#define ON_PLATFORM "spring.config.activate.on-cloud-platform"
#define LEGACY "spring.profiles"
#define EXPRESSIONS_MAX 64
#define EXPRESSION_DEPTH 16

struct config_document *config_file_add(struct arena *arena, struct config_file *file) {
    struct config_document *document =
        file->count < CONFIG_FILE_DOCUMENTS ? arena_alloc_zero(arena, sizeof *document) : NULL;
    if (!document) {
        return NULL;
    }
    config_map_init(&document->map, arena);
    struct config_document **link = &file->first;
    while (*link) {
        link = &(*link)->next;
    }
    *link = document;
    file->count++;
    return document;
}

// --- Expressions -------------------------------------------------------------------------------------------------------
struct expression {
    struct str rest;
    const struct str *profiles;
    size_t count;
    size_t depth;
};

static void skip_space(struct expression *e) {
    while (e->rest.len > 0 && (e->rest.data[0] == ' ' || e->rest.data[0] == '\t')) {
        e->rest = str_make(e->rest.data + 1, e->rest.len - 1);
    }
}

static bool take(struct expression *e, char c) {
    skip_space(e);
    if (e->rest.len == 0 || e->rest.data[0] != c) {
        return false;
    }
    e->rest = str_make(e->rest.data + 1, e->rest.len - 1);
    return true;
}

static bool is_named(const struct expression *e, struct str name) {
    for (size_t i = 0; i < e->count; i++) {
        if (str_equal(e->profiles[i], name)) {
            return true;
        }
    }
    return false;
}

static enum status read_any(struct expression *e, bool *value);

static enum status read_term(struct expression *e, bool *value) {
    bool not = false;
    while (take(e, '!')) {
        not = !not ;
    }
    if (take(e, '(')) {
        if (++e->depth > EXPRESSION_DEPTH || read_any(e, value) != STATUS_OK || !take(e, ')')) {
            return STATUS_INVALID;
        }
        e->depth--;
        *value = *value != not ;
        return STATUS_OK;
    }
    size_t len = 0;
    while (len < e->rest.len && !memchr("()&|!", e->rest.data[len], 5)) {
        len++;
    }
    struct str name = str_trim(str_make(e->rest.data, len));
    if (name.len == 0) {
        return STATUS_INVALID;
    }
    e->rest = str_make(e->rest.data + len, e->rest.len - len);
    *value = is_named(e, name) != not ;
    return STATUS_OK;
}

static enum status read_any(struct expression *e, bool *value) {
    char operation = '\0';
    enum status status = read_term(e, value);
    while (status == STATUS_OK) {
        char c = '\0';
        if (take(e, '&')) {
            c = '&';
        } else if (take(e, '|')) {
            c = '|';
        } else {
            return STATUS_OK;
        }
        bool other = false;
        if (operation != '\0' && c != operation) {
            return STATUS_INVALID;
        }
        operation = c;
        status = read_term(e, &other);
        *value = c == '&' ? *value && other : *value || other;
    }
    return status;
}

enum status config_profiles_match(struct str expression, const struct str *profiles, size_t count,
                                  bool *match) {
    struct expression e = {.rest = str_trim(expression), .profiles = profiles, .count = count};
    enum status status = read_any(&e, match);
    skip_space(&e);
    return status == STATUS_OK && e.rest.len == 0 ? STATUS_OK : STATUS_INVALID;
}

// --- Documents ---------------------------------------------------------------------------------------------------------
// Several, separated by commas.
static enum status match_text(struct str text, const struct str *profiles, size_t count,
                              bool *active, struct error *err) {
    struct str rest = text;
    while (rest.data) {
        struct str one = str_cut(&rest, ',');
        bool match = false;
        if (config_profiles_match(one, profiles, count, &match) != STATUS_OK) {
            return error_set(err, STATUS_INVALID, "\"%.*s\" is no expression of profiles",
                             STR_ARG(one));
        }
        *active = *active || match;
    }
    return STATUS_OK;
}

// The value of the key, or those of key[0], key[1] and so on.
static enum status match_key(const struct config_document *document, const char *key,
                             const struct str *profiles, size_t count, bool *said, bool *active,
                             struct error *err) {
    const struct config_property *found = config_map_find(&document->map, str_from_c(key));
    enum status status = STATUS_OK;
    if (found) {
        *said = true;
        status = match_text(found->value.text, profiles, count, active, err);
    }
    for (unsigned i = 0; i < EXPRESSIONS_MAX && status == STATUS_OK; i++) {
        char item[80];
        (void)snprintf(item, sizeof item, "%s[%u]", key, i);
        found = config_map_find(&document->map, str_from_c(item));
        if (!found) {
            break;
        }
        *said = true;
        status = match_text(found->value.text, profiles, count, active, err);
    }
    return status;
}

enum status config_document_is_active(const struct config_document *document,
                                      const struct str *profiles, size_t count, bool *active,
                                      struct error *err) {
    bool said = false;
    *active = false;
    enum status status = match_key(document, ON_PROFILE, profiles, count, &said, active, err);
    if (status == STATUS_OK && !said) {
        status = match_key(document, LEGACY, profiles, count, &said, active, err);
    }
    *active = *active || !said;
    if (config_map_find(&document->map, STR(ON_PLATFORM))) {
        *active = false; // we do not run on one
    }
    return status;
}
