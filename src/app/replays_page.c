// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The routes by which admins begin, watch, switch and cancel a replay of the log.
#include "app/replays.h"
#include "auth/keyring.h"
#include "base/json_read.h"
#include "http/problem.h"
#include "http/query.h"

#define BODY_HELP                                                                                  \
    "The body may be {\"from\":TIME or OFFSET,\"force\":true,\"switch\":\"auto\" or \"manual\"}."

// It is about the whole installation. False: a problem was sent.
static bool allowed(struct app_service *service, struct http_exchange *exchange) {
    const struct auth_principal *principal = exchange->principal;
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return false;
    }
    if (principal->project[0]) {
        http_reply_problem(exchange, 403,
                           STR("A replay is about all projects: a key for all of them is needed."));
        return false;
    }
    if (!service->replays) {
        http_reply_problem(exchange, 501, STR("This store has no generations to replay into."));
        return false;
    }
    return true;
}

static void send_record(struct http_exchange *exchange, const struct replay_record *record,
                        unsigned status) {
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    replay_record_write(&writer, record);
    http_reply_send(exchange, status, "application/json");
}

static bool read_from(const struct json_value *from, struct replay_record *asked) {
    return from->type == JSON_STRING
               ? clock_parse_rfc3339(from->text, &asked->from_ms) && asked->from_ms > 0
               : json_to_i64(from, &asked->from_offset) && asked->from_offset >= 0;
}

static bool read_members(const struct json_value *root, struct replay_record *asked) {
    bool good = root->type == JSON_OBJECT;
    for (const struct json_value *member = good ? root->child : NULL; member && good;
         member = member->next) {
        if (str_equal(member->key, STR("from"))) {
            good = member->type == JSON_NULL || read_from(member, asked);
            asked->partial = asked->partial || member->type != JSON_NULL;
        } else if (str_equal(member->key, STR("force"))) {
            good = member->type == JSON_TRUE || member->type == JSON_FALSE;
            asked->partial = asked->partial || member->type == JSON_TRUE;
        } else {
            asked->manual = json_is_string(member) && str_equal(member->text, STR("manual"));
            good =
                str_equal(member->key, STR("switch")) &&
                (asked->manual || (json_is_string(member) && str_equal(member->text, STR("auto"))));
        }
    }
    return good;
}

// False: a problem was sent.
static bool read_body(struct http_exchange *exchange, struct replay_record *asked) {
    static const struct json_limits limits = {.depth = 2, .values = 8};
    const struct json_value *root = NULL;
    struct json_parser *parser = NULL;
    struct error err = {.status = STATUS_OK};
    *asked = (struct replay_record){.manual = false};
    if (exchange->request.body.len == 0) {
        return true;
    }
    enum status status = json_parser_make(&parser);
    if (status == STATUS_OK) {
        status = json_parse(parser, exchange->request.body, &limits, &exchange->arena, &root, &err);
        json_parser_free(parser);
    }
    if (status != STATUS_OK || !read_members(root, asked)) {
        http_reply_problem(exchange, 400, STR(BODY_HELP));
        return false;
    }
    return true;
}

static void name_subject(struct http_exchange *exchange, struct str id) {
    exchange->subject = arena_copy(&exchange->arena, id);
}

static void handle_begin(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    struct replay_record asked;
    if (!allowed(service, exchange) || !read_body(exchange, &asked)) {
        return;
    }
    enum status status = app_replays_begin(service->replays, &asked);
    if (status == STATUS_EXISTS) {
        http_reply_problem(exchange, 409,
                           STR("A replay is running: wait for its end, or cancel it."));
    } else if (status == STATUS_PRECONDITION) {
        http_reply_problem(
            exchange, 409,
            STR("The log's retention has removed its oldest records: the days, sessions, timelines "
                "and first days that came of them would be lost. Say \"force\": true, or "
                "\"from\", to do it all the same."));
    } else if (status != STATUS_OK) {
        http_reply_problem(exchange, 503,
                           STR("The log or the store cannot begin a replay at present."));
    } else {
        name_subject(exchange, str_from_c(asked.id));
        send_record(exchange, &asked, 202);
    }
}

static void handle_list(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    struct replay_record records[REPLAYS_KEPT + 1];
    struct json_writer writer;
    if (!allowed(service, exchange)) {
        return;
    }
    size_t count = 0;
    if (app_replays_list(service->replays, records, &count) != STATUS_OK) {
        http_reply_problem(exchange, 503, STR("The store cannot be asked at present."));
        return;
    }
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_list(&writer);
    for (size_t i = 0; i < count; i++) {
        replay_record_write(&writer, &records[i]);
    }
    json_end_list(&writer, STR_EMPTY);
    http_reply_send(exchange, 200, "application/json");
}

// The state after something was asked of it, or why not.
static void answer(struct app_service *service, struct http_exchange *exchange, enum status status,
                   unsigned code) {
    struct replay_record record;
    if (status == STATUS_OK) {
        status = app_replays_find(service->replays, exchange->parameters[0], &record);
    }
    if (status == STATUS_OK) {
        send_record(exchange, &record, code);
    } else if (status == STATUS_NOT_FOUND) {
        http_reply_problem(exchange, 404, STR("There is no such replay."));
    } else if (status == STATUS_PRECONDITION) {
        http_reply_problem(exchange, 409, STR("It is over."));
    } else {
        http_reply_problem(exchange, 503, STR("The store cannot note it at present."));
    }
}

static void handle_look(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    if (allowed(service, exchange)) {
        answer(service, exchange, STATUS_OK, 200);
    }
}

static void handle_cancel(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    exchange->subject = exchange->parameters[0];
    if (allowed(service, exchange)) {
        answer(service, exchange, app_replays_cancel(service->replays, exchange->parameters[0]),
               202);
    }
}

static void handle_switch(struct http_exchange *exchange, void *context) {
    struct app_service *service = context;
    exchange->subject = exchange->parameters[0];
    if (allowed(service, exchange)) {
        answer(service, exchange, app_replays_switch(service->replays, exchange->parameters[0]),
               202);
    }
}

static const struct http_route routes[] = {
    {HTTP_POST_, "/replays", AUTH_ACCESS_ADMIN, true, handle_begin},
    {HTTP_GET_, "/replays", AUTH_ACCESS_ADMIN, true, handle_list},
    {HTTP_GET_, "/replays/:id", AUTH_ACCESS_ADMIN, true, handle_look},
    {HTTP_DELETE_, "/replays/:id", AUTH_ACCESS_ADMIN, true, handle_cancel},
    {HTTP_POST_, "/replays/:id/switch", AUTH_ACCESS_ADMIN, true, handle_switch},
};

struct http_route_table app_replay_routes(struct app_service *service) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], service};
}
