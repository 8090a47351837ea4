// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks arguments against the contract and hands over to the engine.
#include "eventlog/eventlog.h"

#include "base/check.h"
#include "eventlog/engine.h"

#define GROUP_NAME_MAX 100

unsigned eventlog_partition_of(struct str key, unsigned partition_count) {
    CHECK(partition_count > 0);
    return (str_murmur2(key) & 0x7fffffffU) % partition_count;
}

unsigned eventlog_partition_count(const struct eventlog *log) {
    return log->partitions;
}

int64_t eventlog_epoch(const struct eventlog *log) {
    return log->epoch;
}

const char *eventlog_engine_name(const struct eventlog *log) {
    return log->engine->name;
}

void eventlog_append(struct eventlog *log, struct eventlog_append *append) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < append->count && status == STATUS_OK; i++) {
        const struct eventlog_record *record = &append->records[i];
        if (record->key.len > EVENTLOG_RECORD_MAX ||
            record->value.len > EVENTLOG_RECORD_MAX - record->key.len) {
            status = STATUS_TOO_LARGE;
        }
    }
    if (status != STATUS_OK || append->count == 0) {
        append->status = status;
        append->done(append);
        return;
    }
    log->engine->append(log, append);
}

enum status eventlog_consumer_open(struct eventlog *log,
                                   const struct eventlog_consumer_config *config,
                                   struct eventlog_consumer **out, struct error *err) {
    *out = NULL;
    if (config->group.len == 0 || config->group.len > GROUP_NAME_MAX) {
        return error_set(err, STATUS_INVALID, "a consumer group's name has 1 to %d bytes, not %zu",
                         GROUP_NAME_MAX, config->group.len);
    }
    return log->engine->consumer_open(log, config, out, err);
}

void eventlog_consumer_close(struct eventlog_consumer *consumer) {
    if (consumer != NULL) {
        consumer->log->engine->consumer_close(consumer);
    }
}

enum status eventlog_poll(struct eventlog_consumer *consumer, int64_t timeout_us, size_t max_bytes,
                          struct eventlog_batch *batch, struct error *err) {
    *batch = (struct eventlog_batch){0};
    return consumer->log->engine->poll(consumer, timeout_us, max_bytes, batch, err);
}

void eventlog_consumer_wake(struct eventlog_consumer *consumer) {
    consumer->log->engine->consumer_wake(consumer);
}

enum status eventlog_seek(struct eventlog_consumer *consumer, unsigned partition, int64_t offset) {
    if (partition >= consumer->log->partitions) {
        return STATUS_NOT_FOUND;
    }
    return offset < 0 ? STATUS_INVALID : consumer->log->engine->seek(consumer, partition, offset);
}

enum status eventlog_commit(struct eventlog_consumer *consumer, unsigned partition,
                            int64_t next_offset) {
    if (partition >= consumer->log->partitions) {
        return STATUS_NOT_FOUND;
    }
    return next_offset < 0 ? STATUS_INVALID
                           : consumer->log->engine->commit(consumer, partition, next_offset);
}

enum status eventlog_partition_info(struct eventlog *log, unsigned partition, struct str group,
                                    struct eventlog_partition_info *out) {
    *out = (struct eventlog_partition_info){.committed = -1};
    if (partition >= log->partitions) {
        return STATUS_NOT_FOUND;
    }
    return log->engine->partitions_info(log, partition, 1, group, out);
}

enum status eventlog_partitions_info(struct eventlog *log, struct str group,
                                     struct eventlog_partition_info *out, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        out[i] = (struct eventlog_partition_info){.committed = -1};
    }
    if (count > log->partitions) {
        return STATUS_NOT_FOUND;
    }
    return count > 0 ? log->engine->partitions_info(log, 0, count, group, out) : STATUS_OK;
}

int64_t eventlog_consumer_end(struct eventlog_consumer *consumer, unsigned partition) {
    return partition < consumer->log->partitions
               ? consumer->log->engine->consumer_end(consumer, partition)
               : -1;
}

void eventlog_stats(struct eventlog *log, struct eventlog_stats *out) {
    *out = (struct eventlog_stats){.reachable = true};
    log->engine->stats(log, out);
}

enum status eventlog_enforce_retention(struct eventlog *log, struct error *err) {
    return log->engine->enforce_retention(log, err);
}

void eventlog_close(struct eventlog *log) {
    if (log != NULL) {
        log->engine->close(log);
    }
}
