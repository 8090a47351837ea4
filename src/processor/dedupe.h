// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The window of event ids a partition has seen: tells a resent event from a new one.
//
//   oldest ──────────── ring of hashes, in log order ────────────→ newest
//   [ chunk 17: minute 1 ][ chunk 940: minute 2 ][ chunk 2011: minute 2 ][ chunk 5000: minute 3, open ]
//
// An id leaves the window when `ids` newer ones came, or when the log's time is a window past its own. Log time is the largest record
// time so far, counted in ticks (1/1440 of the window: a minute of a day), so that what is in the window depends on the log alone
// and not on how it was cut into cycles. A chunk holds ids of one tick; it is what the store keeps. The open chunk is written again
// until it has DEDUPE_CHUNK_IDS, so that a quiet site does not leave a row an event.
#ifndef FOOTFALL_PROCESSOR_DEDUPE_H
#define FOOTFALL_PROCESSOR_DEDUPE_H

#include "store/store.h"

#define DEDUPE_CHUNK_IDS 256
#define DEDUPE_IDS_MOST (1U << 28)

struct dedupe_chunk {
    int64_t number; // offset of the record that opened it
    int64_t tick;   // log time of its ids
    uint64_t first; // sequence number of its first id; the next chunk's first is its end
    bool dirty;     // has ids, or a tick, that the store does not know
};

struct dedupe {
    size_t ids_max;
    int64_t tick_ms;
    int64_t window_ticks;

    uint64_t *ring;       // id of sequence number n at n % ring_size
    size_t ring_size;     // a power of two, or 0
    uint64_t oldest, end; // sequence numbers: oldest <= n < end are in the window
    uint32_t *
        slots; // twice as many as the ring has; 0: empty; else tag << index_bits | (ring index + 1)
    unsigned index_bits;

    struct dedupe_chunk *chunks; // in log order; [chunk_first, chunk_end) of the array are alive
    size_t chunk_first, chunk_end, chunk_capacity;
    int64_t forgotten_below; // what the store was last told

    uint64_t *scratch; // for a chunk that wraps around the ring
    size_t scratch_size;
};

void dedupe_init(struct dedupe *dedupe, int64_t window_ms, size_t ids);
void dedupe_free(struct dedupe *dedupe);
// Fills an empty window from the store.
MUST_CHECK enum status dedupe_load(struct dedupe *dedupe, struct store *store, unsigned partition);

// Of one id: event_id_hash.
uint64_t dedupe_hash(struct str project, struct str id);
// Has the memory fetched that dedupe_see of this hash will look at: a look-up waits for nothing else.
static inline void dedupe_expect(const struct dedupe *dedupe, uint64_t hash) {
    if (dedupe->slots) {
        __builtin_prefetch(&dedupe->slots[(size_t)hash & (dedupe->ring_size * 2 - 1)]);
    }
}
// Moves log time on and looks the id up; adds it when it is new. NO_MEMORY leaves the window as it was.
MUST_CHECK enum status dedupe_see(struct dedupe *dedupe, int64_t offset, int64_t record_ms,
                                  uint64_t hash, bool *seen);
// Takes back the id that the last dedupe_see added (not seen): its event becomes a dead letter, and counts when it is taken again. Once.
void dedupe_take_back(struct dedupe *dedupe);
// Puts what changed into the batch. NO_MEMORY.
MUST_CHECK enum status dedupe_write(struct dedupe *dedupe, struct store_batch *batch);
size_t dedupe_count(const struct dedupe *dedupe);
// Reading the window beside the log: a place `ids` before its end; and whether the id comes at or after a place, which moves behind it.
uint64_t dedupe_near_end(const struct dedupe *dedupe, size_t ids);
bool dedupe_follows(const struct dedupe *dedupe, uint64_t *at, uint64_t hash);

#endif
