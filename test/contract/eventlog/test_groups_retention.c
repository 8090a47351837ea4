// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The event log's contract for consumer groups, places, retention and quota: run as `test_groups_retention ENGINE`.
#include "eventlog_fixture.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static const char *engine;

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture_init(fixture, engine);
    fixture_open(fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    fixture_free(*state);
    free(*state);
    return 0;
}

// --- Groups -------------------------------------------------------------------------------------------------------

struct member {
    struct eventlog_consumer *consumer;
    unsigned owned; // bit set
    unsigned taken; // how often
    unsigned given;
    int64_t start_at; // assigned: begin there; -1: where it comes in
    bool commits;     // revoked: commits 1
};

static void note_assigned(unsigned partition, int64_t *start, void *context) {
    struct member *member = context;
    assert_int_equal(member->owned & (1U << partition), 0);
    member->owned |= 1U << partition;
    member->taken++;
    if (member->start_at >= 0) {
        *start = member->start_at;
    }
}

static void note_revoked(unsigned partition, void *context) {
    struct member *member = context;
    assert_int_not_equal(member->owned & (1U << partition), 0);
    if (member->commits) { // still the owner
        assert_int_equal(eventlog_commit(member->consumer, partition, 1), STATUS_OK);
    }
    member->owned &= ~(1U << partition);
    member->given++;
}

static void join(struct fixture *fixture, struct member *member, const char *group) {
    member->start_at = -1;
    const struct eventlog_consumer_config config = {.group = str_from_c(group),
                                                    .assigned = note_assigned,
                                                    .revoked = note_revoked,
                                                    .context = member};
    assert_int_equal(eventlog_consumer_open(fixture->log, &config, &member->consumer, NULL),
                     STATUS_OK);
}

static size_t drain(struct member *member) {
    return fixture_drain(member->consumer);
}

static void append_one_each(struct fixture *fixture, const char *value) {
    for (unsigned i = 0; i < fixture->config.partitions; i++) {
        char key[32];
        fixture_key_for(i, fixture->config.partitions, key);
        assert_int_equal(fixture_append_one(fixture, key, value), STATUS_OK);
    }
}

static void members_share_the_partitions_and_hand_over_in_their_polls(void **state) {
    struct fixture *fixture = *state;
    append_one_each(fixture, "v");
    struct member a = {0};
    struct member b = {0};
    join(fixture, &a, "g");
    assert_int_equal(drain(&a), 4);
    assert_int_equal(a.owned, 0xf);
    join(fixture, &b, "g");
    assert_int_equal(drain(&b), 0); // a has not given up yet
    assert_int_equal(b.owned, 0);
    a.commits = true;
    assert_int_equal(drain(&a), 0);
    assert_int_equal(a.owned, 0x3);
    assert_int_equal(eventlog_commit(a.consumer, 3, 1), STATUS_NOT_FOUND);
    assert_int_equal(eventlog_seek(a.consumer, 3, 0), STATUS_NOT_FOUND);
    assert_int_equal(drain(&b), 0); // a committed in revoked
    assert_int_equal(b.owned, 0xc);
    append_one_each(fixture, "w");
    assert_int_equal(drain(&a), 2);
    assert_int_equal(drain(&b), 2);
    eventlog_consumer_close(a.consumer);
    assert_int_equal(a.owned, 0);
    assert_int_equal(drain(&b), 2); // what a read but did not commit
    assert_int_equal(b.owned, 0xf);
    eventlog_consumer_close(b.consumer);
    assert_int_equal(a.taken + b.taken, a.given + b.given);
}

static void three_members_get_ranges(void **state) {
    struct fixture *fixture = *state;
    struct member members[3] = {0};
    for (int i = 0; i < 3; i++) {
        join(fixture, &members[i], "g");
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(drain(&members[i]), 0);
    }
    assert_int_equal(members[0].owned, 0x3);
    assert_int_equal(members[1].owned, 0x4);
    assert_int_equal(members[2].owned, 0x8);
    for (int i = 0; i < 3; i++) {
        eventlog_consumer_close(members[i].consumer);
    }
}

static void groups_do_not_know_each_other(void **state) {
    struct fixture *fixture = *state;
    append_one_each(fixture, "v");
    struct eventlog_consumer *a = fixture_consumer(fixture, "a");
    struct eventlog_consumer *b = fixture_consumer(fixture, "b");
    assert_int_equal(fixture_drain(a), 4);
    assert_int_equal(eventlog_commit(a, 0, 1), STATUS_OK);
    assert_int_equal(fixture_drain(b), 4);
    struct eventlog_partition_info info;
    assert_int_equal(eventlog_partition_info(fixture->log, 0, STR("a"), &info), STATUS_OK);
    assert_int_equal(info.committed, 1);
    assert_int_equal(eventlog_partition_info(fixture->log, 0, STR("b"), &info), STATUS_OK);
    assert_int_equal(info.committed, -1);
    assert_int_equal(info.begin, 0);
    assert_int_equal(info.end, 1);
    assert_int_equal(eventlog_partition_info(fixture->log, 4, STR("b"), &info), STATUS_NOT_FOUND);
    eventlog_consumer_close(a);
    eventlog_consumer_close(b);
    const struct eventlog_consumer_config nameless = {.group = STR_EMPTY};
    assert_int_equal(eventlog_consumer_open(fixture->log, &nameless, &a, NULL), STATUS_INVALID);
}

static void places_and_records_outlive_a_restart(void **state) {
    struct fixture *fixture = *state;
    append_one_each(fixture, "1");
    append_one_each(fixture, "2");
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    assert_int_equal(fixture_drain(consumer), 8);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(eventlog_commit(consumer, i, 1), STATUS_OK);
        assert_int_equal(eventlog_commit(consumer, i, 3), STATUS_INVALID);
    }
    eventlog_consumer_close(consumer);
    int64_t epoch = eventlog_epoch(fixture->log);
    assert_true(epoch > 0);
    if (!fixture_is_memory(fixture)) {
        fixture_close(fixture);
        fixture_open(fixture);
        assert_int_equal(eventlog_epoch(fixture->log), epoch);
    }
    append_one_each(fixture, "3");
    consumer = fixture_consumer(fixture, "g");
    assert_int_equal(fixture_drain(consumer), 8);
    assert_int_equal(eventlog_seek(consumer, 2, 0), STATUS_OK);
    assert_int_equal(fixture_drain(consumer), 3);
    assert_int_equal(eventlog_seek(consumer, 2, 4), STATUS_INVALID);
    assert_int_equal(eventlog_seek(consumer, 9, 0), STATUS_NOT_FOUND);
    eventlog_consumer_close(consumer);
}

static void assigned_may_choose_where_to_start(void **state) {
    struct fixture *fixture = *state;
    append_one_each(fixture, "1");
    append_one_each(fixture, "2");
    struct member member = {0};
    join(fixture, &member, "g");
    member.start_at = 1;
    assert_int_equal(drain(&member), 4);
    eventlog_consumer_close(member.consumer);
}

// A place behind the end: the log was replaced by an older copy. That must not be read over in silence.
static void a_place_behind_the_end_is_reported_and_others_go_on(void **state) {
    struct fixture *fixture = *state;
    append_one_each(fixture, "1");
    struct member member = {0};
    join(fixture, &member, "g");
    member.start_at = 7;
    struct eventlog_batch batch;
    struct error err;
    unsigned reported = 0;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(fixture_poll(member.consumer, 100, &batch, &err), STATUS_CORRUPT);
        reported |= 1U << batch.partition;
        assert_int_equal(batch.next_offset, 7);
        assert_non_null(strstr(err.text, "offset 7"));
    }
    assert_int_equal(reported, 0xf);
    assert_int_equal(fixture_poll(member.consumer, 100, &batch, &err), STATUS_TIMEOUT);
    assert_int_equal(eventlog_seek(member.consumer, 2, 0), STATUS_OK);
    assert_int_equal(drain(&member), 1);
    eventlog_consumer_close(member.consumer);
}

// --- Retention and quota ------------------------------------------------------------------------------------------

static void reopen_with(struct fixture *fixture, const struct eventlog_config *config) {
    fixture_close(fixture);
    fixture->config = *config;
    fixture->config.clock = &fixture->clock.clock;
    fixture_open(fixture);
}

static struct eventlog_partition_info info_of(struct fixture *fixture, unsigned partition) {
    struct eventlog_partition_info info;
    assert_int_equal(eventlog_partition_info(fixture->log, partition, STR("g"), &info), STATUS_OK);
    return info;
}

static void old_records_go(void **state) {
    struct fixture *fixture = *state;
    reopen_with(fixture, &(struct eventlog_config){.partitions = 4, .retention_ms = 60000});
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    append_one_each(fixture, "old");
    fixture_clock_advance(&fixture->clock, 30000);
    append_one_each(fixture, "new");
    assert_int_equal(eventlog_enforce_retention(fixture->log, NULL), STATUS_OK);
    assert_int_equal(info_of(fixture, 0).begin, 0); // none is old enough
    fixture_clock_advance(&fixture->clock, 30000);
    assert_int_equal(eventlog_enforce_retention(fixture->log, NULL), STATUS_OK);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(info_of(fixture, i).begin, 1);
        assert_int_equal(info_of(fixture, i).end, 2);
    }
    assert_int_equal(fixture_drain(consumer), 4); // from the new begin on
    fixture_clock_advance(&fixture->clock, 60000);
    assert_int_equal(eventlog_enforce_retention(fixture->log, NULL), STATUS_OK);
    assert_int_equal(info_of(fixture, 3).begin, 2); // empty, but the offsets go on
    eventlog_consumer_close(consumer);
    if (!fixture_is_memory(fixture)) {
        fixture_close(fixture);
        fixture_open(fixture);
    }
    append_one_each(fixture, "newest");
    consumer = fixture_consumer(fixture, "g");
    struct eventlog_batch batch;
    assert_int_equal(eventlog_poll(consumer, 0, 100, &batch, NULL), STATUS_OK);
    assert_int_equal(batch.records[0].offset, 2);
    assert_int_equal(batch.next_offset, 3);
    eventlog_consumer_close(consumer);
}

// Text that does not compress, so that sizes can be reckoned with.
static void append_bytes(struct fixture *fixture, unsigned partition, size_t len) {
    static unsigned long x = 1;
    char key[32];
    char *text = malloc(len);
    assert_non_null(text);
    for (size_t i = 0; i < len; i++) {
        x = x * 6364136223846793005UL + 1442695040888963407UL;
        text[i] = (char)(x >> 56);
    }
    fixture_key_for(partition, fixture->config.partitions, key);
    const struct eventlog_record record = {
        str_from_c(key), {text, len}, atomic_load(&fixture->clock.wall)};
    assert_int_equal(fixture_append(fixture, &record, 1), STATUS_OK);
    free(text);
}

static void the_oldest_go_when_there_is_too_much(void **state) {
    struct fixture *fixture = *state;
    reopen_with(fixture, &(struct eventlog_config){.partitions = 4, .retention_bytes = 100000});
    for (unsigned i = 0; i < 40; i++) { // 200 kB in partition 1, and something newer in 2
        append_bytes(fixture, 1, 5000);
        fixture_clock_advance(&fixture->clock, 1);
    }
    append_bytes(fixture, 2, 5000);
    assert_int_equal(eventlog_enforce_retention(fixture->log, NULL), STATUS_OK);
    struct eventlog_partition_info info = info_of(fixture, 1);
    assert_in_range(info.begin, 21, 26); // at most 100 kB stay, and not much less
    assert_int_equal(info.end, 40);
    assert_int_equal(info_of(fixture, 2).begin, 0);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    assert_int_equal(fixture_drain(consumer), (size_t)(40 - info.begin) + 1);
    eventlog_consumer_close(consumer);
    if (!fixture_is_memory(fixture)) {
        fixture_close(fixture);
        fixture_open(fixture);
        assert_int_equal(info_of(fixture, 1).begin, info.begin);
        consumer = fixture_consumer(fixture, "g");
        assert_int_equal(fixture_drain(consumer), (size_t)(40 - info.begin) + 1);
        eventlog_consumer_close(consumer);
    }
}

static void retention_can_wait_for_consumers(void **state) {
    struct fixture *fixture = *state;
    reopen_with(fixture, &(struct eventlog_config){.partitions = 4,
                                                   .retention_ms = 1000,
                                                   .retention_waits_for_consumers = true});
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    append_one_each(fixture, "v");
    fixture_clock_advance(&fixture->clock, 5000);
    assert_int_equal(eventlog_enforce_retention(fixture->log, NULL), STATUS_OK);
    assert_int_equal(info_of(fixture, 0).begin, 0);
    assert_int_equal(fixture_drain(consumer), 4);
    assert_int_equal(eventlog_commit(consumer, 0, 1), STATUS_OK);
    assert_int_equal(eventlog_enforce_retention(fixture->log, NULL), STATUS_OK);
    assert_int_equal(info_of(fixture, 0).begin, 1);
    assert_int_equal(info_of(fixture, 1).begin, 0);
    eventlog_consumer_close(consumer);
}

// A log whose processor was killed before it first committed: nobody is known, but somebody is going to read.
static void retention_waits_for_consumers_that_are_not_known_yet(void **state) {
    struct fixture *fixture = *state;
    reopen_with(fixture, &(struct eventlog_config){.partitions = 4,
                                                   .retention_ms = 1000,
                                                   .retention_waits_for_consumers = true});
    append_one_each(fixture, "v");
    fixture_clock_advance(&fixture->clock, 5000);
    assert_int_equal(eventlog_enforce_retention(fixture->log, NULL), STATUS_OK);
    assert_int_equal(info_of(fixture, 0).begin, 0);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    assert_int_equal(fixture_drain(consumer), 4);
    eventlog_consumer_close(consumer);
}

// A group that only looks never commits, and must not keep the log from growing shorter; nor does it count as the one that is to come.
static void retention_does_not_wait_for_who_only_looks(void **state) {
    struct fixture *fixture = *state;
    reopen_with(fixture, &(struct eventlog_config){.partitions = 4,
                                                   .retention_ms = 1000,
                                                   .retention_waits_for_consumers = true});
    struct eventlog_consumer_config config = {.group = STR("looks"), .looks = true};
    struct eventlog_consumer *looker = NULL;
    struct error err;
    assert_int_equal(eventlog_consumer_open(fixture->log, &config, &looker, &err), STATUS_OK);
    append_one_each(fixture, "v");
    assert_int_equal(fixture_drain(looker), 4);
    fixture_clock_advance(&fixture->clock, 5000);
    assert_int_equal(eventlog_enforce_retention(fixture->log, NULL), STATUS_OK);
    assert_int_equal(info_of(fixture, 0).begin, 0);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    assert_int_equal(fixture_drain(consumer), 4);
    assert_int_equal(eventlog_commit(consumer, 0, 1), STATUS_OK);
    assert_int_equal(eventlog_enforce_retention(fixture->log, NULL), STATUS_OK);
    assert_int_equal(info_of(fixture, 0).begin, 1);
    eventlog_consumer_close(looker);
    assert_int_equal(eventlog_commit(consumer, 1, 1), STATUS_OK);
    assert_int_equal(eventlog_enforce_retention(fixture->log, NULL), STATUS_OK);
    assert_int_equal(info_of(fixture, 1).begin, 1);
    eventlog_consumer_close(consumer);
}

static void above_the_quota_appends_are_refused_until_there_is_room(void **state) {
    struct fixture *fixture = *state;
    const uint64_t quota = 2000000;
    reopen_with(fixture, &(struct eventlog_config){
                             .partitions = 4, .retention_ms = 3600000, .quota_bytes = quota});
    char text[4001];
    memset(text, 'x', sizeof text);
    enum status status = STATUS_OK;
    unsigned kept = 0;
    while (status == STATUS_OK && kept < 1000) {
        for (size_t i = 0; i < sizeof text - 1; i++) {
            text[i] = (char)('a' + (kept * 31 + i * i * 7 + i * kept) % 26);
        }
        text[sizeof text - 1] = '\0';
        status = fixture_append_one(fixture, "k", text);
        kept += status == STATUS_OK;
    }
    assert_int_equal(status, STATUS_QUOTA);
    struct eventlog_stats stats;
    eventlog_stats(fixture->log, &stats);
    assert_false(stats.writable);
    assert_int_equal(stats.quota_bytes, quota);
    assert_int_equal(stats.refused, 1);
    assert_int_equal(stats.appended_records, kept);
    struct eventlog_consumer *consumer = fixture_consumer(fixture, "g");
    assert_int_equal(fixture_drain(consumer), kept); // the refused one is not there
    eventlog_consumer_close(consumer);
    fixture_clock_advance(&fixture->clock, 3600000);
    status = STATUS_QUOTA;
    for (long i = 0; status == STATUS_QUOTA && i < 2000; i++) { // files go in the background
        fixture_clock_advance(&fixture->clock, 1000);
        status = fixture_append_one(fixture, "k", "v");
        sched_yield();
    }
    assert_int_equal(status, STATUS_OK);
    eventlog_stats(fixture->log, &stats);
    assert_true(stats.writable);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define SINGLE_MEMBER_TESTS                                                                        \
    TEST(groups_do_not_know_each_other), TEST(places_and_records_outlive_a_restart),               \
        TEST(assigned_may_choose_where_to_start),                                                  \
        TEST(a_place_behind_the_end_is_reported_and_others_go_on)
#define MANY_MEMBER_TESTS                                                                          \
    TEST(members_share_the_partitions_and_hand_over_in_their_polls), TEST(three_members_get_ranges)
#define RETENTION_TESTS                                                                            \
    TEST(old_records_go), TEST(the_oldest_go_when_there_is_too_much),                              \
        TEST(retention_can_wait_for_consumers), TEST(retention_does_not_wait_for_who_only_looks),  \
        TEST(retention_waits_for_consumers_that_are_not_known_yet)

static int run_embedded(void) {
    const struct CMUnitTest tests[] = {
        MANY_MEMBER_TESTS, SINGLE_MEMBER_TESTS, RETENTION_TESTS,
        TEST(above_the_quota_appends_are_refused_until_there_is_room)};
    return cmocka_run_group_tests_name("eventlog groups and retention", tests, NULL, NULL);
}

// What the log behind refuses goes to the spool, whose quota is tried with test_spool.
static int run_spool(void) {
    const struct CMUnitTest tests[] = {MANY_MEMBER_TESTS, SINGLE_MEMBER_TESTS, RETENTION_TESTS};
    return cmocka_run_group_tests_name("eventlog groups and retention", tests, NULL, NULL);
}

// Kafka's groups meet through brokers, over several polls of each: test_kafka tries them. Its retention goes by real time and by
// segments of hours, and it has no quota.
static int run_kafka(void) {
    const struct CMUnitTest tests[] = {SINGLE_MEMBER_TESTS};
    return cmocka_run_group_tests_name("eventlog groups", tests, NULL, NULL);
}

int main(int argc, char **argv) {
    engine = argc > 1 ? argv[1] : "memory";
    return strcmp(engine, "kafka") == 0   ? run_kafka()
           : strcmp(engine, "spool") == 0 ? run_spool()
                                          : run_embedded();
}
