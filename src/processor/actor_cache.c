// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The cache of actors: a chained hash table with a list by use; every byte taken is counted.
#include "processor/actor_cache.h"

#include <stdlib.h>

#include "base/check.h"

#define FIRST_SLOTS 1024
#define FIRST_NAMES 2
#define DIRTY_PASSED_MAX                                                                           \
    256 // a long run of dirty ones is the open cycle: nothing to gain behind it

void actor_cache_init(struct actor_cache *cache, struct intern *intern) {
    *cache = (struct actor_cache){.intern = intern};
}

// --- Freeing --------------------------------------------------------------------------------------------------------

static void day_free(struct actor_cache *cache, struct actor_day *day) {
    for (uint32_t i = 0; i < day->name_count; i++) {
        intern_drop(cache->intern, day->names[i].name);
    }
    cache->bytes -= sizeof *day + day->name_capacity * sizeof(struct actor_name);
    free(day->names);
    free(day);
}

static void old_sessions_free(struct actor_cache *cache, struct actor *actor) {
    cache->bytes -= actor->old_capacity * sizeof(struct actor_session);
    free(actor->old_sessions);
    actor->old_sessions = NULL;
    actor->old_count = actor->old_capacity = 0;
    actor->old_from = actor->old_to = 0;
}

static void actor_free(struct actor_cache *cache, struct actor *actor) {
    for (struct funnel_progress *progress = actor->progress, *next; progress; progress = next) {
        next = progress->next;
        cache->bytes -= funnel_progress_bytes(progress);
        funnel_progress_free(progress);
    }
    for (struct actor_day *day = actor->days, *next; day; day = next) {
        next = day->next;
        day_free(cache, day);
    }
    old_sessions_free(cache, actor);
    cache->bytes -= sizeof *actor + actor->id_len + actor->actives.len + actor->traits_len;
    actives_free(&actor->actives);
    free(actor->traits);
    free(actor);
}

static void list_remove(struct actor_cache *cache, struct actor *actor) {
    *(actor->older ? &actor->older->newer : &cache->oldest) = actor->newer;
    *(actor->newer ? &actor->newer->older : &cache->newest) = actor->older;
}

static void list_add_newest(struct actor_cache *cache, struct actor *actor) {
    actor->newer = NULL;
    actor->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = actor;
    cache->newest = actor;
}

static void drop(struct actor_cache *cache, struct actor *actor) {
    struct actor **at = &cache->slots[actor->hash & (cache->slot_count - 1)];
    while (*at != actor) {
        at = &(*at)->next;
    }
    *at = actor->next;
    list_remove(cache, actor);
    cache->count--;
    actor_free(cache, actor);
}

void actor_cache_free(struct actor_cache *cache) {
    while (cache->oldest) {
        drop(cache, cache->oldest);
    }
    free(cache->slots);
    *cache = (struct actor_cache){.intern = cache->intern};
}

void actor_cache_shrink(struct actor_cache *cache, size_t bytes) {
    unsigned passed = 0;
    for (struct actor *actor = cache->oldest, *newer;
         actor && cache->bytes > bytes && passed < DIRTY_PASSED_MAX; actor = newer) {
        newer = actor->newer;
        if (actor->dirty) {
            passed++;
        } else {
            drop(cache, actor);
        }
    }
}

void actor_cache_forget(struct actor_cache *cache, unsigned partition) {
    for (struct actor *actor = cache->oldest, *newer; actor; actor = newer) {
        newer = actor->newer;
        if (actor->partition == partition) {
            drop(cache, actor);
        }
    }
}

void actor_cache_clean(struct actor_cache *cache, struct actor *actor) {
    unsigned kept = 0;
    for (struct actor_day **at = &actor->days; *at;) {
        struct actor_day *day = *at;
        day->dirty = false;
        if (++kept > ACTOR_DAYS_KEPT) {
            *at = day->next;
            day_free(cache, day);
        } else {
            at = &day->next;
        }
    }
    old_sessions_free(cache, actor);
    actor->current.counted = actor->current.now;
    actor->current.dirty = false;
    actor->dirty = false;
    actor->next_dirty = NULL;
}

// --- Finding --------------------------------------------------------------------------------------------------------

static bool grow(struct actor_cache *cache) {
    size_t count = cache->slot_count ? cache->slot_count * 2 : FIRST_SLOTS;
    struct actor **slots = calloc(count, sizeof(struct actor *));
    if (!slots) {
        return false;
    }
    for (struct actor *actor = cache->oldest; actor; actor = actor->newer) {
        struct actor **slot = &slots[actor->hash & (count - 1)];
        actor->next = *slot;
        *slot = actor;
    }
    cache->bytes += (count - cache->slot_count) * sizeof(struct actor *);
    free(cache->slots);
    cache->slots = slots;
    cache->slot_count = count;
    return true;
}

static struct actor *add(struct actor_cache *cache, struct project *project, struct store_actor key,
                         unsigned partition, uint64_t hash) {
    if (cache->count >= cache->slot_count && !grow(cache)) {
        return NULL;
    }
    struct actor *actor = calloc(1, sizeof *actor + key.id.len);
    if (!actor) {
        return NULL;
    }
    actor->hash = hash;
    actor->project = project;
    actor->partition = partition;
    actor->kind = key.kind;
    actor->id_len = (uint32_t)key.id.len;
    if (key.id.len > 0) {
        memcpy(actor->id, key.id.data, key.id.len);
    }
    struct actor **slot = &cache->slots[hash & (cache->slot_count - 1)];
    actor->next = *slot;
    *slot = actor;
    list_add_newest(cache, actor);
    cache->count++;
    cache->bytes += sizeof *actor + actor->id_len;
    return actor;
}

static uint64_t hash_of(const struct project *project, struct store_actor key) {
    return str_hash(key.id, ((uint64_t)project->number << 8) | (uint64_t)key.kind);
}

static struct actor *find(const struct actor_cache *cache, const struct project *project,
                          struct store_actor key, unsigned partition, uint64_t hash) {
    struct actor *actor = cache->slot_count ? cache->slots[hash & (cache->slot_count - 1)] : NULL;
    while (actor && (actor->hash != hash || actor->project != project || actor->kind != key.kind ||
                     actor->partition != partition || !str_equal(actor_id(actor), key.id))) {
        actor = actor->next;
    }
    return actor;
}

void actor_cache_remove(struct actor_cache *cache, const struct project *project,
                        struct store_actor key, unsigned partition) {
    struct actor *actor = find(cache, project, key, partition, hash_of(project, key));
    if (actor) {
        CHECK(!actor->dirty);
        drop(cache, actor);
    }
}

struct actor *actor_cache_take(struct actor_cache *cache, struct project *project,
                               struct store_actor key, unsigned partition) {
    uint64_t hash = hash_of(project, key);
    struct actor *actor = find(cache, project, key, partition, hash);
    if (!actor) {
        return add(cache, project, key, partition, hash);
    }
    if (cache->newest != actor) {
        list_remove(cache, actor);
        list_add_newest(cache, actor);
    }
    return actor;
}

// --- Days -----------------------------------------------------------------------------------------------------------

struct actor_day *actor_day_find(struct actor *actor, int32_t day) {
    for (struct actor_day **at = &actor->days; *at; at = &(*at)->next) {
        struct actor_day *found = *at;
        if (found->day == day) {
            *at = found->next;
            found->next = actor->days;
            actor->days = found;
            return found;
        }
    }
    return NULL;
}

struct actor_day *actor_day_add(struct actor_cache *cache, struct actor *actor, int32_t day) {
    struct actor_day *added = calloc(1, sizeof *added);
    if (added) {
        added->day = day;
        added->next = actor->days;
        actor->days = added;
        cache->bytes += sizeof *added;
    }
    return added;
}

static enum status names_grow(struct actor_cache *cache, struct actor_day *day, uint32_t capacity) {
    struct actor_name *names = realloc(day->names, capacity * sizeof(struct actor_name));
    if (!names) {
        return STATUS_NO_MEMORY;
    }
    cache->bytes += (capacity - day->name_capacity) * sizeof(struct actor_name);
    day->names = names;
    day->name_capacity = capacity;
    return STATUS_OK;
}

static struct actor_name *name_find(struct actor_day *day, const struct intern_value *name) {
    for (uint32_t i = 0; i < day->name_count; i++) {
        if (day->names[i].name == name) {
            return &day->names[i];
        }
    }
    return NULL;
}

enum status actor_day_count_name(struct actor_cache *cache, struct actor_day *day,
                                 struct intern_value **name, uint32_t names_max,
                                 struct intern_value *other, uint32_t events, bool *first) {
    struct actor_name *found = name_find(day, *name);
    if (!found && day->name_count >= names_max) {
        *name = other;
        found = name_find(day, other);
    }
    *first = !found;
    if (found) {
        found->events += events;
        return STATUS_OK;
    }
    if (day->name_count == day->name_capacity) {
        enum status status =
            names_grow(cache, day, day->name_capacity ? day->name_capacity * 2 : FIRST_NAMES);
        if (status != STATUS_OK) {
            return status;
        }
    }
    uint32_t at = day->name_count++;
    while (at > 0 && str_compare(intern_str(day->names[at - 1].name), intern_str(*name)) > 0) {
        day->names[at] = day->names[at - 1];
        at--;
    }
    day->names[at] = (struct actor_name){intern_hold(*name), events};
    return STATUS_OK;
}

// --- Filling --------------------------------------------------------------------------------------------------------

static enum status fill_progress(struct actor_cache *cache, struct actor *actor, struct str text) {
    enum status status = funnel_progress_read(text, &actor->progress);
    actor->has_progress = true;
    for (const struct funnel_progress *progress = actor->progress; progress;
         progress = progress->next) {
        cache->bytes += funnel_progress_bytes(progress);
    }
    return status;
}

enum status actor_cache_fill(struct actor_cache *cache, struct actor *actor,
                             const struct store_actor_state *state) {
    actor->first_seen_ms = state->first_seen_ms;
    actor->last_seen_ms = state->last_seen_ms;
    actor->events = state->events;
    actor->sessions = state->sessions;
    actor->current.now = actor->current.counted = state->current;
    if (state->activity.len > 0) {
        actor->actives.bits = malloc(state->activity.len);
        if (!actor->actives.bits) {
            return STATUS_NO_MEMORY;
        }
        memcpy(actor->actives.bits, state->activity.data, state->activity.len);
        actor->actives.len = (uint32_t)state->activity.len;
        actor->actives.first_day = state->activity_first_day;
        cache->bytes += actor->actives.len;
    }
    enum status status =
        state->traits.data ? actor_set_traits(cache, actor, state->traits) : STATUS_OK;
    return status == STATUS_OK && state->funnels.data ? fill_progress(cache, actor, state->funnels)
                                                      : status;
}

enum status actor_cache_fill_day(struct actor_cache *cache, struct actor *actor,
                                 const struct store_actor_day *stored) {
    struct actor_day *day = actor_day_find(actor, stored->day);
    if (!day) {
        day = actor_day_add(cache, actor, stored->day);
    }
    if (!day) {
        return STATUS_NO_MEMORY;
    }
    day->events = stored->events;
    day->sessions = stored->sessions;
    memcpy(day->by_type, stored->by_type, sizeof day->by_type);
    day->first_ms = stored->first_ms;
    day->last_ms = stored->last_ms;
    if (stored->name_count == 0) {
        return STATUS_OK;
    }
    enum status status = names_grow(cache, day, (uint32_t)stored->name_count);
    for (size_t i = 0; i < stored->name_count && status == STATUS_OK; i++) {
        struct intern_value *name = intern_take(cache->intern, stored->names[i].name);
        if (!name) {
            return STATUS_NO_MEMORY;
        }
        day->names[day->name_count++] = (struct actor_name){name, stored->names[i].events};
    }
    return status;
}

enum status actor_set_day(struct actor_cache *cache, struct actor *actor, int32_t day) {
    uint32_t before = actor->actives.len;
    enum status status = actives_set(&actor->actives, day);
    cache->bytes += actor->actives.len - before;
    return status;
}

enum status actor_set_traits(struct actor_cache *cache, struct actor *actor, struct str text) {
    char *copy = malloc(text.len + 1);
    if (!copy) {
        return STATUS_NO_MEMORY;
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    cache->bytes += text.len;
    cache->bytes -= actor->traits_len;
    free(actor->traits);
    actor->traits = copy;
    actor->traits_len = (uint32_t)text.len;
    return STATUS_OK;
}

struct actor_session *actor_old_session_add(struct actor_cache *cache, struct actor *actor,
                                            const struct actor_session *session) {
    if (actor->old_count == actor->old_capacity) {
        uint32_t capacity = actor->old_capacity ? actor->old_capacity * 2 : 4;
        struct actor_session *sessions =
            realloc(actor->old_sessions, capacity * sizeof(struct actor_session));
        if (!sessions) {
            return NULL;
        }
        cache->bytes += (capacity - actor->old_capacity) * sizeof(struct actor_session);
        actor->old_sessions = sessions;
        actor->old_capacity = capacity;
    }
    uint32_t at = actor->old_count++;
    while (at > 0 && actor->old_sessions[at - 1].now.start_ms > session->now.start_ms) {
        actor->old_sessions[at] = actor->old_sessions[at - 1];
        at--;
    }
    actor->old_sessions[at] = *session;
    return &actor->old_sessions[at];
}
