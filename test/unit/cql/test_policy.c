// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Decisions as tables: trying again, choosing a host, waiting before connecting again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "cql/policy.h"

#define FAIL CQL_DECISION_FAIL
#define SAME CQL_DECISION_SAME_HOST
#define NEXT CQL_DECISION_NEXT_HOST

static void test_each_error_by_idempotence(void **state) {
    (void)state;
    static const struct {
        struct cql_server_error error;
        enum cql_decision idempotent, other, second; // second: the same again, idempotent
        bool may_be_applied;
    } ROWS[] = {
        {{.code = CQL_ERROR_SERVER}, NEXT, FAIL, NEXT, true},
        {{.code = CQL_ERROR_PROTOCOL}, FAIL, FAIL, FAIL, false},
        {{.code = CQL_ERROR_BAD_CREDENTIALS}, FAIL, FAIL, FAIL, false},
        {{.code = CQL_ERROR_UNAVAILABLE}, NEXT, NEXT, FAIL, false},
        {{.code = CQL_ERROR_OVERLOADED}, NEXT, FAIL, NEXT, true},
        {{.code = CQL_ERROR_BOOTSTRAPPING}, NEXT, FAIL, NEXT, false},
        {{.code = CQL_ERROR_TRUNCATE}, NEXT, FAIL, NEXT, true},
        {{.code = CQL_ERROR_WRITE_TIMEOUT, .write_type = CQL_WRITE_BATCH_LOG},
         SAME,
         FAIL,
         NEXT,
         true},
        {{.code = CQL_ERROR_WRITE_TIMEOUT, .write_type = CQL_WRITE_SIMPLE}, NEXT, FAIL, NEXT, true},
        {{.code = CQL_ERROR_WRITE_TIMEOUT, .write_type = CQL_WRITE_BATCH}, NEXT, FAIL, NEXT, true},
        {{.code = CQL_ERROR_WRITE_TIMEOUT, .write_type = CQL_WRITE_CAS}, NEXT, FAIL, NEXT, true},
        {{.code = CQL_ERROR_WRITE_TIMEOUT, .write_type = CQL_WRITE_COUNTER},
         NEXT,
         FAIL,
         NEXT,
         true},
        {{.code = CQL_ERROR_READ_TIMEOUT, .received = 2, .required = 2}, SAME, SAME, NEXT, false},
        {{.code = CQL_ERROR_READ_TIMEOUT, .received = 2, .required = 2, .data_present = true},
         NEXT,
         FAIL,
         NEXT,
         false},
        {{.code = CQL_ERROR_READ_TIMEOUT, .received = 1, .required = 2}, NEXT, FAIL, NEXT, false},
        {{.code = CQL_ERROR_READ_FAILURE}, NEXT, FAIL, NEXT, false},
        {{.code = CQL_ERROR_FUNCTION_FAILURE}, FAIL, FAIL, FAIL, false},
        {{.code = CQL_ERROR_WRITE_FAILURE}, NEXT, FAIL, NEXT, true},
        {{.code = CQL_ERROR_CAS_WRITE_UNKNOWN}, FAIL, FAIL, FAIL, true},
        {{.code = CQL_ERROR_SYNTAX}, FAIL, FAIL, FAIL, false},
        {{.code = CQL_ERROR_UNAUTHORIZED}, FAIL, FAIL, FAIL, false},
        {{.code = CQL_ERROR_INVALID}, FAIL, FAIL, FAIL, false},
        {{.code = CQL_ERROR_CONFIG}, FAIL, FAIL, FAIL, false},
        {{.code = CQL_ERROR_ALREADY_EXISTS}, FAIL, FAIL, FAIL, false},
        {{.code = 0x7777}, FAIL, FAIL, FAIL, true}, // of a later version
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        unsigned retried = 0;
        unsigned retried_other = 0;
        assert_int_equal(cql_policy_decide(&ROWS[i].error, true, &retried), ROWS[i].idempotent);
        assert_int_equal(cql_policy_decide(&ROWS[i].error, false, &retried_other), ROWS[i].other);
        assert_int_equal(cql_policy_decide(&ROWS[i].error, true, &retried), ROWS[i].second);
        assert_int_equal(cql_policy_may_be_applied(ROWS[i].error.code), ROWS[i].may_be_applied);
    }
}

static void test_each_kind_once(void **state) {
    (void)state;
    unsigned retried = 0;
    struct cql_server_error unavailable = {.code = CQL_ERROR_UNAVAILABLE};
    struct cql_server_error read = {.code = CQL_ERROR_READ_TIMEOUT, .received = 1, .required = 1};
    assert_int_equal(cql_policy_decide(&unavailable, true, &retried), NEXT);
    assert_int_equal(cql_policy_decide(&read, true, &retried), SAME);
    assert_int_equal(cql_policy_decide(&unavailable, true, &retried), FAIL);
    // Then twice more, for time-outs and failures of replicas together.
    struct cql_server_error write = {.code = CQL_ERROR_WRITE_FAILURE};
    assert_int_equal(cql_policy_decide(&read, false, &retried), FAIL);
    assert_int_equal(cql_policy_decide(&read, true, &retried), NEXT);
    assert_int_equal(cql_policy_decide(&write, true, &retried), NEXT);
    assert_int_equal(cql_policy_decide(&read, true, &retried), FAIL);
    assert_int_equal(cql_policy_decide(&write, true, &retried), FAIL);
}

static void test_a_login_refused_for_want_of_a_quorum(void **state) {
    (void)state;
    assert_true(cql_policy_login_may_pass(
        STR("Error during authentication of user x : Cannot achieve consistency level QUORUM")));
    assert_true(cql_policy_login_may_pass(STR("Unable to perform authentication: "
                                              "Operation timed out")));
    assert_false(
        cql_policy_login_may_pass(STR("Provided username x and/or password are incorrect")));
    assert_false(cql_policy_login_may_pass(STR_EMPTY));
}

static void test_which_host(void **state) {
    (void)state;
    struct cql_choice remote = {.usable = true};
    struct cql_choice remote_replica = {.usable = true, .replica = true};
    struct cql_choice local = {.usable = true, .local = true, .load = 5};
    struct cql_choice replica = {.usable = true, .local = true, .replica = true, .load = 9};
    struct cql_choice idle_replica = {.usable = true, .local = true, .replica = true, .load = 3};
    struct cql_choice full = {.usable = false, .local = true, .replica = true};
    struct cql_choice all[] = {remote, full, local, replica, remote_replica, idle_replica};
    assert_int_equal(cql_policy_choose(all, 6, 0), 5); // the less busy one
    assert_int_equal(cql_policy_choose(all, 5, 3), 3); // a busy replica before an idle other
    all[3].usable = false;
    assert_int_equal(cql_policy_choose(all, 5, 0), 2);
    all[2].usable = false;
    assert_int_equal(cql_policy_choose(all, 5, 0), 4);
    all[4].usable = false;
    assert_int_equal(cql_policy_choose(all, 5, 0), 0);
    all[0].usable = false;
    assert_true(cql_policy_choose(all, 5, 0) == CQL_CHOICE_NONE);
    assert_true(cql_policy_choose(all, 0, 0) == CQL_CHOICE_NONE);
}

static void test_equals_by_chance(void **state) {
    (void)state;
    struct cql_choice all[3] = {
        {true, true, true, 1}, {true, true, true, 1}, {true, true, true, 1}};
    for (size_t start = 0; start < 3; start++) {
        assert_int_equal(cql_policy_choose(all, 3, start), start);
    }
}

static void test_back_off_stays_within_its_bounds(void **state) {
    (void)state;
    struct random_seeded random;
    random_seeded_init(&random, 7);
    for (unsigned attempt = 0; attempt < 200; attempt++) {
        int64_t full = attempt < 7 ? INT64_C(100) << attempt : 10000;
        for (int i = 0; i < 50; i++) {
            double chance = random_unit(&random.source);
            int64_t wait = cql_policy_backoff_ms(attempt, 100, 10000, chance);
            assert_in_range(wait, full / 2, full);
        }
        assert_int_equal(cql_policy_backoff_ms(attempt, 100, 10000, 0), full);
    }
    // Strange settings: never 0, never over.
    assert_int_equal(cql_policy_backoff_ms(0, 0, 0, 0.5), 1);
    assert_int_equal(cql_policy_backoff_ms(5, 100, 10, 0), 10);
    assert_true(cql_policy_backoff_ms(1000000, INT64_MAX / 2, INT64_MAX, 0) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_error_by_idempotence),
        cmocka_unit_test(test_each_kind_once),
        cmocka_unit_test(test_a_login_refused_for_want_of_a_quorum),
        cmocka_unit_test(test_which_host),
        cmocka_unit_test(test_equals_by_chance),
        cmocka_unit_test(test_back_off_stays_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
