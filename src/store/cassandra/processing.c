// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the processor reads back when it takes a partition on: the dedupe window.
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
