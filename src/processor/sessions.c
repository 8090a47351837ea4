// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Assigning events to sessions, and what changed sessions mean for totals and rows.
#include "processor/sessions.h"

#include "processor/day_totals.h"

// Adds the store's sessions that start in [from, to) and are not among those in memory.
static enum status load_range(struct actor_cache *cache, struct store *store, struct actor *actor,
                              int64_t from, int64_t to) {
    struct arena arena;
    struct store_session *rows = NULL;
    size_t count = 0;
    if (from >= to) {
        return STATUS_OK;
    }
    arena_init(&arena, 4096, 0);
    enum status status = store_actor_sessions(store, actor->project->id, actor_key(actor), from, to,
                                              &arena, &rows, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct actor_session session = {
            .now = rows[i], .counted = rows[i], .row_start = rows[i].start_ms, .has_row = true};
        if (!actor_old_session_add(cache, actor, &session)) {
            status = STATUS_NO_MEMORY;
        }
    }
    arena_free(&arena);
    return status;
}

// Widens the range of old sessions in memory to hold [from, to). It stays one range, so no row is read twice in a cycle, and a
// changed one in memory is never shadowed by its row.
static enum status widen(struct actor_cache *cache, struct store *store, struct actor *actor,
                         int64_t from, int64_t to) {
    enum status status = STATUS_OK;
    if (actor->old_from == actor->old_to) {
        status = load_range(cache, store, actor, from, to);
        actor->old_from = from;
        actor->old_to = to;
        return status;
    }
    if (from < actor->old_from) {
        status = load_range(cache, store, actor, from, actor->old_from);
        actor->old_from = from;
    }
    if (status == STATUS_OK && to > actor->old_to) {
        status = load_range(cache, store, actor, actor->old_to, to);
        actor->old_to = to;
    }
    return status;
}

static bool reaches_forward(const struct store_session *session, int64_t ms, int64_t gap_ms) {
    return session->events > 0 && session->end_ms <= ms && ms - session->end_ms < gap_ms &&
           ms - session->start_ms <= SESSION_LENGTH_MAX_MS;
}

static bool reaches_back(const struct store_session *session, int64_t ms, int64_t gap_ms) {
    return session->events > 0 && session->start_ms >= ms && session->start_ms - ms < gap_ms &&
           session->end_ms - ms <= SESSION_LENGTH_MAX_MS;
}

static bool holds(const struct store_session *session, int64_t ms) {
    return session->events > 0 && session->start_ms <= ms && ms <= session->end_ms;
}

static void join(struct actor_session *session, int64_t ms, bool page_view,
                 struct session_change *change) {
    struct store_session *now = &session->now;
    if (ms < now->start_ms) {
        change->start_moved = true;
        change->old_start_ms = now->start_ms;
        now->start_ms = ms;
    }
    if (ms > now->end_ms) {
        now->end_ms = ms;
    }
    now->events++;
    now->page_views += page_view;
    session->dirty = true;
    change->start_ms = now->start_ms;
}

static struct actor_session single(int64_t ms, bool page_view) {
    return (struct actor_session){.now = {ms, ms, 1, page_view}, .dirty = true};
}

// An event at or behind the start of the current session.
static enum status assign_newest(struct actor_cache *cache, struct actor *actor, int64_t ms,
                                 bool page_view, int64_t gap_ms, struct session_change *change) {
    struct actor_session *current = &actor->current;
    if (holds(&current->now, ms) || reaches_forward(&current->now, ms, gap_ms)) {
        join(current, ms, page_view, change);
        return STATUS_OK;
    }
    if (current->now.events > 0) {
        current->dirty = true; // it gets a row of its own
        if (!actor_old_session_add(cache, actor, current)) {
            return STATUS_NO_MEMORY;
        }
    }
    *current = single(ms, page_view);
    change->began = true;
    change->start_ms = ms;
    return STATUS_OK;
}

// An event before the current session.
static enum status assign_late(struct actor_cache *cache, struct actor *actor, int64_t ms,
                               bool page_view, int64_t gap_ms, struct session_change *change) {
    struct actor_session *before = NULL;           // the last that starts at or before ms
    struct actor_session *after = &actor->current; // the first that starts behind it
    for (uint32_t i = 0; i < actor->old_count; i++) {
        struct actor_session *session = &actor->old_sessions[i];
        if (session->now.start_ms <= ms) {
            before = session;
        } else {
            after = session;
            break;
        }
    }
    if (before && (holds(&before->now, ms) || reaches_forward(&before->now, ms, gap_ms))) {
        change->late = true;
        join(before, ms, page_view, change);
        return STATUS_OK;
    }
    if (reaches_back(&after->now, ms, gap_ms)) {
        change->late = after != &actor->current;
        join(after, ms, page_view, change);
        return STATUS_OK;
    }
    struct actor_session session = single(ms, page_view);
    change->late = change->began = true;
    change->start_ms = ms;
    return actor_old_session_add(cache, actor, &session) ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status sessions_assign(struct actor_cache *cache, struct store *store, struct actor *actor,
                            int64_t ms, bool page_view, int64_t gap_ms,
                            struct session_change *change) {
    enum status status = STATUS_OK;
    *change = (struct session_change){0};
    if (actor->current.now.events == 0 || ms >= actor->current.now.start_ms) {
        status = assign_newest(cache, actor, ms, page_view, gap_ms, change);
    } else {
        if (actor->sessions > 1) {
            status = widen(cache, store, actor, ms - gap_ms - SESSION_LENGTH_MAX_MS, ms + gap_ms);
        }
        if (status == STATUS_OK) {
            status = assign_late(cache, actor, ms, page_view, gap_ms, change);
        }
    }
    actor->sessions += change->began;
    return status;
}

// --- Totals ---------------------------------------------------------------------------------------------------------

static enum status count_one(struct day_totals_cache *totals, struct day_totals_dirty *dirty,
                             const struct actor *actor, const struct store_session *session,
                             int64_t amount) {
    struct day_totals *day = NULL;
    enum status status =
        day_totals_take(totals, dirty, actor->partition, actor->project,
                        project_day(actor->project, session->start_ms, NULL), &day);
    if (status != STATUS_OK) {
        return status;
    }
    day_totals_add(day, DAY_SESSIONS, amount);
    if (session->events == 1) {
        day_totals_add(day, DAY_BOUNCES, amount);
    }
    return day_totals_add_number(totals, day, STORE_METRIC_SESSION_SECONDS,
                                 (session->end_ms - session->start_ms) / 1000, amount);
}

static enum status recount(struct day_totals_cache *totals, struct day_totals_dirty *dirty,
                           const struct actor *actor, struct actor_session *session) {
    enum status status = STATUS_OK;
    if (!session->dirty) {
        return STATUS_OK;
    }
    if (session->counted.events > 0) {
        status = count_one(totals, dirty, actor, &session->counted, -1);
    }
    if (status == STATUS_OK) {
        status = count_one(totals, dirty, actor, &session->now, 1);
    }
    session->counted = session->now;
    return status;
}

enum status sessions_count(struct day_totals_cache *totals, struct day_totals_dirty *dirty,
                           struct actor *actor) {
    enum status status = recount(totals, dirty, actor, &actor->current);
    for (uint32_t i = 0; i < actor->old_count && status == STATUS_OK; i++) {
        status = recount(totals, dirty, actor, &actor->old_sessions[i]);
    }
    return status;
}

void sessions_write(struct actor *actor, struct store_batch *batch) {
    struct str project = actor->project->id;
    for (uint32_t i = 0; i < actor->old_count; i++) {
        const struct actor_session *session = &actor->old_sessions[i];
        if (!session->dirty) {
            continue;
        }
        // The start is the row's key. No other session can have the old one: it lies within this session.
        if (session->has_row && session->row_start != session->now.start_ms) {
            store_batch_session_remove(batch, project, actor_key(actor), session->row_start);
        }
        store_batch_session(batch, project, actor_key(actor), &session->now);
    }
}
