// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Keys and values as Spring lets people write them.
#include "config_client/private.h"

static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool same_word(struct str a, struct str b) {
    bool same = a.len == b.len;
    for (size_t i = 0; i < a.len && same; i++) {
        same = lower(a.data[i]) == lower(b.data[i]);
    }
    return same;
}

// --- Keys ------------------------------------------------------------------------------------------------------------------
static bool is_skipped(char c) {
    return c == '-' || c == '_';
}

static bool same_key(struct str written, const char *key) {
    size_t i = 0;
    for (;;) {
        while (i < written.len && is_skipped(written.data[i])) {
            i++;
        }
        while (is_skipped(*key)) {
            key++;
        }
        if (i == written.len || !*key) {
            return i == written.len && !*key;
        }
        if (lower(written.data[i++]) != lower(*key++)) {
            return false;
        }
    }
}

const char *config_client_find_key(const struct setting *table, size_t count, struct str key) {
    const char *loose = NULL;
    for (size_t i = 0; i < count; i++) {
        if (str_equal(str_from_c(table[i].key), key)) {
            return table[i].key;
        }
        loose = !loose && same_key(key, table[i].key) ? table[i].key : loose;
    }
    return loose;
}

// --- Values ----------------------------------------------------------------------------------------------------------------
static struct str read_bool(struct str text) {
    static const struct str yes[] = {STR_INIT("true"), STR_INIT("on"), STR_INIT("yes"),
                                     STR_INIT("1")};
    static const struct str no[] = {STR_INIT("false"), STR_INIT("off"), STR_INIT("no"),
                                    STR_INIT("0")};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (same_word(text, yes[i])) {
            return STR("true");
        }
        if (same_word(text, no[i])) {
            return STR("false");
        }
    }
    return text;
}

static struct str read_choice(const char *choices, struct str text) {
    struct str rest = str_from_c(choices);
    while (rest.data) {
        struct str choice = str_cut(&rest, '|');
        if (same_word(choice, text)) {
            return choice;
        }
    }
    return text;
}

static bool is_number(struct str text) {
    int64_t number = 0;
    return str_to_i64(text, &number) && number >= 0;
}

// "10MB" is 10 times 1024 times 1024 to Spring, and the letter B alone a byte.
static struct str read_bytes(struct str text, struct arena *arena) {
    size_t digits = 0;
    while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9') {
        digits++;
    }
    struct str unit = str_make(text.data + digits, text.len - digits);
    if (digits > 0 && str_equal(unit, STR("B"))) {
        return str_make(text.data, digits);
    }
    bool known = digits > 0 && unit.len == 2 && unit.data[1] == 'B' &&
                 memchr("KMGT", unit.data[0], 4) != NULL;
    return known ? arena_printf(arena, "%.*s%ciB", (int)digits, text.data, unit.data[0]) : text;
}

// PT1H30M, P2D, PT0.5S: of ISO 8601 what java.time.Duration reads, without signs.
static bool read_iso(struct str text, int64_t *ms) {
    static const struct {
        char letter;
        bool time;
        int64_t ms;
    } units[] = {
        {'D', false, 86400000}, {'H', true, 3600000}, {'M', true, 60000}, {'S', true, 1000}};
    bool time = false;
    *ms = 0;
    if (text.len < 3 || lower(text.data[0]) != 'p') {
        return false;
    }
    for (size_t i = 1; i < text.len;) {
        if (lower(text.data[i]) == 't' && !time) {
            time = true;
            i++;
            continue;
        }
        size_t start = i;
        while (i < text.len && text.data[i] >= '0' && text.data[i] <= '9') {
            i++;
        }
        int64_t number = 0, part = 0;
        bool good = i > start && i < text.len &&
                    str_to_i64(str_make(text.data + start, i - start), &number);
        size_t unit = 0;
        while (good && unit < 4 &&
               (lower(text.data[i]) != lower(units[unit].letter) || time != units[unit].time)) {
            unit++;
        }
        if (!good || unit == 4 || __builtin_mul_overflow(number, units[unit].ms, &part) ||
            __builtin_add_overflow(*ms, part, ms)) {
            return false;
        }
        i++;
    }
    return true;
}

static struct str read_duration(struct str text, struct arena *arena) {
    int64_t ms = 0;
    if (is_number(text)) {
        return arena_printf(arena, "%.*sms", STR_ARG(text));
    }
    return read_iso(text, &ms) ? arena_printf(arena, "%lldms", (long long)ms) : text;
}

struct str config_client_coerce(const struct setting *setting, struct str text,
                                struct arena *arena) {
    switch (setting->type) {
    case SETTING_BOOL: return read_bool(str_trim(text));
    case SETTING_CHOICE: return read_choice(setting->choices, str_trim(text));
    case SETTING_BYTES: return read_bytes(str_trim(text), arena);
    case SETTING_DURATION: return read_duration(str_trim(text), arena);
    case SETTING_INTEGER:
    case SETTING_ADDRESS: return str_trim(text);
    case SETTING_STRING:
    case SETTING_LIST:
    case SETTING_TREE: break;
    }
    return text;
}
