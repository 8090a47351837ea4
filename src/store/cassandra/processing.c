// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the processor reads back when it takes a partition on (the dedupe window), and dead letters for people.
#include <stdlib.h>

#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

#define CHUNKS_A_PAGE 16 // a chunk has the ids of a whole batch

// --- The dedupe window --------------------------------------------------------------------------------------------------

struct window {
    bool (*visit)(int64_t chunk, int64_t last_ms, const uint64_t *hashes, size_t count,
                  void *context);
    void *context;
    struct arena arena; // of one chunk
};

static enum status take_chunk(struct cassandra_read *read, const struct cql_value *columns) {
    struct window *window = read->context;
    int64_t chunk = 0;
    int64_t last_ms = 0;
    const uint64_t *hashes = NULL;
    size_t count = 0;
    enum status status = cql_get_bigint(columns[0], &chunk);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[1], &last_ms);
    }
    arena_reset(&window->arena);
    if (status == STATUS_OK) {
        status = cassandra_get_hashes(columns[2], &window->arena, &hashes, &count);
    }
    if (status == STATUS_OK) {
        read->enough = !window->visit(chunk, last_ms, hashes, count, window->context);
    }
    return status;
}

enum status cassandra_seen_load(struct store *base, unsigned partition,
                                bool (*visit)(int64_t chunk, int64_t last_ms,
                                              const uint64_t *hashes, size_t count, void *context),
                                void *context) {
    struct cassandra_store *store = cassandra_of(base);
    int64_t epoch = 0;
    enum status status = cassandra_epoch(store, &epoch);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_bigint(values, epoch);
    cql_bind_int(values, (int32_t)partition);
    struct window window = {.visit = visit, .context = context};
    arena_init(&window.arena, (size_t)64 << 10, 0);
    struct cassandra_read read = {.statement = STATEMENT_SEEN_GET,
                                  .values = cql_values_bytes(values),
                                  .value_count = values->count,
                                  .columns = 3,
                                  .row = take_chunk,
                                  .context = &window,
                                  .page_rows = CHUNKS_A_PAGE};
    status = cassandra_read_many(store, &read, 1);
    arena_free(&window.arena);
    return status;
}

// --- Dead letters -------------------------------------------------------------------------------------------------------

// A day on which a project has letters. They come newest first.
struct letter_day {
    int32_t day;
    struct str project;
};

struct letters {
    struct cassandra_store *store;
    struct str project; // data NULL: all
    unsigned limit;
    int64_t epoch;
    struct arena *scratch, *arena;
    struct cassandra_rows days; // struct letter_day
    struct cassandra_rows rows; // struct store_dead_letter
};

static enum status take_letter_day(struct cassandra_read *read, const struct cql_value *columns) {
    struct letters *letters = read->context;
    if (letters->project.data != NULL && !str_equal(columns[1].bytes, letters->project)) {
        return STATUS_OK;
    }
    struct letter_day *day = cassandra_rows_add(&letters->days, letters->scratch);
    if (day == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = cql_get_date(columns[0], &day->day);
    return status == STATUS_OK ? cassandra_get_text(columns[1], letters->scratch, &day->project)
                               : status;
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
    struct letters *letters = read->context;
    struct store_dead_letter *letter = cassandra_rows_add(&letters->rows, letters->arena);
    return letter == NULL ? STATUS_NO_MEMORY
                          : cassandra_get_letter(columns, letters->arena, letter);
}

static enum status read_day(struct letters *letters, const struct letter_day *days, size_t count) {
    struct cassandra_read *reads = arena_alloc_array(letters->scratch, count, sizeof *reads);
    enum status status = reads == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        cql_bind_text(values, days[i].project);
        cql_bind_date(values, days[i].day);
        cql_bind_bigint(values, letters->epoch);
        cql_bind_int(values, letters->limit < INT32_MAX ? (int32_t)letters->limit : INT32_MAX);
        status = cassandra_read_make(&reads[i], STATEMENT_LETTERS_GET, values, 6, letters->scratch);
        reads[i].row = take_letter;
        reads[i].context = letters;
    }
    return status == STATUS_OK ? cassandra_read_many(letters->store, reads, count) : status;
}

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

// Day by day, until there are enough: nothing of an earlier day is newer.
static enum status read_letters(struct letters *letters) {
    const struct letter_day *days = (const struct letter_day *)(const void *)letters->days.items;
    enum status status = STATUS_OK;
    size_t n = 0;
    for (size_t at = 0;
         at < letters->days.count && status == STATUS_OK && letters->rows.count < letters->limit;
         at += n) {
        n = 1;
        while (at + n < letters->days.count && days[at + n].day == days[at].day) {
            n++;
        }
        status = read_day(letters, days + at, n);
    }
    return status;
}

enum status cassandra_dead_letters(struct store *base, struct str project, unsigned limit,
                                   struct arena *arena, struct store_dead_letter **out,
                                   size_t *count) {
    struct arena scratch;
    struct letters letters = {.store = cassandra_of(base),
                              .project = project,
                              .limit = limit,
                              .scratch = &scratch,
                              .arena = arena,
                              .days = {.size = sizeof(struct letter_day)},
                              .rows = {.size = sizeof(struct store_dead_letter)}};
    *out = NULL;
    *count = 0;
    enum status status =
        limit == 0 ? STATUS_NOT_FOUND : cassandra_epoch(letters.store, &letters.epoch);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    arena_init(&scratch, 4096, 0);
    status = find_letter_days(&letters);
    if (status == STATUS_OK) {
        status = read_letters(&letters);
    }
    arena_free(&scratch);
    if (letters.rows.count > 1) {
        qsort(letters.rows.items, letters.rows.count, letters.rows.size, compare_letters);
    }
    *out = (struct store_dead_letter *)(void *)letters.rows.items;
    *count = letters.rows.count < limit ? letters.rows.count : limit;
    return status;
}
