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
// Of packed text level 3 keeps less than 1 and costs as much; above, either changes: figures in the ADR.
#define RECORD_BATCH_ZSTD_LEVEL 3

void record_batch_context_free(struct record_batch_context *context) {
    ZSTD_freeCCtx(context->compress);
    ZSTD_freeDCtx(context->decompress);
    context->compress = NULL;
    context->decompress = NULL;
    record_pack_free(&context->pack);
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

// Appends data in compressed form, its length in front when asked to; false when there is nothing to gain or no memory for trying.
static bool put_compressed(struct record_batch_context *context, struct str data, bool with_length,
                           struct buffer *out) {
    if (context->compress == NULL) {
        context->compress = ZSTD_createCCtx();
    }
    size_t bound = ZSTD_compressBound(data.len);
    if (context->compress == NULL || buffer_reserve(out, bound + 10) != STATUS_OK) {
        return false;
    }
    // The length's own length is known afterwards, so the frame is moved behind it.
    char *to = out->data + out->len + 10;
    size_t n = ZSTD_compressCCtx(context->compress, to, bound, data.data, data.len,
                                 RECORD_BATCH_ZSTD_LEVEL);
    if (ZSTD_isError(n) || n >= data.len) {
        return false;
    }
    if (with_length) {
        bytes_put_varint(out, n);
    }
    memmove(out->data + out->len, to, n);
    out->len += n;
    return true;
}

static bool put_packed(struct record_batch_context *context,
                       const struct record_batch_header *header, struct str raw, bool compress,
                       struct buffer *out) {
    struct record_pack *pack = &context->pack;
    if (!record_pack_encode(pack, raw, header->base_timestamp, header->count)) {
        return false;
    }
    size_t text_len = pack->text.len;
    buffer_append_str(&pack->text, buffer_str(&pack->times));
    size_t start = out->len;
    put_header(out, header, compress ? RECORD_BATCH_CODEC_PACKED_ZSTD : RECORD_BATCH_CODEC_PACKED);
    bytes_put_varint(out, text_len);
    bytes_put_varint(out, pack->times.len);
    if (compress && !put_compressed(context, buffer_str(&pack->text), true, out)) {
        return false;
    }
    if (!compress) {
        buffer_append_str(out, buffer_str(&pack->text));
    }
    buffer_append_str(out, buffer_str(&pack->uuids));
    return buffer_status(&pack->text) == STATUS_OK && buffer_status(out) == STATUS_OK &&
           out->len - start < raw.len;
}

// The first form that works and saves something.
static void put_payload(struct record_batch_context *context,
                        const struct record_batch_header *header, struct str raw,
                        struct buffer *out) {
    size_t start = out->len;
    bool compress = raw.len >= RECORD_BATCH_COMPRESS_FROM;
    if (put_packed(context, header, raw, compress, out)) {
        return;
    }
    out->len = start;
    put_header(out, header, RECORD_BATCH_CODEC_ZSTD);
    if (compress && put_compressed(context, raw, false, out)) {
        return;
    }
    out->len = start;
    put_header(out, header, RECORD_BATCH_CODEC_NONE);
    buffer_append_str(out, raw);
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
    put_payload(context, header, raw, out);
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
        codec > RECORD_BATCH_CODEC_PACKED_ZSTD || partition >= EVENTLOG_PARTITIONS_MAX ||
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

// Exactly len bytes.
static enum status decompress(struct record_batch_context *context, struct str frame, char *out,
                              size_t len) {
    if (context->decompress == NULL) {
        context->decompress = ZSTD_createDCtx();
    }
    if (context->decompress == NULL) {
        return STATUS_NO_MEMORY;
    }
    size_t n = ZSTD_decompressDCtx(context->decompress, out, len, frame.data, frame.len);
    return ZSTD_isError(n) || n != len ? STATUS_CORRUPT : STATUS_OK;
}

// Text and times, uncompressed, in front of the uuids.
static enum status unpack(struct record_batch_context *context,
                          const struct record_batch_header *header, struct str payload, char *raw) {
    uint64_t text_len = 0;
    uint64_t times_len = 0;
    // Neither part is longer than what it was made of, but for bytes that need a mark in front: twice.
    if (!bytes_get_varint(&payload, &text_len) || !bytes_get_varint(&payload, &times_len) ||
        text_len > 2 * header->raw_len || times_len > header->raw_len) {
        return STATUS_CORRUPT;
    }
    size_t len = (size_t)(text_len + times_len);
    struct str both = payload;
    if (header->codec == RECORD_BATCH_CODEC_PACKED_ZSTD) {
        struct str frame;
        struct buffer *buffer = &context->pack.text;
        if (!bytes_get_str(&payload, &frame)) {
            return STATUS_CORRUPT;
        }
        enum status status = record_pack_reserve(buffer, len);
        status = status == STATUS_OK ? decompress(context, frame, buffer->data, len) : status;
        if (status != STATUS_OK) {
            return status;
        }
        both = str_make(buffer->data, len);
    } else if (payload.len < len) {
        return STATUS_CORRUPT;
    } else {
        payload = str_make(payload.data + len, payload.len - len);
    }
    const struct record_pack_parts parts = {
        str_make(both.data, (size_t)text_len),
        str_make(both.data + text_len, (size_t)times_len),
        payload,
    };
    return record_pack_decode(parts, header->base_timestamp, header->count, raw, header->raw_len)
               ? STATUS_OK
               : STATUS_CORRUPT;
}

enum status record_batch_decompress(struct record_batch_context *context,
                                    const struct record_batch_header *header, struct str payload,
                                    char *raw) {
    enum status status = STATUS_OK;
    switch (header->codec) {
    case RECORD_BATCH_CODEC_NONE: memcpy(raw, payload.data, payload.len); break;
    case RECORD_BATCH_CODEC_ZSTD:
        status = decompress(context, payload, raw, header->raw_len);
        break;
    case RECORD_BATCH_CODEC_PACKED:
    case RECORD_BATCH_CODEC_PACKED_ZSTD: status = unpack(context, header, payload, raw); break;
    }
    memset(raw + header->raw_len, 0, RECORD_BATCH_PADDING);
    return status;
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
