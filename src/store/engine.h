// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a store engine implements; private to src/store/.
//
// store.c checks arguments and dispatches; each engine fills this table. Every callback keeps the duty that store.h states for the
// function of the same name. None may be NULL but where it says so. What store.c has checked: ids are 1..512 bytes without NUL, ranges are not
// empty, partitions fit 16 bits. A batch call after a first failure never reaches the engine.
#ifndef FOOTFALL_STORE_ENGINE_H
#define FOOTFALL_STORE_ENGINE_H

#include "store/deliveries.h"
#include "store/erasure.h"
#include "store/generations.h"
#include "store/ledger.h"
#include "store/letters.h"
#include "store/store.h"
#include "store/tokens.h"
#include "store/walk.h"

// What several processes need to fill a generation together.
struct store_engine_shared {
    enum status (*look)(struct store *store, struct arena *arena,
                        struct store_generation_look *out);
    enum status (*hold)(struct store *store, struct store **out, int64_t *generation);
    enum status (*progress)(struct store *store, int64_t epoch, unsigned partition,
                            int64_t *next_offset);
    enum status (*sign)(struct store *store, int64_t generation, struct str process,
                        struct str sign);
    enum status (*signs)(struct store *store, int64_t generation, struct arena *arena,
                         struct str **out, size_t *count);
    enum status (*close_begin)(struct store *store, const uint8_t *version, int64_t *closing);
    enum status (*close)(struct store *store, int64_t closing, int64_t epoch, unsigned partition,
                         int64_t *next_offset);
    enum status (*close_end)(struct store *store, int64_t closing);
    enum status (*reopen)(struct store *store, int64_t epoch, unsigned partition);
};

struct store_engine {
    const char *name; // "rocksdb", "memory", "cassandra"

    enum status (*profile_put)(struct store *store, struct str project,
                               struct store_profile *profile, enum store_expect expect,
                               uint64_t version, bool *created); // created is never NULL here
    enum status (*profile_get)(struct store *store, struct str project, struct str id,
                               struct arena *arena, struct store_profile *out);
    enum status (*profile_find_email)(struct store *store, struct str project, struct str email,
                                      struct arena *arena, struct str *id);
    enum status (*profile_delete)(struct store *store, struct str project, struct str id,
                                  enum store_expect expect, uint64_t version);
    enum status (*profile_list)(struct store *store, struct str project, struct str after,
                                unsigned limit, struct arena *arena, struct store_profile **out,
                                size_t *count, bool *more);

    enum status (*timeline_read)(struct store *store, struct str project,
                                 const struct store_timeline_query *query, struct arena *arena,
                                 struct store_timeline_row **out, size_t *count, bool *more);

    enum status (*actor_get)(struct store *store, struct str project, struct store_actor actor,
                             struct arena *arena, struct store_actor_state *out);
    enum status (*actor_days)(struct store *store, struct str project, struct store_actor actor,
                              int32_t from, int32_t to, struct arena *arena,
                              struct store_actor_day **out, size_t *count);
    enum status (*actor_sessions)(struct store *store, struct str project, struct store_actor actor,
                                  int64_t from_ms, int64_t to_ms, struct arena *arena,
                                  struct store_session **out, size_t *count);
    enum status (*actors_load)(struct store *store, struct store_actor_request *requests,
                               size_t count, struct arena *arena);

    enum status (*link_owner)(struct store *store, struct str project, struct str anonymous_id,
                              struct arena *arena, struct str *user_id);
    enum status (*links_of)(struct store *store, struct str project, struct str user_id,
                            struct arena *arena, struct str **anonymous_ids, size_t *count);

    enum status (*user_get)(struct store *store, struct str project, struct str id,
                            enum store_reach reach, struct arena *arena, struct store_user *out);
    // May be NULL: UNSUPPORTED.
    enum status (*user_ask)(struct store *store, struct store_user_question *question);

    enum status (*totals_read)(struct store *store, struct str project, int32_t from, int32_t to,
                               uint64_t metrics, struct arena *arena, struct store_total **out,
                               size_t *count);
    enum status (*totals_load)(struct store *store, unsigned partition, struct str project,
                               int32_t day, struct arena *arena, struct store_total **out,
                               size_t *count);

    enum status (*partition_offset)(struct store *store, int64_t epoch, unsigned partition,
                                    int64_t *next_offset);
    void (*partition_release)(struct store *store, unsigned partition);
    enum status (*seen_load)(struct store *store, unsigned partition,
                             bool (*visit)(int64_t chunk, int64_t last_ms, const uint64_t *hashes,
                                           size_t count, void *context),
                             void *context);

    enum status (*batch_begin)(struct store *store, int64_t epoch, unsigned partition,
                               struct store_batch **out);
    // Each of these gives the status that sticks to the batch.
    enum status (*batch_timeline)(struct store_batch *batch, struct str project,
                                  struct store_actor actor, const struct store_timeline_row *row);
    enum status (*batch_actor)(struct store_batch *batch, struct str project,
                               struct store_actor actor, const struct store_actor_state *state);
    enum status (*batch_actor_day)(struct store_batch *batch, struct str project,
                                   struct store_actor actor, const struct store_actor_day *day);
    enum status (*batch_session)(struct store_batch *batch, struct str project,
                                 struct store_actor actor, const struct store_session *session);
    enum status (*batch_session_remove)(struct store_batch *batch, struct str project,
                                        struct store_actor actor, int64_t start_ms);
    enum status (*batch_link)(struct store_batch *batch, struct str project,
                              struct str anonymous_id, struct str user_id, int64_t linked_ms);
    enum status (*batch_total)(struct store_batch *batch, struct str project,
                               const struct store_total *total);
    enum status (*batch_seen)(struct store_batch *batch, int64_t chunk, int64_t last_ms,
                              const uint64_t *hashes, size_t count);
    enum status (*batch_seen_forget)(struct store_batch *batch, int64_t below_chunk);
    enum status (*batch_dead_letter)(struct store_batch *batch, struct str project,
                                     const struct store_dead_letter *letter);
    size_t (*batch_bytes)(const struct store_batch *batch);
    enum status (*batch_commit)(struct store_batch *batch, int64_t next_offset); // frees it too
    void (*batch_discard)(struct store_batch *batch);
    enum status (*flush)(struct store *store);
    // generations.h; NULL: UNSUPPORTED.
    enum status (*generation_begin)(struct store *store,
                                    const struct store_generation_start *start);
    enum status (*generation_note)(struct store *store, const uint8_t *version, struct str note);
    enum status (*generation_open)(struct store *store, struct arena *arena, struct str *note,
                                   struct store **out);
    enum status (*generation_end)(struct store *store,
                                  const struct store_generation_ending *ending);
    enum status (*generation_past)(struct store *store, struct arena *arena, struct str *past);
    enum status (*generation_sweep)(struct store *store, size_t rows, bool *more);
    const struct store_engine_shared *generations_shared; // NULL: one process has it
    enum status (*letters_read)(struct store *store, const struct store_letter_query *query,
                                struct arena *arena, struct store_dead_letter **out, size_t *count,
                                bool *more);
    // NULL: the store forgets by itself, or keeps them.
    enum status (*sessions_age)(struct store *store, int64_t before_ms, size_t limit,
                                struct buffer *position, uint64_t *removed);
    // NULL: the same. before_ms is above INT64_MIN, the limit above 0.
    enum status (*letters_age)(struct store *store, int64_t before_ms, unsigned limit,
                               uint64_t *removed, bool *more);
    enum status (*letter_mark)(struct store *store, const struct store_dead_letter *letter,
                               const struct store_letter_mark *mark);
    enum status (*letter_mark_get)(struct store *store, unsigned partition, int64_t offset,
                                   struct store_letter_mark *out);

    enum status (*project_put)(struct store *store, const struct store_project *project);
    enum status (*projects)(struct store *store, struct arena *arena, struct store_project **out,
                            size_t *count);
    enum status (*key_put)(struct store *store, const struct store_key *key);
    enum status (*key_delete)(struct store *store, struct str id);
    enum status (*keys)(struct store *store, struct arena *arena, struct store_key **out,
                        size_t *count);
    enum status (*account_replace)(struct store *store, const struct store_account *account,
                                   int64_t version);
    enum status (*account_delete)(struct store *store, struct str email);
    enum status (*account_put)(struct store *store, const struct store_account *account);
    enum status (*accounts)(struct store *store, struct arena *arena, struct store_account **out,
                            size_t *count);
    enum status (*report_get)(struct store *store, struct str project, int32_t day,
                              struct arena *arena, struct store_report *out);
    enum status (*report_put)(struct store *store, struct str project,
                              const struct store_report *report);

    enum status (*audit_append)(struct store *store, const struct store_audit *audit);
    enum status (*audit_read)(struct store *store, const struct store_audit_query *query,
                              struct arena *arena, struct store_audit **out, size_t *count,
                              bool *more);
    enum status (*usage_put)(struct store *store, const struct store_usage *usage);
    enum status (*usage_read)(struct store *store, int32_t day, struct arena *arena,
                              struct store_usage **out, size_t *count);
    enum status (*signing_key_put)(struct store *store, const struct store_signing_key *key);
    enum status (*signing_key_delete)(struct store *store, int64_t number);
    enum status (*signing_keys)(struct store *store, struct arena *arena,
                                struct store_signing_key **out, size_t *count);
    enum status (*family_put)(struct store *store, const struct store_family *family,
                              int64_t now_ms);
    enum status (*family_get)(struct store *store, struct str id, struct arena *arena,
                              struct store_family *out);
    enum status (*family_turn)(struct store *store, struct str id, struct str hash,
                               struct str new_hash, int64_t expires_ms, int64_t now_ms);
    enum status (*family_delete)(struct store *store, struct str id);
    enum status (*revocation_put)(struct store *store, const struct store_revocation *revocation,
                                  int64_t now_ms);
    enum status (*revocations)(struct store *store, int64_t now_ms, struct arena *arena,
                               struct store_revocation **out, size_t *count);
    enum status (*tokens_sweep)(struct store *store, int64_t now_ms);

    // --- store/erasure.h. Each of batch_erasure_part and batch_refuse gives the status that sticks to the batch.
    enum status (*erasure_put)(struct store *store, const struct store_erasure *erasure);
    enum status (*erasures)(struct store *store, struct arena *arena, struct store_erasure **out,
                            size_t *count);
    enum status (*erasure_parts)(struct store *store, struct str id, struct arena *arena,
                                 struct store_erasure_part **out, size_t *count);
    enum status (*batch_erase)(struct store_batch *batch, struct str project,
                               struct store_actor actor, unsigned limit,
                               struct store_erased *removed, bool *more);
    enum status (*batch_unlink)(struct store_batch *batch, struct str project,
                                struct str anonymous_id, struct str user_id,
                                struct store_erased *removed);
    enum status (*batch_letters_remove)(struct store_batch *batch, struct str project,
                                        struct str needle, struct store_erased *removed);
    enum status (*batch_erasure_part)(struct store_batch *batch, struct str id,
                                      const struct store_erasure_part *part);
    enum status (*batch_refuse)(struct store_batch *batch, struct str project, struct str person,
                                bool refused, int64_t since_ms);
    enum status (*refusals)(struct store *store, struct arena *arena, struct store_refusal **out,
                            size_t *count);
    enum status (*link_users)(struct store *store, struct str project, struct str anonymous_id,
                              struct arena *arena, struct str **out, size_t *count);
    enum status (*hold_put)(struct store *store, const struct store_hold *hold);
    enum status (*hold_delete)(struct store *store, struct str project, struct str person);
    enum status (*holds)(struct store *store, struct arena *arena, struct store_hold **out,
                         size_t *count);
    enum status (*report_revisions)(struct store *store, struct str project, int32_t day,
                                    struct arena *arena, struct store_report **out, size_t *count);
    enum status (*report_rewrite)(struct store *store, struct str project,
                                  const struct store_report *report);
    enum status (*secret)(struct store *store, struct str name, uint8_t secret[STORE_SECRET_BYTES]);
    // Writes row->version. old_version 0: there is no row yet.
    enum status (*delivery_put)(struct store *store, const struct store_delivery *row,
                                int64_t old_version);
    enum status (*deliveries)(struct store *store, struct str name, struct arena *arena,
                              struct store_delivery **out, size_t *count);
    enum status (*deliveries_sweep)(struct store *store,
                                    int64_t before_ms); // NULL: they go by themselves

    // These three may be NULL: UNSUPPORTED.
    enum status (*walk)(struct store *store, enum store_row_kind kind, struct str after,
                        size_t bytes, struct arena *arena, struct store_page *out);
    enum status (*profiles_restore)(struct store *store, struct str project,
                                    const struct store_profile *profiles, size_t count);
    enum status (*version_floor_raise)(struct store *store, struct str project, uint64_t version);

    void (*stats)(struct store *store, struct store_stats *out);
    void (*close)(struct store *store);
};

// First member of every engine's own store object; its batches begin with a struct store_batch.
struct store {
    const struct store_engine *engine;
};
struct store_batch {
    struct store *store;
    enum status failed; // the first failure; kept by store.c
};

#endif
