// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The stored form of consecutive records of one partition: one header, one checksum, one compressed payload.
//
//   crc32c BE32 over all that follows | magic 0xFB | version 1 | codec | partition | base offset | count | base timestamp
//   | segment base | segment bytes | segment's newest timestamp | raw length | payload
//
// From the codec on, numbers are varints (timestamps zigzag). The raw payload is, for each record: timestamp minus the one before
// (zigzag), key length, key, value length, value. docs/adr/0001-record-batches.md says why and gives the measurements.
//
// The codec says what the payload is: raw; raw through zstd; packed, as record_pack.h takes raw apart: text length, times length
// (varints), text, times, uuids; or that with text and times in one zstd frame, whose length precedes it as a varint.
#ifndef FOOTFALL_EVENTLOG_RECORD_BATCH_H
#define FOOTFALL_EVENTLOG_RECORD_BATCH_H

#include "eventlog/eventlog.h"
#include "eventlog/record_pack.h"

// A writer closes a batch when its raw payload reaches the target, so with one more record it stays below the most; a reader refuses
// more than that.
#define RECORD_BATCH_RAW_TARGET (128 * 1024)
#define RECORD_BATCH_RAW_MAX (2 * 1024 * 1024)
// Raw bytes from which a batch is compressed; smaller ones are left to the engine's block compression.
#define RECORD_BATCH_COMPRESS_FROM 4096
#define RECORD_BATCH_PADDING 64 // readable bytes behind a raw payload

enum record_batch_codec {
    RECORD_BATCH_CODEC_NONE = 0,
    RECORD_BATCH_CODEC_ZSTD = 1,
    RECORD_BATCH_CODEC_PACKED = 2,
    RECORD_BATCH_CODEC_PACKED_ZSTD = 3
};

struct record_batch_header {
    enum record_batch_codec codec; // set by encode and parse
    unsigned partition;
    int64_t base_offset;
    uint32_t count;
    int64_t base_timestamp; // what the first record's delta counts from
    // The run of batches that retention drops as one (segment.h), as it stood before this batch:
    int64_t segment_base;   // its first offset
    uint64_t segment_bytes; // encoded bytes
    int64_t segment_newest; // newest timestamp in it, this batch included
    size_t raw_len;
};

// Compression state, worth keeping: one a thread. Zeroed is valid; made at first use.
struct record_batch_context {
    struct ZSTD_CCtx_s *compress;
    struct ZSTD_DCtx_s *decompress;
    struct record_pack pack;
};
void record_batch_context_free(struct record_batch_context *context);

// Adds a record to a raw payload. *last_timestamp: the record's before it (the base timestamp for the first).
void record_batch_add(struct buffer *raw, const struct eventlog_record *record,
                      int64_t *last_timestamp);
// Appends the encoded batch to out. OK or NO_MEMORY (also when out is at its maximum).
MUST_CHECK enum status record_batch_encode(struct record_batch_context *context,
                                           const struct record_batch_header *header, struct str raw,
                                           struct buffer *out);
// Checks everything but the records. CORRUPT for whatever encode would not have written.
MUST_CHECK enum status record_batch_parse(struct str encoded, struct record_batch_header *header,
                                          struct str *payload);
// raw: room for header->raw_len + RECORD_BATCH_PADDING; the padding is zeroed. OK, CORRUPT or NO_MEMORY.
MUST_CHECK enum status record_batch_decompress(struct record_batch_context *context,
                                               const struct record_batch_header *header,
                                               struct str payload, char *raw);

// Walks the records of a raw payload; views point into it.
struct record_batch_reader {
    struct str rest;
    int64_t offset;
    int64_t timestamp;
    uint32_t left;
};
void record_batch_reader_init(struct record_batch_reader *reader, struct str raw,
                              int64_t base_offset, int64_t base_timestamp, uint32_t count);
// OK; END behind the last; CORRUPT when the payload does not hold what the header says.
MUST_CHECK enum status record_batch_next(struct record_batch_reader *reader,
                                         struct eventlog_view *view);

#endif
