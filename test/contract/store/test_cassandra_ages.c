// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What Cassandra is told of how long rows stay: entries of timelines, sessions and dead letters, young and old.
#include "engines.h"

#include "base/clock.h"
#include "cassandra_fixture.h"

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
#define NEARLY 600 // seconds that a slow machine may take

static int setup(void **state) {
    return fixture_setup(state, "cassandra");
}

static void open_with(struct fixture *f, int64_t age_ms) {
    struct store_cassandra_config config = cassandra_fixture_config();
    struct error err = {0};
    store_close(f->store);
    f->store = NULL;
    config.timeline_retention_ms = age_ms;
    config.session_age_ms = age_ms;
    config.letter_age_ms = age_ms;
    assert_ok(store_open_cassandra(&config, &f->store, &err));
}

// The one row's seconds left; -1: it stays for ever, -2: there is no row.
static int32_t seconds_left(const char *query) {
    struct cql_session *session = cassandra_fixture_session();
    struct cql_result *result = cassandra_fixture_query(session, query);
    struct cql_value column;
    int32_t seconds = -2;
    if (cql_result_next(result, &column, 1) == STATUS_OK) {
        assert_ok(cql_get_int(column, &seconds));
        seconds = cql_is_null(column) ? -1 : seconds;
    }
    cql_result_free(result);
    cql_session_close(session);
    return seconds;
}

static void put_all(struct fixture *f, int64_t ms) {
    struct store_batch *batch = begin(f, 0);
    struct store_session session = {ms - 1000, ms, 2, 1};
    struct store_timeline_row row = event("e-1", ms, "n");
    struct store_dead_letter letter = {.offset = 7,
                                       .received_ms = ms,
                                       .stage = STR("apply"),
                                       .reason = STR("no"),
                                       .record = STR("x")};
    row.received_ms = ms;
    store_batch_session(batch, PROJECT, user("u"), &session);
    store_batch_timeline(batch, PROJECT, user("u"), &row);
    store_batch_dead_letter(batch, PROJECT, &letter);
    commit(batch, 8);
}

#define SESSION_LEFT "SELECT ttl(events) FROM #sessions_by_actor"
#define ENTRY_LEFT "SELECT ttl(type) FROM #activity_by_actor"
#define LETTER_LEFT "SELECT ttl(reason) FROM #dead_letters"

static void expect_left(const char *query, int64_t ms) {
    int32_t seconds = seconds_left(query);
    assert_in_range(seconds, ms / 1000 - NEARLY, ms / 1000);
}

static void without_an_age_rows_stay(void **state) {
    open_with(*state, 0);
    put_all(*state, 0);
    assert_int_equal(seconds_left(SESSION_LEFT), -1);
    assert_int_equal(seconds_left(ENTRY_LEFT), -1);
    assert_int_equal(seconds_left(LETTER_LEFT), -1);
}

static void rows_get_what_is_left_of_their_age(void **state) {
    struct clock *clock = clock_system();
    open_with(*state, 10 * DAY);
    put_all(*state, clock->wall_ms(clock) - 3 * DAY);
    expect_left(SESSION_LEFT, 7 * DAY + STORE_SESSION_KEEP_MS);
    expect_left(ENTRY_LEFT, 7 * DAY);
    expect_left(LETTER_LEFT, 7 * DAY);
}

static void what_is_too_old_already_is_kept_as_long_as_it_is_looked_for(void **state) {
    struct clock *clock = clock_system();
    open_with(*state, 10 * DAY);
    put_all(*state, clock->wall_ms(clock) - 300 * DAY);
    expect_left(SESSION_LEFT, STORE_SESSION_KEEP_MS);
    assert_int_equal(seconds_left(ENTRY_LEFT), -2);
    expect_left(LETTER_LEFT, HOUR);
}

static void an_age_beyond_what_cassandra_takes(void **state) {
    struct clock *clock = clock_system();
    open_with(*state, 36500 * DAY);
    put_all(*state, clock->wall_ms(clock));
    expect_left(SESSION_LEFT, 20 * 365 * DAY);
    expect_left(ENTRY_LEFT, 20 * 365 * DAY);
    expect_left(LETTER_LEFT, 20 * 365 * DAY);
}

// A session that goes on has one row, with the age of its last put.
static void a_later_put_counts(void **state) {
    struct fixture *f = *state;
    struct clock *clock = clock_system();
    int64_t now = clock->wall_ms(clock);
    open_with(f, 10 * DAY);
    put_all(f, now - 3 * DAY);
    struct store_batch *batch = begin(f, 0);
    struct store_session session = {now - 3 * DAY - 1000, now, 3, 1};
    store_batch_session(batch, PROJECT, user("u"), &session);
    commit(batch, 9);
    expect_left(SESSION_LEFT, 10 * DAY + STORE_SESSION_KEEP_MS);
}

int main(void) {
    struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_an_age_rows_stay, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(rows_get_what_is_left_of_their_age, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(what_is_too_old_already_is_kept_as_long_as_it_is_looked_for,
                                        setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(an_age_beyond_what_cassandra_takes, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_later_put_counts, setup, fixture_teardown),
    };
    return cmocka_run_group_tests_name("store on Cassandra, ages", tests, NULL, NULL);
}
