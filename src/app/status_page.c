// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /status: where every event stands between accepted and stored; GET /dead-letters: what could not be processed.
#include "app/view.h"
#include "auth/scope.h"
#include "base/json_write.h"
#include "base/log.h"
#include "http/problem.h"
#include "http/query.h"

// The last member of what was written. Without the store there is none, and the rest is worth seeing all the same.
static void write_usage(struct app_service *service, struct http_exchange *exchange,
                        struct json_writer *writer) {
    struct buffer *body = http_reply_body(exchange);
    if (json_writer_status(writer) != STATUS_OK) {
        return;
    }
    body->len--; // the brace
    writer->comma = true;
    if (gateway_quotas_write(service->quotas, &exchange->arena, writer) != STATUS_OK) {
        LOG_DEBUG("app", "what projects used cannot be shown");
    }
    json_end_object(writer);
}

static void handle_status(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return;
    }
    struct app_view view;
    struct app_view *processes = NULL;
    size_t count = 0;
    if (service->role == APP_ROLE_RUN) {
        app_view_look(service, false, &exchange->arena, &view);
    } else if (app_view_collect(service, &exchange->arena, &view, &processes, &count) !=
               STATUS_OK) {
        http_reply_problem(exchange, 503, STR("Out of memory."));
        return;
    }
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    app_view_write(&writer, &view, processes, count);
    write_usage(service, exchange, &writer);
    http_reply_send(exchange, 200, "application/json");
}

static void write_dead_letter(struct json_writer *writer, const struct store_dead_letter *letter) {
    json_begin_object(writer);
    json_member_u64(writer, STR("partition"), letter->partition);
    json_member_i64(writer, STR("offset"), letter->offset);
    json_member_time(writer, STR("receivedAt"), letter->received_ms);
    json_member_string(writer, STR("stage"), letter->stage);
    json_member_string(writer, STR("reason"), letter->reason);
    if (str_is_utf8(letter->record)) {
        json_member_string(writer, STR("record"), letter->record);
    } else {
        json_key(writer, STR("record"));
        json_null(writer);
    }
    json_end_object(writer);
}

static void handle_dead_letters(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    static const char *const names[] = {"project", "limit"};
    struct str values[2];
    if (!http_query_read(exchange, names, values, 2)) {
        return;
    }
    uint64_t limit = 50;
    if (values[1].data && (!str_to_u64(values[1], &limit) || limit < 1 || limit > 1000)) {
        http_reply_problem(exchange, 400, STR("limit: a whole number from 1 to 1000 is needed."));
        return;
    }
    const struct auth_principal *principal = exchange->principal;
    // Without a project: what an admin of all of them sees is not bound to one.
    struct str project = values[0];
    if ((project.data || principal->project[0]) &&
        !auth_scope_project(exchange, service->keyring, values[0], &project)) {
        return;
    }
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    if (store_dead_letters(service->store, project, (unsigned)limit, &exchange->arena, &letters,
                           &count) != STATUS_OK) {
        http_reply_problem(exchange, 503, STR("The store cannot be read."));
        return;
    }
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_list(&writer);
    for (size_t i = 0; i < count; i++) {
        write_dead_letter(&writer, &letters[i]);
    }
    json_end_list(&writer, STR_EMPTY);
    http_reply_send(exchange, 200, "application/json");
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/status", AUTH_ACCESS_ADMIN, true, handle_status},
    {HTTP_GET_, "/dead-letters", AUTH_ACCESS_ADMIN, true, handle_dead_letters},
};

struct http_route_table app_status_routes(struct app_service *service) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], service};
}
