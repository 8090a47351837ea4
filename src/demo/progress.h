// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A progress bar on a terminal, a line every ten per cent elsewhere.
#ifndef FOOTFALL_DEMO_PROGRESS_H
#define FOOTFALL_DEMO_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct demo_progress {
    uint64_t total;
    uint64_t done;
    int64_t started_us;
    unsigned shown; // per cent last shown, plus one; 0: nothing yet
    bool terminal;
};
void demo_progress_begin(struct demo_progress *progress, uint64_t total);
void demo_progress_add(struct demo_progress *progress, uint64_t more); // to standard error
void demo_progress_end(struct demo_progress *progress);

#endif
