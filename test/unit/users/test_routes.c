// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The User Service over HTTP: profiles with conditions, observed users, timelines with linked history, days.
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/route_server.h"
#include "users/users.h"

#define NOW 1795392000000LL // 2026-11-23T00:00:00Z
#define DAY 86400000LL

static struct route_server rs;
static struct users *users;

static int set_up(void **state) {
    (void)state;
    struct error err = {0};
    route_server_prepare(&rs, "Europe/Berlin", NOW);
    struct users_config config = {.store = rs.store,
                                  .keyring = rs.keyring,
                                  .clock = &rs.clock.clock,
                                  .random = &rs.random.source};
    if (users_start(&config, &users, &err) != STATUS_OK) {
        return -1;
    }
    route_server_start(&rs, users_routes(users));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    route_server_stop(&rs);
    users_stop(users);
    route_server_free(&rs);
    return 0;
}

static struct route_reply call(const char *method, const char *target, const char *body) {
    return route_call(&rs, method, target, NULL, body);
}

static void test_create(void **state) {
    (void)state;
    char value[200];
    struct route_reply reply =
        call("POST", "/users", "{\"id\":\"a b/\xc3\xa4\",\"email\":\"Ada@Example.org\"}");
    ASSERT_REPLY(reply, 201);
    assert_string_equal(route_header(reply, "Location", value, sizeof value),
                        "/users/a%20b%2F%C3%A4");
    assert_string_equal(route_header(reply, "ETag", value, sizeof value), "\"1\"");
    ASSERT_HAS(reply.body, "\"email\":\"ada@example.org\"");
    ASSERT_HAS(reply.body, "\"name\":null");
    ASSERT_HAS(reply.body, "\"traits\":{}");
    ASSERT_HAS(reply.body, "\"observed\":null");
    ASSERT_HAS(reply.body, "\"createdAt\":\"2026-11-23T00:00:00.000Z\"");
    ASSERT_REPLY(call("GET", "/users/a%20b%2F%C3%A4", NULL), 200);
    reply = call("POST", "/users", "{\"id\":\"a b/\xc3\xa4\"}");
    ASSERT_REPLY(reply, 409);
    ASSERT_HAS(reply.body, "\"/id\"");
    reply = call("POST", "/users", "{\"email\":\"ada@EXAMPLE.org\"}");
    ASSERT_REPLY(reply, 409);
    ASSERT_HAS(reply.body, "\"/email\"");
    reply = call("POST", "/users", "{}"); // the id is made
    ASSERT_REPLY(reply, 201);
    assert_int_equal(strlen(route_header(reply, "Location", value, sizeof value)), 7 + 36);
    reply = call("POST", "/users?project=default", "{\"id\":\"p\"}");
    assert_string_equal(route_header(reply, "Location", value, sizeof value),
                        "/users/p?project=default");
}

static void test_refusals(void **state) {
    (void)state;
    struct route_reply reply = call("POST", "/users", "{\"age\":3,\"email\":\"nobody\"}");
    ASSERT_REPLY(reply, 400);
    ASSERT_HAS(reply.body, "\"/age\"");
    ASSERT_HAS(reply.body, "\"/email\"");
    ASSERT_REPLY(call("POST", "/users", "[]"), 400);
    ASSERT_REPLY(call("POST", "/users", "{\"id\":"), 400);
    ASSERT_REPLY(call("POST", "/users", "{\"id\":\"x\",\"id\":\"y\"}"), 400);
    ASSERT_REPLY(call("POST", "/users?x=1", "{}"), 400);
    ASSERT_REPLY(call("GET", "/users/x?x=1", NULL), 400);
    ASSERT_REPLY(call("GET", "/users?project=other", NULL), 404);
    ASSERT_REPLY(call("GET", "/users/nobody", NULL), 404);
    ASSERT_REPLY(call("GET", "/users/nobody/activities", NULL), 404);
    ASSERT_REPLY(call("GET", "/users/nobody/reports/daily", NULL), 404);
    ASSERT_REPLY(call("DELETE", "/users/nobody", NULL), 404);
    ASSERT_REPLY(call("PATCH", "/users/nobody", "{}"), 404);
    ASSERT_REPLY(call("PUT", "/users/a%01b", "{}"), 400);
    char body[70000];
    memset(body, ' ', sizeof body);
    memcpy(body, "{}", 2);
    body[sizeof body - 1] = '\0';
    ASSERT_REPLY(call("POST", "/users", body), 413);
}

static void test_put(void **state) {
    (void)state;
    char value[64];
    struct route_reply reply = call("PUT", "/users/u1", "{\"name\":\"One\",\"traits\":{\"a\":1}}");
    ASSERT_REPLY(reply, 201);
    assert_string_equal(route_header(reply, "Location", value, sizeof value), "/users/u1");
    reply = call("PUT", "/users/u1", "{\"id\":\"u1\",\"name\":\"Two\"}");
    ASSERT_REPLY(reply, 200);
    ASSERT_HAS(reply.body, "\"traits\":{}");
    assert_string_equal(route_header(reply, "ETag", value, sizeof value), "\"2\"");
    ASSERT_REPLY(call("PUT", "/users/u1", "{\"id\":\"u2\"}"), 400);
    ASSERT_REPLY(route_call(&rs, "PUT", "/users/u1", "If-Match: \"1\"\r\n", "{}"), 412);
    ASSERT_REPLY(route_call(&rs, "PUT", "/users/u1", "If-Match: \"9\", \"2\"\r\n", "{}"), 200);
    ASSERT_REPLY(route_call(&rs, "PUT", "/users/u1", "If-None-Match: *\r\n", "{}"), 412);
    ASSERT_REPLY(route_call(&rs, "PUT", "/users/u3", "If-None-Match: *\r\n", "{}"), 201);
    ASSERT_REPLY(route_call(&rs, "PUT", "/users/u4", "If-Match: *\r\n", "{}"), 412);
    ASSERT_REPLY(call("PUT", "/users/u3", "{\"email\":\"x@y.z\"}"), 200);
    ASSERT_REPLY(call("PUT", "/users/u1", "{\"email\":\"X@y.z\"}"), 409);
    // Conditional reading.
    ASSERT_REPLY(route_call(&rs, "GET", "/users/u1", "If-None-Match: \"3\"\r\n", NULL), 304);
    ASSERT_REPLY(route_call(&rs, "GET", "/users/u1", "If-None-Match: W/\"3\"\r\n", NULL), 304);
    ASSERT_REPLY(route_call(&rs, "GET", "/users/u1", "If-None-Match: \"2\"\r\n", NULL), 200);
}

static void test_patch_and_delete(void **state) {
    (void)state;
    ASSERT_REPLY(call("PUT", "/users/u1",
                      "{\"name\":\"One\",\"email\":\"a@b.c\","
                      "\"traits\":{\"plan\":\"free\",\"x\":{\"y\":1}}}"),
                 201);
    struct route_reply reply =
        route_call(&rs, "PATCH", "/users/u1", "Content-Type: application/merge-patch+json\r\n",
                   "{\"name\":null,\"traits\":{\"plan\":\"pro\",\"x\":{\"z\":2}}}");
    ASSERT_REPLY(reply, 200);
    ASSERT_HAS(reply.body, "\"name\":null");
    ASSERT_HAS(reply.body, "\"email\":\"a@b.c\"");
    ASSERT_HAS(reply.body, "\"traits\":{\"plan\":\"pro\",\"x\":{\"y\":1,\"z\":2}}");
    ASSERT_REPLY(route_call(&rs, "PATCH", "/users/u1", "Content-Type: text/plain\r\n", "{}"), 415);
    ASSERT_REPLY(call("PATCH", "/users/u1", "{\"id\":\"other\"}"), 400);
    ASSERT_REPLY(call("PATCH", "/users/u1", "{\"id\":\"u1\"}"), 200);
    ASSERT_REPLY(call("PATCH", "/users/u1", "{\"zip\":1}"), 400);
    ASSERT_REPLY(route_call(&rs, "PATCH", "/users/u1", "If-Match: \"1\"\r\n", "{}"), 412);
    ASSERT_REPLY(route_call(&rs, "DELETE", "/users/u1", "If-Match: \"1\"\r\n", NULL), 412);
    ASSERT_REPLY(call("DELETE", "/users/u1", NULL), 204);
    ASSERT_REPLY(call("GET", "/users/u1", NULL), 404);
    ASSERT_REPLY(call("PUT", "/users/u2", "{\"email\":\"a@b.c\"}"), 201); // the address is free
}

static void cursor_of(struct route_reply reply, char *target, size_t size, const char *path) {
    const char *at = strstr(reply.body, "\"next\":\"");
    assert_non_null(at);
    at += 8;
    snprintf(target, size, "%s%.*s", path, (int)(strchr(at, '"') - at), at);
}

static void test_list(void **state) {
    (void)state;
    char target[256];
    for (int i = 0; i < 5; i++) {
        snprintf(target, sizeof target, "{\"id\":\"u%d\",\"email\":\"u%d@x.y\"}", i, i);
        ASSERT_REPLY(call("POST", "/users", target), 201);
    }
    struct route_reply reply = call("GET", "/users?limit=2", NULL);
    ASSERT_HAS(reply.body, "\"id\":\"u1\"");
    cursor_of(reply, target, sizeof target, "/users?limit=3&cursor=");
    reply = call("GET", target, NULL);
    ASSERT_HAS(reply.body, "\"id\":\"u2\"");
    ASSERT_HAS(reply.body, "\"id\":\"u4\"");
    ASSERT_HAS(reply.body, "\"next\":null");
    reply = call("GET", "/users?email=U3%40x.y", NULL);
    ASSERT_HAS(reply.body, "\"id\":\"u3\"");
    ASSERT_REPLY(call("GET", "/users?email=none%40x.y", NULL), 200);
    ASSERT_REPLY(call("GET", "/users?email=none", NULL), 400);
    ASSERT_REPLY(call("GET", "/users?cursor=abc", NULL), 400);
    ASSERT_REPLY(call("GET", "/users?limit=0", NULL), 400);
    ASSERT_REPLY(call("GET", "/users?limit=1001", NULL), 400);
}

// A user "seen" with a linked browser "anon": two actors, three events, two days.
static void fill(void) {
    struct store_batch *batch = NULL;
    assert_int_equal(store_batch_begin(rs.store, 1, 0, &batch), STATUS_OK);
    struct str project = STR("default");
    struct store_actor user = {STORE_ACTOR_USER, STR("seen")};
    struct store_actor anon = {STORE_ACTOR_ANONYMOUS, STR("anon")};
    store_batch_link(batch, project, anon.id, user.id, NOW);
    struct store_actor_state known = {.first_seen_ms = NOW - DAY,
                                      .last_seen_ms = NOW - 1000,
                                      .events = 2,
                                      .sessions = 1,
                                      .current = {NOW - DAY, NOW - DAY + 90000, 2, 0},
                                      .traits = STR("{\"plan\":\"pro\"}")};
    struct store_actor_state browser = {
        .first_seen_ms = NOW - 2 * DAY, .last_seen_ms = NOW - 2 * DAY, .events = 1, .sessions = 1};
    store_batch_actor(batch, project, user, &known);
    store_batch_actor(batch, project, anon, &browser);
    static const char *const names[] = {"Login", "Click", "Visit"};
    for (int i = 0; i < 3; i++) {
        char id[16];
        snprintf(id, sizeof id, "e%d", i);
        struct store_timeline_row row = {.event_id = str_from_c(id),
                                         .type = (uint8_t)(i == 2 ? 2 : 0),
                                         .name = str_from_c(names[i]),
                                         .timestamp_ms = NOW - (i == 2 ? 2 : 1) * DAY + i,
                                         .received_ms = NOW,
                                         .anonymous_id = i == 2 ? anon.id : STR_EMPTY,
                                         .properties = STR("{\"k\":1}")};
        store_batch_timeline(batch, project, i == 2 ? anon : user, &row);
    }
    struct store_name_count counts[] = {{STR_INIT("Click"), 1}, {STR_INIT("Login"), 1}};
    struct store_actor_day day = {.day = clock_day_from_date(2026, 11, 22),
                                  .first_ms = NOW - DAY,
                                  .last_ms = NOW - 1000,
                                  .events = 2,
                                  .sessions = 1,
                                  .by_type = {2},
                                  .names = counts,
                                  .name_count = 2};
    store_batch_actor_day(batch, project, user, &day);
    day.day--;
    day.events = 1;
    day.name_count = 1;
    store_batch_actor_day(batch, project, anon, &day);
    struct store_session session = {NOW - 2 * DAY, NOW - 2 * DAY + 30000, 1, 1};
    store_batch_session(batch, project, anon, &session);
    assert_int_equal(store_batch_commit(batch, 10), STATUS_OK);
}

static void test_observed(void **state) {
    (void)state;
    fill();
    struct route_reply reply = call("GET", "/users/seen", NULL);
    ASSERT_REPLY(reply, 200);
    ASSERT_HAS(reply.body, "\"version\":null");
    ASSERT_HAS(reply.body, "\"events\":3");
    ASSERT_HAS(reply.body, "\"sessions\":2");
    ASSERT_HAS(reply.body, "\"firstSeen\":\"2026-11-21T00:00:00.000Z\"");
    ASSERT_HAS(reply.body, "\"anonymousIds\":[\"anon\"]");
    ASSERT_HAS(reply.body, "\"traits\":{\"plan\":\"pro\"}");
    ASSERT_REPLY(call("DELETE", "/users/seen", NULL), 404);
    ASSERT_REPLY(call("PUT", "/users/seen", "{}"), 201);
}

// A loop does not look for links: a worker answers.
static void test_many_links(void **state) {
    (void)state;
    struct store_batch *batch = NULL;
    assert_int_equal(store_batch_begin(rs.store, 1, 0, &batch), STATUS_OK);
    for (int i = 0; i < 40; i++) {
        char id[24];
        snprintf(id, sizeof id, "anon-%02d", i);
        store_batch_link(batch, STR("default"), str_from_c(id), STR("often"), NOW);
    }
    struct store_actor_state known = {.first_seen_ms = NOW, .last_seen_ms = NOW, .events = 2};
    store_batch_actor(batch, STR("default"), (struct store_actor){STORE_ACTOR_USER, STR("often")},
                      &known);
    assert_int_equal(store_batch_commit(batch, 10), STATUS_OK);
    struct route_reply reply = call("GET", "/users/often", NULL);
    ASSERT_REPLY(reply, 200);
    ASSERT_HAS(reply.body, "\"anon-00\"");
    ASSERT_HAS(reply.body, "\"anon-39\"");
    ASSERT_REPLY(call("GET", "/users/often?project=none", NULL), 404);
    ASSERT_REPLY(call("GET", "/users/often?unknown=1", NULL), 400);
}

static void test_timeline(void **state) {
    (void)state;
    char target[256];
    fill();
    struct route_reply reply = call("GET", "/users/seen/activities?limit=2", NULL);
    ASSERT_REPLY(reply, 200);
    ASSERT_HAS(reply.body, "{\"items\":[{\"id\":\"e1\",\"type\":\"track\",\"name\":\"Click\","
                           "\"timestamp\":\"2026-11-22T00:00:00.001Z\"");
    ASSERT_HAS(reply.body, "\"properties\":{\"k\":1},\"context\":{}");
    cursor_of(reply, target, sizeof target, "/users/seen/activities?cursor=");
    reply = call("GET", target, NULL);
    ASSERT_HAS(reply.body, "\"id\":\"e2\",\"type\":\"page\"");
    ASSERT_HAS(reply.body, "\"anonymousId\":\"anon\"");
    ASSERT_HAS(reply.body, "\"next\":null");
    reply = call("GET", "/users/seen/activities?name=Login", NULL);
    ASSERT_HAS(reply.body, "\"items\":[{\"id\":\"e0\"");
    // A date is the day's start in Berlin, an hour before UTC's.
    reply = call("GET", "/users/seen/activities?from=2026-11-22", NULL);
    ASSERT_HAS(reply.body, "\"id\":\"e0\"");
    assert_null(strstr(reply.body, "\"id\":\"e2\""));
    reply = call("GET", "/users/seen/activities?to=2026-11-22T00:00:00.001Z", NULL);
    assert_null(strstr(reply.body, "\"id\":\"e1\""));
    ASSERT_HAS(reply.body, "\"id\":\"e0\"");
    reply = call("GET", "/users/seen/activities?from=2020-01-01&to=2020-01-02", NULL);
    assert_string_equal(reply.body, "{\"items\":[],\"next\":null}");
    ASSERT_REPLY(call("GET", "/users/seen/activities?cursor=xyz", NULL), 400);
    ASSERT_REPLY(call("GET", "/users/seen/activities?from=yesterday", NULL), 400);
    ASSERT_REPLY(call("GET", "/users/seen/activities?page=2", NULL), 400);
}

static void test_daily(void **state) {
    (void)state;
    char value[100];
    fill();
    struct route_reply reply = call("GET", "/users/seen/reports/daily", NULL);
    ASSERT_REPLY(reply, 200);
    ASSERT_HAS(reply.body, "\"from\":\"2026-10-25\",\"to\":\"2026-11-23\"");
    ASSERT_HAS(reply.body, "{\"date\":\"2026-11-21\",\"timeZone\":\"Europe/Berlin\",\"events\":1,");
    ASSERT_HAS(reply.body, "\"sessions\":{\"count\":1,\"medianSeconds\":30,\"totalSeconds\":30}");
    ASSERT_HAS(reply.body, "\"sessions\":{\"count\":1,\"medianSeconds\":90,\"totalSeconds\":90}");
    ASSERT_HAS(reply.body, "\"byType\":[{\"name\":\"track\",\"events\":2}]");
    reply = call("GET", "/users/seen/reports/daily?format=csv", NULL);
    assert_string_equal(route_header(reply, "Content-Disposition", value, sizeof value),
                        "attachment; filename=\"user-daily.csv\"");
    ASSERT_HAS(reply.body, "\r\n2026-11-22,2,2,0,0,0,0,0,1,90,2026-11-22T00:00:00.000Z,");
    reply = call("GET", "/users/seen/reports/daily?format=html", NULL);
    ASSERT_REPLY(reply, 200);
    ASSERT_HAS(reply.head, "Content-Security-Policy: default-src 'none'; style-src 'sha256-");
    ASSERT_HAS(reply.body, "Click&nbsp;1, Login&nbsp;1");
    reply = call("GET", "/users/seen/reports/daily?from=2026-11-22&to=2026-11-22", NULL);
    assert_null(strstr(reply.body, "2026-11-21"));
    ASSERT_REPLY(call("GET", "/users/seen/reports/daily?from=2024-11-22", NULL), 400);
    ASSERT_REPLY(call("GET", "/users/seen/reports/daily?format=pdf", NULL), 400);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_put, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_patch_and_delete, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_observed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timeline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_daily, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
