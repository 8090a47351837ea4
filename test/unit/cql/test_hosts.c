// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A cluster of several: replicas first, hosts that come, go, fall and return, the control connection that moves.
#include <stdio.h>
#include <stdlib.h>

#include "ask.h"
#include "cql/token.h"

#define STATEMENT "UPDATE ks.t SET a = 1 WHERE id = ?"

static struct fake *fake;
static struct cql_session *session;
static struct cql_prepared *prepared;

static int start_three(void **state) {
    (void)state;
    fake = fake_start(3);
    return 0;
}

static int stop(void **state) {
    (void)state;
    cql_session_close(session);
    session = NULL;
    fake_stop(fake);
    return 0;
}

static bool three_up(const struct cql_stats *stats) {
    return stats->hosts_up == 3;
}

static bool two_up(const struct cql_stats *stats) {
    return stats->hosts_up == 2 && stats->hosts_down == 0;
}

static bool two_up_one_down(const struct cql_stats *stats) {
    return stats->hosts_up == 2 && stats->hosts_down == 1;
}

static bool none_up(const struct cql_stats *stats) {
    return stats->hosts_up == 0;
}

static bool four_up(const struct cql_stats *stats) {
    return stats->hosts_up == 4;
}

static void open_all(const struct cql_config *config) {
    session = fake_open(config);
    fake_wait_stats(session, three_up);
    prepared = ask_prepare(session, STATEMENT);
}

static void open_plain(void) {
    struct cql_config config = fake_config(fake);
    open_all(&config);
}

static enum status execute(const char *key) {
    struct ask ask;
    ask_execute(&ask, prepared, key);
    ask.request.idempotent = true;
    return ask_now(session, &ask);
}

static unsigned executed(unsigned number) {
    return fake_requests(&fake->hosts[number - 1], CQL_OP_EXECUTE);
}

// By the tokens of fake_start(3): -9e18, -4.5e18, 0.
static unsigned owner_of(const char *key) {
    int64_t token = cql_token(str_from_c(key));
    return token <= INT64_C(-9000000000000000000)   ? 1
           : token <= INT64_C(-4500000000000000000) ? 2
           : token <= 0                             ? 3
                                                    : 1; // round the ring
}

static void test_a_key_goes_to_its_replica(void **state) {
    (void)state;
    open_plain();
    unsigned expected[4] = {0};
    for (int i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof key, "key-%d", i);
        unsigned before[4] = {0, executed(1), executed(2), executed(3)};
        assert_int_equal(execute(key), STATUS_OK);
        unsigned owner = owner_of(key);
        expected[owner]++;
        assert_int_equal(executed(owner), before[owner] + 1);
    }
    assert_true(expected[1] > 0 && expected[2] > 0 && expected[3] > 0);
}

static void test_a_replica_that_is_down_is_passed_over_at_once(void **state) {
    (void)state;
    open_plain();
    unsigned owner = owner_of("a");
    fake_down(&fake->hosts[owner - 1]);
    unsigned before = executed(owner);
    // No event says so, and nobody waits for one.
    for (int i = 0; i < 50; i++) {
        assert_int_equal(execute("a"), STATUS_OK);
    }
    assert_int_equal(executed(owner), before);
    fake_wait_stats(session, two_up_one_down);
    fake_up(&fake->hosts[owner - 1]);
    fake_wait_stats(session, three_up);
    assert_int_equal(execute("a"), STATUS_OK);
    assert_int_equal(executed(owner), before + 1);
}

static void test_requests_without_a_key_are_spread(void **state) {
    (void)state;
    open_plain();
    for (int i = 0; i < 200; i++) {
        struct ask ask;
        ask_query(&ask, "SELECT now() FROM ks.t");
        assert_int_equal(ask_now(session, &ask), STATUS_OK);
    }
    for (unsigned host = 0; host < 3; host++) {
        assert_true(fake_requests(&fake->hosts[host], CQL_OP_QUERY) > 20);
    }
}

static void test_the_less_busy_replica_is_asked(void **state) {
    (void)state;
    struct ask asks[30];
    fake_set_replication(fake, 3);
    open_plain();
    for (int i = 0; i < 30; i++) {
        assert_int_equal(execute("a"), STATUS_OK); // all know the statement
    }
    unsigned before[3] = {executed(1), executed(2), executed(3)};
    fake_hold(fake, true);
    for (int i = 0; i < 30; i++) {
        ask_execute(&asks[i], prepared, "a");
        ask_send(session, &asks[i]);
    }
    fake_wait_held(fake, 30);
    for (unsigned host = 0; host < 3; host++) {
        assert_in_range(executed(host + 1) - before[host], 8, 12);
    }
    fake_release_all(fake);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(ask_wait(&asks[i]), STATUS_OK);
    }
}

static void test_another_data_centre_comes_last(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    fake_set_replication(fake, 3);
    fake_lock(fake);
    fake->hosts[0].data_centre = "far";
    fake_unlock(fake);
    config.local_dc = STR("dc1");
    open_all(&config);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(execute("a"), STATUS_OK);
    }
    assert_int_equal(executed(1), 0);
    fake_down(&fake->hosts[1]);
    fake_down(&fake->hosts[2]);
    assert_int_equal(execute("a"), STATUS_OK);
    assert_true(executed(1) > 0);
}

// --- Events --------------------------------------------------------------------------------------------------------
static void set_member(unsigned number, bool member) {
    struct fake_host *host = &fake->hosts[number - 1];
    fake_lock(fake);
    host->member = member;
    host->token = host->token ? host->token : "4500000000000000000";
    fake_unlock(fake);
}

static void test_a_new_host_is_found(void **state) {
    (void)state;
    open_plain();
    set_member(4, true);
    fake_up(&fake->hosts[3]);
    fake_event(fake, "TOPOLOGY_CHANGE", "NEW_NODE", &fake->hosts[3]);
    fake_wait_stats(session, four_up);
    // It has tokens: those above 0, up to 4.5e18, are its own now.
    unsigned before = executed(4);
    for (int i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof key, "key-%d", i);
        assert_int_equal(execute(key), STATUS_OK);
    }
    assert_true(executed(4) > before);
}

static void test_up_of_a_host_nobody_knows(void **state) {
    (void)state;
    open_plain();
    set_member(4, true);
    fake_up(&fake->hosts[3]);
    fake_event(fake, "STATUS_CHANGE", "UP", &fake->hosts[3]);
    fake_wait_stats(session, four_up);
}

static bool three_has_no_connections(void *context) {
    (void)context;
    for (unsigned i = 0; i < FAKE_CONNECTIONS_MAX; i++) {
        if (fake->hosts[2].connections[i].open) {
            return false;
        }
    }
    return true;
}

static void test_a_removed_host_is_left(void **state) {
    (void)state;
    open_plain();
    set_member(3, false);
    fake_event(fake, "TOPOLOGY_CHANGE", "REMOVED_NODE", &fake->hosts[2]);
    fake_wait_stats(session, two_up);
    fake_wait(fake, three_has_no_connections, NULL);
    assert_int_equal(execute("a"), STATUS_OK);
}

static void test_a_removed_host_may_finish(void **state) {
    (void)state;
    struct ask ask;
    char key[16];
    open_plain();
    for (int i = 0;; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        if (owner_of(key) == 3) {
            break;
        }
    }
    assert_int_equal(execute(key), STATUS_OK);
    fake_hold(fake, true);
    ask_execute(&ask, prepared, key);
    ask_send(session, &ask);
    fake_wait_held(fake, 1);
    set_member(3, false);
    fake_event(fake, "TOPOLOGY_CHANGE", "REMOVED_NODE", &fake->hosts[2]);
    fake_wait_stats(session, two_up);
    fake_hold(fake, false);
    fake_release_all(fake);
    assert_int_equal(ask_wait(&ask), STATUS_OK);
    fake_wait(fake, three_has_no_connections, NULL);
}

static void test_up_brings_a_host_back_before_its_turn(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    config.reconnect_base_ms = 600000;
    config.reconnect_max_ms = 600000;
    open_all(&config);
    fake_down(&fake->hosts[2]);
    fake_wait_stats(session, two_up_one_down);
    fake_up(&fake->hosts[2]);
    fake_event(fake, "STATUS_CHANGE", "UP", &fake->hosts[2]);
    fake_wait_stats(session, three_up);
}

static bool was_probed(void *context) {
    (void)context;
    return fake->hosts[2].requests[CQL_OP_OPTIONS] > 0;
}

static void test_down_makes_us_look_and_not_believe(void **state) {
    (void)state;
    open_plain();
    fake_event(fake, "STATUS_CHANGE", "DOWN", &fake->hosts[2]);
    fake_wait(fake, was_probed, NULL);
    struct cql_stats stats;
    cql_session_stats(session, &stats);
    assert_int_equal(stats.hosts_up, 3);
}

static void test_a_keyspace_that_changes_is_read_again(void **state) {
    (void)state;
    open_plain();
    fake_set_replication(fake, 3);
    fake_schema_event(fake, "ks");
    // From one replica to three: others than the owner get requests too.
    unsigned owner = owner_of("a");
    unsigned others = 0;
    for (int i = 0; i < 100000 && others == 0; i++) {
        assert_int_equal(execute("a"), STATUS_OK);
        others = executed(owner % 3 + 1) + executed((owner + 1) % 3 + 1);
    }
    assert_true(others > 0);
}

static bool say_strange_event(const struct fake_request *request, void *context) {
    (void)context;
    if (request->opcode == CQL_OP_REGISTER) {
        fake_answer(request);
        struct fake_request event = *request;
        event.stream = -1;
        fake_reply(&event, CQL_OP_EVENT, STR("\0\15STATUS_CHANGE\0\4LIKE\4\1\2\3\4\0\0\0\1"));
        fake_reply(&event, CQL_OP_EVENT, STR("\0\15STATUS_CHANGE\0\2UP\4\1\2\3\4\0\0\0\1"));
        return true;
    }
    return false;
}

static void test_strange_events_do_no_harm(void **state) {
    (void)state;
    fake_use(fake, say_strange_event, NULL);
    open_plain();
    assert_int_equal(execute("a"), STATUS_OK);
}

// --- The control connection ------------------------------------------------------------------------------------------
static struct fake_host *registered_host(void) {
    for (unsigned i = 0; i < FAKE_HOSTS_MAX; i++) {
        for (unsigned c = 0; c < FAKE_CONNECTIONS_MAX; c++) {
            if (fake->hosts[i].connections[c].open && fake->hosts[i].connections[c].registered) {
                return &fake->hosts[i];
            }
        }
    }
    return NULL;
}

static bool another_is_registered(void *context) {
    struct fake_host *host = registered_host();
    return host && host != context;
}

static void test_control_moves_to_another_host(void **state) {
    (void)state;
    open_plain();
    fake_down(&fake->hosts[0]); // the contact point
    fake_wait(fake, another_is_registered, &fake->hosts[0]);
    assert_int_equal(execute("a"), STATUS_OK);
    // And events come from there.
    set_member(4, true);
    fake_up(&fake->hosts[3]);
    fake_event(fake, "TOPOLOGY_CHANGE", "NEW_NODE", &fake->hosts[3]);
    fake_up(&fake->hosts[0]);
    fake_wait_stats(session, four_up);
}

static void test_everything_away_and_back(void **state) {
    (void)state;
    struct ask waiting;
    struct ask impatient;
    open_plain();
    for (unsigned i = 0; i < 3; i++) {
        fake_down(&fake->hosts[i]);
    }
    fake_wait_stats(session, none_up);
    ask_execute(&impatient, prepared, "a");
    impatient.request.timeout_ms = 30;
    assert_int_equal(ask_now(session, &impatient), STATUS_UNAVAILABLE);
    assert_false(impatient.request.sent_unknown);
    assert_non_null(strstr(impatient.request.error.text, fake->net)); // which host said what
    ask_execute(&waiting, prepared, "a");
    ask_send(session, &waiting);
    for (unsigned i = 0; i < 3; i++) {
        fake_up(&fake->hosts[i]);
    }
    assert_int_equal(ask_wait(&waiting), STATUS_OK);
    fake_wait_stats(session, three_up);
    fake_wait(fake, another_is_registered, NULL);
}

static void test_no_host_but_the_contact_point_takes_connections(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    fake_down(&fake->hosts[1]);
    fake_down(&fake->hosts[2]);
    session = fake_open(&config);
    prepared = ask_prepare(session, STATEMENT);
    assert_int_equal(execute("a"), STATUS_OK);
}

// --- Schema agreement ------------------------------------------------------------------------------------------------
static void put_version(struct buffer *out, uint8_t version) {
    static const char ONE_COLUMN[] =
        "\0\0\0\2\0\0\0\1\0\0\0\1\0\6system\0\5local\0\16schema_version\0\14";
    buffer_append(out, ONE_COLUMN, sizeof ONE_COLUMN - 1);
    bytes_put_be32(out, 1);
    bytes_put_be32(out, 16);
    for (int i = 0; i < 16; i++) {
        bytes_put_u8(out, version);
    }
}

static bool disagree_at_first(const struct fake_request *request, void *context) {
    unsigned *disagreements = context;
    if (request->opcode != CQL_OP_QUERY ||
        !str_contains_ignore_case(request->body, STR("schema_version"))) {
        return false;
    }
    struct buffer out;
    buffer_init(&out, 4096);
    fake_lock(fake);
    bool differs = request->host->number == 2 && *disagreements > 0;
    *disagreements -= differs ? 1 : 0;
    fake_unlock(fake);
    put_version(&out, differs ? 8 : 7);
    fake_reply(request, CQL_OP_RESULT, buffer_str(&out));
    buffer_free(&out);
    return true;
}

static void test_waits_until_all_agree(void **state) {
    (void)state;
    struct error err;
    unsigned disagreements = 2;
    open_plain();
    fake_use(fake, disagree_at_first, &disagreements);
    assert_int_equal(cql_await_schema_agreement(session, 20000, &err), STATUS_OK);
    fake_lock(fake);
    assert_int_equal(disagreements, 0);
    disagreements = 1000000;
    fake_unlock(fake);
    assert_int_equal(cql_await_schema_agreement(session, 150, &err), STATUS_TIMEOUT);
    // A host that does not answer is not waited for.
    fake_down(&fake->hosts[1]);
    fake_wait_stats(session, two_up_one_down);
    assert_int_equal(cql_await_schema_agreement(session, 20000, &err), STATUS_OK);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start_three, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_key_goes_to_its_replica),
        TEST(test_a_replica_that_is_down_is_passed_over_at_once),
        TEST(test_requests_without_a_key_are_spread),
        TEST(test_the_less_busy_replica_is_asked),
        TEST(test_another_data_centre_comes_last),
        TEST(test_a_new_host_is_found),
        TEST(test_up_of_a_host_nobody_knows),
        TEST(test_a_removed_host_is_left),
        TEST(test_a_removed_host_may_finish),
        TEST(test_up_brings_a_host_back_before_its_turn),
        TEST(test_down_makes_us_look_and_not_believe),
        TEST(test_a_keyspace_that_changes_is_read_again),
        TEST(test_strange_events_do_no_harm),
        TEST(test_control_moves_to_another_host),
        TEST(test_everything_away_and_back),
        TEST(test_no_host_but_the_contact_point_takes_connections),
        TEST(test_waits_until_all_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
