// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The newest batches in raw form, so that a consumer that keeps up never asks the disk.
//
// Bounded over all partitions together; the oldest batch goes first. Not thread-safe: the log's mutex guards it. A batch that was
// found is referenced and stays readable, without the mutex, until released.
#ifndef FOOTFALL_EVENTLOG_TAIL_CACHE_H
#define FOOTFALL_EVENTLOG_TAIL_CACHE_H

#include <stdatomic.h>

#include "base/status.h"
#include "base/str.h"

struct tail_batch {
    atomic_uint references;
    unsigned partition;
    int64_t base_offset;
    int64_t base_timestamp;
    uint32_t count;
    struct tail_batch *newer; // over all partitions
    size_t len;
    char data[]; // len bytes and the padding of record_batch.h
};

// One reference, the caller's. NULL when there is no memory.
struct tail_batch *tail_batch_new(struct str raw);
void tail_batch_release(struct tail_batch *batch); // NULL is fine

struct tail_ring;
struct tail_cache {
    size_t bytes;
    size_t bytes_max;
    unsigned partitions;
    struct tail_ring *rings; // one a partition
    struct tail_batch *oldest;
    struct tail_batch *newest;
};
MUST_CHECK enum status tail_cache_init(struct tail_cache *cache, unsigned partitions,
                                       size_t bytes_max);
void tail_cache_free(struct tail_cache *cache);
// Takes over the caller's reference. Batches of a partition come in offset order.
void tail_cache_add(struct tail_cache *cache, struct tail_batch *batch);
// The batch that holds the record, with a reference for the caller; NULL when it is not here.
struct tail_batch *tail_cache_find(struct tail_cache *cache, unsigned partition, int64_t offset);

#endif
