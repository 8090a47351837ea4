// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What must be so before a migration begins or goes on; private to src/migrate/.
#ifndef FOOTFALL_MIGRATE_PREPARE_H
#define FOOTFALL_MIGRATE_PREPARE_H

#include "migrate/migrate.h"
#include "migrate/notes.h"

// The source's stretch of each partition, and how many records are not processed yet. CORRUPT: the
// store stands behind the log's end.
MUST_CHECK enum status prepare_source(const struct migrate_config *config,
                                      struct notes_range *ranges, int64_t *behind,
                                      struct error *err);

// Fills the notes: those of an interrupted run, or new ones, which are written. What they point to is in the arena. The statuses of
// migrate_run.
MUST_CHECK enum status prepare(const struct migrate_config *config, struct arena *arena,
                               struct notes *notes, struct error *err);

#endif
