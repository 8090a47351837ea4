// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading one value by its type, and saying what would have been right.
#include <stdio.h>

#include "base/settings_layer.h"
#include "base/utf8.h"

struct unit {
    const char *name;
    int64_t factor;
};

// Largest first; the last is what a bare number means.
static const struct unit byte_units[] = {{"TiB", INT64_C(1) << 40},
                                         {"GiB", INT64_C(1) << 30},
                                         {"MiB", INT64_C(1) << 20},
                                         {"KiB", INT64_C(1) << 10},
                                         {"", 1},
                                         {NULL, 0}};
static const struct unit time_units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000},
                                         {"s", 1000},     {"ms", 1},      {NULL, 0}};
static const struct unit no_units[] = {{"", 1}, {NULL, 0}};

static const struct unit *units_of(const struct setting *setting) {
    if (setting->type == SETTING_BYTES) {
        return byte_units;
    }
    return setting->type == SETTING_DURATION ? time_units : no_units;
}

// Digits, then one of the units; a sign is only for plain integers.
static bool read_number(const struct setting *setting, struct str text, int64_t *out) {
    size_t digits = text.len > 0 && text.data[0] == '-' ? 1 : 0;
    while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9') {
        digits++;
    }
    int64_t number;
    if (!str_to_i64(str_make(text.data, digits), &number)) {
        return false;
    }
    struct str name = str_make(text.data + digits, text.len - digits);
    for (const struct unit *unit = units_of(setting); unit->name; unit++) {
        if (str_equal(name, str_from_c(unit->name))) {
            bool bounded = setting->min != 0 || setting->max != 0;
            return !__builtin_mul_overflow(number, unit->factor, out) &&
                   (setting->type == SETTING_INTEGER || *out >= 0) &&
                   (!bounded || (*out >= setting->min && *out <= setting->max));
        }
    }
    return false;
}

// In the largest unit that leaves no remainder.
static void show_number(const struct setting *setting, int64_t number, char out[32]) {
    const struct unit *unit = units_of(setting);
    while (unit[1].name && (number % unit->factor != 0 || number == 0)) {
        unit++;
    }
    snprintf(out, 32, "%lld%s", (long long)(number / unit->factor), unit->name);
}

// "a whole number from 1 to 1024".
static void show_wanted(const struct setting *setting, char *out, size_t size) {
    static const char *const wanted[] = {
        [SETTING_STRING] = "UTF-8 text without NUL",
        [SETTING_BOOL] = "true or false",
        [SETTING_INTEGER] = "a whole number",
        [SETTING_BYTES] = "a size like 512, 64KiB or 10MiB",
        [SETTING_DURATION] = "a duration like 500ms, 30s, 15m, 24h or 7d",
        [SETTING_CHOICE] = "one of",
        [SETTING_LIST] = "a list of UTF-8 texts",
        [SETTING_ADDRESS] = "an address like 127.0.0.1:8080 or [::1]:8080",
        [SETTING_TREE] = "keys and values",
    };
    if (setting->type == SETTING_CHOICE) {
        snprintf(out, size, "one of %s", setting->choices);
    } else if (setting->min != 0 || setting->max != 0) {
        char min[32], max[32];
        show_number(setting, setting->min, min);
        show_number(setting, setting->max, max);
        snprintf(out, size, "%s%s from %s to %s", wanted[setting->type],
                 setting->type == SETTING_INTEGER ? "" : ",", min, max);
    } else {
        snprintf(out, size, "%s", wanted[setting->type]);
    }
}

static enum status refuse(const struct setting *setting, struct str text, const char *where,
                          struct error *err) {
    char shown[SETTINGS_SHOWN], wanted[200];
    show_wanted(setting, wanted, sizeof(wanted));
    if (setting_is_secret(setting)) {
        return error_set(err, STATUS_INVALID, "%s: the value (not shown: it is secret) is not %s",
                         where, wanted);
    }
    return error_set(err, STATUS_INVALID, "%s: \"%s\" is not %s", where,
                     utf8_show(text, shown, sizeof(shown)), wanted);
}

static bool is_choice(const char *choices, struct str text) {
    struct str rest = str_from_c(choices);
    while (rest.data) {
        if (str_equal(str_cut(&rest, '|'), text)) {
            return true;
        }
    }
    return false;
}

static bool is_text(struct str text) {
    return str_is_utf8(text) && (text.len == 0 || memchr(text.data, '\0', text.len) == NULL);
}

// An address may be left empty where that is the default: the listener is then off.
static bool is_address(const struct setting *setting, struct str text) {
    char host[256];
    uint16_t port;
    if (text.len == 0) {
        return !setting->fallback || setting->fallback[0] == '\0';
    }
    return settings_split_address(text, host, sizeof(host), &port, NULL) == STATUS_OK;
}

static bool is_right(const struct setting *setting, struct str text, int64_t *number) {
    switch (setting->type) {
    case SETTING_BOOL:
        *number = str_equal(text, STR("true"));
        return *number || str_equal(text, STR("false"));
    case SETTING_INTEGER:
    case SETTING_BYTES:
    case SETTING_DURATION: return read_number(setting, text, number);
    case SETTING_CHOICE: return is_choice(setting->choices, text);
    case SETTING_ADDRESS: return is_text(text) && is_address(setting, text);
    case SETTING_STRING:
    case SETTING_TREE:
    case SETTING_LIST: break;
    }
    return is_text(text);
}

static enum status no_memory(struct error *err) {
    return error_set(err, STATUS_NO_MEMORY, "out of memory while reading settings");
}

enum status settings_value_read_items(struct settings *settings, const struct setting *setting,
                                      const struct str *items, size_t count, const char *where,
                                      struct setting_value *value, struct error *err) {
    size_t len = 0;
    struct str *copies = arena_alloc_array(&settings->arena, count + 1, sizeof(*copies));
    if (!copies) {
        return no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_text(items[i])) {
            return refuse(setting, items[i], where, err);
        }
        copies[i] = arena_copy(&settings->arena, items[i]);
        if (!copies[i].data) {
            return no_memory(err);
        }
        len += copies[i].len + 2;
    }
    char *joined = arena_alloc(&settings->arena, len + 1);
    if (!joined) {
        return no_memory(err);
    }
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(joined + used, ", ", 2);
        used += i == 0 ? 0 : 2;
        memcpy(joined + used, copies[i].data, copies[i].len);
        used += copies[i].len;
    }
    joined[used] = '\0';
    value->text = str_make(joined, used);
    value->items = copies;
    value->item_count = count;
    value->set = true;
    return STATUS_OK;
}

static enum status read_commas(struct settings *settings, const struct setting *setting,
                               struct str text, const char *where, struct setting_value *value,
                               struct error *err) {
    size_t count = 0, most = 1;
    for (size_t i = 0; i < text.len; i++) {
        most += text.data[i] == ',';
    }
    struct str *items = arena_alloc_array(&settings->arena, most, sizeof(*items));
    if (!items) {
        return no_memory(err);
    }
    struct str rest = text;
    while (rest.data) {
        struct str item = str_trim(str_cut(&rest, ','));
        if (item.len > 0) {
            items[count++] = item;
        }
    }
    return settings_value_read_items(settings, setting, items, count, where, value, err);
}

enum status settings_value_read(struct settings *settings, const struct setting *setting,
                                struct str text, const char *where, struct setting_value *value,
                                struct error *err) {
    int64_t number = 0;
    if (setting_is_secret(setting) && text.len > 1 && text.data[0] == '@') {
        enum status status = settings_secret_read(settings, text, where, &text, err);
        if (status != STATUS_OK) {
            return status;
        }
        // The copy is ours to change: a list stands there a line an item.
        for (size_t i = 0; i < text.len && setting->type == SETTING_LIST; i++) {
            char *c = (char *)(uintptr_t)text.data + i;
            *c = *c == '\n' ? ',' : *c;
        }
    }
    if (!is_right(setting, text, &number)) {
        return refuse(setting, text, where, err);
    }
    if (setting->type == SETTING_LIST) {
        return read_commas(settings, setting, text, where, value, err);
    }
    value->text = arena_copy(&settings->arena, text);
    if (!value->text.data) {
        return no_memory(err);
    }
    value->number = number;
    value->set = true;
    return STATUS_OK;
}

// Whether it could name a host at all; resolving it is another's business. Brackets go with colons, and only with them.
static bool is_host(struct str name, bool bracketed) {
    bool colons = false;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c <= ' ' || c == 0x7f || c == '[' || c == ']') {
            return false;
        }
        colons = colons || c == ':';
    }
    return name.len > 0 && bracketed == colons;
}

enum status settings_split_address(struct str address, char *host, size_t host_size, uint16_t *port,
                                   struct error *err) {
    char shown[SETTINGS_SHOWN];
    struct str name = address;
    uint64_t number;
    size_t colon = address.len;
    while (colon > 0 && address.data[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0 || !str_to_u64(str_make(address.data + colon, address.len - colon), &number) ||
        number > UINT16_MAX) {
        return error_set(err, STATUS_INVALID, "\"%s\" has no port from 0 to 65535: write HOST:PORT",
                         utf8_show(address, shown, sizeof(shown)));
    }
    name.len = colon - 1;
    bool bracketed = name.len > 2 && name.data[0] == '[' && name.data[name.len - 1] == ']';
    if (bracketed) {
        name = str_make(name.data + 1, name.len - 2);
    }
    if (!is_host(name, bracketed)) {
        return error_set(err, STATUS_INVALID,
                         "\"%s\" is no address: write HOST:PORT, or [v6]:PORT for an IPv6 address",
                         utf8_show(address, shown, sizeof(shown)));
    }
    if (name.len >= host_size) {
        return error_set(err, STATUS_INVALID, "the host name in \"%s\" is too long",
                         utf8_show(address, shown, sizeof(shown)));
    }
    memcpy(host, name.data, name.len);
    host[name.len] = '\0';
    *port = (uint16_t)number;
    return STATUS_OK;
}
