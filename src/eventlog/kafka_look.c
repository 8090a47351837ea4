// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Where partitions begin and end, and how far a group has come, asked of the brokers: three requests for any number of partitions.
#include <stdlib.h>

#include "base/log.h"
#include "eventlog/kafka.h"

#define AFTER_SILENCE_US (1000 * 1000) // brokers that did not answer are not asked again so soon

static rd_kafka_topic_partition_list_t *list_of(const char *topic, unsigned first, unsigned count,
                                                int64_t offset) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (unsigned i = 0; i < count; i++) {
        rd_kafka_topic_partition_list_add(list, topic, (int32_t)(first + i))->offset = offset;
    }
    return list;
}

// The list comes back in an order of librdkafka's.
static bool offset_in(const rd_kafka_topic_partition_list_t *list, unsigned partition,
                      int64_t *offset) {
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].partition == (int32_t)partition) {
            *offset = list->elems[i].offset;
            return list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR;
        }
    }
    return false;
}

// The protocol's ListOffsets takes a timestamp, or one of two numbers that librdkafka calls offsets: first and next.
static enum status look_ends(rd_kafka_t *rk, const char *topic, unsigned first, unsigned count,
                             int64_t which, struct eventlog_partition_info *out) {
    rd_kafka_topic_partition_list_t *list = list_of(topic, first, count, which);
    enum status status = kafka_status(rd_kafka_offsets_for_times(rk, list, KAFKA_LOOK_MS));
    for (unsigned i = 0; i < count && status == STATUS_OK; i++) {
        int64_t offset = -1;
        if (!offset_in(list, first + i, &offset) || offset < 0) {
            status = STATUS_UNAVAILABLE;
        } else if (which == RD_KAFKA_OFFSET_BEGINNING) {
            out[i].begin = offset;
        } else {
            out[i].end = offset;
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

enum status kafka_look_bounds(rd_kafka_t *rk, const char *topic, unsigned first, unsigned count,
                              struct eventlog_partition_info *out) {
    // In this order, so that begin is never behind end.
    enum status status = look_ends(rk, topic, first, count, RD_KAFKA_OFFSET_BEGINNING, out);
    return status == STATUS_OK ? look_ends(rk, topic, first, count, RD_KAFKA_OFFSET_END, out)
                               : status;
}

enum status kafka_look_committed(rd_kafka_t *rk, const char *topic, unsigned first, unsigned count,
                                 struct eventlog_partition_info *out) {
    rd_kafka_topic_partition_list_t *list = list_of(topic, first, count, RD_KAFKA_OFFSET_INVALID);
    enum status status = kafka_status(rd_kafka_committed(rk, list, KAFKA_LOOK_MS));
    for (unsigned i = 0; i < count && status == STATUS_OK; i++) {
        int64_t offset = -1;
        if (!offset_in(list, first + i, &offset)) {
            status = STATUS_UNAVAILABLE;
        }
        out[i].committed = offset < 0 ? -1 : offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

// --- Lookers ------------------------------------------------------------------------------------------------------

static struct kafka_looker *looker_of(struct kafka_log *log, struct str group) {
    struct kafka_looker *looker = log->lookers;
    struct error err = {0};
    while (looker != NULL && !str_equal(looker->group, group)) {
        looker = looker->next;
    }
    if (looker != NULL) {
        return looker;
    }
    looker = calloc(1, sizeof *looker);
    char *name = malloc(group.len + 1);
    if (looker == NULL || name == NULL ||
        kafka_handle_open(log, KAFKA_LOOKER, group, NULL, NULL, NULL, &looker->rk, &err) !=
            STATUS_OK) {
        LOG_ERROR("kafka", "the group's offsets cannot be looked at", LOG_STR("group", group),
                  LOG_CSTR("reason", err.text));
        free(looker);
        free(name);
        return NULL;
    }
    if (group.len > 0) {
        memcpy(name, group.data, group.len);
    }
    looker->group = str_make(name, group.len);
    looker->topic = rd_kafka_topic_new(looker->rk, log->config.topic.data, NULL);
    (void)rd_kafka_poll_set_consumer(looker->rk);
    looker->next = log->lookers;
    log->lookers = looker;
    return looker;
}

void kafka_looker_destroy(rd_kafka_t *rk) {
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void kafka_lookers_close(struct kafka_log *log) {
    while (log->lookers != NULL) {
        struct kafka_looker *looker = log->lookers;
        log->lookers = looker->next;
        if (looker->topic != NULL) {
            rd_kafka_topic_destroy(looker->topic);
        }
        kafka_looker_destroy(looker->rk);
        free((char *)(uintptr_t)looker->group.data);
        free(looker);
    }
}

// A handle that neither writes nor subscribes learns of new leaders by itself only after minutes, and until then asks those that were.
static void look_for_leaders(const struct kafka_looker *looker) {
    const struct rd_kafka_metadata *metadata = NULL;
    if (looker->topic != NULL && rd_kafka_metadata(looker->rk, 0, looker->topic, &metadata,
                                                   KAFKA_LOOK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(metadata);
    }
}

enum status kafka_partitions_info(struct eventlog *base, unsigned first, unsigned count,
                                  struct str group, struct eventlog_partition_info *out) {
    struct kafka_log *log = kafka_of(base);
    struct clock *clock = clock_system();
    enum status status = STATUS_UNAVAILABLE;
    pthread_mutex_lock(&log->look_mutex);
    struct kafka_looker *looker = NULL;
    if (clock->mono_us(clock) >= log->look_at) {
        looker = looker_of(log, group.len > 0 ? group : STR("keeper"));
    }
    if (looker != NULL) {
        status = kafka_look_bounds(looker->rk, log->config.topic.data, first, count, out);
        if (status == STATUS_OK && group.len > 0) {
            status = kafka_look_committed(looker->rk, log->config.topic.data, first, count, out);
        }
        if (status != STATUS_OK) {
            look_for_leaders(looker);
            log->look_at = clock->mono_us(clock) + AFTER_SILENCE_US;
            status = STATUS_UNAVAILABLE;
        }
        // Errors for the handle as a whole wait here; nobody else reads them.
        rd_kafka_message_t *message;
        while ((message = rd_kafka_consumer_poll(looker->rk, 0)) != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
    pthread_mutex_unlock(&log->look_mutex);
    if (status == STATUS_OK) {
        kafka_consumers_amend(log, first, count, group, out);
    }
    return status;
}
