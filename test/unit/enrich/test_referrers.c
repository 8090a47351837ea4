// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Known hosts, campaigns of links and events, declared dimensions.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>
#include <cmocka.h>

#include "enrich/campaign.h"
#include "enrich/declared.h"

static void test_the_table_is_in_order(void **state) {
    (void)state;
    for (size_t i = 0; i < enrich_source_count; i++) {
        const struct enrich_source *source = &enrich_sources[i];
        assert_true(i == 0 || str_compare(enrich_sources[i - 1].host, source->host) < 0);
        assert_true(source->name.len > 0 && source->channel >= ENRICH_CHANNEL_SEARCH &&
                    source->channel <= ENRICH_CHANNEL_EMAIL);
    }
}

static const struct {
    const char *host, *name; // NULL: not known
    enum enrich_channel channel;
} hosts[] = {
    {"google.com", "Google", ENRICH_CHANNEL_SEARCH},
    {"www.google.com", "Google", ENRICH_CHANNEL_SEARCH},
    {"www.google.co.uk", "Google", ENRICH_CHANNEL_SEARCH},
    {"google.com.br", "Google", ENRICH_CHANNEL_SEARCH},
    {"mail.google.com", "Gmail", ENRICH_CHANNEL_EMAIL},
    {"news.ycombinator.com", "Hacker News", ENRICH_CHANNEL_SOCIAL},
    {"l.facebook.com", "Facebook", ENRICH_CHANNEL_SOCIAL},
    {"t.co", "X", ENRICH_CHANNEL_SOCIAL},
    {"at.co", NULL, ENRICH_CHANNEL_REFERRAL},
    {"notgoogle.com", NULL, ENRICH_CHANNEL_REFERRAL},
    {"google.com.evil.example", NULL, ENRICH_CHANNEL_REFERRAL},
    {"google.evil.example", NULL, ENRICH_CHANNEL_REFERRAL},
    {"google.", NULL, ENRICH_CHANNEL_REFERRAL},
    {"google", NULL, ENRICH_CHANNEL_REFERRAL},
    {"ycombinator.com", NULL, ENRICH_CHANNEL_REFERRAL},
    {".", NULL, ENRICH_CHANNEL_REFERRAL},
    {"...", NULL, ENRICH_CHANNEL_REFERRAL},
    {"", NULL, ENRICH_CHANNEL_REFERRAL},
    {"com.google.android.gm", "Gmail", ENRICH_CHANNEL_EMAIL},
};

static void test_hosts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        const struct enrich_source *got = enrich_source_find(str_from_c(hosts[i].host));
        if (!got != !hosts[i].name || (got && (!str_equal(got->name, str_from_c(hosts[i].name)) ||
                                               got->channel != hosts[i].channel))) {
            fail_msg("%s: %.*s", hosts[i].host, STR_ARG(got ? got->name : STR_EMPTY));
        }
    }
    static const struct str own[] = {STR_INIT("shop.test")};
    assert_true(enrich_host_is_among(STR("SHOP.test"), own, 1));
    assert_true(enrich_host_is_among(STR("www.shop.test"), own, 1));
    assert_false(enrich_host_is_among(STR("myshop.test"), own, 1));
    assert_false(enrich_host_is_among(STR("test"), own, 1));
    assert_false(enrich_host_is_among(STR("shop.test"), own, 0));
}

// --- Events -----------------------------------------------------------------------------------------------------------

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
    const char *properties, *context, *url;
    const char *source, *medium, *name, *click;
    const char *channel; // NULL: no campaign
} campaigns[] = {
    {"{}", "{}", NULL, "", "", "", "", NULL},
    {"{}", "{\"campaign\":{\"source\":\"s\",\"medium\":\"m\",\"name\":\"n\"}}", NULL, "s", "m", "n",
     "", "campaign"},
    {"{}", "{\"campaign\":{\"source\":\"s\"}}", "/?utm_source=x&utm_campaign=y", "s", "", "y", "",
     "campaign"},
    {"{\"utm_source\":\"p\",\"utm_x\":\"\"}", "{}", "/?utm_source=x", "p", "", "", "", "campaign"},
    {"{}", "{}", "https://a.test/?utm_medium=E-Mail&utm_source=a%20b", "a b", "E-Mail", "", "",
     "email"},
    {"{}", "{}", "/?gclid=1", "", "", "", "Google", "campaign"},
    {"{}", "{}", "/?fbclid=1", "", "", "", "Facebook", NULL},
    {"{}", "{}", "/?fbclid=1&msclkid=2", "", "", "", "Bing", "campaign"},
    {"{}", "{}", "/?gclid=", "", "", "", "", NULL},
    {"{}", "{}", "/?utm_source=%00&utm_medium=%ff&utm_campaign=+", "", "", "", "", NULL},
    {"{}", "{\"campaign\":\"x\"}", "/#?utm_source=x", "", "", "", "", NULL},
    {"{}", "{\"campaign\":{\"source\":5,\"name\":null}}", NULL, "", "", "", "", NULL},
    {"[]", "[]", NULL, "", "", "", "", NULL},
};

static void test_campaigns(void **state) {
    (void)state;
    struct json_parser *parser;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    assert_int_equal(json_parser_make(&parser), STATUS_OK);
    for (size_t i = 0; i < sizeof campaigns / sizeof campaigns[0]; i++) {
        struct enrich_campaign got;
        enum enrich_channel channel = ENRICH_CHANNEL_DIRECT;
        assert_int_equal(enrich_campaign_of(parse(parser, &arena, campaigns[i].properties),
                                            parse(parser, &arena, campaigns[i].context),
                                            str_from_c(campaigns[i].url), &arena, &got),
                         STATUS_OK);
        bool any = enrich_campaign_channel(&got, &channel);
        if (!str_equal(got.source, str_from_c(campaigns[i].source)) ||
            !str_equal(got.medium, str_from_c(campaigns[i].medium)) ||
            !str_equal(got.name, str_from_c(campaigns[i].name)) ||
            !str_equal(got.click_source, str_from_c(campaigns[i].click)) ||
            any != (campaigns[i].channel != NULL) ||
            (any && !str_equal(enrich_channel_name(channel), str_from_c(campaigns[i].channel)))) {
            fail_msg("campaign %zu: %.*s %.*s %.*s %.*s", i, STR_ARG(got.source),
                     STR_ARG(got.medium), STR_ARG(got.name), STR_ARG(got.click_source));
        }
    }
    json_parser_free(parser);
    arena_free(&arena);
}

static const struct {
    const char *path, *value;
} declared[] = {
    {"properties.plan", "pro"},
    {"properties.price", "12.5"},
    {"properties.paid", "true"},
    {"properties.deep.er", "\xc3\xa9"},
    {"properties.list", ""},
    {"properties.none", ""},
    {"properties.deep", ""},
    {"properties.plan.x", ""},
    {"properties.blank", ""},
    {"context.app.version", "1.0"},
    {"traits.x", ""},
    {"type", "track"},
    {"name", "Bought"},
    {"groupId", "g"},
    {"enriched.brand", "Apple"},
};

static void test_declared(void **state) {
    (void)state;
    static const struct str names[] = {STR_INIT("Viewed"), STR_INIT("Bought")};
    struct json_parser *parser;
    struct arena arena;
    struct event event = {.type = EVENT_TRACK, .name = STR("Bought"), .group_id = STR("g")};
    arena_init(&arena, 4096, 0);
    assert_int_equal(json_parser_make(&parser), STATUS_OK);
    struct event_trees trees = {
        .properties = parse(parser, &arena,
                            "{\"plan\":\"pro\",\"price\":12.5,\"paid\":true,\"none\":null,"
                            "\"list\":[1],\"deep\":{\"er\":\"\\u00e9\"},\"blank\":\"  \"}"),
        .context = parse(parser, &arena, "{\"app\":{\"version\":\"1.0\"}}")};
    for (size_t i = 0; i < sizeof declared / sizeof declared[0]; i++) {
        struct enrich_declared one = {.name = STR("x"), .path = str_from_c(declared[i].path)};
        struct error err;
        assert_int_equal(enrich_declared_check(&one, 1, &err), STATUS_OK);
        struct str got = enrich_declared_value(&one, &event, &trees, STR("Apple"));
        if (!str_equal(got, str_from_c(declared[i].value))) {
            fail_msg("%s: %.*s", declared[i].path, STR_ARG(got));
        }
    }
    struct enrich_declared some = {STR("x"), STR("name"), names, 2};
    assert_true(str_equal(enrich_declared_value(&some, &event, &trees, STR_EMPTY), STR("Bought")));
    some.event_count = 1;
    assert_null(enrich_declared_value(&some, &event, &trees, STR_EMPTY).data);
    json_parser_free(parser);
    arena_free(&arena);
}

static void test_declarations_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *name, *path;
    } bad[] = {
        {"", "name"},
        {"a b", "name"},
        {"a=b", "name"},
        {"\xc3\xa9", "name"},
        {"x", ""},
        {"x", "properties"},
        {"x", "properties."},
        {"x", "properties..a"},
        {"x", "receivedAt"},
        {"x", "enriched.os"},
        {"x", ".properties.a"},
        {"a234567890b234567890c234567890d2345678901", "name"},
    };
    struct error err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct enrich_declared one = {str_from_c(bad[i].name), str_from_c(bad[i].path), NULL, 0};
        if (enrich_declared_check(&one, 1, &err) != STATUS_INVALID) {
            fail_msg("%s at %s", bad[i].name, bad[i].path);
        }
    }
    struct enrich_declared two[2] = {{STR("a"), STR("name"), NULL, 0},
                                     {STR("a"), STR("type"), NULL, 0}};
    assert_int_equal(enrich_declared_check(two, 2, &err), STATUS_INVALID);
    two[1].name = STR("b");
    assert_int_equal(enrich_declared_check(two, 2, &err), STATUS_OK);
    assert_int_equal(enrich_declared_check(two, ENRICH_DECLARED_MAX + 1, &err), STATUS_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_in_order),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_campaigns),
        cmocka_unit_test(test_declared),
        cmocka_unit_test(test_declarations_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
