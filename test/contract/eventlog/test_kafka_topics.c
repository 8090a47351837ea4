// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Kafka's topics and appends, on real brokers: made or compared, their epoch, what other clients see, and a producer that fails.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "eventlog/kafka.h"
#include "fixture_kafka.h"

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture_init(fixture, "kafka");
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    fixture_free(*state);
    free(*state);
    return 0;
}

static void assert_setting(const struct fixture *fixture, const char *name, const char *value) {
    char text[64];
    fixture_kafka_setting(fixture, name, text);
    assert_string_equal(text, value);
}

static enum status open_with(struct fixture *fixture, struct error *err) {
    fixture->kafka.partitions = fixture->config.partitions;
    return eventlog_open_kafka(&fixture->kafka, &fixture->log, err);
}

// What is logged meanwhile, in a file without a name.
static FILE *begin_log(void) {
    FILE *file = tmpfile();
    assert_non_null(file);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fileno(file));
    return file;
}

static void end_log(FILE *file, char *out, size_t size) {
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO);
    rewind(file);
    size_t len = fread(out, 1, size - 1, file);
    out[len] = '\0';
    fclose(file);
}

// --- Topics -------------------------------------------------------------------------------------------------------

static void a_topic_is_made_with_its_settings(void **state) {
    struct fixture *fixture = *state;
    fixture->kafka.retention_ms = 90LL * 24 * 3600 * 1000;
    fixture->kafka.retention_bytes = 4000000000;
    fixture_open(fixture);
    unsigned brokers = fixture_kafka_brokers(fixture);
    assert_setting(fixture, "cleanup.policy", "delete");
    assert_setting(fixture, "unclean.leader.election.enable", "false");
    assert_setting(fixture, "message.timestamp.type", "CreateTime");
    assert_setting(fixture, "min.insync.replicas", brokers >= 3 ? "2" : "1");
    assert_setting(fixture, "retention.ms", "7776000000");
    assert_setting(fixture, "retention.bytes", "1000000000");
    assert_setting(fixture, "segment.ms", "604800000");
    assert_setting(fixture, "segment.bytes", "125000000");
    char text[4096];
    FILE *file = begin_log();
    fixture_close(fixture);
    fixture_open(fixture); // it is as it should be: nothing to say about a setting
    end_log(file, text, sizeof text);
    assert_null(strstr(text, "setting"));
}

static void differences_of_a_topic_are_named(void **state) {
    struct fixture *fixture = *state;
    static const char *const settings[] = {"unclean.leader.election.enable",
                                           "true",
                                           "retention.ms",
                                           "1000000",
                                           "message.timestamp.type",
                                           "LogAppendTime",
                                           NULL};
    char text[8192];
    fixture_kafka_make_topic(fixture, fixture->topic, 4, settings);
    FILE *file = begin_log();
    fixture_open(fixture);
    end_log(file, text, sizeof text);
    assert_non_null(strstr(text, "setting=unclean.leader.election.enable value=true"));
    assert_non_null(strstr(text, "setting=retention.ms value=1000000"));
    assert_non_null(strstr(text, "the configuration says -1"));
    assert_non_null(strstr(text, "setting=message.timestamp.type value=LogAppendTime"));
    assert_non_null(strstr(text, "setting=max.message.bytes"));
    assert_non_null(strstr(text, "giving it one")); // an epoch, as the topic is not of our making
    int64_t epoch = eventlog_epoch(fixture->log);
    assert_true(epoch > 0);
    fixture_close(fixture);
    fixture_open(fixture);
    assert_int_equal(eventlog_epoch(fixture->log), epoch);
}

static void a_topic_that_breaks_promises_is_refused(void **state) {
    struct fixture *fixture = *state;
    struct error err = {0};
    static const char *const none[] = {NULL};
    fixture_kafka_make_topic(fixture, fixture->topic, 3, none);
    assert_int_equal(open_with(fixture, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "3 partitions"));
    assert_non_null(strstr(err.text, "4"));
    assert_null(fixture->log);
    fixture_kafka_delete_topic(fixture, fixture->topic);
    static const char *const compact[] = {"cleanup.policy", "compact", NULL};
    fixture_kafka_make_topic(fixture, fixture->topic, 4, compact);
    assert_int_equal(open_with(fixture, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "cleanup.policy=compact"));
}

static void wrong_settings_are_named(void **state) {
    struct fixture *fixture = *state;
    struct error err = {0};
    fixture->kafka.properties = STR("# a comment\n\nno.such.thing=1\n");
    assert_int_equal(open_with(fixture, &err), STATUS_INVALID);
    assert_non_null(strstr(err.text, "no.such.thing"));
    fixture->kafka.properties = STR("acks = 1");
    assert_int_equal(open_with(fixture, &err), STATUS_INVALID);
    assert_non_null(strstr(err.text, "acks"));
    fixture->kafka.properties = STR("sasl.password");
    assert_int_equal(open_with(fixture, &err), STATUS_INVALID);
    fixture->kafka.properties = STR("security.protocol=magic");
    assert_int_equal(open_with(fixture, &err), STATUS_INVALID);
    assert_non_null(strstr(err.text, "security.protocol"));
    fixture->kafka.properties = STR("socket.keepalive.enable = true\nstatistics.interval.ms=0");
    fixture_open(fixture);
}

static void without_brokers_it_is_unavailable(void **state) {
    struct fixture *fixture = *state;
    struct error err = {0};
    struct str brokers = fixture->kafka.brokers;
    fixture->kafka.brokers = STR("127.0.0.1:1");
    assert_int_equal(open_with(fixture, &err), STATUS_UNAVAILABLE);
    assert_non_null(strstr(err.text, "broker"));
    fixture->kafka.brokers = brokers;
}

// --- The epoch ----------------------------------------------------------------------------------------------------

enum { OPENERS = 3 };
struct opener {
    struct fixture *fixture;
    struct eventlog *log;
    enum status status;
    struct error err;
    struct thread thread;
};

static void *open_one(void *context) {
    struct opener *opener = context;
    opener->status = eventlog_open_kafka(&opener->fixture->kafka, &opener->log, &opener->err);
    return NULL;
}

static void open_at_once(struct fixture *fixture, struct opener openers[OPENERS]) {
    for (int i = 0; i < OPENERS; i++) {
        openers[i] = (struct opener){.fixture = fixture};
        assert_int_equal(thread_start(&openers[i].thread, "opener", open_one, &openers[i]),
                         STATUS_OK);
    }
    for (int i = 0; i < OPENERS; i++) {
        thread_join(&openers[i].thread);
    }
    for (int i = 0; i < OPENERS; i++) {
        if (openers[i].status != STATUS_OK) {
            fail_msg("%s", openers[i].err.text);
        }
    }
}

static void close_all(const struct opener openers[OPENERS]) {
    for (int i = 0; i < OPENERS; i++) {
        eventlog_close(openers[i].log);
    }
}

// Who starts is refused, and what moves it elsewhere reads the partitions that it was made with, and knows of the others.
static void partitions_that_somebody_adds_are_told(void **state) {
    struct fixture *fixture = *state;
    struct error err = {0};
    struct eventlog_stats stats;
    fixture_open(fixture);
    assert_int_equal(fixture_append_one(fixture, "person-1", "{}"), STATUS_OK);
    eventlog_stats(fixture->log, &stats);
    assert_int_equal(stats.surplus, 0);
    fixture_kafka_widen_topic(fixture, 6);
    assert_int_equal(fixture_append_one(fixture, "person-1", "{}"),
                     STATUS_OK); // where it always went
    fixture_close(fixture);
    assert_int_equal(open_with(fixture, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "if somebody added partitions, set it back"));
    fixture->kafka.may_be_wider = true;
    assert_int_equal(open_with(fixture, &err), STATUS_OK);
    assert_int_equal(eventlog_partition_count(fixture->log), 4);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "test");
    assert_int_equal(fixture_drain(consumer), 2);
    eventlog_stats(fixture->log, &stats);
    assert_int_equal(stats.surplus, 2);
    eventlog_consumer_close(consumer);
    fixture_close(fixture);
    fixture->kafka.may_be_wider = false;
}

static void all_who_open_at_once_agree_on_the_epoch(void **state) {
    struct fixture *fixture = *state;
    struct opener openers[OPENERS];
    fixture->kafka.partitions = 4;
    open_at_once(fixture, openers);
    for (int i = 0; i < OPENERS; i++) {
        assert_true(eventlog_epoch(openers[i].log) > 0);
        assert_int_equal(eventlog_epoch(openers[i].log), eventlog_epoch(openers[0].log));
    }
    close_all(openers);
}

// Brokers hear of a topic one after the other, and whoever did not make it may ask one that has not yet.
static void all_who_open_at_once_can_write_to_every_partition(void **state) {
    struct fixture *fixture = *state;
    enum { PARTITIONS = 16 };
    struct opener openers[OPENERS];
    struct waiting_append waiting[OPENERS];
    struct eventlog_record records[PARTITIONS];
    char keys[PARTITIONS][16];
    unsigned found = 0;
    fixture->kafka.partitions = PARTITIONS;
    for (unsigned number = 0; found < PARTITIONS; number++) {
        snprintf(keys[found], sizeof keys[found], "k%u", number);
        if (eventlog_partition_of(str_from_c(keys[found]), PARTITIONS) == found) {
            records[found] = (struct eventlog_record){str_from_c(keys[found]), STR("v"), 1};
            found++;
        }
    }
    open_at_once(fixture, openers);
    for (int i = 0; i < OPENERS; i++) {
        waiting_append_start(&waiting[i], openers[i].log, records, PARTITIONS);
    }
    for (int i = 0; i < OPENERS; i++) {
        assert_int_equal(waiting_append_finish(&waiting[i]), STATUS_OK);
    }
    close_all(openers);
}

static void a_topic_made_anew_gets_another_epoch(void **state) {
    struct fixture *fixture = *state;
    fixture_open(fixture);
    int64_t epoch = eventlog_epoch(fixture->log);
    assert_true(epoch > 0);
    fixture_close(fixture);
    fixture_open(fixture);
    assert_int_equal(eventlog_epoch(fixture->log), epoch);
    fixture_close(fixture);
    fixture_kafka_delete_topic(fixture, fixture->topic);
    int64_t after = epoch;
    while (after == epoch) { // some broker may not have heard of the deletion yet
        if (open_with(fixture, NULL) == STATUS_OK) {
            after = eventlog_epoch(fixture->log);
            fixture_close(fixture);
        }
    }
    assert_true(after > 0);
    fixture_open(fixture);
    assert_int_equal(eventlog_epoch(fixture->log), after);
}

// --- What others see ----------------------------------------------------------------------------------------------

static void other_clients_read_the_records_as_they_are(void **state) {
    struct fixture *fixture = *state;
    char text[200] = "";
    fixture_open(fixture);
    assert_int_equal(fixture_append_one(fixture, "person-1", "{\"event\":\"view\"}"), STATUS_OK);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", fixture->kafka.brokers.data, text, sizeof text);
    rd_kafka_conf_set(conf, "group.id", "other", text, sizeof text);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    assert_non_null(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    for (int i = 0; i < 4; i++) {
        rd_kafka_topic_partition_list_add(list, fixture->topic, i)->offset = 0;
    }
    assert_int_equal(rd_kafka_assign(rk, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 30000);
    assert_non_null(message);
    assert_int_equal(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_true(str_equal(str_make(message->key, message->key_len), STR("person-1")));
    assert_true(str_equal(str_make(message->payload, message->len), STR("{\"event\":\"view\"}")));
    assert_int_equal(rd_kafka_message_timestamp(message, NULL), 1700000000000);
    // As Java's default and librdkafka's murmur2 partitioner choose.
    assert_int_equal(message->partition, rd_kafka_msg_partitioner_murmur2(
                                             NULL, message->key, message->key_len, 4, NULL, NULL));
    rd_kafka_message_destroy(message);
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}

// --- Appends ------------------------------------------------------------------------------------------------------

static void a_producer_that_failed_is_made_anew(void **state) {
    struct fixture *fixture = *state;
    const struct eventlog_record record = {STR("k"), STR("v"), 1};
    enum { COUNT = 50 };
    static struct waiting_append waiting[COUNT];
    fixture_open(fixture);
    struct kafka_log *log = kafka_of(fixture->log);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            waiting_append_start(&waiting[i], fixture->log, &record, 1);
        }
        (void)rd_kafka_test_fatal_error(log->producer->rk,
                                        RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                        "as if the broker had lost records");
        for (int i = 0; i < COUNT; i++) { // each is answered, one way or the other
            enum status status = waiting_append_finish(&waiting[i]);
            assert_true(status == STATUS_OK || status == STATUS_UNAVAILABLE);
        }
        enum status status = STATUS_UNAVAILABLE;
        while (status != STATUS_OK) {
            status = fixture_append_one(fixture, "k", "after");
            assert_true(status == STATUS_OK || status == STATUS_UNAVAILABLE);
        }
    }
    struct eventlog_stats stats;
    eventlog_stats(fixture->log, &stats);
    assert_int_equal(stats.waiting_bytes, 0);
}

static void an_append_of_many_partitions_is_answered_once(void **state) {
    struct fixture *fixture = *state;
    enum { COUNT = 5000 };
    static struct eventlog_record records[COUNT];
    static char keys[COUNT][16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(keys[i], sizeof keys[i], "k%d", i);
        records[i] = (struct eventlog_record){str_from_c(keys[i]), STR("value"), i};
    }
    fixture_open(fixture);
    assert_int_equal(fixture_append(fixture, records, COUNT), STATUS_OK);
    struct eventlog_stats stats;
    eventlog_stats(fixture->log, &stats);
    assert_int_equal(stats.appended_records, COUNT);
    assert_true(stats.reachable);
    assert_string_equal(eventlog_engine_name(fixture->log), "kafka");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_topic_is_made_with_its_settings),
        TEST(differences_of_a_topic_are_named),
        TEST(a_topic_that_breaks_promises_is_refused),
        TEST(wrong_settings_are_named),
        TEST(without_brokers_it_is_unavailable),
        TEST(all_who_open_at_once_agree_on_the_epoch),
        TEST(partitions_that_somebody_adds_are_told),
        TEST(all_who_open_at_once_can_write_to_every_partition),
        TEST(a_topic_made_anew_gets_another_epoch),
        TEST(other_clients_read_the_records_as_they_are),
        TEST(a_producer_that_failed_is_made_anew),
        TEST(an_append_of_many_partitions_is_answered_once),
    };
    return cmocka_run_group_tests_name("eventlog kafka topics", tests, NULL, NULL);
}
