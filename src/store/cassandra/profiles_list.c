// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Profiles in the order of their ids: every bucket has its own, and they are merged in rounds.
#include <stdlib.h>

#include "store/cassandra/engine_table.h"
#include "store/cassandra/profiles.h"

// A round over all buckets: the next rows of each, behind the same id.
struct round {
    struct arena *arena;
    struct cassandra_rows rows; // struct store_profile
    int32_t limit;              // of a bucket
    struct str complete; // up to this id nothing is missing; data NULL: nothing is missing at all
};
struct bucket {
    struct round *round;
    int32_t count;
};

static enum status take_profile(struct cassandra_read *read, const struct cql_value *columns) {
    struct bucket *bucket = read->context;
    struct round *round = bucket->round;
    struct store_profile *row = cassandra_rows_add(&round->rows, round->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = profiles_get(columns, round->arena, row);
    bucket->count++;
    if (status == STATUS_OK && bucket->count == round->limit &&
        (round->complete.data == NULL || str_compare(row->id, round->complete) < 0)) {
        round->complete = row->id;
    }
    return status;
}

static int compare_profiles(const void *a_memory, const void *b_memory) {
    const struct store_profile *a = a_memory;
    const struct store_profile *b = b_memory;
    return str_compare(a->id, b->id);
}

static enum status read_round(struct cassandra_store *store, struct str project, struct str after,
                              struct round *round) {
    struct arena scratch;
    struct bucket buckets[PROFILES_BUCKETS];
    struct cassandra_read reads[PROFILES_BUCKETS];
    enum status status = STATUS_OK;
    arena_init(&scratch, (size_t)16 << 10, 0);
    for (int32_t i = 0; i < PROFILES_BUCKETS && status == STATUS_OK; i++) {
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        cql_bind_text(values, project);
        cql_bind_int(values, i);
        cql_bind_text(values, after);
        cql_bind_int(values, round->limit);
        buckets[i] = (struct bucket){round, 0};
        status = cassandra_read_make(&reads[i], STATEMENT_PROFILE_LIST, values, PROFILES_COLUMNS,
                                     &scratch);
        reads[i].row = take_profile;
        reads[i].context = &buckets[i];
    }
    if (status == STATUS_OK) {
        status = cassandra_read_many(store, reads, PROFILES_BUCKETS);
    }
    arena_free(&scratch);
    if (status == STATUS_OK && round->rows.count > 1) {
        qsort(round->rows.items, round->rows.count, round->rows.size, compare_profiles);
    }
    return status;
}

static enum status add_complete(const struct round *round, unsigned limit, struct arena *arena,
                                struct cassandra_rows *out) {
    const struct store_profile *profiles =
        (const struct store_profile *)(const void *)round->rows.items;
    for (size_t i = 0; i < round->rows.count && out->count <= limit; i++) {
        if (round->complete.data != NULL && str_compare(profiles[i].id, round->complete) > 0) {
            break;
        }
        struct store_profile *row = cassandra_rows_add(out, arena);
        if (row == NULL) {
            return STATUS_NO_MEMORY;
        }
        *row = profiles[i];
    }
    return STATUS_OK;
}

enum status cassandra_profile_list(struct store *base, struct str project, struct str after,
                                   unsigned limit, struct arena *arena, struct store_profile **out,
                                   size_t *count, bool *more) {
    struct cassandra_rows rows = {.size = sizeof(struct store_profile)};
    struct str behind = after.data == NULL ? STR("") : after;
    enum status status = STATUS_OK;
    bool left = true;
    while (status == STATUS_OK && left && rows.count <= limit) {
        // Twice the share of each bucket, so that one round nearly always does.
        struct round round = {arena,
                              {.size = sizeof(struct store_profile)},
                              (int32_t)(limit / PROFILES_BUCKETS * 2 % (1 << 20)) + 4,
                              STR_EMPTY};
        status = read_round(cassandra_of(base), project, behind, &round);
        if (status == STATUS_OK) {
            status = add_complete(&round, limit, arena, &rows);
        }
        left = round.complete.data != NULL;
        behind = left ? round.complete : behind;
    }
    *more = rows.count > limit;
    *count = *more ? limit : rows.count;
    *out = (struct store_profile *)(void *)rows.items;
    return status;
}
