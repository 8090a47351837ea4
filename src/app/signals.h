// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// SIGTERM and SIGINT: the first ends the process in good order, a second one, or a drain that takes too long, at once. SIGHUP: files
// are opened anew.
#ifndef FOOTFALL_APP_SIGNALS_H
#define FOOTFALL_APP_SIGNALS_H

#include <signal.h>
#include <stdatomic.h>

#include "app/waiting.h"
#include "base/thread.h"

struct app_signals {
    sigset_t set;
    struct thread thread;
    struct app_waiting *waiting;   // told to stop by the first signal
    void (*hangup)(void *context); // on SIGHUP, on the signals' thread; set before the start
    void *context;
    atomic_bool started; // the process is up: there is something to drain
    atomic_bool hung_up; // SIGHUP came before that
    atomic_bool over;
};

// Blocks them in this thread and those it starts; before any is started.
void app_signals_block(struct app_signals *signals);
MUST_CHECK enum status app_signals_start(struct app_signals *signals, struct app_waiting *waiting);
// The process is up. What SIGHUP asked for meanwhile is done now.
void app_signals_ready(struct app_signals *signals);
void app_signals_end(struct app_signals *signals);

#endif
