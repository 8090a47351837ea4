// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Settings from the command line and from the environment.
#include <stdio.h>

#include "base/settings_layer.h"
#include "base/utf8.h"

enum { NAME_MOST = 160 };

// ---- Flags ---------------------------------------------------------------------------------------------------------

static int find_flag(const struct settings *settings, struct str name) {
    for (size_t i = 0; i < settings->count; i++) {
        const char *alias = settings->table[i].alias;
        if (alias && str_equal(str_from_c(alias), name)) {
            return (int)i;
        }
    }
    int index = settings_find(settings, name);
    bool row = index != SETTINGS_NOWHERE && settings_is_row(&settings->table[index]);
    return row ? SETTINGS_NOWHERE : index;
}

static enum status refuse_flag(const struct settings *settings, struct str word, struct str name,
                               struct error *err) {
    char shown[SETTINGS_SHOWN], near[SETTINGS_SUGGESTION];
    // Up to '=' only: what stands behind it may be a secret.
    struct str rest = word;
    utf8_show(str_cut(&rest, '='), shown, sizeof(shown));
    if (name.len == 0 || settings_suggest(settings, name, false, near) == SETTINGS_NOWHERE ||
        find_flag(settings, str_from_c(near)) == SETTINGS_NOWHERE) {
        return error_set(err, STATUS_INVALID, "%s: unknown flag", shown);
    }
    return error_set(err, STATUS_INVALID, "%s: unknown flag; did you mean --%s?", shown, near);
}

// argv[*used] is a flag: reads it and its value, and moves *used behind them.
static enum status read_flag(struct settings *settings, int argc, char *const *argv, int *used,
                             struct setting_value *values, struct error *err) {
    struct str word = str_from_c(argv[*used]);
    struct str value = STR_EMPTY, name = STR_EMPTY;
    if (str_starts_with(word, STR("--"))) {
        value = str_make(word.data + 2, word.len - 2);
        name = str_cut(&value, '=');
    }
    int index = name.len > 0 ? find_flag(settings, name) : SETTINGS_NOWHERE;
    if (index == SETTINGS_NOWHERE) {
        return refuse_flag(settings, word, name, err);
    }
    const struct setting *setting = &settings->table[index];
    char where[NAME_MOST];
    snprintf(where, sizeof(where), "--%.*s", STR_ARG(name));
    if (values[index].set) {
        return error_set(err, STATUS_INVALID, "%s: given twice", where);
    }
    if (!value.data && setting->type == SETTING_BOOL) {
        value = STR("true");
    } else if (!value.data) {
        if (*used + 1 == argc) {
            return error_set(err, STATUS_INVALID, "%s: needs a value", where);
        }
        value = str_from_c(argv[++*used]);
    }
    ++*used;
    values[index].origin = "flag";
    enum status status = settings_value_read(settings, setting, value, where, &values[index], err);
    if (setting_is_secret(setting) && value.len > 0) {
        memset((char *)(uintptr_t)value.data, '*', value.len);
    }
    return status;
}

enum status settings_load_flags(struct settings *settings, int argc, char *const *argv, int *used,
                                struct error *err) {
    struct setting_value *values = settings_layer_begin(settings, SETTINGS_FLAGS);
    if (!values) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory while reading flags");
    }
    int at = 0;
    // "-" alone is a word: programs read it as standard input.
    while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0' && strcmp(argv[at], "--") != 0) {
        enum status status = read_flag(settings, argc, argv, &at, values, err);
        if (status != STATUS_OK) {
            return status;
        }
    }
    *used = at;
    settings_layer_commit(settings, SETTINGS_FLAGS, values);
    return STATUS_OK;
}

// ---- Environment ---------------------------------------------------------------------------------------------------

static char environment_char(char c) {
    if (c >= 'a' && c <= 'z') {
        return (char)(c - 'a' + 'A');
    }
    return c == '.' || c == '-' ? '_' : c;
}

static bool is_name_of(const struct setting *setting, struct str name) {
    struct str key = str_from_c(setting->key);
    if (key.len != name.len || settings_is_row(setting)) {
        return false;
    }
    for (size_t i = 0; i < key.len; i++) {
        if (environment_char(key.data[i]) != name.data[i]) {
            return false;
        }
    }
    return true;
}

static bool is_ignored(const char *const *ignored, struct str name) {
    for (; ignored && *ignored; ignored++) {
        if (str_equal(str_from_c(*ignored), name)) {
            return true;
        }
    }
    return false;
}

static enum status refuse_name(const struct settings *settings, const char *prefix, struct str name,
                               struct error *err) {
    char shown[SETTINGS_SHOWN], near[SETTINGS_SUGGESTION];
    struct str rest = str_make(name.data + strlen(prefix), name.len - strlen(prefix));
    utf8_show(name, shown, sizeof(shown));
    int index = settings_suggest(settings, rest, true, near);
    if (index == SETTINGS_NOWHERE) {
        return error_set(err, STATUS_INVALID, "%s: no such setting in the environment", shown);
    }
    snprintf(near, sizeof(near), "%s", settings->table[index].key);
    for (char *c = near; *c; c++) {
        *c = environment_char(*c);
    }
    return error_set(err, STATUS_INVALID, "%s: no such setting; did you mean %s%s?", shown, prefix,
                     near);
}

static enum status read_variable(struct settings *settings, const char *prefix, struct str name,
                                 struct str text, struct setting_value *values, struct error *err) {
    struct str rest = str_make(name.data + strlen(prefix), name.len - strlen(prefix));
    for (size_t i = 0; i < settings->count; i++) {
        if (is_name_of(&settings->table[i], rest)) {
            char where[NAME_MOST];
            snprintf(where, sizeof(where), "%.*s", STR_ARG(name));
            if (values[i].set) {
                return error_set(err, STATUS_INVALID, "%s: set twice", where);
            }
            values[i].origin = "environment";
            return settings_value_read(settings, &settings->table[i], text, where, &values[i], err);
        }
    }
    return refuse_name(settings, prefix, name, err);
}

enum status settings_load_environment(struct settings *settings, char *const *envp,
                                      const char *prefix, const char *const *ignored,
                                      struct error *err) {
    struct setting_value *values = settings_layer_begin(settings, SETTINGS_ENVIRONMENT);
    if (!values) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory while reading the environment");
    }
    for (; *envp; envp++) {
        struct str text = str_from_c(*envp);
        struct str name = str_cut(&text, '=');
        if (!str_starts_with(name, str_from_c(prefix)) || is_ignored(ignored, name)) {
            continue;
        }
        enum status status = read_variable(settings, prefix, name, text, values, err);
        if (status != STATUS_OK) {
            return status;
        }
    }
    settings_layer_commit(settings, SETTINGS_ENVIRONMENT, values);
    return STATUS_OK;
}
