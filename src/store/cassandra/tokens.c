// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Signing keys, families of refresh tokens, revocations. What ends has a time to live.
//
// Revocations are read every few seconds by every process: they stand in partitions by the hour in which they end, and stay until none of
// these is read any more, so that nobody reads over what is left of deleted rows.
#include "store/cassandra/cassandra.h"
#include "store/cassandra/engine_table.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define HOURS_READ (STORE_REVOCATION_AHEAD_MS / HOUR_MS + 1)
#define REVOCATION_KEPT_S (4 * 3600)

static int32_t seconds_left(int64_t until_ms, int64_t now_ms) {
    int64_t seconds = (until_ms - now_ms + 999) / 1000;
    return (int32_t)(seconds < INT32_C(600000000) ? seconds
                                                  : INT32_C(600000000)); // at most 20 years
}

struct listing {
    struct cassandra_rows rows;
    struct arena *arena;
};

// --- Signing keys ---------------------------------------------------------------------------------------------------
enum status cassandra_signing_key_put(struct store *base, const struct store_signing_key *key) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool applied = false;
    cql_bind_bigint(values, key->number);
    cql_bind_text(values, key->kid);
    cql_bind_text(values, key->algorithm);
    cql_bind_blob(values, key->secret);
    cql_bind_timestamp(values, key->created_ms);
    cql_bind_timestamp(values, key->signs_from_ms);
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_SIGNING_KEY_PUT, values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_EXISTS : status;
}

enum status cassandra_signing_key_delete(struct store *base, int64_t number) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool applied = false;
    cql_bind_bigint(values, number);
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_SIGNING_KEY_DELETE, values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_NOT_FOUND : status;
}

static enum status take_signing_key(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_signing_key *row = cassandra_rows_add(&listing->rows, listing->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = cql_get_bigint(columns[0], &row->number);
    struct str *const texts[] = {&row->kid, &row->algorithm, &row->secret};
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++) {
        status = cassandra_get_text(columns[i + 1], listing->arena, texts[i]);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[4], &row->created_ms);
    }
    return status == STATUS_OK ? cql_get_bigint(columns[5], &row->signs_from_ms) : status;
}

enum status cassandra_signing_keys(struct store *base, struct arena *arena,
                                   struct store_signing_key **out, size_t *count) {
    struct listing listing = {{.size = sizeof(struct store_signing_key)}, arena};
    struct cassandra_read read = {.statement = STATEMENT_SIGNING_KEYS_GET,
                                  .columns = 6,
                                  .row = take_signing_key,
                                  .context = &listing};
    enum status status = cassandra_read_many(cassandra_of(base), &read, 1);
    *out = (struct store_signing_key *)(void *)listing.rows.items;
    *count = listing.rows.count;
    return status;
}

// --- Families -------------------------------------------------------------------------------------------------------
enum status cassandra_family_put(struct store *base, const struct store_family *family,
                                 int64_t now_ms) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool applied = false;
    cql_bind_text(values, family->id);
    cql_bind_text(values, family->hash);
    cql_bind_text(values, family->account);
    cql_bind_bigint(values, family->version);
    cql_bind_text(values, family->role);
    cql_bind_text(values, family->project);
    cql_bind_text(values, family->subject);
    cql_bind_timestamp(values, family->created_ms);
    cql_bind_timestamp(values, family->expires_ms);
    cql_bind_int(values, seconds_left(family->expires_ms, now_ms));
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_FAMILY_PUT, values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_EXISTS : status;
}

static struct str not_null(struct str text) {
    return text.data == NULL ? STR("") : text;
}

// Asked after every turn that may be under way: what was decided is seen.
enum status cassandra_family_get(struct store *base, struct str id, struct arena *arena,
                                 struct store_family *out) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct cql_result *result = NULL;
    struct cql_value columns[8];
    *out = (struct store_family){.id = id};
    cql_bind_text(values, id);
    enum status status =
        cassandra_run_row(cassandra_of(base), STATEMENT_FAMILY_GET, values, &result, columns, 8);
    struct str *const texts[] = {&out->hash, &out->account, &out->role, &out->project,
                                 &out->subject};
    int64_t *const numbers[] = {&out->version, &out->created_ms, &out->expires_ms};
    for (size_t i = 0; i < 5 && status == STATUS_OK; i++) {
        status = cassandra_get_text(columns[i], arena, texts[i]);
        *texts[i] = not_null(*texts[i]);
    }
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++) {
        status = cql_get_bigint(columns[5 + i], numbers[i]);
    }
    cql_result_free(result);
    return status;
}

enum status cassandra_family_turn(struct store *base, struct str id, struct str hash,
                                  struct str new_hash, int64_t expires_ms, int64_t now_ms) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool applied = false;
    cql_bind_int(values, seconds_left(expires_ms, now_ms));
    cql_bind_text(values, new_hash);
    cql_bind_text(values, id);
    cql_bind_text(values, hash);
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_FAMILY_TURN, values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_PRECONDITION : status;
}

enum status cassandra_family_delete(struct store *base, struct str id) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool applied = false;
    cql_bind_text(values, id);
    enum status status =
        cassandra_decide(cassandra_of(base), STATEMENT_FAMILY_DELETE, values, &applied, NULL);
    return status == STATUS_OK && !applied ? STATUS_NOT_FOUND : status;
}

// --- Revocations ----------------------------------------------------------------------------------------------------
enum status cassandra_revocation_put(struct store *base, const struct store_revocation *revocation,
                                     int64_t now_ms) {
    (void)now_ms;
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_bigint(values, revocation->until_ms / HOUR_MS);
    cql_bind_text(values, revocation->id);
    cql_bind_timestamp(values, revocation->until_ms);
    cql_bind_int(values, REVOCATION_KEPT_S);
    return cassandra_run(cassandra_of(base), STATEMENT_REVOCATION_PUT, values, NULL, NULL);
}

static enum status take_revocation(struct cassandra_read *read, const struct cql_value *columns) {
    struct listing *listing = read->context;
    struct store_revocation *row = cassandra_rows_add(&listing->rows, listing->arena);
    if (row == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = cassandra_get_text(columns[0], listing->arena, &row->id);
    return status == STATUS_OK ? cql_get_bigint(columns[1], &row->until_ms) : status;
}

enum status cassandra_revocations(struct store *base, int64_t now_ms, struct arena *arena,
                                  struct store_revocation **out, size_t *count) {
    struct listing listing = {{.size = sizeof(struct store_revocation)}, arena};
    struct cassandra_read reads[HOURS_READ] = {{.statement = STATEMENT_NONE}};
    enum status status = STATUS_OK;
    for (int64_t i = 0; i < HOURS_READ && status == STATUS_OK; i++) {
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        cql_bind_bigint(values, now_ms / HOUR_MS + i);
        status = cassandra_read_make(&reads[i], STATEMENT_REVOCATIONS_GET, values, 2, arena);
        reads[i].row = take_revocation;
        reads[i].context = &listing;
    }
    if (status == STATUS_OK) {
        status = cassandra_read_many(cassandra_of(base), reads, HOURS_READ);
    }
    struct store_revocation *all = (struct store_revocation *)(void *)listing.rows.items;
    size_t kept = 0;
    for (size_t i = 0; i < listing.rows.count; i++) {
        if (all[i].until_ms > now_ms) {
            all[kept++] = all[i];
        }
    }
    *out = all;
    *count = kept;
    return status;
}

enum status cassandra_tokens_sweep(struct store *base, int64_t now_ms) {
    (void)base;
    (void)now_ms;
    return STATUS_OK; // rows end by themselves
}
