// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Conditional requests (RFC 9110 section 13): If-Match and If-None-Match against a profile's version.
#ifndef FOOTFALL_USERS_CONDITIONS_H
#define FOOTFALL_USERS_CONDITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "http/exchange.h"

struct users_conditions {
    struct str if_match; // data NULL: not given
    struct str if_none_match;
};
struct users_conditions users_conditions_of(const struct http_exchange *exchange);
bool users_conditions_any(const struct users_conditions *conditions);
// Whether the list of entity tags (or "*") names the version. exists false: nothing is there, which not even "*" names.
// weak: W/"5" names version 5 too (RFC 9110 section 8.8.3.2).
bool users_etag_list_names(struct str list, bool exists, uint64_t version, bool weak);
// For methods that change something: false means 412.
bool users_conditions_hold(const struct users_conditions *conditions, bool exists,
                           uint64_t version);
void users_reply_etag(struct http_exchange *exchange, uint64_t version);

#endif
