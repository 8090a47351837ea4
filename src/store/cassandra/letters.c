// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Dead letters, day by day and newest first; and the marks of those that were dealt with.
//
// Letters are derived rows with stamps of their own, so nothing removes them here: whoever reads leaves out what has a mark.
#include <stdlib.h>

#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

#define LETTERS_A_PAGE 100 // of a statement: a letter may have a megabyte, most have few

// --- Reading ------------------------------------------------------------------------------------------------------------

// A day on which a project has letters. They come newest first.
struct letter_day {
    int32_t day;
    struct str project;
};

struct letters {
    struct cassandra_store *store;
    const struct store_letter_query *query;
    struct store_dead_letter after; // the place it begins behind, when `resume`
    bool resume;
    bool marked_too;
    size_t wanted;
    int64_t epoch, log_epoch; // marks go by the log's: they are outside of generations
    struct arena *scratch, *arena;
    struct cassandra_rows days; // struct letter_day
    struct cassandra_rows rows; // struct store_dead_letter
};

// Of one day and project.
struct day_read {
    struct letters *letters;
    struct str project;
    size_t taken;
};

static int compare_letters(const void *a_memory, const void *b_memory) {
    const struct store_dead_letter *a = a_memory;
    const struct store_dead_letter *b = b_memory;
    if (a->received_ms != b->received_ms) {
        return a->received_ms > b->received_ms ? -1 : 1;
    }
    if (a->partition != b->partition) {
        return a->partition < b->partition ? -1 : 1;
    }
    return a->offset == b->offset ? 0 : a->offset > b->offset ? -1 : 1;
}

// Queries may begin and end anywhere; days are numbers of 32 bits.
static int32_t day_of(int64_t ms) {
    int64_t most = (int64_t)INT32_MAX * 86400000;
    return cassandra_utc_day(ms > most ? most : ms < -most ? -most : ms);
}

// The latest time that is of interest.
static int64_t newest_ms(const struct letters *letters) {
    int64_t to_ms = letters->query->to_ms;
    return letters->resume && letters->after.received_ms < to_ms ? letters->after.received_ms
                                                                 : to_ms - 1;
}

static enum status take_letter_day(struct cassandra_read *read, const struct cql_value *columns) {
    struct letters *letters = read->context;
    const struct store_letter_query *query = letters->query;
    int32_t number = 0;
    enum status status = cql_get_date(columns[0], &number);
    if (status != STATUS_OK) {
        return status;
    }
    if ((query->project.data != NULL && !str_equal(columns[1].bytes, query->project)) ||
        number > day_of(newest_ms(letters)) || number < day_of(query->from_ms)) {
        return STATUS_OK;
    }
    struct letter_day *day = cassandra_rows_add(&letters->days, letters->scratch);
    if (day == NULL) {
        return STATUS_NO_MEMORY;
    }
    day->day = number;
    return cassandra_get_text(columns[1], letters->scratch, &day->project);
}

static enum status find_letter_days(struct letters *letters) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_bigint(values, letters->epoch);
    struct cassandra_read read = {.statement = STATEMENT_LETTER_DAYS_GET,
                                  .values = cql_values_bytes(values),
                                  .value_count = values->count,
                                  .columns = 2,
                                  .row = take_letter_day,
                                  .context = letters};
    return cassandra_read_many(letters->store, &read, 1);
}

enum status cassandra_get_letter(const struct cql_value *columns, struct arena *arena,
                                 struct store_dead_letter *letter) {
    uint32_t partition = 0;
    enum status status = cql_get_bigint(columns[0], &letter->received_ms);
    if (status == STATUS_OK) {
        status = cassandra_get_u32(columns[1], &partition);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[2], &letter->offset);
    }
    letter->partition = partition;
    struct str *const texts[] = {&letter->stage, &letter->reason, &letter->record};
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++) {
        status = cassandra_get_text(columns[3 + i], arena, texts[i]);
    }
    return status;
}

static enum status take_letter(struct cassandra_read *read, const struct cql_value *columns) {
    struct day_read *day = read->context;
    struct letters *letters = day->letters;
    struct store_dead_letter letter = {0};
    enum status status = cassandra_get_letter(columns, letters->arena, &letter);
    if (status != STATUS_OK) {
        return status;
    }
    if (letter.received_ms < letters->query->from_ms) {
        read->enough = true;
        return STATUS_OK;
    }
    if (letters->resume && compare_letters(&letter, &letters->after) <= 0) {
        return STATUS_OK;
    }
    struct store_dead_letter *row = cassandra_rows_add(&letters->rows, letters->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    *row = letter;
    row->project = day->project;
    read->enough = ++day->taken == letters->wanted;
    return STATUS_OK;
}

static enum status read_day(struct letters *letters, const struct letter_day *days, size_t count) {
    struct cassandra_read *reads = arena_alloc_array(letters->scratch, count, sizeof *reads);
    struct day_read *contexts = arena_alloc_array(letters->scratch, count, sizeof *contexts);
    enum status status = reads == NULL || contexts == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        contexts[i] = (struct day_read){letters, arena_copy(letters->arena, days[i].project), 0};
        cql_bind_text(values, days[i].project);
        cql_bind_date(values, days[i].day);
        cql_bind_bigint(values, letters->epoch);
        cql_bind_timestamp(values, newest_ms(letters));
        status = contexts[i].project.data == NULL
                     ? STATUS_NO_MEMORY
                     : cassandra_read_make(&reads[i], STATEMENT_LETTERS_GET, values, 6,
                                           letters->scratch);
        reads[i].row = take_letter;
        reads[i].context = &contexts[i];
        reads[i].page_rows = LETTERS_A_PAGE;
    }
    return status == STATUS_OK ? cassandra_read_many(letters->store, reads, count) : status;
}

// Day by day, until there are enough: nothing of an earlier day is newer.
static enum status read_letters(struct letters *letters) {
    const struct letter_day *days = (const struct letter_day *)(const void *)letters->days.items;
    enum status status = STATUS_OK;
    size_t n = 0;
    for (size_t at = 0;
         at < letters->days.count && status == STATUS_OK && letters->rows.count < letters->wanted;
         at += n) {
        n = 1;
        while (at + n < letters->days.count && days[at + n].day == days[at].day) {
            n++;
        }
        status = read_day(letters, days + at, n);
    }
    if (letters->rows.count > 1) {
        qsort(letters->rows.items, letters->rows.count, letters->rows.size, compare_letters);
    }
    return status;
}

// --- Marks --------------------------------------------------------------------------------------------------------------

struct mark_read {
    struct store_letter_mark mark;
    bool found;
};

enum status cassandra_get_mark(const struct cql_value *columns, struct store_letter_mark *out) {
    uint32_t outcome = 0;
    uint32_t target = 0;
    enum status status = cassandra_get_u32(columns[0], &outcome);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[1], &out->marked_ms);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u32(columns[2], &target);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[3], &out->target_end);
    }
    out->outcome = (enum store_letter_outcome)outcome;
    out->target = target;
    return status;
}

static enum status take_mark(struct cassandra_read *read, const struct cql_value *columns) {
    struct mark_read *found = read->context;
    found->found = true;
    return cassandra_get_mark(columns, &found->mark);
}

static enum status make_mark_read(struct cassandra_read *read, int64_t epoch, unsigned partition,
                                  int64_t offset, struct mark_read *found, struct arena *arena) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_bigint(values, epoch);
    cql_bind_int(values, (int32_t)partition);
    cql_bind_bigint(values, offset);
    enum status status = cassandra_read_make(read, STATEMENT_LETTER_MARK_GET, values, 4, arena);
    read->row = take_mark;
    read->context = found;
    *found = (struct mark_read){.found = false};
    return status;
}

enum status cassandra_letter_mark_get(struct store *base, unsigned partition, int64_t offset,
                                      struct store_letter_mark *out) {
    struct cassandra_store *store = cassandra_of(base);
    struct cassandra_read read;
    struct mark_read found;
    struct arena arena;
    int64_t epoch = 0;
    enum status status = cassandra_log_epoch(store, &epoch);
    arena_init(&arena, 1024, 0);
    if (status == STATUS_OK) {
        status = make_mark_read(&read, epoch, partition, offset, &found, &arena);
    }
    if (status == STATUS_OK) {
        status = cassandra_read_many(store, &read, 1);
    }
    arena_free(&arena);
    if (status == STATUS_OK) {
        *out = found.mark;
        status = found.found ? STATUS_OK : STATUS_NOT_FOUND;
    }
    return status;
}

// Two that deal with one letter at the same moment may both get through: what they append has the same id, and counts once.
enum status cassandra_letter_mark(struct store *base, const struct store_dead_letter *letter,
                                  const struct store_letter_mark *mark) {
    struct cassandra_store *store = cassandra_of(base);
    struct store_letter_mark before;
    int64_t epoch = 0;
    enum status status = cassandra_log_epoch(store, &epoch);
    if (status != STATUS_OK) {
        return status;
    }
    status = cassandra_letter_mark_get(base, letter->partition, letter->offset, &before);
    if (status == STATUS_OK && before.outcome != STORE_LETTER_TAKING) {
        return STATUS_EXISTS;
    }
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_bigint(values, epoch);
    cql_bind_int(values, (int32_t)letter->partition);
    cql_bind_bigint(values, letter->offset);
    cql_bind_int(values, (int32_t)mark->outcome);
    cql_bind_timestamp(values, mark->marked_ms);
    cql_bind_int(values, (int32_t)mark->target);
    cql_bind_bigint(values, mark->target_end);
    return cassandra_run(store, STATEMENT_LETTER_MARK_PUT, values, NULL, NULL);
}

// Takes those out that were dealt with.
static enum status leave_out_marked(struct letters *letters) {
    struct store_dead_letter *rows = (struct store_dead_letter *)(void *)letters->rows.items;
    size_t count = letters->rows.count;
    struct cassandra_read *reads = arena_alloc_array(letters->scratch, count, sizeof *reads);
    struct mark_read *found = arena_alloc_array(letters->scratch, count, sizeof *found);
    enum status status = reads == NULL || found == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = make_mark_read(&reads[i], letters->log_epoch, rows[i].partition, rows[i].offset,
                                &found[i], letters->scratch);
    }
    if (status == STATUS_OK && count > 0) {
        status = cassandra_read_many(letters->store, reads, count);
    }
    size_t kept = 0;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (!found[i].found || found[i].mark.outcome == STORE_LETTER_TAKING) {
            rows[kept++] = rows[i];
        }
    }
    letters->rows.count = status == STATUS_OK ? kept : 0;
    return status;
}

// One look at the store: letters from where the last look ended, at most as many as are wanted. *end: there are no further ones.
static enum status look(struct letters *letters, bool *end) {
    letters->days = (struct cassandra_rows){.size = sizeof(struct letter_day)};
    letters->rows = (struct cassandra_rows){.size = sizeof(struct store_dead_letter)};
    enum status status = find_letter_days(letters);
    if (status == STATUS_OK) {
        status = read_letters(letters);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *end = letters->rows.count < letters->wanted;
    if (!*end) {
        letters->rows.count = letters->wanted;
    }
    const struct store_dead_letter *rows =
        (const struct store_dead_letter *)(const void *)letters->rows.items;
    if (letters->rows.count > 0) {
        letters->after = rows[letters->rows.count - 1];
        letters->resume = true;
    }
    return letters->marked_too ? STATUS_OK : leave_out_marked(letters);
}

static enum status collect(struct letters *letters, struct cassandra_rows *all) {
    bool end = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !end && all->count < letters->wanted) {
        arena_reset(letters->scratch);
        status = look(letters, &end);
        const struct store_dead_letter *rows =
            (const struct store_dead_letter *)(const void *)letters->rows.items;
        for (size_t i = 0; i < letters->rows.count && status == STATUS_OK; i++) {
            struct store_dead_letter *row = cassandra_rows_add(all, letters->arena);
            status = row == NULL ? STATUS_NO_MEMORY : STATUS_OK;
            if (row != NULL) {
                *row = rows[i];
            }
        }
    }
    return status;
}

static enum status read_by(struct store *base, const struct store_letter_query *query,
                           bool marked_too, struct arena *arena, struct store_dead_letter **out,
                           size_t *count, bool *more) {
    struct arena scratch;
    struct letters letters = {.store = cassandra_of(base),
                              .query = query,
                              .after = {.received_ms = query->after_ms,
                                        .partition = query->after_partition,
                                        .offset = query->after_offset},
                              .resume = query->resume,
                              .marked_too = marked_too,
                              .wanted = (size_t)query->limit + 1,
                              .scratch = &scratch,
                              .arena = arena};
    enum status status = cassandra_log_epoch(letters.store, &letters.log_epoch);
    if (status == STATUS_OK) {
        status = cassandra_epoch(letters.store, &letters.epoch);
    }
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    struct cassandra_rows all = {.size = sizeof(struct store_dead_letter)};
    arena_init(&scratch, 4096, 0);
    status = collect(&letters, &all);
    arena_free(&scratch);
    *out = (struct store_dead_letter *)(void *)all.items;
    *more = all.count > query->limit;
    *count = *more ? query->limit : all.count;
    return status;
}

enum status cassandra_letters_read(struct store *base, const struct store_letter_query *query,
                                   struct arena *arena, struct store_dead_letter **out,
                                   size_t *count, bool *more) {
    return read_by(base, query, false, arena, out, count, more);
}

enum status cassandra_letters_all(struct store *base, struct str project, struct arena *arena,
                                  struct store_dead_letter **out, size_t *count) {
    struct store_letter_query query = {
        .project = project, .from_ms = INT64_MIN, .to_ms = INT64_MAX, .limit = INT32_MAX - 1};
    bool more = false;
    return read_by(base, &query, true, arena, out, count, &more);
}
