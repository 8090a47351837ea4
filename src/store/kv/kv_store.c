// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Makes a store of a struct kv, and what the other files of kv/ share.
#include "store/kv/kv_store.h"

#include <stdlib.h>

#include "store/kv/schema.h"

enum status kv_store_get(struct kv_store *store, enum store_reach reach, enum kv_family family,
                         const struct keys_key *key, struct arena *arena, struct str *value) {
    const struct kv_engine *engine = store->kv->engine;
    return (reach == STORE_REACH_MEMORY ? engine->peek : engine->get)(store->kv, family,
                                                                      keys_str(key), arena, value);
}

enum status kv_store_get_number(struct kv_store *store, const struct keys_key *key,
                                int64_t *number) {
    struct arena arena;
    arena_init(&arena, 256, 0);
    struct str value;
    enum status status = store->kv->engine->get(store->kv, KV_MAIN, keys_str(key), &arena, &value);
    if (status == STATUS_OK && !values_get_number(value, number)) {
        status = STATUS_CORRUPT;
    }
    arena_free(&arena);
    return status;
}

enum status kv_store_batch_number(struct kv_batch *batch, const struct keys_key *key,
                                  int64_t number) {
    char bytes[16];
    struct buffer value;
    buffer_init_fixed(&value, bytes, sizeof bytes);
    values_put_number(&value, number);
    return batch->kv->engine->batch_put(batch, KV_MAIN, keys_str(key), buffer_str(&value));
}

void *kv_rows_add(struct kv_rows *rows, struct arena *arena) {
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity == 0 ? 16 : 2 * rows->capacity;
        char *items = arena_alloc_array(arena, capacity, rows->size);
        if (items == NULL) {
            return NULL;
        }
        if (rows->count > 0) {
            memcpy(items, rows->items, rows->count * rows->size);
        }
        rows->items = items;
        rows->capacity = capacity;
    }
    return rows->items + rows->size * rows->count++;
}

static enum status read_epoch(struct kv_store *store) {
    struct keys_key key;
    keys_begin_derived(&key, KEYS_EPOCH, store->generation);
    enum status status = kv_store_get_number(store, &key, &store->epoch);
    store->epoch_known = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

// What every later call needs to know.
static enum status read_meta(struct kv_store *store) {
    struct keys_key key;
    keys_begin(&key, KEYS_META);
    keys_tail(&key, STR("generation"));
    int64_t generation = 0;
    enum status status = kv_store_get_number(store, &key, &generation);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    if (generation < 0 || generation > UINT16_MAX) {
        return STATUS_CORRUPT;
    }
    store->generation = (uint16_t)generation;
    return read_epoch(store);
}

static void init_locks(struct kv_store *store) {
    pthread_mutex_init(&store->people, NULL);
    pthread_mutex_init(&store->epoch_lock, NULL);
    for (size_t i = 0; i < KV_STORE_STRIPES; i++) {
        pthread_mutex_init(&store->partitions[i], NULL);
    }
    for (size_t i = 0; i < KV_STORE_FLOORS; i++) {
        store->seen_floors[i] = INT64_MIN;
    }
}

enum status kv_store_borrow(struct kv_store *store, uint16_t generation, struct store **out) {
    struct kv_store *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return STATUS_NO_MEMORY;
    }
    made->store.engine = store->store.engine;
    made->kv = store->kv;
    made->borrowed = true;
    made->generation = generation;
    enum status status = read_epoch(made);
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    init_locks(made);
    *out = &made->store;
    return STATUS_OK;
}

enum status kv_store_open(struct kv *kv, const struct store_engine *engine, struct store **out,
                          struct error *err) {
    enum status status = schema_bring_up_to_date(kv, err);
    if (status != STATUS_OK) {
        kv->engine->close(kv);
        return status;
    }
    struct kv_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        kv->engine->close(kv);
        return error_set(err, STATUS_NO_MEMORY, "no memory to open the store");
    }
    store->store.engine = engine;
    store->kv = kv;
    status = read_meta(store);
    if (status != STATUS_OK) {
        kv->engine->close(kv);
        free(store);
        return error_set(err, status, "the store's own rows could not be read: %s",
                         status_text(status));
    }
    init_locks(store);
    *out = &store->store;
    return STATUS_OK;
}

enum status kv_flush(struct store *store) {
    struct kv *kv = kv_store_of(store)->kv;
    return kv->engine->sync(kv);
}

static void kv_stats(struct store *store, struct store_stats *out) {
    struct kv *kv = kv_store_of(store)->kv;
    kv->engine->stats(kv, out);
}

static void kv_close(struct store *base) {
    struct kv_store *store = kv_store_of(base);
    if (!store->borrowed) {
        store->kv->engine->close(store->kv);
    }
    pthread_mutex_destroy(&store->people);
    pthread_mutex_destroy(&store->epoch_lock);
    for (size_t i = 0; i < KV_STORE_STRIPES; i++) {
        pthread_mutex_destroy(&store->partitions[i]);
    }
    free(store);
}

#define ENGINE(engine_name)                                                                        \
    {                                                                                              \
        .name = (engine_name), .profile_put = kv_profile_put, .profile_get = kv_profile_get,       \
        .profile_find_email = kv_profile_find_email, .profile_delete = kv_profile_delete,          \
        .profile_list = kv_profile_list, .timeline_read = kv_timeline_read,                        \
        .actor_get = kv_actor_get, .actor_days = kv_actor_days,                                    \
        .actor_sessions = kv_actor_sessions, .actors_load = kv_actors_load,                        \
        .link_owner = kv_link_owner, .links_of = kv_links_of, .user_get = kv_user_get,             \
        .totals_read = kv_totals_read, .totals_load = kv_totals_load,                              \
        .partition_offset = kv_partition_offset, .partition_release = kv_partition_release,        \
        .seen_load = kv_seen_load, .batch_begin = kv_batch_begin,                                  \
        .batch_timeline = kv_batch_timeline, .batch_actor = kv_batch_actor,                        \
        .batch_actor_day = kv_batch_actor_day, .batch_session = kv_batch_session,                  \
        .batch_session_remove = kv_batch_session_remove, .batch_link = kv_batch_link,              \
        .batch_total = kv_batch_total, .batch_seen = kv_batch_seen,                                \
        .batch_seen_forget = kv_batch_seen_forget, .batch_dead_letter = kv_batch_dead_letter,      \
        .batch_bytes = kv_batch_bytes, .batch_commit = kv_batch_commit,                            \
        .batch_discard = kv_batch_discard, .flush = kv_flush, .letters_read = kv_letters_read,     \
        .generation_begin = kv_generation_begin, .generation_open = kv_generation_open,            \
        .generation_note = kv_generation_note, .generation_end = kv_generation_end,                \
        .generation_past = kv_generation_past, .generation_sweep = kv_generation_sweep,            \
        .letter_mark = kv_letter_mark, .letter_mark_get = kv_letter_mark_get,                      \
        .project_put = kv_project_put, .projects = kv_projects, .key_put = kv_key_put,             \
        .key_delete = kv_key_delete, .keys = kv_keys, .account_put = kv_account_put,               \
        .accounts = kv_accounts, .account_replace = kv_account_replace,                            \
        .account_delete = kv_account_delete, .signing_key_put = kv_signing_key_put,                \
        .signing_key_delete = kv_signing_key_delete, .signing_keys = kv_signing_keys,              \
        .family_put = kv_family_put, .family_get = kv_family_get, .family_turn = kv_family_turn,   \
        .family_delete = kv_family_delete, .revocation_put = kv_revocation_put,                    \
        .revocations = kv_revocations, .tokens_sweep = kv_tokens_sweep,                            \
        .letters_age = kv_letters_age, .sessions_age = kv_sessions_age,                            \
        .delivery_put = kv_delivery_put, .deliveries = kv_deliveries,                              \
        .deliveries_sweep = kv_deliveries_sweep, .report_get = kv_report_get,                      \
        .report_put = kv_report_put, .audit_append = kv_audit_append, .audit_read = kv_audit_read, \
        .usage_put = kv_usage_put, .usage_read = kv_usage_read, .erasure_put = kv_erasure_put,     \
        .erasures = kv_erasures, .erasure_parts = kv_erasure_parts, .batch_erase = kv_batch_erase, \
        .batch_unlink = kv_batch_unlink, .batch_letters_remove = kv_batch_letters_remove,          \
        .batch_erasure_part = kv_batch_erasure_part, .batch_refuse = kv_batch_refuse,              \
        .refusals = kv_refusals, .link_users = kv_link_users, .hold_put = kv_hold_put,             \
        .hold_delete = kv_hold_delete, .holds = kv_holds, .report_revisions = kv_report_revisions, \
        .report_rewrite = kv_report_rewrite, .secret = kv_secret, .walk = kv_walk,                 \
        .profiles_restore = kv_profiles_restore, .version_floor_raise = kv_version_floor_raise,    \
        .stats = kv_stats, .close = kv_close,                                                      \
    }

const struct store_engine kv_store_engine_memory = ENGINE("memory");
const struct store_engine kv_store_engine_rocksdb = ENGINE("rocksdb");
