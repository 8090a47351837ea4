// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A thread of its own waits for signals, because the main thread may be inside an engine that waits for its servers.
#include "app/signals.h"

#include <unistd.h>

#include "app/command.h"
#include "base/log.h"

// Ten seconds are promised. What is not finished by then was not acknowledged, or is done again from the log.
#define DRAIN_MS 9500
// Nothing was accepted yet that would have to be finished.
#define START_MS 500

void app_signals_block(struct app_signals *signals) {
    (void)sigemptyset(&signals->set);
    (void)sigaddset(&signals->set, SIGTERM);
    (void)sigaddset(&signals->set, SIGINT);
    // Whose terminal is closed wants the process to end with it, as it does by default.
    if (!isatty(STDIN_FILENO)) {
        (void)sigaddset(&signals->set, SIGHUP);
    }
    (void)pthread_sigmask(SIG_BLOCK, &signals->set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

// Either this thread or the one that says that the process is up sees that both came true.
static void hang_up(struct app_signals *signals) {
    atomic_store(&signals->hung_up, true);
    if (atomic_load(&signals->started) && atomic_exchange(&signals->hung_up, false)) {
        signals->hangup(signals->context);
    }
}

void app_signals_ready(struct app_signals *signals) {
    atomic_store(&signals->started, true);
    if (atomic_exchange(&signals->hung_up, false)) {
        (void)pthread_kill(signals->thread.handle, SIGHUP); // for its thread, as any other
    }
}

static void *run(void *context) {
    struct app_signals *signals = context;
    int number = 0;
    while (sigwait(&signals->set, &number) != 0 || number == SIGHUP) {
        if (number == SIGHUP) {
            hang_up(signals);
        }
    }
    (void)sigdelset(&signals->set, SIGHUP); // it stays blocked: there is nothing to go on with
    if (atomic_load(&signals->over)) {
        return NULL;
    }
    bool started = atomic_load(&signals->started);
    LOG_INFO("app", started ? "draining" : "stopping before it was ready",
             LOG_CSTR("signal", number == SIGTERM ? "SIGTERM" : "SIGINT"));
    app_waiting_stop(signals->waiting);
    int64_t ms = started ? DRAIN_MS : START_MS;
    struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    number = sigtimedwait(&signals->set, NULL, &limit);
    if (atomic_load(&signals->over)) {
        return NULL;
    }
    if (number < 0 && started) {
        LOG_WARN("app", "the drain took too long and is cut short; nothing acknowledged is lost");
    }
    _exit(number < 0 ? APP_OK : APP_FAILED);
}

enum status app_signals_start(struct app_signals *signals, struct app_waiting *waiting) {
    signals->waiting = waiting;
    atomic_init(&signals->started, false);
    atomic_init(&signals->hung_up, false);
    atomic_init(&signals->over, false);
    return thread_start(&signals->thread, "signals", run, signals);
}

void app_signals_end(struct app_signals *signals) {
    atomic_store(&signals->over, true);
    (void)pthread_kill(signals->thread.handle, SIGINT); // only wakes it
    thread_join(&signals->thread);
}
