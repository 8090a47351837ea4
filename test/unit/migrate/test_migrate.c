// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// An installation that moved is one that never moved: same rows, and what comes later is counted on from where it was.
#include "sites.h"
#include "store/erasure.h"
#include "store/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PARTITIONS 3
#define EVENTS 600
#define CUT 400

// Offsets of a log that has dropped records are others where it was copied to.
#define NUMBERED (UINT32_C(1) << STORE_ROW_SEEN | UINT32_C(1) << STORE_ROW_DEAD_LETTER)

// All events in one place, with a restart where the other moved.
static void stay(const struct history *history, bool on_disk, uint32_t without, struct tally *out) {
    struct site site;
    site_open(&site, on_disk, PARTITIONS);
    site_settle(&site);
    history_append(history, site.log, 0, CUT);
    site_process(&site);
    history_append(history, site.log, CUT, history->count);
    site_process(&site);
    site_tally(&site, without, out);
    site_close(&site);
}

static void expect_same(struct site *a, struct site *b) {
    static struct tally here, there;
    site_tally(a, 0, &here);
    site_tally(b, 0, &there);
    tally_expect_equal(&here, &there);
    tally_free(&here);
    tally_free(&there);
}

static void expect_tally(struct site *site, uint32_t without, const struct tally *expected) {
    static struct tally found;
    site_tally(site, without, &found);
    tally_expect_equal(expected, &found);
    tally_free(&found);
}

static void move_and_go_on(const struct history *history, bool from_disk, bool to_disk) {
    static struct tally stayed;
    struct site source, target;
    struct move move;
    stay(history, from_disk, 0, &stayed);
    site_open(&source, from_disk, PARTITIONS);
    site_open(&target, to_disk, PARTITIONS);
    site_settle(&source);
    history_append(history, source.log, 0, CUT);
    site_process(&source);
    site_reopen(&source, PARTITIONS);
    move_init(&move, &source, &target);
    move_finish(&move);
    site_reopen(&target, PARTITIONS);
    expect_same(&source, &target);
    history_append(history, target.log, CUT, history->count);
    site_process(&target);
    expect_tally(&target, 0, &stayed);
    tally_free(&stayed);
    move_free(&move);
    site_close(&source);
    site_close(&target);
}

static void what_moved_is_as_if_it_had_stayed(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct history history;
        history_make(&history, seed, EVENTS);
        move_and_go_on(&history, false, false);
        history_free(&history);
    }
}

static void from_disk_to_disk(void **state) {
    (void)state;
    struct history history;
    history_make(&history, 11, EVENTS);
    move_and_go_on(&history, true, true);
    history_free(&history);
}

// One of those that take less than a day from before the cut to the end.
static void make_quick_history(struct history *history) {
    for (uint64_t seed = 20;; seed++) {
        history_make(history, seed, EVENTS);
        if (history->records[EVENTS - 1].timestamp_ms - history->records[CUT - 100].timestamp_ms <
            INT64_C(22) * 3600000) {
            return;
        }
        history_free(history);
    }
}

// An id is known from when it first came, not from when it came again.
static bool came_before(const struct history *history, size_t number) {
    bool before = false;
    for (size_t i = 0; i < number; i++) {
        before = before || str_equal(history->events[i].event.id, history->events[number].event.id);
    }
    return before;
}

// Sends events again whose ids are still known at the history's end. Returns how many.
static size_t resend(const struct history *history, struct site *site) {
    const struct eventlog_record *last = &history->records[history->count - 1];
    size_t sent = 0;
    for (size_t i = 0; i < history->count; i++) {
        struct eventlog_record resent = history->records[i];
        // What is broken becomes a dead letter each time it comes.
        if (last->timestamp_ms - resent.timestamp_ms < INT64_C(23) * 3600000 &&
            !history->events[i].broken && !came_before(history, i)) {
            struct history one = {.records = &resent, .count = 1};
            resent.timestamp_ms = last->timestamp_ms;
            history_append(&one, site->log, 0, 1);
            sent++;
        }
    }
    return sent;
}

static int64_t begin_of(struct site *site, unsigned partition) {
    struct eventlog_partition_info info;
    assert_status(eventlog_partition_info(site->log, partition, STR("x"), &info), STATUS_OK);
    return info.begin;
}

// The log has dropped what is old: offsets of the target are others than the source's, and ids seen before stay known.
static void after_retention_numbers_go_on(void **state) {
    (void)state;
    static struct tally stayed;
    struct site source, target;
    struct move move;
    struct history history;
    struct error err;
    make_quick_history(&history);
    stay(&history, false, NUMBERED, &stayed);
    site_open(&source, false, PARTITIONS);
    site_open(&target, false, PARTITIONS);
    site_settle(&source);
    history_append(&history, source.log, 0, CUT / 2);
    site_process(&source);
    clock_manual_advance(&source.clock, INT64_C(86400000) * 3650);
    assert_status(eventlog_enforce_retention(source.log, &err), STATUS_OK);
    history_append(&history, source.log, CUT / 2, CUT);
    site_process(&source);
    assert_true(begin_of(&source, 0) > 0 && begin_of(&source, 1) > 0);
    move_init(&move, &source, &target);
    move_finish(&move);
    assert_int_equal(begin_of(&target, 0), 0);
    for (size_t at = CUT; at < history.count;
         at += 50) { // with restarts: the window is loaded each time
        history_append(&history, target.log, at, at + 50 < history.count ? at + 50 : history.count);
        site_process(&target);
    }
    expect_tally(&target, NUMBERED, &stayed);
    assert_in_range(resend(&history, &target), EVENTS - CUT + 50,
                    EVENTS); // some of before the move
    site_process(&target);
    expect_tally(&target, NUMBERED, &stayed);
    tally_free(&stayed);
    move_free(&move);
    history_free(&history);
    site_close(&source);
    site_close(&target);
}

static void an_empty_installation_moves(void **state) {
    (void)state;
    struct site source, target;
    struct move move;
    site_open(&source, false, PARTITIONS);
    site_open(&target, false, PARTITIONS);
    move_init(&move, &source, &target);
    move_finish(&move);
    move_free(&move);
    site_close(&source);
    site_close(&target);
}

static void a_new_profile_begins_above_a_deleted_one(void **state) {
    (void)state;
    struct site source, target;
    struct move move;
    site_open(&source, false, PARTITIONS);
    site_open(&target, false, PARTITIONS);
    site_settle(&source);
    move_init(&move, &source, &target);
    move_finish(&move);
    struct store_profile profile = {.id = STR("gone"), .traits = STR("{}")};
    assert_status(
        store_profile_put(target.store, STR("shop"), &profile, STORE_EXPECT_ABSENT, 0, NULL),
        STATUS_OK);
    assert_int_equal(profile.version, 6);
    struct store_profile kept = {.id = STR("u1"), .traits = STR("{}")};
    assert_status(
        store_profile_put(target.store, STR("shop"), &kept, STORE_EXPECT_VERSION, 3, NULL),
        STATUS_OK);
    move_free(&move);
    site_close(&source);
    site_close(&target);
}

// More entries than are copied at a time.
static void the_audit_log_moves(void **state) {
    (void)state;
    enum { ENTRIES = 1201 };
    struct site source, target;
    struct move move;
    site_open(&source, false, PARTITIONS);
    site_open(&target, false, PARTITIONS);
    for (unsigned i = 0; i < ENTRIES; i++) {
        char id[40];
        (void)snprintf(id, sizeof id, "0193a000-0000-7000-8000-%012u", i);
        struct store_audit audit = {INT64_C(1780000000000) + i / 7, str_from_c(id), STR("shop"),
                                    STR("{\"action\":\"test\"}")};
        assert_status(store_audit_append(source.store, &audit), STATUS_OK);
    }
    move_init(&move, &source, &target);
    struct clock *clock = move.config.clock;
    struct store_usage usage = {(int32_t)(clock->wall_ms(clock) / 86400000), STR("shop"), STR("p1"),
                                77};
    assert_status(store_usage_put(source.store, &usage), STATUS_OK);
    struct store_hold hold = {STR("shop"), STR("0123"), STR("case 7"), 5};
    struct store_erasure erasure = {
        .id = STR("0193a000"), .project = STR("shop"), .person = STR("4567"), .parts = 1};
    uint8_t key[STORE_SECRET_BYTES] = {7};
    assert_status(store_hold_put(source.store, &hold), STATUS_OK);
    assert_status(store_erasure_put(source.store, &erasure), STATUS_OK);
    assert_status(store_secret(source.store, STR("person"), key), STATUS_OK);
    move_finish(&move);
    struct arena arena;
    arena_init(&arena, 65536, 0);
    struct store_audit *audits = NULL;
    struct store_usage *usages = NULL;
    struct store_audit_query query = {.to_ms = INT64_MAX, .limit = 2 * ENTRIES};
    size_t count = 0;
    bool more = true;
    assert_status(store_audit_read(target.store, &query, &arena, &audits, &count, &more),
                  STATUS_OK);
    assert_true(count == ENTRIES && !more);
    assert_true(str_equal(audits[0].id, STR("0193a000-0000-7000-8000-000000001200")));
    assert_true(str_equal(audits[0].entry, STR("{\"action\":\"test\"}")));
    assert_status(store_usage_read(target.store, usage.day, &arena, &usages, &count), STATUS_OK);
    assert_true(count == 1 && usages[0].events == 77);
    struct store_hold *holds = NULL;
    struct store_erasure *erasures = NULL;
    assert_status(store_holds(target.store, &arena, &holds, &count), STATUS_OK);
    assert_true(count == 1 && str_equal(holds[0].name, STR("case 7")));
    assert_status(store_erasures(target.store, &arena, &erasures, &count), STATUS_OK);
    assert_true(count == 1 && str_equal(erasures[0].person, STR("4567")));
    key[0] = 8;
    assert_status(store_secret(target.store, STR("person"), key), STATUS_OK);
    assert_int_equal(key[0], 7);
    arena_free(&arena);
    move_free(&move);
    site_close(&source);
    site_close(&target);
}

// --- What is refused ------------------------------------------------------------------------------------------------

struct pair {
    struct site source, target;
    struct move move;
    struct history history;
};

static void pair_open(struct pair *pair, unsigned target_partitions) {
    history_make(&pair->history, 31, 60);
    site_open(&pair->source, false, PARTITIONS);
    site_open(&pair->target, false, target_partitions);
    site_settle(&pair->source);
    history_append(&pair->history, pair->source.log, 0, 40);
    site_process(&pair->source);
    move_init(&pair->move, &pair->source, &pair->target);
}

static void pair_close(struct pair *pair) {
    move_free(&pair->move);
    site_close(&pair->source);
    site_close(&pair->target);
    history_free(&pair->history);
}

static void expect_refusal(struct pair *pair, enum status expected, const char *words) {
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    assert_status(migrate_run(&pair->move.config, &report, &err), expected);
    if (!strstr(err.text, words)) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    }
}

static void what_is_not_processed_is_not_moved(void **state) {
    (void)state;
    struct pair pair;
    pair_open(&pair, PARTITIONS);
    history_append(&pair.history, pair.source.log, 40, 42);
    expect_refusal(&pair, STATUS_CONFLICT, "2 records");
    site_process(&pair.source);
    move_finish(&pair.move);
    pair_close(&pair);
}

static void the_target_must_be_empty(void **state) {
    (void)state;
    struct pair pair;
    pair_open(&pair, PARTITIONS);
    history_append(&pair.history, pair.target.log, 0, 1);
    expect_refusal(&pair, STATUS_CONFLICT, "event log is not empty");
    pair_close(&pair);
    pair_open(&pair, PARTITIONS);
    assert_status(store_project_put(pair.target.store, &history_projects[0]), STATUS_OK);
    expect_refusal(&pair, STATUS_CONFLICT, "store is not empty");
    assert_int_not_equal(access(pair.move.notes, F_OK), 0);
    pair_close(&pair);
}

static void once_is_enough(void **state) {
    (void)state;
    struct pair pair;
    pair_open(&pair, PARTITIONS);
    move_finish(&pair.move);
    history_append(&pair.history, pair.target.log, 40, 60); // the target is in use
    expect_refusal(&pair, STATUS_EXISTS, "is done");
    history_append(&pair.history, pair.source.log, 40, 43);
    site_process(&pair.source);
    expect_refusal(&pair, STATUS_CONFLICT, "3 records since");
    pair_close(&pair);
}

static void another_target_is_no_continuation(void **state) {
    (void)state;
    struct pair pair;
    struct site other;
    pair_open(&pair, PARTITIONS);
    site_open(&other, false, PARTITIONS);
    move_finish(&pair.move);
    pair.move.config.target = (struct migrate_side){other.log, pair.target.store};
    expect_refusal(&pair, STATUS_CONFLICT, "another event log");
    pair.move.config.target.log = pair.target.log;
    pair.move.config.source = (struct migrate_side){other.log, other.store};
    expect_refusal(&pair, STATUS_CONFLICT, "another installation");
    site_close(&other);
    pair_close(&pair);
}

static void notes_that_are_damaged_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"version\":2}",
        "{\"version\":1,\"next\":\"sideways\"}",
        "{\"version\":1,\"next\":\"rows\",\"beganMs\":1,\"sourceEpoch\":1,\"targetEpoch\":1,"
        "\"kind\":1,\"position\":\"0g\",\"partitions\":[{\"sourceBegin\":0,\"sourceEnd\":1,"
        "\"targetBegin\":0}]}",
        "{\"version\":1,\"next\":\"rows\",\"beganMs\":1,\"sourceEpoch\":1,\"targetEpoch\":1,"
        "\"kind\":1,\"position\":\"00\",\"partitions\":[{\"sourceBegin\":5,\"sourceEnd\":1,"
        "\"targetBegin\":0}]}"};
    struct pair pair;
    pair_open(&pair, PARTITIONS);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        FILE *file = fopen(pair.move.notes, "w");
        assert_non_null(file);
        assert_true(fputs(texts[i], file) >= 0);
        assert_int_equal(fclose(file), 0);
        expect_refusal(&pair, STATUS_CORRUPT, "notes.json");
    }
    pair_close(&pair);
}

// --- Stopping, looking ----------------------------------------------------------------------------------------------

static void stop_after(enum migrate_phase phase, uint64_t done, uint64_t total, void *context) {
    (void)done;
    (void)total;
    if (phase == MIGRATE_PHASE_ROWS) {
        *(bool *)context = true;
    }
}

static bool is_stopped(void *context) {
    return *(bool *)context;
}

static void a_stopped_migration_goes_on(void **state) {
    (void)state;
    struct pair pair;
    bool stop = false;
    pair_open(&pair, PARTITIONS);
    pair.move.config.stopped = is_stopped;
    pair.move.config.progress = stop_after;
    pair.move.config.context = &stop;
    unsigned stops = 0;
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    enum status status = STATUS_CLOSED;
    while (status == STATUS_CLOSED) {
        stop = false;
        status = migrate_run(&pair.move.config, &report, &err);
        stops++;
    }
    assert_status(status, STATUS_OK);
    assert_int_equal(report.difference_count, 0);
    migrate_report_free(&report);
    assert_true(stops > 5);
    pair_close(&pair);
}

static void what_was_changed_meanwhile_is_told_by_name(void **state) {
    (void)state;
    struct pair pair;
    bool stop = false;
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    pair_open(&pair, PARTITIONS);
    pair.move.config.stopped = is_stopped;
    pair.move.config.progress = stop_after;
    pair.move.config.context = &stop;
    for (int i = 0; i < 8; i++) { // until the profiles are there
        stop = false;
        assert_status(migrate_run(&pair.move.config, &report, &err), STATUS_CLOSED);
    }
    struct store_profile extra = {.id = STR("extra"), .traits = STR("{}")};
    assert_status(
        store_profile_put(pair.target.store, STR("shop"), &extra, STORE_EXPECT_ANY, 0, NULL),
        STATUS_OK);
    pair.move.config.progress = NULL;
    stop = false;
    assert_status(migrate_run(&pair.move.config, &report, &err), STATUS_OK);
    assert_int_equal(report.difference_count, 1);
    assert_true(str_equal(report.differences[0].what, STR("profiles of shop")));
    assert_int_equal(report.differences[0].source, 2);
    assert_int_equal(report.differences[0].target, 3);
    migrate_report_free(&report);
    pair_close(&pair);
}

static void a_survey_counts_and_touches_nothing(void **state) {
    (void)state;
    struct pair pair;
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    pair_open(&pair, PARTITIONS);
    history_append(&pair.history, pair.source.log, 40, 45);
    pair.move.config.target = (struct migrate_side){NULL, NULL};
    assert_status(migrate_survey(&pair.move.config, &report, &err), STATUS_OK);
    assert_int_equal(report.behind, 5);
    assert_int_equal(report.difference_count, 0);
    assert_true(str_equal(report.lines[0].what, STR("log records")));
    assert_int_equal(report.lines[0].source, 45);
    bool profiles = false;
    for (size_t i = 0; i < report.line_count; i++) {
        profiles = profiles || (str_equal(report.lines[i].what, STR("profiles of shop")) &&
                                report.lines[i].source == 2);
    }
    assert_true(profiles);
    assert_int_not_equal(access(pair.move.notes, F_OK), 0);
    migrate_report_free(&report);
    pair_close(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_moved_is_as_if_it_had_stayed),
        cmocka_unit_test(from_disk_to_disk),
        cmocka_unit_test(after_retention_numbers_go_on),
        cmocka_unit_test(an_empty_installation_moves),
        cmocka_unit_test(a_new_profile_begins_above_a_deleted_one),
        cmocka_unit_test(the_audit_log_moves),
        cmocka_unit_test(what_is_not_processed_is_not_moved),
        cmocka_unit_test(the_target_must_be_empty),
        cmocka_unit_test(once_is_enough),
        cmocka_unit_test(another_target_is_no_continuation),
        cmocka_unit_test(notes_that_are_damaged_are_refused),
        cmocka_unit_test(a_stopped_migration_goes_on),
        cmocka_unit_test(what_was_changed_meanwhile_is_told_by_name),
        cmocka_unit_test(a_survey_counts_and_touches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
