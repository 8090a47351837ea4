// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Signals of browsers, and what is left of addresses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/shape/harness.h"

static struct shaped hidden(const char *yaml, const char *event) {
    struct shape_rules *rules = NULL;
    struct error err;
    assert_int_equal(shape_read(yaml, &rules, &err), STATUS_OK);
    struct shaped shaped = shape_event(rules, event, true);
    shape_rules_release(rules);
    return shaped;
}

static void addresses(void **state) {
    static const struct {
        const char *ip, *cut; // NULL: taken out
    } cases[] = {
        {"203.0.113.77", "203.0.113.0"},
        {"0.0.0.0", "0.0.0.0"},
        {"2001:db8:1234:5678::1", "2001:db8:1234::"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::"},
        {"::1", "::"},
        {"::ffff:203.0.113.77", "203.0.113.0"},
        {"203.0.113.77:443", NULL},
        {"203.0.113", NULL},
        {"unknown", NULL},
        {"", NULL},
        {"fe80::1%eth0", NULL},
        {"203.0.113.77\\u0000", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char event[300], wanted[300];
        (void)snprintf(event, sizeof event, "{\"context\":{\"a\":1,\"ip\":\"%s\",\"b\":2}}",
                       cases[i].ip);
        (void)snprintf(wanted, sizeof wanted, "{\"a\":1,%s%s%s\"b\":2}",
                       cases[i].cut ? "\"ip\":\"" : "", cases[i].cut ? cases[i].cut : "",
                       cases[i].cut ? "\"," : "");
        struct shaped shaped = hidden("rules: []", event);
        if (!strstr(shaped.after, wanted)) {
            print_error("%s: %s\n", cases[i].ip, shaped.after);
            fail();
        }
    }
}

static void everywhere(void **state) {
    static const char event[] = "{\"properties\":{\"$ip\":\"203.0.113.77\"},\"context\":{\"ip\":7},"
                                "\"source\":{\"dialect\":\"plain\",\"ip\":\"203.0.113.77\"}}";
    (void)state;
    struct shaped shaped = hidden("rules: []", event);
    assert_string_equal(shaped.after,
                        "\"anonymousId\":\"a1\",\"properties\":{\"$ip\":\"203.0.113.0\"},"
                        "\"context\":{},"
                        "\"source\":{\"dialect\":\"plain\",\"ip\":\"203.0.113.0\"}}");
    shaped = hidden("privacy.ip: remove", event);
    assert_string_equal(shaped.after, "\"anonymousId\":\"a1\",\"properties\":{},\"context\":{},"
                                      "\"source\":{\"dialect\":\"plain\"}}");
    shaped = hidden("privacy.ip: keep", event);
    assert_non_null(strstr(shaped.after, "\"$ip\":\"203.0.113.77\""));
    assert_non_null(strstr(shaped.after, "\"context\":{\"ip\":7}"));
    shaped = hidden("privacy: {ip: remove, projects: ['shop ip=keep']}", event);
    assert_non_null(strstr(shaped.after, "\"$ip\":\"203.0.113.77\""));
    shaped = hidden("privacy: {ip: keep, projects: ['blog ip=keep', 'shop ip=truncate']}", event);
    assert_non_null(strstr(shaped.after, "\"$ip\":\"203.0.113.0\""));
}

#define TRACK "{\"source\":{\"dialect\":\"plain\",\"doNotTrack\":true}}"
#define CONTROL "{\"source\":{\"dialect\":\"plain\",\"globalPrivacyControl\":true}}"

static void signals(void **state) {
    static const struct {
        const char *yaml, *event, *rule; // NULL: kept
    } cases[] = {
        {"rules: []", TRACK, NULL},
        {"rules: []", CONTROL, NULL},
        {"privacy.do_not_track: drop", TRACK, "(do-not-track)"},
        {"privacy.do_not_track: drop", CONTROL, NULL},
        {"privacy.do_not_track: drop", "{}", NULL},
        {"privacy.global_privacy_control: drop", CONTROL, "(global-privacy-control)"},
        {"privacy.global_privacy_control: drop", TRACK, NULL},
        {"privacy.projects: ['shop do_not_track=drop']", TRACK, "(do-not-track)"},
        {"privacy.projects: ['blog do_not_track=drop']", TRACK, NULL},
        {"privacy: {do_not_track: drop, projects: ['shop do_not_track=ignore']}", TRACK, NULL},
        {"privacy.projects: [' shop  ip=keep  global_privacy_control=drop ']", CONTROL,
         "(global-privacy-control)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct shaped shaped = shape_with(cases[i].yaml, cases[i].event);
        assert_int_equal(shaped.fate, cases[i].rule ? SHAPE_DROPPED : SHAPE_KEPT);
        assert_string_equal(shaped.rule, cases[i].rule ? cases[i].rule : "");
    }
    // Before all rules, and counted behind them.
    struct shaped shaped = shape_with(
        "privacy.global_privacy_control: drop\nrules:\n- {name: r, do: {drop: x}}\n", CONTROL);
    assert_string_equal(shaped.rule, "(global-privacy-control)");
    assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_MATCHED], 0);
    assert_int_equal(shaped.counts[2].of[SHAPE_COUNT_DROPPED], 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(everywhere),
        cmocka_unit_test(signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
