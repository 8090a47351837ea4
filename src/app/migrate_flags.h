// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What `footfall migrate` is told besides settings.
#ifndef FOOTFALL_APP_MIGRATE_FLAGS_H
#define FOOTFALL_APP_MIGRATE_FLAGS_H

#include <stdbool.h>

#include "base/error.h"

struct migrate_flags {
    bool dry_run;
    const char *to_data;                // NULL: not to a data directory
    const char *to_topic, *to_keyspace; // both NULL: not from a topic and a keyspace to others
    unsigned to_partitions;             // 0: not said
};
// Takes them out of the words; kept (room for argc + 1) and *count are the others. Texts are those of argv. INVALID: err says which.
MUST_CHECK enum status migrate_flags_take(int argc, char *const *argv, char **kept, int *count,
                                          struct migrate_flags *out, struct error *err);

#endif
