// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The object of replays, shared by who fills (replays_fill.c) and who is asked (replays.c).
#ifndef FOOTFALL_APP_REPLAYS_PRIVATE_H
#define FOOTFALL_APP_REPLAYS_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "app/replays.h"
#include "base/metrics.h"
#include "base/queue.h"
#include "base/thread.h"
#include "store/generations.h"

#define REPLAYS_GAUGES 3
#define REPLAYS_LEVEL_RECORDS 2000 // so few are left to read when the old processors are to stop
#define REPLAYS_SWEEP_ROWS 2000

// What the thread keeps where several processes fill: replays_shared_fill.c.
struct replays_sharing {
    char process[128];  // what it calls itself
    int64_t generation; // that `next` and `filler` are of; 0: none
    int64_t
        other_since_us; // since when the rules are others and nobody fills with those of the replay; 0: it is not so
    int64_t held_since_us; // since when the rules are held
    struct store *looker;  // the same generation, to look what stands in it
    int64_t closing;       // the attempt to switch it takes part in; 0: none
    int64_t closing_since_us;
    int64_t *closed_at; // where the old generation ended, by partition; -1: not closed yet
    uint8_t swept_version[STORE_GENERATION_VERSION_BYTES];
    int64_t swept_since_us; // since when there is that version
};

struct app_replays {
    struct app_service *service;
    bool shared; // several processes share the store: replays_shared.c
    struct thread thread;
    bool has_thread;
    struct queue_waker waker;
    atomic_bool stopping, cancelling;
    metrics_id gauges[REPLAYS_GAUGES];

    pthread_mutex_t mutex; // guards what follows
    bool active;
    struct replay_record current;            // of a replay that is active
    struct replay_record past[REPLAYS_KEPT]; // newest first
    size_t past_count;

    // The thread's own
    struct store *next;
    struct processor *filler;
    struct shape *shape; // held while it fills, with the next two
    struct funnel_board *funnels;
    struct enrichment *enrichment;
    struct processor_partition_status *rows;
    unsigned partitions; // 0: no processor is here
    struct replays_sharing sharing;
};

// --- replays.c
// The one that is being filled; false: none is. out may be NULL.
bool app_replays_active(struct app_replays *replays, struct replay_record *out);
// The record as the store keeps it.
MUST_CHECK enum status app_replays_note(struct buffer *out, const struct replay_record *record);
// Why it cannot go on at present; "": it does.
void app_replays_problem(struct app_replays *replays, const char *problem);
// The end of the one that is active, in one write with what becomes of its generation.
MUST_CHECK enum status app_replays_finish(struct app_replays *replays, enum replay_state state,
                                          const char *problem);

// Newest first, as the store keeps them: the one that ends, and those of before.
MUST_CHECK enum status app_replays_past(struct buffer *out, const struct replay_record *ended,
                                        const struct replay_record *past, size_t count);
// Begins what is asked of replays in either way: PRECONDITION as app_replays_begin.
MUST_CHECK enum status app_replays_prepare(struct eventlog *log, struct replay_record *asked);

// --- replays_fill.c
void *app_replays_run(void *replays);
// All that results depend on besides the log, of what is held.
void app_replays_basis(const struct app_replays *replays, char basis[REPLAY_BASIS_LEN + 1]);
// The rules and data of now, which stay what they are while others read the settings again.
MUST_CHECK enum status app_replays_hold_basis(struct app_replays *replays, struct error *err);
void app_replays_release_basis(struct app_replays *replays);
// With `next` open and the rules held.
MUST_CHECK enum status app_replays_start_filler(struct app_replays *replays,
                                                const struct replay_record *record,
                                                struct error *err);
void app_replays_close_filler(struct app_replays *replays); // and `next`
// The processor that answers must go on whatever else fails.
void app_replays_resume(struct app_replays *replays);

// --- replays_shared.c: the same questions where several processes share the store. All ask it.
MUST_CHECK enum status app_shared_begin(struct app_replays *replays, struct replay_record *asked);
MUST_CHECK enum status app_shared_cancel(struct app_replays *replays, struct str id);
MUST_CHECK enum status app_shared_switch(struct app_replays *replays, struct str id);
// *active: the first of them is running.
MUST_CHECK enum status app_shared_list(struct app_replays *replays, struct replay_record *out,
                                       size_t *count, bool *active);

// --- replays_shared_fill.c
void *app_shared_run(void *replays);

// --- replays_sign.c: what each process that fills says of itself, for all to read.
struct replay_sign {
    char process[128];
    char basis[REPLAY_BASIS_LEN + 1];
    bool filling;
    bool level; // with the log
    int64_t processed, records;
    char problem[256];
};
MUST_CHECK enum status replay_sign_write(struct buffer *out, const struct replay_sign *sign);
MUST_CHECK enum status replay_sign_read(struct str json, struct replay_sign *out); // CORRUPT
// What the replay is, by what all say.
void replay_signs_apply(struct replay_record *record, const struct replay_sign *signs,
                        size_t count);
// Those of a generation; in the arena.
MUST_CHECK enum status replay_signs_load(struct store *store, int64_t generation,
                                         struct arena *arena, struct replay_sign **out,
                                         size_t *count);

#endif
