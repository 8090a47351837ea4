// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The table as help text, and what counts at the moment.
#include <stdio.h>

#include "base/settings_layer.h"

static const char *placeholder(enum setting_type type) {
    static const char *const names[] = {
        [SETTING_STRING] = "TEXT", [SETTING_BOOL] = "true|false",   [SETTING_INTEGER] = "NUMBER",
        [SETTING_BYTES] = "SIZE",  [SETTING_DURATION] = "DURATION", [SETTING_CHOICE] = "",
        [SETTING_LIST] = "A,B,C",  [SETTING_ADDRESS] = "HOST:PORT", [SETTING_TREE] = "{KEY: VALUE}",
    };
    return names[type];
}

void settings_print_help(const struct settings *settings, struct buffer *out) {
    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *setting = &settings->table[i];
        bool row = settings_is_row(setting); // no flag: in the file only
        buffer_printf(out, row ? "  %s" : "  --%s", setting->key);
        if (setting->alias) {
            buffer_printf(out, ", --%s", setting->alias);
        }
        buffer_printf(out, " %s\n      %s",
                      setting->type == SETTING_CHOICE ? setting->choices
                                                      : placeholder(setting->type),
                      setting->help);
        struct str fallback = settings->layers[SETTINGS_DEFAULTS][i].text;
        if (fallback.len > 0 && !setting_is_secret(setting)) {
            buffer_printf(out, " (default %.*s)", STR_ARG(fallback));
        }
        buffer_append_str(out, setting->traits & SETTING_LIVE ? STR(" [live]\n") : STR("\n"));
    }
}

// Characters that a YAML reader folds, drops or refuses when they are not escaped (YAML 1.1 sections 4.1 and 5.4): the second
// set of controls with the line break U+0085, the separators U+2028 and U+2029, the byte order mark, and U+FFFE, U+FFFF.
// Returns how many bytes of UTF-8 the one at the front takes, 0 when it is none of them.
static size_t escaped_character(struct str text, unsigned *character) {
    const unsigned char *at = (const unsigned char *)text.data;
    if (text.len >= 2 && at[0] == 0xc2 && at[1] < 0xa0) {
        *character = at[1];
        return 2;
    }
    if (text.len < 3 || at[0] < 0xe0 || at[0] > 0xef) {
        return 0;
    }
    *character = (at[0] & 15U) << 12 | (at[1] & 63U) << 6 | (at[2] & 63U);
    bool unsafe = *character == 0x2028 || *character == 0x2029 || *character == 0xfeff ||
                  *character >= 0xfffe;
    return unsafe ? 3 : 0;
}

// In double quotes with the escapes of YAML 1.2 section 5.7, which a list and a bare word do not need.
static void print_quoted(struct buffer *out, struct str text) {
    buffer_append_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        unsigned character = 0;
        size_t long_one = escaped_character(str_make(text.data + i, text.len - i), &character);
        if (long_one > 0) {
            buffer_printf(out, "\\u%04x", character);
            i += long_one - 1;
        } else if (c == '"' || c == '\\') {
            buffer_append_char(out, '\\');
            buffer_append_char(out, c);
        } else if ((unsigned char)c < 0x20 || c == 0x7f) {
            buffer_printf(out, "\\x%02x", (unsigned)(unsigned char)c);
        } else {
            buffer_append_char(out, c);
        }
    }
    buffer_append_char(out, '"');
}

// A word without quotes may hold none of what means something inside of brackets (YAML 1.1 section 9.1.3).
static bool is_plain(const struct settings_node *node) {
    bool plain = node->plain && node->text.len > 0;
    for (size_t i = 0; i < node->text.len && plain; i++) {
        char c = node->text.data[i];
        plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                c == '_' || c == '.' || (c == '-' && (i > 0 || node->text.len > 1)) ||
                (c == '+' && i > 0);
    }
    return plain;
}

// In brackets, on one line; at most SETTINGS_TREE_DEPTH inside one another.
static void print_tree(struct buffer *out, const struct settings_node *node) {
    if (node->kind == SETTINGS_NODE_VALUE) {
        if (is_plain(node)) {
            buffer_append_str(out, node->text);
        } else {
            print_quoted(out, node->text);
        }
        return;
    }
    bool map = node->kind == SETTINGS_NODE_MAP;
    buffer_append_char(out, map ? '{' : '[');
    for (const struct settings_node *child = node->child; child; child = child->next) {
        buffer_append_str(out, child == node->child ? STR("") : STR(", "));
        if (map) {
            print_quoted(out, child->key);
            buffer_append_str(out, STR(": "));
        }
        print_tree(out, child);
    }
    buffer_append_char(out, map ? '}' : ']');
}

static void print_value(struct buffer *out, const struct setting *setting,
                        const struct setting_value *value) {
    if (setting_is_secret(setting)) {
        buffer_append_str(out, value->text.len > 0 ? STR("\"***\"") : STR("\"\""));
    } else if (setting->type == SETTING_LIST) {
        buffer_append_char(out, '[');
        for (size_t i = 0; i < value->item_count; i++) {
            buffer_append_str(out, i == 0 ? STR("") : STR(", "));
            print_quoted(out, value->items[i]);
        }
        buffer_append_char(out, ']');
    } else if (setting->type == SETTING_TREE) {
        if (value->tree) {
            print_tree(out, value->tree);
        } else {
            buffer_append_str(out, STR("{}"));
        }
    } else if (setting->type == SETTING_STRING || setting->type == SETTING_ADDRESS ||
               setting->type == SETTING_CHOICE) {
        print_quoted(out, value->text);
    } else {
        buffer_append_str(out, value->text);
    }
}

// The rows of a list of maps; the keys stand behind its name and "[].".
static void print_entries(const struct settings *settings, struct str list,
                          struct settings_rows rows, struct buffer *out) {
    const struct settings_entries *entries = settings_strongest_entries(settings, list);
    if (!entries || entries->count == 0) {
        buffer_printf(out, "%.*s: [] # %s\n", STR_ARG(list), entries ? entries->origin : "default");
        return;
    }
    buffer_printf(out, "%.*s: # %s\n", STR_ARG(list), entries->origin);
    for (const struct settings_entry *entry = entries->entries; entry; entry = entry->next) {
        for (size_t i = 0; i < rows.count; i++) {
            const struct setting *setting = &settings->table[rows.first + i];
            const struct setting_value *value = &entry->values[i];
            value = value->set ? value : &settings->layers[SETTINGS_DEFAULTS][rows.first + i];
            buffer_printf(out, "  %s %s: ", i == 0 ? "-" : " ", setting->key + list.len + 3);
            print_value(out, setting, value);
            buffer_printf(out, " # %s\n", value->origin);
        }
    }
}

void settings_print_value(const struct settings *settings, const char *key, struct buffer *out) {
    struct settings_rows rows;
    int index = settings_find(settings, str_from_c(key));
    if (index != SETTINGS_NOWHERE) {
        print_value(out, &settings->table[index], settings_strongest(settings, (size_t)index));
    } else if (settings_find_rows(settings, str_from_c(key), &rows)) {
        const struct settings_entries *entries =
            settings_strongest_entries(settings, str_from_c(key));
        buffer_printf(out, "%zu entries", entries ? entries->count : 0);
    }
}

void settings_print_effective(const struct settings *settings, struct buffer *out) {
    for (size_t i = 0; i < settings->count; i++) {
        const struct setting *setting = &settings->table[i];
        if (settings_is_row(setting)) {
            struct str list = str_make(setting->key, strcspn(setting->key, "["));
            struct settings_rows rows = {i, 1};
            (void)settings_find_rows(settings, list, &rows);
            print_entries(settings, list, rows, out);
            i = rows.first + rows.count - 1;
            continue;
        }
        const struct setting_value *value = settings_strongest(settings, i);
        buffer_printf(out, "%s: ", setting->key);
        print_value(out, setting, value);
        buffer_printf(out, " # %s\n", value->origin);
    }
}
