// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads all partitions of a log in one order that follows from its records alone; private to src/migrate/.
//
// The record that was received first comes first, of equal times that of the lowest partition; those of one partition keep their order
// whatever their times. So a log with another number of partitions can be filled in the order of time, and a copy that was broken off
// finds where it was by counting.
#ifndef FOOTFALL_MIGRATE_LOG_MERGE_H
#define FOOTFALL_MIGRATE_LOG_MERGE_H

#include "migrate/migrate.h"
#include "migrate/notes.h"

struct log_merge {
    const struct migrate_config *config; // whose source is read, and asked whether to stop
    const struct notes *notes;           // its ranges
    // One record; it is followed by readable bytes as of a poll, and valid until visit returns. A status but OK ends the reading with it.
    enum status (*visit)(unsigned partition, const struct eventlog_view *record, void *context,
                         struct error *err);
    void *context;
};
// OK: all is visited. CLOSED: stopped. CORRUPT: a record is missing. TIMEOUT: the log gives nothing for a minute although it should.
// Commits nothing.
MUST_CHECK enum status log_merge(const struct log_merge *merge, struct error *err);

#endif
