// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Memory runs out once, at each allocation in turn, while enrichment is made and used.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "enrich/campaign.h"
#include "enrich/enrich.h"
#include "enrich/url.h"
#include "support/failing_malloc.h"

static enum status use(struct enrichment *enrichment) {
    struct arena arena;
    struct str path = STR_EMPTY;
    struct enrich_campaign campaign;
    struct agent_matcher *matcher = NULL;
    arena_init(&arena, 64, 0); // small: each step needs more
    enum status status =
        enrich_path_normalise(&enrichment->paths, STR("/%41//b;sid=1/"), &arena, &path);
    if (status == STATUS_OK) {
        assert_true(str_equal(path, STR("/A/b")));
        status = enrich_campaign_of(NULL, NULL, STR("?utm_source=a+b&utm_campaign=c"), &arena,
                                    &campaign);
    }
    status = status == STATUS_OK ? agent_matcher_make(&matcher) : status;
    if (status == STATUS_OK) {
        struct enrich_agent agent;
        enrich_agent_read(enrichment->rules, matcher, STR("Foo/7"), &agent);
        assert_string_equal(agent.browser, "Foo 7");
    }
    agent_matcher_free(matcher);
    arena_free(&arena);
    return status;
}

static void test_each_allocation_fails_in_turn(void **state) {
    (void)state;
    static const struct str events[] = {STR_INIT("Bought")};
    static const struct str templates[] = {STR_INIT("/orders/*")};
    static const struct str hosts[] = {STR_INIT("shop.test")};
    static const struct enrich_declared declared = {STR_INIT("brand"), STR_INIT("enriched.brand"),
                                                    events, 1};
    static const char rules[] = "user_agent_parsers:\n  - regex: '(Foo)/(\\d+)'\n";
    char path[] = "/tmp/footfall-rules-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, rules, sizeof rules - 1), (ssize_t)sizeof rules - 1);
    (void)close(fd);
    long n = 0;
    for (;; n++) {
        struct enrichment_config config = {.agent_rules = str_from_c(path),
                                           .templates = templates,
                                           .template_count = 1,
                                           .internal_hosts = hosts,
                                           .internal_host_count = 1,
                                           .declared = &declared,
                                           .declared_count = 1};
        struct enrichment *enrichment = NULL;
        struct error err;
        failing_malloc_arm(n);
        enum status status = enrichment_make(&config, &enrichment, &err);
        if (status == STATUS_OK) {
            status = use(enrichment);
        }
        bool failed = failing_malloc_disarm();
        enrichment_free(enrichment);
        if (!failed) {
            assert_int_equal(status, STATUS_OK);
            break;
        }
        assert_int_equal(status, STATUS_NO_MEMORY);
    }
    assert_true(n > 6); // else nothing was tried
    (void)unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
