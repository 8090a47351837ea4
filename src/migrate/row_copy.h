// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Copies the rows of one store to another, and sets the partitions' offsets at the end; private to src/migrate/.
#ifndef FOOTFALL_MIGRATE_ROW_COPY_H
#define FOOTFALL_MIGRATE_ROW_COPY_H

#include "migrate/plan.h"

// Page by page: visit gets every row of the store but offsets, kind after kind, from (kind, position) on; marks of dead letters come before
// the letters. After each page `paused` hears how far the walk has come. CLOSED when stopped.
struct row_walk {
    const struct migrate_config *config; // for stopping and patience
    struct store *store;
    enum store_row_kind kind;
    struct str position;
    enum status (*visit)(struct store_row *rows, size_t count, void *context, struct error *err);
    enum status (*paused)(enum store_row_kind kind, struct str position, void *context,
                          struct error *err); // may be NULL
    void *context;
};
MUST_CHECK enum status row_walk(struct row_walk *walk, struct error *err);

// What of the source is carried over, and how it looks in the target.
struct row_rules {
    struct plan *plan;        // NULL: rows are as they are to be
    int64_t timeline_from_ms; // older entries are left behind
    int64_t due_from_ms;      // deliveries that were due earlier too
};
// False: the row is left behind. *status: as of plan_row.
bool row_carry(const struct row_rules *rules, struct store_row *row, enum status *status);

// Goes on where the notes say, and keeps them up to date; then what only the plan has. total: for the progress, rows in all.
MUST_CHECK enum status row_copy(const struct migrate_config *config, struct notes *notes,
                                const struct row_rules *rules, uint64_t total, struct error *err);

// What was written before survives a power cut.
MUST_CHECK enum status row_copy_flush(const struct migrate_config *config, struct error *err);

// Each partition of the target stands at the end of the copied log from here on. CONFLICT: it stands elsewhere already.
MUST_CHECK enum status row_copy_offsets(const struct migrate_config *config,
                                        const struct notes *notes, struct error *err);

#endif
