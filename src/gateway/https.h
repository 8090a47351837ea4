// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Towards HTTPS: plain requests are sent there, and who came through it is told to stay (RFC 6797).
#ifndef FOOTFALL_GATEWAY_HTTPS_H
#define FOOTFALL_GATEWAY_HTTPS_H

#include <stdbool.h>

#include "http/exchange.h"

struct gateway_https {
    bool redirect; // 301 for GET and HEAD, 308 for the others
    uint16_t port; // where HTTPS is spoken, as clients see it; 0: 443
    struct str
        public_url; // when it begins with https:// that is where to go, else to the Host of the request
    int64_t hsts_seconds; // 0: no such header
};

// Whether the client's side is encrypted, up to here or up to a proxy that is trusted.
bool gateway_is_secure(const struct http_exchange *exchange);
// Sets the header, or sends the redirection and returns true. Health checks and certificate challenges (RFC 8555 8.3) stay where
// they are.
bool gateway_https_handle(const struct gateway_https *https, struct http_exchange *exchange);

#endif
