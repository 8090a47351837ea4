// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Frames of the feed between processes, and how a reader that is another process is written to.
#include "live/wire.h"

#include "base/bytes.h"
#include "live/private.h"

#define HEAD 5

void live_frame_write(struct buffer *out, const struct live_frame *frame) {
    size_t at = out->len;
    bytes_put_u8(out, (uint8_t)frame->kind);
    bytes_put_be32(out, 0);
    switch (frame->kind) {
    case LIVE_FRAME_HELLO:
        bytes_put_u8(out, LIVE_WIRE_VERSION);
        bytes_put_varint(out, frame->partitions);
        break;
    case LIVE_FRAME_FROM:
        bytes_put_varint(out, frame->partition);
        bytes_put_zigzag(out, frame->epoch);
        bytes_put_zigzag(out, frame->offset);
        break;
    case LIVE_FRAME_ITEM:
        bytes_put_varint(out, frame->partition);
        live_item_pack(out, &frame->item);
        break;
    case LIVE_FRAME_COMPLETE:
        bytes_put_varint(out, frame->partition);
        bytes_put_zigzag(out, frame->offset);
        break;
    case LIVE_FRAME_ALIVE: break;
    }
    if (buffer_status(out) == STATUS_OK) {
        size_t len = out->len - at - HEAD;
        for (unsigned i = 0; i < 4; i++) {
            out->data[at + 1 + i] = (char)(unsigned char)(len >> (24 - 8 * i));
        }
    }
}

static bool get_partition(struct str *in, unsigned *out) {
    uint64_t number = 0;
    if (!bytes_get_varint(in, &number) || number >= LIVE_PARTITIONS_MAX) {
        return false;
    }
    *out = (unsigned)number;
    return true;
}

// Content may be longer than what is known of it.
static bool read_content(struct str in, struct live_frame *out) {
    uint8_t version = 0;
    uint64_t count = 0;
    switch (out->kind) {
    case LIVE_FRAME_HELLO:
        if (!bytes_get_u8(&in, &version) || version != LIVE_WIRE_VERSION ||
            !bytes_get_varint(&in, &count) || count == 0 || count > LIVE_PARTITIONS_MAX) {
            return false;
        }
        out->partitions = (unsigned)count;
        return true;
    case LIVE_FRAME_FROM:
        return get_partition(&in, &out->partition) && bytes_get_zigzag(&in, &out->epoch) &&
               bytes_get_zigzag(&in, &out->offset) && out->offset >= 0;
    case LIVE_FRAME_ITEM:
        return get_partition(&in, &out->partition) && live_item_unpack(&in, &out->item);
    case LIVE_FRAME_COMPLETE:
        return get_partition(&in, &out->partition) && bytes_get_zigzag(&in, &out->offset) &&
               out->offset >= 0;
    case LIVE_FRAME_ALIVE: return true;
    }
    return false;
}

enum status live_frame_read(struct str *in, struct live_frame *out) {
    for (;;) {
        struct str rest = *in;
        uint8_t kind = 0;
        uint32_t len = 0;
        if (!bytes_get_u8(&rest, &kind) || !bytes_get_be32(&rest, &len)) {
            return STATUS_END;
        }
        if (len > LIVE_FRAME_MAX) {
            return STATUS_INVALID;
        }
        if (rest.len < len) {
            return STATUS_END;
        }
        *in = str_make(rest.data + len, rest.len - len);
        if (kind >= LIVE_FRAME_HELLO && kind <= LIVE_FRAME_ALIVE) {
            *out = (struct live_frame){.kind = (enum live_frame_kind)kind};
            return read_content(str_make(rest.data, len), out) ? STATUS_OK : STATUS_INVALID;
        }
    }
}

// --- A reader that is another process -----------------------------------------------------------------------------------
static void write_item(struct live_reader *reader, unsigned partition, const struct live_item *item,
                       struct str text) {
    (void)text;
    live_frame_write(
        &reader->buffer,
        &(struct live_frame){.kind = LIVE_FRAME_ITEM, .partition = partition, .item = *item});
}

static void write_gap(struct live_reader *reader, const struct live_gap *gap) {
    (void)reader; // the other process finds it by the offsets, and tells its own readers
    (void)gap;
}

static void write_complete(struct live_reader *reader, unsigned partition, bool anew) {
    live_frame_write(&reader->buffer,
                     &(struct live_frame){.kind = anew ? LIVE_FRAME_FROM : LIVE_FRAME_COMPLETE,
                                          .partition = partition,
                                          .epoch = reader->epochs[partition],
                                          .offset = reader->offsets[partition]});
}

static void write_keep_alive(struct live_reader *reader) {
    live_frame_write(&reader->buffer, &(struct live_frame){.kind = LIVE_FRAME_ALIVE});
}

static void write_end(struct live_reader *reader) {
    (void)reader; // the end says it
}

const struct live_format live_format_peer = {.from_beginning = true,
                                             .item = write_item,
                                             .wants_text = false,
                                             .gap = write_gap,
                                             .complete = write_complete,
                                             .keep_alive = write_keep_alive,
                                             .end = write_end};
