// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Feeds the frame reader in pieces of chosen sizes: the same frames must come out as when all is given at once.
//
// The first byte chooses the pieces, the second whether LZ4 was agreed on and how large a body may be.
#include <stdlib.h>

#include "cql/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What came out, in short.
struct outcome {
    size_t frames;
    size_t body_bytes;
    uint64_t hash;
    enum status status;
};

static void note(struct outcome *outcome, const struct cql_frame *frame) {
    const char head[] = {(char)frame->flags, (char)frame->opcode, (char)frame->stream};
    outcome->frames++;
    outcome->body_bytes += frame->body.len;
    outcome->hash = str_hash(str_make(head, sizeof head), outcome->hash);
    outcome->hash = str_hash(frame->body, outcome->hash);
}

static struct outcome read_in_pieces(struct str input, size_t chunk, size_t piece, uint8_t how) {
    struct outcome outcome = {.status = STATUS_END};
    struct cql_frame_reader reader;
    struct error err;
    cql_frame_reader_init(&reader, chunk, (how & 2) != 0 ? 100 : (size_t)16 << 20);
    reader.compression = (how & 1) != 0;
    while (outcome.status == STATUS_END && input.len > 0) {
        size_t room = 0;
        char *at = cql_frame_reader_room(&reader, &room);
        if (at == NULL || room == 0) {
            abort();
        }
        size_t len = piece < room ? piece : room;
        len = len < input.len ? len : input.len;
        memcpy(at, input.data, len);
        input.data += len;
        input.len -= len;
        cql_frame_reader_filled(&reader, len);
        struct cql_frame frame;
        while ((outcome.status = cql_frame_reader_next(&reader, &frame, &err)) == STATUS_OK) {
            note(&outcome, &frame);
            cql_frame_free(&frame);
        }
    }
    cql_frame_reader_free(&reader);
    return outcome;
}

// What is packed must come back.
static void round_trip(struct str body, bool compress) {
    struct buffer out;
    buffer_init(&out, (size_t)1 << 20);
    size_t start = cql_frame_begin(&out, CQL_OP_RESULT, 5);
    buffer_append_str(&out, body);
    if (cql_frame_end(&out, start, compress) == STATUS_OK) {
        out.data[start] = (char)0x84; // as if a server had sent it
        struct outcome outcome = read_in_pieces(buffer_str(&out), 0, SIZE_MAX, 1);
        struct cql_frame frame = {.opcode = CQL_OP_RESULT, .stream = 5, .body = body};
        struct outcome expected = {.status = STATUS_END};
        note(&expected, &frame);
        if (outcome.status != STATUS_END || outcome.hash != expected.hash) {
            abort();
        }
    }
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    const struct str input = str_make((const char *)data + 2, size - 2);
    const size_t piece = (size_t)data[0] + 1;
    struct outcome whole = read_in_pieces(input, 0, SIZE_MAX, data[1]);
    struct outcome pieces = read_in_pieces(input, 64, piece, data[1]);
    // Where it ends is the same, and so is all before.
    if (whole.frames != pieces.frames || whole.body_bytes != pieces.body_bytes ||
        whole.hash != pieces.hash || whole.status != pieces.status) {
        abort();
    }
    round_trip(input, (data[1] & 1) != 0);
    return 0;
}
