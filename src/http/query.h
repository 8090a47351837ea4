// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Query strings and form bodies: percent-decoding, and the rule that unknown parameters are refused.
#ifndef FOOTFALL_HTTP_QUERY_H
#define FOOTFALL_HTTP_QUERY_H

#include <stdbool.h>

#include "http/exchange.h"

struct http_parameter {
    struct str name;
    struct str value;
};
// Takes application/x-www-form-urlencoded text apart: '+' is a space, %XX decoded. At most `max` parameters.
// INVALID on a broken escape, TOO_LARGE on more than max, NO_MEMORY. Results live in arena.
MUST_CHECK enum status http_query_parse(struct arena *arena, struct str text,
                                        struct http_parameter *out, size_t max, size_t *count);
// Percent-decoding of a path segment ('+' stays). INVALID on a broken escape.
MUST_CHECK enum status http_percent_decode(struct arena *arena, struct str text, struct str *out);
// The byte that the escape at text.data[at], a '%', stands for; -1: it is broken.
int http_percent_escape(struct str text, size_t at);
void http_percent_encode(struct buffer *out, struct str text); // all but RFC 3986 unreserved

// Reads the request's query into values[i] for names[i] (data NULL when absent, "" when empty). An unknown name, one that is
// given twice, a broken escape, NUL or invalid UTF-8 sends a 400 problem that names it, and returns false.
bool http_query_read(struct http_exchange *exchange, const char *const *names, struct str *values,
                     size_t count);

#endif
