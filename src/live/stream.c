// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Server-Sent Events (HTML Living Standard, 9.2): how a reader that is a person's program is written to.
#include "live/private.h"

// What is sent with it is where the reader stands when it has seen it.
static void write_id(struct live_reader *reader) {
    struct live *live = reader->live;
    struct live_position position = {reader->epoch, live_feed_partitions(live->config.feed),
                                     reader->offsets};
    buffer_append_str(&reader->buffer, STR("id: "));
    live_position_write(&reader->buffer, &live->scratch, &position);
    buffer_append_char(&reader->buffer, '\n');
}

static void write_item(struct live_reader *reader, unsigned partition, const struct live_item *item,
                       struct str text) {
    (void)partition;
    (void)item;
    if (text.len == 0) {
        return; // it could not be written
    }
    write_id(reader);
    buffer_append_str(&reader->buffer, STR("event: activity\ndata: "));
    buffer_append_str(&reader->buffer, text);
    buffer_append_str(&reader->buffer, STR("\n\n"));
}

static void write_gap(struct live_reader *reader, const struct live_gap *gap) {
    write_id(reader);
    if (gap->other_log) {
        buffer_append_str(&reader->buffer, STR("event: gap\ndata: {\"reason\":\"otherLog\"}\n\n"));
    } else {
        buffer_append_str(&reader->buffer,
                          STR("event: gap\ndata: {\"reason\":\"tooOld\",\"atMost\":"));
        buffer_append_u64(&reader->buffer, gap->records);
        buffer_append_str(&reader->buffer, STR("}\n\n"));
    }
}

static void write_complete(struct live_reader *reader, unsigned partition, bool anew) {
    (void)reader; // its next id says so
    (void)partition;
    (void)anew;
}

static void write_keep_alive(struct live_reader *reader) {
    // With where it stands, so that who comes back after hours of nothing of his own does not begin in what is gone.
    write_id(reader);
    buffer_append_str(&reader->buffer, STR(": still here\n\n"));
}

static void write_end(struct live_reader *reader) {
    struct str text = STR_EMPTY;
    switch (reader->end) {
    case LIVE_SLOW: text = STR("event: dropped\ndata: {\"reason\":\"slow\"}\n\n"); break;
    case LIVE_DENIED: text = STR("event: dropped\ndata: {\"reason\":\"denied\"}\n\n"); break;
    case LIVE_STOPPING: text = STR("retry: 1000\n: the server is stopping\n\n"); break;
    case LIVE_GOES_ON:
    case LIVE_GONE: break;
    }
    buffer_append_str(&reader->buffer, text);
}

const struct live_format live_format_events = {.from_beginning = false,
                                               .item = write_item,
                                               .wants_text = true,
                                               .gap = write_gap,
                                               .complete = write_complete,
                                               .keep_alive = write_keep_alive,
                                               .end = write_end};
