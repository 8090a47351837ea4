// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// POST /monitor: the webhook of GitHub, GitLab, Gitea and their like. Fetches, and says which applications that is about.
#include "base/json_read.h"
#include "config/server.h"
#include "http/query.h"

#define PATHS_MAX 256
#define NAMES_MAX 1024

struct names {
    struct arena *arena;
    struct config_map map;
    enum status status;
};

static void add_name(struct names *names, struct str name) {
    const struct config_value none = {.kind = CONFIG_TEXT};
    bool all = str_equal(name, STR("application"));
    if (names->status == STATUS_OK && name.len > 0 && names->map.count < NAMES_MAX) {
        names->status = config_map_put(&names->map, all ? STR("*") : name, none);
    }
}

// "sub/my-shop-dev.yml" may be my-shop-dev, my-shop with the profile dev, or my; "application" is everybody.
static void add_path(struct names *names, struct str path) {
    const char *slash = path.len > 0 ? memrchr(path.data, '/', path.len) : NULL;
    struct str name =
        slash ? str_make(slash + 1, path.len - (size_t)(slash + 1 - path.data)) : path;
    const char *dot = name.len > 0 ? memrchr(name.data, '.', name.len) : NULL;
    struct str stem = dot ? str_make(name.data, (size_t)(dot - name.data)) : name;
    while (stem.len > 0) {
        add_name(names, stem);
        const char *hyphen = memrchr(stem.data, '-', stem.len);
        stem.len = hyphen ? (size_t)(hyphen - stem.data) : 0;
    }
}

static void add_texts(struct names *names, const struct json_value *list) {
    if (list && list->type == JSON_STRING) {
        add_path(names, list->text);
    }
    if (list && list->type == JSON_ARRAY) {
        for (const struct json_value *item = list->child; item; item = item->next) {
            if (json_is_string(item)) {
                add_path(names, item->text);
            }
        }
    }
}

// {"commits":[{"added":[...],"removed":[...],"modified":[...]}]}, or {"path":[...]}.
static void read_json(struct names *names, const struct json_value *root, bool names_no_files) {
    const struct json_value *commits = json_get(root, STR("commits"));
    add_texts(names, json_get(root, STR("path")));
    if (!commits || commits->type != JSON_ARRAY) {
        return;
    }
    for (const struct json_value *commit = commits->child; commit; commit = commit->next) {
        add_texts(names, json_get(commit, STR("added")));
        add_texts(names, json_get(commit, STR("removed")));
        add_texts(names, json_get(commit, STR("modified")));
    }
    if (names_no_files && names->map.count == 0) {
        add_name(names, STR("application"));
    }
}

static enum status read_form(struct names *names, struct str body) {
    struct http_parameter parameters[PATHS_MAX];
    size_t count = 0;
    enum status status = http_query_parse(names->arena, body, parameters, PATHS_MAX, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (str_equal(parameters[i].name, STR("path"))) {
            add_path(names, parameters[i].value);
        }
    }
    return status;
}

static enum status read_notice(struct http_exchange *exchange, struct names *names) {
    struct str type = http_request_header(exchange, STR("Content-Type"));
    if (str_contains_ignore_case(type, STR("application/x-www-form-urlencoded"))) {
        return read_form(names, exchange->request.body);
    }
    const struct json_limits limits = {.depth = 16, .values = 100000, .allow_duplicate_keys = true};
    const struct json_value *root = NULL;
    struct json_parser *parser = NULL;
    struct error err;
    enum status status = json_parser_make(&parser);
    if (status != STATUS_OK) {
        return status;
    }
    status = json_parse(parser, exchange->request.body, &limits, names->arena, &root, &err);
    if (status == STATUS_OK) {
        // Gitea's own does not always say which files.
        read_json(names, root, http_request_header(exchange, STR("X-Gitea-Event")).data != NULL);
    }
    json_parser_free(parser);
    return status;
}

void config_handle_monitor(struct http_exchange *exchange, void *context) {
    struct config_server *server = context;
    struct names names = {.arena = &exchange->arena, .status = STATUS_OK};
    struct json_writer writer;
    if (!config_may(server, exchange)) {
        return;
    }
    config_map_init(&names.map, names.arena);
    enum status status = read_notice(exchange, &names);
    status = status == STATUS_OK ? names.status : status;
    if (status != STATUS_OK) {
        config_reply_error(server, exchange, status == STATUS_NO_MEMORY ? 503 : 400);
        return;
    }
    if (server->is_git && !config_git_fetch(server->backend)) {
        config_reply_error(server, exchange, 503); // whoever sent it sends it again
        return;
    }
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_array(&writer);
    for (size_t i = 0; i < names.map.count; i++) {
        json_string(&writer, names.map.items[i].key);
    }
    json_end_array(&writer);
    if (json_writer_status(&writer) != STATUS_OK) {
        config_reply_error(server, exchange, 400);
        return;
    }
    http_reply_send(exchange, 200, "application/json");
}
