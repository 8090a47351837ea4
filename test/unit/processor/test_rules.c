// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Bounds and exceptions: "(other)", leaders, dead letters, bots that are kept, and a log another store was filled from.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "drive.h"
#include "processor/apply.h"

#define NOW 1774569600000LL
#define DAY_OF_NOW 20539

struct bed {
    struct drive drive;
    struct arena arena;
    unsigned events;
};

static void bed_open(struct bed *bed, const struct processor_config *config) {
    *bed = (struct bed){.events = 0};
    arena_init(&bed->arena, 4096, 0);
    drive_open(&bed->drive, 1);
    drive_start(&bed->drive, config, 1);
}

static void bed_close(struct bed *bed) {
    drive_close(&bed->drive);
    arena_free(&bed->arena);
}

static void append_record(struct bed *bed, struct str key, struct str value) {
    struct eventlog_record record = {key, value, NOW};
    struct history history = {.records = &record, .count = 1};
    history_append(&history, bed->drive.log, 0, 1);
}

static void append_event(struct bed *bed, struct event event) {
    struct buffer value;
    event.id = arena_printf(&bed->arena, "e%u", bed->events++);
    event.project = STR("blog");
    event.timestamp_ms = event.timestamp_ms ? event.timestamp_ms : NOW;
    event.received_ms = NOW;
    buffer_init(&value, 1 << 20);
    assert_int_equal(event_encode(&event, &value), STATUS_OK);
    append_record(bed, event_record_key(&event, &bed->arena), buffer_str(&value));
    buffer_free(&value);
}

static void finish(struct bed *bed) {
    assert_true(drive_finish(&bed->drive, 100));
}

static size_t totals(struct bed *bed, enum store_metric metric, struct store_total **out) {
    size_t count;
    assert_int_equal(store_totals_read(bed->drive.store, STR("blog"), DAY_OF_NOW, DAY_OF_NOW,
                                       UINT64_C(1) << metric, &bed->arena, out, &count),
                     STATUS_OK);
    return count;
}

static int64_t amount_of(struct bed *bed, enum store_metric metric, const char *value) {
    struct store_total *rows;
    size_t count = totals(bed, metric, &rows);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(rows[i].value, str_from_c(value))) {
            return rows[i].amount;
        }
    }
    return 0;
}

static void test_names_of_a_day_are_bounded(void **state) {
    (void)state;
    struct bed bed;
    struct processor_config config = {.cycle_events = 700};
    struct store_total *rows;
    bed_open(&bed, &config);
    for (unsigned i = 0; i < BREAKDOWN_LIMIT + 20; i++) {
        // Five actors, so that no actor's own bound is met by the first 2000.
        append_event(&bed, (struct event){.type = EVENT_TRACK,
                                          .name = arena_printf(&bed.arena, "name-%u", i),
                                          .user_id = arena_printf(&bed.arena, "u%u", i % 5)});
    }
    append_event(&bed,
                 (struct event){.type = EVENT_TRACK, .name = STR("name-0"), .user_id = STR("u0")});
    finish(&bed);
    assert_int_equal(totals(&bed, STORE_METRIC_NAME, &rows), BREAKDOWN_LIMIT + 1);
    assert_int_equal(amount_of(&bed, STORE_METRIC_NAME, "(other)"), 20);
    assert_int_equal(amount_of(&bed, STORE_METRIC_NAME_ACTORS, "(other)"), 5);
    assert_int_equal(amount_of(&bed, STORE_METRIC_NAME, "name-0"), 2);
    assert_int_equal(amount_of(&bed, STORE_METRIC_NAME_ACTORS, "name-0"), 1);
    bed_close(&bed);
}

static void test_names_of_an_actor_are_bounded(void **state) {
    (void)state;
    struct bed bed;
    struct processor_config config = {.cycle_events = 100, .cache_bytes = 1};
    struct store_actor_day *days;
    size_t count;
    bed_open(&bed, &config);
    for (unsigned i = 0; i < APPLY_NAMES_A_DAY + 30; i++) {
        append_event(&bed, (struct event){.type = EVENT_TRACK,
                                          .name = arena_printf(&bed.arena, "name-%u", i),
                                          .user_id = STR("u")});
    }
    finish(&bed);
    struct store_actor actor = {STORE_ACTOR_USER, STR("u")};
    assert_int_equal(store_actor_days(bed.drive.store, STR("blog"), actor, DAY_OF_NOW, DAY_OF_NOW,
                                      &bed.arena, &days, &count),
                     STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(days[0].name_count, APPLY_NAMES_A_DAY + 1);
    assert_true(str_equal(days[0].names[0].name, STR("(other)"))); // '(' comes before letters
    assert_int_equal(days[0].names[0].events, 30);
    assert_int_equal(amount_of(&bed, STORE_METRIC_NAME_ACTORS, "(other)"), 1);
    bed_close(&bed);
}

static void test_leaders_are_exact(void **state) {
    (void)state;
    struct random_seeded random;
    struct processor_config config = {.cycle_events = 17};
    unsigned counts[150] = {0};
    struct store_total *rows;
    struct bed bed;
    random_seeded_init(&random, 5);
    bed_open(&bed, &config);
    for (unsigned i = 0; i < 2500; i++) {
        uint64_t user = random_below(&random.source, 1 + random_below(&random.source, 150));
        counts[user]++;
        append_event(&bed,
                     (struct event){.type = EVENT_TRACK,
                                    .name = STR("n"),
                                    .user_id = arena_printf(&bed.arena, "u%03u", (unsigned)user)});
    }
    finish(&bed);
    assert_int_equal(totals(&bed, STORE_METRIC_TOP_ACTORS, &rows), LEADERS_MAX);
    for (unsigned user = 0; user < 150; user++) {
        char id[8];
        unsigned better = 0;
        for (unsigned other = 0; other < 150; other++) {
            better +=
                counts[other] > counts[user] || (counts[other] == counts[user] && other < user);
        }
        snprintf(id, sizeof id, "u%03u", user);
        assert_int_equal(amount_of(&bed, STORE_METRIC_TOP_ACTORS, id),
                         better < LEADERS_MAX ? counts[user] : 0);
    }
    bed_close(&bed);
}

// Whatever the order they come in, and wherever cycles are cut.
static void test_of_equal_leaders_the_least_ids_lead(void **state) {
    (void)state;
    for (size_t cycle = 1; cycle <= 64; cycle *= 4) {
        struct processor_config config = {.cycle_events = cycle};
        struct store_total *rows;
        struct bed bed;
        bed_open(&bed, &config);
        for (unsigned i = 0; i < 3 * LEADERS_MAX; i++) {
            unsigned user = i * 7 % (3 * LEADERS_MAX);
            append_event(&bed, (struct event){.type = EVENT_TRACK,
                                              .name = STR("n"),
                                              .user_id = arena_printf(&bed.arena, "u%03u", user)});
        }
        finish(&bed);
        assert_int_equal(totals(&bed, STORE_METRIC_TOP_ACTORS, &rows), LEADERS_MAX);
        for (unsigned user = 0; user < LEADERS_MAX; user++) {
            assert_true(str_equal(rows[user].value, arena_printf(&bed.arena, "u%03u", user)));
        }
        bed_close(&bed);
    }
}

static void test_what_breaks_a_rule_is_a_dead_letter(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        const char *reason;
    } times[] = {
        {631152000000LL - 1, "timestamp is out of range"},
        {NOW + EVENT_FUTURE_MAX_MS + 1, "timestamp is more than a day in the future"},
    };
    struct store_dead_letter *letters;
    struct processor_config config = {0};
    struct bed bed;
    size_t count;
    for (size_t i = 0; i < 2; i++) {
        bed_open(&bed, &config);
        append_event(&bed, (struct event){.type = EVENT_TRACK,
                                          .name = STR("n"),
                                          .user_id = STR("u"),
                                          .timestamp_ms = times[i].ms});
        append_event(&bed,
                     (struct event){.type = EVENT_TRACK, .name = STR("n"), .user_id = STR("u")});
        finish(&bed);
        assert_int_equal(
            store_dead_letters(bed.drive.store, STR("blog"), 10, &bed.arena, &letters, &count),
            STATUS_OK);
        assert_int_equal(count, 1);
        assert_true(str_equal(letters[0].stage, STR("apply")));
        assert_true(str_equal(letters[0].reason, str_from_c(times[i].reason)));
        assert_int_equal(amount_of(&bed, STORE_METRIC_EVENTS, ""), 1);
        bed_close(&bed);
    }
}

static void test_what_is_no_event_is_a_dead_letter(void **state) {
    (void)state;
    static const struct {
        struct str key, value, project, stage;
    } records[] = {
        {STR_INIT("blog\0u"), STR_INIT("{"), STR_INIT("blog"), STR_INIT("decode")},
        {STR_INIT("u"), STR_INIT("[]"), STR_INIT("u"), STR_INIT("decode")},
        {STR_INIT(""), STR_INIT(""), STR_INIT("unknown"), STR_INIT("decode")},
    };
    struct store_dead_letter *letters;
    struct processor_config config = {0};
    struct bed bed;
    size_t count;
    bed_open(&bed, &config);
    for (size_t i = 0; i < 3; i++) {
        append_record(&bed, records[i].key, records[i].value);
    }
    finish(&bed);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(store_dead_letters(bed.drive.store, records[i].project, 10, &bed.arena,
                                            &letters, &count),
                         STATUS_OK);
        assert_int_equal(count, 1);
        assert_true(str_equal(letters[0].stage, records[i].stage));
        assert_true(str_equal(letters[0].record, records[i].value));
        assert_int_equal(letters[0].offset, i);
    }
    assert_int_equal(atomic_load(&bed.drive.shared.dead_letters), 3);
    bed_close(&bed);
}

static void test_bots_are_dropped_unless_kept(void **state) {
    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        struct processor_config config = {.keep_bots = keep};
        struct bed bed;
        bed_open(&bed, &config);
        for (int i = 0; i < 3; i++) {
            append_event(&bed, (struct event){.type = EVENT_TRACK,
                                              .name = STR("n"),
                                              .user_id = STR("u"),
                                              .user_agent = STR("Googlebot/2.1")});
        }
        finish(&bed);
        assert_int_equal(amount_of(&bed, STORE_METRIC_EVENTS, ""), keep ? 3 : 0);
        assert_int_equal(amount_of(&bed, STORE_METRIC_BOTS, "Googlebot"), keep ? 0 : 3);
        assert_int_equal(atomic_load(&bed.drive.shared.bots), keep ? 0 : 3);
        bed_close(&bed);
    }
}

static void test_a_store_of_another_log_is_refused(void **state) {
    (void)state;
    struct processor_config config = {0};
    struct eventlog_config log_config = {.partitions = 1, .clock = clock_system()};
    struct error err;
    struct bed bed;
    bed_open(&bed, &config);
    append_event(&bed, (struct event){.type = EVENT_TRACK, .name = STR("n"), .user_id = STR("u")});
    finish(&bed);
    drive_stop(&bed.drive);
    eventlog_close(bed.drive.log);
    assert_int_equal(eventlog_open_memory(&log_config, &bed.drive.log, &err), STATUS_OK);
    drive_start(&bed.drive, &config, 1);
    append_event(&bed, (struct event){.type = EVENT_TRACK, .name = STR("n"), .user_id = STR("u")});
    assert_false(drive_finish(&bed.drive, 50));
    assert_true(bed.drive.shared.partitions[0].stuck);
    assert_non_null(strstr(bed.drive.shared.partitions[0].problem, "another event log"));
    assert_int_equal(amount_of(&bed, STORE_METRIC_EVENTS, ""), 1);
    bed_close(&bed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_a_day_are_bounded),
        cmocka_unit_test(test_names_of_an_actor_are_bounded),
        cmocka_unit_test(test_leaders_are_exact),
        cmocka_unit_test(test_of_equal_leaders_the_least_ids_lead),
        cmocka_unit_test(test_what_breaks_a_rule_is_a_dead_letter),
        cmocka_unit_test(test_what_is_no_event_is_a_dead_letter),
        cmocka_unit_test(test_bots_are_dropped_unless_kept),
        cmocka_unit_test(test_a_store_of_another_log_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
