// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What became of deliveries. Lightweight transactions decide who delivers; rows have the table's time to live.
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

enum status cassandra_delivery_put(struct store *base, const struct store_delivery *row,
                                   int64_t old_version) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool applied = false;
    cql_bind_int(values, (int32_t)row->state);
    cql_bind_int(values, (int32_t)row->attempts);
    cql_bind_timestamp(values, row->next_ms);
    cql_bind_timestamp(values, row->changed_ms);
    cql_bind_text(values, row->error.len > 0 ? row->error : STR(""));
    cql_bind_bigint(values, row->version);
    cql_bind_text(values, row->name);
    cql_bind_timestamp(values, row->due_ms);
    if (old_version > 0) {
        cql_bind_bigint(values, old_version);
    }
    enum status status = cassandra_decide(
        cassandra_of(base), old_version > 0 ? STATEMENT_DELIVERY_CHANGE : STATEMENT_DELIVERY_PUT,
        values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_PRECONDITION : status;
}

struct listing {
    struct cassandra_rows rows;
    struct arena *arena;
    struct str name;
};

enum status cassandra_get_delivery(const struct cql_value *columns, struct arena *arena,
                                   struct store_delivery *row) {
    int32_t state = 0;
    int64_t *const numbers[] = {&row->due_ms, &row->next_ms, &row->changed_ms, &row->version};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 4 && status == STATUS_OK; i++) {
        status = cql_get_bigint(columns[i], numbers[i]);
    }
    if (status == STATUS_OK) {
        status = cql_get_int(columns[4], &state);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u32(columns[5], &row->attempts);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_text(columns[6], arena, &row->error);
    }
    row->state = (enum store_delivery_state)state;
    bool known = state >= STORE_DELIVERY_WAITING && state <= STORE_DELIVERY_GIVEN_UP;
    return status == STATUS_OK && !known ? STATUS_CORRUPT : status;
}

static enum status take_delivery(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_delivery *row = cassandra_rows_add(&listing->rows, listing->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    row->name = listing->name;
    return cassandra_get_delivery(columns, listing->arena, row);
}

enum status cassandra_deliveries(struct store *base, struct str name, struct arena *arena,
                                 struct store_delivery **out, size_t *count) {
    struct listing listing = {
        {.size = sizeof(struct store_delivery)}, arena, arena_copy(arena, name)};
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, name);
    struct cassandra_read read = {.statement = STATEMENT_NONE};
    enum status status = cassandra_read_make(&read, STATEMENT_DELIVERIES_GET, values, 7, arena);
    read.row = take_delivery;
    read.context = &listing;
    if (status == STATUS_OK) {
        status = listing.name.data ? cassandra_read_many(cassandra_of(base), &read, 1)
                                   : STATUS_NO_MEMORY;
    }
    *out = (struct store_delivery *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}
