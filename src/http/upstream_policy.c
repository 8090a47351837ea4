// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a route wants changed of the headers that are passed on.
#include "http/upstream_private.h"

bool http_edits_drop(const struct http_header_edits *edits, struct str name) {
    for (size_t i = 0; i < edits->remove_count; i++) {
        if (str_equal_ignore_case(edits->remove[i], name)) {
            return true;
        }
    }
    return http_edits_value(edits, name).data != NULL;
}

struct str http_edits_value(const struct http_header_edits *edits, struct str name) {
    for (size_t i = 0; i < edits->set_count; i++) {
        if (str_equal_ignore_case(edits->set[i].name, name)) {
            return edits->set[i].value;
        }
    }
    return STR_EMPTY;
}

size_t http_edits_room(const struct http_header_edits *edits) {
    size_t room = 0;
    for (size_t i = 0; i < edits->set_count; i++) {
        room += edits->set[i].name.len + edits->set[i].value.len + sizeof ": \r\n";
    }
    return room;
}

static bool is_token(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!plain && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c))) {
            return false;
        }
    }
    return name.len > 0;
}

bool http_upstream_may_edit(struct str name) {
    static const struct str OURS[] = {
        STR_INIT("Host"),         STR_INIT("Content-Length"),   STR_INIT("Expect"),
        STR_INIT("X-Request-Id"), STR_INIT("X-Forwarded-For"),  STR_INIT("X-Forwarded-Proto"),
        STR_INIT("traceparent"),  STR_INIT("X-Forwarded-Host"), STR_INIT("tracestate"),
        STR_INIT("Date"),         STR_INIT("X-Trace-Id"),
    };
    for (size_t i = 0; i < sizeof OURS / sizeof OURS[0]; i++) {
        if (str_equal_ignore_case(OURS[i], name)) {
            return false;
        }
    }
    return is_token(name) && !http_is_hop_by_hop(name, NULL, 0);
}
