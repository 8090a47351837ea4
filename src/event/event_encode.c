// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes an event's canonical form: what the log keeps and every consumer of it reads.
#include "base/clock.h"
#include "base/json_write.h"
#include "event/event.h"

// The names are constants that need no escaping, so they are copied together with their quotes, colon and comma.
#define LITERAL(writer, text) buffer_append((writer)->out, (text), sizeof(text) - 1)

static void put_string(struct json_writer *writer, struct str value) {
    writer->comma = false;
    json_string(writer, value);
}

static void put_time(struct json_writer *writer, int64_t ms) {
    char text[CLOCK_RFC3339_LEN + 3];
    text[0] = '"';
    clock_format_rfc3339(ms, text + 1);
    text[CLOCK_RFC3339_LEN + 1] = '"';
    buffer_append(writer->out, text, CLOCK_RFC3339_LEN + 2);
}

// Absent members are left out: nobody reads "null" differently from nothing, and it is stored for every event.
#define OPTIONAL_STRING(writer, text, value)                                                       \
    do {                                                                                           \
        if ((value).len > 0) {                                                                     \
            LITERAL(writer, text);                                                                 \
            put_string(writer, value);                                                             \
        }                                                                                          \
    } while (0)
#define OPTIONAL_RAW(writer, text, value)                                                          \
    do {                                                                                           \
        if ((value).len > 0) {                                                                     \
            LITERAL(writer, text);                                                                 \
            buffer_append_str((writer)->out, value);                                               \
        }                                                                                          \
    } while (0)

static void put_source(struct json_writer *writer, const struct event *event) {
    LITERAL(writer, ",\"source\":{\"dialect\":");
    put_string(writer, event->dialect);
    OPTIONAL_STRING(writer, ",\"ip\":", event->ip);
    OPTIONAL_STRING(writer, ",\"userAgent\":", event->user_agent);
    OPTIONAL_STRING(writer, ",\"trace\":", event->trace);
    if (event->do_not_track) {
        LITERAL(writer, ",\"doNotTrack\":true");
    }
    if (event->global_privacy_control) {
        LITERAL(writer, ",\"globalPrivacyControl\":true");
    }
    LITERAL(writer, "}");
}

static void put_times(struct json_writer *writer, const struct event *event) {
    LITERAL(writer, ",\"timestamp\":");
    put_time(writer, event->timestamp_ms);
    LITERAL(writer, ",\"receivedAt\":");
    put_time(writer, event->received_ms);
    OPTIONAL_STRING(writer, ",\"originalTimestamp\":", event->original_timestamp);
    OPTIONAL_STRING(writer, ",\"sentAt\":", event->sent_at);
    if (event->clamped) {
        LITERAL(writer, ",\"timestampClamped\":true");
    }
}

enum status event_encode(const struct event *event, struct buffer *out) {
    struct json_writer writer;
    json_writer_init(&writer, out);
    LITERAL(&writer, "{\"id\":");
    put_string(&writer, event->id);
    LITERAL(&writer, ",\"project\":");
    put_string(&writer, event->project);
    LITERAL(&writer, ",\"type\":\"");
    buffer_append_str(out, event_type_name(event->type));
    LITERAL(&writer, "\"");
    OPTIONAL_STRING(&writer, ",\"name\":", event->name);
    OPTIONAL_STRING(&writer, ",\"userId\":", event->user_id);
    OPTIONAL_STRING(&writer, ",\"anonymousId\":", event->anonymous_id);
    OPTIONAL_STRING(&writer, ",\"groupId\":", event->group_id);
    OPTIONAL_STRING(&writer, ",\"previousId\":", event->previous_id);
    put_times(&writer, event);
    OPTIONAL_RAW(&writer, ",\"properties\":", event->properties);
    OPTIONAL_RAW(&writer, ",\"traits\":", event->traits);
    OPTIONAL_RAW(&writer, ",\"context\":", event->context);
    put_source(&writer, event);
    OPTIONAL_RAW(&writer, ",", event->extra);
    LITERAL(&writer, "}");
    return json_writer_status(&writer);
}
