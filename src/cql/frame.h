// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Frames of the native protocol v4 (section 2): requests packed into one output buffer, replies found in what a socket gives.
//
//   0         1       2          4        5                    9
//   version | flags | stream id | opcode | length of the body | body ...        all big-endian
//
// Out: many requests into one buffer, one write:
//
//   size_t start = cql_frame_begin(&out, CQL_OP_QUERY, stream);
//   cql_encode_query(&out, ...);                                     (message.h)
//   status = cql_frame_end(&out, start, compress);                   patches the length; takes the frame back when it failed
//
// In: the socket reads straight into the reader's memory; no body is moved once it is whole:
//
//   char *room = cql_frame_reader_room(&reader, &len);               alloc callback
//   cql_frame_reader_filled(&reader, nread);                         read callback
//   while ((status = cql_frame_reader_next(&reader, &frame, &err)) == STATUS_OK) ... cql_frame_free(&frame);
//
// Frames that fit the reader's chunk are slices of it; a long or compressed one gets memory of its own, which whoever keeps the body
// (a result) takes over instead of copying it. So a body is copied at most once between the socket and a result.
// One owner, one thread; nothing here blocks or does I/O.
#ifndef FOOTFALL_CQL_FRAME_H
#define FOOTFALL_CQL_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/status.h"
#include "base/str.h"

#define CQL_FRAME_HEADER_LEN ((size_t)9)
#define CQL_FRAME_BODY_MAX                                                                         \
    ((size_t)256 << 20)             // what the specification allows; Cassandra too refuses more
#define CQL_FRAME_STREAM_MAX 32767  // ids of a client's are 0 to this
#define CQL_FRAME_STREAM_EVENT (-1) // of what the server sends unasked

enum cql_opcode {
    CQL_OP_ERROR = 0x00,
    CQL_OP_STARTUP = 0x01,
    CQL_OP_READY = 0x02,
    CQL_OP_AUTHENTICATE = 0x03,
    CQL_OP_OPTIONS = 0x05,
    CQL_OP_SUPPORTED = 0x06,
    CQL_OP_QUERY = 0x07,
    CQL_OP_RESULT = 0x08,
    CQL_OP_PREPARE = 0x09,
    CQL_OP_EXECUTE = 0x0A,
    CQL_OP_REGISTER = 0x0B,
    CQL_OP_EVENT = 0x0C,
    CQL_OP_BATCH = 0x0D,
    CQL_OP_AUTH_CHALLENGE = 0x0E,
    CQL_OP_AUTH_RESPONSE = 0x0F,
    CQL_OP_AUTH_SUCCESS = 0x10,
};

enum cql_frame_flag {
    CQL_FRAME_COMPRESSED = 0x01,
    CQL_FRAME_TRACING = 0x02,
    CQL_FRAME_CUSTOM_PAYLOAD = 0x04,
    CQL_FRAME_WARNING = 0x08,
};

// "RESULT", for logs and errors; "an unknown opcode" for others. Static storage.
const char *cql_opcode_name(uint8_t opcode);

// --- Out ----------------------------------------------------------------------------------------------------------
// Begins a frame at the end of out and returns where. The body is appended next. out must not have failed.
size_t cql_frame_begin(struct buffer *out, enum cql_opcode opcode, int16_t stream);
// Ends it: writes the length, and compresses the body with LZ4 when compress is set, the body is at least CQL_FRAME_COMPRESS_MIN long and
// shorter by it. Never compress STARTUP and OPTIONS (section 5). NO_MEMORY or TOO_LARGE (the buffer's maximum, or the protocol's):
// the frame is taken back, out ends at start and has not failed, so that the frames before it can still be sent.
MUST_CHECK enum status cql_frame_end(struct buffer *out, size_t start, bool compress);
#define CQL_FRAME_COMPRESS_MIN ((size_t)512) // below, LZ4 saves less than it costs

// --- In -----------------------------------------------------------------------------------------------------------
// A reply. The body is inflated already, but still has what the flags put in front of it (message.h, cql_reply_open).
struct cql_frame {
    uint8_t flags; // enum cql_frame_flag, without CQL_FRAME_COMPRESSED
    int16_t stream;
    uint8_t opcode; // one that a server may send
    struct str
        body; // valid until the reader's next cql_frame_reader_room, or with block until that is freed
    char *block; // NULL, or memory from malloc that holds the body: the caller's
};
void cql_frame_free(struct cql_frame *frame); // the block, if it still has one

struct cql_frame_reader {
    size_t body_max; // of a body, inflated or not
    bool
        compression; // set when STARTUP asks for it: the answer to that may be compressed already. Without it such a frame is CORRUPT

    // Its own. Bytes from `taken` to `filled` of the chunk have arrived and are not handed out; while block is set, the frame being read
    // goes there instead and the chunk is empty.
    char *chunk;
    size_t chunk_size;
    size_t taken;
    size_t filled;
    struct cql_frame pending; // header of the frame whose body goes to block
    char *block;
    size_t block_size;
    size_t block_filled;
    size_t block_needed; // the body's length
};

// Allocates nothing yet. chunk_size: bytes a read may bring at most, 0: 64 KiB. body_max 0: CQL_FRAME_BODY_MAX.
void cql_frame_reader_init(struct cql_frame_reader *reader, size_t chunk_size, size_t body_max);
void cql_frame_reader_free(struct cql_frame_reader *reader); // usable again after init
// Room for the next read, at least one byte; NULL: no memory (try again or close). Slices handed out before are void from here on. All
// frames that are whole must have been taken (cql_frame_reader_next said END) since the last cql_frame_reader_filled.
char *cql_frame_reader_room(struct cql_frame_reader *reader, size_t *len);
void cql_frame_reader_filled(struct cql_frame_reader *reader,
                             size_t len); // that many bytes have been put there
// The next whole frame. END: none, more must be read. UNSUPPORTED: a reply of another protocol version, which is how a server refuses ours.
// CORRUPT: no reply, an unknown opcode, a negative length or one above body_max, a body that does not inflate. After both the connection
// is of no use any more. NO_MEMORY: the frame is still there to be asked for.
MUST_CHECK enum status cql_frame_reader_next(struct cql_frame_reader *reader, struct cql_frame *out,
                                             struct error *err);

#endif
