// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A pool of threads for work that may block: engine reads, files, password hashing.
#ifndef FOOTFALL_BASE_WORKERS_H
#define FOOTFALL_BASE_WORKERS_H

#include "base/queue.h"
#include "base/status.h"

struct workers;

struct work {
    struct work *next;
    void (*run)(struct work *work); // on a pool thread; owns the object from here on
};

// count threads named "<name>-N"; queue_max pending works.
MUST_CHECK enum status workers_start(unsigned count, unsigned queue_max, const char *name,
                                     struct workers **out);
// Any thread. FULL when queue_max are waiting, CLOSED after workers_stop began; then run is not called.
MUST_CHECK enum status workers_submit(struct workers *workers, struct work *work);
// Runs what is queued, joins the threads, frees the pool. NULL is fine.
void workers_stop(struct workers *workers);

#endif
