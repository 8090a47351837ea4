// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How far a reader of the live feed has come, in every partition of the event log; as text it is the id of an event (Last-Event-ID).
//
// As bytes: version, epoch of the log, how many partitions, for each the offset behind the last one seen plus one (0: nothing was ever
// seen of it), CRC-32C; as text base64url. A text is taken from anywhere and trusted in nothing.
#ifndef FOOTFALL_LIVE_POSITION_H
#define FOOTFALL_LIVE_POSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

#define LIVE_PARTITIONS_MAX 1024
#define LIVE_POSITION_BYTES_MAX (1 + 10 + 2 + LIVE_PARTITIONS_MAX * 10 + 4)

struct live_position {
    int64_t epoch;
    unsigned count;         // at most LIVE_PARTITIONS_MAX
    const int64_t *offsets; // next to be seen, by partition; -1: not known
};
// Appends the text. scratch is cleared first.
void live_position_write(struct buffer *out, struct buffer *scratch,
                         const struct live_position *position);
// False: it is no text that live_position_write made. offsets are in arena.
MUST_CHECK bool live_position_read(struct str text, struct arena *arena, struct live_position *out);

#endif
