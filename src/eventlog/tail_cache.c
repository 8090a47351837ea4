// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A ring of batches a partition for finding, one list over all for forgetting the oldest.
#include "eventlog/tail_cache.h"

#include <stdlib.h>

#include "base/check.h"
#include "eventlog/record_batch.h"

struct tail_ring {
    struct tail_batch **slots; // offset order from `first` on, wrapping
    size_t capacity;           // 0 or a power of two
    size_t first;
    size_t count;
};

struct tail_batch *tail_batch_new(struct str raw) {
    struct tail_batch *batch = malloc(sizeof *batch + raw.len + RECORD_BATCH_PADDING);
    if (batch == NULL) {
        return NULL;
    }
    atomic_init(&batch->references, 1);
    batch->newer = NULL;
    batch->len = raw.len;
    memcpy(batch->data, raw.data, raw.len);
    memset(batch->data + raw.len, 0, RECORD_BATCH_PADDING);
    return batch;
}

void tail_batch_release(struct tail_batch *batch) {
    if (batch != NULL &&
        atomic_fetch_sub_explicit(&batch->references, 1, memory_order_acq_rel) == 1) {
        free(batch);
    }
}

enum status tail_cache_init(struct tail_cache *cache, unsigned partitions, size_t bytes_max) {
    *cache = (struct tail_cache){.bytes_max = bytes_max, .partitions = partitions};
    cache->rings = calloc(partitions, sizeof *cache->rings);
    return cache->rings == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static struct tail_batch *ring_at(const struct tail_ring *ring, size_t i) {
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn): slots below count are set
    return ring->slots[(ring->first + i) & (ring->capacity - 1)];
}

static bool ring_push(struct tail_ring *ring, struct tail_batch *batch) {
    if (ring->count == ring->capacity) {
        size_t capacity = ring->capacity == 0 ? 16 : 2 * ring->capacity;
        struct tail_batch **slots = malloc(capacity * sizeof(struct tail_batch *));
        if (slots == NULL) {
            return false;
        }
        for (size_t i = 0; i < ring->count; i++) {
            slots[i] = ring_at(ring, i);
        }
        free(ring->slots);
        ring->slots = slots;
        ring->capacity = capacity;
        ring->first = 0;
    }
    ring->slots[(ring->first + ring->count) & (ring->capacity - 1)] = batch;
    ring->count++;
    return true;
}

static size_t batch_bytes(const struct tail_batch *batch) {
    return sizeof *batch + batch->len + RECORD_BATCH_PADDING;
}

static void drop_oldest(struct tail_cache *cache) {
    struct tail_batch *batch = cache->oldest;
    struct tail_ring *ring = &cache->rings[batch->partition];
    CHECK(ring->count > 0 && ring_at(ring, 0) == batch);
    ring->first = (ring->first + 1) & (ring->capacity - 1);
    ring->count--;
    cache->bytes -= batch_bytes(batch);
    cache->oldest = batch->newer;
    if (cache->oldest == NULL) {
        cache->newest = NULL;
    }
    tail_batch_release(batch);
}

void tail_cache_free(struct tail_cache *cache) {
    while (cache->oldest != NULL) {
        drop_oldest(cache);
    }
    for (unsigned i = 0; cache->rings != NULL && i < cache->partitions; i++) {
        free(cache->rings[i].slots);
    }
    free(cache->rings);
    cache->rings = NULL;
}

void tail_cache_add(struct tail_cache *cache, struct tail_batch *batch) {
    // A hole in the cache is no harm: readers then find the batch on disk.
    if (!ring_push(&cache->rings[batch->partition], batch)) {
        tail_batch_release(batch);
        return;
    }
    if (cache->newest != NULL) {
        cache->newest->newer = batch;
    } else {
        cache->oldest = batch;
    }
    cache->newest = batch;
    cache->bytes += batch_bytes(batch);
    while (cache->bytes > cache->bytes_max) {
        drop_oldest(cache);
    }
}

struct tail_batch *tail_cache_find(struct tail_cache *cache, unsigned partition, int64_t offset) {
    const struct tail_ring *ring = &cache->rings[partition];
    size_t low = 0;
    size_t high = ring->count; // the first batch behind the offset
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ring_at(ring, middle)->base_offset <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return NULL;
    }
    struct tail_batch *batch = ring_at(ring, low - 1);
    if (offset - batch->base_offset >= (int64_t)batch->count) {
        return NULL;
    }
    atomic_fetch_add_explicit(&batch->references, 1, memory_order_relaxed);
    return batch;
}
