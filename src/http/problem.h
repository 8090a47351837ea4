// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Errors for people and programs: RFC 9457 application/problem+json.
#ifndef FOOTFALL_HTTP_PROBLEM_H
#define FOOTFALL_HTTP_PROBLEM_H

#include "http/exchange.h"

struct http_problem_error {
    struct str pointer; // RFC 6901 JSON pointer into the body, or "?name" for a query parameter
    struct str detail;
};

// Sends {"type":"about:blank","title":"Bad Request","status":400,"detail":…,"instance":<path>,"requestId":…,"errors":[…]?}.
// Text that is not valid UTF-8 is replaced, never sent raw. Ends the exchange.
void http_reply_problem(struct http_exchange *exchange, unsigned status, struct str detail);
__attribute__((format(printf, 3, 4))) void http_reply_problemf(struct http_exchange *exchange,
                                                               unsigned status, const char *format,
                                                               ...);
void http_reply_problem_errors(struct http_exchange *exchange, unsigned status, struct str detail,
                               const struct http_problem_error *errors, size_t count);
// "Bad Request" for 400; "Unknown" for what RFC 9110 does not name.
const char *http_status_title(unsigned status);

#endif
