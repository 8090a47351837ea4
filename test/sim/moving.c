// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Runs a migration in memory.
#include "moving.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dump.h"
#include "migrate/migrate.h"
#include "store/erasure.h"

// What is tried is what comes of a move, not what a disk does.
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) {
    (void)fd;
    return 0;
}

// The simulation has parts of receipts without receipts, which nobody would carry over.
static void make_receipts(struct store *store) {
    for (unsigned i = 0; i < DUMP_RECEIPTS_MAX; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "receipt-%05u", i);
        struct store_erasure erasure = {
            .id = str_from_c(id), .project = STR("shop"), .person = STR("somebody")};
        history_require(store_erasure_put(store, &erasure), "receipt");
    }
}

void moving_move(struct drive *drive, unsigned partitions) {
    struct eventlog_config log_config = {.partitions = partitions, .clock = clock_system()};
    struct migrate_config config = {.source = {drive->log, drive->store}, .clock = clock_system()};
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    const char *parent = getenv("TMPDIR");
    char directory[200], notes[220];
    (void)snprintf(directory, sizeof directory, "%s/footfall-sim-XXXXXX", parent ? parent : "/tmp");
    history_require(mkdtemp(directory) ? STATUS_OK : STATUS_IO, "directory");
    (void)snprintf(notes, sizeof notes, "%s/notes.json", directory);
    config.notes_path = notes;
    make_receipts(drive->store);
    history_require(eventlog_open_memory(&log_config, &config.target.log, &err), "log");
    history_require(store_open_memory(&config.target.store, &err), "store");
    history_require(migrate_run(&config, &report, &err), err.text);
    history_require(report.difference_count == 0 ? STATUS_OK : STATUS_CORRUPT, "differences");
    migrate_report_free(&report);
    (void)unlink(notes);
    (void)rmdir(directory);
    store_close(drive->store);
    eventlog_close(drive->log);
    drive->log = config.target.log;
    drive->store = config.target.store;
}
