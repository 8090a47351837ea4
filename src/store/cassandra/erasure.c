// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a batch removes of a person.
//
// Nothing is removed with a clock's time. Rows with the stamp of their batch go by a removal with this batch's stamp, which is greater, and
// smaller than that of what comes later. A timeline entry goes by a removal with its own timestamp: of two with one timestamp Cassandra
// lets the removal win, and no other entry is touched, wherever its machine's clock stood. Links: see link_age in batch.c.
#include "store/cassandra/commit.h"
#include "store/cassandra/engine_table.h"

#define ENDLESS_MS INT64_C(253402300800000) // the year 10000

static int64_t epoch_of(struct store_batch *base) {
    return cassandra_batch_place(base)->epoch;
}

static int64_t generation_of(struct store_batch *base) {
    return epoch_of(base) - cassandra_batch_place(base)->log_epoch;
}

// --- Timeline -----------------------------------------------------------------------------------------------------------

static enum status remove_entry(struct store_batch *base, struct str project,
                                struct store_actor actor, uint64_t part,
                                const struct store_timeline_row *row) {
    struct changes *changes = cassandra_batch_changes(base);
    char name[CASSANDRA_KIND_MAX];
    struct cql_values *values = changes_begin(changes, STATEMENT_TIMELINE_REMOVE);
    cql_bind_bigint(values, row->received_ms * 1000);
    cql_bind_text(values, project);
    cql_bind_text(values, cassandra_part_name(actor.kind, generation_of(base), part, name));
    cql_bind_text(values, actor.id);
    cql_bind_timestamp(values, row->timestamp_ms);
    cql_bind_boolean(values, cassandra_is_uuid(row->event_id));
    cql_bind_text(values, row->event_id);
    return changes_end(changes);
}

// In which part an entry is is not said when it is read: it is removed from all there are, and nearly every actor has one.
static enum status remove_timeline(struct store_batch *base, struct str project,
                                   struct store_actor actor, unsigned limit, uint64_t parts,
                                   struct arena *arena, struct store_erased *removed, bool *more) {
    struct store_timeline_query query = {.actors = &actor,
                                         .actor_count = 1,
                                         .from_ms = -ENDLESS_MS,
                                         .to_ms = ENDLESS_MS,
                                         .limit = limit};
    struct store_timeline_row *rows = NULL;
    size_t count = 0;
    enum status status =
        cassandra_timeline_read(base->store, project, &query, arena, &rows, &count, more);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        for (uint64_t part = 0; part < parts && status == STATUS_OK; part++) {
            status = remove_entry(base, project, actor, part, &rows[i]);
        }
    }
    removed->timeline += count;
    return status;
}

// --- Rows with the batch's stamp ----------------------------------------------------------------------------------------

static enum status remove_all(struct store_batch *base, enum statement statement,
                              struct str project, struct store_actor actor) {
    struct changes *changes = cassandra_batch_changes(base);
    struct cql_values *values = changes_begin(changes, statement);
    cassandra_bind_actor(values, generation_of(base), project, actor);
    cql_bind_bigint(values, epoch_of(base));
    return changes_end(changes);
}

static enum status count_rows(struct store_batch *base, struct str project,
                              struct store_actor actor, struct arena *arena,
                              struct store_erased *removed) {
    struct store_session *sessions = NULL;
    struct store_actor_day *days = NULL;
    size_t session_count = 0;
    size_t day_count = 0;
    enum status status = cassandra_actor_sessions(base->store, project, actor, -ENDLESS_MS,
                                                  ENDLESS_MS, arena, &sessions, &session_count);
    if (status == STATUS_OK) {
        status = cassandra_actor_days(base->store, project, actor, -1000000, 1000000, arena, &days,
                                      &day_count);
    }
    removed->sessions += session_count;
    removed->days += day_count;
    return status;
}

static enum status remove_links(struct store_batch *base, struct str project, struct str user_id,
                                struct arena *arena, struct store_erased *removed) {
    struct str *ids = NULL;
    size_t count = 0;
    enum status status =
        cassandra_links_ever(cassandra_of(base->store), project, user_id, arena, &ids, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = cassandra_batch_link_remove(base, project, ids[i], user_id);
        removed->links++;
    }
    return status;
}

static enum status erase(struct store_batch *base, struct str project, struct store_actor actor,
                         unsigned limit, struct arena *arena, struct store_erased *removed,
                         bool *more) {
    struct store_actor_state state = {0};
    enum status status = cassandra_actor_get(base->store, project, actor, arena, &state);
    bool found = status == STATUS_OK;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    status = remove_timeline(base, project, actor, limit, state.events / CASSANDRA_PART_EVENTS + 1,
                             arena, removed, more);
    if (status != STATUS_OK || *more) {
        return status;
    }
    status = count_rows(base, project, actor, arena, removed);
    static const enum statement statements[] = {STATEMENT_SESSIONS_REMOVE, STATEMENT_DAYS_REMOVE,
                                                STATEMENT_STATE_REMOVE};
    for (size_t i = 0; i < 3 && found && status == STATUS_OK; i++) {
        status = remove_all(base, statements[i], project, actor);
    }
    removed->states += found;
    return status == STATUS_OK && actor.kind == STORE_ACTOR_USER
               ? remove_links(base, project, actor.id, arena, removed)
               : status;
}

enum status cassandra_batch_erase(struct store_batch *base, struct str project,
                                  struct store_actor actor, unsigned limit,
                                  struct store_erased *removed, bool *more) {
    struct arena arena;
    arena_init(&arena, (size_t)16 << 10, 0);
    enum status status = erase(base, project, actor, limit, &arena, removed, more);
    arena_free(&arena);
    return status;
}

// --- Links --------------------------------------------------------------------------------------------------------------

struct looked {
    struct str user_id;
    int64_t linked_ms;
    bool found;
};

static enum status take_link(struct cassandra_read *read, const struct cql_value *columns) {
    struct looked *looked = read->context;
    if (!str_equal(columns[0].bytes, looked->user_id)) {
        return STATUS_OK;
    }
    looked->found = true;
    return cql_get_bigint(columns[1], &looked->linked_ms);
}

static enum status look(struct store_batch *base, struct str project, struct str anonymous_id,
                        struct looked *looked) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, project);
    cql_bind_text(values, anonymous_id);
    cql_bind_bigint(values, epoch_of(base));
    struct cassandra_read read = {.statement = STATEMENT_LINKS_GET,
                                  .values = cql_values_bytes(values),
                                  .value_count = values->count,
                                  .columns = 2,
                                  .row = take_link,
                                  .context = looked};
    enum status status = buffer_status(values->out);
    return status == STATUS_OK ? cassandra_read_many(cassandra_of(base->store), &read, 1) : status;
}

enum status cassandra_link_known(struct store_batch *base, struct str project,
                                 struct str anonymous_id, struct str user_id, int64_t linked_ms,
                                 bool *known) {
    struct looked looked = {.user_id = user_id};
    enum status status = look(base, project, anonymous_id, &looked);
    *known = looked.found && looked.linked_ms <= linked_ms;
    return status;
}

enum status cassandra_batch_unlink(struct store_batch *base, struct str project,
                                   struct str anonymous_id, struct str user_id,
                                   struct store_erased *removed) {
    struct looked looked = {.user_id = user_id};
    enum status status = look(base, project, anonymous_id, &looked);
    if (status != STATUS_OK || !looked.found) {
        return status;
    }
    removed->links++;
    return cassandra_batch_link_remove(base, project, anonymous_id, user_id);
}

// --- Dead letters -------------------------------------------------------------------------------------------------------

enum status cassandra_batch_letters_remove(struct store_batch *base, struct str project,
                                           struct str needle, struct store_erased *removed) {
    struct arena arena;
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    struct changes *changes = cassandra_batch_changes(base);
    arena_init(&arena, (size_t)16 << 10, 0);
    enum status status = cassandra_letters_all(base->store, project, &arena, &letters, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct str record = letters[i].record;
        if (letters[i].partition != cassandra_batch_place(base)->partition || record.len == 0 ||
            !memmem(record.data, record.len, needle.data, needle.len)) {
            continue;
        }
        struct cql_values *values = changes_begin(changes, STATEMENT_LETTER_REMOVE);
        cql_bind_text(values, project);
        cql_bind_date(values, cassandra_utc_day(letters[i].received_ms));
        cql_bind_bigint(values, epoch_of(base));
        cql_bind_timestamp(values, letters[i].received_ms);
        cql_bind_int(values, (int32_t)letters[i].partition);
        cql_bind_bigint(values, letters[i].offset);
        status = changes_end(changes);
        removed->letters++;
    }
    arena_free(&arena);
    return status;
}

// --- Receipts and refusals ------------------------------------------------------------------------------------------------

enum status cassandra_batch_erasure_part(struct store_batch *base, struct str id,
                                         const struct store_erasure_part *part) {
    struct changes *changes = cassandra_batch_changes(base);
    struct cql_values *values = changes_begin(changes, STATEMENT_ERASURE_PART_PUT);
    int32_t count = 0;
    cql_bind_text(values, id);
    cql_bind_int(values, (int32_t)part->part);
    cql_bind_boolean(values, part->done);
    cql_bind_timestamp(values, part->done_ms);
    struct cql_collection map = cql_bind_begin_collection(values);
#define X(name)                                                                                    \
    cql_bind_text(values, STR(#name));                                                             \
    cql_bind_bigint(values, (int64_t)part->removed.name);                                          \
    count++;
    STORE_ERASED_LIST(X)
#undef X
    cql_bind_end(values, map, count);
    return changes_end(changes);
}

static struct cql_values *begin_refusal(struct store_batch *base, bool refused, unsigned partition,
                                        struct str project, struct str person) {
    struct cql_values *values = changes_begin(
        cassandra_batch_changes(base), refused ? STATEMENT_REFUSAL_PUT : STATEMENT_REFUSAL_REMOVE);
    cql_bind_bigint(values, epoch_of(base));
    cql_bind_int(values, (int32_t)partition);
    cql_bind_text(values, project);
    cql_bind_text(values, person);
    return values;
}

enum status cassandra_batch_refuse(struct store_batch *base, struct str project, struct str person,
                                   bool refused, int64_t since_ms) {
    struct changes *changes = cassandra_batch_changes(base);
    unsigned partition = cassandra_batch_place(base)->partition;
    enum status status = STATUS_OK;
    // Nobody wrote the carried row but who moved it here, in the first batch of its partition: this one's stamp is above.
    if (partition != STORE_PARTITION_CARRIED) {
        (void)begin_refusal(base, false, STORE_PARTITION_CARRIED, project, person);
        status = changes_end(changes);
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct cql_values *values = begin_refusal(base, refused, partition, project, person);
    if (refused) {
        cql_bind_timestamp(values, since_ms);
    }
    return changes_end(changes);
}
