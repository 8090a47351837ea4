// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Generations: one row says which is read and which is filled, and is changed by conditional writes alone; partitions are closed where their
// commits decide.
#include "store/cassandra/engine_table.h"

#include "store/cassandra/cassandra.h"

#define TRIES_MAX 20
#define ROW_BYTES_MAX (((size_t)2 * STORE_GENERATION_NOTE_MAX) + 1024)

// --- The row ------------------------------------------------------------------------------------------------------------

static enum status get_number(struct cql_value value, int64_t *out) {
    *out = 0;
    return cql_is_null(value) ? STATUS_OK : cql_get_bigint(value, out);
}

static enum status get_flag(struct cql_value value, bool *out) {
    *out = false;
    return cql_is_null(value) ? STATUS_OK : cql_get_boolean(value, out);
}

// "number, filled, last, reserved, closing, closings, unswept, note, past, guard"
static enum status read_columns(const struct cql_value *columns, struct arena *arena,
                                struct cassandra_generations *out) {
    int64_t *const numbers[] = {&out->number, &out->filled,  &out->last,
                                NULL,         &out->closing, &out->closings};
    enum status status = get_flag(columns[3], &out->reserved);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && status == STATUS_OK; i++) {
        status = numbers[i] != NULL ? get_number(columns[i], numbers[i]) : STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = get_flag(columns[6], &out->unswept);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_text(columns[7], arena, &out->note);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_text(columns[8], arena, &out->past);
    }
    out->has_guard = !cql_is_null(columns[9]);
    return status == STATUS_OK && out->has_guard ? cql_get_uuid(columns[9], out->guard) : status;
}

enum status cassandra_generations_read(struct cassandra_store *store, struct arena *arena,
                                       struct cassandra_generations *out) {
    struct cql_result *result = NULL;
    struct cql_value columns[10];
    *out = (struct cassandra_generations){0};
    enum status status =
        cassandra_run_row(store, STATEMENT_GENERATIONS_GET, NULL, &result, columns, 10);
    if (status == STATUS_OK) {
        status = read_columns(columns, arena, out);
    }
    cql_result_free(result);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status; // nothing was ever replayed
}

static void bind_number(struct cql_values *values, int64_t number) {
    if (number == 0) {
        cql_bind_null(values);
    } else {
        cql_bind_bigint(values, number);
    }
}

static void bind_row(struct cql_values *values, const struct cassandra_generations *before,
                     const struct cassandra_generations *after, const uint8_t *guard,
                     int64_t now_ms) {
    cql_bind_bigint(values, after->number);
    bind_number(values, after->filled);
    cql_bind_bigint(values, after->last);
    cql_bind_boolean(values, after->reserved);
    bind_number(values, after->closing);
    cql_bind_bigint(values, after->closings);
    cql_bind_boolean(values, after->unswept);
    cql_bind_text(values, after->note);
    cql_bind_text(values, after->past);
    cql_bind_uuid(values, guard);
    cql_bind_timestamp(values, now_ms);
    cassandra_bind_id(values, before->has_guard ? before->guard : NULL);
}

// Whether it is our change that stands, when the answer to it did not come.
static enum status find_out(struct cassandra_store *store, const uint8_t *guard,
                            enum status of_write) {
    struct cassandra_generations now;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    enum status status = cassandra_generations_read(store, &arena, &now);
    bool ours =
        status == STATUS_OK && now.has_guard && memcmp(now.guard, guard, CASSANDRA_ID_BYTES) == 0;
    arena_free(&arena);
    return ours ? STATUS_OK : of_write != STATUS_OK ? of_write : STATUS_CONFLICT;
}

enum status cassandra_generations_change(struct cassandra_store *store,
                                         const struct cassandra_generations *before,
                                         const struct cassandra_generations *after) {
    struct buffer buffer;
    struct cql_values values;
    uint8_t guard[CASSANDRA_ID_BYTES];
    bool applied = false;
    bool unknown = false;
    buffer_init(&buffer, ROW_BYTES_MAX);
    cql_values_begin(&values, &buffer);
    cassandra_new_id(store, guard);
    bind_row(&values, before, after, guard, store->clock->wall_ms(store->clock));
    enum status status =
        cassandra_decide(store, STATEMENT_GENERATIONS_CHANGE, &values, &applied, &unknown);
    buffer_free(&buffer);
    if (applied || (status != STATUS_OK && !unknown)) {
        return status;
    }
    return find_out(store, guard, status);
}

enum status cassandra_generations_step(struct cassandra_store *store, cassandra_row_step step,
                                       void *context) {
    enum status status = STATUS_CONFLICT;
    for (unsigned tries = 0; status == STATUS_CONFLICT && tries < TRIES_MAX; tries++) {
        struct cassandra_generations before;
        struct arena arena;
        arena_init(&arena, 4096, 0);
        status = cassandra_generations_read(store, &arena, &before);
        struct cassandra_generations after = before;
        if (status == STATUS_OK) {
            status = step(&after, context);
            if (status != STATUS_OK) { // END: it is so already
                arena_free(&arena);
                return status == STATUS_END ? STATUS_OK : status;
            }
            status = cassandra_generations_change(store, &before, &after);
        }
        arena_free(&arena);
    }
    return status == STATUS_CONFLICT ? STATUS_UNAVAILABLE : status;
}

bool cassandra_generations_are(const struct cassandra_generations *row, const uint8_t *version) {
    static const uint8_t none[CASSANDRA_ID_BYTES];
    return version == NULL ||
           memcmp(version, row->has_guard ? row->guard : none, CASSANDRA_ID_BYTES) == 0;
}

static struct str not_null(struct str text) {
    return text.data == NULL ? STR("") : text;
}

// --- Begin and end ------------------------------------------------------------------------------------------------------

struct beginning {
    const struct store_generation_start *start;
    int64_t number; // the one that was reserved; 0: none was
    int64_t read;   // what was read then
};

static enum status may_begin(const struct cassandra_generations *row,
                             const struct store_generation_start *start) {
    if (row->filled != 0 && !start->again) {
        return STATUS_EXISTS;
    }
    return cassandra_generations_are(row, start->version) ? STATUS_OK : STATUS_CONFLICT;
}

static enum status reserve_step(struct cassandra_generations *row, void *context) {
    struct beginning *beginning = context;
    enum status status = may_begin(row, beginning->start);
    row->last++;
    row->reserved = true;
    beginning->number = row->last;
    beginning->read = row->number;
    return status;
}

static enum status begin_step(struct cassandra_generations *row, void *context) {
    struct beginning *beginning = context;
    bool reserved = beginning->number != 0;
    // What was reserved is good for this row alone, or somebody else has begun something.
    enum status status =
        reserved ? (row->reserved && row->last == beginning->number ? STATUS_OK : STATUS_EXISTS)
                 : may_begin(row, beginning->start);
    if (status != STATUS_OK) {
        return status;
    }
    row->unswept = row->unswept || row->filled != 0;
    row->last += reserved ? 0 : 1;
    row->filled = row->last;
    row->reserved = false;
    row->closing = 0;
    row->note = not_null(beginning->start->note);
    return STATUS_OK;
}

enum status cassandra_generation_begin(struct store *base,
                                       const struct store_generation_start *start) {
    struct cassandra_store *store = cassandra_main(cassandra_of(base));
    struct beginning beginning = {.start = start};
    enum status status = STATUS_OK;
    if (start->carry) {
        status = cassandra_generations_step(store, reserve_step, &beginning);
        if (status == STATUS_OK) {
            cassandra_generation_set(store,
                                     beginning.read); // what is carried is not of a second ago
            status = cassandra_generation_carry(store, beginning.number);
        }
    }
    return status == STATUS_OK ? cassandra_generations_step(store, begin_step, &beginning) : status;
}

struct noting {
    const uint8_t *version;
    struct str note;
};

static enum status note_step(struct cassandra_generations *row, void *context) {
    const struct noting *noting = context;
    if (row->filled == 0) {
        return STATUS_NOT_FOUND;
    }
    row->note = not_null(noting->note);
    return cassandra_generations_are(row, noting->version) ? STATUS_OK : STATUS_CONFLICT;
}

enum status cassandra_generation_note(struct store *base, const uint8_t *version, struct str note) {
    struct noting noting = {version, note};
    return cassandra_generations_step(cassandra_main(cassandra_of(base)), note_step, &noting);
}

static enum status end_step(struct cassandra_generations *row, void *context) {
    const struct store_generation_ending *ending = context;
    if (row->filled == 0) {
        return STATUS_NOT_FOUND;
    }
    if ((ending->generation != 0 && row->filled != ending->generation) ||
        (ending->closing != 0 && row->closing != ending->closing)) {
        return STATUS_CONFLICT;
    }
    row->number = ending->use_it ? row->filled : row->number;
    row->filled = 0;
    row->closing = 0;
    row->unswept = true;
    row->note = STR_EMPTY;
    row->past = not_null(ending->past);
    return STATUS_OK;
}

enum status cassandra_generation_end(struct store *base,
                                     const struct store_generation_ending *ending) {
    struct cassandra_store *store = cassandra_main(cassandra_of(base));
    struct store_generation_ending own = *ending;
    struct cassandra_generations row;
    struct arena arena;
    enum status status = cassandra_generations_step(store, end_step, &own);
    if (status != STATUS_OK || !ending->use_it) {
        return status;
    }
    arena_init(&arena, 4096, 0);
    status = cassandra_generations_read(store, &arena, &row);
    arena_free(&arena);
    if (status == STATUS_OK) {
        cassandra_generation_set(store, row.number); // this process need not wait for its watcher
    }
    return STATUS_OK;
}

enum status cassandra_generation_past(struct store *base, struct arena *arena, struct str *past) {
    struct cassandra_generations row;
    enum status status =
        cassandra_generations_read(cassandra_main(cassandra_of(base)), arena, &row);
    *past = row.past;
    return status == STATUS_OK && row.past.data == NULL ? STATUS_NOT_FOUND : status;
}

enum status cassandra_generation_open(struct store *base, struct arena *arena, struct str *note,
                                      struct store **out) {
    struct cassandra_store *store = cassandra_main(cassandra_of(base));
    struct cassandra_generations row;
    struct arena own;
    arena_init(&own, 4096, 0);
    enum status status = cassandra_generations_read(store, arena != NULL ? arena : &own, &row);
    if (status == STATUS_OK && row.filled == 0) {
        status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK && note != NULL) {
        *note = row.note;
    }
    if (status == STATUS_OK && out != NULL) {
        status = cassandra_handle_open(store, row.filled, out);
    }
    arena_free(&own);
    return status;
}
