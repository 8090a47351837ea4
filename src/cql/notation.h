// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What messages are made of: the notations of section 3 of the native protocol v4 ([string], [bytes], [inet], ...).
//
// Writers append to a buffer; what is too long for its length field makes the buffer fail with TOO_LARGE. Readers move *in behind what
// they read and give slices of it; false when it ends too early or says what cannot be, and *in is then of no use.
// Plain integers ([int], [short], [long]) are base/bytes.h's.
#ifndef FOOTFALL_CQL_NOTATION_H
#define FOOTFALL_CQL_NOTATION_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/str.h"

void cql_put_string(struct buffer *out, struct str text);       // [short] length
void cql_put_long_string(struct buffer *out, struct str text);  // [int] length
void cql_put_bytes(struct buffer *out, struct str bytes);       // [int] length; data NULL: -1, null
void cql_put_short_bytes(struct buffer *out, struct str bytes); // [short] length

// An address and port as [inet] and [inetaddr] say it.
struct cql_inet {
    uint8_t address[16];
    uint8_t len; // 4 or 16
    uint16_t port;
};

MUST_CHECK bool cql_take_string(struct str *in,
                                struct str *out);                // data never NULL, also when empty
MUST_CHECK bool cql_take_bytes(struct str *in, struct str *out); // a negative length: data NULL
MUST_CHECK bool cql_take_short_bytes(struct str *in, struct str *out);
MUST_CHECK bool cql_take_int(struct str *in, int32_t *out);
MUST_CHECK bool cql_take_raw(struct str *in, size_t len, struct str *out);
MUST_CHECK bool cql_take_inet(struct str *in, struct cql_inet *out);
// Over a whole [string list], [string multimap], [bytes map], looking at each length: *out is the list without its count.
MUST_CHECK bool cql_take_string_list(struct str *in, struct str *out, uint16_t *count);
MUST_CHECK bool cql_take_string_multimap(struct str *in, struct str *out, uint16_t *count);
MUST_CHECK bool cql_take_bytes_map(struct str *in, struct str *out, uint16_t *count);

#endif
