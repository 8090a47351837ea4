// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One activity as the live feed keeps it: what a timeline row has, and whose it is. Never the sender's address.
#ifndef FOOTFALL_LIVE_ITEM_H
#define FOOTFALL_LIVE_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/json_write.h"
#include "event/event.h"

struct live_item {
    int64_t offset; // in its partition of the event log
    enum event_type type;
    int64_t timestamp_ms;
    int64_t received_ms;
    struct str project;
    struct str id;
    struct str name;
    struct str user_id; // empty: none
    struct str anonymous_id;
    struct str properties; // raw JSON objects; empty: none
    struct str traits;
    struct str context;
    bool
        cut; // properties, traits and context were left out, because they are too large for the feed
};

// Slices are those of the event.
struct live_item live_item_of(const struct event *event, int64_t offset);
// As GET /users/{id}/activities has it, with project, userId and "truncated":true where something was left out.
void live_item_write(struct json_writer *writer, const struct live_item *item);

// --- Between processes ------------------------------------------------------------------------------------------------
void live_item_pack(struct buffer *out, const struct live_item *item);
// Slices point into *in, which moves behind the item. False: it is none.
MUST_CHECK bool live_item_unpack(struct str *in, struct live_item *out);

// --- What is asked for ------------------------------------------------------------------------------------------------
struct live_filter {
    struct str project; // data NULL: all of them
    struct str name;    // data NULL: any, as the next
    struct str user_id; // the user's own events, and no anonymous ones
    bool has_type;
    enum event_type type;
};
bool live_filter_takes(const struct live_filter *filter, const struct live_item *item);

#endif
