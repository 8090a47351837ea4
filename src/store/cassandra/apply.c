// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes what a batch decided: changes of one partition key go in one request, which Cassandra makes one mutation of.
//
// A mutation costs Cassandra about the same whether it has one row or ten, and a request costs more than a mutation. Small partitions
// therefore share a request, but never more than the server would warn about in its log.
#include <stdlib.h>

#include "store/cassandra/cassandra.h"

#define REQUEST_STATEMENTS 512
#define REQUEST_BYTES ((size_t)128 << 10) // of values of one partition key
// Of several partitions, batch_size_warn_threshold: 5 KiB by the server's count, which adds some for each column.
#define SHARED_BYTES ((size_t)5 << 10)
#define COLUMN_BYTES 20
#define SHARED_PARTITIONS 10 // unlogged_batch_across_partitions_warn_threshold

struct keyed {
    uint64_t hash; // of the partition key
    struct change change;
};

static int compare_keyed(const void *a_memory, const void *b_memory) {
    const struct keyed *a = a_memory;
    const struct keyed *b = b_memory;
    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }
    return str_compare(a->change.partition_key, b->change.partition_key);
}

static enum status read_changes(struct str in, struct arena *arena, struct cassandra_rows *rows) {
    struct change change;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        status = changes_next(&in, &change);
        if (status != STATUS_OK) {
            break;
        }
        struct keyed *row = cassandra_rows_add(rows, arena);
        if (row == NULL) {
            return STATUS_NO_MEMORY;
        }
        *row = (struct keyed){str_hash(change.partition_key, 0), change};
    }
    return status == STATUS_END ? STATUS_OK : status;
}

// How many changes from the first on have its partition key, and fit one request.
static size_t run_length(const struct keyed *keyed, size_t count, size_t *bytes) {
    size_t n = 0;
    *bytes = 0;
    while (n < count && n < REQUEST_STATEMENTS && keyed[n].hash == keyed[0].hash &&
           str_equal(keyed[n].change.partition_key, keyed[0].change.partition_key) &&
           (n == 0 || *bytes + keyed[n].change.values.len <= REQUEST_BYTES)) {
        *bytes += keyed[n].change.values.len + COLUMN_BYTES * (size_t)keyed[n].change.value_count;
        n++;
    }
    return n;
}

static void send(struct cassandra_flight *flight, const struct keyed *keyed, size_t count,
                 struct cql_batch_entry *entries) {
    size_t first = 0; // of the request that is being filled
    size_t filled = 0;
    size_t partitions = 0;
    for (size_t at = 0; at < count;) {
        size_t bytes = 0;
        size_t n = run_length(keyed + at, count - at, &bytes);
        if (at > first && (filled + bytes > SHARED_BYTES || partitions == SHARED_PARTITIONS)) {
            cassandra_flight_batch(flight, entries + first, at - first);
            first = at;
            filled = 0;
            partitions = 0;
        }
        for (size_t i = at; i < at + n; i++) {
            entries[i] =
                (struct cql_batch_entry){flight->store->statements[keyed[i].change.statement],
                                         keyed[i].change.values, keyed[i].change.value_count};
        }
        at += n;
        filled += bytes;
        partitions++;
    }
    if (count > first) {
        cassandra_flight_batch(flight, entries + first, count - first);
    }
}

enum status cassandra_apply(struct cassandra_store *store, struct str changes) {
    struct arena arena;
    arena_init(&arena, (size_t)64 << 10, 0);
    struct cassandra_rows rows = {.size = sizeof(struct keyed)};
    enum status status = read_changes(changes, &arena, &rows);
    struct cql_batch_entry *entries = NULL;
    if (status == STATUS_OK && rows.count > 0) {
        qsort(rows.items, rows.count, rows.size, compare_keyed);
        entries = arena_alloc_array(&arena, rows.count, sizeof *entries);
        status = entries == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    if (status == STATUS_OK && rows.count > 0) {
        struct cassandra_flight flight;
        status = cassandra_flight_init(&flight, store, store->in_flight, &arena);
        if (status == STATUS_OK) {
            send(&flight, (const struct keyed *)(const void *)rows.items, rows.count, entries);
            status = cassandra_flight_finish(&flight);
        }
    }
    arena_free(&arena);
    return status;
}
