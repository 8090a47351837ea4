// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Topics of tests on real brokers: made under names of their own, looked at, deleted.
#include "fixture_kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/random.h"
#include "eventlog/kafka.h"

#define ANSWER_MS 30000

void fixture_kafka_init(struct fixture *fixture) {
    const char *brokers = getenv("FOOTFALL_TEST_KAFKA");
    if (brokers == NULL || *brokers == '\0') {
        fail_msg(
            "this test needs Kafka: set FOOTFALL_TEST_KAFKA=host:port,... (tools/cluster starts one)");
    }
    snprintf(fixture->topic, sizeof fixture->topic, "test-%ld-%08llx", (long)getpid(),
             (unsigned long long)(random_u64(random_system()) & 0xffffffffU));
    fixture->kafka = (struct eventlog_kafka_config){.brokers = str_from_c(brokers),
                                                    .topic = str_from_c(fixture->topic),
                                                    .session_timeout_ms = 6000,
                                                    .clock = &fixture->clock.clock};
}

static rd_kafka_t *open_handle(const struct fixture *fixture) {
    char text[200] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", fixture->kafka.brokers.data, text, sizeof text);
    rd_kafka_conf_set(conf, "allow.auto.create.topics", "false", text, sizeof text);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(rk);
    return rk;
}

void fixture_kafka_delete_topic(const struct fixture *fixture, const char *name) {
    rd_kafka_t *rk = open_handle(fixture);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(rk, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS);
    assert_non_null(event);
    rd_kafka_event_destroy(event); // that there was none to delete is fine
    struct kafka_topic_shape shape = {.partitions = 1};
    while (shape.partitions > 0) {
        assert_int_equal(kafka_topic_shape(rk, name, &shape, NULL), STATUS_OK);
    }
    rd_kafka_DeleteTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

void fixture_kafka_widen_topic(const struct fixture *fixture, unsigned partitions) {
    rd_kafka_t *rk = open_handle(fixture);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    char text[200] = "";
    rd_kafka_NewPartitions_t *more =
        rd_kafka_NewPartitions_new(fixture->topic, partitions, text, sizeof text);
    assert_non_null(more);
    rd_kafka_CreatePartitions(rk, &more, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS);
    assert_non_null(event);
    rd_kafka_event_destroy(event);
    struct kafka_topic_shape shape = {.partitions = 0};
    while (shape.partitions != partitions || !shape.led) {
        assert_int_equal(kafka_topic_shape(rk, fixture->topic, &shape, NULL), STATUS_OK);
    }
    rd_kafka_NewPartitions_destroy(more);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

void fixture_kafka_free(struct fixture *fixture) {
    char meta[80];
    snprintf(meta, sizeof meta, "%s.meta", fixture->topic);
    fixture_kafka_delete_topic(fixture, fixture->topic);
    fixture_kafka_delete_topic(fixture, meta);
}

bool fixture_kafka_is_settled(struct eventlog_consumer *base) {
    const struct kafka_consumer *consumer = kafka_consumer_of(base);
    unsigned count = base->log->partitions;
    struct eventlog_partition_info *infos = calloc(count, sizeof *infos);
    assert_non_null(infos);
    assert_int_equal(eventlog_partitions_info(base->log, STR("test"), infos, count), STATUS_OK);
    bool settled = true;
    for (unsigned i = 0; i < count; i++) {
        const struct kafka_position *position = &consumer->positions[i];
        settled = settled && position->owned && !position->out_of_range &&
                  (position->failed || position->offset == infos[i].end);
    }
    free(infos);
    return settled;
}

unsigned fixture_kafka_brokers(const struct fixture *fixture) {
    struct kafka_topic_shape shape;
    rd_kafka_t *rk = open_handle(fixture);
    assert_int_equal(kafka_topic_shape(rk, fixture->topic, &shape, NULL), STATUS_OK);
    rd_kafka_destroy(rk);
    return shape.brokers;
}

struct wanted {
    const char *name;
    char *out;
};

static void note_setting(const char *name, const char *value, void *context) {
    const struct wanted *wanted = context;
    if (strcmp(name, wanted->name) == 0) {
        snprintf(wanted->out, 64, "%s", value);
    }
}

void fixture_kafka_setting(const struct fixture *fixture, const char *name, char out[64]) {
    struct wanted wanted = {name, out};
    struct error err = {0};
    rd_kafka_t *rk = open_handle(fixture);
    out[0] = '\0';
    if (kafka_topic_settings(rk, fixture->topic, note_setting, &wanted, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    rd_kafka_destroy(rk);
}

void fixture_kafka_make_topic(const struct fixture *fixture, const char *name, unsigned partitions,
                              const char *const *settings) {
    struct error err = {0};
    struct kafka_topic_shape shape = {.partitions = 0};
    const struct kafka_new_topic topic = {
        .name = name, .partitions = partitions, .replication = 1, .settings = settings};
    rd_kafka_t *rk = open_handle(fixture);
    if (kafka_topic_create(rk, &topic, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    while (shape.partitions == 0 || !shape.led) {
        assert_int_equal(kafka_topic_shape(rk, name, &shape, NULL), STATUS_OK);
    }
    rd_kafka_destroy(rk);
}
