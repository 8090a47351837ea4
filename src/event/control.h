// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Control records: what Footfall itself puts into the log among events, in order with those of one actor.
//
// ["footfall-control",1,{"do":"erase","receipt":"<uuid>","part":0,"project":"shop","kind":"u","id":"u1","anonymousId":"a1",
//   "keepRefusing":true,"requestedAt":"2026-11-25T12:00:00.000Z"}]
//
// The value is a JSON array; an event's canonical form is an object, whose first bytes event_encode writes itself whatever was sent. So no
// sender of events can make one, however its JSON looks: what it sends ends up inside that object. The key is that of the actor's events,
// hence the record lies in the actor's partition. A record that looks like one and is not exactly one goes the way of all that cannot be
// decoded: to the dead letters.
#ifndef FOOTFALL_EVENT_CONTROL_H
#define FOOTFALL_EVENT_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/json_read.h"
#include "base/str.h"

// X(symbol, name)
#define CONTROL_LIST(X)                                                                            \
    X(ERASE, "erase")   /* all that is held under the actor's key, and the user's profile */       \
    X(UNLINK, "unlink") /* the link of anonymousId to this user, who is not the one erased */      \
    X(ALLOW, "allow")   /* ends keepRefusing */
enum control_action {
#define X(symbol, name) CONTROL_##symbol,
    CONTROL_LIST(X)
#undef X
};

#define CONTROL_RECEIPT_MAX 64

struct control {
    enum control_action action;
    struct str receipt; // whose progress it is; of ALLOW empty
    uint32_t part;      // which of the receipt's records this is
    struct str project;
    char kind; // 'u' or 'a', as enum store_actor_kind has them
    struct str id;
    struct str anonymous_id; // of UNLINK
    bool keep_refusing;
    int64_t requested_ms;
};

// Cheap: whether the value begins as one does.
static inline bool control_looks_like(struct str value) {
    return value.len > 20 && value.data[0] == '[' &&
           memcmp(value.data, "[\"footfall-control\",", 20) == 0;
}
// INVALID_UTF8, NO_MEMORY, TOO_LARGE of the buffer.
MUST_CHECK enum status control_encode(const struct control *control, struct buffer *out);
// key: of the record; it must be the actor's. value must be followed by JSON_PADDING readable bytes; slices point into value or arena.
// INVALID or json_parse's statuses when it is none.
MUST_CHECK enum status control_decode(struct json_parser *parser, struct str key, struct str value,
                                      struct arena *arena, struct control *out);
// project NUL id, as event_record_key has it. Copied into arena; data NULL: no memory.
struct str control_record_key(const struct control *control, struct arena *arena);

#endif
