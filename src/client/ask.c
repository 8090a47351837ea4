// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Questions of a command to a running Footfall, and what it answers.
#include "client/ask.h"

#include <string.h>

#include "base/queue.h"

#define URL_MAX 8192
#define PAUSE_US (1000 * 1000LL)

enum status client_ask(const struct client_target *target, const char *method, const char *path,
                       struct str body, long *code, struct buffer *reply, struct error *err) {
    char url[URL_MAX];
    if (snprintf(url, sizeof url, "%s%s", target->url, path) >= (int)sizeof url) {
        return error_set(err, STATUS_INVALID, "the URL is too long");
    }
    struct client_request request = {
        .method = method, .url = url, .bearer = target->api_key, .body = body};
    buffer_clear(reply);
    return client_send(&request, code, reply, err);
}

enum status client_ask_patiently(const struct client_target *target, const char *method,
                                 const char *path, struct str body, unsigned attempts, long *code,
                                 struct buffer *reply, struct error *err) {
    enum status status = STATUS_UNAVAILABLE;
    struct queue_waker waker;
    queue_waker_init(&waker);
    for (unsigned attempt = 0; attempt < attempts; attempt++) {
        if (attempt > 0) {
            queue_wait(&waker, PAUSE_US);
        }
        *code = 0;
        status = client_ask(target, method, path, body, code, reply, err);
        bool later =
            status == STATUS_UNAVAILABLE || (status == STATUS_OK && (*code == 429 || *code == 503));
        if (!later) {
            break;
        }
    }
    queue_waker_destroy(&waker);
    return status;
}

enum status client_parse(struct str text, struct arena *arena, const struct json_value **root,
                         struct error *err) {
    static const struct json_limits limits = {.depth = 32};
    struct json_parser *parser = NULL;
    struct error why = {STATUS_OK, ""};
    char *padded = arena_alloc_zero(arena, text.len + JSON_PADDING);
    enum status status = padded ? json_parser_make(&parser) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        if (text.len > 0) {
            memcpy(padded, text.data, text.len);
        }
        status = json_parse(parser, str_make(padded, text.len), &limits, arena, root, &why);
    }
    json_parser_free(parser);
    return status == STATUS_OK ? status
                               : error_set(err, status, "the reply is not one of Footfall: %s",
                                           why.text[0] ? why.text : status_text(status));
}

int client_show(FILE *out, const struct buffer *reply, int code) {
    (void)fwrite(reply->data ? reply->data : "", 1, reply->len, out);
    (void)fputc('\n', out);
    return code;
}
