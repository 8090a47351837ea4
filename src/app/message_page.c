// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /status/messages/{id}: where one message is.
#include "app/dead_letters.h"
#include "app/message_trail.h"
#include "auth/scope.h"
#include "base/json_write.h"
#include "http/problem.h"
#include "http/query.h"

enum { ASKED_PROJECT, ASKED_USER, ASKED_ANONYMOUS, ASKED };

static struct str state_name(enum message_state state) {
    switch (state) {
#define X(symbol, name, meaning)                                                                   \
    case MESSAGE_##symbol: return STR(name);
        MESSAGE_STATE_LIST(X)
#undef X
    }
    return STR("unknown");
}

static void write_place(struct json_writer *writer, const struct message_trail *trail) {
    if (trail->has_partition) {
        json_member_u64(writer, STR("partition"), trail->partition);
    }
    if (trail->has_offset) {
        json_member_i64(writer, STR("offset"), trail->offset);
    }
}

static void write_id(struct json_writer *writer, struct str name, struct str id) {
    if (id.len > 0) {
        json_member_string(writer, name, id);
    }
}

static void write_event(struct json_writer *writer, const struct event *event) {
    json_key(writer, STR("event"));
    json_begin_object(writer);
    write_id(writer, STR("userId"), event->user_id);
    write_id(writer, STR("anonymousId"), event->anonymous_id);
    json_member_string(writer, STR("type"), event_type_name(event->type));
    write_id(writer, STR("name"), event->name);
    json_member_time(writer, STR("timestamp"), event->timestamp_ms);
    json_member_time(writer, STR("receivedAt"), event->received_ms);
    json_end_object(writer);
}

static void write_letter(struct json_writer *writer, const struct store_dead_letter *letter) {
    char id[DEAD_LETTER_ID_MAX];
    dead_letter_id_write(letter, id);
    json_key(writer, STR("deadLetter"));
    json_begin_object(writer);
    json_member_string(writer, STR("id"), str_from_c(id));
    json_member_string(writer, STR("stage"), letter->stage);
    json_member_string(writer, STR("reason"), letter->reason);
    json_end_object(writer);
}

static void reply(struct http_exchange *exchange, const struct message_question *question,
                  const struct message_trail *trail) {
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_object(&writer);
    json_member_string(&writer, STR("messageId"), question->id);
    json_member_string(&writer, STR("project"), question->project);
    json_member_string(&writer, STR("state"), state_name(trail->state));
    json_member_string(&writer, STR("detail"), trail->detail);
    write_place(&writer, trail);
    if (trail->has_event) {
        write_event(&writer, &trail->event);
    }
    if (trail->has_letter) {
        write_letter(&writer, &trail->letter);
    }
    json_end_object(&writer);
    http_reply_send(exchange, 200, "application/json");
}

static bool is_id(struct str id, size_t most) {
    return id.len > 0 && id.len <= most && str_is_utf8(id) && !memchr(id.data, '\0', id.len);
}

static bool check(struct http_exchange *exchange, struct str id, const struct str *values) {
    if (!is_id(id, EVENT_ID_MAX)) {
        http_reply_problemf(exchange, 400, "messageId: 1 to %d bytes of text are needed.",
                            EVENT_ID_MAX);
        return false;
    }
    for (size_t i = ASKED_USER; i < ASKED; i++) {
        if (values[i].data && !is_id(values[i], EVENT_ACTOR_MAX)) {
            http_reply_problemf(exchange, 400, "%s: 1 to %d bytes of text are needed.",
                                i == ASKED_USER ? "userId" : "anonymousId", EVENT_ACTOR_MAX);
            return false;
        }
    }
    return true;
}

static void handle_message(struct http_exchange *exchange, void *context) {
    static const char *const names[] = {"project", "userId", "anonymousId"};
    struct app_service *service = context;
    struct str values[ASKED];
    struct message_trail trail;
    struct message_question question = {.service = service, .arena = &exchange->arena};
    question.id = exchange->parameters[0];
    if (!http_query_read(exchange, names, values, ASKED) ||
        !auth_scope_project(exchange, service->keyring, values[ASKED_PROJECT], &question.project) ||
        !check(exchange, question.id, values)) {
        return;
    }
    question.user_id = values[ASKED_USER];
    question.anonymous_id = values[ASKED_ANONYMOUS];
    enum status status = message_trail_find(&question, &trail);
    if (status != STATUS_OK) {
        http_reply_problemf(exchange, 503, "It cannot be looked for: %s.", status_text(status));
        return;
    }
    reply(exchange, &question, &trail);
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/status/messages/:id", AUTH_ACCESS_ADMIN, true, handle_message},
};

struct http_route_table app_message_routes(struct app_service *service) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], service};
}
