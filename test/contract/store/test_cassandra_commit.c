// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A batch on Cassandra is all or nothing: writers that die, are slow, race, or hear no answer at each step of a commit.
#include "engines.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cassandra_fixture.h"
#include "store/cassandra/commit.h"

#define ACTORS 40
#define FILLER 12000 // bytes an actor of a large batch: several chunks, however they are compressed

// --- The linker's --wrap puts these between the steps of a commit ------------------------------------------------------

enum step { STEP_NONE, STEP_JOURNAL, STEP_DECIDED, STEP_HALF, STEP_APPLIED, STEP_COUNT };
static struct {
    enum step die_after; // in a child: kill -9
    unsigned sent;       // requests of rows
    enum { ANSWER_COMES, ANSWER_LOST, REQUEST_LOST } answer;
    void (*before_apply)(void); // once
} faults;

static void die_if(enum step step) {
    if (faults.die_after == step) {
        kill(getpid(), SIGKILL);
    }
}

enum status __real_cassandra_journal_write(struct cassandra_store *store,
                                           struct cassandra_journal *journal, struct str content,
                                           struct arena *arena);
enum status __wrap_cassandra_journal_write(struct cassandra_store *store,
                                           struct cassandra_journal *journal, struct str content,
                                           struct arena *arena);
enum status __wrap_cassandra_journal_write(struct cassandra_store *store,
                                           struct cassandra_journal *journal, struct str content,
                                           struct arena *arena) {
    enum status status = __real_cassandra_journal_write(store, journal, content, arena);
    die_if(STEP_JOURNAL);
    return status;
}

enum status __real_cassandra_decide(struct cassandra_store *store, enum statement statement,
                                    const struct cql_values *values, bool *applied, bool *unknown);
enum status __wrap_cassandra_decide(struct cassandra_store *store, enum statement statement,
                                    const struct cql_values *values, bool *applied, bool *unknown);
enum status __wrap_cassandra_decide(struct cassandra_store *store, enum statement statement,
                                    const struct cql_values *values, bool *applied, bool *unknown) {
    if (statement != STATEMENT_PLACE_DECIDE) {
        return __real_cassandra_decide(store, statement, values, applied, unknown);
    }
    enum status status = STATUS_OK;
    if (faults.answer != REQUEST_LOST) {
        status = __real_cassandra_decide(store, statement, values, applied, unknown);
    }
    die_if(STEP_DECIDED);
    if (faults.answer != ANSWER_COMES) {
        faults.answer = ANSWER_COMES;
        *applied = false;
        *unknown = true;
        status = STATUS_UNAVAILABLE;
    }
    return status;
}

void __real_cassandra_flight_batch(struct cassandra_flight *flight,
                                   const struct cql_batch_entry *entries, size_t count);
void __wrap_cassandra_flight_batch(struct cassandra_flight *flight,
                                   const struct cql_batch_entry *entries, size_t count);
void __wrap_cassandra_flight_batch(struct cassandra_flight *flight,
                                   const struct cql_batch_entry *entries, size_t count) {
    if (++faults.sent == 3) {
        die_if(STEP_HALF);
    }
    __real_cassandra_flight_batch(flight, entries, count);
}

enum status __real_cassandra_apply(struct cassandra_store *store, struct str changes);
enum status __wrap_cassandra_apply(struct cassandra_store *store, struct str changes);
enum status __wrap_cassandra_apply(struct cassandra_store *store, struct str changes) {
    void (*before)(void) = faults.before_apply;
    faults.before_apply = NULL;
    if (before != NULL) {
        before();
    }
    enum status status = __real_cassandra_apply(store, changes);
    die_if(STEP_APPLIED);
    return status;
}

// --- Batches whose rows follow from their number -------------------------------------------------------------------------

static void actor_name(char name[16], int i) {
    snprintf(name, 16, "u%d", i);
}

static struct str filler(char *memory, int number, int i) {
    struct random_seeded random;
    random_seeded_init(&random, (uint64_t)number * 1000 + (uint64_t)i);
    for (size_t at = 0; at < FILLER; at++) {
        memory[at] = (char)('a' + random_below(&random.source, 26));
    }
    memory[0] = '"';
    memory[FILLER - 1] = '"';
    return str_make(memory, FILLER);
}

// Batch `number` gives each actor that many events, a timeline row more, and one session that takes the place of the one before.
static void fill(struct store_batch *batch, int number, bool large) {
    char *memory = malloc(FILLER);
    assert_non_null(memory);
    for (int i = 0; i < ACTORS; i++) {
        char name[16];
        char id[32];
        actor_name(name, i);
        snprintf(id, sizeof id, "e%d-%d", number, i);
        struct store_timeline_row row = event(id, number, "n");
        row.properties = large ? filler(memory, number, i) : STR("{}");
        store_batch_timeline(batch, PROJECT, user(name), &row);
        struct store_actor_state state = {.events = (uint64_t)number};
        store_batch_actor(batch, PROJECT, user(name), &state);
        struct store_session session = {number, number, 1, 1};
        store_batch_session(batch, PROJECT, user(name), &session);
        store_batch_session_remove(batch, PROJECT, user(name), number - 1);
    }
    struct store_total total = {1, STORE_METRIC_EVENTS, STR(""), number};
    store_batch_total(batch, PROJECT, &total);
    free(memory);
}

static enum status write_batch(struct store *store, int number, bool large) {
    struct store_batch *batch = NULL;
    enum status status = store_batch_begin(store, EPOCH, 0, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    fill(batch, number, large);
    return store_batch_commit(batch, number * 10);
}

// All rows are those of the batches up to `number`.
static void expect_batches(struct store *store, int number) {
    struct arena arena;
    int64_t offset = -1;
    arena_init(&arena, 4096, 0);
    assert_ok(store_partition_offset(store, EPOCH, 0, &offset));
    assert_int_equal(offset, number * 10);
    for (int i = 0; i < ACTORS; i++) {
        char name[16];
        actor_name(name, i);
        struct store_actor actor = user(name);
        struct store_actor_state state;
        assert_ok(store_actor_get(store, PROJECT, actor, &arena, &state));
        assert_int_equal(state.events, number);
        struct store_session *sessions = NULL;
        size_t count = 0;
        assert_ok(store_actor_sessions(store, PROJECT, actor, 0, 1000, &arena, &sessions, &count));
        assert_int_equal(count, 1);
        assert_int_equal(sessions[0].start_ms, number);
        struct store_timeline_query query = {
            .actors = &actor, .actor_count = 1, .from_ms = 0, .to_ms = 1000, .limit = 100};
        struct store_timeline_row *rows = NULL;
        bool more = false;
        assert_ok(store_timeline_read(store, PROJECT, &query, &arena, &rows, &count, &more));
        assert_int_equal(count, number);
        arena_reset(&arena);
    }
    struct store_total *totals = NULL;
    size_t count = 0;
    assert_ok(store_totals_load(store, 0, PROJECT, 1, &arena, &totals, &count));
    assert_int_equal(count, 1);
    assert_int_equal(totals[0].amount, number);
    arena_free(&arena);
}

static size_t journal_rows(void) {
    struct cql_session *session = cassandra_fixture_session();
    struct cql_result *result = cassandra_fixture_query(session, "SELECT chunk FROM #journal");
    size_t count = cql_result_row_count(result);
    cql_result_free(result);
    cql_session_close(session);
    return count;
}

// --- Tests ------------------------------------------------------------------------------------------------------------------

static int setup(void **state) {
    memset(&faults, 0, sizeof faults);
    return fixture_setup(state, "cassandra");
}

// A process of its own, which is killed behind the step.
static void commit_and_die(int number, bool large, enum step step) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char texts[3][16];
        snprintf(texts[0], 16, "%d", number);
        snprintf(texts[1], 16, "%d", large);
        snprintf(texts[2], 16, "%d", (int)step);
        char *arguments[] = {"/proc/self/exe", texts[0], texts[1], texts[2], NULL};
        execv(arguments[0], arguments);
        _exit(1);
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
    assert_int_equal(WTERMSIG(result), SIGKILL);
}

static void die_at_each_step(struct fixture *f, bool large) {
    assert_ok(write_batch(f->store, 1, large));
    int number = 1;
    for (int step = STEP_JOURNAL; step < STEP_COUNT; step++) {
        commit_and_die(number + 1, large, (enum step)step);
        number += step == STEP_JOURNAL ? 0 : 1;
        // This instance made the commit before, and does not know of the other until it is told.
        store_partition_release(f->store, 0);
        expect_batches(f->store, number);
    }
    assert_ok(write_batch(f->store, number + 1, large));
    expect_batches(f->store, number + 1);
}

static void a_small_batch_is_whole_wherever_its_writer_dies(void **state) {
    die_at_each_step(*state, false);
    assert_int_equal(journal_rows(), 0);
}

static void a_large_batch_is_whole_wherever_its_writer_dies(void **state) {
    struct fixture *f = *state;
    die_at_each_step(f, true);
    // The last batch's journal is there, and that of the one that was never decided: nobody knows its name.
    size_t rows = journal_rows();
    assert_int_equal(rows % 2, 0);
    assert_ok(write_batch(f->store, 7, false));
    assert_int_equal(journal_rows(), rows / 2);
}

static void who_reopens_after_a_flush_writes_nothing_again(void **state) {
    struct fixture *f = *state;
    assert_ok(write_batch(f->store, 1, true));
    assert_ok(store_flush(f->store));
    fixture_reopen(f);
    faults.sent = 0;
    expect_batches(f->store, 1);
    assert_int_equal(faults.sent, 0);
    assert_ok(write_batch(f->store, 2, true));
    fixture_reopen(f); // without a flush: it cannot know that all rows arrived
    faults.sent = 0;
    expect_batches(f->store, 2);
    assert_true(faults.sent > 0);
    faults.sent = 0;
    expect_batches(f->store, 2);
    assert_int_equal(faults.sent, 0); // it is noted now
}

static void an_answer_that_was_lost_is_asked_for(void **state) {
    struct fixture *f = *state;
    assert_ok(write_batch(f->store, 1, false));
    faults.answer = ANSWER_LOST;
    assert_ok(write_batch(f->store, 2, false));
    expect_batches(f->store, 2);
    faults.answer = REQUEST_LOST;
    assert_status(write_batch(f->store, 3, false), STATUS_UNAVAILABLE);
    expect_batches(f->store, 2);
    assert_ok(write_batch(f->store, 3, false));
    expect_batches(f->store, 3);
}

static struct store *other;

static void other_takes_over(void) {
    expect_batches(other, 2); // writes what is decided, which the slow one has not written yet
    assert_ok(write_batch(other, 3, false));
}

static void a_slow_writer_changes_nothing_that_came_after(void **state) {
    struct fixture *f = *state;
    other = cassandra_fixture_open();
    assert_ok(write_batch(f->store, 1, false));
    faults.before_apply = other_takes_over;
    assert_ok(write_batch(f->store, 2, false)); // it was decided, and all its rows are there
    expect_batches(other, 3);
    // What it remembers is an older place; its next batch is refused, and then it knows.
    assert_status(write_batch(f->store, 3, true), STATUS_CONFLICT);
    expect_batches(f->store, 3);
    assert_int_equal(journal_rows(), 0);
    store_close(other);
}

static void a_partition_that_was_elsewhere_is_asked_afresh(void **state) {
    struct fixture *f = *state;
    other = cassandra_fixture_open();
    assert_ok(write_batch(f->store, 1, false));
    assert_ok(write_batch(other, 2, false));
    store_partition_release(f->store, 0);
    expect_batches(f->store, 2);
    assert_ok(write_batch(f->store, 3, false));
    store_close(other);
}

// Two stores whose batches have begun: one gets through, however often.
static void of_two_writers_one_gets_through(void **state) {
    struct fixture *f = *state;
    other = cassandra_fixture_open();
    for (int number = 1; number < 8; number++) {
        struct store_batch *batches[2];
        store_partition_release(f->store, 0);
        store_partition_release(other, 0);
        assert_ok(store_batch_begin(f->store, EPOCH, 0, &batches[0]));
        assert_ok(store_batch_begin(other, EPOCH, 0, &batches[1]));
        fill(batches[0], number, number % 2 == 0);
        fill(batches[1], number, number % 2 == 0);
        int first = number % 2;
        assert_ok(store_batch_commit(batches[first], number * 10));
        assert_status(store_batch_commit(batches[1 - first], number * 10), STATUS_CONFLICT);
        expect_batches(f->store, number);
        expect_batches(other, number);
    }
    store_close(other);
}

// Of batches that do not move the offset, too, only one may follow the one before.
static void an_offset_that_stands_still_hides_no_batch(void **state) {
    struct fixture *f = *state;
    other = cassandra_fixture_open();
    struct store_batch *one = NULL;
    struct store_batch *two = NULL;
    assert_ok(store_batch_begin(f->store, EPOCH, 0, &one));
    assert_ok(store_batch_begin(other, EPOCH, 0, &two));
    fill(one, 1, false);
    fill(two, 2, false);
    assert_ok(store_batch_commit(one, 0));
    assert_status(store_batch_commit(two, 0), STATUS_CONFLICT);
    assert_ok(store_batch_begin(f->store, EPOCH, 0, &one));
    fill(one, 2,
         false); // the same rows again, and nothing but the order says that these are the later
    assert_ok(store_batch_commit(one, 0));
    assert_ok(store_batch_begin(f->store, EPOCH, 0, &one));
    assert_ok(store_batch_commit(one, 20));
    expect_batches(f->store, 2);
    store_close(other);
}

// More events than a partition of Cassandra's is to have: the timeline goes on in another.
static void a_long_timeline_is_one(void **state) {
    struct fixture *f = *state;
    const uint64_t events[] = {10, CASSANDRA_PART_EVENTS - 1, CASSANDRA_PART_EVENTS,
                               3 * CASSANDRA_PART_EVENTS + 5};
    for (int i = 0; i < 4; i++) {
        struct store_batch *batch = begin(f, 0);
        char id[16];
        snprintf(id, sizeof id, "e%d", i);
        struct store_timeline_row row = event(id, i % 2 == 0 ? 100 + i : i, "n");
        store_batch_timeline(batch, PROJECT, user("u"), &row);
        store_batch_timeline(batch, PROJECT, user("v"), &row);
        struct store_actor_state state_of_u = {.events = events[i]};
        store_batch_actor(batch, PROJECT, user("u"), &state_of_u);
        commit(batch, i + 1);
    }
    struct store_actor actor = user("u");
    struct store_timeline_query query = {
        .actors = &actor, .actor_count = 1, .from_ms = 0, .to_ms = 1000, .limit = 3};
    struct store_timeline_row *rows = NULL;
    size_t count = 0;
    bool more = false;
    assert_ok(store_timeline_read(f->store, PROJECT, &query, &f->arena, &rows, &count, &more));
    assert_int_equal(count, 3);
    assert_true(more);
    assert_str(rows[0].event_id, "e2");
    assert_str(rows[1].event_id, "e0");
    assert_str(rows[2].event_id, "e3");
    struct store_page page;
    assert_ok(store_walk(f->store, STORE_ROW_TIMELINE, STR_EMPTY, 1 << 20, &f->arena, &page));
    assert_int_equal(page.count, 8);
    for (size_t i = 0; i < page.count; i++) {
        assert_int_equal(page.rows[i].actor.kind, STORE_ACTOR_USER);
    }
}

int main(int argc, char **argv) {
    if (argc == 4) {
        faults.die_after = (enum step)(int)strtol(argv[3], NULL, 10);
        struct store *store = cassandra_fixture_open();
        (void)write_batch(store, (int)strtol(argv[1], NULL, 10),
                          (int)strtol(argv[2], NULL, 10) != 0);
        return 1; // it should not have come so far
    }
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_small_batch_is_whole_wherever_its_writer_dies),
        TEST(a_large_batch_is_whole_wherever_its_writer_dies),
        TEST(who_reopens_after_a_flush_writes_nothing_again),
        TEST(an_answer_that_was_lost_is_asked_for),
        TEST(a_slow_writer_changes_nothing_that_came_after),
        TEST(a_partition_that_was_elsewhere_is_asked_afresh),
        TEST(of_two_writers_one_gets_through),
        TEST(an_offset_that_stands_still_hides_no_batch),
        TEST(a_long_timeline_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
