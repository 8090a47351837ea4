// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Comparing entity tags.
#include "users/conditions.h"

#include <inttypes.h>
#include <stdio.h>

#define ETAG_SIZE 24 // quotes, 20 digits, NUL

struct users_conditions users_conditions_of(const struct http_exchange *exchange) {
    return (struct users_conditions){http_request_header(exchange, STR("If-Match")),
                                     http_request_header(exchange, STR("If-None-Match"))};
}

bool users_conditions_any(const struct users_conditions *conditions) {
    return conditions->if_match.data || conditions->if_none_match.data;
}

static struct str etag(uint64_t version, char out[ETAG_SIZE]) {
    int len = snprintf(out, ETAG_SIZE, "\"%" PRIu64 "\"", version);
    return str_make(out, (size_t)len);
}

bool users_etag_list_names(struct str list, bool exists, uint64_t version, bool weak) {
    char bytes[ETAG_SIZE];
    struct str own = etag(version, bytes);
    if (!exists) {
        return false;
    }
    if (str_equal(str_trim(list), STR("*"))) {
        return true;
    }
    while (list.data) { // a comma inside a tag cuts it, and neither part can then be one of ours
        struct str tag = str_trim(str_cut(&list, ','));
        if (weak && str_starts_with(tag, STR("W/"))) {
            tag = str_make(tag.data + 2, tag.len - 2);
        }
        if (str_equal(tag, own)) {
            return true;
        }
    }
    return false;
}

bool users_conditions_hold(const struct users_conditions *conditions, bool exists,
                           uint64_t version) {
    if (conditions->if_match.data &&
        !users_etag_list_names(conditions->if_match, exists, version, false)) {
        return false;
    }
    return !conditions->if_none_match.data ||
           !users_etag_list_names(conditions->if_none_match, exists, version, true);
}

void users_reply_etag(struct http_exchange *exchange, uint64_t version) {
    char bytes[ETAG_SIZE];
    http_reply_header(exchange, "ETag", etag(version, bytes));
}
