// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Replies to senders. Status codes are chosen by what SDKs do next: 400 and 401 are final everywhere, 413 makes posthog-node halve
// its batch, 503 with Retry-After makes all of them come back (429 would make posthog-js drop).
#include "activity/activity_private.h"
#include "base/json_write.h"
#include "http/problem.h"

void activity_reply_refusal(struct http_exchange *exchange, unsigned status, struct str detail) {
    if (status == 401) {
        // Not Basic: browsers would ask the visitor of a page for a password.
        http_reply_header(exchange, "WWW-Authenticate", STR("Bearer realm=\"footfall\""));
    }
    http_reply_problem(exchange, status, detail);
}

void activity_reply_unkept(struct http_exchange *exchange, enum status status) {
    if (status == STATUS_TOO_LARGE) {
        http_reply_problem(exchange, 413, STR("an event is too large for the event log"));
        return;
    }
    struct str after = status == STATUS_FULL    ? STR("1")
                       : status == STATUS_QUOTA ? STR("30")
                                                : STR("5");
    http_reply_header(exchange, "Retry-After", after);
    http_reply_problemf(exchange, 503, "the events were not kept (%s); send them again later",
                        status_text(status));
}

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || c == '.';
}

// Reasons begin with the member they are about: "userId: …", "event is required".
static struct str member_of_reason(struct str reason) {
    size_t len = 0;
    while (len < reason.len && is_name_char(reason.data[len])) {
        len++;
    }
    struct str rest = str_make(reason.data + len, reason.len - len);
    bool named = str_starts_with(rest, STR(":")) || str_starts_with(rest, STR(" is required"));
    return named ? str_make(reason.data, len) : STR_EMPTY;
}

void activity_reply_rejected(struct http_exchange *exchange,
                             const struct activity_rejection *rejection) {
    struct http_problem_error error = {.pointer = STR(""), .detail = rejection->reason};
    struct str member = member_of_reason(rejection->reason);
    if (member.len > 0) {
        char *pointer = arena_alloc(&exchange->arena, member.len + 1);
        if (pointer) {
            pointer[0] = '/';
            memcpy(pointer + 1, member.data, member.len);
            for (size_t i = 1; i <= member.len; i++) {
                pointer[i] = pointer[i] == '.' ? '/' : pointer[i];
            }
            error.pointer = str_make(pointer, member.len + 1);
        }
    }
    unsigned status = rejection->status == STATUS_TOO_LARGE && member.len == 0 ? 413 : 400;
    http_reply_problem_errors(exchange, status, rejection->reason, &error, 1);
}

static void put_rejected(struct json_writer *writer, const struct activity_result *result) {
    json_key(writer, STR("rejected"));
    json_begin_array(writer);
    for (size_t i = 0; i < result->rejected_count; i++) {
        const struct activity_rejection *rejection = &result->rejected[i];
        json_begin_object(writer);
        json_member_u64(writer, STR("index"), rejection->index);
        json_member_string_or_null(writer, STR("messageId"), rejection->message_id);
        json_member_string(writer, STR("reason"), rejection->reason);
        json_end_object(writer);
    }
    json_end_array(writer);
}

void activity_render_reply(struct http_exchange *exchange, const struct activity_dialect *dialect,
                           const struct activity_result *result) {
    struct buffer *body = http_reply_body(exchange);
    struct json_writer writer;
    json_writer_init(&writer, body);
    if (dialect == &activity_dialect_plain) {
        json_begin_object(&writer);
        json_member_u64(&writer, STR("accepted"), result->count);
    } else {
        // The SDK's own answer, opened again at its end.
        buffer_append(body, dialect->accepted.data, dialect->accepted.len - 1);
        writer.comma = true;
    }
    put_rejected(&writer, result);
    json_end_object(&writer);
}
