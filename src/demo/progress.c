// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A progress bar on a terminal, a line every ten per cent elsewhere.
#include "demo/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define BAR 40

void demo_progress_begin(struct demo_progress *progress, uint64_t total) {
    struct clock *clock = clock_system();
    *progress = (struct demo_progress){.total = total ? total : 1,
                                       .started_us = clock->mono_us(clock),
                                       .terminal = isatty(STDERR_FILENO) != 0};
}

static void show(const struct demo_progress *progress, unsigned percent) {
    struct clock *clock = clock_system();
    double seconds = (double)(clock->mono_us(clock) - progress->started_us) / 1e6;
    double rate = seconds > 0 ? (double)progress->done / seconds : 0;
    if (progress->terminal) {
        char bar[BAR + 1];
        for (unsigned i = 0; i < BAR; i++) {
            bar[i] = i < percent * BAR / 100 ? '#' : '.';
        }
        bar[BAR] = '\0';
        (void)fprintf(stderr, "\r[%s] %3u %%  %llu events, %.0f/s ", bar, percent,
                      (unsigned long long)progress->done, rate);
    } else {
        (void)fprintf(stderr, "%3u %%  %llu events, %.0f/s\n", percent,
                      (unsigned long long)progress->done, rate);
    }
}

void demo_progress_add(struct demo_progress *progress, uint64_t more) {
    progress->done += more;
    unsigned percent = (unsigned)(progress->done * 100 / progress->total);
    unsigned step = progress->terminal ? 1 : 10;
    if (percent / step + 1 > progress->shown) {
        progress->shown = percent / step + 1;
        show(progress, percent);
    }
}

void demo_progress_end(struct demo_progress *progress) {
    if (progress->terminal) {
        (void)fputc('\n', stderr);
    }
}
