// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What an event is: its fields, its limits, and its canonical form, which is the value of a log record.
//
// {"id","project","type","name","userId","anonymousId","timestamp","receivedAt","properties":{},"traits":{},"context":{},
//  "source":{"dialect","ip","userAgent","trace","doNotTrack","globalPrivacyControl"},"groupId","previousId"} and, when they were sent, "originalTimestamp", "sentAt",
// "timestampClamped":true, and any member that we do not know, kept as it was.
// Every slice belongs to whoever filled the struct in (an arena); data NULL means absent.
#ifndef FOOTFALL_EVENT_H
#define FOOTFALL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json_read.h"
#include "base/str.h"

// X(symbol, number, name). Numbers are stored.
#define EVENT_TYPE_LIST(X)                                                                         \
    X(TRACK, 0, "track")                                                                           \
    X(IDENTIFY, 1, "identify")                                                                     \
    X(PAGE, 2, "page")                                                                             \
    X(SCREEN, 3, "screen")                                                                         \
    X(GROUP, 4, "group")                                                                           \
    X(ALIAS, 5, "alias")
enum event_type {
#define X(symbol, number, name) EVENT_##symbol = number,
    EVENT_TYPE_LIST(X)
#undef X
};
#define EVENT_TYPE_COUNT 6
struct str event_type_name(enum event_type type);
bool event_type_from_name(struct str name, enum event_type *out);

#define EVENT_BYTES_MAX                                                                            \
    (32 * 1024)             // of one event as sent; configurable downwards and upwards to 512 KiB
#define EVENT_ID_MAX 200    // bytes of id
#define EVENT_ACTOR_MAX 256 // bytes of userId, anonymousId, groupId, previousId
#define EVENT_NAME_MAX 256  // bytes of name
#define EVENT_DEPTH_MAX 32  // nesting of properties and the rest
#define EVENT_FUTURE_MAX_MS                                                                        \
    (24 * 3600 * 1000LL)    // further ahead is clamped to receivedAt and marked
#define EVENT_YEAR_MIN 1990 // timestamps before that year's start are refused: "dates out of range"

struct event {
    struct str id;
    struct str project;
    enum event_type type;
    struct str name; // empty when the type has none
    struct str user_id;
    struct str anonymous_id;
    struct str group_id;
    struct str previous_id;
    int64_t timestamp_ms;
    int64_t received_ms;
    struct str original_timestamp; // as sent, when skew correction or clamping changed it
    struct str sent_at;            // as sent
    bool clamped;
    struct str properties; // raw JSON objects
    struct str traits;
    struct str context;
    struct str dialect; // "plain", "segment", "rudderstack", "posthog"
    struct str ip;
    struct str user_agent;
    struct str trace;  // W3C traceparent of the request that brought it; empty: it is not traced
    bool do_not_track; // the request said DNT: 1
    bool global_privacy_control; // the request said Sec-GPC: 1
    struct str
        extra; // raw members `"a":1,"b":2` without braces that go into the canonical object as they are
};

// Appends the canonical form. All strings must be valid UTF-8 (INVALID_UTF8 otherwise).
MUST_CHECK enum status event_encode(const struct event *event, struct buffer *out);

// The parts of a decoded event that are looked into, as trees; NULL when absent.
struct event_trees {
    const struct json_value *properties;
    const struct json_value *traits;
    const struct json_value *context;
    const struct json_value *root; // of all
};
// Whether the canonical form has a member of that name, so that it is not kept as an unknown one.
bool event_is_member(struct str name);

// The other way: value must be followed by JSON_PADDING readable bytes. Slices point into value or arena. SYNTAX, INVALID and the
// rest of json_parse's statuses when it is no canonical event; err says what.
MUST_CHECK enum status event_decode(struct json_parser *parser, struct str value,
                                    struct arena *arena, struct event *out,
                                    struct event_trees *trees, struct error *err);

// What the dedupe windows keep of an event. Stored: it never changes. Not for secrets: an id is chosen by the sender, and a sender that
// finds a collision drops only its own event.
static inline uint64_t event_id_hash(struct str project, struct str id) {
    return str_hash(id, str_hash(project, 0));
}

// project NUL (userId, else anonymousId): the key of the log record. Copied into arena.
struct str event_record_key(const struct event *event, struct arena *arena);

// Checks what holds for all dialects: an actor is there, names and ids within limits, valid UTF-8 and without NUL, track has a name,
// the time is in range; makes an id when there is none; clamps the future. err->text is the reason given to the sender.
struct random_source;
MUST_CHECK enum status event_finish(struct event *event, struct random_source *random,
                                    struct arena *arena, struct error *err);

#endif
