// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Frames: headers, LZ4, and a reader that finds whole frames in whatever a socket gives.
#include "cql/frame.h"

#include <lz4.h>
#include <stdlib.h>

#include "base/check.h"

#define VERSION 4
#define DIRECTION_REPLY 0x80
#define CHUNK_SIZE ((size_t)64 << 10)
#define CHUNK_SIZE_MIN ((size_t)64)
#define BLOCK_FIRST ((size_t)256 << 10) // a length that is merely claimed takes no more than this
#define LZ4_RATIO_MAX 255        // a byte of LZ4 stands for at most so many (a run's length byte)
#define INFLATED_LEN ((size_t)4) // in front of a compressed body

static const struct {
    const char *name;
    bool reply; // a server may send it
} opcodes[] = {
    [CQL_OP_ERROR] = {"ERROR", true},
    [CQL_OP_STARTUP] = {"STARTUP", false},
    [CQL_OP_READY] = {"READY", true},
    [CQL_OP_AUTHENTICATE] = {"AUTHENTICATE", true},
    [CQL_OP_OPTIONS] = {"OPTIONS", false},
    [CQL_OP_SUPPORTED] = {"SUPPORTED", true},
    [CQL_OP_QUERY] = {"QUERY", false},
    [CQL_OP_RESULT] = {"RESULT", true},
    [CQL_OP_PREPARE] = {"PREPARE", false},
    [CQL_OP_EXECUTE] = {"EXECUTE", false},
    [CQL_OP_REGISTER] = {"REGISTER", false},
    [CQL_OP_EVENT] = {"EVENT", true},
    [CQL_OP_BATCH] = {"BATCH", false},
    [CQL_OP_AUTH_CHALLENGE] = {"AUTH_CHALLENGE", true},
    [CQL_OP_AUTH_RESPONSE] = {"AUTH_RESPONSE", false},
    [CQL_OP_AUTH_SUCCESS] = {"AUTH_SUCCESS", true},
};

const char *cql_opcode_name(uint8_t opcode) {
    if (opcode >= sizeof opcodes / sizeof opcodes[0] || opcodes[opcode].name == NULL) {
        return "an unknown opcode";
    }
    return opcodes[opcode].name;
}

static bool server_may_send(uint8_t opcode) {
    return opcode < sizeof opcodes / sizeof opcodes[0] && opcodes[opcode].reply;
}

static void write_be32(char *at, uint32_t value) {
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (char)(uint8_t)(value >> (24 - 8 * i));
    }
}

static uint32_t read_be32(const char *at) {
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++) {
        value = value << 8 | (uint8_t)at[i];
    }
    return value;
}

// --- Out ----------------------------------------------------------------------------------------------------------
size_t cql_frame_begin(struct buffer *out, enum cql_opcode opcode, int16_t stream) {
    CHECK(buffer_status(out) == STATUS_OK);
    const uint8_t header[CQL_FRAME_HEADER_LEN] = {VERSION, 0, (uint8_t)((uint16_t)stream >> 8),
                                                  (uint8_t)stream, (uint8_t)opcode};
    size_t start = out->len;
    buffer_append(out, header, sizeof header);
    return start;
}

// Compresses what is behind `body` into the room behind it and moves it there. Without that room, or without gain, nothing changes.
static void compress_body(struct buffer *out, size_t start) {
    size_t body = start + CQL_FRAME_HEADER_LEN;
    int len = (int)(out->len - body);
    int bound = LZ4_compressBound(len);
    if (bound <= 0 || out->max - out->len < (size_t)bound) {
        return;
    }
    if (buffer_reserve(out, (size_t)bound) != STATUS_OK) {
        out->failed = STATUS_OK; // it goes as it is
        return;
    }
    char *scratch = out->data + out->len;
    int packed = LZ4_compress_default(out->data + body, scratch, len, bound);
    if (packed <= 0 || (size_t)packed + INFLATED_LEN >= (size_t)len) {
        return;
    }
    write_be32(out->data + body, (uint32_t)len);
    memmove(out->data + body + INFLATED_LEN, scratch, (size_t)packed);
    out->len = body + INFLATED_LEN + (size_t)packed;
    out->data[start + 1] = CQL_FRAME_COMPRESSED;
}

enum status cql_frame_end(struct buffer *out, size_t start, bool compress) {
    enum status status = buffer_status(out);
    if (status == STATUS_OK && out->len - start - CQL_FRAME_HEADER_LEN > CQL_FRAME_BODY_MAX) {
        status = STATUS_TOO_LARGE;
    }
    if (status != STATUS_OK) {
        out->len = start;
        out->failed = STATUS_OK;
        return status;
    }
    if (compress && out->len - start - CQL_FRAME_HEADER_LEN >= CQL_FRAME_COMPRESS_MIN) {
        compress_body(out, start);
    }
    write_be32(out->data + start + 5, (uint32_t)(out->len - start - CQL_FRAME_HEADER_LEN));
    return STATUS_OK;
}

// --- In -----------------------------------------------------------------------------------------------------------
void cql_frame_free(struct cql_frame *frame) {
    free(frame->block);
    frame->block = NULL;
}

void cql_frame_reader_init(struct cql_frame_reader *reader, size_t chunk_size, size_t body_max) {
    if (chunk_size == 0) {
        chunk_size = CHUNK_SIZE;
    }
    *reader = (struct cql_frame_reader){
        .body_max = body_max == 0 || body_max > CQL_FRAME_BODY_MAX ? CQL_FRAME_BODY_MAX : body_max,
        .chunk_size = chunk_size < CHUNK_SIZE_MIN ? CHUNK_SIZE_MIN : chunk_size,
    };
}

void cql_frame_reader_free(struct cql_frame_reader *reader) {
    free(reader->chunk);
    free(reader->block);
    reader->chunk = NULL;
    reader->block = NULL;
}

static char *block_room(struct cql_frame_reader *reader, size_t *len) {
    if (reader->block_filled == reader->block_size) {
        // Doubling moves a long body by page tables, not by bytes, and follows what arrives instead of what was promised.
        size_t size = reader->block_size > reader->block_needed / 2 ? reader->block_needed
                                                                    : reader->block_size * 2;
        char *block = realloc(reader->block, size);
        if (block == NULL) {
            return NULL;
        }
        reader->block = block;
        reader->block_size = size;
    }
    *len = reader->block_size - reader->block_filled;
    return reader->block + reader->block_filled;
}

char *cql_frame_reader_room(struct cql_frame_reader *reader, size_t *len) {
    if (reader->block != NULL) {
        return block_room(reader, len);
    }
    if (reader->chunk == NULL) {
        reader->chunk = malloc(reader->chunk_size);
        if (reader->chunk == NULL) {
            return NULL;
        }
    }
    if (reader->taken > 0) {
        // What is left is the beginning of a short frame: a long one has a block by now.
        reader->filled -= reader->taken;
        memmove(reader->chunk, reader->chunk + reader->taken, reader->filled);
        reader->taken = 0;
    }
    CHECK(reader->filled < reader->chunk_size);
    *len = reader->chunk_size - reader->filled;
    return reader->chunk + reader->filled;
}

void cql_frame_reader_filled(struct cql_frame_reader *reader, size_t len) {
    if (reader->block != NULL) {
        CHECK(len <= reader->block_size - reader->block_filled);
        reader->block_filled += len;
    } else {
        CHECK(len <= reader->chunk_size - reader->filled);
        reader->filled += len;
    }
}

static enum status decode_header(const struct cql_frame_reader *reader, const char *at,
                                 struct cql_frame *out, size_t *body_len, struct error *err) {
    uint8_t version = (uint8_t)at[0];
    if ((version & DIRECTION_REPLY) == 0) {
        return error_set(err, STATUS_CORRUPT,
                         "what the server sends is no reply of CQL's native protocol "
                         "(its first byte is 0x%02x)",
                         version);
    }
    version &= 0x7F;
    if (version != VERSION) {
        // Servers answer a version that they do not speak in one that they do.
        return error_set(err, STATUS_UNSUPPORTED,
                         "the server answers in version %u of the native protocol, not in 4",
                         version);
    }
    *out = (struct cql_frame){
        .flags = (uint8_t)at[1],
        .stream = (int16_t)(uint16_t)((uint8_t)at[2] << 8 | (uint8_t)at[3]),
        .opcode = (uint8_t)at[4],
    };
    if (!server_may_send(out->opcode)) {
        return error_set(err, STATUS_CORRUPT, "a frame of the server has %s (0x%02x)",
                         cql_opcode_name(out->opcode), out->opcode);
    }
    if (out->stream < CQL_FRAME_STREAM_EVENT) {
        return error_set(err, STATUS_CORRUPT, "a frame of the server has stream id %d",
                         out->stream);
    }
    uint32_t len = read_be32(at + 5);
    if (len > reader->body_max) {
        return error_set(err, STATUS_CORRUPT,
                         "a frame of the server says it has %d bytes; at most %zu are taken",
                         (int32_t)len, reader->body_max);
    }
    *body_len = len;
    return STATUS_OK;
}

// Replaces a compressed body by the inflated one, in a block of its own. On failure the frame is as before.
static enum status inflate(const struct cql_frame_reader *reader, struct cql_frame *frame,
                           struct error *err) {
    struct str body = frame->body;
    if (!reader->compression) {
        return error_set(err, STATUS_CORRUPT, "a frame is compressed, which was not agreed on");
    }
    if (body.len < INFLATED_LEN) {
        return error_set(err, STATUS_CORRUPT, "a compressed frame has no length");
    }
    size_t len = read_be32(body.data);
    size_t packed = body.len - INFLATED_LEN;
    // An empty body may come as no bytes at all, which is no LZ4 block.
    bool empty = len == 0 && packed == 0;
    if (len > reader->body_max || len > packed * LZ4_RATIO_MAX) {
        return error_set(err, STATUS_CORRUPT,
                         "a compressed frame of %zu bytes says that it inflates to %d", body.len,
                         (int32_t)len);
    }
    char *block = malloc(len > 0 ? len : 1);
    if (block == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory to inflate %zu bytes", len);
    }
    if (!empty &&
        LZ4_decompress_safe(body.data + INFLATED_LEN, block, (int)packed, (int)len) != (int)len) {
        free(block);
        return error_set(err, STATUS_CORRUPT, "a compressed frame does not inflate");
    }
    free(frame->block);
    frame->block = block;
    frame->body = str_make(block, len);
    frame->flags &= (uint8_t)~CQL_FRAME_COMPRESSED;
    return STATUS_OK;
}

// The frame whose body fills the block.
static enum status next_of_block(struct cql_frame_reader *reader, struct cql_frame *out,
                                 struct error *err) {
    if (reader->block_filled < reader->block_needed) {
        return STATUS_END;
    }
    *out = reader->pending;
    out->block = reader->block;
    out->body = str_make(reader->block, reader->block_needed);
    enum status status = STATUS_OK;
    if ((out->flags & CQL_FRAME_COMPRESSED) != 0) {
        status = inflate(reader, out, err);
    }
    if (status == STATUS_OK) {
        reader->block = NULL;
    } else {
        *out = (struct cql_frame){0}; // the block is still the reader's
    }
    return status;
}

// Gives the body that has begun to arrive a block; whatever the chunk has belongs to it.
static enum status begin_block(struct cql_frame_reader *reader, const struct cql_frame *header,
                               size_t body_len, struct error *err) {
    size_t have = reader->filled - reader->taken - CQL_FRAME_HEADER_LEN;
    size_t size = body_len < BLOCK_FIRST ? body_len : BLOCK_FIRST;
    if (size < have) {
        size = have;
    }
    char *block = malloc(size);
    if (block == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for a frame of %zu bytes", body_len);
    }
    memcpy(block, reader->chunk + reader->taken + CQL_FRAME_HEADER_LEN, have);
    reader->block = block;
    reader->block_size = size;
    reader->block_filled = have;
    reader->block_needed = body_len;
    reader->pending = *header;
    reader->taken = 0;
    reader->filled = 0;
    return STATUS_END;
}

enum status cql_frame_reader_next(struct cql_frame_reader *reader, struct cql_frame *out,
                                  struct error *err) {
    *out = (struct cql_frame){0};
    if (reader->block != NULL) {
        return next_of_block(reader, out, err);
    }
    size_t have = reader->filled - reader->taken;
    if (have < CQL_FRAME_HEADER_LEN) {
        return STATUS_END;
    }
    const char *at = reader->chunk + reader->taken;
    struct cql_frame frame = {0};
    size_t body_len = 0;
    enum status status = decode_header(reader, at, &frame, &body_len, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (have - CQL_FRAME_HEADER_LEN < body_len) {
        // A short one is awaited in the chunk: moving its beginning costs less than a block.
        return body_len > reader->chunk_size / 4 ? begin_block(reader, &frame, body_len, err)
                                                 : STATUS_END;
    }
    frame.body = str_make(at + CQL_FRAME_HEADER_LEN, body_len);
    if ((frame.flags & CQL_FRAME_COMPRESSED) != 0) {
        status = inflate(reader, &frame, err);
    }
    if (status == STATUS_OK) {
        reader->taken += CQL_FRAME_HEADER_LEN + body_len;
        *out = frame;
    }
    return status;
}
