// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Percent-encoding (RFC 3986 2.1), form encoding, and strict reading of query strings.
#include "http/query.h"

#include "http/problem.h"

#define PARAMETERS_MAX 64

static int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

int http_percent_escape(struct str text, size_t at) {
    int high = at + 2 < text.len ? hex_value(text.data[at + 1]) : -1;
    int low = at + 2 < text.len ? hex_value(text.data[at + 2]) : -1;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static enum status decode(struct arena *arena, struct str text, bool form, struct str *out) {
    bool plain = !text.data || (!memchr(text.data, '%', text.len) &&
                                (!form || !memchr(text.data, '+', text.len)));
    if (plain) {
        *out = text.data ? text : STR("");
        return STATUS_OK;
    }
    char *to = arena_alloc(arena, text.len + 1);
    if (!to) {
        return STATUS_NO_MEMORY;
    }
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%') {
            int byte = http_percent_escape(text, i);
            if (byte < 0) {
                return STATUS_INVALID;
            }
            c = (char)byte;
            i += 2;
        } else if (form && c == '+') {
            c = ' ';
        }
        to[len++] = c;
    }
    to[len] = '\0';
    *out = str_make(to, len);
    return STATUS_OK;
}

enum status http_percent_decode(struct arena *arena, struct str text, struct str *out) {
    return decode(arena, text, false, out);
}

void http_percent_encode(struct buffer *out, struct str text) {
    static const char HEX[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved) {
            buffer_append_char(out, (char)c);
        } else {
            char escape[3] = {'%', HEX[c >> 4], HEX[c & 15]};
            buffer_append(out, escape, sizeof escape);
        }
    }
}

enum status http_query_parse(struct arena *arena, struct str text, struct http_parameter *out,
                             size_t max, size_t *count) {
    *count = 0;
    struct str rest = text.len > 0 ? text : STR_EMPTY;
    while (rest.data) {
        struct str pair = str_cut(&rest, '&');
        if (pair.len == 0) {
            continue; // "a=1&&b=2"
        }
        if (*count == max) {
            return STATUS_TOO_LARGE;
        }
        struct http_parameter *parameter = &out[*count];
        struct str name = str_cut(&pair, '=');
        enum status status = decode(arena, name, true, &parameter->name);
        if (status == STATUS_OK) {
            status = decode(arena, pair, true, &parameter->value);
        }
        if (status != STATUS_OK) {
            return status;
        }
        (*count)++;
    }
    return STATUS_OK;
}

static void refuse(struct http_exchange *exchange, struct str name, const char *what) {
    struct http_problem_error error = {arena_printf(&exchange->arena, "?%.*s", STR_ARG(name)),
                                       str_from_c(what)};
    struct str detail =
        arena_printf(&exchange->arena, "Query parameter \"%.*s\": %s.", STR_ARG(name), what);
    if (!detail.data || !error.pointer.data) {
        http_reply_problem(exchange, 400, STR("The query string is not valid."));
        return;
    }
    http_reply_problem_errors(exchange, 400, detail, &error, 1);
}

static bool assign(struct http_exchange *exchange, const struct http_parameter *parameter,
                   const char *const *names, struct str *values, size_t count) {
    struct str value = parameter->value;
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(parameter->name, str_from_c(names[i]))) {
            continue;
        }
        const char *fault = NULL;
        if (values[i].data) {
            fault = "is given twice";
        } else if (value.len > 0 && memchr(value.data, '\0', value.len)) {
            fault = "has a NUL byte";
        } else if (!str_is_utf8(value)) {
            fault = "is not valid UTF-8";
        }
        if (fault) {
            refuse(exchange, parameter->name, fault);
            return false;
        }
        values[i] = value;
        return true;
    }
    refuse(exchange, parameter->name, "is not known here");
    return false;
}

// Names the one whose escape is broken.
static void refuse_broken(struct http_exchange *exchange) {
    struct str rest = exchange->request.query;
    while (rest.data) {
        struct http_parameter parameter;
        size_t count;
        struct str pair = str_cut(&rest, '&');
        if (http_query_parse(&exchange->arena, pair, &parameter, 1, &count) == STATUS_INVALID) {
            refuse(exchange, str_cut(&pair, '='), "has a broken percent escape");
            return;
        }
    }
    http_reply_problem(exchange, 400, STR("The query string has a broken percent escape."));
}

bool http_query_read(struct http_exchange *exchange, const char *const *names, struct str *values,
                     size_t count) {
    struct http_parameter parameters[PARAMETERS_MAX];
    size_t given = 0;
    for (size_t i = 0; i < count; i++) {
        values[i] = STR_EMPTY;
    }
    switch ((int)http_query_parse(&exchange->arena, exchange->request.query, parameters,
                                  PARAMETERS_MAX, &given)) {
    case STATUS_OK: break;
    case STATUS_INVALID: refuse_broken(exchange); return false;
    case STATUS_TOO_LARGE:
        http_reply_problemf(exchange, 400, "The query string has more than %d parameters.",
                            PARAMETERS_MAX);
        return false;
    default: http_reply_problem(exchange, 503, STR("Out of memory; try again soon.")); return false;
    }
    for (size_t i = 0; i < given; i++) {
        if (!assign(exchange, &parameters[i], names, values, count)) {
            return false;
        }
    }
    return true;
}
