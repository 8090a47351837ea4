// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// POST /encrypt and /decrypt: values for {cipher}, and back.
#include "config/server.h"
#include "http/query.h"

#define PLAIN_MAX ((size_t)64 * 1024)

static void reply_problem(struct http_exchange *exchange, unsigned status, struct str name,
                          struct str description) {
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_object(&writer);
    json_member_string(&writer, STR("description"), description);
    json_member_string(&writer, STR("status"), name);
    json_end_object(&writer);
    http_reply_send(exchange, status, "application/json");
}

static bool has_key(struct config_server *server, struct http_exchange *exchange) {
    if (!server->cipher) {
        reply_problem(exchange, 404, STR("NO_KEY"),
                      STR("No key was installed for encryption service"));
    }
    return server->cipher != NULL;
}

// A form with one name and no value is what curl -d sends of a text.
static struct str read_body(struct http_exchange *exchange) {
    struct str body = exchange->request.body;
    struct str type = http_request_header(exchange, STR("Content-Type"));
    bool form = str_contains_ignore_case(type, STR("application/x-www-form-urlencoded"));
    const char *equals = body.len > 0 ? memchr(body.data, '=', body.len) : NULL;
    if (!form || (equals && equals + 1 != body.data + body.len)) {
        return body;
    }
    struct http_parameter parameter;
    size_t count = 0;
    enum status status = http_query_parse(&exchange->arena, body, &parameter, 1, &count);
    return status == STATUS_OK && count == 1 ? parameter.name : body;
}

void config_handle_encrypt(struct http_exchange *exchange, void *context) {
    struct config_server *server = context;
    if (!config_may(server, exchange) || !has_key(server, exchange)) {
        return;
    }
    struct str text = read_body(exchange);
    struct str plain = config_cipher_strip(text);
    struct buffer *out = http_reply_body(exchange);
    if (text.len > PLAIN_MAX || !str_is_utf8(text)) {
        config_reply_error(server, exchange, text.len > PLAIN_MAX ? 413 : 400);
        return;
    }
    struct str prefix = str_make(text.data, text.len - plain.len);
    const char *mark = prefix.len > 0 ? memmem(prefix.data, prefix.len, "{plain}", 7) : NULL;
    buffer_append(out, prefix.data, mark ? (size_t)(mark - prefix.data) : prefix.len);
    if (config_cipher_encrypt(server->cipher, server->random, plain, out) != STATUS_OK) {
        config_reply_error(server, exchange, 503);
        return;
    }
    http_reply_header(exchange, "Cache-Control", STR("no-store"));
    http_reply_send(exchange, 200, "text/plain;charset=UTF-8");
}

void config_handle_decrypt(struct http_exchange *exchange, void *context) {
    struct config_server *server = context;
    if (!config_may(server, exchange) || !has_key(server, exchange)) {
        return;
    }
    struct str text = str_trim(read_body(exchange));
    if (text.len > PLAIN_MAX * 3) {
        config_reply_error(server, exchange, 413);
        return;
    }
    enum status status = config_cipher_decrypt(server->cipher, text, http_reply_body(exchange));
    if (status == STATUS_INVALID) {
        reply_problem(exchange, 400, STR("INVALID"), STR("Text not encrypted with this key"));
    } else if (status != STATUS_OK) {
        config_reply_error(server, exchange, 503);
    } else {
        http_reply_header(exchange, "Cache-Control", STR("no-store"));
        http_reply_send(exchange, 200, "text/plain;charset=UTF-8");
    }
}

void config_handle_encrypt_status(struct http_exchange *exchange, void *context) {
    struct config_server *server = context;
    if (!config_may(server, exchange) || !has_key(server, exchange)) {
        return;
    }
    buffer_append_str(http_reply_body(exchange), STR("{\"status\":\"OK\"}"));
    http_reply_send(exchange, 200, "application/json");
}

// Of a key pair; ours is symmetric.
void config_handle_key(struct http_exchange *exchange, void *context) {
    if (config_may(context, exchange)) {
        reply_problem(exchange, 404, STR("NOT_FOUND"), STR("No public key available"));
    }
}
