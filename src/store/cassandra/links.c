// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Identity links, a table in each direction; who owns an anonymous id is decided when it is read.
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

#define LINKS_MAX 1000
#define CANDIDATES_AT_ONCE 256

// The earliest link so far, and the least user id of equal times.
struct owner {
    struct arena *arena;
    struct str user_id; // data NULL: none yet
    int64_t linked_ms;
};

static enum status take_link(struct cassandra_read *read, const struct cql_value *columns) {
    struct owner *owner = read->context;
    int64_t linked_ms = 0;
    enum status status = cql_get_bigint(columns[1], &linked_ms);
    // Users come in bytewise order, so of equal times the first stays.
    if (status == STATUS_OK && (owner->user_id.data == NULL || linked_ms < owner->linked_ms)) {
        owner->linked_ms = linked_ms;
        status = cassandra_get_text(columns[0], owner->arena, &owner->user_id);
    }
    return status;
}

static enum status read_owners(struct cassandra_store *store, struct str project, int64_t epoch,
                               const struct str *ids, size_t count, struct arena *scratch,
                               struct owner *owners) {
    struct cassandra_read *reads = arena_alloc_array(scratch, count, sizeof *reads);
    enum status status = reads == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        cql_bind_text(values, project);
        cql_bind_text(values, ids[i]);
        cql_bind_bigint(values, epoch);
        status = cassandra_read_make(&reads[i], STATEMENT_LINKS_GET, values, 2, scratch);
        reads[i].row = take_link;
        reads[i].context = &owners[i];
    }
    return status == STATUS_OK ? cassandra_read_many(store, reads, count) : status;
}

enum status cassandra_link_owner(struct store *base, struct str project, struct str anonymous_id,
                                 struct arena *arena, struct str *user_id) {
    struct cassandra_store *store = cassandra_of(base);
    int64_t epoch = 0;
    enum status status = cassandra_epoch(store, &epoch);
    if (status != STATUS_OK) {
        return status;
    }
    struct arena scratch;
    arena_init(&scratch, 4096, 0);
    struct owner owner = {.arena = arena};
    status = read_owners(store, project, epoch, &anonymous_id, 1, &scratch, &owner);
    arena_free(&scratch);
    *user_id = owner.user_id;
    return status == STATUS_OK && owner.user_id.data == NULL ? STATUS_NOT_FOUND : status;
}

struct candidates {
    struct cassandra_rows rows; // struct str
    struct arena *arena;
};

static enum status take_candidate(struct cassandra_read *read, const struct cql_value *columns) {
    struct candidates *candidates = read->context;
    struct str *id = cassandra_rows_add(&candidates->rows, candidates->arena);
    return id == NULL ? STATUS_NO_MEMORY : cassandra_get_text(columns[0], candidates->arena, id);
}

// Anonymous ids ever linked to the user, behind `after`: as many as are dealt with at once.
static enum status read_candidates(struct cassandra_store *store, struct str project,
                                   struct str user_id, int64_t epoch, struct str after,
                                   struct candidates *candidates) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, project);
    cql_bind_text(values, user_id);
    cql_bind_bigint(values, epoch);
    cql_bind_text(values, after);
    cql_bind_int(values, CANDIDATES_AT_ONCE);
    struct cassandra_read read = {.statement = STATEMENT_LINKS_OF_USER_GET,
                                  .values = cql_values_bytes(values),
                                  .value_count = values->count,
                                  .columns = 1,
                                  .row = take_candidate,
                                  .context = candidates};
    enum status status = buffer_status(values->out);
    return status == STATUS_OK ? cassandra_read_many(store, &read, 1) : status;
}

// Of the candidates, those the user owns.
static enum status add_owned(struct cassandra_store *store, struct str project, struct str user_id,
                             int64_t epoch, const struct str *ids, size_t count,
                             struct arena *arena, struct cassandra_rows *owned) {
    struct arena scratch;
    arena_init(&scratch, (size_t)16 << 10, 0);
    struct owner *owners = arena_alloc_array(&scratch, count, sizeof *owners);
    enum status status = owners == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        owners[i].arena = &scratch;
    }
    if (status == STATUS_OK) {
        status = read_owners(store, project, epoch, ids, count, &scratch, owners);
    }
    for (size_t i = 0; i < count && owned->count < LINKS_MAX && status == STATUS_OK; i++) {
        if (owners[i].user_id.data != NULL && str_equal(owners[i].user_id, user_id)) {
            struct str *row = cassandra_rows_add(owned, arena);
            if (row == NULL) {
                status = STATUS_NO_MEMORY;
                break;
            }
            *row = ids[i];
        }
    }
    arena_free(&scratch);
    return status;
}

enum status cassandra_links_of(struct store *base, struct str project, struct str user_id,
                               struct arena *arena, struct str **anonymous_ids, size_t *count) {
    struct cassandra_store *store = cassandra_of(base);
    struct cassandra_rows owned = {.size = sizeof(struct str)};
    struct str after = STR("");
    int64_t epoch = 0;
    enum status status = cassandra_epoch(store, &epoch);
    size_t found = status == STATUS_OK ? CANDIDATES_AT_ONCE : 0;
    status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    while (status == STATUS_OK && found == CANDIDATES_AT_ONCE && owned.count < LINKS_MAX) {
        struct candidates candidates = {{.size = sizeof(struct str)}, arena};
        status = read_candidates(store, project, user_id, epoch, after, &candidates);
        const struct str *ids = (const struct str *)(const void *)candidates.rows.items;
        found = candidates.rows.count;
        if (status == STATUS_OK && found > 0) {
            status = add_owned(store, project, user_id, epoch, ids, found, arena, &owned);
            after = ids[found - 1];
        }
    }
    *anonymous_ids = (struct str *)(void *)owned.items;
    *count = owned.count;
    return status;
}

enum status cassandra_links_ever(struct cassandra_store *store, struct str project,
                                 struct str user_id, struct arena *arena, struct str **ids,
                                 size_t *count) {
    struct candidates candidates = {{.size = sizeof(struct str)}, arena};
    int64_t epoch = 0;
    enum status status = cassandra_epoch(store, &epoch);
    size_t before = 0;
    struct str after = STR("");
    do {
        before = candidates.rows.count;
        if (status == STATUS_OK) {
            status = read_candidates(store, project, user_id, epoch, after, &candidates);
        }
        const struct str *rows = (const struct str *)(const void *)candidates.rows.items;
        after = candidates.rows.count > 0 ? rows[candidates.rows.count - 1] : after;
    } while (status == STATUS_OK && candidates.rows.count == before + CANDIDATES_AT_ONCE);
    *ids = (struct str *)(void *)candidates.rows.items;
    *count = candidates.rows.count;
    return status;
}
