// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests that are answered late, never, too many at once, or by a server that has forgotten their statements.
#include <stdlib.h>

#include "ask.h"

#define STATEMENT "UPDATE ks.t SET a = 1 WHERE id = ?"
#define MANY 64

static struct fake *fake;
static struct fake_host *host;

static int start_one(void **state) {
    (void)state;
    fake = fake_start(1);
    host = &fake->hosts[0];
    return 0;
}

static int stop(void **state) {
    (void)state;
    fake_stop(fake);
    return 0;
}

static struct cql_stats stats_of(struct cql_session *session) {
    struct cql_stats stats;
    cql_session_stats(session, &stats);
    return stats;
}

static bool one_late_reply(const struct cql_stats *stats) {
    return stats->late_replies == 1;
}

static void test_a_late_reply_goes_to_nobody(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct ask late;
    fake_hold(fake, true);
    ask_execute(&late, prepared, "a");
    late.request.timeout_ms = 20;
    assert_int_equal(ask_now(session, &late), STATUS_TIMEOUT);
    assert_true(late.request.sent_unknown);
    assert_non_null(strstr(late.request.error.text, "within 20 ms"));
    assert_int_equal(stats_of(session).timeouts, 1);
    assert_int_equal(stats_of(session).in_flight, 1); // its stream id is kept
    fake_wait_held(fake, 1);
    fake_hold(fake, false);
    // The next request has another stream id: the late reply is not taken for its own.
    struct ask next;
    ask_execute(&next, prepared, "b");
    assert_int_equal(ask_now(session, &next), STATUS_OK);
    fake_release_all(fake);
    fake_wait_stats(session, one_late_reply);
    assert_int_equal(stats_of(session).in_flight, 0);
    cql_session_close(session);
}

static void test_more_requests_than_stream_ids(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    config.in_flight_per_connection = 4;
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct ask asks[MANY];
    fake_hold(fake, true);
    for (int i = 0; i < MANY; i++) {
        ask_execute(&asks[i], prepared, "a");
        ask_send(session, &asks[i]);
    }
    fake_wait_held(fake, 4);
    fake_hold(fake, false);
    fake_release_all(fake);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(ask_wait(&asks[i]), STATUS_OK);
    }
    assert_int_equal(stats_of(session).queued, 0);
    cql_session_close(session);
}

static bool four_queued(const struct cql_stats *stats) {
    return stats->queued == 4;
}

static void test_a_full_queue_refuses(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    config.in_flight_per_connection = 2;
    config.queued_max = 4;
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct ask asks[6];
    struct ask refused;
    fake_hold(fake, true);
    for (int i = 0; i < 6; i++) {
        ask_execute(&asks[i], prepared, "a");
        ask_send(session, &asks[i]);
    }
    fake_wait_stats(session, four_queued);
    ask_execute(&refused, prepared, "a");
    assert_int_equal(ask_now(session, &refused), STATUS_FULL);
    assert_false(refused.request.sent_unknown);
    fake_wait_held(fake, 2);
    fake_hold(fake, false);
    fake_release_all(fake);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(ask_wait(&asks[i]), STATUS_OK);
    }
    cql_session_close(session);
}

static void test_waiting_for_a_stream_id_times_out_unsent(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    config.in_flight_per_connection = 1;
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct ask first;
    struct ask second;
    fake_hold(fake, true);
    ask_execute(&first, prepared, "a");
    ask_send(session, &first);
    fake_wait_held(fake, 1);
    ask_execute(&second, prepared, "b");
    second.request.timeout_ms = 20;
    assert_int_equal(ask_now(session, &second), STATUS_TIMEOUT);
    assert_false(second.request.sent_unknown);
    fake_release_all(fake);
    assert_int_equal(ask_wait(&first), STATUS_OK);
    cql_session_close(session);
}

static bool connected_anew(void *context) {
    (void)context;
    return host->accepted >= 3; // control, requests, requests again
}

static void test_too_many_given_up_close_the_connection(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    config.in_flight_per_connection = 8;
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct ask asks[8];
    fake_hold(fake, true);
    for (int i = 0; i < 8; i++) {
        ask_execute(&asks[i], prepared, "a");
        asks[i].request.timeout_ms = i < 5 ? 20 : 20000;
        asks[i].request.idempotent = i != 7;
        ask_send(session, &asks[i]);
    }
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask_wait(&asks[i]), STATUS_TIMEOUT);
    }
    fake_wait(fake, connected_anew, NULL);
    // Those that may be sent twice were, on the new connection; the other one is told.
    assert_int_equal(ask_wait(&asks[7]), STATUS_IO);
    assert_true(asks[7].request.sent_unknown);
    fake_wait_held(fake, 10);
    fake_hold(fake, false);
    fake_release_all(fake);
    assert_int_equal(ask_wait(&asks[5]), STATUS_OK);
    assert_int_equal(ask_wait(&asks[6]), STATUS_OK);
    cql_session_close(session);
}

static bool swallow_options(const struct fake_request *request, void *context) {
    (void)context;
    return request->opcode == CQL_OP_OPTIONS;
}

static void test_a_connection_without_a_heartbeat_is_closed(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    config.heartbeat_interval_ms = 20;
    config.heartbeat_timeout_ms = 20;
    fake_use(fake, swallow_options, NULL);
    struct cql_session *session = fake_open(&config);
    fake_wait(fake, connected_anew, NULL);
    assert_true(fake_requests(host, CQL_OP_OPTIONS) > 0);
    cql_session_close(session);
}

static bool has_heartbeats(void *context) {
    (void)context;
    return host->requests[CQL_OP_OPTIONS] >= 6;
}

static void test_answered_heartbeats_keep_it_open(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    config.heartbeat_interval_ms = 20;
    config.heartbeat_timeout_ms = 5000;
    struct cql_session *session = fake_open(&config);
    fake_wait(fake, has_heartbeats, NULL);
    assert_int_equal(fake_accepted(host), 2);
    cql_session_close(session);
}

static void test_a_host_that_stands_still_is_left(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    config.heartbeat_interval_ms = 60000; // only what owes a reply is asked so soon
    config.heartbeat_timeout_ms = 30;
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct ask ask;
    fake_use(fake, swallow_options, NULL);
    fake_hold(fake, true);
    ask_execute(&ask, prepared, "a");
    assert_int_equal(ask_now(session, &ask), STATUS_IO);
    assert_true(ask.request.sent_unknown);
    assert_non_null(strstr(ask.request.error.text, "heartbeat"));
    cql_session_close(session);
}

static void test_closing_with_requests_pending(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    config.in_flight_per_connection = 8;
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct ask asks[MANY];
    fake_hold(fake, true);
    for (int i = 0; i < MANY; i++) {
        ask_execute(&asks[i], prepared, "a");
        ask_send(session, &asks[i]);
    }
    fake_wait_held(fake, 8);
    cql_session_close(session);
    unsigned unknown = 0;
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(ask_wait(&asks[i]), STATUS_CLOSED);
        unknown += asks[i].request.sent_unknown ? 1 : 0;
    }
    assert_int_equal(unknown, 8);
}

// --- UNPREPARED ----------------------------------------------------------------------------------------------------
static void test_a_forgotten_statement_is_prepared_again(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct ask ask;
    ask_execute(&ask, prepared, "a");
    assert_int_equal(ask_now(session, &ask), STATUS_OK);
    assert_int_equal(fake_requests(host, CQL_OP_PREPARE), 1);
    fake_forget_statements(host, 0);
    ask_execute(&ask, prepared, "a");
    assert_int_equal(ask_now(session, &ask), STATUS_OK);
    assert_int_equal(fake_requests(host, CQL_OP_PREPARE), 2);
    fake_forget_statements(host, 5); // and its id is another one
    ask_execute(&ask, prepared, "a");
    assert_int_equal(ask_now(session, &ask), STATUS_OK);
    assert_int_equal(fake_requests(host, CQL_OP_PREPARE), 3);
    ask_execute(&ask, prepared, "a");
    assert_int_equal(ask_now(session, &ask), STATUS_OK);
    assert_int_equal(fake_requests(host, CQL_OP_PREPARE), 3);
    assert_int_equal(stats_of(session).reprepared, 2);
    cql_session_close(session);
}

static void test_so_are_all_of_a_batch(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *one = ask_prepare(session, STATEMENT);
    struct cql_prepared *two = ask_prepare(session, "DELETE FROM ks.t WHERE id = ?");
    struct ask ask;
    for (unsigned version = 0; version < 2; version++) {
        fake_forget_statements(host, version);
        ask_execute(&ask, one, "a");
        struct cql_batch_entry entries[3] = {{one, ask.request.values, 1},
                                             {two, ask.request.values, 1},
                                             {one, ask.request.values, 1}};
        ask.request.kind = CQL_REQUEST_BATCH;
        ask.request.batch_type = CQL_BATCH_UNLOGGED;
        ask.request.entries = entries;
        ask.request.entry_count = 3;
        assert_int_equal(ask_now(session, &ask), STATUS_OK);
    }
    assert_int_equal(fake_requests(host, CQL_OP_BATCH), 4);
    assert_int_equal(stats_of(session).reprepared, 2);
    cql_session_close(session);
}

static bool never_remembers(const struct fake_request *request, void *context) {
    (void)context;
    if (request->opcode == CQL_OP_EXECUTE) {
        fake_reply_error(request, CQL_ERROR_UNPREPARED, "never heard of it", STR("\0\2ab"));
        return true;
    }
    return false;
}

static void test_a_server_that_never_remembers(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct ask ask;
    fake_use(fake, never_remembers, NULL);
    ask_execute(&ask, prepared, "a");
    assert_int_equal(ask_now(session, &ask), STATUS_INVALID);
    assert_int_equal(ask.request.server_error, CQL_ERROR_UNPREPARED);
    assert_int_equal(fake_requests(host, CQL_OP_EXECUTE), 2);
    cql_session_close(session);
}

static bool refuse_prepare(const struct fake_request *request, void *context) {
    (void)context;
    if (request->opcode == CQL_OP_PREPARE) {
        fake_reply_error(request, CQL_ERROR_SYNTAX, "line 1:0 no viable alternative", STR_EMPTY);
        return true;
    }
    return false;
}

static void test_a_statement_that_is_refused(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = NULL;
    struct error err;
    fake_use(fake, refuse_prepare, NULL);
    assert_int_equal(cql_prepare(session, STR("SELEKT"), &prepared, &err), STATUS_INVALID);
    assert_null(prepared);
    assert_non_null(strstr(err.text, "no viable alternative"));
    fake_use(fake, NULL, NULL); // it was a mistake of the server's; the text may be tried again
    assert_int_equal(cql_prepare(session, STR("SELEKT"), &prepared, &err), STATUS_OK);
    struct cql_prepared *same = NULL;
    assert_int_equal(cql_prepare(session, STR("SELEKT"), &same, &err), STATUS_OK);
    assert_ptr_equal(prepared, same);
    cql_session_close(session);
}

static bool hold_prepare(const struct fake_request *request, void *context) {
    if (request->opcode == CQL_OP_PREPARE) {
        *(struct fake_request *)context = *request;
        return true;
    }
    return false;
}

static bool both_asked(void *context) {
    (void)context;
    return host->requests[CQL_OP_PREPARE] == 3;
}

static void test_one_prepare_for_all_who_wait(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct ask asks[MANY];
    fake_forget_statements(host, 1);
    for (int i = 0; i < MANY; i++) {
        ask_execute(&asks[i], prepared, "a");
        ask_send(session, &asks[i]);
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(ask_wait(&asks[i]), STATUS_OK);
    }
    // Everybody who was sent in vain finds it asked for already, or known: far fewer than one each.
    assert_in_range(fake_requests(host, CQL_OP_PREPARE), 2, MANY / 2);
    cql_session_close(session);
}

static void test_giving_up_while_it_is_prepared(void **state) {
    (void)state;
    struct cql_config config = fake_config(fake);
    struct cql_session *session = fake_open(&config);
    struct cql_prepared *prepared = ask_prepare(session, STATEMENT);
    struct fake_request held;
    struct ask ask;
    fake_forget_statements(host, 1);
    fake_use(fake, hold_prepare, &held);
    ask_execute(&ask, prepared, "a");
    ask.request.timeout_ms = 50;
    assert_int_equal(ask_now(session, &ask), STATUS_TIMEOUT);
    assert_false(ask.request.sent_unknown);
    // The connection goes while the answer is owed; the next host's worth of tries prepares again.
    fake_use(fake, NULL, NULL);
    fake_cut(host);
    ask_execute(&ask, prepared, "a");
    assert_int_equal(ask_now(session, &ask), STATUS_OK);
    fake_wait(fake, both_asked, NULL);
    cql_session_close(session);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start_one, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_late_reply_goes_to_nobody),
        TEST(test_more_requests_than_stream_ids),
        TEST(test_a_full_queue_refuses),
        TEST(test_waiting_for_a_stream_id_times_out_unsent),
        TEST(test_too_many_given_up_close_the_connection),
        TEST(test_a_connection_without_a_heartbeat_is_closed),
        TEST(test_answered_heartbeats_keep_it_open),
        TEST(test_a_host_that_stands_still_is_left),
        TEST(test_closing_with_requests_pending),
        TEST(test_a_forgotten_statement_is_prepared_again),
        TEST(test_so_are_all_of_a_batch),
        TEST(test_a_server_that_never_remembers),
        TEST(test_a_statement_that_is_refused),
        TEST(test_one_prepare_for_all_who_wait),
        TEST(test_giving_up_while_it_is_prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
