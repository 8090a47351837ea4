// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Bodies of requests (section 4.1).
#include "base/check.h"
#include "cql/message.h"

enum query_flag {
    QUERY_VALUES = 0x01,
    QUERY_PAGE_SIZE = 0x04,
    QUERY_PAGING_STATE = 0x08,
    QUERY_SERIAL_CONSISTENCY = 0x10, // of a batch as well
};
#define BATCH_PREPARED 1 // kind of an entry

static void put_pair(struct buffer *out, struct str key, struct str value) {
    cql_put_string(out, key);
    cql_put_string(out, value);
}

void cql_encode_startup(struct buffer *out, bool lz4, struct str driver_version) {
    bytes_put_be16(out, lz4 ? 4 : 3);
    // The version of the language, not of the protocol; "3.0.0" is what all servers take.
    put_pair(out, STR("CQL_VERSION"), STR("3.0.0"));
    put_pair(out, STR("DRIVER_NAME"), STR("Footfall"));
    put_pair(out, STR("DRIVER_VERSION"), driver_version);
    if (lz4) {
        put_pair(out, STR("COMPRESSION"), STR("lz4"));
    }
}

void cql_encode_options(struct buffer *out) {
    (void)out;
}

void cql_encode_auth_plain(struct buffer *out, struct str username, struct str password) {
    // message = [authzid] NUL authcid NUL passwd (RFC 4616, section 2)
    size_t len = 2 + username.len + password.len;
    if (username.len > UINT16_MAX || password.len > UINT16_MAX) {
        out->failed = out->failed == STATUS_OK ? STATUS_TOO_LARGE : out->failed;
        return;
    }
    bytes_put_be32(out, (uint32_t)len);
    buffer_append_char(out, '\0');
    buffer_append_str(out, username);
    buffer_append_char(out, '\0');
    buffer_append_str(out, password);
}

void cql_encode_register(struct buffer *out) {
    bytes_put_be16(out, 3);
    cql_put_string(out, STR("TOPOLOGY_CHANGE"));
    cql_put_string(out, STR("STATUS_CHANGE"));
    cql_put_string(out, STR("SCHEMA_CHANGE"));
}

void cql_encode_prepare(struct buffer *out, struct str text) {
    cql_put_long_string(out, text);
}

// <query_parameters> of section 4.1.4; fields in the order of their flags.
static void put_options(struct buffer *out, const struct cql_query_options *options) {
    CHECK(options->page_size >= 0);
    unsigned flags = 0;
    flags |= options->value_count > 0 ? QUERY_VALUES : 0;
    flags |= options->page_size > 0 ? QUERY_PAGE_SIZE : 0;
    flags |= options->paging_state.data != NULL ? QUERY_PAGING_STATE : 0;
    flags |= options->serial_consistency != 0 ? QUERY_SERIAL_CONSISTENCY : 0;
    bytes_put_be16(out, (uint16_t)options->consistency);
    bytes_put_u8(out, (uint8_t)flags);
    if (options->value_count > 0) {
        bytes_put_be16(out, options->value_count);
        buffer_append_str(out, options->values);
    }
    if (options->page_size > 0) {
        bytes_put_be32(out, (uint32_t)options->page_size);
    }
    if (options->paging_state.data != NULL) {
        cql_put_bytes(out, options->paging_state);
    }
    if (options->serial_consistency != 0) {
        bytes_put_be16(out, (uint16_t)options->serial_consistency);
    }
}

void cql_encode_query(struct buffer *out, struct str text,
                      const struct cql_query_options *options) {
    cql_put_long_string(out, text);
    put_options(out, options);
}

void cql_encode_execute(struct buffer *out, struct str id,
                        const struct cql_query_options *options) {
    cql_put_short_bytes(out, id);
    put_options(out, options);
}

void cql_encode_batch_begin(struct buffer *out, enum cql_batch_type type, uint16_t entry_count) {
    bytes_put_u8(out, (uint8_t)type);
    bytes_put_be16(out, entry_count);
}

void cql_encode_batch_entry(struct buffer *out, struct str id, struct str values,
                            uint16_t value_count) {
    bytes_put_u8(out, BATCH_PREPARED);
    cql_put_short_bytes(out, id);
    bytes_put_be16(out, value_count);
    buffer_append_str(out, values);
}

void cql_encode_batch_end(struct buffer *out, enum cql_consistency consistency,
                          enum cql_consistency serial_consistency) {
    bytes_put_be16(out, (uint16_t)consistency);
    bytes_put_u8(out, serial_consistency != 0 ? QUERY_SERIAL_CONSISTENCY : 0);
    if (serial_consistency != 0) {
        bytes_put_be16(out, (uint16_t)serial_consistency);
    }
}
