// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Encodes and decodes record batches; trusts no byte it reads.
#include "eventlog/record_batch.h"

#include <stdlib.h>
#include <zstd.h>

#include "base/bytes.h"
#include "base/check.h"

#define RECORD_BATCH_MAGIC 0xFB
#define RECORD_BATCH_VERSION 1
#define RECORD_BATCH_HEADER_MAX 96
// Faster levels keep half as much again, slower ones cost more and keep the same: figures in the ADR.
#define RECORD_BATCH_ZSTD_LEVEL 1

void record_batch_context_free(struct record_batch_context *context) {
    ZSTD_freeCCtx(context->compress);
    ZSTD_freeDCtx(context->decompress);
    context->compress = NULL;
    context->decompress = NULL;
}

// Differences go through unsigned arithmetic: timestamps come from outside and may be anything.
static int64_t difference(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t sum(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

void record_batch_add(struct buffer *raw, const struct eventlog_record *record,
                      int64_t *last_timestamp) {
    bytes_put_zigzag(raw, difference(record->timestamp_ms, *last_timestamp));
    bytes_put_str(raw, record->key);
    bytes_put_str(raw, record->value);
    *last_timestamp = record->timestamp_ms;
}

static void put_header(struct buffer *out, const struct record_batch_header *header,
                       enum record_batch_codec codec) {
    bytes_put_u8(out, RECORD_BATCH_MAGIC);
    bytes_put_u8(out, RECORD_BATCH_VERSION);
    bytes_put_u8(out, (uint8_t)codec);
    bytes_put_varint(out, header->partition);
    bytes_put_varint(out, (uint64_t)header->base_offset);
    bytes_put_varint(out, header->count);
    bytes_put_zigzag(out, header->base_timestamp);
    bytes_put_varint(out, (uint64_t)difference(header->base_offset, header->segment_base));
    bytes_put_varint(out, header->segment_bytes);
    bytes_put_zigzag(out, difference(header->segment_newest, header->base_timestamp));
    bytes_put_varint(out, header->raw_len);
}

// Compressed payload at the end of out; false when there is nothing to gain or no memory for trying.
static bool put_compressed(struct record_batch_context *context, struct str raw,
                           struct buffer *out) {
    if (context->compress == NULL) {
        context->compress = ZSTD_createCCtx();
    }
    size_t bound = ZSTD_compressBound(raw.len);
    if (context->compress == NULL || buffer_reserve(out, bound) != STATUS_OK) {
        return false;
    }
    size_t n = ZSTD_compressCCtx(context->compress, out->data + out->len, bound, raw.data, raw.len,
                                 RECORD_BATCH_ZSTD_LEVEL);
    if (ZSTD_isError(n) || n >= raw.len) {
        return false;
    }
    out->len += n;
    return true;
}

enum status record_batch_encode(struct record_batch_context *context,
                                const struct record_batch_header *header, struct str raw,
                                struct buffer *out) {
    CHECK(header->count > 0 && raw.len <= RECORD_BATCH_RAW_MAX && header->raw_len == raw.len);
    CHECK(header->segment_base <= header->base_offset && header->base_offset >= 0);
    if (buffer_reserve(out, 4 + RECORD_BATCH_HEADER_MAX + raw.len) != STATUS_OK) {
        return STATUS_NO_MEMORY;
    }
    size_t start = out->len;
    bytes_put_be32(out, 0);
    put_header(out, header, RECORD_BATCH_CODEC_ZSTD);
    if (raw.len < RECORD_BATCH_COMPRESS_FROM || !put_compressed(context, raw, out)) {
        out->len = start + 4;
        put_header(out, header, RECORD_BATCH_CODEC_NONE);
        buffer_append_str(out, raw);
    }
    if (buffer_status(out) != STATUS_OK) {
        return STATUS_NO_MEMORY;
    }
    uint32_t crc = bytes_crc32c(out->data + start + 4, out->len - start - 4);
    for (size_t i = 0; i < 4; i++) {
        out->data[start + i] = (char)(unsigned char)(crc >> (24 - 8 * i));
    }
    return STATUS_OK;
}

static bool get_header(struct str *in, struct record_batch_header *header) {
    uint8_t magic = 0;
    uint8_t version = 0;
    uint8_t codec = 0;
    uint64_t partition = 0;
    uint64_t base = 0;
    uint64_t count = 0;
    uint64_t segment_distance = 0;
    uint64_t raw_len = 0;
    int64_t newest_distance = 0;
    bool read =
        bytes_get_u8(in, &magic) && bytes_get_u8(in, &version) && bytes_get_u8(in, &codec) &&
        bytes_get_varint(in, &partition) && bytes_get_varint(in, &base) &&
        bytes_get_varint(in, &count) && bytes_get_zigzag(in, &header->base_timestamp) &&
        bytes_get_varint(in, &segment_distance) && bytes_get_varint(in, &header->segment_bytes) &&
        bytes_get_zigzag(in, &newest_distance) && bytes_get_varint(in, &raw_len);
    if (!read || magic != RECORD_BATCH_MAGIC || version != RECORD_BATCH_VERSION ||
        codec > RECORD_BATCH_CODEC_ZSTD || partition >= EVENTLOG_PARTITIONS_MAX ||
        base > INT64_MAX / 2 || segment_distance > base || raw_len > RECORD_BATCH_RAW_MAX ||
        count == 0 || count > raw_len / 3) { // a record takes three bytes at least
        return false;
    }
    header->codec = (enum record_batch_codec)codec;
    header->partition = (unsigned)partition;
    header->base_offset = (int64_t)base;
    header->count = (uint32_t)count;
    header->segment_base = (int64_t)(base - segment_distance);
    header->segment_newest = sum(header->base_timestamp, newest_distance);
    header->raw_len = (size_t)raw_len;
    return true;
}

enum status record_batch_parse(struct str encoded, struct record_batch_header *header,
                               struct str *payload) {
    *header = (struct record_batch_header){0};
    uint32_t crc = 0;
    if (!bytes_get_be32(&encoded, &crc) || crc != bytes_crc32c(encoded.data, encoded.len) ||
        !get_header(&encoded, header)) {
        return STATUS_CORRUPT;
    }
    if (header->codec == RECORD_BATCH_CODEC_NONE && encoded.len != header->raw_len) {
        return STATUS_CORRUPT;
    }
    *payload = encoded;
    return STATUS_OK;
}

enum status record_batch_decompress(struct record_batch_context *context,
                                    const struct record_batch_header *header, struct str payload,
                                    char *raw) {
    if (header->codec == RECORD_BATCH_CODEC_NONE) {
        memcpy(raw, payload.data, payload.len);
    } else {
        if (context->decompress == NULL) {
            context->decompress = ZSTD_createDCtx();
        }
        if (context->decompress == NULL) {
            return STATUS_NO_MEMORY;
        }
        size_t n = ZSTD_decompressDCtx(context->decompress, raw, header->raw_len, payload.data,
                                       payload.len);
        if (ZSTD_isError(n) || n != header->raw_len) {
            return STATUS_CORRUPT;
        }
    }
    memset(raw + header->raw_len, 0, RECORD_BATCH_PADDING);
    return STATUS_OK;
}

void record_batch_reader_init(struct record_batch_reader *reader, struct str raw,
                              int64_t base_offset, int64_t base_timestamp, uint32_t count) {
    *reader = (struct record_batch_reader){
        .rest = raw, .offset = base_offset, .timestamp = base_timestamp, .left = count};
}

enum status record_batch_next(struct record_batch_reader *reader, struct eventlog_view *view) {
    if (reader->left == 0) {
        return reader->rest.len == 0 ? STATUS_END : STATUS_CORRUPT;
    }
    int64_t delta = 0;
    if (!bytes_get_zigzag(&reader->rest, &delta) || !bytes_get_str(&reader->rest, &view->key) ||
        !bytes_get_str(&reader->rest, &view->value)) {
        return STATUS_CORRUPT;
    }
    reader->timestamp = sum(reader->timestamp, delta);
    reader->left--;
    view->timestamp_ms = reader->timestamp;
    view->offset = reader->offset++;
    return STATUS_OK;
}
