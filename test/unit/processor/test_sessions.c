// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sessions by table: gaps, late events, lengthening, never splitting or merging, midnight, the 24 hour cap, days on which clocks change.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drive.h"
#include "processor/sessions.h"

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define BASE 1774569600000LL // 2026-03-27T00:00Z
#define EVENTS_MAX 12

struct sessions_case {
    const char *what;
    int64_t events[EVENTS_MAX]; // minutes after BASE, in log order; -1 ends
    struct {
        int64_t start, end;
        uint32_t events;
    } sessions[EVENTS_MAX]; // ascending; events 0 ends
};

static const struct sessions_case cases[] = {
    {"one event", {5, -1}, {{5, 5, 1}}},
    {"29 minutes continue, 30 do not", {0, 29, 59, -1}, {{0, 29, 2}, {59, 59, 1}}},
    {"an equal time", {7, 7, -1}, {{7, 7, 2}}},
    {"within", {0, 20, 10, -1}, {{0, 20, 3}}},
    {"a late event moves the current start", {60, 40, -1}, {{40, 60, 2}}},
    {"a late event before everything", {100, 10, -1}, {{10, 10, 1}, {100, 100, 1}}},
    {"a late event lengthens an old one", {0, 100, 20, -1}, {{0, 20, 2}, {100, 100, 1}}},
    {"a late event moves an old start", {50, 200, 30, -1}, {{30, 50, 2}, {200, 200, 1}}},
    {"between two: the one before, and no merging", {0, 50, 25, 45, -1}, {{0, 45, 3}, {50, 50, 1}}},
    {"between two, too far from the first", {0, 50, 31, -1}, {{0, 0, 1}, {31, 50, 2}}},
    {"between two, far from both", {0, 200, 100, -1}, {{0, 0, 1}, {100, 100, 1}, {200, 200, 1}}},
    {"exactly a gap before", {60, 30, -1}, {{30, 30, 1}, {60, 60, 1}}},
    {"over midnight", {1430, 1445, -1}, {{1430, 1445, 2}}},
};

static struct processor_config config = {.session_gap_ms = 30 * MINUTE};

static void test_sessions_by_table(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct intern intern;
        struct actor_cache cache;
        struct project project = {.id = STR_INIT("shop")};
        struct store *store;
        struct error err;
        struct session_change change;
        intern_init(&intern);
        actor_cache_init(&cache, &intern);
        assert_int_equal(store_open_memory(&store, &err), STATUS_OK);
        struct store_actor key = {STORE_ACTOR_USER, STR("u")};
        struct actor *actor = actor_cache_take(&cache, &project, key, 0);
        for (size_t i = 0; cases[c].events[i] >= 0; i++) {
            assert_int_equal(sessions_assign(&cache, store, actor,
                                             BASE + cases[c].events[i] * MINUTE, false,
                                             config.session_gap_ms, &change),
                             STATUS_OK);
        }
        size_t count = 0;
        while (cases[c].sessions[count].events > 0) {
            count++;
        }
        assert_int_equal(actor->sessions, count);
        assert_int_equal(actor->old_count, count - 1);
        for (size_t i = 0; i < count; i++) {
            const struct store_session *got =
                i + 1 < count ? &actor->old_sessions[i].now : &actor->current.now;
            if (got->start_ms != BASE + cases[c].sessions[i].start * MINUTE ||
                got->end_ms != BASE + cases[c].sessions[i].end * MINUTE ||
                got->events != cases[c].sessions[i].events) {
                fail_msg("%s: session %zu", cases[c].what, i);
            }
        }
        actor_cache_free(&cache);
        intern_free(&intern);
        store_close(store);
    }
}

static void test_a_session_ends_after_24_hours(void **state) {
    (void)state;
    struct intern intern;
    struct actor_cache cache;
    struct project project = {.id = STR_INIT("shop")};
    struct session_change change;
    intern_init(&intern);
    actor_cache_init(&cache, &intern);
    struct store_actor key = {STORE_ACTOR_USER, STR("u")};
    struct actor *actor = actor_cache_take(&cache, &project, key, 0);
    for (int64_t minute = 0; minute <= 24 * 60 + 20; minute += 20) {
        assert_int_equal(sessions_assign(&cache, NULL, actor, BASE + minute * MINUTE, false,
                                         30 * MINUTE, &change),
                         STATUS_OK);
    }
    assert_int_equal(actor->sessions, 2);
    assert_int_equal(actor->old_sessions[0].now.end_ms - actor->old_sessions[0].now.start_ms,
                     24 * HOUR);
    assert_int_equal(actor->current.now.start_ms, BASE + (24 * 60 + 20) * MINUTE);
    actor_cache_free(&cache);
    intern_free(&intern);
}

// --- Days -----------------------------------------------------------------------------------------------------------

static void append_at(struct drive *drive, const char *id, int64_t ms) {
    struct history history = {.count = 1};
    struct eventlog_record record;
    struct buffer value;
    struct event event = {.id = str_from_c(id),
                          .project = STR("shop"),
                          .type = EVENT_TRACK,
                          .name = STR("n"),
                          .user_id = STR("u0"),
                          .timestamp_ms = ms,
                          .received_ms = ms};
    arena_init(&history.arena, 1024, 0);
    buffer_init(&value, 4096);
    assert_int_equal(event_encode(&event, &value), STATUS_OK);
    record =
        (struct eventlog_record){event_record_key(&event, &history.arena), buffer_str(&value), ms};
    history.records = &record;
    history_append(&history, drive->log, 0, 1);
    buffer_free(&value);
    history_free(&history);
}

static int64_t total_of(struct drive *drive, const char *date, enum store_metric metric) {
    struct arena arena;
    struct store_total *totals;
    size_t count;
    int32_t day;
    int64_t sum = 0;
    assert_true(clock_parse_date(str_from_c(date), &day));
    arena_init(&arena, 4096, 0);
    assert_int_equal(store_totals_read(drive->store, STR("shop"), day, day, UINT64_C(1) << metric,
                                       &arena, &totals, &count),
                     STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        sum += totals[i].amount;
    }
    arena_free(&arena);
    return sum;
}

static int64_t at(const char *time) {
    int64_t ms = 0;
    assert_true(clock_parse_rfc3339(str_from_c(time), &ms));
    return ms;
}

// "shop" lives in Berlin.
static void test_sessions_count_on_the_local_day_they_start(void **state) {
    (void)state;
    struct drive drive;
    drive_open(&drive, 1);
    drive_start(&drive, &config, 1);
    append_at(&drive, "1", at("2026-03-27T22:59:00Z")); // 23:59
    append_at(&drive, "2", at("2026-03-27T23:01:00Z")); // 00:01 of the 28th, the same session
    assert_true(drive_finish(&drive, 100));
    assert_int_equal(total_of(&drive, "2026-03-27", STORE_METRIC_SESSIONS), 1);
    assert_int_equal(total_of(&drive, "2026-03-28", STORE_METRIC_SESSIONS), 0);
    assert_int_equal(total_of(&drive, "2026-03-28", STORE_METRIC_ACTIVE_USERS), 1);
    // A late event moves the start of the next one over midnight.
    append_at(&drive, "3", at("2026-03-30T22:05:00Z")); // 00:05 of the 31st, summer time
    assert_true(drive_finish(&drive, 100));
    assert_int_equal(total_of(&drive, "2026-03-31", STORE_METRIC_SESSIONS), 1);
    assert_int_equal(total_of(&drive, "2026-03-31", STORE_METRIC_BOUNCES), 1);
    append_at(&drive, "4", at("2026-03-30T21:55:00Z")); // 23:55 of the 30th
    assert_true(drive_finish(&drive, 100));
    assert_int_equal(total_of(&drive, "2026-03-31", STORE_METRIC_SESSIONS), 0);
    assert_int_equal(total_of(&drive, "2026-03-31", STORE_METRIC_BOUNCES), 0);
    assert_int_equal(total_of(&drive, "2026-03-30", STORE_METRIC_SESSIONS), 1);
    assert_int_equal(total_of(&drive, "2026-03-30", STORE_METRIC_SESSION_SECONDS), 1);
    drive_close(&drive);
}

static void test_days_of_23_and_25_hours(void **state) {
    (void)state;
    static const struct {
        const char *first, *last, *next, *date;
    } days[] = {
        {"2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z", "2026-03-29"},
        {"2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z", "2026-10-25"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct drive drive;
        drive_open(&drive, 1);
        drive_start(&drive, &config, 1);
        append_at(&drive, "1", at(days[i].first));
        append_at(&drive, "2", at(days[i].last));
        append_at(&drive, "3", at(days[i].next));
        assert_true(drive_finish(&drive, 100));
        assert_int_equal(total_of(&drive, days[i].date, STORE_METRIC_EVENTS), 2);
        assert_int_equal(total_of(&drive, days[i].date, STORE_METRIC_SESSIONS), 2);
        drive_close(&drive);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_by_table),
        cmocka_unit_test(test_a_session_ends_after_24_hours),
        cmocka_unit_test(test_sessions_count_on_the_local_day_they_start),
        cmocka_unit_test(test_days_of_23_and_25_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
