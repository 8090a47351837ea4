// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// An installation that moved to another number of partitions counts as one that never moved, whatever number that has.
#include "base/log.h"
#include "sites.h"

#define EVENTS 600
#define CUT 400
#define LETTERS (UINT32_C(1) << STORE_ROW_DEAD_LETTER)

static void expect_sums(struct site *site, uint32_t without, const struct tally *expected) {
    static struct tally found;
    site_sums(site, without, &found);
    tally_expect_equal(expected, &found);
    tally_free(&found);
}

static void stay(const struct history *history, unsigned partitions, uint32_t without,
                 struct tally *out) {
    struct site site;
    site_open(&site, false, partitions);
    site_settle(&site);
    history_append(history, site.log, 0, CUT);
    site_process(&site);
    history_append(history, site.log, CUT, history->count);
    site_process(&site);
    site_sums(&site, without, out);
    site_close(&site);
}

// Events whose ids are still known at the history's end come again: nothing may change. Returns how many.
static size_t resend(const struct history *history, size_t count, struct site *site) {
    const struct eventlog_record *last = &history->records[count - 1];
    size_t sent = 0;
    for (size_t i = 0; i < count; i++) {
        struct eventlog_record resent = history->records[i];
        bool before = false;
        for (size_t k = 0; k < i; k++) {
            before = before || str_equal(history->events[k].event.id, history->events[i].event.id);
        }
        if (last->timestamp_ms - resent.timestamp_ms < INT64_C(23) * 3600000 &&
            !history->events[i].broken && !history->events[i].control && !before) {
            struct history one = {.records = &resent, .count = 1};
            resent.timestamp_ms = last->timestamp_ms;
            history_append(&one, site->log, 0, 1);
            sent++;
        }
    }
    return sent;
}

// The whole of its log into an empty store: records kept their order, those of one actor at least.
static void expect_log(struct site *site, uint32_t without, const struct tally *expected) {
    struct store *own = site->store;
    assert_status(store_open_memory(&site->store, &(struct error){STATUS_OK, ""}), STATUS_OK);
    site_settle(site);
    site_process(site);
    expect_sums(site, without, expected);
    store_close(site->store);
    site->store = own;
}

// --- Moving and going on --------------------------------------------------------------------------------------------

static const struct {
    unsigned from, to;
} changes[] = {{3, 8}, {8, 3}, {8, 1}, {1, 8}, {4, 8}, {8, 4}};
#define CHANGES (sizeof changes / sizeof changes[0])

static size_t ids_of(struct site *site) {
    struct arena arena;
    struct store_page page = {.more = true};
    size_t ids = 0;
    arena_init(&arena, (size_t)1 << 20, 0);
    while (page.more) {
        assert_status(
            store_walk(site->store, STORE_ROW_SEEN, page.position, 1 << 20, &arena, &page),
            STATUS_OK);
        for (size_t i = 0; i < page.count; i++) {
            ids += page.rows[i].as.seen.count;
        }
    }
    arena_free(&arena);
    return ids;
}

static void move_and_go_on(const struct history *history, unsigned from, unsigned to,
                           uint32_t without) {
    static struct tally stayed, reached, before;
    struct site source, target;
    stay(history, from, without, &stayed);
    site_open(&source, false, from);
    site_open(&target, false, to);
    site_settle(&source);
    history_append(history, source.log, 0, CUT);
    site_process(&source);
    site_sums(&source, without, &before);
    site_move(&source, &target);
    assert_int_equal(ids_of(&target), ids_of(&source)); // each is known in one partition
    expect_sums(&target, without, &before);             // every report is as it was
    expect_log(&target, without, &before);
    resend(history, CUT, &target);
    site_process(&target);
    expect_sums(&target, without, &before);
    history_append(history, target.log, CUT, history->count);
    site_process(&target);
    expect_sums(&target, without, &stayed);
    stay(history, to, without, &reached);
    tally_expect_equal(&reached, &stayed);
    tally_free(&stayed);
    tally_free(&reached);
    tally_free(&before);
    site_close(&source);
    site_close(&target);
}

static void what_moved_is_as_if_it_had_stayed(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        for (size_t i = 0; i < CHANGES; i++) {
            struct history history;
            history_make(&history, seed, EVENTS);
            move_and_go_on(&history, changes[i].from, changes[i].to, 0);
            history_free(&history);
        }
    }
}

// Which dead letters an erasure finds depends on partitions: it looks through its own.
static void erasures_and_refusals_go_on(void **state) {
    (void)state;
    for (uint64_t seed = 101; seed <= 106; seed++) {
        for (size_t i = 0; i < CHANGES; i++) {
            struct history history;
            history_make(&history, seed, EVENTS);
            history_add_controls(&history, seed, 1);
            move_and_go_on(&history, changes[i].from, changes[i].to, LETTERS);
            history_free(&history);
        }
    }
}

// Some of it is at each place; the last one has all.
static void moves_follow_one_another(void **state) {
    (void)state;
    static const unsigned counts[] = {3, 8, 2, 5};
    enum { STOPS = 4, PART = EVENTS / STOPS };
    static struct tally stayed;
    for (uint64_t seed = 201; seed <= 202; seed++) {
        struct history history;
        struct site sites[STOPS];
        history_make(&history, seed, EVENTS);
        history_add_controls(&history, seed, 1);
        stay(&history, 3, LETTERS, &stayed);
        for (size_t i = 0; i < STOPS; i++) {
            site_open(&sites[i], seed == 201, counts[i]);
            if (i == 0) {
                site_settle(&sites[0]);
            } else {
                site_move(&sites[i - 1], &sites[i]);
                site_reopen(&sites[i], counts[i]);
            }
            resend(&history, i > 0 ? i * PART : 1, &sites[i]);
            history_append(&history, sites[i].log, i * PART, (i + 1) * PART);
            site_process(&sites[i]);
        }
        expect_sums(&sites[STOPS - 1], LETTERS, &stayed);
        for (size_t i = 0; i < STOPS; i++) {
            site_close(&sites[i]);
        }
        tally_free(&stayed);
        history_free(&history);
    }
}

// What is older than the log is in the store alone.
static void what_the_log_has_dropped_is_there(void **state) {
    (void)state;
    static struct tally stayed;
    for (size_t i = 0; i < CHANGES; i++) {
        struct history history;
        struct site source, target;
        struct error err;
        history_make(&history, 300 + i, EVENTS);
        stay(&history, changes[i].from, 0, &stayed);
        site_open(&source, false, changes[i].from);
        site_open(&target, false, changes[i].to);
        site_settle(&source);
        history_append(&history, source.log, 0, CUT / 2);
        site_process(&source);
        clock_manual_advance(&source.clock, INT64_C(86400000) * 3650);
        assert_status(eventlog_enforce_retention(source.log, &err), STATUS_OK);
        history_append(&history, source.log, CUT / 2, CUT);
        site_process(&source);
        site_move(&source, &target);
        resend(&history, CUT, &target); // some are in no log any more
        history_append(&history, target.log, CUT, EVENTS);
        site_process(&target);
        expect_sums(&target, 0, &stayed);
        tally_free(&stayed);
        history_free(&history);
        site_close(&source);
        site_close(&target);
    }
}

// --- What is refused ------------------------------------------------------------------------------------------------

struct late {
    struct site *source;
    const struct history *history;
    bool done;
};
static void append_late(enum migrate_phase phase, uint64_t done, uint64_t total, void *context) {
    struct late *late = context;
    (void)done;
    (void)total;
    if (phase == MIGRATE_PHASE_ROWS && !late->done) {
        history_append(late->history, late->source->log, 40, 42);
        late->done = true;
    }
}

// Whoever goes on writing would miss it at the target.
static void who_writes_meanwhile_is_found(void **state) {
    (void)state;
    struct site source, target;
    struct move move;
    struct history history;
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    history_make(&history, 31, 60);
    site_open(&source, false, 3);
    site_open(&target, false, 8);
    site_settle(&source);
    history_append(&history, source.log, 0, 40);
    site_process(&source);
    move_init(&move, &source, &target);
    struct late late = {&source, &history, false};
    move.config.progress = append_late;
    move.config.context = &late;
    assert_status(migrate_run(&move.config, &report, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "has taken 2 records while it was moved"));
    move_free(&move);
    history_free(&history);
    site_close(&source);
    site_close(&target);
}

static void the_other_side_has_to_be_the_same(void **state) {
    (void)state;
    struct site source, target, other;
    struct move move;
    struct history history;
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    history_make(&history, 31, 60);
    site_open(&source, false, 3);
    site_open(&target, false, 8);
    site_open(&other, false, 5);
    site_settle(&source);
    history_append(&history, source.log, 0, 40);
    site_process(&source);
    move_init(&move, &source, &target);
    move_finish(&move);
    assert_status(migrate_run(&move.config, &report, &err), STATUS_EXISTS);
    move.config.target = (struct migrate_side){other.log, other.store};
    assert_status(migrate_run(&move.config, &report, &err), STATUS_CONFLICT);
    assert_non_null(strstr(err.text, "another event log"));
    move_free(&move);
    history_free(&history);
    site_close(&source);
    site_close(&target);
    site_close(&other);
}

int main(void) {
    log_configure(LOG_LEVEL_WARN, LOG_FORMAT_TEXT, 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_moved_is_as_if_it_had_stayed),
        cmocka_unit_test(erasures_and_refusals_go_on),
        cmocka_unit_test(moves_follow_one_another),
        cmocka_unit_test(what_the_log_has_dropped_is_there),
        cmocka_unit_test(who_writes_meanwhile_is_found),
        cmocka_unit_test(the_other_side_has_to_be_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
