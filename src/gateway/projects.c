// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Administration of projects.
#include "base/json_write.h"
#include "base/timezone.h"
#include "gateway/private.h"
#include "http/problem.h"
#include "http/query.h"

const struct json_value *gateway_read_object(struct http_exchange *exchange, unsigned most) {
    const struct json_limits limits = {.depth = 2, .values = most, .bytes = 16 * 1024};
    struct json_parser *parser = NULL;
    const struct json_value *root = NULL;
    struct error err = {STATUS_NO_MEMORY, "out of memory"};
    enum status status = json_parser_make(&parser);
    if (status == STATUS_OK) {
        status = json_parse(parser, exchange->request.body, &limits, &exchange->arena, &root, &err);
    }
    json_parser_free(parser);
    if (status != STATUS_OK) {
        http_reply_problem(exchange, status == STATUS_NO_MEMORY ? 503 : 400, str_from_c(err.text));
        return NULL;
    }
    if (root->type != JSON_OBJECT) {
        http_reply_problem(exchange, 400, STR("The body must be a JSON object."));
        return NULL;
    }
    return root;
}

bool gateway_read_strings(struct http_exchange *exchange, const char *const *names,
                          struct str *values, size_t count) {
    const struct json_value *root = gateway_read_object(exchange, 64);
    if (!root) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = STR_EMPTY;
    }
    for (const struct json_value *member = root->child; member; member = member->next) {
        size_t at = 0;
        while (at < count && !str_equal(member->key, str_from_c(names[at]))) {
            at++;
        }
        if (at == count || !json_is_string(member)) {
            http_reply_problemf(exchange, 400, "\"%.*s\": %s.", STR_ARG(member->key),
                                at == count ? "unknown member" : "must be a string");
            return false;
        }
        if (member->text.len > 200 || memchr(member->text.data, '\0', member->text.len)) {
            http_reply_problemf(exchange, 400,
                                "\"%.*s\": at most 200 bytes and no NUL are allowed.",
                                STR_ARG(member->key));
            return false;
        }
        values[at] = member->text;
    }
    return true;
}

static void write_project(struct json_writer *writer, const struct store_project *project) {
    json_begin_object(writer);
    json_member_string(writer, STR("id"), project->id);
    json_member_string(writer, STR("name"), project->name);
    json_member_string(writer, STR("timeZone"), project->time_zone);
    json_member_time(writer, STR("createdAt"), project->created_ms);
    json_end_object(writer);
}

void gateway_projects_list(struct http_exchange *exchange, void *context) {
    const struct gateway_admin *admin = context;
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return;
    }
    struct store_project *projects = NULL;
    size_t count = 0;
    if (store_projects(admin->store, &exchange->arena, &projects, &count) != STATUS_OK) {
        http_reply_problem(exchange, 503, STR("The store cannot be read."));
        return;
    }
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_list(&writer);
    const struct auth_principal *principal = exchange->principal;
    for (size_t i = 0; i < count; i++) {
        if (!principal->project[0] || str_equal(str_from_c(principal->project), projects[i].id)) {
            write_project(&writer, &projects[i]);
        }
    }
    json_end_list(&writer, STR_EMPTY);
    http_reply_send(exchange, 200, "application/json");
}

static bool is_project_id(struct str id) {
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) {
            return false;
        }
    }
    return id.len >= 1 && id.len <= AUTH_PROJECT_MAX;
}

void gateway_projects_create(struct http_exchange *exchange, void *context) {
    const struct gateway_admin *admin = context;
    static const char *const names[] = {"id", "name", "timeZone"};
    struct str values[3];
    if (!http_query_read(exchange, NULL, NULL, 0) ||
        !gateway_read_strings(exchange, names, values, 3)) {
        return;
    }
    exchange->subject = values[0];
    const struct auth_principal *principal = exchange->principal;
    if (principal->project[0]) {
        http_reply_problem(exchange, 403, STR("A key of one project cannot make another."));
        return;
    }
    if (!is_project_id(values[0])) {
        http_reply_problem(exchange, 400,
                           STR("\"id\": 1 to 64 of a-z, 0-9, '-' and '_' are needed."));
        return;
    }
    struct store_project project = {.id = values[0],
                                    .name = values[1].data ? values[1] : values[0],
                                    .time_zone = values[2].data ? values[2] : STR("UTC"),
                                    .created_ms = admin->clock->wall_ms(admin->clock)};
    struct error err = {STATUS_OK, ""};
    struct timezone_rules *rules = NULL;
    if (timezone_load(project.time_zone, &rules, &err) != STATUS_OK) {
        http_reply_problem(exchange, 400, str_from_c(err.text));
        return;
    }
    timezone_free(rules);
    enum status status = store_project_put(admin->store, &project);
    if (status == STATUS_OK || status == STATUS_EXISTS) {
        enum status added = auth_keyring_add_project(admin->keyring, project.id);
        if (added != STATUS_OK && added != STATUS_EXISTS) {
            status = added;
        }
    }
    if (status == STATUS_EXISTS) {
        http_reply_problem(exchange, 409, STR("A project with this id exists already."));
        return;
    }
    if (status != STATUS_OK) {
        http_reply_problem(exchange, 503, STR("The project could not be stored."));
        return;
    }
    exchange->project = project.id;
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    write_project(&writer, &project);
    http_reply_send(exchange, 201, "application/json");
}
