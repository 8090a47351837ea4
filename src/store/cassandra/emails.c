// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Claims: a row says whose an email is. It is believed only if that user's profile has the email.
//
// Claim and profile are two partitions, so a writer may die between them, or be slow. Both leave a claim whose user does not have the
// email. Taking it over must not end with two profiles of one email, whatever the slow one does next:
//
//   who writes a profile                          who takes over
//   1 reads the row, and with it the guard        1 reads the claim
//   2 claims; an own claim is made anew           2 changes the guard of the other user's bucket
//   3 writes, if the guard is the same            3 reads the other's profile: it has the email? then CONFLICT
//                                                 4 makes the claim its own, if it is still the one read in 1
//
// If the writer's 2 comes before 4, then 4 fails, or 1 was later than the writer's 2; then the guard changed after the writer read it, and
// its 3 either came before (and is seen in 3) or fails. If 4 comes before 2, the writer finds the claim with somebody else. No clock is in
// it; but who finds such a claim waits a while first, since most are of writers about to finish.
#include "base/log.h"
#include "store/cassandra/engine_table.h"
#include "store/cassandra/profiles.h"

#define PATIENCE_US (2 * 1000 * 1000LL)
#define TRIES_MAX 200

struct claim_row {
    bool exists;
    struct str user_id;
    struct profiles_id claim;
};

static void bind_email(struct cql_values *values, struct str project, struct str email) {
    cql_bind_text(values, project);
    cql_bind_text(values, email);
}

static enum status read_claim(struct cassandra_store *store, bool serial, struct str project,
                              struct str email, struct arena *arena, struct claim_row *out) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bind_email(values, project, email);
    struct cql_result *result = NULL;
    struct cql_value columns[2];
    *out = (struct claim_row){0};
    enum status status =
        cassandra_run_row(store, serial ? STATEMENT_CLAIM_GET_SERIAL : STATEMENT_CLAIM_GET, values,
                          &result, columns, 2);
    if (status == STATUS_OK) {
        out->exists = true;
        status = cassandra_get_text(columns[0], arena, &out->user_id);
    }
    if (status == STATUS_OK) {
        status = profiles_get_id(columns[1], &out->claim);
    }
    cql_result_free(result);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status put_claim(struct cassandra_store *store, struct str project, struct str email,
                             struct str user_id, const struct profiles_id *claim,
                             const struct profiles_id *before, bool *applied, bool *unknown) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, user_id);
    cassandra_bind_id(values, claim->bytes);
    bind_email(values, project, email);
    cassandra_bind_id(values, profiles_id_bytes(before));
    return cassandra_decide(store, STATEMENT_CLAIM_PUT, values, applied, unknown);
}

static enum status has_email(struct cassandra_store *store, bool serial, struct str project,
                             struct str user_id, struct str email, struct arena *arena, bool *has) {
    struct profiles_row row;
    enum status status = profiles_read(store, serial, project, user_id, arena, &row);
    *has = status == STATUS_OK && row.exists && row.profile.email.data != NULL &&
           str_equal(row.profile.email, email);
    return status;
}

// Steps 2 and 3 of taking over.
static enum status fend_off(struct cassandra_store *store, struct str project, struct str user_id,
                            struct str email, struct arena *arena, bool *has) {
    bool applied = false;
    enum status status = STATUS_OK;
    for (unsigned tries = 0; !applied && status == STATUS_OK; tries++) {
        struct profiles_row row;
        struct profiles_id guard;
        profiles_new_id(store, &guard);
        status = profiles_read(store, true, project, user_id, arena, &row);
        if (status != STATUS_OK || tries == TRIES_MAX) {
            return status == STATUS_OK ? STATUS_UNAVAILABLE : status;
        }
        struct cassandra_values memory;
        struct cql_values *values = cassandra_values_begin(&memory);
        cassandra_bind_id(values, guard.bytes);
        cql_bind_text(values, project);
        cql_bind_int(values, profiles_bucket(user_id));
        cassandra_bind_id(values, profiles_id_bytes(&row.guard));
        // A lost answer is a failure here: changing the guard once more harms nobody, but 3 must come behind a change that is sure.
        status = cassandra_decide(store, STATEMENT_GUARD_CHANGE, values, &applied, NULL);
    }
    return status == STATUS_OK ? has_email(store, true, project, user_id, email, arena, has)
                               : status;
}

// The claim of another user: OK when it may be taken now, EXISTS when it is to be looked at again later.
static enum status face_other(struct cassandra_store *store, struct str project, struct str email,
                              const struct claim_row *row, int64_t since_us, struct arena *arena) {
    bool has = false;
    enum status status = has_email(store, false, project, row->user_id, email, arena, &has);
    if (status == STATUS_OK && !has) {
        if (store->clock->mono_us(store->clock) - since_us < PATIENCE_US) {
            return STATUS_EXISTS;
        }
        status = fend_off(store, project, row->user_id, email, arena, &has);
    }
    return status == STATUS_OK && has ? STATUS_CONFLICT : status;
}

static enum status claim(struct cassandra_store *store, struct str project, struct str email,
                         struct str user_id, struct arena *arena, struct profiles_id *out) {
    int64_t since_us = store->clock->mono_us(store->clock);
    struct profiles_id seen = {0}; // the claim that is being waited for
    profiles_new_id(store, out);
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        struct claim_row row;
        arena_reset(arena);
        enum status status = read_claim(store, tries > 0, project, email, arena, &row);
        if (status == STATUS_OK && row.exists && profiles_same_id(&row.claim, out)) {
            return STATUS_OK; // ours, and the answer was lost
        }
        if (status == STATUS_OK && row.exists && !str_equal(row.user_id, user_id)) {
            if (!profiles_same_id(&row.claim, &seen)) {
                seen = row.claim;
                since_us = store->clock->mono_us(store->clock);
            }
            status = face_other(store, project, email, &row, since_us, arena);
        }
        if (status == STATUS_EXISTS) {
            profiles_pause(store, tries);
            continue;
        }
        bool applied = false;
        bool unknown = false;
        if (status == STATUS_OK) {
            status = put_claim(store, project, email, user_id, out, &row.claim, &applied, &unknown);
        }
        if (applied || (status != STATUS_OK && !unknown)) {
            return status;
        }
        profiles_pause(store, tries);
    }
    return STATUS_UNAVAILABLE;
}

enum status emails_claim(struct cassandra_store *store, struct str project, struct str email,
                         struct str user_id, struct profiles_id *out) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    enum status status = claim(store, project, email, user_id, &arena, out);
    arena_free(&arena);
    return status;
}

enum status emails_claim_of(struct cassandra_store *store, struct str project, struct str email,
                            struct str user_id, struct profiles_id *out) {
    struct arena arena;
    struct claim_row row;
    arena_init(&arena, 1024, 0);
    *out = (struct profiles_id){0};
    enum status status = read_claim(store, false, project, email, &arena, &row);
    if (status == STATUS_OK && row.exists && str_equal(row.user_id, user_id)) {
        *out = row.claim;
    }
    arena_free(&arena);
    return status;
}

void emails_release(struct cassandra_store *store, struct str project, struct str email,
                    const struct profiles_id *claim) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    bool applied = false;
    bind_email(values, project, email);
    cassandra_bind_id(values, claim->bytes);
    if (cassandra_decide(store, STATEMENT_CLAIM_REMOVE, values, &applied, NULL) != STATUS_OK) {
        LOG_DEBUG("store", "the claim of an email was left behind");
    }
}

enum status cassandra_profile_find_email(struct store *base, struct str project, struct str email,
                                         struct arena *arena, struct str *id) {
    struct cassandra_store *store = cassandra_of(base);
    struct claim_row row;
    bool has = false;
    enum status status = read_claim(store, false, project, email, arena, &row);
    if (status == STATUS_OK && row.exists) {
        status = has_email(store, false, project, row.user_id, email, arena, &has);
    }
    *id = row.user_id;
    return status == STATUS_OK && !has ? STATUS_NOT_FOUND : status;
}
