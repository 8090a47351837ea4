// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Identity links, a row in each direction, and who owns an anonymous id.
#include "store/kv/kv_store.h"

#define LINKS_MAX 1000

static void prefix_of(struct kv_store *store, struct keys_key *lower, struct keys_key *upper,
                      enum keys_table table, struct str project, struct str id) {
    keys_begin_derived(lower, table, store->generation);
    keys_text(lower, project);
    keys_text(lower, id);
    *upper = *lower;
    keys_end_of_prefix(upper);
}

enum status kv_link_owner(struct store *base, struct str project, struct str anonymous_id,
                          struct arena *arena, struct str *user_id) {
    struct kv_store *store = kv_store_of(base);
    struct kv *kv = store->kv;
    struct keys_key lower;
    struct keys_key upper;
    prefix_of(store, &lower, &upper, KEYS_LINK, project, anonymous_id);
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    char owner[KEYS_MAX];
    size_t owner_len = 0;
    int64_t earliest = 0;
    bool found = false;
    struct str key;
    struct str value;
    while (status == STATUS_OK && kv->engine->scan_entry(scan, &key, &value)) {
        int64_t linked_ms = 0;
        if (!values_get_number(value, &linked_ms) || key.len > sizeof owner) {
            status = STATUS_CORRUPT;
        } else if (!found || linked_ms < earliest) {
            // Users come in bytewise order, so of equal times the first stays.
            owner_len = key.len - lower.len;
            memcpy(owner, key.data + lower.len, owner_len);
            earliest = linked_ms;
            found = true;
        }
        kv->engine->scan_next(scan);
    }
    enum status closed = kv->engine->scan_close(scan);
    status = status == STATUS_OK ? closed : status;
    if (status != STATUS_OK || !found) {
        return status == STATUS_OK ? STATUS_NOT_FOUND : status;
    }
    *user_id = arena_copy(arena, str_make(owner, owner_len));
    return user_id->data == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

// NOT_FOUND: no anonymous id was ever linked to the user, which is told without a scan.
static enum status ever_linked(struct kv_store *store, enum store_reach reach, struct str project,
                               struct str user_id, struct arena *arena) {
    struct keys_key key;
    keys_begin_derived(&key, KEYS_LINK_BY_USER, store->generation);
    keys_text(&key, project);
    keys_text(&key, user_id);
    struct str value;
    return kv_store_get(store, reach, KV_MAIN, &key, arena, &value);
}

// Anonymous ids ever linked to the user, from `from` on: some of them, as many as fit the array.
static enum status candidates(struct kv_store *store, const struct keys_key *lower,
                              const struct keys_key *upper, size_t prefix, struct arena *arena,
                              struct str *ids, size_t max, size_t *count) {
    struct kv *kv = store->kv;
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(lower), keys_str(upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    *count = 0;
    while (status == STATUS_OK && *count < max && kv->engine->scan_entry(scan, &key, &value)) {
        struct str id = arena_copy(arena, str_make(key.data + prefix, key.len - prefix));
        ids[*count] = id;
        *count += 1;
        status = id.data == NULL ? STATUS_NO_MEMORY : STATUS_OK;
        kv->engine->scan_next(scan);
    }
    enum status closed = kv->engine->scan_close(scan);
    return status == STATUS_OK ? closed : status;
}

// Of the candidates, those the user owns.
static enum status add_owned(struct store *base, struct str project, struct str user_id,
                             const struct str *ids, size_t count, struct arena *arena,
                             struct kv_rows *owned) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && owned->count < LINKS_MAX && status == STATUS_OK; i++) {
        struct str owner;
        status = kv_link_owner(base, project, ids[i], arena, &owner);
        if (status == STATUS_OK && str_equal(owner, user_id)) {
            struct str *row = kv_rows_add(owned, arena);
            status = row == NULL ? STATUS_NO_MEMORY : STATUS_OK;
            if (row != NULL) {
                *row = ids[i];
            }
        } else if (status == STATUS_NOT_FOUND) {
            status = STATUS_OK; // gone between the two reads
        }
    }
    return status;
}

static enum status scan_links(struct kv_store *store, struct str project, struct str user_id,
                              struct arena *arena, struct kv_rows *owned) {
    struct keys_key lower;
    struct keys_key upper;
    prefix_of(store, &lower, &upper, KEYS_LINK_BY_USER, project, user_id);
    size_t prefix = lower.len;
    keys_u8(&lower, 1); // behind the row without an anonymous id, which no id sorts before
    struct str ids[128];
    const size_t max = sizeof ids / sizeof ids[0];
    size_t some = 0;
    enum status status = STATUS_OK;
    do {
        status = candidates(store, &lower, &upper, prefix, arena, ids, max, &some);
        if (status == STATUS_OK) {
            status = add_owned(&store->store, project, user_id, ids, some, arena, owned);
        }
        if (status == STATUS_OK && some > 0) {
            lower.len = prefix;
            keys_tail(&lower, ids[some - 1]);
            keys_u8(&lower, 0); // behind the last one
        }
    } while (status == STATUS_OK && some == max && owned->count < LINKS_MAX);
    return status;
}

enum status kv_read_links(struct kv_store *store, enum store_reach reach, struct str project,
                          struct str user_id, struct arena *arena, struct str **anonymous_ids,
                          size_t *count) {
    struct kv_rows owned = {.size = sizeof(struct str)};
    enum status status = ever_linked(store, reach, project, user_id, arena);
    if (status == STATUS_OK && reach == STORE_REACH_MEMORY) {
        status = STATUS_UNAVAILABLE; // scans are not for a loop
    } else if (status == STATUS_OK) {
        status = scan_links(store, project, user_id, arena, &owned);
    } else if (status == STATUS_NOT_FOUND) {
        status = STATUS_OK;
    }
    *anonymous_ids = (struct str *)(void *)owned.items;
    *count = owned.count;
    return status;
}

enum status kv_links_of(struct store *base, struct str project, struct str user_id,
                        struct arena *arena, struct str **anonymous_ids, size_t *count) {
    return kv_read_links(kv_store_of(base), STORE_REACH_ALL, project, user_id, arena, anonymous_ids,
                         count);
}
