// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A migration that ends at each of its writes in turn, before or after the write took effect, is finished by running it again. The
// linker leads those calls through here (--wrap).
#include "sites.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "migrate/notes.h"
#include "store/walk.h"

#define PARTITIONS 2 // of the source
#define EVENTS 50

enum effect { EFFECT_NONE, EFFECT_WHOLE, EFFECT_PART };
static struct {
    unsigned calls;
    unsigned fail_at; // 0: never
    enum effect effect;
    bool passing; // only that call fails
} faults;

// Whether this call is the one. Unless it passes, what comes after it does not happen either: the process would be gone.
static bool fails(enum effect *effect) {
    faults.calls++;
    *effect = faults.calls == faults.fail_at ? faults.effect : EFFECT_NONE;
    return faults.fail_at != 0 &&
           (faults.passing ? faults.calls == faults.fail_at : faults.calls >= faults.fail_at);
}

#define WRAP(name, parameters, arguments, undone)                                                  \
    enum status __real_##name parameters;                                                          \
    enum status __wrap_##name parameters;                                                          \
    enum status __wrap_##name parameters {                                                         \
        enum effect effect;                                                                        \
        if (!fails(&effect)) {                                                                     \
            return __real_##name arguments;                                                        \
        }                                                                                          \
        if (effect == EFFECT_NONE) {                                                               \
            undone;                                                                                \
            return STATUS_UNAVAILABLE;                                                             \
        }                                                                                          \
        enum status status = __real_##name arguments;                                              \
        return status == STATUS_OK ? STATUS_UNAVAILABLE : status;                                  \
    }
WRAP(notes_write, (const char *path, const struct notes *notes, struct error *err),
     (path, notes, err), (void)err)
WRAP(store_batch_commit, (struct store_batch * batch, int64_t next_offset), (batch, next_offset),
     store_batch_discard(batch))
WRAP(store_flush, (struct store * store), (store), (void)store)
WRAP(store_project_put, (struct store * store, const struct store_project *project),
     (store, project), (void)store)
WRAP(store_key_put, (struct store * store, const struct store_key *key), (store, key), (void)store)
WRAP(store_account_put, (struct store * store, const struct store_account *account),
     (store, account), (void)store)
WRAP(store_report_put,
     (struct store * store, struct str project, const struct store_report *report),
     (store, project, report), (void)store)
WRAP(store_delivery_restore, (struct store * store, const struct store_delivery *row), (store, row),
     (void)store)
WRAP(store_profiles_restore,
     (struct store * store, struct str project, const struct store_profile *profiles, size_t count),
     (store, project, profiles, count), (void)store)
WRAP(store_letter_mark,
     (struct store * store, const struct store_dead_letter *letter,
      const struct store_letter_mark *mark),
     (store, letter, mark), (void)store)
WRAP(store_version_floor_raise, (struct store * store, struct str project, uint64_t version),
     (store, project, version), (void)store)

// What is tried is what calls leave behind, not what a disk does: thousands of fsyncs would only take time.
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) {
    (void)fd;
    return 0;
}

void __real_eventlog_append(struct eventlog *log, struct eventlog_append *append);
void __wrap_eventlog_append(struct eventlog *log, struct eventlog_append *append);

static void note_done(struct eventlog_append *append) {
    *(bool *)append->context = true; // the log in memory is done before it returns
}

void __wrap_eventlog_append(struct eventlog *log, struct eventlog_append *append) {
    enum effect effect;
    if (!fails(&effect)) {
        __real_eventlog_append(log, append);
        return;
    }
    size_t count = effect == EFFECT_WHOLE  ? append->count
                   : effect == EFFECT_PART ? (append->count + 1) / 2
                                           : 0;
    bool done = false;
    struct eventlog_append part = {
        .records = append->records, .count = count, .done = note_done, .context = &done};
    __real_eventlog_append(log, &part);
    assert_true(done);
    append->status = STATUS_TIMEOUT;
    append->done(append);
}

// False when the migration was through before the call that was to fail.
static bool survives(struct site *source, unsigned targets, const struct tally *expected,
                     unsigned fail_at, enum effect effect) {
    struct site target;
    struct move move;
    struct migrate_report report;
    struct error err = {STATUS_OK, ""};
    site_open(&target, false, targets);
    move_init(&move, source, &target);
    faults.calls = 0;
    faults.fail_at = fail_at;
    faults.effect = effect;
    enum status status = migrate_run(&move.config, &report, &err);
    bool reached = faults.calls >= fail_at;
    faults.fail_at = 0;
    if (reached) {
        assert_int_not_equal(status, STATUS_OK);
        status = migrate_run(&move.config, &report, &err);
    }
    // The very last write says that it is done.
    if (status != STATUS_OK && status != STATUS_EXISTS) {
        fail_msg("after a fault at write %u: %s", fail_at, err.text);
    }
    if (status == STATUS_OK) {
        assert_int_equal(report.difference_count, 0);
        migrate_report_free(&report);
    }
    static struct tally got;
    site_tally(&target, 0, &got);
    tally_expect_equal(expected, &got);
    tally_free(&got);
    move_free(&move);
    site_close(&target);
    return reached;
}

// What a migration that nothing interrupts leaves.
static void move_whole(struct site *source, unsigned targets, struct tally *out) {
    struct site target;
    struct move move;
    site_open(&target, false, targets);
    move_init(&move, source, &target);
    move_finish(&move);
    site_tally(&target, 0, out);
    move_free(&move);
    site_close(&target);
}

static void mark_letter(struct site *source, enum store_letter_outcome outcome) {
    struct store_dead_letter *letters = NULL;
    struct store_letter_mark mark = {outcome, 5, 0, 1};
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, 4096, 0);
    assert_status(store_dead_letters(source->store, STR_EMPTY, 1, &arena, &letters, &count),
                  STATUS_OK);
    assert_int_equal(count, 1);
    assert_status(store_letter_mark(source->store, &letters[0], &mark), STATUS_OK);
    arena_free(&arena);
}

static void interrupt_each_write(unsigned targets) {
    static struct tally expected;
    struct site source;
    struct history history;
    history_make(&history, 43, EVENTS);
    history_add_controls(&history, 45, 1);
    history.records[7].value = history.records[9].value = STR("{\"id\":\""); // dead letters
    site_open(&source, false, PARTITIONS);
    site_settle(&source);
    history_append(&history, source.log, 0, EVENTS);
    site_process(&source);
    mark_letter(&source, STORE_LETTER_DISCARDED);
    move_whole(&source, targets, &expected);
    for (enum effect effect = EFFECT_NONE; effect <= EFFECT_PART; effect++) {
        unsigned n = 1;
        while (survives(&source, targets, &expected, n, effect)) {
            n++;
        }
        assert_true(n > 50); // else little was tried
    }
    tally_free(&expected);
    site_close(&source);
    history_free(&history);
}

static void each_write_may_be_the_last(void **state) {
    (void)state;
    interrupt_each_write(PARTITIONS);
}

static void the_same_with_more_partitions(void **state) {
    (void)state;
    interrupt_each_write(5);
}

static void the_same_with_one_partition(void **state) {
    (void)state;
    interrupt_each_write(1);
}

// What a store does not answer in time is asked again, in the same run.
static void a_store_that_is_slow_is_waited_for(void **state) {
    (void)state;
    struct site source, target;
    struct history history;
    struct move move;
    history_make(&history, 42, EVENTS);
    site_open(&source, false, PARTITIONS);
    site_settle(&source);
    history_append(&history, source.log, 0, EVENTS);
    site_process(&source);
    unsigned waited = 0;
    for (unsigned n = 1; n < 40; n += 3) {
        struct migrate_report report;
        struct error err = {STATUS_OK, ""};
        site_open(&target, false, PARTITIONS);
        move_init(&move, &source, &target);
        move.config.patience_ms = 60000;
        faults.calls = 0;
        faults.fail_at = n;
        faults.effect = n % 2 ? EFFECT_WHOLE : EFFECT_NONE;
        faults.passing = true;
        enum status status = migrate_run(&move.config, &report, &err);
        faults.fail_at = 0;
        faults.passing = false;
        if (status == STATUS_OK) {
            assert_int_equal(report.difference_count, 0);
            migrate_report_free(&report);
            waited++;
        } else {
            move_finish(&move); // a fault of the log, or of the notes
        }
        move_free(&move);
        site_close(&target);
    }
    assert_true(waited > 5);
    site_close(&source);
    history_free(&history);
}

int main(void) {
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_that_is_slow_is_waited_for),
        cmocka_unit_test(each_write_may_be_the_last),
        cmocka_unit_test(the_same_with_more_partitions),
        cmocka_unit_test(the_same_with_one_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
