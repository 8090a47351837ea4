// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Breakdowns that are full: kept values are exact, everything adds up, the frequent is found late, and no restart changes a thing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/random.h"
#include "drive.h"
#include "dump.h"
#include "processor/folding.h"

// --- The state alone ----------------------------------------------------------------------------------------------------

static uint64_t hash_of(unsigned number) {
    char text[32];
    int len = snprintf(text, sizeof text, "value-%u", number);
    return str_hash(str_make(text, (size_t)len), 0);
}

static struct folding *make(void) {
    struct folding *folding = calloc(1, sizeof *folding);
    assert_non_null(folding);
    return folding;
}

static void test_the_estimate(void **state) {
    (void)state;
    struct folding *folding = make();
    unsigned number = 0;
    static const unsigned marks[] = {1, 10, 100, 1000, 10000, 40000, 80000};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        for (; number < marks[i]; number++) {
            assert_int_equal(folding_see(folding, hash_of(number), 0), 0);
            (void)folding_see(folding, hash_of(number / 2), 0); // again: changes nothing
        }
        double error = (double)folding_values(folding) / marks[i] - 1;
        assert_true(error < 0.05 && error > -0.05);
    }
    for (; number < 1000000; number++) { // full: a lower bound, and no number that overflows
        (void)folding_see(folding, hash_of(number), 0);
    }
    assert_true(folding_values(folding) > 80000 && folding_values(folding) < 1000000);
    assert_int_equal(folding->ones, FOLDING_BITS);
    free(folding);
}

static void test_what_is_frequent_gets_a_row(void **state) {
    (void)state;
    struct folding *folding = make();
    // One event in fifty is the late one's; the others come once.
    uint32_t events = 0, seen = 0;
    for (unsigned i = 0; events == 0 && i < 5000; i++) {
        bool late = i > 2000 && i % 50 == 0;
        uint32_t got = folding_see(folding, late ? hash_of(999999) : hash_of(i), 8);
        seen += late;
        assert_true(got == 0 || late);
        events = got;
    }
    assert_int_equal(events, 16);
    assert_int_equal(seen, 16); // all of them, from the first
    assert_int_equal(folding->late, 1);
    free(folding);
}

// Whoever was pushed out, and everybody whose bit was set by another, is never given a row.
static void test_rows_are_exact_whatever_comes(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        struct random_seeded random;
        struct folding *folding = make();
        unsigned counts[3000] = {0};
        unsigned rows = 0;
        random_seeded_init(&random, seed);
        for (unsigned i = 0; i < 40000; i++) {
            uint64_t most = 1 + random_below(&random.source, 3000);
            unsigned value =
                (unsigned)random_below(&random.source, 1 + random_below(&random.source, most));
            if (counts[value] == UINT32_MAX) {
                continue; // has its row
            }
            counts[value]++;
            uint32_t events = folding_see(folding, hash_of(value), 20);
            if (events > 0) {
                assert_int_equal(events, counts[value]);
                counts[value] = UINT32_MAX;
                rows++;
            }
        }
        assert_true(rows <= 20 && rows == folding->late);
        free(folding);
    }
}

// A restart after any event goes on as if there had been none.
static void test_state_survives_its_stored_form(void **state) {
    (void)state;
    struct random_seeded random;
    struct folding *kept = make(), *loaded = make();
    random_seeded_init(&random, 7);
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t hash = hash_of((unsigned)random_below(&random.source, 1 + i / 3));
        assert_int_equal(folding_see(kept, hash, 4), folding_see(loaded, hash, 4));
        if (i % 7 != 0) {
            continue;
        }
        memset(loaded, 0, sizeof *loaded);
        for (unsigned number = 0; number < FOLDING_NUMBERS; number++) {
            char name[FOLDING_NAME];
            int64_t value = folding_number(kept, number);
            folding_name(number, name);
            assert_true(value >= 0 && value < INT64_C(1) << 53);
            if (value != 0) {
                assert_true(folding_load(loaded, str_from_c(name), value));
            }
        }
        assert_memory_equal(loaded->words, kept->words, sizeof kept->words);
        assert_int_equal(loaded->estimate, kept->estimate);
    }
    free(kept);
    free(loaded);
}

static void test_what_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t value;
    } bad[] = {
        {"", 1},
        {"bits", 1},
        {"bits x", 1},
        {"bits 340", 1},
        {"bits 0", 0},
        {"bits 0", -1},
        {"seat 128", 1},
        {"seat 0", INT64_C(1) << 48},
        {"bits 0", INT64_C(1) << 48},
        {"events 0", 5},
        {"events 0", 16},
        {"events 128", 256},
        {"events 0", INT64_MAX},
        {"late", 0},
        {"late", INT64_MAX},
        {"other 1", 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct folding *folding = make();
        if (folding_load(folding, str_from_c(bad[i].name), bad[i].value)) {
            fail_msg("%s %lld", bad[i].name, (long long)bad[i].value);
        }
        free(folding);
    }
}

// --- In the processor -----------------------------------------------------------------------------------------------------

#define EVENTS 4000
#define VALUES 500
#define LIMIT 24

// Values of the page and of a declared dimension, by a law that makes some frequent, some of them late.
static void make_history(struct history *history) {
    struct random_seeded random;
    random_seeded_init(&random, 17);
    *history = (struct history){.count = EVENTS};
    arena_init(&history->arena, 1 << 16, 0);
    history->records = arena_alloc_array(&history->arena, EVENTS, sizeof *history->records);
    assert_non_null(history->records);
    for (unsigned i = 0; i < EVENTS; i++) {
        unsigned value = (unsigned)random_below(&random.source, VALUES);
        value = random_below(&random.source, 4) == 0 ? i / 500 : value;
        struct event event = {
            .id = arena_printf(&history->arena, "e%u", i),
            .project = STR("shop"),
            .type = EVENT_PAGE,
            .name = STR(""),
            .user_id = STR("u"),
            .timestamp_ms = 1774569600000LL,
            .received_ms = 1774569600000LL,
            .properties =
                arena_printf(&history->arena, "{\"path\":\"/%u\",\"step\":\"%u\"}", value, value),
            .dialect = STR("plain"),
        };
        struct buffer buffer;
        buffer_init(&buffer, EVENT_BYTES_MAX);
        assert_int_equal(event_encode(&event, &buffer), STATUS_OK);
        history->records[i] = (struct eventlog_record){
            event_record_key(&event, &history->arena),
            arena_copy(&history->arena, buffer_str(&buffer)), 1774569600000LL};
        buffer_free(&buffer);
    }
}

static void run(const struct history *history, size_t cycle, size_t a_life, struct buffer *out) {
    static const struct str limits[] = {STR_INIT("page=24"), STR_INIT("dimension:step=24")};
    struct processor_config config = {.cycle_events = cycle,
                                      .cache_bytes = cycle == 1 ? 1 : 0,
                                      .breakdown_limits = limits,
                                      .breakdown_limit_count = 2};
    struct drive drive;
    drive_open(&drive, 1);
    for (size_t at = 0; at < EVENTS; at += a_life) {
        history_append(history, drive.log, at, at + a_life < EVENTS ? at + a_life : EVENTS);
        drive_start(&drive, &config, 1);
        assert_true(drive_finish(&drive, 20000));
        drive_stop(&drive);
    }
    buffer_init(out, DUMP_BYTES_MAX);
    dump_store(drive.store, out);
    drive_close(&drive);
}

struct tally {
    int64_t total, other, kept;
};

// Rows "total shop DAY METRIC VALUE AMOUNT" against a count of the records.
static struct tally check_rows(struct str dump, const unsigned *counts, const char *prefix) {
    struct tally tally = {0, 0, 0};
    while (dump.data) {
        struct str line = str_cut(&dump, '\n');
        if (!str_starts_with(line, str_from_c(prefix))) {
            continue;
        }
        struct str rest = str_make(line.data + strlen(prefix), line.len - strlen(prefix));
        struct str value = str_cut(&rest, ' ');
        int64_t amount;
        uint64_t number = 0;
        assert_true(str_to_i64(rest, &amount));
        tally.total += amount;
        if (str_equal(value, STR("(other)"))) {
            tally.other = amount;
            continue;
        }
        assert_true(str_to_u64(value, &number));
        assert_int_equal(amount, counts[number]);
        tally.kept++;
    }
    return tally;
}

static void test_the_processor_folds_exactly(void **state) {
    (void)state;
    struct history history;
    struct buffer one, other;
    unsigned counts[VALUES] = {0};
    make_history(&history);
    for (unsigned i = 0; i < EVENTS; i++) {
        const char *at = strstr(history.records[i].value.data, "\"step\":\"");
        assert_non_null(at);
        counts[strtoul(at + 8, NULL, 10)]++;
    }
    run(&history, 100000, EVENTS, &one);
    static const struct { size_t cycle, life; } ways[] = {{1, EVENTS}, {7, 100}, {1000, 1333}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        run(&history, ways[i].cycle, ways[i].life, &other);
        assert_true(dump_equal(&one, &other, "cycles and lives"));
        buffer_free(&other);
    }
    struct tally page = check_rows(buffer_str(&one), counts, "total shop 20539 05 /");
    assert_true(page.kept > LIMIT && page.kept <= LIMIT + LIMIT / 8); // "(other)" has no '/'
    struct tally step = check_rows(buffer_str(&one), counts, "total shop 20539 28 step=");
    assert_int_equal(step.total, EVENTS);
    assert_true(step.other > 0 && step.kept > LIMIT && step.kept <= LIMIT + LIMIT / 8);
    buffer_free(&one);
    history_free(&history);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_estimate),
        cmocka_unit_test(test_what_is_frequent_gets_a_row),
        cmocka_unit_test(test_rows_are_exact_whatever_comes),
        cmocka_unit_test(test_state_survives_its_stored_form),
        cmocka_unit_test(test_what_cannot_be_is_refused),
        cmocka_unit_test(test_the_processor_folds_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
