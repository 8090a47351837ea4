// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// States and days of actors in memory: a bounded cache in front of the store, and what a cycle has changed.
//
//   least recently used ←─ actor ─ actor ─ actor ─→ most recently used      each with the days it was seen on lately
//
// A dirty actor is on its partition's list until the cycle is written, and cannot be evicted. Belongs to one thread.
#ifndef FOOTFALL_PROCESSOR_ACTOR_CACHE_H
#define FOOTFALL_PROCESSOR_ACTOR_CACHE_H

#include "processor/actives.h"
#include "processor/funnel_progress.h"
#include "processor/intern.h"
#include "processor/project_zones.h"
#include "store/store.h"

#define ACTOR_DAYS_KEPT 4 // clean ones in memory, an actor

struct actor_name {
    struct intern_value *name;
    uint32_t events;
};
struct actor_day {
    struct actor_day *next;
    int32_t day;
    bool dirty;
    uint32_t events;
    uint32_t sessions;
    uint32_t by_type[6];
    int64_t first_ms, last_ms;
    struct actor_name *names; // ascending by name, as the store wants them
    uint32_t name_count, name_capacity;
};

struct actor_session {
    struct store_session now;
    struct store_session counted; // what the day totals hold of it; events 0: nothing yet
    int64_t row_start;            // key of its row in the store
    bool has_row;
    bool dirty;
};

struct actor {
    struct actor *next;          // in its slot
    struct actor *newer, *older; // by use
    struct actor *next_dirty;
    uint64_t hash;
    struct project *project;
    unsigned partition;
    enum store_actor_kind kind;
    bool loaded;
    bool dirty;

    int64_t first_seen_ms, last_seen_ms;
    uint64_t events, sessions;
    struct actives actives;
    char *traits; // observed, a JSON object; NULL: none
    uint32_t traits_len;
    struct funnel_progress *progress; // in funnels
    bool has_progress;                // the store may have one
    struct actor_session current;     // now.events 0: none yet
    struct actor_session
        *old_sessions; // those around late events of this cycle, ascending by start
    uint32_t old_count, old_capacity;
    int64_t old_from, old_to; // sessions of the store that start in [from, to) are among them
    struct actor_day *days;   // latest used first

    uint32_t id_len;
    char id[];
};

struct actor_cache {
    struct actor **slots;
    size_t slot_count;
    size_t count;
    struct actor *oldest, *newest;
    size_t bytes; // of actors and what hangs on them
    struct intern *intern;
};

static inline struct str actor_id(const struct actor *actor) {
    return str_make(actor->id, actor->id_len);
}
static inline struct store_actor actor_key(const struct actor *actor) {
    return (struct store_actor){actor->kind, actor_id(actor)};
}

void actor_cache_init(struct actor_cache *cache, struct intern *intern);
void actor_cache_free(struct actor_cache *cache);
// Finds it, or adds one that is not loaded; it becomes the most recently used. NULL: no memory.
struct actor *actor_cache_take(struct actor_cache *cache, struct project *project,
                               struct store_actor key, unsigned partition);
// Forgets clean actors, least recently used first, until at most `bytes` are taken. Between steps only: during one, clean actors are
// waiting for their events.
void actor_cache_shrink(struct actor_cache *cache, size_t bytes);
// Forgets all of a partition, dirty or not.
void actor_cache_forget(struct actor_cache *cache, unsigned partition);
// Forgets one, which must not be dirty; nothing when it is not there.
void actor_cache_remove(struct actor_cache *cache, const struct project *project,
                        struct store_actor key, unsigned partition);
// After its changes were put into the batch: nothing is dirty, only the latest days are kept, no old sessions.
void actor_cache_clean(struct actor_cache *cache, struct actor *actor);

// Fill in what the store has; a day may have been added empty before. NO_MEMORY.
MUST_CHECK enum status actor_cache_fill(struct actor_cache *cache, struct actor *actor,
                                        const struct store_actor_state *state);
MUST_CHECK enum status actor_cache_fill_day(struct actor_cache *cache, struct actor *actor,
                                            const struct store_actor_day *stored);

// NULL when it is not in memory.
struct actor_day *actor_day_find(struct actor *actor, int32_t day);
// Adds an empty day. NULL: no memory.
struct actor_day *actor_day_add(struct actor_cache *cache, struct actor *actor, int32_t day);
// Adds events of a name; *first: the day had none. At most names_max different ones: `other` stands for the rest. NO_MEMORY.
MUST_CHECK enum status actor_day_count_name(struct actor_cache *cache, struct actor_day *day,
                                            struct intern_value **name, uint32_t names_max,
                                            struct intern_value *other, uint32_t events,
                                            bool *first);
MUST_CHECK enum status actor_set_day(struct actor_cache *cache, struct actor *actor, int32_t day);
// Takes over a copy of text. NO_MEMORY.
MUST_CHECK enum status actor_set_traits(struct actor_cache *cache, struct actor *actor,
                                        struct str text);
// Puts a session into old_sessions at its place. NULL: no memory.
struct actor_session *actor_old_session_add(struct actor_cache *cache, struct actor *actor,
                                            const struct actor_session *session);

#endif
