// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests for tokens and their replies, as RFC 6749 and RFC 7009 write them.
#include "gateway/private.h"
#include "gateway/tokens_private.h"
#include "http/query.h"

#define FORM_MAX (16 * 1024)
#define VALUE_MAX 4096

static const char *const names[TOKEN_PARAMETERS] = {
    "grant_type", "username", "password", "refresh_token", "client_id",      "client_secret",
    "scope",      "subject",  "project",  "token",         "token_type_hint"};

static void never_store(struct http_exchange *exchange) {
    http_reply_header(exchange, "Cache-Control", STR("no-store"));
    http_reply_header(exchange, "Pragma", STR("no-cache"));
}

void token_reply_error(struct http_exchange *exchange, unsigned status, const char *error,
                       const char *description) {
    struct json_writer writer;
    never_store(exchange);
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_object(&writer);
    json_member_string(&writer, STR("error"), str_from_c(error));
    json_member_string(&writer, STR("error_description"), str_from_c(description));
    json_end_object(&writer);
    http_reply_send(exchange, status, "application/json");
}

void token_reply_unavailable(struct http_exchange *exchange) {
    http_reply_header(exchange, "Retry-After", STR("1"));
    token_reply_error(exchange, 503, "temporarily_unavailable", "try again soon");
}

static bool put(struct token_request *out, struct str name, struct str value) {
    for (size_t i = 0; i < TOKEN_PARAMETERS; i++) {
        if (str_equal(name, str_from_c(names[i]))) {
            if (out->values[i].data || value.len > VALUE_MAX || !str_is_utf8(value) ||
                (value.len > 0 && memchr(value.data, '\0', value.len))) {
                return false; // RFC 6749 3.2: not more than once
            }
            out->values[i] = value.data ? value : STR("");
            return true;
        }
    }
    return true; // RFC 6749 3.2: unknown ones are ignored
}

static bool read_form(struct http_exchange *exchange, struct token_request *out) {
    struct http_parameter parameters[32];
    size_t count = 0;
    if (http_query_parse(&exchange->arena, exchange->request.body, parameters, 32, &count) !=
        STATUS_OK) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!put(out, parameters[i].name, parameters[i].value)) {
            return false;
        }
    }
    return true;
}

static bool read_json(struct http_exchange *exchange, struct token_request *out) {
    static const struct json_limits limits = {.depth = 2, .values = 64};
    struct json_parser *parser = NULL;
    const struct json_value *root = NULL;
    enum status status = json_parser_make(&parser);
    if (status == STATUS_OK) {
        status = json_parse(parser, exchange->request.body, &limits, &exchange->arena, &root, NULL);
    }
    json_parser_free(parser);
    if (status != STATUS_OK || root->type != JSON_OBJECT) {
        return false;
    }
    for (const struct json_value *member = root->child; member; member = member->next) {
        if (!json_is_string(member) || !put(out, member->key, member->text)) {
            return false;
        }
    }
    return true;
}

bool token_request_read(struct http_exchange *exchange, struct token_request *out) {
    *out = (struct token_request){.client_user = STR_EMPTY};
    struct auth_credentials given;
    struct str header = http_request_header(exchange, STR("Authorization"));
    struct str body = exchange->request.body;
    bool readable = exchange->request.query.len == 0 && body.len <= FORM_MAX && // not into logs
                    auth_parse_authorization(&exchange->arena, header, &given) == STATUS_OK;
    if (readable) {
        readable = json_looks_like(body, JSON_OBJECT) ? read_json(exchange, out)
                                                      : read_form(exchange, out);
    }
    if (!readable) {
        token_reply_error(exchange, 400, "invalid_request",
                          "a form or a JSON object of texts, each named once, is expected");
        return false;
    }
    out->client_user = given.user;
    out->client_password = given.password;
    return true;
}

bool token_read_scope(struct http_exchange *exchange, struct str scope, enum auth_role most,
                      enum auth_role *out) {
    *out = most;
    if (!scope.data) {
        return true;
    }
    if (!auth_role_from_name(scope, out) || *out < AUTH_ROLE_VIEWER || *out > most) {
        token_reply_error(exchange, 400, "invalid_scope",
                          "scope is a role: viewer, editor or admin, not above one's own");
        return false;
    }
    return true;
}

void token_reply(struct http_exchange *exchange, struct gateway_tokens *tokens,
                 const struct auth_grant *grant, struct str refresh) {
    struct buffer token;
    buffer_init(&token, JWT_TOKEN_MAX);
    enum status status = auth_tokens_issue(tokens->config.tokens, grant, &token);
    if (status != STATUS_OK) {
        buffer_free(&token);
        token_reply_unavailable(exchange);
        return;
    }
    struct json_writer writer;
    never_store(exchange);
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_object(&writer);
    json_member_string(&writer, STR("access_token"), buffer_str(&token));
    json_member_string(&writer, STR("token_type"), STR("Bearer"));
    json_member_i64(&writer, STR("expires_in"), auth_tokens_lifetime_s(tokens->config.tokens));
    if (refresh.len > 0) {
        json_member_string(&writer, STR("refresh_token"), refresh);
    }
    json_member_string(&writer, STR("scope"), str_from_c(auth_role_name(grant->role)));
    json_end_object(&writer);
    buffer_free(&token);
    http_reply_send(exchange, 200, "application/json");
}
