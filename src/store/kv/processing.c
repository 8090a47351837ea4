// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the processor reads back when it starts: offsets, and the dedupe window.
#include "store/kv/kv_store.h"

enum status kv_partition_offset(struct store *base, int64_t epoch, unsigned partition,
                                int64_t *next_offset) {
    struct kv_store *store = kv_store_of(base);
    pthread_mutex_lock(&store->epoch_lock);
    bool foreign = store->epoch_known && store->epoch != epoch;
    pthread_mutex_unlock(&store->epoch_lock);
    if (foreign) {
        return STATUS_CONFLICT;
    }
    struct keys_key key;
    keys_begin_derived(&key, KEYS_OFFSET, store->generation);
    keys_u16(&key, (uint16_t)partition);
    enum status status = kv_store_get_number(store, &key, next_offset);
    if (status == STATUS_NOT_FOUND) {
        *next_offset = 0;
        return STATUS_OK;
    }
    return status;
}

// The offset is read from where it is written, each time; and nobody else writes it.
void kv_partition_release(struct store *base, unsigned partition) {
    (void)base;
    (void)partition;
}

// What a chunk's row says. Its hashes are in the arena.
struct chunk {
    int64_t number, last_ms;
    const uint64_t *hashes;
    size_t count;
};

// The first chunk from `lower` on; END when there is none.
static enum status read_chunk(struct kv_store *store, const struct keys_key *lower,
                              const struct keys_key *upper, size_t prefix, struct arena *arena,
                              struct chunk *chunk) {
    struct kv *kv = store->kv;
    struct kv_scan *scan = NULL;
    enum status status =
        kv->engine->scan_open(kv, KV_MAIN, keys_str(lower), keys_str(upper), &scan);
    if (status != STATUS_OK) {
        return status;
    }
    struct str key;
    struct str value;
    if (!kv->engine->scan_entry(scan, &key, &value)) {
        status = STATUS_END;
    } else {
        struct str position = str_make(key.data + prefix, key.len - prefix);
        if (!keys_read_i64(&position, &chunk->number) || position.len != 0) {
            status = STATUS_CORRUPT;
        } else if (values_get_seen(value, arena, &chunk->last_ms, &chunk->hashes, &chunk->count,
                                   &status)) {
            status = STATUS_OK;
        }
    }
    enum status closed = kv->engine->scan_close(scan);
    return closed != STATUS_OK ? closed : status;
}

enum status kv_seen_load(struct store *base, unsigned partition,
                         bool (*visit)(int64_t chunk, int64_t last_ms, const uint64_t *hashes,
                                       size_t count, void *context),
                         void *context) {
    struct kv_store *store = kv_store_of(base);
    struct keys_key lower;
    struct keys_key upper;
    keys_begin_derived(&lower, KEYS_SEEN, store->generation);
    keys_u16(&lower, (uint16_t)partition);
    size_t prefix = lower.len;
    upper = lower;
    keys_end_of_prefix(&upper);
    struct arena arena;
    arena_init(&arena, (size_t)64 << 10, 0);
    enum status status = STATUS_OK;
    bool go_on = true;
    // A scan for each chunk: what visit does must not happen under a lock of the engine's.
    while (status == STATUS_OK && go_on) {
        struct chunk chunk = {0};
        status = read_chunk(store, &lower, &upper, prefix, &arena, &chunk);
        if (status == STATUS_OK) {
            go_on = visit(chunk.number, chunk.last_ms, chunk.hashes, chunk.count, context);
            lower.len = prefix;
            keys_i64(&lower, chunk.number);
            keys_u8(&lower, 0); // behind it
        }
        arena_reset(&arena);
    }
    arena_free(&arena);
    return status == STATUS_END ? STATUS_OK : status;
}
