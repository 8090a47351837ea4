// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Many threads, several loops, hosts that fall: every request is done once, and a closing session answers all.
#include <stdio.h>
#include <stdlib.h>

#include "ask.h"

#define STATEMENT "UPDATE ks.t SET a = 1 WHERE id = ?"
#define THREADS 4
#define ROUNDS 100
#define BURST 20

static struct fake *fake;
static struct cql_session *session;
static struct cql_prepared *prepared;
static atomic_uint failures;

static int start_three(void **state) {
    (void)state;
    fake = fake_start(3);
    fake_set_replication(fake, 2);
    return 0;
}

static int stop(void **state) {
    (void)state;
    fake_stop(fake);
    return 0;
}

static void *wait_for_each(void *given) {
    (void)given;
    struct buffer buffer;
    buffer_init(&buffer, 4096);
    for (int i = 0; i < ROUNDS; i++) {
        struct cql_values values;
        char key[32];
        snprintf(key, sizeof key, "%d-%d", i, (int)pthread_self() & 1023);
        buffer_clear(&buffer);
        cql_values_begin(&values, &buffer);
        cql_bind_text(&values, str_from_c(key));
        struct cql_request request = {.kind = CQL_REQUEST_EXECUTE,
                                      .prepared = prepared,
                                      .values = cql_values_bytes(&values),
                                      .value_count = values.count,
                                      .consistency = CQL_LOCAL_QUORUM,
                                      .idempotent = true};
        if (cql_execute_wait(session, &request, NULL) != STATUS_OK) {
            atomic_fetch_add(&failures, 1);
        }
    }
    buffer_free(&buffer);
    return NULL;
}

static void *send_bursts(void *given) {
    (void)given;
    struct ask asks[BURST];
    for (int round = 0; round < ROUNDS / BURST; round++) {
        for (int i = 0; i < BURST; i++) {
            ask_execute(&asks[i], prepared, "a");
            asks[i].request.idempotent = true;
            ask_send(session, &asks[i]);
        }
        for (int i = 0; i < BURST; i++) {
            if (ask_wait(&asks[i]) != STATUS_OK) {
                atomic_fetch_add(&failures, 1);
            }
        }
    }
    return NULL;
}

static void *prepare_the_same(void *given) {
    (void)given;
    for (int i = 0; i < 20; i++) {
        char text[64];
        struct cql_prepared *statement = NULL;
        struct error err;
        snprintf(text, sizeof text, "DELETE FROM ks.t%d WHERE id = ?", i % 10);
        if (cql_prepare(session, str_from_c(text), &statement, &err) != STATUS_OK) {
            atomic_fetch_add(&failures, 1);
        }
    }
    return NULL;
}

static void run_all(void) {
    struct thread threads[THREADS * 3];
    unsigned count = 0;
    atomic_store(&failures, 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(thread_start(&threads[count++], "wait", wait_for_each, NULL), STATUS_OK);
        assert_int_equal(thread_start(&threads[count++], "burst", send_bursts, NULL), STATUS_OK);
        assert_int_equal(thread_start(&threads[count++], "prepare", prepare_the_same, NULL),
                         STATUS_OK);
    }
    for (unsigned i = 0; i < count; i++) {
        thread_join(&threads[i]);
    }
    assert_int_equal(atomic_load(&failures), 0);
}

static void open_with(unsigned loops, unsigned connections) {
    struct cql_config config = fake_config(fake);
    config.threads = loops;
    config.connections_per_host = connections;
    session = fake_open(&config);
    prepared = ask_prepare(session, STATEMENT);
}

static void test_one_loop(void **state) {
    (void)state;
    open_with(1, 1);
    run_all();
    cql_session_close(session);
}

static void test_several_loops(void **state) {
    (void)state;
    open_with(3, 2);
    run_all();
    struct cql_stats stats;
    cql_session_stats(session, &stats);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.hosts_up, 3);
    cql_session_close(session);
}

static atomic_bool cutting;

static void *cut_again_and_again(void *given) {
    (void)given;
    unsigned host = 0;
    while (atomic_load(&cutting)) {
        struct timespec pause = {.tv_nsec = 2000000};
        fake_cut(&fake->hosts[host++ % 3]);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void test_while_connections_break(void **state) {
    (void)state;
    struct thread cutter;
    open_with(2, 1);
    atomic_store(&cutting, true);
    assert_int_equal(thread_start(&cutter, "cutter", cut_again_and_again, NULL), STATUS_OK);
    // Some may use up their tries; none may hang or be done twice, which ask_wait looks at.
    struct thread threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(thread_start(&threads[i], "burst", send_bursts, NULL), STATUS_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    atomic_store(&cutting, false);
    thread_join(&cutter);
    cql_session_close(session);
}

static void test_closing_answers_all(void **state) {
    (void)state;
    static struct ask asks[FAKE_HELD_MAX];
    open_with(2, 1);
    fake_hold(fake, true);
    for (unsigned i = 0; i < FAKE_HELD_MAX; i++) {
        ask_execute(&asks[i], prepared, "a");
        ask_send(session, &asks[i]);
    }
    cql_session_close(session);
    for (unsigned i = 0; i < FAKE_HELD_MAX; i++) {
        assert_int_equal(ask_wait(&asks[i]), STATUS_CLOSED);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start_three, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_one_loop),
        TEST(test_several_loops),
        TEST(test_while_connections_break),
        TEST(test_closing_answers_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
