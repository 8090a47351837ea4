// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reports over HTTP from a filled store; and closing days with a clock that the test owns.
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/reports.h"
#include "support/route_server.h"

#define NOW 1795435200000LL // 2026-11-23T12:00:00Z
#define DAY 86400000LL

static struct route_server rs;
static struct reports *reports;
static int64_t next_offset;
static bool caught_up;

static void progress(void *context, int64_t *received_ms, bool *caught_up_out) {
    (void)context;
    *received_ms = 0;
    *caught_up_out = caught_up;
}

static int set_up(void **state) {
    (void)state;
    struct error err = {0};
    route_server_prepare(&rs, "America/New_York", NOW);
    next_offset = 0;
    caught_up = true;
    struct reports_config config = {
        .store = rs.store, .keyring = rs.keyring, .clock = &rs.clock.clock, .progress = progress};
    if (reports_start(&config, &reports, &err) != STATUS_OK) {
        return -1;
    }
    route_server_start(&rs, reports_routes(reports));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    route_server_stop(&rs);
    reports_stop(reports);
    route_server_free(&rs);
    return 0;
}

static void put(int32_t day, enum store_metric metric, const char *value, int64_t amount) {
    struct store_batch *batch = NULL;
    struct store_total total = {day, metric, str_from_c(value), amount};
    assert_int_equal(store_batch_begin(rs.store, 1, 0, &batch), STATUS_OK);
    store_batch_total(batch, STR("default"), &total);
    assert_int_equal(store_batch_commit(batch, ++next_offset), STATUS_OK);
}

static int32_t november(unsigned day) {
    return clock_day_from_date(2026, 11, day);
}

static void fill_day(int32_t day) {
    put(day, STORE_METRIC_EVENTS, "", 100);
    put(day, STORE_METRIC_TYPE, "track", 60);
    put(day, STORE_METRIC_TYPE, "page", 40);
    put(day, STORE_METRIC_NAME, "Login", 60);
    put(day, STORE_METRIC_NAME, "=cmd()", 30);
    put(day, STORE_METRIC_NAME, "<b>x</b>", 10);
    put(day, STORE_METRIC_NAME_ACTORS, "Login", 9);
    put(day, STORE_METRIC_NAME_ACTORS, "=cmd()", 3);
    put(day, STORE_METRIC_PAGE, "/b", 20);
    put(day, STORE_METRIC_PAGE, "/a", 20);
    put(day, STORE_METRIC_DEVICE, "mobile", 70);
    put(day, STORE_METRIC_HOUR, "00", 1);
    put(day, STORE_METRIC_HOUR, "13", 99);
    put(day, STORE_METRIC_ACTIVE_USERS, "", 12);
    put(day, STORE_METRIC_ACTIVE_USERS_7, "", 20);
    put(day, STORE_METRIC_ACTIVE_USERS_30, "", 48);
    put(day, STORE_METRIC_ACTIVE_ANONYMOUS, "", 4);
    put(day, STORE_METRIC_NEW_USERS, "", 2);
    put(day, STORE_METRIC_SESSIONS, "", 4);
    put(day, STORE_METRIC_BOUNCES, "", 1);
    put(day, STORE_METRIC_SESSION_SECONDS, "0", 1);
    put(day, STORE_METRIC_SESSION_SECONDS, "100", 1);
    put(day, STORE_METRIC_SESSION_SECONDS, "25", 2);
    put(day, STORE_METRIC_TOP_ACTORS, "u1", 50);
    put(day, STORE_METRIC_TOP_ACTORS, "u2", 5);
}

static struct route_reply get(const char *target) {
    return route_call(&rs, "GET", target, NULL, NULL);
}

static void test_daily(void **state) {
    (void)state;
    char value[200];
    fill_day(november(22));
    put(november(22), STORE_METRIC_BOTS, "Googlebot", 7);
    put(november(22), STORE_METRIC_FILTERED, "(do-not-track)", 2);
    put(november(22), STORE_METRIC_FILTERED, "no-admins", 3);
    struct route_reply reply = get("/reports/daily?date=2026-11-22");
    ASSERT_REPLY(reply, 200);
    assert_string_equal(
        reply.body,
        "{\"project\":\"default\",\"date\":\"2026-11-22\",\"timeZone\":\"America/New_York\","
        "\"closed\":false,\"revision\":0,\"events\":100,"
        "\"byName\":[{\"name\":\"Login\",\"events\":60,\"users\":9},"
        "{\"name\":\"=cmd()\",\"events\":30,\"users\":3},"
        "{\"name\":\"<b>x</b>\",\"events\":10,\"users\":0}],"
        "\"byType\":[{\"name\":\"track\",\"events\":60},{\"name\":\"page\",\"events\":40}],"
        "\"activeUsers\":12,\"newUsers\":2,\"anonymousVisitors\":4,"
        "\"sessions\":{\"count\":4,\"medianSeconds\":25,\"bounceRate\":0.25},"
        "\"excluded\":{\"bots\":7,\"filtered\":5},"
        "\"pages\":[{\"name\":\"/a\",\"events\":20},{\"name\":\"/b\",\"events\":20}],"
        "\"referrers\":[],\"countries\":[],\"devices\":[{\"name\":\"mobile\",\"events\":70}],"
        "\"hours\":[1,0,0,0,0,0,0,0,0,0,0,0,0,99,0,0,0,0,0,0,0,0,0,0],"
        "\"topUsers\":[{\"userId\":\"u1\",\"events\":50},{\"userId\":\"u2\",\"events\":5}]}");
    reply = get("/reports/daily?date=2026-11-22&limit=1");
    assert_null(strstr(reply.body, "=cmd()"));
    reply = get("/reports/daily?date=2026-11-22&format=csv");
    assert_string_equal(route_header(reply, "Content-Disposition", value, sizeof value),
                        "attachment; filename=\"daily-2026-11-22.csv\"");
    ASSERT_HAS(reply.body, "date,section,name,value,users\r\n2026-11-22,total,events,100,\r\n");
    ASSERT_HAS(reply.body, "2026-11-22,event,'=cmd(),30,3\r\n");
    ASSERT_HAS(reply.body, "2026-11-22,total,excluded bots,7,\r\n"
                           "2026-11-22,total,excluded filtered,5,\r\n");
    reply = get("/reports/daily?date=2026-11-22&format=html");
    ASSERT_HAS(reply.body, "&lt;b&gt;x&lt;/b&gt;");
    assert_null(strstr(reply.body, "<b>x"));
    ASSERT_HAS(reply.body, "Sunday, 22 November 2026");
    ASSERT_HAS(reply.head, "Content-Security-Policy: default-src 'none'; style-src 'sha256-");
    reply = get("/reports/daily"); // 07:00 in New York
    ASSERT_HAS(reply.body, "\"date\":\"2026-11-23\"");
    ASSERT_HAS(reply.body, "\"medianSeconds\":null,\"bounceRate\":null");
    ASSERT_REPLY(get("/reports/daily?date=2026-11-31"), 400);
    ASSERT_REPLY(get("/reports/daily?from=2026-11-01"), 400);
    ASSERT_REPLY(get("/reports/daily?project=nope"), 404);
}

static void test_compare(void **state) {
    (void)state;
    fill_day(november(15));
    fill_day(november(22));
    put(november(22), STORE_METRIC_EVENTS, "", 150);
    put(november(22), STORE_METRIC_NAME, "Login", 110);
    struct route_reply reply = get("/reports/daily?date=2026-11-22&compare=previous-week");
    ASSERT_REPLY(reply, 200);
    ASSERT_HAS(reply.body, "\"previous\":{\"compare\":\"previous-week\",\"from\":\"2026-11-15\","
                           "\"to\":\"2026-11-15\",\"totals\":{\"events\":100,\"activeUsers\":12,"
                           "\"newUsers\":2,\"anonymousVisitors\":4,\"people\":null,\"sessions\":4,"
                           "\"medianSeconds\":25,\"bounceRate\":0.25,\"bots\":0,\"filtered\":0},"
                           "\"change\":{\"events\":50,");
    ASSERT_HAS(reply.body, "\"changePercent\":{\"events\":50,\"activeUsers\":0,");
    ASSERT_HAS(reply.body, "\"bots\":null,\"filtered\":null},\"hours\":[1,0,");
    reply = get("/reports/daily?date=2026-11-22&compare=previous"); // with nothing
    ASSERT_HAS(reply.body, "\"from\":\"2026-11-21\"");
    ASSERT_HAS(reply.body, "\"change\":{\"events\":150,");
    ASSERT_HAS(reply.body, "\"changePercent\":{\"events\":null,");
    reply = get("/reports/daily?date=2026-11-22&compare=previous-week&format=csv");
    ASSERT_HAS(reply.body, "date,section,name,value,users,previous_date,previous_value,change,"
                           "change_percent\r\n"
                           "2026-11-22,total,events,150,,2026-11-15,100,50,50\r\n");
    ASSERT_HAS(reply.body, "2026-11-22,event,Login,110,9,,,,\r\n");
    reply = get("/reports/daily?date=2026-11-22&compare=previous-week&format=html");
    ASSERT_HAS(reply.body, "▲ 50 more");
    ASSERT_HAS(reply.body, "= the same");
    ASSERT_HAS(reply.body, "<polyline class=\"line muted\"");
    reply = get("/reports/events?from=2026-11-22&to=2026-11-22&compare=previous-week&limit=1");
    ASSERT_HAS(reply.body, "\"items\":[{\"name\":\"Login\",\"events\":60,\"byDay\":[60]}]}}");
    reply = get("/reports/events?from=2026-11-22&to=2026-11-22&compare=previous-week&format=csv");
    ASSERT_HAS(reply.body, "2026-11-22,Login,110,2026-11-15,60,50,83.3");
    reply = get("/reports/events?from=2026-11-22&to=2026-11-22&compare=previous&by=day&format=csv");
    ASSERT_HAS(reply.body, "2026-11-22,150,2026-11-21,0,150,\r\n");
    ASSERT_REPLY(get("/reports/active?compare=previous-month"), 400);
    ASSERT_REPLY(get("/reports/daily?compare="), 400);
    ASSERT_REPLY(get("/reports/retention?compare=previous"), 400);
}

static void test_active(void **state) {
    (void)state;
    fill_day(november(22));
    struct route_reply reply = get("/reports/active?from=2026-11-21&to=2026-12-31");
    ASSERT_REPLY(reply, 200);
    ASSERT_HAS(reply.body, "{\"date\":\"2026-11-22\",\"daily\":12,\"weekly\":20,\"monthly\":48,"
                           "\"stickiness\":0.25,\"newUsers\":2,\"anonymousVisitors\":4}");
    ASSERT_HAS(reply.body, "{\"date\":\"2026-11-21\",\"daily\":0,\"weekly\":0,\"monthly\":0,"
                           "\"stickiness\":null,");
    assert_null(strstr(reply.body, "\"date\":\"2026-11-24\"")); // not yet
    reply = get("/reports/active?from=2026-11-22&to=2026-11-22&format=csv");
    assert_string_equal(reply.body,
                        "date,daily,weekly,monthly,stickiness,new_users,anonymous_visitors\r\n"
                        "2026-11-22,12,20,48,0.25,2,4\r\n");
    ASSERT_HAS(get("/reports/active?format=html").body, "<polyline");
    ASSERT_REPLY(get("/reports/active?from=2027-01-01&to=2027-01-02&format=html"), 200);
    ASSERT_REPLY(get("/reports/active?from=2026-11-23&to=2026-11-22"), 400);
    ASSERT_REPLY(get("/reports/active?from=2025-10-20&to=2026-11-23"), 200);
    ASSERT_REPLY(get("/reports/active?from=2025-10-19&to=2026-11-23"), 400);
}

static void test_events(void **state) {
    (void)state;
    fill_day(november(20));
    fill_day(november(22));
    struct route_reply reply = get("/reports/events?from=2026-11-20&to=2026-11-22&limit=1");
    ASSERT_REPLY(reply, 200);
    ASSERT_HAS(reply.body, "\"by\":\"name\",\"events\":200,\"other\":0,"
                           "\"otherValues\":0,\"truncated\":false,\"items\":[{\"name\":\"Login\","
                           "\"events\":120,\"byDay\":[60,0,60]}]}");
    reply = get("/reports/events?by=hour&from=2026-11-22&to=2026-11-22");
    ASSERT_HAS(reply.body,
               "\"items\":[{\"name\":\"00\",\"events\":1,\"byDay\":[1]},{\"name\":\"13\"");
    reply = get("/reports/events?by=day&from=2026-11-21&to=2026-11-22");
    ASSERT_HAS(reply.body, "\"items\":[{\"name\":\"2026-11-21\",\"events\":0},"
                           "{\"name\":\"2026-11-22\",\"events\":100}]");
    reply = get("/reports/events?by=page&from=2026-11-22&to=2026-11-22&format=csv");
    assert_string_equal(reply.body, "date,name,events\r\n2026-11-22,/a,20\r\n2026-11-22,/b,20\r\n");
    reply = get("/reports/events?by=day&from=2026-11-22&to=2026-11-22&format=csv");
    assert_string_equal(reply.body, "date,events\r\n2026-11-22,100\r\n");
    static const char *const all[] = {"name",   "type",    "page", "referrer", "country",
                                      "device", "browser", "os",   "hour",     "day"};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char target[64];
        snprintf(target, sizeof target, "/reports/events?format=html&by=%s", all[i]);
        ASSERT_REPLY(get(target), 200);
    }
    ASSERT_REPLY(get("/reports/events?by=colour"), 400);
}

static void test_sessions(void **state) {
    (void)state;
    fill_day(november(20));
    fill_day(november(22));
    put(november(22), STORE_METRIC_SESSION_SECONDS, "1000", 5);
    struct route_reply reply = get("/reports/sessions?from=2026-11-20&to=2026-11-22");
    ASSERT_REPLY(reply, 200);
    // 0 0 25 25 25 25 100 100 1000 1000 1000 1000 1000
    ASSERT_HAS(reply.body, "\"total\":{\"count\":8,\"medianSeconds\":100,\"bounceRate\":0.25}");
    ASSERT_HAS(reply.body,
               "{\"date\":\"2026-11-21\",\"count\":0,\"medianSeconds\":null,\"bounceRate\":null}");
    reply = get("/reports/sessions?from=2026-11-20&to=2026-11-20&format=csv");
    assert_string_equal(reply.body, "date,sessions,median_seconds,bounce_rate\r\n"
                                    "2026-11-20,4,25,0.25\r\n");
    ASSERT_REPLY(get("/reports/sessions?format=html"), 200);
}

static void look(void) {
    struct error err = {0};
    assert_int_equal(reports_close_due(reports, &err), STATUS_OK);
}

static uint32_t revision_of(int32_t day) {
    struct arena arena;
    struct store_report report;
    arena_init(&arena, 4096, 0);
    enum status status = store_report_get(rs.store, STR("default"), day, &arena, &report);
    uint32_t revision = status == STATUS_OK ? report.revision : 0;
    arena_free(&arena);
    return revision;
}

// 22 November ends in New York at 05:00Z on the 23rd.
static void test_close(void **state) {
    (void)state;
    int32_t day = november(22);
    fill_day(day);
    int64_t end = NOW - 7 * 3600000;
    rs.clock.wall = end + 15 * 60000 - 1;
    look();
    assert_int_equal(revision_of(day), 0);
    rs.clock.wall = end + 15 * 60000;
    caught_up = false;
    look();
    assert_int_equal(revision_of(day), 0);
    caught_up = true;
    look();
    assert_int_equal(revision_of(day), 1);
    look();
    assert_int_equal(revision_of(day), 1);
    assert_int_equal(revision_of(november(21)), 0); // nothing happened then
    struct route_reply reply = get("/reports/daily?date=2026-11-22");
    ASSERT_HAS(reply.body, "\"closed\":true,\"revision\":1,");
    put(day, STORE_METRIC_EVENTS, "", 101); // a late event
    reply = get("/reports/daily?date=2026-11-22");
    ASSERT_HAS(reply.body, "\"revision\":1,\"events\":101");
    look();
    reply = get("/reports/daily?date=2026-11-22");
    ASSERT_HAS(reply.body, "\"closed\":true,\"revision\":2,\"events\":101");
    ASSERT_HAS(get("/reports/daily?date=2026-11-22&format=html").body, "Closed · revision 2");
    // What is not in the report does not reopen it.
    put(day, STORE_METRIC_ACTIVE_USERS_30, "", 50);
    look();
    assert_int_equal(revision_of(day), 2);
    // Too long ago to be looked at.
    rs.clock.wall += 60 * DAY;
    put(day, STORE_METRIC_EVENTS, "", 102);
    look();
    assert_int_equal(revision_of(day), 2);
}

static void was_active(enum store_actor_kind kind, const char *id, int32_t day) {
    struct store_batch *batch = NULL;
    // Bit 0 is the day before.
    struct store_actor_state state = {
        .events = 100, .activity_first_day = day - 1, .activity = STR("\x02")};
    assert_int_equal(store_batch_begin(rs.store, 1, 0, &batch), STATUS_OK);
    store_batch_actor(batch, STR("default"), (struct store_actor){kind, str_from_c(id)}, &state);
    assert_int_equal(store_batch_commit(batch, ++next_offset), STATUS_OK);
}

static void was_linked(const char *anonymous, const char *user, int64_t ms) {
    struct store_batch *batch = NULL;
    assert_int_equal(store_batch_begin(rs.store, 1, 0, &batch), STATUS_OK);
    store_batch_link(batch, STR("default"), str_from_c(anonymous), str_from_c(user), ms);
    assert_int_equal(store_batch_commit(batch, ++next_offset), STATUS_OK);
}

static void close_november(unsigned day, const char *people) {
    rs.clock.wall = NOW + ((int64_t)day - 22) * DAY;
    look();
    char path[64];
    (void)snprintf(path, sizeof path, "/reports/daily?date=2026-11-%02u", day);
    struct route_reply reply = get(path);
    ASSERT_HAS(reply.body, "\"closed\":true");
    ASSERT_HAS(reply.body, people);
}

// Live figures are by actor as seen; when the day closes, linked ones are one person.
static void test_people(void **state) {
    (void)state;
    int32_t day = november(20);
    put(day, STORE_METRIC_EVENTS, "", 700);
    put(day, STORE_METRIC_ACTIVE_USERS, "", 2);
    put(day, STORE_METRIC_ACTIVE_ANONYMOUS, "", 5);
    was_active(STORE_ACTOR_USER, "u1", day);
    was_active(STORE_ACTOR_USER, "u2", day);
    was_active(STORE_ACTOR_USER, "a9", day); // another than the anonymous one
    for (int i = 1; i <= 5; i++) {
        char id[] = {'a', (char)('0' + i), '\0'};
        was_active(STORE_ACTOR_ANONYMOUS, id, day);
    }
    was_active(STORE_ACTOR_ANONYMOUS, "a6", day + 1); // not that day
    // After a hundred events each: u1 has two devices, u3 (not active) two, and a5 is nobody's.
    was_linked("a1", "u1", 5);
    was_linked("a2", "u1", 6);
    was_linked("a3", "u3", 7);
    was_linked("a4", "u3", 7);
    was_linked("a4", "u2", 8); // later: u3 owns it
    was_linked("a6", "u2", 1);
    assert_null(strstr(get("/reports/daily?date=2026-11-20").body, "\"people\""));
    // u1 with a1 and a2, u2, u3 as a3 and a4, a5.
    close_november(20, "\"activeUsers\":2,\"newUsers\":0,\"anonymousVisitors\":5,\"people\":4,");
    // A link found later is counted with the next revision.
    was_linked("a5", "u2", 9);
    close_november(20, "\"revision\":1,");
    put(november(21), STORE_METRIC_LINKS, "identify",
        1); // as the processor counts it with the link
    close_november(20, "\"people\":3,");
    close_november(20, "\"revision\":2,");
    // One that changes nobody's number changes no report, and one more revision is of events.
    put(november(21), STORE_METRIC_LINKS, "identify", 2);
    close_november(20, "\"revision\":2,");
    put(day, STORE_METRIC_EVENTS, "", 701);
    close_november(20, "\"revision\":3,");
    ASSERT_HAS(get("/reports/daily?date=2026-11-20&format=csv").body, "total,people,3,");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_daily, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_compare, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_active, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sessions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_people, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
