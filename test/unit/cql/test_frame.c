// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Frames of a server: however the socket cuts them, many in a read, long ones, hostile ones, compressed ones, without memory.
#include "cql/frame.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "replies.h"
#include "support/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// Gives the reader at most step bytes of *rest, as a read would.
static void feed(struct cql_frame_reader *reader, struct str *rest, size_t step) {
    size_t room = 0;
    char *at = cql_frame_reader_room(reader, &room);
    assert_non_null(at);
    assert_true(room > 0);
    size_t len = step < room ? step : room;
    len = len < rest->len ? len : rest->len;
    memcpy(at, rest->data, len);
    rest->data += len;
    rest->len -= len;
    cql_frame_reader_filled(reader, len);
}

// The bytes of the body of a frame with that stream id and length.
static char body_byte(int16_t stream, size_t i) {
    return (char)(uint8_t)((size_t)stream * 31 + i * 7);
}

static void put_numbered(struct buffer *out, int16_t stream, size_t len) {
    char *body = malloc(len + 1);
    assert_non_null(body);
    for (size_t i = 0; i < len; i++) {
        body[i] = body_byte(stream, i);
    }
    put_reply(out, 0, stream, CQL_OP_RESULT, str_make(body, len));
    free(body);
}

static void assert_numbered(const struct cql_frame *frame, int16_t stream, size_t len) {
    assert_int_equal(frame->stream, stream);
    assert_int_equal(frame->opcode, CQL_OP_RESULT);
    assert_int_equal(frame->flags, 0);
    assert_int_equal(frame->body.len, len);
    for (size_t i = 0; i < len; i++) {
        if (frame->body.data[i] != body_byte(stream, i)) {
            fail_msg("byte %zu of frame %d", i, stream);
        }
    }
}

static void read_all_numbered(const struct buffer *wire, const size_t *lens, size_t count,
                              size_t chunk, size_t step) {
    struct cql_frame_reader reader;
    struct error err;
    cql_frame_reader_init(&reader, chunk, 0);
    struct str rest = buffer_str(wire);
    size_t found = 0;
    while (rest.len > 0) {
        feed(&reader, &rest, step);
        struct cql_frame frame;
        enum status status;
        while ((status = cql_frame_reader_next(&reader, &frame, &err)) == STATUS_OK) {
            assert_true(found < count);
            assert_numbered(&frame, (int16_t)found, lens[found]);
            cql_frame_free(&frame);
            found++;
        }
        assert_int_equal(status, STATUS_END);
    }
    assert_int_equal(found, count);
    cql_frame_reader_free(&reader);
}

static void test_frames_come_in_any_pieces(void **state) {
    (void)state;
    static const size_t lens[] = {0, 1, 15, 16, 17, 0, 0, 63, 64, 65, 200, 3, 1000, 5};
    struct buffer wire;
    buffer_init(&wire, 1 << 20);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        put_numbered(&wire, (int16_t)i, lens[i]);
    }
    static const size_t chunks[] = {1, 64, 65, 100, 256, 4096, 0};
    for (size_t c = 0; c < sizeof chunks / sizeof chunks[0]; c++) {
        for (size_t step = 1; step <= wire.len; step += step < 80 ? 1 : 97) {
            read_all_numbered(&wire, lens, sizeof lens / sizeof lens[0], chunks[c], step);
        }
        read_all_numbered(&wire, lens, sizeof lens / sizeof lens[0], chunks[c], wire.len);
    }
    buffer_free(&wire);
}

static void test_one_cut_anywhere(void **state) {
    (void)state;
    static const size_t lens[] = {30, 40, 0};
    struct buffer wire;
    buffer_init(&wire, 1 << 20);
    for (size_t i = 0; i < 3; i++) {
        put_numbered(&wire, (int16_t)i, lens[i]);
    }
    for (size_t cut = 1; cut < wire.len; cut++) {
        struct cql_frame_reader reader;
        struct cql_frame frame;
        cql_frame_reader_init(&reader, 0, 0);
        struct str rest = buffer_str(&wire);
        size_t found = 0;
        feed(&reader, &rest, cut);
        while (cql_frame_reader_next(&reader, &frame, NULL) == STATUS_OK) {
            assert_numbered(&frame, (int16_t)found, lens[found]);
            found++;
        }
        assert_int_equal(found, cut < 39 ? 0 : cut < 88 ? 1 : 2);
        feed(&reader, &rest, wire.len);
        while (cql_frame_reader_next(&reader, &frame, NULL) == STATUS_OK) {
            assert_numbered(&frame, (int16_t)found, lens[found]);
            found++;
        }
        assert_int_equal(found, 3);
        cql_frame_reader_free(&reader);
    }
    buffer_free(&wire);
}

static void test_many_in_one_read_are_slices(void **state) {
    (void)state;
    struct buffer wire;
    buffer_init(&wire, 1 << 20);
    for (int16_t i = 0; i < 1000; i++) {
        put_numbered(&wire, i, 50);
    }
    struct cql_frame_reader reader;
    struct cql_frame frame;
    cql_frame_reader_init(&reader, 0, 0);
    struct str rest = buffer_str(&wire);
    feed(&reader, &rest, wire.len);
    assert_int_equal(rest.len, 0);
    failing_malloc_arm(0); // none may be asked for
    for (int16_t i = 0; i < 1000; i++) {
        assert_int_equal(cql_frame_reader_next(&reader, &frame, NULL), STATUS_OK);
        assert_null(frame.block);
        assert_numbered(&frame, i, 50);
    }
    assert_int_equal(cql_frame_reader_next(&reader, &frame, NULL), STATUS_END);
    assert_false(failing_malloc_disarm());
    cql_frame_reader_free(&reader);
    buffer_free(&wire);
}

static void test_a_long_body_is_handed_over(void **state) {
    (void)state;
    const size_t len = 3000000;
    struct buffer wire;
    buffer_init(&wire, 16 << 20);
    put_numbered(&wire, 7, len);
    put_numbered(&wire, 8, 3);
    struct cql_frame_reader reader;
    struct cql_frame frame;
    cql_frame_reader_init(&reader, 0, 0);
    struct str rest = buffer_str(&wire);
    enum status status = STATUS_END;
    while (status == STATUS_END) {
        feed(&reader, &rest, 10000);
        status = cql_frame_reader_next(&reader, &frame, NULL);
    }
    assert_int_equal(status, STATUS_OK);
    assert_non_null(frame.block);
    struct cql_frame kept = frame;
    while (rest.len > 0) {
        feed(&reader, &rest, 10000);
    }
    assert_int_equal(cql_frame_reader_next(&reader, &frame, NULL), STATUS_OK);
    assert_numbered(&frame, 8, 3);
    cql_frame_reader_free(&reader);
    assert_numbered(&kept, 7, len); // outlives the reader
    cql_frame_free(&kept);
    assert_null(kept.block);
    buffer_free(&wire);
}

// What the reader says of these bytes, given whole.
static enum status verdict(struct str bytes, size_t body_max, struct error *err) {
    struct cql_frame_reader reader;
    struct cql_frame frame;
    cql_frame_reader_init(&reader, 0, body_max);
    memset(err, 0, sizeof *err);
    feed(&reader, &bytes, bytes.len);
    enum status status = cql_frame_reader_next(&reader, &frame, err);
    assert_int_equal(cql_frame_reader_next(&reader, &frame, NULL),
                     status == STATUS_OK ? STATUS_END : status); // it stays so
    cql_frame_reader_free(&reader);
    return status;
}

static void test_headers_that_cannot_be(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        enum status status;
        const char *says;
    } cases[] = {
        {"04 00 0000 08 00000000", STATUS_CORRUPT, "first byte is 0x04"},
        {"48 54 5450 2f 312e3120", STATUS_CORRUPT, "first byte is 0x48"}, // HTTP/1.1
        {"15 03 0300 02 02461503", STATUS_CORRUPT, "first byte is 0x15"}, // TLS alert
        {"83 00 0000 00 00000000", STATUS_UNSUPPORTED, "version 3 "},
        {"85 00 0000 00 00000000", STATUS_UNSUPPORTED, "version 5 "},
        {"84 00 0000 07 00000000", STATUS_CORRUPT, "QUERY (0x07)"}, // only clients ask
        {"84 00 0000 04 00000000", STATUS_CORRUPT, "an unknown opcode (0x04)"},
        {"84 00 0000 11 00000000", STATUS_CORRUPT, "an unknown opcode (0x11)"},
        {"84 00 0000 ff 00000000", STATUS_CORRUPT, "an unknown opcode (0xff)"},
        {"84 00 fffe 08 00000000", STATUS_CORRUPT, "stream id -2"},
        {"84 00 8000 08 00000000", STATUS_CORRUPT, "stream id -32768"},
        {"84 00 0000 08 ffffffff", STATUS_CORRUPT, "-1 bytes"},
        {"84 00 0000 08 80000000", STATUS_CORRUPT, "-2147483648 bytes"},
        {"84 00 0000 08 10000001", STATUS_CORRUPT, "268435457 bytes; at most 268435456"},
        {"84 01 0000 08 00000000", STATUS_CORRUPT, "not agreed"},
        {"84 00 0000 08 10000000", STATUS_END, ""},
        {"84 00 ffff 0c 00000000", STATUS_OK, ""},
        {"84 00 7fff 10 00000000", STATUS_OK, ""},
    };
    struct buffer wire;
    struct error err;
    buffer_init(&wire, 100);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buffer_clear(&wire);
        put_hex(&wire, cases[i].hex);
        assert_int_equal(verdict(buffer_str(&wire), 0, &err), cases[i].status);
        if (strstr(err.text, cases[i].says) == NULL) {
            fail_msg("%s: %s", cases[i].hex, err.text);
        }
    }
    buffer_clear(&wire);
    put_hex(&wire, "84 00 0000 08 00000065");
    assert_int_equal(verdict(buffer_str(&wire), 100, &err), STATUS_CORRUPT);
    assert_int_equal(verdict(buffer_str(&wire), 101, &err), STATUS_END);
    buffer_free(&wire);
}

static void test_a_claim_takes_no_memory(void **state) {
    (void)state;
    struct buffer wire;
    buffer_init(&wire, 100);
    put_hex(&wire, "84 00 0000 08 10000000 01");
    struct cql_frame_reader reader;
    struct cql_frame frame;
    cql_frame_reader_init(&reader, 0, 0);
    struct str rest = buffer_str(&wire);
    feed(&reader, &rest, 100);
    assert_int_equal(cql_frame_reader_next(&reader, &frame, NULL), STATUS_END);
    assert_true(reader.block_size <= 1 << 20);
    cql_frame_reader_free(&reader);
    buffer_free(&wire);
}

// --- LZ4 ----------------------------------------------------------------------------------------------------------
static void test_compressed_replies(void **state) {
    (void)state;
    struct buffer body;
    struct buffer wire;
    buffer_init(&body, 16 << 20);
    buffer_init(&wire, 16 << 20);
    static const size_t lens[] = {1, 20, 100, 5000, 100000, 2000000};
    char *text = malloc(2000000);
    assert_non_null(text);
    struct random_seeded random;
    random_seeded_init(&random, 4);
    for (size_t i = 0; i < 2000000; i++) {
        text[i] = (char)random_below(&random.source, i % 1000 < 500 ? 2 : 250);
    }
    for (size_t i = 0; i < 6; i++) {
        buffer_clear(&body);
        put_compressed(&body, str_make(text, lens[i]));
        put_reply(&wire, CQL_FRAME_COMPRESSED | CQL_FRAME_WARNING, (int16_t)i, CQL_OP_RESULT,
                  buffer_str(&body));
        put_reply(&wire, 0, (int16_t)i, CQL_OP_RESULT, STR("plain"));
    }
    for (size_t step = 7; step < 300000; step = step * 9) {
        struct cql_frame_reader reader;
        struct cql_frame frame;
        cql_frame_reader_init(&reader, 0, 0);
        reader.compression = true;
        struct str rest = buffer_str(&wire);
        for (size_t found = 0; found < 12;) {
            enum status status = cql_frame_reader_next(&reader, &frame, NULL);
            if (status == STATUS_END) {
                feed(&reader, &rest, step);
                continue;
            }
            assert_int_equal(status, STATUS_OK);
            struct str expected = found % 2 == 0 ? str_make(text, lens[found / 2]) : STR("plain");
            assert_true(str_equal(frame.body, expected));
            assert_int_equal(frame.flags, found % 2 == 0 ? CQL_FRAME_WARNING : 0);
            cql_frame_free(&frame);
            found++;
        }
        cql_frame_reader_free(&reader);
    }
    free(text);
    buffer_free(&body);
    buffer_free(&wire);
}

static enum status inflate_verdict(const char *hex, size_t body_max, struct str *body) {
    struct buffer bytes;
    struct buffer wire;
    buffer_init(&bytes, 1000);
    buffer_init(&wire, 1000);
    put_hex(&bytes, hex);
    put_reply(&wire, CQL_FRAME_COMPRESSED, 0, CQL_OP_READY, buffer_str(&bytes));
    struct cql_frame_reader reader;
    struct cql_frame frame;
    cql_frame_reader_init(&reader, 0, body_max);
    reader.compression = true;
    struct str rest = buffer_str(&wire);
    feed(&reader, &rest, rest.len);
    enum status status = cql_frame_reader_next(&reader, &frame, NULL);
    body->len = frame.body.len;
    cql_frame_free(&frame);
    cql_frame_reader_free(&reader);
    buffer_free(&bytes);
    buffer_free(&wire);
    return status;
}

static void test_what_does_not_inflate(void **state) {
    (void)state;
    struct str body;
    assert_int_equal(inflate_verdict("", 0, &body), STATUS_CORRUPT);
    assert_int_equal(inflate_verdict("000000", 0, &body), STATUS_CORRUPT);
    // Nothing, said in both ways.
    assert_int_equal(inflate_verdict("00000000", 0, &body), STATUS_OK);
    assert_int_equal(body.len, 0);
    assert_int_equal(inflate_verdict("00000000 00", 0, &body), STATUS_OK);
    assert_int_equal(body.len, 0);
    // "abc" as a literal, with lengths that are right, short, long, absurd and negative.
    assert_int_equal(inflate_verdict("00000003 30616263", 0, &body), STATUS_OK);
    assert_int_equal(body.len, 3);
    assert_int_equal(inflate_verdict("00000003 30616263", 2, &body), STATUS_CORRUPT);
    assert_int_equal(inflate_verdict("00000002 30616263", 0, &body), STATUS_CORRUPT);
    assert_int_equal(inflate_verdict("00000004 30616263", 0, &body), STATUS_CORRUPT);
    assert_int_equal(inflate_verdict("00000003 306162", 0, &body), STATUS_CORRUPT);
    assert_int_equal(inflate_verdict("10000000 30616263", 0, &body), STATUS_CORRUPT);
    assert_int_equal(inflate_verdict("ffffffff 30616263", 0, &body), STATUS_CORRUPT);
    assert_int_equal(inflate_verdict("00000003", 0, &body), STATUS_CORRUPT);
}

// --- Without memory -----------------------------------------------------------------------------------------------
static void test_reading_goes_on_after_no_memory(void **state) {
    (void)state;
    struct buffer packed;
    struct buffer wire;
    buffer_init(&packed, 1 << 20);
    buffer_init(&wire, 4 << 20);
    char zeros[2000] = {0};
    put_compressed(&packed, str_make(zeros, sizeof zeros));
    put_reply(&wire, CQL_FRAME_COMPRESSED, 0, CQL_OP_RESULT, buffer_str(&packed));
    put_numbered(&wire, 1, 700000);
    long failed = 0;
    for (long n = 0;; n++) {
        struct cql_frame_reader reader;
        struct cql_frame frame;
        struct str rest = buffer_str(&wire);
        size_t found = 0;
        failing_malloc_arm(n);
        cql_frame_reader_init(&reader, 0, 0);
        reader.compression = true;
        while (found < 2) {
            enum status status = cql_frame_reader_next(&reader, &frame, NULL);
            if (status == STATUS_OK) {
                assert_int_equal(frame.body.len, found == 0 ? 2000 : 700000);
                cql_frame_free(&frame);
                found++;
            } else if (status == STATUS_END) {
                size_t room = 0;
                char *at = cql_frame_reader_room(&reader, &room);
                if (at != NULL) {
                    size_t len = room < rest.len ? room : rest.len;
                    memcpy(at, rest.data, len);
                    cql_frame_reader_filled(&reader, len);
                    rest = str_make(rest.data + len, rest.len - len);
                } else {
                    failed++;
                }
            } else {
                assert_int_equal(status, STATUS_NO_MEMORY);
                failed++;
            }
        }
        cql_frame_reader_free(&reader);
        if (!failing_malloc_disarm()) {
            break;
        }
    }
    assert_true(failed >= 4); // chunk, inflated, block, grown block
    buffer_free(&packed);
    buffer_free(&wire);
}

static void test_names_of_opcodes(void **state) {
    (void)state;
    assert_string_equal(cql_opcode_name(CQL_OP_ERROR), "ERROR");
    assert_string_equal(cql_opcode_name(CQL_OP_AUTH_SUCCESS), "AUTH_SUCCESS");
    assert_string_equal(cql_opcode_name(4), "an unknown opcode");
    assert_string_equal(cql_opcode_name(255), "an unknown opcode");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_come_in_any_pieces),
        cmocka_unit_test(test_one_cut_anywhere),
        cmocka_unit_test(test_many_in_one_read_are_slices),
        cmocka_unit_test(test_a_long_body_is_handed_over),
        cmocka_unit_test(test_headers_that_cannot_be),
        cmocka_unit_test(test_a_claim_takes_no_memory),
        cmocka_unit_test(test_compressed_replies),
        cmocka_unit_test(test_what_does_not_inflate),
        cmocka_unit_test(test_reading_goes_on_after_no_memory),
        cmocka_unit_test(test_names_of_opcodes),
    };
    return cmocka_run_group_tests_name("cql frame", tests, NULL, NULL);
}
