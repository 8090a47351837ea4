// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Copies the records of one log to another in order, and compares them; private to src/migrate/.
#ifndef FOOTFALL_MIGRATE_LOG_COPY_H
#define FOOTFALL_MIGRATE_LOG_COPY_H

#include "migrate/migrate.h"
#include "migrate/notes.h"
#include "migrate/tally.h"

// Appends what the target does not have yet: each record to the partition of its key, in the order of log_merge.h. How many a partition has
// tells its end, since offsets are dense. CONFLICT: it has more.
MUST_CHECK enum status log_copy(const struct migrate_config *config, const struct notes *notes,
                                struct error *err);

// Of each partition of the target what it has, and what it should have,,  in arrays of the arena. What the
// target's retention has dropped is left out on both sides.
struct log_sums {
    struct tally_sum *source, *target;
};
MUST_CHECK enum status log_copy_compare(const struct migrate_config *config,
                                        const struct notes *notes, struct arena *arena,
                                        struct log_sums *out, struct error *err);

#endif
