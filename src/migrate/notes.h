// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How far a migration has come, as a JSON file beside the source; private to src/migrate/.
#ifndef FOOTFALL_MIGRATE_NOTES_H
#define FOOTFALL_MIGRATE_NOTES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "store/walk.h"

// X(symbol, name in the file). In this order.
#define NOTES_STEP_LIST(X)                                                                         \
    X(LOG, "log")                                                                                  \
    X(ROWS, "rows")                                                                                \
    X(OFFSETS, "offsets")                                                                          \
    X(CHECK, "check")                                                                              \
    X(DONE, "done")
enum notes_step {
#define X(symbol, name) NOTES_STEP_##symbol,
    NOTES_STEP_LIST(X)
#undef X
};

// What of a partition of the source's log is copied.
struct notes_range {
    int64_t begin, end;
};
// Where the copied records of a partition of the target's log are. end is not in the file: plan.h finds it.
struct notes_place {
    int64_t begin, end;
};
struct notes {
    enum notes_step step; // what is to be done next
    int64_t source_epoch, target_epoch;
    int64_t began_ms;
    struct notes_range *ranges; // one a partition of the source
    unsigned partitions;
    struct notes_place *places; // one a partition of the target
    unsigned targets;
    enum store_row_kind kind; // of step ROWS: rows of the kinds before it, and of this kind up to
    struct str position;      // that place, are in the target
};

// NOT_FOUND: there is no such file. Texts and ranges are in the arena.
MUST_CHECK enum status notes_read(const char *path, struct arena *arena, struct notes *out,
                                  struct error *err);
// Replaces the file; durable when it returns.
MUST_CHECK enum status notes_write(const char *path, const struct notes *notes, struct error *err);

#endif
