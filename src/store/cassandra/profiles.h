// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What profiles.c and emails.c share: a profile's row with what conditional writes go by, and claims of emails.
//
// users has a project's profiles in buckets by id: a partition each, in order of ids, with two columns that all its rows share. `floor` is
// the highest version a deleted profile had; `guard` changes when somebody takes an email's claim from a user of the bucket. Both
// are conditions of every write, so neither can change between a read and the write that goes by it.
#ifndef FOOTFALL_STORE_CASSANDRA_PROFILES_H
#define FOOTFALL_STORE_CASSANDRA_PROFILES_H

#include "store/cassandra/cassandra.h"

#define PROFILES_BUCKETS 64
#define PROFILES_COLUMNS 10 // of STATEMENT_PROFILE_COLUMNS
#define PROFILES_WRITERS 64 // that may write one profile at once

struct profiles_id {
    bool is_set;
    uint8_t bytes[CASSANDRA_ID_BYTES];
};
// The last write of each writer: whose answer was lost finds its own here, however often others have written since.
struct profiles_writes {
    struct {
        uint8_t writer[CASSANDRA_ID_BYTES];
        int64_t version;
    } items[PROFILES_WRITERS];
    unsigned count;
};
struct profiles_row {
    bool exists;
    struct store_profile profile;
    struct profiles_writes writes;
    bool has_floor;
    int64_t floor;
    struct profiles_id guard;
};

int32_t profiles_bucket(struct str user_id);
// Columns as STATEMENT_PROFILE_COLUMNS begins.
MUST_CHECK enum status profiles_get(const struct cql_value *columns, struct arena *arena,
                                    struct store_profile *out);
void profiles_bind_key(struct cql_values *values, struct str project, struct str user_id);
void profiles_new_id(struct cassandra_store *store, struct profiles_id *id);
bool profiles_same_id(const struct profiles_id *a, const struct profiles_id *b);
MUST_CHECK enum status profiles_get_id(struct cql_value value, struct profiles_id *out);
static inline const uint8_t *profiles_id_bytes(const struct profiles_id *id) {
    return id->is_set ? id->bytes : NULL;
}
// OK with exists false when there is none. serial: what is being decided is finished first.
MUST_CHECK enum status profiles_read(struct cassandra_store *store, bool serial, struct str project,
                                     struct str user_id, struct arena *arena,
                                     struct profiles_row *out);
// Waits a little, longer with each try, so that writers who meet do not meet again.
void profiles_pause(struct cassandra_store *store, unsigned tries);

// --- writers.c ----------------------------------------------------------------------------------------------------------
// Who writes has a name that nobody else has meanwhile. So when the row's last write of that name is another one than before, it is
// this one. Names are used again, last in, first out, because every name that ever wrote a profile takes room in its row.
struct profiles_writer {
    struct profiles_writer *next; // among those that are free
    struct profiles_id name;
};
struct profiles_writer *profiles_take_writer(struct cassandra_store *store); // NULL: no memory
// certain: what became of its writes is known. Else the name is never used again, as the last of them may yet be done.
void profiles_give_back_writer(struct cassandra_store *store, struct profiles_writer *writer,
                               bool certain);
// The version of the writer's last write; 0: none is known.
int64_t profiles_written_by(const struct profiles_writes *writes, const struct profiles_id *writer);
// Notes the writer's newest write; the oldest of all goes when there is no room.
void profiles_note_write(struct profiles_writes *writes, const struct profiles_id *writer,
                         int64_t version);

// --- emails.c -----------------------------------------------------------------------------------------------------------
// Makes the email the user's, for a write that follows; *claim names this claim. CONFLICT: another user has it.
// To be called after the row was read whose guard that write goes by: see emails.c.
MUST_CHECK enum status emails_claim(struct cassandra_store *store, struct str project,
                                    struct str email, struct str user_id,
                                    struct profiles_id *claim);
// The claim that stands, when it is the user's; *claim is not set otherwise.
MUST_CHECK enum status emails_claim_of(struct cassandra_store *store, struct str project,
                                       struct str email, struct str user_id,
                                       struct profiles_id *claim);
// Gives up that very claim; a later one stays. What fails leaves an orphan, which nobody believes.
void emails_release(struct cassandra_store *store, struct str project, struct str email,
                    const struct profiles_id *claim);

#endif
