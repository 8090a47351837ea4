// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The notations of the protocol's messages: lengths written before what they count, and looked at before they are believed.
#include "cql/notation.h"

static bool too_long(struct buffer *out, size_t len, size_t most) {
    if (len > most && out->failed == STATUS_OK) {
        out->failed = STATUS_TOO_LARGE;
    }
    return len > most;
}

static void put_short_length(struct buffer *out, struct str s) {
    if (!too_long(out, s.len, UINT16_MAX)) {
        bytes_put_be16(out, (uint16_t)s.len);
        buffer_append_str(out, s);
    }
}

static void put_int_length(struct buffer *out, struct str s) {
    if (!too_long(out, s.len, INT32_MAX)) {
        bytes_put_be32(out, (uint32_t)s.len);
        buffer_append_str(out, s);
    }
}

void cql_put_string(struct buffer *out, struct str text) {
    put_short_length(out, text);
}

void cql_put_long_string(struct buffer *out, struct str text) {
    put_int_length(out, text);
}

void cql_put_bytes(struct buffer *out, struct str bytes) {
    if (bytes.data == NULL) {
        bytes_put_be32(out, UINT32_MAX);
    } else {
        put_int_length(out, bytes);
    }
}

void cql_put_short_bytes(struct buffer *out, struct str bytes) {
    put_short_length(out, bytes);
}

bool cql_take_raw(struct str *in, size_t len, struct str *out) {
    if (len > in->len) {
        return false;
    }
    // An empty one is not null, wherever it stands.
    *out = str_make(in->data != NULL ? in->data : "", len);
    if (len > 0) {
        in->data += len;
        in->len -= len;
    }
    return true;
}

bool cql_take_int(struct str *in, int32_t *out) {
    uint32_t value = 0;
    if (!bytes_get_be32(in, &value)) {
        return false;
    }
    *out = (int32_t)value;
    return true;
}

bool cql_take_string(struct str *in, struct str *out) {
    uint16_t len = 0;
    return bytes_get_be16(in, &len) && cql_take_raw(in, len, out);
}

bool cql_take_short_bytes(struct str *in, struct str *out) {
    return cql_take_string(in, out);
}

bool cql_take_bytes(struct str *in, struct str *out) {
    int32_t len = 0;
    if (!cql_take_int(in, &len)) {
        return false;
    }
    if (len < 0) {
        *out = STR_EMPTY;
        return true;
    }
    return cql_take_raw(in, (size_t)len, out);
}

bool cql_take_inet(struct str *in, struct cql_inet *out) {
    uint8_t len = 0;
    struct str address;
    int32_t port = 0;
    if (!bytes_get_u8(in, &len) || (len != 4 && len != 16) || !cql_take_raw(in, len, &address) ||
        !cql_take_int(in, &port) || port < 0 || port > UINT16_MAX) {
        return false;
    }
    *out = (struct cql_inet){.len = len, .port = (uint16_t)port};
    memcpy(out->address, address.data, len);
    return true;
}

static bool take_string_pair(struct str *in) {
    struct str key;
    struct str values;
    uint16_t count = 0;
    return cql_take_string(in, &key) && cql_take_string_list(in, &values, &count);
}

static bool take_bytes_pair(struct str *in) {
    struct str key;
    struct str value;
    return cql_take_string(in, &key) && cql_take_bytes(in, &value);
}

static bool take_one_string(struct str *in) {
    struct str s;
    return cql_take_string(in, &s);
}

// A [short] n and n of what take_one moves over.
static bool take_counted(struct str *in, bool (*take_one)(struct str *in), struct str *out,
                         uint16_t *count) {
    if (!bytes_get_be16(in, count)) {
        return false;
    }
    struct str all = *in;
    for (uint16_t i = 0; i < *count; i++) {
        if (!take_one(in)) {
            return false;
        }
    }
    *out = str_make(all.data, all.len - in->len);
    return true;
}

bool cql_take_string_list(struct str *in, struct str *out, uint16_t *count) {
    return take_counted(in, take_one_string, out, count);
}

bool cql_take_string_multimap(struct str *in, struct str *out, uint16_t *count) {
    return take_counted(in, take_string_pair, out, count);
}

bool cql_take_bytes_map(struct str *in, struct str *out, uint16_t *count) {
    return take_counted(in, take_bytes_pair, out, count);
}
