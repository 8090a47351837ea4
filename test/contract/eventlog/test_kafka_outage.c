// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Brokers that are away or refuse, at the moments we choose: librdkafka's mock cluster, since real ones cannot be told when to fail.
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "eventlog/kafka.h"
#include "eventlog_fixture.h"

#include <librdkafka/rdkafka_mock.h> // after rdkafka.h

struct bed {
    struct fixture fixture; // its directory is for a spool
    rd_kafka_t *host;       // of the mock cluster
    rd_kafka_mock_cluster_t *cluster;
    struct eventlog_kafka_config config;
    struct eventlog *log;
};

static int set_up(void **state) {
    char text[200] = "";
    struct bed *bed = calloc(1, sizeof *bed);
    assert_non_null(bed);
    fixture_init(&bed->fixture, "memory");
    bed->host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof text);
    assert_non_null(bed->host);
    bed->cluster = rd_kafka_mock_cluster_new(bed->host, 1);
    assert_non_null(bed->cluster);
    rd_kafka_mock_topic_create(bed->cluster, "events", 4, 1);
    rd_kafka_mock_topic_create(bed->cluster, "events.meta", 1, 1);
    bed->config = (struct eventlog_kafka_config){
        .brokers = str_from_c(rd_kafka_mock_cluster_bootstraps(bed->cluster)),
        .topic = STR("events"),
        .partitions = 4,
        .session_timeout_ms = 6000,
        .delivery_timeout_ms = 1500,
        .clock = clock_system()};
    *state = bed;
    return 0;
}

static void open_log(struct bed *bed) {
    struct error err = {0};
    if (eventlog_open_kafka(&bed->config, &bed->log, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    eventlog_close(bed->log);
    rd_kafka_mock_cluster_destroy(bed->cluster);
    rd_kafka_destroy(bed->host);
    fixture_free(&bed->fixture);
    free(bed);
    return 0;
}

static void set_brokers(struct bed *bed, bool up) {
    assert_int_equal(up ? rd_kafka_mock_broker_set_up(bed->cluster, 1)
                        : rd_kafka_mock_broker_set_down(bed->cluster, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
}

static enum status append(struct eventlog *log, const char *value) {
    const struct eventlog_record record = {STR("k"), str_from_c(value), 1};
    struct waiting_append waiting;
    waiting_append_start(&waiting, log, &record, 1);
    return waiting_append_finish(&waiting);
}

static struct eventlog_stats stats_of(struct eventlog *log) {
    struct eventlog_stats stats;
    eventlog_stats(log, &stats);
    return stats;
}

static void an_append_without_brokers_times_out(void **state) {
    struct bed *bed = *state;
    open_log(bed);
    assert_int_equal(append(bed->log, "1"), STATUS_OK);
    set_brokers(bed, false);
    assert_int_equal(append(bed->log, "2"), STATUS_TIMEOUT);
    struct eventlog_stats stats = stats_of(bed->log);
    assert_false(stats.reachable);
    assert_int_equal(stats.refused, 1);
    assert_int_equal(stats.waiting_bytes, 0);
    set_brokers(bed, true);
    enum status status = STATUS_TIMEOUT;
    while (status == STATUS_TIMEOUT) {
        status = append(bed->log, "3");
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(stats_of(bed->log).reachable);
}

static void what_waits_can_be_given_up(void **state) {
    struct bed *bed = *state;
    const struct eventlog_record record = {STR("k"), STR("v"), 1};
    struct waiting_append waiting[20];
    bed->config.delivery_timeout_ms = 3600000;
    open_log(bed);
    assert_int_equal(append(bed->log, "1"), STATUS_OK);
    set_brokers(bed, false);
    for (int i = 0; i < 20; i++) {
        waiting_append_start(&waiting[i], bed->log, &record, 1);
    }
    while (atomic_load(&waiting[0].done) == 0) { // again, for what was between two queues
        kafka_give_up(bed->log);
        sched_yield();
    }
    for (int i = 0; i < 20; i++) {
        kafka_give_up(bed->log);
        assert_int_equal(waiting_append_finish(&waiting[i]), STATUS_UNAVAILABLE);
    }
}

static void push(struct bed *bed, rd_kafka_resp_err_t code, unsigned times) {
    for (unsigned i = 0; i < times; i++) {
        rd_kafka_mock_push_request_errors(bed->cluster, 0 /* Produce */, 1, code);
    }
}

static void what_may_pass_is_tried_again_and_what_will_not_is_refused(void **state) {
    struct bed *bed = *state;
    bed->config.delivery_timeout_ms = 30000;
    open_log(bed);
    push(bed, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 3);
    assert_int_equal(append(bed->log, "1"), STATUS_OK);
    push(bed, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
    assert_int_equal(append(bed->log, "2"), STATUS_IO);
    assert_int_equal(append(bed->log, "3"), STATUS_OK);
    push(bed, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1);
    assert_int_equal(append(bed->log, "4"), STATUS_IO);
    assert_int_equal(stats_of(bed->log).refused, 2);
}

static void looking_without_brokers_fails_once_and_then_at_once(void **state) {
    struct bed *bed = *state;
    struct eventlog_partition_info infos[4];
    open_log(bed);
    assert_int_equal(append(bed->log, "1"), STATUS_OK);
    assert_int_equal(eventlog_partitions_info(bed->log, STR("g"), infos, 4), STATUS_OK);
    assert_int_equal(infos[0].end + infos[1].end + infos[2].end + infos[3].end, 1);
    set_brokers(bed, false);
    assert_int_equal(eventlog_partitions_info(bed->log, STR("g"), infos, 4), STATUS_UNAVAILABLE);
    int64_t look_at = kafka_of(bed->log)->look_at;
    for (int i = 0; i < 1000; i++) {
        if (eventlog_partition_info(bed->log, 0, STR("g"), infos) == STATUS_OK) {
            fail_msg("there is no broker to ask");
        }
    }
    assert_true(kafka_of(bed->log)->look_at - look_at < 30LL * 1000 * 1000); // not 1000 waits
    set_brokers(bed, true);
    while (eventlog_partitions_info(bed->log, STR("g"), infos, 4) != STATUS_OK) {
        sched_yield();
    }
}

static void a_member_can_leave_without_brokers(void **state) {
    struct bed *bed = *state;
    open_log(bed);
    assert_int_equal(append(bed->log, "1"), STATUS_OK);
    const struct eventlog_consumer_config config = {.group = STR("g")};
    struct eventlog_consumer *consumer = NULL;
    struct eventlog_batch batch = {0};
    assert_int_equal(eventlog_consumer_open(bed->log, &config, &consumer, NULL), STATUS_OK);
    while (batch.count == 0) {
        enum status status = eventlog_poll(consumer, 100000, 1000, &batch, NULL);
        assert_true(status == STATUS_OK || status == STATUS_TIMEOUT);
    }
    assert_true(str_equal(batch.records[0].value, STR("1")));
    set_brokers(bed, false);
    // Not waited for, and lost then.
    assert_int_equal(eventlog_commit(consumer, batch.partition, batch.next_offset), STATUS_OK);
    eventlog_consumer_close(consumer);
}

// --- With the spool in front --------------------------------------------------------------------------------------

static enum status open_behind(void *context, struct eventlog **out, struct error *err) {
    const struct bed *bed = context;
    return eventlog_open_kafka(&bed->config, out, err);
}

static void the_spool_answers_while_brokers_are_away(void **state) {
    struct bed *bed = *state;
    bed->config.delivery_timeout_ms = 3600000; // never in this test
    const struct eventlog_spool_config config = {.directory = bed->fixture.directory,
                                                 .partitions = 4,
                                                 .patience_ms = 100,
                                                 .clock = clock_system(),
                                                 .open_behind = open_behind,
                                                 .context = bed};
    set_brokers(bed, false); // from the start
    assert_int_equal(eventlog_open_spool(&config, &bed->log, NULL), STATUS_OK);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(append(bed->log, "early"), STATUS_OK);
    }
    set_brokers(bed, true);
    while (stats_of(bed->log).spooling) {
        sched_yield();
    }
    assert_int_equal(append(bed->log, "direct"), STATUS_OK);
    set_brokers(bed, false);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(append(bed->log, "late"), STATUS_OK);
    }
    struct eventlog_stats stats = stats_of(bed->log);
    assert_true(stats.spooling);
    assert_true(stats.spool_records >= 1);
    set_brokers(bed, true);
    while (stats_of(bed->log).spooling) {
        sched_yield();
    }
    struct eventlog_partition_info infos[4];
    while (eventlog_partitions_info(bed->log, STR("g"), infos, 4) != STATUS_OK) {
        sched_yield();
    }
    assert_true(infos[0].end + infos[1].end + infos[2].end + infos[3].end >= 101);
    set_brokers(bed, false); // closing does not wait for them
    assert_int_equal(append(bed->log, "last"), STATUS_OK);
    eventlog_close(bed->log);
    bed->log = NULL;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]); // one test by name
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_append_without_brokers_times_out),
        TEST(what_waits_can_be_given_up),
        TEST(what_may_pass_is_tried_again_and_what_will_not_is_refused),
        TEST(looking_without_brokers_fails_once_and_then_at_once),
        TEST(a_member_can_leave_without_brokers),
        TEST(the_spool_answers_while_brokers_are_away),
    };
    return cmocka_run_group_tests_name("eventlog kafka outage", tests, NULL, NULL);
}
