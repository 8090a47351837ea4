// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A request that comes from nobody's connection: a handler is called as for a GET, and its reply is kept instead of sent.
//
// For whoever needs exactly what a client would get, such as a report that is delivered. Only for handlers that answer before they return:
// those of routes that may block (HTTP_ROUTE_BLOCKING), on a thread that may block.
#ifndef FOOTFALL_HTTP_DETACHED_H
#define FOOTFALL_HTTP_DETACHED_H

#include "http/router.h"

struct http_detached;
// target: path and query, as in a request line. principal: who asks; lives until the call returns. NOT_FOUND: no such route that may block
// and answers GET. INVALID, NO_MEMORY.
MUST_CHECK enum status http_detached_get(const struct http_router *router, struct str target,
                                         const void *principal, size_t reply_bytes,
                                         struct http_detached **out);
void http_detached_free(struct http_detached *detached); // NULL is fine

// Of the reply; all live as long as it. Never compressed.
unsigned http_detached_status(const struct http_detached *detached);
const char *http_detached_type(const struct http_detached *detached); // "" without one
struct str http_detached_body(const struct http_detached *detached);

#endif
