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
    check_round_trip(1, RECORD_BATCH_CODEC_NONE); // nothing in it to pack
    check_round_trip(20, RECORD_BATCH_CODEC_NONE);
    check_round_trip(200, RECORD_BATCH_CODEC_PACKED_ZSTD);
    check_round_trip(5000, RECORD_BATCH_CODEC_PACKED_ZSTD);
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

struct sample {
    struct str key;
    struct str value;
};

// Encodes samples as one batch, again and again until there are at least `records`; decodes it and compares every byte.
static enum record_batch_codec check_samples(const struct sample *samples, size_t count,
                                             size_t records) {
    struct record_batch_context context = {0};
    struct buffer raw;
    struct buffer out;
    buffer_init(&raw, RECORD_BATCH_RAW_MAX);
    buffer_init(&out, 4UL * 1024 * 1024);
    int64_t last = 1700000000123;
    struct record_batch_header header = {.base_timestamp = last};
    for (; header.count < records || header.count % count != 0; header.count++) {
        const struct sample *sample = &samples[header.count % count];
        record_batch_add(&raw, &(struct eventlog_record){sample->key, sample->value, last + 3},
                         &last);
    }
    header.raw_len = raw.len;
    assert_int_equal(record_batch_encode(&context, &header, buffer_str(&raw), &out), STATUS_OK);
    struct record_batch_header found;
    struct str payload;
    assert_int_equal(record_batch_parse(buffer_str(&out), &found, &payload), STATUS_OK);
    assert_int_equal(found.raw_len, raw.len);
    char *again = malloc(raw.len + RECORD_BATCH_PADDING);
    assert_non_null(again);
    assert_int_equal(record_batch_decompress(&context, &found, payload, again), STATUS_OK);
    assert_memory_equal(again, raw.data, raw.len);
    free(again);
    buffer_free(&raw);
    buffer_free(&out);
    record_batch_context_free(&context);
    return found.codec;
}

#define UUID_A "28e6bb92-1da2-4434-9b82-10c4b3ec6b75"
#define UUID_B "ffffffff-ffff-ffff-ffff-ffffffffffff"
#define TIME_A "2026-11-22T00:10:58.022Z"
#define EVENT(id, key, time)                                                                       \
    STR_INIT("{\"id\":\"" id "\",\"project\":\"default\",\"type\":\"page\",\"userId\":\"" key      \
             "\",\"timestamp\":\"" time "\",\"receivedAt\":\"" TIME_A "\"}")

// What looks nearly like a UUID or a time, and whatever else a packed payload might confuse.
static void what_is_packed_comes_back_byte_for_byte(void **state) {
    (void)state;
    static const struct sample samples[] = {
        {STR_INIT("default\0user-1"), EVENT(UUID_A, "user-1", TIME_A)},
        {STR_INIT("default\0" UUID_A), EVENT(UUID_B, UUID_A, "9999-12-31T23:59:59.999Z")},
        {STR_INIT("default\0abc"), EVENT(UUID_A UUID_B, "abc", "0001-01-01T00:00:00.000Z")},
        {STR_INIT(""), EVENT(UUID_A "-" UUID_B "-", TIME_A TIME_A, "2024-02-29T12:00:00.000Z")},
        {STR_INIT("user-1"), EVENT("28E6bb92-1da2-4434-9b82-10c4b3ec6b75", "user-1user-1", "")},
        {STR_INIT("\0"),
         EVENT("28e6bb92-1da2-4434-9b82-10c4b3ec6b7g", "", "0000-01-01T00:00:00.000Z")},
        {STR_INIT("a\0"),
         EVENT("28e6bb92-1da2-4434-9b82_10c4b3ec6b75", "", "2026-02-29T00:00:00.000Z")},
        {STR_INIT("-"),
         EVENT("-----------------------------------", "", "2026-11-22T23:59:60.000Z")},
        {STR_INIT("k\0----"), EVENT("----", "--", "2026-11-22T00:10:58.022z")},
        {STR_INIT("k"), EVENT(UUID_A, "2026-11-22t00:10:58.022Z", "2026-11-22 00:10:58.022Z")},
        {STR_INIT("k"),
         EVENT("2026-11-22T24:10:58.022Z", "2026-11-22T00:10:58.02Z", "2026-13-22T00:10:58.022Z")},
        {STR_INIT("k"),
         EVENT("2026-11-22", "2026-11-22T00:10:58.022+00:00", "-2026-11-22T00:10:58.022Z")},
        {STR_INIT("\xff\xfe\xfd\xfc"), STR_INIT("\xff\xfe\xfd\xfc" UUID_A "\xfc" TIME_A "\xfd")},
        {STR_INIT("k"), STR_INIT(UUID_A)},
        {STR_INIT("k"), STR_INIT(TIME_A)},
        {STR_INIT(TIME_A), STR_INIT("")},
        {STR_INIT("k"), STR_INIT("28e6bb92-1da2-4434-9b82-10c4b3ec6b7")},
        {STR_INIT("k"), STR_INIT("2026-11-22T00:10:58.022")},
    };
    enum { COUNT = sizeof samples / sizeof samples[0] };
    for (size_t i = 0; i < COUNT; i++) {
        check_samples(&samples[i], 1, 1);
        check_samples(&samples[i], 1, 500);
        check_samples(&samples[i], COUNT - i, 1);
    }
    assert_int_equal(check_samples(samples, 1, 1), RECORD_BATCH_CODEC_PACKED);
    assert_int_equal(check_samples(samples, COUNT, COUNT), RECORD_BATCH_CODEC_PACKED);
    assert_int_equal(check_samples(samples, COUNT, 500), RECORD_BATCH_CODEC_PACKED_ZSTD);
}

// Bytes that need a mark in front, and nothing that could be taken out: packing would make it longer.
static void what_packing_would_lengthen_is_not_packed(void **state) {
    (void)state;
    static char marks[6000];
    memset(marks, 0xfd, sizeof marks);
    const struct sample one = {STR_INIT("k"), {marks, 100}};
    const struct sample many = {STR_INIT("k"), {marks, sizeof marks}};
    assert_int_equal(check_samples(&one, 1, 1), RECORD_BATCH_CODEC_NONE);
    check_samples(&many, 1, 1);
    check_samples(&many, 1, 200);
}

// What is on somebody's disk must be read for ever: these bytes may not change.
static void the_packed_form_is_this(void **state) {
    (void)state;
    static const char value[] =
        "{\"id\":\"" UUID_A "\",\"u\":\"u-77\",\"t\":\"2023-11-14T22:13:20.000Z\"}\xfd";
    static const char packed[] =
        "\x25\x02" // lengths of text and times
        "\x04\x06p\0u-77\x58{\"id\":\"\xfd\",\"u\":\"\xfc\",\"t\":\"\xfe\"}\xff\xfd" // text
        "\xf5\x01" // 123 ms before the base timestamp
        "\x28\xe6\xbb\x92\x1d\xa2\x44\x34\x9b\x82\x10\xc4\xb3\xec\x6b\x75";
    struct record_batch_context context = {0};
    char raw_bytes[256];
    struct buffer raw;
    struct buffer out;
    buffer_init_fixed(&raw, raw_bytes, sizeof raw_bytes);
    buffer_init(&out, 65536);
    int64_t last = 1700000000123;
    const struct eventlog_record record = {STR("p\0u-77"), str_make(value, sizeof value - 1),
                                           last + 2};
    struct record_batch_header header = {.count = 1, .base_timestamp = last};
    record_batch_add(&raw, &record, &last);
    header.raw_len = raw.len;
    assert_int_equal(record_batch_encode(&context, &header, buffer_str(&raw), &out), STATUS_OK);
    struct str payload;
    assert_int_equal(record_batch_parse(buffer_str(&out), &header, &payload), STATUS_OK);
    assert_int_equal(header.codec, RECORD_BATCH_CODEC_PACKED);
    assert_int_equal(payload.len, sizeof packed - 1);
    assert_memory_equal(payload.data, packed, payload.len);
    buffer_free(&out);
    record_batch_context_free(&context);
}

// Parts that do not fit together, as a writer's bug or malice would make them.
static void packed_parts_that_do_not_fit_are_refused(void **state) {
    (void)state;
    static const struct record_pack_parts bad[] = {
        {STR_INIT("\0\0\1"), STR_INIT(""), STR_INIT("")},                  // text ends in a value
        {STR_INIT("\0\0\1ab"), STR_INIT(""), STR_INIT("")},                // text is left
        {STR_INIT("\0\0\1a"), STR_INIT("\1"), STR_INIT("")},               // a time is left
        {STR_INIT("\0\0\1a"), STR_INIT(""), STR_INIT("0123456789abcdef")}, // a UUID is left
        {STR_INIT("\0\0\44\xfd"), STR_INIT(""), STR_INIT("0123456789abcde")},  // half a UUID
        {STR_INIT("\0\0\43\xfd"), STR_INIT(""), STR_INIT("0123456789abcdef")}, // no room for one
        {STR_INIT("\0\0\30\xfe"), STR_INIT(""), STR_INIT("")},                 // no time
        {STR_INIT("\0\0\30\xfe"), STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"),
         STR_INIT("")},                                       // before all time
        {STR_INIT("\0\0\1\xfc"), STR_INIT(""), STR_INIT("")}, // the key has nothing
        {STR_INIT("\0\0\1\xff"), STR_INIT(""), STR_INIT("")}, // nothing behind the mark
        {STR_INIT("\0\0\1\xff"
                  "a"),
         STR_INIT(""), STR_INIT("")}, // a byte that needs no mark
        {STR_INIT("\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"), STR_INIT(""), STR_INIT("")},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (size_t len = 0; len <= 64; len++) {
            char *raw = malloc(len + 1);
            assert_non_null(raw);
            assert_false(record_pack_decode(bad[i], 0, 1, raw, len));
            free(raw);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_come_back_as_they_were),
        cmocka_unit_test(any_byte_cut_or_changed_is_noticed),
        cmocka_unit_test(a_good_checksum_does_not_make_content_good),
        cmocka_unit_test(what_does_not_compress_is_kept_raw),
        cmocka_unit_test(what_is_packed_comes_back_byte_for_byte),
        cmocka_unit_test(what_packing_would_lengthen_is_not_packed),
        cmocka_unit_test(the_packed_form_is_this),
        cmocka_unit_test(packed_parts_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests_name("record batches", tests, NULL, NULL);
}
