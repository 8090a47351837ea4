// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The contract of the HTTP API, served by the gateway: GET /openapi.yaml, /openapi.json and, to be read, /docs.
//
// All three are docs/openapi.yaml, made into C when the program is built (tools/openapi/embed.py); nothing is converted at run time. Handlers
// run on the loop, hold nothing, and are safe on any thread. Anyone may ask: the document names no secret and no installation.
#ifndef FOOTFALL_OPENAPI_OPENAPI_H
#define FOOTFALL_OPENAPI_OPENAPI_H

#include "http/router.h"

struct http_route_table openapi_routes(void);

#endif
