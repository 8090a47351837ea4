// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes problem+json replies, and knows the titles of status codes.
#include "http/problem.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json_write.h"

static const struct {
    unsigned status;
    const char *title;
} TITLES[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *http_status_title(unsigned status) {
    for (size_t i = 0; i < sizeof TITLES / sizeof TITLES[0]; i++) {
        if (TITLES[i].status == status) {
            return TITLES[i].title;
        }
    }
    return "Unknown";
}

static size_t sequence_length(const char *data, size_t left) {
    for (size_t n = 1; n <= 4 && n <= left; n++) {
        if (str_is_utf8(str_make(data, n))) {
            return n;
        }
    }
    return 0;
}

// What is not UTF-8 becomes U+FFFD, byte by byte: problems quote input, and JSON must stay JSON.
static struct str make_utf8(struct arena *arena, struct str text) {
    if (!text.data || str_is_utf8(text)) {
        return text;
    }
    char *out = arena_alloc_array(arena, text.len, 3);
    if (!out) {
        return STR("?");
    }
    size_t len = 0;
    for (size_t i = 0; i < text.len;) {
        size_t n = sequence_length(text.data + i, text.len - i);
        if (n > 0) {
            memcpy(out + len, text.data + i, n);
            len += n;
            i += n;
        } else {
            memcpy(out + len, "\xEF\xBF\xBD", 3);
            len += 3;
            i++;
        }
    }
    return str_make(out, len);
}

void http_reply_problem_errors(struct http_exchange *exchange, unsigned status, struct str detail,
                               const struct http_problem_error *errors, size_t count) {
    struct arena *arena = &exchange->arena;
    struct buffer *body = http_reply_body(exchange);
    struct json_writer writer;
    buffer_clear(body); // of a reply that was begun
    json_writer_init(&writer, body);
    json_begin_object(&writer);
    json_member_string(&writer, STR("type"), STR("about:blank"));
    json_member_string(&writer, STR("title"), str_from_c(http_status_title(status)));
    json_member_i64(&writer, STR("status"), (int64_t)status);
    json_member_string(&writer, STR("detail"), make_utf8(arena, detail));
    if (exchange->request.path.len > 0) {
        json_member_string(&writer, STR("instance"), make_utf8(arena, exchange->request.path));
    }
    json_member_string(&writer, STR("requestId"), make_utf8(arena, exchange->request_id));
    if (count > 0) {
        json_key(&writer, STR("errors"));
        json_begin_array(&writer);
        for (size_t i = 0; i < count; i++) {
            json_begin_object(&writer);
            json_member_string(&writer, STR("pointer"), make_utf8(arena, errors[i].pointer));
            json_member_string(&writer, STR("detail"), make_utf8(arena, errors[i].detail));
            json_end_object(&writer);
        }
        json_end_array(&writer);
    }
    json_end_object(&writer);
    http_reply_send(exchange, status, "application/problem+json");
}

void http_reply_problem(struct http_exchange *exchange, unsigned status, struct str detail) {
    http_reply_problem_errors(exchange, status, detail, NULL, 0);
}

void http_reply_problemf(struct http_exchange *exchange, unsigned status, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t used = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    http_reply_problem(exchange, status, str_make(text, used));
}
