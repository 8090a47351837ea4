// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A role that runs in another process: the same routes and the same access, with handlers that pass requests on.
#ifndef FOOTFALL_GATEWAY_PROXY_H
#define FOOTFALL_GATEWAY_PROXY_H

#include "http/router.h"
#include "http/upstream.h"

// patterns: of the role, without its handlers being called; its patterns must live as long as *out. NO_MEMORY.
MUST_CHECK enum status gateway_proxy_make(struct http_route_table patterns,
                                          struct http_upstream *upstream,
                                          struct http_route_table *out);
void gateway_proxy_free(
    struct http_route_table *table); // one that was never made is fine, when it is all zero

#endif
