// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Copies the records of one log to another in order, and compares them.
#include "migrate/log_copy.h"

#include <pthread.h>

#include "base/bytes.h"
#include "migrate/log_read.h"

static enum status log_info(struct eventlog *log, unsigned partition, const char *which,
                            struct eventlog_partition_info *info, struct error *err) {
    enum status status = eventlog_partition_info(log, partition, STR("migrate"), info);
    return status == STATUS_OK ? STATUS_OK
                               : error_set(err, status, "partition %u of the %s event log: %s",
                                           partition, which, status_text(status));
}

// --- Appending ------------------------------------------------------------------------------------------------------

struct appending {
    struct eventlog_append append;
    pthread_mutex_t mutex;
    pthread_cond_t done;
    bool finished;
};

static void append_done(struct eventlog_append *append) {
    struct appending *appending = append->context;
    pthread_mutex_lock(&appending->mutex);
    appending->finished = true;
    pthread_cond_signal(&appending->done);
    pthread_mutex_unlock(&appending->mutex);
}

// Waits until it is known what became of them. One append after another keeps their order.
static enum status append_and_wait(struct eventlog *log, const struct eventlog_record *records,
                                   size_t count) {
    struct appending appending = {
        .append = {.records = records, .count = count, .done = append_done}};
    appending.append.context = &appending;
    pthread_mutex_init(&appending.mutex, NULL);
    pthread_cond_init(&appending.done, NULL);
    eventlog_append(log, &appending.append);
    pthread_mutex_lock(&appending.mutex);
    while (!appending.finished) {
        pthread_cond_wait(&appending.done, &appending.mutex);
    }
    pthread_mutex_unlock(&appending.mutex);
    pthread_cond_destroy(&appending.done);
    pthread_mutex_destroy(&appending.mutex);
    return appending.append.status;
}

struct copying {
    const struct migrate_config *config;
    const int64_t *at; // source offset that comes next, a partition
    struct arena arena;
    uint64_t done, total;
};

// Records must come whole and in order, or the target's end would not tell any more how many it has.
static enum status check_batch(const struct copying *copying, const struct eventlog_batch *batch,
                               struct error *err) {
    int64_t expected = copying->at[batch->partition];
    unsigned partitions = eventlog_partition_count(copying->config->target.log);
    for (size_t i = 0; i < batch->count; i++, expected++) {
        if (batch->records[i].offset != expected) {
            return error_set(err, STATUS_CORRUPT,
                             "partition %u of the source's event log has no record %lld",
                             batch->partition, (long long)expected);
        }
        if (eventlog_partition_of(batch->records[i].key, partitions) != batch->partition) {
            return error_set(err, STATUS_CORRUPT,
                             "record %lld of partition %u belongs to another partition by its key",
                             (long long)expected, batch->partition);
        }
    }
    return STATUS_OK;
}

static enum status copy_batch(const struct eventlog_batch *batch, void *context,
                              struct error *err) {
    struct copying *copying = context;
    const struct migrate_config *config = copying->config;
    enum status status = check_batch(copying, batch, err);
    if (status != STATUS_OK) {
        return status;
    }
    arena_reset(&copying->arena);
    struct eventlog_record *records =
        arena_alloc_array(&copying->arena, batch->count, sizeof *records);
    if (!records) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < batch->count; i++) {
        records[i] = (struct eventlog_record){.key = batch->records[i].key,
                                              .value = batch->records[i].value,
                                              .timestamp_ms = batch->records[i].timestamp_ms};
    }
    status = append_and_wait(config->target.log, records, batch->count);
    if (status != STATUS_OK) {
        return error_set(err, status, "the target's event log does not take records: %s",
                         status_text(status));
    }
    copying->done += batch->count;
    if (config->progress) {
        config->progress(MIGRATE_PHASE_LOG, copying->done, copying->total, config->context);
    }
    return STATUS_OK;
}

// How far an earlier run came.
static enum status find_place(const struct migrate_config *config, const struct notes *notes,
                              struct copying *copying, int64_t *at, int64_t *until,
                              struct error *err) {
    for (unsigned i = 0; i < notes->partitions; i++) {
        const struct notes_range *range = &notes->ranges[i];
        struct eventlog_partition_info info;
        enum status status = log_info(config->target.log, i, "target's", &info, err);
        if (status != STATUS_OK) {
            return status;
        }
        if (info.end < range->target_begin || info.end > log_copy_end(range)) {
            return error_set(err, STATUS_CONFLICT,
                             "partition %u of the target's event log ends at %lld, and not between "
                             "%lld and %lld: somebody else wrote to it",
                             i, (long long)info.end, (long long)range->target_begin,
                             (long long)log_copy_end(range));
        }
        at[i] = info.end - log_copy_shift(range);
        until[i] = range->source_end;
        copying->done += (uint64_t)(at[i] - range->source_begin);
        copying->total += (uint64_t)(range->source_end - range->source_begin);
    }
    return STATUS_OK;
}

enum status log_copy(const struct migrate_config *config, const struct notes *notes,
                     struct error *err) {
    struct copying copying = {.config = config};
    struct arena places; // lives longer than what each batch takes
    arena_init(&copying.arena, (size_t)64 << 10, 0);
    arena_init(&places, (size_t)16 << 10, 0);
    int64_t *at = arena_alloc_array(&places, notes->partitions, sizeof *at);
    int64_t *until = arena_alloc_array(&places, notes->partitions, sizeof *until);
    enum status status = at && until ? find_place(config, notes, &copying, at, until, err)
                                     : error_set(err, STATUS_NO_MEMORY, "out of memory");
    copying.at = at;
    if (status == STATUS_OK) {
        struct log_read read = {.log = config->source.log,
                                .clock = config->clock,
                                .stopped = config->stopped,
                                .stopped_context = config->context,
                                .at = at,
                                .until = until,
                                .visit = copy_batch,
                                .context = &copying};
        status = log_read(&read, err);
    }
    arena_free(&copying.arena);
    arena_free(&places);
    return status;
}

// --- Comparing ------------------------------------------------------------------------------------------------------

struct summing {
    const struct migrate_config *config;
    struct tally_sum *sums;
    const int64_t *begins; // offsets are digested as distances from here
    struct buffer encoded;
    uint64_t done, total;
};

static enum status sum_batch(const struct eventlog_batch *batch, void *context, struct error *err) {
    struct summing *summing = context;
    for (size_t i = 0; i < batch->count; i++) {
        const struct eventlog_view *record = &batch->records[i];
        buffer_clear(&summing->encoded);
        bytes_put_zigzag(&summing->encoded, record->offset - summing->begins[batch->partition]);
        bytes_put_zigzag(&summing->encoded, record->timestamp_ms);
        bytes_put_str(&summing->encoded, record->key);
        bytes_put_str(&summing->encoded, record->value);
        if (buffer_status(&summing->encoded) != STATUS_OK) {
            return error_set(err, buffer_status(&summing->encoded), "a record: %s",
                             status_text(buffer_status(&summing->encoded)));
        }
        tally_sum_add(&summing->sums[batch->partition], buffer_str(&summing->encoded));
    }
    summing->done += batch->count;
    if (summing->config->progress) {
        summing->config->progress(MIGRATE_PHASE_CHECK_LOG, summing->done, summing->total,
                                  summing->config->context);
    }
    return STATUS_OK;
}

// Offsets of one side: where each partition's comparison begins and ends.
struct stretch {
    int64_t *begin, *at, *until;
};

static bool make_stretch(struct stretch *stretch, unsigned partitions, struct arena *arena) {
    stretch->begin = arena_alloc_array(arena, partitions, sizeof(int64_t));
    stretch->at = arena_alloc_array(arena, partitions, sizeof(int64_t));
    stretch->until = arena_alloc_array(arena, partitions, sizeof(int64_t));
    return stretch->begin && stretch->at && stretch->until;
}

static enum status find_stretches(const struct migrate_config *config, const struct notes *notes,
                                  struct stretch *source, struct stretch *target,
                                  struct error *err) {
    for (unsigned i = 0; i < notes->partitions; i++) {
        const struct notes_range *range = &notes->ranges[i];
        struct eventlog_partition_info info;
        enum status status = log_info(config->target.log, i, "target's", &info, err);
        if (status != STATUS_OK) {
            return status;
        }
        int64_t end = log_copy_end(range);
        int64_t begin = info.begin > range->target_begin ? info.begin : range->target_begin;
        begin = begin < end ? begin : end;
        target->begin[i] = begin;
        target->until[i] = info.end < end ? info.end : end;
        source->begin[i] = begin - log_copy_shift(range);
        source->until[i] = range->source_end;
        target->at[i] = target->begin[i];
        source->at[i] = source->begin[i];
    }
    return STATUS_OK;
}

static enum status sum_side(struct summing *summing, struct eventlog *log,
                            const struct stretch *stretch, struct tally_sum *sums,
                            struct error *err) {
    summing->sums = sums;
    summing->begins = stretch->begin;
    struct log_read read = {.log = log,
                            .clock = summing->config->clock,
                            .stopped = summing->config->stopped,
                            .stopped_context = summing->config->context,
                            .at = stretch->at,
                            .until = stretch->until,
                            .visit = sum_batch,
                            .context = summing};
    return log_read(&read, err);
}

enum status log_copy_compare(const struct migrate_config *config, const struct notes *notes,
                             struct arena *arena, struct log_sums *out, struct error *err) {
    struct stretch source;
    struct stretch target;
    out->source = arena_alloc_array(arena, notes->partitions, sizeof *out->source);
    out->target = arena_alloc_array(arena, notes->partitions, sizeof *out->target);
    if (!make_stretch(&source, notes->partitions, arena) ||
        !make_stretch(&target, notes->partitions, arena) || !out->source || !out->target) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    enum status status = find_stretches(config, notes, &source, &target, err);
    struct summing summing = {.config = config};
    for (unsigned i = 0; i < notes->partitions && status == STATUS_OK; i++) {
        summing.total += (uint64_t)(source.until[i] - source.begin[i]) * 2;
    }
    buffer_init(&summing.encoded, (size_t)4 * EVENTLOG_RECORD_MAX);
    if (status == STATUS_OK) {
        status = sum_side(&summing, config->target.log, &target, out->target, err);
    }
    if (status == STATUS_OK) {
        status = sum_side(&summing, config->source.log, &source, out->source, err);
    }
    buffer_free(&summing.encoded);
    return status;
}
