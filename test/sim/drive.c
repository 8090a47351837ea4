// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opens a log and a store in memory, and steps workers over them.
#include "drive.h"

#define STEP_MS 1000

void drive_open(struct drive *drive, unsigned partitions) {
    struct error err;
    *drive = (struct drive){.worker_count = 0};
    clock_manual_init(&drive->clock, 1774569600000LL);
    struct eventlog_config config = {.partitions = partitions, .clock = clock_system()};
    history_require(eventlog_open_memory(&config, &drive->log, &err), "log");
    history_require(store_open_memory(&drive->store, &err), "store");
    drive->enrichment = history_enrichment();
    for (unsigned i = 0; i < HISTORY_PROJECTS; i++) {
        history_require(store_project_put(drive->store, &history_projects[i]), "project");
    }
}

void drive_close(struct drive *drive) {
    drive_stop(drive);
    store_close(drive->store);
    eventlog_close(drive->log);
    enrichment_free(drive->enrichment);
}

void drive_start(struct drive *drive, const struct processor_config *config, unsigned workers) {
    struct processor_config filled = *config;
    struct error err;
    filled.log = drive->log;
    filled.enrichment = filled.enrichment ? filled.enrichment : drive->enrichment;
    filled.store = drive->store;
    filled.clock = &drive->clock.clock;
    history_require(processor_shared_init(&drive->shared, &filled, &err), "processor");
    drive->worker_count = workers;
    for (unsigned i = 0; i < workers; i++) {
        history_require(worker_open(&drive->shared, workers, &drive->workers[i], &err), "worker");
    }
}

void drive_stop(struct drive *drive) {
    for (unsigned i = 0; i < drive->worker_count; i++) {
        worker_close(drive->workers[i]);
    }
    drive->worker_count = 0;
    processor_shared_free(&drive->shared);
}

void drive_step(struct drive *drive) {
    clock_manual_advance(&drive->clock, STEP_MS);
    for (unsigned i = 0; i < drive->worker_count; i++) {
        history_require(worker_run_once(drive->workers[i], 0), "step");
    }
}

bool drive_caught_up(struct drive *drive) {
    for (unsigned i = 0; i < drive->shared.partition_count; i++) {
        struct eventlog_partition_info info;
        history_require(eventlog_partition_info(drive->log, i, STR(PROCESSOR_GROUP), &info),
                        "info");
        if (drive->shared.partitions[i].stuck ||
            drive->shared.partitions[i].next_offset < info.end) {
            return false;
        }
    }
    return true;
}

bool drive_finish(struct drive *drive, unsigned steps) {
    while (!drive_caught_up(drive)) {
        if (steps-- == 0) {
            return false;
        }
        drive_step(drive);
    }
    return true;
}
