// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Merges the partitions of a log. Of each a stretch is in memory; while one is read on, the others are parked at their ends.
#include "migrate/log_merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"

#define GROUP "migrate" // commits nothing: each run begins where its caller says
#define POLL_US 200000
#define STRETCH_BYTES ((size_t)1 << 20)
#define ALL_BYTES ((size_t)256 << 20) // of all stretches; many partitions get shorter ones
#define STRETCH_LEAST ((size_t)64 << 10)
#define PATIENCE_US (60 * INT64_C(1000000))

struct stretch {
    struct arena arena;
    struct eventlog_view *records;
    size_t count, at;
    int64_t next; // offset of what is to be read
    bool parked;
};
struct merging {
    const struct log_merge *merge;
    struct eventlog *log;
    struct eventlog_consumer *consumer;
    struct stretch *stretches; // one a partition
    unsigned partitions;
    unsigned reading; // the one that is read on
};

static void assigned(unsigned partition, int64_t *start, void *context) {
    struct merging *merging = context;
    struct stretch *stretch = &merging->stretches[partition];
    stretch->parked = partition != merging->reading;
    *start = stretch->parked ? merging->merge->notes->ranges[partition].end : stretch->next;
}

// --- Reading a stretch ----------------------------------------------------------------------------------------------

static enum status copy_record(struct arena *arena, const struct eventlog_view *from,
                               struct eventlog_view *to) {
    char *bytes = arena_alloc(arena, from->key.len + from->value.len + JSON_PADDING);
    if (!bytes) {
        return STATUS_NO_MEMORY;
    }
    char *value = bytes + from->key.len;
    if (from->key.len > 0) {
        memcpy(bytes, from->key.data, from->key.len);
    }
    if (from->value.len > 0) {
        memcpy(value, from->value.data, from->value.len);
    }
    memset(value + from->value.len, 0, JSON_PADDING);
    *to = *from;
    to->key = str_make(bytes, from->key.len);
    to->value = str_make(value, from->value.len);
    return STATUS_OK;
}

// Records must come whole and in order, or the target would not tell any more which it has.
static enum status keep(struct merging *merging, const struct eventlog_batch *batch,
                        struct error *err) {
    struct stretch *stretch = &merging->stretches[batch->partition];
    int64_t end = merging->merge->notes->ranges[batch->partition].end;
    stretch->records = arena_alloc_array(&stretch->arena, batch->count, sizeof *stretch->records);
    if (!stretch->records) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->records[i].offset < stretch->next || batch->records[i].offset >= end) {
            continue;
        }
        if (batch->records[i].offset != stretch->next) {
            return error_set(err, STATUS_CORRUPT,
                             "partition %u of the source's event log has no record %lld",
                             batch->partition, (long long)stretch->next);
        }
        if (copy_record(&stretch->arena, &batch->records[i], &stretch->records[stretch->count]) !=
            STATUS_OK) {
            return error_set(err, STATUS_NO_MEMORY, "out of memory");
        }
        stretch->count++;
        stretch->next++;
    }
    return STATUS_OK;
}

static enum status place(struct merging *merging, unsigned partition, int64_t offset, bool parked,
                         struct error *err) {
    enum status status = eventlog_seek(merging->consumer, partition, offset);
    if (status == STATUS_OK) {
        merging->stretches[partition].parked = parked;
    } else if (status != STATUS_NOT_FOUND) { // it is not ours yet: the next poll takes it
        return error_set(err, status, "partition %u of the source's event log: %s", partition,
                         status_text(status));
    }
    return STATUS_OK;
}

static size_t stretch_bytes(const struct merging *merging) {
    size_t bytes = ALL_BYTES / merging->partitions;
    return bytes > STRETCH_BYTES ? STRETCH_BYTES : bytes < STRETCH_LEAST ? STRETCH_LEAST : bytes;
}

// One poll while a partition is to be read on. *heard: it gave something.
static enum status poll_once(struct merging *merging, unsigned partition, bool *heard,
                             struct error *err) {
    struct eventlog_batch batch = {.count = 0};
    struct error why = {STATUS_OK, ""};
    enum status status =
        eventlog_poll(merging->consumer, POLL_US, stretch_bytes(merging), &batch, &why);
    *heard = status == STATUS_OK && batch.partition == partition;
    if (*heard) {
        return keep(merging, &batch, err);
    }
    return status == STATUS_OK || status == STATUS_TIMEOUT
               ? STATUS_OK
               : error_set(err, status, "the event log cannot be read: %s",
                           why.text[0] ? why.text : status_text(status));
}

static enum status read_on(struct merging *merging, unsigned partition, struct error *err) {
    const struct migrate_config *config = merging->merge->config;
    struct stretch *stretch = &merging->stretches[partition];
    int64_t heard_us = config->clock->mono_us(config->clock);
    enum status status = STATUS_OK;
    arena_reset(&stretch->arena);
    stretch->count = stretch->at = 0;
    merging->reading = partition;
    while (status == STATUS_OK && stretch->count == 0) {
        bool heard = false;
        if (config->stopped && config->stopped(config->context)) {
            return error_set(err, STATUS_CLOSED, "stopped");
        }
        if (stretch->parked) {
            status = place(merging, partition, stretch->next, false, err);
        }
        if (status == STATUS_OK) {
            status = poll_once(merging, partition, &heard, err);
        }
        int64_t now_us = config->clock->mono_us(config->clock);
        heard_us = heard ? now_us : heard_us;
        if (status == STATUS_OK && now_us - heard_us > PATIENCE_US) {
            return error_set(err, STATUS_TIMEOUT,
                             "the event log has given no record for a minute, and there should be "
                             "more");
        }
    }
    merging->reading = merging->partitions;
    return status == STATUS_OK
               ? place(merging, partition, merging->merge->notes->ranges[partition].end, true, err)
               : status;
}

// --- Merging --------------------------------------------------------------------------------------------------------

// The one whose turn it is; partitions: all are at their ends. *second: whose turn comes when it is through with earlier records.
static unsigned earliest(const struct merging *merging, unsigned *second) {
    unsigned best = merging->partitions;
    *second = merging->partitions;
    for (unsigned i = 0; i < merging->partitions; i++) {
        const struct stretch *stretch = &merging->stretches[i];
        if (stretch->at == stretch->count) {
            continue;
        }
        int64_t ms = stretch->records[stretch->at].timestamp_ms;
        const struct stretch *first = best < merging->partitions ? &merging->stretches[best] : NULL;
        const struct stretch *next =
            *second < merging->partitions ? &merging->stretches[*second] : NULL;
        if (!first || ms < first->records[first->at].timestamp_ms) {
            *second = best;
            best = i;
        } else if (!next || ms < next->records[next->at].timestamp_ms) {
            *second = i;
        }
    }
    return best;
}

static bool before(const struct merging *merging, unsigned partition, unsigned other) {
    if (other == merging->partitions) {
        return true;
    }
    const struct stretch *a = &merging->stretches[partition];
    const struct stretch *b = &merging->stretches[other];
    int64_t a_ms = a->records[a->at].timestamp_ms;
    int64_t b_ms = b->records[b->at].timestamp_ms;
    return a_ms != b_ms ? a_ms < b_ms : partition < other;
}

static bool is_through(const struct merging *merging, unsigned partition) {
    return merging->stretches[partition].next >= merging->merge->notes->ranges[partition].end;
}

static enum status merge_all(struct merging *merging, struct error *err) {
    const struct log_merge *merge = merging->merge;
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < merging->partitions && status == STATUS_OK; i++) {
        status = is_through(merging, i) ? STATUS_OK : read_on(merging, i, err);
    }
    unsigned second = 0;
    unsigned turn = earliest(merging, &second);
    while (status == STATUS_OK && turn < merging->partitions) {
        struct stretch *stretch = &merging->stretches[turn];
        status = merge->visit(turn, &stretch->records[stretch->at], merge->context, err);
        stretch->at++;
        if (status == STATUS_OK && stretch->at == stretch->count && !is_through(merging, turn)) {
            status = read_on(merging, turn, err);
        }
        if (stretch->at == stretch->count || !before(merging, turn, second)) {
            turn = earliest(merging, &second);
        }
    }
    return status;
}

static bool make_stretches(struct merging *merging) {
    merging->stretches = calloc(merging->partitions, sizeof *merging->stretches);
    for (unsigned i = 0; merging->stretches && i < merging->partitions; i++) {
        arena_init(&merging->stretches[i].arena, (size_t)16 << 10, 0);
        merging->stretches[i].next = merging->merge->notes->ranges[i].begin;
    }
    return merging->stretches != NULL;
}

enum status log_merge(const struct log_merge *merge, struct error *err) {
    struct merging merging = {
        .merge = merge, .log = merge->config->source.log, .partitions = merge->notes->partitions};
    if (!make_stretches(&merging)) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    struct eventlog_consumer_config config = {
        .group = STR(GROUP), .assigned = assigned, .context = &merging, .looks = true};
    enum status status = eventlog_consumer_open(merging.log, &config, &merging.consumer, err);
    if (status == STATUS_OK) {
        status = merge_all(&merging, err);
        eventlog_consumer_close(merging.consumer);
    }
    for (unsigned i = 0; i < merging.partitions; i++) {
        arena_free(&merging.stretches[i].arena);
    }
    free(merging.stretches);
    return status;
}
