// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A server's reply: property sources, the strongest first, as one list of properties.
#include "base/json_read.h"
#include "config_client/config_client.h"

#define PROPERTIES_MOST 16384

// "https://…/config/application-prod.yml (document #1)": the file's name begins with "application". Overrides are for all, too.
static bool is_shared(struct str name) {
    size_t start = 0;
    for (size_t i = 0; i < name.len && name.data[i] != '('; i++) {
        if (name.data[i] == '/' || name.data[i] == ':') {
            start = i + 1;
        }
    }
    return str_equal(name, STR("overrides")) ||
           str_starts_with(str_make(name.data + start, name.len - start), STR("application"));
}

// With Spring's second format a value is {"value": …, "origin": …}.
static bool read_value(const struct json_value *value, struct config_client_property *out) {
    if (value->type == JSON_OBJECT) {
        value = json_get(value, STR("value"));
    }
    if (!value || value->type == JSON_OBJECT || value->type == JSON_ARRAY) {
        return false;
    }
    out->plain = value->type != JSON_STRING && value->type != JSON_NULL;
    out->text = out->plain ? value->raw : STR("");
    if (value->type == JSON_STRING && value->text.len > 0) {
        out->text = value->text;
    }
    return true;
}

static enum status read_source(const struct json_value *source, struct config_client_reply *out,
                               struct error *err) {
    struct str name = json_get_string(source, STR("name"));
    const struct json_value *values = json_get(source, STR("source"));
    if (!name.data || !values || values->type != JSON_OBJECT) {
        return error_set(err, STATUS_INVALID, "a property source has no name or no properties");
    }
    bool shared = is_shared(name);
    for (const struct json_value *value = values->child; value; value = value->next) {
        if (out->count == PROPERTIES_MOST) {
            return error_set(err, STATUS_INVALID, "more than %d properties", PROPERTIES_MOST);
        }
        struct config_client_property *property = &out->properties[out->count];
        *property =
            (struct config_client_property){.key = value->key, .source = name, .shared = shared};
        property->hidden = !read_value(value, property);
        out->count++;
    }
    return STATUS_OK;
}

enum status config_client_read_reply(struct str json, struct arena *arena,
                                     struct config_client_reply *out, struct error *err) {
    static const struct json_limits limits = {.depth = 6, .values = 4 * PROPERTIES_MOST};
    struct json_parser *parser = NULL;
    const struct json_value *root = NULL;
    *out = (struct config_client_reply){.version = STR_EMPTY};
    struct error reason = {STATUS_OK, ""};
    enum status status = json_parser_make(&parser);
    if (status == STATUS_OK) {
        status = json_parse(parser, json, &limits, arena, &root, &reason);
    }
    json_parser_free(parser);
    if (status == STATUS_NO_MEMORY) {
        return error_set(err, status, "out of memory");
    }
    if (status != STATUS_OK) {
        return error_set(err, STATUS_INVALID, "its reply is no JSON: %s", reason.text);
    }
    const struct json_value *sources = json_get(root, STR("propertySources"));
    if (!sources || sources->type != JSON_ARRAY) {
        return error_set(err, STATUS_INVALID, "its reply has no propertySources");
    }
    out->version = json_get_string(root, STR("version"));
    out->properties = arena_alloc_array(arena, PROPERTIES_MOST, sizeof *out->properties);
    if (!out->properties) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    for (const struct json_value *source = sources->child; source; source = source->next) {
        status = read_source(source, out, err);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}
