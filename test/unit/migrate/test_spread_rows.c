// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rows that have a way of their own when an installation moves to another number of partitions: dead letters, refusals, leaders.
#include "base/log.h"
#include "sites.h"
#include "store/erasure.h"

#include <stdio.h>

#define EVENTS 600

struct finding {
    unsigned partition;
    int64_t offset;
};
static void begin_at(unsigned partition, int64_t *start, void *context) {
    const struct finding *finding = context;
    *start = partition == finding->partition ? finding->offset : INT64_C(1) << 40;
}

static struct str record_at(struct site *site, unsigned partition, int64_t offset,
                            struct arena *arena) {
    struct finding finding = {partition, offset};
    struct eventlog_consumer_config config = {
        .group = STR("looker"), .assigned = begin_at, .context = &finding, .looks = true};
    struct eventlog_consumer *consumer = NULL;
    struct error err;
    struct str value = STR_EMPTY;
    assert_status(eventlog_consumer_open(site->log, &config, &consumer, &err), STATUS_OK);
    for (int i = 0; i < 20 && !value.data; i++) {
        struct eventlog_batch batch = {.count = 0};
        if (eventlog_poll(consumer, 1000, 1 << 20, &batch, &err) == STATUS_OK &&
            batch.partition == partition && batch.count > 0 && batch.records[0].offset == offset) {
            value = arena_copy(arena, batch.records[0].value);
        }
    }
    eventlog_consumer_close(consumer);
    return value;
}

static struct store_dead_letter *letters_of(struct site *site, struct arena *arena, size_t *count) {
    struct store_dead_letter *letters = NULL;
    assert_status(store_dead_letters(site->store, STR_EMPTY, 10000, arena, &letters, count),
                  STATUS_OK);
    return letters;
}

// A letter is where its record is, and what was done about it is known there, also when the log is read again.
static void letters_stand_where_their_records_are(void **state) {
    (void)state;
    struct history history;
    struct site source, target;
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, (size_t)1 << 20, 0);
    history_make(&history, 401, EVENTS);
    site_open(&source, false, 3);
    site_open(&target, false, 8);
    site_settle(&source);
    history_append(&history, source.log, 0, EVENTS);
    site_process(&source);
    struct store_dead_letter *letters = letters_of(&source, &arena, &count);
    assert_in_range(count, 3, 100);
    size_t all = count;
    struct store_letter_mark done = {STORE_LETTER_DISCARDED, 7, 0, 0};
    struct store_letter_mark taking = {STORE_LETTER_TAKING, 8, 1, 5};
    assert_status(store_letter_mark(source.store, &letters[0], &done), STATUS_OK);
    assert_status(store_letter_mark(source.store, &letters[1], &taking), STATUS_OK);
    struct str discarded = letters[0].record;
    struct str taken = letters[1].record;
    site_move(&source, &target);
    letters = letters_of(&target, &arena, &count);
    assert_int_equal(count, all - 1);
    unsigned marks = 0;
    for (size_t i = 0; i < count; i++) {
        struct store_letter_mark mark;
        struct str record = record_at(&target, letters[i].partition, letters[i].offset, &arena);
        assert_true(str_equal(record, letters[i].record));
        if (store_letter_mark_get(target.store, letters[i].partition, letters[i].offset, &mark) ==
            STATUS_OK) {
            assert_int_equal(mark.outcome, STORE_LETTER_TAKING);
            assert_int_equal(mark.marked_ms, 8);
            assert_true(str_equal(record, taken));
            marks++;
        }
    }
    assert_int_equal(marks, 1);
    unsigned settled = 0;
    for (unsigned partition = 0; partition < 8; partition++) {
        for (int64_t offset = 0; offset < EVENTS; offset++) {
            struct store_letter_mark mark;
            if (store_letter_mark_get(target.store, partition, offset, &mark) == STATUS_OK &&
                mark.outcome == STORE_LETTER_DISCARDED) {
                assert_true(str_equal(record_at(&target, partition, offset, &arena), discarded));
                settled++;
            }
        }
    }
    assert_int_equal(settled, 1);
    arena_free(&arena);
    history_free(&history);
    site_close(&source);
    site_close(&target);
}

static void append_one(struct site *site, struct str key, struct str value, int64_t ms) {
    struct eventlog_record record = {key, value, ms};
    struct history one = {.records = &record, .count = 1};
    history_append(&one, site->log, 0, 1);
}

static void append_event(struct site *site, const char *id, const char *user, int64_t ms) {
    struct event event = {.id = str_from_c(id),
                          .project = STR("shop"),
                          .type = EVENT_TRACK,
                          .name = STR("buy"),
                          .user_id = str_from_c(user),
                          .timestamp_ms = ms,
                          .received_ms = ms,
                          .dialect = STR("plain")};
    struct arena arena;
    struct buffer value;
    arena_init(&arena, 4096, 0);
    buffer_init(&value, EVENT_BYTES_MAX);
    assert_status(event_encode(&event, &value), STATUS_OK);
    append_one(site, event_record_key(&event, &arena), buffer_str(&value), ms);
    buffer_free(&value);
    arena_free(&arena);
}

static void append_control(struct site *site, enum control_action action, const char *user,
                           bool refuse, int64_t ms) {
    struct control control = {.action = action,
                              .project = STR("shop"),
                              .kind = 'u',
                              .id = str_from_c(user),
                              .receipt = action == CONTROL_ALLOW ? STR_EMPTY : STR("r"),
                              .keep_refusing = refuse,
                              .requested_ms = ms};
    struct arena arena;
    struct buffer value;
    arena_init(&arena, 4096, 0);
    buffer_init(&value, EVENT_BYTES_MAX);
    assert_status(control_encode(&control, &value), STATUS_OK);
    append_one(site, control_record_key(&control, &arena), buffer_str(&value), ms);
    buffer_free(&value);
    arena_free(&arena);
}

#define NOON_MS INT64_C(1774612800000)

static uint64_t events_of(struct site *site, const char *user) {
    struct arena arena;
    struct store_actor_state actor = {.events = 0};
    arena_init(&arena, 4096, 0);
    enum status status =
        store_actor_get(site->store, STR("shop"),
                        (struct store_actor){STORE_ACTOR_USER, str_from_c(user)}, &arena, &actor);
    uint64_t events = status == STATUS_OK ? actor.events : 0;
    arena_free(&arena);
    return events;
}

static size_t refusals_of(struct site *site) {
    struct arena arena;
    struct store_refusal *rows = NULL;
    size_t count = 0;
    arena_init(&arena, 4096, 0);
    assert_status(store_refusals(site->store, &arena, &rows, &count), STATUS_OK);
    arena_free(&arena);
    return count;
}

// Of the people only hashes are known, so not where they are now; they are kept away all the same, and may come back for good.
static void who_is_refused_stays_away_until_allowed(void **state) {
    (void)state;
    static const unsigned counts[] = {3, 8, 2};
    struct site sites[3];
    char user[8], id[16];
    for (size_t i = 0; i < 3; i++) {
        site_open(&sites[i], false, counts[i]);
    }
    site_settle(&sites[0]);
    for (unsigned u = 0; u < 20; u++) {
        (void)snprintf(user, sizeof user, "p%u", u);
        append_control(&sites[0], CONTROL_ERASE, user, true, NOON_MS);
    }
    site_process(&sites[0]);
    site_move(&sites[0], &sites[1]);
    for (unsigned u = 0; u < 20; u++) {
        (void)snprintf(user, sizeof user, "p%u", u);
        (void)snprintf(id, sizeof id, "first-%u", u);
        append_event(&sites[1], id, user, NOON_MS + 1);
        if (u % 2 == 0) {
            append_control(&sites[1], CONTROL_ALLOW, user, false, NOON_MS + 2);
        } else if (u % 3 == 0) {
            append_control(&sites[1], CONTROL_ERASE, user, true, NOON_MS + 2); // once more
        }
    }
    site_process(&sites[1]);
    assert_int_equal(refusals_of(&sites[1]), 10);
    site_move(&sites[1], &sites[2]);
    assert_int_equal(refusals_of(&sites[2]), 10);
    for (unsigned u = 0; u < 20; u++) {
        (void)snprintf(user, sizeof user, "p%u", u);
        (void)snprintf(id, sizeof id, "second-%u", u);
        append_event(&sites[2], id, user, NOON_MS + 3);
    }
    site_process(&sites[2]);
    for (unsigned u = 0; u < 20; u++) {
        (void)snprintf(user, sizeof user, "p%u", u);
        assert_int_equal(events_of(&sites[1], user), 0);
        assert_int_equal(events_of(&sites[2], user), u % 2 == 0);
    }
    for (size_t i = 0; i < 3; i++) {
        site_close(&sites[i]);
    }
}

static int64_t leader_rows(struct site *site, int64_t least[1]) {
    struct arena arena;
    struct store_page page = {.more = true};
    int64_t rows = 0;
    arena_init(&arena, (size_t)1 << 20, 0);
    *least = INT64_MAX;
    while (page.more) {
        assert_status(
            store_walk(site->store, STORE_ROW_TOTAL, page.position, 1 << 20, &arena, &page),
            STATUS_OK);
        for (size_t i = 0; i < page.count; i++) {
            if (page.rows[i].as.total.metric == STORE_METRIC_TOP_ACTORS) {
                rows++;
                int64_t amount = page.rows[i].as.total.amount;
                *least = amount < *least ? amount : *least;
            }
        }
    }
    arena_free(&arena);
    return rows;
}

// Of 160 users eight partitions keep nearly all; one keeps the fifty that lead. Who was left out comes back with the count that brings
// it back.
static void a_partition_keeps_as_many_leaders_as_ever(void **state) {
    (void)state;
    enum { USERS = 160 };
    struct site source, target;
    char user[8], id[16];
    int64_t least = 0;
    site_open(&source, false, 8);
    site_open(&target, false, 1);
    site_settle(&source);
    for (unsigned u = 0; u < USERS; u++) {
        (void)snprintf(user, sizeof user, "p%u", u);
        for (unsigned i = 0; i <= u / 4; i++) {
            (void)snprintf(id, sizeof id, "%u-%u", u, i);
            append_event(&source, id, user, NOON_MS + i);
        }
    }
    site_process(&source);
    assert_true(leader_rows(&source, &least) > 100);
    site_move(&source, &target);
    assert_int_equal(leader_rows(&target, &least), 50);
    assert_int_equal(least, 28); // users 110 to 159; of those with 28 events two are left out
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(id, sizeof id, "more-%u", i);
        append_event(&target, id, "p0", NOON_MS + 1000 + i);
    }
    site_process(&target);
    assert_int_equal(leader_rows(&target, &least), 50);
    struct arena arena;
    struct store_total *totals = NULL;
    size_t count = 0;
    int64_t of_p0 = 0;
    arena_init(&arena, 65536, 0);
    assert_status(store_totals_read(target.store, STR("shop"), 0, 40000,
                                    UINT64_C(1) << STORE_METRIC_TOP_ACTORS, &arena, &totals,
                                    &count),
                  STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        of_p0 += str_equal(totals[i].value, STR("p0")) ? totals[i].amount : 0;
    }
    assert_int_equal(of_p0, 101);
    arena_free(&arena);
    site_close(&source);
    site_close(&target);
}

int main(void) {
    log_configure(LOG_LEVEL_WARN, LOG_FORMAT_TEXT, 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_stand_where_their_records_are),
        cmocka_unit_test(who_is_refused_stays_away_until_allowed),
        cmocka_unit_test(a_partition_keeps_as_many_leaders_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
