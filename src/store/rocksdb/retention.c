// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sees to it that timeline rows past retention go, also from files that RocksDB has no reason of its own to compact.
//
// Old rows are in every file, for files are ordered by actor: dropping them means to write the timeline anew. Once in a tenth of the
// retention time is often enough for a promise that is counted in months, and costs little.
#include "base/clock.h"
#include "store/rocksdb/rocks.h"

#define FIRST_US INT64_C(1000000) // not while everything else starts
#define LONGEST_US (INT64_C(7) * 86400 * 1000000)

static void compact_timeline(struct rocks *rocks) {
    if (rocks_enter(rocks) != STATUS_OK) {
        return;
    }
    rocksdb_compactoptions_t *options = rocksdb_compactoptions_create();
    // Beside RocksDB's own compactions, and down to the last level, where most rows are.
    rocksdb_compactoptions_set_exclusive_manual_compaction(options, 0);
    rocksdb_compactoptions_set_bottommost_level_compaction(options, 1);
    rocksdb_compact_range_cf_opt(rocks->db, rocks->families[KV_TIMELINE], options, NULL, 0, NULL,
                                 0);
    rocksdb_compactoptions_destroy(options);
    rocks_leave(rocks);
}

static void *run(void *context) {
    struct rocks *rocks = context;
    struct clock *clock = clock_system();
    int64_t pause_us = rocks->options.timeline_retention_ms / 10 * 1000;
    pause_us = pause_us > LONGEST_US ? LONGEST_US : pause_us;
    int64_t next = clock->mono_us(clock) + FIRST_US;
    pthread_mutex_lock(&rocks->retention_lock);
    while (!rocks->retention_stop) {
        int64_t left = next - clock->mono_us(clock);
        if (left > 0) {
            thread_cond_wait_us(&rocks->retention_wake, &rocks->retention_lock, left);
            continue;
        }
        pthread_mutex_unlock(&rocks->retention_lock);
        compact_timeline(rocks);
        next = clock->mono_us(clock) + (pause_us > FIRST_US ? pause_us : FIRST_US);
        pthread_mutex_lock(&rocks->retention_lock);
    }
    pthread_mutex_unlock(&rocks->retention_lock);
    return NULL;
}

enum status rocks_retention_start(struct rocks *rocks) {
    if (rocks->options.timeline_retention_ms <= 0) {
        return STATUS_OK;
    }
    enum status status = thread_start(&rocks->retention, "store-retention", run, rocks);
    rocks->retaining = status == STATUS_OK;
    return status;
}

void rocks_retention_stop(struct rocks *rocks) {
    if (!rocks->retaining) {
        return;
    }
    pthread_mutex_lock(&rocks->retention_lock);
    rocks->retention_stop = true;
    pthread_cond_signal(&rocks->retention_wake);
    pthread_mutex_unlock(&rocks->retention_lock);
    if (rocks_enter(rocks) == STATUS_OK) {
        rocksdb_disable_manual_compaction(rocks->db); // ends the one under way
        rocks_leave(rocks);
    }
    thread_join(&rocks->retention);
    rocks->retaining = false;
}
