// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Preflights of cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol): trackers run on other people's pages.
#include "http/cors.h"
#include "activity/activity_private.h"

// The longest that Firefox keeps an answer; Chromium cuts it to two hours.
#define MAX_AGE "86400"

void activity_handle_preflight(struct http_exchange *exchange, void *context) {
    (void)context;
    struct str headers = http_request_header(exchange, STR("Access-Control-Request-Headers"));
    http_cors_allow(exchange);
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
