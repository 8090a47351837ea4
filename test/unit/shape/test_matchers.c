// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Every condition of rules, where it holds and where it does not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "unit/shape/harness.h"

struct match {
    const char *when;
    const char *yes, *no; // events; NULL: none
};

static bool matches(const char *when, const char *event) {
    char yaml[4096];
    (void)snprintf(yaml, sizeof yaml, "rules:\n- name: r\n  when: %s\n  do: [drop: x]\n", when);
    struct shaped shaped = shape_with(yaml, event);
    assert_int_equal(shaped.status, STATUS_OK);
    assert_true(shaped.fate == SHAPE_KEPT || shaped.fate == SHAPE_DROPPED);
    assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_MATCHED], shaped.fate == SHAPE_DROPPED);
    assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_DROPPED], shaped.fate == SHAPE_DROPPED);
    return shaped.fate == SHAPE_DROPPED;
}

static void check(const struct match *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (cases[i].yes && !matches(cases[i].when, cases[i].yes)) {
            print_error("%s should match %s\n", cases[i].when, cases[i].yes);
            fail();
        }
        if (cases[i].no && matches(cases[i].when, cases[i].no)) {
            print_error("%s should not match %s\n", cases[i].when, cases[i].no);
            fail();
        }
    }
}
#define CHECK_ALL(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))

static void members(void **state) {
    static const struct match cases[] = {
        {"{}", "{}", NULL},
        {"{type: track}", "{}", "{\"type\":\"page\"}"},
        {"{type: [page, screen]}", "{\"type\":\"screen\"}", "{}"},
        {"{name: Buy}", "{\"name\":\"Buy\"}", "{\"name\":\"buy\"}"},
        {"{name: [Buy, Sell]}", "{\"name\":\"Sell\"}", "{}"},
        {"{name: {prefix: Bu}}", "{\"name\":\"Buy\"}", "{\"name\":\"aBuy\"}"},
        {"{project: shop}", "{}", "{\"project\":\"blog\"}"},
        {"{dialect: posthog}", "{\"source\":{\"dialect\":\"posthog\"}}",
         "{\"source\":{\"dialect\":\"plain\"}}"},
        {"{source.ip: {prefix: '10.'}}", "{\"source\":{\"dialect\":\"plain\",\"ip\":\"10.1.2.3\"}}",
         "{}"},
        {"{source.userAgent: {contains: curl}}",
         "{\"source\":{\"dialect\":\"plain\",\"userAgent\":\"x curl/7\"}}", "{}"},
        {"{source.doNotTrack: true}", "{\"source\":{\"dialect\":\"plain\",\"doNotTrack\":true}}",
         "{\"source\":{\"dialect\":\"plain\",\"doNotTrack\":false}}"},
        {"{source.globalPrivacyControl: {exists: true}}",
         "{\"source\":{\"dialect\":\"plain\",\"globalPrivacyControl\":true}}", "{}"},
        {"{userId: {exists: true}}", "{\"userId\":\"u\"}", "{}"},
        {"{anonymousId: a1}", "{}", "{\"anonymousId\":\"a2\"}"},
        {"{groupId: g}", "{\"groupId\":\"g\"}", "{}"},
        {"{previousId: p}", "{\"previousId\":\"p\"}", "{}"},
        {"{id: m1}", "{}", "{\"id\":\"m2\"}"},
        {"{sentAt: {prefix: '2026'}}", "{\"sentAt\":\"2026-01-01\"}", "{}"},
        {"{originalTimestamp: {exists: false}}", "{}", "{\"originalTimestamp\":\"x\"}"},
    };
    (void)state;
    CHECK_ALL(cases);
}

static void paths(void **state) {
    static const struct match cases[] = {
        {"{properties.a.b: x}", "{\"properties\":{\"a\":{\"b\":\"x\"}}}",
         "{\"properties\":{\"a\":\"x\"}}"},
        {"{traits.plan: free}", "{\"traits\":{\"plan\":\"free\"}}", "{}"},
        {"{context.page.url: u}", "{\"context\":{\"page\":{\"url\":\"u\"}}}",
         "{\"context\":{\"page\":[\"u\"]}}"},
        {"{/properties/a.b: x}", "{\"properties\":{\"a.b\":\"x\"}}",
         "{\"properties\":{\"a\":{\"b\":\"x\"}}}"},
        {"{/properties/a~1b~0c: x}", "{\"properties\":{\"a/b~c\":\"x\"}}", NULL},
        {"{/properties/: x}", "{\"properties\":{\"\":\"x\"}}", "{\"properties\":{\"a\":\"x\"}}"},
        {"{/integrations/All: false}", "{\"integrations\":{\"All\":false}}",
         "{\"integrations\":{\"All\":true}}"},
        {"{/channel: web}", "{\"channel\":\"web\"}", "{\"channel\":\"server\"}"},
        {"{properties.list.1: b}", "{\"properties\":{\"list\":[\"a\",\"b\"]}}",
         "{\"properties\":{\"list\":[\"b\"]}}"},
        {"{properties.items.*.sku: x}",
         "{\"properties\":{\"items\":[{\"sku\":\"y\"},{\"sku\":\"x\"}]}}",
         "{\"properties\":{\"items\":[{\"sku\":\"y\"}]}}"},
        {"{properties.*: x}", "{\"properties\":{\"a\":1,\"b\":\"x\"}}",
         "{\"properties\":{\"a\":1}}"},
        {"{properties.*.*: {exists: false}}", "{\"properties\":{\"a\":1}}",
         "{\"properties\":{\"a\":[1]}}"},
        {"{properties: {exists: true}}", "{\"properties\":{}}", "{}"},
        {"{properties.a: {exists: false}}", "{}", "{\"properties\":{\"a\":null}}"},
    };
    (void)state;
    CHECK_ALL(cases);
}

static void values(void **state) {
    static const struct match cases[] = {
        {"{properties.a: 10}", "{\"properties\":{\"a\":10}}", "{\"properties\":{\"a\":\"10\"}}"},
        {"{properties.a: 10}", "{\"properties\":{\"a\":10.0}}", "{\"properties\":{\"a\":10.5}}"},
        {"{properties.a: '10'}", "{\"properties\":{\"a\":\"10\"}}", "{\"properties\":{\"a\":10}}"},
        {"{properties.a: 9007199254740993}", "{\"properties\":{\"a\":9007199254740993}}",
         "{\"properties\":{\"a\":9007199254740992}}"},
        {"{properties.a: 1.5e3}", "{\"properties\":{\"a\":1500}}", "{\"properties\":{\"a\":1501}}"},
        {"{properties.a: -0.5}", "{\"properties\":{\"a\":-0.5}}", "{\"properties\":{\"a\":0.5}}"},
        {"{properties.a: true}", "{\"properties\":{\"a\":true}}",
         "{\"properties\":{\"a\":\"true\"}}"},
        {"{properties.a: false}", "{\"properties\":{\"a\":false}}",
         "{\"properties\":{\"a\":true}}"},
        {"{properties.a: null}", "{\"properties\":{\"a\":null}}", "{}"},
        {"{properties.a: {equals: x}}", "{\"properties\":{\"a\":\"x\"}}", "{}"},
        {"{properties.a: {one_of: [1, x, null]}}", "{\"properties\":{\"a\":\"x\"}}",
         "{\"properties\":{\"a\":\"y\"}}"},
        {"{properties.a: [b, a, d, c, h, g, f, e, j]}", "{\"properties\":{\"a\":\"h\"}}",
         "{\"properties\":{\"a\":\"i\"}}"},
        {"{properties.a: {suffix: '.ru'}}", "{\"properties\":{\"a\":\"x.ru\"}}",
         "{\"properties\":{\"a\":\"ru\"}}"},
        {"{properties.a: {contains: nn}}", "{\"properties\":{\"a\":\"anna\"}}",
         "{\"properties\":{\"a\":\"ana\"}}"},
        {"{properties.a: {prefix: 404}}", "{\"properties\":{\"a\":\"404 x\"}}",
         "{\"properties\":{\"a\":404}}"},
        {"{properties.a: {equals: ANNA, ignore_case: true}}", "{\"properties\":{\"a\":\"anna\"}}",
         "{\"properties\":{\"a\":\"ann\"}}"},
        {"{properties.a: {ignore_case: true, prefix: an}}", "{\"properties\":{\"a\":\"ANNA\"}}",
         "{\"properties\":{\"a\":\"A\"}}"},
        {"{properties.a: {suffix: NA, ignore_case: true}}", "{\"properties\":{\"a\":\"anna\"}}",
         "{\"properties\":{\"a\":\"n\"}}"},
        {"{properties.a: {contains: NN, ignore_case: true}}", "{\"properties\":{\"a\":\"anna\"}}",
         "{\"properties\":{\"a\":\"ana\"}}"},
        {"{properties.a: {equals: x, ignore_case: false}}", "{\"properties\":{\"a\":\"x\"}}",
         "{\"properties\":{\"a\":\"X\"}}"},
        {"{properties.a: {matches: '^a.*z$'}}", "{\"properties\":{\"a\":\"abcz\"}}",
         "{\"properties\":{\"a\":\"abc\"}}"},
        {"{properties.a: {matches: A, ignore_case: true}}", "{\"properties\":{\"a\":\"bab\"}}",
         "{\"properties\":{\"a\":\"b\"}}"},
        {"{properties.a: {matches: '^$'}}", "{\"properties\":{\"a\":\"\"}}",
         "{\"properties\":{\"a\":1}}"},
        {"{properties.a: {prefix: a, suffix: z}}", "{\"properties\":{\"a\":\"az\"}}",
         "{\"properties\":{\"a\":\"ab\"}}"},
    };
    (void)state;
    CHECK_ALL(cases);
}

static void ranges(void **state) {
    static const struct match cases[] = {
        {"{properties.a: {at_least: 2}}", "{\"properties\":{\"a\":2}}",
         "{\"properties\":{\"a\":1.9}}"},
        {"{properties.a: {above: 2}}", "{\"properties\":{\"a\":2.1}}",
         "{\"properties\":{\"a\":2}}"},
        {"{properties.a: {at_most: 2}}", "{\"properties\":{\"a\":2}}",
         "{\"properties\":{\"a\":3}}"},
        {"{properties.a: {below: 2}}", "{\"properties\":{\"a\":1}}", "{\"properties\":{\"a\":2}}"},
        {"{properties.a: {at_least: 1, below: 3}}", "{\"properties\":{\"a\":2}}",
         "{\"properties\":{\"a\":3}}"},
        {"{properties.a: {at_least: 1}}", NULL, "{\"properties\":{\"a\":\"2\"}}"},
        {"{properties.a: {at_most: 1}}", NULL, "{}"},
        {"{properties.a: {at_most: 1}}", NULL, "{\"properties\":{\"a\":1e400}}"},
        {"{timestamp: {at_least: '2026-11-25T12:00:00Z'}}", "{}",
         "{\"timestamp\":\"2026-11-25T11:59:59.999Z\"}"},
        {"{receivedAt: {below: 2026-11-26}}", "{}", "{\"receivedAt\":\"2026-11-26T00:00:00Z\"}"},
        {"{timestamp: {exists: true}}", "{}", NULL},
        {"{properties.at: {above: 2026-01-01T00:00:00Z, at_most: 2026-02-01T00:00:00Z}}",
         "{\"properties\":{\"at\":\"2026-01-01T03:00:00+02:00\"}}",
         "{\"properties\":{\"at\":\"2026-01-01T00:00:00Z\"}}"},
        {"{properties.at: {above: 2026-01-01}}", NULL, "{\"properties\":{\"at\":\"soon\"}}"},
    };
    (void)state;
    CHECK_ALL(cases);
}

static void groups(void **state) {
    static const struct match cases[] = {
        {"{not: {name: Buy}}", "{}", "{\"name\":\"Buy\"}"},
        {"{any: [{name: Buy}, {name: Sell}]}", "{\"name\":\"Sell\"}", "{\"name\":\"x\"}"},
        {"{all: [{name: Buy}, {userId: u}]}", "{\"name\":\"Buy\",\"userId\":\"u\"}",
         "{\"name\":\"Buy\"}"},
        {"{name: Buy, userId: u}", "{\"name\":\"Buy\",\"userId\":\"u\"}", "{\"userId\":\"u\"}"},
        {"{not: {any: [{name: Buy}, {not: {userId: u}}]}}", "{\"userId\":\"u\"}",
         "{\"userId\":\"u\",\"name\":\"Buy\"}"},
        {"{any: [{type: page}, {type: track, name: a}]}", "{\"name\":\"a\"}", "{\"name\":\"b\"}"},
        {"{any: [{type: page}, {type: screen}]}", "{\"type\":\"page\"}", "{}"},
        {"{not: {type: page}}", "{}", "{\"type\":\"page\"}"},
        {"{not: {type: page, name: x}}", "{\"type\":\"page\",\"name\":\"y\"}",
         "{\"type\":\"page\",\"name\":\"x\"}"},
    };
    (void)state;
    CHECK_ALL(cases);
}

// The forms are those of the libraries: consent.c says where they are written down.
static void consent(void **state) {
#define SEGMENT(json) "{\"context\":{\"consent\":{\"categoryPreferences\":" json "}}}"
#define RUDDER(json) "{\"context\":{\"consentManagement\":" json "}}"
    static const struct match cases[] = {
        {"{consent: Analytics}", SEGMENT("{\"Analytics\":true}"), SEGMENT("{\"Analytics\":false}")},
        {"{consent: Analytics}", NULL, SEGMENT("{\"analytics\":true}")},
        {"{consent: Analytics}", NULL, "{}"},
        {"{consent: [A, B]}", SEGMENT("{\"A\":true,\"B\":true}"), SEGMENT("{\"A\":true}")},
        {"{consent_denied: Analytics}", SEGMENT("{\"Analytics\":false}"), "{}"},
        {"{consent_denied: [A, B]}", SEGMENT("{\"A\":true,\"B\":false}"), SEGMENT("{\"A\":true}")},
        {"{consent: C1}", RUDDER("{\"allowedConsentIds\":[\"C1\"],\"deniedConsentIds\":[]}"),
         RUDDER("{\"allowedConsentIds\":[\"C1\"],\"deniedConsentIds\":[\"C1\"]}")},
        {"{consent: C1}",
         RUDDER("{\"allowedConsentIds\":{\"C1\":\"Functional\"},\"provider\":\"oneTrust\"}"),
         RUDDER("{\"allowedConsentIds\":\"C1\"}")},
        {"{consent: Functional}", RUDDER("{\"allowedConsentIds\":{\"C1\":\"Functional\"}}"), NULL},
        {"{consent_denied: C2}", RUDDER("{\"deniedConsentIds\":[\"C2\"]}"),
         RUDDER("{\"deniedConsentIds\":[2]}")},
        {"{not: {consent: Analytics}}", "{}", SEGMENT("{\"Analytics\":true}")},
    };
    (void)state;
    CHECK_ALL(cases);
}

// A rule sees what those before it have left, also where it looked before they changed it.
static void order(void **state) {
    static const char rules[] =
        "rules:\n"
        "- {name: a, when: {properties.x: 1}, do: [{set: {properties.y: 2}}]}\n"
        "- {name: b, when: {properties.y: 2}, do: [{set: {properties.x: 5}}]}\n"
        "- {name: c, when: {properties.x: 1}, do: [{drop: never}]}\n"
        "- {name: d, when: {properties.x: 5}, do: [{drop: yes it is}]}\n"
        "- {name: e, do: [{drop: too late}]}\n";
    (void)state;
    struct shaped shaped = shape_with(rules, "{\"properties\":{\"x\":1}}");
    assert_int_equal(shaped.fate, SHAPE_DROPPED);
    assert_string_equal(shaped.rule, "d");
    assert_int_equal(shaped.counts[0].of[SHAPE_COUNT_CHANGED], 1);
    assert_int_equal(shaped.counts[1].of[SHAPE_COUNT_CHANGED], 1);
    assert_int_equal(shaped.counts[2].of[SHAPE_COUNT_MATCHED], 0);
    assert_int_equal(shaped.counts[4].of[SHAPE_COUNT_MATCHED], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members), cmocka_unit_test(paths),  cmocka_unit_test(values),
        cmocka_unit_test(ranges),  cmocka_unit_test(groups), cmocka_unit_test(consent),
        cmocka_unit_test(order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
