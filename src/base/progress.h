// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A progress bar on a terminal, a line every ten per cent elsewhere.
#ifndef FOOTFALL_BASE_PROGRESS_H
#define FOOTFALL_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *label; // in front of each line; may be empty
    const char *unit;  // "events"
    uint64_t total;
    uint64_t done;
    int64_t started_us;
    unsigned shown; // per cent last shown, plus one; 0: nothing yet
    bool terminal;
};
// The texts must stay.
void progress_begin(struct progress *progress, const char *label, const char *unit, uint64_t total);
void progress_add(struct progress *progress, uint64_t more); // to standard error
void progress_end(struct progress *progress);

#endif
