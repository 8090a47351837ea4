// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Where partitions stand.
//
// A place that this instance did not write itself is read so that whatever is being decided is finished first. Then the rows of the
// last batch are written once more unless it is noted that they all arrived: its writer may have died in between.
#include <stdlib.h>

#include "base/log.h"
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

// --- What is remembered -----------------------------------------------------------------------------------------------

static struct cassandra_place *slot(struct cassandra_store *store, unsigned partition) {
    struct cassandra_place *block = store->places[partition / CASSANDRA_PLACE_BLOCKS];
    return block == NULL ? NULL : &block[partition % CASSANDRA_PLACE_BLOCKS];
}

void cassandra_place_remember(struct cassandra_store *store, unsigned partition,
                              const struct cassandra_place *place) {
    pthread_mutex_lock(&store->mutex);
    struct cassandra_place **block = &store->places[partition / CASSANDRA_PLACE_BLOCKS];
    if (*block == NULL) {
        *block = calloc(CASSANDRA_PLACE_BLOCKS, sizeof **block);
    }
    if (*block != NULL) { // else it is read each time
        (*block)[partition % CASSANDRA_PLACE_BLOCKS] = *place;
    }
    pthread_mutex_unlock(&store->mutex);
}

void cassandra_place_forget(struct cassandra_store *store, unsigned partition) {
    pthread_mutex_lock(&store->mutex);
    struct cassandra_place *place = slot(store, partition);
    if (place != NULL) {
        place->own = false;
    }
    pthread_mutex_unlock(&store->mutex);
}

static bool recall(struct cassandra_store *store, int64_t epoch, unsigned partition,
                   struct cassandra_place *out) {
    pthread_mutex_lock(&store->mutex);
    const struct cassandra_place *place = slot(store, partition);
    bool own = place != NULL && place->own && place->epoch == epoch;
    if (own) {
        *out = *place;
    }
    pthread_mutex_unlock(&store->mutex);
    return own;
}

void cassandra_places_free(struct cassandra_store *store) {
    for (size_t i = 0; i < CASSANDRA_PLACE_BLOCKS; i++) {
        free(store->places[i]);
    }
}

// --- The row ----------------------------------------------------------------------------------------------------------

// NOT_FOUND: nothing was committed; it may be closed all the same.
static enum status read_columns(const struct cql_value *columns, struct arena *arena,
                                struct cassandra_place *place, struct cassandra_journal *journal,
                                int64_t *applied) {
    enum status status =
        cql_is_null(columns[11]) ? STATUS_OK : cql_get_bigint(columns[11], &place->closed);
    if (status != STATUS_OK || cql_is_null(columns[2])) {
        return status == STATUS_OK ? STATUS_NOT_FOUND : status;
    }
    status = cql_get_bigint(columns[0], &place->next_offset);
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[1], &place->stamp);
    }
    if (status == STATUS_OK) {
        status = cql_get_uuid(columns[2], place->writer);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[3], &place->number);
    }
    if (status == STATUS_OK) {
        status = cql_get_int(columns[4], &place->chunks);
    }
    if (status == STATUS_OK) {
        status = cql_get_int(columns[5], &journal->bytes);
    }
    if (status == STATUS_OK) {
        status = cql_get_int(columns[6], &journal->checksum);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_text(columns[7], arena, &journal->inline_);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[8], applied);
    }
    journal->has_before = !cql_is_null(columns[9]);
    if (status == STATUS_OK && journal->has_before) {
        status = cql_get_uuid(columns[9], journal->before_writer);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[10], &journal->before_number);
    }
    place->has_writer = true;
    place->applied_noted = !cql_is_null(columns[8]) && *applied >= place->stamp;
    journal->chunks = place->chunks;
    journal->number = place->number;
    memcpy(journal->writer, place->writer, sizeof journal->writer);
    return status;
}

enum status cassandra_place_read(struct cassandra_store *store, int64_t epoch, unsigned partition,
                                 struct arena *arena, struct cassandra_place *out,
                                 struct cassandra_journal *journal) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_bigint(values, epoch);
    cql_bind_int(values, (int32_t)partition);
    struct cql_result *result = NULL;
    struct cql_value columns[12];
    struct cassandra_journal unwanted = {0};
    int64_t applied = 0;
    *out = (struct cassandra_place){.epoch = epoch, .stamp = -1};
    enum status status =
        cassandra_run_row(store, STATEMENT_PLACE_GET, values, &result, columns, 12);
    if (status == STATUS_OK) {
        status = read_columns(columns, arena, out, journal != NULL ? journal : &unwanted, &applied);
    }
    cql_result_free(result);
    return status;
}

static enum status note_applied(struct cassandra_store *store, int64_t epoch, unsigned partition,
                                int64_t stamp) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_bigint(values, stamp);
    cql_bind_bigint(values, stamp);
    cql_bind_bigint(values, epoch);
    cql_bind_int(values, (int32_t)partition);
    return cassandra_run(store, STATEMENT_PLACE_APPLIED, values, NULL, NULL);
}

// NOT_FOUND: the journal was removed meanwhile, so a later batch is there.
static enum status recover(struct cassandra_store *store, struct cassandra_journal *journal,
                           const struct cassandra_place *place, struct arena *arena) {
    struct str content;
    enum status status = cassandra_journal_read(store, journal, arena, &content);
    if (status == STATUS_OK) {
        status = cassandra_apply(store, content);
    }
    if (status == STATUS_OK) {
        LOG_DEBUG("store", "wrote the rows of a decided batch again",
                  LOG_INT("partition", journal->partition), LOG_INT("offset", place->next_offset));
        status = note_applied(store, journal->epoch, journal->partition, place->stamp);
    }
    if (status == STATUS_OK && journal->has_before) {
        status = cassandra_journal_remove(store, journal->epoch, journal->partition,
                                          journal->before_writer, journal->before_number);
    }
    return status;
}

static enum status read_place(struct cassandra_store *store, int64_t epoch, unsigned partition,
                              struct arena *arena, struct cassandra_place *out) {
    enum status status = STATUS_OK;
    int64_t missing = -1; // number of the batch whose journal was not there
    do {
        struct cassandra_journal journal = {.epoch = epoch, .partition = partition};
        arena_reset(arena);
        status = cassandra_place_read(store, epoch, partition, arena, out, &journal);
        if (status == STATUS_NOT_FOUND) {
            return STATUS_OK; // a new partition
        }
        if (status != STATUS_OK || out->applied_noted) {
            return status;
        }
        status = recover(store, &journal, out, arena);
        if (status == STATUS_NOT_FOUND && missing == out->number) {
            return STATUS_CORRUPT; // decided, nothing came after it, and what it was is gone
        }
        missing = out->number;
    } while (status == STATUS_NOT_FOUND);
    return status;
}

// --- The contract ---------------------------------------------------------------------------------------------------------

enum status cassandra_place_get(struct cassandra_store *store, int64_t epoch, unsigned partition,
                                struct cassandra_place *out) {
    int64_t own = 0;
    enum status status = cassandra_epoch_in(store, epoch, &own);
    if (status != STATUS_OK || recall(store, own, partition, out)) {
        return status;
    }
    struct arena arena;
    arena_init(&arena, (size_t)16 << 10, 0);
    status = read_place(store, own, partition, &arena, out);
    arena_free(&arena);
    return status;
}

enum status cassandra_partition_offset(struct store *base, int64_t epoch, unsigned partition,
                                       int64_t *next_offset) {
    struct cassandra_place place = {0};
    enum status status = cassandra_place_get(cassandra_of(base), epoch, partition, &place);
    *next_offset = place.next_offset;
    return status;
}

void cassandra_partition_release(struct store *base, unsigned partition) {
    cassandra_place_forget(cassandra_of(base), partition);
}

// The first partition from *partition on whose last batch is ours and not noted as applied.
static bool find_unnoted(struct cassandra_store *store, unsigned *partition,
                         struct cassandra_place *out) {
    bool found = false;
    pthread_mutex_lock(&store->mutex);
    while (!found && *partition < CASSANDRA_PLACE_BLOCKS * CASSANDRA_PLACE_BLOCKS) {
        const struct cassandra_place *place = slot(store, *partition);
        if (place == NULL) {
            *partition += CASSANDRA_PLACE_BLOCKS - *partition % CASSANDRA_PLACE_BLOCKS;
        } else if (place->own && !place->applied_noted) {
            *out = *place;
            found = true;
        } else {
            *partition += 1;
        }
    }
    pthread_mutex_unlock(&store->mutex);
    return found;
}

static void mark_noted(struct cassandra_store *store, unsigned partition, int64_t number) {
    pthread_mutex_lock(&store->mutex);
    struct cassandra_place *place = slot(store, partition);
    if (place != NULL && place->number == number) {
        place->applied_noted = true;
    }
    pthread_mutex_unlock(&store->mutex);
}

// What a quorum has acknowledged is as durable as it gets. That all rows of the last batches arrived is noted here and not with each
// batch: the note only saves who comes next from writing them again.
enum status cassandra_flush(struct store *base) {
    struct cassandra_store *store = cassandra_of(base);
    struct cassandra_place place;
    enum status status = STATUS_OK;
    for (unsigned partition = 0; status == STATUS_OK && find_unnoted(store, &partition, &place);
         partition++) {
        status = note_applied(store, place.epoch, partition, place.stamp);
        if (status == STATUS_OK) {
            mark_noted(store, partition, place.number);
        }
    }
    return status;
}
