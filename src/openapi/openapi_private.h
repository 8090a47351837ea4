// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What tools/openapi/embed.py makes of docs/openapi.yaml.
#ifndef FOOTFALL_OPENAPI_OPENAPI_PRIVATE_H
#define FOOTFALL_OPENAPI_OPENAPI_PRIVATE_H

#include "base/str.h"

extern const struct str openapi_yaml;
extern const struct str openapi_json;
extern const struct str openapi_page;
extern const struct str
    openapi_policy; // Content-Security-Policy of the page: its own style sheet and nothing else

#endif
