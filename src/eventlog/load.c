// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Learns from the store what a log holds: at opening, and again after the store had to be recovered.
//
// Reads one row a segment and one batch a partition, so the time does not grow with the records kept.
#include <stdlib.h>

#include "base/check.h"
#include "eventlog/embedded.h"

struct loading {
    struct embedded_log *log;
    struct embedded_partition *partitions;
    struct error *err;
};

void embedded_load_free(struct embedded_partition *partitions, unsigned count) {
    for (unsigned i = 0; partitions != NULL && i < count; i++) {
        segment_list_free(&partitions[i].segments);
    }
    free(partitions);
}

static enum status check_partition(struct loading *loading, unsigned partition) {
    if (partition < loading->log->log.partitions) {
        return STATUS_OK;
    }
    return error_set(loading->err, STATUS_CORRUPT,
                     "the event log has %u partitions but keeps rows of partition %u",
                     loading->log->log.partitions, partition);
}

static enum status load_segment(void *context, unsigned partition, const struct segment *segment) {
    struct loading *loading = context;
    enum status status = check_partition(loading, partition);
    if (status != STATUS_OK) {
        return status;
    }
    struct segment_list *list = &loading->partitions[partition].segments;
    if (segment_list_reserve(list, 1) != STATUS_OK) {
        return error_set(loading->err, STATUS_NO_MEMORY, "no memory for the event log's segments");
    }
    segment_list_push(list, segment);
    return STATUS_OK;
}

static enum status load_begin(void *context, unsigned partition, int64_t begin) {
    struct loading *loading = context;
    enum status status = check_partition(loading, partition);
    if (status == STATUS_OK) {
        loading->partitions[partition].begin = begin;
        loading->partitions[partition].end = begin;
    }
    return status;
}

static enum status load_last(void *context, unsigned partition, struct str encoded) {
    struct loading *loading = context;
    enum status status = check_partition(loading, partition);
    if (status != STATUS_OK) {
        return status;
    }
    struct record_batch_header header;
    struct str payload;
    if (record_batch_parse(encoded, &header, &payload) != STATUS_OK ||
        header.partition != partition) {
        return error_set(loading->err, STATUS_CORRUPT,
                         "the last batch of partition %u of the event log is damaged; "
                         "restore the log from a backup or move its directory away",
                         partition);
    }
    struct embedded_partition *kept = &loading->partitions[partition];
    int64_t end = header.base_offset + (int64_t)header.count;
    if (end <= kept->begin) {
        return STATUS_OK; // retention dropped it; its room was not given back yet
    }
    kept->end = end;
    struct segment active = {
        .base = header.segment_base > kept->begin ? header.segment_base : kept->begin,
        .end = end,
        .bytes = header.segment_bytes + encoded.len,
        .oldest = header.base_timestamp,
        .newest = header.segment_newest,
    };
    return load_segment(context, partition, &active);
}

static enum status load_committed(void *context, unsigned partition, struct str name,
                                  int64_t offset) {
    struct loading *loading = context;
    enum status status = check_partition(loading, partition);
    if (status != STATUS_OK) {
        return status;
    }
    struct embedded_log *log = loading->log;
    pthread_mutex_lock(&log->mutex);
    struct group *group = group_obtain(&log->groups, name, log->log.partitions);
    if (group != NULL) {
        group->shares[partition].committed = offset;
    }
    pthread_mutex_unlock(&log->mutex);
    return group != NULL ? STATUS_OK
                         : error_set(loading->err, STATUS_NO_MEMORY, "no memory for the groups");
}

enum status embedded_load(struct embedded_log *log, struct error *err) {
    unsigned count = log->log.partitions;
    struct loading loading = {log, calloc(count, sizeof *loading.partitions), err};
    if (loading.partitions == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for %u partitions", count);
    }
    const struct batch_store_loader loader = {
        .context = &loading,
        .segment = load_segment,
        .begin = load_begin,
        .last = load_last,
        .committed = load_committed,
    };
    enum status status = log->store->engine->load(log->store, &loader, err);
    if (status != STATUS_OK) {
        embedded_load_free(loading.partitions, count);
        return status;
    }
    pthread_mutex_lock(&log->mutex);
    struct embedded_partition *old = log->partitions;
    log->partitions = loading.partitions;
    embedded_notify(log);
    pthread_mutex_unlock(&log->mutex);
    embedded_load_free(old, count);
    embedded_builders_reset(log);
    return STATUS_OK;
}
