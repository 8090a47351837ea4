// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Runs the processor's workers step by step, in one thread and with a clock that stands still until told.
#ifndef FOOTFALL_TEST_SIM_DRIVE_H
#define FOOTFALL_TEST_SIM_DRIVE_H

#include "history.h"
#include "processor/worker.h"

#define DRIVE_WORKERS 2

struct drive {
    struct clock_manual clock;
    struct eventlog *log;
    struct store *store;           // with the history's projects
    struct enrichment *enrichment; // what is built in, and history_declared
    struct processor_shared shared;
    struct worker *workers[DRIVE_WORKERS];
    unsigned worker_count;
};

void drive_open(struct drive *drive, unsigned partitions);
void drive_close(struct drive *drive);
// Fills in log, store and clock of config. Several workers share the partitions as members of one group.
void drive_start(struct drive *drive, const struct processor_config *config, unsigned workers);
void drive_stop(struct drive *drive);
// One step of each worker, a second later.
void drive_step(struct drive *drive);
bool drive_caught_up(struct drive *drive);
// Steps until everything is in the store; false when that takes more than `steps`.
bool drive_finish(struct drive *drive, unsigned steps);

#endif
