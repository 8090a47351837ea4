// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// "I sent it, where is it?": follows one message id from the event log to the timeline.
//
//   timeline of the person, when one is named     exact, needs no log
//   windows of seen ids, partition by partition   says whether and about where it was taken
//   event log, from there                         whose it is; then their timeline says whether it counts
//   dead letters                                  why it could not be taken
//   event log, behind the processor               it waits
//
// Each of these is bounded, and what a bound, an engine or a missing engine keeps from being known is said in `detail`: where it matters the
// state is UNKNOWN or SEEN and never a guess. A gateway opens Kafka when it is first asked, and looks without being a member of a group.
#ifndef FOOTFALL_APP_MESSAGE_TRAIL_H
#define FOOTFALL_APP_MESSAGE_TRAIL_H

#include "app/service.h"
#include "event/event.h"

#define MESSAGE_TIMELINE_ROWS 10000 // of one person, newest first
#define MESSAGE_LETTERS 2000        // newest first
#define MESSAGE_LOG_RECORDS 200000  // read of the log for one question

// X(symbol, name, meaning)
#define MESSAGE_STATE_LIST(X)                                                                      \
    X(PROCESSED, "processed", "it counts, and is in a timeline")                                   \
    X(SEEN, "seen", "the processor took it; whether it counts cannot be told")                     \
    X(WAITING, "waiting", "durable in the event log, the processor is not there yet")              \
    X(FILTERED, "filtered", "the processor took it, and it is in no timeline")                     \
    X(DEAD_LETTERED, "dead-lettered", "it could not be processed")                                 \
    X(UNKNOWN, "unknown", "nothing is known of it")
enum message_state {
#define X(symbol, name, meaning) MESSAGE_##symbol,
    MESSAGE_STATE_LIST(X)
#undef X
};

struct message_question {
    struct app_service *service;
    struct str project, id;
    struct str user_id, anonymous_id; // who is said to have done it; data NULL: not said
    struct arena *arena;              // what is found lives here
    struct eventlog *log;             // set by message_trail_find; NULL: none can be looked at
};

struct message_trail {
    enum message_state state;
    struct str detail;  // a sentence or two
    bool has_partition; // with has_offset: the record's place in the log
    bool has_offset;
    unsigned partition;
    int64_t offset;
    bool has_event; // the fields that follow
    struct event event;
    bool has_letter;
    struct store_dead_letter letter;
};

// Blocks. The store's statuses.
MUST_CHECK enum status message_trail_find(const struct message_question *question,
                                          struct message_trail *out);

// --- message_trail_log.c ---
// Where to look, a partition: from <= offset < until. Nothing where they are equal.
struct message_stretch {
    int64_t from, until;
};
// Looks for the id in these, at most MESSAGE_LOG_RECORDS records in all. OK: out's place and event are filled in, *complete is true.
// NOT_FOUND: *complete says whether everything that was asked for, and is still kept, was looked at. NO_MEMORY, IO, CORRUPT.
MUST_CHECK enum status message_log_find(const struct message_question *question,
                                        const struct message_stretch *stretches,
                                        struct message_trail *out, bool *complete);
// Whether the canonical record is the event that is asked for; fills in out->event. value needs no padding. NO_MEMORY.
MUST_CHECK enum status message_record_is(const struct message_question *question, struct str value,
                                         struct json_parser *parser, struct message_trail *out,
                                         bool *is);
// The id as it stands in records, in quotation marks.
MUST_CHECK enum status message_id_quoted(struct str id, struct arena *arena, struct str *out);

// GET /status/messages/{id}; of the gateway.
struct http_route_table app_message_routes(struct app_service *service);

#endif
