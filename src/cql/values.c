// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Values as section 6 of the protocol's specification carries them: a 4-byte length and big-endian bytes.
#include "cql/values.h"

#include "base/bytes.h"
#include "base/check.h"
#include "cql/notation.h"

#define NULL_LENGTH UINT32_MAX         // -1
#define UNSET_LENGTH (UINT32_MAX - 1)  // -2
#define EPOCH_DAY UINT32_C(0x80000000) // dates are unsigned, 1970-01-01 in the middle

static void fail_too_large(struct buffer *out) {
    if (out->failed == STATUS_OK) {
        out->failed = STATUS_TOO_LARGE;
    }
}

static uint64_t big_endian(const char *data, size_t len) {
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | (uint8_t)data[i];
    }
    return value;
}

// --- Writing ------------------------------------------------------------------------------------------------------
void cql_values_begin(struct cql_values *values, struct buffer *out) {
    *values = (struct cql_values){.out = out, .start = out->len};
}

struct str cql_values_bytes(const struct cql_values *values) {
    const struct buffer *out = values->out;
    return out->len > values->start ? str_make(out->data + values->start, out->len - values->start)
                                    : STR_EMPTY;
}

// Elements of a collection are counted by who ends it and may be more than a statement may have values.
static void count_one(struct cql_values *values) {
    if (values->count < UINT16_MAX) {
        values->count++;
    } else if (values->depth == 0) {
        fail_too_large(values->out);
    }
}

// The lower len bytes of value, in one append, so that it happens whole or not at all.
static void bind_fixed(struct cql_values *values, uint64_t value, unsigned len) {
    uint8_t bytes[4 + 8] = {0, 0, 0, (uint8_t)len};
    for (unsigned i = 0; i < len; i++) {
        bytes[4 + i] = (uint8_t)(value >> (8 * (len - 1 - i)));
    }
    buffer_append(values->out, bytes, 4 + len);
    count_one(values);
}

static void bind_bytes(struct cql_values *values, const void *data, size_t len) {
    if (len > INT32_MAX) {
        fail_too_large(values->out);
    } else {
        bytes_put_be32(values->out, (uint32_t)len);
        buffer_append(values->out, data, len);
    }
    count_one(values);
}

void cql_bind_null(struct cql_values *values) {
    bytes_put_be32(values->out, NULL_LENGTH);
    count_one(values);
}

void cql_bind_unset(struct cql_values *values) {
    bytes_put_be32(values->out, UNSET_LENGTH);
    count_one(values);
}

void cql_bind_blob(struct cql_values *values, struct str bytes) {
    if (bytes.data == NULL) {
        cql_bind_null(values);
    } else {
        bind_bytes(values, bytes.data, bytes.len);
    }
}

void cql_bind_text(struct cql_values *values, struct str text) {
    cql_bind_blob(values, text);
}

void cql_bind_bigint(struct cql_values *values, int64_t value) {
    bind_fixed(values, (uint64_t)value, 8);
}

void cql_bind_timestamp(struct cql_values *values, int64_t ms) {
    bind_fixed(values, (uint64_t)ms, 8);
}

void cql_bind_int(struct cql_values *values, int32_t value) {
    bind_fixed(values, (uint32_t)value, 4);
}

void cql_bind_smallint(struct cql_values *values, int16_t value) {
    bind_fixed(values, (uint16_t)value, 2);
}

void cql_bind_tinyint(struct cql_values *values, int8_t value) {
    bind_fixed(values, (uint8_t)value, 1);
}

void cql_bind_boolean(struct cql_values *values, bool value) {
    bind_fixed(values, value ? 1 : 0, 1);
}

void cql_bind_double(struct cql_values *values, double value) {
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    bind_fixed(values, bits, 8);
}

void cql_bind_float(struct cql_values *values, float value) {
    uint32_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    bind_fixed(values, bits, 4);
}

void cql_bind_date(struct cql_values *values, int32_t days) {
    bind_fixed(values, (uint32_t)days ^ EPOCH_DAY, 4);
}

void cql_bind_uuid(struct cql_values *values, const uint8_t uuid[16]) {
    bind_bytes(values, uuid, 16);
}

void cql_bind_inet(struct cql_values *values, const uint8_t *address, size_t len) {
    CHECK(len == 4 || len == 16);
    bind_bytes(values, address, len);
}

// Two's complement in as few bytes as keep the sign (java.math.BigInteger).
static unsigned varint_len(int64_t value) {
    unsigned len = 1;
    while (len < 8 &&
           (value < -(INT64_C(1) << (8 * len - 1)) || value >= INT64_C(1) << (8 * len - 1))) {
        len++;
    }
    return len;
}

void cql_bind_varint(struct cql_values *values, int64_t value) {
    bind_fixed(values, (uint64_t)value, varint_len(value));
}

void cql_bind_decimal(struct cql_values *values, int32_t scale, int64_t unscaled) {
    uint8_t bytes[4 + 8];
    unsigned len = varint_len(unscaled);
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)((uint32_t)scale >> (8 * (3 - i)));
    }
    for (unsigned i = 0; i < len; i++) {
        bytes[4 + i] = (uint8_t)((uint64_t)unscaled >> (8 * (len - 1 - i)));
    }
    bind_bytes(values, bytes, 4 + len);
}

static struct cql_collection begin(struct cql_values *values, bool counted) {
    struct cql_collection collection = {values->out->len, values->count, counted};
    // Lengths and counts are known at the end.
    buffer_append(values->out, "\0\0\0\0\0\0\0", counted ? 8 : 4);
    values->count = 0;
    values->depth++;
    return collection;
}

struct cql_collection cql_bind_begin_collection(struct cql_values *values) {
    return begin(values, true);
}

struct cql_collection cql_bind_begin_tuple(struct cql_values *values) {
    return begin(values, false);
}

static void patch_be32(struct buffer *out, size_t at, uint32_t value) {
    for (unsigned i = 0; i < 4; i++) {
        out->data[at + i] = (char)(uint8_t)(value >> (8 * (3 - i)));
    }
}

void cql_bind_end(struct cql_values *values, struct cql_collection collection, int32_t elements) {
    CHECK(values->depth > 0 && elements >= 0);
    struct buffer *out = values->out;
    values->depth--;
    values->count = collection.outer_count;
    count_one(values);
    if (buffer_status(out) != STATUS_OK) {
        return;
    }
    size_t len = out->len - collection.start - 4;
    if (len > INT32_MAX) {
        fail_too_large(out);
        return;
    }
    patch_be32(out, collection.start, (uint32_t)len);
    if (collection.counted) {
        patch_be32(out, collection.start + 4, (uint32_t)elements);
    }
}

// --- Reading ------------------------------------------------------------------------------------------------------
static enum status get_fixed(struct cql_value value, size_t len, uint64_t *out) {
    *out = 0;
    if (cql_is_null(value)) {
        return STATUS_OK;
    }
    if (value.bytes.len != len) {
        return STATUS_CORRUPT;
    }
    *out = big_endian(value.bytes.data, len);
    return STATUS_OK;
}

enum status cql_get_bigint(struct cql_value value, int64_t *out) {
    uint64_t bits = 0;
    enum status status = get_fixed(value, 8, &bits);
    *out = (int64_t)bits;
    return status;
}

enum status cql_get_int(struct cql_value value, int32_t *out) {
    uint64_t bits = 0;
    enum status status = get_fixed(value, 4, &bits);
    *out = (int32_t)(uint32_t)bits;
    return status;
}

enum status cql_get_smallint(struct cql_value value, int16_t *out) {
    uint64_t bits = 0;
    enum status status = get_fixed(value, 2, &bits);
    *out = (int16_t)(uint16_t)bits;
    return status;
}

enum status cql_get_tinyint(struct cql_value value, int8_t *out) {
    uint64_t bits = 0;
    enum status status = get_fixed(value, 1, &bits);
    *out = (int8_t)(uint8_t)bits;
    return status;
}

enum status cql_get_boolean(struct cql_value value, bool *out) {
    uint64_t bits = 0;
    enum status status = get_fixed(value, 1, &bits);
    *out = bits != 0;
    return status;
}

enum status cql_get_double(struct cql_value value, double *out) {
    uint64_t bits = 0;
    enum status status = get_fixed(value, 8, &bits);
    memcpy(out, &bits, sizeof *out);
    return status;
}

enum status cql_get_float(struct cql_value value, float *out) {
    uint64_t wide = 0;
    enum status status = get_fixed(value, 4, &wide);
    uint32_t bits = (uint32_t)wide;
    memcpy(out, &bits, sizeof *out);
    return status;
}

enum status cql_get_date(struct cql_value value, int32_t *days) {
    uint64_t bits = EPOCH_DAY;
    enum status status = get_fixed(value, 4, &bits);
    *days = cql_is_null(value) || status != STATUS_OK ? 0 : (int32_t)((uint32_t)bits ^ EPOCH_DAY);
    return status;
}

enum status cql_get_uuid(struct cql_value value, uint8_t uuid[16]) {
    memset(uuid, 0, 16);
    if (cql_is_null(value)) {
        return STATUS_OK;
    }
    if (value.bytes.len != 16) {
        return STATUS_CORRUPT;
    }
    memcpy(uuid, value.bytes.data, 16);
    return STATUS_OK;
}

enum status cql_get_varint(struct cql_value value, int64_t *out) {
    *out = 0;
    if (cql_is_null(value)) {
        return STATUS_OK;
    }
    struct str bytes = value.bytes;
    if (bytes.len == 0) {
        return STATUS_CORRUPT;
    }
    char sign = (char)((uint8_t)bytes.data[0] >= 0x80 ? 0xFF : 0);
    // What is in front of the last eight bytes may only repeat the sign, and the first of the eight must have it too.
    while (bytes.len > 8) {
        if (bytes.data[0] != sign || ((bytes.data[1] ^ sign) & 0x80) != 0) {
            return STATUS_TOO_LARGE;
        }
        bytes.data++;
        bytes.len--;
    }
    uint64_t bits = big_endian(bytes.data, bytes.len);
    if (sign != 0 && bytes.len < 8) {
        bits |= UINT64_MAX << (8 * bytes.len);
    }
    *out = (int64_t)bits;
    return STATUS_OK;
}

enum status cql_get_decimal(struct cql_value value, int32_t *scale, struct cql_value *unscaled) {
    *scale = 0;
    *unscaled = (struct cql_value){STR_EMPTY};
    if (cql_is_null(value)) {
        return STATUS_OK;
    }
    struct str rest = value.bytes;
    if (rest.len < 5 || !cql_take_int(&rest, scale)) {
        return STATUS_CORRUPT;
    }
    unscaled->bytes = rest;
    return STATUS_OK;
}

enum status cql_get_inet(struct cql_value value, uint8_t address[16], size_t *len) {
    memset(address, 0, 16);
    *len = 0;
    if (cql_is_null(value)) {
        return STATUS_OK;
    }
    if (value.bytes.len != 4 && value.bytes.len != 16) {
        return STATUS_CORRUPT;
    }
    memcpy(address, value.bytes.data, value.bytes.len);
    *len = value.bytes.len;
    return STATUS_OK;
}

enum status cql_get_collection(struct cql_value value, struct cql_elements *out, int32_t *count) {
    *out = (struct cql_elements){STR_EMPTY};
    *count = 0;
    if (cql_is_null(value)) {
        return STATUS_OK;
    }
    struct str rest = value.bytes;
    int32_t declared = 0;
    // Every element has at least its length: a count that the bytes cannot hold must not size anybody's array.
    if (!cql_take_int(&rest, &declared) || declared < 0 || (size_t)declared > rest.len / 4) {
        return STATUS_CORRUPT;
    }
    out->rest = rest;
    *count = declared;
    return STATUS_OK;
}

void cql_get_tuple(struct cql_value value, struct cql_elements *out) {
    out->rest = value.bytes;
}

enum status cql_next_element(struct cql_elements *elements, struct cql_value *out) {
    if (elements->rest.len == 0) {
        *out = (struct cql_value){STR_EMPTY};
        return STATUS_END;
    }
    return cql_take_bytes(&elements->rest, &out->bytes) ? STATUS_OK : STATUS_CORRUPT;
}
