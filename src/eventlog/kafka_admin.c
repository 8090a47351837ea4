// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests to brokers that are waited for: making topics, and looking at them.
#include "eventlog/kafka.h"

// The answer to one admin request, or NULL with err set.
static rd_kafka_event_t *wait_answer(rd_kafka_queue_t *queue, const char *what, struct error *err) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, KAFKA_OPEN_MS + 2000);
    if (event == NULL) {
        (void)error_set(err, STATUS_UNAVAILABLE, "Kafka does not answer: %s", what);
    } else if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        enum status status = kafka_status(rd_kafka_event_error(event));
        (void)error_set(err, status == STATUS_TIMEOUT ? STATUS_UNAVAILABLE : status, "%s: %s", what,
                        rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
        event = NULL;
    }
    return event;
}

static rd_kafka_AdminOptions_t *options_new(rd_kafka_t *rk, rd_kafka_admin_op_t operation) {
    char text[KAFKA_ERROR_TEXT];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, operation);
    // Refused only when out of range, which it is not.
    (void)rd_kafka_AdminOptions_set_request_timeout(options, KAFKA_OPEN_MS, text, sizeof text);
    return options;
}

static enum status created(rd_kafka_event_t *event, const char *name, struct error *err) {
    size_t count = 0;
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);
    if (count != 1) {
        return error_set(err, STATUS_IO, "topic %s: Kafka's answer makes no sense", name);
    }
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[0]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return STATUS_OK;
    }
    enum status status = code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? STATUS_EXISTS
                         : code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT  ? STATUS_UNAVAILABLE
                                                                        : STATUS_IO;
    const char *text = rd_kafka_topic_result_error_string(topics[0]);
    return error_set(err, status, "topic %s cannot be made: %s", name,
                     text != NULL ? text : rd_kafka_err2str(code));
}

enum status kafka_topic_create(rd_kafka_t *rk, const struct kafka_new_topic *wanted,
                               struct error *err) {
    char text[KAFKA_ERROR_TEXT] = "";
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(wanted->name, (int)wanted->partitions,
                                                       (int)wanted->replication, text, sizeof text);
    if (topic == NULL) {
        return error_set(err, STATUS_INVALID, "topic %s: %s", wanted->name, text);
    }
    for (const char *const *at = wanted->settings; *at != NULL; at += 2) {
        rd_kafka_resp_err_t code = rd_kafka_NewTopic_set_config(topic, at[0], at[1]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_NewTopic_destroy(topic);
            return error_set(err, STATUS_INVALID, "topic setting %s: %s", at[0],
                             rd_kafka_err2str(code));
        }
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = options_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(rk, &topic, 1, options, queue);
    rd_kafka_event_t *event = wait_answer(queue, "making a topic", err);
    enum status status = event == NULL ? STATUS_UNAVAILABLE : created(event, wanted->name, err);
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return status;
}

static void measure(const rd_kafka_metadata_topic_t *topic, struct kafka_topic_shape *out) {
    out->partitions = (unsigned)topic->partition_cnt;
    out->led = true;
    for (int i = 0; i < topic->partition_cnt; i++) {
        const rd_kafka_metadata_partition_t *partition = &topic->partitions[i];
        unsigned copies = (unsigned)partition->replica_cnt;
        out->replication = i == 0 || copies < out->replication ? copies : out->replication;
        out->led = out->led && partition->leader >= 0;
    }
}

enum status kafka_topic_shape(rd_kafka_t *rk, const char *name, struct kafka_topic_shape *out,
                              struct error *err) {
    const rd_kafka_metadata_t *metadata = NULL;
    *out = (struct kafka_topic_shape){0};
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
    if (topic == NULL) {
        return error_set(err, STATUS_INVALID, "topic %s: %s", name,
                         rd_kafka_err2str(rd_kafka_last_error()));
    }
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, topic, &metadata, KAFKA_OPEN_MS);
    rd_kafka_topic_destroy(topic);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return error_set(err, STATUS_UNAVAILABLE, "no Kafka broker answers: %s",
                         rd_kafka_err2str(code));
    }
    enum status status = STATUS_OK;
    out->brokers = (unsigned)metadata->broker_cnt;
    for (int i = 0; i < metadata->topic_cnt && status == STATUS_OK; i++) {
        code = metadata->topics[i].err;
        // Such a leader is being chosen; the partitions are known already.
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
            measure(&metadata->topics[i], out);
        } else if (code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
            status = error_set(err, STATUS_IO, "topic %s: %s", name, rd_kafka_err2str(code));
        }
    }
    rd_kafka_metadata_destroy(metadata);
    return status;
}

static void each_entry(const rd_kafka_ConfigResource_t *resource,
                       void (*each)(const char *name, const char *value, void *context),
                       void *context) {
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        each(rd_kafka_ConfigEntry_name(entries[i]), value != NULL ? value : "", context);
    }
}

enum status kafka_topic_settings(rd_kafka_t *rk, const char *name,
                                 void (*each)(const char *name, const char *value, void *context),
                                 void *context, struct error *err) {
    rd_kafka_ConfigResource_t *asked = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = options_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(rk, &asked, 1, options, queue);
    rd_kafka_event_t *event = wait_answer(queue, "looking at a topic's settings", err);
    enum status status = event == NULL ? STATUS_UNAVAILABLE : STATUS_OK;
    if (event != NULL) {
        size_t count = 0;
        const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count);
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[i]);
            if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
                each_entry(resources[i], each, context);
            } else {
                status = code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? STATUS_NOT_FOUND
                                                                         : kafka_status(code);
                status = error_set(err, status, "the settings of topic %s: %s", name,
                                   rd_kafka_err2str(code));
            }
        }
        rd_kafka_event_destroy(event);
    }
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(asked);
    return status;
}
