// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What processes need that fill a generation together: a look at the row, handles, signs, and closing the partitions of the old one.
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

#define SIGN_SECONDS 15
#define SIGN_BYTES_MAX ((size_t)STORE_GENERATION_NOTE_MAX + 1024)
#define TRIES_MAX 20

static enum status look(struct store *base, struct arena *arena,
                        struct store_generation_look *out) {
    struct cassandra_store *main = cassandra_main(cassandra_of(base));
    struct cassandra_generations row;
    enum status status = cassandra_generations_read(main, arena, &row);
    if (status == STATUS_OK) {
        cassandra_generation_set(main, row.number);
        int64_t noticed_us = atomic_load(&main->noticed_us);
        int64_t now_us = main->clock->mono_us(main->clock);
        *out = (struct store_generation_look){.generation = row.number,
                                              .filled = row.filled,
                                              .closing = row.closing,
                                              .unswept = row.unswept,
                                              .note = row.note,
                                              .past = row.past};
        out->known_ms = noticed_us > 0 ? (now_us - noticed_us) / 1000 : INT64_MAX;
        memcpy(out->version, row.guard, sizeof out->version);
    }
    return status;
}

static enum status hold(struct store *base, struct store **out, int64_t *generation) {
    struct store_generation_look now;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    enum status status = look(base, &arena, &now);
    arena_free(&arena);
    if (status != STATUS_OK) {
        return status;
    }
    *generation = now.generation;
    return cassandra_handle_open(cassandra_of(base), now.generation, out);
}

static enum status progress(struct store *base, int64_t log_epoch, unsigned partition,
                            int64_t *next_offset) {
    struct cassandra_store *store = cassandra_of(base);
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct cql_result *result = NULL;
    struct cql_value column;
    int64_t epoch = 0;
    *next_offset = 0;
    enum status status = cassandra_epoch_in(store, log_epoch, &epoch);
    if (status != STATUS_OK) {
        return status;
    }
    cql_bind_bigint(values, epoch);
    cql_bind_int(values, (int32_t)partition);
    status = cassandra_run_row(store, STATEMENT_PLACE_GLANCE, values, &result, &column, 1);
    if (status == STATUS_OK) {
        status = cql_is_null(column) ? STATUS_OK : cql_get_bigint(column, next_offset);
    }
    cql_result_free(result);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status sign(struct store *base, int64_t generation, struct str process,
                        struct str text) {
    struct buffer buffer;
    struct cql_values values;
    buffer_init(&buffer, SIGN_BYTES_MAX);
    cql_values_begin(&values, &buffer);
    cql_bind_bigint(&values, generation);
    cql_bind_text(&values, process);
    cql_bind_text(&values, text);
    cql_bind_int(&values, SIGN_SECONDS);
    enum status status = cassandra_run(cassandra_of(base), STATEMENT_SIGN_PUT, &values, NULL, NULL);
    buffer_free(&buffer);
    return status;
}

struct listing {
    struct cassandra_rows rows; // struct str
    struct arena *arena;
};

static enum status take_sign(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct str *row = cassandra_rows_add(&listing->rows, listing->arena);
    return row == NULL ? STATUS_NO_MEMORY : cassandra_get_text(columns[0], listing->arena, row);
}

static enum status signs(struct store *base, int64_t generation, struct arena *arena,
                         struct str **out, size_t *count) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct listing listing = {{.size = sizeof(struct str)}, arena};
    cql_bind_bigint(values, generation);
    struct cassandra_read read = {.statement = STATEMENT_SIGNS_GET,
                                  .values = cql_values_bytes(values),
                                  .value_count = values->count,
                                  .columns = 1,
                                  .row = take_sign,
                                  .context = &listing};
    enum status status = cassandra_read_many(cassandra_of(base), &read, 1);
    *out = (struct str *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}

// --- Closing ------------------------------------------------------------------------------------------------------------

struct closing {
    const uint8_t *version;
    int64_t number;
};

static enum status close_begin_step(struct cassandra_generations *row, void *context) {
    struct closing *closing = context;
    if (row->filled == 0) {
        return STATUS_NOT_FOUND;
    }
    if (!cassandra_generations_are(row, closing->version)) {
        return STATUS_CONFLICT;
    }
    closing->number = row->closing;
    if (row->closing != 0) {
        return STATUS_END;
    }
    row->closing = ++row->closings;
    closing->number = row->closing;
    return STATUS_OK;
}

static enum status close_begin(struct store *base, const uint8_t *version, int64_t *number) {
    struct closing closing = {.version = version};
    enum status status =
        cassandra_generations_step(cassandra_main(cassandra_of(base)), close_begin_step, &closing);
    *number = closing.number;
    return status;
}

static enum status close_end_step(struct cassandra_generations *row, void *context) {
    const struct closing *closing = context;
    if (row->closing != closing->number) {
        return STATUS_END;
    }
    row->closing = 0;
    return STATUS_OK;
}

static enum status close_end(struct store *base, int64_t number) {
    struct closing closing = {.number = number};
    return cassandra_generations_step(cassandra_main(cassandra_of(base)), close_end_step, &closing);
}

static void bind_attempt(struct cql_values *values, int64_t number) {
    if (number == 0) {
        cql_bind_null(values);
    } else {
        cql_bind_bigint(values, number);
    }
}

// From one attempt's number (0: open) to another's. Whether it applied is to be looked at.
static enum status set_closed(struct cassandra_store *store, int64_t epoch, unsigned partition,
                              int64_t from, int64_t to) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool applied = false;
    bool unknown = false;
    bind_attempt(values, to);
    cql_bind_bigint(values, epoch);
    cql_bind_int(values, (int32_t)partition);
    bind_attempt(values, from);
    enum status status = cassandra_decide(store, STATEMENT_PLACE_CLOSE, values, &applied, &unknown);
    return unknown ? STATUS_OK : status;
}

static enum status read_place(struct cassandra_store *store, int64_t epoch, unsigned partition,
                              struct cassandra_place *place) {
    struct arena arena;
    arena_init(&arena, (size_t)16 << 10, 0);
    enum status status = cassandra_place_read(store, epoch, partition, &arena, place, NULL);
    arena_free(&arena);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status close_one(struct store *base, int64_t number, int64_t log_epoch,
                             unsigned partition, int64_t *next_offset) {
    struct cassandra_store *store = cassandra_of(base);
    struct cassandra_place place = {.closed = 0};
    int64_t epoch = 0;
    enum status status = cassandra_epoch_in(store, log_epoch, &epoch);
    for (unsigned tries = 0; status == STATUS_OK && tries < TRIES_MAX; tries++) {
        status = read_place(store, epoch, partition, &place);
        if (status == STATUS_OK && place.closed >= number) {
            *next_offset = place.next_offset;
            return place.closed == number ? STATUS_OK : STATUS_CONFLICT;
        }
        if (status == STATUS_OK) {
            status = set_closed(store, epoch, partition, place.closed, number);
        }
    }
    return status == STATUS_OK ? STATUS_UNAVAILABLE : status;
}

// An attempt that is not under way any more, while the old generation is read still, can never succeed.
static enum status reopen(struct store *base, int64_t log_epoch, unsigned partition) {
    struct cassandra_store *store = cassandra_of(base);
    struct cassandra_generations row;
    struct cassandra_place place = {.closed = 0};
    struct arena arena;
    int64_t epoch = 0;
    enum status status = cassandra_epoch_in(store, log_epoch, &epoch);
    if (status == STATUS_OK) {
        status = read_place(store, epoch, partition, &place);
    }
    if (status != STATUS_OK || place.closed == 0) {
        return status;
    }
    arena_init(&arena, 4096, 0);
    status = cassandra_generations_read(store, &arena, &row);
    arena_free(&arena);
    bool over = row.closing != place.closed && row.number == epoch - log_epoch;
    return status == STATUS_OK && over ? set_closed(store, epoch, partition, place.closed, 0)
                                       : status;
}

const struct store_engine_shared cassandra_generations_shared = {
    .look = look,
    .hold = hold,
    .progress = progress,
    .sign = sign,
    .signs = signs,
    .close_begin = close_begin,
    .close = close_one,
    .close_end = close_end,
    .reopen = reopen,
};
