// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A cycle: records of one partition become changes in memory and one store batch, committed together with the offset behind them.
#include "processor/apply.h"
#include "processor/dead_letters.h"
#include "processor/erase.h"
#include "processor/feed.h"
#include "processor/funnels.h"
#include "processor/sessions.h"
#include "processor/shaping.h"
#include "processor/traces.h"
#include "processor/worker.h"

#define CROWDED_CYCLE_EVENTS 512 // smallest cycle when what is dirty alone fills the caches

size_t cycle_cached_bytes(const struct worker *worker) {
    return worker->actors.bytes + worker->totals.bytes + worker->intern.bytes;
}

// A store that was opened again after an error may have lost its newest writes, which the caches still have.
static enum status check_place(const struct partition *partition, struct error *err) {
    const struct processor_config *config = &partition->worker->shared->config;
    int64_t offset = 0;
    enum status status = store_partition_offset(config->store, eventlog_epoch(config->log),
                                                partition->number, &offset);
    if (status == STATUS_OK && offset != partition->stored_offset) {
        return error_set(err, STATUS_CONFLICT,
                         "the store stands at offset %lld and not at %lld; the partition is read "
                         "again from there",
                         (long long)offset, (long long)partition->stored_offset);
    }
    return status;
}

enum status cycle_open(struct partition *partition, struct error *err) {
    const struct processor_config *config = &partition->worker->shared->config;
    if (partition->batch) {
        return STATUS_OK;
    }
    enum status status = check_place(partition, err);
    if (status != STATUS_OK) {
        return status;
    }
    partition->events = 0;
    partition->opened_us = config->clock->mono_us(config->clock);
    partition->dirty_actors = NULL;
    partition->dirty_actors_end = &partition->dirty_actors;
    partition->dirty_totals = (struct day_totals_dirty){NULL};
    partition->counts = (struct cycle_counts){0};
    status = shaping_begin(partition);
    if (status == STATUS_OK) {
        status = store_batch_begin(config->store, eventlog_epoch(config->log), partition->number,
                                   &partition->batch);
    }
    if (status != STATUS_OK) {
        shaping_discard(partition);
        return status;
    }
    funnels_begin(partition);
    return STATUS_OK;
}

// Its dirty actors and totals stay dirty, so this is for a partition whose caches are forgotten as well.
void cycle_discard(struct partition *partition) {
    if (partition->batch) {
        store_batch_discard(partition->batch);
        partition->batch = NULL;
    }
    shaping_discard(partition);
    funnels_end(partition);
    feed_discard(partition);
    traces_discard(partition);
    partition->events = 0;
    partition->dirty_actors = NULL;
    partition->dirty_totals = (struct day_totals_dirty){NULL};
}

// --- Decoding -------------------------------------------------------------------------------------------------------

// An actor lives in one partition because its records have its key; one with another key would be counted in two.
static enum status check_key(const struct event *event, struct str key, struct error *err) {
    struct str actor = event->user_id.len > 0 ? event->user_id : event->anonymous_id;
    struct str project = event->project;
    if (key.len != project.len + 1 + actor.len ||
        memcmp(key.data, project.data, project.len) != 0 || key.data[project.len] != '\0' ||
        memcmp(key.data + project.len + 1, actor.data, actor.len) != 0) {
        return error_set(err, STATUS_INVALID, "the record's key is not its project and actor");
    }
    return STATUS_OK;
}

// A new event of no bot, which rules let pass: *taken. *outcome: what became of it.
static enum status place(struct partition *partition, const struct eventlog_view *record,
                         struct applied_event *applied, bool *taken, const char **outcome,
                         struct error *err) {
    struct worker *worker = partition->worker;
    const struct event *event = &applied->event;
    enum status status =
        project_zones_find(&worker->projects, event->project, &applied->project, err);
    if (status != STATUS_OK) {
        return status;
    }
    applied->day = project_day(applied->project, event->timestamp_ms, &applied->hour);
    bool user = event->user_id.len > 0;
    struct store_actor key = {user ? STORE_ACTOR_USER : STORE_ACTOR_ANONYMOUS,
                              user ? event->user_id : event->anonymous_id};
    if (refusals_have(&partition->refusals, event->project, key)) {
        *outcome = "refused"; // before a rule can make a dead letter of it
        return shaping_drop_refused(partition, applied);
    }
    bool kept = true;
    status = shaping_apply(partition, record, applied, &kept, outcome);
    if (status != STATUS_OK || !kept) {
        return status;
    }
    status = dimensions_of(&worker->dimensions, event, &applied->trees, &worker->arena,
                           &applied->dimensions);
    if (status != STATUS_OK) {
        return status;
    }
    if (applied->dimensions.bot.data && !worker->shared->config.keep_bots) {
        *outcome = "bot";
        return shaping_drop_bot(partition, applied);
    }
    status = shaping_hide(partition, applied);
    if (status != STATUS_OK) {
        return status;
    }
    applied->actor = actor_cache_take(&worker->actors, applied->project, key, partition->number);
    if (!applied->actor) {
        return STATUS_NO_MEMORY;
    }
    *taken = true;
    *outcome = "applied";
    return STATUS_OK;
}

static enum status take_record(struct partition *partition, const struct eventlog_view *record,
                               struct applied_event *applied, bool *taken, struct error *err) {
    struct worker *worker = partition->worker;
    struct error why;
    bool seen = false, settled = false;
    const char *stage = "decode";
    applied->offset = record->offset;
    applied->logged_ms = record->timestamp_ms;
    enum status status = dead_letters_settled(partition, record, &settled);
    if (status != STATUS_OK || settled) {
        return status;
    }
    status = event_decode(worker->parser, record->value, &worker->arena, &applied->event,
                          &applied->trees, &why);
    uint64_t id = 0;
    if (status == STATUS_OK) {
        stage = "apply";
        id = dedupe_hash(applied->event.project, applied->event.id);
        dedupe_expect(&partition->dedupe, id);
        status = apply_check(&applied->event, record, &why);
    }
    if (status == STATUS_OK) {
        status = check_key(&applied->event, record->key, &why);
    }
    if (status == STATUS_NO_MEMORY) {
        return status;
    }
    if (status != STATUS_OK) {
        traces_note(partition, record, &applied->event, "dead letter");
        dead_letters_add(partition, record, stage, &why);
        return STATUS_OK;
    }
    status = dedupe_see(&partition->dedupe, record->offset, record->timestamp_ms, id, &seen);
    if (status != STATUS_OK || seen) {
        partition->counts.duplicates += seen;
        traces_note(partition, record, &applied->event, "duplicate");
        return status;
    }
    const char *outcome = "not applied";
    status = place(partition, record, applied, taken, &outcome, err);
    traces_note(partition, record, &applied->event, outcome);
    return status;
}

// --- Loading --------------------------------------------------------------------------------------------------------

static struct store_actor_request *request(struct worker *worker, size_t *count,
                                           struct actor *actor) {
    struct store_actor_request *made = &worker->requests[*count];
    *made = (struct store_actor_request){.project = actor->project->id, .actor = actor_key(actor)};
    worker->waiting[(*count)++] = actor;
    return made;
}

static enum status load_states(struct worker *worker, size_t events) {
    size_t count = 0;
    for (size_t i = 0; i < events; i++) {
        struct actor *actor = worker->events[i].actor;
        if (!actor->loaded) {
            actor->loaded = true; // or the partition is set back, and it is gone
            request(worker, &count, actor);
        }
    }
    enum status status = count > 0 ? store_actors_load(worker->shared->config.store,
                                                       worker->requests, count, &worker->arena)
                                   : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (worker->requests[i].found) {
            status =
                actor_cache_fill(&worker->actors, worker->waiting[i], &worker->requests[i].state);
        }
    }
    return status;
}

// Only days on which the bitmap says there is something: those of a new actor or day are not asked for.
static enum status load_days(struct worker *worker, size_t events) {
    size_t count = 0;
    for (size_t i = 0; i < events; i++) {
        struct actor *actor = worker->events[i].actor;
        int32_t day = worker->events[i].day;
        if (!actives_has(&actor->actives, day) || actor_day_find(actor, day)) {
            continue;
        }
        struct store_actor_request *made = request(worker, &count, actor);
        made->want_day = true;
        made->day.day = day;
        if (!actor_day_add(&worker->actors, actor, day)) {
            return STATUS_NO_MEMORY;
        }
    }
    enum status status = count > 0 ? store_actors_load(worker->shared->config.store,
                                                       worker->requests, count, &worker->arena)
                                   : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = worker->requests[i].found
                     ? actor_cache_fill_day(&worker->actors, worker->waiting[i],
                                            &worker->requests[i].day)
                     : STATUS_CORRUPT;
    }
    return status;
}

// --- Applying -------------------------------------------------------------------------------------------------------

static enum status apply_step(struct partition *partition, const struct eventlog_view *records,
                              size_t count, struct error *err) {
    struct worker *worker = partition->worker;
    size_t taken_count = 0;
    arena_reset(&worker->arena);
    enum status status = cycle_open(partition, err);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        bool taken = false;
        if (records[i].offset < partition->next_offset) {
            continue; // before where the store stands
        }
        status = take_record(partition, &records[i], &worker->events[taken_count], &taken, err);
        taken_count += taken;
        partition->next_offset = records[i].offset + 1;
        partition->newest_ms = records[i].timestamp_ms;
        partition->events++;
    }
    if (status == STATUS_OK) {
        status = load_states(worker, taken_count);
    }
    if (status == STATUS_OK) {
        status = load_days(worker, taken_count);
    }
    for (size_t i = 0; i < taken_count && status == STATUS_OK; i++) {
        status = apply_event(partition, &worker->events[i]);
        if (status == STATUS_OK) {
            feed_put(partition, &worker->events[i]);
        }
    }
    partition->counts.applied += taken_count;
    return status;
}

// Leaves an eighth free, so that not every step of the next cycle finds the caches full.
static void shrink_caches(struct worker *worker) {
    size_t most = worker->cache_bytes / 8 * 7;
    day_totals_cache_shrink(&worker->totals, worker->cache_bytes / 4);
    size_t taken = worker->totals.bytes + worker->intern.bytes;
    size_t least = worker->cache_bytes / 8;
    actor_cache_shrink(&worker->actors, most > taken + least ? most - taken : least);
}

static bool cycle_is_full(const struct partition *partition) {
    const struct worker *worker = partition->worker;
    return partition->events >= worker->shared->config.cycle_events ||
           store_batch_bytes(partition->batch) >= worker->shared->config.batch_bytes ||
           (cycle_cached_bytes(worker) > worker->cache_bytes &&
            partition->events >= CROWDED_CYCLE_EVENTS);
}

// The status alone says little to whoever reads the partition's problem.
static enum status explained(enum status status, struct error *err, const char *what) {
    if (status != STATUS_OK && err->status != status) {
        return error_set(err, status, "%s: %s", what, status_text(status));
    }
    return status;
}

enum status cycle_apply(struct partition *partition, const struct eventlog_view *records,
                        size_t count, struct error *err) {
    *err = (struct error){.status = STATUS_OK};
    for (size_t at = 0; at < count;) {
        size_t step = count - at < CYCLE_STEP_EVENTS ? count - at : CYCLE_STEP_EVENTS;
        size_t room = partition->batch
                          ? partition->worker->shared->config.cycle_events - partition->events
                          : partition->worker->shared->config.cycle_events;
        step = step < room ? step : room;
        size_t events = erase_find(partition, records + at, step);
        enum status status = STATUS_OK;
        if (events > 0) {
            step = events;
            status = apply_step(partition, records + at, step, err);
        } else {
            step = 1;
            status = erase_record(partition, &records[at], err);
        }
        if (status != STATUS_OK) {
            return explained(status, err, "the store cannot be read");
        }
        at += step;
        if (cycle_cached_bytes(partition->worker) > partition->worker->cache_bytes) {
            shrink_caches(partition->worker); // other partitions' and older actors first
        }
        if (partition->batch && cycle_is_full(partition)) {
            status = cycle_commit(partition, err);
            if (status != STATUS_OK) {
                return status;
            }
        }
    }
    return STATUS_OK;
}

// --- Committing -----------------------------------------------------------------------------------------------------

// Totals that depend on what an actor's rows are in the end, and not on each event.
static enum status settle(struct partition *partition, struct actor *actor) {
    struct day_totals_cache *cache = &partition->worker->totals;
    enum status status = sessions_count(cache, &partition->dirty_totals, actor);
    for (struct actor_day *day = actor->days; day && status == STATUS_OK; day = day->next) {
        if (!day->dirty || actor->kind != STORE_ACTOR_USER) {
            continue;
        }
        struct day_totals *totals = NULL;
        status = day_totals_take(cache, &partition->dirty_totals, partition->number, actor->project,
                                 day->day, &totals);
        if (status == STATUS_OK) {
            status = day_totals_offer_leader(cache, totals, actor_id(actor), day->events);
        }
    }
    return status;
}

static enum status write_day(struct partition *partition, const struct actor *actor,
                             const struct actor_day *day) {
    struct store_name_count *names = NULL;
    if (day->name_count > 0) {
        names = arena_alloc_array(&partition->worker->arena, day->name_count, sizeof *names);
        if (!names) {
            return STATUS_NO_MEMORY;
        }
    }
    for (uint32_t i = 0; i < day->name_count; i++) {
        names[i] = (struct store_name_count){intern_str(day->names[i].name), day->names[i].events};
    }
    struct store_actor_day row = {
        .day = day->day,
        .first_ms = day->first_ms,
        .last_ms = day->last_ms,
        .events = day->events,
        .sessions = day->sessions,
        .names = names,
        .name_count = day->name_count,
    };
    memcpy(row.by_type, day->by_type, sizeof row.by_type);
    store_batch_actor_day(partition->batch, actor->project->id, actor_key(actor), &row);
    return STATUS_OK;
}

static enum status write_actor(struct partition *partition, struct actor *actor) {
    struct str funnels;
    enum status status = funnels_text(partition, actor, &funnels);
    if (status != STATUS_OK) {
        return status;
    }
    struct store_actor_state state = {
        .first_seen_ms = actor->first_seen_ms,
        .last_seen_ms = actor->last_seen_ms,
        .events = actor->events,
        .sessions = actor->sessions,
        .current = actor->current.now,
        .traits = str_make(actor->traits, actor->traits_len),
        .funnels = funnels,
        .activity_first_day = actor->actives.first_day,
        .activity = str_make((const char *)actor->actives.bits, actor->actives.len),
    };
    store_batch_actor(partition->batch, actor->project->id, actor_key(actor), &state);
    for (struct actor_day *day = actor->days; day && status == STATUS_OK; day = day->next) {
        if (day->dirty) {
            status = write_day(partition, actor, day);
        }
    }
    sessions_write(actor, partition->batch);
    return status;
}

static void add_counts(struct partition *partition) {
    struct processor_shared *shared = partition->worker->shared;
    const struct cycle_counts *counts = &partition->counts;
    struct clock *clock = shared->config.clock;
    atomic_fetch_add(&shared->applied, counts->applied);
    atomic_fetch_add(&shared->duplicates, counts->duplicates);
    atomic_fetch_add(&shared->bots, counts->bots);
    atomic_fetch_add(&shared->filtered, counts->filtered);
    atomic_fetch_add(&shared->dead_letters, counts->dead_letters);
    atomic_fetch_add(&shared->cycles, 1);
    if (shared->config.replay) {
        return; // it was counted and seen when it came
    }
    metrics_add(shared->metrics.applied, counts->applied);
    metrics_add(shared->metrics.duplicates, counts->duplicates);
    metrics_add(shared->metrics.bots, counts->bots);
    metrics_add(shared->metrics.filtered, counts->filtered);
    metrics_add(shared->metrics.dead_letters, counts->dead_letters);
    metrics_add(shared->metrics.late_sessions, counts->late_sessions);
    metrics_add(shared->metrics.without_session, counts->without_session);
    metrics_add(shared->metrics.cycles, 1);
    metrics_observe(shared->metrics.visible,
                    (double)(clock->wall_ms(clock) - partition->newest_ms) / 1000.0);
}

static int64_t now_us(const struct partition *partition) {
    struct clock *clock = partition->worker->shared->config.clock;
    return clock->mono_us(clock);
}

enum status cycle_commit(struct partition *partition, struct error *err) {
    enum status status = STATUS_OK;
    if (!partition->batch) {
        return STATUS_OK;
    }
    *err = (struct error){.status = STATUS_OK};
    arena_reset(&partition->worker->arena);
    for (struct actor *actor = partition->dirty_actors; actor && status == STATUS_OK;
         actor = actor->next_dirty) {
        status = settle(partition, actor);
        if (status == STATUS_OK) {
            status = write_actor(partition, actor);
        }
    }
    if (status == STATUS_OK) {
        day_totals_write(&partition->worker->totals, &partition->dirty_totals, partition->batch);
        status = dedupe_write(&partition->dedupe, partition->batch);
    }
    if (status != STATUS_OK) {
        return explained(status, err, "the cycle cannot be finished");
    }
    struct store_batch *batch = partition->batch;
    partition->batch = NULL; // freed by the commit, whatever comes of it
    int64_t began_us = now_us(partition);
    status = store_batch_commit(batch, partition->next_offset);
    partition->commit_us += (now_us(partition) - began_us - partition->commit_us) / 4;
    if (status == STATUS_CONFLICT) {
        return error_set(err, status,
                         "another processor has written this partition; it is read again");
    }
    if (status != STATUS_OK) {
        return explained(status, err, "the store refuses to write");
    }
    for (struct actor *actor = partition->dirty_actors, *next; actor; actor = next) {
        next = actor->next_dirty;
        actor_cache_clean(&partition->worker->actors, actor);
    }
    partition->dirty_actors = NULL;
    partition->stored_offset = partition->next_offset;
    partition->stored_ms = partition->newest_ms;
    partition->events = 0;
    feed_publish(partition);
    traces_commit(partition);
    add_counts(partition);
    shaping_commit(partition);
    funnels_end(partition);
    day_totals_tell_folded(&partition->worker->totals, &partition->worker->shared->folded);
    partition_fine(partition);
    shrink_caches(partition->worker);
    return STATUS_OK;
}
