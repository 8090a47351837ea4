// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which session an event belongs to: data.md's and docs/definitions.md's rules.
//
// An actor's sessions never overlap. An event joins the session whose time contains its own; else the nearest before it, else the
// nearest after it, when less than the gap lies between and the session stays within SESSION_LENGTH_MAX_MS; else it begins its own.
// Sessions are never merged or split, so what an event does depends only on those before it in the log.
#ifndef FOOTFALL_PROCESSOR_SESSIONS_H
#define FOOTFALL_PROCESSOR_SESSIONS_H

#include "processor/actor_cache.h"

#define SESSION_LENGTH_MAX_MS (24 * 3600 * 1000LL)

struct session_change {
    bool late;            // an older session than the newest one was changed or made
    bool began;           // a new session
    bool start_moved;     // a session begins earlier than it did
    int64_t old_start_ms; // then
    int64_t start_ms;     // of the session the event is in now
};
// The store is read only for an event before the current session of an actor that has older ones.
MUST_CHECK enum status sessions_assign(struct actor_cache *cache, struct store *store,
                                       struct actor *actor, int64_t ms, bool page_view,
                                       int64_t gap_ms, struct session_change *change);

// Brings the day totals up to what the actor's changed sessions are now.
struct day_totals_cache;
struct day_totals_dirty;
MUST_CHECK enum status sessions_count(struct day_totals_cache *totals,
                                      struct day_totals_dirty *dirty, struct actor *actor);
// Puts changed rows into the batch.
void sessions_write(struct actor *actor, struct store_batch *batch);

#endif
