// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Signing keys, families of refresh tokens, revocations.
#include "store/kv/kv_store.h"

#define SWEEP_ROWS 1000 // removed with one write

static void id_key(struct keys_key *key, enum keys_table table, struct str id) {
    keys_begin(key, table);
    keys_tail(key, id);
}

static void number_key(struct keys_key *key, int64_t number) {
    keys_begin(key, KEYS_SIGNING_KEY);
    keys_i64(key, number);
}

// --- Signing keys ---------------------------------------------------------------------------------------------------
enum status kv_signing_key_put(struct store *store, const struct store_signing_key *row) {
    struct keys_key key;
    struct buffer value;
    number_key(&key, row->number);
    buffer_init(&value, KV_STORE_VALUE_MAX);
    values_put_signing_key(&value, row);
    enum status status = kv_admin_put_new(kv_store_of(store), &key, &value);
    buffer_free(&value);
    return status;
}

enum status kv_signing_key_delete(struct store *store, int64_t number) {
    struct keys_key key;
    number_key(&key, number);
    return kv_admin_change(kv_store_of(store), &key, NULL, NULL, NULL);
}

static bool get_signing_key(struct str value, void *row) {
    return values_get_signing_key(value, row);
}

enum status kv_signing_keys(struct store *store, struct arena *arena,
                            struct store_signing_key **out, size_t *count) {
    struct kv_rows rows = {.size = sizeof(struct store_signing_key)};
    enum status status =
        kv_admin_read_all(kv_store_of(store), KEYS_SIGNING_KEY, arena, &rows, get_signing_key);
    *out = (struct store_signing_key *)(void *)rows.items;
    *count = rows.count;
    return status;
}

// --- Families -------------------------------------------------------------------------------------------------------
enum status kv_family_put(struct store *store, const struct store_family *family, int64_t now_ms) {
    (void)now_ms;
    struct keys_key key;
    struct buffer value;
    id_key(&key, KEYS_FAMILY, family->id);
    buffer_init(&value, KV_STORE_VALUE_MAX);
    values_put_family(&value, family);
    enum status status = kv_admin_put_new(kv_store_of(store), &key, &value);
    buffer_free(&value);
    return status;
}

enum status kv_family_get(struct store *base, struct str id, struct arena *arena,
                          struct store_family *out) {
    struct kv_store *store = kv_store_of(base);
    struct keys_key key;
    struct str value;
    id_key(&key, KEYS_FAMILY, id);
    enum status status = store->kv->engine->get(store->kv, KV_MAIN, keys_str(&key), arena, &value);
    if (status == STATUS_OK && !values_get_family(value, out)) {
        status = STATUS_CORRUPT;
    }
    return status;
}

struct turn {
    struct str hash, new_hash;
};

static enum status decide_turn(struct str old, struct buffer *value, void *context) {
    const struct turn *turn = context;
    struct store_family family;
    if (!values_get_family(old, &family)) {
        return STATUS_CORRUPT;
    }
    if (!str_equal(family.hash, turn->hash)) {
        return STATUS_PRECONDITION;
    }
    family.hash = turn->new_hash;
    values_put_family(value, &family);
    return STATUS_OK;
}

enum status kv_family_turn(struct store *store, struct str id, struct str hash, struct str new_hash,
                           int64_t expires_ms, int64_t now_ms) {
    (void)expires_ms;
    (void)now_ms;
    struct keys_key key;
    struct buffer value;
    struct turn turn = {hash, new_hash};
    id_key(&key, KEYS_FAMILY, id);
    buffer_init(&value, KV_STORE_VALUE_MAX);
    enum status status = kv_admin_change(kv_store_of(store), &key, decide_turn, &value, &turn);
    buffer_free(&value);
    return status == STATUS_NOT_FOUND ? STATUS_PRECONDITION : status;
}

enum status kv_family_delete(struct store *store, struct str id) {
    struct keys_key key;
    id_key(&key, KEYS_FAMILY, id);
    return kv_admin_change(kv_store_of(store), &key, NULL, NULL, NULL);
}

// --- Revocations ----------------------------------------------------------------------------------------------------
static void revocation_key(struct keys_key *key, const struct store_revocation *revocation) {
    keys_begin(key, KEYS_REVOCATION);
    keys_i64(key, revocation->until_ms); // so that those that are over stand together
    keys_tail(key, revocation->id);
}

enum status kv_revocation_put(struct store *store, const struct store_revocation *revocation,
                              int64_t now_ms) {
    (void)now_ms;
    struct keys_key key;
    struct buffer value;
    revocation_key(&key, revocation);
    buffer_init(&value, KV_STORE_VALUE_MAX);
    values_put_revocation(&value, revocation);
    enum status status = kv_admin_put_new(kv_store_of(store), &key, &value);
    buffer_free(&value);
    return status == STATUS_EXISTS ? STATUS_OK : status;
}

static bool get_revocation(struct str value, void *row) {
    return values_get_revocation(value, row);
}

enum status kv_revocations(struct store *store, int64_t now_ms, struct arena *arena,
                           struct store_revocation **out, size_t *count) {
    struct kv_rows rows = {.size = sizeof(struct store_revocation)};
    enum status status =
        kv_admin_read_all(kv_store_of(store), KEYS_REVOCATION, arena, &rows, get_revocation);
    struct store_revocation *all = (struct store_revocation *)(void *)rows.items;
    size_t kept = 0;
    for (size_t i = 0; i < rows.count; i++) {
        if (all[i].until_ms > now_ms) {
            all[kept++] = all[i];
        }
    }
    *out = all;
    *count = kept;
    return status;
}

// --- Sweeping -------------------------------------------------------------------------------------------------------
static bool family_is_over(struct str value, int64_t now_ms) {
    struct store_family family;
    return values_get_family(value, &family) && family.expires_ms <= now_ms;
}

static bool revocation_is_over(struct str value, int64_t now_ms) {
    struct store_revocation revocation;
    return values_get_revocation(value, &revocation) && revocation.until_ms <= now_ms;
}

// Up to SWEEP_ROWS rows; nothing changes the end of a row that is over, so no lock is needed. *more: there may be others.
static enum status sweep(struct kv *kv, enum keys_table table,
                         bool (*is_over)(struct str value, int64_t now_ms), int64_t now_ms,
                         bool *more) {
    struct keys_key lower;
    struct keys_key upper;
    struct kv_scan *scan = NULL;
    struct kv_batch *batch = NULL;
    unsigned removed = 0;
    keys_begin(&lower, table);
    upper = lower;
    keys_end_of_prefix(&upper);
    enum status status = kv->engine->batch_make(kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    status = kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status == STATUS_OK) {
        struct str key;
        struct str value;
        while (status == STATUS_OK && removed < SWEEP_ROWS &&
               kv->engine->scan_entry(scan, &key, &value)) {
            if (is_over(value, now_ms)) {
                status = kv->engine->batch_delete(batch, KV_MAIN, key);
                removed++;
            }
            kv->engine->scan_next(scan);
        }
        enum status closed = kv->engine->scan_close(scan);
        status = status == STATUS_OK ? closed : status;
    }
    if (status == STATUS_OK && removed > 0) {
        status = kv->engine->write(kv, batch);
    }
    kv->engine->batch_free(batch);
    *more = removed == SWEEP_ROWS;
    return status;
}

enum status kv_tokens_sweep(struct store *store, int64_t now_ms) {
    struct kv *kv = kv_store_of(store)->kv;
    enum status status = STATUS_OK;
    bool more = true;
    while (status == STATUS_OK && more) {
        status = sweep(kv, KEYS_FAMILY, family_is_over, now_ms, &more);
    }
    more = true;
    while (status == STATUS_OK && more) {
        status = sweep(kv, KEYS_REVOCATION, revocation_is_over, now_ms, &more);
    }
    return status;
}
