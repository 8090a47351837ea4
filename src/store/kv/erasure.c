// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a batch removes of a person.
//
// Rows are looked up when the batch is made: whatever was committed is there, and what comes later is put by later batches.
#include "store/kv/kv_store.h"

// Removes the rows from lower to upper, at most limit.
static enum status remove_range(struct store_batch *base, enum kv_family family,
                                const struct keys_key *lower, const struct keys_key *upper,
                                uint64_t limit, uint64_t *removed, bool *more) {
    struct kv *kv = kv_store_of(base->store)->kv;
    struct kv_batch *writes = kv_batch_writes(base);
    struct kv_scan *scan = NULL;
    uint64_t count = 0;
    enum status status = kv->engine->scan_open(kv, family, keys_str(lower), keys_str(upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    bool left = kv->engine->scan_entry(scan, &key, &value);
    while (left && status == STATUS_OK && count < limit) {
        status = kv->engine->batch_delete(writes, family, key);
        count++;
        kv->engine->scan_next(scan);
        left = kv->engine->scan_entry(scan, &key, &value);
    }
    enum status closed = kv->engine->scan_close(scan);
    *removed += count;
    *more = left;
    return status == STATUS_OK ? closed : status;
}

static enum status remove_actor_rows(struct store_batch *base, enum keys_table table,
                                     struct str project, struct store_actor actor, uint64_t limit,
                                     uint64_t *removed, bool *more) {
    struct keys_key lower;
    keys_actor(&lower, table, kv_store_of(base->store)->generation, project, actor);
    struct keys_key upper = lower;
    keys_end_of_prefix(&upper);
    enum kv_family family = table == KEYS_TIMELINE ? KV_TIMELINE : KV_ACTORS;
    return remove_range(base, family, &lower, &upper, limit, removed, more);
}

static enum status remove_state(struct store_batch *base, struct str project,
                                struct store_actor actor, struct store_erased *removed) {
    struct kv_store *store = kv_store_of(base->store);
    struct keys_key key;
    struct arena arena;
    struct str value;
    keys_actor(&key, KEYS_STATE, store->generation, project, actor);
    arena_init(&arena, 1024, 0);
    enum status status = kv_store_get(store, STORE_REACH_ALL, KV_ACTORS, &key, &arena, &value);
    arena_free(&arena);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    removed->states++;
    return store->kv->engine->batch_delete(kv_batch_writes(base), KV_ACTORS, keys_str(&key));
}

// --- Links ----------------------------------------------------------------------------------------------------------

static void link_keys(struct kv_store *store, struct str project, struct str anonymous_id,
                      struct str user_id, struct keys_key *there, struct keys_key *back) {
    keys_begin_derived(there, KEYS_LINK, store->generation);
    keys_text(there, project);
    keys_text(there, anonymous_id);
    keys_tail(there, user_id);
    keys_begin_derived(back, KEYS_LINK_BY_USER, store->generation);
    keys_text(back, project);
    keys_text(back, user_id);
    keys_tail(back, anonymous_id);
}

static enum status remove_links(struct store_batch *base, struct str project, struct str user_id,
                                struct store_erased *removed) {
    struct kv_store *store = kv_store_of(base->store);
    const struct kv_engine *engine = store->kv->engine;
    struct keys_key lower;
    keys_begin_derived(&lower, KEYS_LINK_BY_USER, store->generation);
    keys_text(&lower, project);
    keys_text(&lower, user_id);
    struct keys_key upper = lower;
    keys_end_of_prefix(&upper);
    struct kv_scan *scan = NULL;
    enum status status =
        engine->scan_open(store->kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    while (status == STATUS_OK && engine->scan_entry(scan, &key, &value)) {
        struct str anonymous = str_make(key.data + lower.len, key.len - lower.len);
        // The row without an anonymous id, which says that there are any, goes with them.
        if (anonymous.len > 0) {
            struct keys_key there;
            struct keys_key back;
            link_keys(store, project, anonymous, user_id, &there, &back);
            status = engine->batch_delete(kv_batch_writes(base), KV_MAIN, keys_str(&there));
            removed->links++;
        }
        if (status == STATUS_OK) {
            status = engine->batch_delete(kv_batch_writes(base), KV_MAIN, key);
        }
        engine->scan_next(scan);
    }
    enum status closed = engine->scan_close(scan);
    return status == STATUS_OK ? closed : status;
}

enum status kv_batch_unlink(struct store_batch *base, struct str project, struct str anonymous_id,
                            struct str user_id, struct store_erased *removed) {
    struct kv_store *store = kv_store_of(base->store);
    const struct kv_engine *engine = store->kv->engine;
    struct keys_key there;
    struct keys_key back;
    int64_t linked_ms = 0;
    link_keys(store, project, anonymous_id, user_id, &there, &back);
    enum status status = kv_store_get_number(store, &there, &linked_ms);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    removed->links++;
    status = engine->batch_delete(kv_batch_writes(base), KV_MAIN, keys_str(&there));
    return status == STATUS_OK
               ? engine->batch_delete(kv_batch_writes(base), KV_MAIN, keys_str(&back))
               : status;
}

enum status kv_batch_erase(struct store_batch *base, struct str project, struct store_actor actor,
                           unsigned limit, struct store_erased *removed, bool *more) {
    bool none = false;
    enum status status =
        remove_actor_rows(base, KEYS_TIMELINE, project, actor, limit, &removed->timeline, more);
    if (status != STATUS_OK || *more) {
        return status;
    }
    status = remove_actor_rows(base, KEYS_SESSION, project, actor, UINT64_MAX, &removed->sessions,
                               &none);
    if (status == STATUS_OK) {
        status =
            remove_actor_rows(base, KEYS_DAY, project, actor, UINT64_MAX, &removed->days, &none);
    }
    if (status == STATUS_OK) {
        status = remove_state(base, project, actor, removed);
    }
    return status == STATUS_OK && actor.kind == STORE_ACTOR_USER
               ? remove_links(base, project, actor.id, removed)
               : status;
}

// --- Dead letters ---------------------------------------------------------------------------------------------------

enum status kv_batch_letters_remove(struct store_batch *base, struct str project, struct str needle,
                                    struct store_erased *removed) {
    struct kv_store *store = kv_store_of(base->store);
    const struct kv_engine *engine = store->kv->engine;
    struct keys_key lower;
    keys_begin_derived(&lower, KEYS_DEAD_LETTER, store->generation);
    keys_text(&lower, project);
    struct keys_key upper = lower;
    keys_end_of_prefix(&upper);
    struct kv_scan *scan = NULL;
    enum status status =
        engine->scan_open(store->kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    while (status == STATUS_OK && engine->scan_entry(scan, &key, &value)) {
        struct str rest = str_make(key.data + lower.len, key.len - lower.len);
        struct store_dead_letter letter = {0};
        uint16_t partition = 0;
        if (!keys_read_i64_desc(&rest, &letter.received_ms) || !keys_read_u16(&rest, &partition) ||
            !values_get_dead_letter(value, &letter)) {
            status = STATUS_CORRUPT;
        } else if (partition == kv_batch_partition(base) && letter.record.len > 0 &&
                   memmem(letter.record.data, letter.record.len, needle.data, needle.len)) {
            status = engine->batch_delete(kv_batch_writes(base), KV_MAIN, key);
            removed->letters++;
        }
        engine->scan_next(scan);
    }
    enum status closed = engine->scan_close(scan);
    return status == STATUS_OK ? closed : status;
}

// --- Receipts and refusals --------------------------------------------------------------------------------------------

enum status kv_batch_erasure_part(struct store_batch *base, struct str id,
                                  const struct store_erasure_part *part) {
    struct kv_store *store = kv_store_of(base->store);
    struct keys_key key;
    kv_erasure_part_key(&key, id);
    keys_u16(&key, (uint16_t)part->part);
    char bytes[160];
    struct buffer value;
    buffer_init_fixed(&value, bytes, sizeof bytes);
    values_put_erasure_part(&value, part);
    return buffer_status(&value) != STATUS_OK
               ? buffer_status(&value)
               : store->kv->engine->batch_put(kv_batch_writes(base), KV_MAIN, keys_str(&key),
                                              buffer_str(&value));
}

static void refusal_key(const struct kv_store *store, struct keys_key *key, unsigned partition,
                        struct str project, struct str person) {
    keys_begin_derived(key, KEYS_REFUSAL, store->generation);
    keys_u16(key, (uint16_t)partition);
    keys_text(key, project);
    keys_tail(key, person);
}

enum status kv_batch_refuse(struct store_batch *base, struct str project, struct str person,
                            bool refused, int64_t since_ms) {
    struct kv_store *store = kv_store_of(base->store);
    struct kv_batch *writes = kv_batch_writes(base);
    struct keys_key key;
    refusal_key(store, &key, STORE_PARTITION_CARRIED, project, person);
    enum status status = store->kv->engine->batch_delete(writes, KV_MAIN, keys_str(&key));
    refusal_key(store, &key, kv_batch_partition(base), project, person);
    if (status != STATUS_OK) {
        return status;
    }
    return refused ? kv_store_batch_number(writes, &key, since_ms)
                   : store->kv->engine->batch_delete(writes, KV_MAIN, keys_str(&key));
}
