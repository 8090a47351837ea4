// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is in front of a reply's body, and the replies of a connection's beginning: AUTHENTICATE, AUTH_*, SUPPORTED.
#include "cql/message.h"

static enum status ends_early(struct error *err, const char *what) {
    return error_set(err, STATUS_CORRUPT, "%s of the server ends too early", what);
}

enum status cql_reply_open(const struct cql_frame *frame, struct cql_reply *out,
                           struct error *err) {
    *out = (struct cql_reply){.opcode = frame->opcode};
    struct str rest = frame->body;
    struct str skipped;
    uint16_t count = 0;
    if ((frame->flags & CQL_FRAME_TRACING) != 0) {
        if (!cql_take_raw(&rest, sizeof out->tracing_id, &skipped)) {
            return ends_early(err, "a tracing id");
        }
        out->traced = true;
        memcpy(out->tracing_id, skipped.data, sizeof out->tracing_id);
    }
    if ((frame->flags & CQL_FRAME_WARNING) != 0 &&
        !cql_take_string_list(&rest, &out->warnings, &out->warning_count)) {
        return ends_early(err, "a list of warnings");
    }
    if ((frame->flags & CQL_FRAME_CUSTOM_PAYLOAD) != 0 &&
        !cql_take_bytes_map(&rest, &skipped, &count)) {
        return ends_early(err, "a custom payload");
    }
    out->body = rest;
    return STATUS_OK;
}

enum status cql_decode_authenticate(struct str body, struct str *class_name, struct error *err) {
    return cql_take_string(&body, class_name) ? STATUS_OK : ends_early(err, "AUTHENTICATE");
}

enum status cql_decode_auth_token(struct str body, struct str *token, struct error *err) {
    return cql_take_bytes(&body, token) ? STATUS_OK : ends_early(err, "an authentication token");
}

enum status cql_decode_supported(struct str body, struct str *options, struct error *err) {
    uint16_t count = 0;
    return cql_take_string_multimap(&body, options, &count) ? STATUS_OK
                                                            : ends_early(err, "SUPPORTED");
}

bool cql_supported_has(struct str options, struct str option, struct str value) {
    struct str key;
    while (options.len > 0 && cql_take_string(&options, &key)) {
        uint16_t count = 0;
        struct str each;
        if (!bytes_get_be16(&options, &count)) {
            return false;
        }
        for (uint16_t i = 0; i < count; i++) {
            if (!cql_take_string(&options, &each)) {
                return false;
            }
            if (str_equal(key, option) && str_equal(each, value)) {
                return true;
            }
        }
    }
    return false;
}
