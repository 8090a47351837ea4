// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What becomes due, with a clock that the test owns: two processes on one store, days that are not closed, times that were missed, a
// process that died in the middle.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_write.h"
#include "delivery/private.h"
#include "support/route_server.h"

#define NOW 1795586400000LL // 2026-11-25T06:00:00Z
#define DAY 86400000LL

static struct route_server rs;
static struct deliveries *processes[2];
static char directory[64];
static bool caught_up;
static int rendered;
static int64_t next_offset;

static void handle(struct http_exchange *exchange, void *context) {
    (void)context;
    rendered++;
    buffer_append_str(http_reply_body(exchange), exchange->request.query);
    http_reply_send(exchange, 200, "application/json");
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/reports/daily", AUTH_ACCESS_VIEWER, true, handle},
};

static void progress(void *context, int64_t *received_ms, bool *out) {
    (void)context;
    *received_ms = 0;
    *out = caught_up;
}

static struct deliveries *start(void) {
    struct error err = {0};
    struct deliveries *made = NULL;
    char to[80];
    (void)snprintf(to, sizeof to, "file:%s", directory);
    struct delivery_entry entry = {.name = STR("morning"),
                                   .report = STR("daily"),
                                   .format = STR("json"),
                                   .project = STR("default"),
                                   .schedule = STR("daily 06:30"),
                                   .to = str_from_c(to),
                                   .origin = STR("test")};
    struct delivery_config config = {.store = rs.store,
                                     .keyring = rs.keyring,
                                     .clock = &rs.clock.clock,
                                     .random = random_system(),
                                     .reports = {routes, 1, NULL},
                                     .entries = &entry,
                                     .entry_count = 1,
                                     .interval_ms = 3600 * 1000, // the test looks itself
                                     .progress = progress};
    if (deliveries_start(&config, &made, &err) != STATUS_OK) {
        fail_msg("%s", err.text);
    }
    return made;
}

static int set_up(void **state) {
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/footfall-due-XXXXXX");
    assert_non_null(mkdtemp(directory));
    route_server_prepare(&rs, "UTC", NOW);
    caught_up = true;
    rendered = 0;
    next_offset = 0;
    processes[0] = start();
    processes[1] = start();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    deliveries_stop(processes[0]);
    deliveries_stop(processes[1]);
    route_server_free(&rs);
    DIR *dir = opendir(directory);
    for (const struct dirent *one; dir && (one = readdir(dir)) != NULL;) {
        if (one->d_name[0] != '.') {
            (void)unlinkat(dirfd(dir), one->d_name, 0);
        }
    }
    (void)closedir(dir);
    assert_int_equal(rmdir(directory), 0);
    return 0;
}

static void look(void) {
    for (size_t i = 0; i < 2; i++) {
        struct error err = {0};
        assert_int_equal(deliveries_look(processes[i], &err), STATUS_OK);
    }
}

static size_t files(void) {
    size_t count = 0;
    DIR *dir = opendir(directory);
    for (const struct dirent *one; dir && (one = readdir(dir)) != NULL;) {
        count += one->d_name[0] != '.';
    }
    (void)closedir(dir);
    return count;
}

static bool has_file(const char *name) {
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    return access(path, R_OK) == 0;
}

static void put_event(int32_t day) {
    struct store_batch *batch = NULL;
    struct store_total total = {day, STORE_METRIC_EVENTS, STR_EMPTY, 1};
    assert_int_equal(store_batch_begin(rs.store, 1, 0, &batch), STATUS_OK);
    store_batch_total(batch, STR("default"), &total);
    assert_int_equal(store_batch_commit(batch, ++next_offset), STATUS_OK);
}

static void close_day(int32_t day) {
    struct store_report report = {.day = day, .revision = 1, .closed_ms = 1, .body = STR("{}")};
    assert_int_equal(store_report_put(rs.store, STR("default"), &report), STATUS_OK);
}

static void test_one_delivers_once(void **state) {
    (void)state;
    look(); // notes where it begins
    assert_int_equal(files(), 0);
    clock_manual_advance(&rs.clock, 29 * 60 * 1000);
    look();
    assert_int_equal(files(), 0);
    clock_manual_advance(&rs.clock, 60 * 1000);
    look();
    look();
    assert_int_equal(rendered, 1);
    assert_true(has_file("morning-2026-11-24.json"));
    clock_manual_advance(&rs.clock, DAY);
    look();
    assert_int_equal(rendered, 2);
    assert_true(has_file("morning-2026-11-25.json"));
}

static void test_a_day_that_is_not_closed_is_waited_for(void **state) {
    (void)state;
    int32_t day = clock_day_from_date(2026, 11, 24);
    look();
    put_event(day);
    clock_manual_advance(&rs.clock, 30 * 60 * 1000);
    caught_up = false; // the log is behind
    look();
    caught_up = true; // and now the timer that closes days is
    look();
    assert_int_equal(rendered, 0);
    close_day(day);
    look();
    look();
    assert_int_equal(rendered, 1);
}

static void test_what_was_missed_is_made_up_for(void **state) {
    (void)state;
    look();
    clock_manual_advance(&rs.clock, 5 * DAY);
    look();
    assert_int_equal(rendered, 5);
    assert_int_equal(files(), 5);
}

// The row is left as a process leaves it that dies while it delivers.
static void test_a_process_that_dies_is_followed(void **state) {
    (void)state;
    struct arena arena;
    struct store_delivery *rows = NULL;
    size_t count = 0;
    arena_init(&arena, 4096, 0);
    look();
    clock_manual_advance(&rs.clock, 30 * 60 * 1000);
    struct store_delivery dead = {.name = STR("morning"),
                                  .due_ms = NOW + 30 * 60 * 1000,
                                  .state = STORE_DELIVERY_UNDER_WAY,
                                  .attempts = 1,
                                  .next_ms = NOW + 40 * 60 * 1000};
    assert_int_equal(store_delivery_put(rs.store, &dead, 0), STATUS_OK);
    look();
    assert_int_equal(rendered, 0);
    clock_manual_advance(&rs.clock, 10 * 60 * 1000);
    look();
    look();
    assert_int_equal(rendered, 1);
    assert_int_equal(store_deliveries(rs.store, STR("morning"), &arena, &rows, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].state, STORE_DELIVERY_DELIVERED);
    assert_int_equal(rows[0].attempts, 2);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_delivers_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_day_that_is_not_closed_is_waited_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_missed_is_made_up_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_process_that_dies_is_followed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
