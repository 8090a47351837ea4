// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From a server's reply to the YAML of our settings: which source counts, lists, trees, what is refused, no memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json_read.h"
#include "config_client/config_client.h"
#include "support/failing_malloc.h"

static const struct setting table[] = {
    {.key = "limits.key", .type = SETTING_STRING, .fallback = ""},
    {.key = "limits.exempt", .type = SETTING_LIST, .fallback = ""},
    {.key = "http.idle_timeout", .type = SETTING_DURATION, .fallback = "1s"},
    {.key = "rules[].name", .type = SETTING_STRING, .fallback = ""},
    {.key = "rules[].body_limit", .type = SETTING_BYTES, .fallback = "0"},
    {.key = "rules[].headers.set", .type = SETTING_LIST, .fallback = ""},
    {.key = "rules[].when", .type = SETTING_TREE, .fallback = ""},
    {.key = "config.import", .type = SETTING_LIST, .fallback = ""},
};
enum { COUNT = sizeof table / sizeof table[0] };

// The text, or NULL and why not.
static char *map(const char *reply, struct error *err) {
    struct config_client_reply read;
    struct config_client_text text;
    struct arena arena;
    char *out = NULL;
    size_t len = strlen(reply);
    char *padded = calloc(1, len + JSON_PADDING);
    assert_non_null(padded);
    memcpy(padded, reply, len);
    arena_init(&arena, 4096, 0);
    enum status status = config_client_read_reply(str_make(padded, len), &arena, &read, err);
    if (status == STATUS_OK) {
        status = config_client_map(table, COUNT, &read, &arena, &text, err);
        if (status == STATUS_OK) {
            out = calloc(1, text.yaml.len + 1);
            assert_non_null(out);
            memcpy(out, text.yaml.data ? text.yaml.data : "", text.yaml.len);
        }
        buffer_free(&text.yaml);
    }
    arena_free(&arena);
    free(padded);
    return out;
}

#define SOURCES(...) "{\"version\":\"v\",\"propertySources\":[" __VA_ARGS__ "]}"
#define OURS(...) "{\"name\":\"file:/c/footfall.yml\",\"source\":{" __VA_ARGS__ "}}"
#define SHARED(...)                                                                                \
    "{\"name\":\"https://h/r.git/application-x.yml (document #1)\",\"source\":{" __VA_ARGS__ "}}"

static void becomes(const char *reply, const char *yaml) {
    struct error err = {STATUS_OK, ""};
    char *text = map(reply, &err);
    if (!text) {
        fail_msg("%s: %s", reply, err.text);
        return;
    }
    assert_string_equal(text, yaml);
    free(text);
}

static void refused(const char *reply, const char *why) {
    struct error err = {STATUS_OK, ""};
    char *text = map(reply, &err);
    assert_null(text);
    assert_int_equal(err.status, STATUS_INVALID);
    assert_string_equal(err.text, why);
}

static void test_sources(void **state) {
    (void)state;
    becomes(SOURCES(), "");
    becomes(SOURCES(OURS("\"limits.key\":\"1/s\"")), "\"limits.key\": \"1/s\"\n");
    becomes(SOURCES(OURS("\"limits.key\":\"1/s\"") "," SHARED("\"limits.key\":\"2/s\",\"a.b\":1")),
            "\"limits.key\": \"1/s\"\n");
    becomes(SOURCES(OURS("\"limits.exempt[1]\":\"b\",\"limits.exempt[0]\":\"a\"") "," SHARED(
                "\"limits.exempt[2]\":\"c\",\"http.idleTimeout\":500")),
            "\"limits.exempt\": [\"a\",\"b\"]\n\"http.idle_timeout\": \"500ms\"\n");
    becomes(SOURCES(OURS("\"limits.key\":null")), "\"limits.key\": \"\"\n");
    becomes(SOURCES(OURS("\"limits.key\":{\"value\":\"1/s\",\"origin\":\"x\"}")),
            "\"limits.key\": \"1/s\"\n");
    becomes(SOURCES(OURS("\"footfall.limits.key\":\"1/s\"")), "\"limits.key\": \"1/s\"\n");
    becomes(SOURCES("{\"name\":\"overrides\",\"source\":{\"x\":1}}"), "");
}

static void test_lists_of_maps(void **state) {
    (void)state;
    becomes(SOURCES(OURS("\"rules\":\"\"")), "\"rules\": []\n");
    becomes(
        SOURCES(OURS(
            "\"rules[0].name\":\"a\",\"rules[0].body-limit\":\"1MB\","
            "\"rules[0].headers.set[0]\":\"X: 1\",\"rules[1].name\":\"b\"") "," SHARED("\"rules[2].name\":\"c\"")),
        "\"rules\": [{\"name\":\"a\",\"body_limit\":\"1MiB\",\"headers\":{\"set\":[\"X: 1\"]}},"
        "{\"name\":\"b\"}]\n");
}

static void test_trees(void **state) {
    (void)state;
    becomes(SOURCES(OURS("\"rules[0].when.type\":\"page\",\"rules[0].when.properties.a.b\":1,"
                         "\"rules[0].when.properties.c.prefix\":\"/x\","
                         "\"rules[0].when.any[0].properties.d\":true,"
                         "\"rules[0].when.any[1].not.e.f.one_of[0]\":\"1\"")),
            "\"rules\": [{\"when\":{\"type\":\"page\",\"properties.a.b\":1,"
            "\"properties.c\":{\"prefix\":\"/x\"},\"any\":[{\"properties.d\":true},"
            "{\"not\":{\"e.f\":{\"one_of\":[\"1\"]}}}]}}]\n");
    becomes(
        SOURCES(OURS("\"rules[0].when[properties.prefix]\":\"x\","
                     "\"rules[0].when.set.properties.a.from\":\"b\"")),
        "\"rules\": [{\"when\":{\"properties.prefix\":\"x\",\"set\":{\"properties.a\":{\"from\":"
        "\"b\"}}}}]\n");
}

#define AT "file:/c/footfall.yml: "
static void test_mistakes(void **state) {
    (void)state;
    refused(SOURCES(OURS("\"limits.kye\":1")), AT "limits.kye: unknown key");
    refused(SOURCES(OURS("\"limits.key[0]\":1")), AT "limits.key[0]: unknown key");
    refused(SOURCES(OURS("\"rules[]\":1")), AT "rules[]: not a key that can be understood");
    refused(SOURCES(OURS("\"rules[0\":1")), AT "rules[0: not a key that can be understood");
    refused(SOURCES(OURS("\"rules[1].name\":1")), AT "rules[1].name: items of a list are missing");
    refused(SOURCES(OURS("\"rules[4096].name\":1")),
            AT "rules[4096].name: not a key that can be understood");
    refused(SOURCES(OURS("\"rules[0]\":1,\"rules[0].name\":1")),
            AT "rules[0].name: stands below a key that has a value");
    refused(SOURCES(OURS("\"rules[0].name\":1,\"rules[0]\":1")),
            AT "rules[0]: has a value, and keys below it");
    refused(SOURCES(OURS("\"limits.key\":[1]")),
            AT "limits.key: its value is neither a text nor a number");
    refused(SOURCES(OURS("\"config.import\":1")),
            AT "config.import: says where the configuration is, and cannot be in it");
    refused(SOURCES(SHARED("\"footfall.x\":1")),
            "https://h/r.git/application-x.yml (document #1): footfall.x: unknown key");
    refused(SOURCES(OURS("\"rules[0].when.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q\":1")),
            AT "rules[0].when.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q: not a key that can be understood");
}

static void test_what_is_no_reply(void **state) {
    (void)state;
    refused("{}", "its reply has no propertySources");
    refused("{\"propertySources\":1}", "its reply has no propertySources");
    refused("[]", "its reply has no propertySources");
    refused("<html>", "its reply is no JSON: expected a value at byte 0");
    refused(SOURCES("{\"name\":\"x\"}"), "a property source has no name or no properties");
    refused(SOURCES("{\"source\":{}}"), "a property source has no name or no properties");
    refused(SOURCES("1"), "a property source has no name or no properties");
}

static void test_no_memory(void **state) {
    (void)state;
    static const char reply[] =
        SOURCES(OURS("\"rules[0].when.a.b\":1,\"limits.exempt[0]\":\"x\",\"http.idle_timeout\":5"));
    static char padded[sizeof reply + JSON_PADDING];
    memcpy(padded, reply, sizeof reply);
    long at = 0;
    for (;; at++) {
        struct config_client_reply read;
        struct config_client_text text = {.lines = 0};
        struct error err = {STATUS_OK, ""};
        struct arena arena;
        arena_init(&arena, 256, 0);
        buffer_init(&text.yaml, 1);
        failing_malloc_arm(at);
        enum status status =
            config_client_read_reply(str_make(padded, sizeof reply - 1), &arena, &read, &err);
        if (status == STATUS_OK) {
            status = config_client_map(table, COUNT, &read, &arena, &text, &err);
        }
        bool failed = failing_malloc_disarm();
        buffer_free(&text.yaml);
        arena_free(&arena);
        if (!failed) {
            assert_int_equal(status, STATUS_OK);
            break;
        }
        assert_int_equal(status, STATUS_NO_MEMORY);
    }
    assert_true(at > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_lists_of_maps),
        cmocka_unit_test(test_trees),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_what_is_no_reply),
        cmocka_unit_test(test_no_memory),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
