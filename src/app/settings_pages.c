// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall settings: the table of settings as a page (docs/configuration.md) or as a JSON Schema (docs/configuration.schema.json).
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "base/json_write.h"

#define PAGE_MAX ((size_t)1024 * 1024)
#define PREFIX_MAX 120

static const char intro[] =
    "<!--\n"
    "SPDX-FileCopyrightText: 2026 The Footfall authors\n"
    "SPDX-License-Identifier: Apache-2.0\n"
    "\n"
    "Made by `footfall settings --format markdown` from the table of settings. Change that.\n"
    "-->\n"
    "# Configuration\n"
    "\n"
    "A setting is a flag (`--kafka.brokers VALUE`), a variable of the environment (`FOOTFALL_KAFKA_BROKERS`), a property of a config\n"
    "server, or a key in the YAML file that `--config FILE` names; the strongest of them is named first, and the default is the weakest.\n"
    "Nested keys and keys with dots mean the same. Keys with `[]` are those of the entries of a list, which only the file and a config\n"
    "server can hold; the strongest source that has the list counts with all of it. A value `@PATH` of a secret is what stands in that file.\n"
    "\n"
    "`footfall check-config [ROLE]` prints what counts and where it comes from, and the defaults of a role; an unknown key or a wrong value\n"
    "is an error that names its place. [Operating](operating.md#central-configuration-clients) says how settings change while Footfall runs:\n"
    "those marked *live* then, others at the next start. [configuration.schema.json](configuration.schema.json) lets editors check the file.\n"
    "\n"
    "Sizes are bytes: `512`, `64KiB`, `10MiB`, `2GiB`, `1TiB`. Durations are `500ms`, `30s`, `15m`, `24h`, `7d`. Numbers have the unit that\n"
    "their text says.\n";

static const char *type_name(const struct setting *setting) {
    static const char *const names[] = {
        [SETTING_STRING] = "text", [SETTING_BOOL] = "true or false", [SETTING_INTEGER] = "number",
        [SETTING_BYTES] = "size",  [SETTING_DURATION] = "duration",  [SETTING_CHOICE] = "one of",
        [SETTING_LIST] = "list",   [SETTING_ADDRESS] = "HOST:PORT",  [SETTING_TREE] = "keys",
    };
    return names[setting->type];
}

// --- A page --------------------------------------------------------------------------------------------------------------
// A bar ends a cell, and a backslash or what looks like a tag is not what it seems.
static void put_cell(struct buffer *page, const char *text, bool code) {
    for (const char *c = text; *c; c++) {
        if (*c == '|' || (!code && (*c == '*' || *c == '_' || *c == '<'))) {
            buffer_append_char(page, '\\');
        }
        buffer_append_char(page, *c);
    }
}

static void put_row(struct buffer *page, const struct setting *setting) {
    buffer_printf(page, "| `%s`%s | %s", setting->key,
                  setting_is_secret(setting) ? " (secret)" : "", type_name(setting));
    if (setting->type == SETTING_CHOICE) {
        struct str rest = str_from_c(setting->choices);
        for (bool first = true; rest.data; first = false) {
            struct str choice = str_cut(&rest, '|');
            buffer_printf(page, "%s `%.*s`", first ? "" : ",", STR_ARG(choice));
        }
    }
    buffer_append_str(page, STR(" | "));
    if (setting->fallback[0]) {
        buffer_append_char(page, '`');
        put_cell(page, setting->fallback, true);
        buffer_append_char(page, '`');
    }
    buffer_append_str(page,
                      setting->traits & SETTING_LIVE ? STR(" | live | ") : STR(" | restart | "));
    put_cell(page, setting->help, false);
    buffer_append_str(page, STR(" |\n"));
}

// "limits" of "limits.key", "rules" of "rules[].name"; of a key alone "".
static struct str group_of(const struct setting *setting) {
    size_t len = strcspn(setting->key, ".[");
    return setting->key[len] ? str_make(setting->key, len) : STR("");
}

// The first of its group.
static bool begins_group(const struct setting *table, size_t i) {
    for (size_t j = 0; j < i; j++) {
        if (str_equal(group_of(&table[j]), group_of(&table[i]))) {
            return false;
        }
    }
    return true;
}

static void put_page(struct buffer *page) {
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    buffer_append_str(page, str_from_c(intro));
    for (size_t i = 0; i < count; i++) {
        struct str group = group_of(&table[i]);
        if (!begins_group(table, i)) {
            continue;
        }
        buffer_printf(page,
                      "\n## %.*s\n\n| key | type | default | effect | |\n|---|---|---|---|---|\n",
                      STR_ARG(group.len > 0 ? group : STR("The whole")));
        for (size_t j = i; j < count; j++) {
            if (str_equal(group_of(&table[j]), group)) {
                put_row(page, &table[j]);
            }
        }
    }
}

// --- A schema ------------------------------------------------------------------------------------------------------------
static void write_pattern(struct json_writer *writer, const char *pattern) {
    json_key(writer, STR("type"));
    json_begin_array(writer);
    json_string(writer, STR("string"));
    json_string(writer, STR("integer"));
    json_end_array(writer);
    json_member_string(writer, STR("pattern"), str_from_c(pattern));
}

// YAML reads 1.2 and false as no texts.
static void write_choices(struct json_writer *writer, const char *choices) {
    struct str rest = str_from_c(choices);
    json_key(writer, STR("enum"));
    json_begin_array(writer);
    while (rest.data) {
        struct str choice = str_cut(&rest, '|');
        bool off = str_equal(choice, STR("off")); // in YAML 1.1
        bool plain = str_equal(choice, STR("true")) || str_equal(choice, STR("false")) ||
                     (choice.len > 0 && choice.data[0] >= '0' && choice.data[0] <= '9');
        json_string(writer, choice);
        if (plain || off) {
            json_raw(writer, off ? STR("false") : choice);
        }
    }
    json_end_array(writer);
}

static void write_types(struct json_writer *writer, const char *const *types) {
    json_key(writer, STR("type"));
    json_begin_array(writer);
    for (; *types; types++) {
        json_string(writer, str_from_c(*types));
    }
    json_end_array(writer);
}

static void write_type(struct json_writer *writer, const struct setting *setting) {
    static const char *const scalar[] = {"string", "number", "boolean", NULL};
    static const char *const list[] = {"array", "string", "number", NULL};
    static const char *const tree[] = {"object", "array", "string", "number", "boolean", NULL};
    switch (setting->type) {
    case SETTING_BOOL: json_member_string(writer, STR("type"), STR("boolean")); break;
    case SETTING_INTEGER:
        json_member_string(writer, STR("type"), STR("integer"));
        if (setting->min != 0 || setting->max != 0) {
            json_member_i64(writer, STR("minimum"), setting->min);
            json_member_i64(writer, STR("maximum"), setting->max);
        }
        break;
    case SETTING_BYTES: write_pattern(writer, "^[0-9]+(KiB|MiB|GiB|TiB)?$"); break;
    case SETTING_DURATION: write_pattern(writer, "^[0-9]+(ms|s|m|h|d)$"); break;
    case SETTING_CHOICE: write_choices(writer, setting->choices); break;
    case SETTING_LIST: write_types(writer, list); break;
    case SETTING_ADDRESS: json_member_string(writer, STR("type"), STR("string")); break;
    case SETTING_TREE: write_types(writer, tree); break;
    case SETTING_STRING: write_types(writer, scalar); break;
    }
}

static void write_setting(struct json_writer *writer, const struct setting *setting) {
    json_begin_object(writer);
    write_type(writer, setting);
    json_member_string(writer, STR("description"), str_from_c(setting->help));
    if (setting->fallback[0]) {
        json_member_string(writer, STR("x-default"), str_from_c(setting->fallback));
    }
    json_member_string(writer, STR("x-effect"),
                       setting->traits & SETTING_LIVE ? STR("live") : STR("restart"));
    if (setting_is_secret(setting)) {
        json_member_bool(writer, STR("writeOnly"), true);
    }
    json_end_object(writer);
}

// The part of a key behind prefix up to the next dot; data NULL: it does not begin so, or an earlier key has the same part.
static struct str next_part(const struct setting *table, size_t i, struct str prefix) {
    const char *key = table[i].key;
    if (strncmp(key, prefix.data, prefix.len) != 0) {
        return STR_EMPTY;
    }
    size_t len = strcspn(key + prefix.len, ".");
    for (size_t j = 0; j < i; j++) {
        const char *other = table[j].key;
        if (strncmp(other, key, prefix.len + len) == 0 &&
            (other[prefix.len + len] == '.' || other[prefix.len + len] == '\0')) {
            return STR_EMPTY;
        }
    }
    return str_make(key + prefix.len, len);
}

// Keys with dots in them, which mean the same.
static void write_dotted(struct json_writer *writer, const struct setting *table, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!strchr(table[i].key, '.') || strchr(table[i].key, '[')) {
            continue;
        }
        char text[3 * PREFIX_MAX];
        struct buffer path;
        struct str rest = str_from_c(table[i].key);
        buffer_init_fixed(&path, text, sizeof text);
        buffer_append_char(&path, '#');
        while (rest.data) {
            buffer_append_str(&path, STR("/properties/"));
            buffer_append_str(&path, str_cut(&rest, '.'));
        }
        json_key(writer, str_from_c(table[i].key));
        json_begin_object(writer);
        json_member_string(writer, STR("$ref"), buffer_str(&path));
        json_end_object(writer);
    }
}

// The keys below prefix, which is "" or ends with a dot; as deep as keys have dots.
static void write_group(struct json_writer *writer, struct str prefix) {
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    json_member_string(writer, STR("type"), STR("object"));
    json_member_bool(writer, STR("additionalProperties"), false);
    json_key(writer, STR("properties"));
    json_begin_object(writer);
    for (size_t i = 0; i < count; i++) {
        char longer[PREFIX_MAX];
        struct str part = next_part(table, i, prefix);
        bool list = part.len > 2 && part.data[part.len - 1] == ']';
        if (!part.data || part.len == 0) {
            continue;
        }
        json_key(writer, list ? str_make(part.data, part.len - 2) : part);
        if (table[i].key[prefix.len + part.len] == '\0') {
            write_setting(writer, &table[i]);
            continue;
        }
        int len = snprintf(longer, sizeof longer, "%.*s%.*s.", STR_ARG(prefix), STR_ARG(part));
        json_begin_object(writer);
        if (list) {
            json_member_string(writer, STR("type"), STR("array"));
            json_key(writer, STR("items"));
            json_begin_object(writer);
        }
        write_group(writer, str_make(longer, (size_t)len));
        if (list) {
            json_end_object(writer);
        }
        json_end_object(writer);
    }
    if (prefix.len == 0) {
        write_dotted(writer, table, count);
    }
    json_end_object(writer);
}

// One member a line.
static void indent(struct str json, struct buffer *page) {
    size_t depth = 0;
    bool text = false;
    for (size_t i = 0; i < json.len; i++) {
        char c = json.data[i];
        bool escaped = text && c == '\\';
        text = c == '"' ? !text : text;
        bool opens = !text && (c == '{' || c == '['), closes = !text && (c == '}' || c == ']');
        depth += opens ? 1U : 0U;
        depth -= closes ? 1U : 0U;
        if (closes) {
            buffer_printf(page, "\n%*s", (int)depth * 2, "");
        }
        buffer_append_char(page, c);
        if (escaped) {
            buffer_append_char(page, json.data[++i]);
        } else if (opens || (!text && c == ',')) {
            buffer_printf(page, "\n%*s", (int)depth * 2, "");
        } else if (!text && c == ':') {
            buffer_append_char(page, ' ');
        }
    }
    buffer_append_char(page, '\n');
}

static enum status put_schema(struct buffer *page) {
    struct json_writer writer;
    struct buffer json;
    buffer_init(&json, PAGE_MAX);
    json_writer_init(&writer, &json);
    json_begin_object(&writer);
    json_member_string(&writer, STR("$schema"),
                       STR("https://json-schema.org/draft/2020-12/schema"));
    json_member_string(&writer, STR("title"), STR("footfall.yaml"));
    json_member_string(&writer, STR("description"),
                       STR("Made by footfall settings --format json-schema from the table of "
                           "settings. x-effect says when a change takes effect."));
    write_group(&writer, STR(""));
    json_end_object(&writer);
    enum status status = json_writer_status(&writer);
    if (status == STATUS_OK) {
        indent(buffer_str(&json), page);
    }
    buffer_free(&json);
    return status;
}

int app_settings_command(int argc, char *const *argv) {
    struct error err = {STATUS_OK, ""};
    const char *format = argc == 0 ? "markdown" : argc == 2 ? argv[1] : "";
    bool schema = strcmp(format, "json-schema") == 0;
    if ((argc > 0 && strcmp(argv[0], "--format") != 0) ||
        (!schema && strcmp(format, "markdown") != 0)) {
        (void)error_set(&err, STATUS_INVALID, "the formats are markdown and json-schema");
        return app_complain(APP_USAGE, &err);
    }
    struct buffer page;
    buffer_init(&page, PAGE_MAX);
    enum status status = STATUS_OK;
    if (schema) {
        status = put_schema(&page);
    } else {
        put_page(&page);
    }
    status = status == STATUS_OK ? buffer_status(&page) : status;
    if (status == STATUS_OK && fwrite(page.data, 1, page.len, stdout) != page.len) {
        status = STATUS_IO;
    }
    buffer_free(&page);
    if (status != STATUS_OK) {
        (void)error_set(&err, status, "the settings: %s", status_text(status));
        return app_complain(APP_FAILED, &err);
    }
    return APP_OK;
}
