// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Notes the set with which a batch begins, and gives it to the batch's records once it is committed.
#include "judged.h"

#include <stdlib.h>

#include "faults.h"
#include "rules.h"
#include "steps.h"

#define PARTITIONS_MOST 8

static struct {
    const struct history *history;
    unsigned partitions;
    unsigned now; // set of the moment
    const struct store_batch *open[PARTITIONS_MOST];
    unsigned open_set[PARTITIONS_MOST];
    int64_t next[PARTITIONS_MOST]; // offset behind the last commit
    uint8_t *sets;                 // by event
    struct funnel_board *funnels;
} judged;

// As the log does it: by Kafka's hash of the key.
static unsigned partition_of(size_t event) {
    return (str_murmur2(judged.history->records[event].key) & 0x7fffffff) % judged.partitions;
}

static void begun(unsigned partition, const struct store_batch *batch) {
    // One that was thrown away may have been at the same address.
    for (unsigned i = 0; i < PARTITIONS_MOST; i++) {
        judged.open[i] = judged.open[i] == batch ? NULL : judged.open[i];
    }
    judged.open[partition] = batch;
    judged.open_set[partition] = judged.now;
}

static void committed(const struct store_batch *batch, int64_t next_offset) {
    unsigned partition = 0;
    while (judged.open[partition] != batch) {
        partition++;
    }
    int64_t offset = 0;
    for (size_t i = 0; i < judged.history->count; i++) {
        if (partition_of(i) != partition) {
            continue;
        }
        if (offset >= judged.next[partition] && offset < next_offset) {
            judged.sets[i] = (uint8_t)judged.open_set[partition];
        }
        offset++;
    }
    judged.next[partition] = next_offset;
}

struct shape *judged_begin(const struct history *history, unsigned partitions) {
    struct shape *shape = NULL;
    free(judged.sets);
    funnel_board_free(judged.funnels);
    memset(&judged, 0, sizeof judged);
    judged.history = history;
    judged.partitions = partitions;
    judged.sets = calloc(history->count + 1, 1);
    history_require(judged.sets ? STATUS_OK : STATUS_NO_MEMORY, "sets");
    history_require(shape_make(rules_read(0), &shape), "rules");
    history_require(funnel_board_make(steps_read(0), &judged.funnels), "funnels");
    faults_watch = (struct faults_watch){begun, committed};
    return shape;
}

struct funnel_board *judged_funnels(void) {
    return judged.funnels;
}

void judged_change(struct shape *shape) {
    judged.now = (judged.now + 1) % RULES_SETS;
    history_require(shape_change(shape, rules_read(judged.now)), "rules");
    funnel_board_change(judged.funnels, steps_read(judged.now));
}

const uint8_t *judged_end(void) {
    faults_watch = (struct faults_watch){NULL, NULL};
    funnel_board_free(judged.funnels);
    judged.funnels = NULL;
    return judged.sets;
}
