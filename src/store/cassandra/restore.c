// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Profiles written as they were in another store.
//
// Without conditions, many in flight: nobody else writes meanwhile. Their timestamp is their version, which is below what any
// conditional write is stamped with: microseconds since 1970. So the highest version stands, and what was put stays.
#include "store/cassandra/engine_table.h"
#include "store/cassandra/profiles.h"

#define TRIES_MAX 20
#define PROFILE_BYTES_MAX ((size_t)64 << 20)

struct restoring {
    struct cassandra_flight flight;
    struct str project;
    struct arena arena; // values, until all have arrived
};

static enum status send(struct restoring *restoring, enum statement statement,
                        const struct cql_values *values) {
    enum status status = buffer_status(values->out);
    struct str own = STR_EMPTY;
    if (status == STATUS_OK) {
        own = arena_copy(&restoring->arena, cql_values_bytes(values));
        status = own.data == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    if (status == STATUS_OK) {
        cassandra_flight_send(&restoring->flight, statement, own, values->count);
    }
    return status;
}

// The same each time, so that a restore that is repeated changes nothing.
static void name_claim(struct str project, struct str email, uint8_t claim[CASSANDRA_ID_BYTES]) {
    for (unsigned i = 0; i < CASSANDRA_ID_BYTES; i++) {
        uint64_t hash = str_hash(email, str_hash(project, i < 8 ? 1 : 2));
        claim[i] = (uint8_t)(hash >> (8 * (i % 8)));
    }
}

static enum status send_claim(struct restoring *restoring, const struct store_profile *profile) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    uint8_t claim[CASSANDRA_ID_BYTES];
    name_claim(restoring->project, profile->email, claim);
    cql_bind_bigint(values, (int64_t)profile->version);
    cql_bind_text(values, profile->id);
    cql_bind_uuid(values, claim);
    cql_bind_text(values, restoring->project);
    cql_bind_text(values, profile->email);
    return send(restoring, STATEMENT_CLAIM_RESTORE, values);
}

static enum status send_profile(struct restoring *restoring, const struct store_profile *profile) {
    struct buffer buffer;
    struct cql_values values;
    buffer_init(&buffer, PROFILE_BYTES_MAX);
    cql_values_begin(&values, &buffer);
    cql_bind_bigint(&values, (int64_t)profile->version);
    cql_bind_text(&values, profile->email);
    cql_bind_text(&values, profile->name);
    cql_bind_text(&values, profile->traits.data == NULL ? STR("") : profile->traits);
    cql_bind_bigint(&values, (int64_t)profile->version);
    cql_bind_timestamp(&values, profile->created_ms);
    cql_bind_timestamp(&values, profile->updated_ms);
    profiles_bind_key(&values, restoring->project, profile->id);
    enum status status = send(restoring, STATEMENT_PROFILE_RESTORE, &values);
    buffer_free(&buffer);
    return status;
}

enum status cassandra_profiles_restore(struct store *base, struct str project,
                                       const struct store_profile *profiles, size_t count) {
    struct cassandra_store *store = cassandra_of(base);
    struct restoring restoring = {.project = project};
    arena_init(&restoring.arena, (size_t)64 << 10, 0);
    enum status status =
        cassandra_flight_init(&restoring.flight, store, 2 * count + 1, &restoring.arena);
    if (status != STATUS_OK) {
        arena_free(&restoring.arena);
        return status;
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (profiles[i].email.data != NULL) {
            status = send_claim(&restoring, &profiles[i]);
        }
        if (status == STATUS_OK) {
            status = send_profile(&restoring, &profiles[i]);
        }
    }
    enum status arrived = cassandra_flight_finish(&restoring.flight);
    arena_free(&restoring.arena);
    return status == STATUS_OK ? arrived : status;
}

// --- Floors -----------------------------------------------------------------------------------------------------------------

static void bind_floor(struct cql_values *values, bool is_set, int64_t floor) {
    if (is_set) {
        cql_bind_bigint(values, floor);
    } else {
        cql_bind_null(values);
    }
}

// *is_set false: the bucket has none.
static enum status read_floor(struct cassandra_store *store, struct str project, int32_t bucket,
                              bool *is_set, int64_t *floor) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct cql_result *result = NULL;
    struct cql_value columns[4];
    cql_bind_text(values, project);
    cql_bind_int(values, bucket);
    enum status status =
        cassandra_run_row(store, STATEMENT_BUCKET_GET, values, &result, columns, 4);
    *is_set = status == STATUS_OK && !cql_is_null(columns[2]);
    if (*is_set) {
        status = cql_get_bigint(columns[2], floor);
    }
    cql_result_free(result);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status raise(struct cassandra_store *store, struct str project, int32_t bucket,
                         int64_t version) {
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        bool is_set = false;
        bool applied = false;
        bool unknown = false;
        int64_t floor = 0;
        enum status status = read_floor(store, project, bucket, &is_set, &floor);
        if (status != STATUS_OK || (is_set && floor >= version)) {
            return status;
        }
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        cql_bind_bigint(values, version);
        cql_bind_text(values, project);
        cql_bind_int(values, bucket);
        bind_floor(values, is_set, floor);
        status = cassandra_decide(store, STATEMENT_FLOOR_RAISE, values, &applied, &unknown);
        if (applied || (status != STATUS_OK && !unknown)) {
            return status;
        }
        profiles_pause(store, tries);
    }
    return STATUS_UNAVAILABLE;
}

enum status cassandra_version_floor_raise(struct store *base, struct str project,
                                          uint64_t version) {
    enum status status = STATUS_OK;
    for (int32_t bucket = 0; bucket < PROFILES_BUCKETS && status == STATUS_OK; bucket++) {
        status = raise(cassandra_of(base), project, bucket, (int64_t)version);
    }
    return status;
}
