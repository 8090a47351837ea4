// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Lets pages of other origins read a reply (https://fetch.spec.whatwg.org/#http-cors-protocol).
#ifndef FOOTFALL_HTTP_CORS_H
#define FOOTFALL_HTTP_CORS_H

#include "http/exchange.h"

// For what trackers on other people's pages ask: any origin may read it, with Retry-After and X-Request-Id. Before the reply is sent;
// does nothing when the request names no origin.
void http_cors_allow(struct http_exchange *exchange);

#endif
