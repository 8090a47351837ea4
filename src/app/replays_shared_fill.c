// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The thread of replays where several processes share the store. Nobody leads: each process with a processor looks at the store's row once
// a second, does its share, and takes each step for all by a conditional write, of which one succeeds.
//
//   rules agreed on ──→ each fills the partitions it gets ──→ level ──→ the old generation is closed ──→ switch ──→ processors move ──→ sweep
//
// A process whose rules, enrichment or settings are others than those agreed on does not fill, and says so. When none that fills is left,
// it begins the replay anew with its own.
#include <stdio.h>
#include <stdlib.h>

#include "app/parts.h"
#include "app/replays_private.h"
#include "base/log.h"

#define LOOK_US (1000 * 1000LL)
#define CLOSING_US (100 * 1000LL)
#define OTHER_RULES_US (15 * 1000 * 1000LL) // signs are gone by then
#define RULES_AGAIN_US (10 * 1000 * 1000LL)
#define GIVE_UP_US (15 * 1000 * 1000LL)
#define ONLOOKER_GIVE_UP_US (2 * GIVE_UP_US)
#define SWEEPS_A_LOOK 20

// What one look knows and does.
struct turn {
    struct app_replays *replays;
    struct replays_sharing *sharing;
    struct app_service *service;
    struct arena arena;
    struct store_generation_look now;
    struct replay_record record;
    struct replay_sign sign;
    bool lost;  // the log dropped records that were still to be read
    bool hurry; // there is more to do now
    struct error err;
};

static int64_t now_us(void) {
    struct clock *clock = clock_system();
    return clock->mono_us(clock);
}

static int64_t log_epoch(const struct turn *turn) {
    return eventlog_epoch(turn->service->log);
}

static void set_current(struct app_replays *replays, bool active,
                        const struct replay_record *record) {
    pthread_mutex_lock(&replays->mutex);
    replays->active = active;
    if (record) {
        replays->current = *record;
    }
    pthread_mutex_unlock(&replays->mutex);
}

static void stop_filling(struct app_replays *replays) {
    struct replays_sharing *sharing = &replays->sharing;
    app_replays_close_filler(replays);
    if (sharing->looker) {
        store_close(sharing->looker);
        sharing->looker = NULL;
    }
    sharing->generation = 0;
    sharing->closing = 0;
}

// --- The processor --------------------------------------------------------------------------------------------------------

// Others switched, or this process did: its processor goes on in what is read now. What it had open belongs to a generation that is closed.
static void move_processor(struct turn *turn) {
    struct app_service *service = turn->service;
    struct store *held = NULL;
    int64_t generation = 0;
    enum status status = store_generation_hold(service->store, &held, &generation);
    if (status != STATUS_OK) {
        LOG_WARN("replay", "the processor cannot go on in the new generation yet",
                 LOG_CSTR("status", status_text(status)));
        return;
    }
    stop_filling(turn->replays);
    processor_pause(service->processor);
    processor_move(service->processor, held);
    store_close(service->held);
    service->held = held;
    service->held_generation = generation;
    app_replays_resume(turn->replays);
    LOG_INFO("replay", "the processor goes on in another generation",
             LOG_INT("generation", generation));
}

// Partitions that an attempt to switch closed, and left so when it was given up.
static void mend(struct turn *turn) {
    for (unsigned i = 0; i < turn->replays->partitions; i++) {
        if (processor_is_stuck(turn->service->processor, i) &&
            store_generation_reopen(turn->service->held, log_epoch(turn), i) != STATUS_OK) {
            LOG_DEBUG("replay", "whether a partition was left closed cannot be asked",
                      LOG_INT("partition", i));
        }
    }
}

// --- Rules ----------------------------------------------------------------------------------------------------------------

// The generation is filled with these rules from now on, whoever does; CONFLICT: somebody was faster.
static enum status agree(struct turn *turn, const char *basis) {
    struct replay_record record = turn->record;
    struct buffer note;
    buffer_init(&note, STORE_GENERATION_NOTE_MAX);
    memcpy(record.basis, basis, sizeof record.basis);
    record.processed = record.records = 0;
    record.state = REPLAY_RUNNING;
    record.problem[0] = '\0';
    enum status status = app_replays_note(&note, &record);
    if (status == STATUS_OK) {
        struct store_generation_start start = {.note = buffer_str(&note),
                                               .again = true,
                                               .carry = record.partial,
                                               .version = turn->now.version};
        status = store_generation_begin(turn->service->store, &start);
    }
    buffer_free(&note);
    turn->hurry = true;
    return status == STATUS_OK || status == STATUS_CONFLICT || status == STATUS_EXISTS
               ? STATUS_OK
               : error_set(&turn->err, status, "the new generation cannot be begun: %s",
                           status_text(status));
}

static enum status is_anybody_filling(struct turn *turn, bool *is) {
    struct replay_sign *signs = NULL;
    size_t count = 0;
    *is = false;
    enum status status =
        replay_signs_load(turn->service->store, turn->now.filled, &turn->arena, &signs, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        *is = *is || (signs[i].filling && strcmp(signs[i].basis, turn->record.basis) == 0);
    }
    return status;
}

// Rules that are others: another process may have the right ones.
static enum status stand_by(struct turn *turn) {
    struct replays_sharing *sharing = turn->sharing;
    bool filling = false;
    (void)snprintf(turn->sign.problem, sizeof turn->sign.problem,
                   "its rules, enrichment or settings are others than those of the replay, so it "
                   "does not take part");
    enum status status = is_anybody_filling(turn, &filling);
    if (status != STATUS_OK || filling) {
        sharing->other_since_us = 0;
        return status;
    }
    if (sharing->other_since_us == 0) {
        LOG_WARN("replay", "rules, enrichment or settings are others than those of the replay",
                 LOG_CSTR("id", turn->record.id));
        sharing->other_since_us = now_us();
    }
    if (now_us() - sharing->other_since_us < OTHER_RULES_US) {
        return STATUS_OK;
    }
    LOG_WARN("replay", "nobody fills with the rules of the replay any more: it begins anew",
             LOG_CSTR("id", turn->record.id));
    sharing->other_since_us = 0;
    return agree(turn, turn->sign.basis);
}

static enum status hold_rules(struct turn *turn) {
    struct replays_sharing *sharing = turn->sharing;
    bool filling = turn->replays->filler != NULL;
    if (!filling && now_us() - sharing->held_since_us > RULES_AGAIN_US) {
        app_replays_release_basis(turn->replays); // they may have been read again meanwhile
    }
    if (!turn->replays->shape) {
        sharing->held_since_us = now_us();
    }
    enum status status = app_replays_hold_basis(turn->replays, &turn->err);
    if (status == STATUS_OK) {
        app_replays_basis(turn->replays, turn->sign.basis);
    }
    return status;
}

// --- Filling --------------------------------------------------------------------------------------------------------------

static enum status start_filling(struct turn *turn) {
    struct app_replays *replays = turn->replays;
    struct replays_sharing *sharing = turn->sharing;
    stop_filling(replays);
    enum status status = store_generation_open(turn->service->store, NULL, NULL, &replays->next);
    if (status == STATUS_OK) {
        status = store_generation_open(turn->service->store, NULL, NULL, &sharing->looker);
    }
    if (status != STATUS_OK) {
        stop_filling(replays);
        return error_set(&turn->err, status, "the store cannot be asked: %s", status_text(status));
    }
    status = app_replays_start_filler(replays, &turn->record, &turn->err);
    if (status != STATUS_OK) {
        stop_filling(replays);
        return status;
    }
    sharing->generation = turn->now.filled;
    LOG_INFO("replay", "this process fills a generation",
             LOG_INT("generation", sharing->generation), LOG_CSTR("id", turn->record.id));
    return STATUS_OK;
}

static void find_stuck(struct turn *turn) {
    struct app_replays *replays = turn->replays;
    size_t count = processor_partitions(replays->filler, replays->rows, replays->partitions);
    for (size_t i = 0; i < count && i < replays->partitions; i++) {
        if (replays->rows[i].owned && replays->rows[i].stuck && !turn->sign.problem[0]) {
            (void)snprintf(turn->sign.problem, sizeof turn->sign.problem, "partition %zu: %s", i,
                           replays->rows[i].problem);
        }
    }
}

// How far all together are.
static enum status look_around(struct turn *turn) {
    struct app_replays *replays = turn->replays;
    struct eventlog_partition_info *infos =
        arena_alloc_array(&turn->arena, replays->partitions, sizeof *infos);
    int64_t left = 0;
    turn->sign.processed = 0;
    if (!infos) {
        return STATUS_NO_MEMORY;
    }
    enum status status = eventlog_partitions_info(turn->service->log, STR(PROCESSOR_REPLAY_GROUP),
                                                  infos, replays->partitions);
    for (unsigned i = 0; i < replays->partitions && status == STATUS_OK; i++) {
        int64_t next = 0;
        status = store_generation_progress(turn->sharing->looker, log_epoch(turn), i, &next);
        turn->lost = turn->lost || (next < infos[i].begin && !turn->record.partial);
        turn->sign.processed += next > infos[i].begin ? next - infos[i].begin : 0;
        left += infos[i].end > next ? infos[i].end - next : 0;
    }
    turn->sign.records = turn->sign.processed + left;
    turn->sign.level = status == STATUS_OK && left <= REPLAYS_LEVEL_RECORDS;
    return status;
}

// --- The end --------------------------------------------------------------------------------------------------------------

static enum status end(struct turn *turn, enum replay_state state, const char *problem) {
    struct clock *clock = clock_system();
    struct replay_record record = turn->record;
    struct replay_record past[REPLAYS_KEPT];
    struct buffer text;
    size_t count = 0;
    buffer_init(&text, STORE_GENERATION_NOTE_MAX);
    record.state = state;
    record.ended_ms = clock->wall_ms(clock);
    record.processed = turn->sign.processed;
    record.records = turn->sign.records;
    (void)snprintf(record.problem, sizeof record.problem, "%s", problem);
    enum status status =
        turn->now.past.data ? replay_records_read(turn->now.past, past, &count) : STATUS_OK;
    if (status == STATUS_OK) {
        status = app_replays_past(&text, &record, past, count);
    }
    if (status == STATUS_OK) {
        struct store_generation_ending ending = {
            .use_it = state == REPLAY_SWITCHED,
            .past = buffer_str(&text),
            .generation = turn->now.filled,
            .closing = state == REPLAY_SWITCHED ? turn->sharing->closing : 0};
        status = store_generation_end(turn->service->store, &ending);
    }
    buffer_free(&text);
    if (status == STATUS_OK) {
        LOG_INFO("replay", "a replay is over", LOG_CSTR("id", record.id),
                 LOG_CSTR("state", replay_state_name(state)), LOG_CSTR("problem", problem));
    }
    bool others_did = status == STATUS_CONFLICT || status == STATUS_NOT_FOUND;
    return others_did ? STATUS_OK : status;
}

static enum status close_all(struct turn *turn, bool *closed) {
    struct replays_sharing *sharing = turn->sharing;
    enum status status = STATUS_OK;
    *closed = false;
    if (turn->service->held_generation != turn->now.generation) {
        return STATUS_OK; // moves first
    }
    for (unsigned i = 0; i < turn->replays->partitions && status == STATUS_OK; i++) {
        if (sharing->closed_at[i] < 0) {
            int64_t at = 0;
            status = store_generation_close(turn->service->held, sharing->closing, log_epoch(turn),
                                            i, &at);
            sharing->closed_at[i] = status == STATUS_OK ? at : -1;
        }
    }
    *closed = status == STATUS_OK;
    return status;
}

// Whether the new generation has all that the old one had when it was closed, and all of it can be read: answers never go back.
static enum status has_all(struct turn *turn, bool *all) {
    const struct replays_sharing *sharing = turn->sharing;
    enum status status = STATUS_OK;
    int64_t next = 0;
    *all = true;
    for (unsigned i = 0; i < turn->replays->partitions && *all && status == STATUS_OK; i++) {
        status = store_generation_progress(sharing->looker, log_epoch(turn), i, &next);
        *all = next >= sharing->closed_at[i];
    }
    for (unsigned i = 0; i < turn->replays->partitions && *all && status == STATUS_OK; i++) {
        store_partition_release(sharing->looker, i);
        status = store_partition_offset(sharing->looker, log_epoch(turn), i, &next);
        *all = next >= sharing->closed_at[i];
    }
    *all = *all && status == STATUS_OK;
    return status;
}

static enum status give_up(struct turn *turn) {
    LOG_WARN("replay", "the switch does not come about: the old generation goes on meanwhile");
    enum status status = store_generation_close_end(turn->service->store, turn->now.closing);
    turn->sharing->closing = 0;
    return status;
}

static enum status take_part_in_closing(struct turn *turn) {
    struct replays_sharing *sharing = turn->sharing;
    bool filling = turn->replays->filler != NULL;
    bool all = false;
    if (sharing->closing != turn->now.closing) {
        sharing->closing = turn->now.closing;
        sharing->closing_since_us = now_us();
        for (unsigned i = 0; i < turn->replays->partitions; i++) {
            sharing->closed_at[i] = -1;
        }
    }
    enum status status = filling ? close_all(turn, &all) : STATUS_OK;
    if (status == STATUS_OK && all) {
        status = has_all(turn, &all);
    }
    if (status == STATUS_OK && all) {
        status = look_around(turn); // for the record
        return status == STATUS_OK ? end(turn, REPLAY_SWITCHED, "") : status;
    }
    int64_t most = filling ? GIVE_UP_US : ONLOOKER_GIVE_UP_US;
    return now_us() - sharing->closing_since_us > most ? give_up(turn) : status;
}

// --- A turn ---------------------------------------------------------------------------------------------------------------

static enum status fill(struct turn *turn) {
    int64_t closing = 0;
    if (turn->replays->filler && turn->sharing->generation != turn->now.filled) {
        stop_filling(turn->replays);
    }
    enum status status = hold_rules(turn);
    if (status == STATUS_OK && !turn->record.basis[0]) {
        return agree(turn, turn->sign.basis);
    }
    if (status == STATUS_OK && strcmp(turn->record.basis, turn->sign.basis) != 0) {
        return stand_by(turn);
    }
    turn->sharing->other_since_us = 0;
    if (status == STATUS_OK && !turn->replays->filler) {
        status = start_filling(turn);
    }
    if (status != STATUS_OK) {
        return status;
    }
    turn->sign.filling = true;
    find_stuck(turn);
    status = look_around(turn);
    if (status == STATUS_OK && turn->lost) {
        return end(turn, REPLAY_FAILED,
                   "the log's retention took records that were still to be read");
    }
    if (status == STATUS_OK && turn->sign.level && !turn->record.manual && turn->now.closing == 0) {
        status = store_generation_close_begin(turn->service->store, turn->now.version, &closing);
        turn->now.closing = status == STATUS_OK ? closing : 0;
        status = status == STATUS_CONFLICT || status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    return status;
}

static void tell(struct turn *turn) {
    struct buffer text;
    buffer_init(&text, STORE_GENERATION_NOTE_MAX);
    (void)snprintf(turn->sign.process, sizeof turn->sign.process, "%s", turn->sharing->process);
    enum status status = replay_sign_write(&text, &turn->sign);
    if (status == STATUS_OK) {
        status = store_generation_sign(turn->service->store, turn->now.filled,
                                       str_from_c(turn->sharing->process), buffer_str(&text));
    }
    buffer_free(&text);
    if (status != STATUS_OK) {
        LOG_DEBUG("replay", "others cannot be told how far this process is",
                  LOG_CSTR("status", status_text(status)));
    }
    replay_signs_apply(&turn->record, &turn->sign, 1);
    set_current(turn->replays, true, &turn->record);
}

static void sweep(struct turn *turn) {
    struct replays_sharing *sharing = turn->sharing;
    struct app_replays *replays = turn->replays;
    bool more = turn->now.unswept;
    if (memcmp(sharing->swept_version, turn->now.version, sizeof sharing->swept_version) != 0) {
        memcpy(sharing->swept_version, turn->now.version, sizeof sharing->swept_version);
        sharing->swept_since_us = now_us();
    }
    if (!more || now_us() - sharing->swept_since_us < STORE_GENERATION_GRACE_MS * 1000LL) {
        return;
    }
    (void)processor_partitions(turn->service->processor, replays->rows, replays->partitions);
    for (unsigned i = 0;
         i < SWEEPS_A_LOOK && more && replays->rows[0].owned && !atomic_load(&replays->stopping);
         i++) {
        enum status status =
            store_generation_sweep(turn->service->store, REPLAYS_SWEEP_ROWS, &more);
        if (status != STATUS_OK) {
            LOG_WARN("replay", "what is left of an old generation cannot be removed yet",
                     LOG_CSTR("status", status_text(status)));
            return;
        }
    }
}

static void rest(struct turn *turn) {
    stop_filling(turn->replays);
    app_replays_release_basis(turn->replays);
    turn->sharing->other_since_us = 0;
    set_current(turn->replays, false, NULL);
    sweep(turn);
}

// What is to be done now.
static enum status act(struct turn *turn) {
    enum status status = store_generation_look(turn->service->store, &turn->arena, &turn->now);
    if (status != STATUS_OK) {
        return error_set(&turn->err, status, "the store cannot be asked: %s", status_text(status));
    }
    if (turn->now.generation != turn->service->held_generation) {
        move_processor(turn);
    } else if (turn->now.closing == 0) {
        mend(turn);
    }
    if (turn->now.filled == 0) {
        rest(turn);
        return STATUS_OK;
    }
    status = replay_record_read(turn->now.note, &turn->record);
    if (status == STATUS_OK) {
        status = fill(turn);
    }
    if (status == STATUS_OK && turn->now.closing != 0) {
        status = take_part_in_closing(turn);
    }
    if (status != STATUS_OK) {
        (void)snprintf(turn->sign.problem, sizeof turn->sign.problem, "%.255s",
                       turn->err.status != STATUS_OK ? turn->err.text : status_text(status));
    }
    tell(turn);
    return status;
}

// How long until the next one.
static int64_t take_turn(struct app_replays *replays) {
    struct turn turn = {
        .replays = replays, .sharing = &replays->sharing, .service = replays->service};
    arena_init(&turn.arena, 16384, 0);
    enum status status = act(&turn);
    if (status != STATUS_OK) {
        app_replays_problem(replays, turn.sign.problem[0] ? turn.sign.problem : turn.err.text);
    }
    arena_free(&turn.arena);
    return turn.now.closing != 0 || turn.hurry ? CLOSING_US : LOOK_US;
}

void *app_shared_run(void *context) {
    struct app_replays *replays = context;
    struct str listen = settings_string(replays->service->settings, "management.listen");
    // Several may say that they listen at the same place, on machines of their own.
    (void)snprintf(replays->sharing.process, sizeof replays->sharing.process, "%.*s/%08llx",
                   STR_ARG(listen), (unsigned long long)(random_u64(random_system()) & 0xFFFFFFFF));
    while (!atomic_load(&replays->stopping)) {
        queue_wait(&replays->waker, take_turn(replays));
    }
    stop_filling(replays);
    app_replays_release_basis(replays);
    return NULL;
}
