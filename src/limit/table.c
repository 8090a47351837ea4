// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Sets of buckets behind short locks.
#include "limit/table.h"

#include <arpa/inet.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"

#define WAYS 7
#define SET_BYTES 128
#define SPINS 100 // then the holder was probably taken off its core
#define ADDRESS_TEXT_MAX 64

struct bucket {
    uint64_t key;    // 0: free
    int64_t full_ns; // when it is full again
};

struct set {
    atomic_uint locked;
    uint32_t unused;
    struct bucket buckets[WAYS];
    uint64_t unused_too;
};
_Static_assert(sizeof(struct set) == SET_BYTES, "a set fills two cache lines");

struct limit_table {
    struct set *sets;
    size_t mask; // sets - 1
    uint64_t seed;
    _Atomic uint64_t evicted;
};

enum status limit_table_make(size_t entries, struct random_source *random,
                             struct limit_table **out) {
    size_t sets = 1;
    *out = NULL;
    while (sets * WAYS < entries && sets < SIZE_MAX / SET_BYTES / 2) {
        sets *= 2;
    }
    struct limit_table *table = calloc(1, sizeof *table);
    struct set *memory = table ? aligned_alloc(SET_BYTES, sets * SET_BYTES) : NULL;
    if (!memory) {
        free(table);
        return STATUS_NO_MEMORY;
    }
    memset(memory, 0, sets * SET_BYTES);
    table->sets = memory;
    table->mask = sets - 1;
    random->fill(random, &table->seed, sizeof table->seed);
    *out = table;
    return STATUS_OK;
}

void limit_table_free(struct limit_table *table) {
    if (table) {
        free(table->sets);
        free(table);
    }
}

// --- Keys ------------------------------------------------------------------------------------------------------------

uint64_t limit_table_key(const struct limit_table *table, unsigned kind, struct str name) {
    uint64_t key = str_hash(name, table->seed + kind * UINT64_C(0x9E3779B97F4A7C15));
    return key != 0 ? key : 1;
}

uint64_t limit_table_key_address(const struct limit_table *table, unsigned kind,
                                 struct str address) {
    static const unsigned char MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char text[ADDRESS_TEXT_MAX];
    unsigned char bytes[16];
    if (address.len >= sizeof text || address.len == 0 || !memchr(address.data, ':', address.len)) {
        return limit_table_key(table, kind, address); // dotted decimals have one form
    }
    memcpy(text, address.data, address.len);
    text[address.len] = '\0';
    if (inet_pton(AF_INET6, text, bytes) != 1) {
        return limit_table_key(table, kind, address);
    }
    if (memcmp(bytes, MAPPED, sizeof MAPPED) == 0) {
        CHECK(inet_ntop(AF_INET, bytes + sizeof MAPPED, text, sizeof text) != NULL);
        return limit_table_key(table, kind, str_from_c(text));
    }
    return limit_table_key(table, kind, str_make((const char *)bytes, 8));
}

// --- Buckets ---------------------------------------------------------------------------------------------------------

static void lock(struct set *set) {
    unsigned spins = 0;
    while (atomic_exchange_explicit(&set->locked, 1, memory_order_acquire) != 0) {
        while (atomic_load_explicit(&set->locked, memory_order_relaxed) != 0) {
            if (++spins % SPINS == 0) {
                sched_yield();
            }
        }
    }
}

static void unlock(struct set *set) {
    atomic_store_explicit(&set->locked, 0, memory_order_release);
}

// The bucket of that key; or a full one in the place of the one that is nearest to full.
static struct bucket *find(struct limit_table *table, struct set *set, uint64_t key,
                           int64_t now_ns) {
    struct bucket *least = &set->buckets[0];
    for (size_t i = 0; i < WAYS; i++) {
        struct bucket *bucket = &set->buckets[i];
        if (bucket->key == key) {
            return bucket;
        }
        if (bucket->key == 0) {
            least = bucket; // places fill from the front: the key cannot come behind a free one
            break;
        }
        least = bucket->full_ns < least->full_ns ? bucket : least;
    }
    if (least->key != 0 && least->full_ns > now_ns) {
        atomic_fetch_add_explicit(&table->evicted, 1, memory_order_relaxed);
    }
    *least = (struct bucket){key, now_ns};
    return least;
}

bool limit_table_take(struct limit_table *table, uint64_t key, const struct limit_rate *rate,
                      uint32_t cost, int64_t now_ns, struct limit_outcome *out) {
    CHECK(limit_rate_limits(rate) && cost > 0);
    int64_t whole_ns = rate->interval_ns * rate->burst;
    int64_t cost_ns = rate->interval_ns * (cost < rate->burst ? cost : rate->burst);
    // The low bits tell keys of a set apart as well as the high ones do.
    struct set *set = &table->sets[(key >> 32) & table->mask];
    lock(set);
    struct bucket *bucket = find(table, set, key, now_ns);
    int64_t used_ns = bucket->full_ns - now_ns;
    used_ns = used_ns < 0 ? 0 : used_ns;
    used_ns =
        used_ns > whole_ns ? whole_ns : used_ns; // the clock went back, or the rate is another
    int64_t over_ns = used_ns + cost_ns - whole_ns;
    if (over_ns <= 0) {
        used_ns += cost_ns;
    }
    bucket->full_ns = now_ns + used_ns;
    unlock(set);
    out->allowed = over_ns <= 0;
    out->remaining = (uint32_t)((whole_ns - used_ns) / rate->interval_ns);
    out->retry_ns = over_ns > 0 ? over_ns : 0;
    out->reset_ns = used_ns;
    return out->allowed;
}

uint64_t limit_table_evicted(const struct limit_table *table) {
    return atomic_load_explicit(&table->evicted, memory_order_relaxed);
}

size_t limit_table_bytes(const struct limit_table *table) {
    return (table->mask + 1) * SET_BYTES;
}
