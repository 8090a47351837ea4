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

#define REPLAYS_GAUGES 3

struct app_replays {
    struct app_service *service;
    struct thread thread;
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
    unsigned partitions;
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

// --- replays_fill.c
void *app_replays_run(void *replays);

#endif
