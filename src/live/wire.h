// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The feed between processes: frames of a kind, a length and content, over one reply without an end.
//
//   hello     version, partitions                            first
//   from      partition, epoch of the log, offset            items begin there; what was below is not known here
//   item      partition, item (item.h)
//   complete  partition, offset                              nothing below it will come any more
//   alive                                                    all there was has been sent; and now and then
//
// A frame is [kind u8][length be32][content]. A reader passes over kinds that it does not know.
#ifndef FOOTFALL_LIVE_WIRE_H
#define FOOTFALL_LIVE_WIRE_H

#include "live/item.h"

#define LIVE_WIRE_TYPE "application/vnd.footfall.live"
#define LIVE_WIRE_VERSION 1
#define LIVE_FRAME_MAX ((size_t)2 * 1024 * 1024)

enum live_frame_kind {
    LIVE_FRAME_HELLO = 1,
    LIVE_FRAME_FROM,
    LIVE_FRAME_ITEM,
    LIVE_FRAME_COMPLETE,
    LIVE_FRAME_ALIVE
};
struct live_frame {
    enum live_frame_kind kind;
    int64_t epoch;       // from
    unsigned partitions; // hello
    unsigned partition;
    int64_t offset;
    struct live_item item; // slices point into what was read
};
void live_frame_write(struct buffer *out, const struct live_frame *frame);
// OK; END: more bytes are needed; INVALID: it is none. *in moves behind the frame, and behind those that are not known.
MUST_CHECK enum status live_frame_read(struct str *in, struct live_frame *out);

#endif
