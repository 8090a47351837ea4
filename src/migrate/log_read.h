// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads a stretch of every partition of a log; private to src/migrate/.
#ifndef FOOTFALL_MIGRATE_LOG_READ_H
#define FOOTFALL_MIGRATE_LOG_READ_H

#include <stdbool.h>

#include "base/clock.h"
#include "eventlog/eventlog.h"

struct log_read {
    struct eventlog *log;
    struct clock *clock;
    bool (*stopped)(void *context); // may be NULL
    void *stopped_context;
    int64_t *at;          // one a partition: where to begin; moves on with what was visited
    const int64_t *until; // one a partition: where to end
    // A batch of one partition, cut to what was asked for. A status but OK ends the reading with it.
    enum status (*visit)(const struct eventlog_batch *batch, void *context, struct error *err);
    void *context;
};
// OK: all is visited. CLOSED: stopped. TIMEOUT: the log gives nothing for a minute although it should. Commits nothing.
MUST_CHECK enum status log_read(struct log_read *read, struct error *err);

#endif
