// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Kafka's consumer groups, on real brokers: members meet, hand over, are thrown out, come back; places that are changed or gone.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

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

enum { PARTITIONS = 4, RECORDS_MOST = 1000 };

struct member {
    struct eventlog_consumer *consumer;
    unsigned owned; // bit set
    unsigned taken; // how often
    unsigned given;
    enum status committed; // of the last commit in revoked
    int64_t next[PARTITIONS];
    size_t seen;
};

static void note_assigned(unsigned partition, int64_t *start, void *context) {
    struct member *member = context;
    assert_int_equal(member->owned & (1U << partition), 0);
    member->owned |= 1U << partition;
    member->next[partition] = *start;
    member->taken++;
}

static void note_revoked(unsigned partition, void *context) {
    struct member *member = context;
    assert_int_not_equal(member->owned & (1U << partition), 0);
    member->committed = eventlog_commit(member->consumer, partition, member->next[partition]);
    member->owned &= ~(1U << partition);
    member->given++;
}

static void join(struct eventlog *log, struct member *member) {
    const struct eventlog_consumer_config config = {
        .group = STR("g"), .assigned = note_assigned, .revoked = note_revoked, .context = member};
    struct error err = {0};
    *member = (struct member){.consumer = NULL};
    if (eventlog_consumer_open(log, &config, &member->consumer, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
}

// One poll; records must follow one another.
static void step(struct member *member) {
    struct eventlog_batch batch;
    struct error err = {0};
    enum status status = eventlog_poll(member->consumer, 10000, 100000, &batch, &err);
    if (status != STATUS_OK && status != STATUS_TIMEOUT) {
        fail_msg("%s: %s", status_name(status), err.text);
    }
    for (size_t i = 0; i < batch.count; i++) {
        assert_int_equal(batch.records[i].offset, member->next[batch.partition]++);
        member->seen++;
    }
}

static unsigned bits(unsigned set) {
    return (unsigned)__builtin_popcount(set);
}

static void append_each(struct fixture *fixture, unsigned rounds) {
    for (unsigned i = 0; i < PARTITIONS * rounds; i++) {
        char key[32];
        fixture_key_for(i % PARTITIONS, PARTITIONS, key);
        assert_int_equal(fixture_append_one(fixture, key, "v"), STATUS_OK);
    }
}

static void members_share_and_hand_over_what_they_committed(void **state) {
    struct fixture *fixture = *state;
    struct member a;
    struct member b;
    fixture_open(fixture);
    append_each(fixture, 10);
    join(fixture->log, &a);
    while (a.seen < 40) {
        step(&a);
    }
    assert_int_equal(a.owned, 0xf);
    join(fixture->log, &b);
    while (bits(a.owned) != 2 || bits(b.owned) != 2) {
        step(&a);
        step(&b);
    }
    assert_int_equal(a.committed, STATUS_OK);
    assert_int_equal(a.owned & b.owned, 0);
    append_each(fixture, 5);
    while (a.seen + b.seen < 60) { // a's commits were kept: nothing is read twice
        step(&a);
        step(&b);
    }
    assert_int_equal(b.seen, 10);
    eventlog_consumer_close(a.consumer);
    assert_int_equal(a.owned, 0);
    assert_int_equal(a.committed, STATUS_OK);
    while (bits(b.owned) != 4) {
        step(&b);
    }
    append_each(fixture, 1);
    while (b.seen < 14) {
        step(&b);
    }
    eventlog_consumer_close(b.consumer);
    assert_int_equal(a.taken + b.taken, a.given + b.given);
    struct eventlog_partition_info infos[PARTITIONS];
    assert_int_equal(eventlog_partitions_info(fixture->log, STR("g"), infos, PARTITIONS),
                     STATUS_OK);
    for (unsigned i = 0; i < PARTITIONS; i++) {
        assert_int_equal(infos[i].committed, 16);
        assert_int_equal(infos[i].end, 16);
        assert_int_equal(infos[i].begin, 0);
    }
}

// What the group says is heard in polls; when a member leaves instead, it must not take what it was just given.
static void a_member_that_leaves_while_it_is_given_partitions_takes_none(void **state) {
    struct fixture *fixture = *state;
    struct member a;
    fixture_open(fixture);
    append_each(fixture, 1);
    join(fixture->log, &a);
    struct pollfd heard = {.fd = kafka_consumer_of(a.consumer)->descriptor, .events = POLLIN};
    assert_int_equal(poll(&heard, 1, 60000), 1);
    eventlog_consumer_close(a.consumer);
    assert_int_equal(a.owned, 0);
    assert_int_equal(a.taken, a.given);
}

// It begins at place 3 of each partition.
static void look_from_three(unsigned partition, int64_t *start, void *context) {
    struct member *member = context;
    assert_int_equal(*start, 0); // whatever the group of that name has committed
    *start = 3;
    member->owned |= 1U << partition;
    member->next[partition] = 3;
}

static void who_only_looks_has_all_and_moves_nothing(void **state) {
    struct fixture *fixture = *state;
    struct member member;
    struct member lookers[2];
    const struct eventlog_consumer_config config = {
        .group = STR("g"), .assigned = look_from_three, .looks = true};
    fixture_open(fixture);
    append_each(fixture, 10);
    join(fixture->log, &member);
    while (member.seen < 40) {
        step(&member);
    }
    for (unsigned i = 0; i < PARTITIONS; i++) {
        assert_int_equal(eventlog_commit(member.consumer, i, 10), STATUS_OK);
    }
    for (unsigned i = 0; i < 2; i++) { // both at once
        struct eventlog_consumer_config own = config;
        struct error err = {0};
        lookers[i] = (struct member){.consumer = NULL};
        own.context = &lookers[i];
        assert_int_equal(eventlog_consumer_open(fixture->log, &own, &lookers[i].consumer, &err),
                         STATUS_OK);
    }
    while (lookers[0].seen < 28 || lookers[1].seen < 28) {
        step(&lookers[0]);
        step(&lookers[1]);
        step(&member);
    }
    append_each(fixture, 1); // and it goes on
    while (lookers[0].seen < 32 || lookers[1].seen < 32 || member.seen < 44) {
        step(&lookers[0]);
        step(&lookers[1]);
        step(&member);
    }
    assert_int_equal(lookers[0].owned & lookers[1].owned, 0xf);
    eventlog_consumer_close(lookers[0].consumer);
    eventlog_consumer_close(lookers[1].consumer);
    assert_int_equal(member.owned, 0xf);
    assert_int_equal(member.given, 0);
    eventlog_consumer_close(member.consumer);
}

// Kafka notices that a member does not poll any more, and gives its partitions to others.
static void a_member_that_was_thrown_out_gives_up_and_cannot_commit(void **state) {
    struct fixture *fixture = *state;
    struct member a;
    struct member b;
    fixture->kafka.properties = STR("max.poll.interval.ms=6000");
    fixture_open(fixture);
    append_each(fixture, 1);
    join(fixture->log, &a);
    while (a.seen < 4) {
        step(&a);
    }
    join(fixture->log, &b);
    while (bits(b.owned) != 4 || b.seen < 4) { // a sleeps meanwhile
        step(&b);
    }
    assert_int_equal(a.owned, 0xf); // it does not know yet
    while (a.given < 4) {
        step(&a);
        step(&b);
    }
    assert_int_equal(a.committed, STATUS_NOT_FOUND);
    while (bits(a.owned) != 2 || bits(b.owned) != 2) {
        step(&a);
        step(&b);
    }
    eventlog_consumer_close(a.consumer);
    eventlog_consumer_close(b.consumer);
}

// A static member may be away for less than its session, and the others keep what they have.
static void a_static_member_comes_back_without_a_rebalance(void **state) {
    struct fixture *fixture = *state;
    struct member a;
    struct member b;
    fixture->kafka.instance_id = STR("worker");
    fixture->kafka.session_timeout_ms = 30000;
    fixture_open(fixture);
    append_each(fixture, 1);
    join(fixture->log, &a);
    join(fixture->log, &b);
    assert_int_equal(kafka_consumer_of(a.consumer)->number, 0);
    assert_int_equal(kafka_consumer_of(b.consumer)->number, 1);
    while (bits(a.owned) != 2 || bits(b.owned) != 2) {
        step(&a);
        step(&b);
    }
    unsigned owned = a.owned;
    unsigned given = b.given;
    eventlog_consumer_close(a.consumer);
    join(fixture->log, &a);
    assert_int_equal(kafka_consumer_of(a.consumer)->number, 0);
    while (bits(a.owned) != 2) {
        step(&a);
        step(&b);
    }
    assert_int_equal(a.owned, owned);
    assert_int_equal(b.given, given);
    eventlog_consumer_close(a.consumer);
    eventlog_consumer_close(b.consumer);
}

// The second life of an instance id throws out the first one, which tells so and comes back later.
static void a_member_whose_instance_id_is_taken_gives_up(void **state) {
    struct fixture *fixture = *state;
    struct eventlog *other = NULL;
    struct member a;
    struct member b;
    fixture->kafka.instance_id = STR("worker");
    fixture_open(fixture);
    append_each(fixture, 1);
    join(fixture->log, &a);
    while (bits(a.owned) != 4) {
        step(&a);
    }
    assert_int_equal(eventlog_open_kafka(&fixture->kafka, &other, NULL), STATUS_OK);
    join(other, &b);
    while (bits(b.owned) != 4 || a.owned != 0) {
        step(&a);
        step(&b);
    }
    assert_int_equal(a.committed, STATUS_NOT_FOUND);
    eventlog_consumer_close(b.consumer);
    eventlog_close(other);
    eventlog_consumer_close(a.consumer);
}

// --- Places -------------------------------------------------------------------------------------------------------

static void a_place_may_be_changed_at_any_time(void **state) {
    struct fixture *fixture = *state;
    struct member a;
    fixture_open(fixture);
    append_each(fixture, 50);
    join(fixture->log, &a);
    while (bits(a.owned) != 4) {
        step(&a); // perhaps before anything was read
    }
    static const int64_t places[] = {40, 0, 50, 7, 7, 49, 0};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (unsigned p = 0; p < PARTITIONS; p++) {
            assert_int_equal(eventlog_seek(a.consumer, p, places[i]), STATUS_OK);
            a.next[p] = places[i];
        }
        a.seen = 0;
        while (a.seen < (size_t)(50 - places[i]) / 2) { // sometimes amid the reading
            step(&a);
        }
    }
    while (a.next[0] + a.next[1] + a.next[2] + a.next[3] < 200) {
        step(&a);
    }
    for (unsigned p = 0; p < PARTITIONS; p++) {
        assert_int_equal(eventlog_consumer_end(a.consumer, p), 50);
        assert_int_equal(eventlog_seek(a.consumer, p, 51), STATUS_INVALID);
        assert_int_equal(eventlog_commit(a.consumer, p, 51), STATUS_INVALID);
    }
    eventlog_consumer_close(a.consumer);
}

static void delete_records(const struct fixture *fixture, unsigned partition, int64_t before) {
    char text[200] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", fixture->kafka.brokers.data, text, sizeof text);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(rk);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, fixture->topic, (int32_t)partition)->offset = before;
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(rk, &request, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 30000);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

static void what_retention_dropped_is_a_gap(void **state) {
    struct fixture *fixture = *state;
    struct member a;
    struct eventlog_batch batch = {0};
    fixture_open(fixture);
    append_each(fixture, 20);
    join(fixture->log, &a);
    while (a.seen < 80) {
        step(&a);
    }
    assert_int_equal(eventlog_commit(a.consumer, 2, 5), STATUS_OK);
    delete_records(fixture, 2, 12);
    assert_int_equal(eventlog_seek(a.consumer, 2, 3), STATUS_OK);
    while (batch.count == 0) {
        enum status status = eventlog_poll(a.consumer, 10000, 100000, &batch, NULL);
        assert_true(status == STATUS_OK || status == STATUS_TIMEOUT);
    }
    assert_int_equal(batch.partition, 2);
    assert_int_equal(batch.records[0].offset, 12);
    struct eventlog_partition_info info;
    assert_int_equal(eventlog_partition_info(fixture->log, 2, STR("g"), &info), STATUS_OK);
    assert_int_equal(info.begin, 12);
    assert_int_equal(info.end, 20);
    assert_int_equal(info.committed, 5);
    eventlog_consumer_close(a.consumer);
    struct member b; // starts at the begin, not at what was committed
    join(fixture->log, &b);
    while (bits(b.owned) != 4) {
        step(&b);
    }
    assert_true(b.next[2] >= 12);
    eventlog_consumer_close(b.consumer);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(members_share_and_hand_over_what_they_committed),
        TEST(a_member_that_leaves_while_it_is_given_partitions_takes_none),
        TEST(who_only_looks_has_all_and_moves_nothing),
        TEST(a_member_that_was_thrown_out_gives_up_and_cannot_commit),
        TEST(a_static_member_comes_back_without_a_rebalance),
        TEST(a_member_whose_instance_id_is_taken_gives_up),
        TEST(a_place_may_be_changed_at_any_time),
        TEST(what_retention_dropped_is_a_gap),
    };
    return cmocka_run_group_tests_name("eventlog kafka groups", tests, NULL, NULL);
}
