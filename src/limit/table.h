// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Token buckets of any number of clients in memory of a fixed size.
//
// A bucket is one time: when it will be full again (the "theoretical arrival time" of the generic cell rate algorithm, ITU-T I.371). A
// bucket that is full holds nothing worth knowing and need not be in the table. So the table is a cache of sets of seven places: a client
// that is not there has a full bucket, and when a set has no place left the bucket that is nearest to full goes. What that forgives is at
// most what was used of the bucket that went; `evicted` counts how often it was anything at all.
//
//   key -> set [ lock | key, time | key, time | ... 7 ]     128 bytes, two cache lines that are fetched together
//
// Thread-safe. A set is locked for a few nanoseconds by whoever looks at it, so that threads meet only at the same clients.
#ifndef FOOTFALL_LIMIT_TABLE_H
#define FOOTFALL_LIMIT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/status.h"
#include "base/str.h"
#include "limit/rate.h"

struct limit_table;
// entries: buckets that can be told apart at the same time, rounded up; 18 bytes each. NO_MEMORY.
MUST_CHECK enum status limit_table_make(size_t entries, struct random_source *random,
                                        struct limit_table **out);
void limit_table_free(struct limit_table *table); // NULL is fine

// The key of a bucket: kinds with the same name are different buckets. Hashed with a seed of the table, so that nobody outside can
// choose names that share a set.
uint64_t limit_table_key(const struct limit_table *table, unsigned kind, struct str name);
// The same for an address as text. Of IPv6 the first 64 bits count: a client has as many addresses below them as it likes. IPv4 that
// is written as IPv6 (::ffff:192.0.2.1) is the same as IPv4. What is no address is taken as a name.
uint64_t limit_table_key_address(const struct limit_table *table, unsigned kind,
                                 struct str address);

struct limit_outcome {
    bool allowed;
    uint32_t remaining; // whole units left
    int64_t retry_ns;   // until this would be allowed; 0 when it was
    int64_t reset_ns;   // until the bucket is full
};
// Takes `cost` units (at least 1; more than the burst counts as the burst, or it would never be allowed) when they are there, none
// otherwise. rate must limit. now_ns: monotonic; when it goes back nobody waits longer than for an empty bucket.
bool limit_table_take(struct limit_table *table, uint64_t key, const struct limit_rate *rate,
                      uint32_t cost, int64_t now_ns, struct limit_outcome *out);

// For metrics: buckets that were forgotten before they were full, since the start.
uint64_t limit_table_evicted(const struct limit_table *table);
size_t limit_table_bytes(const struct limit_table *table);

#endif
