// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Profiles: one row each, a row that claims the email, and versions that are never given twice.
#include "store/kv/kv_store.h"

#define PROFILE_ARENA 4096

static void profile_key(struct keys_key *key, struct str project, struct str id) {
    keys_begin(key, KEYS_PROFILE);
    keys_text(key, project);
    keys_tail(key, id);
}

static void email_key(struct keys_key *key, struct str project, struct str email) {
    keys_begin(key, KEYS_EMAIL);
    keys_text(key, project);
    keys_tail(key, email);
}

static void floor_key(struct keys_key *key, struct str project) {
    keys_begin(key, KEYS_VERSION_FLOOR);
    keys_tail(key, project);
}

enum status kv_read_profile(struct kv_store *store, enum store_reach reach, struct str project,
                            struct str id, struct arena *arena, struct store_profile *out) {
    struct keys_key key;
    profile_key(&key, project, id);
    struct str value;
    enum status status = kv_store_get(store, reach, KV_MAIN, &key, arena, &value);
    if (status != STATUS_OK) {
        return status;
    }
    struct store_profile profile = {.id = arena_copy(arena, id)};
    if (profile.id.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    if (!values_get_profile(value, &profile)) {
        return STATUS_CORRUPT;
    }
    *out = profile;
    return STATUS_OK;
}

enum status kv_profile_get(struct store *base, struct str project, struct str id,
                           struct arena *arena, struct store_profile *out) {
    return kv_read_profile(kv_store_of(base), STORE_REACH_ALL, project, id, arena, out);
}

enum status kv_profile_find_email(struct store *base, struct str project, struct str email,
                                  struct arena *arena, struct str *id) {
    struct kv *kv = kv_store_of(base)->kv;
    struct keys_key key;
    email_key(&key, project, email);
    return kv->engine->get(kv, KV_MAIN, keys_str(&key), arena, id);
}

// Whether what is there is what the caller expects.
static enum status check_expectation(enum store_expect expect, uint64_t version, bool exists,
                                     const struct store_profile *old) {
    switch (expect) {
    case STORE_EXPECT_ANY: return STATUS_OK;
    case STORE_EXPECT_ABSENT: return exists ? STATUS_EXISTS : STATUS_OK;
    case STORE_EXPECT_PRESENT: return exists ? STATUS_OK : STATUS_NOT_FOUND;
    case STORE_EXPECT_VERSION:
        return exists && old->version == version ? STATUS_OK : STATUS_PRECONDITION;
    }
    return STATUS_INVALID;
}

static enum status check_email(struct store *base, struct str project,
                               const struct store_profile *profile, struct arena *arena) {
    if (profile->email.data == NULL) {
        return STATUS_OK;
    }
    struct str owner;
    enum status status = kv_profile_find_email(base, project, profile->email, arena, &owner);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    return status == STATUS_OK && !str_equal(owner, profile->id) ? STATUS_CONFLICT : status;
}

// A profile that did not exist begins above every version a deleted one of the project ever had.
static enum status first_version(struct kv_store *store, struct str project, uint64_t *version) {
    struct keys_key key;
    floor_key(&key, project);
    int64_t highest = 0;
    enum status status = kv_store_get_number(store, &key, &highest);
    *version = (uint64_t)highest + 1;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

// A changed email gives up the old claim and makes the new one.
static enum status move_claim(struct kv_batch *batch, struct str project, struct str id,
                              struct str old_email, struct str new_email) {
    const struct kv_engine *engine = batch->kv->engine;
    enum status status = STATUS_OK;
    struct keys_key key;
    bool same = old_email.data != NULL && new_email.data != NULL && str_equal(old_email, new_email);
    if (old_email.data != NULL && !same) {
        email_key(&key, project, old_email);
        status = engine->batch_delete(batch, KV_MAIN, keys_str(&key));
    }
    if (status == STATUS_OK && new_email.data != NULL && !same) {
        email_key(&key, project, new_email);
        status = engine->batch_put(batch, KV_MAIN, keys_str(&key), id);
    }
    return status;
}

static enum status write_profile(struct kv *kv, struct str project,
                                 const struct store_profile *profile, struct str old_email) {
    struct kv_batch *batch = NULL;
    enum status status = kv->engine->batch_make(kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    struct buffer value;
    buffer_init(&value, KV_STORE_VALUE_MAX);
    values_put_profile(&value, profile);
    status = buffer_status(&value);
    struct keys_key key;
    profile_key(&key, project, profile->id);
    if (status == STATUS_OK) {
        status = kv->engine->batch_put(batch, KV_MAIN, keys_str(&key), buffer_str(&value));
    }
    if (status == STATUS_OK) {
        status = move_claim(batch, project, profile->id, old_email, profile->email);
    }
    if (status == STATUS_OK) {
        status = kv->engine->write(kv, batch);
    }
    buffer_free(&value);
    kv->engine->batch_free(batch);
    return status;
}

// With the lock held.
static enum status put_locked(struct kv_store *store, struct str project,
                              struct store_profile *profile, enum store_expect expect,
                              uint64_t version, struct arena *arena, bool *created) {
    struct store_profile old = {0};
    enum status status = kv_profile_get(&store->store, project, profile->id, arena, &old);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    bool exists = status == STATUS_OK;
    status = check_expectation(expect, version, exists, &old);
    if (status == STATUS_OK) {
        status = check_email(&store->store, project, profile, arena);
    }
    struct store_profile written = *profile;
    written.version = old.version + 1;
    written.created_ms = exists ? old.created_ms : profile->created_ms;
    if (status == STATUS_OK && !exists) {
        status = first_version(store, project, &written.version);
    }
    if (status == STATUS_OK) {
        status = write_profile(store->kv, project, &written, old.email);
    }
    if (status == STATUS_OK) {
        profile->version = written.version;
        profile->created_ms = written.created_ms;
        *created = !exists;
    }
    return status;
}

enum status kv_profile_put(struct store *base, struct str project, struct store_profile *profile,
                           enum store_expect expect, uint64_t version, bool *created) {
    struct kv_store *store = kv_store_of(base);
    struct arena arena;
    arena_init(&arena, PROFILE_ARENA, 0);
    pthread_mutex_lock(&store->people);
    enum status status = put_locked(store, project, profile, expect, version, &arena, created);
    pthread_mutex_unlock(&store->people);
    arena_free(&arena);
    return status == STATUS_OK ? store->kv->engine->sync(store->kv) : status;
}

static enum status erase_profile(struct kv_store *store, struct str project,
                                 const struct store_profile *old) {
    struct kv *kv = store->kv;
    uint64_t next = 0;
    enum status status = first_version(store, project, &next);
    if (status != STATUS_OK) {
        return status;
    }
    struct kv_batch *batch = NULL;
    status = kv->engine->batch_make(kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    struct keys_key key;
    profile_key(&key, project, old->id);
    status = kv->engine->batch_delete(batch, KV_MAIN, keys_str(&key));
    if (status == STATUS_OK) {
        status = move_claim(batch, project, old->id, old->email, STR_EMPTY);
    }
    if (status == STATUS_OK && old->version >= next) {
        floor_key(&key, project);
        status = kv_store_batch_number(batch, &key, (int64_t)old->version);
    }
    if (status == STATUS_OK) {
        status = kv->engine->write(kv, batch);
    }
    kv->engine->batch_free(batch);
    return status;
}

enum status kv_profile_delete(struct store *base, struct str project, struct str id,
                              enum store_expect expect, uint64_t version) {
    struct kv_store *store = kv_store_of(base);
    struct arena arena;
    arena_init(&arena, PROFILE_ARENA, 0);
    pthread_mutex_lock(&store->people);
    struct store_profile old = {0};
    enum status status = kv_profile_get(base, project, id, &arena, &old);
    if (status == STATUS_OK) {
        status = check_expectation(expect, version, true, &old);
    } else if (status == STATUS_NOT_FOUND && expect == STORE_EXPECT_VERSION) {
        status = STATUS_PRECONDITION;
    }
    if (status == STATUS_OK) {
        status = erase_profile(store, project, &old);
    }
    pthread_mutex_unlock(&store->people);
    arena_free(&arena);
    return status == STATUS_OK ? store->kv->engine->sync(store->kv) : status;
}

static enum status add_profile(struct kv_rows *rows, struct arena *arena, struct str id,
                               struct str value) {
    struct store_profile *row = kv_rows_add(rows, arena);
    struct str own_id = arena_copy(arena, id);
    struct str own_value = arena_copy(arena, value);
    if (row == NULL || own_id.data == NULL || own_value.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    row->id = own_id;
    return values_get_profile(own_value, row) ? STATUS_OK : STATUS_CORRUPT;
}

enum status kv_profile_list(struct store *base, struct str project, struct str after,
                            unsigned limit, struct arena *arena, struct store_profile **out,
                            size_t *count, bool *more) {
    struct kv *kv = kv_store_of(base)->kv;
    struct keys_key lower;
    struct keys_key upper;
    profile_key(&lower, project, after);
    profile_key(&upper, project, STR_EMPTY);
    size_t prefix = upper.len;
    keys_end_of_prefix(&upper);
    if (after.data != NULL) {
        keys_u8(&lower, 0); // the least key above `after` itself
    }
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct kv_rows rows = {.size = sizeof(struct store_profile)};
    struct str key;
    struct str value;
    bool left = kv->engine->scan_entry(scan, &key, &value);
    while (left && status == STATUS_OK && rows.count < limit) {
        status = add_profile(&rows, arena, str_make(key.data + prefix, key.len - prefix), value);
        kv->engine->scan_next(scan);
        left = kv->engine->scan_entry(scan, &key, &value);
    }
    enum status closed = kv->engine->scan_close(scan);
    *out = (struct store_profile *)(void *)rows.items;
    *count = rows.count;
    *more = left;
    return status == STATUS_OK ? closed : status;
}

// With the lock held. Its version stands, so that a restore that is repeated changes nothing.
static enum status restore_locked(struct kv_store *store, struct str project,
                                  const struct store_profile *profile, struct arena *arena) {
    struct store_profile old = {0};
    enum status status = kv_profile_get(&store->store, project, profile->id, arena, &old);
    if (status == STATUS_OK && old.version > profile->version) {
        return STATUS_OK;
    }
    if (status == STATUS_OK || status == STATUS_NOT_FOUND) {
        status = check_email(&store->store, project, profile, arena);
    }
    return status == STATUS_OK ? write_profile(store->kv, project, profile, old.email) : status;
}

enum status kv_profiles_restore(struct store *base, struct str project,
                                const struct store_profile *profiles, size_t count) {
    struct kv_store *store = kv_store_of(base);
    struct arena arena;
    arena_init(&arena, PROFILE_ARENA, 0);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        pthread_mutex_lock(&store->people);
        status = restore_locked(store, project, &profiles[i], &arena);
        pthread_mutex_unlock(&store->people);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return status == STATUS_OK ? store->kv->engine->sync(store->kv) : status;
}

// With the lock held.
static enum status raise_locked(struct kv_store *store, struct str project, uint64_t version) {
    struct kv *kv = store->kv;
    uint64_t next = 0;
    enum status status = first_version(store, project, &next);
    if (status != STATUS_OK || version < next) {
        return status;
    }
    struct kv_batch *batch = NULL;
    status = kv->engine->batch_make(kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    struct keys_key key;
    floor_key(&key, project);
    status = kv_store_batch_number(batch, &key, (int64_t)version);
    if (status == STATUS_OK) {
        status = kv->engine->write(kv, batch);
    }
    kv->engine->batch_free(batch);
    return status;
}

enum status kv_version_floor_raise(struct store *base, struct str project, uint64_t version) {
    struct kv_store *store = kv_store_of(base);
    pthread_mutex_lock(&store->people);
    enum status status = raise_locked(store, project, version);
    pthread_mutex_unlock(&store->people);
    return status == STATUS_OK ? store->kv->engine->sync(store->kv) : status;
}
