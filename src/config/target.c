// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a GET is for, by its path: Spring tells them apart by patterns, we by the number of segments and how the last one ends.
#include "base/check.h"
#include "config/server.h"
#include "http/query.h"

#define SEGMENTS_MAX 32
#define PARAMETERS_MAX 16

// NAME-PROFILES.yml, cut at the last hyphen. *ends: it has such an end at least.
static bool read_flat(struct str segment, struct config_target *out, bool *ends) {
    static const struct {
        struct str end;
        enum config_form form;
    } forms[] = {{STR_INIT(".yml"), CONFIG_FORM_YAML},
                 {STR_INIT(".yaml"), CONFIG_FORM_YAML},
                 {STR_INIT(".json"), CONFIG_FORM_JSON},
                 {STR_INIT(".properties"), CONFIG_FORM_PROPERTIES}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct str end = forms[i].end;
        if (segment.len <= end.len ||
            !str_equal(str_make(segment.data + segment.len - end.len, end.len), end)) {
            continue;
        }
        *ends = true;
        struct str stem = str_make(segment.data, segment.len - end.len);
        const char *hyphen = memrchr(stem.data, '-', stem.len);
        if (!hyphen || hyphen == stem.data || hyphen + 1 == stem.data + stem.len) {
            return false;
        }
        out->kind = CONFIG_TARGET_FLAT;
        out->form = forms[i].form;
        out->name = str_make(stem.data, (size_t)(hyphen - stem.data));
        out->profiles = str_make(hyphen + 1, stem.len - out->name.len - 1);
        return true;
    }
    return false;
}

// *count 0: too many.
static enum status read_segments(struct arena *arena, struct str path, struct str *out,
                                 size_t *count) {
    struct str rest = str_make(path.data + 1, path.len - 1);
    *count = 0;
    while (rest.data) {
        struct str one = str_cut(&rest, '/');
        if (*count == SEGMENTS_MAX) {
            *count = 0;
            return STATUS_NOT_FOUND;
        }
        enum status status = http_percent_decode(arena, one, &out[*count]);
        if (status != STATUS_OK) {
            return status;
        }
        if (out[*count].len == 0) {
            return STATUS_NOT_FOUND;
        }
        (*count)++;
    }
    return STATUS_OK;
}

// Segments put together again; a slash that was escaped must not become one.
static enum status read_path(struct arena *arena, const struct str *segments, size_t count,
                             struct str *out) {
    *out = STR("");
    for (size_t i = 0; i < count; i++) {
        struct str one = segments[i];
        if (memchr(one.data, '/', one.len) || memchr(one.data, '\\', one.len) ||
            memchr(one.data, '\0', one.len) || one.data[0] == '.' || !str_is_utf8(one)) {
            return STATUS_NOT_FOUND; // what begins with a dot is hidden: .git, .., .
        }
        *out = arena_printf(arena, "%.*s%s%.*s", STR_ARG(*out), i > 0 ? "/" : "", STR_ARG(one));
        if (!out->data) {
            return STATUS_NO_MEMORY;
        }
    }
    return STATUS_OK;
}

static bool accepts(const struct http_exchange *exchange, struct str type) {
    return str_contains_ignore_case(http_request_header(exchange, STR("Accept")), type);
}

static enum status read_query(const struct http_exchange *exchange, struct arena *arena,
                              struct config_target *out, bool *default_label) {
    struct http_parameter parameters[PARAMETERS_MAX];
    size_t count = 0;
    out->resolve = true;
    if (exchange->request.query.len == 0) {
        return STATUS_OK;
    }
    enum status status =
        http_query_parse(arena, exchange->request.query, parameters, PARAMETERS_MAX, &count);
    if (status != STATUS_OK) {
        return status == STATUS_TOO_LARGE ? STATUS_INVALID : status;
    }
    for (size_t i = 0; i < count; i++) {
        struct str value = parameters[i].value;
        if (str_equal(parameters[i].name, STR("useDefaultLabel"))) {
            *default_label = true;
        } else if (str_equal(parameters[i].name, STR("resolvePlaceholders"))) {
            out->resolve = str_equal(value, STR("true"));
            if (!out->resolve && !str_equal(value, STR("false"))) {
                return STATUS_INVALID;
            }
        }
    }
    return STATUS_OK;
}

enum status config_target_read(const struct http_exchange *exchange, struct arena *arena,
                               struct config_target *out) {
    struct str s[SEGMENTS_MAX];
    size_t count = 0;
    bool default_label = false;
    *out = (struct config_target){.kind = CONFIG_TARGET_ENVIRONMENT};
    CHECK(exchange->request.path.len > 0);
    enum status status = read_query(exchange, arena, out, &default_label);
    status = status == STATUS_OK ? read_segments(arena, exchange->request.path, s, &count) : status;
    if (status != STATUS_OK) {
        return status;
    }
    out->origins = accepts(exchange, STR("application/vnd.spring-cloud.config-server.v2+json"));
    out->binary = accepts(exchange, STR("application/octet-stream"));
    bool ends = false;
    if (count <= 2 && count > 0) {
        out->label = count == 2 ? s[0] : STR_EMPTY;
        if (read_flat(s[count - 1], out, &ends)) {
            return STATUS_OK;
        }
        out->label = STR_EMPTY;
    }
    if (count <= 1 || ends) {
        return STATUS_NOT_FOUND;
    }
    out->name = s[0];
    out->profiles = s[1];
    if (count >= 3 && !(count == 3 && default_label)) {
        out->label = s[2];
    }
    if (count == 3 && default_label) {
        out->kind = CONFIG_TARGET_RESOURCE;
        return read_path(arena, s + 2, 1, &out->path);
    }
    if (count > 3) {
        out->kind = CONFIG_TARGET_RESOURCE;
        return read_path(arena, s + 3, count - 3, &out->path);
    }
    return STATUS_OK;
}
