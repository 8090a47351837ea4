// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The engine's callbacks, each in the file of its subject; they keep what store.h and engine.h say.
#ifndef FOOTFALL_STORE_CASSANDRA_ENGINE_TABLE_H
#define FOOTFALL_STORE_CASSANDRA_ENGINE_TABLE_H

#include "store/engine.h"

enum status cassandra_profile_put(struct store *store, struct str project,
                                  struct store_profile *profile, enum store_expect expect,
                                  uint64_t version, bool *created);
enum status cassandra_profile_get(struct store *store, struct str project, struct str id,
                                  struct arena *arena, struct store_profile *out);
enum status cassandra_profile_find_email(struct store *store, struct str project, struct str email,
                                         struct arena *arena, struct str *id);
enum status cassandra_profile_delete(struct store *store, struct str project, struct str id,
                                     enum store_expect expect, uint64_t version);
enum status cassandra_profile_list(struct store *store, struct str project, struct str after,
                                   unsigned limit, struct arena *arena, struct store_profile **out,
                                   size_t *count, bool *more);
enum status cassandra_timeline_read(struct store *store, struct str project,
                                    const struct store_timeline_query *query, struct arena *arena,
                                    struct store_timeline_row **out, size_t *count, bool *more);
enum status cassandra_actor_get(struct store *store, struct str project, struct store_actor actor,
                                struct arena *arena, struct store_actor_state *out);
enum status cassandra_actor_days(struct store *store, struct str project, struct store_actor actor,
                                 int32_t from, int32_t to, struct arena *arena,
                                 struct store_actor_day **out, size_t *count);
enum status cassandra_actor_sessions(struct store *store, struct str project,
                                     struct store_actor actor, int64_t from_ms, int64_t to_ms,
                                     struct arena *arena, struct store_session **out,
                                     size_t *count);
enum status cassandra_actors_load(struct store *store, struct store_actor_request *requests,
                                  size_t count, struct arena *arena);
enum status cassandra_link_owner(struct store *store, struct str project, struct str anonymous_id,
                                 struct arena *arena, struct str *user_id);
enum status cassandra_links_of(struct store *store, struct str project, struct str user_id,
                               struct arena *arena, struct str **anonymous_ids, size_t *count);
enum status cassandra_user_get(struct store *store, struct str project, struct str id,
                               enum store_reach reach, struct arena *arena, struct store_user *out);
enum status cassandra_user_ask(struct store *store, struct store_user_question *question);
enum status cassandra_totals_read(struct store *store, struct str project, int32_t from, int32_t to,
                                  uint64_t metrics, struct arena *arena, struct store_total **out,
                                  size_t *count);
enum status cassandra_totals_load(struct store *store, unsigned partition, struct str project,
                                  int32_t day, struct arena *arena, struct store_total **out,
                                  size_t *count);
enum status cassandra_partition_offset(struct store *store, int64_t epoch, unsigned partition,
                                       int64_t *next_offset);
enum status cassandra_seen_load(struct store *store, unsigned partition,
                                bool (*visit)(int64_t chunk, int64_t last_ms,
                                              const uint64_t *hashes, size_t count, void *context),
                                void *context);
enum status cassandra_batch_begin(struct store *store, int64_t epoch, unsigned partition,
                                  struct store_batch **out);
enum status cassandra_batch_timeline(struct store_batch *batch, struct str project,
                                     struct store_actor actor,
                                     const struct store_timeline_row *row);
enum status cassandra_batch_actor(struct store_batch *batch, struct str project,
                                  struct store_actor actor, const struct store_actor_state *state);
enum status cassandra_batch_actor_day(struct store_batch *batch, struct str project,
                                      struct store_actor actor, const struct store_actor_day *day);
enum status cassandra_batch_session(struct store_batch *batch, struct str project,
                                    struct store_actor actor, const struct store_session *session);
enum status cassandra_batch_session_remove(struct store_batch *batch, struct str project,
                                           struct store_actor actor, int64_t start_ms);
enum status cassandra_batch_link(struct store_batch *batch, struct str project,
                                 struct str anonymous_id, struct str user_id, int64_t linked_ms);
enum status cassandra_batch_total(struct store_batch *batch, struct str project,
                                  const struct store_total *total);
enum status cassandra_batch_seen(struct store_batch *batch, int64_t chunk, int64_t last_ms,
                                 const uint64_t *hashes, size_t count);
enum status cassandra_batch_seen_forget(struct store_batch *batch, int64_t below_chunk);
enum status cassandra_batch_dead_letter(struct store_batch *batch, struct str project,
                                        const struct store_dead_letter *letter);
enum status cassandra_batch_commit(struct store_batch *batch, int64_t next_offset);
enum status cassandra_flush(struct store *store);
enum status cassandra_generation_begin(struct store *store,
                                       const struct store_generation_start *start);
enum status cassandra_generation_note(struct store *store, const uint8_t *version, struct str note);
enum status cassandra_generation_open(struct store *store, struct arena *arena, struct str *note,
                                      struct store **out);
enum status cassandra_generation_end(struct store *store,
                                     const struct store_generation_ending *ending);
enum status cassandra_generation_past(struct store *store, struct arena *arena, struct str *past);
enum status cassandra_generation_sweep(struct store *store, size_t rows, bool *more);
extern const struct store_engine_shared cassandra_generations_shared;
enum status cassandra_letters_read(struct store *store, const struct store_letter_query *query,
                                   struct arena *arena, struct store_dead_letter **out,
                                   size_t *count, bool *more);
// Those that were dealt with, too. Not of the table.
enum status cassandra_letters_all(struct store *store, struct str project, struct arena *arena,
                                  struct store_dead_letter **out, size_t *count);
enum status cassandra_letter_mark(struct store *store, const struct store_dead_letter *letter,
                                  const struct store_letter_mark *mark);
enum status cassandra_letter_mark_get(struct store *store, unsigned partition, int64_t offset,
                                      struct store_letter_mark *out);
enum status cassandra_project_put(struct store *store, const struct store_project *project);
enum status cassandra_projects(struct store *store, struct arena *arena, struct store_project **out,
                               size_t *count);
enum status cassandra_key_put(struct store *store, const struct store_key *key);
enum status cassandra_key_delete(struct store *store, struct str id);
enum status cassandra_keys(struct store *store, struct arena *arena, struct store_key **out,
                           size_t *count);
enum status cassandra_account_put(struct store *store, const struct store_account *account);
enum status cassandra_accounts(struct store *store, struct arena *arena, struct store_account **out,
                               size_t *count);
enum status cassandra_account_replace(struct store *store, const struct store_account *account,
                                      int64_t version);
enum status cassandra_account_delete(struct store *store, struct str email);
enum status cassandra_delivery_put(struct store *store, const struct store_delivery *row,
                                   int64_t old_version);
enum status cassandra_deliveries(struct store *store, struct str name, struct arena *arena,
                                 struct store_delivery **out, size_t *count);
enum status cassandra_signing_key_put(struct store *store, const struct store_signing_key *key);
enum status cassandra_signing_key_delete(struct store *store, int64_t number);
enum status cassandra_signing_keys(struct store *store, struct arena *arena,
                                   struct store_signing_key **out, size_t *count);
enum status cassandra_family_put(struct store *store, const struct store_family *family,
                                 int64_t now_ms);
enum status cassandra_family_get(struct store *store, struct str id, struct arena *arena,
                                 struct store_family *out);
enum status cassandra_family_turn(struct store *store, struct str id, struct str hash,
                                  struct str new_hash, int64_t expires_ms, int64_t now_ms);
enum status cassandra_family_delete(struct store *store, struct str id);
enum status cassandra_revocation_put(struct store *store, const struct store_revocation *revocation,
                                     int64_t now_ms);
enum status cassandra_revocations(struct store *store, int64_t now_ms, struct arena *arena,
                                  struct store_revocation **out, size_t *count);
enum status cassandra_tokens_sweep(struct store *store, int64_t now_ms);
enum status cassandra_report_get(struct store *store, struct str project, int32_t day,
                                 struct arena *arena, struct store_report *out);
enum status cassandra_report_put(struct store *store, struct str project,
                                 const struct store_report *report);
size_t cassandra_batch_bytes(const struct store_batch *batch);
void cassandra_batch_discard(struct store_batch *batch);
void cassandra_partition_release(struct store *store, unsigned partition);

enum status cassandra_audit_append(struct store *store, const struct store_audit *audit);
enum status cassandra_audit_read(struct store *store, const struct store_audit_query *query,
                                 struct arena *arena, struct store_audit **out, size_t *count,
                                 bool *more);
enum status cassandra_usage_put(struct store *store, const struct store_usage *usage);
enum status cassandra_erasure_put(struct store *store, const struct store_erasure *erasure);
enum status cassandra_erasures(struct store *store, struct arena *arena, struct store_erasure **out,
                               size_t *count);
enum status cassandra_erasure_parts(struct store *store, struct str id, struct arena *arena,
                                    struct store_erasure_part **out, size_t *count);
enum status cassandra_batch_erase(struct store_batch *batch, struct str project,
                                  struct store_actor actor, unsigned limit,
                                  struct store_erased *removed, bool *more);
enum status cassandra_batch_unlink(struct store_batch *batch, struct str project,
                                   struct str anonymous_id, struct str user_id,
                                   struct store_erased *removed);
enum status cassandra_batch_letters_remove(struct store_batch *batch, struct str project,
                                           struct str needle, struct store_erased *removed);
enum status cassandra_batch_erasure_part(struct store_batch *batch, struct str id,
                                         const struct store_erasure_part *part);
enum status cassandra_batch_refuse(struct store_batch *batch, struct str project, struct str person,
                                   bool refused, int64_t since_ms);
enum status cassandra_refusals(struct store *store, struct arena *arena, struct store_refusal **out,
                               size_t *count);
enum status cassandra_link_users(struct store *store, struct str project, struct str anonymous_id,
                                 struct arena *arena, struct str **out, size_t *count);
enum status cassandra_hold_put(struct store *store, const struct store_hold *hold);
enum status cassandra_hold_delete(struct store *store, struct str project, struct str person);
enum status cassandra_holds(struct store *store, struct arena *arena, struct store_hold **out,
                            size_t *count);
enum status cassandra_report_revisions(struct store *store, struct str project, int32_t day,
                                       struct arena *arena, struct store_report **out,
                                       size_t *count);
enum status cassandra_report_rewrite(struct store *store, struct str project,
                                     const struct store_report *report);
enum status cassandra_secret(struct store *store, struct str name,
                             uint8_t secret[STORE_SECRET_BYTES]);
// Anonymous ids ever linked to the user, whoever owns them.
struct cassandra_store;
enum status cassandra_links_ever(struct cassandra_store *store, struct str project,
                                 struct str user_id, struct arena *arena, struct str **ids,
                                 size_t *count);
// Of a batch, for erasure.c.
struct changes;
struct cassandra_commit;
struct changes *cassandra_batch_changes(struct store_batch *batch);
struct cassandra_commit *cassandra_batch_place(struct store_batch *batch);
// Whether the pair has a link that is not later.
enum status cassandra_link_known(struct store_batch *batch, struct str project,
                                 struct str anonymous_id, struct str user_id, int64_t linked_ms,
                                 bool *known);
enum status cassandra_batch_link_remove(struct store_batch *batch, struct str project,
                                        struct str anonymous_id, struct str user_id);
enum status cassandra_usage_read(struct store *store, int32_t day, struct arena *arena,
                                 struct store_usage **out, size_t *count);

enum status cassandra_walk(struct store *store, enum store_row_kind kind, struct str after,
                           size_t bytes, struct arena *arena, struct store_page *out);
enum status cassandra_profiles_restore(struct store *store, struct str project,
                                       const struct store_profile *profiles, size_t count);
enum status cassandra_version_floor_raise(struct store *store, struct str project,
                                          uint64_t version);

#endif
