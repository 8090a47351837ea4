// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Dead letters of a processing batch.
#include "store/cassandra/commit.h"
#include "store/cassandra/engine_table.h"

static struct str not_null(struct str text) {
    return text.data == NULL ? STR("") : text;
}

#define TOO_OLD_S 3600 // for who moves an installation, and compares

static enum status put_letter(struct store_batch *batch, struct str project,
                              const struct store_dead_letter *letter, struct str stage,
                              struct str reason) {
    int32_t day = cassandra_utc_day(letter->received_ms);
    int64_t epoch = cassandra_batch_place(batch)->epoch;
    struct changes *changes = cassandra_batch_changes(batch);
    int64_t age_ms = cassandra_of(batch->store)->letter_age_ms;
    struct cql_values *values =
        changes_begin(changes, age_ms > 0 ? STATEMENT_LETTER_AGED_PUT : STATEMENT_LETTER_PUT);
    cql_bind_text(values, project);
    cql_bind_date(values, day);
    cql_bind_bigint(values, epoch);
    cql_bind_timestamp(values, letter->received_ms);
    cql_bind_int(values, (int32_t)letter->partition);
    cql_bind_bigint(values, letter->offset);
    cql_bind_text(values, not_null(stage));
    cql_bind_text(values, not_null(reason));
    cql_bind_blob(values, not_null(letter->record));
    if (age_ms > 0) {
        int64_t left =
            cassandra_seconds_left(cassandra_of(batch->store), letter->received_ms, age_ms);
        cql_bind_int(values, (int32_t)(left > 0 ? left : TOO_OLD_S));
    }
    enum status status = changes_end(changes);
    if (status == STATUS_OK) {
        values = changes_begin(changes, STATEMENT_LETTER_DAY_PUT);
        cql_bind_bigint(values, epoch);
        cql_bind_date(values, day);
        cql_bind_text(values, project);
        status = changes_end(changes);
    }
    return status;
}

// A letter is what could not be decoded: its project is from the record's key, and nothing has checked that it is text.
enum status cassandra_batch_dead_letter(struct store_batch *base, struct str project,
                                        const struct store_dead_letter *letter) {
    struct arena arena;
    arena_init(&arena, 1024, 0);
    struct str readable = cassandra_readable(project, &arena);
    struct str stage = cassandra_readable(letter->stage, &arena);
    struct str reason = cassandra_readable(letter->reason, &arena);
    enum status status = STATUS_NO_MEMORY;
    if (readable.data != NULL) {
        status = put_letter(base, readable, letter, stage, reason);
    }
    arena_free(&arena);
    return status;
}
