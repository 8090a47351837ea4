// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The dedupe window: a ring of hashes in log order and an open-addressing index into it (linear probing, backward-shift deletion).
#include "processor/dedupe.h"

#include <stdlib.h>

#include "base/check.h"
#include "event/event.h"

#define TICKS_A_WINDOW 1440
#define FIRST_RING 1024
#define FIRST_CHUNKS 64

void dedupe_init(struct dedupe *dedupe, int64_t window_ms, size_t ids) {
    *dedupe = (struct dedupe){0};
    dedupe->ids_max = ids < 1 ? 1 : ids > DEDUPE_IDS_MOST ? DEDUPE_IDS_MOST : ids;
    dedupe->tick_ms = window_ms > TICKS_A_WINDOW ? window_ms / TICKS_A_WINDOW : 1;
    dedupe->window_ticks = window_ms / dedupe->tick_ms;
    dedupe->forgotten_below = INT64_MIN;
}

void dedupe_free(struct dedupe *dedupe) {
    free(dedupe->ring);
    free(dedupe->slots);
    free(dedupe->chunks);
    free(dedupe->scratch);
    *dedupe = (struct dedupe){0};
}

uint64_t dedupe_hash(struct str project, struct str id) {
    return event_id_hash(project, id);
}

size_t dedupe_count(const struct dedupe *dedupe) {
    return (size_t)(dedupe->end - dedupe->oldest);
}

// --- The index ------------------------------------------------------------------------------------------------------

static size_t slot_mask(const struct dedupe *dedupe) {
    return dedupe->ring_size * 2 - 1;
}

static size_t home_of(const struct dedupe *dedupe, uint64_t hash) {
    return (size_t)hash & slot_mask(dedupe);
}

// The tag saves a look into the ring for nearly every slot of another id.
static uint32_t slot_value(const struct dedupe *dedupe, uint64_t hash, size_t index) {
    uint32_t tag = (uint32_t)(hash >> 32) << dedupe->index_bits;
    return tag | (uint32_t)(index + 1);
}

static size_t slot_index(const struct dedupe *dedupe, uint32_t slot) {
    return (size_t)(slot & ((1U << dedupe->index_bits) - 1)) - 1;
}

static bool contains(const struct dedupe *dedupe, uint64_t hash) {
    if (dedupe->ring_size == 0) {
        return false;
    }
    uint32_t tag = slot_value(dedupe, hash, 0) >> dedupe->index_bits;
    for (size_t at = home_of(dedupe, hash);; at = (at + 1) & slot_mask(dedupe)) {
        uint32_t slot = dedupe->slots[at];
        if (slot == 0) {
            return false;
        }
        if (slot >> dedupe->index_bits == tag && dedupe->ring[slot_index(dedupe, slot)] == hash) {
            return true;
        }
    }
}

static void index_add(struct dedupe *dedupe, uint64_t hash, size_t index) {
    size_t at = home_of(dedupe, hash);
    while (dedupe->slots[at] != 0) {
        at = (at + 1) & slot_mask(dedupe);
    }
    dedupe->slots[at] = slot_value(dedupe, hash, index);
}

// Knuth, The Art of Computer Programming, volume 3, 6.4, algorithm R.
static void index_remove(struct dedupe *dedupe, uint64_t hash, size_t index) {
    size_t mask = slot_mask(dedupe);
    uint32_t wanted = slot_value(dedupe, hash, index);
    size_t hole = home_of(dedupe, hash);
    while (dedupe->slots[hole] != wanted) {
        CHECK(dedupe->slots[hole] != 0);
        hole = (hole + 1) & mask;
    }
    for (size_t at = (hole + 1) & mask; dedupe->slots[at] != 0; at = (at + 1) & mask) {
        size_t home = home_of(dedupe, dedupe->ring[slot_index(dedupe, dedupe->slots[at])]);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            dedupe->slots[hole] = dedupe->slots[at];
            hole = at;
        }
    }
    dedupe->slots[hole] = 0;
}

// --- The ring -------------------------------------------------------------------------------------------------------

static enum status ring_grow(struct dedupe *dedupe) {
    size_t size = dedupe->ring_size ? dedupe->ring_size * 2 : FIRST_RING;
    uint64_t *ring = malloc(size * sizeof(uint64_t));
    uint32_t *slots = calloc(size * 2, sizeof(uint32_t));
    if (!ring || !slots) {
        free(ring);
        free(slots);
        return STATUS_NO_MEMORY;
    }
    for (uint64_t n = dedupe->oldest; n < dedupe->end; n++) {
        ring[n & (size - 1)] = dedupe->ring[n & (dedupe->ring_size - 1)];
    }
    free(dedupe->ring);
    free(dedupe->slots);
    dedupe->ring = ring;
    dedupe->slots = slots;
    dedupe->ring_size = size;
    dedupe->index_bits = 1;
    while ((size_t)1 << dedupe->index_bits <= size) {
        dedupe->index_bits++;
    }
    for (uint64_t n = dedupe->oldest; n < dedupe->end; n++) {
        index_add(dedupe, ring[n & (size - 1)], (size_t)(n & (size - 1)));
    }
    return STATUS_OK;
}

static void drop_oldest(struct dedupe *dedupe) {
    size_t index = (size_t)(dedupe->oldest & (dedupe->ring_size - 1));
    index_remove(dedupe, dedupe->ring[index], index);
    dedupe->oldest++;
}

static struct dedupe_chunk *newest_chunk(const struct dedupe *dedupe) {
    return dedupe->chunk_first == dedupe->chunk_end ? NULL : &dedupe->chunks[dedupe->chunk_end - 1];
}

// Drops chunks that have nothing in the window any more; never the newest, which tells the log's time.
static void drop_chunks(struct dedupe *dedupe) {
    while (dedupe->chunk_end - dedupe->chunk_first > 1 &&
           dedupe->chunks[dedupe->chunk_first + 1].first <= dedupe->oldest) {
        dedupe->chunk_first++;
    }
}

static void expire(struct dedupe *dedupe) {
    struct dedupe_chunk *newest = newest_chunk(dedupe);
    while (newest - &dedupe->chunks[dedupe->chunk_first] > 0) {
        struct dedupe_chunk *chunk = &dedupe->chunks[dedupe->chunk_first];
        if (newest->tick - chunk->tick <= dedupe->window_ticks) {
            break;
        }
        while (dedupe->oldest < chunk[1].first) {
            drop_oldest(dedupe);
        }
        dedupe->chunk_first++;
    }
}

// --- Chunks ---------------------------------------------------------------------------------------------------------

// Moves what is alive to the front of the array, and doubles it when more than half of it is alive.
static enum status chunks_make_room(struct dedupe *dedupe) {
    size_t alive = dedupe->chunk_end - dedupe->chunk_first;
    if (alive > 0 && dedupe->chunk_first > 0) {
        CHECK(dedupe->chunks != NULL);
        memmove(dedupe->chunks, dedupe->chunks + dedupe->chunk_first,
                alive * sizeof(struct dedupe_chunk));
    }
    dedupe->chunk_first = 0;
    dedupe->chunk_end = alive;
    if (alive * 2 < dedupe->chunk_capacity) {
        return STATUS_OK;
    }
    size_t capacity = dedupe->chunk_capacity ? dedupe->chunk_capacity * 2 : FIRST_CHUNKS;
    struct dedupe_chunk *chunks = realloc(dedupe->chunks, capacity * sizeof(struct dedupe_chunk));
    if (!chunks) {
        return STATUS_NO_MEMORY;
    }
    dedupe->chunks = chunks;
    dedupe->chunk_capacity = capacity;
    return STATUS_OK;
}

static enum status open_chunk(struct dedupe *dedupe, int64_t number, int64_t tick, bool dirty) {
    if (dedupe->chunk_end == dedupe->chunk_capacity) {
        enum status status = chunks_make_room(dedupe);
        if (status != STATUS_OK) {
            return status;
        }
    }
    CHECK(dedupe->chunks != NULL);
    dedupe->chunks[dedupe->chunk_end++] = (struct dedupe_chunk){number, tick, dedupe->end, dirty};
    return STATUS_OK;
}

static enum status add(struct dedupe *dedupe, uint64_t hash) {
    if (dedupe_count(dedupe) == dedupe->ids_max) {
        drop_oldest(dedupe);
    }
    if (dedupe_count(dedupe) == dedupe->ring_size) {
        enum status status = ring_grow(dedupe);
        if (status != STATUS_OK) {
            return status;
        }
    }
    size_t index = (size_t)(dedupe->end & (dedupe->ring_size - 1));
    dedupe->ring[index] = hash;
    index_add(dedupe, hash, index);
    dedupe->end++;
    drop_chunks(dedupe);
    return STATUS_OK;
}

enum status dedupe_see(struct dedupe *dedupe, int64_t offset, int64_t record_ms, uint64_t hash,
                       bool *seen) {
    struct dedupe_chunk *chunk = newest_chunk(dedupe);
    int64_t tick = record_ms > 0 ? record_ms / dedupe->tick_ms : 0;
    enum status status = STATUS_OK;
    if (!chunk || tick > chunk->tick) {
        status = open_chunk(dedupe, offset, tick, true);
        if (status != STATUS_OK) {
            return status;
        }
        expire(dedupe);
        chunk = newest_chunk(dedupe);
    }
    *seen = contains(dedupe, hash);
    if (*seen) {
        return STATUS_OK;
    }
    if (!chunk->dirty && dedupe->end - chunk->first >= DEDUPE_CHUNK_IDS) {
        // The new chunk is dirty from the start.
        status = open_chunk(dedupe, offset, chunk->tick, true);
        return status == STATUS_OK ? add(dedupe, hash) : status;
    }
    chunk->dirty = true;
    return add(dedupe, hash);
}

// The newest chunk stays open, perhaps empty: its tick is the log's time.
void dedupe_take_back(struct dedupe *dedupe) {
    CHECK(dedupe->end > dedupe->oldest);
    size_t index = (size_t)((dedupe->end - 1) & (dedupe->ring_size - 1));
    index_remove(dedupe, dedupe->ring[index], index);
    dedupe->end--;
}

struct loading {
    struct dedupe *dedupe;
    enum status status;
};

static bool load_chunk(int64_t number, int64_t last_ms, const uint64_t *hashes, size_t count,
                       void *context) {
    struct loading *loading = context;
    struct dedupe *dedupe = loading->dedupe;
    loading->status = open_chunk(dedupe, number, last_ms / dedupe->tick_ms, false);
    for (size_t i = 0; i < count && loading->status == STATUS_OK; i++) {
        // A stored window that was larger than today's may hold an id twice: once expired, once again.
        if (!contains(dedupe, hashes[i])) {
            loading->status = add(dedupe, hashes[i]);
        }
    }
    if (loading->status == STATUS_OK) {
        expire(dedupe);
    }
    return loading->status == STATUS_OK;
}

enum status dedupe_load(struct dedupe *dedupe, struct store *store, unsigned partition) {
    struct loading loading = {dedupe, STATUS_OK};
    enum status status = store_seen_load(store, partition, load_chunk, &loading);
    return status != STATUS_OK ? status : loading.status;
}

static enum status write_chunk(struct dedupe *dedupe, const struct dedupe_chunk *chunk,
                               uint64_t end, struct store_batch *batch) {
    uint64_t first = chunk->first < dedupe->oldest ? dedupe->oldest : chunk->first;
    size_t count = end > first ? (size_t)(end - first) : 0;
    if (count > dedupe->scratch_size) {
        uint64_t *scratch = realloc(dedupe->scratch, count * sizeof(uint64_t));
        if (!scratch) {
            return STATUS_NO_MEMORY;
        }
        dedupe->scratch = scratch;
        dedupe->scratch_size = count;
    }
    for (size_t i = 0; i < count; i++) {
        dedupe->scratch[i] = dedupe->ring[(first + i) & (dedupe->ring_size - 1)];
    }
    store_batch_seen(batch, chunk->number, chunk->tick * dedupe->tick_ms, dedupe->scratch, count);
    return STATUS_OK;
}

enum status dedupe_write(struct dedupe *dedupe, struct store_batch *batch) {
    // Dirty chunks are the newest ones.
    size_t at = dedupe->chunk_end;
    while (at > dedupe->chunk_first && dedupe->chunks[at - 1].dirty) {
        at--;
    }
    for (; at < dedupe->chunk_end; at++) {
        struct dedupe_chunk *chunk = &dedupe->chunks[at];
        uint64_t end = at + 1 < dedupe->chunk_end ? chunk[1].first : dedupe->end;
        enum status status = write_chunk(dedupe, chunk, end, batch);
        if (status != STATUS_OK) {
            return status;
        }
        chunk->dirty = false;
    }
    if (dedupe->chunk_first < dedupe->chunk_end) {
        int64_t below = dedupe->chunks[dedupe->chunk_first].number;
        if (below > dedupe->forgotten_below) {
            store_batch_seen_forget(batch, below);
            dedupe->forgotten_below = below;
        }
    }
    return STATUS_OK;
}

// --- Beside the log -------------------------------------------------------------------------------------------------

uint64_t dedupe_near_end(const struct dedupe *dedupe, size_t ids) {
    size_t count = dedupe_count(dedupe);
    return dedupe->end - (ids < count ? ids : count);
}

bool dedupe_follows(const struct dedupe *dedupe, uint64_t *at, uint64_t hash) {
    for (uint64_t i = *at; i < dedupe->end; i++) {
        if (dedupe->ring[i & (dedupe->ring_size - 1)] == hash) {
            *at = i + 1;
            return true;
        }
    }
    return false;
}
