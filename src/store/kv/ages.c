// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What is too old goes, in steps. Sessions are found by a walk over all of them, since they stand by actor and not by time; letters: letters.c.
#include "store/kv/kv_store.h"

enum status kv_remove(struct kv_store *store, enum kv_family family, struct str lower,
                      struct str upper, kv_collect *collect, void *context, uint64_t *removed) {
    const struct kv_engine *engine = store->kv->engine;
    struct kv_scan *scan = NULL;
    struct kv_batch *batch = NULL;
    uint64_t found = 0;
    *removed = 0;
    enum status status = engine->batch_make(store->kv, &batch);
    if (status != STATUS_OK) {
        return status;
    }
    status = engine->scan_open(store->kv, family, lower, upper, &scan);
    if (status == STATUS_OK) {
        status = collect(store, scan, batch, &found, context);
        enum status closed = engine->scan_close(scan);
        status = status == STATUS_OK ? closed : status;
    }
    if (status == STATUS_OK && found > 0) {
        status = engine->write(store->kv, batch);
    }
    engine->batch_free(batch);
    *removed = status == STATUS_OK ? found : 0;
    return status;
}

// --- Sessions ---------------------------------------------------------------------------------------------------------

#define START_BYTES 8

static bool has_prefix(struct str key, struct str prefix) {
    return key.len >= prefix.len && memcmp(key.data, prefix.data, prefix.len) == 0;
}

// Where to go on: right behind the key that was looked at last, when it is of the generation that is read now.
static struct str begin_at(const struct buffer *position, struct str prefix) {
    struct str at = buffer_str(position);
    return has_prefix(at, prefix) ? at : prefix;
}

static enum status look(const struct kv_engine *engine, struct kv_batch *batch, struct str key,
                        struct str value, int64_t ended_before_ms, uint64_t *found) {
    if (key.len < START_BYTES) {
        return STATUS_CORRUPT;
    }
    struct store_session session; // its end is told from its start, which ends the key
    struct str start = str_make(key.data + (key.len - START_BYTES), START_BYTES);
    if (!keys_read_i64(&start, &session.start_ms) || !values_get_session(value, &session)) {
        return STATUS_CORRUPT;
    }
    if (session.end_ms >= ended_before_ms) {
        return STATUS_OK;
    }
    ++*found;
    return engine->batch_delete(batch, KV_ACTORS, key);
}

struct ageing_walk {
    int64_t ended_before_ms;
    size_t limit;
    struct buffer *position;
};

static enum status walk(struct kv_store *store, struct kv_scan *scan, struct kv_batch *batch,
                        uint64_t *found, void *context) {
    const struct ageing_walk *ageing = context;
    const struct kv_engine *engine = store->kv->engine;
    struct buffer *position = ageing->position;
    enum status status = STATUS_OK;
    struct str key;
    struct str value;
    for (size_t rows = 0; status == STATUS_OK && engine->scan_entry(scan, &key, &value); rows++) {
        if (rows == ageing->limit) {
            return STATUS_OK;
        }
        status = look(engine, batch, key, value, ageing->ended_before_ms, found);
        buffer_clear(position);
        buffer_append_str(position, key);
        buffer_append_char(position, '\0');
        engine->scan_next(scan);
    }
    if (status == STATUS_OK) {
        status = buffer_status(position);
        buffer_clear(position); // the end
    }
    return status;
}

enum status kv_sessions_age(struct store *base, int64_t before_ms, size_t limit,
                            struct buffer *position, uint64_t *removed) {
    struct kv_store *store = kv_store_of(base);
    struct ageing_walk ageing = {before_ms - STORE_SESSION_KEEP_MS, limit, position};
    struct keys_key lower;
    struct keys_key upper;
    keys_begin_derived(&lower, KEYS_SESSION, store->generation);
    upper = lower;
    keys_end_of_prefix(&upper);
    return kv_remove(store, KV_ACTORS, begin_at(position, keys_str(&lower)), keys_str(&upper), walk,
                     &ageing, removed);
}
