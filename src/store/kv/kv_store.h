// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The store above a struct kv: its object, and what the files of kv/ share. Private to src/store/kv/ and the engines.
#ifndef FOOTFALL_STORE_KV_KV_STORE_H
#define FOOTFALL_STORE_KV_KV_STORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buffer.h"
#include "store/engine.h"
#include "store/kv/keys.h"
#include "store/kv/kv.h"
#include "store/kv/values.h"

#define KV_STORE_STRIPES 16
#define KV_STORE_FLOORS 256
#define KV_STORE_VALUE_MAX ((size_t)64 << 20) // largest stored value

struct kv_store {
    struct store store;
    struct kv *kv;
    // Where removing old generations goes on; under `people`.
    size_t sweep_table;
    struct keys_key sweep_key;
    bool borrowed;               // the kv is another store's: of a generation that is being filled
    _Atomic uint16_t generation; // of the derived tables; changes with store_generation_switch
    // Check-then-write of people's data. The fsync is outside, so that concurrent writers share one.
    pthread_mutex_t people;
    // A partition's offset: checked and written by one commit at a time.
    pthread_mutex_t partitions[KV_STORE_STRIPES];
    // Below this chunk nothing is left of a partition's dedupe window: forgetting need not look there again. By partition,
    // under its lock; partitions beyond the array look from the start each time.
    int64_t seen_floors[KV_STORE_FLOORS];
    // The epoch of the log this store is filled from: unknown until the first commit, then fixed.
    pthread_mutex_t epoch_lock;
    bool epoch_known;
    int64_t epoch;
};

static inline struct kv_store *kv_store_of(struct store *store) {
    return (struct kv_store *)store;
}

// --- kv_store.c
// The engine's get or peek.
MUST_CHECK enum status kv_store_get(struct kv_store *store, enum store_reach reach,
                                    enum kv_family family, const struct keys_key *key,
                                    struct arena *arena, struct str *value);
// NOT_FOUND, CORRUPT.
MUST_CHECK enum status kv_store_get_number(struct kv_store *store, const struct keys_key *key,
                                           int64_t *number);
MUST_CHECK enum status kv_store_batch_number(struct kv_batch *batch, const struct keys_key *key,
                                             int64_t number);

// Another store of the same rows, whose derived data are those of that generation.
MUST_CHECK enum status kv_store_borrow(struct kv_store *store, uint16_t generation,
                                       struct store **out);

static inline pthread_mutex_t *kv_store_partition_lock(struct kv_store *store, unsigned partition) {
    return &store->partitions[partition % KV_STORE_STRIPES];
}

// Rows of a result, growing in an arena.
struct kv_rows {
    char *items;
    size_t count, capacity, size;
};
void *kv_rows_add(struct kv_rows *rows, struct arena *arena); // NULL: no memory

// --- admin.c: rows that are few, each under a key of its own in KV_MAIN. Durable when they return.
MUST_CHECK enum status kv_admin_put_new(struct kv_store *store, const struct keys_key *key,
                                        const struct buffer *value); // EXISTS
// All values of a table, ordered by key; each goes to `get`, which fills the row from what lives in the arena.
MUST_CHECK enum status kv_admin_read_all(struct kv_store *store, enum keys_table table,
                                         struct arena *arena, struct kv_rows *rows,
                                         bool (*get)(struct str value, void *row));
// decide: fills value from the old one, or gives the status that stops the change. decide NULL: removes the row. NOT_FOUND.
MUST_CHECK enum status kv_admin_change(struct kv_store *store, const struct keys_key *key,
                                       enum status (*decide)(struct str old, struct buffer *value,
                                                             void *context),
                                       struct buffer *value, void *context);

// --- Reads by reach, each in the file of its subject
MUST_CHECK enum status kv_read_profile(struct kv_store *store, enum store_reach reach,
                                       struct str project, struct str id, struct arena *arena,
                                       struct store_profile *out);
MUST_CHECK enum status kv_read_state(struct kv_store *store, enum store_reach reach,
                                     struct str project, struct store_actor actor,
                                     struct arena *arena, struct store_actor_state *out);
// From memory only when there are none.
MUST_CHECK enum status kv_read_links(struct kv_store *store, enum store_reach reach,
                                     struct str project, struct str user_id, struct arena *arena,
                                     struct str **anonymous_ids, size_t *count);

// --- generations.c: the one that is being filled, if there is one.
bool kv_generation_next(struct kv_store *store, uint16_t *next);

// --- letters.c: whether somebody has dealt with the letter: then it is put no more.
// A stored mark. False: it is none.
bool kv_letter_mark_read(struct str value, struct store_letter_mark *mark);
MUST_CHECK enum status kv_letter_settled(struct kv_store *store, unsigned partition, int64_t offset,
                                         bool *settled);

// --- each in the file of its name; they are entries of the engine table
extern const struct store_engine kv_store_engine_memory, kv_store_engine_rocksdb;

enum status kv_profile_put(struct store *store, struct str project, struct store_profile *profile,
                           enum store_expect expect, uint64_t version, bool *created);
enum status kv_profile_get(struct store *store, struct str project, struct str id,
                           struct arena *arena, struct store_profile *out);
enum status kv_profile_find_email(struct store *store, struct str project, struct str email,
                                  struct arena *arena, struct str *id);
enum status kv_profile_delete(struct store *store, struct str project, struct str id,
                              enum store_expect expect, uint64_t version);
enum status kv_profile_list(struct store *store, struct str project, struct str after,
                            unsigned limit, struct arena *arena, struct store_profile **out,
                            size_t *count, bool *more);
enum status kv_timeline_read(struct store *store, struct str project,
                             const struct store_timeline_query *query, struct arena *arena,
                             struct store_timeline_row **out, size_t *count, bool *more);
enum status kv_actor_get(struct store *store, struct str project, struct store_actor actor,
                         struct arena *arena, struct store_actor_state *out);
enum status kv_actor_days(struct store *store, struct str project, struct store_actor actor,
                          int32_t from, int32_t to, struct arena *arena,
                          struct store_actor_day **out, size_t *count);
enum status kv_actor_sessions(struct store *store, struct str project, struct store_actor actor,
                              int64_t from_ms, int64_t to_ms, struct arena *arena,
                              struct store_session **out, size_t *count);
enum status kv_actors_load(struct store *store, struct store_actor_request *requests, size_t count,
                           struct arena *arena);
enum status kv_link_owner(struct store *store, struct str project, struct str anonymous_id,
                          struct arena *arena, struct str *user_id);
enum status kv_links_of(struct store *store, struct str project, struct str user_id,
                        struct arena *arena, struct str **anonymous_ids, size_t *count);
enum status kv_user_get(struct store *store, struct str project, struct str id,
                        enum store_reach reach, struct arena *arena, struct store_user *out);
enum status kv_totals_read(struct store *store, struct str project, int32_t from, int32_t to,
                           uint64_t metrics, struct arena *arena, struct store_total **out,
                           size_t *count);
enum status kv_totals_load(struct store *store, unsigned partition, struct str project, int32_t day,
                           struct arena *arena, struct store_total **out, size_t *count);
enum status kv_partition_offset(struct store *store, int64_t epoch, unsigned partition,
                                int64_t *next_offset);
void kv_partition_release(struct store *store, unsigned partition);
enum status kv_seen_load(struct store *store, unsigned partition,
                         bool (*visit)(int64_t chunk, int64_t last_ms, const uint64_t *hashes,
                                       size_t count, void *context),
                         void *context);
enum status kv_batch_begin(struct store *store, int64_t epoch, unsigned partition,
                           struct store_batch **out);
enum status kv_batch_timeline(struct store_batch *batch, struct str project,
                              struct store_actor actor, const struct store_timeline_row *row);
enum status kv_batch_actor(struct store_batch *batch, struct str project, struct store_actor actor,
                           const struct store_actor_state *state);
enum status kv_batch_actor_day(struct store_batch *batch, struct str project,
                               struct store_actor actor, const struct store_actor_day *day);
enum status kv_batch_session(struct store_batch *batch, struct str project,
                             struct store_actor actor, const struct store_session *session);
enum status kv_batch_session_remove(struct store_batch *batch, struct str project,
                                    struct store_actor actor, int64_t start_ms);
enum status kv_batch_link(struct store_batch *batch, struct str project, struct str anonymous_id,
                          struct str user_id, int64_t linked_ms);
enum status kv_batch_total(struct store_batch *batch, struct str project,
                           const struct store_total *total);
enum status kv_batch_seen(struct store_batch *batch, int64_t chunk, int64_t last_ms,
                          const uint64_t *hashes, size_t count);
enum status kv_batch_seen_forget(struct store_batch *batch, int64_t below_chunk);
enum status kv_batch_dead_letter(struct store_batch *batch, struct str project,
                                 const struct store_dead_letter *letter);
size_t kv_batch_bytes(const struct store_batch *batch);
enum status kv_batch_commit(struct store_batch *batch, int64_t next_offset);
void kv_batch_discard(struct store_batch *batch);
enum status kv_flush(struct store *store);
enum status kv_generation_begin(struct store *store, const struct store_generation_start *start);
enum status kv_generation_note(struct store *store, const uint8_t *version, struct str note);
enum status kv_generation_open(struct store *store, struct arena *arena, struct str *note,
                               struct store **out);
enum status kv_generation_end(struct store *store, const struct store_generation_ending *ending);
enum status kv_generation_past(struct store *store, struct arena *arena, struct str *past);
enum status kv_generation_sweep(struct store *store, size_t rows, bool *more);
enum status kv_letters_read(struct store *store, const struct store_letter_query *query,
                            struct arena *arena, struct store_dead_letter **out, size_t *count,
                            bool *more);
enum status kv_letters_age(struct store *store, int64_t before_ms, unsigned limit,
                           uint64_t *removed, bool *more);
// What is too old: a scan of [lower, upper), of which collect puts into the batch what is to go, and counts it; then the batch is written.
typedef enum status kv_collect(struct kv_store *store, struct kv_scan *scan, struct kv_batch *batch,
                               uint64_t *found, void *context);
MUST_CHECK enum status kv_remove(struct kv_store *store, enum kv_family family, struct str lower,
                                 struct str upper, kv_collect *collect, void *context,
                                 uint64_t *removed);
enum status kv_sessions_age(struct store *store, int64_t before_ms, size_t limit,
                            struct buffer *position, uint64_t *removed);
enum status kv_letter_mark(struct store *store, const struct store_dead_letter *letter,
                           const struct store_letter_mark *mark);
enum status kv_letter_mark_get(struct store *store, unsigned partition, int64_t offset,
                               struct store_letter_mark *out);
enum status kv_project_put(struct store *store, const struct store_project *project);
enum status kv_projects(struct store *store, struct arena *arena, struct store_project **out,
                        size_t *count);
enum status kv_key_put(struct store *store, const struct store_key *key);
enum status kv_key_delete(struct store *store, struct str id);
enum status kv_keys(struct store *store, struct arena *arena, struct store_key **out,
                    size_t *count);
enum status kv_account_put(struct store *store, const struct store_account *account);
enum status kv_accounts(struct store *store, struct arena *arena, struct store_account **out,
                        size_t *count);
enum status kv_account_replace(struct store *store, const struct store_account *account,
                               int64_t version);
enum status kv_account_delete(struct store *store, struct str email);
enum status kv_delivery_put(struct store *store, const struct store_delivery *row,
                            int64_t old_version);
enum status kv_deliveries(struct store *store, struct str name, struct arena *arena,
                          struct store_delivery **out, size_t *count);
// A row as it is stored; context: struct store_delivery, which points into `in`.
bool kv_delivery_read(struct str in, void *context);
enum status kv_deliveries_sweep(struct store *store, int64_t before_ms);
enum status kv_signing_key_put(struct store *store, const struct store_signing_key *key);
enum status kv_signing_key_delete(struct store *store, int64_t number);
enum status kv_signing_keys(struct store *store, struct arena *arena,
                            struct store_signing_key **out, size_t *count);
enum status kv_family_put(struct store *store, const struct store_family *family, int64_t now_ms);
enum status kv_family_get(struct store *store, struct str id, struct arena *arena,
                          struct store_family *out);
enum status kv_family_turn(struct store *store, struct str id, struct str hash, struct str new_hash,
                           int64_t expires_ms, int64_t now_ms);
enum status kv_family_delete(struct store *store, struct str id);
enum status kv_revocation_put(struct store *store, const struct store_revocation *revocation,
                              int64_t now_ms);
enum status kv_revocations(struct store *store, int64_t now_ms, struct arena *arena,
                           struct store_revocation **out, size_t *count);
enum status kv_tokens_sweep(struct store *store, int64_t now_ms);
enum status kv_report_get(struct store *store, struct str project, int32_t day, struct arena *arena,
                          struct store_report *out);
enum status kv_report_put(struct store *store, struct str project,
                          const struct store_report *report);

enum status kv_audit_append(struct store *store, const struct store_audit *audit);
enum status kv_audit_read(struct store *store, const struct store_audit_query *query,
                          struct arena *arena, struct store_audit **out, size_t *count, bool *more);
enum status kv_usage_put(struct store *store, const struct store_usage *usage);
enum status kv_usage_read(struct store *store, int32_t day, struct arena *arena,
                          struct store_usage **out, size_t *count);

// --- erasure.c, erasures.c
struct kv_batch *kv_batch_writes(struct store_batch *base);
unsigned kv_batch_partition(struct store_batch *base);
void kv_erasure_part_key(struct keys_key *key, struct str id);
void values_put_erasure_part(struct buffer *out, const struct store_erasure_part *part);
enum status kv_erasure_put(struct store *store, const struct store_erasure *erasure);
enum status kv_erasures(struct store *store, struct arena *arena, struct store_erasure **out,
                        size_t *count);
enum status kv_erasure_parts(struct store *store, struct str id, struct arena *arena,
                             struct store_erasure_part **out, size_t *count);
enum status kv_batch_erase(struct store_batch *batch, struct str project, struct store_actor actor,
                           unsigned limit, struct store_erased *removed, bool *more);
enum status kv_batch_unlink(struct store_batch *batch, struct str project, struct str anonymous_id,
                            struct str user_id, struct store_erased *removed);
enum status kv_batch_letters_remove(struct store_batch *batch, struct str project,
                                    struct str needle, struct store_erased *removed);
enum status kv_batch_erasure_part(struct store_batch *batch, struct str id,
                                  const struct store_erasure_part *part);
enum status kv_batch_refuse(struct store_batch *batch, struct str project, struct str person,
                            bool refused, int64_t since_ms);
enum status kv_refusals(struct store *store, struct arena *arena, struct store_refusal **out,
                        size_t *count);
enum status kv_link_users(struct store *store, struct str project, struct str anonymous_id,
                          struct arena *arena, struct str **out, size_t *count);
enum status kv_hold_put(struct store *store, const struct store_hold *hold);
enum status kv_hold_delete(struct store *store, struct str project, struct str person);
enum status kv_holds(struct store *store, struct arena *arena, struct store_hold **out,
                     size_t *count);
enum status kv_report_revisions(struct store *store, struct str project, int32_t day,
                                struct arena *arena, struct store_report **out, size_t *count);
enum status kv_report_rewrite(struct store *store, struct str project,
                              const struct store_report *report);
enum status kv_secret(struct store *store, struct str name, uint8_t secret[STORE_SECRET_BYTES]);

enum status kv_walk(struct store *store, enum store_row_kind kind, struct str after, size_t bytes,
                    struct arena *arena, struct store_page *out);
enum status kv_profiles_restore(struct store *store, struct str project,
                                const struct store_profile *profiles, size_t count);
enum status kv_version_floor_raise(struct store *store, struct str project, uint64_t version);

#endif
