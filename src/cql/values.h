// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Values of CQL's types as the native protocol v4 carries them (section 6 of its specification): written into a request, read from a row.
//
// A value list is what QUERY, EXECUTE and BATCH take: per value a 4-byte big-endian length and the bytes; -1 is null, -2 "not set".
// The writer appends to a buffer of the caller's; nothing is allocated per value. Readers give slices of the result's bytes.
#ifndef FOOTFALL_CQL_VALUES_H
#define FOOTFALL_CQL_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "base/str.h"

// Type codes of section 4.2.5.2.
enum cql_type {
    CQL_CUSTOM = 0x00,
    CQL_ASCII = 0x01,
    CQL_BIGINT = 0x02,
    CQL_BLOB = 0x03,
    CQL_BOOLEAN = 0x04,
    CQL_COUNTER = 0x05,
    CQL_DECIMAL = 0x06,
    CQL_DOUBLE = 0x07,
    CQL_FLOAT = 0x08,
    CQL_INT = 0x09,
    CQL_TIMESTAMP = 0x0B,
    CQL_UUID = 0x0C,
    CQL_TEXT = 0x0D, // varchar
    CQL_VARINT = 0x0E,
    CQL_TIMEUUID = 0x0F,
    CQL_INET = 0x10,
    CQL_DATE = 0x11,
    CQL_TIME = 0x12,
    CQL_SMALLINT = 0x13,
    CQL_TINYINT = 0x14,
    CQL_LIST = 0x20,
    CQL_MAP = 0x21,
    CQL_SET = 0x22,
    CQL_UDT = 0x30,
    CQL_TUPLE = 0x31,
};

// --- Writing ------------------------------------------------------------------------------------------------------
// The values of one statement, in the order of its markers. A failed append (the buffer's maximum, no memory) sticks to the buffer.
struct cql_values {
    struct buffer *out; // the caller's; several statements may share one buffer, one after another
    size_t start;       // where this list begins in it
    uint16_t count;
    uint16_t depth; // collections that are begun and not ended
};
void cql_values_begin(struct cql_values *values, struct buffer *out);
struct str cql_values_bytes(const struct cql_values *values); // valid until the buffer grows

void cql_bind_null(struct cql_values *values);
void cql_bind_unset(struct cql_values *values); // leaves the column as it is, writes no tombstone
void cql_bind_text(struct cql_values *values, struct str text);  // data NULL: null. Also ascii
void cql_bind_blob(struct cql_values *values, struct str bytes); // data NULL: null
void cql_bind_bigint(struct cql_values *values,
                     int64_t value); // also counter, time (ns since midnight)
void cql_bind_timestamp(struct cql_values *values, int64_t ms); // since 1970, may be negative
void cql_bind_int(struct cql_values *values, int32_t value);
void cql_bind_smallint(struct cql_values *values, int16_t value);
void cql_bind_tinyint(struct cql_values *values, int8_t value);
void cql_bind_boolean(struct cql_values *values, bool value);
void cql_bind_double(struct cql_values *values, double value);
void cql_bind_float(struct cql_values *values, float value);
void cql_bind_date(struct cql_values *values, int32_t days); // since 1970-01-01, may be negative
void cql_bind_uuid(struct cql_values *values, const uint8_t uuid[16]);             // also timeuuid
void cql_bind_inet(struct cql_values *values, const uint8_t *address, size_t len); // 4 or 16
void cql_bind_varint(struct cql_values *values, int64_t value);
void cql_bind_decimal(struct cql_values *values, int32_t scale,
                      int64_t unscaled); // unscaled / 10^scale
// A list, set or map is begun, its elements bound as usual (a map's as key, value, key, value), and ended with how many elements
// (pairs) it has. They nest; a tuple's or UDT's fields likewise (its count is not written).
struct cql_collection {
    size_t start;
    uint16_t outer_count;
    bool counted;
};
struct cql_collection cql_bind_begin_collection(struct cql_values *values);
struct cql_collection cql_bind_begin_tuple(struct cql_values *values);
void cql_bind_end(struct cql_values *values, struct cql_collection collection, int32_t elements);

// --- Reading ------------------------------------------------------------------------------------------------------
// One value of a row: a slice of the result. bytes.data NULL: null.
struct cql_value {
    struct str bytes;
};
static inline bool cql_is_null(struct cql_value value) {
    return value.bytes.data == NULL;
}
// CORRUPT when the bytes have not the length of the type; *out is 0 (false) for null.
MUST_CHECK enum status cql_get_bigint(struct cql_value value,
                                      int64_t *out); // also timestamp, counter, time
MUST_CHECK enum status cql_get_int(struct cql_value value, int32_t *out);
MUST_CHECK enum status cql_get_smallint(struct cql_value value, int16_t *out);
MUST_CHECK enum status cql_get_tinyint(struct cql_value value, int8_t *out);
MUST_CHECK enum status cql_get_boolean(struct cql_value value, bool *out);
MUST_CHECK enum status cql_get_double(struct cql_value value, double *out);
MUST_CHECK enum status cql_get_float(struct cql_value value, float *out);
MUST_CHECK enum status cql_get_date(struct cql_value value, int32_t *days);
MUST_CHECK enum status cql_get_uuid(struct cql_value value, uint8_t uuid[16]);
// TOO_LARGE when it does not fit.
MUST_CHECK enum status cql_get_varint(struct cql_value value, int64_t *out);
// unscaled / 10^scale; unscaled is a varint for cql_get_varint (null of null).
MUST_CHECK enum status cql_get_decimal(struct cql_value value, int32_t *scale,
                                       struct cql_value *unscaled);
// *len: 4 or 16, 0 of null.
MUST_CHECK enum status cql_get_inet(struct cql_value value, uint8_t address[16], size_t *len);
// Elements of a list, set, map (key and value in turn), tuple or UDT. *count: elements (pairs of a map) that are declared.
struct cql_elements {
    struct str rest;
};
MUST_CHECK enum status cql_get_collection(struct cql_value value, struct cql_elements *out,
                                          int32_t *count);
void cql_get_tuple(struct cql_value value, struct cql_elements *out);
// END when there is none left, CORRUPT when it is cut off.
MUST_CHECK enum status cql_next_element(struct cql_elements *elements, struct cql_value *out);

#endif
