// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Runs the contract suite against the engine that the build names.
#include "engines.h"

static int setup(void **state) {
    return fixture_setup(state, ENGINE_NAME);
}

int main(void) {
    static struct suite suite;
    suite_profiles(&suite);
    suite_timeline(&suite);
    suite_actors(&suite);
    suite_totals(&suite);
    suite_users(&suite);
    suite_processing(&suite);
    suite_letters(&suite);
    suite_generations(&suite);
    suite_generations_shared(&suite);
    suite_admin(&suite);
    suite_ledger(&suite);
    suite_tokens(&suite);
    suite_deliveries(&suite);
    suite_walk(&suite);
    suite_erasure(&suite);
    for (size_t i = 0; i < suite.count; i++) {
        suite.tests[i].setup_func = setup;
        suite.tests[i].teardown_func = fixture_teardown;
    }
    return _cmocka_run_group_tests("store " ENGINE_NAME, suite.tests, suite.count, NULL, NULL);
}
