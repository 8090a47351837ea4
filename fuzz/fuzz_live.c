// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Positions of the live feed as somebody sends them, which can be written again; and frames of a process that speaks otherwise.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "live/position.h"
#include "live/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_position(struct str text) {
    struct arena arena;
    struct live_position position, again;
    struct buffer out, scratch;
    arena_init(&arena, 8192, 0);
    buffer_init(&out, (size_t)LIVE_POSITION_BYTES_MAX * 2);
    buffer_init(&scratch, LIVE_POSITION_BYTES_MAX);
    if (live_position_read(text, &arena, &position)) {
        live_position_write(&out, &scratch, &position);
        CHECK(buffer_status(&out) == STATUS_OK);
        CHECK(live_position_read(buffer_str(&out), &arena, &again));
        CHECK(again.epoch == position.epoch && again.count == position.count);
        CHECK(memcmp(again.offsets, position.offsets, again.count * sizeof *again.offsets) == 0);
    }
    buffer_free(&out);
    buffer_free(&scratch);
    arena_free(&arena);
}

static void try_frames(struct str in) {
    struct live_frame frame;
    struct buffer out;
    buffer_init(&out, LIVE_FRAME_MAX * 2);
    while (live_frame_read(&in, &frame) == STATUS_OK) {
        struct live_frame again;
        buffer_clear(&out);
        live_frame_write(&out, &frame);
        struct str written = buffer_str(&out);
        CHECK(live_frame_read(&written, &again) == STATUS_OK && again.kind == frame.kind);
        CHECK(again.partition == frame.partition && again.offset == frame.offset &&
              str_equal(again.item.context, frame.item.context));
    }
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str text = {(const char *)data, size};
    try_position(text);
    try_frames(text);
    return 0;
}
