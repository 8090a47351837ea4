// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A batch becomes visible: journal, decision, rows. docs/adr/0008 says why in this order.
//
//   journal written ─→ one conditional write of the partition's row ─→ rows, many at once ─→ the journal before is removed
//                      before it nothing has happened; after it the batch will be finished, by this writer or by whoever asks
#include "store/cassandra/commit.h"

#include "base/log.h"

#define GENERATION_STAMPS (INT64_C(1) << 40) // more than offsets of a partition

static void name_batch(struct cassandra_store *store, const struct cassandra_commit *commit,
                       struct cassandra_journal *journal) {
    journal->epoch = commit->epoch;
    journal->partition = commit->partition;
    memcpy(journal->writer, store->writer, sizeof journal->writer);
    journal->number = atomic_fetch_add(&store->batches, 1) + 1;
}

static bool is_ours(const struct cassandra_place *place, const struct cassandra_journal *journal) {
    return place->has_writer && place->number == journal->number &&
           memcmp(place->writer, journal->writer, sizeof place->writer) == 0;
}

static void bind_batch_before(struct cql_values *values, const struct cassandra_place *began) {
    if (began->has_writer) {
        cql_bind_uuid(values, began->writer);
        cql_bind_bigint(values, began->number);
    } else {
        cql_bind_null(values);
        cql_bind_null(values);
    }
}

static void bind_decision(struct cql_values *values, const struct cassandra_commit *commit,
                          const struct cassandra_journal *journal, int64_t stamp) {
    const struct cassandra_place *began = &commit->began;
    cql_bind_bigint(values, commit->next_offset);
    cql_bind_bigint(values, stamp);
    cql_bind_uuid(values, journal->writer);
    cql_bind_bigint(values, journal->number);
    cql_bind_int(values, journal->chunks);
    cql_bind_int(values, journal->bytes);
    cql_bind_int(values, journal->checksum);
    cql_bind_blob(values, journal->inline_);
    bind_batch_before(values, began);
    cql_bind_bigint(values, commit->epoch);
    cql_bind_int(values, (int32_t)commit->partition);
    bind_batch_before(values, began);
}

// Whoever reads now finishes or ends what is being decided. So the answer is final, even when that of the write was lost.
static enum status ask_what_was_decided(struct cassandra_store *store,
                                        const struct cassandra_commit *commit,
                                        const struct cassandra_journal *journal,
                                        enum status of_write, struct arena *arena) {
    struct cassandra_place place;
    enum status status =
        cassandra_place_read(store, commit->epoch, commit->partition, arena, &place, NULL);
    if (status == STATUS_OK && is_ours(&place, journal)) {
        return STATUS_OK;
    }
    if (of_write != STATUS_OK || (status != STATUS_OK && status != STATUS_NOT_FOUND)) {
        return of_write != STATUS_OK ? of_write : status;
    }
    return STATUS_CONFLICT;
}

static enum status decide(struct cassandra_store *store, const struct cassandra_commit *commit,
                          const struct cassandra_journal *journal, int64_t stamp,
                          struct arena *arena) {
    size_t room = journal->inline_.len + 512;
    char *memory = arena_alloc(arena, room);
    if (memory == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct buffer buffer;
    struct cql_values values;
    buffer_init_fixed(&buffer, memory, room);
    cql_values_begin(&values, &buffer);
    bind_decision(&values, commit, journal, stamp);
    bool applied = false;
    bool unknown = false;
    enum status status =
        cassandra_decide(store, STATEMENT_PLACE_DECIDE, &values, &applied, &unknown);
    if (applied || (status != STATUS_OK && !unknown)) {
        return status;
    }
    return ask_what_was_decided(store, commit, journal, status, arena);
}

// The batch before this one is applied, so its journal is not needed any more; nor is anything its writer left when it was another.
static enum status tidy_up(struct cassandra_store *store, const struct cassandra_commit *commit) {
    const struct cassandra_place *began = &commit->began;
    bool another =
        began->has_writer && memcmp(began->writer, store->writer, sizeof store->writer) != 0;
    if (!another && began->chunks == 0) {
        return STATUS_OK;
    }
    return cassandra_journal_remove(store, commit->epoch, commit->partition, began->writer,
                                    began->number);
}

static enum status run(struct cassandra_store *store, const struct cassandra_commit *commit,
                       struct changes *changes, struct arena *arena) {
    struct cassandra_journal journal = {0};
    int64_t stamp = commit->began.stamp + 1;
    stamp = stamp > commit->next_offset ? stamp : commit->next_offset;
    // Receipts of erasures are outside of generations: what a later one writes there must not be hidden by what an earlier one wrote.
    int64_t floor = (commit->epoch - commit->log_epoch) * GENERATION_STAMPS;
    stamp = stamp > floor ? stamp : floor;
    changes_stamp(changes, stamp);
    name_batch(store, commit, &journal);
    struct str content = buffer_str(&changes->bytes);
    enum status status = cassandra_journal_write(store, &journal, content, arena);
    if (status == STATUS_OK) {
        status = decide(store, commit, &journal, stamp, arena);
    }
    if (status == STATUS_CONFLICT && journal.chunks > 0 &&
        cassandra_journal_remove(store, commit->epoch, commit->partition, journal.writer,
                                 journal.number) != STATUS_OK) {
        LOG_DEBUG("store", "the journal of a batch that came too late was left behind");
    }
    if (status == STATUS_OK) {
        status = cassandra_apply(store, content);
    }
    if (status == STATUS_OK) {
        status = tidy_up(store, commit);
    }
    if (status == STATUS_OK) {
        struct cassandra_place place = {.epoch = commit->epoch,
                                        .own = true,
                                        .next_offset = commit->next_offset,
                                        .stamp = stamp,
                                        .has_writer = true,
                                        .number = journal.number,
                                        .chunks = journal.chunks};
        memcpy(place.writer, journal.writer, sizeof place.writer);
        cassandra_place_remember(store, commit->partition, &place);
    }
    return status;
}

enum status cassandra_commit(struct cassandra_store *store, const struct cassandra_commit *commit,
                             struct changes *changes) {
    if (commit->next_offset < commit->began.next_offset) {
        return STATUS_INVALID;
    }
    enum status status = cassandra_epoch_claim(store, commit->log_epoch);
    if (status == STATUS_OK) {
        struct arena arena;
        arena_init(&arena, (size_t)64 << 10, 0);
        status = run(store, commit, changes, &arena);
        arena_free(&arena);
    }
    if (status != STATUS_OK) {
        cassandra_place_forget(store, commit->partition);
    }
    return status;
}
