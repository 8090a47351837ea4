// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Drops what is older or more than is to be kept, whole segments at a time.
//
// The new begin is made durable first; only then is room given back. A crash in between costs room until the next run, never records.
#include "eventlog/embedded.h"

// The offset below which every known group is done; records from there on stay. Without a group somebody is still to come: a
// process that was killed before it first committed left none. A group that never committed counts as long as it has members: a replay
// reads from the beginning, and leaves nothing behind. One that only looks has nothing to be done with.
static bool is_known(const struct embedded_log *log, const struct group *group) {
    bool known = group->member_count > 0;
    for (unsigned i = 0; i < log->log.partitions && !known; i++) {
        known = group->shares[i].committed >= 0;
    }
    return known;
}

static int64_t consumed(const struct embedded_log *log, unsigned partition) {
    int64_t lowest = INT64_MAX;
    bool any = false;
    for (const struct group *group = log->groups; group != NULL; group = group->next) {
        if (!group->looks && is_known(log, group)) {
            int64_t committed = group->shares[partition].committed;
            lowest = committed < lowest ? committed : lowest;
            any = true;
        }
    }
    return any ? lowest : 0;
}

static bool may_drop(const struct embedded_log *log, unsigned partition,
                     const struct segment *segment) {
    return !log->config.retention_waits_for_consumers || segment->end <= consumed(log, partition);
}

// By age: also the active segment, once its newest record is too old.
static void choose_by_age(struct embedded_log *log, unsigned partition) {
    const struct segment_list *segments = &log->partitions[partition].segments;
    struct embedded_builder *builder = &log->builders[partition];
    int64_t limit = log->config.clock->wall_ms(log->config.clock) - log->config.retention_ms;
    while (builder->drop < segment_list_count(segments)) {
        const struct segment *segment = segment_list_at(segments, builder->drop);
        if (segment->newest > limit || !may_drop(log, partition, segment)) {
            break;
        }
        builder->drop++;
    }
}

static uint64_t bytes_kept(const struct embedded_log *log) {
    uint64_t bytes = 0;
    for (unsigned i = 0; i < log->log.partitions; i++) {
        const struct segment_list *segments = &log->partitions[i].segments;
        for (size_t j = log->builders[i].drop; j < segment_list_count(segments); j++) {
            bytes += segment_list_at(segments, j)->bytes;
        }
    }
    return bytes;
}

// By bytes: the oldest closed segment over all partitions, one at a time.
static void choose_by_bytes(struct embedded_log *log) {
    uint64_t kept = bytes_kept(log);
    while (kept > log->config.retention_bytes) {
        const struct segment *oldest = NULL;
        unsigned chosen = 0;
        for (unsigned i = 0; i < log->log.partitions; i++) {
            const struct segment_list *segments = &log->partitions[i].segments;
            size_t drop = log->builders[i].drop;
            if (drop + 1 >= segment_list_count(segments)) {
                continue;
            }
            const struct segment *segment = segment_list_at(segments, drop);
            if ((oldest == NULL || segment->newest < oldest->newest) && may_drop(log, i, segment)) {
                oldest = segment;
                chosen = i;
            }
        }
        if (oldest == NULL) {
            return;
        }
        log->builders[chosen].drop++;
        kept -= oldest->bytes;
    }
}

static bool choose(struct embedded_log *log) {
    bool any = false;
    pthread_mutex_lock(&log->mutex);
    for (unsigned i = 0; i < log->log.partitions; i++) {
        log->builders[i].drop = 0;
        if (log->config.retention_ms > 0) {
            choose_by_age(log, i);
        }
    }
    if (log->config.retention_bytes > 0) {
        choose_by_bytes(log);
    }
    for (unsigned i = 0; i < log->log.partitions; i++) {
        any = any || log->builders[i].drop > 0;
    }
    pthread_mutex_unlock(&log->mutex);
    return any;
}

static enum status make_durable(struct embedded_log *log, struct error *err) {
    struct batch_store *store = log->store;
    for (unsigned i = 0; i < log->log.partitions; i++) {
        const struct segment_list *segments = &log->partitions[i].segments;
        size_t drop = log->builders[i].drop;
        for (size_t j = 0; j < drop; j++) {
            store->engine->drop_segment(store, i, segment_list_at(segments, j)->base);
        }
        if (drop > 0) {
            store->engine->put_begin(store, i, segment_list_at(segments, drop - 1)->end);
        }
    }
    return store->engine->commit(store, err);
}

enum status embedded_retain(struct embedded_log *log, bool now, struct error *err) {
    if (log->broken) {
        return error_set(err, STATUS_UNAVAILABLE, "the event log's store has to recover first");
    }
    if (log->held) {
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    if (choose(log)) {
        status = make_durable(log, err);
        if (status != STATUS_OK) {
            if (status != STATUS_UNAVAILABLE) {
                embedded_set_broken(log);
            }
            return status;
        }
        pthread_mutex_lock(&log->mutex);
        for (unsigned i = 0; i < log->log.partitions; i++) {
            struct embedded_partition *partition = &log->partitions[i];
            size_t drop = log->builders[i].drop;
            if (drop > 0) {
                partition->begin = segment_list_at(&partition->segments, drop - 1)->end;
                segment_list_drop_front(&partition->segments, drop);
            }
        }
        pthread_mutex_unlock(&log->mutex);
        embedded_builders_reset(log);
    }
    for (unsigned i = 0; i < log->log.partitions && status == STATUS_OK; i++) {
        int64_t begin = log->partitions[i].begin;
        if (begin > log->builders[i].reclaimed || now) {
            status = log->store->engine->reclaim(log->store, i, begin, now, err);
            log->builders[i].reclaimed = begin;
        }
    }
    return status;
}
