// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What happens when an invariant of ours does not hold: one line to stderr, then abort.
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *condition, const char *file, int line) {
    // Not by the log: its own state may be what is broken.
    fprintf(stderr, "footfall: check failed: %s (%s:%d)\n", condition, file, line);
    abort();
}
