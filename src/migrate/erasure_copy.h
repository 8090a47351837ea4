// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Copies receipts of erasures, holds and refusals, and the key of their hashes; private to src/migrate/.
#ifndef FOOTFALL_MIGRATE_ERASURE_COPY_H
#define FOOTFALL_MIGRATE_ERASURE_COPY_H

#include "migrate/migrate.h"
#include "migrate/notes.h"

// While all partitions of the target stand at offset 0. May be repeated.
MUST_CHECK enum status erasure_copy(const struct migrate_config *config, const struct notes *notes,
                                    struct error *err);

#endif
