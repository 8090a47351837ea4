// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Copies the records of one log to another in order, and compares them.
#include "migrate/log_copy.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "migrate/log_merge.h"
#include "migrate/log_read.h"

#define RECORDS_AT_ONCE 4096
#define BYTES_AT_ONCE ((size_t)1 << 20)

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
    const struct notes *notes;
    int64_t *have; // records the target has, one a partition
    int64_t *come; // records so far
    struct arena arena;
    struct eventlog_record
        records[RECORDS_AT_ONCE]; // not appended yet; what they point to is in the arena
    size_t count, bytes;
    uint64_t done, total;
};

static enum status append(struct copying *copying, struct error *err) {
    const struct migrate_config *config = copying->config;
    enum status status =
        copying->count == 0 ? STATUS_OK
                            : append_and_wait(config->target.log, copying->records, copying->count);
    if (status != STATUS_OK) {
        return error_set(err, status, "the target's event log does not take records: %s",
                         status_text(status));
    }
    copying->done += copying->count;
    copying->count = copying->bytes = 0;
    arena_reset(&copying->arena);
    if (config->progress) {
        config->progress(MIGRATE_PHASE_LOG, copying->done, copying->total, config->context);
    }
    return STATUS_OK;
}

static enum status add(struct copying *copying, const struct eventlog_view *record,
                       struct error *err) {
    struct eventlog_record *copy = &copying->records[copying->count++];
    *copy = (struct eventlog_record){.key = arena_copy(&copying->arena, record->key),
                                     .value = arena_copy(&copying->arena, record->value),
                                     .timestamp_ms = record->timestamp_ms};
    if (!copy->key.data || !copy->value.data) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    copying->bytes += record->key.len + record->value.len;
    return copying->count == RECORDS_AT_ONCE || copying->bytes >= BYTES_AT_ONCE
               ? append(copying, err)
               : STATUS_OK;
}

static enum status copy_record(unsigned partition, const struct eventlog_view *record,
                               void *context, struct error *err) {
    struct copying *copying = context;
    const struct notes *notes = copying->notes;
    if (eventlog_partition_of(record->key, notes->partitions) != partition) {
        return error_set(err, STATUS_CORRUPT,
                         "record %lld of partition %u belongs to another partition by its key",
                         (long long)record->offset, partition);
    }
    unsigned target = eventlog_partition_of(record->key, notes->targets);
    return copying->come[target]++ < copying->have[target] ? STATUS_OK : add(copying, record, err);
}

// How far an earlier run came.
static enum status find_place(struct copying *copying, struct error *err) {
    const struct notes *notes = copying->notes;
    for (unsigned i = 0; i < notes->targets; i++) {
        const struct notes_place *place = &notes->places[i];
        struct eventlog_partition_info info;
        enum status status = log_info(copying->config->target.log, i, "target's", &info, err);
        if (status != STATUS_OK) {
            return status;
        }
        if (info.end < place->begin || info.end > place->end) {
            return error_set(err, STATUS_CONFLICT,
                             "partition %u of the target's event log ends at %lld, and not between "
                             "%lld and %lld: somebody else wrote to it",
                             i, (long long)info.end, (long long)place->begin,
                             (long long)place->end);
        }
        copying->have[i] = info.end - place->begin;
        copying->done += (uint64_t)copying->have[i];
        copying->total += (uint64_t)(place->end - place->begin);
    }
    return STATUS_OK;
}

enum status log_copy(const struct migrate_config *config, const struct notes *notes,
                     struct error *err) {
    struct copying *copying = calloc(1, sizeof *copying);
    if (!copying) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    copying->config = config;
    copying->notes = notes;
    copying->have = calloc(notes->targets, sizeof *copying->have);
    copying->come = calloc(notes->targets, sizeof *copying->come);
    arena_init(&copying->arena, (size_t)64 << 10, 0);
    enum status status = copying->have && copying->come
                             ? find_place(copying, err)
                             : error_set(err, STATUS_NO_MEMORY, "out of memory");
    if (status == STATUS_OK && copying->done < copying->total) {
        const struct log_merge merge = {
            .config = config, .notes = notes, .visit = copy_record, .context = copying};
        status = log_merge(&merge, err);
        status = status == STATUS_OK ? append(copying, err) : status;
    }
    arena_free(&copying->arena);
    free(copying->have);
    free(copying->come);
    free(copying);
    return status;
}

// --- Comparing ------------------------------------------------------------------------------------------------------

struct summing {
    const struct migrate_config *config;
    const struct notes *notes;
    struct tally_sum *sums; // of the side that is read
    int64_t *begin;         // where each partition of the target is compared from, and to
    int64_t *at, *until;
    int64_t *come; // records of the source so far, one a partition of the target
    struct buffer encoded;
    uint64_t done, total;
};

static enum status sum_record(struct summing *summing, unsigned partition, int64_t offset,
                              const struct eventlog_view *record, struct error *err) {
    buffer_clear(&summing->encoded);
    bytes_put_zigzag(&summing->encoded, offset);
    bytes_put_zigzag(&summing->encoded, record->timestamp_ms);
    bytes_put_str(&summing->encoded, record->key);
    bytes_put_str(&summing->encoded, record->value);
    enum status status = buffer_status(&summing->encoded);
    if (status != STATUS_OK) {
        return error_set(err, status, "a record: %s", status_text(status));
    }
    tally_sum_add(&summing->sums[partition], buffer_str(&summing->encoded));
    summing->done++;
    const struct migrate_config *config = summing->config;
    if (config->progress && summing->done % 1024 == 0) {
        config->progress(MIGRATE_PHASE_CHECK_LOG, summing->done, summing->total, config->context);
    }
    return STATUS_OK;
}

static enum status sum_target(const struct eventlog_batch *batch, void *context,
                              struct error *err) {
    struct summing *summing = context;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < batch->count && status == STATUS_OK; i++) {
        status = sum_record(summing, batch->partition, batch->records[i].offset, &batch->records[i],
                            err);
    }
    return status;
}

static enum status sum_source(unsigned partition, const struct eventlog_view *record, void *context,
                              struct error *err) {
    struct summing *summing = context;
    (void)partition;
    unsigned target = eventlog_partition_of(record->key, summing->notes->targets);
    int64_t offset = summing->notes->places[target].begin + summing->come[target]++;
    return offset < summing->begin[target] ? STATUS_OK
                                           : sum_record(summing, target, offset, record, err);
}

static enum status find_stretches(struct summing *summing, struct error *err) {
    for (unsigned i = 0; i < summing->notes->targets; i++) {
        const struct notes_place *place = &summing->notes->places[i];
        struct eventlog_partition_info info;
        enum status status = log_info(summing->config->target.log, i, "target's", &info, err);
        if (status != STATUS_OK) {
            return status;
        }
        int64_t begin = info.begin > place->begin ? info.begin : place->begin;
        summing->begin[i] = begin < place->end ? begin : place->end;
        summing->at[i] = summing->begin[i];
        summing->until[i] = info.end < place->end ? info.end : place->end;
        summing->total += (uint64_t)(place->end - summing->begin[i]) * 2;
    }
    return STATUS_OK;
}

static enum status sum_both(struct summing *summing, struct log_sums *out, struct error *err) {
    struct log_read read = {.log = summing->config->target.log,
                            .clock = summing->config->clock,
                            .stopped = summing->config->stopped,
                            .stopped_context = summing->config->context,
                            .at = summing->at,
                            .until = summing->until,
                            .visit = sum_target,
                            .context = summing};
    summing->sums = out->target;
    enum status status = log_read(&read, err);
    if (status == STATUS_OK) {
        const struct log_merge merge = {.config = summing->config,
                                        .notes = summing->notes,
                                        .visit = sum_source,
                                        .context = summing};
        summing->sums = out->source;
        status = log_merge(&merge, err);
    }
    return status;
}

enum status log_copy_compare(const struct migrate_config *config, const struct notes *notes,
                             struct arena *arena, struct log_sums *out, struct error *err) {
    size_t count = notes->targets;
    struct summing summing = {.config = config,
                              .notes = notes,
                              .begin = arena_alloc_array(arena, count, sizeof(int64_t)),
                              .at = arena_alloc_array(arena, count, sizeof(int64_t)),
                              .until = arena_alloc_array(arena, count, sizeof(int64_t)),
                              .come = arena_alloc_array(arena, count, sizeof(int64_t))};
    out->source = arena_alloc_array(arena, count, sizeof *out->source);
    out->target = arena_alloc_array(arena, count, sizeof *out->target);
    if (!summing.begin || !summing.at || !summing.until || !summing.come || !out->source ||
        !out->target) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    buffer_init(&summing.encoded, (size_t)4 * EVENTLOG_RECORD_MAX);
    enum status status = find_stretches(&summing, err);
    if (status == STATUS_OK) {
        status = sum_both(&summing, out, err);
    }
    buffer_free(&summing.encoded);
    return status;
}
