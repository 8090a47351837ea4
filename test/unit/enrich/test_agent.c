// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Versions by User-Agent, with and without rules, and by client hints.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <unistd.h>
#include <cmocka.h>

#include "enrich/agent.h"

#define WINDOWS                                                                                    \
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
#define IPHONE                                                                                     \
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "

static const struct {
    const char *text;
    const char *table_browser, *table_system; // without rules
    const char *browser, *system, *brand;     // with them
} agents[] = {
    {WINDOWS, "Chrome 126", "Windows 10", "Chrome 126", "Windows 10", ""},
    {WINDOWS " Edg/126.0.0.0", "Edge 126", "Windows 10", "Edge 126", "Windows 10", ""},
    {WINDOWS " OPR/111.0.0.0", "Opera 111", "Windows 10", "Opera 111", "Windows 10", ""},
    {WINDOWS " Vivaldi/6.7.3329.35", "Chrome 126", "Windows 10", "Vivaldi 6", "Windows 10", ""},
    {IPHONE "Version/17.5 Mobile/15E148 Safari/604.1", "Safari 17", "iOS 17", "Safari 17", "iOS 17",
     "Apple"},
    {IPHONE "CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1", "Chrome 126", "iOS 17", "Chrome 126",
     "iOS 17", "Apple"},
    {IPHONE "FxiOS/127.0 Mobile/15E148 Safari/605.1.15", "Firefox 127", "iOS 17", "Firefox 127",
     "iOS 17", "Apple"},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.5 Safari/605.1.15",
     "Safari 17", "macOS 10.15", "Safari 17", "macOS 10.15", "Apple"},
    {"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Mobile Safari/537.36",
     "Chrome 126", "Android 14", "Chrome 126", "Android 14", "Samsung"},
    {"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
     "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
     "Samsung Internet 25", "Android 14", "Samsung Internet 25", "Android 14", "Samsung"},
    {"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
     "Firefox 127", "", "Firefox 127", "Ubuntu", ""},
    {"Mozilla/5.0 (Windows NT 6.1; rv:52.0) Gecko/20100101 Firefox/52.0", "Firefox 52", "Windows 7",
     "Firefox 52", "Windows 7", ""},
    {"Mozilla/5.0 (Windows NT 6.3; rv:52.0) Gecko/20100101 Firefox/52.0", "Firefox 52",
     "Windows 8.1", "Firefox 52", "Windows 8.1", ""},
    {"Mozilla/5.0 (Windows NT 6.0) Chrome/", "Chrome", "Windows Vista", "", "Windows Vista", ""},
    {"Chrome/99999999999999999999", "Chrome 999999999", "", "", "", ""},
    {"nothing known", "", "", "", "", ""},
    {"", "", "", "", "", ""},
};

static void check(const char *text, const char *got, const char *expected) {
    if (strcmp(got, expected) != 0) {
        fail_msg("%s: \"%s\", expected \"%s\"", text, got, expected);
    }
}

static void test_without_rules(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++) {
        struct enrich_agent got;
        enrich_agent_read(NULL, NULL, str_from_c(agents[i].text), &got);
        check(agents[i].text, got.browser, agents[i].table_browser);
        check(agents[i].text, got.system, agents[i].table_system);
        assert_string_equal(got.brand, "");
    }
}

static void test_with_rules(void **state) {
    (void)state;
    struct agent_rules *rules;
    struct agent_matcher *matcher;
    struct error err;
    if (access(AGENT_RULES_FILE, R_OK) != 0) {
        skip();
    }
    assert_int_equal(agent_rules_load(AGENT_RULES_FILE, true, &rules, &err), STATUS_OK);
    assert_int_equal(agent_matcher_make(&matcher), STATUS_OK);
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++) {
        struct enrich_agent got;
        enrich_agent_read(rules, matcher, str_from_c(agents[i].text), &got);
        check(agents[i].text, got.browser, agents[i].browser);
        check(agents[i].text, got.system, agents[i].system);
        check(agents[i].text, got.brand, agents[i].brand);
    }
    agent_matcher_free(matcher);
    agent_rules_free(rules);
}

// --- Client hints -----------------------------------------------------------------------------------------------------

#define BRANDS(brand, version)                                                                     \
    "\"brands\":[{\"brand\":\"Not/A)Brand\",\"version\":\"8\"},"                                   \
    "{\"brand\":\"Chromium\",\"version\":\"126\"},"                                                \
    "{\"brand\":\"" brand "\",\"version\":\"" version "\"}]"

static const struct {
    const char *hints, *browser, *system;
    bool any;
} hinted[] = {
    {"{" BRANDS("Google Chrome", "126") ",\"platform\":\"Windows\",\"platformVersion\":\"15.0.0\"}",
     "Chrome 126", "Windows 11", true},
    {"{" BRANDS("Microsoft Edge",
                "126") ",\"platform\":\"Windows\",\"platformVersion\":\"10.0.0\"}",
     "Edge 126", "Windows 10", true},
    {"{" BRANDS("Brave", "126") ",\"platform\":\"macOS\",\"platformVersion\":\"14.5.0\"}",
     "Brave 126", "macOS 14", true},
    {"{\"brands\":[{\"brand\":\"Chromium\",\"version\":\"99\"}],\"platform\":\"Android\","
     "\"platformVersion\":\"14\",\"mobile\":true}",
     "Chrome 99", "Android 14", true},
    {"{\"fullVersionList\":[{\"brand\":\"Opera\",\"version\":\"111.0.1\"}]," BRANDS("X", "1") "}",
     "Opera 111", "was", true},
    {"{\"platform\":\"Windows\",\"platformVersion\":\"0.3.0\"}", "was", "was", true},
    {"{\"platform\":\"Windows\"}", "was", "was", true},
    {"{\"Sec-CH-UA\":\"\\\"Chromium\\\";v=\\\"124\\\", \\\"Google Chrome\\\";v=\\\"124\\\", "
     "\\\"Not-A.Brand\\\";v=\\\"99\\\"\",\"Sec-CH-UA-Platform\":\"\\\"macOS\\\"\","
     "\"Sec-CH-UA-Platform-Version\":\"\\\"15.1.0\\\"\"}",
     "Chrome 124", "macOS 15", true},
    {"{\"Sec-CH-UA\":\"\\\";v=\"}", "was", "was", true},
    {"{\"Sec-CH-UA\":\",,;v=\\\"\"}", "was", "was", true},
    {"{\"brands\":[1,{\"brand\":5},{\"brand\":\"X\"},{\"version\":\"1\"}]}", "was", "was", true},
    {"{\"brands\":\"x\",\"platform\":7}", "was", "was", true},
    {"{}", "was", "was", true},
    {"[]", "was", "was", false},
    {"\"x\"", "was", "was", false},
};

static void test_hints(void **state) {
    (void)state;
    struct json_parser *parser;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    assert_int_equal(json_parser_make(&parser), STATUS_OK);
    for (size_t i = 0; i < sizeof hinted / sizeof hinted[0]; i++) {
        struct json_limits limits = {.depth = 8};
        const struct json_value *root;
        struct error err;
        size_t len = strlen(hinted[i].hints);
        char *padded = arena_alloc_zero(&arena, len + JSON_PADDING);
        memcpy(padded, hinted[i].hints, len);
        assert_int_equal(json_parse(parser, str_make(padded, len), &limits, &arena, &root, &err),
                         STATUS_OK);
        struct enrich_agent got = {.browser = "was", .system = "was"};
        assert_int_equal(enrich_agent_hints(root, &got), hinted[i].any);
        check(hinted[i].hints, got.browser, hinted[i].browser);
        check(hinted[i].hints, got.system, hinted[i].system);
    }
    struct enrich_agent got;
    assert_false(enrich_agent_hints(NULL, &got));
    json_parser_free(parser);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_rules),
        cmocka_unit_test(test_with_rules),
        cmocka_unit_test(test_hints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
