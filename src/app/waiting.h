// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Waiting for what a process needs and is not there yet: with back-off, a log line now and then, and an end when it is told to stop.
#ifndef FOOTFALL_APP_WAITING_H
#define FOOTFALL_APP_WAITING_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define APP_WAITING_TEXT 400

// One thread starts things and waits; any may stop it or ask what it waits for.
struct app_waiting {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping;
    char text[APP_WAITING_TEXT]; // what is waited for and why; empty: nothing
    int64_t began_us;
    int64_t told_us; // the last line about it
    int64_t pause_us;
};

void app_waiting_init(struct app_waiting *waiting);
void app_waiting_destroy(struct app_waiting *waiting);
// what: "store: cassandra at 127.0.0.1:9042"; why: the reason it cannot be used. Pauses a while, longer each time for the same
// wait. False: stop.
bool app_waiting_pause(struct app_waiting *waiting, const char *what, const char *why);
// A look at something that comes true by itself is due again in a while, or at once when told to stop.
void app_waiting_rest(struct app_waiting *waiting, int64_t us);
// It is there: says so when it was waited for.
void app_waiting_over(struct app_waiting *waiting, const char *what);
void app_waiting_text(struct app_waiting *waiting, char out[APP_WAITING_TEXT]);
// Any thread: ends the pause, and every later one at once.
void app_waiting_stop(struct app_waiting *waiting);
bool app_waiting_stopped(struct app_waiting *waiting);

#endif
