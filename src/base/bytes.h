// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Encoding of integers and strings in keys and stored values: big-endian for order, varints for size.
//
// Writers append to a struct buffer. Readers move a cursor and return false on truncated or overlong input, leaving the
// cursor where it was.
#ifndef FOOTFALL_BASE_BYTES_H
#define FOOTFALL_BASE_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/str.h"

void bytes_put_u8(struct buffer *out, uint8_t value);
void bytes_put_be16(struct buffer *out, uint16_t value);
void bytes_put_be32(struct buffer *out, uint32_t value);
void bytes_put_be64(struct buffer *out, uint64_t value);
void bytes_put_varint(struct buffer *out, uint64_t value); // LEB128, at most 10 bytes
void bytes_put_zigzag(struct buffer *out, int64_t value);  // zigzag + LEB128, as protobuf's sint64
void bytes_put_str(struct buffer *out, struct str value);  // varint length, then the bytes

MUST_CHECK bool bytes_get_u8(struct str *in, uint8_t *value);
MUST_CHECK bool bytes_get_be16(struct str *in, uint16_t *value);
MUST_CHECK bool bytes_get_be32(struct str *in, uint32_t *value);
MUST_CHECK bool bytes_get_be64(struct str *in, uint64_t *value);
MUST_CHECK bool bytes_get_varint(struct str *in, uint64_t *value);
MUST_CHECK bool bytes_get_zigzag(struct str *in, int64_t *value);
MUST_CHECK bool bytes_get_str(struct str *in, struct str *value); // *value points into *in
// CRC-32C (Castagnoli), hardware where present.
uint32_t bytes_crc32c(const void *data, size_t len);
uint32_t bytes_crc32c_portable(const void *data, size_t len); // the same by table, on any machine

#endif
