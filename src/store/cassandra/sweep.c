// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Removes the rows of generations that are neither read nor filled, and copies links and refusals into a new one: walks over whole tables,
// page by page.
//
// Numbers of generations never come back, so what is removed may have any timestamp: the one here is above all that rows have. The rows of
// `partitions` stay: who was asleep must find that it comes too late.
#include <stdlib.h>

#include "store/cassandra/engine_table.h"

#include "store/cassandra/cassandra.h"

#define PAGE_ROWS 2000
#define SWEEP_STAMP (CASSANDRA_LINK_TIME_MAX + CASSANDRA_LINK_AGES_MAX * CASSANDRA_LINK_AGE)
#define KEYS_MAX 3
#define CARRIED_STAMP 1 // below those of all batches

static const struct table {
    enum statement select, remove;
    unsigned columns; // of both, in the same order
    int epoch;        // which of them it is; -1: the generation is in the kind, the second one
} tables[] = {
    {STATEMENT_SWEEP_STATES, STATEMENT_SWEPT_STATES, 3, -1},
    {STATEMENT_SWEEP_DAYS, STATEMENT_SWEPT_DAYS, 3, -1},
    {STATEMENT_SWEEP_SESSIONS, STATEMENT_SWEPT_SESSIONS, 3, -1},
    {STATEMENT_SWEEP_TIMELINE, STATEMENT_SWEPT_TIMELINE, 3, -1},
    {STATEMENT_SWEEP_LINKS, STATEMENT_SWEPT_LINKS, 3, 2},
    {STATEMENT_SWEEP_LINKS_OF_USER, STATEMENT_SWEPT_LINKS_OF_USER, 3, 2},
    {STATEMENT_SWEEP_TOTALS, STATEMENT_SWEPT_TOTALS, 3, 2},
    {STATEMENT_SWEEP_TOTAL_DAYS, STATEMENT_SWEPT_TOTAL_DAYS, 2, 1},
    {STATEMENT_SWEEP_LETTERS, STATEMENT_SWEPT_LETTERS, 3, 2},
    {STATEMENT_SWEEP_LETTER_DAYS, STATEMENT_SWEPT_LETTER_DAYS, 1, 0},
    {STATEMENT_SWEEP_SEEN, STATEMENT_SWEPT_SEEN, 2, 0},
    {STATEMENT_SWEEP_REFUSALS, STATEMENT_SWEPT_REFUSALS, 1, 0},
    {STATEMENT_SWEEP_LINK_AGES, STATEMENT_SWEPT_LINK_AGES, 2, 0},
    {STATEMENT_SWEEP_JOURNAL, STATEMENT_SWEPT_JOURNAL, 3, 0},
};
#define TABLES (sizeof tables / sizeof tables[0])

// Where it goes on.
struct cassandra_sweep {
    uint8_t version[CASSANDRA_ID_BYTES]; // of the row it goes by
    size_t table;
    struct buffer paging_state; // empty: the table's beginning
};

void cassandra_sweep_free(struct cassandra_store *store) {
    if (store->sweep != NULL) {
        buffer_free(&store->sweep->paging_state);
        free(store->sweep);
        store->sweep = NULL;
    }
}

static enum status take_up(struct cassandra_store *store, const struct cassandra_generations *row) {
    if (store->sweep != NULL &&
        memcmp(store->sweep->version, row->guard, CASSANDRA_ID_BYTES) != 0) {
        cassandra_sweep_free(store);
    }
    if (store->sweep == NULL) {
        store->sweep = calloc(1, sizeof *store->sweep);
        if (store->sweep == NULL) {
            return STATUS_NO_MEMORY;
        }
        buffer_init(&store->sweep->paging_state, (size_t)64 << 10);
        memcpy(store->sweep->version, row->guard, CASSANDRA_ID_BYTES);
    }
    return STATUS_OK;
}

// --- A page -------------------------------------------------------------------------------------------------------------

struct page {
    struct cassandra_store *store;
    const struct table *table;
    const struct cassandra_generations *row;
    int64_t log_epoch;
    struct arena *arena;
    struct cassandra_flight flight;
    struct str last; // values of the removal before: rows of one key come one after the other
};

static enum status is_old(const struct page *page, const struct cql_value *columns, bool *old) {
    int64_t generation = 0;
    enum store_actor_kind kind = STORE_ACTOR_USER;
    enum status status = STATUS_OK;
    if (page->table->epoch < 0) {
        status =
            cassandra_kind_read(columns[1].bytes, &kind, &generation) ? STATUS_OK : STATUS_CORRUPT;
    } else {
        status = cql_get_bigint(columns[page->table->epoch], &generation);
        generation -= page->log_epoch;
    }
    const struct cassandra_generations *row = page->row;
    bool filled = row->filled != 0 && generation == row->filled;
    bool reserved = row->reserved && generation == row->last;
    *old = generation >= 0 && generation <= row->last && generation != row->number && !filled &&
           !reserved;
    return status;
}

static enum status remove_key(struct page *page, const struct cql_value *columns) {
    size_t room = 64;
    for (unsigned i = 0; i < page->table->columns; i++) {
        room += columns[i].bytes.len + 8;
    }
    char *memory = arena_alloc(page->arena, room);
    struct buffer buffer;
    struct cql_values values;
    if (memory == NULL) {
        return STATUS_NO_MEMORY;
    }
    buffer_init_fixed(&buffer, memory, room);
    cql_values_begin(&values, &buffer);
    cql_bind_bigint(&values, SWEEP_STAMP);
    for (unsigned i = 0; i < page->table->columns; i++) {
        cql_bind_blob(&values, columns[i].bytes); // as it came, whatever its type
    }
    struct str bytes = cql_values_bytes(&values);
    if (buffer_status(&buffer) == STATUS_OK && !str_equal(bytes, page->last)) {
        page->last = bytes;
        cassandra_flight_send(&page->flight, page->table->remove, bytes, values.count);
    }
    return buffer_status(&buffer);
}

static enum status remove_rows(struct page *page, struct cql_result *result) {
    struct cql_value columns[KEYS_MAX];
    enum status status =
        cassandra_flight_init(&page->flight, page->store, page->store->in_flight, page->arena);
    if (status != STATUS_OK) {
        return status;
    }
    while (status == STATUS_OK) {
        bool old = false;
        status = cql_result_next(result, columns, page->table->columns);
        if (status == STATUS_OK) {
            status = is_old(page, columns, &old);
        }
        if (status == STATUS_OK && old) {
            status = remove_key(page, columns);
        }
    }
    enum status finished = cassandra_flight_finish(&page->flight);
    return status == STATUS_END ? finished : status;
}

static struct str position(const struct buffer *paging_state) {
    return paging_state->len > 0 ? buffer_str(paging_state) : STR_EMPTY;
}

static enum status sweep_page(struct page *page, size_t rows) {
    struct cassandra_sweep *sweep = page->store->sweep;
    struct cql_result *result = NULL;
    page->table = &tables[sweep->table];
    int32_t wanted = rows < PAGE_ROWS ? (int32_t)rows : PAGE_ROWS;
    enum status status =
        cassandra_run_page(page->store, page->table->select, wanted > 0 ? wanted : 1,
                           position(&sweep->paging_state), &result);
    if (status == STATUS_OK) {
        status = remove_rows(page, result);
    }
    if (status == STATUS_OK) {
        buffer_clear(&sweep->paging_state);
        if (cql_result_has_more(result)) {
            buffer_append_str(&sweep->paging_state, cql_result_paging_state(result));
            status = buffer_status(&sweep->paging_state);
        } else {
            sweep->table++;
        }
    }
    cql_result_free(result);
    return status;
}

// CONFLICT: something has begun or ended meanwhile, and is swept another time.
static enum status note_swept(struct cassandra_store *store,
                              const struct cassandra_generations *row) {
    struct cassandra_generations after = *row;
    after.unswept = false;
    enum status status = cassandra_generations_change(store, row, &after);
    return status == STATUS_CONFLICT ? STATUS_OK : status;
}

static enum status sweep(struct page *page, size_t rows, bool *more) {
    struct cassandra_store *store = page->store;
    enum status status = cassandra_log_epoch(store, &page->log_epoch);
    if (status == STATUS_NOT_FOUND) {
        return note_swept(store, page->row); // nothing was ever committed
    }
    if (status == STATUS_OK) {
        status = take_up(store, page->row);
    }
    if (status == STATUS_OK) {
        status = sweep_page(page, rows);
    }
    *more = status == STATUS_OK && store->sweep->table < TABLES;
    if (status == STATUS_OK && !*more) {
        cassandra_sweep_free(store);
        status = note_swept(store, page->row);
    }
    return status;
}

enum status cassandra_generation_sweep(struct store *base, size_t rows, bool *more) {
    struct cassandra_store *store = cassandra_main(cassandra_of(base));
    struct cassandra_generations row;
    struct arena arena;
    arena_init(&arena, (size_t)64 << 10, 0);
    struct page page = {.store = store, .row = &row, .arena = &arena};
    *more = false;
    enum status status = cassandra_generations_read(store, &arena, &row);
    if (status == STATUS_OK && row.unswept) {
        status = sweep(&page, rows, more);
    }
    arena_free(&arena);
    return status;
}

// --- Carrying -----------------------------------------------------------------------------------------------------------

struct carrying {
    struct cassandra_store *store;
    int64_t from, to; // epochs
    struct arena arena;
    struct cassandra_flight flight;
};

static struct cql_values *begin_values(struct carrying *carrying, struct cql_values *values,
                                       struct buffer *buffer, size_t room) {
    char *memory = arena_alloc(&carrying->arena, room);
    if (memory == NULL) {
        return NULL;
    }
    buffer_init_fixed(buffer, memory, room);
    cql_values_begin(values, buffer);
    return values;
}

// epoch, project, anonymous_id, user_id, linked. The timestamp is that of a first link: the new generation has its own count of ages.
static enum status carry_link(struct carrying *carrying, const struct cql_value *columns) {
    struct str project = columns[1].bytes;
    struct str anonymous_id = columns[2].bytes;
    struct str user_id = columns[3].bytes;
    size_t room = project.len + anonymous_id.len + user_id.len + 128;
    struct buffer buffers[2];
    struct cql_values memory[2];
    int64_t linked_ms = 0;
    enum status status = cql_get_bigint(columns[4], &linked_ms);
    struct cql_values *link = begin_values(carrying, &memory[0], &buffers[0], room);
    struct cql_values *back = begin_values(carrying, &memory[1], &buffers[1], room);
    if (status != STATUS_OK || link == NULL || back == NULL) {
        return status != STATUS_OK ? status : STATUS_NO_MEMORY;
    }
    cql_bind_text(link, project);
    cql_bind_text(link, anonymous_id);
    cql_bind_bigint(link, carrying->to);
    cql_bind_text(link, user_id);
    cql_bind_timestamp(link, linked_ms);
    cql_bind_bigint(link, CASSANDRA_LINK_TIME_MAX - linked_ms);
    cql_bind_text(back, project);
    cql_bind_text(back, user_id);
    cql_bind_bigint(back, carrying->to);
    cql_bind_text(back, anonymous_id);
    cql_bind_bigint(back, CASSANDRA_LINK_TIME_MAX - linked_ms);
    cassandra_flight_send(&carrying->flight, STATEMENT_LINK_PUT, cql_values_bytes(link),
                          link->count);
    cassandra_flight_send(&carrying->flight, STATEMENT_LINK_OF_USER_PUT, cql_values_bytes(back),
                          back->count);
    return STATUS_OK;
}

static enum status carry_rows(struct carrying *carrying, struct cql_result *result) {
    struct cql_value columns[5];
    enum status status = cassandra_flight_init(&carrying->flight, carrying->store,
                                               carrying->store->in_flight, &carrying->arena);
    if (status != STATUS_OK) {
        return status;
    }
    while (status == STATUS_OK) {
        int64_t epoch = 0;
        status = cql_result_next(result, columns, 5);
        if (status == STATUS_OK) {
            status = cql_get_bigint(columns[0], &epoch);
        }
        if (status == STATUS_OK && epoch == carrying->from) {
            status = carry_link(carrying, columns);
        }
    }
    enum status finished = cassandra_flight_finish(&carrying->flight);
    return status == STATUS_END ? finished : status;
}

static enum status carry_links(struct carrying *carrying) {
    struct buffer state;
    bool more = true;
    enum status status = STATUS_OK;
    buffer_init(&state, (size_t)64 << 10);
    while (status == STATUS_OK && more) {
        struct cql_result *result = NULL;
        arena_reset(&carrying->arena);
        status = cassandra_run_page(carrying->store, STATEMENT_WALK_LINKS, PAGE_ROWS,
                                    position(&state), &result);
        if (status == STATUS_OK) {
            status = carry_rows(carrying, result);
        }
        buffer_clear(&state);
        more = status == STATUS_OK && cql_result_has_more(result);
        if (more) {
            buffer_append_str(&state, cql_result_paging_state(result));
            status = buffer_status(&state);
        }
        cql_result_free(result);
    }
    buffer_free(&state);
    return status;
}

static enum status carry_refusals(struct carrying *carrying) {
    struct store_refusal *rows = NULL;
    size_t count = 0;
    arena_reset(&carrying->arena);
    enum status status =
        cassandra_refusals(&carrying->store->store, &carrying->arena, &rows, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        cql_bind_bigint(values, carrying->to);
        cql_bind_int(values, (int32_t)rows[i].partition);
        cql_bind_text(values, rows[i].project);
        cql_bind_text(values, rows[i].person);
        cql_bind_timestamp(values, rows[i].since_ms);
        cql_bind_bigint(values, CARRIED_STAMP);
        status = cassandra_run(carrying->store, STATEMENT_REFUSAL_PUT, values, NULL, NULL);
    }
    return status;
}

enum status cassandra_generation_carry(struct cassandra_store *store, int64_t generation) {
    struct carrying carrying = {.store = store};
    int64_t log_epoch = 0;
    enum status status = cassandra_log_epoch(store, &log_epoch);
    if (status == STATUS_OK) {
        status = cassandra_epoch(store, &carrying.from);
    }
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status; // there are none yet
    }
    carrying.to = log_epoch + generation;
    arena_init(&carrying.arena, (size_t)64 << 10, 0);
    status = carry_links(&carrying);
    if (status == STATUS_OK) {
        status = carry_refusals(&carrying);
    }
    arena_free(&carrying.arena);
    return status;
}
