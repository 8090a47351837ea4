// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Between the gateway's own files.
#ifndef FOOTFALL_GATEWAY_PRIVATE_H
#define FOOTFALL_GATEWAY_PRIVATE_H

#include "base/json_read.h"
#include "gateway/gateway.h"

void gateway_keys_list(struct http_exchange *exchange, void *admin);
void gateway_keys_create(struct http_exchange *exchange, void *admin);
void gateway_keys_delete(struct http_exchange *exchange, void *admin);
void gateway_projects_list(struct http_exchange *exchange, void *admin);
void gateway_projects_create(struct http_exchange *exchange, void *admin);

// The body, an object of at most so many values, in the exchange's arena. NULL: the problem was sent.
const struct json_value *gateway_read_object(struct http_exchange *exchange, unsigned most);
// Reads a JSON object body whose members are all strings named in `names`; values[i] has data NULL when absent. Sends the 400
// problem itself and returns false when it is anything else.
bool gateway_read_strings(struct http_exchange *exchange, const char *const *names,
                          struct str *values, size_t count);

#endif
