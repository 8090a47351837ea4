// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Carries out control records.
#include "processor/erase.h"

#include "base/json_write.h"
#include "base/log.h"
#include "event/control.h"
#include "processor/actives.h"
#include "processor/feed.h"

#define ENTRIES_A_BATCH 5000

struct erasing {
    struct partition *partition;
    struct control control;
    struct store_actor actor;
    struct project *project;
    struct actives actives; // points into the arena
    struct store_erasure_part part;
    bool counted; // a replay of the log has nothing to add to a receipt that is done
    struct arena arena;
    struct error *err;
};

static enum status decode(struct partition *partition, const struct eventlog_view *record,
                          struct arena *arena, struct control *out) {
    return control_decode(partition->worker->parser, record->key, record->value, arena, out);
}

// One that is malformed is no control record: it goes to the dead letters as an event that cannot be decoded.
static bool is_control(struct partition *partition, const struct eventlog_view *record) {
    struct arena arena;
    struct control control;
    if (!control_looks_like(record->value)) {
        return false;
    }
    arena_init(&arena, 1024, 0);
    enum status status = decode(partition, record, &arena, &control);
    arena_free(&arena);
    // Without memory the record is not passed over: erase_record meets the same and fails.
    return status == STATUS_OK || status == STATUS_NO_MEMORY;
}

size_t erase_find(struct partition *partition, const struct eventlog_view *records, size_t count) {
    size_t events = 0;
    while (events < count && (records[events].offset < partition->next_offset ||
                              !is_control(partition, &records[events]))) {
        events++;
    }
    return events;
}

// --- What is known before ---------------------------------------------------------------------------------------------

static enum status read_part(struct erasing *erasing) {
    struct store *store = erasing->partition->worker->shared->config.store;
    struct store_erasure_part *parts = NULL;
    size_t count = 0;
    erasing->part = (struct store_erasure_part){.part = erasing->control.part};
    erasing->counted =
        erasing->control.receipt.len > 0 && !erasing->partition->worker->shared->config.replay;
    if (!erasing->counted) {
        return STATUS_OK;
    }
    enum status status =
        store_erasure_parts(store, erasing->control.receipt, &erasing->arena, &parts, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (parts[i].part == erasing->control.part) {
            erasing->part = parts[i];
            erasing->counted = !parts[i].done;
        }
    }
    return status;
}

static enum status read_actor(struct erasing *erasing) {
    struct worker *worker = erasing->partition->worker;
    const struct control *control = &erasing->control;
    struct store_actor_state state = {0};
    enum status status =
        project_zones_find(&worker->projects, control->project, &erasing->project, erasing->err);
    if (status == STATUS_OK) {
        status = store_actor_get(worker->shared->config.store, control->project, erasing->actor,
                                 &erasing->arena, &state);
    }
    if (status == STATUS_OK && state.activity.len > 0) {
        char *bits = arena_alloc(&erasing->arena, state.activity.len);
        if (!bits) {
            return STATUS_NO_MEMORY;
        }
        memcpy(bits, state.activity.data, state.activity.len);
        erasing->actives = (struct actives){state.activity_first_day, (uint32_t)state.activity.len,
                                            (uint8_t *)bits};
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static int32_t next_day(const struct erasing *erasing, int32_t day) {
    return erasing->actives.len > 0 ? actives_after(&erasing->actives, day) : INT32_MAX;
}

// --- People's own data --------------------------------------------------------------------------------------------------

// A profile made after the request is somebody's who came back.
static enum status find_profile(struct erasing *erasing, bool *there, uint64_t *version) {
    struct store_profile profile;
    enum status status =
        store_profile_get(erasing->partition->worker->shared->config.store,
                          erasing->control.project, erasing->actor.id, &erasing->arena, &profile);
    *there = status == STATUS_OK && profile.created_ms <= erasing->control.requested_ms;
    *version = *there ? profile.version : 0;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status reports(struct erasing *erasing, bool rewrite, uint64_t *count) {
    enum status status = STATUS_OK;
    for (int32_t day = next_day(erasing, INT32_MIN + 1); day != INT32_MAX && status == STATUS_OK;
         day = next_day(erasing, day)) {
        status = erase_from_reports(erasing->partition->worker, erasing->control.project, day,
                                    erasing->actor.id, rewrite, count);
    }
    return status;
}

// What is about to go is counted first, durably: after a crash in between there may be nothing left to count.
static enum status note_people(struct erasing *erasing, bool *profile, uint64_t *version) {
    struct partition *partition = erasing->partition;
    uint64_t revisions = 0;
    enum status status = find_profile(erasing, profile, version);
    if (status == STATUS_OK) {
        status = reports(erasing, false, &revisions);
    }
    if (status != STATUS_OK || (!*profile && revisions == 0) || !erasing->counted) {
        return status;
    }
    struct store_erased *removed = &erasing->part.removed;
    removed->profiles = *profile ? 1 : removed->profiles;
    removed->reports = revisions > removed->reports ? revisions : removed->reports;
    status = cycle_open(partition, erasing->err);
    if (status == STATUS_OK) {
        store_batch_erasure_part(partition->batch, erasing->control.receipt, &erasing->part);
        status = cycle_commit(partition, erasing->err);
    }
    return status;
}

static enum status erase_people(struct erasing *erasing) {
    bool profile = false;
    uint64_t rewritten = 0;
    uint64_t version = 0;
    enum status status = note_people(erasing, &profile, &version);
    if (status == STATUS_OK) {
        status = reports(erasing, true, &rewritten);
    }
    // Only the one that was looked at: it may be changed meanwhile, or deleted and made anew by who came back.
    while (status == STATUS_OK && profile) {
        status = store_profile_delete(erasing->partition->worker->shared->config.store,
                                      erasing->control.project, erasing->actor.id,
                                      STORE_EXPECT_VERSION, version);
        profile = status == STATUS_PRECONDITION;
        if (profile) {
            status = find_profile(erasing, &profile, &version);
        }
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

// --- Derived rows -------------------------------------------------------------------------------------------------------

static enum status erase_leaders(struct erasing *erasing) {
    struct partition *partition = erasing->partition;
    struct day_totals_cache *cache = &partition->worker->totals;
    enum status status = STATUS_OK;
    for (int32_t day = next_day(erasing, INT32_MIN + 1); day != INT32_MAX && status == STATUS_OK;
         day = next_day(erasing, day)) {
        struct day_totals *totals = NULL;
        bool was = false;
        status = day_totals_take(cache, &partition->dirty_totals, partition->number,
                                 erasing->project, day, &totals);
        if (status == STATUS_OK) {
            status = day_totals_remove_leader(cache, totals, erasing->actor.id, &was);
        }
        erasing->part.removed.leaders += was;
    }
    return status;
}

// As it stands in a record: a whole JSON string.
static enum status erase_letters(struct erasing *erasing) {
    struct buffer needle;
    struct json_writer w;
    buffer_init(&needle, 8192);
    json_writer_init(&w, &needle);
    json_string(&w, erasing->actor.id);
    enum status status = json_writer_status(&w);
    if (status == STATUS_OK) {
        status = store_batch_letters_remove(erasing->partition->batch, erasing->control.project,
                                            buffer_str(&needle), &erasing->part.removed);
    }
    buffer_free(&needle);
    return status;
}

static enum status finish(struct erasing *erasing, int64_t offset) {
    struct partition *partition = erasing->partition;
    struct clock *clock = partition->worker->shared->config.clock;
    enum status status = STATUS_OK;
    if (erasing->control.action != CONTROL_UNLINK) {
        status = refusals_need_key(&partition->refusals, partition->worker->shared->config.store);
    }
    if (status == STATUS_OK && erasing->control.action != CONTROL_UNLINK &&
        (erasing->control.keep_refusing || erasing->control.action == CONTROL_ALLOW)) {
        status = refusals_change(&partition->refusals, partition->batch, erasing->control.project,
                                 erasing->actor, erasing->control.keep_refusing,
                                 erasing->control.requested_ms);
    }
    erasing->part.done = true;
    erasing->part.done_ms = clock->wall_ms(clock);
    partition->next_offset = offset + 1;
    if (erasing->control.action == CONTROL_ERASE) {
        feed_forget(partition, partition->next_offset);
    }
    return status;
}

// One batch of it.
static enum status erase_some(struct erasing *erasing, const struct eventlog_view *record,
                              bool *more) {
    struct partition *partition = erasing->partition;
    size_t most = partition->worker->shared->config.cycle_events;
    unsigned limit = most < ENTRIES_A_BATCH ? (unsigned)most : ENTRIES_A_BATCH;
    struct store_erased *removed = &erasing->part.removed;
    enum status status = cycle_open(partition, erasing->err);
    *more = false;
    if (status == STATUS_OK && erasing->control.action == CONTROL_ERASE) {
        status = store_batch_erase(partition->batch, erasing->control.project, erasing->actor,
                                   limit, removed, more);
    }
    if (status == STATUS_OK && erasing->control.action == CONTROL_UNLINK) {
        status = store_batch_unlink(partition->batch, erasing->control.project,
                                    erasing->control.anonymous_id, erasing->actor.id, removed);
    }
    if (status == STATUS_OK && !*more && erasing->control.action == CONTROL_ERASE) {
        status = erasing->actor.kind == STORE_ACTOR_USER ? erase_leaders(erasing) : STATUS_OK;
        status = status == STATUS_OK ? erase_letters(erasing) : status;
    }
    if (status == STATUS_OK && !*more) {
        status = finish(erasing, record->offset);
    }
    if (status == STATUS_OK && erasing->counted) {
        store_batch_erasure_part(partition->batch, erasing->control.receipt, &erasing->part);
    }
    partition->newest_ms = record->timestamp_ms;
    return status == STATUS_OK ? cycle_commit(partition, erasing->err) : status;
}

// In a replay: what is not derived (the profile, closed reports, the receipt) was dealt with by the processor of the old generation. It comes
// first, so that a receipt that is done means that nothing is left where people read.
static enum status wait_for_old(const struct erasing *erasing, int64_t offset) {
    const struct partition *partition = erasing->partition;
    const struct processor_config *config = &partition->worker->shared->config;
    int64_t old = 0;
    if (!config->replay) {
        return STATUS_OK;
    }
    enum status status = store_partition_offset(config->beside, eventlog_epoch(config->log),
                                                partition->number, &old);
    return status == STATUS_OK && old <= offset
               ? error_set(erasing->err, STATUS_UNAVAILABLE,
                           "an erasure waits until it is carried out in the old data")
               : status;
}

static enum status carry_out(struct erasing *erasing, const struct eventlog_view *record) {
    struct partition *partition = erasing->partition;
    bool replay = partition->worker->shared->config.replay;
    enum status status = wait_for_old(erasing, record->offset);
    bool more = true;
    if (status == STATUS_OK) {
        status = read_part(erasing);
    }
    if (status == STATUS_OK) {
        status = read_actor(erasing);
    }
    if (status == STATUS_OK && erasing->control.action == CONTROL_ERASE) {
        actor_cache_remove(&partition->worker->actors, erasing->project, erasing->actor,
                           partition->number);
        status =
            erasing->actor.kind == STORE_ACTOR_USER && !replay ? erase_people(erasing) : STATUS_OK;
    }
    while (status == STATUS_OK && more) {
        status = erase_some(erasing, record, &more);
    }
    return status;
}

enum status erase_record(struct partition *partition, const struct eventlog_view *record,
                         struct error *err) {
    struct erasing erasing = {.partition = partition, .err = err};
    // Rows are looked up in the store: what is open has to be there first.
    enum status status = cycle_commit(partition, err);
    if (status != STATUS_OK) {
        return status;
    }
    arena_init(&erasing.arena, 4096, 0);
    status = decode(partition, record, &erasing.arena, &erasing.control);
    if (status == STATUS_OK) {
        erasing.actor =
            (struct store_actor){(enum store_actor_kind)erasing.control.kind, erasing.control.id};
        status = carry_out(&erasing, record);
    }
    if (status == STATUS_OK) {
        LOG_INFO("processor", "a control record was carried out",
                 LOG_STR("receipt", erasing.control.receipt), LOG_INT("part", erasing.control.part),
                 LOG_INT("partition", partition->number), LOG_INT("offset", record->offset));
    }
    arena_free(&erasing.arena);
    return status;
}
