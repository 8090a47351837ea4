// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The demo's traffic: exact numbers, in order, the same for the same seed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "demo/event_json.h"
#include "demo/traffic.h"

#define END_MS 1793491200000LL // 2026-11-01T00:00:00Z

static void gives_exactly_the_events_asked_for(void **state) {
    (void)state;
    static const uint64_t sizes[] = {1, 7, 100, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct demo_plan plan = {.seed = 3, .events = sizes[i], .days = 10, .end_ms = END_MS};
        uint64_t sum = 0;
        for (unsigned day = 0; day < plan.days; day++) {
            struct demo_event *events = NULL;
            size_t count = 0;
            assert_int_equal(demo_traffic_day(&plan, day, &events, &count), STATUS_OK);
            for (size_t at = 0; at < count; at++) {
                assert_true(events[at].timestamp_ms < END_MS);
                assert_true(events[at].timestamp_ms >= END_MS - 11 * 86400000LL);
                assert_true(at == 0 || events[at - 1].timestamp_ms <= events[at].timestamp_ms);
            }
            sum += count;
            free(events);
        }
        assert_int_equal(sum, sizes[i]);
    }
}

static struct str write_day(uint64_t seed, struct buffer *out) {
    struct demo_plan plan = {.seed = seed, .events = 2000, .days = 3, .end_ms = END_MS};
    struct demo_event *events = NULL;
    size_t count = 0;
    assert_int_equal(demo_traffic_day(&plan, 1, &events, &count), STATUS_OK);
    struct json_writer writer;
    for (size_t i = 0; i < count; i++) {
        json_writer_init(&writer, out);
        demo_event_write(&writer, seed, &events[i]);
        assert_int_equal(json_writer_status(&writer), STATUS_OK);
    }
    free(events);
    return buffer_str(out);
}

static void same_seed_same_events(void **state) {
    (void)state;
    struct buffer first;
    struct buffer again;
    struct buffer other;
    buffer_init(&first, 8 << 20);
    buffer_init(&again, 8 << 20);
    buffer_init(&other, 8 << 20);
    struct str text = write_day(5, &first);
    assert_true(str_equal(text, write_day(5, &again)));
    assert_false(str_equal(text, write_day(6, &other)));
    buffer_free(&first);
    buffer_free(&again);
    buffer_free(&other);
}

static void people_follow_from_their_number(void **state) {
    (void)state;
    struct demo_person a;
    struct demo_person b;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    demo_person_make(1, 42, &a);
    demo_person_make(1, 42, &b);
    assert_string_equal(a.anonymous_id, b.anonymous_id);
    assert_string_equal(a.email, b.email);
    demo_person_make(1, 43, &b);
    assert_string_not_equal(a.anonymous_id, b.anonymous_id);
    assert_int_equal(strlen(a.anonymous_id), 36);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_exactly_the_events_asked_for),
        cmocka_unit_test(same_seed_same_events),
        cmocka_unit_test(people_follow_from_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
