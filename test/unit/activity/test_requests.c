// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Whole requests and their replies: keys, status codes, CORS, what SDKs ask before they send.
#include <stdatomic.h>

#include <stdio.h>

#include "unit/activity/serving.h"

#define EVENT "{\"type\":\"login\",\"userId\":\"u1\"}"
#define AUTH "Authorization: Basic d2tfdGVzdDo=\r\n"

static int start(void **state) {
    static struct serving serving;
    serving_start(&serving, NULL, STATUS_OK);
    *state = &serving;
    return 0;
}

static int end(void **state) {
    serving_stop(*state);
    return 0;
}

static void test_keys_are_taken_from_everywhere(void **state) {
    static const struct {
        const char *head;
        const char *body;
        const char *status;
    } table[] = {
        {"POST /activities HTTP/1.1\r\n" AUTH, EVENT, "HTTP/1.1 202"},
        {"POST /activities HTTP/1.1\r\nAuthorization: Bearer wk_test\r\n", EVENT, "HTTP/1.1 202"},
        {"POST /activities?writeKey=wk_test HTTP/1.1\r\n", EVENT, "HTTP/1.1 202"},
        {"POST /activities HTTP/1.1\r\n",
         "{\"type\":\"a\",\"userId\":\"u\",\"writeKey\":\"wk_test\"}", "HTTP/1.1 202"},
        {"POST /activities HTTP/1.1\r\n",
         "{\"type\":\"a\",\"userId\":\"u\",\"api_key\":\"wk_test\"}", "HTTP/1.1 202"},
        {"POST /e/?ver=1&_=2 HTTP/1.1\r\n",
         "{\"event\":\"a\",\"properties\":{\"distinct_id\":\"u\",\"token\":\"wk_test\"}}",
         "HTTP/1.1 200"},
        // A site's own password does not hide the key in the body.
        {"POST /v1/batch HTTP/1.1\r\nAuthorization: Basic YTpi\r\n",
         "{\"writeKey\":\"wk_test\",\"batch\":[]}", "HTTP/1.1 200"},
        {"POST /activities HTTP/1.1\r\n", EVENT, "HTTP/1.1 401"},
        {"POST /activities?writeKey=nobody HTTP/1.1\r\n", EVENT, "HTTP/1.1 401"},
        {"POST /activities?key=wk_test HTTP/1.1\r\n", EVENT, "HTTP/1.1 400"},
        {"POST /v1/batch HTTP/1.1\r\n", "{\"writeKey\":\"nobody\",\"batch\":[]}", "HTTP/1.1 401"},
        {"POST /v1/track HTTP/1.1\r\n" AUTH, "not json", "HTTP/1.1 400"},
        {"POST /v1/track HTTP/1.1\r\n" AUTH, "", "HTTP/1.1 400"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        ASSERT_CONTAINS(TALK(*state, table[i].head, table[i].body), table[i].status);
    }
}

static void test_replies(void **state) {
    ASSERT_CONTAINS(TALK(*state, "POST /activities HTTP/1.1\r\n" AUTH, EVENT),
                    "\r\n\r\n{\"accepted\":1,\"rejected\":[]}");
    ASSERT_CONTAINS(
        TALK(*state, "POST /activities HTTP/1.1\r\n" AUTH, "[" EVENT ",{\"messageId\":\"m\"}]"),
        "{\"accepted\":1,\"rejected\":[{\"index\":1,\"messageId\":\"m\",\"reason\":\"type is required\"}]}");
    ASSERT_CONTAINS(TALK(*state, "POST /activities HTTP/1.1\r\n" AUTH, "[]"),
                    "\r\n\r\n{\"accepted\":0,\"rejected\":[]}");
    ASSERT_CONTAINS(
        TALK(*state, "POST /v1/track HTTP/1.1\r\n" AUTH, "{\"event\":\"a\",\"userId\":\"u\"}"),
        "\r\n\r\n{\"success\":true}");
    ASSERT_CONTAINS(
        TALK(*state, "POST /v1/batch HTTP/1.1\r\n" AUTH, "{\"batch\":[{}]}"),
        "{\"success\":true,\"rejected\":[{\"index\":0,\"messageId\":null,\"reason\":\"type is required\"}]}");
    ASSERT_CONTAINS(
        TALK(*state, "POST /batch/ HTTP/1.1\r\n", "{\"api_key\":\"wk_test\",\"batch\":[]}"),
        "\r\n\r\n{\"status\":\"Ok\"}");
}

static void test_a_single_bad_event_is_a_problem_that_points(void **state) {
    const char *reply = TALK(*state, "POST /activities HTTP/1.1\r\n" AUTH,
                             "{\"type\":\"a\",\"userId\":\"u\",\"timestamp\":\"foo\"}");
    ASSERT_CONTAINS(reply, "HTTP/1.1 400");
    ASSERT_CONTAINS(reply, "application/problem+json");
    ASSERT_CONTAINS(reply, "\"pointer\":\"/timestamp\"");
    reply = TALK(*state, "POST /v1/track HTTP/1.1\r\n" AUTH, "{\"userId\":\"u\"}");
    ASSERT_CONTAINS(reply, "\"pointer\":\"/event\"");
}

static void test_cors(void **state) {
    const char *reply = TALK(*state,
                             "OPTIONS /v1/batch HTTP/1.1\r\nOrigin: https://shop.example\r\n"
                             "Access-Control-Request-Headers: anonymousid, x-odd\r\n",
                             "");
    ASSERT_CONTAINS(reply, "HTTP/1.1 204");
    ASSERT_CONTAINS(reply, "Access-Control-Allow-Origin: https://shop.example\r\n");
    ASSERT_CONTAINS(reply, "Access-Control-Allow-Headers: anonymousid, x-odd\r\n");
    ASSERT_CONTAINS(reply, "Access-Control-Max-Age: 86400\r\n");
    // Also on errors, or the page could not read them.
    reply = TALK(*state, "POST /e/ HTTP/1.1\r\nOrigin: https://shop.example\r\n", "{}");
    ASSERT_CONTAINS(reply, "HTTP/1.1 401");
    ASSERT_CONTAINS(reply, "Access-Control-Allow-Origin: https://shop.example\r\n");
    ASSERT_CONTAINS(reply, "WWW-Authenticate: Bearer");
    ASSERT_LACKS(TALK(*state, "POST /v1/batch HTTP/1.1\r\n" AUTH, "{\"batch\":[]}"),
                 "Access-Control");
}

static void test_pixel(void **state) {
    struct arena arena;
    const char *reply = TALK(
        *state,
        "GET /pixel/v1/track?writeKey=wk_test&userId=u1&event=opened&properties.mail=7&properties.a.b=x"
        "&context.page.path=%2Fmail HTTP/1.1\r\n",
        "");
    ASSERT_CONTAINS(reply, "HTTP/1.1 200");
    ASSERT_CONTAINS(reply, "Content-Type: image/gif");
    ASSERT_CONTAINS(reply, "Content-Length: 43\r\n");
    ASSERT_CONTAINS(reply, "GIF89a");
    ASSERT_CONTAINS(TALK(*state, "GET /pixel/v1/page?writeKey=wk_test HTTP/1.1\r\n", ""),
                    "HTTP/1.1 400");
    ASSERT_CONTAINS(TALK(*state, "GET /pixel/v1/page?userId=u HTTP/1.1\r\n", ""), "HTTP/1.1 401");
    ASSERT_CONTAINS(TALK(*state, "GET /pixel/v1/page?writeKey=wk_test&userId=%ff HTTP/1.1\r\n", ""),
                    "HTTP/1.1 400");
    arena_init(&arena, 4096, 0);
    struct str lines = serving_log_lines(*state, &arena);
    ASSERT_CONTAINS(lines.data, "\"name\":\"opened\"");
    ASSERT_CONTAINS(lines.data, "\"properties\":{\"a\":{\"b\":\"x\"},\"mail\":\"7\"}");
    ASSERT_CONTAINS(lines.data, "\"context\":{\"page\":{\"path\":\"/mail\"}}");
    arena_free(&arena);
}

// DNT and Sec-GPC are the browser's, so they are written down whichever library speaks through it.
static void test_signals_of_browsers(void **state) {
    static const struct {
        const char *head, *body;
    } table[] = {
        {"POST /activities HTTP/1.1\r\n" AUTH, EVENT},
        {"POST /v1/track HTTP/1.1\r\n" AUTH, "{\"event\":\"a\",\"userId\":\"u\"}"},
        {"POST /v1/batch HTTP/1.1\r\n" AUTH,
         "{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\",\"context\":{\"library\":{"
         "\"name\":\"RudderLabs JavaScript SDK\"}}}]}"},
        {"POST /batch/ HTTP/1.1\r\n",
         "{\"api_key\":\"wk_test\",\"batch\":[{\"event\":\"a\",\"distinct_id\":\"u\"}]}"},
        {"GET /pixel/v1/page?writeKey=wk_test&userId=u HTTP/1.1\r\n", ""},
    };
    static const char both[] = "\"doNotTrack\":true,\"globalPrivacyControl\":true}";
    struct arena arena;
    arena_init(&arena, 4096, 0);
    size_t seen = 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char head[400];
        (void)snprintf(head, sizeof head, "%sDNT: 1\r\nSec-GPC: 1\r\n", table[i].head);
        ASSERT_CONTAINS(TALK(*state, head, table[i].body), "HTTP/1.1 20");
        (void)snprintf(head, sizeof head, "%sDNT: 0\r\nSec-GPC: 0\r\n", table[i].head);
        ASSERT_CONTAINS(TALK(*state, head, table[i].body), "HTTP/1.1 20");
        (void)snprintf(head, sizeof head, "%sdnt: unspecified\r\n", table[i].head);
        ASSERT_CONTAINS(TALK(*state, head, table[i].body), "HTTP/1.1 20");
    }
    struct str lines = serving_log_lines(*state, &arena);
    for (const char *at = lines.data; (at = strstr(at, both)) != NULL; at++) {
        seen++;
    }
    assert_int_equal(seen, sizeof table / sizeof table[0]);
    arena_free(&arena);
}

static void test_what_sdks_ask_first(void **state) {
    const char *reply = TALK(*state, "GET /v1/projects/wk_test/settings HTTP/1.1\r\n", "");
    ASSERT_CONTAINS(reply, "Cache-Control: public");
    ASSERT_CONTAINS(reply, "Vary: Origin, Authorization\r\n");
    ASSERT_CONTAINS(
        reply,
        "\"Segment.io\":{\"apiKey\":\"wk_test\",\"apiHost\":\"a.example/v1\",\"protocol\":\"http\"");
    ASSERT_CONTAINS(TALK(*state, "GET /v1/projects/nobody/settings HTTP/1.1\r\n", ""),
                    "HTTP/1.1 404");
    ASSERT_CONTAINS(TALK(*state, "GET /sourceConfig/?p=npm&writeKey=wk_test HTTP/1.1\r\n", ""),
                    "\"source\":{\"id\":\"shop\"");
    ASSERT_CONTAINS(TALK(*state, "GET /sourceConfig/ HTTP/1.1\r\n" AUTH, ""),
                    "\"destinations\":[]");
    ASSERT_CONTAINS(TALK(*state, "GET /sourceConfig/ HTTP/1.1\r\n", ""), "HTTP/1.1 401");
    ASSERT_CONTAINS(TALK(*state, "GET /array/wk_test/config?ip=0 HTTP/1.1\r\n", ""),
                    "\"supportedCompression\":[\"gzip\",\"gzip-js\"]");
    ASSERT_CONTAINS(TALK(*state, "POST /flags/?v=2 HTTP/1.1\r\n", "\x1f\x8b junk"),
                    "\"featureFlags\":{}");
    ASSERT_CONTAINS(TALK(*state, "POST /v1/m HTTP/1.1\r\n", "{\"series\":[]}"),
                    "{\"success\":true}");
}

static void test_what_the_log_refuses_is_sent_again_later(void **state) {
    static const struct {
        enum status refusal;
        const char *status;
        const char *after;
    } table[] = {
        {STATUS_QUOTA, "HTTP/1.1 503", "Retry-After: 30"},
        {STATUS_FULL, "HTTP/1.1 503", "Retry-After: 1"},
        {STATUS_UNAVAILABLE, "HTTP/1.1 503", "Retry-After: 5"},
        {STATUS_IO, "HTTP/1.1 503", "Retry-After: 5"},
        {STATUS_TOO_LARGE, "HTTP/1.1 413", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct serving serving;
        serving_start(&serving, NULL, table[i].refusal);
        const char *reply = TALK(
            &serving, "POST /activities HTTP/1.1\r\nOrigin: https://x\r\n" AUTH, "[" EVENT ",{}]");
        ASSERT_CONTAINS(reply, table[i].status);
        ASSERT_CONTAINS(reply, table[i].after);
        ASSERT_CONTAINS(reply, "Access-Control-Allow-Origin: https://x");
        ASSERT_LACKS(reply, "accepted");
        serving_stop(&serving);
    }
}

static void test_prefix_and_public_url(void **state) {
    const struct activity_config config = {.path_prefix = STR_INIT("/x7"),
                                           .public_url = STR_INIT("https://t.example/")};
    struct serving serving;
    (void)state;
    serving_start(&serving, &config, STATUS_OK);
    ASSERT_CONTAINS(
        TALK(&serving, "POST /x7/v1/track HTTP/1.1\r\n" AUTH, "{\"event\":\"a\",\"userId\":\"u\"}"),
        "HTTP/1.1 200");
    ASSERT_CONTAINS(
        TALK(&serving, "POST /v1/track HTTP/1.1\r\n" AUTH, "{\"event\":\"a\",\"userId\":\"u\"}"),
        "HTTP/1.1 200");
    ASSERT_CONTAINS(TALK(&serving, "GET /x7/v1/projects/wk_test/settings HTTP/1.1\r\n", ""),
                    "\"apiHost\":\"t.example/x7/v1\",\"protocol\":\"https\"");
    serving_stop(&serving);
}

struct elsewhere {
    struct serving serving;
    atomic_uint looks;
};

// A key that another process has stored comes with the next look.
static enum status look(void *context, struct error *err) {
    struct elsewhere *elsewhere = context;
    (void)err;
    if (atomic_fetch_add(&elsewhere->looks, 1) == 0) {
        return STATUS_OK;
    }
    enum status status = auth_keyring_add(elsewhere->serving.keyring, STR("k9"), STR("shop"),
                                          AUTH_ROLE_WRITE, STR("wk_elsewhere"));
    return status == STATUS_EXISTS ? STATUS_OK : status;
}

static void an_unknown_key_is_looked_up_once_more(void **state) {
    (void)state;
    static const char *const bodies[][2] = {
        {"POST /v1/batch HTTP/1.1\r\n",
         "{\"writeKey\":\"wk_elsewhere\",\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"userId\":\"u\"}]}"},
        {"POST /batch/ HTTP/1.1\r\n",
         "{\"batch\":[{\"event\":\"a\",\"distinct_id\":\"u\",\"api_key\":\"wk_elsewhere\"}]}"},
        {"GET /pixel/v1/track?writeKey=wk_elsewhere&userId=u HTTP/1.1\r\n", ""},
        {"GET /sourceConfig/?writeKey=wk_elsewhere HTTP/1.1\r\n", ""},
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct elsewhere elsewhere = {.looks = 0};
        const struct auth_refresh_config looking = {
            .load = look, .context = &elsewhere, .interval_ms = INT64_C(3600000), .least_ms = 1};
        struct activity_config config = {.log = NULL};
        struct error err;
        assert_int_equal(auth_refresh_start(&looking, &config.refresh, &err), STATUS_OK);
        serving_start(&elsewhere.serving, &config, STATUS_OK);
        // In the first look it is not there yet, in the second it is.
        ASSERT_LACKS(TALK(&elsewhere.serving, bodies[i][0], bodies[i][1]), "HTTP/1.1 200 ");
        assert_int_equal(atomic_load(&elsewhere.looks), 1);
        ASSERT_CONTAINS(TALK(&elsewhere.serving, bodies[i][0], bodies[i][1]), "HTTP/1.1 200 ");
        ASSERT_CONTAINS(TALK(&elsewhere.serving, bodies[i][0], bodies[i][1]), "HTTP/1.1 200 ");
        assert_int_equal(atomic_load(&elsewhere.looks), 2);
        http_server_stop(elsewhere.serving.server);
        elsewhere.serving.server = NULL;
        auth_refresh_stop(config.refresh);
        serving_stop(&elsewhere.serving);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys_are_taken_from_everywhere, start, end),
        cmocka_unit_test_setup_teardown(test_replies, start, end),
        cmocka_unit_test_setup_teardown(test_a_single_bad_event_is_a_problem_that_points, start,
                                        end),
        cmocka_unit_test_setup_teardown(test_cors, start, end),
        cmocka_unit_test_setup_teardown(test_pixel, start, end),
        cmocka_unit_test_setup_teardown(test_signals_of_browsers, start, end),
        cmocka_unit_test_setup_teardown(test_what_sdks_ask_first, start, end),
        cmocka_unit_test(test_what_the_log_refuses_is_sent_again_later),
        cmocka_unit_test(test_prefix_and_public_url),
        cmocka_unit_test(an_unknown_key_is_looked_up_once_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
