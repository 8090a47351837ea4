// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The headers of a reply to a page of another origin.
#include "http/cors.h"

void http_cors_allow(struct http_exchange *exchange) {
    struct str origin = http_request_header(exchange, STR("Origin"));
    if (origin.len == 0) {
        return;
    }
    http_reply_header(exchange, "Access-Control-Allow-Origin", origin);
    // sendBeacon always asks with credentials; we set and read no cookies.
    http_reply_header(exchange, "Access-Control-Allow-Credentials", STR("true"));
    http_reply_header(exchange, "Access-Control-Expose-Headers", STR("Retry-After, X-Request-Id"));
    http_reply_header(exchange, "Vary", STR("Origin"));
}
