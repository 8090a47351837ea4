// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A progress bar on a terminal, a line every ten per cent elsewhere.
#include "base/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define BAR 40

void progress_begin(struct progress *progress, const char *label, const char *unit,
                    uint64_t total) {
    struct clock *clock = clock_system();
    *progress = (struct progress){.label = label,
                                  .unit = unit,
                                  .total = total ? total : 1,
                                  .started_us = clock->mono_us(clock),
                                  .terminal = isatty(STDERR_FILENO) != 0};
}

static void show(const struct progress *progress, unsigned percent) {
    struct clock *clock = clock_system();
    double seconds = (double)(clock->mono_us(clock) - progress->started_us) / 1e6;
    double rate = seconds > 0 ? (double)progress->done / seconds : 0;
    if (progress->terminal) {
        char bar[BAR + 1];
        for (unsigned i = 0; i < BAR; i++) {
            bar[i] = i < percent * BAR / 100 ? '#' : '.';
        }
        bar[BAR] = '\0';
        (void)fprintf(stderr, "\r%s[%s] %3u %%  %llu %s, %.0f/s ", progress->label, bar, percent,
                      (unsigned long long)progress->done, progress->unit, rate);
    } else {
        (void)fprintf(stderr, "%s%3u %%  %llu %s, %.0f/s\n", progress->label, percent,
                      (unsigned long long)progress->done, progress->unit, rate);
    }
}

void progress_add(struct progress *progress, uint64_t more) {
    progress->done += more;
    uint64_t done = progress->done < progress->total ? progress->done : progress->total;
    unsigned percent = (unsigned)(done * 100 / progress->total);
    unsigned step = progress->terminal ? 1 : 10;
    if (percent / step + 1 > progress->shown) {
        progress->shown = percent / step + 1;
        show(progress, percent);
    }
}

void progress_end(struct progress *progress) {
    if (progress->terminal) {
        (void)fputc('\n', stderr);
    }
}
