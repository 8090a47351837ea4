// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A raw payload of a record batch taken apart, so that less of it is noise to a compressor, and put together again byte for byte.
//
//   text    the payload itself, but in keys and values one byte stands for each of
//             0xFC  what follows the last NUL of the record's key (once a value, within its first 256 bytes)
//             0xFD  a UUID of 36 lower-case characters (RFC 9562)
//             0xFE  a time like 2026-11-23T06:42:48.123Z
//             0xFF  the byte behind it, which is 0xFC to 0xFF itself
//   times   milliseconds since the time before that stood behind similar text, at first since the batch's base timestamp; zigzag.
//           Apart, so that text has long repetitions.
//   uuids   16 bytes each. Random in most bits, so they are kept out of what is compressed.
#ifndef FOOTFALL_EVENTLOG_RECORD_PACK_H
#define FOOTFALL_EVENTLOG_RECORD_PACK_H

#include "base/buffer.h"

// Zeroed is valid; the buffers are kept from one batch to the next.
struct record_pack {
    struct buffer text;
    struct buffer times;
    struct buffer uuids;
};
void record_pack_free(struct record_pack *pack);
// Empties a buffer of a pack and makes room in it.
MUST_CHECK enum status record_pack_reserve(struct buffer *buffer, size_t room);

// Fills pack. False when that takes more room than raw, or memory is short: then raw is kept as it is.
MUST_CHECK bool record_pack_encode(struct record_pack *pack, struct str raw, int64_t base_timestamp,
                                   uint32_t count);

struct record_pack_parts {
    struct str text;
    struct str times;
    struct str uuids;
};
// Fills raw[raw_len] exactly, or returns false; trusts nothing in parts.
MUST_CHECK bool record_pack_decode(struct record_pack_parts parts, int64_t base_timestamp,
                                   uint32_t count, char *raw, size_t raw_len);

#endif
