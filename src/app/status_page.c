// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /status: where every event stands between accepted and stored.
#include "app/replays.h"
#include "app/view.h"
#include "base/json_write.h"
#include "base/log.h"
#include "http/problem.h"
#include "http/query.h"

static void write_replay(struct app_service *service, struct json_writer *writer) {
    struct replay_record record;
    json_key(writer, STR("replay"));
    if (app_replays_current(service->replays, &record)) {
        replay_record_write(writer, &record);
    } else {
        json_null(writer);
    }
}

// The last members of what was written. Without the store there is none, and the rest is worth seeing all the same.
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
    write_replay(service, writer);
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

static const struct http_route routes[] = {
    {HTTP_GET_, "/status", AUTH_ACCESS_ADMIN, true, handle_status},
};

struct http_route_table app_status_routes(struct app_service *service) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], service};
}
