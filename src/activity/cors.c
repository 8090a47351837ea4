// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol): trackers run on other people's pages.
#include "activity/activity_private.h"

// The longest that Firefox keeps an answer; Chromium cuts it to two hours.
#define MAX_AGE "86400"

void activity_cors(struct http_exchange *exchange) {
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

void activity_handle_preflight(struct http_exchange *exchange, void *context) {
    (void)context;
    struct str headers = http_request_header(exchange, STR("Access-Control-Request-Headers"));
    activity_cors(exchange);
    http_reply_header(exchange, "Allow", STR("GET, HEAD, POST, OPTIONS"));
    http_reply_header(exchange, "Access-Control-Allow-Methods", STR("GET, HEAD, POST, OPTIONS"));
    if (headers.len > 0) {
        http_reply_header(exchange, "Access-Control-Allow-Headers", headers);
        http_reply_header(exchange, "Vary", STR("Access-Control-Request-Headers"));
    }
    // A page on the Internet may send to a tracker at home or in a company: that is what a write key is for.
    if (http_request_header(exchange, STR("Access-Control-Request-Private-Network")).len > 0) {
        http_reply_header(exchange, "Access-Control-Allow-Private-Network", STR("true"));
    }
    http_reply_header(exchange, "Access-Control-Max-Age", STR(MAX_AGE));
    http_reply_send(exchange, 204, NULL);
}
