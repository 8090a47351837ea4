// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Trying again what a server did not answer in time: a move of hours must not end with one slow minute. Private to src/migrate/.
#ifndef FOOTFALL_MIGRATE_PATIENCE_H
#define FOOTFALL_MIGRATE_PATIENCE_H

#include "migrate/migrate.h"

struct patience {
    const struct migrate_config *config;
    int64_t until_us; // 0: nothing has failed yet
    unsigned tries;
};
static inline struct patience patience_begin(const struct migrate_config *config) {
    return (struct patience){.config = config};
}
// After a failure of `what`: waits a while, longer each time, and gives true when it is to be tried again. False for what waiting does
// not help, when the patience is over, and when the migration is to stop.
bool patience_left(struct patience *patience, enum status status, const char *what);

#endif
