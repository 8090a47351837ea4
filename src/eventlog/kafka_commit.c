// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Telling a group how far it is.
#include "eventlog/kafka.h"

#define COMMIT_WAIT_MS 5000 // inside revoked

static enum status commit_status(rd_kafka_resp_err_t code) {
    // A list of librdkafka's codes, of which there are many more.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
    switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR__NO_OFFSET: // it was committed already
        return STATUS_OK;
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST: return STATUS_NOT_FOUND;
    default: return STATUS_UNAVAILABLE;
    }
#pragma GCC diagnostic pop
}

// Waits, but not for ever as rd_kafka_commit does.
static rd_kafka_resp_err_t commit_and_wait(rd_kafka_t *rk,
                                           const rd_kafka_topic_partition_list_t *list) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(rk, list, queue, NULL, NULL);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, COMMIT_WAIT_MS);
        code = event != NULL ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
    }
    rd_kafka_queue_destroy(queue);
    return code;
}

enum status kafka_commit(struct eventlog_consumer *base, unsigned partition, int64_t next_offset) {
    struct kafka_consumer *consumer = kafka_consumer_of(base);
    struct kafka_position *position = &consumer->positions[partition];
    if (!position->owned || consumer->lost || rd_kafka_assignment_lost(consumer->rk)) {
        return STATUS_NOT_FOUND;
    }
    if (next_offset > position->offset && kafka_is_beyond_end(consumer, partition, next_offset)) {
        return STATUS_INVALID;
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, kafka_of(consumer->consumer.log)->config.topic.data,
                                      (int32_t)partition)
        ->offset = next_offset;
    enum status status =
        commit_status(consumer->giving_up ? commit_and_wait(consumer->rk, list)
                                          : rd_kafka_commit(consumer->rk, list, 1));
    rd_kafka_topic_partition_list_destroy(list);
    if (status == STATUS_OK) {
        atomic_store(&position->told, next_offset);
    } else if (status == STATUS_UNAVAILABLE && consumer->giving_up) {
        consumer->giving_up = false; // the other partitions' commits would wait as long in vain
    }
    return status;
}

void kafka_consumers_amend(struct kafka_log *log, unsigned first, unsigned count, struct str group,
                           struct eventlog_partition_info *out) {
    pthread_mutex_lock(&log->mutex);
    for (const struct kafka_consumer *at = log->consumers; at != NULL; at = at->next) {
        for (unsigned i = 0; i < count && str_equal(at->config.group, group); i++) {
            int64_t told = atomic_load(&at->positions[first + i].told);
            out[i].committed = told >= 0 ? told : out[i].committed;
        }
    }
    pthread_mutex_unlock(&log->mutex);
}
