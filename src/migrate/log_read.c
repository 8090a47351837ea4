// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads a stretch of every partition of a log, with a consumer of its own.
#include "migrate/log_read.h"

#define GROUP "migrate" // commits nothing: each run begins where its caller says
#define POLL_US 200000
#define POLL_BYTES ((size_t)1 << 20)
#define PATIENCE_US (60 * INT64_C(1000000))

static void assigned(unsigned partition, int64_t *start, void *context) {
    const struct log_read *read = context;
    *start = read->at[partition];
}

static bool finished(const struct log_read *read) {
    bool all = true;
    for (unsigned i = 0; i < eventlog_partition_count(read->log); i++) {
        all = all && read->at[i] >= read->until[i];
    }
    return all;
}

// What of the batch was asked for and not visited yet.
static struct eventlog_batch cut(const struct log_read *read, const struct eventlog_batch *batch) {
    struct eventlog_batch part = *batch;
    int64_t from = read->at[batch->partition];
    int64_t until = read->until[batch->partition];
    while (part.count > 0 && part.records[0].offset < from) {
        part.records++;
        part.count--;
    }
    while (part.count > 0 && part.records[part.count - 1].offset >= until) {
        part.count--;
        part.next_offset = until;
    }
    return part;
}

static enum status take(struct log_read *read, const struct eventlog_batch *batch,
                        struct error *err) {
    struct eventlog_batch part = cut(read, batch);
    enum status status = part.count > 0 ? read->visit(&part, read->context, err) : STATUS_OK;
    if (status == STATUS_OK && part.next_offset > read->at[part.partition]) {
        read->at[part.partition] = part.next_offset;
    }
    return status;
}

static enum status read_all(struct log_read *read, struct eventlog_consumer *consumer,
                            struct error *err) {
    int64_t heard_us = read->clock->mono_us(read->clock);
    while (!finished(read)) {
        if (read->stopped && read->stopped(read->stopped_context)) {
            return error_set(err, STATUS_CLOSED, "stopped");
        }
        struct eventlog_batch batch = {.count = 0};
        struct error why = {STATUS_OK, ""};
        enum status status = eventlog_poll(consumer, POLL_US, POLL_BYTES, &batch, &why);
        int64_t now_us = read->clock->mono_us(read->clock);
        if (status == STATUS_OK) {
            status = take(read, &batch, err);
            heard_us = now_us;
            if (status != STATUS_OK) {
                return status;
            }
        } else if (status != STATUS_TIMEOUT) {
            return error_set(err, status, "the event log cannot be read: %s",
                             why.text[0] ? why.text : status_text(status));
        } else if (now_us - heard_us > PATIENCE_US) {
            return error_set(err, STATUS_TIMEOUT,
                             "the event log has given no record for a minute, and there should be "
                             "more");
        }
    }
    return STATUS_OK;
}

enum status log_read(struct log_read *read, struct error *err) {
    if (finished(read)) {
        return STATUS_OK;
    }
    struct eventlog_consumer_config config = {
        .group = STR(GROUP), .assigned = assigned, .context = read, .looks = true};
    struct eventlog_consumer *consumer = NULL;
    enum status status = eventlog_consumer_open(read->log, &config, &consumer, err);
    if (status == STATUS_OK) {
        status = read_all(read, consumer, err);
        eventlog_consumer_close(consumer);
    }
    return status;
}
