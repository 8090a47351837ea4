// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// When an event happened, by our clock.
#include "activity/reader.h"
#include "base/clock.h"

void activity_time_begin(struct activity_reader *reader) {
    reader->has_sent =
        reader->sent_at.len > 0 && clock_parse_rfc3339(reader->sent_at, &reader->sent_ms);
}

// The sender's clock may be wrong, but the time between event and sending is right: that much before our receiving it happened.
// A sentAt that cannot be read corrects nothing; it is kept all the same.
enum status activity_time_item(struct activity_reader *reader, struct activity_item *item) {
    struct event *event = &item->event;
    int64_t sent_ms = reader->sent_ms;
    bool has_sent = reader->has_sent;
    event->sent_at = reader->sent_at;
    if (item->sent.len > 0) {
        event->sent_at = item->sent;
        has_sent = clock_parse_rfc3339(item->sent, &sent_ms);
    }
    event->timestamp_ms = item->has_original ? item->original_ms : event->received_ms;
    if (item->has_offset) {
        // Elapsed time needs no correction.
        event->timestamp_ms = event->received_ms - item->offset_ms;
    } else if (item->has_original && has_sent) {
        event->timestamp_ms = event->received_ms - (sent_ms - item->original_ms);
    }
    if (item->has_original && event->timestamp_ms != item->original_ms) {
        event->original_timestamp = item->original;
    }
    return STATUS_OK;
}
