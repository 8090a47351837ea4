// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From received bytes to the replies of exchanges, in the order of their requests.
#include "base/check.h"
#include "http/upstream_private.h"

// The first request of the connection, which gets its reply now and leaves.
static struct http_forward *pop(struct http_upstream_connection *connection) {
    struct http_forward *forward = connection->first;
    connection->first = forward->next;
    if (!connection->first) {
        connection->last = NULL;
    }
    if (connection->unsent == forward) {
        connection->unsent = forward->next;
    }
    forward->connection = NULL;
    buffer_free(&forward->pending);
    connection->count--;
    http_upstream_left(connection->address, 1);
    int64_t now_us = connection->home->loop->now_us;
    if (connection->first && connection->first->waiting_us > 0) {
        connection->first->waiting_us = now_us; // its turn begins
    }
    connection->mark_us = now_us;
    return forward;
}

// Ours, or said again by our own server.
static bool is_own(struct str name) {
    switch (name.len) {
    case 4: return str_equal_ignore_case(name, STR("Date"));
    case 10: return str_equal_ignore_case(name, STR("X-Trace-Id"));
    case 12:
        return str_equal_ignore_case(name, STR("X-Request-Id")) ||
               str_equal_ignore_case(name, STR("Content-Type"));
    case 14: return str_equal_ignore_case(name, STR("Content-Length"));
    case 25: // RFC 6797: what is said of another host, over another connection
        return str_equal_ignore_case(name, STR("Strict-Transport-Security"));
    default: return false;
    }
}

static struct str find(const struct http_response *response, struct str name) {
    for (size_t i = 0; i < response->header_count; i++) {
        if (response->headers[i].name.len == name.len &&
            str_equal_ignore_case(response->headers[i].name, name)) {
            return response->headers[i].value;
        }
    }
    return STR_EMPTY;
}

static void copy_header(struct buffer *out, const struct http_header *header) {
    buffer_append_str(out, header->name);
    buffer_append_str(out, STR(": "));
    buffer_append_str(out, header->value);
    buffer_append_str(out, STR("\r\n"));
}

static void copy_headers(struct http_exchange_private *exchange,
                         const struct http_response *response,
                         const struct http_header_edits *edits) {
    struct buffer *out = &exchange->headers;
    for (size_t i = 0; i < response->header_count; i++) {
        const struct http_header *header = &response->headers[i];
        if (is_own(header->name) || http_edits_drop(edits, header->name) ||
            http_is_hop_by_hop(header->name, response->headers, response->header_count)) {
            continue;
        }
        copy_header(out, header);
    }
    for (size_t i = 0; i < edits->set_count; i++) {
        if (!is_own(edits->set[i].name)) {
            copy_header(out, &edits->set[i]);
        }
    }
}

static const char *copy_type(struct http_exchange_private *exchange,
                             const struct http_response *response, struct str body,
                             const struct http_header_edits *edits) {
    struct str type = http_edits_value(edits, STR("Content-Type"));
    type = type.data ? type : find(response, STR("Content-Type"));
    if (!type.data) {
        return body.len > 0 ? "application/octet-stream" : NULL; // RFC 9110 8.3
    }
    char *copy = arena_alloc(&exchange->public.arena, type.len + 1);
    if (!copy) {
        return "application/octet-stream";
    }
    memcpy(copy, type.data, type.len);
    copy[type.len] = '\0';
    return copy;
}

const char *http_upstream_copy_head(struct http_forward *forward,
                                    const struct http_response *response, bool with_body) {
    const struct http_header_edits *edits = &forward->policy->reply;
    copy_headers(forward->exchange, response, edits);
    return with_body ? copy_type(forward->exchange, response, STR("x"), edits) : NULL;
}

static void give_reply(struct http_forward *forward, const struct http_response *response,
                       struct str body) {
    struct http_exchange_private *exchange = forward->exchange;
    if (forward->cancelled) {
        http_upstream_finish(forward);
        http_stream_abort(&exchange->public);
        return;
    }
    const struct http_header_edits *edits = &forward->policy->reply;
    copy_headers(exchange, response, edits);
    const char *type = copy_type(exchange, response, body, edits);
    buffer_append_str(&exchange->body, body);
    exchange->as_is = true;
    uint64_t length = 0;
    if (exchange->public.request.method == HTTP_HEAD_ &&
        str_to_u64(find(response, STR("Content-Length")), &length) && length <= INT64_MAX) {
        exchange->foreign_length = (int64_t)length;
    }
    http_upstream_finish(forward);
    http_reply_send(&exchange->public, response->status, type);
}

struct taken {
    char *data;
    size_t len;
    bool eof;
};

// The first reply's bytes are no reply.
static bool refuse(struct http_upstream_connection *connection, const char *detail) {
    struct http_forward *forward = pop(connection);
    http_upstream_failed(connection->home, connection->address, false);
    buffer_clear(&connection->in);
    http_upstream_break(connection, false, 502, detail);
    http_upstream_fail(forward, 502, detail);
    return false;
}

static enum http_parse_outcome parse_body(struct http_message *message, const struct taken *taken) {
    if (!message->until_close) {
        return http_parse_body(message, taken->data, taken->len, SIZE_MAX);
    }
    message->body_len = taken->len - message->head_len;
    message->raw = taken->len;
    return taken->eof ? HTTP_PARSE_COMPLETE : HTTP_PARSE_MORE;
}

// Head and body of the reply at the front. Of a reply that came in several reads the head is taken apart once more at the end,
// because its bytes have moved.
static enum http_parse_outcome parse_reply(struct http_upstream_connection *connection,
                                           struct taken *taken, struct http_response *response) {
    struct http_upstream_loop *home = connection->home;
    struct http_message *message = &connection->message;
    bool to_head = connection->first->exchange->public.request.method == HTTP_HEAD_;
    bool again = message->head_len > 0;
    enum http_parse_outcome outcome = HTTP_PARSE_COMPLETE;
    if (!again) {
        outcome = http_parse_response(&home->parser, message, taken->data, taken->len, to_head,
                                      response, home->headers);
        if (outcome != HTTP_PARSE_COMPLETE) {
            return outcome;
        }
        if (response->status == 101 &&
            !(connection->first->offers &&
              http_upstream_is_websocket(response->headers, response->header_count))) {
            return http_parse_refuse(message, 502, "it changed protocols unasked");
        }
    }
    outcome = parse_body(message, taken);
    if (outcome == HTTP_PARSE_MORE) {
        taken->len = message->raw; // chunked: framing that was undone leaves no gap
    }
    if (outcome == HTTP_PARSE_COMPLETE && again) {
        struct http_message copy = {0};
        outcome = http_parse_response(&home->parser, &copy, taken->data, message->head_len, to_head,
                                      response, home->headers);
        CHECK(outcome == HTTP_PARSE_COMPLETE);
    }
    return outcome;
}

// What is left when replies were given for all that was whole.
static bool keep_rest(struct http_upstream_connection *connection, char *rest, size_t len) {
    struct buffer *in = &connection->in;
    if (in->len > 0 && rest >= in->data && rest <= in->data + in->len) {
        buffer_consume(in, (size_t)(rest - in->data));
        in->len = len;
        return true;
    }
    buffer_append(in, rest, len);
    if (buffer_status(in) == STATUS_OK) {
        return true;
    }
    http_upstream_break(connection, false, 502, "its reply is too large");
    return false;
}

// The connection goes with this reply; those behind it were not begun (RFC 9112 9.6).
static bool last_reply(struct http_upstream_connection *connection, struct http_forward *forward,
                       const struct http_response *response, struct str body) {
    give_reply(forward, response, body);
    buffer_clear(&connection->in);
    http_upstream_break(connection, true, 502, "the connection was closed");
    return false;
}

static bool ended(struct http_upstream_connection *connection, size_t left) {
    if (connection->first && left > 0) {
        return refuse(connection, "its reply ends in the middle");
    }
    if (connection->first) {
        http_upstream_failed(connection->home, connection->address, false);
    }
    buffer_clear(&connection->in);
    http_upstream_break(connection, false, 502, "the connection was closed before its reply");
    return false;
}

// --- Replies in parts ------------------------------------------------------------------------------------------------------
// Whether what is not whole yet is waited for.
static bool is_waited_for(const struct http_upstream_connection *connection) {
    const struct http_message *message = &connection->message;
    return message->head_len == 0 || connection->first->cancelled ||
           (!message->chunked && !message->until_close &&
            message->content_length <= HTTP_UPSTREAM_WHOLE);
}

static void note_reply(struct http_upstream_connection *connection, unsigned status) {
    http_upstream_replied(connection->home, connection->address, status);
}

// The head is there, and so much of the body; from here on parts are passed on as they come.
static bool start_reply(struct http_upstream_connection *connection, const struct taken *taken,
                        const struct http_response *response) {
    struct http_message *message = &connection->message;
    struct str part = str_make(taken->data + message->head_len, message->body_len);
    note_reply(connection, response->status);
    if (!http_upstream_start_reply(connection, response)) {
        http_upstream_finish(pop(connection));
        http_upstream_break(connection, true, 502, "the connection was closed");
        return false;
    }
    connection->first->left -= message->chunked || message->until_close ? 0 : part.len;
    http_upstream_pass(connection, part);
    message->head_len = message->raw = message->body_len = 0;
    buffer_clear(&connection->in);
    return true;
}

static bool change_protocol(struct http_upstream_connection *connection, const struct taken *taken,
                            const struct http_response *response) {
    struct http_message *message = &connection->message;
    if (!http_upstream_switch(connection, response)) {
        return refuse(connection, "its reply is too large");
    }
    note_reply(connection, response->status);
    http_upstream_pass(connection,
                       str_make(taken->data + message->head_len, taken->len - message->head_len));
    *message = (struct http_message){.until_close = true};
    buffer_clear(&connection->in);
    return true;
}

// The reply has come to its end. False: the connection is closed.
static bool end_reply(struct http_upstream_connection *connection) {
    struct http_message *message = &connection->message;
    struct http_forward *forward = connection->first;
    bool keep = message->keep_alive && !message->until_close && !connection->write_broken &&
                !http_upstream_body_left(forward) && connection->unsent != forward;
    *message = (struct http_message){0};
    struct http_exchange *exchange = &pop(connection)->exchange->public;
    http_upstream_finish(forward);
    connection->paused = false;
    if (keep) {
        http_upstream_relist(connection);
        http_upstream_watch(connection);
    }
    http_stream_end(exchange);
    if (!keep) {
        buffer_clear(&connection->in);
        http_upstream_break(connection, true, 502, "the connection was closed");
    }
    return keep;
}

// False: the connection is closed.
static bool take_part(struct http_upstream_connection *connection, struct taken *taken) {
    struct http_message *message = &connection->message;
    struct http_forward *forward = connection->first;
    size_t used = taken->len;
    size_t len = used;
    bool done = false;
    if (message->chunked) {
        message->raw = message->body_len = 0;
        enum http_parse_outcome outcome =
            http_parse_body(message, taken->data, taken->len, SIZE_MAX);
        if (outcome == HTTP_PARSE_REFUSED) {
            http_upstream_failed(connection->home, connection->address, false);
            http_upstream_break(connection, false, 502, message->detail);
            return false;
        }
        done = outcome == HTTP_PARSE_COMPLETE;
        used = done ? message->raw : taken->len;
        len = message->body_len;
    } else if (!message->until_close) {
        used = len = taken->len < forward->left ? taken->len : (size_t)forward->left;
        forward->left -= len;
        done = forward->left == 0;
    }
    http_upstream_pass(connection, str_make(taken->data, len));
    taken->data += used;
    taken->len -= used;
    done = done || (taken->eof && message->until_close);
    return !done || end_reply(connection);
}

bool http_upstream_take(struct http_upstream_connection *connection, char *data, size_t len,
                        bool eof) {
    struct taken taken = {data, len, eof};
    struct http_message *message = &connection->message;
    while (connection->first && (taken.len > 0 || (eof && message->until_close))) {
        if (connection->first->replying) {
            if (!take_part(connection, &taken)) {
                return false;
            }
            continue;
        }
        struct http_response response = {0};
        enum http_parse_outcome outcome = parse_reply(connection, &taken, &response);
        if (outcome == HTTP_PARSE_MORE && !is_waited_for(connection)) {
            if (!start_reply(connection, &taken, &response)) {
                return false;
            }
            taken.len = 0;
            continue;
        }
        if (outcome == HTTP_PARSE_MORE) {
            break;
        }
        if (outcome == HTTP_PARSE_REFUSED) {
            return refuse(connection, message->detail);
        }
        if (response.status == 101) {
            if (!change_protocol(connection, &taken, &response)) {
                return false;
            }
            taken.len = 0;
            continue;
        }
        struct str body = str_make(taken.data + message->head_len, message->body_len);
        size_t used = message->raw;
        bool keep = message->keep_alive && !message->until_close;
        *message = (struct http_message){0};
        if (response.status >= 200) {
            keep = keep && connection->unsent != connection->first && !connection->write_broken &&
                   !http_upstream_body_left(connection->first);
            note_reply(connection, response.status);
            struct http_forward *forward = pop(connection);
            if (!keep) {
                return last_reply(connection, forward, &response, body);
            }
            http_upstream_relist(connection);
            give_reply(forward, &response, body);
        }
        taken.data += used;
        taken.len -= used;
    }
    if (eof || (!connection->first && taken.len > 0)) {
        return ended(connection, taken.len);
    }
    http_upstream_take_waiting(connection->home);
    return keep_rest(connection, taken.data, taken.len);
}
