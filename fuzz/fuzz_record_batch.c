// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Feeds a record batch reader with bytes whose checksum has been made right, so that all behind it is reached.
#include <stdlib.h>

#include "base/bytes.h"
#include "eventlog/record_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The input as one record, whose key is its first bytes: what is packed must come back byte for byte.
static void round_trip(struct record_batch_context *context, const char *data, size_t size) {
    size_t key_len = size > 0 ? (size_t)(unsigned char)data[0] % 64 : 0;
    key_len = key_len < size ? key_len : size;
    const struct eventlog_record record = {str_make(data, key_len),
                                           str_make(data + key_len, size - key_len), (int64_t)size};
    struct buffer raw;
    buffer_init(&raw, RECORD_BATCH_RAW_MAX);
    int64_t last = 0;
    record_batch_add(&raw, &record, &last);
    record_batch_add(&raw, &record, &last);
    struct record_pack *pack = &context->pack;
    if (buffer_status(&raw) == STATUS_OK &&
        record_pack_encode(pack, buffer_str(&raw), INT64_C(1700000000000), 2)) {
        const struct record_pack_parts parts = {buffer_str(&pack->text), buffer_str(&pack->times),
                                                buffer_str(&pack->uuids)};
        char *again = malloc(raw.len);
        if (again != NULL &&
            (!record_pack_decode(parts, INT64_C(1700000000000), 2, again, raw.len) ||
             memcmp(again, raw.data, raw.len) != 0)) {
            abort();
        }
        free(again);
    }
    buffer_free(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *encoded = malloc(size + 4);
    if (encoded == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(encoded + 4, data, size);
    }
    uint32_t crc = bytes_crc32c(encoded + 4, size);
    for (unsigned i = 0; i < 4; i++) {
        encoded[i] = (char)(unsigned char)(crc >> (24 - 8 * i));
    }
    struct record_batch_context context = {0};
    round_trip(&context, encoded + 4, size);
    struct record_batch_header header;
    struct str payload;
    if (record_batch_parse(str_make(encoded, size + 4), &header, &payload) == STATUS_OK) {
        char *raw = malloc(header.raw_len + RECORD_BATCH_PADDING);
        if (raw != NULL && record_batch_decompress(&context, &header, payload, raw) == STATUS_OK) {
            struct record_batch_reader reader;
            struct eventlog_view view;
            record_batch_reader_init(&reader, str_make(raw, header.raw_len), header.base_offset,
                                     header.base_timestamp, header.count);
            while (record_batch_next(&reader, &view) == STATUS_OK) {
                if (view.value.len > 0 && view.value.data + view.value.len > raw + header.raw_len) {
                    abort();
                }
            }
        }
        free(raw);
    }
    record_batch_context_free(&context);
    free(encoded);
    return 0;
}
