// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From the JSON of one request to log records: what is read, what a dialect must do, what comes out. Knows neither HTTP nor the log.
//
//   text ─ shallow scan ─→ each event ─ json_parse ─→ dialect->read ─→ times, checks ─→ canonical form ─→ record
//                                └ bad ones: index, messageId, reason
//
// Everything here runs on one thread with that thread's struct activity_worker.
#ifndef FOOTFALL_ACTIVITY_READER_H
#define FOOTFALL_ACTIVITY_READER_H

#include "base/random.h"
#include "event/event.h"
#include "eventlog/eventlog.h"

// What a thread keeps between requests, so that an event costs no allocation.
struct activity_worker {
    struct json_parser *parser;
    struct arena scratch;   // of one event
    struct buffer encoded;  // its canonical form
    struct buffer extra;    // its unknown members
    struct buffer reserved; // its members whose names the canonical form takes
    struct activity_worker *next;
    struct activity_worker **link;
};
MUST_CHECK enum status activity_worker_init(struct activity_worker *worker);
void activity_worker_free(struct activity_worker *worker);

enum activity_shape {
    ACTIVITY_ONE,   // an object is an event
    ACTIVITY_BATCH, // an object with an array `batch`
    ACTIVITY_ANY,   // either of them, or an array of events
};

struct activity_limits {
    size_t event_bytes;  // of an event as sent
    unsigned events;     // a request
    size_t record_bytes; // of all records of a request: a batch's context is copied into each
};

struct activity_reader;
struct activity_item;

struct activity_dialect {
    struct str name;           // event->dialect
    enum activity_shape shape; // of routes that leave it open
    struct str id_member;      // where an event's id stands, to name those that cannot be read
    // Fills in what the event says. err->text is the reason given to the sender, and names the member.
    enum status (*read)(struct activity_reader *reader, const struct json_value *root,
                        struct activity_item *item, struct error *err);
    struct str accepted; // the reply when all is well, but for plain, which counts
};
extern const struct activity_dialect activity_dialect_plain;
extern const struct activity_dialect activity_dialect_segment;
extern const struct activity_dialect activity_dialect_rudder;
extern const struct activity_dialect activity_dialect_posthog;

// What a request brings. All slices live as long as the reader's arena.
struct activity_input {
    const struct activity_dialect *dialect;
    enum activity_shape shape;
    bool has_type; // of the route: /v1/track
    enum event_type type;
    struct str text;         // JSON, followed by JSON_PADDING readable bytes
    struct str project;      // data NULL: the body must name a key
    struct str anonymous_id; // of a header: for events that have no actor of their own
    struct str sent_at;      // of a header
    struct str ip;
    struct str user_agent;
    bool do_not_track;           // DNT: 1
    bool global_privacy_control; // Sec-GPC: 1
    struct str trace;            // traceparent for the events; data NULL: they are not traced
    int64_t received_ms;
};

// Finds the project of a key and copies its name into arena; false: there is no such key.
struct activity_keys {
    bool (*find)(void *context, struct str key, struct arena *arena, struct str *project);
    void *context;
};

// An event under construction; lives in the scratch arena.
struct activity_item {
    struct event event;
    struct str original; // its timestamp as sent
    bool has_original;
    int64_t original_ms;
    bool has_offset; // PostHog: milliseconds between the event and its sending
    int64_t offset_ms;
    struct str sent;                  // sentAt
    const struct json_value *context; // the trees of what event.context and so on hold
    const struct json_value *properties;
    const struct json_value *traits;
    const struct json_value *integrations;
};

struct activity_rejection {
    size_t index;
    struct str message_id; // data NULL: unknown
    struct str reason;
    enum status status;
};

struct activity_result {
    unsigned refused;  // 0, or the HTTP status with which the whole body is refused
    struct str reason; // of that
    struct str
        dialect; // of the last event read: libraries of RudderStack use Segment's routes; data NULL: none
    bool single; // the body was one event, not a list
    struct eventlog_record *records;
    size_t count;
    struct activity_rejection *rejected;
    size_t rejected_count;
};

// An object of a batch that all of its events get; members sorted by name.
struct activity_shared_member {
    const struct json_value *member;
    size_t hidden_in; // number of the last event that has one of that name itself
};
struct activity_shared {
    struct activity_shared_member *members;
    size_t count; // 0: there is none
    struct str raw;
};

struct activity_reader {
    const struct activity_input *input;
    const struct activity_limits *limits;
    const struct activity_keys *keys;
    struct random_source *random;
    struct activity_worker *worker;
    struct arena *arena; // of the request: results live here
    struct activity_result *result;
    struct str project;
    // What a batch says for all of its events.
    struct activity_shared context;
    struct activity_shared integrations;
    const struct json_value *context_tree;
    struct str sent_at;
    bool has_sent; // and it can be read
    int64_t sent_ms;
    // Progress.
    size_t seen;
    size_t keyless; // events without a key that is known
    size_t record_capacity;
    size_t rejected_capacity;
    size_t record_bytes;
    char *block; // records are packed into blocks of the arena
    size_t block_left;
    struct str last_key; // found for an event before
    struct str last_project;
};

// Reads it all. NO_MEMORY, or OK with *result filled. Records point into arena.
MUST_CHECK enum status activity_read(const struct activity_input *input,
                                     const struct activity_limits *limits,
                                     const struct activity_keys *keys, struct random_source *random,
                                     struct activity_worker *worker, struct arena *arena,
                                     struct activity_result *result);

// --- For dialects --------------------------------------------------------------------------------------------------------
// A string, or a number as it is written; null and "" are absent. INVALID for anything else.
MUST_CHECK enum status activity_take_text(const struct json_value *member, struct str *out,
                                          struct error *err);
// An object, null is absent; anything else is INVALID.
MUST_CHECK enum status activity_take_object(const struct json_value *member,
                                            const struct json_value **tree, struct str *raw,
                                            struct error *err);
// RFC 3339, or whole milliseconds since 1970; null is absent.
MUST_CHECK enum status activity_take_time(const struct json_value *member,
                                          struct activity_item *item, struct error *err);
// Keeps a member that the dialect does not know.
void activity_keep_member(struct activity_reader *reader, const struct json_value *member);

// The part of an event that all dialects but PostHog's share: ids, times, objects, keys. *taken is false for a member it does not know.
MUST_CHECK enum status activity_take_member(struct activity_item *item,
                                            const struct json_value *member, bool *taken,
                                            struct error *err);

// --- Between reader.c and its parts ---------------------------------------------------------------------------------------
// Judges one event's bytes and adds a record or a rejection. NO_MEMORY, TOO_LARGE (record_bytes) end the reading.
MUST_CHECK enum status activity_read_item(struct activity_reader *reader, struct str raw);
MUST_CHECK enum status activity_share(struct arena *arena, const struct json_value *object,
                                      struct activity_shared *out);
// Lays batch-level objects under the event's own: the event's members win.
MUST_CHECK enum status activity_merge_item(struct activity_reader *reader,
                                           struct activity_item *item);
// Once, before the events are read; then for each its timestamp, originalTimestamp, sentAt.
void activity_time_begin(struct activity_reader *reader);
MUST_CHECK enum status activity_time_item(struct activity_reader *reader,
                                          struct activity_item *item);

#endif
