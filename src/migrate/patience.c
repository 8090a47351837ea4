// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Trying again what a server did not answer in time.
#include "migrate/patience.h"

#include "base/log.h"
#include "base/queue.h"

#define FIRST_US 100000
#define LONGEST_US 3000000

bool patience_left(struct patience *patience, enum status status, const char *what) {
    const struct migrate_config *config = patience->config;
    if (status != STATUS_UNAVAILABLE && status != STATUS_TIMEOUT) {
        return false;
    }
    int64_t now_us = config->clock->mono_us(config->clock);
    if (patience->until_us == 0) {
        patience->until_us = now_us + config->patience_ms * 1000;
    }
    if (now_us >= patience->until_us || (config->stopped && config->stopped(config->context))) {
        return false;
    }
    LOG_WARN("migrate", "not answered in time; trying again", LOG_CSTR("what", what),
             LOG_INT("tries", patience->tries));
    int64_t pause_us = (int64_t)FIRST_US << (patience->tries < 5 ? patience->tries : 5);
    patience->tries++;
    struct queue_waker waker; // nobody wakes it
    queue_waker_init(&waker);
    queue_wait(&waker, pause_us < LONGEST_US ? pause_us : LONGEST_US);
    queue_waker_destroy(&waker);
    return true;
}
