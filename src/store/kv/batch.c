// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A processing batch: rows are encoded straight into the engine's batch; links wait until it is known which were earlier.
#include "store/kv/kv_store.h"

#include <stdlib.h>

#define BATCH_ARENA ((size_t)16 << 10)

struct batch_link {
    struct str project, anonymous_id, user_id;
    int64_t linked_ms;
};

struct batch {
    struct store_batch base;
    struct kv_store *store;
    struct kv_batch *writes;
    struct buffer value; // one value at a time
    struct arena arena;  // links and chunk numbers
    struct kv_rows links;
    struct kv_rows chunks; // of the dedupe window, put by this batch
    int64_t forgotten;     // chunks below are deleted by this batch
    int64_t epoch;
    unsigned partition;
    int64_t began; // the partition's offset when the batch began
};

static struct batch *batch_of(struct store_batch *base) {
    return (struct batch *)base;
}

struct kv_batch *kv_batch_writes(struct store_batch *base) {
    return batch_of(base)->writes;
}

unsigned kv_batch_partition(struct store_batch *base) {
    return batch_of(base)->partition;
}

void kv_batch_discard(struct store_batch *base) {
    struct batch *batch = batch_of(base);
    if (batch->writes != NULL) {
        batch->store->kv->engine->batch_free(batch->writes);
    }
    buffer_free(&batch->value);
    arena_free(&batch->arena);
    free(batch);
}

enum status kv_batch_begin(struct store *base, int64_t epoch, unsigned partition,
                           struct store_batch **out) {
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return STATUS_NO_MEMORY;
    }
    batch->base.store = base;
    batch->store = kv_store_of(base);
    batch->epoch = epoch;
    batch->partition = partition;
    batch->forgotten = INT64_MIN;
    batch->links.size = sizeof(struct batch_link);
    batch->chunks.size = sizeof(int64_t);
    buffer_init(&batch->value, KV_STORE_VALUE_MAX);
    arena_init(&batch->arena, BATCH_ARENA, 0);
    enum status status = kv_partition_offset(base, epoch, partition, &batch->began);
    if (status == STATUS_OK) {
        status = batch->store->kv->engine->batch_make(batch->store->kv, &batch->writes);
    }
    if (status != STATUS_OK) {
        kv_batch_discard(&batch->base);
        return status;
    }
    *out = &batch->base;
    return STATUS_OK;
}

// Puts what the value buffer holds.
static enum status put(struct batch *batch, enum kv_family family, const struct keys_key *key) {
    enum status status = buffer_status(&batch->value);
    if (status != STATUS_OK) {
        return status;
    }
    return batch->store->kv->engine->batch_put(batch->writes, family, keys_str(key),
                                               buffer_str(&batch->value));
}

enum status kv_batch_timeline(struct store_batch *base, struct str project,
                              struct store_actor actor, const struct store_timeline_row *row) {
    struct batch *batch = batch_of(base);
    struct keys_key key;
    keys_actor(&key, KEYS_TIMELINE, batch->store->generation, project, actor);
    keys_i64_desc(&key, row->timestamp_ms);
    keys_event_id(&key, row->event_id);
    buffer_clear(&batch->value);
    values_put_timeline(&batch->value, actor, row);
    return put(batch, KV_TIMELINE, &key);
}

enum status kv_batch_actor(struct store_batch *base, struct str project, struct store_actor actor,
                           const struct store_actor_state *state) {
    struct batch *batch = batch_of(base);
    struct keys_key key;
    keys_actor(&key, KEYS_STATE, batch->store->generation, project, actor);
    buffer_clear(&batch->value);
    values_put_state(&batch->value, state);
    return put(batch, KV_ACTORS, &key);
}

enum status kv_batch_actor_day(struct store_batch *base, struct str project,
                               struct store_actor actor, const struct store_actor_day *day) {
    struct batch *batch = batch_of(base);
    struct keys_key key;
    keys_actor(&key, KEYS_DAY, batch->store->generation, project, actor);
    keys_i32(&key, day->day);
    buffer_clear(&batch->value);
    values_put_day(&batch->value, day);
    return put(batch, KV_ACTORS, &key);
}

static void session_key(struct batch *batch, struct keys_key *key, struct str project,
                        struct store_actor actor, int64_t start_ms) {
    keys_actor(key, KEYS_SESSION, batch->store->generation, project, actor);
    keys_i64(key, start_ms);
}

enum status kv_batch_session(struct store_batch *base, struct str project, struct store_actor actor,
                             const struct store_session *session) {
    struct batch *batch = batch_of(base);
    struct keys_key key;
    session_key(batch, &key, project, actor, session->start_ms);
    buffer_clear(&batch->value);
    values_put_session(&batch->value, session);
    return put(batch, KV_ACTORS, &key);
}

enum status kv_batch_session_remove(struct store_batch *base, struct str project,
                                    struct store_actor actor, int64_t start_ms) {
    struct batch *batch = batch_of(base);
    struct keys_key key;
    session_key(batch, &key, project, actor, start_ms);
    return batch->store->kv->engine->batch_delete(batch->writes, KV_ACTORS, keys_str(&key));
}

enum status kv_batch_total(struct store_batch *base, struct str project,
                           const struct store_total *total) {
    struct batch *batch = batch_of(base);
    struct keys_key key;
    keys_begin_derived(&key, KEYS_TOTAL, batch->store->generation);
    keys_text(&key, project);
    keys_i32(&key, total->day);
    keys_u16(&key, (uint16_t)batch->partition);
    keys_u8(&key, (uint8_t)total->metric);
    keys_tail(&key, total->value);
    if (total->amount == 0) {
        return batch->store->kv->engine->batch_delete(batch->writes, KV_MAIN, keys_str(&key));
    }
    return kv_store_batch_number(batch->writes, &key, total->amount);
}

enum status kv_batch_dead_letter(struct store_batch *base, struct str project,
                                 const struct store_dead_letter *letter) {
    struct batch *batch = batch_of(base);
    struct keys_key key;
    bool settled = false;
    enum status status =
        kv_letter_settled(batch->store, letter->partition, letter->offset, &settled);
    if (status != STATUS_OK || settled) {
        return status;
    }
    keys_begin_derived(&key, KEYS_DEAD_LETTER, batch->store->generation);
    keys_text(&key, project);
    keys_i64_desc(&key, letter->received_ms);
    keys_u16(&key, (uint16_t)letter->partition);
    keys_i64_desc(&key, letter->offset);
    buffer_clear(&batch->value);
    values_put_dead_letter(&batch->value, letter);
    return put(batch, KV_MAIN, &key);
}

static void seen_key(struct batch *batch, struct keys_key *key, int64_t chunk) {
    keys_begin_derived(key, KEYS_SEEN, batch->store->generation);
    keys_u16(key, (uint16_t)batch->partition);
    keys_i64(key, chunk);
}

enum status kv_batch_seen(struct store_batch *base, int64_t chunk, int64_t last_ms,
                          const uint64_t *hashes, size_t count) {
    struct batch *batch = batch_of(base);
    int64_t *noted = kv_rows_add(&batch->chunks, &batch->arena);
    if (noted == NULL) {
        return STATUS_NO_MEMORY;
    }
    *noted = chunk;
    struct keys_key key;
    seen_key(batch, &key, chunk);
    buffer_clear(&batch->value);
    values_put_seen(&batch->value, last_ms, hashes, count);
    return put(batch, KV_MAIN, &key);
}

static enum status forget_stored(struct batch *batch, int64_t from, int64_t below) {
    struct kv *kv = batch->store->kv;
    struct keys_key lower;
    struct keys_key upper;
    seen_key(batch, &lower, from);
    seen_key(batch, &upper, below);
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(&lower), keys_str(&upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    while (status == STATUS_OK && kv->engine->scan_entry(scan, &key, &value)) {
        status = kv->engine->batch_delete(batch->writes, KV_MAIN, key);
        kv->engine->scan_next(scan);
    }
    enum status closed = kv->engine->scan_close(scan);
    return status == STATUS_OK ? closed : status;
}

enum status kv_batch_seen_forget(struct store_batch *base, int64_t below_chunk) {
    struct batch *batch = batch_of(base);
    int64_t from = INT64_MIN;
    if (batch->partition < KV_STORE_FLOORS) {
        pthread_mutex_lock(kv_store_partition_lock(batch->store, batch->partition));
        from = batch->store->seen_floors[batch->partition];
        pthread_mutex_unlock(kv_store_partition_lock(batch->store, batch->partition));
    }
    enum status status = STATUS_OK;
    if (from < below_chunk) {
        status = forget_stored(batch, from, below_chunk);
    }
    const int64_t *own = (const int64_t *)(const void *)batch->chunks.items;
    for (size_t i = 0; i < batch->chunks.count && status == STATUS_OK; i++) {
        struct keys_key key;
        seen_key(batch, &key, own[i]);
        if (own[i] < below_chunk) {
            status = batch->store->kv->engine->batch_delete(batch->writes, KV_MAIN, keys_str(&key));
        }
    }
    batch->forgotten = below_chunk > batch->forgotten ? below_chunk : batch->forgotten;
    return status;
}

enum status kv_batch_link(struct store_batch *base, struct str project, struct str anonymous_id,
                          struct str user_id, int64_t linked_ms) {
    struct batch *batch = batch_of(base);
    struct batch_link *link = kv_rows_add(&batch->links, &batch->arena);
    if (link == NULL) {
        return STATUS_NO_MEMORY;
    }
    *link = (struct batch_link){arena_copy(&batch->arena, project),
                                arena_copy(&batch->arena, anonymous_id),
                                arena_copy(&batch->arena, user_id), linked_ms};
    bool copied =
        link->project.data != NULL && link->anonymous_id.data != NULL && link->user_id.data != NULL;
    return copied ? STATUS_OK : STATUS_NO_MEMORY;
}

static int compare_links(const void *a_memory, const void *b_memory) {
    const struct batch_link *a = a_memory;
    const struct batch_link *b = b_memory;
    int order = str_compare(a->project, b->project);
    order = order != 0 ? order : str_compare(a->anonymous_id, b->anonymous_id);
    order = order != 0 ? order : str_compare(a->user_id, b->user_id);
    if (order != 0 || a->linked_ms == b->linked_ms) {
        return order;
    }
    return a->linked_ms < b->linked_ms ? -1 : 1;
}

static bool same_pair(const struct batch_link *a, const struct batch_link *b) {
    return str_equal(a->project, b->project) && str_equal(a->anonymous_id, b->anonymous_id) &&
           str_equal(a->user_id, b->user_id);
}

static enum status write_link(struct batch *batch, const struct batch_link *link) {
    struct keys_key key;
    keys_begin_derived(&key, KEYS_LINK, batch->store->generation);
    keys_text(&key, link->project);
    keys_text(&key, link->anonymous_id);
    keys_tail(&key, link->user_id);
    int64_t earlier = 0;
    enum status status = kv_store_get_number(batch->store, &key, &earlier);
    if (status == STATUS_OK && earlier <= link->linked_ms) {
        return STATUS_OK;
    }
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    bool is_new = status == STATUS_NOT_FOUND;
    status = kv_store_batch_number(batch->writes, &key, link->linked_ms);
    if (status != STATUS_OK || !is_new) {
        return status;
    }
    keys_begin_derived(&key, KEYS_LINK_BY_USER, batch->store->generation);
    keys_text(&key, link->project);
    keys_text(&key, link->user_id);
    size_t user_end = key.len;
    keys_tail(&key, link->anonymous_id);
    const struct kv_engine *engine = batch->store->kv->engine;
    status = engine->batch_put(batch->writes, KV_MAIN, keys_str(&key), STR(""));
    if (status == STATUS_OK) {
        key.len = user_end;
        status = engine->batch_put(batch->writes, KV_MAIN, keys_str(&key), STR(""));
    }
    return status;
}

static enum status write_links(struct batch *batch) {
    struct batch_link *links = (struct batch_link *)(void *)batch->links.items;
    enum status status = STATUS_OK;
    if (batch->links.count > 0) {
        qsort(links, batch->links.count, sizeof *links, compare_links);
    }
    for (size_t i = 0; i < batch->links.count && status == STATUS_OK; i++) {
        // Of one pair the earliest comes first; the others say nothing new.
        if (i == 0 || !same_pair(&links[i - 1], &links[i])) {
            status = write_link(batch, &links[i]);
        }
    }
    return status;
}

size_t kv_batch_bytes(const struct store_batch *base) {
    const struct batch *batch = (const struct batch *)base;
    return batch->store->kv->engine->batch_bytes(batch->writes);
}

// With the epoch known to be this batch's, or about to be: the row is written with the batch.
static enum status commit_locked(struct batch *batch, int64_t next_offset, bool with_epoch) {
    struct kv_store *store = batch->store;
    int64_t stored = 0;
    struct keys_key key;
    keys_begin_derived(&key, KEYS_OFFSET, store->generation);
    keys_u16(&key, (uint16_t)batch->partition);
    enum status status = kv_store_get_number(store, &key, &stored);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    if (stored != batch->began) {
        return STATUS_CONFLICT;
    }
    status = write_links(batch);
    if (status == STATUS_OK) {
        status = kv_store_batch_number(batch->writes, &key, next_offset);
    }
    if (status == STATUS_OK && with_epoch) {
        keys_begin_derived(&key, KEYS_EPOCH, store->generation);
        status = kv_store_batch_number(batch->writes, &key, batch->epoch);
    }
    if (status == STATUS_OK) {
        status = store->kv->engine->write(store->kv, batch->writes);
    }
    if (status == STATUS_OK && batch->partition < KV_STORE_FLOORS &&
        store->seen_floors[batch->partition] < batch->forgotten) {
        store->seen_floors[batch->partition] = batch->forgotten;
    }
    return status;
}

static enum status commit(struct batch *batch, int64_t next_offset) {
    struct kv_store *store = batch->store;
    if (next_offset < batch->began) {
        return STATUS_INVALID;
    }
    enum status status = STATUS_OK;
    pthread_mutex_t *lock = kv_store_partition_lock(store, batch->partition);
    pthread_mutex_lock(lock);
    pthread_mutex_lock(&store->epoch_lock);
    bool with_epoch = !store->epoch_known;
    if (with_epoch) {
        // The first commit of all: nobody else may write another epoch meanwhile.
        status = commit_locked(batch, next_offset, true);
        store->epoch_known = status == STATUS_OK;
        store->epoch = batch->epoch;
    } else if (store->epoch != batch->epoch) {
        status = STATUS_CONFLICT;
    }
    pthread_mutex_unlock(&store->epoch_lock);
    if (status == STATUS_OK && !with_epoch) {
        status = commit_locked(batch, next_offset, false);
    }
    pthread_mutex_unlock(lock);
    return status;
}

enum status kv_batch_commit(struct store_batch *base, int64_t next_offset) {
    enum status status = commit(batch_of(base), next_offset);
    kv_batch_discard(base);
    return status;
}
