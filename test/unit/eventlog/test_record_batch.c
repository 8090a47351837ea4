// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Record batches: what goes in comes out; what was cut or changed is refused, whichever byte it was.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "eventlog/record_batch.h"

static struct record_batch_header encode(size_t count, struct buffer *out) {
    struct record_batch_context context = {0};
    struct buffer raw;
    buffer_init(&raw, RECORD_BATCH_RAW_MAX);
    struct record_batch_header header = {.partition = 7,
                                         .base_offset = 123456789,
                                         .count = (uint32_t)count,
                                         .base_timestamp = 1700000000123,
                                         .segment_base = 123450000,
                                         .segment_bytes = 987654,
                                         .segment_newest = 1700000009999};
    int64_t last = header.base_timestamp;
    for (size_t i = 0; i < count; i++) {
        char key[32];
        char value[128];
        snprintf(key, sizeof key, "key %zu", i);
        snprintf(value, sizeof value, "{\"id\":%zu,\"name\":\"Page Viewed\",\"path\":\"/pricing\"}",
                 i);
        const struct eventlog_record record = {str_from_c(key), str_from_c(value),
                                               header.base_timestamp + (int64_t)(i % 5) * 10 - 20};
        record_batch_add(&raw, &record, &last);
    }
    header.raw_len = raw.len;
    assert_int_equal(record_batch_encode(&context, &header, buffer_str(&raw), out), STATUS_OK);
    buffer_free(&raw);
    record_batch_context_free(&context);
    return header;
}

// Everything a reader does; the records are counted.
static enum status decode(struct str encoded, struct record_batch_header *header, size_t *count) {
    struct record_batch_context context = {0};
    struct str payload;
    *count = 0;
    enum status status = record_batch_parse(encoded, header, &payload);
    if (status != STATUS_OK) {
        return status;
    }
    char *raw = malloc(header->raw_len + RECORD_BATCH_PADDING);
    assert_non_null(raw);
    status = record_batch_decompress(&context, header, payload, raw);
    struct record_batch_reader reader;
    record_batch_reader_init(&reader, str_make(raw, header->raw_len), header->base_offset,
                             header->base_timestamp, header->count);
    struct eventlog_view view;
    while (status == STATUS_OK && (status = record_batch_next(&reader, &view)) == STATUS_OK) {
        char key[32];
        snprintf(key, sizeof key, "key %zu", *count);
        assert_true(str_equal(view.key, str_from_c(key)));
        assert_int_equal(view.offset, header->base_offset + (int64_t)*count);
        assert_int_equal(view.timestamp_ms,
                         header->base_timestamp + (int64_t)(*count % 5) * 10 - 20);
        (*count)++;
    }
    free(raw);
    record_batch_context_free(&context);
    return status == STATUS_END ? STATUS_OK : status;
}

static void check_round_trip(size_t count, enum record_batch_codec codec) {
    struct buffer out;
    buffer_init(&out, 4UL * 1024 * 1024);
    buffer_append_str(&out, STR("in front")); // encode appends
    struct record_batch_header in = encode(count, &out);
    buffer_consume(&out, 8);
    struct record_batch_header header;
    size_t seen = 0;
    assert_int_equal(decode(buffer_str(&out), &header, &seen), STATUS_OK);
    assert_int_equal(seen, count);
    assert_int_equal(header.codec, codec);
    assert_int_equal(header.partition, in.partition);
    assert_int_equal(header.base_offset, in.base_offset);
    assert_int_equal(header.segment_base, in.segment_base);
    assert_int_equal(header.segment_bytes, in.segment_bytes);
    assert_int_equal(header.segment_newest, in.segment_newest);
    if (codec == RECORD_BATCH_CODEC_ZSTD) {
        assert_true(out.len < in.raw_len / 3);
    }
    buffer_free(&out);
}

static void batches_come_back_as_they_were(void **state) {
    (void)state;
    check_round_trip(1, RECORD_BATCH_CODEC_NONE);
    check_round_trip(20, RECORD_BATCH_CODEC_NONE);
    check_round_trip(200, RECORD_BATCH_CODEC_ZSTD);
    check_round_trip(5000, RECORD_BATCH_CODEC_ZSTD);
}

static void check_damage(size_t records) {
    struct buffer out;
    buffer_init(&out, 4UL * 1024 * 1024);
    encode(records, &out);
    struct record_batch_header header;
    size_t count = 0;
    for (size_t len = 0; len < out.len; len++) {
        char *cut = malloc(len + 1); // so that the sanitizer sees a step too far
        assert_non_null(cut);
        memcpy(cut, out.data, len);
        char *exact = realloc(cut, len > 0 ? len : 1);
        assert_non_null(exact);
        assert_int_equal(decode(str_make(exact, len), &header, &count), STATUS_CORRUPT);
        free(exact);
    }
    for (size_t i = 0; i < 8 * out.len; i++) {
        out.data[i / 8] = (char)(out.data[i / 8] ^ (1 << (i % 8)));
        assert_int_equal(decode(buffer_str(&out), &header, &count), STATUS_CORRUPT);
        out.data[i / 8] = (char)(out.data[i / 8] ^ (1 << (i % 8)));
    }
    buffer_append_char(&out, 'x');
    assert_int_equal(decode(buffer_str(&out), &header, &count), STATUS_CORRUPT);
    buffer_free(&out);
}

static void any_byte_cut_or_changed_is_noticed(void **state) {
    (void)state;
    check_damage(3);
    check_damage(100);
}

static void set_crc(struct buffer *out) {
    uint32_t crc = bytes_crc32c(out->data + 4, out->len - 4);
    for (size_t i = 0; i < 4; i++) {
        out->data[i] = (char)(unsigned char)(crc >> (24 - 8 * i));
    }
}

// A checksum that is right over content that is wrong: a writer's bug, or malice.
static void a_good_checksum_does_not_make_content_good(void **state) {
    (void)state;
    for (size_t records = 3; records <= 100; records += 97) {
        struct buffer out;
        buffer_init(&out, 4UL * 1024 * 1024);
        encode(records, &out);
        for (size_t i = 4; i < out.len; i++) {
            const char kept = out.data[i];
            static const char changes[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
            for (size_t j = 0; j < sizeof changes; j++) {
                out.data[i] = changes[j];
                set_crc(&out);
                struct record_batch_header header;
                struct str payload;
                enum status status = record_batch_parse(buffer_str(&out), &header, &payload);
                if (status == STATUS_OK) {
                    struct record_batch_context context = {0};
                    char *raw = malloc(header.raw_len + RECORD_BATCH_PADDING);
                    assert_non_null(raw);
                    status = record_batch_decompress(&context, &header, payload, raw);
                    struct record_batch_reader reader;
                    record_batch_reader_init(&reader, str_make(raw, header.raw_len),
                                             header.base_offset, header.base_timestamp,
                                             header.count);
                    struct eventlog_view view;
                    while (status == STATUS_OK) {
                        status = record_batch_next(&reader, &view);
                    }
                    assert_true(status == STATUS_END || status == STATUS_CORRUPT);
                    free(raw);
                    record_batch_context_free(&context);
                } else {
                    assert_int_equal(status, STATUS_CORRUPT);
                }
            }
            out.data[i] = kept;
        }
        buffer_free(&out);
    }
}

static void what_does_not_compress_is_kept_raw(void **state) {
    (void)state;
    enum { LEN = 10000 };
    static char noise[LEN];
    unsigned long x = 1;
    for (size_t i = 0; i < LEN; i++) {
        x = x * 6364136223846793005UL + 1442695040888963407UL;
        noise[i] = (char)(x >> 56);
    }
    struct record_batch_context context = {0};
    struct buffer raw;
    struct buffer out;
    buffer_init(&raw, RECORD_BATCH_RAW_MAX);
    buffer_init(&out, RECORD_BATCH_RAW_MAX);
    int64_t last = INT64_MIN; // and the furthest a timestamp can jump
    record_batch_add(&raw, &(struct eventlog_record){STR("k"), {noise, LEN}, INT64_MAX}, &last);
    struct record_batch_header header = {
        .count = 1, .base_timestamp = INT64_MIN, .segment_newest = INT64_MAX, .raw_len = raw.len};
    assert_int_equal(record_batch_encode(&context, &header, buffer_str(&raw), &out), STATUS_OK);
    assert_true(out.len < raw.len + 64);
    struct str payload;
    struct record_batch_header found;
    assert_int_equal(record_batch_parse(buffer_str(&out), &found, &payload), STATUS_OK);
    assert_int_equal(found.codec, RECORD_BATCH_CODEC_NONE);
    assert_int_equal(found.segment_newest, INT64_MAX);
    struct record_batch_reader reader;
    struct eventlog_view view;
    record_batch_reader_init(&reader, payload, 0, found.base_timestamp, 1);
    assert_int_equal(record_batch_next(&reader, &view), STATUS_OK);
    assert_int_equal(view.timestamp_ms, INT64_MAX);
    assert_int_equal(record_batch_next(&reader, &view), STATUS_END);
    buffer_free(&raw);
    buffer_free(&out);
    record_batch_context_free(&context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_come_back_as_they_were),
        cmocka_unit_test(any_byte_cut_or_changed_is_noticed),
        cmocka_unit_test(a_good_checksum_does_not_make_content_good),
        cmocka_unit_test(what_does_not_compress_is_kept_raw),
    };
    return cmocka_run_group_tests_name("record batches", tests, NULL, NULL);
}
