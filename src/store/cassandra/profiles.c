// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Profiles: written on condition that nothing has changed since they were read; versions that are never given twice.
#include <stdlib.h>

#include "store/cassandra/engine_table.h"
#include "store/cassandra/profiles.h"

#define TRIES_MAX 100
#define PAUSE_FIRST_US 1000
#define PAUSE_MOST_US 50000
#define PROFILE_BYTES_MAX ((size_t)64 << 20)

// Stored: never change it.
int32_t profiles_bucket(struct str user_id) {
    return (int32_t)(str_hash(user_id, 0) % PROFILES_BUCKETS);
}

void profiles_bind_key(struct cql_values *values, struct str project, struct str user_id) {
    cql_bind_text(values, project);
    cql_bind_int(values, profiles_bucket(user_id));
    cql_bind_text(values, user_id);
}

void profiles_new_id(struct cassandra_store *store, struct profiles_id *id) {
    id->is_set = true;
    cassandra_new_id(store, id->bytes);
}

bool profiles_same_id(const struct profiles_id *a, const struct profiles_id *b) {
    return a->is_set && b->is_set && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

enum status profiles_get_id(struct cql_value value, struct profiles_id *out) {
    *out = (struct profiles_id){.is_set = !cql_is_null(value)};
    return out->is_set ? cql_get_uuid(value, out->bytes) : STATUS_OK;
}

void profiles_pause(struct cassandra_store *store, unsigned tries) {
    int64_t most = PAUSE_FIRST_US << (tries < 6 ? tries : 6);
    most = most < PAUSE_MOST_US ? most : PAUSE_MOST_US;
    struct queue_waker waker;
    queue_waker_init(&waker);
    queue_wait(&waker, (int64_t)random_below(store->random, (uint64_t)most) + PAUSE_FIRST_US);
    queue_waker_destroy(&waker);
}

// --- Reading --------------------------------------------------------------------------------------------------------------

enum status profiles_get(const struct cql_value *columns, struct arena *arena,
                         struct store_profile *out) {
    struct str *const texts[] = {&out->id, &out->email, &out->name, &out->traits};
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < 4 && status == STATUS_OK; i++) {
        status = cassandra_get_text(columns[i], arena, texts[i]);
    }
    if (status == STATUS_OK) {
        status = cassandra_get_u64(columns[4], &out->version);
    }
    if (status == STATUS_OK) {
        status = cql_get_bigint(columns[5], &out->created_ms);
    }
    return status == STATUS_OK ? cql_get_bigint(columns[6], &out->updated_ms) : status;
}

static enum status decode_shared(struct cql_value floor, struct cql_value guard,
                                 struct profiles_row *out) {
    out->has_floor = !cql_is_null(floor);
    enum status status = cql_get_bigint(floor, &out->floor);
    return status == STATUS_OK ? profiles_get_id(guard, &out->guard) : status;
}

// What the rows of a bucket share, where there is no row to read it with.
static enum status read_bucket(struct cassandra_store *store, struct str project,
                               struct str user_id, struct profiles_row *out) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct cql_result *result = NULL;
    struct cql_value columns[4];
    cql_bind_text(values, project);
    cql_bind_int(values, profiles_bucket(user_id));
    enum status status =
        cassandra_run_row(store, STATEMENT_BUCKET_GET, values, &result, columns, 4);
    if (status == STATUS_OK) {
        status = decode_shared(columns[2], columns[3], out);
    }
    cql_result_free(result);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status decode_writes(struct cql_value value, struct profiles_writes *out) {
    struct cql_elements elements = {0};
    struct cql_value writer, version;
    int32_t count = 0;
    enum status status = cql_get_collection(value, &elements, &count);
    for (int32_t i = 0; i < count && i < PROFILES_WRITERS && status == STATUS_OK; i++) {
        status = cql_next_element(&elements, &writer);
        if (status == STATUS_OK) {
            status = cql_next_element(&elements, &version);
        }
        if (status == STATUS_OK) {
            status = cql_get_uuid(writer, out->items[i].writer);
        }
        if (status == STATUS_OK) {
            status = cql_get_bigint(version, &out->items[i].version);
            out->count++;
        }
    }
    return status == STATUS_END ? STATUS_CORRUPT : status;
}

enum status profiles_read(struct cassandra_store *store, bool serial, struct str project,
                          struct str user_id, struct arena *arena, struct profiles_row *out) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct cql_result *result = NULL;
    struct cql_value columns[PROFILES_COLUMNS];
    *out = (struct profiles_row){0};
    profiles_bind_key(values, project, user_id);
    enum status status =
        cassandra_run_row(store, serial ? STATEMENT_PROFILE_GET_SERIAL : STATEMENT_PROFILE_GET,
                          values, &result, columns, PROFILES_COLUMNS);
    if (status == STATUS_OK) {
        out->exists = true;
        status = profiles_get(columns, arena, &out->profile);
    }
    if (status == STATUS_OK) {
        status = decode_writes(columns[7], &out->writes);
    }
    if (status == STATUS_OK) {
        status = decode_shared(columns[8], columns[9], out);
    }
    cql_result_free(result);
    return status == STATUS_NOT_FOUND ? read_bucket(store, project, user_id, out) : status;
}

enum status cassandra_profile_get(struct store *base, struct str project, struct str id,
                                  struct arena *arena, struct store_profile *out) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct cql_result *result = NULL;
    struct cql_value columns[PROFILES_COLUMNS];
    struct store_profile profile = {0};
    profiles_bind_key(values, project, id);
    enum status status = cassandra_run_row(cassandra_of(base), STATEMENT_PROFILE_GET, values,
                                           &result, columns, PROFILES_COLUMNS);
    if (status == STATUS_OK) {
        status = profiles_get(columns, arena, &profile);
    }
    cql_result_free(result);
    if (status == STATUS_OK) {
        *out = profile;
    }
    return status;
}

// --- Writing --------------------------------------------------------------------------------------------------------------

// A write on its way, over all its tries.
struct writing {
    struct cassandra_store *store;
    struct str project;
    struct store_profile *profile;
    enum store_expect expect;
    uint64_t version;
    struct profiles_id name;  // of the writer
    int64_t before;           // its last write of this profile, as found at the first try
    bool sent;                // something may have been written
    struct profiles_id claim; // of the new email, when this write made one
    bool creates;             // the last try was for a profile that did not exist
    bool done;
};

static enum status check_expectation(enum store_expect expect, uint64_t version,
                                     const struct profiles_row *row) {
    switch (expect) {
    case STORE_EXPECT_ANY: return STATUS_OK;
    case STORE_EXPECT_ABSENT: return row->exists ? STATUS_EXISTS : STATUS_OK;
    case STORE_EXPECT_PRESENT: return row->exists ? STATUS_OK : STATUS_NOT_FOUND;
    case STORE_EXPECT_VERSION:
        return row->exists && row->profile.version == version ? STATUS_OK : STATUS_PRECONDITION;
    }
    return STATUS_INVALID;
}

static bool same_email(struct str a, struct str b) {
    return a.data != NULL && b.data != NULL && str_equal(a, b);
}

static void bind_conditions(struct cql_values *values, const struct profiles_row *row) {
    if (row->exists) {
        cql_bind_bigint(values, (int64_t)row->profile.version);
    } else {
        cql_bind_null(values);
    }
    if (row->has_floor) {
        cql_bind_bigint(values, row->floor);
    } else {
        cql_bind_null(values);
    }
    cassandra_bind_id(values, profiles_id_bytes(&row->guard));
}

static void bind_writes(struct cql_values *values, const struct writing *writing,
                        const struct profiles_row *row, uint64_t version) {
    struct profiles_writes writes = row->writes;
    profiles_note_write(&writes, &writing->name, (int64_t)version);
    struct cql_collection map = cql_bind_begin_collection(values);
    for (unsigned i = 0; i < writes.count; i++) {
        cql_bind_uuid(values, writes.items[i].writer);
        cql_bind_bigint(values, writes.items[i].version);
    }
    cql_bind_end(values, map, (int32_t)writes.count);
}

static enum status write_row(struct writing *writing, const struct profiles_row *row,
                             uint64_t version, int64_t created_ms, bool *unknown) {
    const struct store_profile *profile = writing->profile;
    struct buffer buffer;
    struct cql_values values;
    buffer_init(&buffer, PROFILE_BYTES_MAX);
    cql_values_begin(&values, &buffer);
    cql_bind_text(&values, profile->email);
    cql_bind_text(&values, profile->name);
    cql_bind_text(&values, profile->traits.data == NULL ? STR("") : profile->traits);
    cql_bind_bigint(&values, (int64_t)version);
    cql_bind_timestamp(&values, created_ms);
    cql_bind_timestamp(&values, profile->updated_ms);
    bind_writes(&values, writing, row, version);
    profiles_bind_key(&values, writing->project, profile->id);
    bind_conditions(&values, row);
    writing->sent = true;
    enum status status =
        cassandra_decide(writing->store, STATEMENT_PROFILE_PUT, &values, &writing->done, unknown);
    buffer_free(&buffer);
    return status;
}

// The email as it is before the write, and as it will be.
static enum status prepare_emails(struct writing *writing, const struct profiles_row *row,
                                  struct profiles_id *old_claim) {
    const struct store_profile *profile = writing->profile;
    struct str old_email = row->profile.email;
    bool stays = same_email(old_email, profile->email);
    enum status status = STATUS_OK;
    *old_claim = (struct profiles_id){0};
    if (old_email.data != NULL && !stays) {
        status =
            emails_claim_of(writing->store, writing->project, old_email, profile->id, old_claim);
    }
    if (status == STATUS_OK && profile->email.data != NULL && !stays) {
        status = emails_claim(writing->store, writing->project, profile->email, profile->id,
                              &writing->claim);
        writing->claim.is_set = status == STATUS_OK;
    }
    return status;
}

static void report(struct writing *writing, uint64_t version, int64_t created_ms, bool *created) {
    writing->profile->version = version;
    writing->profile->created_ms = created_ms;
    *created = writing->creates;
    writing->done = true;
}

static enum status try_put(struct writing *writing, unsigned tries, struct arena *arena,
                           bool *created, bool *unknown) {
    struct cassandra_store *store = writing->store;
    struct store_profile *profile = writing->profile;
    struct profiles_row row;
    enum status status =
        profiles_read(store, tries > 0, writing->project, profile->id, arena, &row);
    int64_t written = status == STATUS_OK ? profiles_written_by(&row.writes, &writing->name) : 0;
    if (tries == 0) {
        writing->before = written;
    } else if (written > writing->before) { // the answer was lost
        report(writing, (uint64_t)written, row.profile.created_ms, created);
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = check_expectation(writing->expect, writing->version, &row);
    }
    struct profiles_id old_claim = {0};
    if (status == STATUS_OK) {
        status = prepare_emails(writing, &row, &old_claim);
    }
    if (status != STATUS_OK) {
        return status;
    }
    uint64_t version = row.exists ? row.profile.version + 1 : (uint64_t)row.floor + 1;
    int64_t created_ms = row.exists ? row.profile.created_ms : profile->created_ms;
    writing->creates = !row.exists;
    status = write_row(writing, &row, version, created_ms, unknown);
    if (status == STATUS_OK && writing->done) {
        report(writing, version, created_ms, created);
        if (old_claim.is_set) {
            emails_release(store, writing->project, row.profile.email, &old_claim);
        }
    }
    return status;
}

enum status cassandra_profile_put(struct store *base, struct str project,
                                  struct store_profile *profile, enum store_expect expect,
                                  uint64_t version, bool *created) {
    struct writing writing = {.store = cassandra_of(base),
                              .project = project,
                              .profile = profile,
                              .expect = expect,
                              .version = version};
    struct profiles_writer *writer = profiles_take_writer(writing.store);
    if (writer == NULL) {
        return STATUS_NO_MEMORY;
    }
    writing.name = writer->name;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    enum status status = STATUS_OK;
    bool unknown = false;
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        arena_reset(&arena);
        unknown = false;
        status = try_put(&writing, tries, &arena, created, &unknown);
        if (writing.done || (status != STATUS_OK && !unknown)) {
            break;
        }
        profiles_pause(writing.store, tries);
    }
    arena_free(&arena);
    profiles_give_back_writer(writing.store, writer, writing.done || !writing.sent);
    if (!writing.done && status == STATUS_OK) {
        status = STATUS_UNAVAILABLE; // others wrote, each time
    }
    if (!writing.done && !unknown && writing.claim.is_set) {
        emails_release(writing.store, project, profile->email, &writing.claim);
    }
    return writing.done ? STATUS_OK : status;
}

// --- Deleting -------------------------------------------------------------------------------------------------------------

static enum status delete_row(struct cassandra_store *store, struct str project, struct str id,
                              const struct profiles_row *row, bool *applied, bool *unknown) {
    static const enum statement statements[2] = {STATEMENT_FLOOR_RAISE, STATEMENT_PROFILE_DELETE};
    struct cassandra_values memory[2];
    struct cql_values *floor = cassandra_values_begin(&memory[0]);
    struct cql_values *values = cassandra_values_begin(&memory[1]);
    int64_t version = (int64_t)row->profile.version;
    cql_bind_bigint(floor, version > row->floor ? version : row->floor);
    cql_bind_text(floor, project);
    cql_bind_int(floor, profiles_bucket(id));
    if (row->has_floor) {
        cql_bind_bigint(floor, row->floor);
    } else {
        cql_bind_null(floor);
    }
    profiles_bind_key(values, project, id);
    cql_bind_bigint(values, version);
    const struct cql_values *const both[2] = {floor, values};
    return cassandra_decide_two(store, statements, both, applied, unknown);
}

static enum status try_delete(struct cassandra_store *store, struct str project, struct str id,
                              enum store_expect expect, uint64_t version, unsigned tries,
                              struct arena *arena, bool *applied, bool *unknown) {
    struct profiles_row row;
    bool perhaps_gone = *unknown; // by the try before
    *unknown = false;
    enum status status = profiles_read(store, tries > 0, project, id, arena, &row);
    if (status == STATUS_OK && !row.exists && perhaps_gone) {
        *applied = true;
        return STATUS_OK;
    }
    if (status == STATUS_OK && expect == STORE_EXPECT_VERSION) {
        status = check_expectation(expect, version, &row);
    } else if (status == STATUS_OK && !row.exists) {
        status = STATUS_NOT_FOUND;
    }
    struct profiles_id claim = {0};
    if (status == STATUS_OK && row.profile.email.data != NULL) {
        status = emails_claim_of(store, project, row.profile.email, id, &claim);
    }
    if (status == STATUS_OK) {
        status = delete_row(store, project, id, &row, applied, unknown);
    }
    if (status == STATUS_OK && *applied && claim.is_set) {
        emails_release(store, project, row.profile.email, &claim);
    }
    return status;
}

enum status cassandra_profile_delete(struct store *base, struct str project, struct str id,
                                     enum store_expect expect, uint64_t version) {
    struct cassandra_store *store = cassandra_of(base);
    struct arena arena;
    arena_init(&arena, 4096, 0);
    enum status status = STATUS_OK;
    bool applied = false;
    bool unknown = false;
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        arena_reset(&arena);
        status = try_delete(store, project, id, expect, version, tries, &arena, &applied, &unknown);
        if (applied || (status != STATUS_OK && !unknown)) {
            break;
        }
        profiles_pause(store, tries);
    }
    arena_free(&arena);
    return status == STATUS_OK && !applied ? STATUS_UNAVAILABLE : status;
}
