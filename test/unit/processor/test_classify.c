// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Tables of User-Agents, bots, URLs and observed traits.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "processor/bots.h"
#include "processor/dimensions.h"
#include "processor/observed_traits.h"

#define CHROME_WINDOWS                                                                             \
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "            \
    "Chrome/126.0.0.0 Safari/537.36"
#define ANDROID "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
#define MAC                                                                                        \
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
#define IPHONE                                                                                     \
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "

static const struct {
    const char *text, *device, *browser, *os;
} agents[] = {
    {CHROME_WINDOWS, "desktop", "Chrome", "Windows"},
    {CHROME_WINDOWS " Edg/126.0.0.0", "desktop", "Edge", "Windows"},
    {CHROME_WINDOWS " OPR/111.0.0.0", "desktop", "Opera", "Windows"},
    {CHROME_WINDOWS " Vivaldi/6.7", "desktop", "other", "Windows"},
    {MAC "Version/17.5 Safari/605.1.15", "desktop", "Safari", "macOS"},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:127.0) Gecko/20100101 Firefox/127.0",
     "desktop", "Firefox", "macOS"},
    {"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "desktop",
     "Firefox", "Linux"},
    {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Safari/537.36",
     "desktop", "Chrome", "ChromeOS"},
    {IPHONE "Version/17.5 Mobile/15E148 Safari/604.1", "mobile", "Safari", "iOS"},
    {IPHONE "CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1", "mobile", "Chrome", "iOS"},
    {IPHONE "FxiOS/127.0 Mobile/15E148 Safari/605.1.15", "mobile", "Firefox", "iOS"},
    {IPHONE "EdgiOS/126.0 Version/17.0 Mobile/15E148 Safari/604.1", "mobile", "Edge", "iOS"},
    {IPHONE "Mobile/21F90 [FBAN/FBIOS;FBAV/468.0]", "mobile", "other", "iOS"},
    {"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.5 Mobile/15E148 Safari/604.1",
     "tablet", "Safari", "iOS"},
    {ANDROID "Chrome/126.0.0.0 Mobile Safari/537.36", "mobile", "Chrome", "Android"},
    {ANDROID "Chrome/126.0.0.0 Safari/537.36", "tablet", "Chrome", "Android"},
    {ANDROID "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36", "mobile",
     "Samsung Internet", "Android"},
    {"Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "mobile", "Firefox",
     "Android"},
    {"Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0 "
     "Safari/537.36",
     "other", "Chrome", "other"},
    {"okhttp/4.12.0", "other", "other", "other"},
    {"", "other", "other", "other"},
};

static void test_user_agents(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++) {
        struct useragent got = useragent_classify(str_from_c(agents[i].text));
        if (!str_equal(useragent_device_name(got.device), str_from_c(agents[i].device)) ||
            !str_equal(useragent_browser_name(got.browser), str_from_c(agents[i].browser)) ||
            !str_equal(useragent_os_name(got.os), str_from_c(agents[i].os))) {
            fail_msg(
                "%s: %.*s, %.*s, %.*s", agents[i].text, STR_ARG(useragent_device_name(got.device)),
                STR_ARG(useragent_browser_name(got.browser)), STR_ARG(useragent_os_name(got.os)));
        }
        assert_null(bots_family(str_from_c(agents[i].text)).data);
    }
}

static const struct {
    const char *text, *family;
} bots[] = {
    {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"},
    {"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "Bingbot"},
    {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "HeadlessChrome/126.0.0.0 Safari/537.36",
     "HeadlessChrome"},
    {"Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "UptimeRobot"},
    {"Mozilla/5.0 (compatible; SomethingNew/1.0; +https://example.org/about)", "other"},
    {"nice-crawler 3", "other"},
    {"Mozilla/5.0 (Linux; Android 9; CUBOT/X19) Chrome/74.0 Mobile Safari/537.36", NULL},
    {"python-requests/2.31", NULL},
    {"analytics-node/1.1.0", NULL},
};

static void test_bots(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bots / sizeof bots[0]; i++) {
        struct str got = bots_family(str_from_c(bots[i].text));
        if (!str_equal(got, str_from_c(bots[i].family))) {
            fail_msg("%s: %.*s", bots[i].text, STR_ARG(got));
        }
    }
}

// --- Dimensions of events ----------------------------------------------------------------------------------------------

static struct enrichment *make_enrichment(void) {
    struct enrichment_config config = {.agent_rules = STR("builtin")};
    struct enrichment *made;
    struct error err;
    assert_int_equal(enrichment_make(&config, &made, &err), STATUS_OK);
    return made;
}

static const struct json_value *parse(struct json_parser *parser, struct arena *arena,
                                      const char *text) {
    char *padded = arena_alloc_zero(arena, strlen(text) + JSON_PADDING);
    const struct json_value *root;
    struct json_limits limits = {.depth = 32};
    struct error err;
    memcpy(padded, text, strlen(text));
    assert_int_equal(
        json_parse(parser, str_make(padded, strlen(text)), &limits, arena, &root, &err), STATUS_OK);
    return root;
}

static const struct {
    enum event_type type;
    const char *properties, *context, *page, *referrer, *country;
} events[] = {
    {EVENT_PAGE, "{\"path\":\"/a\"}", "{}", "/a", "", ""},
    {EVENT_PAGE, "{\"url\":\"https://s.test/b?x\"}", "{}", "/b", "", ""},
    {EVENT_PAGE, "{}", "{\"page\":{\"path\":\"/c\"}}", "/c", "", ""},
    {EVENT_PAGE, "{}", "{\"page\":{\"url\":\"https://s.test/d\"}}", "/d", "", ""},
    {EVENT_PAGE, "{\"$current_url\":\"https://s.test/e\",\"$referrer\":\"$direct\"}", "{}", "/e",
     "", ""},
    {EVENT_PAGE, "{\"path\":\"/a\",\"url\":\"https://s.test/a\",\"referrer\":\"https://S.test/z\"}",
     "{}", "/a", "", ""},
    {EVENT_PAGE, "{\"path\":\"/a\",\"referrer\":\"https://News.Example/z\"}", "{}", "/a",
     "news.example", ""},
    {EVENT_TRACK, "{\"path\":\"/a\",\"referrer\":\"https://news.example/z\"}", "{}", "", "", ""},
    {EVENT_TRACK, "{}", "{\"location\":{\"country\":\"de\"},\"country\":\"FR\"}", "", "", "DE"},
    {EVENT_TRACK, "{}", "{\"country\":\"fr\"}", "", "", "FR"},
    {EVENT_TRACK, "{\"$geoip_country_code\":\"US\"}", "{}", "", "", "US"},
    {EVENT_TRACK, "{}", "{\"country\":\"Germany\"}", "", "", ""},
    {EVENT_TRACK, "{}", "{\"country\":\"d1\"}", "", "", ""},
};

static void test_dimensions(void **state) {
    (void)state;
    struct json_parser *parser;
    struct dimensions dimensions;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    assert_int_equal(json_parser_make(&parser), STATUS_OK);
    struct enrichment *enrichment = make_enrichment();
    assert_int_equal(dimensions_init(&dimensions, enrichment), STATUS_OK);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct event event = {.type = events[i].type};
        struct event_trees trees = {.properties = parse(parser, &arena, events[i].properties)};
        struct event_dimensions got;
        trees.context = parse(parser, &arena, events[i].context);
        assert_int_equal(dimensions_of(&dimensions, &event, &trees, &arena, &got), STATUS_OK);
        if (!str_equal(got.page, str_from_c(events[i].page)) ||
            !str_equal(got.referrer, str_from_c(events[i].referrer)) ||
            !str_equal(got.country, str_from_c(events[i].country))) {
            fail_msg("event %zu: %.*s %.*s %.*s", i, STR_ARG(got.page), STR_ARG(got.referrer),
                     STR_ARG(got.country));
        }
        assert_false(got.has_agent);
    }
    dimensions_free(&dimensions);
    enrichment_free(enrichment);
    json_parser_free(parser);
    arena_free(&arena);
}

// Events of a step are looked at before the first of them is applied.
static void test_what_was_found_stays_while_others_come(void **state) {
    (void)state;
    struct enrichment *enrichment = make_enrichment();
    struct dimensions dimensions;
    struct arena arena;
    struct event event = {.type = EVENT_TRACK, .user_agent = STR(CHROME_WINDOWS)};
    struct event_trees trees = {.root = NULL};
    struct event_dimensions first, other;
    arena_init(&arena, 4096, 0);
    assert_int_equal(dimensions_init(&dimensions, enrichment), STATUS_OK);
    assert_int_equal(dimensions_of(&dimensions, &event, &trees, &arena, &first), STATUS_OK);
    for (unsigned i = 0; i < 4 * DIMENSION_AGENTS; i++) {
        event.user_agent = arena_printf(&arena, "Firefox/%u (Windows NT 6.1)", i);
        assert_int_equal(dimensions_of(&dimensions, &event, &trees, &arena, &other), STATUS_OK);
        struct str browser = arena_printf(&arena, "Firefox %u", i);
        assert_string_equal(other.agent->browser, browser.data);
    }
    assert_string_equal(first.agent->browser, "Chrome 126");
    assert_string_equal(first.agent->system, "Windows 10");
    dimensions_free(&dimensions);
    enrichment_free(enrichment);
    arena_free(&arena);
}

static void test_long_values_are_cut_at_a_character(void **state) {
    (void)state;
    struct json_parser *parser;
    struct dimensions dimensions;
    struct arena arena;
    struct event event = {.type = EVENT_PAGE};
    struct event_dimensions got;
    char text[1200] = "{\"path\":\"/";
    arena_init(&arena, 4096, 0);
    assert_int_equal(json_parser_make(&parser), STATUS_OK);
    struct enrichment *enrichment = make_enrichment();
    assert_int_equal(dimensions_init(&dimensions, enrichment), STATUS_OK);
    size_t len = strlen(text);
    for (int i = 0; i < 300; i++, len += 2) {
        memcpy(text + len, "\xc3\xbc", 2);
    }
    memcpy(text + len, "\"}", 3);
    struct event_trees trees = {.properties = parse(parser, &arena, text)};
    assert_int_equal(dimensions_of(&dimensions, &event, &trees, &arena, &got), STATUS_OK);
    assert_int_equal(got.page.len, 499);
    assert_true(str_is_utf8(got.page));
    dimensions_free(&dimensions);
    enrichment_free(enrichment);
    json_parser_free(parser);
    arena_free(&arena);
}

// --- Traits ---------------------------------------------------------------------------------------------------------

static const struct {
    const char *known, *said, *merged;
    bool changed;
} merges[] = {
    {NULL, "{\"a\":1}", "{\"a\":1}", true},
    {NULL, "{}", "{}", false},
    {"{\"a\":1}", "{\"a\":1}", "{\"a\":1}", false},
    {"{\"a\":1}", "{\"a\":null}", "{}", true},
    {"{\"a\":1}", "{\"b\":null}", "{\"a\":1}", false},
    {"{\"a\":1,\"b\":2,\"c\":3}", "{\"b\":null}", "{\"a\":1,\"c\":3}", true},
    {"{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":null}", "{\"a\":1,\"b\":2}", true},
    {"{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":null}", "{\"b\":2,\"c\":3}", true},
    {"{\"a\":1,\"b\":2}", "{\"a\":{\"x\":[1,2]}}", "{\"a\":{\"x\":[1,2]},\"b\":2}", true},
    {"{\"a\":\"longer\",\"b\":2}", "{\"a\":1,\"c\":3}", "{\"a\":1,\"b\":2,\"c\":3}", true},
    {"{\"a\\\"b\":1}", "{\"a\\u0022b\":2}", "{\"a\\\"b\":2}", true},
};

static void test_traits_merge_by_key(void **state) {
    (void)state;
    struct json_parser *parser;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    assert_int_equal(json_parser_make(&parser), STATUS_OK);
    for (size_t i = 0; i < sizeof merges / sizeof merges[0]; i++) {
        struct buffer out;
        bool changed;
        buffer_init(&out, 1 << 20);
        assert_int_equal(observed_traits_merge(str_from_c(merges[i].known),
                                               parse(parser, &arena, merges[i].said), &out,
                                               &changed),
                         STATUS_OK);
        if (!str_equal(buffer_str(&out), str_from_c(merges[i].merged)) ||
            changed != merges[i].changed) {
            fail_msg("merge %zu: %.*s", i, STR_ARG(buffer_str(&out)));
        }
        buffer_free(&out);
    }
    json_parser_free(parser);
    arena_free(&arena);
}

static void test_traits_are_bounded(void **state) {
    (void)state;
    struct json_parser *parser;
    struct arena arena;
    struct buffer known, out, said;
    bool changed;
    arena_init(&arena, 4096, 0);
    assert_int_equal(json_parser_make(&parser), STATUS_OK);
    buffer_init(&known, 1 << 20);
    buffer_init(&out, 1 << 20);
    buffer_init(&said, 1 << 20);
    for (int i = 0; i < 100; i++) {
        buffer_clear(&said);
        buffer_printf(&said, "{\"key%d\":\"%01000d\"}%c", i, i, 0);
        buffer_clear(&out);
        assert_int_equal(observed_traits_merge(known.len ? buffer_str(&known) : STR_EMPTY,
                                               parse(parser, &arena, said.data), &out, &changed),
                         STATUS_OK);
        buffer_clear(&known);
        buffer_append_str(&known, buffer_str(&out));
        assert_true(known.len <= OBSERVED_TRAITS_MAX);
    }
    assert_true(known.len > OBSERVED_TRAITS_MAX - 1100);
    // What fits still goes in, and a key that is there may shrink.
    buffer_clear(&out);
    assert_int_equal(observed_traits_merge(buffer_str(&known),
                                           parse(parser, &arena, "{\"key0\":0}"), &out, &changed),
                     STATUS_OK);
    assert_true(changed);
    buffer_free(&known);
    buffer_free(&out);
    buffer_free(&said);
    json_parser_free(parser);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_user_agents),
        cmocka_unit_test(test_bots),
        cmocka_unit_test(test_dimensions),
        cmocka_unit_test(test_what_was_found_stays_while_others_come),
        cmocka_unit_test(test_long_values_are_cut_at_a_character),
        cmocka_unit_test(test_traits_merge_by_key),
        cmocka_unit_test(test_traits_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
