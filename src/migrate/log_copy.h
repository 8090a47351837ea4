// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Copies the records of one log to another in order, and compares them; private to src/migrate/.
#ifndef FOOTFALL_MIGRATE_LOG_COPY_H
#define FOOTFALL_MIGRATE_LOG_COPY_H

#include "migrate/migrate.h"
#include "migrate/notes.h"
#include "migrate/tally.h"

// Where the target's partition ends when all of a range is copied; and by how much its offsets are above the source's.
static inline int64_t log_copy_end(const struct notes_range *range) {
    return range->target_begin + (range->source_end - range->source_begin);
}
static inline int64_t log_copy_shift(const struct notes_range *range) {
    return range->target_begin - range->source_begin;
}

// Appends what the target does not have yet: how many it has tells its end, since offsets are dense. CONFLICT: it has more.
MUST_CHECK enum status log_copy(const struct migrate_config *config, const struct notes *notes,
                                struct error *err);

// Of each partition what both sides have, in arrays of the arena. What the target's retention has dropped is left out on both sides.
struct log_sums {
    struct tally_sum *source, *target;
};
MUST_CHECK enum status log_copy_compare(const struct migrate_config *config,
                                        const struct notes *notes, struct arena *arena,
                                        struct log_sums *out, struct error *err);

#endif
