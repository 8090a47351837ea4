// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Feeds a record batch reader with bytes whose checksum has been made right, so that all behind it is reached.
#include <stdlib.h>

#include "base/bytes.h"
#include "eventlog/record_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
