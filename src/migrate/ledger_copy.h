// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Copies the audit log, and what projects used yesterday and today; private to src/migrate/.
#ifndef FOOTFALL_MIGRATE_LEDGER_COPY_H
#define FOOTFALL_MIGRATE_LEDGER_COPY_H

#include "migrate/migrate.h"

// May be repeated: what is there already stays as it is.
MUST_CHECK enum status ledger_copy(const struct migrate_config *config, struct error *err);

#endif
