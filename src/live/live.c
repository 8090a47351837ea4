// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Start, drain and stop.
#include "live/live.h"

#include <stdlib.h>

#include "base/log.h"
#include "live/private.h"

#define DRAIN_US 1000000LL

// Those of other processes come and go with people's, but later.
static double read_readers(void *context) {
    const struct live *live = context;
    unsigned peers = atomic_load(&live->peer_count);
    unsigned all = atomic_load(&live->reader_count);
    return all > peers ? (double)(all - peers) : 0;
}

static double read_peers(void *context) {
    const struct live *live = context;
    return (double)atomic_load(&live->peer_count);
}

static void register_metrics(struct live *live) {
    live->sent = metrics_counter("footfall_live_sent_total",
                                 "Activities given to streams, of people and of processes.", NULL);
    live->dropped = metrics_counter("footfall_live_dropped_total",
                                    "Streams ended because they took too little.", NULL);
    live->gaps = metrics_counter("footfall_live_gaps_total",
                                 "Gaps told to streams: what they wanted was gone.", NULL);
    live->readers_gauge =
        metrics_gauge("footfall_live_readers", "Streams that are open.", NULL, read_readers, live);
    live->peers_gauge = metrics_gauge(
        "footfall_live_peers", "Other processes that listen to the feed.", NULL, read_peers, live);
}

static void fill_in_defaults(struct live_config *config) {
    config->readers = config->readers > 0 ? config->readers : 100;
    config->patience_ms = config->patience_ms > 0 ? config->patience_ms : 10 * 1000;
    config->keep_alive_ms = config->keep_alive_ms > 0 ? config->keep_alive_ms : 15 * 1000;
    config->permit_ms = config->permit_ms > 0 ? config->permit_ms : 2 * 1000;
}

enum status live_start(const struct live_config *config, struct live **out, struct error *err) {
    struct live *live = calloc(1, sizeof *live);
    if (!live) {
        return error_set(err, STATUS_NO_MEMORY, "live: no memory to start");
    }
    live->config = *config;
    fill_in_defaults(&live->config);
    buffer_init(&live->text, LIVE_BUFFER_MAX);
    buffer_init(&live->scratch, LIVE_POSITION_BYTES_MAX);
    thread_must(pthread_mutex_init(&live->mutex, NULL));
    thread_cond_init(&live->none);
    register_metrics(live);
    enum status status = thread_start(&live->thread, "live", live_run, live);
    live->started = status == STATUS_OK;
    if (status != STATUS_OK) {
        live_stop(live);
        return error_set(err, status, "live: cannot start: %s", status_text(status));
    }
    *out = live;
    return STATUS_OK;
}

void live_drain(struct live *live) {
    struct clock *clock = live->config.clock;
    int64_t until = clock->mono_us(clock) + DRAIN_US;
    atomic_store(&live->draining, true);
    live_feed_wake(live->config.feed);
    thread_must(pthread_mutex_lock(&live->mutex));
    while (atomic_load(&live->reader_count) > 0 && clock->mono_us(clock) < until) {
        (void)thread_cond_wait_us(&live->none, &live->mutex, until - clock->mono_us(clock));
    }
    thread_must(pthread_mutex_unlock(&live->mutex));
}

void live_stop(struct live *live) {
    if (!live) {
        return;
    }
    metrics_gauge_remove(live->readers_gauge);
    metrics_gauge_remove(live->peers_gauge);
    if (live->started) {
        live_drain(live);
        atomic_store(&live->stopping, true);
        live_feed_wake(live->config.feed);
        thread_join(&live->thread);
    }
    buffer_free(&live->text);
    buffer_free(&live->scratch);
    if (atomic_load(&live->reader_count) > 0) {
        LOG_WARN("live", "streams are left behind: their loops do not answer");
        return; // they still point to it
    }
    thread_must(pthread_cond_destroy(&live->none));
    thread_must(pthread_mutex_destroy(&live->mutex));
    free(live);
}
