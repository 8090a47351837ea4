// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A dead letter that is taken again counts once, wherever an attempt was broken off, and however often it is asked for.
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app/dead_letters.h"
#include "drive.h"
#include "event/event.h"

#define RECEIVED INT64_C(1764000000000)

struct bed {
    struct drive drive;
    struct dead_letter_taking taking;
    struct arena arena;
};

// An event whose time is in order, or not.
static struct str event_json(struct bed *bed, const char *id, int64_t timestamp_ms) {
    struct buffer *out = arena_alloc(&bed->arena, sizeof *out);
    char *text = arena_alloc(&bed->arena, 2048);
    struct event event = {.id = str_from_c(id),
                          .project = STR("blog"),
                          .type = EVENT_TRACK,
                          .name = STR("n"),
                          .user_id = STR("u"),
                          .timestamp_ms = timestamp_ms,
                          .received_ms = RECEIVED,
                          .dialect = STR("plain")};
    buffer_init_fixed(out, text, 2048);
    assert_int_equal(event_encode(&event, out), STATUS_OK);
    return buffer_str(out);
}

static void append_done(struct eventlog_append *append) {
    atomic_store((atomic_bool *)append->context, true);
}

static void append(struct bed *bed, struct str key, struct str value) {
    atomic_bool done = false;
    struct clock *clock = &bed->drive.clock.clock;
    struct eventlog_record record = {key, value, clock->wall_ms(clock)};
    struct eventlog_append made = {
        .records = &record, .count = 1, .done = append_done, .context = &done};
    eventlog_append(bed->drive.log, &made);
    while (!atomic_load(&done)) {
        sched_yield();
    }
    assert_int_equal(made.status, STATUS_OK);
}

static void open_bed(struct bed *bed) {
    struct processor_config config = {0};
    memset(bed, 0, sizeof *bed);
    arena_init(&bed->arena, 4096, 0);
    drive_open(&bed->drive, 2);
    drive_start(&bed->drive, &config, 1);
    bed->taking = (struct dead_letter_taking){.log = bed->drive.log,
                                              .store = bed->drive.store,
                                              .clock = &bed->drive.clock.clock,
                                              .window_ms = 24 * 3600 * 1000,
                                              .window_ids = 1000};
}

static void close_bed(struct bed *bed) {
    drive_stop(&bed->drive);
    drive_close(&bed->drive);
    arena_free(&bed->arena);
}

static size_t letters(struct bed *bed, struct store_dead_letter *newest) {
    struct store_dead_letter *found = NULL;
    size_t count = 0;
    assert_true(drive_finish(&bed->drive, 1000));
    assert_int_equal(
        store_dead_letters(bed->drive.store, STR_EMPTY, 10, &bed->arena, &found, &count),
        STATUS_OK);
    if (count > 0) {
        *newest = found[0];
    }
    return count;
}

static uint64_t events(struct bed *bed) {
    struct store_actor_state state = {0};
    struct store_actor actor = {STORE_ACTOR_USER, STR("u")};
    assert_true(drive_finish(&bed->drive, 1000));
    enum status status = store_actor_get(bed->drive.store, STR("blog"), actor, &bed->arena, &state);
    return status == STATUS_NOT_FOUND ? 0 : state.events;
}

static void take(struct bed *bed, struct store_dead_letter letter, struct str record,
                 enum status expected) {
    struct error err = {.status = STATUS_OK};
    assert_string_equal(status_name(dead_letter_take(&bed->taking, &letter, record, &err)),
                        status_name(expected));
}

static struct str blog_key(void) {
    return str_make("blog\0u", 6);
}

// A key of another actor is what is wrong: the record has its own anew.
static void test_taken_once(void **state) {
    (void)state;
    struct bed bed;
    struct store_dead_letter letter;
    open_bed(&bed);
    append(&bed, str_make("blog\0w", 6), event_json(&bed, "one", RECEIVED));
    assert_int_equal(letters(&bed, &letter), 1);
    assert_int_equal(events(&bed), 0);
    take(&bed, letter, STR_EMPTY, STATUS_OK);
    assert_int_equal(letters(&bed, &letter), 0);
    assert_int_equal(events(&bed), 1);
    take(&bed, letter, STR_EMPTY, STATUS_EXISTS);
    assert_int_equal(events(&bed), 1);
    append(&bed, blog_key(), event_json(&bed, "one", RECEIVED)); // its sender sends it again
    assert_int_equal(events(&bed), 1);
    close_bed(&bed);
}

static void test_broken_off(void **state) {
    (void)state;
    for (int appended = 0; appended < 2; appended++) {
        struct bed bed;
        struct store_dead_letter letter;
        open_bed(&bed);
        append(&bed, str_make("blog\0w", 6), event_json(&bed, "one", RECEIVED));
        assert_int_equal(letters(&bed, &letter), 1);
        unsigned target = eventlog_partition_of(blog_key(), 2);
        struct store_letter_mark mark = {
            STORE_LETTER_TAKING, bed.drive.clock.clock.wall_ms(&bed.drive.clock.clock), target, 0};
        assert_int_equal(store_letter_mark(bed.drive.store, &letter, &mark), STATUS_OK);
        if (appended) {
            append(&bed, blog_key(), event_json(&bed, "one", RECEIVED));
        }
        assert_int_equal(events(&bed), appended);
        assert_int_equal(letters(&bed, &letter), 1);
        take(&bed, letter, STR_EMPTY, STATUS_OK);
        assert_int_equal(letters(&bed, &letter), 0);
        assert_int_equal(events(&bed), 1);
        close_bed(&bed);
    }
}

static void test_broken_off_too_long_ago(void **state) {
    (void)state;
    struct bed bed;
    struct store_dead_letter letter;
    open_bed(&bed);
    append(&bed, str_make("blog\0w", 6), event_json(&bed, "one", RECEIVED));
    assert_int_equal(letters(&bed, &letter), 1);
    unsigned target = eventlog_partition_of(blog_key(), 2);
    int64_t now = bed.drive.clock.clock.wall_ms(&bed.drive.clock.clock);
    struct store_letter_mark mark = {STORE_LETTER_TAKING, now - bed.taking.window_ms, target, 0};
    assert_int_equal(store_letter_mark(bed.drive.store, &letter, &mark), STATUS_OK);
    take(&bed, letter, STR_EMPTY, STATUS_CONFLICT);
    mark = (struct store_letter_mark){STORE_LETTER_TAKING, now, target, 0};
    assert_int_equal(store_letter_mark(bed.drive.store, &letter, &mark), STATUS_OK);
    bed.taking.window_ids = 1;
    append(&bed, blog_key(), event_json(&bed, "two", RECEIVED));
    append(&bed, blog_key(), event_json(&bed, "three", RECEIVED));
    take(&bed, letter, STR_EMPTY, STATUS_CONFLICT);
    bed.taking.again = true;
    take(&bed, letter, STR_EMPTY, STATUS_OK);
    assert_int_equal(events(&bed), 3);
    close_bed(&bed);
}

static void test_what_is_no_event_needs_another_record(void **state) {
    (void)state;
    struct bed bed;
    struct store_dead_letter letter;
    open_bed(&bed);
    append(&bed, blog_key(), STR("{\"id\""));
    assert_int_equal(letters(&bed, &letter), 1);
    take(&bed, letter, STR_EMPTY, STATUS_INVALID);
    assert_int_equal(letters(&bed, &letter), 1);
    bed.taking.project = STR("shop");
    take(&bed, letter, event_json(&bed, "one", RECEIVED), STATUS_INVALID);
    bed.taking.project = STR("blog");
    take(&bed, letter, event_json(&bed, "one", RECEIVED), STATUS_OK);
    assert_int_equal(letters(&bed, &letter), 0);
    assert_int_equal(events(&bed), 1);
    close_bed(&bed);
}

static void test_still_wrong_is_a_new_letter(void **state) {
    (void)state;
    struct bed bed;
    struct store_dead_letter letter;
    struct store_dead_letter again;
    open_bed(&bed);
    append(&bed, blog_key(), event_json(&bed, "one", INT64_C(4102444800000)));
    assert_int_equal(letters(&bed, &letter), 1);
    take(&bed, letter, STR_EMPTY, STATUS_OK);
    assert_int_equal(letters(&bed, &again), 1);
    assert_int_not_equal(again.offset, letter.offset);
    take(&bed, again, event_json(&bed, "one", RECEIVED), STATUS_OK);
    assert_int_equal(letters(&bed, &again), 0);
    assert_int_equal(events(&bed), 1);
    close_bed(&bed);
}

static void test_ids(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "1",
                                      "1-2",
                                      "-1-2-3",
                                      "1---2-3",
                                      "1--",
                                      "1-2-",
                                      "a-2-3",
                                      "1-b-3",
                                      "1-2-c",
                                      "70000-1-1",
                                      "1-2-3 ",
                                      "1-9223372036854775807-3",
                                      "1-2-9223372036854775807"};
    struct store_dead_letter letter = {
        .partition = 65535, .offset = 1234567890123456, .received_ms = -5};
    struct store_dead_letter got = {0};
    char id[DEAD_LETTER_ID_MAX];
    dead_letter_id_write(&letter, id);
    assert_true(dead_letter_id_read(str_from_c(id), &got));
    assert_int_equal(got.partition, letter.partition);
    assert_int_equal(got.offset, letter.offset);
    assert_int_equal(got.received_ms, letter.received_ms);
    letter = (struct store_dead_letter){.partition = 1, .offset = -2, .received_ms = 3}; // moved
    dead_letter_id_write(&letter, id);
    assert_true(dead_letter_id_read(str_from_c(id), &got));
    assert_int_equal(got.offset, -2);
    assert_int_equal(got.received_ms, 3);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(dead_letter_id_read(str_from_c(bad[i]), &got));
    }
}

static bool count_up(const struct store_dead_letter *letter, void *context) {
    (void)letter;
    size_t *left = context;
    return --*left > 0;
}

static void test_scan(void **state) {
    (void)state;
    struct bed bed;
    struct store_dead_letter last = {0};
    open_bed(&bed);
    for (int i = 0; i < 120; i++) {
        append(&bed, blog_key(),
               i % 3 == 0 ? STR("[]") : event_json(&bed, "x", INT64_C(4102444800000)));
    }
    assert_true(drive_finish(&bed.drive, 1000));
    struct dead_letter_filter filter = {.query = {.from_ms = INT64_MIN, .to_ms = INT64_MAX},
                                        .stage = STR("apply")};
    size_t left = 1000;
    bool more = false;
    assert_int_equal(dead_letters_scan(bed.drive.store, &filter, 10, count_up, &left, &last, &more),
                     STATUS_OK);
    assert_int_equal(left, 1000 - 80);
    assert_false(more);
    left = 1000;
    filter.reason = STR("OUT OF range");
    assert_int_equal(dead_letters_scan(bed.drive.store, &filter, 1, count_up, &left, &last, &more),
                     STATUS_OK);
    assert_true(more);
    assert_in_range(1000 - left, 33, 34);
    left = 7;
    assert_int_equal(dead_letters_scan(bed.drive.store, &filter, 10, count_up, &left, &last, &more),
                     STATUS_OK);
    assert_int_equal(left, 0);
    assert_true(more);
    close_bed(&bed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken_once),
        cmocka_unit_test(test_broken_off),
        cmocka_unit_test(test_broken_off_too_long_ago),
        cmocka_unit_test(test_what_is_no_event_needs_another_record),
        cmocka_unit_test(test_still_wrong_is_a_new_letter),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
